/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * feature.c - what is sold beside usage and fees, and who has how much of it.
 *
 *     {"id":"sso","kind":"boolean"}                     "sso":true
 *     {"id":"calls","kind":"quota","meter":"calls",     "calls":"1000"
 *      "per":"month"}                or {"limit":"1000","soft":true}
 *     {"id":"support","kind":"configuration",           "support":"gold"
 *      "options":["mail","gold"]}
 *
 * A value is read where it stands, before anybody knows of which kind its
 * feature is; bl_feature_misfit says whether it can be.  false takes away.
 */
#include "catalog/field.h"

#define FEATURES_MOST 1000
#define FEATURE_OPTIONS 100
#define FEATURE_VALUE_BYTES 4096

const char *const bl_feature_words[] = {
  [BL_FEATURE_BOOLEAN]       = "boolean",
  [BL_FEATURE_QUOTA]         = "quota",
  [BL_FEATURE_CONFIGURATION] = "configuration",
  NULL
};

/* ---- values ---- */

/* A decimal of zero or more, or no limit at all. */
static int feature_limit(const bl_json *node, bl_dec *out) {
  *out = BL_DEC_MAX;
  if (bl_str_is(bl_json_text(node), "unlimited")) return 1;
  return bl_json_dec(node, out) && bl_dec_sign(*out) >= 0;
}

/* {"limit":"5","soft":true} */
static int feature_limit_in(const bl_json *node, bl_feature_value *out) {
  const bl_json *limit = bl_json_get(node, "limit");
  const bl_json *soft = bl_json_get(node, "soft");
  int kind = soft ? bl_json_kind(soft) : BL_JSON_FALSE;

  if (!limit || bl_json_count(node) != (soft ? 2u : 1u) ||
      (kind != BL_JSON_TRUE && kind != BL_JSON_FALSE))
    return 0;
  out->is_soft = kind == BL_JSON_TRUE;
  return feature_limit(limit, &out->limit);
}

static int feature_value(const bl_reader *r, const bl_json *node,
                         bl_feature_value *out) {
  int kind = bl_json_kind(node);
  bl_text text;
  int rc;

  bl_text_open(&text, r->arena);
  rc = bl_json_print(node, &text);
  if (rc) return bl_reader_nomem(r);
  if (text.len > FEATURE_VALUE_BYTES)
    return bl_reader_fail(r, BILLING_LIMIT, "at most 4,096 bytes",
                          "the value of a feature has %i bytes",
                          (int64_t)text.len);
  out->json = (bl_str){text.text, text.len};
  out->is_no = kind == BL_JSON_FALSE;
  out->is_yes = kind == BL_JSON_TRUE;
  out->has_limit = (uint32_t)(kind == BL_JSON_OBJECT
                                  ? feature_limit_in(node, out)
                                  : feature_limit(node, &out->limit));
  return BILLING_OK;
}

static int feature_member(const bl_reader *r, const bl_json *member,
                          bl_feature_values *values) {
  bl_feature_value *out = &values->item[values->count];
  bl_reader at = bl_reader_member(r, "");

  at.segment = bl_json_key(member);
  if (bl_json_kind(member) == BL_JSON_NULL) return BILLING_OK;
  if (!bl_catalog_id_is_valid(at.segment))
    return bl_reader_fail(&at, BILLING_INVALID,
                          "1 to 200 bytes without control characters",
                          "%t cannot be a name", &at.segment);
  memset(out, 0, sizeof *out);
  out->id = bl_arena_str(r->arena, at.segment);
  if (r->arena->failed) return bl_reader_nomem(r);
  values->count++;
  return feature_value(&at, member, out);
}

int bl_value_features(const bl_reader *r, const bl_field *field,
                      const bl_json *node, void *model) {
  bl_feature_values *values =
      (bl_feature_values *)(void *)((unsigned char *)model + field->at);
  const bl_json *member = bl_json_first(node);
  size_t count = bl_json_count(node);
  int rc = BILLING_OK;

  if (bl_json_kind(node) != BL_JSON_OBJECT)
    return bl_reader_fail(r, BILLING_INVALID,
                          "such as {\"sso\":true,\"calls\":\"1000\"}",
                          "features are an object");
  if (count > FEATURES_MOST)
    return bl_reader_fail(r, BILLING_LIMIT, "at most 1,000",
                          "%i features in one document", (int64_t)count);
  values->item = bl_arena_array(r->arena, count + 1, sizeof *values->item);
  if (!values->item) return bl_reader_nomem(r);
  for (; member && !rc; member = bl_json_next(member))
    rc = feature_member(r, member, values);
  return rc;
}

const bl_feature_value *bl_feature_value_of(const bl_feature_values *values,
                                            bl_str id) {
  for (size_t i = 0; i < values->count; i++)
    if (bl_str_equal(values->item[i].id, id)) return &values->item[i];
  return NULL;
}

static int feature_is_option(const bl_feature *feature, bl_str json) {
  size_t at = 0;

  while (at < feature->option_count &&
         !bl_str_equal(feature->options[at], json))
    at++;
  return at < feature->option_count;
}

const char *bl_feature_misfit(const bl_feature *feature,
                              const bl_feature_value *value) {
  if (value->is_no) return NULL;
  switch (feature->kind) {
  case BL_FEATURE_BOOLEAN:
    return value->is_yes ? NULL : "true or false";
  case BL_FEATURE_QUOTA:
    return value->has_limit
               ? NULL : "\"1000\", \"unlimited\", false, or "
                        "{\"limit\":\"1000\",\"soft\":true}";
  default:
    if (value->is_yes) return "a text, number, list or object; or false";
    return !feature->option_count || feature_is_option(feature, value->json)
               ? NULL : "one of the feature's options, or false";
  }
}

/* ---- the feature ---- */

typedef struct feature_draft {
  bl_feature feature;
  uint32_t   per;              /* UINT32_MAX: not given */
  uint32_t   reserved;
} feature_draft;

#define FEATURE_FORM(kind) (UINT32_C(1) << (kind))

/* Each as it is compared. */
static int feature_options(const bl_reader *r, const bl_field *field,
                           const bl_json *node, void *model) {
  bl_feature *feature = model;
  const bl_json *item = bl_json_first(node);
  int rc = bl_value_ids(r, field, node, model);

  for (size_t i = 0; i < feature->option_count && !rc;
       i++, item = bl_json_next(item)) {
    bl_text text;
    bl_text_open(&text, r->arena);
    if (bl_json_print(item, &text)) return bl_reader_nomem(r);
    feature->options[i] = (bl_str){text.text, text.len};
  }
  return rc;
}

static int feature_default(const bl_reader *r, const bl_field *field,
                           const bl_json *node, void *model) {
  bl_feature *feature = model;

  (void)field;
  feature->has_default = 1;
  return feature_value(r, node, &feature->standard);
}

static const bl_field feature_fields[] = {
  {.name = "id", .read = bl_value_id, .needed = BL_ALWAYS,
   .at = offsetof(feature_draft, feature.id)},
  {.name = "name", .read = bl_value_label, .high = BL_TEXT_MOST,
   .at = offsetof(feature_draft, feature.name)},
  {.name = "kind", .read = bl_value_choice, .words = bl_feature_words,
   .needed = BL_ALWAYS, .hint = "boolean, quota or configuration",
   .at = offsetof(feature_draft, feature.kind)},
  {.name = "meter", .read = bl_value_id,
   .forms = FEATURE_FORM(BL_FEATURE_QUOTA),
   .needed = FEATURE_FORM(BL_FEATURE_QUOTA),
   .hint = "the id of the meter whose quantity it counts",
   .at = offsetof(feature_draft, feature.limit.meter)},
  {.name = "per", .read = bl_value_choice, .words = bl_within_words,
   .forms = FEATURE_FORM(BL_FEATURE_QUOTA),
   .hint = "period, hour, day, week, month, life; or \"hours\":5",
   .at = offsetof(feature_draft, per)},
  {.name = "hours", .read = bl_value_whole, .low = 1, .high = 8784,
   .forms = FEATURE_FORM(BL_FEATURE_QUOTA),
   .at = offsetof(feature_draft, feature.limit.hours)},
  {.name = "sliding", .read = bl_value_truth,
   .forms = FEATURE_FORM(BL_FEATURE_QUOTA),
   .at = offsetof(feature_draft, feature.limit.slides)},
  {.name = "zone", .read = bl_value_label, .high = 64,
   .forms = FEATURE_FORM(BL_FEATURE_QUOTA),
   .at = offsetof(feature_draft, feature.limit.zone)},
  {.name = "options", .read = feature_options, .low = 1,
   .high = FEATURE_OPTIONS,
   .forms = FEATURE_FORM(BL_FEATURE_CONFIGURATION),
   .at = offsetof(feature_draft, feature.options),
   .beside = offsetof(feature_draft, feature.option_count)},
  {.name = "default", .read = feature_default,
   .hint = "what whoever nobody gave a value has"},
};

static const bl_shape feature_shape = {
  "a feature", feature_fields, BL_COUNT(feature_fields)
};

static int feature_check(const bl_reader *r, feature_draft *draft) {
  bl_reader at = bl_reader_member(r, "default");
  bl_feature *feature = &draft->feature;
  int is_per = draft->per != UINT32_MAX;
  const char *misfit;
  int rc = BILLING_OK;

  feature->limit.id = feature->id;
  if (feature->kind == BL_FEATURE_QUOTA) {
    if (is_per) feature->limit.per = draft->per;
    rc = bl_limit_check_windows(r, &feature->limit, is_per, 1);
    feature->limit.print = bl_limit_print(&feature->limit);
  }
  if (rc || !feature->has_default) return rc;
  misfit = bl_feature_misfit(feature, &feature->standard);
  return misfit ? bl_reader_fail(&at, BILLING_INVALID, misfit,
                                 "the feature %t cannot be that",
                                 &feature->id)
                : BILLING_OK;
}

int bl_catalog_read_feature(const bl_json *doc, const char *path, bl_arena *a,
                            bl_feature *out, billing_error *err) {
  bl_reader r = bl_reader_top(path, a, err);
  bl_reader at = bl_reader_member(&r, "kind");
  const bl_json *word = bl_json_get(doc, "kind");
  feature_draft draft = {.per = UINT32_MAX};
  uint32_t form = 0;
  int rc = BILLING_OK;

  assert(doc && a && out);
  if (word) rc = bl_value_word(&at, word, bl_feature_words, &form);
  if (!rc) rc = bl_shape_read(&feature_shape, &r, doc, form, &draft);
  if (!rc) rc = feature_check(&r, &draft);
  if (!rc) *out = draft.feature;
  return rc;
}

#undef FEATURES_MOST
#undef FEATURE_OPTIONS
#undef FEATURE_VALUE_BYTES
#undef FEATURE_FORM
