/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * lex.c - the tokens of an expression.
 *
 *     round(event.properties.bytes / 1.5)
 *     word round, mark (, word event.properties.bytes, mark /, number 1.5,
 *     mark ), end
 *
 * Only the blank separates.  A number is digits with an optional fraction; a
 * text stands in single quotes, and '' inside it is one quote.
 */
#include "expression/program.h"

static int lex_is_digit(char c) { return c >= '0' && c <= '9'; }

static int lex_is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static int lex_goes_on(char c) {
  return lex_is_letter(c) || lex_is_digit(c) || c == '_';
}

static int lex_is_at(bl_str source, size_t at, char c) {
  return at < source.len && source.text[at] == c;
}

static size_t lex_digits(bl_str source, size_t at) {
  while (at < source.len && lex_is_digit(source.text[at])) at++;
  return at;
}

static size_t lex_number(bl_str source, size_t at, bl_token *token) {
  size_t end = lex_digits(source, at);

  token->kind = BL_TOKEN_NUMBER;
  if (lex_is_at(source, end, '.')) {
    size_t point = end;

    end = lex_digits(source, point + 1);
    if (end == point + 1) {
      token->kind = BL_TOKEN_WRONG;
      token->what = "a number does not end with a point";
    }
  }
  token->text = (bl_str){source.text + at, end - at};
  return end;
}

static size_t lex_text(bl_str source, size_t at, bl_token *token) {
  size_t end = at + 1;

  for (; end < source.len; end++) {
    if (source.text[end] != '\'') continue;
    if (!lex_is_at(source, end + 1, '\'')) break;
    end++;
  }
  token->kind = BL_TOKEN_TEXT;
  if (end >= source.len) {
    token->kind = BL_TOKEN_WRONG;
    token->what = "this text has no end";
    return source.len;
  }
  token->text = (bl_str){source.text + at + 1, end - at - 1};
  return end + 1;
}

/* A point belongs to the word when a letter follows it. */
static size_t lex_word(bl_str source, size_t at, bl_token *token) {
  size_t end = at;

  while (end < source.len &&
         (lex_goes_on(source.text[end]) ||
          (source.text[end] == '.' && end + 1 < source.len &&
           lex_is_letter(source.text[end + 1]))))
    end++;
  token->kind = BL_TOKEN_WORD;
  token->text = (bl_str){source.text + at, end - at};
  return end;
}

static size_t lex_mark(bl_str source, size_t at, bl_token *token) {
  static const char *const marks[] = {"<=", ">=", "!=", "<>", "==", "<", ">",
                                      "=", "+", "-", "*", "/", "(", ")", ",",
                                      "[", "]"};

  for (size_t i = 0; i < BL_COUNT(marks); i++) {
    size_t len = strlen(marks[i]);

    if (source.len - at < len || memcmp(source.text + at, marks[i], len))
      continue;
    token->kind = BL_TOKEN_MARK;
    token->text = (bl_str){source.text + at, len};
    return at + len;
  }
  token->kind = BL_TOKEN_WRONG;
  token->what = "this character has no meaning here";
  return at + 1;
}

bl_token bl_token_next(bl_str source, size_t at, size_t *end) {
  bl_token token = {BL_TOKEN_END, 0, {"", 0}, NULL};
  char c;

  assert(at <= source.len && source.len <= UINT32_MAX);
  while (lex_is_at(source, at, ' ')) at++;
  token.at = (uint32_t)at;
  *end = at;
  if (at == source.len) return token;
  c = source.text[at];
  if (lex_is_digit(c))       *end = lex_number(source, at, &token);
  else if (c == '\'')        *end = lex_text(source, at, &token);
  else if (lex_is_letter(c)) *end = lex_word(source, at, &token);
  else                       *end = lex_mark(source, at, &token);
  return token;
}

static char lex_upper(char c) {
  return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

int bl_token_spells(bl_str text, const char *word) {
  size_t len = strlen(word);
  int is_lower = 1, is_upper = 1, is_capital = 1;

  if (text.len != len) return 0;
  for (size_t i = 0; i < len; i++) {
    is_lower   &= text.text[i] == word[i];
    is_upper   &= text.text[i] == lex_upper(word[i]);
    is_capital &= text.text[i] == (i ? word[i] : lex_upper(word[i]));
  }
  return is_lower || is_upper || is_capital;
}
