/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * sql_words.c - what stands in a statement that may not.
 *
 *     SELECT sum(value) / 1024 FROM events
 *                       ^ byte 18: SQLite divides in binary; dec_div(a, b)
 *
 * SQLite's own arithmetic is binary, or cuts a quotient of whole numbers, and
 * nothing tells that it happened.  So there is none: what computes is a
 * function, and decimals are written as texts.
 */
#include "base/text.h"
#include "store/sql_meter.h"

enum word_sort { WORD_NONE, WORD_VALUE, WORD_KEY, WORD_OTHER };

typedef struct word_scan {
  bl_str         text;
  size_t         at;
  enum word_sort last;           /* of the token before */
  bl_sql_fault  *fault;
} word_scan;

/* Behind these stands a value, and no operator. */
static const char *const word_keys[] = {
  "all", "and", "as", "between", "by", "case", "distinct", "else", "from",
  "having", "in", "is", "like", "limit", "not", "offset", "on", "or", "over",
  "select", "then", "union", "when", "where", NULL
};

static int word_is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         (unsigned char)c >= 0x80;
}

static int word_is_digit(char c) { return c >= '0' && c <= '9'; }

static char word_lower(char c) {
  return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static int word_equal(bl_str a, bl_str b) {
  if (a.len != b.len) return 0;
  for (size_t i = 0; i < a.len; i++)
    if (word_lower(a.text[i]) != word_lower(b.text[i])) return 0;
  return 1;
}

static char word_peek(const word_scan *s, size_t ahead) {
  return s->at + ahead < s->text.len ? s->text.text[s->at + ahead] : '\0';
}

static int word_wrong(word_scan *s, const char *what, const char *hint) {
  *s->fault = (bl_sql_fault){s->at, what, hint};
  return 0;
}

static int word_pass(word_scan *s, size_t len, enum word_sort sort) {
  s->at += len;
  s->last = sort;
  return 1;
}

/* ---- Tokens that are left alone ----------------------------------------- */

/* A comment; 0 when there is none here. */
static int word_comment(word_scan *s) {
  if (word_peek(s, 0) == '-' && word_peek(s, 1) == '-') {
    while (s->at < s->text.len && s->text.text[s->at] != '\n') s->at++;
    return 1;
  }
  if (word_peek(s, 0) != '/' || word_peek(s, 1) != '*') return 0;
  s->at += 2;
  while (s->at < s->text.len &&
         !(word_peek(s, 0) == '*' && word_peek(s, 1) == '/'))
    s->at++;
  s->at += s->at < s->text.len ? 2 : 0;
  return 1;
}

static void word_blank(word_scan *s) {
  while (s->at < s->text.len) {
    if (strchr(" \t\n\f\r", word_peek(s, 0)) && word_peek(s, 0)) s->at++;
    else if (!word_comment(s)) return;
  }
}

/* A text or a name in quotes; a doubled quote goes on. */
static int word_quoted(word_scan *s) {
  size_t from = s->at;
  char close = word_peek(s, 0) == '[' ? ']' : word_peek(s, 0);

  for (s->at++; s->at < s->text.len; s->at++) {
    if (s->text.text[s->at] != close) continue;
    s->at++;
    s->last = WORD_VALUE;
    if (word_peek(s, 0) != close || close == ']') return 1;
  }
  s->at = from;
  return word_wrong(s, "a quote is not closed", "the same quote again");
}

static bl_str word_name(word_scan *s) {
  size_t from = s->at;

  while (word_is_letter(word_peek(s, 0)) || word_is_digit(word_peek(s, 0)) ||
         word_peek(s, 0) == '$')
    s->at++;
  return (bl_str){s->text.text + from, s->at - from};
}

/* ---- Tokens that are looked at ------------------------------------------ */

static int word_named(word_scan *s) {
  size_t from = s->at;
  bl_str name = word_name(s);

  s->last = WORD_VALUE;
  for (size_t i = 0; word_keys[i]; i++)
    if (word_equal(name, bl_str_of(word_keys[i]))) s->last = WORD_KEY;
  if (!word_equal(name, BL_STR("cast"))) return 1;
  s->at = from;
  return word_wrong(s, "CAST makes binary fractions",
                    "dec(x) is the number that a text says");
}

static int word_number(word_scan *s) {
  size_t from = s->at;

  while (word_is_digit(word_peek(s, 0))) s->at++;
  if (word_peek(s, 0) != '.' && !word_is_letter(word_peek(s, 0)) &&
      s->at - from <= 18) {
    s->last = WORD_VALUE;
    return 1;
  }
  s->at = from;
  return word_wrong(s, "this number would be a binary fraction",
                    "write decimals in quotes: '0.5'");
}

/* One minus before a number, a star for all, and what compares and joins. */
static int word_operator(word_scan *s) {
  char c = word_peek(s, 0), next = word_peek(s, 1);
  int is_value = s->last == WORD_VALUE;

  if (c == '-' && !is_value && word_is_digit(next))
    return word_pass(s, 1, s->last);
  if (c == '*' && !is_value) return word_pass(s, 1, WORD_VALUE);
  if (c == '.' && word_is_digit(next))
    return word_wrong(s, "this number would be a binary fraction",
                      "write decimals in quotes: '0.5'");
  if (c == '|' && next == '|') return word_pass(s, 2, WORD_OTHER);
  if (strchr("?:@$#", c))
    return word_wrong(s, "there are no parameters",
                      "period_from() and period_to() bound the period");
  if (strchr("&|~", c) || (strchr("<>", c) && c == next))
    return word_wrong(s, "there is no arithmetic on bits", NULL);
  if (!strchr("+-*/%", c)) return word_pass(s, 1, WORD_OTHER);
  return word_wrong(s, "SQLite's own arithmetic is not exact",
                    "dec_add(a, b), dec_sub, dec_mul, dec_div");
}

static int word_token(word_scan *s) {
  char c = word_peek(s, 0);

  if (word_is_letter(c)) return word_named(s);
  if (word_is_digit(c)) return word_number(s);
  if (strchr("'\"`[", c)) return word_quoted(s);
  if (c == '(' || c == ',') return word_pass(s, 1, WORD_OTHER);
  if (c == ')') return word_pass(s, 1, WORD_VALUE);
  if (c == ';') {
    s->at++;
    word_blank(s);
    return s->at == s->text.len ||
           word_wrong(s, "a second statement begins", "one SELECT");
  }
  return word_operator(s);
}

int bl_sql_words(bl_str text, bl_sql_fault *fault) {
  word_scan s = {text, 0, WORD_NONE, fault};

  if (text.len > BL_SQL_BYTES) {
    s.at = BL_SQL_BYTES;
    return word_wrong(&s, "the statement is too long", "16384 bytes");
  }
  while (bl_utf8_char(text.text + s.at, text.len - s.at))
    s.at += bl_utf8_char(text.text + s.at, text.len - s.at);
  if (s.at < text.len) return word_wrong(&s, "this is not UTF-8", NULL);
  s.at = 0;
  for (word_blank(&s); s.at < text.len; word_blank(&s))
    if (!word_token(&s)) return 0;
  return s.last != WORD_NONE ||
         word_wrong(&s, "there is no statement", "SELECT .. FROM events");
}

size_t bl_sql_find(bl_str text, bl_str word) {
  bl_sql_fault unused;
  word_scan s = {text, 0, WORD_NONE, &unused};

  for (word_blank(&s); s.at < text.len; word_blank(&s)) {
    size_t from = s.at;

    if (!word_token(&s)) break;
    if (word_equal((bl_str){text.text + from, s.at - from}, word))
      return from;
  }
  return text.len;
}
