/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * 02_price.c - what would it cost?  First by the price alone, without any
 * database, then for a customer with a history.
 *
 *     cc 02_price.c $(pkg-config --cflags --libs billing) && ./a.out
 */
#include <billing.h>
#include <stdio.h>
#include <string.h>

/* 100 calls at 0.10, the next 900 at 0.08, and 0.05 from there on. */
#define TIERS                                                             \
  "\"tiers\":[{\"up_to\":\"100\",\"unit\":\"0.10\"},"                      \
  "{\"up_to\":\"1000\",\"unit\":\"0.08\"},{\"unit\":\"0.05\"}]"

static const char catalog[] =
    "{\"tenant\":{\"id\":\"shop\"},"
    " \"customers\":[{\"id\":\"acme\"}],"
    " \"meters\":[{\"id\":\"calls\",\"event\":\"call\","
    "   \"aggregation\":\"sum\"}],"
    " \"plans\":[{\"id\":\"api\",\"currency\":\"USD\",\"prices\":[{"
    "   \"id\":\"calls\",\"meter\":\"calls\",\"model\":\"graduated\"," TIERS
    "}]}],"
    " \"contracts\":[{\"id\":\"acme-1\",\"customer\":\"acme\","
    "   \"plan\":\"api\",\"start\":\"2026-01-01\"}]}";

static int failed(const char *what, int rc, const billing_error *err) {
  if (rc)
    fprintf(stderr, "%s: %s %s %s\n", what, billing_code_name(rc), err->path,
            err->message);
  return rc != BILLING_OK;
}

/* The kernel by itself: a document in, a document out. */
static int evaluate(billing_error *err) {
  static const char *const models[] = {"graduated", "volume"};
  char question[512];
  int bad = 0;

  for (int i = 0; i < 2 && !bad; i++) {
    billing_doc *answer = NULL;
    int len = snprintf(question, sizeof question,
                       "{\"kernel\":\"quote\",\"quantity\":\"1200\","
                       "\"price\":{\"model\":\"%s\",%s}}", models[i], TIERS);
    bad = failed("evaluate", billing_evaluate(NULL, question, (size_t)len,
                                              &answer, err), err);
    if (!bad)
      printf("1,200 calls, %s: %s\n", models[i], billing_doc_text(answer));
    billing_doc_free(answer);
  }
  return bad;
}

static void print_receipt(const char *what, const billing_receipt *r) {
  char cost[BILLING_DECIMAL_TEXT];

  billing_decimal_format(&r->cost, cost);
  printf("%s: %s %s\n", what, cost, r->asset);
}

/* The 60 calls after the first 90 cross a tier: 10 at 0.10, 50 at 0.08. */
static int quote(billing *b, const billing_call *call, billing_error *err) {
  billing_receipt receipt;
  billing_event event;
  int bad;

  BILLING_INIT(&receipt);
  BILLING_INIT(&event);
  event.key = (billing_str){"first", 5};
  event.customer = (billing_str){"acme", 4};
  event.event = (billing_str){"call", 4};
  event.flags = BILLING_EVENT_VALUE;
  bad = failed("decimal", billing_decimal_parse(&event.value, "90", 2), err);
  if (!bad)
    bad = failed("record", billing_record(b, call, &event, 1, &receipt, err),
                 err);
  if (!bad) print_receipt("90 calls were recorded", &receipt);
  if (!bad)
    bad = failed("decimal", billing_decimal_parse(&event.value, "60", 2),
                 err);
  if (!bad)
    bad = failed("quote", billing_quote(b, call, &event, &receipt, err), err);
  if (!bad) print_receipt("60 more would cost", &receipt);
  return bad;
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

  bad = evaluate(&err);
  if (!bad)
    bad = failed("open", billing_open(&b, ":memory:", (size_t)-1, NULL, &err),
                 &err);
  if (!bad)
    bad = failed("apply", billing_catalog_apply(b, &call, catalog,
                                                strlen(catalog), NULL, &err),
                 &err);
  if (!bad) bad = quote(b, &call, &err);
  billing_close(b);
  return bad;
}
