/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * field.c - the walk over a document by its table, and the path of what was
 * wrong.
 */
#include "catalog/field.h"

bl_reader bl_reader_top(const char *path, bl_arena *arena,
                        billing_error *err) {
  bl_reader r = {NULL, bl_str_of(path), 0, arena, err};

  assert(path);
  return r;
}

bl_reader bl_reader_member(const bl_reader *above, const char *name) {
  bl_reader r = {above, bl_str_of(name), 0, above->arena, above->err};

  assert(name);
  return r;
}

bl_reader bl_reader_item(const bl_reader *above, size_t item) {
  bl_reader r = {above, {NULL, 0}, item, above->arena, above->err};

  return r;
}

/* The pointer of r into path; 0 when it had to be cut. */
static int reader_path(const bl_reader *r, char *path) {
  char digits[BL_INT_TEXT];

  if (!r->above) {
    size_t len = bl_utf8_cut(r->segment.text, r->segment.len,
                             BL_PATH_SIZE - 1);
    if (len) memcpy(path, r->segment.text, len);
    path[len] = '\0';
    return len == r->segment.len;
  }
  if (!reader_path(r->above, path)) return 0;
  if (r->segment.text) return bl_path_add(path, r->segment);
  (void)bl_int_print((int64_t)r->item, digits);
  return bl_path_add(path, bl_str_of(digits));
}

int bl_reader_fail(const bl_reader *r, int rc, const char *hint,
                   const char *format, ...) {
  char path[BL_PATH_SIZE];
  char message[sizeof ((billing_error *)0)->message];
  va_list args;

  assert(rc != BILLING_OK && format);
  va_start(args, format);
  bl_format_into(message, sizeof message, format, args);
  va_end(args);
  (void)reader_path(r, path);
  return bl_fail(r->err, rc, path, hint, "%s", message);
}

int bl_reader_nomem(const bl_reader *r) {
  return bl_fail_code(r->err, BILLING_NOMEM);
}

static int field_is_of(const bl_field *field, uint32_t form) {
  return field->forms == 0 || (field->forms >> form & 1u);
}

static int shape_refuse(const bl_shape *shape, const bl_reader *r,
                        uint32_t form, bl_str key) {
  char hint[BL_HINT_SIZE] = "it has ";
  bl_reader at = bl_reader_member(r, "");
  const char *message = "%s has no member %t";

  at.segment = key;
  for (size_t i = 0; i < shape->count; i++) {
    const bl_field *field = &shape->fields[i];

    if (field_is_of(field, form)) bl_words_add(hint, field->name);
    else if (bl_str_is(key, field->name))
      message = "%s of this model has no member %t";
  }
  return bl_reader_fail(&at, BILLING_INVALID, hint, message, shape->noun,
                        &key);
}

static int shape_knows(const bl_shape *shape, uint32_t form, bl_str key) {
  for (size_t i = 0; i < shape->count; i++)
    if (bl_str_is(key, shape->fields[i].name))
      return field_is_of(&shape->fields[i], form);
  return 0;
}

/* Reads one member; null counts as left out. */
static int field_take(const bl_field *field, const bl_reader *r,
                      const bl_json *doc, uint32_t form, void *model) {
  const bl_json *node = bl_json_get(doc, field->name);
  bl_reader at = bl_reader_member(r, field->name);

  if (node && bl_json_kind(node) != BL_JSON_NULL)
    return field->read(&at, field, node, model);
  if (field->needed >> form & 1u)
    return bl_reader_fail(&at, BILLING_INVALID, field->hint,
                          "%s is missing", field->name);
  return BILLING_OK;
}

static int shape_take(const bl_shape *shape, const bl_reader *r,
                      const bl_json *doc, uint32_t form, void *model) {
  int rc = BILLING_OK;

  for (size_t i = 0; !rc && i < shape->count; i++)
    if (field_is_of(&shape->fields[i], form))
      rc = field_take(&shape->fields[i], r, doc, form, model);
  return rc;
}

static int shape_is_object(const bl_shape *shape, const bl_reader *r,
                           const bl_json *doc) {
  if (bl_json_kind(doc) == BL_JSON_OBJECT) return BILLING_OK;
  return bl_reader_fail(r, BILLING_INVALID, NULL, "%s is an object",
                        shape->noun);
}

int bl_shape_read(const bl_shape *shape, const bl_reader *r,
                  const bl_json *doc, uint32_t form, void *model) {
  int rc = shape_is_object(shape, r, doc);

  assert(form < 32);
  if (rc) return rc;
  for (const bl_json *m = bl_json_first(doc); m; m = bl_json_next(m))
    if (!shape_knows(shape, form, bl_json_key(m)))
      return shape_refuse(shape, r, form, bl_json_key(m));
  return shape_take(shape, r, doc, form, model);
}

int bl_shape_read_open(const bl_shape *shape, const bl_reader *r,
                       const bl_json *doc, void *model) {
  int rc = shape_is_object(shape, r, doc);

  if (!rc) rc = shape_take(shape, r, doc, 0, model);
  return rc;
}
