/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * json_read.c - the strict reader of JSON, with or without building a tree.
 *
 *     {"b": 1.50, "a": "\u00e9"}     is read; the number keeps its text
 *     {"a": [1, {"b": 2, "b": 3}]}   INVALID_JSON at /a/1/b
 *
 * It keeps a stack of its own, so the depth of a text costs no C stack.
 * Reading is linear in the text, but for an object with many members n log n
 * in their number, whatever their names: duplicates are found by sorting, not
 * by hashing, because names may come from somebody who means harm.
 */
#include "base/json.h"
#include "base/limit.h"
#include "base/sort.h"

#define JSON_FEW_KEYS 64   /* open at a time, without asking for memory */
#define JSON_PAIRWISE 16   /* members that are compared each with each */

typedef struct json_key {
  bl_str name;
  size_t at;               /* where it stands in the text */
} json_key;

/* An array or object that is open. */
typedef struct json_level {
  bl_json *node;           /* NULL when nothing is built */
  size_t   keys;           /* where its keys begin in the reader's list */
  size_t   count;          /* members or items begun */
  char     close;          /* ] or } */
  char     inside;         /* the last one of them is not yet complete */
} json_level;

/*
 * The keys of a level are key[keys, keys + count); those of levels inside it
 * come behind them and are gone when it goes on:
 *
 *     {"a":1,"b":[{"c":2,"d":    key  a b c d
 *                                     |   level 2: keys 2, count 2
 *                                     level 0: keys 0, count 2
 *
 * A key lies in the text itself or, when it has escapes, in scratch.  So a
 * small text without escapes is checked without any memory but this struct.
 */
typedef struct json_reader {
  const char    *text;
  size_t         len;
  size_t         at;
  billing_error *err;
  int            builds;
  bl_json       *root;
  size_t         depth;
  json_key      *key;
  size_t         keys;
  size_t         key_cap;
  bl_text        piece;    /* a string that had escapes */
  bl_arena       scratch;
  json_level     level[BL_LIMIT_NESTING];
  json_key       few[JSON_FEW_KEYS];
} json_reader;

static json_level *json_top(json_reader *r) {
  assert(r->depth > 0 && r->depth <= BL_LIMIT_NESTING);
  return &r->level[r->depth - 1];
}

/* The name of the member that a level is in, or was in last. */
static json_key *json_current_key(json_reader *r, const json_level *l) {
  assert(l->close == '}' && l->count > 0);
  assert(l->keys + l->count <= r->keys);
  return &r->key[l->keys + l->count - 1];
}

/* The JSON pointer of the value being read. */
static void json_path(json_reader *r, char *path) {
  char digits[BL_INT_TEXT];
  int fits = 1;

  path[0] = '\0';
  for (size_t i = 0; i < r->depth && r->level[i].inside && fits; i++) {
    const json_level *l = &r->level[i];
    bl_str step = {digits, 0};

    if (l->close == '}')
      step = json_current_key(r, l)->name;
    else
      step.len = bl_int_print((int64_t)l->count - 1, digits);
    fits = bl_path_add(path, step);
  }
}

/* Without an err nobody asks for the path, which is the costly part. */
static int json_fail(json_reader *r, int rc, const char *what,
                     const char *hint) {
  char path[BL_PATH_SIZE];

  if (rc == BILLING_NOMEM) return bl_fail_code(r->err, rc);
  if (!r->err) return rc;
  json_path(r, path);
  return bl_fail(r->err, rc, path, hint, "%s at byte offset %i", what,
                 (int64_t)r->at);
}

/* The text is not JSON at r->at. */
static int json_wrong(json_reader *r, const char *what, const char *hint) {
  if (r->at >= r->len) {
    what = "the text ends too early,";
    hint = "close every string, array and object";
  }
  return json_fail(r, BILLING_INVALID_JSON, what, hint);
}

static int json_nomem(json_reader *r) {
  return json_fail(r, BILLING_NOMEM, NULL, NULL);
}

/* JSON's four kinds of white space, and no others. */
static void json_skip(json_reader *r) {
  while (r->at < r->len && (r->text[r->at] == ' ' || r->text[r->at] == '\n' ||
                            r->text[r->at] == '\r' || r->text[r->at] == '\t'))
    r->at++;
}

static int json_is_next(const json_reader *r, char c) {
  return r->at < r->len && r->text[r->at] == c;
}

/* Adds what was read, when a tree is built, to where it belongs.  NULL in
 * *out when none is. */
static int json_keep(json_reader *r, int kind, bl_str text, bl_json **out) {
  bl_json *parent = NULL;
  bl_str name = {NULL, 0};

  *out = NULL;
  if (!r->builds) return BILLING_OK;
  if (r->depth > 0) {
    const json_level *l = json_top(r);

    parent = l->node;
    if (l->close == '}') name = json_current_key(r, l)->name;
  }
  *out = bl_json_add(parent, name, kind, text);
  if (bl_json_is_lost(*out)) return json_nomem(r);
  if (r->depth == 0) r->root = *out;
  return BILLING_OK;
}

/* The same for what has nothing inside. */
static int json_leaf(json_reader *r, int kind, bl_str text) {
  bl_json *node;

  return json_keep(r, kind, text, &node);
}

/* Four hexadecimal digits at a place, or JSON_NOT_HEX. */
#define JSON_NOT_HEX UINT32_MAX
static uint32_t json_hex(const json_reader *r, size_t at) {
  uint32_t code = 0;

  if (at > r->len || r->len - at < 4) return JSON_NOT_HEX;
  for (size_t i = at; i < at + 4; i++) {
    char c = r->text[i];

    if (c >= '0' && c <= '9')
      code = code * 16 + (uint32_t)(c - '0');
    else if (c >= 'a' && c <= 'f')
      code = code * 16 + (uint32_t)(c - 'a') + 10;
    else if (c >= 'A' && c <= 'F')
      code = code * 16 + (uint32_t)(c - 'A') + 10;
    else
      return JSON_NOT_HEX;
  }
  return code;
}

/* A code point as UTF-8. */
static void json_add_character(bl_text *t, uint32_t code) {
  char bytes[4];

  bl_text_add(t, bytes, bl_utf8_put(code, bytes));
}

/* \uXXXX, or two of them for what is beyond the first 65,536 characters. */
static int json_unicode(json_reader *r) {
  uint32_t code = json_hex(r, r->at + 2), low = JSON_NOT_HEX;

  if (code == JSON_NOT_HEX)
    return json_wrong(r, "\\u without four hexadecimal digits", NULL);
  if (code == 0)
    return json_wrong(r, "a NUL character", "leave \\u0000 out");
  if (code < 0xD800 || code > 0xDFFF) {
    json_add_character(&r->piece, code);
    r->at += 6;
    return BILLING_OK;
  }
  if (r->len - r->at > 7 && !memcmp(r->text + r->at + 6, "\\u", 2))
    low = json_hex(r, r->at + 8);
  if (code > 0xDBFF || low < 0xDC00 || low > 0xDFFF)
    return json_wrong(r, "half a surrogate pair", "send UTF-8, or both \\u");
  json_add_character(&r->piece,
                     0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00));
  r->at += 12;
  return BILLING_OK;
}

/* Adds what the escape at r->at stands for to r->piece. */
static int json_escape(json_reader *r) {
  static const char letter[] = "\"\\/bfnrt";
  static const char meant[] = "\"\\/\b\f\n\r\t";
  char c = r->len - r->at > 1 ? r->text[r->at + 1] : '\0';
  const char *found = c ? strchr(letter, c) : NULL;

  assert(r->text[r->at] == '\\');
  if (c == 'u') return json_unicode(r);
  if (!found)
    return json_wrong(r, "an escape that JSON does not have",
                      "write a backslash as \\\\");
  bl_text_add(&r->piece, &meant[found - letter], 1);
  r->at += 2;
  return BILLING_OK;
}

/* Goes to the next quote or backslash. */
static int json_plain(json_reader *r) {
  size_t at = r->at, width;

  for (; at < r->len; at += width) {
    unsigned char c = (unsigned char)r->text[at];

    width = 1;
    if (c == '"' || c == '\\') break;
    if (c >= 0x20 && c < 0x80) continue;
    r->at = at;
    if (c < 0x20)
      return json_wrong(r, "a control character in a string",
                        "escape it, for example as \\n");
    width = bl_utf8_char(r->text + at, r->len - at);
    if (width == 0)
      return json_wrong(r, "a byte that is not UTF-8", "send UTF-8");
  }
  r->at = at;
  return at < r->len ? BILLING_OK : json_wrong(r, NULL, NULL);
}

/* Reads a string.  *out lies in the text, or in r->piece until the next. */
static int json_string(json_reader *r, bl_str *out) {
  size_t from = ++r->at;
  int rc = json_plain(r);

  assert(r->text[from - 1] == '"');
  r->piece.len = 0;
  if (!rc && r->text[r->at] == '"') {
    *out = (bl_str){r->text + from, r->at++ - from};
    return BILLING_OK;
  }
  while (!rc && r->text[r->at] == '\\') {
    bl_text_add(&r->piece, r->text + from, r->at - from);
    rc   = json_escape(r);
    from = r->at;
    if (!rc) rc = json_plain(r);
  }
  if (rc) return rc;
  bl_text_add(&r->piece, r->text + from, r->at++ - from);
  if (r->piece.failed) return json_nomem(r);
  *out = (bl_str){r->piece.text, r->piece.len};
  return BILLING_OK;
}

static int json_read_text(json_reader *r) {
  bl_str s;
  int rc = json_string(r, &s);

  return rc ? rc : json_leaf(r, BL_JSON_TEXT, s);
}

/* Moves r->at behind digits; 0 when there are none. */
static int json_digits(json_reader *r) {
  size_t from = r->at;

  while (r->at < r->len && r->text[r->at] >= '0' && r->text[r->at] <= '9')
    r->at++;
  return r->at > from;
}

/* -?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)? of any length; whether it
 * is a decimal that fits is for who asks for one. */
static int json_number(json_reader *r) {
  size_t from = r->at, whole;

  if (json_is_next(r, '-')) r->at++;
  whole = r->at;
  if (!json_digits(r)) return json_wrong(r, "a number without digits", NULL);
  if (r->text[whole] == '0' && r->at > whole + 1) {
    r->at = whole;
    return json_wrong(r, "a number with a leading zero", "leave it out");
  }
  if (json_is_next(r, '.')) {
    r->at++;
    if (!json_digits(r))
      return json_wrong(r, "no digits behind the point", NULL);
  }
  if (json_is_next(r, 'e') || json_is_next(r, 'E')) {
    r->at++;
    if (json_is_next(r, '+') || json_is_next(r, '-')) r->at++;
    if (!json_digits(r))
      return json_wrong(r, "no digits in the exponent", NULL);
  }
  return json_leaf(r, BL_JSON_NUMBER,
                   (bl_str){r->text + from, r->at - from});
}

/* Opens an array or an object. */
static int json_enter(json_reader *r) {
  int is_object = r->text[r->at] == '{';
  bl_str none = {NULL, 0};
  bl_json *node;
  int rc;

  if (r->depth == BL_LIMIT_NESTING)
    return json_fail(r, BILLING_LIMIT, "nested too deeply",
                     "use at most 64 levels");
  rc = json_keep(r, is_object ? BL_JSON_OBJECT : BL_JSON_ARRAY, none, &node);
  if (rc) return rc;
  r->level[r->depth++] =
    (json_level){node, r->keys, 0, is_object ? '}' : ']', 0};
  r->at++;
  return BILLING_OK;
}

/* true, false or null. */
static int json_word(json_reader *r) {
  static const struct {
    bl_str word;
    int    kind;
  } words[] = {
    {{"true", 4}, BL_JSON_TRUE},
    {{"false", 5}, BL_JSON_FALSE},
    {{"null", 4}, BL_JSON_NULL},
  };
  bl_str none = {NULL, 0};

  for (size_t i = 0; i < BL_COUNT(words); i++) {
    bl_str word = words[i].word;

    if (r->len - r->at < word.len ||
        memcmp(r->text + r->at, word.text, word.len) != 0)
      continue;
    r->at += word.len;
    return json_leaf(r, words[i].kind, none);
  }
  return json_wrong(r, "a JSON value is expected",
                    "quote text; literals are true, false and null");
}

/* Reads a whole value, or enters one. */
static int json_value(json_reader *r) {
  char c;

  json_skip(r);
  c = r->at < r->len ? r->text[r->at] : '\0';
  if (c == '"') return json_read_text(r);
  if (c == '{' || c == '[') return json_enter(r);
  if (c == '-' || (c >= '0' && c <= '9')) return json_number(r);
  return json_word(r);
}

/* Room for one more key.  0 when memory is out. */
static int json_key_room(json_reader *r) {
  json_key *key;

  if (r->keys < r->key_cap) return 1;
  key = bl_arena_array(&r->scratch, r->key_cap * 2, sizeof *key);
  if (!key) return 0;
  memcpy(key, r->key, r->keys * sizeof *key);
  r->key      = key;
  r->key_cap *= 2;
  return 1;
}

/* Orders by bytes, and equal keys by their place. */
static int json_key_order(const void *a, const void *b) {
  const json_key *x = a, *y = b;
  int order = bl_str_order(x->name, y->name);

  return order ? order : (x->at > y->at) - (x->at < y->at);
}

static int json_twice(json_reader *r, size_t at) {
  r->at = at;
  return json_wrong(r, "a member is there twice", "keep one of them");
}

/* The last key against those before it, while they are few. */
static int json_check_key(json_reader *r, const json_level *l) {
  const json_key *last = json_current_key(r, l);

  if (l->count > JSON_PAIRWISE) return BILLING_OK;
  for (const json_key *key = &r->key[l->keys]; key < last; key++)
    if (bl_str_equal(key->name, last->name)) return json_twice(r, last->at);
  return BILLING_OK;
}

/* All keys of a complete object, when they were too many for that.  Sorting
 * them spoils their order, which nobody needs any more. */
static int json_check_keys(json_reader *r, json_level *l) {
  json_key *key = &r->key[l->keys], *twice = NULL;

  if (l->close != '}' || l->count <= JSON_PAIRWISE) return BILLING_OK;
  bl_sort(key, l->count, sizeof *key, json_key_order);
  for (size_t i = 1; i < l->count; i++)
    if (bl_str_equal(key[i - 1].name, key[i].name) &&
        (!twice || key[i].at < twice->at))
      twice = &key[i];
  if (!twice) return BILLING_OK;
  *json_current_key(r, l) = *twice;          /* for the path */
  l->inside = 1;
  return json_twice(r, twice->at);
}

/* A member's name and the colon. */
static int json_member(json_reader *r, json_level *l) {
  size_t at = r->at;
  bl_str name;
  int rc;

  if (!json_is_next(r, '"'))
    return json_wrong(r, "a member's name in quotes is expected", NULL);
  rc = json_string(r, &name);
  if (rc) return rc;
  if (name.text == r->piece.text) name = bl_arena_str(&r->scratch, name);
  if (!name.text || !json_key_room(r)) return json_nomem(r);
  r->key[r->keys++] = (json_key){name, at};
  l->count++;
  l->inside = 1;
  rc = json_check_key(r, l);
  if (rc) return rc;
  json_skip(r);
  if (!json_is_next(r, ':')) return json_wrong(r, "a colon is expected", NULL);
  r->at++;
  return BILLING_OK;
}

/* Closes the innermost level. */
static int json_leave(json_reader *r, json_level *l) {
  int rc = json_check_keys(r, l);

  assert(l == json_top(r) && (rc || r->text[r->at] == l->close));
  r->at++;
  r->keys = l->keys;
  r->depth--;
  return rc;
}

/* The next thing in the innermost level: its end, or one more value. */
static int json_step(json_reader *r) {
  json_level *l = json_top(r);
  int rc = BILLING_OK;

  l->inside = 0;
  json_skip(r);
  if (json_is_next(r, l->close)) return json_leave(r, l);
  if (l->count > 0) {
    if (!json_is_next(r, ','))
      return json_wrong(r, l->close == '}' ? "a comma or } is expected" :
                        "a comma or ] is expected", NULL);
    r->at++;
    json_skip(r);
  }
  if (l->close == '}') {
    rc = json_member(r, l);
  } else {
    l->count++;
    l->inside = 1;
  }
  if (!rc) rc = json_value(r);
  return rc;
}

/* One whole value and nothing behind it.  Leaves no scratch memory, and on
 * failure no tree. */
static int json_run(json_reader *r) {
  int rc;

  bl_arena_open(&r->scratch, NULL);
  bl_text_open(&r->piece, &r->scratch);
  rc = json_value(r);
  while (!rc && r->depth > 0) rc = json_step(r);
  if (!rc) json_skip(r);
  if (!rc && r->at < r->len)
    rc = json_wrong(r, "text after the value", "send one JSON value");
  bl_arena_close(&r->scratch);
  if (!rc) return BILLING_OK;
  bl_json_free(r->root);
  r->root = NULL;
  return rc;
}

/* Member by member, because most of a reader need not be cleared. */
static void json_start(json_reader *r, const char *text, size_t len,
                       billing_error *err) {
  assert(text || len == 0);
  r->text    = text;
  r->len     = len;
  r->at      = 0;
  r->err     = err;
  r->builds  = 0;
  r->root    = NULL;
  r->depth   = 0;
  r->key     = r->few;
  r->keys    = 0;
  r->key_cap = JSON_FEW_KEYS;
}

int bl_json_read(const char *text, size_t len, bl_json **out,
                 billing_error *err) {
  json_reader r;
  int rc;

  json_start(&r, text, len, err);
  r.builds = 1;
  rc = json_run(&r);
  if (!rc) *out = r.root;
  return rc;
}

int bl_json_check(const char *text, size_t len, billing_error *err) {
  json_reader r;

  json_start(&r, text, len, err);
  return json_run(&r);
}

#undef JSON_FEW_KEYS
#undef JSON_PAIRWISE
#undef JSON_NOT_HEX
