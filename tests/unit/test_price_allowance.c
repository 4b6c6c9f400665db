/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "price/allowance.h"
#include "price/price.h"
#include "unit.h"

Suite *test_price_allowance(void);

static bl_dec room[3];

static bl_free_units allowance(const char *free, const char *limit,
                               size_t periods) {
  memset(room, 0, sizeof room);
  return (bl_free_units){D(free), limit ? D(limit) : BL_DEC_MAX, room,
                        periods, 0};
}

static void uses(bl_free_units *a, const char *used, const char *carried,
                 const char *billed, const char *expired, const char *left) {
  bl_allowed p = bl_free_units_use(a, D(used));

  ck_assert_dec_eq(p.carried, carried);
  ck_assert_dec_eq(p.billed, billed);
  ck_assert_dec_eq(p.expired, expired);
  ck_assert_dec_eq(p.left, left);
  ck_assert_dec_eq(bl_dec_add(p.covered, p.billed), used);
}

START_TEST(the_worked_example_is_what_the_head_says) {
  bl_free_units a = allowance("100", "50", 1);

  uses(&a, "40", "0", "0", "10", "50");
  uses(&a, "130", "50", "0", "0", "20");
  uses(&a, "200", "20", "80", "0", "0");
}
END_TEST

START_TEST(without_later_periods_what_is_not_used_expires) {
  bl_free_units a = allowance("100", NULL, 0);

  uses(&a, "40", "0", "0", "60", "0");
  uses(&a, "130", "0", "30", "0", "0");
}
END_TEST

START_TEST(the_oldest_units_are_used_first_and_end_after_their_periods) {
  bl_free_units a = allowance("10", NULL, 2);

  uses(&a, "4", "0", "0", "0", "6");
  uses(&a, "1", "6", "0", "0", "15");
  uses(&a, "2", "15", "0", "3", "20");
  uses(&a, "0", "20", "0", "10", "20");
  uses(&a, "31", "20", "1", "0", "0");
}
END_TEST

START_TEST(a_limit_cuts_the_oldest) {
  bl_free_units a = allowance("10", "12", 2);

  uses(&a, "0", "0", "0", "0", "10");
  uses(&a, "0", "10", "0", "8", "12");
  ck_assert_dec_eq(room[0], "2");
  ck_assert_dec_eq(room[1], "10");
}
END_TEST

/* Whatever is given is covered, has expired, or is left. */
START_TEST(free_units_are_neither_lost_nor_made) {
  bl_free_units a = allowance("7.5", "11", 3);
  bl_dec given = BL_DEC_ZERO, gone = BL_DEC_ZERO;
  uint32_t seed = 12345;

  for (int i = 0; i < 500; i++) {
    bl_allowed p;

    seed = seed * 1664525u + 1013904223u;
    p = bl_free_units_use(&a, bl_dec_of_int((int64_t)(seed >> 28)));
    given = bl_dec_add(given, D("7.5"));
    gone = bl_dec_add(gone, bl_dec_add(p.covered, p.expired));
    ck_assert(bl_dec_equal(given, bl_dec_add(gone, p.left)));
    ck_assert_int_le(bl_dec_cmp(p.left, D("11")), 0);
  }
}
END_TEST

START_TEST(units_that_last_are_one_sum_up_to_the_limit) {
  bl_free_units a = allowance("10", "25", 1);

  a.is_lasting = 1;
  uses(&a, "0", "0", "0", "0", "10");
  uses(&a, "0", "10", "0", "0", "20");
  uses(&a, "0", "20", "0", "5", "25");
  uses(&a, "30", "25", "0", "0", "5");
  uses(&a, "16", "5", "1", "0", "0");
}
END_TEST

START_TEST(usage_above_free_units_costs_by_the_price_of_its_period) {
  bl_tier tier = {BL_DEC_MAX, D("3"), BL_DEC_ZERO, BL_DEC_ZERO};
  bl_price price = {.model = BL_MODEL_PACKAGE, .tiers = &tier,
                    .tier_count = 1, .per = D("5"), .free = D("10"),
                    .roll_periods = 1, .roll_most = BL_DEC_MAX};
  bl_rolled month[] = {{.used = D("4"), .gives = 1},
                       {.used = D("20"), .gives = 1},
                       {.used = D("11"), .gives = 1}, {.used = D("3")}};

  /* 16 of 20 are free, 10 of 11, none of 3: a package each. */
  ck_assert_dec_eq(bl_price_rolled(&price, month, 4, room), "9");
  ck_assert_dec_eq(month[2].came.carried, "0");
  ck_assert_dec_eq(month[2].came.billed, "1");
  month[3].used = BL_DEC_BAD;
  ck_assert(bl_dec_is_bad(bl_price_rolled(&price, month, 4, room)));
}
END_TEST

Suite *test_price_allowance(void) {
  Suite *s = suite_create("price_allowance");
  TCase *c = tcase_create("allowance");

  tcase_add_test(c, the_worked_example_is_what_the_head_says);
  tcase_add_test(c, without_later_periods_what_is_not_used_expires);
  tcase_add_test(c,
                 the_oldest_units_are_used_first_and_end_after_their_periods);
  tcase_add_test(c, a_limit_cuts_the_oldest);
  tcase_add_test(c, free_units_are_neither_lost_nor_made);
  tcase_add_test(c, units_that_last_are_one_sum_up_to_the_limit);
  tcase_add_test(c,
                 usage_above_free_units_costs_by_the_price_of_its_period);
  suite_add_tcase(s, c);
  return s;
}
