/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/struct.h"
#include "unit.h"

/* One struct over three releases. */
struct older {
  uint32_t struct_size, flags;
  int64_t  a, b;
};
struct ours {
  uint32_t struct_size, flags;
  int64_t  a, b, c;
};
struct newer {
  uint32_t struct_size, flags;
  int64_t  a, b, c, d;
};

#define SIZE_1_0 sizeof(struct older)

static int copy(struct ours *to, const void *from) {
  return bl_copy_in(to, sizeof *to, from, SIZE_1_0, 3);
}

START_TEST(init_zeroes_and_sets_the_size) {
  struct ours s;

  memset(&s, 0xA5, sizeof s);
  BILLING_INIT(&s);
  ck_assert_uint_eq(s.struct_size, 4 + 4 + 3 * 8);
  ck_assert_uint_eq(s.flags, 0);
  ck_assert_int_eq(s.c, 0);
  billing_init(NULL, 10);
}
END_TEST

START_TEST(init_of_what_cannot_be_a_struct_touches_nothing) {
  char three[3] = "abc";

  billing_init(three, sizeof three);
  ck_assert_int_eq(memcmp(three, "abc", 3), 0);
}
END_TEST

START_TEST(an_older_caller_leaves_new_members_zero) {
  struct older in = {sizeof in, 1, 10, 20};
  struct ours out;

  memset(&out, 0xA5, sizeof out);
  ck_assert_int_eq(copy(&out, &in), BILLING_OK);
  ck_assert_int_eq(out.a, 10);
  ck_assert_int_eq(out.b, 20);
  ck_assert_int_eq(out.c, 0);
  ck_assert_uint_eq(out.flags, 1);
}
END_TEST

START_TEST(a_newer_caller_may_have_zeroes_beyond_us) {
  struct newer in = {sizeof in, 0, 10, 20, 30, 0};
  struct ours out;

  ck_assert_int_eq(copy(&out, &in), BILLING_OK);
  ck_assert_int_eq(out.c, 30);
  in.d = INT64_C(1) << 56;
  ck_assert_int_eq(copy(&out, &in), BILLING_UNSUPPORTED);
}
END_TEST

START_TEST(unknown_flags_are_unsupported) {
  struct ours in = {sizeof in, 4, 1, 2, 3}, out = {0};

  ck_assert_int_eq(copy(&out, &in), BILLING_UNSUPPORTED);
  ck_assert_int_eq(out.a, 0);
  in.flags = 3;
  ck_assert_int_eq(copy(&out, &in), BILLING_OK);
}
END_TEST

START_TEST(sizes_that_nobody_released_are_misuse) {
  static char large[BL_STRUCT_LARGEST + 1];
  struct ours in = {SIZE_1_0 - 1, 0, 1, 2, 3}, out = {0};
  uint32_t size = BL_STRUCT_LARGEST;

  ck_assert_int_eq(copy(&out, NULL), BILLING_MISUSE);
  ck_assert_int_eq(copy(&out, &in), BILLING_MISUSE);
  in.struct_size = 0;
  ck_assert_int_eq(copy(&out, &in), BILLING_MISUSE);
  memcpy(large, &size, sizeof size);
  ck_assert_int_eq(copy(&out, large), BILLING_OK);
  size++;
  memcpy(large, &size, sizeof size);
  ck_assert_int_eq(copy(&out, large), BILLING_MISUSE);
  ck_assert_int_eq(bl_can_fill(large, SIZE_1_0), BILLING_MISUSE);
}
END_TEST

START_TEST(an_output_is_filled_as_far_as_it_goes) {
  struct ours from = {sizeof from, 7, 10, 20, 30};
  struct { struct older s; int64_t guard; } small = {
    {sizeof(struct older), 0, 0, 0}, 99};
  struct newer large = {sizeof large, 0, 1, 2, 3, 4};

  ck_assert_int_eq(bl_can_fill(&small.s, SIZE_1_0), BILLING_OK);
  bl_fill(&small.s, &from, sizeof from);
  ck_assert_uint_eq(small.s.struct_size, sizeof(struct older));
  ck_assert_uint_eq(small.s.flags, 7);
  ck_assert_int_eq(small.s.b, 20);
  ck_assert_int_eq(small.guard, 99);

  bl_fill(&large, &from, sizeof from);
  ck_assert_uint_eq(large.struct_size, sizeof large);
  ck_assert_int_eq(large.c, 30);
  ck_assert_int_eq(large.d, 0);
}
END_TEST

START_TEST(an_output_without_a_size_is_misuse) {
  struct ours out = {0};

  ck_assert_int_eq(bl_can_fill(NULL, SIZE_1_0), BILLING_MISUSE);
  ck_assert_int_eq(bl_can_fill(&out, SIZE_1_0), BILLING_MISUSE);
  out.struct_size = SIZE_1_0;
  ck_assert_int_eq(bl_can_fill(&out, SIZE_1_0), BILLING_OK);
}
END_TEST

Suite *test_base_struct(void) {
  Suite *s = suite_create("base/struct");
  TCase *t = tcase_create("struct");

  tcase_add_test(t, init_zeroes_and_sets_the_size);
  tcase_add_test(t, init_of_what_cannot_be_a_struct_touches_nothing);
  tcase_add_test(t, an_older_caller_leaves_new_members_zero);
  tcase_add_test(t, a_newer_caller_may_have_zeroes_beyond_us);
  tcase_add_test(t, unknown_flags_are_unsupported);
  tcase_add_test(t, sizes_that_nobody_released_are_misuse);
  tcase_add_test(t, an_output_is_filled_as_far_as_it_goes);
  tcase_add_test(t, an_output_without_a_size_is_misuse);
  suite_add_tcase(s, t);
  return s;
}

#undef SIZE_1_0
