/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * absorb.c - what the workers wrote down, into the model.
 *
 * A call that was under way when its process was killed has happened whole or
 * not at all.  Which of them is found out by making it again.
 */
#include "kill.h"

static void keep_pending(pending *p, deed *d) {
  if (p->count == p->room) {
    p->room = p->room ? 2 * p->room : 16;
    p->deeds = realloc(p->deeds, p->room * sizeof *p->deeds);
    if (!p->deeds) give_up("realloc");
  }
  p->deeds[p->count++] = d;
}

static void absorb_deed(model *m, deed *d, pending *p) {
  int is_done = atomic_load(&d->is_done) != 0;

  for (uint32_t i = 0; i < d->count; i++) {
    if (is_done) model_answer(m, d, &d->lines[i]);
    if (!d->lines[i].is_fresh) model_at(m, d->lines[i].id)->is_shared = 1;
  }
  if (!is_done && d->kind != DEED_ADVANCE) keep_pending(p, d);
}

deed *next_deed(world *w, int place, uint64_t *at) {
  slot *s = &w->slots[place];
  deed *d = (deed *)(void *)(s->log + *at);

  if (*at >= atomic_load(&s->used)) return NULL;
  *at += (sizeof *d + d->count * sizeof d->lines[0] + 15) & ~(uint64_t)15;
  return d;
}

void absorb(model *m, world *w, pending *p) {
  memset(p, 0, sizeof *p);
  for (int place = 0; place < SLOTS; place++)
    for (deed *d; (d = next_deed(w, place, &m->read[place])) != NULL;)
      absorb_deed(m, d, p);
}

/* Of the events that only this call had sent, all were new or none was. */
static void count_outcome(model *m, const deed *d, pending *p) {
  long there = 0, missing = 0;

  for (uint32_t i = 0; i < d->count; i++) {
    if (!d->lines[i].is_fresh || model_at(m, d->lines[i].id)->is_shared)
      continue;
    if (d->lines[i].status == BILLING_STATUS_SAME) there++;
    else missing++;
  }
  if (there && missing)
    wrong("of a batch that had no answer %ld events are there and %ld not",
          there, missing);
  p->there += there != 0;
  p->missing += missing != 0;
}

static void resolve_deed(model *m, desk *desk, const deed *d, pending *p) {
  deed *again = deed_new(d->kind, d->count);
  int rc;

  again->now_us = atomic_load(&desk->w->clock_us);
  again->expires_us = d->expires_us;
  memcpy(again->lines, d->lines, d->count * sizeof d->lines[0]);
  rc = desk_do(desk, again);
  if (rc) {
    wrong("a call of kind %u made again: %s %s", (unsigned)d->kind,
          billing_code_name(rc), desk->err.message);
  } else {
    for (uint32_t i = 0; i < d->count; i++)
      model_answer(m, again, &again->lines[i]);
    if (d->kind == DEED_RECORD) count_outcome(m, again, p);
  }
  free(again);
}

void resolve(model *m, desk *d, pending *p) {
  for (size_t i = 0; i < p->count; i++) resolve_deed(m, d, p->deeds[i], p);
}

void pending_free(pending *p) {
  free(p->deeds);
  memset(p, 0, sizeof *p);
}
