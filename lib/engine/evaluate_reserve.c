/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * evaluate_reserve.c - before and after the work: budgets, holds, and limits
 * of usage in so many hours.
 *
 *     {"kernel":"reserve","amount":"50","requests":3,
 *      "budgets":[{"id":"agent","free":"120"}]}
 *     -> {"granted":2,"denied":1,"why":"short","budget":"agent",
 *         "missing":"30","free":{"agent":"20"},"taken":"100","over":"0"}
 *
 *     {"kernel":"settle","held":"50","cost":"60","free":"4",
 *      "above":"overdraft","overdraft":"20"}
 *     -> {"charged":"60","debt":"10","free":"-6","over":false,
 *         "refused":false}
 *
 *     {"kernel":"usage_limits",
 *      "windows":[{"id":"5h","hours":5,"limit":"100"}],
 *      "calls":[{"at":"2026-06-02T08:00:00Z","units":"101"}]}
 *     -> {"calls":[{"allowed":false,"again":null}],"used":{"5h":"0"}}
 */
#include "engine/evaluate.h"
#include "price/price.h"
#include "wallet/reserve.h"

/* ---- reserve ---- */

typedef struct reserve_terms {
  bl_dec         amount;
  const bl_json *budgets;
  int32_t        requests;
  uint32_t       only_checks;
} reserve_terms;

typedef struct reserve_budget {
  bl_str    id;
  bl_budget budget;
} reserve_budget;

static const char *const reserve_modes[] = {"hold", "check", NULL};
static const bl_field reserve_fields[] = {
  BL_ASK_KERNEL,
  {.name = "amount", .read = bl_value_amount, .needed = BL_ALWAYS,
   .at = offsetof(reserve_terms, amount)},
  {.name = "budgets", .read = bl_ask_list, .needed = BL_ALWAYS,
   .at = offsetof(reserve_terms, budgets)},
  {.name = "requests", .read = bl_value_whole, .low = 1, .high = BL_ASK_MOST,
   .at = offsetof(reserve_terms, requests)},
  {.name = "mode", .read = bl_value_choice, .words = reserve_modes,
   .at = offsetof(reserve_terms, only_checks)},
};

static const bl_shape reserve_shape = {
  "a request", reserve_fields, BL_COUNT(reserve_fields)
};

static const bl_field budget_fields[] = {
  {.name = "id", .read = bl_value_id, .needed = BL_ALWAYS,
   .at = offsetof(reserve_budget, id)},
  {.name = "free", .read = bl_ask_dec, .needed = BL_ALWAYS,
   .at = offsetof(reserve_budget, budget.free)},
  {.name = "debt", .read = bl_value_amount,
   .at = offsetof(reserve_budget, budget.debt)},
  {.name = "over", .read = bl_value_truth,
   .at = offsetof(reserve_budget, budget.is_over)},
};

static const bl_shape budget_shape = {
  "a budget", budget_fields, BL_COUNT(budget_fields)
};

typedef struct reserve_work {
  reserve_terms terms;
  bl_str       *ids;
  bl_budget    *budgets;
  size_t        count;
} reserve_work;

static int reserve_read(const bl_ask *ask, reserve_work *w) {
  bl_reader above = bl_reader_member(&ask->top, "budgets");
  const bl_json *item = bl_json_first(w->terms.budgets);
  int rc = BILLING_OK;

  w->count   = bl_json_count(w->terms.budgets);
  w->ids     = bl_ask_array(ask, w->count, sizeof *w->ids);
  w->budgets = bl_ask_array(ask, w->count, sizeof *w->budgets);
  if (ask->top.arena->failed) return bl_reader_nomem(&ask->top);
  for (size_t i = 0; !rc && i < w->count; i++, item = bl_json_next(item)) {
    bl_reader at = bl_reader_item(&above, i);
    reserve_budget one = {.budget = {.free = BL_DEC_ZERO}};

    rc = bl_shape_read(&budget_shape, &at, item, 0, &one);
    w->ids[i]     = one.id;
    w->budgets[i] = one.budget;
  }
  return rc;
}

/* Requests that come at one moment.  Who only checks finds for each of them
 * what was free before all of them. */
static bl_verdict reserve_all(reserve_work *w, int32_t *granted) {
  bl_verdict denied = {BL_ALLOWED, 0, 0, BL_DEC_ZERO};
  bl_verdict first = bl_reserve_check(w->budgets, w->count, w->terms.amount);

  for (int32_t i = 0; i < w->terms.requests; i++) {
    bl_verdict now = w->terms.only_checks
                       ? first
                       : bl_reserve_check(w->budgets, w->count,
                                          w->terms.amount);

    if (now.reason != BL_ALLOWED) {
      denied = now;
      continue;
    }
    bl_reserve_take(w->budgets, w->count, w->terms.amount);
    ++*granted;
  }
  return denied;
}

/* What is taken beyond what the first budget had. */
static bl_dec reserve_over(const reserve_work *w) {
  return w->count ? bl_dec_max(bl_dec_neg(w->budgets[0].free), BL_DEC_ZERO)
                  : BL_DEC_ZERO;
}

int bl_ask_reserve(bl_ask *ask) {
  static const char *const reasons[] = {"over", "debt", "short"};
  reserve_work w = {.terms = {.requests = 1}};
  int32_t granted = 0;
  bl_json *free;
  bl_verdict denied;
  int rc = bl_shape_read(&reserve_shape, &ask->top, ask->doc, 0, &w.terms);

  if (!rc) rc = reserve_read(ask, &w);
  if (rc) return rc;
  denied = reserve_all(&w, &granted);
  (void)bl_json_add_int(ask->out, "granted", granted);
  (void)bl_json_add_int(ask->out, "denied", w.terms.requests - granted);
  if (denied.reason != BL_ALLOWED) {
    (void)bl_json_add_c(ask->out, "why", reasons[denied.reason]);
    (void)bl_json_add_text(ask->out, "budget", w.ids[denied.budget]);
    bl_ask_put(ask, ask->out, "missing", denied.missing);
  }
  free = bl_json_object(ask->out, "free");
  for (size_t i = 0; i < w.count; i++)
    bl_ask_put(ask, free, w.ids[i].text, w.budgets[i].free);
  bl_ask_put(ask, ask->out, "taken",
             bl_dec_mul(w.terms.amount, bl_dec_of_int(granted)));
  bl_ask_put(ask, ask->out, "over", reserve_over(&w));
  return BILLING_OK;
}

/* ---- settle ---- */

typedef struct settle_terms {
  bl_budget budget;
  bl_dec    held;
  bl_dec    cost;
  bl_dec    overdraft;
  uint32_t  above;               /* BL_ABOVE_* */
  uint32_t  reserved;
} settle_terms;

static const char *const settle_words[] = {"refuse", "cap", "overdraft",
                                           NULL};
static const bl_field settle_fields[] = {
  BL_ASK_KERNEL,
  {.name = "held", .read = bl_value_amount, .needed = BL_ALWAYS,
   .at = offsetof(settle_terms, held)},
  {.name = "cost", .read = bl_value_amount, .needed = BL_ALWAYS,
   .at = offsetof(settle_terms, cost)},
  {.name = "free", .read = bl_ask_dec, .needed = BL_ALWAYS,
   .at = offsetof(settle_terms, budget.free)},
  {.name = "debt", .read = bl_value_amount,
   .at = offsetof(settle_terms, budget.debt)},
  {.name = "over", .read = bl_value_truth,
   .at = offsetof(settle_terms, budget.is_over)},
  {.name = "above", .read = bl_value_choice, .words = settle_words,
   .at = offsetof(settle_terms, above)},
  {.name = "overdraft", .read = bl_value_amount,
   .at = offsetof(settle_terms, overdraft)},
};

static const bl_shape settle_shape = {
  "a request", settle_fields, BL_COUNT(settle_fields)
};

int bl_ask_settle(bl_ask *ask) {
  settle_terms terms = {.budget = {.free = BL_DEC_ZERO}};
  bl_settlement s;
  int rc = bl_shape_read(&settle_shape, &ask->top, ask->doc, 0, &terms);

  if (rc) return rc;
  s = bl_settle_hold(&terms.budget, terms.held, terms.cost, terms.above,
                     terms.overdraft);
  (void)bl_json_add_bool(ask->out, "refused", s.is_refused != 0);
  (void)bl_json_add_bool(ask->out, "over", s.is_over != 0);
  bl_ask_put(ask, ask->out, "charged", s.charged);
  bl_ask_put(ask, ask->out, "free", s.free);
  bl_ask_put(ask, ask->out, "debt", s.debt);
  return BILLING_OK;
}

/* ---- hold_size ---- */

typedef struct size_terms {
  bl_price price;
  bl_dec   most;
  bl_dec   quantity;
  bl_dec   budget;
} size_terms;

/* A price of one running total. */
static int size_price(const bl_reader *r, const bl_field *field,
                      const bl_json *node, void *model) {
  bl_price *price = &((size_terms *)model)->price;
  bl_reader at = bl_reader_member(r, "model");
  int rc = bl_price_read(r, node, 0, "USD", price);

  (void)field;
  if (rc || (price->model != BL_MODEL_FLAT && price->model != BL_MODEL_MATRIX))
    return rc;
  return bl_reader_fail(&at, BILLING_INVALID,
                        "a price of usage without rates of its own",
                        "a hold has one price");
}

static const bl_field size_fields[] = {
  BL_ASK_KERNEL,
  {.name = "price", .read = size_price, .needed = BL_ALWAYS},
  {.name = "most", .read = bl_value_amount, .needed = BL_ALWAYS,
   .at = offsetof(size_terms, most)},
  {.name = "quantity", .read = bl_value_amount, .needed = BL_ALWAYS,
   .at = offsetof(size_terms, quantity)},
  {.name = "budget", .read = bl_value_amount, .needed = BL_ALWAYS,
   .at = offsetof(size_terms, budget)},
};

static const bl_shape size_shape = {
  "a request", size_fields, BL_COUNT(size_fields)
};

/* How often an amount goes into another one; null when it is nothing. */
static void size_put_times(bl_ask *ask, const char *name, bl_dec whole,
                           bl_dec part) {
  if (bl_dec_is_zero(part))
    (void)bl_json_add_null(ask->out, name);
  else
    bl_ask_put(ask, ask->out, name,
               bl_dec_muldiv_round(whole, BL_DEC_ONE, part, 0,
                                   BL_ROUND_FLOOR));
}

/* What holding the most that a call may use costs those who come with it. */
int bl_ask_hold_size(bl_ask *ask) {
  size_terms terms = {.most = BL_DEC_ZERO};
  bl_dec hold, cost;
  int rc = bl_shape_read(&size_shape, &ask->top, ask->doc, 0, &terms);

  if (rc) return rc;
  hold = bl_price_total(&terms.price, terms.most);
  cost = bl_price_total(&terms.price, terms.quantity);
  bl_ask_put(ask, ask->out, "hold", hold);
  bl_ask_put(ask, ask->out, "cost", cost);
  size_put_times(ask, "admitted", terms.budget, hold);
  size_put_times(ask, "affordable", terms.budget, cost);
  if (bl_dec_is_zero(cost)) (void)bl_json_add_null(ask->out, "ratio");
  else
    bl_ask_put_ratio(ask, ask->out, "ratio",
                     bl_dec_muldiv(hold, BL_DEC_ONE, cost));
  return BILLING_OK;
}

/* ---- usage_limits ---- */

typedef struct limit_terms {
  const bl_json *windows;
  const bl_json *calls;
} limit_terms;

typedef struct limit_window {
  bl_str  id;
  bl_dec  limit;
  int32_t hours;
  int32_t reserved;
} limit_window;

typedef struct limit_call {
  int64_t us;
  bl_dec  units;
} limit_call;

static const bl_field limit_fields[] = {
  BL_ASK_KERNEL,
  {.name = "windows", .read = bl_ask_list, .needed = BL_ALWAYS,
   .at = offsetof(limit_terms, windows)},
  {.name = "calls", .read = bl_ask_list, .needed = BL_ALWAYS,
   .at = offsetof(limit_terms, calls)},
};

static const bl_shape limit_shape = {
  "a request", limit_fields, BL_COUNT(limit_fields)
};

static const bl_field limit_window_fields[] = {
  {.name = "id", .read = bl_value_id, .needed = BL_ALWAYS,
   .at = offsetof(limit_window, id)},
  {.name = "hours", .read = bl_value_whole, .needed = BL_ALWAYS, .low = 1,
   .high = 1000000, .at = offsetof(limit_window, hours)},
  {.name = "limit", .read = bl_value_amount, .needed = BL_ALWAYS,
   .at = offsetof(limit_window, limit)},
};

static const bl_shape limit_window_shape = {
  "a window", limit_window_fields, BL_COUNT(limit_window_fields)
};

static const bl_field limit_call_fields[] = {
  {.name = "at", .read = bl_ask_time, .needed = BL_ALWAYS,
   .at = offsetof(limit_call, us)},
  {.name = "units", .read = bl_value_amount,
   .at = offsetof(limit_call, units)},
};

static const bl_shape limit_call_shape = {
  "a call", limit_call_fields, BL_COUNT(limit_call_fields)
};

static int limit_windows(const bl_ask *ask, const bl_json *list,
                         bl_usage_limit *windows, bl_str *ids) {
  bl_reader above = bl_reader_member(&ask->top, "windows");
  const bl_json *item = bl_json_first(list);
  int rc = BILLING_OK;

  for (size_t i = 0; !rc && item; i++, item = bl_json_next(item)) {
    bl_reader at = bl_reader_item(&above, i);
    limit_window one = {{NULL, 0}, BL_DEC_ZERO, 1, 0};

    rc = bl_shape_read(&limit_window_shape, &at, item, 0, &one);
    ids[i] = one.id;
    windows[i] = (bl_usage_limit){one.hours * BL_HOUR, one.limit, {0, 0},
                                  BL_DEC_ZERO};
  }
  return rc;
}

static int limit_call_put(const bl_reader *at, const bl_json *item,
                          bl_usage_limit *windows, size_t count,
                          bl_json *list) {
  limit_call call = {0, BL_DEC_ONE};
  bl_json *node;
  int64_t again;
  int rc = bl_shape_read(&limit_call_shape, at, item, 0, &call);

  if (rc) return rc;
  node = bl_json_object(list, NULL);
  if (bl_usage_limits_take(windows, count, call.us, call.units, &again)) {
    (void)bl_json_add_bool(node, "allowed", 1);
    return BILLING_OK;
  }
  (void)bl_json_add_bool(node, "allowed", 0);
  if (again == BL_TIME_NEVER) (void)bl_json_add_null(node, "again");
  else (void)bl_json_add_time(node, "again", again);
  return BILLING_OK;
}

int bl_ask_usage_limits(bl_ask *ask) {
  bl_reader above = bl_reader_member(&ask->top, "calls");
  limit_terms terms = {NULL, NULL};
  bl_json *list, *used;
  bl_usage_limit *windows;
  bl_str *ids;
  size_t count;
  const bl_json *item;
  int rc = bl_shape_read(&limit_shape, &ask->top, ask->doc, 0, &terms);

  if (rc) return rc;
  count   = bl_json_count(terms.windows);
  windows = bl_ask_array(ask, count, sizeof *windows);
  ids     = bl_ask_array(ask, count, sizeof *ids);
  if (ask->top.arena->failed) return bl_reader_nomem(&ask->top);
  rc   = limit_windows(ask, terms.windows, windows, ids);
  list = bl_json_array(ask->out, "calls");
  item = bl_json_first(terms.calls);
  for (size_t i = 0; !rc && item; i++, item = bl_json_next(item)) {
    bl_reader at = bl_reader_item(&above, i);

    rc = limit_call_put(&at, item, windows, count, list);
  }
  used = bl_json_object(ask->out, "used");
  for (size_t i = 0; i < count; i++)
    bl_ask_put(ask, used, ids[i].text, windows[i].used);
  return rc;
}
