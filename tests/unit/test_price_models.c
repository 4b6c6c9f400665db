/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "prices.h"

Suite *test_price_models(void);

static bl_tier tiers[PRICES_TIERS];

static const rung example[] = {{"10", "1.00", NULL}, {NULL, "0.50", NULL}};

START_TEST(the_differences_of_a_running_total_add_up) {
  bl_price p = price_of(BL_MODEL_GRADUATED, example, tiers);

  ck_assert_dec_eq(bl_price_delta(&p, D("0"), D("4")), "4");
  ck_assert_dec_eq(bl_price_delta(&p, D("4"), D("12")), "7");
  ck_assert_dec_eq(bl_price_delta(&p, D("0"), D("12")), "11");
  ck_assert_dec_eq(bl_price_delta(&p, D("12"), D("4")), "-7");
}
END_TEST

START_TEST(a_position_in_the_tiers_prices_what_comes_after_it) {
  static const rung calls[] = {
    {"10000", "0.010", NULL}, {"100000", "0.005", NULL},
    {NULL, "0.002", NULL}
  };
  bl_price p = price_of(BL_MODEL_GRADUATED, calls, tiers);

  /* 90,000 units after 10,000 cost 450; 20 more after those 0.04. */
  ck_assert_dec_eq(bl_price_delta(&p, D("10000"), D("100000")), "450");
  ck_assert_dec_eq(bl_price_delta(&p, D("100000"), D("100020")), "0.04");
}
END_TEST

START_TEST(a_difference_with_what_does_not_fit_is_bad) {
  bl_price p = price_of(BL_MODEL_GRADUATED, example, tiers);

  ck_assert(bl_dec_is_bad(bl_price_delta(&p, BL_DEC_BAD, D("1"))));
  ck_assert(bl_dec_is_bad(bl_price_delta(&p, D("1"), BL_DEC_BAD)));
  ck_assert_uint_eq(bl_price_parts(&p, BL_DEC_BAD, NULL), 0);
}
END_TEST

START_TEST(names_lead_back_to_their_model) {
  for (uint32_t i = BL_MODEL_FLAT; i <= BL_MODEL_VOLUME; i++)
    ck_assert_int_eq(bl_price_model_of_name(
                       bl_str_of(bl_price_model_name(i))), (int)i);
  ck_assert_int_eq(bl_price_model_of_name(BL_STR("packages")), -1);
}
END_TEST

/* A decimal below `most` whole units with a random number of places. */
static bl_dec random_dec(uint64_t *seed, uint64_t most) {
  bl_i128 raw = (bl_i128)(prices_random(seed) % most) * BL_DEC_UNIT +
                (bl_i128)(prices_random(seed) % BL_DEC_UNIT);
  int places = (int)(prices_random(seed) % 19);

  return bl_dec_round(bl_dec_of_raw(raw), places, BL_ROUND_DOWN);
}

static bl_price random_price(uint64_t *seed) {
  bl_price p = {0};
  bl_dec floor = BL_DEC_ZERO;

  p.model = BL_MODEL_PER_UNIT + (uint32_t)(prices_random(seed) % 3);
  p.flags = (uint32_t)(prices_random(seed) % 4);
  p.per   = bl_dec_add(random_dec(seed, 1000), BL_DEC_ONE);
  p.tiers = tiers;
  p.tier_count = 1;
  if (p.model != BL_MODEL_PER_UNIT)
    p.tier_count += prices_random(seed) % PRICES_TIERS;
  if (p.tier_count > PRICES_TIERS) p.tier_count = PRICES_TIERS;
  for (size_t i = 0; i < p.tier_count; i++) {
    floor = bl_dec_add(floor, bl_dec_add(random_dec(seed, 100), D("0.001")));
    tiers[i].up_to = i + 1 == p.tier_count ? BL_DEC_MAX : floor;
    tiers[i].unit  = random_dec(seed, 10);
    tiers[i].flat  = p.model == BL_MODEL_PER_UNIT ? BL_DEC_ZERO
                                                  : random_dec(seed, 5);
  }
  return p;
}

/* Where to cut: anywhere, but often exactly on a bound. */
static bl_dec random_cut(uint64_t *seed, const bl_price *p) {
  size_t tier = prices_random(seed) % p->tier_count;

  if (prices_random(seed) % 4 == 0 && !bl_dec_is_max(p->tiers[tier].up_to))
    return p->tiers[tier].up_to;
  return random_dec(seed, 600);
}

START_TEST(however_a_period_is_cut_the_parts_add_up_to_the_whole) {
  uint64_t seed = UINT64_C(0x9E3779B97F4A7C15);

  for (int round = 0; round < 3000; round++) {
    bl_price p = random_price(&seed);
    bl_dec sum = bl_price_total(&p, BL_DEC_ZERO);
    bl_dec at  = BL_DEC_ZERO;
    int cuts   = (int)(prices_random(&seed) % 20);

    for (int i = 0; i < cuts; i++) {
      bl_dec to = random_cut(&seed, &p);

      sum = bl_dec_add(sum, bl_price_delta(&p, at, to));
      at  = to;
    }
    ck_assert_int_eq(bl_dec_cmp(sum, bl_price_total(&p, at)), 0);
  }
}
END_TEST

START_TEST(parts_add_up_to_the_price_and_to_the_quantity) {
  uint64_t seed = 88172645463325252u;

  for (int round = 0; round < 3000; round++) {
    bl_price p = random_price(&seed);
    bl_dec quantity = random_cut(&seed, &p);
    bl_dec amount = BL_DEC_ZERO, units = BL_DEC_ZERO;
    bl_part parts[PRICES_TIERS];
    size_t count = bl_price_parts(&p, quantity, parts);

    for (size_t i = 0; i < count; i++) {
      amount = bl_dec_add(amount, parts[i].amount);
      units  = bl_dec_add(units, parts[i].quantity);
    }
    ck_assert_int_eq(bl_dec_cmp(units, quantity), 0);
    ck_assert_int_eq(bl_dec_cmp(amount, bl_price_total(&p, quantity)), 0);
  }
}
END_TEST

START_TEST(a_graduated_price_never_falls_as_units_are_added) {
  uint64_t seed = 7;

  for (int round = 0; round < 2000; round++) {
    bl_price p = random_price(&seed);
    bl_dec a = random_cut(&seed, &p), b = random_cut(&seed, &p);

    p.model = BL_MODEL_GRADUATED;
    ck_assert_int_ge(bl_dec_sign(bl_price_delta(&p, bl_dec_min(a, b),
                                                bl_dec_max(a, b))), 0);
  }
}
END_TEST

Suite *test_price_models(void) {
  Suite *s = suite_create("price_models");
  TCase *c = tcase_create("all");

  tcase_add_test(c, the_differences_of_a_running_total_add_up);
  tcase_add_test(c, a_position_in_the_tiers_prices_what_comes_after_it);
  tcase_add_test(c, a_difference_with_what_does_not_fit_is_bad);
  tcase_add_test(c, names_lead_back_to_their_model);
  tcase_add_test(c, however_a_period_is_cut_the_parts_add_up_to_the_whole);
  tcase_add_test(c, parts_add_up_to_the_price_and_to_the_quantity);
  tcase_add_test(c, a_graduated_price_never_falls_as_units_are_added);
  suite_add_tcase(s, c);
  return s;
}
