/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * simulate.c - what customers would have cost under other documents.
 *
 * A page of customers: what the contracts of each come to in a trial on this
 * handle; then their history once more on a handle of its own (replay.h), and
 * what they come to there in the same trial.  Only the sums of both are kept,
 * so it takes the memory of a page.
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
  bl_arena        kept;        /* of what is below */
  bl_replay_one  *who;         /* the customers of the page */
  bl_sums        *sums;        /* of each */
  size_t          count;
  uint64_t        first;       /* number of the first one */
  bl_sums         all;
  bl_json        *tree;
} simulation;

/* ---- both sides ---- */

/* What the customer comes to once all is billed as of the moment. */
static int sum_up(simulation *s, size_t at, uint32_t side, bl_call *c,
                  bl_customer *customer) {
  bl_trial trial;
  int rc;

  bl_trial_open(c, &trial);
  rc = bl_trial_play(c, customer, NULL, 0, s->at_us);
  if (!rc) rc = bl_trial_close(c, &trial, customer, s->at_us);
  if (!rc) rc = bl_sums_take(&s->sums[at], side, c, customer, s->begins);
  c->trial = NULL;
  return rc;
}

/* The call goes on as if the trial had not been. */
static int sum_before(simulation *s, size_t at) {
  bl_call *c = s->c;
  int64_t now_us = c->now_us;
  bl_customer *customer;
  bl_arena_mark mark;
  int rc = bl_customer_need(c, s->first + at, &customer);

  if (rc || customer->is_erased) return rc;      /* nothing to ask again */
  s->who[at].customer = customer;
  mark = bl_arena_now(&c->arena);
  rc = sum_up(s, at, BL_SUM_BEFORE, c, customer);
  if (rc) return rc;
  bl_trial_undo(c, mark);
  c->now_us = now_us;
  return BILLING_OK;
}

static int sum_after(simulation *s, size_t at) {
  billing_call call = bl_replay_call(&s->replay, (bl_str){NULL, 0});
  bl_customer *customer;
  bl_call again;
  int rc;

  call.flags = 0;
  call.now_us = s->c->now_us;
  rc = bl_enter(&again, s->replay.b, &call, BL_TRIAL, s->c->err);
  if (rc) return rc;
  rc = bl_find_customer(&again, s->who[at].customer->id, "", &customer);
  if (!rc) rc = sum_up(s, at, BL_SUM_AFTER, &again, customer);
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

static int show_customer(simulation *s, bl_json *customers, size_t at) {
  bl_sums *sums = &s->sums[at], assets = {.arena = &s->kept};
  const bl_replay_one *one = &s->who[at];
  bl_json *row, *rows;
  int rc = join_assets(sums, &assets);

  if (!rc) rc = join_assets(sums, &s->all);
  if (rc || (!assets.count && !one->refused.count)) return rc;
  row = bl_json_object(customers, NULL);
  bl_json_add_text(row, "customer", one->customer->id);
  rows = bl_json_array(row, "totals");
  for (size_t i = 0; i < assets.count; i++)
    add_sum(rows, &assets.item[i], 0);
  bl_sums_sort(sums);
  rows = s->q->prices ? bl_json_array(row, "prices") : NULL;
  for (size_t i = 0; rows && i < sums->count; i++)
    add_sum(rows, &sums->item[i], 1);
  add_refusals(row, &one->refused);
  return BILLING_OK;
}

static int start_page(simulation *s, uint64_t first, size_t count) {
  s->first = first;
  s->count = count;
  s->who = bl_arena_array(&s->kept, count + 1, sizeof *s->who);
  s->sums = bl_arena_array(&s->kept, count + 1, sizeof *s->sums);
  if (s->kept.failed) return BILLING_NOMEM;
  for (size_t i = 0; i < count; i++) s->sums[i].arena = &s->kept;
  return BILLING_OK;
}

/* Together, so that entries with events of all of them are read once. */
static int load_page(simulation *s) {
  bl_customer *customer;
  int rc = BILLING_OK, loaded;

  bl_customers_defer(s->c);
  for (size_t i = 0; i < s->count && !rc; i++)
    rc = bl_customer_need(s->c, s->first + i, &customer);
  loaded = bl_customers_load(s->c);
  return rc ? rc : loaded;
}

static int simulate(simulation *s) {
  int rc = load_page(s);

  for (size_t i = 0; i < s->count && !rc; i++) {
    rc = sum_before(s, i);
    if (!rc && bl_is_interrupted(s->c->b)) rc = BILLING_CANCELED;
  }
  if (!rc) rc = bl_replay_run(&s->replay, s->who, s->count, s->first);
  for (size_t i = 0; i < s->count && !rc; i++)
    if (s->who[i].customer) rc = sum_after(s, i);
  bl_replay_drop(&s->replay);
  return rc;
}

/* ---- the question ---- */

static int simulated_time(simulation *s) {
  const bl_query *q = s->q;

  s->at_us = q->at_us == INT64_MIN ? s->c->now_us : q->at_us;
  s->begins = (bl_span){q->from_us, q->to_us < s->at_us ? q->to_us
                                                        : s->at_us};
  if (s->at_us >= s->c->now_us) return BILLING_OK;
  return bl_fail(s->c->err, BILLING_INVALID, "/at", "the call's now or later",
                 "at is %T, now is %T: a simulation does not end before now",
                 s->at_us, s->c->now_us);
}

/* The customer, or the next page of them. */
static int choose_page(simulation *s, uint64_t *next) {
  uint64_t last = s->c->t->heads.customers, number;
  uint64_t most = (uint64_t)s->q->limit;
  bl_customer *customer;
  int64_t after;
  int rc;

  *next = 0;
  if (s->q->customer.len) {
    rc = bl_find_customer(s->c, s->q->customer, "/customer", &customer);
    return rc ? rc : start_page(s, customer->number, 1);
  }
  rc = bl_query_after(s->c, s->q, &after);
  if (rc) return rc;
  number = (uint64_t)after > last ? last : (uint64_t)after;
  if (most >= last - number) most = last - number;
  else *next = number + most;
  return start_page(s, number + 1, (size_t)most);
}

static int print_page(simulation *s, uint64_t next, billing_doc **out) {
  bl_json *customers = bl_json_array(s->tree, "customers");
  bl_json *totals = bl_json_array(s->tree, "totals");
  bl_text text;
  int rc = BILLING_OK;

  bl_json_add_time(s->tree, "at", s->at_us);
  for (size_t i = 0; i < s->count && !rc; i++)
    if (s->who[i].customer) rc = show_customer(s, customers, i);
  if (rc) return rc;
  for (size_t i = 0; i < s->all.count; i++)
    add_sum(totals, &s->all.item[i], 0);
  add_refusals(s->tree, &s->replay.refused);
  bl_text_open(&text, &s->c->arena);
  bl_text_format(&text, "%i", (int64_t)next);
  if (text.failed) return BILLING_NOMEM;
  if (next) bl_json_add_text(s->tree, "next", (bl_str){text.text, text.len});
  return bl_doc_of_tree(s->c, s->tree, out);
}

static int answer_page(simulation *s, billing_doc **out) {
  const bl_query *q = s->q;
  uint64_t next;
  int rc = bl_replay_open(&s->replay, s->c, q->documents, q->instead);

  if (!rc) rc = simulated_time(s);
  if (!rc) rc = choose_page(s, &next);
  if (!rc) rc = simulate(s);
  if (!rc) rc = print_page(s, next, out);
  bl_replay_close(&s->replay);
  return rc;
}

static int answer_simulation(bl_call *c, const bl_query *q,
                             billing_doc **out) {
  simulation s = {.c = c, .q = q};
  int rc;

  bl_arena_open(&s.kept, &c->b->host);
  s.all.arena = &s.kept;
  s.tree = bl_json_object(NULL, NULL);
  rc = bl_json_is_lost(s.tree) ? BILLING_NOMEM : answer_page(&s, out);
  bl_arena_close(&s.kept);
  bl_json_free(s.tree);
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
