/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* test_engine_image.c - an image's bytes in both directions, and when one is
 * due. */
#include "engine/images.h"
#include "unit.h"

static bl_arena arena;

static void begin(void) { bl_arena_open(&arena, NULL); }
static void end(void) { bl_arena_close(&arena); }

/* A customer with one of everything that an image has. */
static bl_image whole_image(void) {
  static bl_draw stack[] = {{4, {0}}, {0, {0}}}, billed[] = {{4, {0}}};
  static bl_image_value values[2] = {{{1, 2, 3}, 70, 0}, {{4}, -5, 1}};
  static bl_period periods[] = {{{10, 20}, {5, 20}}, {{20, 30}, {20, 30}}};
  static bl_image_tally tally;
  static bl_image_contract contract;
  static bl_image_grant grants[2];
  static bl_image_wallet wallet;
  static bl_image_hold holds[] = {{77, 500}};
  static bl_image_window windows[1];
  static bl_image_top_up top_ups[1];
  static uint64_t elders[] = {8, 9};
  static bl_fact_kin liens[1];
  bl_image image = {90, 3, 12, 1, 2, 4, &contract, 1, &wallet, 1, holds, 1,
                    windows, 1, top_ups, 1, 2, 80, elders, 2, liens, 1};

  stack[0].amount = D("0.25");
  stack[1].amount = D("1");
  billed[0].amount = D("0.2");
  tally = (bl_image_tally){
      .price = 1, .period = 1, .group = BL_STR("{\"g\":\"x\"}"),
      .level = {D("7.5"), 17, 3}, .amount = D("1.25"), .drawn = D("0.25"),
      .billed_amount = D("0.9"), .billed_drawn = D("0.2"), .stack = stack,
      .stack_count = 2, .billed = billed, .billed_count = 1,
      .first_event = 65536, .last_event = 131073, .values = values,
      .value_count = 2};
  contract = (bl_image_contract){12, 1, 0, 0, 999, 998, periods, 2, &tally, 1};
  grants[0] = (bl_image_grant){40, D("9.75"), 0, 5, 0};
  grants[1] = (bl_image_grant){41, D("0"), 88, 6, 1};
  wallet = (bl_image_wallet){.asset = BL_STR("USD"), .granted = D("20"),
                             .grants = grants, .grant_count = 2};
  wallet.balance[BL_ACCOUNT_DEFERRED] = D("-9.75");
  windows[0] = (bl_image_window){{7, 99, {1, 2}, {100, 200}, 300, D("2.5")},
                                 60};
  top_ups[0].at_us = 45;
  liens[0] = (bl_fact_kin){.what = BL_KIN_HELD, .hold = 33};
  return image;
}

static bl_str bytes_of(bl_image *image) {
  bl_text text;
  bl_codec codec = {&text, NULL, &arena, 0, 0};

  bl_text_open(&text, &arena);
  bl_code_image(&codec, image);
  ck_assert_int_eq(bl_codec_done(&codec), 0);
  return (bl_str){text.text, text.len};
}

START_TEST(an_image_comes_back_as_it_was) {
  bl_image image = whole_image(), back;
  bl_str bytes = bytes_of(&image), again;

  ck_assert_int_eq(bl_image_read(bytes, &arena, &back), 0);
  ck_assert_int_eq(back.seq, 90);
  ck_assert_int_eq(back.holds[0].seq, 77);
  ck_assert_int_eq(back.holds[0].expires_us, 500);
  ck_assert_int_eq(back.windows[0].since, 60);
  ck_assert_int_eq(back.windows[0].count.until_us, 300);
  ck_assert_int_eq(back.top_ups[0].at_us, 45);
  ck_assert_uint_eq(back.height, 2);
  ck_assert_uint_eq(back.elders[1], 9);
  ck_assert_uint_eq(back.liens[0].hold, 33);
  ck_assert_dec_eq(back.windows[0].count.amount, "2.5");
  ck_assert_int_eq(back.contracts[0].periods[1].full.to_us, 30);
  ck_assert_uint_eq(back.contracts[0].tallies[0].value_count, 2);
  ck_assert_uint_eq(back.contracts[0].tallies[0].values[0].hash[2], 3);
  ck_assert_int_eq(back.contracts[0].tallies[0].values[1].time_us, -5);
  ck_assert_uint_eq(back.contracts[0].tallies[0].values[1].is_removal, 1);
  ck_assert(bl_dec_equal(back.contracts[0].tallies[0].stack[1].amount,
                         D("1")));
  ck_assert(bl_dec_equal(back.wallets[0].grants[0].left, D("9.75")));
  ck_assert_int_eq(back.wallets[0].grants[1].expired_seq, 88);
  ck_assert(bl_dec_equal(back.wallets[0].balance[BL_ACCOUNT_DEFERRED],
                         D("-9.75")));
  again = bytes_of(&back);
  ck_assert(bl_str_equal(bytes, again));
}
END_TEST

START_TEST(a_torn_image_is_none) {
  bl_image image = whole_image(), back;
  bl_str bytes = bytes_of(&image);

  for (size_t len = 0; len < bytes.len; len++) {
    bl_str torn = {bytes.text, len};
    ck_assert_int_eq(bl_image_read(torn, &arena, &back), BILLING_CORRUPT);
  }
}
END_TEST

START_TEST(a_new_image_is_due_after_so_many_entries) {
  bl_customer customer = {.number = 5};
  bl_tenant tenant;

  bl_tenant_open(&tenant, BL_STR("t"), NULL);
  for (int64_t seq = 1; seq < BL_IMAGE_AGE; seq++)
    for (int twice = 0; twice < 2; twice++)     /* an entry counts once */
      bl_image_age(&tenant, &customer, seq);
  ck_assert_uint_eq(tenant.images.ripe.count, 0);
  bl_image_age(&tenant, &customer, BL_IMAGE_AGE);
  ck_assert_uint_eq(tenant.images.ripe.count, 1);
  ck_assert_uint_eq(tenant.images.ripe.number[0], 5);
  for (int64_t seq = BL_IMAGE_AGE + 1; seq <= 3 * BL_IMAGE_AGE; seq++)
    bl_image_age(&tenant, &customer, seq);
  ck_assert_uint_eq(tenant.images.ripe.count, 3);
  bl_tenant_close(&tenant);
}
END_TEST

Suite *test_engine_image(void) {
  Suite *suite = suite_create("engine_image");
  TCase *tests = tcase_create("image");

  tcase_add_checked_fixture(tests, begin, end);
  tcase_add_test(tests, an_image_comes_back_as_it_was);
  tcase_add_test(tests, a_torn_image_is_none);
  tcase_add_test(tests, a_new_image_is_due_after_so_many_entries);
  suite_add_tcase(suite, tests);
  return suite;
}
