/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* deed.c - one call on the library, from its intention to its answer. */
#include <fcntl.h>
#include <sched.h>
#include <time.h>
#include <unistd.h>

#include "kill.h"

#define BUSY_MOST 200000       /* times: some 20 seconds */
#define WORLD_END_US (START_US + 400 * DAY_US)

desk *desk_open(const world *w, billing *b) {
  desk *d = calloc(1, sizeof *d);

  if (!d) give_up("calloc");
  d->w = w;
  d->b = b;
  d->index = -1;
  BILLING_INIT(&d->err);
  for (int i = 0; i < CUSTOMERS; i++)
    snprintf(d->customers[i], sizeof d->customers[i], "c%02d", i);
  return d;
}

void desk_close(desk *d) {
  if (d->index >= 0) (void)close(d->index);
  free(d);
}

deed *deed_new(uint32_t kind, uint32_t count) {
  deed *d = calloc(1, sizeof *d + count * sizeof d->lines[0]);

  if (!d) give_up("calloc");
  d->kind = kind;
  d->count = count;
  return d;
}

/* Whether to make the call again: another writer was there. */
static int is_busy(int rc, int *times) {
  struct timespec nap = {0, 100000};

  if (BILLING_CODE(rc) != BILLING_BUSY || ++*times > BUSY_MOST) return 0;
  if (*times % 4 == 0) (void)nanosleep(&nap, NULL);
  else (void)sched_yield();
  return 1;
}

/* Event number i of the desk; its key says what it is, or is the hold's. */
static billing_event *set_event(desk *d, uint32_t i, uint64_t id) {
  content c = content_of(d->w->seed, id);
  billing_event *e = &d->events[i];

  key_of(d->w->seed, id, d->keys[i]);
  properties_of(&c, id, d->properties[i]);
  BILLING_INIT(e);
  e->key = str(d->keys[i]);
  e->event = str("llm");
  e->properties = str(d->properties[i]);
  e->time_us = c.time_us;
  e->customer = str(d->customers[c.customer]);
  BILLING_INIT(&d->receipts[i]);
  return e;
}

static void take_receipt(line *l, const billing_receipt *r) {
  l->number = r->number;
  l->cost = amount_of(&r->cost);
  l->drawn = amount_of(&r->drawn);
  l->left = amount_of(&r->balance);
  l->status = r->status;
  l->flags = (uint16_t)r->flags;
}

static int record(desk *d, const billing_call *call, deed *what) {
  int rc, times = 0;

  for (uint32_t i = 0; i < what->count; i++)
    set_event(d, i, what->lines[i].id);
  do rc = billing_record(d->b, call, d->events, what->count, d->receipts,
                         &d->err);
  while (is_busy(rc, &times));
  for (uint32_t i = 0; i < what->count && !rc; i++) {
    take_receipt(&what->lines[i], &d->receipts[i]);
    if (d->receipts[i].code) rc = d->receipts[i].code;
  }
  return rc;
}

static int authorize(desk *d, const billing_call *call, deed *what) {
  line *l = &what->lines[0];
  int64_t amount = hold_amount(d->w->seed, l->id);
  billing_hold_terms terms;
  billing_event *estimate = set_event(d, 0, l->id);
  billing_hold hold;
  int rc, times = 0;

  BILLING_INIT(&hold);
  BILLING_INIT(&terms);
  terms.expires_us = what->expires_us ? what->expires_us : WORLD_END_US;
  if (amount) {
    terms.customer = estimate->customer;
    terms.amount.amount = decimal_of(amount);
    memcpy(terms.amount.asset, "USD", 4);
  }
  do rc = billing_authorize(d->b, call, amount ? NULL : estimate, !amount,
                            &terms, &hold, NULL, &d->err);
  while (is_busy(rc, &times));
  /* The clock went past its end meanwhile: there is no such hold. */
  if (what->expires_us && BILLING_CODE(rc) == BILLING_INVALID &&
      !strcmp(d->err.path, "/expires_us"))
    return 0;
  l->number = hold.number;
  l->cost = amount_of(&hold.held);
  l->status = hold.status;
  return rc;
}

static int settle(desk *d, const billing_call *call, deed *what) {
  billing_event *event = set_event(d, 0, what->lines[0].id);
  int rc, times = 0;

  do rc = billing_settle(d->b, call, event, 1, BILLING_SETTLE_ALL,
                         d->receipts, &d->err);
  while (is_busy(rc, &times));
  if (!rc) take_receipt(&what->lines[0], &d->receipts[0]);
  return rc;
}

static int release(desk *d, const billing_call *call) {
  int rc, times = 0;

  do rc = billing_release(d->b, call, &d->err);
  while (is_busy(rc, &times));
  return rc;
}

/* Every other grant is told anew when it ends, which moves nothing. */
static int prolong(desk *d, const billing_call *call, const line *l) {
  static const char terms[] = "{\"change\":\"expiry\",\"expires\":"
                              "\"2100-01-01T00:00:00Z\"}";
  billing_call other = *call;
  int rc, times = 0;

  if (l->id % 2) return 0;
  snprintf(d->keys[1], sizeof d->keys[1], "x%s", d->keys[0] + 1);
  other.key = str(d->keys[1]);
  do rc = billing_grant_change(d->b, &other, l->number, terms,
                               sizeof terms - 1, NULL, &d->err);
  while (is_busy(rc, &times));
  return rc;
}

static int grant(desk *d, const billing_call *call, deed *what) {
  line *l = &what->lines[0];
  content c = content_of(d->w->seed, l->id);
  int64_t amount = later_amount(d->w->seed, l->id);
  billing_grant_terms terms;
  int rc, times = 0;

  BILLING_INIT(&terms);
  terms.customer = str(d->customers[c.customer]);
  terms.amount.amount = decimal_of(amount);
  memcpy(terms.amount.asset, "USD", 4);
  terms.priority = 9;
  do rc = billing_grant(d->b, call, &terms, &l->number, &d->err);
  while (is_busy(rc, &times));
  l->cost = amount;
  return rc ? rc : prolong(d, call, l);
}

static int advance(desk *d, const billing_call *call) {
  billing_progress progress;
  int rc, times = 0;

  BILLING_INIT(&progress);
  do rc = billing_advance(d->b, call, call->now_us, 20, &progress, &d->err);
  while (is_busy(rc, &times));
  return rc;
}

/* What the log's index says: how much of the log is written by now, and which
 * of the logs it is. */
static void look_at_log(desk *d, deed *what) {
  char name[128];

  if (d->index < 0) {
    snprintf(name, sizeof name, "%s-shm", d->w->path);
    d->index = open(name, O_RDONLY | O_CLOEXEC);
  }
  if (d->index >= 0) log_end(d->index, &what->log_bytes, &what->log_salt);
}

int desk_do(desk *d, deed *what) {
  billing_call call = call_at(what->now_us);
  int rc = BILLING_MISUSE;

  call.flags |= what->flags;
  if (what->count && what->kind != DEED_RECORD) {
    key_of(d->w->seed, what->lines[0].id, d->keys[0]);
    call.key = str(d->keys[0]);
  }
  if (what->kind == DEED_RECORD) rc = record(d, &call, what);
  if (what->kind == DEED_AUTHORIZE) rc = authorize(d, &call, what);
  if (what->kind == DEED_SETTLE) rc = settle(d, &call, what);
  if (what->kind == DEED_RELEASE) rc = release(d, &call);
  if (what->kind == DEED_GRANT) rc = grant(d, &call, what);
  if (what->kind == DEED_ADVANCE) rc = advance(d, &call);
  if (!rc && d->w->events_only) look_at_log(d, what);
  return rc;
}
