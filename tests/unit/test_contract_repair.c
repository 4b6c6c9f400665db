/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <stdio.h>

#include "contract/contract.h"
#include "unit.h"

Suite *test_contract_repair(void);

static bl_arena mend_arena;

static void open_mend(void) { bl_arena_open(&mend_arena, NULL); }
static void close_mend(void) { bl_arena_close(&mend_arena); }

static bl_billed billed(int64_t from, int64_t to, int64_t rate) {
  bl_billed b = {.span = {from, to}, .amount = bl_dec_of_int(rate),
                 .rate = bl_dec_of_int(rate), .plan = BL_STR("p")};

  ck_assert_int_eq(bl_billed_open(&b, &mend_arena), BILLING_OK);
  return b;
}

/* What is left, as "from-to from-to". */
static void expect_rest(const bl_billed *b, const char *want) {
  char got[200] = "", one[64];

  for (const bl_rest *r = b->rest; r; r = r->next) {
    snprintf(one, sizeof one, "%s%d-%d", got[0] ? " " : "",
             (int)r->span.from_us, (int)r->span.to_us);
    strcat(got, one);
  }
  ck_assert_str_eq(got, want);
}

START_TEST(the_end_of_a_shorter_proposal_is_to_be_repaired) {
  bl_billed item = billed(1, 32, 12), proposal = billed(1, 25, 12);

  ck_assert_int_eq(bl_billed_merge(&item, 1, &proposal, 1, &mend_arena),
                   BILLING_OK);
  expect_rest(&item, "25-32");
  expect_rest(&proposal, "");
}
END_TEST

START_TEST(only_the_same_plan_at_the_same_rate_cancels) {
  bl_billed item = billed(1, 32, 12), other = billed(1, 32, 13);
  bl_billed plan = billed(1, 32, 12);

  plan.plan = BL_STR("q");
  ck_assert_int_eq(bl_billed_merge(&item, 1, &other, 1, &mend_arena), 0);
  ck_assert_int_eq(bl_billed_merge(&item, 1, &plan, 1, &mend_arena), 0);
  expect_rest(&item, "1-32");
  expect_rest(&other, "1-32");
  ck_assert_int_eq(other.is_cut, 0);
}
END_TEST

START_TEST(a_time_cancels_once) {
  bl_billed item = billed(10, 20, 5);
  bl_billed proposals[2] = {billed(0, 30, 5), billed(12, 14, 5)};

  ck_assert_int_eq(bl_billed_merge(&item, 1, proposals, 2, &mend_arena), 0);
  expect_rest(&item, "");
  expect_rest(&proposals[0], "0-10 20-30");
  expect_rest(&proposals[1], "12-14");
  ck_assert_int_eq(proposals[0].is_cut, 1);
}
END_TEST

START_TEST(holes_are_cut_wherever_they_lie) {
  bl_billed b = billed(0, 100, 1);

  ck_assert_int_eq(bl_billed_cut(&b, (bl_span){20, 30}, &mend_arena), 0);
  ck_assert_int_eq(bl_billed_cut(&b, (bl_span){25, 50}, &mend_arena), 0);
  ck_assert_int_eq(bl_billed_cut(&b, (bl_span){-5, 1}, &mend_arena), 0);
  ck_assert_int_eq(bl_billed_cut(&b, (bl_span){99, 200}, &mend_arena), 0);
  ck_assert_int_eq(bl_billed_cut(&b, (bl_span){60, 60}, &mend_arena), 0);
  expect_rest(&b, "1-20 50-99");
}
END_TEST

START_TEST(two_items_that_bill_the_same_time_are_seen) {
  bl_billed items[2] = {billed(0, 10, 1), billed(9, 20, 2)};

  ck_assert_int_eq(bl_billed_twice(items, 2), 1);
  ck_assert_int_eq(bl_billed_cut(&items[0], (bl_span){9, 10}, &mend_arena),
                   0);
  ck_assert_int_eq(bl_billed_twice(items, 2), 0);
  items[0] = billed(0, 10, 0);
  ck_assert_int_eq(bl_billed_twice(items, 2), 0);
}
END_TEST

Suite *test_contract_repair(void) {
  Suite *s = suite_create("contract_repair");
  TCase *c = tcase_create("all");

  tcase_add_checked_fixture(c, open_mend, close_mend);
  tcase_add_test(c, the_end_of_a_shorter_proposal_is_to_be_repaired);
  tcase_add_test(c, only_the_same_plan_at_the_same_rate_cancels);
  tcase_add_test(c, a_time_cancels_once);
  tcase_add_test(c, holes_are_cut_wherever_they_lie);
  tcase_add_test(c, two_items_that_bill_the_same_time_are_seen);
  suite_add_tcase(s, c);
  return s;
}
