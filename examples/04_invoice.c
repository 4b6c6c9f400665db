/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * 04_invoice.c - the whole road: an event, its receipt, the month's invoice,
 * and where one of its lines comes from.
 *
 *     cc 04_invoice.c $(pkg-config --cflags --libs billing) && ./a.out
 */
#include <billing.h>
#include <stdio.h>
#include <string.h>

static const char catalog[] =
    "{\"tenant\":{\"id\":\"shop\"},"
    " \"customers\":[{\"id\":\"acme\",\"name\":\"Acme GmbH\"}],"
    " \"meters\":[{\"id\":\"tokens\",\"event\":\"llm\","
    "   \"aggregation\":\"sum\",\"property\":\"tokens\"}],"
    " \"plans\":[{\"id\":\"team\",\"currency\":\"USD\",\"prices\":["
    "   {\"id\":\"seats\",\"name\":\"Seats\",\"model\":\"flat\","
    "    \"amount\":\"4\",\"quantity\":\"seats\"},"
    "   {\"id\":\"tokens\",\"name\":\"Tokens\",\"meter\":\"tokens\","
    "    \"model\":\"graduated\",\"per\":\"1000000\",\"tiers\":["
    "      {\"up_to\":\"1000000\",\"unit\":\"10\"},{\"unit\":\"8\"}]}]}],"
    " \"contracts\":[{\"id\":\"acme-1\",\"customer\":\"acme\","
    "   \"plan\":\"team\",\"start\":\"2026-01-01\","
    "   \"quantities\":{\"seats\":\"5\"}}]}";

#define JANUARY INT64_C(1767225600000000)      /* 2026-01-01T00:00:00Z */
#define FEBRUARY INT64_C(1769904000000000)

static int failed(const char *what, int rc, const billing_error *err) {
  if (rc)
    fprintf(stderr, "%s: %s %s %s\n", what, billing_code_name(rc), err->path,
            err->message);
  return rc != BILLING_OK;
}

/* 2.50 USD prepaid, then 1.2 million tokens in one event. */
static int use(billing *b, billing_call *call, billing_error *err) {
  billing_grant_terms credit;
  billing_receipt receipt;
  billing_event event;
  char cost[BILLING_DECIMAL_TEXT], drawn[BILLING_DECIMAL_TEXT];
  int rc;

  BILLING_INIT(&credit);
  BILLING_INIT(&receipt);
  BILLING_INIT(&event);
  credit.customer = event.customer = (billing_str){"acme", 4};
  credit.name = (billing_str){"Welcome", 7};
  memcpy(credit.amount.asset, "USD", 4);
  call->key = (billing_str){"welcome", 7};
  rc = billing_decimal_parse(&credit.amount.amount, "2.50", 4);
  if (!rc) rc = billing_grant(b, call, &credit, NULL, err);
  event.key = (billing_str){"r1", 2};
  event.event = (billing_str){"llm", 3};
  event.properties = (billing_str){"{\"tokens\":1200000}", 18};
  if (!rc) rc = billing_record(b, call, &event, 1, &receipt, err);
  if (failed("use", rc, err)) return 1;
  billing_decimal_format(&receipt.cost, cost);
  billing_decimal_format(&receipt.drawn, drawn);
  printf("cost %s USD, of which %s were prepaid\n\n", cost, drawn);
  return 0;
}

static int print(const char *what, int rc, billing_doc *doc,
                 const billing_error *err) {
  if (failed(what, rc, err)) return 1;
  printf("%s\n\n", billing_doc_text(doc));
  billing_doc_free(doc);
  return 0;
}

static int bill(billing *b, billing_call *call, billing_error *err) {
  static const char line[] = "{\"invoice\":\"INV-000001\",\"line\":1}";
  billing_progress done;
  billing_doc *doc = NULL;
  int rc;

  BILLING_INIT(&done);
  call->now_us = FEBRUARY;
  call->flags = BILLING_CALL_STEP;      /* a month in one step is meant */
  rc = billing_advance(b, call, FEBRUARY, 0, &done, err);
  if (!rc) rc = billing_invoice(b, call, "INV-000001", 10, "text", &doc, err);
  if (print("invoice", rc, doc, err)) return 1;
  rc = billing_explain(b, call, line, strlen(line), &doc, err);
  if (print("explain", rc, doc, err)) return 1;
  rc = billing_verify(b, call, &doc, err);
  return print("verify", rc, doc, err);
}

int main(void) {
  billing_error err;
  billing_call call;
  billing *b = NULL;
  int bad;

  BILLING_INIT(&err);
  BILLING_INIT(&call);
  call.tenant = (billing_str){"shop", 4};
  call.now_us = JANUARY;
  bad = failed("open", billing_open(&b, ":memory:", (size_t)-1, NULL, &err),
               &err);
  if (!bad)
    bad = failed("apply", billing_catalog_apply(b, &call, catalog,
                                                strlen(catalog), NULL, &err),
                 &err);
  if (!bad) bad = use(b, &call, &err) || bill(b, &call, &err);
  billing_close(b);
  return bad;
}
