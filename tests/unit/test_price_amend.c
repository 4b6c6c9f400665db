/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "price/terms.h"
#include "unit.h"

Suite *test_price_amend(void);

static bl_arena arena;

static void begin(void) { bl_arena_open(&arena, NULL); }
static void end(void) { bl_arena_close(&arena); }

static const bl_span ever = {0, BL_TIME_NEVER};
static bl_str group_names[] = {{"model", 5}, {"region", 6}};

static bl_price per_unit(const char *unit, bl_tier *tier) {
  bl_price p = {.id = BL_STR("tokens"), .meter = BL_STR("tokens"),
                .model = BL_MODEL_PER_UNIT, .tiers = tier, .tier_count = 1,
                .per = BL_DEC_ONE, .most = BL_DEC_MAX};

  *tier = (bl_tier){.up_to = BL_DEC_MAX, .unit = D(unit)};
  return p;
}

static bl_price amended(const bl_price *list, const bl_override *overrides,
                        size_t count, int64_t us) {
  bl_amendments by = {overrides, count, 0};
  bl_price out;
  size_t at;

  ck_assert_int_eq(bl_price_amend(list, &by, us, &arena, &out, &at), 0);
  return out;
}

static bl_dec of_group(const bl_price *price, const char *group) {
  const bl_price *rate = bl_price_of_group(price, bl_str_of(group));

  return rate ? bl_price_total(rate, BL_DEC_ONE) : BL_DEC_BAD;
}

/* The worked example, and that each group has the price of the one override
 * that a look at all of them by hand finds. */
START_TEST(values_make_a_matrix) {
  bl_named eu = {BL_STR("region"), BL_STR("eu")};
  bl_named m1 = {BL_STR("model"), BL_STR("m1")};
  bl_target in_eu = {.values = {&eu, 1}}, of_m1 = {.values = {&m1, 1}};
  bl_override o[] = {
    {.id = BL_STR("half"), .kind = BL_OVERRIDE_MULTIPLIER, .span = ever,
     .factor = D("0.5"), .targets = &in_eu, .target_count = 1},
    {.id = BL_STR("six"), .kind = BL_OVERRIDE_OVERWRITE, .span = ever,
     .unit = D("6"), .targets = &of_m1, .target_count = 1},
  };
  bl_tier tier;
  bl_price list = per_unit("10", &tier), p;

  list.groups = group_names;
  list.group_count = 2;
  p = amended(&list, o, 2, 1);
  ck_assert_uint_eq(p.model, BL_MODEL_MATRIX);
  ck_assert_uint_eq(p.rate_count, 4);
  ck_assert_dec_eq(of_group(&p, "{\"model\":\"m1\",\"region\":\"eu\"}"), "6");
  ck_assert_dec_eq(of_group(&p, "{\"model\":\"m1\",\"region\":\"us\"}"), "6");
  ck_assert_dec_eq(of_group(&p, "{\"model\":\"m2\",\"region\":\"eu\"}"), "5");
  ck_assert_dec_eq(of_group(&p, "{\"model\":\"m2\",\"region\":null}"), "10");
}
END_TEST

START_TEST(a_factor_scales_each_rate_and_an_exception_none) {
  bl_named m1 = {BL_STR("model"), BL_STR("m1")};
  bl_named m9 = {BL_STR("model"), BL_STR("m9")};
  bl_target but_m1 = {.values = {&m1, 1}}, of_m9 = {.values = {&m9, 1}};
  bl_tier tiers[2];
  bl_price prices[2] = {per_unit("2", &tiers[0]), per_unit("4", &tiers[1])};
  bl_str names[] = {BL_STR("\"model\"")};
  bl_cell cells[2] = {{BL_STR("m1"), BL_STR("\"m1\"")},
                      {BL_STR("m2"), BL_STR("\"m2\"")}};
  bl_rate_row rows[2] = {{names, &cells[0], 1, &prices[0]},
                         {names, &cells[1], 1, &prices[1]}};
  bl_price list = {.id = BL_STR("tokens"), .model = BL_MODEL_MATRIX,
                   .per = BL_DEC_ONE, .groups = group_names,
                   .group_count = 1, .rates = rows, .rate_count = 2};
  bl_override o[] = {
    {.kind = BL_OVERRIDE_MULTIPLIER, .span = ever, .factor = D("0.5"),
     .excepts = &but_m1, .except_count = 1},
    {.kind = BL_OVERRIDE_OVERWRITE, .span = ever, .unit = D("7"),
     .targets = &of_m9, .target_count = 1},
  };
  bl_price p = amended(&list, o, 2, 1);

  ck_assert_dec_eq(of_group(&p, "{\"model\":\"m1\"}"), "2");
  ck_assert_dec_eq(of_group(&p, "{\"model\":\"m2\"}"), "2");
  ck_assert_dec_eq(of_group(&p, "{\"model\":\"m9\"}"), "7");
  ck_assert(bl_dec_is_bad(of_group(&p, "{\"model\":\"m3\"}")));
}
END_TEST

/* Ladder: 10 at 2 with 3 for entering, then 1.  Factors: 0.5 up to 4, then
 * 0.8 up to 20.  12 units: 3*0.5 + 4*2*0.5 + 6*2*0.8 + 2*1*0.8 = 16.7. */
START_TEST(two_ladders_become_one) {
  bl_tier list_tiers[] = {{D("10"), D("2"), D("3"), BL_DEC_ZERO},
                          {BL_DEC_MAX, D("1"), BL_DEC_ZERO, BL_DEC_ZERO}};
  bl_tier factors[] = {{D("4"), D("0.5"), BL_DEC_ZERO, BL_DEC_ZERO},
                       {D("20"), D("0.8"), BL_DEC_ZERO, BL_DEC_ZERO},
                       {BL_DEC_MAX, BL_DEC_ONE, BL_DEC_ZERO, BL_DEC_ZERO}};
  bl_override o = {.kind = BL_OVERRIDE_TIERED, .span = ever,
                   .tiers = factors, .tier_count = 3};
  bl_price list = {.id = BL_STR("p"), .model = BL_MODEL_GRADUATED,
                   .per = BL_DEC_ONE, .tiers = list_tiers, .tier_count = 2,
                   .most = BL_DEC_MAX};
  bl_price p = amended(&list, &o, 1, 1);

  ck_assert_uint_eq(p.tier_count, 4);
  ck_assert_dec_eq(bl_price_total(&p, D("12")), "16.7");
  ck_assert_dec_eq(bl_price_total(&p, D("4")), "5.5");
  ck_assert_dec_eq(bl_price_total(&p, D("25")), "28.1");
}
END_TEST

START_TEST(a_fee_takes_an_amount_and_keeps_its_timing) {
  bl_price fee = {.id = BL_STR("base"), .model = BL_MODEL_FLAT,
                  .amount = D("20"), .timing = BL_TIMING_ADVANCE};
  bl_override o = {.kind = BL_OVERRIDE_OVERWRITE, .span = {5, 9},
                   .unit = D("15")};
  bl_price p = amended(&fee, &o, 1, 5);

  ck_assert_dec_eq(p.amount, "15");
  ck_assert_uint_eq(p.timing, BL_TIMING_ADVANCE);
  ck_assert_dec_eq(amended(&fee, &o, 1, 9).amount, "20");
}
END_TEST

START_TEST(what_does_not_fit_is_named) {
  bl_tier tier;
  bl_price list = per_unit("10", &tier), out;
  bl_price fee = {.model = BL_MODEL_FLAT, .amount = BL_DEC_ONE};
  bl_override o[] = {
    {.kind = BL_OVERRIDE_MULTIPLIER, .span = ever, .factor = D("0.5")},
    {.kind = BL_OVERRIDE_OVERWRITE, .span = ever, .unit = BL_DEC_BAD,
     .rate = &fee}};
  bl_override large = {.kind = BL_OVERRIDE_MULTIPLIER, .span = ever,
                       .factor = D("99999999999999999999")};
  bl_amendments by = {o, 2, 0}, too_much = {&large, 1, 0};
  size_t at;

  ck_assert_int_eq(bl_price_amend(&list, &by, 1, &arena, &out, &at),
                   BILLING_INVALID);
  ck_assert_uint_eq(at, 1);
  ck_assert_int_eq(bl_price_amend(&list, &too_much, 1, &arena, &out, &at),
                   BILLING_LIMIT);
}
END_TEST

/* Packages cannot be split, a factor of what each unit costs can. */
START_TEST(of_a_price_with_a_commit_rate_the_one_that_packs_is_named) {
  bl_named eu = {BL_STR("region"), BL_STR("eu")};
  bl_named us = {BL_STR("region"), BL_STR("us")};
  bl_target in_eu = {.values = {&eu, 1}}, in_us = {.values = {&us, 1}};
  bl_tier tiers[3];
  bl_price commit = per_unit("8", &tiers[0]);
  bl_price list = per_unit("10", &tiers[1]), out;
  bl_price pack = per_unit("50", &tiers[2]);
  bl_override o[] = {
    {.id = BL_STR("pack"), .kind = BL_OVERRIDE_OVERWRITE, .span = ever,
     .rate = &pack, .targets = &in_eu, .target_count = 1},
    {.id = BL_STR("less"), .kind = BL_OVERRIDE_MULTIPLIER, .span = ever,
     .factor = D("0.9"), .targets = &in_us, .target_count = 1},
  };
  bl_amendments by = {o, 2, 0};
  size_t at = 9;

  pack.model = BL_MODEL_PACKAGE;
  list.beside = &commit;
  list.groups = &group_names[1];
  list.group_count = 1;
  ck_assert_int_eq(bl_price_amend(&list, &by, 1, &arena, &out, &at),
                   BILLING_INVALID);
  ck_assert_uint_eq(at, 0);
}
END_TEST

START_TEST(the_last_entitlement_counts) {
  bl_tier tier;
  bl_price list = per_unit("10", &tier);
  bl_override o[] = {
    {.kind = BL_OVERRIDE_ENTITLEMENT, .span = {0, 9}, .is_entitled = 0},
    {.kind = BL_OVERRIDE_ENTITLEMENT, .span = {5, 9}, .is_entitled = 1},
    {.kind = BL_OVERRIDE_OVERWRITE, .span = ever, .unit = D("1")}};
  bl_amendments by = {o, 3, 0};
  static const int entitled[] = {0, 1, 1};
  static const int64_t times[] = {4, 5, 9};

  for (int i = 0; i < 3; i++) {
    int is_entitled = -1;
    ck_assert_int_eq(bl_price_is_entitled(&list, &by, times[i], &arena,
                                          &is_entitled), 0);
    ck_assert_int_eq(is_entitled, entitled[i]);
  }
}
END_TEST

Suite *test_price_amend(void) {
  Suite *s = suite_create("price_amend");
  TCase *c = tcase_create("price_amend");

  tcase_add_checked_fixture(c, begin, end);
  tcase_add_test(c, values_make_a_matrix);
  tcase_add_test(c, a_factor_scales_each_rate_and_an_exception_none);
  tcase_add_test(c, two_ladders_become_one);
  tcase_add_test(c, a_fee_takes_an_amount_and_keeps_its_timing);
  tcase_add_test(c, what_does_not_fit_is_named);
  tcase_add_test(
      c, of_a_price_with_a_commit_rate_the_one_that_packs_is_named);
  tcase_add_test(c, the_last_entitlement_counts);
  suite_add_tcase(s, c);
  return s;
}
