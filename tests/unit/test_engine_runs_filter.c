/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* test_engine_runs_filter.c - filters deny no key that is there, and nearly
 * all others. */
#include "sorted_runs.h"

START_TEST(the_worked_example_is_so) {
  static unsigned char row[BL_RUNS_ROW];
  bl_filter_spot spot = bl_filter_spot_of(UINT64_C(0xC000000000000021), 2);

  ck_assert_uint_eq(spot.row, 1);
  ck_assert_uint_eq(spot.block, 2240);
  bl_filter_add(row, spot);
  ck_assert_uint_eq(bl_runs_word(row + 2240), UINT64_C(0x0000000200000002));
  for (int i = 1; i < 4; i++)
    ck_assert_uint_eq(bl_runs_word(row + 2240 + 8 * i),
                      UINT64_C(0x0000000100000001));
  ck_assert_uint_eq(bl_runs_word(row + 2232) | bl_runs_word(row + 2272), 0);
  ck_assert_uint_eq(row[2240], 2);         /* the low byte first */
  ck_assert_int_eq(bl_filter_has(row + 2240, spot.bits), 1);
}
END_TEST

START_TEST(rows_are_for_2240_keys) {
  ck_assert_uint_eq(bl_filter_rows(1), 1);
  ck_assert_uint_eq(bl_filter_rows(2240), 1);
  ck_assert_uint_eq(bl_filter_rows(2241), 2);
  ck_assert_uint_eq(bl_filter_rows(131072), 59);
}
END_TEST

/* 100,000 keys: none of them is denied; of a million others not 2 in 1,000
 * pass. */
START_TEST(keys_are_told_apart) {
  uint64_t lines = bl_filter_rows(100000), passed = 0;
  unsigned char *filter = calloc(lines, BL_RUNS_ROW);

  for (uint64_t i = 0; i < 100000; i++) {
    bl_filter_spot spot = bl_filter_spot_of(runs_hash(i), lines);

    ck_assert_uint_lt(spot.row, lines);
    bl_filter_add(filter + spot.row * BL_RUNS_ROW, spot);
  }
  for (uint64_t i = 0; i < 1100000; i++) {
    bl_filter_spot spot = bl_filter_spot_of(runs_hash(i), lines);
    int has = bl_filter_has(filter + spot.row * BL_RUNS_ROW + spot.block,
                            spot.bits);

    if (i < 100000)
      ck_assert_int_eq(has, 1);
    else
      passed += (uint64_t)has;
  }
  ck_assert_uint_lt(passed, 2000);
  free(filter);
}
END_TEST

/* Heads that stand close together, as numbers of customers do. */
START_TEST(heads_are_told_apart) {
  static unsigned char row[BL_RUNS_ROW];
  uint64_t passed = 0;

  for (uint64_t i = 0; i < BL_FILTER_KEYS; i++)
    bl_filter_add(row, bl_filter_spot_within(2 * i, 0));
  for (uint64_t i = 0; i < BL_FILTER_KEYS; i++) {
    bl_filter_spot in = bl_filter_spot_within(2 * i, 0);
    bl_filter_spot out = bl_filter_spot_within(2 * i + 1, 0);

    ck_assert_int_eq(bl_filter_has(row + in.block, in.bits), 1);
    passed += (uint64_t)bl_filter_has(row + out.block, out.bits);
  }
  ck_assert_uint_lt(passed, 12);
  ck_assert_uint_eq(bl_filter_spot_within(5, 77).row, 77);
}
END_TEST

START_TEST(rows_follow_the_order_of_keys) {
  uint32_t row = 0;

  for (uint64_t lead = 0; lead < 4096; lead++) {
    bl_filter_spot spot = bl_filter_spot_of(lead << 52, 1000);

    ck_assert_uint_ge(spot.row, row);
    ck_assert_uint_le(spot.block, BL_RUNS_ROW - BL_FILTER_BLOCK);
    row = spot.row;
  }
  ck_assert_uint_eq(bl_filter_spot_of(UINT64_MAX, 1000).row, 999);
  ck_assert_uint_eq(bl_filter_spot_of(UINT64_MAX, 1).block,
                    BL_RUNS_ROW - BL_FILTER_BLOCK);
}
END_TEST

Suite *test_engine_runs_filter(void) {
  Suite *s = suite_create("engine/runs_filter");
  TCase *t = tcase_create("runs_filter");

  tcase_add_test(t, the_worked_example_is_so);
  tcase_add_test(t, rows_are_for_2240_keys);
  tcase_add_test(t, keys_are_told_apart);
  tcase_add_test(t, heads_are_told_apart);
  tcase_add_test(t, rows_follow_the_order_of_keys);
  suite_add_tcase(s, t);
  return s;
}
