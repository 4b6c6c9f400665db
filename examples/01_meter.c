/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * 01_meter.c - record what was used, and ask how much it was.
 *
 *     cc 01_meter.c $(pkg-config --cflags --libs billing) && ./a.out
 */
#include <billing.h>
#include <stdio.h>
#include <string.h>

/* What is sold is a document. */
static const char catalog[] =
    "{\"tenant\":{\"id\":\"shop\"},"
    " \"customers\":[{\"id\":\"acme\",\"name\":\"Acme GmbH\"}],"
    " \"meters\":[{\"id\":\"tokens\",\"event\":\"llm\","
    "   \"aggregation\":\"sum\",\"property\":\"tokens\","
    "   \"groups\":[\"model\"]}],"
    " \"plans\":[{\"id\":\"api\",\"currency\":\"USD\",\"prices\":[{"
    "   \"id\":\"tokens\",\"meter\":\"tokens\",\"model\":\"per_unit\","
    "   \"unit\":\"2.50\",\"per\":\"1000000\",\"groups\":[\"model\"]}]}],"
    " \"contracts\":[{\"id\":\"acme-1\",\"customer\":\"acme\","
    "   \"plan\":\"api\",\"start\":\"2026-01-01\"}]}";

/* What happened is a line each.  The second one was sent twice, as happens
 * when a network fails; its key makes it count once. */
static const char events[] =
    "{\"key\":\"r1\",\"customer\":\"acme\",\"event\":\"llm\","
    "\"time\":\"2026-01-05T10:00:00Z\","
    "\"properties\":{\"model\":\"small\",\"tokens\":1200}}\n"
    "{\"key\":\"r2\",\"customer\":\"acme\",\"event\":\"llm\","
    "\"time\":\"2026-01-05T10:00:01Z\","
    "\"properties\":{\"model\":\"large\",\"tokens\":800}}\n"
    "{\"key\":\"r2\",\"customer\":\"acme\",\"event\":\"llm\","
    "\"time\":\"2026-01-05T10:00:01Z\","
    "\"properties\":{\"model\":\"large\",\"tokens\":800}}\n"
    "{\"key\":\"r3\",\"customer\":\"acme\",\"event\":\"ping\"}\n";

static int failed(const char *what, int rc, const billing_error *err) {
  if (rc)
    fprintf(stderr, "%s: %s %s %s\n", what, billing_code_name(rc), err->path,
            err->message);
  return rc != BILLING_OK;
}

static void print_receipts(const billing_receipt *receipts, size_t count) {
  for (size_t i = 0; i < count; i++) {
    const billing_receipt *r = &receipts[i];
    char cost[BILLING_DECIMAL_TEXT];

    billing_decimal_format(&r->cost, cost);
    printf("event %zu: %s, cost %s %s%s\n", i + 1,
           r->status == BILLING_STATUS_NEW ? "new" : "counted before", cost,
           r->asset, r->flags & BILLING_RECEIPT_UNMATCHED
                         ? "(no meter wanted it)" : "");
  }
}

int main(void) {
  static const char query[] = "{\"customer\":\"acme\"}";
  billing_receipt receipts[4];
  billing_doc *usage = NULL;
  billing_error err;
  billing_call call;
  billing *b = NULL;
  size_t count = 0;
  int bad;

  BILLING_INIT(&err);
  BILLING_INIT(&call);
  for (int i = 0; i < 4; i++) BILLING_INIT(&receipts[i]);
  call.tenant = (billing_str){"shop", 4};
  /* 2026-01-05T12:00:00Z.  The library reads no clock: time is yours. */
  call.now_us = INT64_C(1767614400000000);

  bad = failed("open", billing_open(&b, ":memory:", (size_t)-1, NULL, &err),
               &err);
  if (!bad)
    bad = failed("apply", billing_catalog_apply(b, &call, catalog,
                                                strlen(catalog), NULL, &err),
                 &err);
  if (!bad)
    bad = failed("record", billing_record_text(b, &call, events,
                                               strlen(events), receipts, 4,
                                               &count, &err), &err);
  if (!bad) print_receipts(receipts, count);
  if (!bad)
    bad = failed("usage", billing_usage(b, &call, query, strlen(query),
                                        &usage, &err), &err);
  if (!bad) printf("usage: %s\n", billing_doc_text(usage));
  billing_doc_free(usage);
  billing_close(b);
  return bad;
}
