/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * books.c - the ledger for other book-keepers: hledger, beancount, CSV, or a
 * JSON object a line.
 *
 *     2026-01-05 events  ; seq:9
 *         liabilities:deferred  0.10 USD  ; customer:acme
 *         assets:unbilled  0.15 USD  ; customer:acme
 *         income:revenue  -0.25 USD  ; customer:acme
 *
 * What one entry of the journal posts is one transaction.  Whose a posting is
 * stands beside it: as a tag, or as metadata.  Dates are UTC's.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../parts/progress.h"
#include "../parts/slice.h"
#include "event.h"

#define PAGE 1000

/* An account's place in the tree of each book-keeper. */
typedef struct book_account {
  const char *name;
  const char *hledger;
  const char *beancount;
} book_account;

static const book_account book_accounts[] = {
    {"deferred", "liabilities:deferred", "Liabilities:Deferred"},
    {"credit", "liabilities:credit", "Liabilities:Credit"},
    {"unbilled", "assets:unbilled", "Assets:Unbilled"},
    {"receivable", "assets:receivable", "Assets:Receivable"},
    {"revenue", "income:revenue", "Income:Revenue"},
    {"funding", "assets:funding", "Assets:Funding"},
    {"promotion", "expenses:promotion", "Expenses:Promotion"},
    {"breakage", "income:breakage", "Income:Breakage"},
    {"rounding", "expenses:rounding", "Expenses:Rounding"},
    {"tax", "liabilities:tax", "Liabilities:Tax"},
    {"exchange", "equity:exchange", "Equity:Exchange"},
    {"family", "equity:family", "Equity:Family"},
    {"", "equity:other", "Equity:Other"}};     /* of a newer library */
#define ACCOUNTS (sizeof book_accounts / sizeof *book_accounts)

typedef struct book book;

/* A way to write: what stands in front, and a posting. */
typedef struct book_format {
  const char *name;
  void      (*open)(book *k);
  void      (*add)(book *k, billing_str posting);
} book_format;

struct book {
  cli        *c;
  const char *customer;
  const char *from;
  const char *to;
  const book_format *format;
  progress    progress;
  uint64_t    count;
  buffer      seq;             /* of the transaction under way */
  buffer      after;           /* where the next page begins */
  buffer      group;           /* its lines; assets are declared before */
  buffer      text;            /* what is to be printed */
  buffer      cell;
  buffer      asset;
  buffer      asset_list;      /* that were named, with spaces around */
};

#define BOOK_TEXTS(k)                                                    \
  {&(k)->seq,  &(k)->after, &(k)->group, &(k)->text,                       \
   &(k)->cell, &(k)->asset, &(k)->asset_list}

static int is_book_failed(book *k) {
  const buffer *const all[] = BOOK_TEXTS(k);
  int failed = 0;

  for (size_t i = 0; i < sizeof all / sizeof *all; i++)
    failed |= all[i]->failed;
  return failed;
}

static void book_free(book *k) {
  buffer *const all[] = BOOK_TEXTS(k);

  for (size_t i = 0; i < sizeof all / sizeof *all; i++) buffer_free(all[i]);
}

/* What stands in a text, also when it could not grow at all. */
static const char *written(const buffer *text) {
  return text->text ? text->text : "";
}

/* A member as a person reads it, until the next one. */
static const char *book_get(book *k, billing_str posting, const char *name) {
  buffer_empty(&k->cell);
  slice_plain(slice_get(posting, name), &k->cell);
  return written(&k->cell);
}

static const book_account *book_account_of(book *k, billing_str posting) {
  const char *name = book_get(k, posting, "account");

  size_t at = 0;

  while (at + 1 < ACCOUNTS && strcmp(book_accounts[at].name, name)) at++;
  return &book_accounts[at];
}

static void end_group(book *k) {
  if (k->group.len) buffer_add(&k->text, k->group.text, k->group.len);
  buffer_empty(&k->group);
}

/* Whether the posting begins another transaction. */
static int is_next_group(book *k, billing_str posting) {
  const char *seq = book_get(k, posting, "seq");

  if (k->seq.len && !strcmp(written(&k->seq), seq)) return 0;
  end_group(k);
  buffer_empty(&k->seq);
  buffer_c(&k->seq, seq);
  return 1;
}

static void add_day(book *k, billing_str posting) {
  buffer_add(&k->group, book_get(k, posting, "at"), strlen("2026-01-05"));
}

/* Whether the asset was not named before, and how it is written. */
static int is_new_asset(book *k, const char *asset) {
  buffer_empty(&k->cell);
  buffer_c(&k->cell, " ");
  buffer_c(&k->cell, asset);
  buffer_c(&k->cell, " ");
  if (!k->asset_list.len) buffer_c(&k->asset_list, " ");
  if (strstr(written(&k->asset_list), written(&k->cell))) return 0;
  buffer_c(&k->asset_list, asset);
  buffer_c(&k->asset_list, " ");
  return 1;
}

/* ---- hledger ---- */

static void open_hledger(book *k) {
  buffer_c(&k->text, "decimal-mark .\n");
  for (size_t i = 0; i < ACCOUNTS; i++) {
    buffer_c(&k->text, "account ");
    buffer_c(&k->text, book_accounts[i].hledger);
    buffer_c(&k->text, "\n");
  }
}

/* Units stand in quotes, unless they are all letters. */
static const char *hledger_asset(book *k, billing_str posting) {
  const char *name = book_get(k, posting, "asset");
  int is_plain = name[strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                   "abcdefghijklmnopqrstuvwxyz")] == '\0';

  buffer_empty(&k->asset);
  buffer_c(&k->asset, is_plain ? "" : "\"");
  buffer_c(&k->asset, name);
  buffer_c(&k->asset, is_plain ? "" : "\"");
  return written(&k->asset);
}

/* A tag's value ends at a comma, and a comment with its line. */
static void add_tag(book *k, const char *value) {
  static const char hex[] = "0123456789ABCDEF";

  for (; *value; value++) {
    unsigned char byte = (unsigned char)*value;
    char coded[3] = {'%', hex[byte >> 4], hex[byte & 15]};
    if (byte < ' ' || byte == ',' || byte == '%')
      buffer_add(&k->group, coded, 3);
    else
      buffer_add(&k->group, value, 1);
  }
}

static void add_hledger(book *k, billing_str posting) {
  const book_account *account = book_account_of(k, posting);
  const char *asset = hledger_asset(k, posting);
  int is_next = is_next_group(k, posting);

  if (is_new_asset(k, asset)) {
    buffer_c(&k->text, "\ncommodity 1.000000000000000000 ");
    buffer_c(&k->text, asset);
    buffer_c(&k->text, "\n");
  }
  if (is_next) {
    buffer_c(&k->group, "\n");
    add_day(k, posting);
    buffer_c(&k->group, " ");
    buffer_c(&k->group, book_get(k, posting, "cause"));
    buffer_c(&k->group, "  ; seq:");
    buffer_c(&k->group, written(&k->seq));
    buffer_c(&k->group, "\n");
  }
  buffer_c(&k->group, "    ");
  buffer_c(&k->group, account->hledger);
  buffer_c(&k->group, "  ");
  buffer_c(&k->group, book_get(k, posting, "amount"));
  buffer_c(&k->group, " ");
  buffer_c(&k->group, asset);
  if (*book_get(k, posting, "customer")) {
    buffer_c(&k->group, "  ; customer:");
    add_tag(k, written(&k->cell));
  }
  buffer_c(&k->group, "\n");
}

/* ---- beancount ---- */

static void open_beancount(book *k) {
  for (size_t i = 0; i < ACCOUNTS; i++) {
    buffer_c(&k->text, "1970-01-01 open ");
    buffer_c(&k->text, book_accounts[i].beancount);
    buffer_c(&k->text, "\n");
  }
}

/* Commodities are in capitals; what is not all in them gets "U." in front, so
 * that a unit is never taken for a currency. */
static const char *beancount_asset(book *k, billing_str posting) {
  const char *name = book_get(k, posting, "asset");
  int is_code = name[strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")] == '\0' &&
                strlen(name) > 1;

  buffer_empty(&k->asset);
  if (!is_code) buffer_c(&k->asset, "U.");
  for (; *name; name++) {
    char upper = *name >= 'a' && *name <= 'z' ? (char)(*name - 32) : *name;
    buffer_add(&k->asset, &upper, 1);
  }
  return written(&k->asset);
}

static void add_beancount(book *k, billing_str posting) {
  const book_account *account = book_account_of(k, posting);
  const char *asset = beancount_asset(k, posting);

  if (is_next_group(k, posting)) {
    buffer_c(&k->group, "\n");
    add_day(k, posting);
    buffer_c(&k->group, " * \"");
    buffer_c(&k->group, book_get(k, posting, "cause"));
    buffer_c(&k->group, "\"\n  seq: ");
    buffer_c(&k->group, written(&k->seq));
    buffer_c(&k->group, "\n");
  }
  buffer_c(&k->group, "  ");
  buffer_c(&k->group, account->beancount);
  buffer_c(&k->group, "  ");
  buffer_c(&k->group, book_get(k, posting, "amount"));
  buffer_c(&k->group, " ");
  buffer_c(&k->group, asset);
  buffer_c(&k->group, "\n");
  if (*book_get(k, posting, "customer")) {
    buffer_c(&k->group, "    customer: ");
    buffer_quoted(&k->group, k->cell.text, k->cell.len);
    buffer_c(&k->group, "\n");
  }
}

/* ---- rows ---- */

static const char *const book_columns[] = {
    "number", "seq", "at", "customer", "account", "asset", "amount", "cause"};
#define COLUMNS (sizeof book_columns / sizeof *book_columns)

static void open_csv(book *k) {
  for (size_t i = 0; i < COLUMNS; i++) {
    buffer_c(&k->text, i ? "," : "");
    buffer_c(&k->text, book_columns[i]);
  }
  buffer_c(&k->text, "\r\n");
}

static void add_csv(book *k, billing_str posting) {
  for (size_t i = 0; i < COLUMNS; i++) {
    const char *at = book_get(k, posting, book_columns[i]);
    int is_quoted = at[strcspn(at, ",\"\r\n")] != '\0';
    buffer_c(&k->text, i ? "," : "");
    buffer_c(&k->text, is_quoted ? "\"" : "");
    for (; *at; at++) buffer_add(&k->text, *at == '"' ? "\"\"" : at,
                                 *at == '"' ? 2 : 1);
    buffer_c(&k->text, is_quoted ? "\"" : "");
  }
  buffer_c(&k->text, "\r\n");
}

static void open_ndjson(book *k) {
  (void)k;
}

static void add_ndjson(book *k, billing_str posting) {
  buffer_add(&k->text, posting.text, posting.len);
  buffer_c(&k->text, "\n");
}

/* ---- pages ---- */

static const book_format book_formats[] = {
    {"ndjson", open_ndjson, add_ndjson},
    {"csv", open_csv, add_csv},
    {"hledger", open_hledger, add_hledger},
    {"beancount", open_beancount, add_beancount}};

static int print_text(book *k) {
  if (is_book_failed(k))
    return cli_usage(k->c, "there is no memory", "output");
  if (k->text.len &&
      fwrite(k->text.text, 1, k->text.len, stdout) != k->text.len)
    return cli_usage(k->c, "standard output", strerror(errno));
  buffer_empty(&k->text);
  return CLI_OK;
}

static int print_postings(book *k, const billing_doc *doc) {
  slices posting;
  int rc = CLI_OK;

  slices_open(&posting, slice_get(slice_of(doc), "postings"));
  while (!rc && slices_next(&posting)) {
    k->format->add(k, posting.value);
    rc = print_text(k);
    k->count++;
  }
  progress_show(&k->progress, 0, k->count);
  buffer_empty(&k->after);
  slice_plain(slice_get(slice_of(doc), "next"), &k->after);
  return rc ? rc : print_text(k);
}

static int read_postings(book *k, billing_doc **doc) {
  cli *c = k->c;
  buffer query = {0};
  int rc;

  json_open(&query);
  if (k->after.len) json_text(&query, "after", k->after.text);
  if (k->customer) json_text(&query, "customer", k->customer);
  if (k->from) json_text(&query, "from", k->from);
  json_u64(&query, "limit", PAGE);
  if (k->to) json_text(&query, "to", k->to);
  json_close(&query);
  do {
    rc = billing_ledger(c->b, cli_call(c, NULL, 0), query.text, query.len,
                        doc, &c->err);
  } while (cli_again(c, rc));
  buffer_free(&query);
  return rc ? cli_fail(c, rc) : CLI_OK;
}

static int print_book(book *k) {
  billing_doc *doc = NULL;
  int rc;

  k->format->open(k);
  do {
    rc = read_postings(k, &doc);
    if (rc) return rc;
    rc = print_postings(k, doc);
    billing_doc_free(doc);
  } while (!rc && k->after.len);
  end_group(k);
  return rc ? rc : print_text(k);
}

int cli_export_ledger(cli *c, const char *format, const char *customer,
                      const char *from, const char *to) {
  book k = {.c = c, .customer = customer, .from = from, .to = to};
  size_t count = sizeof book_formats / sizeof *book_formats;
  int rc;

  for (size_t i = 0; i < count; i++)
    if (!strcmp(format, book_formats[i].name)) k.format = &book_formats[i];
  if (!k.format)
    return cli_usage(c, "the format is ndjson, csv, hledger or beancount",
                     format);
  progress_open(&k.progress, "export", 0);
  rc = print_book(&k);
  progress_close(&k.progress);
  book_free(&k);
  return rc;
}

#undef PAGE
#undef BOOK_TEXTS
#undef ACCOUNTS
#undef COLUMNS
