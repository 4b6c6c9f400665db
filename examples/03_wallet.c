/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * 03_wallet.c - say no before the tokens are spent: grant, authorize, settle.
 *
 *     cc 03_wallet.c $(pkg-config --cflags --libs billing) && ./a.out
 */
#include <billing.h>
#include <stdio.h>
#include <string.h>

static const char catalog[] =
    "{\"tenant\":{\"id\":\"shop\"},"
    " \"customers\":[{\"id\":\"acme\"}],"
    " \"meters\":[{\"id\":\"tokens\",\"event\":\"llm\","
    "   \"aggregation\":\"sum\"}],"
    " \"plans\":[{\"id\":\"api\",\"currency\":\"USD\",\"prices\":[{"
    "   \"id\":\"tokens\",\"meter\":\"tokens\",\"model\":\"per_unit\","
    "   \"unit\":\"10\",\"per\":\"1000000\"}]}],"
    " \"contracts\":[{\"id\":\"acme-1\",\"customer\":\"acme\","
    "   \"plan\":\"api\",\"start\":\"2026-01-01\"}]}";

static int failed(const char *what, int rc, const billing_error *err) {
  if (rc)
    fprintf(stderr, "%s: %s %s %s\n", what, billing_code_name(rc), err->path,
            err->message);
  return rc != BILLING_OK;
}

static billing_event tokens(const char *key, const char *count) {
  billing_event event;

  BILLING_INIT(&event);
  event.key = (billing_str){key, strlen(key)};
  event.customer = (billing_str){"acme", 4};
  event.event = (billing_str){"llm", 3};
  event.flags = BILLING_EVENT_VALUE;
  if (billing_decimal_parse(&event.value, count, strlen(count)))
    event.flags = 0;
  return event;
}

static int print_balance(billing *b, const billing_call *call,
                         billing_error *err) {
  char left[BILLING_DECIMAL_TEXT], held[BILLING_DECIMAL_TEXT];
  billing_balances now;
  int bad;

  BILLING_INIT(&now);
  bad = failed("balance", billing_balance(b, call, "acme", 4, "USD", &now,
                                          err), err);
  if (bad) return bad;
  billing_decimal_format(&now.left, left);
  billing_decimal_format(&now.held, held);
  printf("balance: %s USD, of which %s are held\n", left, held);
  return 0;
}

/* 5 dollars, of which a request for 300,000 tokens holds 3. */
static int spend(billing *b, billing_call *call, billing_error *err) {
  billing_event job = tokens("", "300000"), used = tokens("job-1", "212000");
  billing_event second = tokens("", "400000");
  billing_grant_terms credit;
  billing_hold hold;
  int bad, rc;

  BILLING_INIT(&hold);
  BILLING_INIT(&credit);
  credit.customer = (billing_str){"acme", 4};
  memcpy(credit.amount.asset, "USD", 4);
  rc = billing_decimal_parse(&credit.amount.amount, "5", 1);
  call->key = (billing_str){"top-up-1", 8};
  if (!rc) rc = billing_grant(b, call, &credit, NULL, err);
  bad = failed("grant", rc, err) || print_balance(b, call, err);
  call->key = (billing_str){"job-1", 5};
  if (!bad)
    bad = failed("authorize", billing_authorize(b, call, &job, 1, NULL,
                                                &hold, NULL, err), err);
  if (!bad) bad = print_balance(b, call, err);
  if (bad) return bad;
  call->key = (billing_str){"job-2", 5};
  rc = billing_authorize(b, call, &second, 1, NULL, &hold, NULL, err);
  if (rc != BILLING_DENIED_BALANCE) return failed("authorize", rc, err) || 1;
  printf("a second job is refused: %s\n", err->message);
  call->key = (billing_str){"job-1", 5};       /* it used less than it held */
  rc = billing_settle(b, call, &used, 1, BILLING_SETTLE_ALL, NULL, err);
  return failed("settle", rc, err) || print_balance(b, call, err);
}

int main(void) {
  billing_error err;
  billing_call call;
  billing *b = NULL;
  int bad;

  BILLING_INIT(&err);
  BILLING_INIT(&call);
  call.tenant = (billing_str){"shop", 4};
  call.now_us = INT64_C(1767614400000000);     /* 2026-01-05T12:00:00Z */

  bad = failed("open", billing_open(&b, ":memory:", (size_t)-1, NULL, &err),
               &err);
  if (!bad)
    bad = failed("apply", billing_catalog_apply(b, &call, catalog,
                                                strlen(catalog), NULL, &err),
                 &err);
  if (!bad) bad = spend(b, &call, &err);
  billing_close(b);
  return bad;
}
