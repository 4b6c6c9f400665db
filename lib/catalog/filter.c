/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * filter.c - the filters of meters and prices:
 *
 *     {"property":"region","in":["eu","us"]}
 *     {"property":"tier","not_in":["free"]}
 *     {"property":"model","exists":true}
 */
#include "catalog/field.h"

#define FILTER_VALUES_MOST 1000
#define FILTERS_MOST 100

typedef struct filter_draft {
  bl_filter filter;
  uint32_t  tests;         /* how many tests it names: one is right */
  uint32_t  reserved;
} filter_draft;

static const char filter_hint[] =
  "one of \"in\":[..], \"not_in\":[..], \"exists\":true and \"exists\":false";

/* What a value is compared by: the text of a text, number or truth value. */
static int filter_text(const bl_reader *r, const bl_json *node, bl_str *out) {
  int kind = bl_json_kind(node);
  bl_str text = bl_json_text(node);

  if (kind == BL_JSON_TRUE) text = BL_STR("true");
  if (kind == BL_JSON_FALSE) text = BL_STR("false");
  if (!text.text)
    return bl_reader_fail(r, BILLING_INVALID, "a text, a number, true, false",
                          "events have no such value to compare with");
  *out = bl_arena_str(r->arena, text);
  return r->arena->failed ? bl_reader_nomem(r) : BILLING_OK;
}

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

    rc = filter_text(&at, item, &filter->values[i]);
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

static const bl_field filter_fields[] = {
  {.name = "property", .read = bl_value_id, .needed = BL_ALWAYS,
   .at = offsetof(filter_draft, filter.property)},
  {.name = "in", .read = filter_in},
  {.name = "not_in", .read = filter_not_in},
  {.name = "exists", .read = filter_exists},
};

static const bl_shape filter_shape = {
  "a filter", filter_fields, BL_COUNT(filter_fields)
};

static int filter_read(const bl_reader *r, const bl_json *doc,
                       bl_filter *out) {
  filter_draft draft = {0};
  int rc = bl_shape_read(&filter_shape, r, doc, 0, &draft);

  if (!rc && draft.tests != 1)
    rc = bl_reader_fail(r, BILLING_INVALID, filter_hint,
                        draft.tests ? "a filter has one test, not several"
                                    : "a filter has a test");
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

#undef FILTER_VALUES_MOST
#undef FILTERS_MOST
