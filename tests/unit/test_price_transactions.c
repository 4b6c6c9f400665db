/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "price/transactions.h"
#include "unit.h"

Suite *test_price_transactions(void);

static bl_tier tier;

static bl_price percent(const char *rate, const char *fixed) {
  bl_price p = {.model = BL_MODEL_PERCENTAGE, .tiers = &tier,
                .tier_count = 1, .per = D("100"), .fixed = D(fixed),
                .most = BL_DEC_MAX};

  tier = (bl_tier){BL_DEC_MAX, D(rate), BL_DEC_ZERO, BL_DEC_ZERO};
  return p;
}

/* What the values, parted by blanks, cost one after the other. */
static const char *walk(const bl_price *p, int is_lago, const char *values) {
  static char out[400];
  bl_allowance left;
  size_t len = 0;

  bl_allowance_open(&left, p, is_lago);
  while (*values) {
    size_t end = strcspn(values, " ");
    char figure[BL_DEC_TEXT];
    bl_dec v;

    ck_assert_int_eq(bl_dec_parse(values, end, &v), 0);
    bl_dec_print(bl_transaction_price(p, &left, v), figure);
    if (len) out[len++] = ' ';
    strcpy(out + len, figure);
    len += strlen(figure);
    values += end + (values[end] == ' ');
  }
  return out;
}

START_TEST(whichever_allowance_ends_first_ends_both) {
  bl_price p = percent("1", "5");

  p.free_events = 3;
  p.free = D("15");
  ck_assert_str_eq(walk(&p, 0, "1 1 1 1"), "0 0 0 5.01");
  ck_assert_str_eq(walk(&p, 0, "10 10"), "0 5.05");
  ck_assert_str_eq(walk(&p, 0, "10 5 1"), "0 0 5.01");
}
END_TEST

START_TEST(at_lago_a_rest_of_the_amount_outlives_the_events) {
  bl_price p = percent("1", "5");

  p.free_events = 1;
  p.free = D("15");
  ck_assert_str_eq(walk(&p, 1, "1 1 20"), "0 0 5.07");
  ck_assert_str_eq(walk(&p, 0, "1 1 20"), "0 5.01 5.2");
}
END_TEST

START_TEST(each_transaction_has_its_limits) {
  bl_price p = percent("2.99", "0");

  p.least = D("1.75");
  p.most = D("12");
  ck_assert_str_eq(walk(&p, 0, "10 80 10000"), "1.75 2.392 12");
}
END_TEST

START_TEST(a_refund_gives_back_its_percentage) {
  bl_price p = percent("10", "1");

  p.least = D("2");
  ck_assert_str_eq(walk(&p, 0, "50 -50"), "6 -5");
}
END_TEST

START_TEST(limits_and_allowances_need_single_transactions) {
  bl_price p = percent("1", "0");

  ck_assert(!bl_price_is_by_event(&p));
  p.free = D("3");
  ck_assert(!bl_price_is_by_event(&p));
  p.most = D("3");
  ck_assert(bl_price_is_by_event(&p));
  p = percent("1", "0.5");
  ck_assert(bl_price_is_by_event(&p));
}
END_TEST

START_TEST(lagos_formula_looks_at_running_totals) {
  bl_dec totals[] = {D("50"), D("150"), D("400")};
  bl_price p = percent("1.3", "2.0");

  p.free_events = 3;
  p.free = D("250");
  ck_assert_dec_eq(bl_transactions_lago(&p, D("800"), 4, totals, 3), "11.15");
  p.free = D("500");
  ck_assert_dec_eq(bl_transactions_lago(&p, D("800"), 4, totals, 3), "7.2");
  ck_assert_dec_eq(bl_transactions_lago(&p, D("0"), 4, totals, 3), "0");
  ck_assert_uint_eq(bl_transactions_kept(&p, totals, 3), 3);
  p.free_events = 0;
  p.free = D("100");
  ck_assert_uint_eq(bl_transactions_kept(&p, totals, 3), 2);
}
END_TEST

Suite *test_price_transactions(void) {
  Suite *s = suite_create("price_transactions");
  TCase *c = tcase_create("transactions");

  tcase_add_test(c, whichever_allowance_ends_first_ends_both);
  tcase_add_test(c, at_lago_a_rest_of_the_amount_outlives_the_events);
  tcase_add_test(c, each_transaction_has_its_limits);
  tcase_add_test(c, a_refund_gives_back_its_percentage);
  tcase_add_test(c, limits_and_allowances_need_single_transactions);
  tcase_add_test(c, lagos_formula_looks_at_running_totals);
  suite_add_tcase(s, c);
  return s;
}
