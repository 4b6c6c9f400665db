/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * ticks_sql.c - running the statements of SQL meters at a tick.
 *
 *     SELECT max(value), region FROM events GROUP BY region      "tick":"day"
 *     1 May   eu 5, eu 7, us 1          7 eu, 1 us
 *     2 May   eu 2                      2 eu
 *     May                               9 eu, 1 us
 *
 * The rows are the events that were charged under the price: filters and
 * versions have had their say when they were recorded, and what was voided is
 * not there any more.  Each window with events is run by itself.  Its rows are
 * added up by the values of what the price groups by.
 */
#include "base/limit.h"
#include "base/sort.h"
#include "engine/event_walk.h"
#include "engine/ticks.h"
#include "engine/trial.h"
#include "meter/property.h"
#include "price/price.h"
#include "store/sql_meter.h"

typedef struct tick_row {
  bl_sql_event event;
  uint64_t     number;
} tick_row;

/* The events of a price in a period, in the order of arrival. */
typedef struct tick_rows {
  uint64_t  price;
  uint64_t  period;
  tick_row *row;
  size_t    count;
  size_t    cap;
  uint32_t  is_redacted;       /* of one nothing but facts are left */
  uint32_t  reserved;
} tick_rows;

typedef struct tick_run {
  bl_ticks  *t;
  bl_map     lists;            /* price and period -> tick_rows */
  bl_members members;
  bl_arena   own;              /* of the event or the window at hand */
} tick_run;

/* ---- figures ---- */

const bl_tick_figure *bl_tick_figure_of(const bl_tick_group *group,
                                        uint64_t period) {
  for (size_t i = group->figure_count; i-- > 0;)
    if (group->figures[i].period == period) return &group->figures[i];
  return NULL;
}

int bl_ticks_keeps(const bl_ticks *t, uint64_t price, uint64_t period) {
  for (size_t i = 0; i < t->kept_count; i++)
    if (t->kept[i].price == price && t->kept[i].period == period) return 1;
  return 0;
}

static int statement_keep(bl_ticks *t, const tick_rows *rows) {
  bl_tick_kept *kept = bl_arena_push(&t->arena, (void **)&t->kept,
                                     &t->kept_count, &t->kept_cap,
                                     sizeof *kept);

  if (!kept) return BILLING_NOMEM;
  *kept = (bl_tick_kept){rows->price, rows->period};
  t->kept_count++;
  return BILLING_OK;
}

/* One window after the other, so a period's figure is the last one. */
static int statement_add(bl_ticks *t, bl_tick_group *group, uint64_t period,
                         bl_dec quantity) {
  bl_tick_figure *last = group->figure_count
                           ? &group->figures[group->figure_count - 1] : NULL;

  if (!last || last->period != period) {
    last = bl_arena_push(&t->arena, (void **)&group->figures,
                         &group->figure_count, &group->figure_cap,
                         sizeof *last);
    if (!last) return BILLING_NOMEM;
    *last = (bl_tick_figure){period, BL_DEC_ZERO};
    group->figure_count++;
  }
  last->quantity = bl_dec_add(last->quantity, quantity);
  return BILLING_OK;           /* what does not fit is refused when priced */
}

/* ---- rows ---- */

static int statement_list(tick_run *x, uint64_t price, uint64_t period,
                          tick_rows **out) {
  uint64_t key[2] = {price, period};

  *out = bl_map_get(&x->lists, key, sizeof key);
  if (*out) return BILLING_OK;
  *out = bl_arena_take(&x->t->arena, sizeof **out);
  if (!*out) return BILLING_NOMEM;
  (*out)->price  = price;
  (*out)->period = period;
  return bl_map_put(&x->lists, key, sizeof key, *out);
}

static int statement_columns(tick_run *x, const bl_meter *meter,
                             const bl_event *event, tick_row *row) {
  bl_arena *arena = &x->t->arena;
  bl_str *columns = bl_arena_array(arena, meter->property_count + 1,
                                   sizeof *columns);

  if (!columns) return BILLING_NOMEM;
  for (size_t i = 0; i < meter->property_count; i++) {
    const bl_member *m = bl_property(event, meter->properties[i]);
    columns[i] = m ? bl_arena_str(arena, m->value) : (bl_str){NULL, 0};
  }
  row->event.properties = columns;
  return arena->failed ? BILLING_NOMEM : BILLING_OK;
}

static int statement_keep_row(tick_run *x, const bl_event_row *in,
                              const bl_meter *meter, tick_rows *rows) {
  bl_arena *arena = &x->t->arena;
  bl_event event = {in->text.name, &x->members, BL_DEC_ONE, in->time_us};
  tick_row *row = bl_arena_push(arena, (void **)&rows->row, &rows->count,
                                &rows->cap, sizeof *row);

  if (!row) return BILLING_NOMEM;
  rows->count++;
  if (in->text.has_value) event.value = in->text.value;
  row->number        = in->number;
  row->event.name    = bl_arena_str(arena, in->text.name);
  row->event.key     = bl_arena_str(arena, in->text.key);
  row->event.time_us = in->time_us;
  row->event.value   = event.value;
  return statement_columns(x, meter, &event, row);
}

static uint64_t statement_period(const bl_ticks *t, bl_span service) {
  uint64_t p = t->from;

  while (p < t->to &&
         t->contract->periods[p].span.from_us != service.from_us)
    p++;
  return p;
}

/* What the event was charged under, of the contract at hand. */
static int statement_charge(tick_run *x, const bl_event_row *in,
                            const bl_row_charge *charge) {
  const bl_ticks *t = x->t;
  const bl_plan_version *plan = t->contract->plan;
  uint64_t price = (uint64_t)(charge->price - plan->plan.prices);
  const bl_meter *meter = bl_contract_meter(t->contract, price);
  uint64_t period = statement_period(t, charge->service);
  tick_rows *rows;
  int rc;

  if (!meter || meter->aggregation != BL_AGG_SQL || period == t->to ||
      !bl_ticks_is_due(t, price, period) ||
      bl_trial_hides(t->c->trial, t->contract->number, period, in->number))
    return BILLING_OK;
  rc = statement_list(x, price, period, &rows);
  if (rc) return rc;
  if (in->text.name.len) return statement_keep_row(x, in, meter, rows);
  rows->is_redacted = 1;
  return BILLING_OK;
}

static int statement_event(tick_run *x, const bl_event_row *in) {
  int rc = BILLING_OK;

  if ((in->flags & BILLING_RECEIPT_VOIDED) || in->time_us >= x->t->until_us)
    return BILLING_OK;
  x->members.count = 0;
  if (in->charge_count && in->text.properties.len)
    rc = bl_json_scan(in->text.properties, &x->members, NULL);
  for (size_t i = 0; i < in->charge_count && !rc; i++)
    if (in->charges[i].contract == x->t->contract)
      rc = statement_charge(x, in, &in->charges[i]);
  return rc;
}

static int statement_walk(tick_run *x) {
  bl_ticks *t = x->t;
  bl_span times = {t->contract->periods[t->from].span.from_us,
                   t->contract->periods[t->to - 1].span.to_us};
  bl_event_walk walk;
  bl_event_row row;
  int rc = bl_event_walk_open(&walk, t->c, t->contract->customer, times, 0);

  if (!rc) rc = bl_event_walk_restate(&walk);
  while (!rc && (rc = bl_event_walk_next(&walk, &row)) == BILLING_OK) {
    bl_arena_mark mark = bl_arena_now(&x->own);
    rc = statement_event(x, &row);
    x->members = (bl_members){.arena = &x->own};
    bl_arena_back(&x->own, mark);
  }
  bl_event_walk_close(&walk);
  return rc == BILLING_DONE ? BILLING_OK : rc;
}

static int statement_row_order(const void *a, const void *b) {
  const tick_row *x = a, *y = b;

  if (x->event.time_us != y->event.time_us)
    return x->event.time_us < y->event.time_us ? -1 : 1;
  return (x->number > y->number) - (x->number < y->number);
}

/* ---- the statement ---- */

/* Says whose statement it was. */
static int statement_fail(tick_run *x, const tick_rows *rows, int rc,
                          const billing_error *why) {
  const bl_ticks *t = x->t;
  const bl_price *price = &t->contract->plan->plan.prices[rows->price];

  if (rc == BILLING_NOMEM || rc == BILLING_CANCELED)
    return bl_fail_code(t->c->err, rc);
  return bl_fail(t->c->err, rc, "", why->hint,
                 "the contract %t, price %t, period from %T: the statement of "
                 "the meter %t: %s", &t->contract->terms.id, &price->id,
                 t->contract->periods[rows->period].span.from_us,
                 &price->meter, why->message);
}

/* The group without the columns that the price does not ask for. */
static int statement_group(tick_run *x, const bl_price *price, bl_str columns,
                           bl_text *out, billing_error *why) {
  bl_event event = {.properties = &x->members};
  int rc = BILLING_OK;

  bl_text_open(out, &x->own);
  bl_members_open(&x->members, &x->own);
  if (!price->group_count) return BILLING_OK;
  if (columns.len > BL_LIMIT_EVENT_BYTES)
    return bl_fail(why, BILLING_LIMIT, "", "as long as an event at most",
                   "a group has %i bytes", (int64_t)columns.len);
  rc = bl_json_scan(columns, &x->members, why);
  if (!rc) rc = bl_meter_group(price->groups, price->group_count, &event, out);
  if (!rc && !bl_price_of_group(price, (bl_str){out->text, out->len})) {
    bl_str group = {out->text, out->len};
    rc = bl_fail(why, BILLING_INVALID, "", "put the meter with a statement "
                 "whose groups have rates", "there is no rate for %t",
                 &group);
  }
  return rc;
}

static int statement_book(tick_run *x, const tick_rows *rows,
                          const bl_sql_quantity *answer, billing_error *why) {
  const bl_price *price =
      &x->t->contract->plan->plan.prices[rows->price];
  bl_tick_group *group;
  bl_text text;
  int rc = statement_group(x, price, answer->group, &text, why);

  if (!rc)
    rc = bl_ticks_group(x->t, rows->price,
                        (bl_str){text.len ? text.text : "", text.len}, &group);
  return rc ? rc : statement_add(x->t, group, rows->period, answer->quantity);
}

static int statement_sandbox(tick_run *x, const tick_rows *rows, size_t from,
                             size_t to, bl_span window, billing_error *why) {
  const bl_meter *meter = bl_contract_meter(x->t->contract, rows->price);
  bl_sql_meter sql = {meter->sql, meter->properties, meter->property_count};
  bl_sql_quantity *answer = NULL;
  bl_sandbox *box = NULL;
  size_t count = 0;
  int rc = bl_sandbox_open(&sql, window, &x->own, "", &box, why);

  for (size_t i = from; i < to && !rc; i++)
    rc = bl_sandbox_add(box, &rows->row[i].event);
  if (!rc) rc = bl_sandbox_run(box, &answer, &count);
  for (size_t i = 0; i < count && !rc; i++)
    rc = statement_book(x, rows, &answer[i], why);
  bl_sandbox_close(box);
  return rc;
}

/* The rows from `from` on that lie in a window. */
static int statement_window(tick_run *x, const tick_rows *rows, size_t from,
                            size_t to, bl_span window) {
  billing_error why = {.struct_size = sizeof why};
  int rc = bl_is_interrupted(x->t->c->b)
             ? BILLING_CANCELED
             : statement_sandbox(x, rows, from, to, window, &why);

  bl_arena_empty(&x->own, SIZE_MAX);
  return rc ? statement_fail(x, rows, rc, &why) : BILLING_OK;
}

static bl_span statement_span(const tick_run *x, const tick_rows *rows,
                              int64_t us) {
  const bl_contract *contract = x->t->contract;
  bl_span period = contract->periods[rows->period].span;
  uint32_t tick = bl_contract_meter(contract, rows->price)->tick;
  bl_grid grid = {.zone = contract->zone, .anchor_day = 1,
                  .unit = tick == BL_TICK_DAY ? BL_WINDOW_DAY
                                              : BL_WINDOW_HOUR};

  if (tick == BL_TICK_PERIOD) return period;
  return bl_span_cut(bl_window_at(&grid, us), period);
}

static int statement_period_of(tick_run *x, tick_rows *rows) {
  int rc = BILLING_OK;

  if (rows->is_redacted) return statement_keep(x->t, rows);
  bl_sort(rows->row, rows->count, sizeof *rows->row, statement_row_order);
  for (size_t i = 0, end; i < rows->count && !rc; i = end) {
    bl_span window = statement_span(x, rows, rows->row[i].event.time_us);

    for (end = i + 1; end < rows->count &&
         rows->row[end].event.time_us < window.to_us;)
      end++;
    rc = statement_window(x, rows, i, end, window);
  }
  return rc;
}

static int statement_has(const bl_contract *contract) {
  const bl_plan_version *plan = contract->plan;

  for (size_t i = 0; i < plan->first_count; i++)
    if (bl_contract_meter(contract, plan->first[i])->aggregation ==
        BL_AGG_SQL)
      return 1;
  return 0;
}

int bl_ticks_run(bl_ticks *t) {
  tick_run x = {.t = t};
  int rc;

  if (!statement_has(t->contract)) return BILLING_OK;
  bl_map_open(&x.lists, &t->arena);
  bl_arena_open(&x.own, &t->c->b->host);
  bl_members_open(&x.members, &x.own);
  rc = statement_walk(&x);
  for (size_t i = 0; i < x.lists.count && !rc; i++)
    rc = statement_period_of(&x, x.lists.entry[i].value);
  bl_arena_close(&x.own);
  return rc;
}
