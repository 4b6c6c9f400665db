/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * top_up.c - what has become of a payment.
 *
 *     top-up 589825: 15 USD were asked for, at 15 and a fee of 0.30
 *     "paid"      grant 7 of 15 at a cost of 15, and entry top_up: paid
 *     "paid"      CONFLICT_ENDED; under the same key the first answer
 */
#include "catalog/field.h"
#include "engine/index.h"
#include "engine/load.h"
#include "engine/requests.h"
#include "engine/top_ups.h"

/* ---- terms ---- */

enum { OUTCOME_PAID, OUTCOME_FAILED, OUTCOME_VOID, OUTCOME_RESUME };

static const char *const outcome_words[] = {
  [OUTCOME_PAID] = "paid", [OUTCOME_FAILED] = "failed",
  [OUTCOME_VOID] = "void", [OUTCOME_RESUME] = "resume", NULL
};

typedef struct outcome_terms {
  uint32_t outcome;
  uint32_t reserved;
  bl_str   reason;
} outcome_terms;

static const bl_field outcome_fields[] = {
  {.name = "outcome", .read = bl_value_choice, .words = outcome_words,
   .needed = BL_ALWAYS, .at = offsetof(outcome_terms, outcome)},
  {.name = "reason", .read = bl_value_label, .high = 200,
   .at = offsetof(outcome_terms, reason)},
};

static const bl_shape outcome_shape = {
  "the outcome of a top-up", outcome_fields, BL_COUNT(outcome_fields)
};

/* ---- the top-up ---- */

static int no_top_up(bl_call *c, uint64_t number) {
  return bl_fail(c->err, BILLING_NOTFOUND, "/number",
                 "the \"top_up\" of a row top_up.wanted",
                 "there is no top-up %i", (int64_t)number);
}

/* The entry that asked for it first. */
static int read_wanted(bl_call *c, uint64_t number, bl_fact_top_up *out) {
  int64_t seq = bl_event_seq(number);
  bl_entry_facts facts;
  bl_entry entry;
  int rc;

  if (bl_event_place(number) != 1 || seq < 1 || seq > c->t->heads.seq)
    return no_top_up(c, number);
  rc = bl_journal_read(c, seq, &c->arena, &entry);
  if (!rc && entry.kind != BL_ENTRY_TOP_UP) return no_top_up(c, number);
  if (!rc) rc = bl_entry_read(&entry, &c->arena, &facts);
  if (rc) return rc;
  *out = facts.top_up;
  if (out->number || out->state != BL_TOP_UP_WANTED)
    return no_top_up(c, number);
  out->number = number;
  return BILLING_OK;
}

/* What has become of it, when its rule has asked for another since. */
static int read_last(bl_call *c, bl_fact_top_up *fact) {
  bl_index_wish wish = {bl_subject_customer(fact->customer),
                        bl_event_seq(fact->number), BL_ALL_TIMES,
                        (uint64_t)1 << BL_ENTRY_TOP_UP};
  int64_t *seqs;
  size_t count;
  int rc = bl_index_find(c, &wish, &c->arena, &seqs, &count);

  for (size_t i = 0; i < count && !rc; i++) {
    bl_entry_facts facts;
    rc = bl_journal_facts(c, seqs[i], &c->arena, &facts);
    if (!rc && facts.top_up.number == fact->number) *fact = facts.top_up;
  }
  return rc;
}

static int find_top_up_asked(bl_call *c, uint64_t number, bl_fact_top_up *fact,
                       bl_customer **customer) {
  const bl_top_up_state *state;
  int rc = read_wanted(c, number, fact);

  if (!rc) rc = bl_customer_need(c, fact->customer, customer);
  if (rc) return rc;
  if ((*customer)->is_erased) return bl_customer_is_erased(c, "/number");
  state = bl_top_up_of(*customer, fact->contract, fact->id);
  if (!state) return BILLING_CORRUPT;
  if (state->was.number != number) return read_last(c, fact);
  *fact = state->was;
  return BILLING_OK;
}

/* ---- what is given ---- */

/* 0: nothing of it. */
static int give_top_up(bl_call *c, const bl_fact_top_up *fact, bl_dec amount,
                       int is_bonus, uint64_t *number) {
  bl_fact_grant grant = {.number = c->t->heads.grants + 1,
                         .customer = fact->customer, .amount = amount,
                         .asset = fact->asset, .effective_us = c->now_us,
                         .expires_us = BL_TIME_NEVER,
                         .priority = fact->priority, .scope = fact->scope,
                         .name = fact->name};
  bl_writer w;
  int rc;

  if (bl_dec_is_zero(amount)) return BILLING_OK;
  if (fact->given_us) grant.expires_us = c->now_us + fact->given_us;
  grant.origin = is_bonus ? BILLING_ORIGIN_PROMOTIONAL
                          : BILLING_ORIGIN_BOUGHT;
  grant.is_promotional = (uint64_t)is_bonus;
  if (!is_bonus && !bl_dec_is_zero(fact->charge)) {
    grant.cost = fact->charge;
    grant.cost_asset = fact->charge_asset;
  }
  *number = grant.number;
  rc = bl_fold_grant(bl_entry_start(c), &grant);
  bl_writer_open(&w, c);
  bl_code_grant(&w.facts, &w.properties, &grant);
  return rc ? rc : bl_append(c, BL_ENTRY_GRANT, &w);
}

static int take_payment(bl_call *c, bl_fact_top_up *fact) {
  int rc = give_top_up(c, fact, fact->amount, 0, &fact->grant);

  if (!rc) rc = give_top_up(c, fact, fact->bonus, 1, &fact->bonus_grant);
  fact->state = BL_TOP_UP_PAID;
  return rc ? rc : bl_top_up_append(c, fact);
}

/* ---- the outcome ---- */

/* Whether somebody has said it, by a call with a key. */
static int is_said(const bl_fact_top_up *fact) {
  static const unsigned char nobody[sizeof fact->key_hash];

  return memcmp(fact->key_hash, nobody, sizeof nobody) != 0;
}

/* Whether that can become of it.  What was paid counts once, unless the host
 * itself has given it up. */
static int outcome_fits(uint32_t outcome, const bl_fact_top_up *fact) {
  uint64_t state = fact->state;

  switch (outcome) {
  case OUTCOME_PAID: return state != BL_TOP_UP_PAID &&
                            (state != BL_TOP_UP_VOID || !is_said(fact));
  case OUTCOME_FAILED: return state == BL_TOP_UP_WANTED;
  case OUTCOME_VOID: return state <= BL_TOP_UP_PAUSED;
  default: return state == BL_TOP_UP_PAUSED;
  }
}

static int check_outcome(bl_call *c, uint32_t outcome,
                         const bl_fact_top_up *fact) {
  if (outcome_fits(outcome, fact)) return BILLING_OK;
  return bl_fail(c->err, BILLING_CONFLICT_ENDED, "/outcome",
                 "billing_top_ups says what is under way",
                 "the top-up is %s, it cannot be %s",
                 bl_top_up_words[fact->state], outcome_words[outcome]);
}

static int end_top_up(bl_call *c, bl_customer *customer, uint32_t outcome,
                      bl_fact_top_up *fact) {
  if (outcome == OUTCOME_FAILED) return bl_top_up_fail(c, customer, fact);
  fact->until_us = 0;
  if (outcome == OUTCOME_PAID) return take_payment(c, fact);
  fact->state = outcome == OUTCOME_VOID ? BL_TOP_UP_VOID : BL_TOP_UP_RESUMED;
  return bl_top_up_append(c, fact);
}

/* ---- the call ---- */

static int top_up_content(uint64_t number, bl_json *tree, bl_text *content) {
  bl_pack_u64(content, number);
  return bl_json_print(tree, content);
}

static int top_up_answer(bl_call *c, const bl_fact_top_up *fact,
                         billing_doc **out) {
  bl_json *tree = bl_json_object(NULL, NULL);
  bl_customer *customer;
  int rc = bl_customer_need(c, fact->customer, &customer);

  if (!rc) rc = bl_top_up_show(c, fact, 0, tree);
  if (!rc) rc = bl_doc_of_tree(c, tree, out);
  bl_json_free(tree);
  return rc;
}

static int top_up_by(bl_call *c, uint64_t number, const bl_json *tree,
                     const bl_text *content, billing_doc **out) {
  bl_reader top = bl_reader_top("", &c->arena, c->err);
  bl_request_key request;
  outcome_terms terms = {0};
  bl_customer *customer;
  bl_fact_top_up fact;
  int rc = bl_shape_read(&outcome_shape, &top, tree, 0, &terms);

  if (!rc) rc = bl_request_read(c, BL_ENTRY_TOP_UP, content, &request);
  if (rc) return rc;
  fact = request.used.facts.top_up;
  if (!request.used.kind) {
    rc = find_top_up_asked(c, number, &fact, &customer);
    if (!rc) rc = check_outcome(c, terms.outcome, &fact);
    if (rc) return rc;
    memcpy(fact.key_hash, request.hash, sizeof fact.key_hash);
    fact.content = request.content;
    fact.key = c->in.key;
    fact.reason = terms.reason;
    fact.is_lapsed = 0;
    rc = end_top_up(c, customer, terms.outcome, &fact);
  }
  return rc || !out ? rc : top_up_answer(c, &fact, out);
}

int billing_top_up(billing *b, const billing_call *call, uint64_t number,
                   const char *terms, size_t terms_len, billing_doc **out,
                   billing_error *err) {
  bl_str text = bl_text_argument(terms, terms_len);
  billing_doc *doc = NULL;
  bl_json *tree = NULL;
  bl_text content;
  bl_call c;
  int rc = bl_enter(&c, b, call, BL_SHARE, err);

  if (rc) return rc;
  bl_text_open(&content, &c.arena);
  rc = bl_json_read(text.text, text.len, &tree, err);
  if (!rc) rc = top_up_content(number, tree, &content);
  if (!rc) rc = top_up_by(&c, number, tree, &content, out ? &doc : NULL);
  bl_json_free(tree);
  rc = bl_leave(&c, rc);
  if (rc) billing_doc_free(doc);
  else if (out) *out = doc;
  return rc;
}
