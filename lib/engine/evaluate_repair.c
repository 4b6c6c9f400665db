/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * evaluate_repair.c - what was billed against what should be.
 *
 *     {"kernel":"repair","existing":[{"id":"a","from":"2014-01-01",
 *      "to":"2014-02-01","amount":"12","plan":"p"}],"proposed":[
 *      {"from":"2014-01-01","to":"2014-01-25","amount":"12","plan":"p"}]}
 *     -> {"items":[{"type":"repair","of":"a","amount":"-2.71",
 *         "from":"2014-01-25T00:00:00Z","to":"2014-02-01T00:00:00Z"}],
 *         "total":"-2.71", ..}
 *
 * evaluate_rebill.c runs it over events.
 */
#include "engine/evaluate_repair.h"

#include "base/sort.h"
#include "engine/evaluate_terms.h"
#include "invoice/invoice.h"

/* ---- shares and lines ---- */

bl_dec bl_mend_share(const bl_mend *m, const bl_billed *item, bl_span span) {
  int64_t numerator, denominator;
  int is_whole = span.from_us == item->span.from_us &&
                 span.to_us == item->span.to_us;

  if (is_whole) return item->amount;
  bl_share(m->proration, m->month_days, span, item->span, m->zone, &numerator,
           &denominator);
  return bl_round_due(bl_dec_mul(item->amount,
                                 bl_share_round(numerator, denominator, 9)),
                      BL_DEC_ZERO, m->places);
}

static int mend_line_order(const void *a, const void *b) {
  const bl_mend_line *x = a, *y = b;

  if (x->span.from_us != y->span.from_us)
    return x->span.from_us < y->span.from_us ? -1 : 1;
  if (x->is_repair != y->is_repair)
    return x->is_repair < y->is_repair ? -1 : 1;
  if (x->span.to_us != y->span.to_us)
    return x->span.to_us < y->span.to_us ? -1 : 1;
  return x->item < y->item ? -1 : x->item > y->item;
}

static size_t mend_rests(const bl_billed *list, size_t count) {
  size_t sum = 0;

  for (size_t i = 0; i < count; i++)
    for (const bl_rest *r = list[i].rest; r; r = r->next) sum++;
  return sum;
}

/* Takes back what is left of items; *left of each is what it may lose. */
static size_t mend_repairs(const bl_mend *m, bl_billed *items, size_t count,
                           bl_dec *left, bl_mend_line *lines) {
  size_t n = 0;

  for (size_t i = 0; i < count; i++) {
    if (bl_dec_is_zero(items[i].amount)) continue;
    for (const bl_rest *r = items[i].rest; r; r = r->next) {
      bl_dec back = bl_dec_min(bl_mend_share(m, &items[i], r->span), left[i]);

      left[i] = bl_dec_sub(left[i], back);
      lines[n++] = (bl_mend_line){r->span, bl_dec_neg(back), i, 1, 0};
    }
  }
  return n;
}

static size_t mend_charges(const bl_mend *m, const bl_billed *list,
                           size_t count, bl_mend_line *lines) {
  size_t n = 0;

  for (size_t i = 0; i < count; i++)
    for (const bl_rest *r = list[i].rest; r; r = r->next)
      lines[n++] = (bl_mend_line){
        r->span, list[i].is_cut ? bl_mend_share(m, &list[i], r->span)
                                : list[i].amount, i, 0, 0};
  return n;
}

int bl_mend_merge(const bl_mend *m, bl_billed *items, size_t count,
                  bl_dec *left, bl_billed *proposals, size_t proposed,
                  bl_mend_line **lines, size_t *line_count) {
  bl_arena *a = m->ask->top.arena;
  int rc = BILLING_OK;
  size_t n;

  if (bl_billed_twice(items, count)) {
    *lines = NULL;
    return BILLING_OK;
  }
  for (size_t i = 0; i < proposed && !rc; i++)
    rc = bl_billed_open(&proposals[i], a);
  if (!rc) rc = bl_billed_merge(items, count, proposals, proposed, a);
  if (!rc)
    *lines = bl_ask_array(m->ask, mend_rests(items, count) +
                                    mend_rests(proposals, proposed),
                          sizeof **lines);
  if (rc || !*lines) return bl_reader_nomem(&m->ask->top);
  n = mend_charges(m, proposals, proposed, *lines);
  n += mend_repairs(m, items, count, left, *lines + n);
  bl_sort(*lines, n, sizeof **lines, mend_line_order);
  *line_count = n;
  return BILLING_OK;
}

/* ---- items of a request ---- */

typedef struct mend_item {
  bl_str         id;
  bl_str         plan;
  bl_dec         amount;
  bl_dec         rate;           /* the bad value: the amount */
  bl_dec         adjusted;
  const bl_json *repairs;
  bl_ask_clock   from;
  bl_ask_clock   to;
} mend_item;

#define MEND_AT(member) offsetof(mend_item, member)
#define MEND_SPAN                                                         \
  {.name = "from", .read = bl_ask_wall, .needed = BL_ALWAYS,              \
   .at = MEND_AT(from)},                                                  \
  {.name = "to", .read = bl_ask_wall, .needed = BL_ALWAYS,                \
   .at = MEND_AT(to)}
static const bl_field mend_item_fields[] = {
  {.name = "id", .read = bl_value_label, .high = 200, .at = MEND_AT(id)},
  {.name = "plan", .read = bl_value_label, .high = 200, .at = MEND_AT(plan)},
  {.name = "amount", .read = bl_ask_dec, .needed = BL_ALWAYS,
   .at = MEND_AT(amount)},
  {.name = "rate", .read = bl_ask_dec, .at = MEND_AT(rate)},
  {.name = "adjusted", .read = bl_ask_dec, .at = MEND_AT(adjusted)},
  {.name = "repairs", .read = bl_ask_list, .at = MEND_AT(repairs)},
  MEND_SPAN
};
static const bl_field mend_repair_fields[] = {
  {.name = "amount", .read = bl_ask_dec, .at = MEND_AT(amount)}, MEND_SPAN
};
#undef MEND_SPAN
#undef MEND_AT

static const bl_shape mend_item_shape = {
  "an item", mend_item_fields, BL_COUNT(mend_item_fields)
};
static const bl_shape mend_repair_shape = {
  "a repair", mend_repair_fields, BL_COUNT(mend_repair_fields)
};

static bl_span mend_span(const bl_mend *m, const mend_item *item) {
  return (bl_span){bl_ask_instant(&item->from, m->zone),
                   bl_ask_instant(&item->to, m->zone)};
}

/* Cuts what was repaired out of an item; *is_out: a repair leaves it. */
static int mend_item_open(const bl_mend *m, const bl_reader *at,
                          const mend_item *item, bl_billed *out, bl_dec *left,
                          int *is_out) {
  static const mend_item start = {.id = {NULL, 0}};
  bl_reader above = bl_reader_member(at, "repairs");
  mend_item *repairs = NULL;
  size_t count = 0;
  int rc = bl_ask_items(m->ask, &above, item->repairs, &mend_repair_shape,
                        &start, sizeof start, &repairs, &count);

  *left = bl_dec_sub(item->amount, item->adjusted);
  *out = (bl_billed){.span = mend_span(m, item), .amount = item->amount,
                     .plan = item->plan,
                     .rate = bl_dec_is_bad(item->rate) ? item->amount
                                                       : item->rate};
  if (!rc) rc = bl_billed_open(out, m->ask->top.arena);
  for (size_t i = 0; i < count && !rc; i++) {
    bl_span span = mend_span(m, &repairs[i]);

    if (span.from_us < out->span.from_us || span.to_us > out->span.to_us)
      *is_out = 1;
    *left = bl_dec_sub(*left, repairs[i].amount);
    rc = bl_billed_cut(out, span, m->ask->top.arena);
  }
  return rc;
}

/* A list of items, with what they may still lose. */
typedef struct mend_list {
  mend_item *item;
  bl_billed *billed;
  bl_dec    *left;
  size_t     count;
  int        is_out;
} mend_list;

static int mend_read(const bl_mend *m, const char *name, const bl_json *node,
                     mend_list *out) {
  static const mend_item start = {.rate = {0, INT64_MIN}};
  bl_reader above = bl_reader_member(&m->ask->top, name);
  int rc = bl_ask_items(m->ask, &above, node, &mend_item_shape, &start,
                        sizeof start, &out->item, &out->count);

  if (!rc && out->count > BL_MEND_MOST)
    rc = bl_reader_fail(&above, BILLING_LIMIT, "1000",
                        "there are too many items");
  if (rc) return rc;
  out->billed = bl_ask_array(m->ask, out->count, sizeof *out->billed);
  out->left = bl_ask_array(m->ask, out->count, sizeof *out->left);
  if (!out->billed || !out->left) return bl_reader_nomem(&m->ask->top);
  for (size_t i = 0; i < out->count && !rc; i++) {
    bl_reader at = bl_reader_item(&above, i);
    rc = mend_item_open(m, &at, &out->item[i], &out->billed[i],
                        &out->left[i], &out->is_out);
  }
  return rc;
}

/* ---- answers ---- */

void bl_mend_put_span(bl_json *node, bl_span span) {
  (void)bl_json_add_time(node, "from", span.from_us);
  (void)bl_json_add_time(node, "to", span.to_us);
}

/* What stays of the items. */
static int mend_view(const bl_mend *m, const mend_list *list) {
  bl_json *node, *out;
  bl_mend_line *lines = bl_ask_array(m->ask, mend_rests(list->billed,
                                                        list->count),
                                     sizeof *lines);
  size_t n = 0;

  if (!lines) return bl_reader_nomem(&m->ask->top);
  for (size_t i = 0; i < list->count && !list->is_out; i++)
    for (const bl_rest *r = list->billed[i].rest; r; r = r->next)
      lines[n++] = (bl_mend_line){r->span,
                                  bl_mend_share(m, &list->billed[i], r->span),
                                  i, 0, 0};
  bl_sort(lines, n, sizeof *lines, mend_line_order);
  out = bl_json_array(m->ask->out, "stays");
  for (size_t i = 0; i < n; i++) {
    node = bl_json_object(out, NULL);
    (void)bl_json_add_text(node, "id", list->item[lines[i].item].id);
    bl_mend_put_span(node, lines[i].span);
    bl_ask_put(m->ask, node, "amount", lines[i].amount);
  }
  return BILLING_OK;
}

static void mend_put(const bl_mend *m, const mend_list *existing,
                     const mend_list *proposed, const bl_mend_line *lines,
                     size_t count) {
  bl_json *list = bl_json_array(m->ask->out, "items");
  bl_dec total = BL_DEC_ZERO;

  for (size_t i = 0; i < count; i++) {
    const bl_mend_line *line = &lines[i];
    const mend_item *item = line->is_repair ? &existing->item[line->item]
                                            : &proposed->item[line->item];
    bl_json *node = bl_json_object(list, NULL);

    (void)bl_json_add_c(node, "type", line->is_repair ? "repair" : "charge");
    (void)bl_json_add_text(node, line->is_repair ? "of" : "plan",
                           line->is_repair ? item->id : item->plan);
    bl_mend_put_span(node, line->span);
    bl_ask_put(m->ask, node, "amount", line->amount);
    total = bl_dec_add(total, line->amount);
  }
  bl_ask_put(m->ask, m->ask->out, "total", total);
}

/* ---- the kernel ---- */

typedef struct mend_terms {
  const bl_json *existing;
  const bl_json *proposed;
  bl_str         zone;
  bl_mend        mend;
} mend_terms;

int bl_ask_repair(bl_ask *ask) {
  static const bl_field fields[] = {
    BL_ASK_KERNEL,
    {.name = "existing", .read = bl_ask_list, .needed = BL_ALWAYS,
     .at = offsetof(mend_terms, existing)},
    {.name = "proposed", .read = bl_ask_list,
     .at = offsetof(mend_terms, proposed)},
    {.name = "zone", .read = bl_value_label, .high = 64,
     .at = offsetof(mend_terms, zone)},
    BL_MEND_FIELDS(mend_terms, mend)
  };
  static const bl_shape shape = {"a request", fields, BL_COUNT(fields)};
  mend_terms terms = {.mend = {.ask = ask, .places = 2, .month_days = 30,
                               .proration = BL_PRORATE_DAYS}};
  mend_list existing = {NULL, NULL, NULL, 0, 0};
  mend_list proposed = {NULL, NULL, NULL, 0, 0};
  bl_mend_line *lines = NULL;
  size_t count = 0;
  int rc = bl_shape_read(&shape, &ask->top, ask->doc, 0, &terms);

  if (!rc) rc = bl_ask_zone(ask, terms.zone, &terms.mend.zone);
  if (!rc) rc = mend_read(&terms.mend, "existing", terms.existing, &existing);
  if (!rc) rc = mend_read(&terms.mend, "proposed", terms.proposed, &proposed);
  if (!rc && !bl_billed_twice(existing.billed, existing.count))
    rc = mend_view(&terms.mend, &existing);
  if (!rc)
    rc = bl_mend_merge(&terms.mend, existing.billed, existing.count,
                       existing.left, proposed.billed, proposed.count,
                       &lines, &count);
  if (rc) return rc;
  (void)bl_json_add_bool(ask->out, "outside", existing.is_out);
  (void)bl_json_add_bool(ask->out, "twice", lines == NULL);
  if (lines && !existing.is_out)
    mend_put(&terms.mend, &existing, &proposed, lines, count);
  return BILLING_OK;
}
