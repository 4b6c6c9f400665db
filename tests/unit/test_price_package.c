/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "prices.h"

Suite *test_price_package(void);

static bl_tier tier;

/* `amount` for each `size`, some free. */
static bl_price packages(const char *amount, const char *size,
                         const char *free_units, uint32_t partial) {
  bl_price p = {.model = BL_MODEL_PACKAGE, .tiers = &tier, .tier_count = 1,
                .per = D(size), .free = D(free_units), .partial = partial};

  tier = (bl_tier){BL_DEC_MAX, D(amount), BL_DEC_ZERO, BL_DEC_ZERO};
  return p;
}

START_TEST(a_package_that_is_started_costs_as_the_price_says) {
  bl_price up = packages("15", "10", "3", BL_PARTIAL_UP);
  bl_price down = packages("15", "10", "3", BL_PARTIAL_DOWN);
  bl_price share = packages("15", "10", "3", BL_PARTIAL_PRORATE);

  ck_assert_dec_eq(price_checked(&up, "24"), "45");
  ck_assert_dec_eq(price_checked(&down, "24"), "30");
  ck_assert_dec_eq(price_checked(&share, "24"), "31.5");
}
END_TEST

START_TEST(free_units_and_less_than_nothing_cost_nothing) {
  bl_price p = packages("15", "10", "3", BL_PARTIAL_UP);

  ck_assert_dec_eq(price_checked(&p, "0"), "0");
  ck_assert_dec_eq(price_checked(&p, "3"), "0");
  ck_assert_dec_eq(price_checked(&p, "3.000000000000000001"), "15");
  ck_assert_dec_eq(price_checked(&p, "13"), "15");
  ck_assert_dec_eq(price_checked(&p, "-20"), "0");
}
END_TEST

/* A size that does not divide: the quotient must not be cut first. */
START_TEST(packages_of_any_size_are_counted_exactly) {
  bl_price p = packages("1", "0.3", "0", BL_PARTIAL_UP);

  ck_assert_dec_eq(price_checked(&p, "0.9"), "3");
  ck_assert_dec_eq(price_checked(&p, "0.900000000000000001"), "4");
  p = packages("1", "3", "0", BL_PARTIAL_DOWN);
  ck_assert_dec_eq(price_checked(&p, "99999999999999999999"),
                   "33333333333333333333");
}
END_TEST

START_TEST(packages_are_those_of_the_running_total) {
  bl_price p = packages("15", "10", "0", BL_PARTIAL_UP);

  ck_assert_dec_eq(bl_price_delta(&p, D("0"), D("7")), "15");
  ck_assert_dec_eq(bl_price_delta(&p, D("7"), D("12")), "15");
  ck_assert_dec_eq(bl_price_delta(&p, D("12"), D("9")), "-15");
}
END_TEST

/* Tiers in packages: 111 in blocks of 100, then of 1000. */
START_TEST(tiers_may_be_in_packages_too) {
  bl_tier tiers[] = {
    {D("1000"), D("1"), BL_DEC_ZERO, D("100")},
    {BL_DEC_MAX, D("5"), D("2"), D("1000")},
  };
  bl_price p = {.model = BL_MODEL_GRADUATED, .tiers = tiers, .tier_count = 2,
                .per = BL_DEC_ONE};

  ck_assert_dec_eq(price_checked(&p, "111"), "2");
  ck_assert_dec_eq(price_checked(&p, "1000"), "10");
  ck_assert_dec_eq(price_checked(&p, "1001"), "17");
  p.model = BL_MODEL_VOLUME;
  ck_assert_dec_eq(price_checked(&p, "3001"), "22");
}
END_TEST

Suite *test_price_package(void) {
  Suite *s = suite_create("price_package");
  TCase *c = tcase_create("package");

  tcase_add_test(c, a_package_that_is_started_costs_as_the_price_says);
  tcase_add_test(c, free_units_and_less_than_nothing_cost_nothing);
  tcase_add_test(c, packages_of_any_size_are_counted_exactly);
  tcase_add_test(c, packages_are_those_of_the_running_total);
  tcase_add_test(c, tiers_may_be_in_packages_too);
  suite_add_tcase(s, c);
  return s;
}
