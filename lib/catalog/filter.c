/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * filter.c - the filters of meters and prices:
 *
 *     {"property":"region","in":["eu","us"]}
 *     {"property":"tier","not_in":["free"]}
 *     {"property":"model","exists":true}
 *     {"property":"tokens","more_than":"100","at_most":"200"}
 *     {"property":"started","since":"2026-01-01","before":"2026-02-01"}
 *
 * A range without a property is about the event's own value or time.
 */
#include "catalog/field.h"

#define FILTER_VALUES_MOST 1000
#define FILTERS_MOST 100

typedef struct filter_draft {
  bl_filter filter;
  uint32_t  tests;         /* how many tests it names: one is right; the two
                              ends of a range are one */
  uint32_t  ends;          /* which ends of ranges it names */
} filter_draft;

static const char filter_hint[] =
  "one of \"in\":[..], \"not_in\":[..], \"exists\":true, \"exists\":false, a "
  "range of numbers and a range of times";

static int filter_values(const bl_reader *r, const bl_json *node,
                         bl_filter *filter) {
  const bl_json *item = bl_json_first(node);
  size_t count = 0;
  int rc = bl_value_array(r, node, 1, FILTER_VALUES_MOST, &count);

  if (rc) return rc;
  filter->values = bl_arena_array(r->arena, count, sizeof *filter->values);
  if (!filter->values) return bl_reader_nomem(r);
  for (size_t i = 0; !rc && i < count; i++, item = bl_json_next(item)) {
    bl_reader at = bl_reader_item(r, i);

    rc = bl_value_scalar(&at, item, &filter->values[i]);
  }
  filter->value_count = count;
  return rc;
}

static int filter_in(const bl_reader *r, const bl_field *field,
                     const bl_json *node, void *model) {
  filter_draft *draft = model;

  (void)field;
  draft->tests++;
  draft->filter.test = BL_FILTER_IN;
  return filter_values(r, node, &draft->filter);
}

static int filter_not_in(const bl_reader *r, const bl_field *field,
                         const bl_json *node, void *model) {
  filter_draft *draft = model;

  (void)field;
  draft->tests++;
  draft->filter.test = BL_FILTER_NOT_IN;
  return filter_values(r, node, &draft->filter);
}

static int filter_exists(const bl_reader *r, const bl_field *field,
                         const bl_json *node, void *model) {
  filter_draft *draft = model;
  int kind = bl_json_kind(node);

  (void)field;
  if (kind != BL_JSON_TRUE && kind != BL_JSON_FALSE)
    return bl_reader_fail(r, BILLING_INVALID, filter_hint,
                          "this is true or false");
  draft->tests++;
  draft->filter.test =
    kind == BL_JSON_TRUE ? BL_FILTER_EXISTS : BL_FILTER_ABSENT;
  return BILLING_OK;
}

/* ---- ranges ---- */

/* The ends, as bits: a range has one of the first two, and one of the last. */
enum { END_AT_LEAST = 1, END_MORE_THAN = 2, END_AT_MOST = 4,
       END_LESS_THAN = 8, END_SINCE = 16, END_BEFORE = 32 };

static void filter_note_end(filter_draft *draft, uint32_t end) {
  uint32_t kin = end < END_SINCE ? (uint32_t)END_SINCE - 1
                                 : (uint32_t)(END_SINCE | END_BEFORE);

  if (!(draft->ends & kin)) draft->tests++;
  draft->ends |= end;
  draft->filter.test = end < END_SINCE ? BL_FILTER_NUMBER : BL_FILTER_TIME;
}

/* field->low is the end. */
static int filter_number(const bl_reader *r, const bl_field *field,
                         const bl_json *node, void *model) {
  filter_draft *draft = model;
  uint32_t end = (uint32_t)field->low;
  bl_dec v = BL_DEC_ZERO;

  if (!bl_json_dec(node, &v))
    return bl_reader_fail(r, BILLING_INVALID, "such as \"100\" or \"-2.50\"",
                          "this is not an exact decimal");
  filter_note_end(draft, end);
  if (end & (END_AT_LEAST | END_MORE_THAN)) draft->filter.low = v;
  else draft->filter.high = v;
  if (end == END_MORE_THAN) draft->filter.bounds |= BL_FILTER_ABOVE;
  if (end == END_LESS_THAN) draft->filter.bounds |= BL_FILTER_BELOW;
  return BILLING_OK;
}

static int filter_time(const bl_reader *r, const bl_field *field,
                       const bl_json *node, void *model) {
  filter_draft *draft = model;
  uint32_t end = (uint32_t)field->low;
  int64_t us = 0;

  if (!bl_json_time(node, &us))
    return bl_reader_fail(r, BILLING_INVALID,
                          "RFC 3339 such as \"2026-01-31T00:00:00Z\", a date, "
                          "or microseconds",
                          "this is not a time");
  filter_note_end(draft, end);
  if (end == END_SINCE) draft->filter.times.from_us = us;
  else draft->filter.times.to_us = us;
  return BILLING_OK;
}

/* Whether two of the ends are on the same side. */
static int filter_is_double(uint32_t ends) {
  uint32_t low = END_AT_LEAST | END_MORE_THAN;
  uint32_t high = END_AT_MOST | END_LESS_THAN;

  return (ends & low) == low || (ends & high) == high;
}

static int filter_is_empty(const bl_filter *filter) {
  int order = bl_dec_cmp(filter->low, filter->high);

  if (filter->test == BL_FILTER_TIME) return bl_span_is_empty(filter->times);
  return order > 0 || (order == 0 && filter->bounds);
}

static int filter_check(const bl_reader *r, const filter_draft *draft) {
  bl_reader property = bl_reader_member(r, "property");
  int is_range = draft->filter.test >= BL_FILTER_NUMBER;

  if (draft->tests != 1)
    return bl_reader_fail(r, BILLING_INVALID, filter_hint,
                          draft->tests ? "a filter has one test, not several"
                                       : "a filter has a test");
  if (!draft->filter.property.len && !is_range)
    return bl_reader_fail(&property, BILLING_INVALID, NULL,
                          "a filter needs property");
  if (filter_is_double(draft->ends))
    return bl_reader_fail(r, BILLING_INVALID, NULL,
                          "a range has one lower and one upper end");
  if (is_range && filter_is_empty(&draft->filter))
    return bl_reader_fail(r, BILLING_INVALID, NULL,
                          "nothing lies in this range");
  return BILLING_OK;
}

static const bl_field filter_fields[] = {
  {.name = "property", .read = bl_value_id,
   .at = offsetof(filter_draft, filter.property)},
  {.name = "in", .read = filter_in},
  {.name = "not_in", .read = filter_not_in},
  {.name = "exists", .read = filter_exists},
  {.name = "at_least", .read = filter_number, .low = END_AT_LEAST},
  {.name = "more_than", .read = filter_number, .low = END_MORE_THAN},
  {.name = "at_most", .read = filter_number, .low = END_AT_MOST},
  {.name = "less_than", .read = filter_number, .low = END_LESS_THAN},
  {.name = "since", .read = filter_time, .low = END_SINCE},
  {.name = "before", .read = filter_time, .low = END_BEFORE},
};

static const bl_shape filter_shape = {
  "a filter", filter_fields, BL_COUNT(filter_fields)
};

static int filter_read(const bl_reader *r, const bl_json *doc,
                       bl_filter *out) {
  filter_draft draft = {.filter = {.low = bl_dec_neg(BL_DEC_MAX),
                                   .high = BL_DEC_MAX,
                                   .times = {INT64_MIN, INT64_MAX}}};
  int rc = bl_shape_read(&filter_shape, r, doc, 0, &draft);

  if (!rc) rc = filter_check(r, &draft);
  if (!rc) *out = draft.filter;
  return rc;
}

static const bl_field filter_name_fields[] = {
  {.name = "in", .read = filter_in},
  {.name = "not_in", .read = filter_not_in},
};

static const bl_shape filter_name_shape = {
  "a choice of events", filter_name_fields, BL_COUNT(filter_name_fields)
};

int bl_filter_read_names(const bl_reader *r, const bl_json *doc,
                         bl_filter *out) {
  filter_draft draft = {.tests = 0};
  int rc = bl_shape_read(&filter_name_shape, r, doc, 0, &draft);

  if (!rc && draft.tests != 1)
    rc = bl_reader_fail(r, BILLING_INVALID, NULL,
                        "name the events by one of in and not_in");
  if (!rc) *out = draft.filter;
  return rc;
}

int bl_value_filters(const bl_reader *r, const bl_field *field,
                     const bl_json *node, void *model) {
  const bl_json *item = bl_json_first(node);
  unsigned char *base = model;
  bl_filter *filters = NULL;
  size_t count = 0;
  int rc = bl_value_array(r, node, 0, FILTERS_MOST, &count);

  assert(r->arena);
  if (!rc && count) filters = bl_arena_array(r->arena, count, sizeof *filters);
  if (!rc && count && !filters) rc = bl_reader_nomem(r);
  for (size_t i = 0; !rc && i < count; i++, item = bl_json_next(item)) {
    bl_reader at = bl_reader_item(r, i);

    rc = filter_read(&at, item, &filters[i]);
  }
  if (rc) return rc;
  *(bl_filter **)(void *)(base + field->at) = filters;
  *(size_t *)(void *)(base + field->beside) = count;
  return BILLING_OK;
}

/* ---- two lists ---- */

static int filter_equals(const bl_filter *a, const bl_filter *b) {
  if (a->test != b->test || a->bounds != b->bounds ||
      a->value_count != b->value_count ||
      !bl_str_equal(a->property, b->property))
    return 0;
  for (size_t i = 0; i < a->value_count; i++)
    if (!bl_str_equal(a->values[i], b->values[i])) return 0;
  return bl_dec_equal(a->low, b->low) && bl_dec_equal(a->high, b->high) &&
         a->times.from_us == b->times.from_us &&
         a->times.to_us == b->times.to_us;
}

int bl_filters_equal(const bl_filter *a, size_t a_count, const bl_filter *b,
                     size_t b_count) {
  if (a_count != b_count) return 0;
  for (size_t i = 0; i < a_count; i++)
    if (!filter_equals(&a[i], &b[i])) return 0;
  return 1;
}

#undef FILTER_VALUES_MOST
#undef FILTERS_MOST
