/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * page.c - the invoice for people: a page of at most 79 columns, made from
 * the canonical JSON and nothing else.
 *
 *   # Description                                             Service period
 *             Quantity             Amount       From credit              Due
 * --------------------------------------------------------------------------
 *   1 Input tokens                                  2026-01-01 to 2026-01-31
 *     model: m1
 *              1200000               2.40              2.00         0.40 USD
 * --------------------------------------------------------------------------
 *     Total                          2.40              2.00         0.40 USD
 *
 * A period that is made of whole days is shown by its first and last day, any
 * other by both instants.  Figures are exact and are never cut: those that are
 * too long for their column stand below each other.  Names are broken at
 * spaces, or at a character where there are none.  A column is one character,
 * whatever its width on a screen.
 */
#include "base/money.h"
#include "invoice/invoice.h"

#define PAGE_WIDTH  79
#define PAGE_INDENT 4
#define PAGE_LABEL  11           /* of the fields at the top */

typedef struct page {
  bl_text       *out;
  const bl_zone *zone;
  uint32_t       bad;            /* sticky: not an invoice of ours */
} page;

enum { PAGE_QUANTITY, PAGE_AMOUNT, PAGE_DRAWN, PAGE_DUE, PAGE_COLUMNS };

static const struct page_column {
  const char *name;
  size_t      width;             /* with the space before it */
} page_columns[PAGE_COLUMNS] = {
  {"Quantity", 17}, {"Amount", 19}, {"From credit", 19}, {"Due", 20},
};

typedef struct page_figure {
  char   text[96];               /* a decimal, padding zeros, an asset */
  size_t len;
} page_figure;

/* ---- reading the document ---- */

static const bl_json *page_get(page *p, const bl_json *object,
                               const char *key) {
  const bl_json *node = bl_json_get(object, key);
  if (!node) p->bad = 1;
  return node;
}

/* Empty for null: what was erased. */
static bl_str page_text(page *p, const bl_json *object, const char *key) {
  const bl_json *node = page_get(p, object, key);
  int kind = bl_json_kind(node);
  if (kind == BL_JSON_TEXT) return bl_json_text(node);
  if (kind != BL_JSON_NULL) p->bad = 1;
  return BL_STR("");
}

static bl_str page_integer(page *p, const bl_json *object, const char *key) {
  const bl_json *node = page_get(p, object, key);
  if (bl_json_kind(node) == BL_JSON_NUMBER) return bl_json_text(node);
  p->bad = 1;
  return BL_STR("");
}

static int64_t page_time(page *p, const bl_json *object, const char *key) {
  const bl_json *node = page_get(p, object, key);
  int64_t us = 0;
  if (!bl_json_time(node, &us)) p->bad = 1;
  return us;
}

static const bl_json *page_first(page *p, const bl_json *root,
                                 const char *key) {
  const bl_json *node = page_get(p, root, key);
  if (bl_json_kind(node) == BL_JSON_ARRAY) return bl_json_first(node);
  p->bad = 1;
  return NULL;
}

/* ---- rows ---- */

static size_t page_chars(bl_str s) {
  size_t count = 0;
  for (size_t i = 0; i < s.len; i++)
    count += ((unsigned char)s.text[i] & 0xC0) != 0x80;
  return count;
}

static void page_fill(page *p, size_t used, size_t width) {
  if (used < width) bl_text_fill(p->out, ' ', width - used);
}

/* A name may hold what would break the row. */
static void page_put(page *p, bl_str s) {
  for (size_t i = 0; i < s.len; i++) {
    unsigned char c = (unsigned char)s.text[i];
    bl_text_add(p->out, c < 0x20 || c == 0x7F ? " " : s.text + i, 1);
  }
}

static void page_rule(page *p) {
  bl_text_fill(p->out, '-', PAGE_WIDTH);
  bl_text_c(p->out, "\n");
}

/* Takes from *rest what fits into `width` columns: up to a space when there is
 * one, and at least one character. */
static bl_str page_take(bl_str *rest, size_t width) {
  bl_str row = {rest->text, 0};
  size_t chars = 0, space = 0, end = 0;
  assert(width > 0);

  for (; end < rest->len; end++) {
    int starts = ((unsigned char)rest->text[end] & 0xC0) != 0x80;
    if (rest->text[end] == ' ') space = end;
    if (starts && chars++ == width) break;
  }
  row.len = end < rest->len && space > 0 ? space : end;
  if (row.len) rest->text += row.len;     /* an empty one may be NULL */
  rest->len -= row.len;
  for (; rest->len && *rest->text == ' '; rest->len--) rest->text++;
  while (row.len && row.text[row.len - 1] == ' ') row.len--;
  return row;
}

/* Rows of text below each other, all indented. */
static void page_paragraph(page *p, bl_str s, size_t indent) {
  while (s.len) {
    bl_str row = page_take(&s, PAGE_WIDTH - indent);
    bl_text_fill(p->out, ' ', indent);
    page_put(p, row);
    bl_text_c(p->out, "\n");
  }
}

static void page_field(page *p, const char *label, bl_str value) {
  bl_str row = page_take(&value, PAGE_WIDTH - PAGE_LABEL);
  bl_text_c(p->out, label);
  page_fill(p, strlen(label), PAGE_LABEL);
  page_put(p, row);
  bl_text_c(p->out, "\n");
  page_paragraph(p, value, PAGE_LABEL);
}

/* ---- dates ---- */

static void page_digits(bl_text *t, int64_t v, int width) {
  char digits[4];
  assert(v >= 0 && width <= 4);
  for (int i = width; i > 0; i--, v /= 10)
    digits[i - 1] = (char)('0' + v % 10);
  bl_text_add(t, digits, (size_t)width);
}

static void page_day(bl_text *t, bl_date d) {
  page_digits(t, d.year, 4);
  bl_text_c(t, "-");
  page_digits(t, d.month, 2);
  bl_text_c(t, "-");
  page_digits(t, d.day, 2);
}

static void page_instant(bl_text *t, bl_civil c) {
  int64_t seconds = c.clock_us / BL_SECOND;
  page_day(t, c.date);
  bl_text_c(t, " ");
  page_digits(t, seconds / 3600, 2);
  bl_text_c(t, ":");
  page_digits(t, seconds / 60 % 60, 2);
  if (seconds % 60 == 0) return;
  bl_text_c(t, ":");
  page_digits(t, seconds % 60, 2);
}

static bl_civil page_local(page *p, int64_t us) {
  return bl_civil_of_us(bl_zone_to_local(p->zone, us));
}

/* "2026-01-01 to 2026-01-31": the last day, not the first that is free. */
static bl_str page_span(page *p, const bl_json *span) {
  bl_civil from = page_local(p, page_time(p, span, "from"));
  bl_civil to = page_local(p, page_time(p, span, "to"));
  int64_t last = bl_days_of_date(to.date) - 1;
  bl_text t;

  bl_text_open(&t, p->out->arena);
  if (from.clock_us || to.clock_us) {
    page_instant(&t, from);
    bl_text_c(&t, " to ");
    page_instant(&t, to);
  } else {
    page_day(&t, from.date);
    if (last > bl_days_of_date(from.date)) bl_text_c(&t, " to ");
    if (last > bl_days_of_date(from.date)) page_day(&t, bl_date_of_days(last));
  }
  p->out->failed |= t.failed;
  return t.failed ? BL_STR("") : (bl_str){t.text, t.len};
}

static bl_str page_date(page *p, int64_t us) {
  bl_text t;
  bl_text_open(&t, p->out->arena);
  page_day(&t, page_local(p, us).date);
  p->out->failed |= t.failed;
  return t.failed ? BL_STR("") : (bl_str){t.text, t.len};
}

/* ---- figures ---- */

/* The exact decimal, with zeros up to `places`. */
static void page_figure_of(page *p, const bl_json *object, const char *key,
                           int places, page_figure *out) {
  const bl_json *node = page_get(p, object, key);
  bl_dec v = BL_DEC_ZERO;
  const char *point;
  if (!bl_json_dec(node, &v)) p->bad = 1;
  out->len = bl_dec_print(v, out->text);
  point = memchr(out->text, '.', out->len);
  if (!point && places > 0) out->text[out->len++] = '.';
  if (point) places -= (int)(out->text + out->len - point - 1);
  for (; places > 0; places--) out->text[out->len++] = '0';
}

/* The currency's places; units of the tenant are printed as they are. */
static void page_figures_of(page *p, const bl_json *object,
                            page_figure out[PAGE_COLUMNS]) {
  bl_str asset = page_text(p, object, "asset");
  page_figure *due = &out[PAGE_DUE];
  char code[BL_ASSET_BYTES] = {0};
  int places = 0;
  if (bl_asset_set(code, asset)) p->bad = 1;
  else places = bl_asset_places(code);

  page_figure_of(p, object, "amount", places, &out[PAGE_AMOUNT]);
  page_figure_of(p, object, "drawn", places, &out[PAGE_DRAWN]);
  page_figure_of(p, object, "due", places, due);
  due->text[due->len++] = ' ';
  memcpy(due->text + due->len, code, strlen(code));
  due->len += strlen(code);
  assert(due->len <= sizeof due->text);
}

static int page_figures_fit(const page_figure f[PAGE_COLUMNS]) {
  int fit = f[0].len <= page_columns[0].width;
  for (size_t i = 1; i < PAGE_COLUMNS; i++)
    fit = fit && f[i].len < page_columns[i].width;
  return fit;
}

static void page_figures_across(page *p, const page_figure f[PAGE_COLUMNS]) {
  bl_text_fill(p->out, ' ', PAGE_INDENT);
  for (size_t i = 0; i < PAGE_COLUMNS; i++) {
    page_fill(p, f[i].len, page_columns[i].width);
    bl_text_add(p->out, f[i].text, f[i].len);
  }
  bl_text_c(p->out, "\n");
}

static void page_figures_below(page *p, const page_figure f[PAGE_COLUMNS],
                               size_t first) {
  for (size_t i = first; i < PAGE_COLUMNS; i++) {
    const char *name = page_columns[i].name;
    bl_text_fill(p->out, ' ', PAGE_INDENT);
    bl_text_c(p->out, name);
    page_fill(p, PAGE_INDENT + strlen(name) + f[i].len, PAGE_WIDTH);
    bl_text_add(p->out, f[i].text, f[i].len);
    bl_text_c(p->out, "\n");
  }
}

/* ---- lines ---- */

static void page_value(page *p, bl_text *t, const bl_json *value) {
  bl_str s = bl_json_text(value);
  if (s.text)
    bl_text_str(t, s);
  else if (bl_json_kind(value) == BL_JSON_NULL)
    bl_text_c(t, "-");
  else if (bl_json_print(value, t))
    p->out->failed = 1;
}

/* "model: m1, region: eu" */
static void page_group(page *p, const bl_json *group) {
  bl_text t;
  const bl_json *value = bl_json_first(group);
  bl_text_open(&t, p->out->arena);
  for (; value; value = bl_json_next(value)) {
    bl_text_c(&t, t.len ? ", " : "");
    bl_text_str(&t, bl_json_key(value));
    bl_text_c(&t, ": ");
    page_value(p, &t, value);
  }
  p->out->failed |= t.failed;
  page_paragraph(p, (bl_str){t.text, t.failed ? 0 : t.len}, PAGE_INDENT);
}

static int64_t page_divisor(int64_t a, int64_t b) {
  while (b) {
    int64_t rest = a % b;
    a = b;
    b = rest;
  }
  return a;
}

/* "share of the period: 407/743", which the document has in microseconds. */
static void page_share(page *p, const bl_json *share) {
  int64_t part = 0, whole = 0, divisor;
  bl_text t;
  if (!share) return;
  if (!bl_json_int(page_get(p, share, "numerator"), &part)) p->bad = 1;
  if (!bl_json_int(page_get(p, share, "denominator"), &whole)) p->bad = 1;
  if (part < 0 || whole <= 0) p->bad = 1;
  if (p->bad) return;
  divisor = page_divisor(part, whole);
  bl_text_open(&t, p->out->arena);
  bl_text_format(&t, "share of the period: %i/%i", part / divisor,
                 whole / divisor);
  p->out->failed |= t.failed;
  page_paragraph(p, (bl_str){t.text, t.failed ? 0 : t.len}, PAGE_INDENT);
}

/* "  1 Input tokens          2026-01-01 to 2026-01-31" */
static void page_title(page *p, bl_str number, bl_str name, bl_str period) {
  size_t used = number.len < 3 ? PAGE_INDENT : number.len + 1;
  bl_str row = page_take(&name, PAGE_WIDTH - used - period.len - 2);
  page_fill(p, number.len + 1, used);
  bl_text_str(p->out, number);
  bl_text_c(p->out, " ");
  page_put(p, row);
  page_fill(p, used + page_chars(row) + period.len, PAGE_WIDTH);
  bl_text_str(p->out, period);
  bl_text_c(p->out, "\n");
  page_paragraph(p, name, PAGE_INDENT);
}

/* "; at least 50.00": the bound of a line, if it has one. */
static void page_bound(page *p, const bl_json *line, bl_text *t) {
  int is_least = bl_json_get(line, "minimum") != NULL;
  bl_str asset = page_text(p, line, "asset");
  char code[BL_ASSET_BYTES] = {0};
  page_figure bound;

  if (!is_least && !bl_json_get(line, "maximum")) return;
  if (bl_asset_set(code, asset)) p->bad = 1;
  page_figure_of(p, line, is_least ? "minimum" : "maximum",
                 p->bad ? 0 : bl_asset_places(code), &bound);
  bl_text_c(t, is_least ? "; at least " : "; at most ");
  bl_text_add(t, bound.text, bound.len);
}

/* "spend on calls, storage; at least 50.00" */
static void page_counts(page *p, const bl_json *line) {
  const bl_json *of = bl_json_get(line, "of");
  bl_str kind = page_text(p, line, "kind");
  bl_text t;

  if (!of && !bl_str_is(kind, "minimum") && !bl_str_is(kind, "maximum"))
    return;
  bl_text_open(&t, p->out->arena);
  bl_text_c(&t, of ? "spend on " : "spend in all");
  for (of = bl_json_first(of); of; of = bl_json_next(of)) {
    page_value(p, &t, of);
    if (bl_json_next(of)) bl_text_c(&t, ", ");
  }
  page_bound(p, line, &t);
  p->out->failed |= t.failed;
  page_paragraph(p, (bl_str){t.text, t.failed ? 0 : t.len}, PAGE_INDENT);
}

/* "open on 1, 2, times 0.25"; "what is open is due on line 3". */
static void page_conversion(page *p, const bl_json *line) {
  const bl_json *of = bl_json_get(line, "lines");
  const bl_json *on = bl_json_get(line, "converted");
  int divides = bl_json_kind(bl_json_get(line, "inverse")) == BL_JSON_TRUE;
  page_figure rate;
  bl_text t;

  if (!of && !on) return;
  bl_text_open(&t, p->out->arena);
  bl_text_c(&t, of ? "open on line " : "what is open is due on line ");
  if (on) page_value(p, &t, on);
  for (of = bl_json_first(of); of; of = bl_json_next(of)) {
    page_value(p, &t, of);
    bl_text_c(&t, ", ");
  }
  if (!on) {
    page_figure_of(p, line, "rate", 0, &rate);
    bl_text_c(&t, divides ? "divided by " : "times ");
    bl_text_add(&t, rate.text, rate.len);
  }
  p->out->failed |= t.failed;
  page_paragraph(p, (bl_str){t.text, t.failed ? 0 : t.len}, PAGE_INDENT);
}

static void page_line(page *p, const bl_json *line) {
  bl_str number = page_integer(p, line, "line");
  bl_str name = page_text(p, line, "name");
  bl_str period = page_span(p, page_get(p, line, "service"));
  const bl_json *late = page_get(p, line, "late");
  page_figure figures[PAGE_COLUMNS];

  if (p->bad) return;
  page_title(p, number, name, period);
  page_group(p, bl_json_get(line, "group"));
  page_counts(p, line);
  page_share(p, bl_json_get(line, "proration"));
  page_conversion(p, line);
  if (bl_json_kind(late) == BL_JSON_TRUE)
    page_paragraph(p, BL_STR("late: this period was invoiced before"),
                   PAGE_INDENT);
  page_figure_of(p, line, "quantity", 0, &figures[PAGE_QUANTITY]);
  page_figures_of(p, line, figures);
  if (page_figures_fit(figures))
    page_figures_across(p, figures);
  else
    page_figures_below(p, figures, PAGE_QUANTITY);
}

static void page_total(page *p, const bl_json *total) {
  page_figure figures[PAGE_COLUMNS] = {{"Total", 5}};
  page_figures_of(p, total, figures);
  if (page_figures_fit(figures)) {
    /* The word stands at the left of its column. */
    memset(figures[0].text + 5, ' ', page_columns[0].width - 5);
    figures[0].len = page_columns[0].width;
    page_figures_across(p, figures);
  } else {
    page_paragraph(p, BL_STR("Total"), PAGE_INDENT);
    page_figures_below(p, figures, PAGE_AMOUNT);
  }
}

/* ---- the page ---- */

/* "Acme GmbH (acme)", or one of them, or what is left after erasure. */
static void page_customer(page *p, const bl_json *root) {
  bl_str id = page_text(p, root, "customer");
  bl_str name = page_text(p, root, "customer_name");
  bl_text t;
  bl_text_open(&t, p->out->arena);
  if (id.len && name.len)
    bl_text_format(&t, "%t (%t)", &name, &id);
  else if (id.len || name.len)
    bl_text_str(&t, id.len ? id : name);
  else
    bl_text_c(&t, "(erased)");
  p->out->failed |= t.failed;
  page_field(p, "Customer", (bl_str){t.text, t.failed ? 0 : t.len});
}

static void page_head(page *p, const bl_json *root) {
  if (bl_json_get(root, "draft"))
    page_field(p, "INVOICE", BL_STR("draft, not issued"));
  else
    page_field(p, "INVOICE", page_text(p, root, "number"));
  bl_text_c(p->out, "\n");
  page_customer(p, root);
  page_field(p, "Contract", page_text(p, root, "contract"));
  page_field(p, "Period", page_span(p, page_get(p, root, "period")));
  page_field(p, "Issued", page_date(p, page_time(p, root, "issued")));
  page_field(p, "Time zone", bl_zone_name(p->zone));
  bl_text_c(p->out, "\n");
}

static void page_columns_head(page *p) {
  page_figure names[PAGE_COLUMNS];
  for (size_t i = 0; i < PAGE_COLUMNS; i++) {
    names[i].len = strlen(page_columns[i].name);
    memcpy(names[i].text, page_columns[i].name, names[i].len);
  }
  page_title(p, BL_STR("#"), BL_STR("Description"), BL_STR("Service period"));
  page_figures_across(p, names);
  page_rule(p);
}

int bl_invoice_text(const bl_json *invoice, const bl_zone *zone,
                    bl_text *out) {
  page p = {out, zone, 0};
  const bl_json *line, *total;
  assert(invoice && zone);

  page_head(&p, invoice);
  line = page_first(&p, invoice, "lines");
  total = page_first(&p, invoice, "totals");
  if (line) page_columns_head(&p);
  else bl_text_c(out, "Nothing was charged.\n");
  for (; line && !p.bad; line = bl_json_next(line)) page_line(&p, line);
  if (total) page_rule(&p);
  for (; total && !p.bad; total = bl_json_next(total)) page_total(&p, total);
  if (out->failed) return BILLING_NOMEM;
  return p.bad ? BILLING_INVALID : BILLING_OK;
}

#undef PAGE_WIDTH
#undef PAGE_INDENT
#undef PAGE_LABEL
