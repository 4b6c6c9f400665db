/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * advance.c - the driver: a heap of what is due, soonest first.
 *
 * Steps are taken in the order (time, rank, own number), whatever the calls
 * they are spread over; each says by itself when its successor is due.  So
 * once to T and in any number of steps to T give the same entries.
 */
#include "base/struct.h"
#include "engine/alerts.h"
#include "engine/due.h"
#include "engine/grants.h"
#include "engine/load.h"
#include "engine/told.h"
#include "engine/top_ups.h"

typedef struct due_heap {
  bl_due_step *due;
  size_t  count;
  size_t  cap;
} due_heap;

static int due_before(const bl_due_step *a, const bl_due_step *b) {
  if (a->at_us != b->at_us) return a->at_us < b->at_us;
  if (a->rank != b->rank) return a->rank < b->rank;
  return a->number < b->number;
}

static int heap_add(bl_call *c, due_heap *heap, const bl_due_step *due) {
  size_t at = heap->count;

  if (!bl_arena_push(&c->arena, (void **)&heap->due, &heap->count, &heap->cap,
                     sizeof *due))
    return BILLING_NOMEM;
  heap->count++;
  for (; at > 0 && due_before(due, &heap->due[(at - 1) / 2]);
       at = (at - 1) / 2)
    heap->due[at] = heap->due[(at - 1) / 2];
  heap->due[at] = *due;
  return BILLING_OK;
}

static bl_due_step heap_take(due_heap *heap) {
  bl_due_step first = heap->due[0];
  bl_due_step last = heap->due[--heap->count];
  size_t at = 0, child;

  while ((child = 2 * at + 1) < heap->count) {
    if (child + 1 < heap->count &&
        due_before(&heap->due[child + 1], &heap->due[child]))
      child++;
    if (!due_before(&heap->due[child], &last)) break;
    heap->due[at] = heap->due[child];
    at = child;
  }
  if (heap->count) heap->due[at] = last;
  return first;
}

static int add_due(bl_call *c, due_heap *heap, const bl_due_step *due,
                   int64_t until_us) {
  return due->at_us <= until_us ? heap_add(c, heap, due) : BILLING_OK;
}

static int add_contract(bl_call *c, due_heap *heap, bl_contract *contract,
                        int64_t until_us) {
  bl_due_step due = {0};
  int rc = bl_due_contract(c, contract, &due);

  return rc ? rc : add_due(c, heap, &due, until_us);
}

static int add_giver(bl_call *c, due_heap *heap, bl_contract *contract,
                     int64_t until_us) {
  bl_due_step due = {.rank = BL_DUE_GIVE, .number = contract->number,
                     .contract = contract};
  int rc = bl_recurring_due(c, contract, &due.at_us);

  return rc ? rc : add_due(c, heap, &due, until_us);
}

static int find_due_holds(bl_call *c, due_heap *heap,
                          const bl_customer *customer, int64_t until_us) {
  int rc = BILLING_OK;

  for (size_t i = 0; i < customer->holds.count && !rc; i++) {
    bl_hold_state *hold = customer->holds.item[i];
    bl_due_step due = {hold->expires_us, BL_DUE_HOLD, 0, hold->number,
                       NULL, hold, NULL};
    rc = add_due(c, heap, &due, until_us);
  }
  return rc;
}

static int add_expiry(bl_call *c, due_heap *heap, bl_grant_state *grant,
                     int64_t until_us) {
  bl_due_step due = {grant->lot.expires_us, BL_DUE_GRANT, 0,
                     grant->lot.number, NULL, NULL, grant};

  return grant->expired_seq ? BILLING_OK : add_due(c, heap, &due, until_us);
}

static int find_due_grants(bl_call *c, due_heap *heap,
                           const bl_wallet *wallet, int64_t until_us) {
  int rc = BILLING_OK;

  for (size_t i = wallet->grants.first; i < wallet->grants.count && !rc;
       i++) {
    rc = add_expiry(c, heap, wallet->grants.item[i], until_us);
  }
  return rc;
}

/* In a trial nothing is asked for: it says what there is, not what may be
 * paid. */
static int add_top_up(bl_call *c, due_heap *heap, uint64_t number,
                      int64_t until_us) {
  bl_due_step due = {.rank = BL_DUE_TOP_UP, .number = number};
  bl_customer *customer = bl_table_at(&c->t->by_customer, number);
  int rc;

  if (bl_call_reads(c)) return BILLING_OK;
  rc = bl_top_ups_due(c, customer, &due.at_us);
  return rc ? rc : add_due(c, heap, &due, until_us);
}

static int add_told(bl_call *c, due_heap *heap, uint64_t number,
                    int64_t until_us) {
  bl_due_step due = {.rank = BL_DUE_TELL, .number = number};

  if (bl_call_reads(c)) return BILLING_OK;
  due.at_us = bl_tell_due(c, bl_table_at(&c->t->by_customer, number));
  return add_due(c, heap, &due, until_us);
}

static int find_due_of(bl_call *c, due_heap *heap,
                       const bl_customer *customer, int64_t until_us) {
  int rc = find_due_holds(c, heap, customer, until_us);

  for (size_t i = 0; i < customer->wallets.count && !rc; i++)
    rc = find_due_grants(c, heap, customer->wallets.item[i], until_us);
  for (size_t i = 0; i < customer->contracts.count && !rc; i++) {
    bl_contract *contract = customer->contracts.item[i];
    rc = add_contract(c, heap, contract, until_us);
    if (!rc) rc = add_giver(c, heap, contract, until_us);
  }
  if (!rc) rc = add_top_up(c, heap, customer->number, until_us);
  return rc ? rc : add_told(c, heap, customer->number, until_us);
}

static int find_due(bl_call *c, due_heap *heap, int64_t until_us) {
  int rc = bl_customers_load_all(c);

  for (uint64_t n = 1; n <= c->t->heads.customers && !rc; n++) {
    bl_customer *customer;
    rc = bl_customer_need(c, n, &customer);
    if (!rc) rc = find_due_of(c, heap, customer, until_us);
  }
  return rc;
}

static int step_contract(bl_call *c, due_heap *heap, bl_contract *contract,
                         int64_t at_us, int64_t until_us,
                         billing_progress *out) {
  uint64_t invoices = c->t->heads.invoices;
  uint64_t closed = contract->closed, had_ended = contract->has_ended;
  int rc = bl_step_contract(c, contract, at_us);

  if (!rc && contract->has_ended && !had_ended)
    rc = bl_tell_ended(c, contract);
  if (rc) return rc;
  out->periods += contract->closed - closed;
  out->invoices += c->t->heads.invoices - invoices;
  if (!out->first_invoice && c->t->heads.invoices > invoices)
    out->first_invoice = invoices + 1;
  return add_contract(c, heap, contract, until_us);
}

static int give_step(bl_call *c, due_heap *heap, bl_contract *contract,
                     int64_t at_us, int64_t until_us) {
  int rc = bl_recurring_give(c, contract, at_us);

  return rc ? rc : add_giver(c, heap, contract, until_us);
}

/* Grants that the step has made end in their turn. */
static int add_expiries(bl_call *c, due_heap *heap, uint64_t before,
                    int64_t until_us) {
  int rc = BILLING_OK;

  for (uint64_t n = before + 1; n <= c->t->heads.grants && !rc; n++) {
    bl_grant_state *grant = bl_table_at(&c->t->by_grant, n);
    if (!grant) continue;
    rc = add_expiry(c, heap, grant, until_us);
    if (!rc) rc = add_told(c, heap, grant->customer->number, until_us);
  }
  return rc;
}

static int top_up_step(bl_call *c, due_heap *heap, const bl_due_step *due,
                       int64_t until_us) {
  bl_customer *customer = bl_table_at(&c->t->by_customer, due->number);
  int rc = bl_top_ups_step(c, customer, due->at_us);

  return rc ? rc : add_top_up(c, heap, due->number, until_us);
}

static int tell_step(bl_call *c, due_heap *heap, const bl_due_step *due,
                     int64_t until_us) {
  bl_customer *customer = bl_table_at(&c->t->by_customer, due->number);
  int rc = bl_tell_step(c, customer, due->at_us);

  return rc ? rc : add_told(c, heap, due->number, until_us);
}

static int do_step(bl_call *c, due_heap *heap, int64_t until_us,
                   billing_progress *out) {
  bl_due_step due = heap_take(heap);

  switch (due.rank) {
  case BL_DUE_HOLD:
    out->holds++;
    return bl_end_hold(c, due.hold, BILLING_HOLD_EXPIRED, 0);
  case BL_DUE_GRANT:
    out->grants++;
    return bl_grant_expire(c, due.grant);
  case BL_DUE_GIVE:
    return give_step(c, heap, due.contract, due.at_us, until_us);
  case BL_DUE_TOP_UP:
    return top_up_step(c, heap, &due, until_us);
  case BL_DUE_TELL:
    return tell_step(c, heap, &due, until_us);
  default:
    return step_contract(c, heap, due.contract, due.at_us, until_us, out);
  }
}

static int take_step(bl_call *c, due_heap *heap, int64_t until_us,
                     billing_progress *out) {
  uint64_t before = c->t->heads.grants;
  int rc = do_step(c, heap, until_us, out);

  if (!rc && !bl_call_reads(c)) rc = bl_alerts_tell(c);
  return rc ? rc : add_expiries(c, heap, before, until_us);
}

/* What is due in the heap, at most `budget` steps of it. */
static int take_steps(bl_call *c, due_heap *heap, int64_t until_us,
                      uint32_t budget, billing_progress *out) {
  uint32_t steps = 0;
  int rc = BILLING_OK;

  while (!rc && heap->count && (!budget || steps < budget)) {
    if (bl_is_interrupted(c->b)) return BILLING_CANCELED;
    rc = take_step(c, heap, until_us, out);
    steps++;
  }
  return rc;
}

int bl_advance_customer(bl_call *c, const bl_customer *customer,
                        int64_t until_us) {
  billing_progress progress = {0};
  due_heap heap = {NULL, 0, 0};
  int rc = find_due_of(c, &heap, customer, until_us);

  return rc ? rc : take_steps(c, &heap, until_us, 0, &progress);
}

int bl_advance_first(bl_call *c, const bl_customer *customer,
                     int64_t until_us, int64_t *first_us) {
  due_heap heap = {NULL, 0, 0};
  int rc = find_due_of(c, &heap, customer, until_us);

  *first_us = !rc && heap.count ? heap.due[0].at_us : BL_TIME_NEVER;
  return rc;
}

static int advance_to(bl_call *c, int64_t until_us, uint32_t budget,
                      billing_progress *out) {
  due_heap heap = {NULL, 0, 0};
  int rc;

  if (until_us > c->now_us)
    return bl_fail(c->err, BILLING_INVALID, "/until_us",
                   "at most the call's now",
                   "until is %T, now is %T", until_us, c->now_us);
  rc = find_due(c, &heap, until_us);
  if (!rc) rc = take_steps(c, &heap, until_us, budget, out);
  if (rc == BILLING_CANCELED) return rc;
  out->flags = heap.count ? BILLING_PROGRESS_MORE : 0;
  out->done_us = heap.count ? heap.due[0].at_us : until_us;
  out->decided_us = c->now_us;
  return rc;
}

int billing_advance(billing *b, const billing_call *call, int64_t until_us,
                    uint32_t budget, billing_progress *out,
                    billing_error *err) {
  billing_progress progress = {0};
  bl_call c;
  int rc = bl_enter(&c, b, call, BL_WRITE, err);

  if (rc) return rc;
  progress.struct_size = sizeof progress;
  if (out && bl_can_fill(out, sizeof *out))
    rc = bl_fail(err, BILLING_MISUSE, "", "set it up with BILLING_INIT",
                 "the billing_progress cannot be filled");
  else
    rc = advance_to(&c, until_us, budget, &progress);
  rc = bl_leave(&c, rc);
  if (!rc && out) bl_fill(out, &progress, sizeof progress);
  return rc;
}
