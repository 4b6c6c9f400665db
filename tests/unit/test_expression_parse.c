/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "expressions.h"

Suite *test_expression_parse(void);

static const expr_case grammar[] = {
  {"1 + 2 * event.value", NULL, "n:15"},
  {"if(event.properties.a > 0, 1, 2)", "{'a':3}", "n:1"},
  {"if(event.properties.a > 0, 1, 2)", "{'a':-3}", "n:2"},
  {"(1 + 2) * 3", NULL, "n:9"},
  {"10 - 4 - 3", NULL, "n:3"},
  {"2 - -3", NULL, "n:5"},
  {"-(1 + 2)", NULL, "n:-3"},
  {"- 3", NULL, "n:-3"},
  {"007", NULL, "n:7"},
  {"0.50", NULL, "n:0.5"},
  {"'it''s'", NULL, "t:it's"},
  {"event.properties['cache hits'] + 1", "{'cache hits':2}", "n:3"},
  {"event.properties.properties", "{'properties':'x'}", "t:x"},
  {"ROUND(1.5) + Ceil(1.2) + floor(1.9)", NULL, "n:5"},
  {"not 1 > 2 and not 2 > 3", NULL, "b:true"},
  {"true or false and false", NULL, "b:true"},
  {"(true or false) and false", NULL, "b:false"},
  {"1 < 2 = 3", NULL, "parse 6"},
  {"", NULL, "parse 0"},
  {"1 +", NULL, "parse 3"},
  {"1 2", NULL, "parse 2"},
  {"--3", NULL, "parse 1"},
  {"+1", NULL, "parse 0"},
  {"1e5", NULL, "parse 1"},
  {"1.1.1", NULL, "parse 3"},
  {"(1", NULL, "parse 2"},
  {"1)", NULL, "parse 1"},
  {"rOUND(1)", NULL, "parse 0"},
  {"sqrt(4)", NULL, "parse 0"},
  {"round", NULL, "parse 5"},
  {"round()", NULL, "parse 6"},
  {"round(1, 2, 3)", NULL, "parse 0"},
  {"date_trunc('day')", NULL, "parse 0"},
  {"if(true, 1)", NULL, "parse 10"},
  {"if(true, 1, 2, 3)", NULL, "parse 13"},
  {"exists(1)", NULL, "parse 0"},
  {"exists(event.properties.a + 1)", NULL, "parse 0"},
  {"event", NULL, "parse 0"},
  {"event.customer", NULL, "parse 0"},
  {"event.properties", NULL, "parse 16"},
  {"event.properties[a]", NULL, "parse 17"},
  {"event.properties['a'", NULL, "parse 20"},
  {"event.properties.a.b", NULL, "parse 0"},
  {"event.properties.1a", NULL, "parse 16"},
  {"999999999999999999999", NULL, "parse 0"},
};

START_TEST(the_grammar_is_kept) {
  ck_assert_expr(grammar[_i]);
}
END_TEST

START_TEST(brackets_nest_as_deep_as_the_limit_says) {
  char text[2 * BL_LIMIT_EXPRESSION_DEPTH + 8];
  int depth = BL_LIMIT_EXPRESSION_DEPTH - 1;
  bl_expression e;

  for (int extra = 0; extra < 2; extra++) {
    memset(text, '(', (size_t)(depth + extra));
    text[depth + extra] = '1';
    memset(text + depth + extra + 1, ')', (size_t)(depth + extra));
    text[2 * (depth + extra) + 1] = '\0';
    ck_assert_int_eq(expr_read(text, &e), extra ? BILLING_LIMIT : 0);
  }
  ck_assert_uint_eq(expr_fault.at, BL_LIMIT_EXPRESSION_DEPTH);
}
END_TEST

START_TEST(a_text_that_is_too_long_is_refused) {
  static char text[BL_LIMIT_EXPRESSION_BYTES + 2];
  bl_expression e;

  memset(text, ' ', sizeof text - 1);
  text[0] = '1';
  ck_assert_int_eq(expr_read(text, &e), BILLING_LIMIT);
  text[BL_LIMIT_EXPRESSION_BYTES] = '\0';
  ck_assert_int_eq(expr_read(text, &e), 0);
}
END_TEST

START_TEST(limits_are_in_the_public_list) {
  ck_assert_int_eq(billing_limit(BILLING_LIMIT_EXPRESSION_BYTES), 4096);
  ck_assert_int_eq(billing_limit(BILLING_LIMIT_EXPRESSION_DEPTH), 64);
  ck_assert_int_eq(billing_limit(BILLING_LIMIT_EXPRESSION_GAS), 10000);
}
END_TEST

Suite *test_expression_parse(void) {
  Suite *s = suite_create("expression_parse");
  TCase *c = documents_case(s);

  tcase_add_loop_test(c, the_grammar_is_kept, 0, (int)BL_COUNT(grammar));
  tcase_add_test(c, brackets_nest_as_deep_as_the_limit_says);
  tcase_add_test(c, a_text_that_is_too_long_is_refused);
  tcase_add_test(c, limits_are_in_the_public_list);
  return s;
}
