/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * demo.c - `demo` bills a month of 100 customers; `demo FILE.csv` bills a
 * trace of requests to a language model.  Both work on a SQLite file in a
 * temporary folder and leave nothing behind.
 */
#include "demo.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

int demo_ok(demo *d, const char *what, int rc) {
  if (!rc) return 1;
  fprintf(stderr, "%s: %s %s %s\n", what, billing_code_name(rc), d->err.path,
          d->err.message);
  return 0;
}

void demo_step(const char *title) {
  printf("\n== %s\n\n", title);
  fflush(stdout);
}

/* With commas, and at least `places` decimals. */
static void print_decimal(billing_decimal value, int places) {
  char text[BILLING_DECIMAL_TEXT];
  size_t len = billing_decimal_format(&value, text);
  const char *point = strchr(text, '.');
  size_t whole = point ? (size_t)(point - text) : len;
  size_t sign = text[0] == '-';

  for (size_t i = 0; i < whole; i++) {
    if (i > sign && (whole - i) % 3 == 0) putchar(',');
    putchar(text[i]);
  }
  if (!point && places) putchar('.');
  if (point) printf("%s", point);
  for (size_t i = point ? len - whole - 1 : 0; i < (size_t)places; i++)
    putchar('0');
}

void demo_money(const char *before, billing_decimal amount,
                const char *after) {
  printf("%s", before);
  print_decimal(amount, 2);
  printf("%s", after);
}

void demo_units(const char *before, billing_decimal amount,
                const char *after) {
  printf("%s", before);
  print_decimal(amount, 0);
  printf("%s", after);
}

void demo_add(billing_decimal *sum, billing_decimal more) {
  uint64_t high = (uint64_t)sum->hi + (uint64_t)more.hi;

  sum->lo += more.lo;
  sum->hi = (int64_t)(high + (sum->lo < more.lo));
}

billing_decimal demo_decimal(billing_str json) {
  billing_decimal value = {0, 0};
  buffer plain = {0};

  slice_plain(json, &plain);
  if (plain.len) billing_decimal_parse(&value, plain.text, plain.len);
  buffer_free(&plain);
  return value;
}

double demo_seconds(void) {
  struct timespec now;

  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

int demo_advance(demo *d, int64_t until_us, billing_progress *done) {
  BILLING_INIT(done);
  d->call.now_us = until_us;
  d->call.flags = BILLING_CALL_STEP;
  return demo_ok(d, "advance", billing_advance(d->b, &d->call, until_us, 0,
                                               done, &d->err));
}

int demo_invoice(demo *d, const char *number) {
  billing_doc *doc = NULL;

  if (!demo_ok(d, "invoice", billing_invoice(d->b, &d->call, number,
                                             (size_t)-1, "text", &doc,
                                             &d->err)))
    return 0;
  printf("%s", billing_doc_text(doc));
  billing_doc_free(doc);
  return 1;
}

int demo_verify(demo *d) {
  billing_doc *doc = NULL;
  billing_str found;
  int is_sound;

  demo_step("Verify");
  if (!demo_ok(d, "verify", billing_verify(d->b, &d->call, &doc, &d->err)))
    return 0;
  found = slice_of(doc);
  is_sound = slice_is(slice_get(found, "ok"), "true");
  printf("journal, ledger and tables: %s; %.*s events, %.*s invoices\n",
         is_sound ? "sound" : "NOT SOUND",
         (int)slice_get(found, "events").len, slice_get(found, "events").text,
         (int)slice_get(found, "invoices").len,
         slice_get(found, "invoices").text);
  billing_doc_free(doc);
  return is_sound;
}

static int open_demo(demo *d) {
  /* A fixed secret: the journal is the same, byte by byte, in every run. */
  static const char secret[] = "0123456789abcdef0123456789abcdef";
  const char *base = getenv("TMPDIR");
  billing_options options;

  memset(d, 0, sizeof *d);
  BILLING_INIT(&d->err);
  BILLING_INIT(&d->call);
  BILLING_INIT(&options);
  options.secret = (billing_str){secret, 32};
  d->call.tenant = (billing_str){"demo", 4};
  if (!base || strlen(base) > 40) base = "/tmp";
  snprintf(d->folder, sizeof d->folder, "%s/billing-XXXXXX", base);
  if (!mkdtemp(d->folder)) {
    perror(d->folder);
    return 0;
  }
  snprintf(d->path, sizeof d->path, "%s/demo.db", d->folder);
  return demo_ok(d, "open", billing_open(&d->b, d->path, (size_t)-1,
                                         &options, &d->err));
}

static void close_demo(demo *d) {
  static const char *const ends[] = {"", "-wal", "-shm"};
  char path[sizeof d->path + 8];

  billing_close(d->b);
  for (int i = 0; i < 3; i++) {
    snprintf(path, sizeof path, "%s%s", d->path, ends[i]);
    remove(path);
  }
  rmdir(d->folder);
}

int main(int argc, char **argv) {
  demo d;
  int good;

  if (argc > 2) {
    fprintf(stderr, "usage: demo [TRACE.csv]\n");
    return 2;
  }
  good = open_demo(&d);
  if (good) good = argc == 2 ? demo_trace(&d, argv[1]) : demo_month(&d);
  close_demo(&d);
  return good ? 0 : 1;
}
