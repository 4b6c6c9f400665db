/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * ledger.c - pages of the double-entry ledger.
 *
 * The ledger is no table: each entry of the journal says what it posts
 * (postings.h), so reading it costs the reader, and recording nothing.
 */
#include "engine/audit_ledger.h"
#include "engine/load.h"
#include "engine/postings.h"
#include "engine/query.h"

/* One page under way. */
typedef struct ledger_page {
  bl_call           *c;
  const bl_query    *q;
  const bl_customer *customer;       /* NULL: all */
  bl_json           *tree;
  bl_json           *postings;
  bl_arena           arena;          /* of the sums */
  bl_map             sums;           /* audit_ledger.h: of all postings up to
                                        here, when they are asked for */
  uint32_t           has_sums;
  uint32_t           is_full;        /* what follows is only added up */
  int64_t            seq;            /* the last posting of the page before */
  int64_t            posting;
  int64_t            count;
  char               place[2 * BL_INT_TEXT + 1];   /* of the last one here */
} ledger_page;

/* "seq.posting" of the last posting of the page before. */
static int read_ledger_place(ledger_page *p) {
  bl_str after = p->q->after;
  const char *dot = after.len ? memchr(after.text, '.', after.len) : NULL;
  bl_str head, tail;

  if (!after.len) return BILLING_OK;
  if (dot) {
    head = (bl_str){after.text, (size_t)(dot - after.text)};
    tail = (bl_str){dot + 1, after.len - head.len - 1};
  }
  if (!dot || !bl_int_parse(head, &p->seq) || !bl_int_parse(tail, &p->posting))
    return bl_fail(p->c->err, BILLING_INVALID, "/after",
                   "the \"next\" of the page before", "after is not a place");
  return BILLING_OK;
}

static void set_ledger_place(ledger_page *p, int64_t seq, size_t posting) {
  size_t len = bl_int_print(seq, p->place);

  p->place[len++] = '.';
  bl_int_print((int64_t)posting, p->place + len);
}

/* sum: of its account, up to here; NULL: not asked for. */
static void add_posting(const ledger_page *p, const bl_entry *entry,
                        const bl_posting *posting, const bl_dec *sum) {
  const bl_customer *customer =
      bl_table_at(&p->c->t->by_customer, posting->customer);
  bl_json *row = bl_json_object(p->postings, NULL);

  bl_json_add_c(row, "number", p->place);
  bl_json_add_int(row, "seq", entry->seq);
  bl_json_add_time(row, "at", entry->at_us);
  bl_json_add_text(row, "customer", customer->id);
  bl_json_add_c(row, "account", bl_account_name(posting->account));
  bl_json_add_c(row, "asset", posting->asset);
  bl_json_add_dec(row, "amount", posting->amount);
  if (p->q->running) bl_json_add_dec(row, "balance", *sum);
  bl_json_add_c(row, "cause", bl_entry_name(entry->kind));
}

static int is_posting_wanted(const ledger_page *p, const bl_entry *entry,
                             const bl_posting *posting, size_t number) {
  if (p->is_full || entry->seq < p->seq || entry->at_us < p->q->from_us)
    return 0;
  if (entry->seq == p->seq && (int64_t)number <= p->posting) return 0;
  if (p->customer && posting->customer != p->customer->number) return 0;
  if (p->q->asset.len && !bl_str_is(p->q->asset, posting->asset)) return 0;
  return !p->q->account.len ||
         bl_str_is(p->q->account, bl_account_name(posting->account));
}

static int list_posting(ledger_page *p, const bl_entry *entry,
                        const bl_posting *posting, size_t number) {
  const bl_dec *sum = NULL;

  if (p->has_sums) {
    sum = bl_account_add(&p->sums, posting);
    if (!sum) return BILLING_NOMEM;
  }
  if (!is_posting_wanted(p, entry, posting, number)) return BILLING_OK;
  if (p->count++ == p->q->limit) {
    bl_json_add_c(p->tree, "next", p->place);
    p->is_full = 1;
    return p->q->to_us == INT64_MAX ? BILLING_DONE : BILLING_OK;
  }
  set_ledger_place(p, entry->seq, number);
  add_posting(p, entry, posting, sum);
  return BILLING_OK;
}

/* DONE when the page is full and nothing else is asked. */
static int add_postings(void *page, const bl_entry *entry,
                        const bl_postings *group) {
  ledger_page *p = page;
  int rc = BILLING_OK;

  for (size_t i = 0; !rc && i < group->count; i++)
    rc = list_posting(p, entry, &group->item[i], i + 1);
  return rc;
}

/* Where reading begins: sums are of all that was ever posted. */
static int64_t first_seq(const ledger_page *p) {
  return p->has_sums ? 0 : p->seq;
}

static int list_postings(ledger_page *p) {
  bl_span times = {p->has_sums ? INT64_MIN : p->q->from_us, p->q->to_us};
  bl_postings_walk walk = {p->c, p->customer, first_seq(p), times,
                           add_postings, p};

  return bl_postings_each(&walk);
}

static void list_wallet(const ledger_page *p, const bl_customer *customer,
                        const bl_wallet *wallet, bl_json *balances) {
  const bl_query *q = p->q;

  if (q->asset.len && !bl_str_is(q->asset, wallet->asset)) return;
  for (uint32_t a = 0; a < BL_ACCOUNTS; a++) {
    bl_dec balance = q->to_us == INT64_MAX
        ? wallet->balance[a]
        : bl_account_sum(&p->sums, customer->number, a, wallet->asset);
    bl_json *row;
    if (q->account.len && !bl_str_is(q->account, bl_account_name(a)))
      continue;
    if (bl_dec_is_zero(balance)) continue;
    row = bl_json_object(balances, NULL);
    bl_json_add_text(row, "customer", customer->id);
    bl_json_add_c(row, "account", bl_account_name(a));
    bl_json_add_c(row, "asset", wallet->asset);
    bl_json_add_dec(row, "balance", balance);
  }
}

static void list_wallets(const ledger_page *p, const bl_customer *customer,
                         bl_json *balances) {
  for (size_t i = 0; i < customer->wallets.count; i++)
    list_wallet(p, customer, customer->wallets.item[i], balances);
}

static int list_balances(const ledger_page *p) {
  bl_json *balances = bl_json_array(p->tree, "balances");
  int rc = p->customer ? BILLING_OK : bl_customers_load_all(p->c);

  if (p->customer) list_wallets(p, p->customer, balances);
  for (uint64_t n = 1; !p->customer && n <= p->c->t->heads.customers && !rc;
       n++) {
    bl_customer *customer;
    rc = bl_customer_need(p->c, n, &customer);
    if (!rc) list_wallets(p, customer, balances);
  }
  return rc;
}

static int read_ledger_query(ledger_page *p) {
  const bl_query *q = p->q;
  bl_call *c = p->c;
  bl_customer *customer = NULL;
  int rc = BILLING_OK;

  if (q->customer.len)
    rc = bl_find_customer(c, q->customer, "/customer", &customer);
  if (!rc && q->account.len && bl_account_of_name(q->account) < 0)
    rc = bl_fail(c->err, BILLING_INVALID, "/account", "see billing_ledger",
                 "there is no account %t", &q->account);
  p->customer = customer;
  p->has_sums = q->running || q->to_us != INT64_MAX;
  return rc ? rc : read_ledger_place(p);
}

static int answer_ledger(bl_call *c, const bl_query *q, billing_doc **out) {
  ledger_page p = {.c = c, .q = q};
  int rc = read_ledger_query(&p);

  if (rc) return rc;
  bl_arena_open(&p.arena, &c->b->host);
  bl_map_open(&p.sums, &p.arena);
  p.tree = bl_json_object(NULL, NULL);
  p.postings = bl_json_array(p.tree, "postings");
  rc = list_postings(&p);
  if (!rc) rc = list_balances(&p);
  if (!rc) rc = bl_doc_of_tree(c, p.tree, out);
  bl_json_free(p.tree);
  bl_arena_close(&p.arena);
  return rc;
}

int billing_ledger(billing *b, const billing_call *call, const char *query,
                   size_t query_len, billing_doc **out, billing_error *err) {
  static const char *const allowed[] = {"customer", "asset", "account",
                                        "from", "to", "running",
                                        "after", "limit", NULL};
  bl_question question = {query, query_len, allowed, NULL, answer_ledger};

  return bl_question_ask(b, call, &question, out, err);
}
