/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * model.c - what must be there, in plain C and whole numbers.
 *
 * An event costs the price of the running total with it less the price
 * without it.  The first grants pay in the order of their priority, as the
 * events come; the rest is owed.
 */
#include "kill.h"

static void reset_totals(model *m) {
  memset(m->tallies, 0, sizeof m->tallies);
  memset(m->wallets, 0, sizeof m->wallets);
  for (int i = 0; i < CUSTOMERS; i++)
    for (int g = 0; g < GRANTS; g++) {
      m->wallets[i].grants[g] = grant_amount(m->seed, i, g);
      m->wallets[i].granted += m->wallets[i].grants[g];
    }
}

void model_open(model *m, uint64_t seed) {
  memset(m, 0, sizeof *m);
  m->seed = seed;
  reset_totals(m);
}

void model_close(model *m) {
  for (int kind = 0; kind < ID_KINDS; kind++)
    for (int place = 0; place < SLOTS; place++)
      free(m->shelves[kind][place].items);
  free(m->order);
  memset(m, 0, sizeof *m);
}

static void *grow(void *items, size_t *room, size_t need, size_t size) {
  size_t before = *room;
  char *grown;

  if (need <= before) return items;
  while (*room < need) *room = *room ? *room * 2 : 256;
  grown = realloc(items, *room * size);
  if (!grown) give_up("realloc");
  memset(grown + before * size, 0, (*room - before) * size);
  return grown;
}

known *model_at(model *m, uint64_t id) {
  shelf *s = &m->shelves[ID_KIND(id)][ID_SLOT(id)];
  size_t counter = (size_t)ID_COUNTER(id);

  s->items = grow(s->items, &s->room, counter + 1, sizeof *s->items);
  if (s->count <= counter) s->count = counter + 1;
  s->items[counter].id = id;
  return &s->items[counter];
}

/* ---- answers ------------------------------------------------------------ */

static void answer_event(model *m, known *k, const line *l) {
  unsigned long long id = l->id;

  if (l->status != BILLING_STATUS_NEW && l->status != BILLING_STATUS_SAME)
    wrong("event %llx: status %u", id, (unsigned)l->status);
  if (l->status == BILLING_STATUS_NEW && k->news++)
    wrong("event %llx was new twice", id);
  if (k->number) {
    if (l->number != k->number || l->cost != k->cost || l->drawn != k->drawn ||
        l->left != k->left || l->flags != k->flags)
      wrong("event %llx: number %llx cost %lld drawn %lld left %lld flags %x, "
            "and again %llx %lld %lld %lld %x", id,
            (unsigned long long)k->number, (long long)k->cost,
            (long long)k->drawn, (long long)k->left, k->flags,
            (unsigned long long)l->number, (long long)l->cost,
            (long long)l->drawn, (long long)l->left, l->flags);
    return;
  }
  if (!l->number) wrong("event %llx has no number", id);
  k->number = l->number;
  k->cost = l->cost;
  k->drawn = l->drawn;
  k->left = l->left;
  k->flags = l->flags;
  m->order = grow(m->order, &m->room, m->count + 1, sizeof *m->order);
  m->order[m->count++] = l->id;
}

/* Without a number there is no such hold: it was too late for it. */
static void answer_hold(known *k, const deed *d, const line *l) {
  if (k->hold && (k->hold != l->number || k->held != l->cost))
    wrong("hold %llx: number %llu held %lld, and again %llu %lld",
          (unsigned long long)l->id, (unsigned long long)k->hold,
          (long long)k->held, (unsigned long long)l->number,
          (long long)l->cost);
  if (!k->hold && l->number) k->status = BILLING_HOLD_OPEN;
  k->hold = l->number;
  k->held = l->cost;
  k->expires_us = d->expires_us ? d->expires_us : INT64_MAX;
}

static void answer_grant(model *m, known *k, const line *l) {
  if (k->number && k->number != l->number)
    wrong("grant %llx: number %llu, and again %llu",
          (unsigned long long)l->id, (unsigned long long)k->number,
          (unsigned long long)l->number);
  if (!k->number)
    m->wallets[content_of(m->seed, l->id).customer].granted += l->cost;
  k->number = l->number;
}

void model_answer(model *m, const deed *d, const line *l) {
  known *k = model_at(m, l->id);

  if (d->kind == DEED_RECORD || d->kind == DEED_SETTLE) answer_event(m, k, l);
  if (d->kind == DEED_SETTLE) k->status = BILLING_HOLD_SETTLED;
  if (d->kind == DEED_RELEASE) k->status = BILLING_HOLD_RELEASED;
  if (d->kind == DEED_AUTHORIZE) answer_hold(k, d, l);
  if (d->kind == DEED_GRANT) answer_grant(m, k, l);
}

/* ---- the fold ----------------------------------------------------------- */

typedef struct numbered {
  uint64_t number, id;
} numbered;

static int by_number(const void *a, const void *b) {
  const numbered *x = a, *y = b;

  return (x->number > y->number) - (x->number < y->number);
}

static void sort_new(model *m) {
  size_t count = m->count - m->folded;
  numbered *list = calloc(count + 1, sizeof *list);

  if (!list) give_up("calloc");
  for (size_t i = 0; i < count; i++) {
    list[i].id = m->order[m->folded + i];
    list[i].number = model_at(m, list[i].id)->number;
  }
  qsort(list, count, sizeof *list, by_number);
  for (size_t i = 0; i < count; i++) {
    if (i && list[i].number == list[i - 1].number)
      wrong("events %llx and %llx have one number",
            (unsigned long long)list[i].id,
            (unsigned long long)list[i - 1].id);
    m->order[m->folded + i] = list[i].id;
  }
  if (m->folded && count &&
      list[0].number <= model_at(m, m->order[m->folded - 1])->number)
    wrong("event %llx came later than a higher number",
          (unsigned long long)list[0].id);
  free(list);
}

/* What the law says of an event, in the members that answers have too. */
static known fold_event(model *m, uint64_t id) {
  content c = content_of(m->seed, id);
  tally *t = &m->tallies[c.customer][c.period][c.model];
  wallet *w = &m->wallets[c.customer];
  known law;

  memset(&law, 0, sizeof law);
  law.cost = price_of(t->tokens + c.tokens) - price_of(t->tokens);
  law.before = w->drawn;
  law.drawn = law.cost < w->granted - w->drawn ? law.cost
                                               : w->granted - w->drawn;
  if (law.drawn < law.cost) law.flags = BILLING_RECEIPT_OWED;
  t->tokens += c.tokens;
  t->events++;
  t->amount += law.cost;
  t->drawn += law.drawn;
  w->cost += law.cost;
  w->drawn += law.drawn;
  law.left = w->granted - w->drawn;
  return law;
}

void model_fold(model *m) {
  sort_new(m);
  for (; m->folded < m->count; m->folded++) {
    uint64_t id = m->order[m->folded];
    known *k = model_at(m, id), law = fold_event(m, id);
    int is_holder = content_of(m->seed, id).customer >= HOLDERS;
    k->before = law.before;
    if (k->cost != law.cost || k->drawn != law.drawn ||
        (k->flags & BILLING_RECEIPT_OWED) != law.flags ||
        (!is_holder && k->left != law.left))
      wrong("event %llx: cost %lld drawn %lld left %lld flags %x, by the law "
            "%lld %lld %lld %x", (unsigned long long)id, (long long)k->cost,
            (long long)k->drawn, (long long)k->left, k->flags,
            (long long)law.cost, (long long)law.drawn, (long long)law.left,
            law.flags);
  }
}

void model_refold(model *m, size_t count) {
  reset_totals(m);
  for (size_t i = 0; i < count; i++) (void)fold_event(m, m->order[i]);
}

void model_draws(model *m, const known *k, int64_t draws[GRANTS]) {
  const wallet *w = &m->wallets[content_of(m->seed, k->id).customer];
  int64_t from = k->before, end = k->before + k->drawn, sum = 0;

  for (int g = 0; g < GRANTS; g++) {
    int64_t low = from > sum ? from : sum;
    int64_t high = end < sum + w->grants[g] ? end : sum + w->grants[g];
    draws[g] = high > low ? high - low : 0;
    sum += w->grants[g];
  }
}

const known *model_find(model *m, uint64_t number) {
  size_t low = 0, high = m->folded;

  while (low < high) {
    size_t middle = low + (high - low) / 2;
    const known *k = model_at(m, m->order[middle]);
    if (k->number == number) return k;
    if (k->number < number) low = middle + 1;
    else high = middle;
  }
  return NULL;
}

void model_held(const model *m, int64_t now_us, int64_t held[CUSTOMERS]) {
  memset(held, 0, CUSTOMERS * sizeof held[0]);
  for (int place = 0; place < SLOTS; place++) {
    const shelf *s = &m->shelves[ID_HOLD][place];
    for (size_t i = 0; i < s->count; i++)
      if (s->items[i].hold && s->items[i].status == BILLING_HOLD_OPEN &&
          s->items[i].expires_us > now_us)
        held[content_of(m->seed, s->items[i].id).customer] +=
            s->items[i].held;
  }
}
