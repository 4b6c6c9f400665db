/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* load.c - customers come into memory when they are named; see load.h. */
#include "engine/load.h"

#include "base/sort.h"
#include "engine/family.h"
#include "engine/images.h"
#include "engine/index.h"
#include "engine/top_ups.h"

/* Customers that are loaded together, when it is all of them. */
#define LOAD_CHUNK 4096

/* Folds what the fold reaches of one entry. */
static int fold_at(bl_call *c, bl_fold *fold, int64_t seq) {
  bl_arena_mark mark = bl_arena_now(&c->arena);
  bl_entry entry;
  int rc = bl_journal_read(c, seq, &c->arena, &entry);

  if (fold->reach == BL_FOLD_LOADED) c->t->as_of = seq;
  if (!rc) rc = bl_fold_entry(fold, &entry);
  c->t->as_of = INT64_MAX;
  bl_arena_back(&c->arena, mark);
  return rc == BILLING_NOTFOUND ? BILLING_CORRUPT : rc;
}

int bl_catalog_load(bl_call *c, int64_t through) {
  bl_index_wish wish = {bl_subject_customer(0), 0, BL_ALL_TIMES, 0};
  bl_fold fold = {.tenant = c->t, .scratch = &c->arena, .b = c->b,
                  .reach = BL_FOLD_KNOWN};
  bl_arena_mark mark = bl_arena_now(&c->arena);
  int64_t *seq;
  size_t count;
  int rc = bl_index_find(c, &wish, &c->arena, &seq, &count);

  for (size_t i = 0; !rc && i < count && seq[i] <= through; i++)
    rc = fold_at(c, &fold, seq[i]);
  bl_arena_back(&c->arena, mark);
  return rc;
}

/* ---- from an image ---- */

/* A customer that is being loaded. */
typedef struct loading {
  bl_call     *c;
  bl_customer *customer;
  bl_fold      fold;
  bl_image     image;
} loading;

/* The customer's part of an entry that the image names. */
static int fold_named(loading *l, int64_t seq) {
  return fold_at(l->c, &l->fold, seq);
}

static int take_draws(bl_tenant *t, bl_draw **to, size_t *to_count,
                      const bl_draw *from, size_t count) {
  if (!count) return BILLING_OK;
  *to = bl_arena_copy(&t->arena, from, count * sizeof *from);
  *to_count = count;
  return *to ? BILLING_OK : BILLING_NOMEM;
}

static int take_value(bl_tenant *t, bl_tally *tally,
                      const bl_image_value *from) {
  bl_tally_value said = {from->time_us, from->is_removal, 0}, *value;

  if (!tally->more || bl_map_get(&tally->more->values, from->hash, 16))
    return BILLING_CORRUPT;
  value = bl_arena_copy(&t->arena, &said, sizeof said);
  return value ? bl_map_put(&tally->more->values, from->hash, 16, value)
               : BILLING_NOMEM;
}

static int take_tally(loading *l, bl_contract *contract,
                      const bl_image_tally *from) {
  bl_tenant *t = l->c->t;
  const bl_meter_state *meter;
  const bl_meter_rules *rules;
  bl_tally *tally;
  int rc;

  if (from->period >= contract->period_count ||
      !bl_plan_charges(contract->plan, from->price))
    return BILLING_CORRUPT;
  meter = contract->plan->meters[from->price];
  rules = meter ? bl_rules_numbered(meter, from->rules) : NULL;
  if (meter && !rules) return BILLING_CORRUPT;
  tally = bl_tally_make(t, contract, from->price, from->period, from->group);
  if (!tally || (rules && bl_tally_measure(t, tally, rules, 1)))
    return BILLING_NOMEM;
  tally->level = from->level;
  tally->amount = from->amount;
  tally->drawn = from->drawn;
  tally->billed_amount = from->billed_amount;
  tally->billed_drawn = from->billed_drawn;
  tally->first_event = from->first_event;
  tally->last_event = from->last_event;
  rc = take_draws(t, &tally->stack, &tally->stack_count, from->stack,
                  from->stack_count);
  tally->stack_cap = tally->stack_count;
  if (!rc)
    rc = take_draws(t, &tally->billed, &tally->billed_count, from->billed,
                    from->billed_count);
  if (tally->more) {
    tally->more->ticked = from->ticked;
    tally->more->is_due = from->is_due;
    tally->more->bound = from->bound;
  }
  for (size_t i = 0; i < from->value_count && !rc; i++)
    rc = take_value(t, tally, &from->values[i]);
  return rc;
}

static int take_contract(loading *l, const bl_image_contract *from) {
  bl_list *contracts = &l->customer->contracts;
  size_t count = contracts->count;
  bl_contract *contract;
  int rc = fold_named(l, from->seq);

  if (rc || contracts->count != count + 1) return rc ? rc : BILLING_CORRUPT;
  contract = contracts->item[count];
  contract->closed = from->closed;
  contract->advanced = from->advanced;
  contract->has_ended = from->has_ended;
  contract->late_us = from->late_us;
  contract->moved_us = from->moved_us;
  contract->period_count = contract->period_cap = from->period_count;
  if (from->period_count)
    contract->periods =
        bl_arena_copy(&l->c->t->arena, from->periods,
                      from->period_count * sizeof *from->periods);
  if (from->period_count && !contract->periods) return BILLING_NOMEM;
  for (size_t i = 0; i < from->tally_count && !rc; i++)
    rc = take_tally(l, contract, &from->tallies[i]);
  return rc;
}

/* The grant of an entry.  As images keep the order of the list it is the last
 * one, unless it ends at another time than it did. */
static bl_grant_state *grant_of_entry(const bl_wallet *wallet, int64_t seq) {
  for (size_t i = wallet->grants.count; i > wallet->grants.first; i--) {
    bl_grant_state *grant = wallet->grants.item[i - 1];
    if (grant->seq == seq) return grant;
  }
  return NULL;
}

/* Folding a grant's entry gives all of it; what was used since is taken. */
static int take_grant(loading *l, bl_wallet *wallet,
                      const bl_image_grant *from) {
  bl_grant_state *grant;
  int rc = fold_named(l, from->seq);

  if (rc) return rc;
  grant = grant_of_entry(wallet, from->seq);
  if (!grant) return BILLING_CORRUPT;
  grant->expired_seq = from->expired_seq;
  grant->lot.is_void = from->is_void != 0;
  rc = bl_grant_extend(l->c->t, wallet, grant, from->expires_us);
  if (rc) return rc;
  return bl_grant_move(l->c->t, wallet, grant,
                       bl_dec_sub(from->left, grant->lot.left), BL_DEC_ZERO);
}

static int take_wallet(loading *l, const bl_image_wallet *from) {
  bl_wallet *wallet;
  char asset[16];
  int rc = BILLING_OK;

  if (bl_asset_set(asset, from->asset)) return BILLING_CORRUPT;
  wallet = bl_wallet_make(l->c->t, l->customer, asset);
  if (!wallet) return BILLING_NOMEM;
  for (size_t i = 0; i < from->grant_count && !rc; i++)
    rc = take_grant(l, wallet, &from->grants[i]);
  memcpy(wallet->balance, from->balance, sizeof wallet->balance);
  wallet->granted = from->granted;
  return rc;
}

/* Folding a hold's entry reserves what it did.  It may have been extended
 * since; that its customer looks for due holds too early does no harm. */
static int take_hold(loading *l, const bl_image_hold *from) {
  bl_customer *customer = l->customer;
  size_t count = customer->holds.count;
  int rc = fold_named(l, from->seq);
  bl_hold_state *hold;

  if (rc || customer->holds.count != count + 1)
    return rc ? rc : BILLING_CORRUPT;
  hold = customer->holds.item[count];
  hold->expires_us = from->expires_us;
  return BILLING_OK;
}

/* Who is or was above the customer, and what holds of those below have of its
 * own. */
static int take_family(loading *l) {
  const bl_image *image = &l->image;
  bl_customer *customer = l->customer;
  bl_fact_family liens = {image->seq, image->liens, image->lien_count};
  bl_tenant *t = l->c->t;

  customer->height = image->height;
  customer->tied = image->tied;
  customer->elder_count = image->elder_count;
  if (image->elder_count) {
    customer->elders = bl_arena_copy(&t->arena, image->elders,
                                     image->elder_count *
                                         sizeof *image->elders);
    if (!customer->elders) return BILLING_NOMEM;
    t->ties++;
  }
  l->fold.seq = image->seq;
  return bl_fold_family(&l->fold, &liens);
}

/* Holds have made theirs, with what they have in them. */
static int take_window(loading *l, const bl_image_window *from) {
  bl_tenant *t = l->c->t;
  bl_customer *customer = l->customer;
  bl_limit_window *window;
  size_t place;
  int rc = BILLING_OK;

  window = bl_limit_window_of(customer, &from->count, &place);
  if (!window) {
    window = bl_arena_take(&t->arena, sizeof *window);
    if (!window) return BILLING_NOMEM;
    rc = bl_list_insert(t, &customer->windows, place, window);
  }
  window->was = from->count;
  window->used = from->count.amount;
  window->since = from->since;
  return rc;
}

static int take_top_up(loading *l, const bl_image_top_up *from) {
  bl_top_up_state *state;

  return bl_top_up_keep(l->c->t, l->customer, &from->was, from->at_us,
                        &state);
}

/* Lists keep their order. */
static int take_image(loading *l) {
  const bl_image *image = &l->image;
  int rc = fold_named(l, image->document);

  l->customer->events = image->events;
  l->customer->unmatched = image->unmatched;
  l->customer->unpriced = image->unpriced;
  l->customer->unentitled = image->unentitled;
  for (size_t i = 0; i < image->contract_count && !rc; i++)
    rc = take_contract(l, &image->contracts[i]);
  for (size_t i = 0; i < image->wallet_count && !rc; i++)
    rc = take_wallet(l, &image->wallets[i]);
  for (size_t i = 0; i < image->hold_count && !rc; i++)
    rc = take_hold(l, &image->holds[i]);
  if (!rc) rc = take_family(l);
  for (size_t i = 0; i < image->window_count && !rc; i++)
    rc = take_window(l, &image->windows[i]);
  for (size_t i = 0; i < image->top_up_count && !rc; i++)
    rc = take_top_up(l, &image->top_ups[i]);
  l->customer->windows_due_us = 0;
  l->customer->age = 0;
  return rc;
}

/* ---- several at once ---- */

/* Entries that have something of a customer that is being loaded. */
typedef struct entry_list {
  uint64_t *seq;
  size_t    count;
  size_t    cap;
} entry_list;

static int add_entry(bl_call *c, entry_list *list, int64_t seq) {
  uint64_t *place = bl_arena_push(&c->arena, (void **)&list->seq, &list->count,
                                  &list->cap, sizeof *place);

  if (!place) return BILLING_NOMEM;
  *place = (uint64_t)seq;
  list->count++;
  return BILLING_OK;
}

/* A mark of a customer who waits, after his image. */
static int meet_mark(bl_call *c, const bl_index_mark *mark,
                     entry_list *list) {
  const bl_customer *customer;

  if (mark->subject.kind != BL_SUBJECT_CUSTOMER) return BILLING_OK;
  customer = bl_table_at(&c->t->by_customer, mark->subject.number);
  return customer && mark->seq > customer->loading
             ? add_entry(c, list, mark->seq) : BILLING_OK;
}

static int list_written(bl_call *c, uint64_t first, uint64_t last,
                        int64_t after, entry_list *list) {
  bl_index_scan scan;
  bl_index_mark mark;
  int rc = bl_index_scan_open(c, bl_subject_customer(first), last, after,
                              &scan);

  while (!rc && (rc = bl_index_scan_next(&scan, &mark)) == BILLING_OK)
    rc = meet_mark(c, &mark, list);
  bl_index_scan_close(&scan);
  return rc == BILLING_DONE ? BILLING_OK : rc;
}

/* Neighbours are found in one go, others one by one. */
static int list_all_written(bl_call *c, entry_list *list) {
  const bl_loads *loads = &c->loads;
  uint64_t first = UINT64_MAX, last = 0;
  int rc = BILLING_OK;

  for (size_t i = 0; i < loads->count; i++) {
    uint64_t number = loads->customer[i]->number;
    if (number < first) first = number;
    if (number > last) last = number;
  }
  if (loads->count > 1 && last - first < 2 * loads->count)
    return list_written(c, first, last, 0, list);
  for (size_t i = 0; i < loads->count && !rc; i++) {
    const bl_customer *customer = loads->customer[i];
    rc = list_written(c, customer->number, customer->number,
                      customer->loading, list);
  }
  return rc;
}

/* Marks in memory are walked once for all; for a single one only his are
 * looked at. */
static int list_recent(bl_call *c, entry_list *list) {
  const bl_index *index = &c->t->index;
  uint64_t only = c->loads.count == 1 ? c->loads.customer[0]->number : 0;
  int rc = BILLING_OK;

  for (size_t i = 0; i < index->count && !rc; i++)
    if (!only || index->mark[i].subject.number == only)
      rc = meet_mark(c, &index->mark[i], list);
  return rc;
}

static int load_image(bl_call *c, bl_customer *customer) {
  loading l = {.c = c, .customer = customer};
  int rc = bl_images_get(c, customer->number, &l.image);

  l.fold = (bl_fold){.tenant = c->t, .scratch = &c->arena, .b = c->b,
                     .reach = BL_FOLD_LOADED};
  customer->loading = 0;
  if (!rc && l.image.seq) rc = take_image(&l);
  customer->loading = rc ? BL_LOADED : l.image.seq;
  return rc;
}

static int fold_entries(bl_call *c, const entry_list *list) {
  bl_fold fold = {.tenant = c->t, .scratch = &c->arena, .b = c->b,
                  .reach = BL_FOLD_LOADED};
  int rc = BILLING_OK;

  for (size_t i = 0; i < list->count && !rc; i++)
    rc = fold_at(c, &fold, (int64_t)list->seq[i]);
  return rc;
}

/* Images first, one after the other; then every later entry once, for all
 * whom it concerns. */
static int load_waiting(bl_call *c) {
  const bl_loads *loads = &c->loads;
  entry_list list = {NULL, 0, 0};
  int rc = BILLING_OK;

  for (size_t i = 0; i < loads->count && !rc; i++)
    rc = load_image(c, loads->customer[i]);
  if (!rc) rc = list_all_written(c, &list);
  if (!rc) rc = list_recent(c, &list);
  list.count = bl_sort_unique(list.seq, list.count);
  if (!rc) rc = fold_entries(c, &list);
  for (size_t i = 0; i < loads->count; i++) {
    loads->customer[i]->loading = BL_LOADED;
    if (!rc && !loads->customer[i]->version) rc = BILLING_CORRUPT;
  }
  return rc;
}

/* Whether a customer was laid under a version that this very call puts. */
static int loads_unsure(const bl_call *c) {
  for (size_t i = 0; i < c->loads.count; i++) {
    const bl_list *contracts = &c->loads.customer[i]->contracts;
    for (size_t k = 0; k < contracts->count; k++) {
      const bl_contract *contract = contracts->item[k];
      if (contract->plan_state->touched == c->t->serial) return 1;
    }
  }
  return 0;
}

/* Nothing of it is undone with the call, nor counted as its waste; what failed
 * half way, or is not sure, is thrown away with everything else. */
int bl_customers_load(bl_call *c) {
  bl_tenant *t = c->t;
  bl_arena *undo = t->undo_arena;
  size_t held = t->arena.held;
  bl_arena_mark mark;
  bl_loads loaded;
  int rc;

  c->loads.is_deferred = 0;
  if (!c->loads.count) return BILLING_OK;
  mark = bl_arena_now(&c->arena);
  t->undo_arena = NULL;
  rc = load_waiting(c);
  t->undo_arena = undo;
  t->held += t->arena.held - held;
  bl_arena_back(&c->arena, mark);
  if (!rc && loads_unsure(c)) bl_stale_if_undone(t);
  loaded = c->loads;
  memset(&c->loads, 0, sizeof c->loads);
  if (rc) t->is_stale = 1;
  for (size_t i = 0; i < loaded.count && !rc; i++)
    rc = bl_family_need(c, loaded.customer[i]);
  return rc;
}

/* Those who are met on the way to themselves are met already. */
int bl_family_meet(bl_call *c, bl_customer *customer) {
  int rc = BILLING_OK;

  customer->met = c->t->ties;
  for (size_t i = 0; i < customer->elder_count && !rc; i++) {
    bl_customer *elder;
    rc = bl_customer_need(c, customer->elders[i], &elder);
  }
  if (rc) customer->met = 0;
  return rc;
}

void bl_customers_defer(bl_call *c) {
  c->loads.is_deferred = 1;
}

/* An empty customer that waits for what it is made of. */
static int wait_for_load(bl_call *c, uint64_t number, bl_customer **out) {
  bl_loads *loads = &c->loads;
  bl_tenant *t = c->t;
  bl_arena *undo = t->undo_arena;
  bl_customer **place = bl_arena_push(&c->arena, (void **)&loads->customer,
                                      &loads->count, &loads->cap,
                                      sizeof *place);

  t->undo_arena = NULL;
  *out = place ? bl_customer_make(t, number) : NULL;
  t->undo_arena = undo;
  if (!*out) {
    t->is_stale = 1;
    return BILLING_NOMEM;
  }
  *place = *out;
  loads->count++;
  return BILLING_OK;
}

static int load_customer(bl_call *c, uint64_t number, bl_customer **out) {
  int rc = wait_for_load(c, number, out);

  return rc || c->loads.is_deferred ? rc : bl_customers_load(c);
}

int bl_customer_need(bl_call *c, uint64_t number, bl_customer **out) {
  *out = bl_table_at(&c->t->by_customer, number);
  if (*out) return bl_family_need(c, *out);
  if (!number || number > c->t->heads.customers) return BILLING_CORRUPT;
  return load_customer(c, number, out);
}

int bl_customers_load_all(bl_call *c) {
  uint64_t last = c->t->heads.customers;
  int rc = BILLING_OK, loaded;

  for (uint64_t n = 1; n <= last && !rc;) {
    bl_customer *customer;
    bl_customers_defer(c);
    for (; n <= last && !rc && c->loads.count < LOAD_CHUNK; n++)
      rc = bl_customer_need(c, n, &customer);
    loaded = bl_customers_load(c);
    if (!rc) rc = loaded;
    if (!rc && bl_is_interrupted(c->b)) rc = BILLING_CANCELED;
  }
  return rc;
}

int bl_customer_of(bl_call *c, bl_tenant *t, uint64_t number,
                   bl_customer **out) {
  if (t == c->t) return bl_customer_need(c, number, out);
  *out = bl_table_at(&t->by_customer, number);
  return *out ? BILLING_OK : BILLING_CORRUPT;
}

#undef LOAD_CHUNK
