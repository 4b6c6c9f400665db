/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "unit.h"
#include "wallet/phases.h"

#define DAY INT64_C(86400000000)

Suite *test_wallet_phases(void);

/* The grant of the worked example: days are counted from Monday, 0. */
static const int64_t tuesday[] = {DAY};
static const int64_t wednesday[] = {2 * DAY};

typedef struct week {
  bl_lot         lot;
  bl_lot        *lots[1];
  bl_phase_grant grant;
  bl_usage       usage[2];
  bl_phases      phases;
} week;

static void week_open(week *w) {
  w->lot = (bl_lot){.number = 1, .effective_us = 0,
                    .expires_us = BL_TIME_NEVER, .asset = "USD"};
  w->lots[0] = &w->lot;
  w->grant = (bl_phase_grant){&w->lot, D("100"), D("0"), D("50"), tuesday, 1};
  w->usage[0] = (bl_usage){D("130"), DAY / 2};
  w->usage[1] = (bl_usage){D("20"), DAY + DAY / 2};
  w->phases = (bl_phases){.span = {0, 3 * DAY}, .grants = &w->grant,
                          .lots = w->lots, .count = 1, .usage = w->usage,
                          .usage_count = 2, .resets = wednesday,
                          .reset_count = 1};
  bl_phases_open(&w->phases);
}

/* from, to in days; then balance, owed before, used, owed, drawn. */
static void expect_phase(week *w, int64_t from, int64_t to,
                         const char *const figures[5]) {
  bl_phase phase;
  bl_draw draws[2];

  ck_assert_int_eq(bl_phases_next(&w->phases, &phase, draws), 1);
  ck_assert_int_eq(phase.span.from_us, from * DAY);
  ck_assert_int_eq(phase.span.to_us, to * DAY);
  ck_assert_dec_eq(phase.balance, figures[0]);
  ck_assert_dec_eq(phase.owed_before, figures[1]);
  ck_assert_dec_eq(phase.used, figures[2]);
  ck_assert_dec_eq(phase.owed, figures[3]);
  ck_assert_uint_eq(phase.draw_count, figures[4] ? 1 : 0);
  if (figures[4]) ck_assert_dec_eq(draws[0].amount, figures[4]);
}

static void expect_end(week *w) {
  bl_phase phase;
  bl_draw draws[2];

  ck_assert_int_eq(bl_phases_next(&w->phases, &phase, draws), 0);
}

START_TEST(a_grant_that_is_filled_pays_what_was_owed) {
  week w;

  week_open(&w);
  expect_phase(&w, 0, 1, (const char *[]){"100", "0", "130", "30", "100"});
  expect_phase(&w, 1, 2, (const char *[]){"100", "30", "20", "0", "50"});
  ck_assert_dec_eq(w.phases.state.covered, "150");
  expect_phase(&w, 2, 2, (const char *[]){"50", "0", "0", "0", NULL});
  ck_assert_dec_eq(w.phases.state.covered, "0");
  ck_assert_int_eq(w.phases.state.since_us, 2 * DAY);
  expect_phase(&w, 2, 3, (const char *[]){"50", "0", "0", "0", NULL});
  expect_end(&w);
  ck_assert_dec_eq(bl_phases_balance(&w.phases), "50");
}
END_TEST

/* Without the filling 50 are owed on Wednesday.  Forgiven, or drawn from the
 * 20 that a reset leaves at least: 30 stay owed. */
START_TEST(a_reset_forgives_what_is_owed_or_draws_it_at_once) {
  for (uint32_t keeps = 0; keeps < 2; keeps++) {
    week w;

    week_open(&w);
    w.grant.renewal_count = 0;
    w.grant.least         = D("20");
    w.phases.keeps_owed   = keeps;
    expect_phase(&w, 0, 2, (const char *[]){"100", "0", "150", "50", "100"});
    if (keeps)
      expect_phase(&w, 2, 2, (const char *[]){"20", "50", "0", "30", "20"});
    else
      expect_phase(&w, 2, 2, (const char *[]){"20", "0", "0", "0", NULL});
    ck_assert_dec_eq(bl_phases_balance(&w.phases), keeps ? "0" : "20");
  }
}
END_TEST

/* Active on Tuesday only: nothing before, lost afterwards. */
START_TEST(a_grant_is_whole_when_it_begins_and_empty_when_it_ends) {
  week w;

  week_open(&w);
  w.lot.effective_us = DAY;
  w.lot.expires_us = 2 * DAY;
  w.grant.renewal_count = w.phases.reset_count = 0;
  expect_phase(&w, 0, 1, (const char *[]){"0", "0", "130", "130", NULL});
  expect_phase(&w, 1, 2, (const char *[]){"100", "130", "20", "50", "100"});
  expect_phase(&w, 2, 3, (const char *[]){"0", "50", "0", "50", NULL});
  expect_end(&w);
}
END_TEST

START_TEST(a_filling_at_the_end_is_a_phase_of_its_own) {
  week w;

  week_open(&w);
  w.phases.span.to_us = DAY;
  w.phases.reset_count = 0;
  expect_phase(&w, 0, 1, (const char *[]){"100", "0", "130", "30", "100"});
  expect_phase(&w, 1, 1, (const char *[]){"100", "30", "0", "0", "30"});
  expect_end(&w);
}
END_TEST

START_TEST(a_stretch_without_length_has_one_phase) {
  week w;
  bl_phase phase;
  bl_draw draws[2];

  week_open(&w);
  w.phases.span = (bl_span){DAY / 4, DAY / 4};
  w.phases.reset_count = 0;
  w.lot.left = D("7");
  bl_phases_open(&w.phases);
  ck_assert_int_eq(bl_phases_next(&w.phases, &phase, draws), 1);
  ck_assert_dec_eq(phase.balance, "7");
  ck_assert_dec_eq(phase.used, "0");
  expect_end(&w);
}
END_TEST

/* Two seats, then three: three are used, and not five. */
START_TEST(of_a_level_the_last_reading_of_a_phase_counts) {
  week w;

  week_open(&w);
  w.phases.is_level = 1;
  w.phases.reset_count = 0;
  w.usage[0] = (bl_usage){D("2"), DAY + 1};
  w.usage[1] = (bl_usage){D("3"), DAY + 2};
  expect_phase(&w, 0, 1, (const char *[]){"100", "0", "0", "0", NULL});
  expect_phase(&w, 1, 3, (const char *[]){"100", "0", "3", "0", "3"});
  expect_end(&w);
}
END_TEST

START_TEST(figures_that_do_not_fit_stay_bad) {
  week w;
  bl_phase phase;
  bl_draw draws[2];

  week_open(&w);
  w.usage[0].quantity = w.usage[1].quantity = BL_DEC_MAX;
  w.usage[1].time_us = w.usage[0].time_us;
  ck_assert_int_eq(bl_phases_next(&w.phases, &phase, draws), 1);
  ck_assert(bl_dec_is_bad(phase.owed));
  ck_assert(bl_dec_is_bad(w.phases.state.used));
}
END_TEST

Suite *test_wallet_phases(void) {
  Suite *s = suite_create("wallet_phases");
  TCase *c = tcase_create("phases");

  tcase_add_test(c, a_grant_that_is_filled_pays_what_was_owed);
  tcase_add_test(c, a_reset_forgives_what_is_owed_or_draws_it_at_once);
  tcase_add_test(c, a_grant_is_whole_when_it_begins_and_empty_when_it_ends);
  tcase_add_test(c, a_filling_at_the_end_is_a_phase_of_its_own);
  tcase_add_test(c, a_stretch_without_length_has_one_phase);
  tcase_add_test(c, of_a_level_the_last_reading_of_a_phase_counts);
  tcase_add_test(c, figures_that_do_not_fit_stay_bad);
  suite_add_tcase(s, c);
  return s;
}
