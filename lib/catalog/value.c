/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * value.c - one reader for each kind of value that a document can hold.  A
 * reader checks, says what would be right, and writes into the model.
 */
#include "catalog/field.h"

static void *value_at(void *model, size_t at) {
  return (unsigned char *)model + at;
}

static int value_is_text(const bl_reader *r, const bl_json *node,
                         const char *hint) {
  if (bl_json_kind(node) == BL_JSON_TEXT) return BILLING_OK;
  return bl_reader_fail(r, BILLING_INVALID, hint, "this is not a text");
}

/* Copies a text to where the model lives. */
static int value_keep(const bl_reader *r, bl_str text, bl_str *out) {
  bl_str kept = text;

  if (r->arena) kept = bl_arena_str(r->arena, text);
  if (r->arena && r->arena->failed) return bl_reader_nomem(r);
  *out = kept;
  return BILLING_OK;
}

int bl_value_string(const bl_reader *r, const bl_json *node, size_t most,
                    bl_str *out) {
  bl_str text = bl_json_text(node);
  int64_t high = (int64_t)most;
  int rc = value_is_text(r, node, "write it in quotes");

  if (rc) return rc;
  if (text.len > most)
    return bl_reader_fail(r, BILLING_INVALID, NULL,
                          "a text here has at most %i bytes", high);
  if (!bl_catalog_is_plain(text))
    return bl_reader_fail(r, BILLING_INVALID, NULL,
                          "control characters are not allowed here");
  return value_keep(r, text, out);
}

static int value_id(const bl_reader *r, const bl_json *node, const char *hint,
                    bl_str *out) {
  bl_str text = bl_json_text(node);
  int rc = value_is_text(r, node, hint ? hint : "write it in quotes");

  if (rc) return rc;
  if (!bl_catalog_id_is_valid(text))
    return bl_reader_fail(r, BILLING_INVALID,
                          "1 to 200 bytes without control characters",
                          "%t cannot be a name", &text);
  return value_keep(r, text, out);
}

int bl_value_truth(const bl_reader *r, const bl_field *field,
                   const bl_json *node, void *model) {
  int kind = bl_json_kind(node);

  if (kind != BL_JSON_TRUE && kind != BL_JSON_FALSE)
    return bl_reader_fail(r, BILLING_INVALID, field->hint,
                          "this is true or false");
  *(uint32_t *)value_at(model, field->at) = kind == BL_JSON_TRUE;
  return BILLING_OK;
}

int bl_value_id(const bl_reader *r, const bl_field *field,
                const bl_json *node, void *model) {
  return value_id(r, node, field->hint, value_at(model, field->at));
}

int bl_value_label(const bl_reader *r, const bl_field *field,
                   const bl_json *node, void *model) {
  assert(field->high > 0);
  return bl_value_string(r, node, (size_t)field->high,
                         value_at(model, field->at));
}

int bl_value_asset(const bl_reader *r, const bl_field *field,
                   const bl_json *node, void *model) {
  bl_str text = bl_json_text(node);
  int rc = value_is_text(r, node, "an asset such as \"USD\" or \"tok\"");

  if (rc) return rc;
  if (bl_asset_set(value_at(model, field->at), text))
    return bl_reader_fail(r, BILLING_INVALID,
                          "a currency such as USD, or a unit: a lower-case "
                          "letter, then a-z, 0-9 and _, at most 15",
                          "%t is not the name of an asset", &text);
  return BILLING_OK;
}

static int value_dec(const bl_reader *r, const bl_json *node, bl_dec *out) {
  bl_str text = bl_json_text(node);

  if (bl_json_dec(node, out)) return BILLING_OK;
  if (!text.text)
    return bl_reader_fail(r, BILLING_INVALID, "such as \"2.50\"",
                          "this is not a decimal");
  return bl_reader_fail(r, BILLING_INVALID,
                        "up to 20 digits before the point and 18 behind it",
                        "%t is not an exact decimal", &text);
}

int bl_value_time(const bl_reader *r, const bl_field *field,
                  const bl_json *node, void *model) {
  int64_t us = 0;

  if (!bl_json_time(node, &us) || us < BL_TIME_MIN || us > BL_TIME_MAX)
    return bl_reader_fail(r, BILLING_INVALID,
                          field->hint ? field->hint
                          : "RFC 3339, or microseconds since 1970",
                          "this is not a time of the years 1 to 9999");
  *(int64_t *)value_at(model, field->at) = us;
  return BILLING_OK;
}

int bl_value_amount(const bl_reader *r, const bl_field *field,
                    const bl_json *node, void *model) {
  bl_dec v = BL_DEC_ZERO;
  int rc = value_dec(r, node, &v);

  if (rc) return rc;
  if (bl_dec_sign(v) < 0)
    return bl_reader_fail(r, BILLING_INVALID, "zero or more",
                          "%d is negative", &v);
  *(bl_dec *)value_at(model, field->at) = v;
  return BILLING_OK;
}

int bl_value_positive(const bl_reader *r, const bl_field *field,
                      const bl_json *node, void *model) {
  bl_dec v = BL_DEC_ZERO;
  int rc = value_dec(r, node, &v);

  if (rc) return rc;
  if (bl_dec_sign(v) <= 0)
    return bl_reader_fail(r, BILLING_INVALID, "more than zero",
                          "%d is not more than zero", &v);
  *(bl_dec *)value_at(model, field->at) = v;
  return BILLING_OK;
}

static int value_whole(const bl_reader *r, const bl_json *node, int64_t low,
                       int64_t high, int64_t *out) {
  if (bl_json_kind(node) == BL_JSON_NUMBER && bl_json_int(node, out) &&
      *out >= low && *out <= high)
    return BILLING_OK;
  return bl_reader_fail(r, BILLING_INVALID, NULL,
                        "this is a whole number from %i to %i", low, high);
}

int bl_value_whole64(const bl_reader *r, const bl_field *field,
                     const bl_json *node, void *model) {
  int64_t v = 0;
  int rc = value_whole(r, node, field->low, field->high, &v);

  if (!rc) *(int64_t *)value_at(model, field->at) = v;
  return rc;
}

int bl_value_whole(const bl_reader *r, const bl_field *field,
                   const bl_json *node, void *model) {
  int64_t v = 0;
  int rc = value_whole(r, node, field->low, field->high, &v);

  if (!rc) *(int32_t *)value_at(model, field->at) = (int32_t)v;
  return rc;
}

int bl_value_seconds(const bl_reader *r, const bl_field *field,
                     const bl_json *node, void *model) {
  int64_t v = 0;
  int rc = value_whole(r, node, field->low, INT64_C(1000000000000), &v);

  if (!rc) *(int64_t *)value_at(model, field->at) = v * BL_SECOND;
  return rc;
}

int bl_value_word(const bl_reader *r, const bl_json *node,
                  const char *const *words, uint32_t *out) {
  char hint[BL_HINT_SIZE] = "";
  bl_str text = bl_json_text(node);
  int place;
  int rc;

  for (size_t i = 0; words[i]; i++) bl_words_add(hint, words[i]);
  rc = value_is_text(r, node, hint);
  if (rc) return rc;
  place = bl_catalog_word(words, text);
  if (place < 0)
    return bl_reader_fail(r, BILLING_INVALID, hint, "%t is not known here",
                          &text);
  *out = (uint32_t)place;
  return BILLING_OK;
}

int bl_value_choice(const bl_reader *r, const bl_field *field,
                    const bl_json *node, void *model) {
  assert(field->words);
  return bl_value_word(r, node, field->words, value_at(model, field->at));
}

int bl_value_scalar(const bl_reader *r, const bl_json *node, bl_str *out) {
  bl_str text = bl_json_scalar(node);

  if (!text.text)
    return bl_reader_fail(r, BILLING_INVALID, "a text, a number, true, false",
                          "this is not one value");
  *out = bl_arena_str(r->arena, text);
  return r->arena->failed ? bl_reader_nomem(r) : BILLING_OK;
}

int bl_value_array(const bl_reader *r, const bl_json *node, int64_t low,
                   int64_t high, size_t *count) {
  int64_t has = (int64_t)bl_json_count(node);

  if (bl_json_kind(node) != BL_JSON_ARRAY)
    return bl_reader_fail(r, BILLING_INVALID, NULL, "this is not an array");
  if (has < low)
    return bl_reader_fail(r, BILLING_INVALID, "leave it out, or name one",
                          "this array has fewer than %i", low);
  if (has > high)
    return bl_reader_fail(r, BILLING_LIMIT, NULL,
                          "this array has %i items, at most %i are allowed",
                          has, high);
  *count = (size_t)has;
  return BILLING_OK;
}

static int value_is_first(const bl_reader *r, const bl_str *items,
                          size_t count) {
  for (size_t i = 0; i < count; i++)
    if (bl_str_equal(items[i], items[count]))
      return bl_reader_fail(r, BILLING_INVALID, "name each only once",
                            "%t is here twice", &items[count]);
  return BILLING_OK;
}

int bl_value_ids(const bl_reader *r, const bl_field *field,
                 const bl_json *node, void *model) {
  const bl_json *item = bl_json_first(node);
  bl_str *items = NULL;
  size_t count = 0;
  int rc = bl_value_array(r, node, field->low, field->high, &count);

  assert(r->arena);
  if (!rc && count) items = bl_arena_array(r->arena, count, sizeof *items);
  if (!rc && count && !items) rc = bl_reader_nomem(r);
  for (size_t i = 0; !rc && i < count; i++, item = bl_json_next(item)) {
    bl_reader at = bl_reader_item(r, i);

    rc = value_id(&at, item, NULL, &items[i]);
    if (!rc) rc = value_is_first(&at, items, i);
  }
  if (rc) return rc;
  *(bl_str **)value_at(model, field->at) = items;
  *(size_t *)value_at(model, field->beside) = count;
  return BILLING_OK;
}
