/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* ticks.c - measuring and booking at the end of a period; see ticks.h. */
#include "engine/ticks.h"

#include "engine/rate.h"
#include "engine/samples.h"
#include "engine/tallies.h"
#include "engine/timeline.h"
#include "engine/trial.h"
#include "price/price.h"

static const bl_meter *tick_meter(const bl_contract *contract, size_t price) {
  const bl_meter *meter = bl_contract_meter(contract, price);

  return meter && meter->ticks ? meter : NULL;
}

static int tick_is_sql(const bl_contract *contract, size_t price) {
  const bl_meter *meter = tick_meter(contract, price);

  return meter && meter->aggregation == BL_AGG_SQL;
}

int bl_ticks_has(const bl_contract *contract) {
  const bl_plan_version *plan = contract->plan;

  for (size_t i = 0; i < plan->first_count; i++)
    if (tick_meter(contract, plan->first[i])) return 1;
  return 0;
}

/* ---- samples by price and group ---- */

int bl_ticks_group(bl_ticks *t, uint64_t price, bl_str group,
                   bl_tick_group **out) {
  bl_arena *arena = &t->arena;
  bl_text key;

  bl_text_open(&key, arena);
  bl_pack_u64(&key, price);
  bl_text_str(&key, group);
  if (key.failed) return BILLING_NOMEM;
  *out = bl_map_get(&t->groups, key.text, key.len);
  if (*out) return BILLING_OK;
  *out = bl_arena_take(arena, sizeof **out);
  if (!*out) return BILLING_NOMEM;
  (*out)->price = price;
  (*out)->group = bl_arena_str(arena, group);
  if (arena->failed) return BILLING_NOMEM;
  return bl_map_put(&t->groups, key.text, key.len, *out);
}

/* Of an event that several contracts charge, one sample is enough. */
static int ticks_keep(bl_ticks *t, uint64_t price, bl_str group,
                      const bl_sample *sample) {
  bl_arena *arena = &t->arena;
  bl_tick_group *to;
  bl_sample *kept;
  int rc = bl_ticks_group(t, price, group, &to);

  if (rc) return rc;
  if (to->count && to->samples[to->count - 1].number == sample->number)
    return BILLING_OK;
  kept = bl_arena_push(arena, (void **)&to->samples, &to->count, &to->cap,
                       sizeof *kept);
  if (!kept) return BILLING_NOMEM;
  *kept = *sample;
  if (sample->value.len) kept->value = bl_arena_str(arena, sample->value);
  to->count++;
  return arena->failed ? BILLING_NOMEM : BILLING_OK;
}

static int ticks_same_names(const bl_price *a, const bl_price *b) {
  if (a->group_count != b->group_count) return 0;
  for (size_t i = 0; i < a->group_count; i++)
    if (!bl_str_equal(a->groups[i], b->groups[i])) return 0;
  return 1;
}

/* Whether what was charged under a key goes on as the level of a price: that
 * of the contract itself, or in another one of the customer's a price of the
 * same meter that takes the same events apart in the same way. */
static int ticks_goes_on(const bl_ticks *t, const bl_fact_key *key,
                         size_t price) {
  const bl_contract *other = bl_table_at(&t->c->t->by_contract,
                                         key->contract);
  const bl_price *a, *b;

  if (other == t->contract)
    return key->price == price ||
           (other->plan->intervals &&
            other->plan->intervals[key->price].line ==
                other->plan->intervals[price].line);
  if (!other || key->price >= other->plan->plan.price_count ||
      other->plan->meters[key->price] != t->contract->plan->meters[price])
    return 0;
  a = &other->plan->plan.prices[key->price];
  b = &t->contract->plan->plan.prices[price];
  return ticks_same_names(a, b) &&
         bl_filters_equal(a->filters, a->filter_count, b->filters,
                          b->filter_count);
}

static int ticks_take(void *user, const bl_fact_key *key,
                      const bl_sample *sample) {
  bl_ticks *t = user;
  int is_own = key->contract == t->contract->number;
  int rc = BILLING_OK;

  if (bl_trial_hides(t->c->trial, key->contract, key->period, sample->number))
    return BILLING_OK;
  for (size_t i = 0; i < t->contract->plan->plan.price_count && !rc; i++) {
    const bl_meter *meter = tick_meter(t->contract, i);

    if (!meter || meter->aggregation == BL_AGG_SQL ||
        (meter->recurring ? !ticks_goes_on(t, key, i)
                          : !is_own || key->price != i))
      continue;
    rc = ticks_keep(t, i, key->group, sample);
  }
  return rc;
}

/* What the first of the periods needs: all of before for levels that go on. */
static int64_t ticks_from(const bl_contract *contract, uint64_t from) {
  const bl_plan *plan = &contract->plan->plan;

  for (size_t i = 0; i < plan->price_count; i++) {
    const bl_meter *meter = tick_meter(contract, i);
    if (meter && meter->recurring) return INT64_MIN;
  }
  return contract->periods[from].span.from_us;
}

/* A price that costs something at zero has a figure without samples. */
static int ticks_add_unused(bl_ticks *t) {
  const bl_plan *plan = &t->contract->plan->plan;
  bl_str none = {"", 0};
  bl_tick_group *group;
  int rc = BILLING_OK;

  for (size_t i = 0; i < plan->price_count && !rc; i++)
    if (tick_meter(t->contract, i) && !plan->prices[i].group_count &&
        (plan->prices[i].flags & BL_PRICE_FLAT_AT_ZERO))
      rc = bl_ticks_group(t, i, none, &group);
  return rc;
}

/* What was charged by a tick, or by events that were all voided since; last
 * what only counts events, because that is due until it is booked. */
static int ticks_add_known(bl_ticks *t, int counts) {
  bl_tick_group *group;
  bl_tallies tallies;
  int rc = bl_tallies_of(t->contract, &t->arena, &tallies);

  for (size_t i = 0; !rc && i < tallies.count; i++) {
    const bl_tally *tally = tallies.item[i];
    if (tick_meter(t->contract, tally->price) &&
        bl_tally_is_count(tally) == counts)
      rc = bl_ticks_group(t, tally->price, tally->group, &group);
  }
  return rc;
}

/* Statements read events themselves. */
static int ticks_has_samples(const bl_contract *contract) {
  for (size_t i = 0; i < contract->plan->plan.price_count; i++)
    if (tick_meter(contract, i) && !tick_is_sql(contract, i)) return 1;
  return 0;
}

int bl_ticks_read(bl_ticks *t, bl_call *c, bl_contract *contract,
                  uint64_t from, uint64_t to, int64_t until_us) {
  bl_span times;
  int rc;

  assert(from < to && to <= contract->period_count);
  *t = (bl_ticks){.c = c, .contract = contract, .from = from, .to = to,
                  .until_us = until_us};
  bl_arena_open(&t->arena, &c->b->host);
  bl_map_open(&t->groups, &t->arena);
  times.from_us = ticks_from(contract, from);
  times.to_us   = contract->periods[to - 1].span.to_us;
  rc = bl_contract_zone(c, contract);
  if (!rc) rc = ticks_add_unused(t);
  if (!rc && ticks_has_samples(contract))
    rc = bl_samples_walk(c, contract->customer, times, ticks_take, t);
  if (!rc) rc = bl_ticks_run(t);
  if (!rc) rc = ticks_add_known(t, 0);
  return rc ? rc : ticks_add_known(t, 1);
}

void bl_ticks_close(bl_ticks *t) { bl_arena_close(&t->arena); }

/* ---- a figure ---- */

static bl_frame ticks_frame(const bl_contract *contract, uint64_t period,
                            int64_t until_us) {
  const bl_period *p = &contract->periods[period];
  bl_frame frame = {.span = p->full, .zone = contract->zone};

  frame.whole_us   = bl_span_length(p->full);
  frame.whole_days = bl_frame_end(&frame, 1);
  frame.span       = p->span;
  if (until_us < frame.span.to_us) frame.span.to_us = until_us;
  if (frame.span.to_us < frame.span.from_us)
    frame.span.to_us = frame.span.from_us;
  return frame;
}

int bl_ticks_prices(const bl_ticks *t, uint64_t price, uint64_t period) {
  const bl_plan_version *plan = t->contract->plan;

  return bl_timeline_leads(plan, price, t->contract->periods[period].span) &&
         !(plan->intervals && plan->intervals[price].is_off);
}

int bl_ticks_is_due(const bl_ticks *t, uint64_t price, uint64_t period) {
  const bl_tally *tally = bl_tally_of(t->contract, price, period,
                                      (bl_str){"", 0});

  return period >= t->contract->closed || (tally && tally->more->is_due);
}

/* What the statement said, or what was booked when it cannot say any more. */
static bl_dec ticks_figure(const bl_ticks *t, const bl_tick_group *group,
                           uint64_t period) {
  const bl_tick_figure *figure = bl_tick_figure_of(group, period);
  const bl_tally *tally = bl_tally_of(t->contract, group->price, period,
                                      group->group);

  if (bl_ticks_keeps(t, group->price, period))
    return tally ? tally->more->ticked : BL_DEC_ZERO;
  return bl_measure_finish(tick_meter(t->contract, group->price),
                           figure ? figure->quantity : BL_DEC_ZERO);
}

static int ticks_sum(const bl_ticks *t, const bl_tick_group *group,
                     uint64_t period, bl_dec *out) {
  bl_frame frame = ticks_frame(t->contract, period, t->until_us);
  bl_measure m;
  bl_arena own;
  int rc = BILLING_OK;

  bl_arena_open(&own, &t->c->b->host);
  bl_measure_open(&m, tick_meter(t->contract, group->price), &frame, &own);
  for (size_t i = 0; i < group->count && !rc; i++)
    if (bl_measure_takes(m.meter, &frame, group->samples[i].time_us))
      rc = bl_measure_add(&m, &group->samples[i]);
  if (!rc) *out = bl_measure_quantity(&m);
  bl_arena_close(&own);
  return rc;
}

int bl_ticks_measure(const bl_ticks *t, const bl_tick_group *group,
                     uint64_t period, bl_dec *out) {
  const bl_price *price = &t->contract->plan->plan.prices[group->price];
  int rc = BILLING_OK;

  if (tick_is_sql(t->contract, group->price))
    *out = ticks_figure(t, group, period);
  else rc = ticks_sum(t, group, period, out);
  if (!rc && bl_dec_is_bad(*out))
    return bl_fail(t->c->err, BILLING_LIMIT, "",
                   "quantities and amounts below 10^20",
                   "the quantity of price %t does not fit", &price->id);
  return rc;
}

/* ---- booking ---- */

typedef struct tick_booking {
  bl_ticks     ticks;
  bl_tick_book book;
  uint64_t     periods;
} tick_booking;

/* Of a price with a commit rate: how much of the figure is drawn at that. */
static int tick_split(tick_booking *k, const bl_tally *tally,
                      bl_fact_tick *tick) {
  const bl_contract *contract = k->ticks.contract;
  bl_span span = contract->periods[tick->period].span;
  bl_fact_tick commit = *tick;
  bl_split s;
  int rc = bl_split_open(k->ticks.c, tally, &s);

  if (rc) return rc;
  if (!s.commit) return bl_tick_book_add(&k->book, tick, 1);
  rc = bl_split_decide(&k->book.rater, span.to_us - 1, tally->more->ticked,
                       tick->quantity, &s);
  if (rc) return rc;
  tick->amount = bl_dec_sub(bl_split_list(&s, tick->quantity),
                            tally->amount);
  commit.price    = bl_plan_commit(contract->plan, tick->price);
  commit.quantity = s.now;
  commit.amount   = bl_split_moves(&s);
  rc = bl_tick_book_add(&k->book, tick, 1);
  if (rc || (bl_dec_equal(s.was, s.now) && bl_dec_is_zero(commit.amount)))
    return rc;
  return bl_tick_book_add(&k->book, &commit, 1);
}

static int tick_add(tick_booking *k, const bl_tick_group *group,
                    uint64_t period, bl_dec quantity) {
  const bl_contract *contract = k->ticks.contract;
  const bl_price *price = bl_price_of_group(
      &contract->plan->plan.prices[group->price], group->group);
  const bl_tally *tally = bl_tally_of(contract, group->price, period,
                                      group->group);
  bl_fact_tick tick = {.price = group->price, .period = period,
                       .group = group->group, .quantity = quantity};

  if (!bl_tick_is_count(&k->ticks, group))
    tick.amount = bl_dec_sub(bl_price_total(price, quantity),
                             tally ? tally->amount : BL_DEC_ZERO);
  if (bl_plan_commit(contract->plan, group->price))
    tally = bl_tally_make(k->ticks.c->t, k->ticks.contract, group->price,
                          period, group->group);
  else tally = NULL;
  return tally ? tick_split(k, tally, &tick)
               : bl_tick_book_add(&k->book, &tick, 1);
}

/* Whether what a period without usage costs is still to be booked: its close
 * has not come, or was by other prices. */
static int tick_is_unbooked(const bl_contract *contract, uint64_t period) {
  return period >= contract->closed ||
         contract->periods[period].span.to_us > contract->moved_us;
}

/* Whether the figure of a period may be another one than was booked. */
static int tick_is_open(const tick_booking *k, const bl_tick_group *group,
                        uint64_t period, const bl_tally *tally) {
  const bl_contract *contract = k->ticks.contract;

  if (tick_meter(contract, group->price)->recurring) return 1;
  return tick_is_unbooked(contract, period) || (tally && tally->more->is_due);
}

/* What counts events is booked with nothing, so that it is not due any more.
 */
static int tick_statement(tick_booking *k, const bl_tick_group *group,
                          uint64_t period, const bl_tally *tally) {
  const bl_ticks *t = &k->ticks;
  int is_new = tally ? tally->more->is_due != 0
                     : !group->group.len ||
                         bl_tick_figure_of(group, period) != NULL;
  bl_dec ticked = tally ? tally->more->ticked : BL_DEC_ZERO, quantity;
  int rc;

  if (!bl_ticks_is_due(t, group->price, period)) return BILLING_OK;
  if (bl_tick_is_count(t, group))
    return tally && is_new ? tick_add(k, group, period, BL_DEC_ZERO)
                           : BILLING_OK;
  rc = bl_ticks_measure(t, group, period, &quantity);
  if (rc || (!is_new && bl_dec_equal(quantity, ticked))) return rc;
  return tick_add(k, group, period, quantity);
}

/* What is another interval's since prices of the past changed goes back. */
static int tick_leave(tick_booking *k, const bl_tick_group *group,
                      uint64_t period, const bl_tally *tally) {
  bl_fact_tick tick = {.price = group->price, .period = period,
                       .group = group->group};

  if (!tally || (bl_dec_is_zero(tally->amount) && !tally->more->is_due))
    return BILLING_OK;
  tick.amount = bl_dec_neg(tally->amount);
  return bl_tick_book_add(&k->book, &tick, 1);
}

static int tick_period(tick_booking *k, const bl_tick_group *group,
                       uint64_t period) {
  const bl_tally *tally = bl_tally_of(k->ticks.contract, group->price,
                                      period, group->group);
  bl_dec ticked = tally ? tally->more->ticked : BL_DEC_ZERO, quantity;
  int is_new = tally ? tally->more->is_due != 0
                     : tick_is_unbooked(k->ticks.contract, period);
  int rc;

  if (!bl_ticks_prices(&k->ticks, group->price, period))
    return tick_leave(k, group, period, tally);
  if (tick_is_sql(k->ticks.contract, group->price))
    return tick_statement(k, group, period, tally);
  if (!tick_is_open(k, group, period, tally)) return BILLING_OK;
  rc = bl_ticks_measure(&k->ticks, group, period, &quantity);
  if (rc || (!is_new && bl_dec_equal(quantity, ticked))) return rc;
  return tick_add(k, group, period, quantity);
}

/* In the order of prices, of first use, of periods. */
static int tick_all(tick_booking *k) {
  const bl_map *groups = &k->ticks.groups;
  size_t prices = k->ticks.contract->plan->plan.price_count;
  int rc = BILLING_OK;

  for (size_t price = 0; price < prices; price++)
    for (size_t i = 0; i < groups->count; i++) {
      const bl_tick_group *group = groups->entry[i].value;
      for (uint64_t p = 0; p < k->periods && !rc; p++)
        if (group->price == price) rc = tick_period(k, group, p);
    }
  return rc;
}

/* The first period whose figure may be another than was booked. */
static uint64_t tick_first(const bl_contract *contract, uint64_t periods) {
  uint64_t first = periods - 1;

  while (first > 0 &&
         contract->periods[first - 1].span.to_us > contract->moved_us)
    first--;
  for (size_t i = 0; i < contract->tallies.count; i++) {
    const bl_tally *tally = contract->tallies.entry[i].value;
    if (tally->more && tally->more->is_due && tally->period < first)
      first = tally->period;
  }
  return first;
}

int bl_ticks_book(bl_call *c, bl_contract *contract, uint64_t periods) {
  tick_booking k = {.periods = periods};
  int rc;

  if (!periods || !bl_ticks_has(contract)) return BILLING_OK;
  rc = bl_ticks_read(&k.ticks, c, contract, tick_first(contract, periods),
                     periods, c->trial ? c->trial->until_us : INT64_MAX);
  if (!rc) {
    bl_tick_book_open(&k.book, c, contract);
    rc = bl_tick_book_close(&k.book, tick_all(&k));
  }
  bl_ticks_close(&k.ticks);
  return rc;
}
