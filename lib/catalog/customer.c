/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * customer.c - who owes: an id, perhaps a name, and whatever else the host
 * keeps there.
 *
 *     {"id":"acme","name":"Acme Ltd","crm":{"owner":7}}
 */
#include "catalog/field.h"

typedef struct customer_draft {
  bl_str id;
  bl_str name;
  bl_str parent;
} customer_draft;

static const bl_field customer_fields[] = {
  {.name = "id", .read = bl_value_id, .needed = BL_ALWAYS,
   .at = offsetof(customer_draft, id)},
  {.name = "name", .read = bl_value_label, .high = BL_TEXT_MOST,
   .at = offsetof(customer_draft, name)},
  {.name = "parent", .read = bl_value_id,
   .at = offsetof(customer_draft, parent)},
};

static const bl_shape customer_shape = {
  "a customer", customer_fields, BL_COUNT(customer_fields)
};

int bl_catalog_read_customer(const bl_json *doc, const char *path,
                             bl_str *id, bl_str *name, bl_str *parent,
                             billing_error *err) {
  bl_reader r = bl_reader_top(path, NULL, err);
  customer_draft draft = {{"", 0}, {"", 0}, {"", 0}};
  int rc;

  assert(doc && id && name && parent);
  rc = bl_shape_read_open(&customer_shape, &r, doc, &draft);
  if (rc) return rc;
  *id   = draft.id;
  *name = draft.name;
  *parent = draft.parent;
  return BILLING_OK;
}

/* ---- limits, features and top-ups ---- */

static const bl_field customer_term_fields[] = {
  {.name = "limits", .read = bl_value_limits,
   .at = offsetof(bl_customer_terms, limits)},
  {.name = "features", .read = bl_value_features,
   .at = offsetof(bl_customer_terms, features)},
  {.name = "top_ups", .read = bl_value_top_ups,
   .at = offsetof(bl_customer_terms, top_ups)},
};

static const bl_shape customer_term_shape = {
  "a customer", customer_term_fields, BL_COUNT(customer_term_fields)
};

int bl_catalog_read_customer_terms(const bl_json *doc, const char *path,
                                   bl_arena *a, bl_customer_terms *out,
                                   billing_error *err) {
  bl_reader r = bl_reader_top(path, a, err);

  memset(out, 0, sizeof *out);
  return bl_shape_read_open(&customer_term_shape, &r, doc, out);
}

/* ---- aliases ---- */

#define CUSTOMER_ALIASES 2000

/* An instant: what an event's time is compared with. */
static int alias_time(const bl_reader *r, const bl_field *field,
                      const bl_json *node, void *model) {
  int64_t *us = (int64_t *)(void *)((unsigned char *)model + field->at);

  if (bl_json_time(node, us)) return BILLING_OK;
  return bl_reader_fail(r, BILLING_INVALID,
                        "RFC 3339, or microseconds since 1970",
                        "this is not a time");
}

static const bl_field alias_fields[] = {
  {.name = "id", .read = bl_value_id, .needed = BL_ALWAYS,
   .at = offsetof(bl_alias, id)},
  {.name = "from", .read = alias_time,
   .at = offsetof(bl_alias, span.from_us)},
  {.name = "to", .read = alias_time, .at = offsetof(bl_alias, span.to_us)},
};

static const bl_shape alias_shape = {
  "an alias", alias_fields, BL_COUNT(alias_fields)
};

/* "text", or {"id":"text","from":"2026-01-01","to":"2026-07-01"}. */
static int alias_read(const bl_reader *r, const bl_json *node,
                      bl_alias *out) {
  int rc;

  out->span = (bl_span){INT64_MIN, BL_TIME_NEVER};
  if (bl_json_kind(node) == BL_JSON_TEXT)
    return bl_value_id(r, &alias_fields[0], node, out);
  rc = bl_shape_read(&alias_shape, r, node, 0, out);
  if (rc || !bl_span_is_empty(out->span)) return rc;
  return bl_reader_fail(r, BILLING_INVALID, "a time after \"from\"",
                        "the alias ends before it begins");
}

static int alias_is_alone(const bl_reader *r, const bl_aliases *all,
                          const bl_alias *alias) {
  for (size_t i = 0; i < all->count; i++)
    if (bl_str_equal(all->item[i].id, alias->id) &&
        !bl_span_is_empty(bl_span_cut(all->item[i].span, alias->span)))
      return bl_reader_fail(r, BILLING_INVALID, "each alias once at a time",
                            "the alias is there twice");
  return BILLING_OK;
}

int bl_catalog_read_aliases(const bl_json *doc, const char *path, bl_arena *a,
                            bl_aliases *out, billing_error *err) {
  bl_reader top = bl_reader_top(path, a, err);
  bl_reader r = bl_reader_member(&top, "aliases");
  const bl_json *list = bl_json_get(doc, "aliases"), *item;
  size_t count = 0;
  int rc;

  memset(out, 0, sizeof *out);
  if (!list || bl_json_kind(list) == BL_JSON_NULL) return BILLING_OK;
  rc = bl_value_array(&r, list, 0, CUSTOMER_ALIASES, &count);
  if (rc) return rc;
  out->item = bl_arena_array(a, count + 1, sizeof *out->item);
  if (!out->item) return bl_reader_nomem(&r);
  item = bl_json_first(list);
  for (; out->count < count && !rc; item = bl_json_next(item)) {
    bl_reader at = bl_reader_item(&r, out->count);
    bl_alias *alias = &out->item[out->count];
    rc = alias_read(&at, item, alias);
    if (!rc) rc = alias_is_alone(&at, out, alias);
    out->count++;
  }
  return rc;
}

#undef CUSTOMER_ALIASES
