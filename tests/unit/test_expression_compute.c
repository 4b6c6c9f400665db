/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "expressions.h"

Suite *test_expression_compute(void);

/* The event's name is llm, its value 7, its time 2026-08-13T14:37:15.25Z. */
static const expr_case results[] = {
  {"concat('m-', round(10 / 3, 2))", NULL, "t:m-3.33"},
  {"10 / 3", NULL, "n:3.333333333333333333"},
  {"0.1 * 0.3", NULL, "n:0.03"},
  {"event.code", NULL, "t:llm"},
  {"event.value", NULL, "n:7"},
  {"event.timestamp", NULL, "n:1786631835"},
  /* texts that read as numbers are numbers, and keep their digits */
  {"event.properties.a + 1", "{'a':'1.50'}", "n:2.5"},
  {"concat(event.properties.a, 'x')", "{'a':'1.50'}", "t:1.50x"},
  {"concat(event.properties.a, 'x')", "{'a':1.50}", "t:1.50x"},
  {"concat(event.properties.a + 1, 'x')", "{'a':'1.50'}", "t:2.50x"},
  {"concat(1 - 1.50, 1.50 * 1.5, -2.0)", NULL, "t:-0.502.250-2.0"},
  {"concat(10 / 4, ' ', 4.0 / 2)", NULL, "t:2.5 2"},
  {"concat(round(1.5, 2), ' ', round(15.0, -1))", NULL, "t:1.50 20"},
  {"concat(least(5.0, 7), greatest(1, 2.00))", NULL, "t:5.02.00"},
  {"concat(event.properties.a)", "{'a':1e3}", "t:1000"},
  {"concat(event.properties.a)", "{'a':'007'}", "t:007"},
  {"concat(1.50, true, '')", NULL, "t:1.50true"},
  {"concat('', '')", NULL, "t:"},
  /* what cannot be done names its place */
  {"1 + event.properties.a", "{'b':1}", "run 4 a"},
  {"1 + event.properties.a", NULL, "run 4 a"},
  {"1 + event.properties.a", "{'a':null}", "run 4 a"},
  {"1 + event.properties.a", "{'a':'x'}", "run 2"},
  {"1 + event.properties.a", "{'a':true}", "run 2"},
  {"1 + event.properties.a", "{'a':[1]}", "run 4"},
  {"1 / 0", NULL, "run 2"},
  {"1 / (2 - 2)", NULL, "run 2"},
  {"99999999999999999999 * 10", NULL, "run 21"},
  {"round(1, 0.5)", NULL, "run 0"},
  {"round('x')", NULL, "run 0"},
  {"least(1, 'x')", NULL, "run 0"},
  /* rounding */
  {"round(12.5)", NULL, "n:13"},
  {"round(-12.5)", NULL, "n:-13"},
  {"ceil(-2.5)", NULL, "n:-2"},
  {"floor(-2.5)", NULL, "n:-3"},
  {"floor(12.351, 1)", NULL, "n:12.3"},
  {"ceil(123.456, -2)", NULL, "n:200"},
  {"round(123.456, 30)", NULL, "n:123.456"},
  {"round(123.456, -30)", NULL, "n:0"},
  {"round(123.456, 1 + 1)", NULL, "n:123.46"},
  {"least(3, 1, 2)", NULL, "n:1"},
  {"greatest(1, 3, 2)", NULL, "n:3"},
  {"greatest(5)", NULL, "n:5"},
  /* comparing */
  {"event.properties.a = '1.0'", "{'a':'1'}", "b:true"},
  {"event.properties.a = 'eu'", "{'a':'eu'}", "b:true"},
  {"event.properties.a != 'eu'", "{'a':'us'}", "b:true"},
  {"event.properties.a = 1", "{'a':'x'}", "b:false"},
  {"event.properties.a <> 1", "{'a':'x'}", "b:true"},
  {"event.properties.a < 1", "{'a':'x'}", "run 19"},
  {"'a' < 'b'", NULL, "b:true"},
  {"'a' < 'ab'", NULL, "b:true"},
  {"'b' <= 'ab'", NULL, "b:false"},
  {"event.properties.a = 'true'", "{'a':true}", "b:true"},
  {"2 >= 2", NULL, "b:true"},
  {"2 <= 1", NULL, "b:false"},
  /* conditions run one branch */
  {"if(event.properties.a = 0, 0, 1 / event.properties.a)", "{'a':0}",
   "n:0"},
  {"if(event.properties.a = 0, 0, 1 / event.properties.a)", "{'a':4}",
   "n:0.25"},
  {"if(event.properties.hit, 0, 1)", "{'hit':true}", "n:0"},
  {"if(event.properties.hit, 0, 1)", "{'hit':'false'}", "n:1"},
  {"if(event.properties.hit, 0, 1)", "{'hit':1}", "run 0"},
  {"false and event.properties.a > 1", NULL, "b:false"},
  {"true or event.properties.a > 1", NULL, "b:true"},
  {"true and event.properties.a > 1", NULL, "run 9 a"},
  {"true and 1", NULL, "run 5"},
  {"not 'true'", NULL, "b:false"},
  {"not 1", NULL, "run 0"},
  /* what may be missing */
  {"coalesce(event.properties.a, event.properties.b, 9)", "{'b':2}", "n:2"},
  {"coalesce(event.properties.a, event.properties.b, 9)", "{}", "n:9"},
  {"coalesce(event.properties.a, event.properties.b)", "{'a':'x'}", "t:x"},
  {"coalesce(event.properties.a, event.properties.b)", "{}", "run 29 b"},
  {"coalesce(event.properties.a + 1, 9)", "{}", "run 9 a"},
  {"exists(event.properties.a)", "{'a':0}", "b:true"},
  {"exists(event.properties.a)", "{'a':null}", "b:false"},
  {"exists(event.properties.a)", NULL, "b:false"},
  /* time */
  {"date_trunc('hour', event.timestamp)", NULL, "n:1786629600"},
  {"date_trunc('day', event.timestamp)", NULL, "n:1786579200"},
  {"date_trunc('Day', event.timestamp)", NULL, "run 0"},
  {"date_trunc('day', 1e)", NULL, "parse 19"},
  {"date_trunc('day', -99999999999999)", NULL, "run 0"},
  {"timestamp(event.properties.t)", "{'t':'1970-01-01T00:00:01.5Z'}",
   "n:1.5"},
  {"timestamp(5)", NULL, "n:5"},
  {"timestamp('x')", NULL, "run 0"},
};

START_TEST(a_value_is_what_it_should_be) {
  ck_assert_expr(results[_i]);
}
END_TEST

/* 4,090 steps of one each; a text of 60,000 bytes costs 3,750. */
START_TEST(gas_ends_what_costs_too_much) {
  static char text[BL_LIMIT_EXPRESSION_BYTES + 1];
  static char properties[60100];
  const char *concat = "concat(event.properties.a, event.properties.a)";

  text[0] = '1';
  for (size_t i = 1; i + 1 < sizeof text - 1; i += 2)
    memcpy(text + i, "+1", 2);
  ck_assert_str_eq(expr_of(text, NULL), "n:2048");
  memset(properties, 'x', sizeof properties);
  memcpy(properties, "{'a':'", 6);
  memcpy(properties + 60000, "'}", 3);
  ck_assert_int_eq(strncmp(expr_of(concat, properties), "t:xxx", 5), 0);
  snprintf(text, sizeof text, "concat(%s, %s)", concat, concat);
  ck_assert_str_eq(expr_of(text, properties), "run 55");
}
END_TEST

START_TEST(every_allocation_of_a_run_may_fail) {
  bl_expression_event event = {BL_STR("llm"), 0, D("7"), NULL};
  bl_expression program;
  int rc = BILLING_NOMEM;
  size_t steps = 0;

  ck_assert_int_eq(expr_read("concat('abc', event.code, concat(1, 2, 3))",
                             &program), 0);
  for (; rc; steps++) {
    bl_expression_value v;
    bl_arena narrow;
    int blocks;

    doc_narrow(&narrow, &blocks, steps);
    rc = bl_expression_run(&program, &event, &narrow, &v, &expr_fault);
    ck_assert(rc == 0 || rc == BILLING_NOMEM);
    bl_arena_close(&narrow);
  }
  ck_assert_uint_gt(steps, 2);
}
END_TEST

Suite *test_expression_compute(void) {
  Suite *s = suite_create("expression_compute");
  TCase *c = documents_case(s);

  tcase_add_loop_test(c, a_value_is_what_it_should_be, 0,
                      (int)BL_COUNT(results));
  tcase_add_test(c, gas_ends_what_costs_too_much);
  tcase_add_test(c, every_allocation_of_a_run_may_fail);
  return s;
}
