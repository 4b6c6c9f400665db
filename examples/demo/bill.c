/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* bill.c - the end of the month: invoices, one line explained, the ledger. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "scenario.h"

#define SHOWN "INV-000042"

static int print_totals(demo *d) {
  static const char query[] = "{\"limit\":1000}";
  billing_decimal amount = {0, 0}, drawn = {0, 0}, due = {0, 0};
  billing_doc *page = NULL;
  slices invoice, total;

  if (!demo_ok(d, "list", billing_list(d->b, &d->call, "invoice", query,
                                       strlen(query), &page, &d->err)))
    return 0;
  slices_open(&invoice, slice_get(slice_of(page), "items"));
  while (slices_next(&invoice)) {
    slices_open(&total, slice_get(invoice.value, "totals"));
    while (slices_next(&total)) {
      if (!slice_is(slice_get(total.value, "asset"), "USD")) continue;
      demo_add(&amount, demo_decimal(slice_get(total.value, "amount")));
      demo_add(&drawn, demo_decimal(slice_get(total.value, "drawn")));
      demo_add(&due, demo_decimal(slice_get(total.value, "due")));
    }
  }
  billing_doc_free(page);
  demo_money("charged    ", amount, " USD with the fees\n");
  demo_money("prepaid    ", drawn, " USD\n");
  demo_money("due        ", due, " USD\n");
  return 1;
}

int demo_bill(demo *d) {
  billing_progress done;

  demo_step("The invoice run, 1 February 2026");
  if (!demo_advance(d, FEBRUARY, &done)) return 0;
  printf("%" PRIu64 " periods closed, %" PRIu64 " invoices, %" PRIu64
         " grants expired\n", done.periods, done.invoices, done.grants);
  if (!print_totals(d)) return 0;
  demo_step("One invoice");
  return demo_invoice(d, SHOWN);
}

static void print_member(billing_str row, const char *path) {
  buffer plain = {0};

  slice_plain(slice_get(row, path), &plain);
  printf("%s", plain.len ? plain.text : "-");
  buffer_free(&plain);
}

static void print_rows(billing_str rows, const char *const *words) {
  slices s;

  slices_open(&s, rows);
  while (slices_next(&s)) {
    for (int i = 0; words[i]; i += 2) {
      printf("%s", words[i]);
      if (words[i + 1]) print_member(s.value, words[i + 1]);
      else break;
    }
    printf("\n");
  }
}

int demo_explain(demo *d) {
  static const char query[] =
      "{\"invoice\":\"" SHOWN "\",\"line\":1,\"events\":3}";
  static const char *const tiers[] = {"tier ", "tier", ": ", "quantity",
                                      " at ", "unit", " = ", "amount", NULL};
  static const char *const draws[] = {"", "name", ": ", "amount", NULL};
  static const char *const events[] = {"event ", "key", " at ", "time",
                                       ": ", "amount", NULL};
  billing_doc *doc = NULL;

  demo_step("Where its first line comes from");
  if (!demo_ok(d, "explain", billing_explain(d->b, &d->call, query,
                                             strlen(query), &doc, &d->err)))
    return 0;
  print_rows(slice_get(slice_of(doc), "tiers"), tiers);
  print_rows(slice_get(slice_of(doc), "draws"), draws);
  print_rows(slice_get(slice_of(doc), "events"), events);
  printf("and so on, ");
  print_member(slice_of(doc), "event_count");
  printf(" events in all\n");
  billing_doc_free(doc);
  return 1;
}

/* ---- ledger ---- */

int demo_ledger(demo *d) {
  static const char *const accounts[] = {
      "funding", "promotion", "deferred", "credit", "unbilled", "receivable",
      "revenue", "breakage", "rounding", "family"};
  static const char query[] = "{\"asset\":\"USD\",\"limit\":1}";
  billing_decimal sum = {0, 0};
  billing_doc *doc = NULL;

  demo_step("The ledger");
  if (!demo_ok(d, "ledger", billing_ledger(d->b, &d->call, query,
                                           strlen(query), &doc, &d->err)))
    return 0;
  for (size_t i = 0; i < sizeof accounts / sizeof *accounts; i++) {
    billing_decimal balance = {0, 0};
    slices s;
    slices_open(&s, slice_get(slice_of(doc), "balances"));
    while (slices_next(&s))
      if (slice_is(slice_get(s.value, "account"), accounts[i]))
        demo_add(&balance, demo_decimal(slice_get(s.value, "balance")));
    printf("%-11s", accounts[i]);
    demo_money("", balance, " USD\n");
    demo_add(&sum, balance);
  }
  demo_money("sum        ", sum, " USD\n");
  billing_doc_free(doc);
  return 1;
}

#undef SHOWN
