/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * evaluate_book.c - a table of model prices, as one plan.
 *
 *     {"kernel":"price_book","id":"llm","meter":"tokens","percent":"20",
 *      "csv":"model,input,output\nm1,2.50,10\n"}
 *     -> {"plan":{"currency":"USD","id":"llm","prices":[{"groups":["model",
 *          "kind"],"id":"tokens","meter":"tokens","model":"matrix","rates":[
 *           {"price":{"model":"per_unit","per":"1000000","unit":"3"},
 *            "values":{"kind":"input","model":"m1"}}, ..]}]}}
 *
 * The first row names the kinds, the first column the models.  An empty cell
 * has no rate: what is used of it is refused and never free.
 */
#include "engine/evaluate.h"

typedef struct book_terms {
  bl_str         id;
  bl_str         meter;
  bl_str        *groups;           /* of models, of kinds */
  size_t         group_count;
  char           currency[16];
  bl_dec         per;
  bl_dec         percent;
  const bl_json *csv;
} book_terms;

static const bl_field book_fields[] = {
  BL_ASK_KERNEL,
  {.name = "id", .read = bl_value_id, .needed = BL_ALWAYS,
   .at = offsetof(book_terms, id)},
  {.name = "meter", .read = bl_value_id, .needed = BL_ALWAYS,
   .at = offsetof(book_terms, meter)},
  {.name = "groups", .read = bl_value_ids, .low = 2, .high = 2,
   .at = offsetof(book_terms, groups),
   .beside = offsetof(book_terms, group_count)},
  {.name = "currency", .read = bl_value_asset,
   .at = offsetof(book_terms, currency)},
  {.name = "per", .read = bl_value_positive,
   .at = offsetof(book_terms, per)},
  {.name = "percent", .read = bl_ask_dec,
   .at = offsetof(book_terms, percent)},
  {.name = "csv", .read = bl_ask_node, .needed = BL_ALWAYS,
   .at = offsetof(book_terms, csv)},
};

static const bl_shape book_shape = {
  "a request", book_fields, BL_COUNT(book_fields)
};

/* ---- the table ---- */

#define BOOK_COLUMNS 65

typedef struct book_reader {
  bl_ask  *ask;
  bl_str   left;
  int64_t  row;                    /* from 1 */
  bl_str   cell[BOOK_COLUMNS];
  size_t   cells;
} book_reader;

static int book_fail(const book_reader *b, const char *hint,
                     const char *what) {
  bl_reader at = bl_reader_member(&b->ask->top, "csv");

  return bl_reader_fail(&at, BILLING_INVALID, hint, "row %i: %s", b->row,
                        what);
}

/* A cell in quotes; a doubled quote stands for one. */
static int book_quoted(book_reader *b, bl_str *out) {
  bl_text text;
  size_t at = 1;

  bl_text_open(&text, b->ask->top.arena);
  for (; at < b->left.len; at++) {
    int is_quote = b->left.text[at] == '"';

    if (is_quote && at + 1 < b->left.len && b->left.text[at + 1] == '"') at++;
    else if (is_quote) break;
    bl_text_add(&text, b->left.text + at, 1);
  }
  if (text.failed) return bl_reader_nomem(&b->ask->top);
  if (at == b->left.len)
    return book_fail(b, "\"so\"", "a quote is not closed");
  *out = (bl_str){text.text ? text.text : "", text.len};
  b->left = (bl_str){b->left.text + at + 1, b->left.len - at - 1};
  return BILLING_OK;
}

static void book_plain(book_reader *b, bl_str *out) {
  size_t at = 0;

  while (at < b->left.len && !strchr(",\r\n", b->left.text[at])) at++;
  *out = (bl_str){b->left.text, at};
  b->left = (bl_str){b->left.text + at, b->left.len - at};
}

/* Steps over the end of a cell; 1 at the end of the row. */
static int book_ends(book_reader *b) {
  size_t skip = b->left.len > 0;
  int ends = !skip || b->left.text[0] != ',';

  if (skip && b->left.text[0] == '\r') skip += b->left.len > 1;
  b->left = (bl_str){b->left.text + skip, b->left.len - skip};
  return ends;
}

static int book_row(book_reader *b) {
  int rc = BILLING_OK, ends = 0;

  b->row++;
  for (b->cells = 0; !rc && !ends; b->cells++) {
    bl_str *cell = &b->cell[b->cells];

    if (b->cells == BOOK_COLUMNS)
      return book_fail(b, "at most 64 prices of a model",
                       "there are too many columns");
    if (b->left.len && b->left.text[0] == '"') rc = book_quoted(b, cell);
    else book_plain(b, cell);
    if (!rc && b->left.len && !strchr(",\r\n", b->left.text[0]))
      rc = book_fail(b, "a comma", "something stands behind a quote");
    if (!rc) ends = book_ends(b);
  }
  return rc;
}

/* ---- the plan ---- */

static int book_rate(const book_reader *b, const book_terms *terms,
                     bl_str kind, bl_str cell, bl_json *rates) {
  bl_dec unit = BL_DEC_BAD, hundred = bl_dec_of_int(100);
  bl_json *rate, *values, *price;

  if (bl_dec_parse(cell.text, cell.len, &unit) || bl_dec_sign(unit) < 0)
    return book_fail(b, "such as 2.50, or nothing", "this is not a price");
  if (!bl_catalog_id_is_valid(kind) || !bl_catalog_id_is_valid(b->cell[0]))
    return book_fail(b, "1 to 200 bytes", "a model or a kind has no name");
  rate   = bl_json_object(rates, NULL);
  values = bl_json_object(rate, "values");
  price  = bl_json_object(rate, "price");
  (void)bl_json_add(values, terms->groups[0], BL_JSON_TEXT, b->cell[0]);
  (void)bl_json_add(values, terms->groups[1], BL_JSON_TEXT, kind);
  (void)bl_json_add_c(price, "model", "per_unit");
  bl_ask_put(b->ask, price, "per", terms->per);
  bl_ask_put(b->ask, price, "unit",
             bl_dec_muldiv(unit, bl_dec_add(hundred, terms->percent),
                           hundred));
  return BILLING_OK;
}

static int book_rates(book_reader *b, const book_terms *terms,
                      bl_json *rates) {
  bl_str kinds[BOOK_COLUMNS];
  size_t columns;
  int rc = book_row(b);

  memcpy(kinds, b->cell, sizeof kinds);
  columns = b->cells;
  while (!rc && b->left.len) {
    rc = book_row(b);
    if (!rc && b->cells == 1 && !b->cell[0].len) continue;
    if (!rc && b->cells != columns)
      rc = book_fail(b, "as many as in the first", "the columns differ");
    for (size_t i = 1; !rc && i < columns; i++)
      if (b->cell[i].len) rc = book_rate(b, terms, kinds[i], b->cell[i],
                                         rates);
  }
  if (!rc && !bl_json_count(rates))
    rc = book_fail(b, "model,input,output", "there are no prices");
  return rc;
}

static bl_json *book_plan(bl_ask *ask, const book_terms *terms) {
  bl_json *plan = bl_json_object(ask->out, "plan"), *price, *groups;

  (void)bl_json_add_text(plan, "id", terms->id);
  (void)bl_json_add_c(plan, "currency", terms->currency);
  price = bl_json_object(bl_json_array(plan, "prices"), NULL);
  (void)bl_json_add_text(price, "id", terms->meter);
  (void)bl_json_add_text(price, "meter", terms->meter);
  (void)bl_json_add_c(price, "model", "matrix");
  groups = bl_json_array(price, "groups");
  (void)bl_json_add_text(groups, NULL, terms->groups[0]);
  (void)bl_json_add_text(groups, NULL, terms->groups[1]);
  return bl_json_array(price, "rates");
}

int bl_ask_price_book(bl_ask *ask) {
  bl_str usual[] = {BL_STR("model"), BL_STR("kind")};
  book_terms terms = {.groups = usual, .group_count = 2, .currency = "USD",
                      .per = bl_dec_of_int(1000000)};
  bl_reader at = bl_reader_member(&ask->top, "csv");
  book_reader b = {.ask = ask};
  int rc = bl_shape_read(&book_shape, &ask->top, ask->doc, 0, &terms);

  if (rc) return rc;
  if (bl_json_kind(terms.csv) != BL_JSON_TEXT)
    return bl_reader_fail(&at, BILLING_INVALID, "model,input,output and rows",
                          "this is not a text");
  b.left = bl_json_text(terms.csv);
  return book_rates(&b, &terms, book_plan(ask, &terms));
}

#undef BOOK_COLUMNS
