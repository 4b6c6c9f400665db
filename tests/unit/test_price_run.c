/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "price/run.h"
#include "prices.h"

Suite *test_price_run(void);

#define WHOLE (BL_RUN_FIRST | BL_RUN_LAST)

static bl_tier tiers[PRICES_TIERS];
static bl_part room[2 * PRICES_TIERS];
static bl_run_line lines[PRICES_TIERS];

/* The head of run.c. */
static const rung example[] = {
  {"5", "0", "100"}, {"10", "0", "50"}, {NULL, "5", NULL}
};

static size_t run(const bl_price *p, uint32_t flags, const char *before,
                  const char *after) {
  bl_run r = {flags, 0, D(before), D(after), BL_DEC_BAD};

  return bl_run_lines(p, &r, room, lines);
}

static bl_dec sum(size_t count) {
  bl_dec total = BL_DEC_ZERO;

  for (size_t i = 0; i < count; i++)
    total = bl_dec_add(total, lines[i].amount);
  return total;
}

START_TEST(parts_add_up_to_the_whole) {
  bl_price p = price_of(BL_MODEL_GRADUATED, example, tiers);

  p.flags = BL_PRICE_FLAT_AT_ZERO;
  ck_assert_dec_eq(sum(run(&p, BL_RUN_FIRST, "0", "3")), "100");
  ck_assert_dec_eq(sum(run(&p, 0, "3", "7")), "50");
  ck_assert_dec_eq(sum(run(&p, BL_RUN_LAST, "7", "12")), "10");
  ck_assert_dec_eq(sum(run(&p, WHOLE, "0", "12")), "160");
}
END_TEST

START_TEST(a_flat_is_a_line_of_the_part_that_enters_its_tier) {
  bl_price p = price_of(BL_MODEL_GRADUATED, example, tiers);
  size_t count = run(&p, 0, "3", "12");

  ck_assert_uint_eq(count, 3);
  ck_assert_int_eq(lines[0].entered, 0);
  ck_assert_dec_eq(lines[0].quantity, "2");
  ck_assert_int_eq(lines[1].entered, 1);
  ck_assert_dec_eq(lines[1].flat, "50");
  ck_assert_dec_eq(lines[2].amount, "10");
  ck_assert_uint_eq(lines[2].tier, 2);
}
END_TEST

START_TEST(what_is_due_at_zero_is_due_in_the_first_part_only) {
  bl_price p = price_of(BL_MODEL_GRADUATED, example, tiers);

  p.flags = BL_PRICE_FLAT_AT_ZERO;
  ck_assert_dec_eq(sum(run(&p, BL_RUN_FIRST, "0", "0")), "100");
  ck_assert_uint_eq(run(&p, BL_RUN_LAST, "0", "0"), 1);
  ck_assert_dec_eq(lines[0].amount, "0");
  ck_assert_dec_eq(sum(run(&p, BL_RUN_LAST, "0", "3")), "0");
}
END_TEST

START_TEST(a_total_that_falls_gives_back_what_it_had_added) {
  bl_price p = price_of(BL_MODEL_GRADUATED, example, tiers);

  ck_assert_uint_eq(run(&p, 0, "7", "3"), 2);
  ck_assert_int_eq(lines[1].entered, -1);
  ck_assert_dec_eq(lines[1].flat, "-50");
  ck_assert_dec_eq(sum(2), "-50");
}
END_TEST

START_TEST(volume_may_wait_for_the_last_part) {
  static const rung ladder[] = {{"10", "2", NULL}, {NULL, "1", NULL}};
  bl_price p = price_of(BL_MODEL_VOLUME, ladder, tiers);

  ck_assert_uint_eq(run(&p, BL_RUN_VOLUME_LAST, "4", "9"), 0);
  ck_assert_uint_eq(run(&p, BL_RUN_VOLUME_LAST | BL_RUN_LAST, "9", "12"), 1);
  ck_assert_dec_eq(lines[0].amount, "12");
  /* Without waiting: 12 - 18. */
  ck_assert_dec_eq(sum(run(&p, BL_RUN_LAST, "9", "12")), "-6");
}
END_TEST

START_TEST(volume_may_take_its_tier_from_another_quantity) {
  static const rung ladder[] = {
    {"100", "2", "10"}, {"200", "1", "0"}, {NULL, "0.5", "50"}
  };
  bl_price p = price_of(BL_MODEL_VOLUME, ladder, tiers);
  bl_run r = {WHOLE, 0, BL_DEC_ZERO, D("198.6"), D("300")};

  ck_assert_uint_eq(bl_run_lines(&p, &r, room, lines), 1);
  ck_assert_dec_eq(lines[0].amount, "149.3");
}
END_TEST

START_TEST(a_fee_is_due_once_in_advance_or_in_arrears) {
  bl_price p = {0};

  p.model  = BL_MODEL_FLAT;
  p.amount = D("20");
  p.timing = BL_TIMING_ADVANCE;
  ck_assert_uint_eq(bl_run_tiers(&p), 1);
  ck_assert_dec_eq(sum(run(&p, BL_RUN_FIRST, "0", "5")), "100");
  ck_assert_uint_eq(run(&p, BL_RUN_LAST, "0", "5"), 0);
  p.timing = BL_TIMING_ARREARS;
  ck_assert_uint_eq(run(&p, BL_RUN_FIRST, "0", "5"), 0);
  ck_assert_uint_eq(run(&p, 0, "0", "5"), 0);
  ck_assert_dec_eq(sum(run(&p, BL_RUN_LAST, "0", "5")), "100");
}
END_TEST

/* Any way to cut a period gives the same sum, also backwards. */
START_TEST(any_cut_adds_up) {
  uint64_t seed = 7;
  bl_price p = price_of(_i ? BL_MODEL_GRADUATED : BL_MODEL_VOLUME, example,
                        tiers);

  p.flags = BL_PRICE_FLAT_AT_ZERO;
  for (int turn = 0; turn < 200; turn++) {
    bl_run r = {BL_RUN_FIRST, 0, BL_DEC_ZERO, BL_DEC_ZERO, BL_DEC_BAD};
    bl_dec total = BL_DEC_ZERO;

    for (int part = 0; part < 6; part++) {
      r.after = bl_dec_of_int((int64_t)(prices_random(&seed) % 20));
      total   = bl_dec_add(total, sum(bl_run_lines(&p, &r, room, lines)));
      r.before = r.after;
      r.flags  = 0;
    }
    ck_assert(bl_dec_equal(total, bl_price_total(&p, r.after)));
  }
}
END_TEST

START_TEST(a_maximum_holds_at_zero_units_too) {
  bl_tier tier = {BL_DEC_MAX, BL_DEC_ZERO, D("892"), BL_DEC_ZERO};
  bl_price p = {.model = BL_MODEL_GRADUATED, .tiers = &tier, .tier_count = 1,
                .per = BL_DEC_ONE, .maximum = D("98"),
                .flags = BL_PRICE_FLAT_AT_ZERO | BL_PRICE_HAS_MAXIMUM};
  bl_run run = {BL_RUN_FIRST | BL_RUN_LAST, 0, BL_DEC_ZERO, BL_DEC_ZERO,
                BL_DEC_BAD};
  bl_run_line line;
  bl_part room[2];

  ck_assert_uint_eq(bl_run_lines(&p, &run, room, &line), 1);
  ck_assert_dec_eq(line.amount, "98");
}
END_TEST

Suite *test_price_run(void) {
  Suite *s = suite_create("price_run");
  TCase *c = tcase_create("all");

  tcase_add_test(c, parts_add_up_to_the_whole);
  tcase_add_test(c, a_flat_is_a_line_of_the_part_that_enters_its_tier);
  tcase_add_test(c, what_is_due_at_zero_is_due_in_the_first_part_only);
  tcase_add_test(c, a_total_that_falls_gives_back_what_it_had_added);
  tcase_add_test(c, volume_may_wait_for_the_last_part);
  tcase_add_test(c, volume_may_take_its_tier_from_another_quantity);
  tcase_add_test(c, a_fee_is_due_once_in_advance_or_in_arrears);
  tcase_add_loop_test(c, any_cut_adds_up, 0, 2);
  tcase_add_test(c, a_maximum_holds_at_zero_units_too);
  suite_add_tcase(s, c);
  return s;
}
