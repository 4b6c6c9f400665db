/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * json.c - the tree of JSON, its writer, and all that touches cJSON.
 *
 *     {"b": 1.50, "a": "\u00e9"}     is printed canonically as
 *     {"a":"é","b":1.50}             with the text of the number kept
 *
 * cJSON gives the tree and its memory.  It neither reads nor prints: its
 * parser goes through double and accepts what is not JSON, and canonical
 * bytes, which are hashed and kept for ever, must not change with a version
 * of somebody else's printer.  Numbers are cJSON_Raw nodes.
 */
#include "base/json.h"

#include <cJSON.h>

#include "base/sort.h"
#include "base/time.h"

/* Before 1.7.13 cJSON_AddItemToArray walked the whole list. */
_Static_assert(CJSON_VERSION_MAJOR > 1 || CJSON_VERSION_MINOR > 7 ||
               CJSON_VERSION_PATCH >= 13, "cJSON 1.7.13 or later");

/* ---- Nodes -------------------------------------------------------------- */

/*
 * What a writing function returns when memory ran out: everything may be
 * added to it and nothing comes of it.  Nobody writes to it.  The parent that
 * lacks something knows it: a container's valueint, which cJSON does not use,
 * is then JSON_LACKS.
 */
static const bl_json json_lost;
#define JSON_LACKS 1

static bl_json *json_lost_node(void) {
  return (bl_json *)(uintptr_t)&json_lost;
}

int bl_json_is_lost(const bl_json *node) {
  return !node || node == &json_lost;
}

/* A NUL-ended copy in cJSON's memory, which cJSON_Delete frees. */
static char *json_bytes(bl_str s) {
  char *p = cJSON_malloc(s.len + 1);

  if (!p) return NULL;
  if (s.len) memcpy(p, s.text, s.len);
  p[s.len] = '\0';
  return p;
}

/* A string or a number, or NULL.  Numbers are printed as they are. */
static bl_json *json_worded(int type, bl_str s) {
  bl_json *node = cJSON_CreateNull();

  assert(type == cJSON_String || type == cJSON_Raw);
  assert(s.len == 0 || !memchr(s.text, 0, s.len));
  if (!node) return NULL;
  node->valuestring = json_bytes(s);
  if (!node->valuestring) {
    cJSON_Delete(node);
    return NULL;
  }
  node->type = type;
  return node;
}

void bl_json_free(bl_json *tree) {
  if (!bl_json_is_lost(tree)) cJSON_Delete(tree);
}

int bl_json_kind(const bl_json *node) {
  switch (node ? node->type & 0xFF : cJSON_NULL) {
  case cJSON_False:  return BL_JSON_FALSE;
  case cJSON_True:   return BL_JSON_TRUE;
  case cJSON_Raw:    return BL_JSON_NUMBER;
  case cJSON_String: return BL_JSON_TEXT;
  case cJSON_Array:  return BL_JSON_ARRAY;
  case cJSON_Object: return BL_JSON_OBJECT;
  default:           return BL_JSON_NULL;
  }
}

bl_str bl_json_text(const bl_json *node) {
  int kind = bl_json_kind(node);

  return bl_str_of(kind == BL_JSON_NUMBER || kind == BL_JSON_TEXT ?
                   node->valuestring : NULL);
}

bl_str bl_json_scalar(const bl_json *node) {
  int kind = bl_json_kind(node);

  if (kind == BL_JSON_TRUE) return BL_STR("true");
  return kind == BL_JSON_FALSE ? BL_STR("false") : bl_json_text(node);
}

bl_json *bl_json_first(const bl_json *node) {
  return node ? node->child : NULL;
}

bl_json *bl_json_next(const bl_json *node) {
  return node ? node->next : NULL;
}

size_t bl_json_count(const bl_json *node) {
  size_t count = 0;

  for (node = bl_json_first(node); node; node = node->next) count++;
  return count;
}

bl_str bl_json_key(const bl_json *member) {
  return bl_str_of(member ? member->string : NULL);
}

bl_json *bl_json_get(const bl_json *object, const char *key) {
  if (bl_json_kind(object) != BL_JSON_OBJECT) return NULL;
  return cJSON_GetObjectItemCaseSensitive(object, key);
}

int bl_json_dec(const bl_json *node, bl_dec *out) {
  bl_str s = bl_json_text(node);

  return s.text && bl_dec_parse(s.text, s.len, out) == BILLING_OK;
}

/* bl_dec_to_int cuts fractions off and has no number for what is too large;
 * what comes back as the same decimal was neither. */
int bl_json_int(const bl_json *node, int64_t *out) {
  bl_dec v = BL_DEC_BAD;
  int64_t whole;

  if (!bl_json_dec(node, &v)) return 0;
  whole = bl_dec_to_int(v);
  if (!bl_dec_equal(bl_dec_of_int(whole), v)) return 0;
  *out = whole;
  return 1;
}

int bl_json_time(const bl_json *node, int64_t *out) {
  int64_t us;

  if (bl_json_kind(node) == BL_JSON_TEXT)
    return bl_time_parse(bl_json_text(node), out);
  if (!bl_json_int(node, &us) || us < BL_TIME_MIN || us > BL_TIME_MAX)
    return 0;
  *out = us;
  return 1;
}

/* ---- Write -------------------------------------------------------------- */

/* A new node, in no tree, or NULL. */
static bl_json *json_make(int kind, bl_str text) {
  switch (kind) {
  case BL_JSON_FALSE:  return cJSON_CreateFalse();
  case BL_JSON_TRUE:   return cJSON_CreateTrue();
  case BL_JSON_NUMBER: return json_worded(cJSON_Raw, text);
  case BL_JSON_TEXT:   return json_worded(cJSON_String, text);
  case BL_JSON_ARRAY:  return cJSON_CreateArray();
  case BL_JSON_OBJECT: return cJSON_CreateObject();
  default:             return cJSON_CreateNull();
  }
}

/* Hangs a new node into a container.  0 when memory is out. */
static int json_hang(bl_json *parent, bl_str key, bl_json *node) {
  assert((parent->type & 0xFF) == (key.text ? cJSON_Object : cJSON_Array));
  if (key.text) {
    node->string = json_bytes(key);
    if (!node->string) return 0;
  }
  return cJSON_AddItemToArray(parent, node);
}

/* Puts a new node (NULL: memory is out) where it belongs. */
static bl_json *json_place(bl_json *parent, bl_str key, bl_json *node) {
  if (!parent && !key.text) return node ? node : json_lost_node();
  if (node && !bl_json_is_lost(parent) && json_hang(parent, key, node))
    return node;
  if (!bl_json_is_lost(parent)) parent->valueint = JSON_LACKS;
  bl_json_free(node);
  return json_lost_node();
}

bl_json *bl_json_add(bl_json *parent, bl_str key, int kind, bl_str text) {
  return json_place(parent, key, json_make(kind, text));
}

/* The same with a C string, or NULL, for the key. */
static bl_json *json_add(bl_json *parent, const char *key, int kind,
                         bl_str text) {
  return bl_json_add(parent, bl_str_of(key), kind, text);
}

bl_json *bl_json_object(bl_json *parent, const char *key) {
  return json_add(parent, key, BL_JSON_OBJECT, BL_STR(""));
}

bl_json *bl_json_array(bl_json *parent, const char *key) {
  return json_add(parent, key, BL_JSON_ARRAY, BL_STR(""));
}

bl_json *bl_json_add_text(bl_json *parent, const char *key, bl_str value) {
  return json_add(parent, key, BL_JSON_TEXT, value);
}

bl_json *bl_json_add_c(bl_json *parent, const char *key, const char *value) {
  return bl_json_add_text(parent, key, bl_str_of(value));
}

bl_json *bl_json_add_dec(bl_json *parent, const char *key, bl_dec v) {
  char digits[BL_DEC_TEXT];

  assert(bl_dec_is_valid(v));
  return bl_json_add_text(parent, key,
                          (bl_str){digits, bl_dec_print(v, digits)});
}

bl_json *bl_json_add_int(bl_json *parent, const char *key, int64_t v) {
  char digits[BL_INT_TEXT];
  bl_str s = {digits, bl_int_print(v, digits)};

  return json_add(parent, key, BL_JSON_NUMBER, s);
}

bl_json *bl_json_add_time(bl_json *parent, const char *key, int64_t us) {
  char instant[BL_TIME_TEXT];

  return bl_json_add_text(parent, key,
                          (bl_str){instant, bl_time_print(us, instant)});
}

bl_json *bl_json_add_bool(bl_json *parent, const char *key, int v) {
  return json_add(parent, key, v ? BL_JSON_TRUE : BL_JSON_FALSE, BL_STR(""));
}

bl_json *bl_json_add_null(bl_json *parent, const char *key) {
  return json_add(parent, key, BL_JSON_NULL, BL_STR(""));
}

bl_json *bl_json_add_copy(bl_json *parent, const char *key,
                          const bl_json *node) {
  bl_json *copy = bl_json_is_lost(node) ? NULL : cJSON_Duplicate(node, 1);

  if (copy) {
    cJSON_free(copy->string);        /* the name that it had there */
    copy->string = NULL;
  }
  return json_place(parent, bl_str_of(key), copy);
}

void bl_json_remove(bl_json *object, const char *key) {
  if (bl_json_kind(object) == BL_JSON_OBJECT)
    cJSON_DeleteItemFromObjectCaseSensitive(object, key);
}

/* ---- Print -------------------------------------------------------------- */

#define JSON_FEW_MEMBERS 32

typedef struct json_printer {
  bl_text *out;
  int      is_pretty;
  int      lacks;          /* something is missing in the tree */
} json_printer;

static int json_member_order(const void *a, const void *b) {
  const bl_json *const *x = a, *const *y = b;

  return strcmp((*x)->string, (*y)->string);
}

/* The members by their names, NULL behind them, in `few` when they fit. */
static const bl_json **json_sorted(json_printer *p, const bl_json *object,
                                   const bl_json **few) {
  size_t count = bl_json_count(object), i = 0;
  const bl_json **sorted = few;

  if (count >= JSON_FEW_MEMBERS)
    sorted = bl_arena_array(p->out->arena, count + 1, sizeof *sorted);
  if (!sorted) {
    p->lacks = 1;
    few[0]   = NULL;
    return few;
  }
  for (const bl_json *m = object->child; m; m = m->next) sorted[i++] = m;
  sorted[count] = NULL;
  bl_sort(sorted, count, sizeof *sorted, json_member_order);
  for (i = 1; i < count; i++)
    assert(strcmp(sorted[i - 1]->string, sorted[i]->string) < 0);
  return sorted;
}

static void json_print_node(json_printer *p, const bl_json *node,
                            size_t depth);

/* A new line, for people. */
static void json_print_line(json_printer *p, size_t depth) {
  if (!p->is_pretty) return;
  bl_text_c(p->out, "\n");
  bl_text_fill(p->out, ' ', 2 * depth);
}

/* One member or item. */
static void json_print_child(json_printer *p, const bl_json *child,
                             int is_first, size_t depth) {
  if (!is_first) bl_text_c(p->out, ",");
  json_print_line(p, depth);
  if (child->string) {
    bl_text_json(p->out, bl_json_key(child));
    bl_text_c(p->out, p->is_pretty ? ": " : ":");
  }
  json_print_node(p, child, depth);
}

/* The children in the order of the tree: of an array, and for people. */
static void json_print_in_order(json_printer *p, const bl_json *node,
                                size_t depth) {
  for (const bl_json *item = node->child; item; item = item->next)
    json_print_child(p, item, item == node->child, depth);
}

/* The members in canonical order. */
static void json_print_sorted(json_printer *p, const bl_json *node,
                              size_t depth) {
  const bl_json *few[JSON_FEW_MEMBERS];
  const bl_json **sorted = json_sorted(p, node, few);

  for (size_t i = 0; sorted[i]; i++)
    json_print_child(p, sorted[i], i == 0, depth);
}

static void json_print_container(json_printer *p, const bl_json *node,
                                 size_t depth) {
  int is_object = bl_json_kind(node) == BL_JSON_OBJECT;

  if (node->valueint == JSON_LACKS) p->lacks = 1;
  bl_text_c(p->out, is_object ? "{" : "[");
  if (is_object && !p->is_pretty)
    json_print_sorted(p, node, depth + 1);
  else
    json_print_in_order(p, node, depth + 1);
  if (node->child) json_print_line(p, depth);
  bl_text_c(p->out, is_object ? "}" : "]");
}

static void json_print_node(json_printer *p, const bl_json *node,
                            size_t depth) {
  switch (bl_json_kind(node)) {
  case BL_JSON_NULL:   bl_text_c(p->out, "null"); break;
  case BL_JSON_FALSE:  bl_text_c(p->out, "false"); break;
  case BL_JSON_TRUE:   bl_text_c(p->out, "true"); break;
  case BL_JSON_NUMBER: bl_text_str(p->out, bl_json_text(node)); break;
  case BL_JSON_TEXT:   bl_text_json(p->out, bl_json_text(node)); break;
  default:             json_print_container(p, node, depth); break;
  }
}

static int json_print(const bl_json *tree, bl_text *out, int is_pretty) {
  json_printer p = {out, is_pretty, 0};

  if (bl_json_is_lost(tree)) return BILLING_NOMEM;
  json_print_node(&p, tree, 0);
  return p.lacks || out->failed ? BILLING_NOMEM : BILLING_OK;
}

int bl_json_print(const bl_json *tree, bl_text *out) {
  return json_print(tree, out, 0);
}

int bl_json_pretty(const bl_json *tree, bl_text *out) {
  return json_print(tree, out, 1);
}

#undef JSON_LACKS
#undef JSON_FEW_MEMBERS
