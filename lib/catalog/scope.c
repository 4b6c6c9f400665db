/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * scope.c - what a grant may pay for, and at which rate.  A member that is
 * left out does not restrict.
 *
 *     {"meters":["tokens"]} pays for every price of that meter
 *     {"tags":["llm"]} for every price with this tag
 *     {"any":[{"price":"tokens","values":{"model":"m1"}}]} for one model
 *     {"rate":"commit"} pays the commit rate of prices that have one
 *     {"caps":[{"amount":"10","per":"day"}]} for everything, 10 a day
 *     {"features":{"calls":"500"}} pays for everything, and entitles to more
 */
#include "catalog/field.h"

#define SCOPE_MOST 1000

static const bl_field scope_fields[] = {
  {.name = "meters", .read = bl_value_ids, .low = 1, .high = SCOPE_MOST,
   .at = offsetof(bl_scope, meters),
   .beside = offsetof(bl_scope, meter_count)},
  {.name = "prices", .read = bl_value_ids, .low = 1, .high = SCOPE_MOST,
   .at = offsetof(bl_scope, prices),
   .beside = offsetof(bl_scope, price_count)},
  {.name = "contracts", .read = bl_value_ids, .low = 1, .high = SCOPE_MOST,
   .at = offsetof(bl_scope, contracts),
   .beside = offsetof(bl_scope, contract_count)},
  {.name = "rate", .read = bl_value_choice, .words = bl_rate_words,
   .at = offsetof(bl_scope, rate)},
  {.name = "tags", .read = bl_value_ids, .low = 1, .high = SCOPE_MOST,
   .at = offsetof(bl_scope, tags),
   .beside = offsetof(bl_scope, tag_count)},
  {.name = "features", .read = bl_value_features,
   .at = offsetof(bl_scope, features)},
  {.name = "caps", .read = bl_value_caps, .at = offsetof(bl_scope, caps)},
  {.name = "any", .read = bl_value_targets,
   .at = offsetof(bl_scope, targets),
   .beside = offsetof(bl_scope, target_count)},
};

static const bl_shape scope_shape = {
  "a scope", scope_fields, BL_COUNT(scope_fields)
};

int bl_scope_read(const bl_reader *r, const bl_json *node, bl_scope *out) {
  bl_scope scope = {0};
  int rc = bl_shape_read(&scope_shape, r, node, 0, &scope);

  if (!rc) *out = scope;
  return rc;
}

int bl_catalog_read_scope(const bl_json *doc, const char *path, bl_arena *a,
                          bl_scope *out, billing_error *err) {
  bl_reader r = bl_reader_top(path, a, err);

  assert(doc && a && out);
  return bl_scope_read(&r, doc, out);
}

int bl_value_scope_text(const bl_reader *r, const bl_field *field,
                        const bl_json *node, void *model) {
  bl_scope scope;
  bl_text text;
  int rc = bl_scope_read(r, node, &scope);

  if (rc) return rc;
  bl_text_open(&text, r->arena);
  if (bl_json_print(node, &text)) return bl_reader_nomem(r);
  *(bl_str *)(void *)((unsigned char *)model + field->at) =
      (bl_str){text.text, text.len};
  return BILLING_OK;
}

#undef SCOPE_MOST
