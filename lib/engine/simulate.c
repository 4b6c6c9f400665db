/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * simulate.c - what customers would have cost under other documents.
 *
 * One customer after the other: what his contracts have come to in a trial on
 * this handle, then his history once more on a handle of its own (replay.h),
 * and what they have come to there in the same trial.  Only the sums of both
 * are kept, so it takes the memory of one customer.
 */
#include "engine/load.h"
#include "engine/query.h"
#include "engine/replay.h"
#include "engine/sums.h"
#include "engine/trial.h"

typedef struct simulation {
  bl_call        *c;
  const bl_query *q;
  bl_replay       replay;
  int64_t         at_us;
  bl_span         begins;      /* of the periods that count */
  bl_arena        arena;       /* of one customer's sums */
  bl_sums         sums;
  bl_arena        kept;        /* of the page's */
  bl_sums         all;
  bl_json        *customers;
} simulation;

/* ---- both sides ---- */

/* What the customer comes to once all is billed as of the moment. */
static int sum_up(simulation *s, uint32_t side, bl_call *c,
                  bl_customer *customer) {
  bl_trial trial;
  int rc;

  bl_trial_open(c, &trial);
  rc = bl_trial_play(c, customer, NULL, 0, s->at_us);
  if (!rc) rc = bl_trial_close(c, &trial, customer, s->at_us);
  if (!rc) rc = bl_sums_take(&s->sums, side, c, customer, s->begins);
  c->trial = NULL;
  return rc;
}

/* The call goes on as if the trial had not been. */
static int sum_before(simulation *s, bl_customer *customer) {
  bl_call *c = s->c;
  bl_arena_mark mark = bl_arena_now(&c->arena);
  int64_t now_us = c->now_us;
  int rc = sum_up(s, BL_SUM_BEFORE, c, customer);

  if (rc) return rc;
  bl_undo_all(c->t);
  memset(&c->b->entries, 0, sizeof c->b->entries);
  memset(&c->opened, 0, sizeof c->opened);
  c->opened_cap = 0;
  c->now_us = now_us;
  bl_arena_back(&c->arena, mark);
  bl_undo_start(c->t, &c->arena);
  return BILLING_OK;
}

static int sum_after(simulation *s, bl_str id) {
  billing_call call = bl_replay_call(&s->replay, (bl_str){NULL, 0});
  bl_customer *customer;
  bl_call again;
  int rc;

  call.flags = 0;
  call.now_us = s->c->now_us;
  rc = bl_enter(&again, s->replay.b, &call, BL_TRIAL, s->c->err);
  if (rc) return rc;
  rc = bl_find_customer(&again, id, "/customer", &customer);
  if (!rc) rc = sum_up(s, BL_SUM_AFTER, &again, customer);
  return bl_leave(&again, rc);
}

/* ---- a customer's row ---- */

static void add_side(bl_json *row, const char *name, bl_dec amount,
                     bl_dec drawn) {
  bl_json *side = bl_json_object(row, name);

  bl_json_add_dec(side, "amount", amount);
  bl_json_add_dec(side, "drawn", drawn);
  bl_json_add_dec(side, "owed", bl_dec_sub(amount, drawn));
}

static void add_sum(bl_json *rows, const bl_sum *sum, int names) {
  bl_json *row = bl_json_object(rows, NULL);

  if (names) {
    bl_json_add_text(row, "contract", sum->contract);
    bl_json_add_text(row, "price", sum->price);
  }
  bl_json_add_c(row, "asset", sum->asset);
  add_side(row, "before", sum->amount[0], sum->drawn[0]);
  add_side(row, "after", sum->amount[1], sum->drawn[1]);
  add_side(row, "difference", bl_dec_sub(sum->amount[1], sum->amount[0]),
           bl_dec_sub(sum->drawn[1], sum->drawn[0]));
}

static void add_refusals(bl_json *row, const bl_replay_refusals *refused) {
  bl_json *to;

  if (!refused->count) return;
  to = bl_json_object(row, "refused");
  bl_json_add_int(to, "count", (int64_t)refused->count);
  if (refused->event)
    bl_json_add_int(to, "event", (int64_t)refused->event);
  bl_json_add_c(to, "code", billing_code_name(refused->first.code));
  bl_json_add_c(to, "path", refused->first.path);
  bl_json_add_c(to, "message", refused->first.message);
}

/* The sums of assets alone, in `to`. */
static int join_assets(const bl_sums *sums, bl_sums *to) {
  int rc = BILLING_OK;

  for (size_t i = 0; i < sums->count && !rc; i++) {
    bl_sum one = sums->item[i];
    one.contract = one.price = (bl_str){"", 0};
    rc = bl_sums_add(to, &one);
  }
  bl_sums_sort(to);
  return rc;
}

static int show_customer(simulation *s, bl_str id) {
  bl_sums assets = {.arena = &s->arena};
  bl_json *row, *rows;
  int rc = join_assets(&s->sums, &assets);

  if (!rc) rc = join_assets(&s->sums, &s->all);
  if (rc || (!assets.count && !s->replay.refused.count)) return rc;
  row = bl_json_object(s->customers, NULL);
  bl_json_add_text(row, "customer", id);
  rows = bl_json_array(row, "totals");
  for (size_t i = 0; i < assets.count; i++)
    add_sum(rows, &assets.item[i], 0);
  bl_sums_sort(&s->sums);
  rows = s->q->prices ? bl_json_array(row, "prices") : NULL;
  for (size_t i = 0; rows && i < s->sums.count; i++)
    add_sum(rows, &s->sums.item[i], 1);
  add_refusals(row, &s->replay.refused);
  return BILLING_OK;
}

static int simulate_customer(simulation *s, bl_customer *customer) {
  int rc;

  if (customer->is_erased) return BILLING_OK;    /* nothing to ask again */
  s->sums = (bl_sums){.arena = &s->arena};
  rc = sum_before(s, customer);
  if (!rc) rc = bl_replay_customer(&s->replay, customer);
  if (!rc) rc = sum_after(s, customer->id);
  if (!rc) rc = show_customer(s, customer->id);
  bl_replay_drop(&s->replay);
  bl_arena_empty(&s->arena, SIZE_MAX);
  return rc;
}

/* ---- the question ---- */

static int read_after(const bl_query *q, uint64_t *out, billing_error *err) {
  *out = 0;
  for (size_t i = 0; i < q->after.len; i++) {
    char c = q->after.text[i];
    if (c < '0' || c > '9' || i > 17)
      return bl_fail(err, BILLING_INVALID, "/after",
                     "the \"next\" of the page before",
                     "the query's after is not usable");
    *out = *out * 10 + (uint64_t)(c - '0');
  }
  return BILLING_OK;
}

static int check_time(simulation *s) {
  const bl_query *q = s->q;

  s->at_us = q->at_us == INT64_MIN ? s->c->now_us : q->at_us;
  s->begins = (bl_span){q->from_us, q->to_us < s->at_us ? q->to_us
                                                        : s->at_us};
  if (s->at_us >= s->c->now_us) return BILLING_OK;
  return bl_fail(s->c->err, BILLING_INVALID, "/at", "the call's now or later",
                 "at is %T, now is %T: a simulation does not end before now",
                 s->at_us, s->c->now_us);
}

static int simulate_page(simulation *s, uint64_t *next) {
  bl_call *c = s->c;
  uint64_t number, last = c->t->heads.customers;
  int64_t left = s->q->limit;
  int rc = read_after(s->q, &number, c->err);

  while (!rc && number < last && left-- > 0) {
    bl_customer *customer;
    rc = bl_customer_need(c, ++number, &customer);
    if (!rc) rc = simulate_customer(s, customer);
    if (!rc && bl_is_interrupted(c->b)) rc = BILLING_CANCELED;
  }
  *next = number < last ? number : 0;
  return rc;
}

static int simulate_one(simulation *s) {
  bl_customer *customer;
  int rc = bl_find_customer(s->c, s->q->customer, "/customer", &customer);

  return rc ? rc : simulate_customer(s, customer);
}

static int answer_page(simulation *s, uint64_t *next) {
  int rc = bl_replay_open(&s->replay, s->c, s->q->documents, s->q->instead);

  if (!rc) rc = check_time(s);
  if (!rc) rc = s->q->customer.len ? simulate_one(s) : simulate_page(s, next);
  bl_replay_close(&s->replay);
  return rc;
}

static int print_page(simulation *s, bl_json *tree, uint64_t next,
                      billing_doc **out) {
  bl_json *totals = bl_json_array(tree, "totals");
  bl_text text;

  bl_json_add_time(tree, "at", s->at_us);
  for (size_t i = 0; i < s->all.count; i++)
    add_sum(totals, &s->all.item[i], 0);
  bl_text_open(&text, &s->c->arena);
  bl_text_format(&text, "%i", (int64_t)next);
  if (text.failed) return BILLING_NOMEM;
  if (next) bl_json_add_text(tree, "next", (bl_str){text.text, text.len});
  return bl_doc_of_tree(s->c, tree, out);
}

static int answer_simulation(bl_call *c, const bl_query *q,
                             billing_doc **out) {
  simulation s = {.c = c, .q = q};
  bl_json *tree = bl_json_object(NULL, NULL);
  uint64_t next = 0;
  int rc;

  bl_arena_open(&s.arena, &c->b->host);
  bl_arena_open(&s.kept, &c->b->host);
  s.all.arena = &s.kept;
  s.customers = bl_json_array(tree, "customers");
  rc = bl_json_is_lost(s.customers) ? BILLING_NOMEM : BILLING_OK;
  if (!rc) rc = answer_page(&s, &next);
  if (!rc) rc = print_page(&s, tree, next, out);
  bl_arena_close(&s.kept);
  bl_arena_close(&s.arena);
  bl_json_free(tree);
  return rc;
}

int billing_simulate(billing *b, const billing_call *call, const char *query,
                     size_t query_len, billing_doc **out,
                     billing_error *err) {
  static const char *const allowed[] = {
      "documents", "instead", "customer", "at", "from", "to", "prices",
      "after", "limit", NULL};
  bl_question question = {query, query_len, allowed, NULL,
                          answer_simulation};

  return bl_question_try(b, call, &question, NULL, out, err);
}
