/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * attach.c - parked events find their customer.
 *
 * At the end of a call that put a customer or a contract: whoever it was about
 * and has a contract gets what waits for the id and the aliases, as if it came
 * now.  What the customer's meters refuse goes on waiting, and usage_health
 * lists it.
 */
#include "engine/index.h"
#include "engine/parked.h"

int bl_attach_later(bl_call *c, bl_customer *customer) {
  bl_customer **place;

  if (!customer || !customer->contracts.count) return BILLING_OK;
  for (size_t i = 0; i < c->attach_count; i++)
    if (c->attach[i] == customer) return BILLING_OK;
  place = bl_arena_push(&c->arena, (void **)&c->attach, &c->attach_count,
                        &c->attach_cap, sizeof *place);
  if (!place) return BILLING_NOMEM;
  *place = customer;
  c->attach_count++;
  return BILLING_OK;
}

/* Events that are being collected for one customer. */
typedef struct attaching {
  bl_call              *c;
  const bl_customer    *customer;
  billing_event        *events;
  const billing_event **taken;
  size_t                count;
} attaching;

static int attach_room(attaching *a) {
  bl_arena *arena = &a->c->arena;

  a->count = 0;
  a->events = bl_arena_array(arena, BL_LIMIT_BATCH, sizeof *a->events);
  a->taken = bl_arena_array(arena, BL_LIMIT_BATCH, sizeof *a->taken);
  return a->events && a->taken ? BILLING_OK : BILLING_NOMEM;
}

/* They are put together by nothing but their order: one customer's. */
static int attach_flush(attaching *a) {
  bl_recording r = {.kept = &a->c->arena, .attaches = 1};
  billing_error *err = a->c->err;
  int rc;

  if (!a->count) return BILLING_OK;
  a->c->err = NULL;                       /* refusals are nobody's */
  rc = bl_record_batch(a->c, a->taken, NULL, a->count, NULL, &r);
  a->c->err = err;
  return rc ? rc : attach_room(a);
}

static int attach_event(attaching *a, const bl_fact_parked *parked,
                        uint64_t number) {
  billing_event *e;
  int waits;
  int rc = bl_parked_waits(a->c, parked, number, &waits);

  if (rc || !waits) return rc;
  e = &a->events[a->count];
  e->struct_size = sizeof *e;
  e->key = parked->key;
  e->customer = a->customer->id;
  e->event = parked->name;
  e->properties = parked->properties;
  e->time_us = parked->time_us;
  e->value = parked->value;
  e->flags = parked->has_value ? BILLING_EVENT_VALUE : 0;
  a->taken[a->count] = e;
  a->count++;
  return a->count == BL_LIMIT_BATCH ? attach_flush(a) : BILLING_OK;
}

/* What waits for one id, within the times at which it is the customer's. */
static int attach_id(attaching *a, const unsigned char id_hash[16],
                     bl_span span) {
  bl_index_wish wish = {bl_parked_subject(id_hash), 0, span,
                        (uint64_t)1 << BL_ENTRY_PARKED};
  bl_call *c = a->c;
  int64_t *seqs;
  size_t count = 0;
  int rc = bl_index_find(c, &wish, &c->arena, &seqs, &count);

  for (size_t i = 0; i < count && !rc; i++) {
    bl_fact_parkings events;
    rc = bl_parked_read(c, seqs[i], &c->arena, &events);
    if (rc) break;
    for (size_t k = 0; k < events.count && !rc; k++)
      if (!memcmp(events.items[k].id_hash, id_hash, 16) &&
          bl_span_holds(span, events.items[k].time_us))
        rc = attach_event(a, &events.items[k],
                          bl_event_number(seqs[i], k));
  }
  return rc == BILLING_NOTFOUND ? BILLING_CORRUPT : rc;
}

static int attach_customer(bl_call *c, const bl_customer *customer) {
  attaching a = {.c = c, .customer = customer};
  int rc;

  if (!c->t->heads.parked || customer->is_erased) return BILLING_OK;
  rc = attach_room(&a);
  if (!rc) rc = attach_id(&a, customer->id_hash, BL_ALL_TIMES);
  for (size_t i = 0; i < customer->alias_count && !rc; i++)
    rc = attach_id(&a, customer->aliases[i].hash, customer->aliases[i].span);
  return rc ? rc : attach_flush(&a);
}

int bl_attach_pending(bl_call *c) {
  int rc = BILLING_OK;

  for (size_t i = 0; i < c->attach_count && !rc; i++)
    rc = attach_customer(c, c->attach[i]);
  return rc;
}
