/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "unit.h"
#include "wallet/lines.h"

Suite *test_wallet_lines(void);

static bl_str storage = {"storage", 7}, compute = {"compute", 7};
static bl_scope narrow = {.prices = &storage, .price_count = 1};

static bl_lot lot(uint64_t number, const char *left, const bl_scope *scope) {
  bl_lot l = {.number = number, .effective_us = 100, .expires_us = 200,
              .asset = "USD"};

  l.left  = D(left);
  l.scope = scope;
  return l;
}

static bl_payable line(uint64_t number, bl_str price, const char *amount) {
  bl_payable d = {.use = {.price = price, .time_us = 150, .asset = "USD"},
              .last_us = 160};

  d.number = number;
  d.amount = D(amount);
  return d;
}

/* Up to three lots and three lines. */
static bl_lot *lots[3], *room[3];
static const char dollars[BL_ASSET_BYTES] = "USD";
static const char tokens[BL_ASSET_BYTES] = "tok";
static bl_draw draws[4];
static bl_paid paid[6];

static bl_payment payment(size_t lot_count, bl_payable *lines,
                          size_t line_count) {
  bl_payment p = {lots, lot_count, lines, line_count, room, draws, paid, 0};

  return p;
}

START_TEST(the_narrow_lot_leaves_the_general_one_for_others) {
  bl_lot only = lot(1, "30", &narrow), general = lot(2, "40", NULL);
  bl_payable lines[] = {line(1, compute, "30"), line(2, storage, "30")};
  bl_payment p = payment(2, lines, 2);

  lots[0] = &only;
  lots[1] = &general;
  ck_assert_dec_eq(bl_usable(&p, dollars), "70");
  bl_pay_lines(&p);
  ck_assert_uint_eq(p.paid_count, 2);
  ck_assert_uint_eq(paid[0].lot, 1);
  ck_assert_uint_eq(paid[0].line, 0);
  ck_assert_dec_eq(paid[0].amount, "30");
  ck_assert_uint_eq(paid[1].lot, 0);
  ck_assert_uint_eq(paid[1].line, 1);
  ck_assert_dec_eq(only.left, "0");
  ck_assert_dec_eq(general.left, "10");
  ck_assert_dec_eq(lines[1].rest, "0");
}
END_TEST

START_TEST(what_no_lot_covers_is_the_rest) {
  bl_lot only = lot(1, "30", &narrow);
  bl_payable lines[] = {line(1, storage, "45"), line(2, compute, "5"),
                    line(3, storage, "-40")};
  bl_payment p = payment(1, lines, 3);

  lots[0] = &only;
  bl_pay_lines(&p);
  ck_assert_dec_eq(lines[0].rest, "15");
  ck_assert_dec_eq(lines[1].rest, "5");
  ck_assert_dec_eq(lines[2].rest, "-40");
  ck_assert_dec_eq(only.left, "0");
}
END_TEST

START_TEST(a_lot_covers_the_whole_time_of_a_line) {
  bl_lot l = lot(1, "1", NULL);
  bl_payable d = line(1, compute, "1");

  ck_assert(bl_lot_pays_line(&l, &d));
  d.last_us = 199;
  ck_assert(bl_lot_pays_line(&l, &d));
  d.last_us = 200;
  ck_assert(!bl_lot_pays_line(&l, &d));
  d.use.time_us = 99;
  d.last_us = 150;
  ck_assert(!bl_lot_pays_line(&l, &d));
}
END_TEST

START_TEST(no_lot_pays_a_fixed_line) {
  bl_lot l = lot(1, "1", NULL);
  bl_payable d = line(1, compute, "1");

  d.is_fixed = 1;
  ck_assert(!bl_lot_pays_line(&l, &d));
}
END_TEST

START_TEST(what_is_held_is_not_usable) {
  bl_lot l = lot(1, "10", NULL);
  bl_payable d = line(1, compute, "10");
  bl_payment p = payment(1, &d, 1);

  l.held  = D("4");
  lots[0] = &l;
  ck_assert_dec_eq(bl_usable(&p, dollars), "6");
  ck_assert_dec_eq(bl_usable(&p, tokens), "0");
  bl_pay_lines(&p);
  ck_assert_dec_eq(d.rest, "4");
  ck_assert_dec_eq(l.left, "4");
}
END_TEST

START_TEST(the_first_end_ends_a_grant) {
  int64_t ends[] = {300, 200};
  int64_t early[] = {50, 200};

  ck_assert_int_eq(bl_grant_active(100, ends, 2).to_us, 200);
  ck_assert_int_eq(bl_grant_active(100, ends, 1).to_us, 300);
  ck_assert_int_eq(bl_grant_active(100, ends, 0).to_us, BL_TIME_NEVER);
  ck_assert_int_eq(bl_grant_active(100, early, 2).from_us, 100);
  ck_assert_int_eq(bl_grant_active(100, early, 2).to_us, 100);
}
END_TEST

Suite *test_wallet_lines(void) {
  Suite *s = suite_create("wallet_lines");
  TCase *c = tcase_create("all");

  tcase_add_test(c, the_narrow_lot_leaves_the_general_one_for_others);
  tcase_add_test(c, what_no_lot_covers_is_the_rest);
  tcase_add_test(c, a_lot_covers_the_whole_time_of_a_line);
  tcase_add_test(c, no_lot_pays_a_fixed_line);
  tcase_add_test(c, what_is_held_is_not_usable);
  tcase_add_test(c, the_first_end_ends_a_grant);
  suite_add_tcase(s, c);
  return s;
}
