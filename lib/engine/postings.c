/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * postings.c - the ledger group of an entry, from what the entry says.
 *
 *     a batch: 0.25 charged to a, 0.10 of it drawn; 0.05 charged to b
 *       a  deferred +0.10  unbilled +0.15  revenue -0.25
 *       b                unbilled +0.05  revenue -0.05
 *
 * The fold books the same groups (wallet/ledger.c) in the balances of wallets
 * as it goes, and keeps no record of them; verify compares the two.  The state
 * serves only for what never changes: whose a contract or a grant is, what a
 * price is in, and when a grant has expired.
 */
#include "engine/postings.h"

#include "engine/event_walk.h"
#include "engine/fold_post.h"
#include "engine/index.h"
#include "engine/load.h"

typedef struct posting_draws {
  const bl_draw *draws;
  size_t         count;
} posting_draws;

/* What one entry moves in one wallet. */
typedef struct posting_sum {
  uint64_t customer;
  char     asset[16];
  bl_dec   moved[BL_ACCOUNTS];
} posting_sum;

typedef struct posting_book {
  bl_call         *c;
  bl_tenant       *t;
  const bl_entry  *entry;
  bl_arena        *arena;
  bl_map           sums;       /* customer and asset -> posting_sum */
} posting_book;

static posting_sum *sum_of(posting_book *k, const bl_customer *customer,
                           const char asset[16]) {
  unsigned char key[sizeof customer->number + 16];
  posting_sum *sum;

  memcpy(key, &customer->number, sizeof customer->number);
  memcpy(key + sizeof customer->number, asset, 16);
  sum = bl_map_get(&k->sums, key, sizeof key);
  if (sum) return sum;
  sum = bl_arena_take(k->arena, sizeof *sum);
  if (!sum) return NULL;
  sum->customer = customer->number;
  memcpy(sum->asset, asset, 16);
  return bl_map_put(&k->sums, key, sizeof key, sum) ? NULL : sum;
}

static int book(posting_book *k, const bl_customer *customer,
                const char asset[16], const bl_posting *postings,
                size_t count) {
  posting_sum *sum;

  if (!count) return BILLING_OK;
  sum = sum_of(k, customer, asset);
  if (!sum) return BILLING_NOMEM;
  for (size_t i = 0; i < count; i++) {
    bl_dec *moved = &sum->moved[postings[i].account];
    *moved = bl_dec_add(*moved, postings[i].amount);
  }
  return BILLING_OK;
}

/* The grant, its customer loaded; CORRUPT when there is none. */
static int find_grant(posting_book *k, uint64_t customer, uint64_t number,
                      bl_grant_state **out) {
  bl_customer *owner;
  int rc = bl_customer_of(k->c, k->t, customer, &owner);

  if (rc) return rc;
  *out = bl_table_at(&k->t->by_grant, number);
  return *out ? BILLING_OK : BILLING_CORRUPT;
}

static int book_expiry(posting_book *k, const bl_grant_state *grant,
                       bl_dec left) {
  bl_posting postings[4];

  return book(k, grant->customer, grant->lot.asset, postings,
              bl_ledger_expiry(left, (int)grant->lot.is_promotional,
                               postings));
}

/* ---- events ---- */

/* What returns to a lot that had expired before this entry expires again. */
static int book_return(posting_book *k, const bl_grant_state *grant,
                       bl_dec amount) {
  /* Of what returns to a void lot another entry says more. */
  if (bl_dec_sign(amount) > 0 || grant->lot.is_void || !grant->expired_seq ||
      grant->expired_seq > k->entry->seq)
    return BILLING_OK;
  return book_expiry(k, grant, bl_dec_neg(amount));
}

/* From grants that were paid for, from promotional ones, from others'. */
enum { POSTED_BOUGHT, POSTED_GIVEN, POSTED_OF_OTHERS, POSTED_KINDS };

static int add_drawn(posting_book *k, const bl_customer *customer,
                     const bl_draw *draw, bl_dec drawn[POSTED_KINDS]) {
  const bl_grant_state *grant;
  bl_dec *sum = &drawn[POSTED_OF_OTHERS];
  int is_own;

  if (!draw->grant) return BILLING_OK;
  grant = bl_table_at(&k->t->by_grant, draw->grant);
  if (!grant) return BILLING_CORRUPT;
  is_own = grant->customer == customer;
  if (is_own) sum = &drawn[grant->lot.is_promotional];
  *sum = bl_dec_add(*sum, draw->amount);
  return is_own ? book_return(k, grant, draw->amount) : BILLING_OK;
}

static int book_charged(posting_book *k, const bl_contract *contract,
                        const bl_price *price, bl_dec amount,
                        const posting_draws *by) {
  bl_dec drawn[POSTED_KINDS] = {BL_DEC_ZERO, BL_DEC_ZERO, BL_DEC_ZERO};
  bl_posting postings[4];
  int rc = BILLING_OK;

  for (size_t i = 0; i < by->count && !rc; i++)
    rc = add_drawn(k, contract->customer, &by->draws[i], drawn);
  if (!rc)
    rc = book(k, contract->customer, price->asset, postings,
              bl_ledger_charge(amount, drawn, postings));
  if (rc) return rc;
  return book(k, contract->customer, price->asset, postings,
              bl_ledger_borrow(drawn[POSTED_OF_OTHERS], postings));
}

static int book_charge(posting_book *k, const bl_row_charge *charge) {
  posting_draws by = {charge->draws, charge->draw_count};

  return book_charged(k, charge->contract, charge->price, charge->amount,
                      &by);
}

static int book_events(posting_book *k) {
  bl_event_entry events;
  bl_event_row row;
  int rc = bl_event_entry_open(&events, k->c, k->t, k->entry, k->arena);

  while (!rc && (rc = bl_event_entry_next(&events, &row)) == BILLING_OK)
    for (size_t i = 0; i < row.charge_count && !rc; i++)
      rc = book_charge(k, &row.charges[i]);
  return rc == BILLING_DONE ? BILLING_OK : rc;
}

/* ---- the other kinds ---- */

static int book_grant(posting_book *k, const bl_fact_grant *fact) {
  int is_promotional = (int)fact->is_promotional;
  bl_posting postings[4];
  bl_grant_state *grant;
  int rc = find_grant(k, fact->customer, fact->number, &grant);

  return rc ? rc : book(k, grant->customer, grant->lot.asset, postings,
                        bl_ledger_grant(fact->amount, is_promotional,
                                        postings));
}

static int book_expired(posting_book *k, const bl_fact_grant_expired *fact) {
  bl_grant_state *grant;
  int rc = find_grant(k, fact->customer, fact->number, &grant);

  return rc ? rc : book_expiry(k, grant, fact->left);
}

static int book_change(posting_book *k, const bl_fact_grant_change *fact) {
  bl_posting postings[4];
  bl_grant_state *grant;
  int rc = find_grant(k, fact->customer, fact->grant, &grant);

  if (rc) return rc;
  return book(k, grant->customer, grant->lot.asset, postings,
              bl_change_postings(fact, (int)grant->lot.is_promotional,
                                 postings));
}

static int book_top_up(posting_book *k, const bl_fact_top_up *fact) {
  bl_posting postings[4];
  bl_customer *customer;
  char asset[16];
  int rc;

  if (fact->state != BL_TOP_UP_PAID) return BILLING_OK;
  rc = bl_customer_of(k->c, k->t, fact->customer, &customer);
  if (!rc && bl_asset_set(asset, fact->charge_asset)) rc = BILLING_CORRUPT;
  return rc ? rc : book(k, customer, asset, postings,
                        bl_ledger_fee(fact->fee, postings));
}

/* A fee is charged by the line that bills it. */
static int book_line(posting_book *k, const bl_contract *contract,
                     const bl_fact_line *line) {
  const bl_dec none[2] = {BL_DEC_ZERO, BL_DEC_ZERO};
  bl_posting postings[4];
  const char *asset;
  int rc = BILLING_OK;

  if (line->price >= contract->plan->plan.key_count) return BILLING_CORRUPT;
  if (line->into[0])
    return book(k, contract->customer, line->into, postings,
                bl_ledger_conversion(line->amount, line->due, postings));
  asset = contract->plan->plan.prices[line->price].asset;
  if (line->is_fee)
    rc = book(k, contract->customer, asset, postings,
              bl_ledger_charge(line->amount, none, postings));
  if (rc) return rc;
  return book(k, contract->customer, asset, postings,
              bl_fact_line_postings(line, postings));
}

static int book_invoice(posting_book *k, const bl_fact_invoice *fact) {
  const bl_contract *contract;
  bl_customer *customer;
  int rc = bl_customer_of(k->c, k->t, fact->customer, &customer);

  if (rc) return rc;
  contract = bl_table_at(&k->t->by_contract, fact->contract);
  if (!contract) return BILLING_CORRUPT;
  for (size_t i = 0; i < fact->line_count && !rc; i++)
    rc = book_line(k, contract, &fact->lines[i]);
  return rc;
}

static int book_ticks(posting_book *k, const bl_fact_ticks *fact) {
  const bl_contract *contract;
  bl_customer *customer;
  int rc = bl_customer_of(k->c, k->t, fact->customer, &customer);

  if (rc) return rc;
  contract = bl_table_at(&k->t->by_contract, fact->contract);
  if (!contract) return BILLING_CORRUPT;
  for (size_t i = 0; i < fact->count && !rc; i++) {
    const bl_fact_tick *tick = &fact->items[i];
    posting_draws by = {tick->draws, tick->draw_count};
    if (tick->price >= contract->plan->plan.key_count)
      return BILLING_CORRUPT;
    rc = book_charged(k, contract, &contract->plan->plan.prices[tick->price],
                      tick->amount, &by);
  }
  return rc;
}

static int book_undone(posting_book *k, const bl_fact_void *fact) {
  bl_customer *customer;
  int rc = fact->customer ? bl_customer_of(k->c, k->t, fact->customer,
                                           &customer)
                          : BILLING_OK;    /* it was parked */

  for (size_t i = 0; i < fact->count && !rc; i++) {
    const bl_fact_undone *one = &fact->items[i];
    const bl_contract *contract = bl_table_at(&k->t->by_contract,
                                              one->contract);
    posting_draws by = {one->draws, one->draw_count};
    if (!contract || one->price >= contract->plan->plan.key_count)
      return BILLING_CORRUPT;
    rc = book_charged(k, contract, &contract->plan->plan.prices[one->price],
                      one->amount, &by);
  }
  return rc;
}

static int book_rekeyed(posting_book *k, const bl_fact_rekeyed *one) {
  const bl_contract *contract = bl_table_at(&k->t->by_contract,
                                            one->contract);
  posting_draws by = {one->draws, one->draw_count};

  if (!contract || one->price >= contract->plan->plan.price_count)
    return BILLING_CORRUPT;
  return book_charged(k, contract, &contract->plan->plan.prices[one->price],
                      one->amount, &by);
}

static int book_rerate(posting_book *k, const bl_fact_rerate *fact) {
  bl_customer *customer;
  int rc = fact->customer ? bl_customer_of(k->c, k->t, fact->customer,
                                           &customer)
                          : BILLING_OK;    /* how far a rebuild has come */

  for (size_t i = 0; i < fact->key_count && !rc; i++)
    rc = book_rekeyed(k, &fact->keys[i]);
  return rc;
}

static int book_lent(posting_book *k, uint64_t owner, const bl_draw *draw) {
  bl_posting postings[4];
  bl_grant_state *grant;
  int rc = find_grant(k, owner, draw->grant, &grant);

  if (!rc)
    rc = book(k, grant->customer, grant->lot.asset, postings,
              bl_ledger_lend(draw->amount, (int)grant->lot.is_promotional,
                             postings));
  return rc ? rc : book_return(k, grant, draw->amount);
}

static int book_family(posting_book *k, const bl_fact_family *fact) {
  int rc = BILLING_OK;

  for (size_t i = 0; i < fact->count && !rc; i++) {
    const bl_fact_kin *kin = &fact->items[i];
    if (kin->what != BL_KIN_DRAWN) continue;
    for (size_t d = 0; d < kin->draw_count && !rc; d++)
      rc = book_lent(k, kin->owner, &kin->draws[d]);
  }
  return rc;
}

static int book_coded(posting_book *k) {
  bl_entry_facts facts;
  int rc = bl_entry_read(k->entry, k->arena, &facts);

  if (rc) return rc == BILLING_NOTFOUND ? BILLING_OK : rc;
  switch (k->entry->kind) {
  case BL_ENTRY_GRANT: return book_grant(k, &facts.grant);
  case BL_ENTRY_GRANT_CHANGE: return book_change(k, &facts.grant_change);
  case BL_ENTRY_GRANT_EXPIRED: return book_expired(k, &facts.grant_expired);
  case BL_ENTRY_INVOICE: return book_invoice(k, &facts.invoice);
  case BL_ENTRY_TOP_UP: return book_top_up(k, &facts.top_up);
  case BL_ENTRY_TICKS: return book_ticks(k, &facts.ticks);
  case BL_ENTRY_VOID: return book_undone(k, &facts.undone);
  case BL_ENTRY_RERATE: return book_rerate(k, &facts.rerate);
  case BL_ENTRY_FAMILY: return book_family(k, &facts.family);
  default: return BILLING_OK;
  }
}

/* ---- the group ---- */

static int list_sums(const posting_book *k, bl_postings *out) {
  out->count = 0;
  out->item = bl_arena_array(k->arena, k->sums.count * BL_ACCOUNTS + 1,
                             sizeof *out->item);
  if (!out->item) return BILLING_NOMEM;
  for (size_t i = 0; i < k->sums.count; i++) {
    const posting_sum *sum = k->sums.entry[i].value;
    for (uint32_t a = 0; a < BL_ACCOUNTS; a++) {
      bl_posting *posting = &out->item[out->count];
      if (bl_dec_is_zero(sum->moved[a])) continue;
      posting->customer = sum->customer;
      posting->account = a;
      posting->amount = sum->moved[a];
      memcpy(posting->asset, sum->asset, sizeof posting->asset);
      out->count++;
    }
  }
  return BILLING_OK;
}

int bl_postings_of(bl_call *c, bl_tenant *t, const bl_entry *entry,
                   bl_arena *a, bl_postings *out) {
  posting_book k = {.c = c, .t = t, .entry = entry, .arena = a};
  int rc;

  bl_map_open(&k.sums, a);
  rc = entry->kind == BL_ENTRY_EVENTS ? book_events(&k) : book_coded(&k);
  return rc ? rc : list_sums(&k, out);
}

/* ---- many of them ---- */

static int take_group(const bl_postings_walk *w, const bl_entry *entry) {
  bl_call *c = w->c;
  bl_postings group;
  int rc;

  if (entry->at_us < w->times.from_us) return BILLING_OK;
  if (entry->at_us >= w->times.to_us) return BILLING_DONE;
  rc = bl_postings_of(c, c->t, entry, &c->arena, &group);
  return rc ? rc : w->take(w->who, entry, &group);
}

static int walk_all_groups(const bl_postings_walk *w) {
  bl_call *c = w->c;
  bl_journal_walk walk = {NULL, NULL};
  bl_entry entry;
  int rc = bl_journal_walk_open(&walk, c->b, c->t->number, w->from_seq);

  while (!rc && (rc = bl_journal_walk_next(&walk, &entry)) == BILLING_OK) {
    bl_arena_mark mark = bl_arena_now(&c->arena);
    if (bl_is_interrupted(c->b)) rc = BILLING_CANCELED;
    if (!rc) rc = take_group(w, &entry);
    bl_arena_back(&c->arena, mark);
  }
  bl_journal_walk_close(&walk);
  return rc;
}

/* Those of the entries about one customer. */
static int walk_groups_of(const bl_postings_walk *w) {
  bl_call *c = w->c;
  bl_index_wish wish = {bl_subject_customer(w->customer->number),
                        w->from_seq - 1, BL_ALL_TIMES, 0};
  int64_t *seqs;
  size_t count;
  int rc = bl_index_find(c, &wish, &c->arena, &seqs, &count);

  for (size_t i = 0; i < count && !rc; i++) {
    bl_arena_mark mark = bl_arena_now(&c->arena);
    bl_entry entry;
    if (bl_is_interrupted(c->b)) rc = BILLING_CANCELED;
    if (!rc)
      rc = bl_journal_read(c, seqs[i], &c->arena, &entry);
    if (!rc) rc = take_group(w, &entry);
    bl_arena_back(&c->arena, mark);
  }
  return rc;
}

int bl_postings_each(const bl_postings_walk *w) {
  int rc = w->customer ? walk_groups_of(w) : walk_all_groups(w);

  return rc == BILLING_DONE ? BILLING_OK : rc;
}
