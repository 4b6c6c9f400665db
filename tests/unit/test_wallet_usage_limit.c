/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "unit.h"
#include "wallet/reserve.h"

#define HOUR INT64_C(3600000000)

Suite *test_wallet_usage_limit(void);

typedef struct two_windows {
  bl_usage_limit window[2];
  int64_t      again;
} two_windows;

/* 100 in 5 hours, 300 in 7 days. */
static two_windows open_windows(void) {
  return (two_windows){{{5 * HOUR, D("100"), {0, 0}, BL_DEC_ZERO},
                        {168 * HOUR, D("300"), {0, 0}, BL_DEC_ZERO}}, 0};
}

static int take(two_windows *w, int64_t us, const char *units) {
  return bl_usage_limits_take(w->window, 2, us, D(units), &w->again);
}

START_TEST(a_window_opens_with_a_call_and_its_end_is_outside) {
  two_windows w = open_windows();

  ck_assert(take(&w, 8 * HOUR, "100"));
  ck_assert(!take(&w, 13 * HOUR - 1, "1"));
  ck_assert_int_eq(w.again, 13 * HOUR);
  ck_assert_dec_eq(w.window[1].used, "100");
  ck_assert(take(&w, 13 * HOUR, "1"));
  ck_assert_dec_eq(w.window[0].used, "1");
  ck_assert_dec_eq(w.window[1].used, "101");
}
END_TEST

/* Nothing between 13 and 20 o'clock, so the next window ends at 1. */
START_TEST(an_idle_time_moves_the_next_window) {
  two_windows w = open_windows();

  ck_assert(take(&w, 8 * HOUR, "10"));
  ck_assert(take(&w, 20 * HOUR, "10"));
  ck_assert(!take(&w, 23 * HOUR, "95"));
  ck_assert_int_eq(w.again, 25 * HOUR);
  ck_assert_dec_eq(w.window[0].used, "10");
  ck_assert_dec_eq(w.window[1].used, "20");
}
END_TEST

START_TEST(a_call_that_fits_no_window_never_comes) {
  two_windows w = open_windows();

  ck_assert(!take(&w, 8 * HOUR, "301"));
  ck_assert_int_eq(w.again, BL_TIME_NEVER);
  ck_assert_dec_eq(w.window[0].used, "0");
}
END_TEST

/* Three times a full short window; then the long one is used up as well, for
 * the rest of the seven days. */
START_TEST(the_long_window_refuses_what_the_short_one_would_take) {
  two_windows w = open_windows();

  for (int i = 0; i < 3; i++) ck_assert(take(&w, 5 * i * HOUR, "100"));
  ck_assert(!take(&w, 15 * HOUR, "1"));
  ck_assert_int_eq(w.again, 168 * HOUR);
  ck_assert(take(&w, 168 * HOUR, "1"));
}
END_TEST

Suite *test_wallet_usage_limit(void) {
  Suite *s = suite_create("wallet_usage_limit");
  TCase *c = tcase_create("usage_limit");

  tcase_add_test(c, a_window_opens_with_a_call_and_its_end_is_outside);
  tcase_add_test(c, an_idle_time_moves_the_next_window);
  tcase_add_test(c, a_call_that_fits_no_window_never_comes);
  tcase_add_test(c, the_long_window_refuses_what_the_short_one_would_take);
  suite_add_tcase(s, c);
  return s;
}
