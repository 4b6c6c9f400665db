/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "expressions.h"

Suite *test_expression_emit(void);

static size_t stack_of(const char *text) {
  bl_expression e;

  ck_assert_int_eq(expr_read(text, &e), 0);
  return e.stack;
}

START_TEST(steps_stand_in_the_order_of_their_work) {
  bl_expression e;

  ck_assert_int_eq(expr_read("1 + 2 * event.value", &e), 0);
  ck_assert_uint_eq(e.step_count, 5);
  ck_assert_uint_eq(e.steps[0].code, BL_STEP_CONSTANT);
  ck_assert_uint_eq(e.steps[1].code, BL_STEP_CONSTANT);
  ck_assert_uint_eq(e.steps[2].code, BL_STEP_VALUE);
  ck_assert_uint_eq(e.steps[3].code, BL_STEP_MULTIPLY);
  ck_assert_uint_eq(e.steps[4].code, BL_STEP_ADD);
  ck_assert_uint_eq(e.steps[3].at, 6);
  ck_assert_uint_eq(e.stack, 3);
}
END_TEST

START_TEST(the_stack_is_as_high_as_it_must_be) {
  ck_assert_uint_eq(stack_of("1"), 1);
  ck_assert_uint_eq(stack_of("1 + 2 + 3 + 4"), 2);
  ck_assert_uint_eq(stack_of("least(1, 2, 3, 4)"), 4);
  ck_assert_uint_eq(stack_of("if(true, 1 + 2, 3)"), 2);
  ck_assert_uint_eq(stack_of("true and false or true"), 1);
  ck_assert_uint_eq(stack_of("coalesce(event.properties.a, "
                             "event.properties.b, 1)"), 1);
}
END_TEST

START_TEST(every_allocation_of_the_parser_may_fail) {
  static const char text[] =
    "concat(if(event.properties.a > 1, 'it''s', 'x'), coalesce("
    "event.properties['b c'], 1, 2), 3, 4, 5, 6, 7, 8, 9, 10)";
  int rc = BILLING_NOMEM;
  size_t steps = 0;

  for (; rc; steps++) {
    bl_expression_fault fault = {0};
    bl_expression e;
    bl_arena narrow;
    int blocks;

    doc_narrow(&narrow, &blocks, steps);
    rc = bl_expression_read(bl_str_of(text), &narrow, &e, &fault);
    ck_assert(rc == 0 || rc == BILLING_NOMEM);
    bl_arena_close(&narrow);
  }
  ck_assert_uint_gt(steps, 3);
}
END_TEST

Suite *test_expression_emit(void) {
  Suite *s = suite_create("expression_emit");
  TCase *c = documents_case(s);

  tcase_add_test(c, steps_stand_in_the_order_of_their_work);
  tcase_add_test(c, the_stack_is_as_high_as_it_must_be);
  tcase_add_test(c, every_allocation_of_the_parser_may_fail);
  return s;
}
