/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * limits_count.c - what events go into the windows of limits, and what voided
 * ones take back.  A window that is over moves no more: nobody asks for it.
 */
#include "engine/limit_look.h"

typedef struct limit_counting {
  const bl_event     *event;
  const bl_limit_use *uses;
  size_t              count;
  uint64_t            number;    /* of an event that is voided; 0: a new one */
} limit_counting;

static int count_limit(bl_limit_look *look, void *to) {
  limit_counting *counting = to;
  const bl_limit_window *window;
  bl_call *c = look->c;
  size_t place;
  int is_in;
  int rc;

  if (!bl_limit_sums(look, counting->uses, counting->count)) return BILLING_OK;
  rc = bl_limit_place(look, counting->event, &is_in);
  if (rc || !is_in) return rc;
  if (counting->number) {
    window = bl_limit_window_of(look->customer, &look->count, &place);
    if (!window || window->since > bl_event_seq(counting->number))
      return BILLING_OK;
  }
  return bl_limit_join(&c->arena, &c->counted.items, &c->counted.count,
                    &c->counted_cap, &look->count);
}

static bl_limit_use use_of(const bl_contract *contract, uint64_t number,
                           bl_dec amount, bl_dec quantity) {
  return bl_limit_use_of(contract, &contract->plan->plan.prices[number],
                         amount, quantity);
}

static int count_all(bl_limit_look *look, limit_counting *counting) {
  int rc = bl_limits_visit(look, count_limit, counting);

  return rc ? rc : bl_quotas_visit(look, count_limit, counting);
}

int bl_limits_event(bl_call *c, const bl_event_in *in,
                    const bl_fact_event *fact, bl_tally *const *tallies) {
  bl_limit_look look = {.c = c, .customer = in->customer, .is_new = 1,
                        .counts = 1, .time_us = fact->time_us,
                        .came_us = c->now_us};
  limit_counting counting = {.event = &in->view, .count = fact->charge_count};
  bl_limit_use *uses;

  if (!fact->charge_count) return BILLING_OK;
  uses = bl_arena_array(&c->arena, fact->charge_count, sizeof *uses);
  if (!uses) return BILLING_NOMEM;
  for (size_t i = 0; i < fact->charge_count; i++)
    uses[i] = use_of(tallies[i]->contract, tallies[i]->price,
                     fact->charges[i].amount, fact->charges[i].quantity);
  counting.uses = uses;
  return count_all(&look, &counting);
}

int bl_limits_undo(bl_call *c, const bl_fact_void *fact,
                   const bl_event *event, int64_t came_us) {
  bl_limit_look look = {.c = c, .counts = 1, .time_us = fact->time_us,
                        .came_us = came_us};
  limit_counting counting = {.event = event, .count = fact->count,
                             .number = fact->event};
  bl_limit_use *uses;

  look.came_seq = bl_event_seq(fact->event);
  look.customer = bl_table_at(&c->t->by_customer, fact->customer);
  if (!fact->count || !look.customer) return BILLING_OK;
  uses = bl_arena_array(&c->arena, fact->count, sizeof *uses);
  if (!uses) return BILLING_NOMEM;
  for (size_t i = 0; i < fact->count; i++)
    uses[i] = use_of(bl_table_at(&c->t->by_contract, fact->items[i].contract),
                     fact->items[i].price, fact->items[i].amount,
                     fact->items[i].quantity);
  counting.uses = uses;
  return count_all(&look, &counting);
}

int bl_limits_append(bl_call *c) {
  bl_fact_counted fact = c->counted;
  bl_writer w;
  int rc;

  if (!fact.count) return BILLING_OK;
  memset(&c->counted, 0, sizeof c->counted);
  c->counted_cap = 0;
  fact.seq = c->cause;
  rc = bl_fold_counted(bl_entry_start(c), &fact);
  if (rc == BILLING_LIMIT)
    return bl_fail(c->err, rc, "/value", "quantities and amounts below 10^20",
                   "what a limit would count does not fit");
  bl_writer_open(&w, c);
  bl_code_counted(&w.facts, &w.properties, &fact);
  return rc ? rc : bl_append(c, BL_ENTRY_COUNTED, &w);
}
