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
 *     {"family":true} pays for customers below its own, too; a list of ids:
 *         for these of them
 */
#include "catalog/field.h"

#define SCOPE_MOST 1000

/* Members of a grant in the journal. */
static int scope_members(const bl_reader *r, const bl_json *node,
                         bl_scope *scope) {
  const bl_json *item = bl_json_first(node);

  scope->member_count = bl_json_count(node);
  scope->members = bl_arena_array(r->arena, scope->member_count,
                                  sizeof *scope->members);
  if (!scope->members) return bl_reader_nomem(r);
  for (size_t i = 0; i < scope->member_count; i++) {
    int64_t number;
    if (!bl_json_int(item, &number) || number < 1)
      return bl_reader_fail(r, BILLING_INVALID, "customers' ids",
                            "this names no customer");
    scope->members[i] = (uint64_t)number;
    item = bl_json_next(item);
  }
  return BILLING_OK;
}

/* true, or a list of customers. */
static int scope_family(const bl_reader *r, const bl_field *field,
                        const bl_json *node, void *model) {
  bl_scope *scope = model;
  uint32_t is_all = 0;
  bl_field truth = {.at = 0};
  int rc = BILLING_OK;

  if (bl_json_kind(node) == BL_JSON_ARRAY) {
    scope->family = BL_FAMILY_SOME;
    return bl_json_count(node) &&
                   bl_json_kind(bl_json_first(node)) == BL_JSON_NUMBER
             ? scope_members(r, node, scope)
             : bl_value_ids(r, field, node, model);
  }
  rc = bl_value_truth(r, &truth, node, &is_all);
  if (is_all) scope->family = BL_FAMILY_ALL;
  return rc;
}

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
  {.name = "family", .read = scope_family, .low = 1, .high = SCOPE_MOST,
   .at = offsetof(bl_scope, member_ids),
   .beside = offsetof(bl_scope, member_id_count)},
  {.name = "any", .read = bl_value_targets,
   .at = offsetof(bl_scope, targets),
   .beside = offsetof(bl_scope, target_count)},
};

static const bl_shape scope_shape = {
  "a scope", scope_fields, BL_COUNT(scope_fields)
};

/* Caps count what the owner draws, not yet what a family does. */
static int scope_read(const bl_reader *r, const bl_json *node,
                      bl_scope *out) {
  bl_reader caps = bl_reader_member(r, "caps");
  int rc = bl_shape_read(&scope_shape, r, node, 0, out);

  if (rc || !out->family || !out->caps.count) return rc;
  return bl_reader_fail(&caps, BILLING_UNSUPPORTED,
                        "a grant of one customer, or one without caps",
                        "what a family draws has no caps yet");
}

int bl_scope_read(const bl_reader *r, const bl_json *node, bl_scope *out) {
  bl_scope scope = {0};
  int rc = scope_read(r, node, &scope);

  if (!rc && scope.family == BL_FAMILY_SOME) {
    bl_reader family = bl_reader_member(r, "family");
    return bl_reader_fail(&family, BILLING_INVALID, "true",
                          "only a grant by itself can name members");
  }
  if (!rc) *out = scope;
  return rc;
}

int bl_catalog_read_scope(const bl_json *doc, const char *path, bl_arena *a,
                          bl_scope *out, billing_error *err) {
  bl_reader r = bl_reader_top(path, a, err);

  assert(doc && a && out);
  memset(out, 0, sizeof *out);
  return scope_read(&r, doc, out);
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
