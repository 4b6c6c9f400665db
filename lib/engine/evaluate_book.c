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
#include "base/csv.h"
#include "engine/evaluate.h"
#include "price/terms.h"

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
  bl_ask *ask;
  bl_str  left;
  int64_t row;                     /* from 1 */
  bl_csv  csv;
} book_reader;

static int book_fail(const book_reader *b, const char *hint,
                     const char *what) {
  bl_reader at = bl_reader_member(&b->ask->top, "csv");

  return bl_reader_fail(&at, BILLING_INVALID, hint, "row %i: %s", b->row,
                        what);
}

static bl_str book_cell(const book_reader *b, size_t column) {
  return b->csv.field[column].text;
}

/* Empty lines have no cells. */
static int book_row(book_reader *b) {
  int rc = bl_csv_row(&b->csv, b->left, 1);

  b->row++;
  if (rc == BILLING_NOMEM) return bl_reader_nomem(&b->ask->top);
  if (rc)
    return book_fail(b, "quotes around the whole cell, each quote in it twice",
                     b->csv.problem);
  b->left = (bl_str){b->left.text + b->csv.used, b->left.len - b->csv.used};
  if (b->csv.count <= BOOK_COLUMNS) return BILLING_OK;
  return book_fail(b, "at most 64 prices of a model",
                   "there are too many columns");
}

/* ---- the plan ---- */

static int book_rate(const book_reader *b, const book_terms *terms,
                     bl_str kind, bl_str cell, bl_json *rates) {
  bl_dec unit = BL_DEC_BAD;
  bl_json *rate, *values, *price;

  if (bl_dec_parse(cell.text, cell.len, &unit) || bl_dec_sign(unit) < 0)
    return book_fail(b, "such as 2.50, or nothing", "this is not a price");
  if (!bl_catalog_id_is_valid(kind) ||
      !bl_catalog_id_is_valid(book_cell(b, 0)))
    return book_fail(b, "1 to 200 bytes", "a model or a kind has no name");
  rate   = bl_json_object(rates, NULL);
  values = bl_json_object(rate, "values");
  price  = bl_json_object(rate, "price");
  (void)bl_json_add(values, terms->groups[0], BL_JSON_TEXT,
                    book_cell(b, 0));
  (void)bl_json_add(values, terms->groups[1], BL_JSON_TEXT, kind);
  (void)bl_json_add_c(price, "model", "per_unit");
  bl_ask_put(b->ask, price, "per", terms->per);
  bl_ask_put(b->ask, price, "unit", bl_mark_up(unit, terms->percent));
  return BILLING_OK;
}

/* The names of the kinds; how many columns there are. */
static int book_kinds(book_reader *b, bl_str kinds[BOOK_COLUMNS],
                      size_t *columns) {
  int rc = BILLING_OK;

  do rc = book_row(b);
  while (!rc && !b->csv.count && b->left.len);
  *columns = b->csv.count;
  for (size_t i = 0; !rc && i < *columns; i++) kinds[i] = book_cell(b, i);
  return rc;
}

static int book_rates(book_reader *b, const book_terms *terms,
                      bl_json *rates) {
  bl_str kinds[BOOK_COLUMNS];
  size_t columns;
  int rc = book_kinds(b, kinds, &columns);

  while (!rc && b->left.len) {
    rc = book_row(b);
    if (!rc && !b->csv.count) continue;
    if (!rc && b->csv.count != columns)
      rc = book_fail(b, "as many as in the first", "the columns differ");
    for (size_t i = 1; !rc && i < columns; i++)
      if (book_cell(b, i).len)
        rc = book_rate(b, terms, kinds[i], book_cell(b, i), rates);
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
  bl_csv_open(&b.csv, ask->top.arena);
  b.csv.separator = ',';
  b.csv.quote = '"';
  b.left = bl_json_text(terms.csv);
  return book_rates(&b, &terms, book_plan(ask, &terms));
}

#undef BOOK_COLUMNS
