/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "expression/program.h"
#include "unit.h"

Suite *test_expression_lex(void);

/* Kinds by letter, texts between bars: "w|round|m|(|" */
static const char *tokens(const char *text) {
  static char out[300];
  bl_str source = bl_str_of(text);
  size_t at = 0, len = 0;

  for (;;) {
    bl_token t = bl_token_next(source, at, &at);

    out[len++] = "entwmx"[t.kind];
    if (t.kind == BL_TOKEN_END || t.kind == BL_TOKEN_WRONG) break;
    out[len++] = '|';
    memcpy(out + len, t.text.text, t.text.len);
    len += t.text.len;
    out[len++] = '|';
  }
  out[len] = '\0';
  return out;
}

START_TEST(marks_words_and_numbers_are_told_apart) {
  ck_assert_str_eq(tokens("round(event.properties.bytes / 1.5)"),
                   "w|round|m|(|w|event.properties.bytes|m|/|n|1.5|m|)|e");
  ck_assert_str_eq(tokens("a<=b<>c==d!=e>=f"),
                   "w|a|m|<=|w|b|m|<>|w|c|m|==|w|d|m|!=|w|e|m|>=|w|f|e");
  ck_assert_str_eq(tokens("a_1 x-2"), "w|a_1|w|x|m|-|n|2|e");
  ck_assert_str_eq(tokens(""), "e");
  ck_assert_str_eq(tokens("   "), "e");
}
END_TEST

START_TEST(texts_keep_what_is_between_their_quotes) {
  ck_assert_str_eq(tokens("' a '+'it''s'"), "t| a |m|+|t|it''s|e");
  ck_assert_str_eq(tokens("''"), "t||e");
  ck_assert_str_eq(tokens("''''"), "t|''|e");
}
END_TEST

START_TEST(what_is_no_token_is_wrong) {
  ck_assert_str_eq(tokens("'a"), "x");
  ck_assert_str_eq(tokens("'a''"), "x");
  ck_assert_str_eq(tokens("5."), "x");
  ck_assert_str_eq(tokens(".5"), "x");
  ck_assert_str_eq(tokens("1.1.1"), "n|1.1|x");
  ck_assert_str_eq(tokens("1\t"), "n|1|x");
  ck_assert_str_eq(tokens("a._b"), "w|a|x");
  ck_assert_str_eq(tokens("a."), "w|a|x");
  ck_assert_str_eq(tokens("\"a\""), "x");
  ck_assert_str_eq(tokens("\xc3\xa4"), "x");
  ck_assert_str_eq(tokens("!a"), "x");
}
END_TEST

START_TEST(words_are_spelt_in_three_ways) {
  ck_assert(bl_token_spells(BL_STR("round"), "round"));
  ck_assert(bl_token_spells(BL_STR("ROUND"), "round"));
  ck_assert(bl_token_spells(BL_STR("Round"), "round"));
  ck_assert(bl_token_spells(BL_STR("DATE_TRUNC"), "date_trunc"));
  ck_assert(!bl_token_spells(BL_STR("rOUND"), "round"));
  ck_assert(!bl_token_spells(BL_STR("RounD"), "round"));
  ck_assert(!bl_token_spells(BL_STR("roun"), "round"));
}
END_TEST

Suite *test_expression_lex(void) {
  Suite *s = suite_create("expression_lex");
  TCase *c = tcase_create("all");

  tcase_add_test(c, marks_words_and_numbers_are_told_apart);
  tcase_add_test(c, texts_keep_what_is_between_their_quotes);
  tcase_add_test(c, what_is_no_token_is_wrong);
  tcase_add_test(c, words_are_spelt_in_three_ways);
  suite_add_tcase(s, c);
  return s;
}
