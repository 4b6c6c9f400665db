/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * limit_look.c - limits, and the windows that uses go into.
 *
 *     5 hours, used first at 08:10      08:10 to 13:10, whatever is used then
 *     a day in Berlin, used at 23:30Z   22:00Z to 22:00Z of the next day
 *     5 hours, sliding, at 08:10        08:10 to 08:15, and it counts to 13:15
 */
#include "engine/limit_look.h"

#include "engine/features.h"
#include "meter/window.h"

/* A sliding window is so many slices: what is used in one leaves with it. */
#define LIMIT_SLICES 60

/* ---- all limits of a customer ---- */

/* A customer's limits count its own uses and those of all below alike. */
static uint64_t owner_print(const bl_limit_look *look) {
  uint64_t number = look->contract ? look->contract->number : 0;
  uint64_t by = look->by == BILLING_DENIED_BY_PARENT
                    ? BILLING_DENIED_BY_CUSTOMER : look->by;

  return (look->limit->print ^ (number << 2 | by)) *
         UINT64_C(0x9E3779B97F4A7C15);
}

static int visit_list(bl_limit_look *look, const bl_limits *limits,
                      bl_limit_visit *visit, void *to) {
  int rc = BILLING_OK;

  for (size_t i = 0; i < limits->count && !rc; i++) {
    look->limit = &limits->item[i];
    memset(&look->count, 0, sizeof look->count);
    look->count.customer = look->customer->number;
    look->count.limit = owner_print(look);
    rc = visit(look, to);
  }
  return rc;
}

static int visit_alerts(bl_limit_look *look, const bl_alerts *alerts,
                        bl_limit_visit *visit, void *to) {
  int rc = BILLING_OK;

  look->by = BILLING_DENIED_BY_BALANCE;       /* that is no limit's */
  for (size_t i = 0; look->counts && i < alerts->count && !rc; i++) {
    bl_limits one = {&alerts->item[i].window, 1};
    if (alerts->item[i].has_window) rc = visit_list(look, &one, visit, to);
  }
  return rc;
}

int bl_alert_wish(bl_call *c, bl_customer *customer,
                  const bl_contract *contract, const bl_alert *alert,
                  bl_limit_wish *out, int *is_in) {
  bl_limit_look look = {.c = c, .customer = customer, .contract = contract,
                        .limit = &alert->window, .is_new = 1,
                        .time_us = c->now_us, .came_us = c->now_us};
  int rc;

  look.count.customer = customer->number;
  look.count.limit = owner_print(&look);
  rc = bl_limit_place(&look, NULL, is_in);
  *out = (bl_limit_wish){look.limit, look.by, 0, look.count};
  return rc;
}

/* Whether the customer had its parent when what is looked at was recorded. */
static int was_below(const bl_limit_look *look, const bl_customer *customer) {
  return !look->came_seq || customer->tied < look->came_seq;
}

/* Of whoever is above the customer. */
static int visit_parents(bl_limit_look *look, bl_limit_visit *visit,
                         void *to) {
  bl_customer *customer = look->customer;
  bl_customer *at = bl_parent_of(look->c->t, customer);
  int rc = BILLING_OK;

  look->contract = NULL;
  look->by = BILLING_DENIED_BY_PARENT;
  for (; at && !rc && was_below(look, look->customer);
       at = bl_parent_of(look->c->t, at)) {
    look->customer = at;
    rc = visit_list(look, &at->limits, visit, to);
  }
  look->customer = customer;
  return rc;
}

int bl_limits_visit(bl_limit_look *look, bl_limit_visit *visit, void *to) {
  const bl_list *contracts = &look->customer->contracts;
  int rc;

  look->contract = NULL;
  look->feature = NULL;
  look->by = BILLING_DENIED_BY_CUSTOMER;
  rc = visit_list(look, &look->customer->limits, visit, to);
  for (size_t i = 0; i < contracts->count && !rc; i++) {
    look->contract = contracts->item[i];
    look->by = BILLING_DENIED_BY_CONTRACT;
    rc = visit_list(look, &look->contract->terms.limits, visit, to);
    look->by = BILLING_DENIED_BY_PLAN;
    if (!rc)
      rc = visit_list(look, &look->contract->plan->plan.limits, visit, to);
    if (!rc) rc = visit_alerts(look, &look->contract->terms.alerts, visit, to);
  }
  look->contract = NULL;
  if (!rc) rc = visit_alerts(look, &look->c->t->terms.alerts, visit, to);
  return rc || !look->customer->parent ? rc : visit_parents(look, visit, to);
}

/* What is used of a feature goes on to count whoever gives it: so its windows
 * are nobody's. */
void bl_quota_look(bl_limit_look *look, const bl_feature_state *feature) {
  look->feature = feature;
  look->limit = &feature->feature.limit;
  look->contract = NULL;
  look->by = BILLING_DENIED_BY_FEATURE;
  memset(&look->count, 0, sizeof look->count);
  look->count.customer = look->customer->number;
  look->count.limit = owner_print(look);
}

int bl_quotas_visit(bl_limit_look *look, bl_limit_visit *visit, void *to) {
  const bl_list *quotas = &look->c->t->quotas;
  int rc = BILLING_OK;

  for (size_t i = 0; i < quotas->count && !rc; i++) {
    bl_quota_look(look, quotas->item[i]);
    rc = visit(look, to);
  }
  return rc;
}

/* ---- windows ---- */

static int period_window(const bl_limit_look *look, bl_span *out) {
  const bl_contract *contract = look->contract;

  for (size_t i = contract ? contract->period_count : 0; i > 0; i--)
    if (bl_span_holds(contract->periods[i - 1].span, look->time_us)) {
      *out = contract->periods[i - 1].span;
      return 1;
    }
  return 0;
}

static int calendar_window(bl_limit_look *look, bl_span *out) {
  const bl_limit *limit = look->limit;
  bl_grid grid = {NULL, limit->per, 1};
  bl_str zone = limit->zone;
  int rc;

  if (!zone.len) zone = look->contract ? look->contract->terms.zone
                                       : BL_STR("UTC");
  rc = bl_zone_of(look->c, zone, &grid.zone);
  if (!rc) *out = bl_window_at(&grid, look->time_us);
  return rc;
}

const bl_limit_window *bl_limit_next(const bl_customer *customer,
                                     const bl_fact_count *count, size_t *at) {
  const bl_list *windows = &customer->windows;
  const bl_limit_window *window;
  bl_fact_count first = *count;
  size_t place = *at;

  first.span.from_us = INT64_MIN;
  if (!place) (void)bl_limit_window_of(customer, &first, &place);
  if (place >= windows->count) return NULL;
  window = windows->item[place];
  *at = place + 1;
  return window->was.limit == count->limit &&
                 memcmp(window->was.key, count->key, sizeof count->key) == 0
             ? window : NULL;
}

/* The one of hours that was open at a moment; NULL. */
static const bl_limit_window *open_window(const bl_limit_look *look,
                                          int64_t us) {
  const bl_limit_window *window;
  size_t at = 0;

  while ((window = bl_limit_next(look->customer, &look->count, &at)) != NULL)
    if (bl_span_holds(window->was.span, us)) return window;
  return NULL;
}

/* Windows of hours go by the clock: the first use opens one, and what is used
 * until it ends is in it, but for usage that is older than that. */
static int hours_window(const bl_limit_look *look, bl_span *out) {
  int64_t length_us = look->limit->hours * BL_HOUR;
  const bl_limit_window *open;

  if (look->time_us <= look->came_us - length_us) return 0;
  open = open_window(look, look->came_us);
  if (!open && !look->is_new) return 0;
  *out = open ? open->was.span
              : (bl_span){look->came_us, look->came_us + length_us};
  return 1;
}

/* The slice of the use; it counts until the window has left it behind. */
static void sliding_window(const bl_limit_look *look, bl_fact_count *out) {
  int64_t length_us = look->limit->hours * BL_HOUR;
  int64_t slice_us = length_us / LIMIT_SLICES;
  int64_t us = look->time_us < look->came_us ? look->time_us : look->came_us;

  out->span.from_us = bl_floor_div(us, slice_us) * slice_us;
  out->span.to_us = out->span.from_us + slice_us;
  out->until_us = out->span.to_us + length_us;
}

/* The window that a use goes into; *is_in: there is one that is not over. */
static int find_window(bl_limit_look *look, int *is_in) {
  const bl_limit *limit = look->limit;
  bl_fact_count *count = &look->count;
  int rc = BILLING_OK, has = 1;

  if (limit->slides) {
    sliding_window(look, count);
  } else {
    switch (limit->per) {
    case BL_WITHIN_PERIOD: has = period_window(look, &count->span); break;
    case BL_WITHIN_HOURS:  has = hours_window(look, &count->span); break;
    case BL_WITHIN_LIFE:
      count->span = (bl_span){BL_TIME_MIN, BL_TIME_NEVER};
      break;
    default:               rc = calendar_window(look, &count->span);
    }
    count->until_us = count->span.to_us;
  }
  *is_in = !rc && has && count->until_us > look->c->now_us;
  return rc;
}

static int find_key(bl_limit_look *look, const bl_event *event) {
  const bl_limit *limit = look->limit;
  bl_text text;
  int rc;

  if (!limit->by_count) return BILLING_OK;
  bl_text_open(&text, &look->c->arena);
  rc = bl_meter_group(limit->by, limit->by_count, event, &text);
  if (rc) return rc;
  bl_key_hash16(look->count.key, look->c->b->content_key, text.text, text.len);
  return BILLING_OK;
}

int bl_limit_place(bl_limit_look *look, const bl_event *event, int *is_in) {
  int rc = find_key(look, event);

  if (look->feature)
    look->contract = bl_feature_contract(look->customer,
                                         &look->feature->feature,
                                         look->time_us);
  return rc ? rc : find_window(look, is_in);
}

/* ---- what is asked of it ---- */

bl_limit_use bl_limit_use_of(const bl_contract *contract,
                             const bl_price *price, bl_dec amount,
                             bl_dec quantity) {
  bl_limit_use use = {contract, bl_price_named(price)->meter, amount,
                      quantity, {0}};

  memcpy(use.asset, price->asset, sizeof use.asset);
  return use;
}

/* Of several charges of one meter the first has the quantity: what is drawn of
 * it at a commit rate stands behind it. */
int bl_limit_sums(bl_limit_look *look, const bl_limit_use *uses,
                  size_t use_count) {
  const bl_limit *limit = look->limit;
  bl_dec sum = BL_DEC_ZERO;

  for (size_t i = 0; i < use_count; i++) {
    const bl_limit_use *use = &uses[i];
    if (look->contract && use->contract && use->contract != look->contract)
      continue;
    if (limit->meter.len && !bl_str_equal(limit->meter, use->meter)) continue;
    if (!limit->asset[0]) {
      sum = use->quantity;
      break;
    }
    if (bl_asset_equal(limit->asset, use->asset))
      sum = bl_dec_add(sum, use->amount);
  }
  look->count.amount = sum;
  return !bl_dec_is_zero(sum);
}

int bl_limit_is_general(const bl_limit_look *look) {
  bl_span term;

  if (!look->contract) return 1;
  term = (bl_span){look->contract->terms.start_us,
                   look->contract->terms.end_us};
  return bl_span_holds(term, look->time_us);
}

static int is_one_window(const bl_fact_count *a, const bl_fact_count *b) {
  return a->customer == b->customer && a->limit == b->limit &&
         a->span.from_us == b->span.from_us &&
         memcmp(a->key, b->key, sizeof a->key) == 0;
}

int bl_limit_join(bl_arena *arena, bl_fact_count **items, size_t *count,
                  size_t *cap, const bl_fact_count *more) {
  bl_fact_count *place;

  for (size_t i = *count; i > 0; i--)
    if (is_one_window(&(*items)[i - 1], more)) {
      place = &(*items)[i - 1];
      place->amount = bl_dec_add(place->amount, more->amount);
      return BILLING_OK;
    }
  place = bl_arena_push(arena, (void **)items, count, cap, sizeof *place);
  if (!place) return BILLING_NOMEM;
  *place = *more;
  ++*count;
  return BILLING_OK;
}

#undef LIMIT_SLICES
