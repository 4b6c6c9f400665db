/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* scan_same.c - the scanner of JSON against the readers that build trees. */
#include "support/scan_same.h"

#include <cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_scan.h"

int portable_json_scan(bl_str text, bl_members *out, billing_error *err);

typedef int scanner(bl_str text, bl_members *out, billing_error *err);

static billing_error new_error(void) {
  billing_error err;

  BILLING_INIT(&err);
  bl_error_start(&err);
  return err;
}

/* ---- one member against its node of the strict reader's tree ---- */

static int prints_alike(const bl_member *m, const bl_json *node,
                        bl_arena *arena) {
  bl_text ours, theirs;

  bl_text_open(&ours, arena);
  bl_text_open(&theirs, arena);
  return bl_member_print(m, &ours) == BILLING_OK &&
         bl_json_print(node, &theirs) == BILLING_OK &&
         bl_str_equal((bl_str){ours.text, ours.len},
                      (bl_str){theirs.text, theirs.len});
}

static int is_decimal_alike(const bl_member *m, const bl_json *node) {
  bl_dec a = BL_DEC_ZERO, b = BL_DEC_ZERO;

  return bl_member_dec(m, &a) == bl_json_dec(node, &b) && bl_dec_equal(a, b);
}

/* Whether the member's place in the source is that of its value, and nothing
 * more: read alone, it is the same value again. */
static int is_its_place(const bl_member *m, bl_str text, const bl_json *node,
                        bl_arena *arena) {
  size_t quote = m->kind == BL_JSON_TEXT, at = m->at - quote;
  size_t len = m->len + 2 * quote;
  bl_json *alone = NULL;
  int same;

  if (at > text.len || len > text.len - at || len == 0) return 0;
  if (strchr(" \t\r\n", text.text[at]) ||
      strchr(" \t\r\n", text.text[at + len - 1]))
    return 0;
  if (bl_json_read(text.text + at, len, &alone, NULL)) return 0;
  same = prints_alike(m, alone, arena) && prints_alike(m, node, arena);
  bl_json_free(alone);
  return same;
}

static const char *member_difference(const bl_member *m, bl_str text,
                                     const bl_json *node, bl_arena *arena) {
  if (!bl_str_equal(m->name, bl_json_key(node))) return "a name";
  if ((int)m->kind != bl_json_kind(node)) return "a kind";
  if (m->reserved) return "what is reserved";
  if (!is_its_place(m, text, node, arena)) return "a place";
  if (!is_decimal_alike(m, node)) return "a decimal";
  if (m->kind == BL_JSON_TEXT || m->kind == BL_JSON_NUMBER)
    return bl_str_equal(m->value, bl_json_text(node)) ? NULL : "a value";
  return bl_str_equal(m->value, (bl_str){text.text + m->at, m->len}) ? NULL :
         "the text of a value";
}

static const char *tree_difference(const bl_members *m, bl_str text,
                                   const bl_json *tree, bl_arena *arena) {
  const bl_json *node = bl_json_first(tree);
  const char *why = NULL;

  if (m->count != bl_json_count(tree)) return "how many there are";
  for (size_t i = 0; i < m->count && !why; i++, node = bl_json_next(node)) {
    why = member_difference(&m->item[i], text, node, arena);
    if (!why && bl_members_get(m, m->item[i].name) != &m->item[i])
      why = "which has a name";
  }
  return why;
}

/* ---- against cJSON ---- */

static int is_like_theirs(const bl_member *m, const cJSON *node,
                          bl_arena *arena) {
  double value;

  if (!bl_str_is(m->name, node->string)) return 0;
  switch (m->kind) {
  case BL_JSON_NULL:   return cJSON_IsNull(node);
  case BL_JSON_TRUE:   return cJSON_IsTrue(node);
  case BL_JSON_FALSE:  return cJSON_IsFalse(node);
  case BL_JSON_ARRAY:  return cJSON_IsArray(node);
  case BL_JSON_OBJECT: return cJSON_IsObject(node);
  case BL_JSON_TEXT:
    return cJSON_IsString(node) && bl_str_is(m->value, node->valuestring);
  default:
    value = strtod(bl_arena_str(arena, m->value).text, NULL);
    return cJSON_IsNumber(node) &&
           !memcmp(&value, &node->valuedouble, sizeof value);
  }
}

/* cJSON takes at most 63 bytes of a number, and then may not read a text. */
static const char *their_difference(const bl_members *m, bl_str text,
                                    bl_arena *arena) {
  cJSON *tree = cJSON_ParseWithLength(text.text, text.len);
  const cJSON *node = tree ? tree->child : NULL;
  const char *why = NULL;
  size_t i = 0;

  for (; node && i < m->count && !why; i++, node = node->next)
    if (!is_like_theirs(&m->item[i], node, arena)) why = "cJSON's member";
  if (!why && tree && (node || i < m->count)) why = "how many cJSON reads";
  cJSON_Delete(tree);
  return why;
}

/* ---- both ---- */

static const char *refusal_difference(int rc, const billing_error *err,
                                      int right, const billing_error *words,
                                      const bl_members *m) {
  if (m->count) return "members of what is refused";
  if (rc != right || err->code != rc) return "the verdict";
  return strcmp(err->path, words->path) || strcmp(err->hint, words->hint) ||
         strcmp(err->message, words->message) ? "the words" : NULL;
}

/* The list holds something else before, as it does from event to event. */
static const char *difference(scanner *scan, bl_str text, bl_arena *arena) {
  billing_error err = new_error(), words = new_error();
  bl_json *tree = NULL;
  bl_members m;
  const char *why;
  int rc, right = bl_json_read(text.text, text.len, &tree, &words);

  bl_members_open(&m, arena);
  if (scan(BL_STR("{\"old\":\"\\n\",\"one\":[1],\"two\":2}"), &m, NULL) ||
      m.count != 3)
    return "what went before";
  rc = scan(text, &m, &err);
  if (!right && bl_json_kind(tree) != BL_JSON_OBJECT)
    right = bl_fail(&words, BILLING_INVALID_JSON, "", "a JSON object",
                    "an object is needed");
  if (rc || right) {
    why = refusal_difference(rc, &err, right, &words, &m);
  } else {
    why = tree_difference(&m, text, tree, arena);
    if (!why) why = their_difference(&m, text, arena);
  }
  if (!why && scan(text, &m, NULL) != rc) why = "the second verdict";
  bl_json_free(tree);
  return why;
}

const char *scan_difference(const char *text, size_t len, size_t shift) {
  char *copy = malloc(shift + len + !(shift + len));
  const char *why = "memory";
  bl_arena arena;

  if (!copy) return why;
  bl_arena_open(&arena, NULL);
  if (len) memcpy(copy + shift, text, len);
  why = difference(bl_json_scan, (bl_str){copy + shift, len}, &arena);
  if (!why)
    why = difference(portable_json_scan, (bl_str){copy + shift, len}, &arena);
  bl_arena_close(&arena);
  free(copy);
  return why;
}
