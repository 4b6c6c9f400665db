/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* month.c - the tour: what is sold, wallets, usage; then bill.c. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../parts/progress.h"
#include "scenario.h"

#define BATCH 2000

typedef struct sums {
  billing_decimal usd_cost;
  billing_decimal usd_drawn;
  billing_decimal tok_cost;
  billing_decimal tok_drawn;
  double          seconds;
} sums;

static billing_str str(const char *text) {
  return (billing_str){text, strlen(text)};
}

/* ---- what is sold, and what is prepaid ---- */

static int apply_catalog(demo *d) {
  buffer catalog = {0};
  billing_doc *changes = NULL;
  int count = 0, rc;
  slices s;

  demo_step("What is sold");
  scenario_catalog(&catalog);
  rc = billing_catalog_apply(d->b, &d->call, catalog.text, catalog.len,
                             &changes, &d->err);
  buffer_free(&catalog);
  if (!demo_ok(d, "apply", rc)) return 0;
  slices_open(&s, slice_get(slice_of(changes), "changes"));
  while (slices_next(&s)) count++;
  billing_doc_free(changes);
  printf("%d documents: 1 tenant, 4 meters, 2 plans, %d customers with a "
         "contract each\n", count, CUSTOMERS);
  printf("80 x 20.00 base fee and 20 x 5 seats at 4.00: 2,000.00 USD a "
         "month\n");
  return 1;
}

static int give(demo *d, const char *customer, const char *what,
                const char *amount, const char *asset) {
  billing_grant_terms terms;
  char key[32];
  int rc;

  BILLING_INIT(&terms);
  snprintf(key, sizeof key, "%s-%s", customer, what);
  d->call.key = str(key);
  terms.customer = str(customer);
  terms.name = str(what);
  memcpy(terms.amount.asset, asset, strlen(asset));
  rc = billing_decimal_parse(&terms.amount.amount, amount, strlen(amount));
  if (!strcmp(what, "welcome")) {
    terms.origin = BILLING_ORIGIN_PROMOTIONAL;
    terms.expires_us = MIDDLE;
  } else {                           /* drawn after what was given */
    terms.priority = 10;
  }
  if (!rc) rc = billing_grant(d->b, &d->call, &terms, NULL, &d->err);
  return demo_ok(d, "grant", rc);
}

static int give_grants(demo *d) {
  char customer[8];
  int good = 1;

  demo_step("Prepaid wallets");
  for (int i = 1; i <= CUSTOMERS && good; i++) {
    scenario_customer(i, customer);
    good = give(d, customer, "prepaid", "5.00", "USD") &&
           give(d, customer, "tokens", "200000", "tok");
    if (good && i % 2) good = give(d, customer, "welcome", "1.00", "USD");
  }
  if (good)
    printf("100 x 5.00 USD bought, 50 x 1.00 USD given until 2026-01-16, "
           "100 x 200,000 tok bought\n");
  return good;
}

/* ---- authorize before use ---- */

static billing_event request(const char *customer, const char *properties) {
  billing_event event;

  BILLING_INIT(&event);
  event.customer = str(customer);
  event.event = str("llm");
  event.properties = str(properties);
  return event;
}

static int refuse_one(demo *d) {
  billing_event job = request("c042",
                              "{\"input\":100000,\"output\":5000000}");
  int rc;

  d->call.key = str("job-1");
  rc = billing_authorize(d->b, &d->call, &job, 1, NULL, NULL, NULL, &d->err);
  printf("c042 asks for 5,000,000 output tokens: %s: %s\n",
         billing_code_name(rc), d->err.message);
  return rc == BILLING_DENIED_BALANCE;
}

static int settle_one(demo *d) {
  billing_event job = request("c090", "{\"input\":20000,\"output\":30000}");
  billing_event used = request("c090", "{\"input\":18500,\"output\":21000}");
  billing_receipt receipt;
  billing_hold hold;
  int rc;

  BILLING_INIT(&hold);
  BILLING_INIT(&receipt);
  d->call.key = used.key = str("job-2");
  rc = billing_authorize(d->b, &d->call, &job, 1, NULL, &hold, NULL, &d->err);
  if (!demo_ok(d, "authorize", rc)) return 0;
  demo_money("c090 asks for 30,000: ", hold.held, " USD are held");
  rc = billing_settle(d->b, &d->call, &used, 1, BILLING_SETTLE_ALL,
                      &receipt, &d->err);
  if (!demo_ok(d, "settle", rc)) return 0;
  demo_money(", ", receipt.cost, " USD were used");
  demo_money(", ", receipt.balance, " USD are left\n");
  return 1;
}

/* ---- usage ---- */

static void add_receipts(sums *s, const billing_receipt *r, size_t count) {
  for (size_t i = 0; i < count; i++) {
    int is_usd = !strcmp(r[i].asset, "USD");
    demo_add(is_usd ? &s->usd_cost : &s->tok_cost, r[i].cost);
    demo_add(is_usd ? &s->usd_drawn : &s->tok_drawn, r[i].drawn);
  }
}

typedef struct usage_batch {
  scenario_event  made[BATCH];
  billing_event   events[BATCH];
  billing_receipt receipts[BATCH];
} usage_batch;

static int record_batch(demo *d, usage_batch *u, uint64_t *state, int from,
                        sums *s) {
  double start;
  int rc;

  for (int i = 0; i < BATCH; i++) {
    scenario_event *made = &u->made[i];
    billing_event *event = &u->events[i];
    scenario_next(state, from + i, made);
    BILLING_INIT(event);
    BILLING_INIT(&u->receipts[i]);
    event->key = str(made->key);
    event->customer = str(made->customer);
    event->event = str(made->is_embedding ? "embed" : "llm");
    event->properties = str(made->properties);
    event->time_us = JANUARY + (from + i) * EVENT_EVERY;
  }
  start = demo_seconds();
  d->call.now_us = JANUARY + (from + BATCH) * EVENT_EVERY;
  rc = billing_record(d->b, &d->call, u->events, BATCH, u->receipts, &d->err);
  s->seconds += demo_seconds() - start;
  if (!rc) add_receipts(s, u->receipts, BATCH);
  return demo_ok(d, "record", rc);
}

static void print_usage(const sums *s) {
  printf("%d events", EVENTS);
  printf(", %.0f a second: deduplicated, metered, priced, drawn, on disk\n",
         EVENTS / s->seconds);
  demo_money("cost       ", s->usd_cost, " USD");
  demo_units(" and ", s->tok_cost, " tok\n");
  demo_money("prepaid    ", s->usd_drawn, " USD");
  demo_units(" and ", s->tok_drawn, " tok of it\n");
}

static int record_month(demo *d) {
  usage_batch *u = calloc(1, sizeof *u);
  sums s = {.seconds = 0};
  uint64_t state = 0;
  progress bar;
  int good = u != NULL;

  demo_step("Usage, and asking first");
  progress_open(&bar, "record", EVENTS);
  for (int from = 0; from < EVENTS && good; from += BATCH) {
    if (from == EVENTS / 2) {
      progress_close(&bar);
      good = refuse_one(d) && settle_one(d);
    }
    if (good) good = record_batch(d, u, &state, from, &s);
    progress_show(&bar, (uint64_t)from, (uint64_t)from);
  }
  progress_close(&bar);
  if (good) print_usage(&s);
  free(u);
  return good;
}

int demo_month(demo *d) {
  printf("billing %s: January 2026 of %d customers, on SQLite\n",
         billing_version(), CUSTOMERS);
  d->call.now_us = JANUARY;
  return apply_catalog(d) && give_grants(d) && record_month(d) &&
         demo_bill(d) && demo_explain(d) && demo_ledger(d) &&
         demo_verify(d);
}

#undef BATCH
