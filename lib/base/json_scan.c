/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * json_scan.c - the members of one JSON object, without a tree.
 *
 *     {"model":"m1","tokens":12}
 *      ^     ^ ^  ^ ^      ^             the quotes, as a bitmap
 *
 *     model     text      m1     at 10, 2 bytes
 *     tokens    number    12     at 23, 2 bytes
 *
 * There are two roads.  The fast one is for flat objects without escapes: it
 * makes bitmaps of 64 bytes at a time, so that a string is found by the next
 * two bits, whatever its length.  All that it does not know, be it right or
 * wrong, it leaves to the exact one: there the strict reader gives the
 * verdict, and what is walked through afterwards is known to be right.
 *
 * So the fast road may turn away anything, but must not let anything pass
 * that the strict reader refuses.
 */
#include "base/json_scan.h"

#include "base/marks.h"
#include "base/time.h"

#define SCAN_BLOCKS 16         /* of them in the longest usual text */
#define SCAN_PAIRWISE 32       /* members that are compared each with each */
#define SCAN_UNUSUAL (-1)      /* not an answer: the exact road gives it */

void bl_members_open(bl_members *m, bl_arena *arena) {
  assert(arena);
  *m = (bl_members){NULL, 0, 0, arena};
}

const bl_member *bl_members_get(const bl_members *m, bl_str name) {
  for (size_t i = 0; i < m->count; i++)
    if (bl_str_equal(m->item[i].name, name)) return &m->item[i];
  return NULL;
}

int bl_member_dec(const bl_member *m, bl_dec *out) {
  if (m->kind != BL_JSON_NUMBER && m->kind != BL_JSON_TEXT) return 0;
  return bl_dec_parse(m->value.text, m->value.len, out) == BILLING_OK;
}

int bl_member_time(const bl_member *m, int64_t *out) {
  bl_dec v = BL_DEC_BAD;
  int64_t us;

  if (m->kind == BL_JSON_TEXT) return bl_time_parse(m->value, out);
  if (!bl_member_dec(m, &v)) return 0;
  us = bl_dec_to_int(v);
  if (!bl_dec_equal(bl_dec_of_int(us), v)) return 0;
  if (us < BL_TIME_MIN || us > BL_TIME_MAX) return 0;
  *out = us;
  return 1;
}

static int scan_print_nested(bl_str value, bl_text *out) {
  bl_json *tree = NULL;
  int rc = bl_json_read(value.text, value.len, &tree, NULL);

  assert(!rc || rc == BILLING_NOMEM);
  if (!rc) rc = bl_json_print(tree, out);
  bl_json_free(tree);
  return rc;
}

/* Every escape is longer than what it stands for.  So a text that is as long
 * as its source had none, lies there between quotes, and is canonical. */
int bl_member_print(const bl_member *m, bl_text *out) {
  if (m->kind == BL_JSON_ARRAY || m->kind == BL_JSON_OBJECT)
    return scan_print_nested(m->value, out);
  if (m->kind != BL_JSON_TEXT)
    bl_text_str(out, m->value);
  else if (m->value.len == m->len)
    bl_text_add(out, m->value.text - 1, m->value.len + 2);
  else
    bl_text_json(out, m->value);
  return out->failed ? BILLING_NOMEM : BILLING_OK;
}

/* Room for one more member, or NULL.  What is reserved in it stays zero. */
static bl_member *scan_room(bl_members *out) {
  bl_member *member;

  if (out->count < out->cap) return &out->item[out->count];
  member = bl_arena_push(out->arena, (void **)&out->item, &out->count,
                         &out->cap, sizeof *out->item);
  return member ? memset(member, 0, (out->cap - out->count) * sizeof *member)
                : NULL;
}

/* ---- The fast road ------------------------------------------------------ */

/* Whether bytes above ASCII are UTF-8: each is where a character begins, or
 * in one that was already found to be right. */
static int scan_utf8(bl_str text, size_t block, uint64_t high,
                     size_t *valid) {
  for (; high; high &= high - 1) {
    size_t at = block + (size_t)__builtin_ctzll(high), width;

    if (at < *valid) continue;
    width = bl_utf8_char(text.text + at, text.len - at);
    if (width == 0) return 0;
    *valid = at + width;
  }
  return 1;
}

/* The quotes of the text, block by block; behind them one that is not there,
 * so that a next quote is always found.  0 when a byte is unusual. */
static int scan_map(bl_str text, uint64_t *map) {
  size_t valid = 0;
  uint64_t odd = 0;

  assert(text.len <= BL_MARKS_BLOCK * SCAN_BLOCKS);
  for (size_t at = 0; at < text.len; at += BL_MARKS_BLOCK) {
    bl_marks m = text.len - at < BL_MARKS_BLOCK ?
                 bl_marks_rest(text.text, at, text.len) :
                 bl_marks_block(text.text + at);

    *map++ = m.quotes;
    odd   |= m.odd;
    if (m.high && !scan_utf8(text, at, m.high, &valid)) return 0;
  }
  *map = 1;
  return odd == 0;
}

/*
 * Before the first member it is made sure that the last byte of the text is a
 * closing brace.  No step below passes one, but inside of strings, and these
 * end with a quote in front of it: so *at is always there.
 */
typedef struct scan_road {
  const char     *text;
  size_t          len;         /* with the closing brace */
  const char     *at;
  size_t          block;       /* where the block of `quotes` begins */
  const uint64_t *map;         /* of the blocks behind it */
  uint64_t        quotes;      /* those to come */
  uint64_t        names;       /* a bit for each name, see scan_is_new */
} scan_road;

/* The place of the next quote; at or beyond the end when there is none. */
static inline size_t scan_quote(scan_road *s) {
  size_t at;

  while (!s->quotes) {
    s->quotes = *s->map++;
    s->block += BL_MARKS_BLOCK;
  }
  at = s->block + (unsigned)__builtin_ctzll(s->quotes);
  s->quotes &= s->quotes - 1;
  return at;
}

static inline const char *scan_space(const char *p) {
  while (*p == ' ') p++;
  return p;
}

/* Passes one byte, if it comes next, and the space around it. */
static inline int scan_passes(scan_road *s, char c) {
  s->at = scan_space(s->at);
  if (*s->at != c) return 0;
  s->at = scan_space(s->at + 1);
  return 1;
}

/* Reads the string that begins here. */
static inline int scan_string(scan_road *s, bl_str *out) {
  size_t open = scan_quote(s), close = scan_quote(s);

  assert(*s->at == '"' && s->at == s->text + open);
  if (close >= s->len) return 0;
  *out  = (bl_str){s->text + open + 1, close - open - 1};
  s->at = s->text + close + 1;
  return 1;
}

static inline int scan_is_digit(char c) { return c >= '0' && c <= '9'; }

/* Behind the digits; NULL when there are none. */
static inline const char *scan_digits(const char *p) {
  if (!scan_is_digit(*p)) return NULL;
  while (scan_is_digit(*p)) p++;
  return p;
}

/* Behind -?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)? or NULL. */
static const char *scan_number(const char *p) {
  if (*p == '-') p++;
  p = *p == '0' ? p + 1 : scan_digits(p);
  if (p && *p == '.') p = scan_digits(p + 1);
  if (p && (*p == 'e' || *p == 'E')) {
    p++;
    if (*p == '+' || *p == '-') p++;
    p = scan_digits(p);
  }
  return p;
}

/* Behind the word, or NULL. */
static inline const char *scan_word(const char *p, const char *end,
                                    bl_str word) {
  if ((size_t)(end - p) < word.len || memcmp(p, word.text, word.len) != 0)
    return NULL;
  return p + word.len;
}

/* A number, true, false or null: its kind, and what is behind it, or NULL. */
static inline const char *scan_bare(const char *p, const char *end,
                                    uint32_t *kind) {
  switch (*p) {
  case 't':
    *kind = BL_JSON_TRUE;
    return scan_word(p, end, BL_STR("true"));
  case 'f':
    *kind = BL_JSON_FALSE;
    return scan_word(p, end, BL_STR("false"));
  case 'n':
    *kind = BL_JSON_NULL;
    return scan_word(p, end, BL_STR("null"));
  default:
    *kind = BL_JSON_NUMBER;
    return scan_number(p);
  }
}

static inline int scan_value(scan_road *s, bl_member *m) {
  const char *from = s->at;

  if (*from == '"') {
    m->kind = BL_JSON_TEXT;
    if (!scan_string(s, &m->value)) return 0;
  } else {
    s->at = scan_bare(from, s->text + s->len, &m->kind);
    if (!s->at) return 0;
    m->value = (bl_str){from, (size_t)(s->at - from)};
  }
  m->at  = (uint32_t)(m->value.text - s->text);
  m->len = (uint32_t)m->value.len;
  return 1;
}

/* Whether no member has this name.  Names are compared only with one another
 * when they share a bit: of a few names most do not.  A name has quotes
 * around it, so that an empty one, too, has a first and a last byte. */
static inline int scan_is_new(scan_road *s, const bl_members *out,
                              bl_str name) {
  unsigned first = (unsigned char)name.text[0];
  unsigned last  = (unsigned char)*(name.text + name.len - 1);
  uint64_t bit   = UINT64_C(1) << ((first * 5 + last * 3 + name.len) & 63);

  assert(name.text[name.len] == '"');
  if (s->names & bit && bl_members_get(out, name)) return 0;
  s->names |= bit;
  return 1;
}

static inline int scan_member(scan_road *s, bl_members *out) {
  bl_member *m = scan_room(out);

  if (!m) return BILLING_NOMEM;
  if (*s->at != '"' || !scan_string(s, &m->name) ||
      out->count == SCAN_PAIRWISE || !scan_is_new(s, out, m->name) ||
      !scan_passes(s, ':') || !scan_value(s, m))
    return SCAN_UNUSUAL;
  out->count++;
  return BILLING_OK;
}

static int scan_members(scan_road s, bl_members *out) {
  const char *last = s.text + s.len - 1;
  int rc;

  if (!scan_passes(&s, '{')) return SCAN_UNUSUAL;
  if (s.at < last) {
    do {
      rc = scan_member(&s, out);
      if (rc) return rc;
    } while (scan_passes(&s, ','));
  }
  assert(s.at <= last && *last == '}');
  return s.at == last ? BILLING_OK : SCAN_UNUSUAL;
}

/* Other white space than blanks is unusual. */
static int scan_fast(bl_str text, bl_members *out) {
  uint64_t map[SCAN_BLOCKS + 1];

  while (text.len > 0 && text.text[text.len - 1] == ' ') text.len--;
  if (text.len == 0 || text.len > BL_MARKS_BLOCK * SCAN_BLOCKS ||
      text.text[text.len - 1] != '}' || !scan_map(text, map))
    return SCAN_UNUSUAL;
  return scan_members((scan_road){text.text, text.len, text.text, 0, map + 1,
                                  map[0], 0}, out);
}

/* ---- The exact road ----------------------------------------------------- */

/* Here the text is known to be right, so nothing is looked at but where
 * things end. */
static const char *walk_space(const char *p) {
  while (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t') p++;
  return p;
}

/* From the quote that opens a string to the one that closes it. */
static const char *walk_string(const char *p) {
  assert(*p == '"');
  for (p++; *p != '"'; p++)
    if (*p == '\\') p++;
  return p;
}

/* Behind the array or object that begins here. */
static const char *walk_nested(const char *p) {
  size_t depth = 0;

  do {
    if (*p == '"') p = walk_string(p);
    if (*p == '{' || *p == '[') depth++;
    if (*p == '}' || *p == ']') depth--;
    p++;
  } while (depth > 0);
  return p;
}

/* Behind the number or word that begins here. */
static const char *walk_word(const char *p) {
  while (*p != ',' && *p != '}' && walk_space(p) == p) p++;
  return p;
}

static const char *walk_value(const char *p) {
  if (*p == '"') return walk_string(p) + 1;
  return *p == '{' || *p == '[' ? walk_nested(p) : walk_word(p);
}

static uint32_t walk_kind(char c) {
  switch (c) {
  case '"': return BL_JSON_TEXT;
  case '{': return BL_JSON_OBJECT;
  case '[': return BL_JSON_ARRAY;
  case 't': return BL_JSON_TRUE;
  case 'f': return BL_JSON_FALSE;
  case 'n': return BL_JSON_NULL;
  default:  return BL_JSON_NUMBER;
  }
}

/* Four hexadecimal digits. */
static uint32_t walk_hex(const char *p) {
  uint32_t code = 0;

  for (size_t i = 0; i < 4; i++) {
    char c = p[i];

    code = code * 16 + (uint32_t)(scan_is_digit(c) ? c - '0' :
                                  c >= 'a' ? c - 'a' + 10 : c - 'A' + 10);
  }
  return code;
}

/* Writes what the escape at p stands for to *to, which moves behind it;
 * returns what is behind the escape. */
static const char *walk_escape(const char *p, char **to) {
  static const char letter[] = "bfnrt", meant[] = "\b\f\n\r\t";
  const char *found = strchr(letter, p[1]);
  uint32_t code;

  assert(p[0] == '\\');
  if (p[1] != 'u') {
    *(*to)++ = found ? meant[found - letter] : p[1];
    return p + 2;
  }
  code = walk_hex(p + 2);
  p += 6;
  if (code >= 0xD800 && code <= 0xDFFF) {
    code = 0x10000 + ((code - 0xD800) << 10) + (walk_hex(p + 2) - 0xDC00);
    p += 6;
  }
  *to += bl_utf8_put(code, *to);
  return p;
}

/* The text between the quotes, decoded; text NULL when memory is out. */
static bl_str walk_decoded(bl_arena *arena, const char *from,
                           const char *close) {
  size_t len = (size_t)(close - from);
  bl_str whole = {from, len}, none = {NULL, 0};
  char *text, *to;

  if (!memchr(from, '\\', len)) return whole;
  text = to = bl_arena_take(arena, len);
  if (!text) return none;
  while (from < close) {
    if (*from == '\\') from = walk_escape(from, &to);
    else *to++ = *from++;
  }
  assert((size_t)(to - text) < len);
  return (bl_str){text, (size_t)(to - text)};
}

/* Reads the member at *at, which moves behind it. */
static int walk_member(const char *text, const char **at, bl_members *out) {
  const char *close = walk_string(*at), *from, *end;
  bl_member *m = scan_room(out);

  if (!m) return BILLING_NOMEM;
  m->name = walk_decoded(out->arena, *at + 1, close);
  from = walk_space(walk_space(close + 1) + 1);        /* over the colon */
  *at  = end = walk_value(from);
  m->kind  = walk_kind(*from);
  m->value = (bl_str){from, (size_t)(end - from)};
  if (m->kind == BL_JSON_TEXT) {
    from++;
    end--;
    m->value = walk_decoded(out->arena, from, end);
  }
  if (!m->name.text || !m->value.text) return BILLING_NOMEM;
  m->at  = (uint32_t)(from - text);
  m->len = (uint32_t)(end - from);
  out->count++;
  return BILLING_OK;
}

/* The members of an object that is known to be one. */
static int walk_members(const char *text, const char *open, bl_members *out) {
  const char *p = walk_space(open + 1);
  int rc = BILLING_OK;

  while (!rc && *p != '}') {
    rc = walk_member(text, &p, out);
    p = walk_space(p);
    if (*p == ',') p = walk_space(p + 1);
  }
  return rc;
}

static int scan_exact(bl_str text, bl_members *out, billing_error *err) {
  int rc = bl_json_check(text.text, text.len, err);
  const char *open;

  if (rc) return rc;
  open = walk_space(text.text);
  if (*open != '{')
    return bl_fail(err, BILLING_INVALID_JSON, "", "a JSON object",
                   "an object is needed");
  return walk_members(text.text, open, out);
}

int bl_json_scan(bl_str text, bl_members *out, billing_error *err) {
  int rc;

  assert((text.text || text.len == 0) && text.len <= UINT32_MAX);
  out->count = 0;
  rc = scan_fast(text, out);
  if (rc == SCAN_UNUSUAL) {
    out->count = 0;
    rc = scan_exact(text, out, err);
  }
  if (rc) out->count = 0;
  return rc == BILLING_NOMEM ? bl_fail_code(err, rc) : rc;
}

#undef SCAN_BLOCKS
#undef SCAN_PAIRWISE
#undef SCAN_UNUSUAL
