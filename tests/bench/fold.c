/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * fold.c - what must come of the events, by integer arithmetic that shares no
 * line with the library.
 *
 * A customer's total of a model is priced by three tiers; what an event costs
 * is the price of the total after it less that before; it is paid by the first
 * of three grants that has something left, then by the next.
 *
 *     25 units after 90: 10 * 0.10 + 15 * 0.08 = 2.20
 *     a grant of 50.00 has 1.50 left: draws of 1.50 and 0.70
 *
 * Quantities are thousandths here and amounts millionths of a dollar, so that
 * nothing is rounded anywhere.
 */
#include "path.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#define TIERS 3
#define THOUSANDTH INT64_C(1000000000000000)       /* of 10^18 */
#define MILLIONTH INT64_C(1000000000000)

const char *const bench_tiers = "[{\"up_to\":\"100\",\"unit\":\"0.10\"},"
                                "{\"up_to\":\"5000\",\"unit\":\"0.08\"},"
                                "{\"up_to\":null,\"unit\":\"0.05\"}]";
const char *const bench_grants[BENCH_GRANTS] = {"50", "500", "100000000"};

static const struct fold_tier { int64_t up_to, rate; } tiers[TIERS] = {
  {100000, 100}, {5000000, 80}, {INT64_MAX, 50}};
static const int64_t granted[BENCH_GRANTS] = {
  50000000, 500000000, INT64_C(100000000000000)};

typedef struct fold_customer {
  int64_t total[BENCH_MODELS];
  int64_t events[BENCH_MODELS];
  int64_t left[BENCH_GRANTS];
} fold_customer;

struct bench_fold {
  uint32_t       customers;
  long           events;     /* room in cost */
  long           stored;
  long           resent;
  bench_i128     sum;        /* of what receipts said */
  fold_customer *customer;
  uint32_t      *cost;       /* by place in the stream */
};

bench_fold *bench_fold_open(uint32_t customers, long events) {
  bench_fold *fold = bench_room(1, sizeof *fold);

  fold->customers = customers;
  fold->events = events;
  fold->customer = bench_room(customers, sizeof *fold->customer);
  fold->cost = bench_room((size_t)events, sizeof *fold->cost);
  for (uint32_t i = 0; i < customers; i++)
    memcpy(fold->customer[i].left, granted, sizeof granted);
  return fold;
}

void bench_fold_close(bench_fold *fold) {
  free(fold->customer);
  free(fold->cost);
  free(fold);
}

long bench_fold_resent(const bench_fold *fold) { return fold->resent; }
long bench_fold_stored(const bench_fold *fold) { return fold->stored; }

/* ---- the arithmetic ---- */

static int64_t price_of(int64_t total) {
  int64_t floor = 0, sum = 0;

  for (int i = 0; i < TIERS && floor < total; i++) {
    int64_t top = total < tiers[i].up_to ? total : tiers[i].up_to;
    sum += (top - floor) * tiers[i].rate;
    floor = tiers[i].up_to;
  }
  return sum;
}

static int64_t left_of(const fold_customer *customer) {
  int64_t sum = 0;

  for (int i = 0; i < BENCH_GRANTS; i++) sum += customer->left[i];
  return sum;
}

/* How many grants it took. */
static uint32_t draw_grants(fold_customer *customer, int64_t cost) {
  uint32_t draws = 0;

  for (int i = 0; i < BENCH_GRANTS && cost; i++) {
    int64_t take = cost < customer->left[i] ? cost : customer->left[i];
    customer->left[i] -= take;
    cost -= take;
    draws += take > 0;
  }
  if (cost) bench_stop("the events", "more than the grants cover");
  return draws;
}

/* ---- receipts ---- */

static bench_i128 exact(billing_decimal d) {
  return (bench_i128)d.hi * ((bench_i128)1 << 64) + d.lo;
}

static int is_amount(billing_decimal d, int64_t millionths) {
  return exact(d) == (bench_i128)millionths * MILLIONTH;
}

static void check_new(const bench_fold *fold, const bench_event *e,
                      const billing_receipt *receipt, uint32_t draws) {
  const fold_customer *customer = &fold->customer[e->customer_at];
  int64_t cost = fold->cost[e->place];

  if (receipt->status != BILLING_STATUS_NEW || receipt->flags)
    bench_stop("record", "an event was not recorded as a new one");
  if (!is_amount(receipt->cost, cost))
    bench_stop("record", "a receipt has another cost than the slow fold");
  if (!is_amount(receipt->drawn, cost) || receipt->draws != draws ||
      receipt->charges != 1)
    bench_stop("record", "a receipt has other draws than the slow fold");
  if (!is_amount(receipt->balance, left_of(customer)))
    bench_stop("record", "a receipt has another balance than the slow fold");
}

static void check_same(const bench_fold *fold, const bench_event *e,
                       const billing_receipt *receipt) {
  if (receipt->status != BILLING_STATUS_SAME)
    bench_stop("record", "a resend was not recognised");
  if (!is_amount(receipt->cost, (int64_t)fold->cost[e->place]))
    bench_stop("record", "a resend got another receipt than the first");
}

/* How many grants the event took. */
static uint32_t add_new(bench_fold *fold, const bench_event *e) {
  fold_customer *customer = &fold->customer[e->customer_at];
  int64_t *total = &customer->total[e->model_at];
  int64_t before = price_of(*total);
  int64_t cost = price_of(*total += e->thousandths) - before;

  customer->events[e->model_at]++;
  fold->cost[e->place] = (uint32_t)cost;
  fold->stored++;
  return draw_grants(customer, cost);
}

void bench_fold_add(bench_fold *fold, const bench_event *e,
                    const billing_receipt *receipt) {
  uint32_t draws;

  if ((long)e->place >= fold->events)
    bench_stop("the events", "more than was said");
  if (e->is_resent) {
    fold->resent++;
    if (receipt) check_same(fold, e, receipt);
    return;
  }
  draws = add_new(fold, e);
  if (!receipt) return;
  check_new(fold, e, receipt, draws);
  fold->sum += exact(receipt->cost);
}

void bench_fold_check_sum(const bench_fold *fold) {
  bench_i128 sum = 0;

  for (uint32_t i = 0; i < fold->customers; i++)
    for (int k = 0; k < BENCH_MODELS; k++)
      sum += price_of(fold->customer[i].total[k]);
  if (sum * MILLIONTH != fold->sum)
    bench_stop("record", "the receipts do not add up to the price");
}

/* ---- what the library tells at the end ---- */

static void compare_balance(const fold_customer *customer, billing *b,
                            const billing_call *call, const char *id) {
  billing_balances balances;
  billing_error err;

  BILLING_INIT(&err);
  BILLING_INIT(&balances);
  bench_must(billing_balance(b, call, id, (size_t)-1, BENCH_ASSET, &balances,
                             &err), "balance", &err);
  if (!is_amount(balances.left, left_of(customer)) ||
      !is_amount(balances.free, left_of(customer)) ||
      !is_amount(balances.owed, 0))
    bench_stop(id, "another balance than the slow fold's");
}

static const char *text_in(const cJSON *row, const char *name) {
  const cJSON *member = cJSON_GetObjectItemCaseSensitive(row, name);

  return cJSON_IsString(member) ? member->valuestring : "";
}

static int is_exactly(const cJSON *row, const char *name, bench_i128 value) {
  billing_decimal d;

  return billing_decimal_parse(&d, text_in(row, name), (size_t)-1) == 0 &&
         exact(d) == value;
}

static int is_row_right(const fold_customer *customer, const cJSON *row) {
  const cJSON *group = cJSON_GetObjectItemCaseSensitive(row, "group");
  const cJSON *events = cJSON_GetObjectItemCaseSensitive(row, "events");
  const char *model = text_in(group, "model");
  bench_i128 amount;
  int k = 0;

  while (k < BENCH_MODELS && strcmp(bench_models[k], model)) k++;
  if (k == BENCH_MODELS || !events) return 0;
  amount = (bench_i128)price_of(customer->total[k]) * MILLIONTH;
  return (int64_t)events->valuedouble == customer->events[k] &&
         is_exactly(row, "quantity",
                    (bench_i128)customer->total[k] * THOUSANDTH) &&
         is_exactly(row, "amount", amount) &&
         is_exactly(row, "drawn", amount);
}

static int are_rows_right(const fold_customer *customer, const char *text) {
  cJSON *tree = cJSON_Parse(text), *row;
  const cJSON *rows = cJSON_GetObjectItemCaseSensitive(tree, "usage");
  int wanted = 0, is_right = rows != NULL;

  cJSON_ArrayForEach(row, rows) is_right &= is_row_right(customer, row);
  for (int k = 0; k < BENCH_MODELS; k++) wanted += customer->events[k] > 0;
  is_right &= cJSON_GetArraySize(rows) == wanted;
  cJSON_Delete(tree);
  return is_right;
}

static void compare_usage(const fold_customer *customer, billing *b,
                          const billing_call *call, const char *id) {
  billing_doc *doc = NULL;
  billing_error err;
  char query[64];

  BILLING_INIT(&err);
  snprintf(query, sizeof query, "{\"customer\":\"%s\"}", id);
  bench_must(billing_usage(b, call, query, (size_t)-1, &doc, &err), "usage",
             &err);
  if (!are_rows_right(customer, billing_doc_text(doc)))
    bench_stop(id, "another usage than the slow fold's");
  billing_doc_free(doc);
}

void bench_fold_compare(const bench_fold *fold, billing *b,
                        const billing_call *call, uint32_t customer) {
  char id[BENCH_ID];

  bench_customer_id(customer, id);
  compare_balance(&fold->customer[customer], b, call, id);
  compare_usage(&fold->customer[customer], b, call, id);
}
