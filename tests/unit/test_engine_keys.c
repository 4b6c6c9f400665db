/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * test_engine_keys.c - keys of events, in memory and in runs: whatever is
 * written and merged, each key is known once and for ever.
 */
#include "engine.h"

#include <stdlib.h>

#define MANY 3000

static char keys[MANY][16];

/* A shop whose keys leave memory after a few. */
static billing *open_small(const char *path, int is_new) {
  billing_options options;
  billing_error err;
  billing *b = NULL;

  if (is_new) billing_close(shop_open(path));
  BILLING_INIT(&options);
  BILLING_INIT(&err);
  options.tail_events = 100;
  options.filter_bytes = 2048;         /* of some runs, not of all */
  ck_assert_msg(!billing_open(&b, path, (size_t)-1, &options, &err), "%s",
                err.message);
  return b;
}

static void record_some(billing *b, size_t first, size_t count,
                        billing_receipt *receipts) {
  billing_call call = shop_call("");
  billing_event *events = calloc(count, sizeof *events);
  billing_error err;

  BILLING_INIT(&err);
  for (size_t i = 0; i < count; i++) {
    snprintf(keys[first + i], sizeof keys[0], "key-%d", (int)(first + i));
    events[i] = shop_event(keys[first + i], "e");
    BILLING_INIT(&receipts[i]);
  }
  ck_assert_msg(!billing_record(b, &call, events, count, receipts, &err),
                "%s", err.message);
  free(events);
}

START_TEST(a_key_is_known_for_ever) {
  billing_receipt *first = calloc(MANY, sizeof *first);
  billing_receipt *again = calloc(MANY, sizeof *again);
  shop_folder f = shop_folder_make();
  billing *b = open_small(f.path, 1);

  for (size_t i = 0; i < MANY; i += 30) record_some(b, i, 30, &first[i]);
  for (int pass = 0; pass < 2; pass++) {
    for (size_t i = 0; i < MANY; i += 1000)
      record_some(b, i, 1000, &again[i]);
    for (size_t i = 0; i < MANY; i++) {
      ck_assert_uint_eq(first[i].status, BILLING_STATUS_NEW);
      ck_assert_uint_eq(again[i].status, BILLING_STATUS_SAME);
      ck_assert_uint_eq(again[i].number, first[i].number);
    }
    shop_is_sound(b);
    billing_close(b);
    b = open_small(f.path, 0);         /* the second time from the file */
  }
  billing_close(b);
  shop_folder_remove(&f);
  free(first);
  free(again);
}
END_TEST

/* Two handles on one file: each writes runs, each knows what the other did. */
START_TEST(another_handle_s_keys_are_known) {
  billing_receipt receipts[60];
  shop_folder f = shop_folder_make();
  billing *one = open_small(f.path, 1), *other = open_small(f.path, 0);

  for (size_t i = 0; i < MANY; i += 60) {
    record_some(one, i, 30, receipts);
    record_some(other, i + 30, 30, receipts);
    record_some(other, i, 60, receipts);
    for (int k = 0; k < 60; k++)
      ck_assert_uint_eq(receipts[k].status, BILLING_STATUS_SAME);
  }
  shop_is_sound(one);
  shop_is_sound(other);
  billing_close(one);
  billing_close(other);
  shop_folder_remove(&f);
}
END_TEST

START_TEST(maintain_leaves_nothing_to_be_done) {
  billing_receipt receipts[200];
  billing_call call = shop_call("");
  shop_folder f = shop_folder_make();
  billing *b = open_small(f.path, 1);
  uint32_t more = 1;

  record_some(b, 0, 200, receipts);
  for (int i = 0; i < 10 && more; i++)
    ck_assert_int_eq(billing_maintain(b, &call, 50, &more, NULL), 0);
  for (int i = 0; i < 3; i++)
    ck_assert_int_eq(billing_maintain(b, &call, 0, &more, NULL), 0);
  ck_assert_uint_eq(more, 0);
  record_some(b, 0, 200, receipts);
  for (int k = 0; k < 200; k++)
    ck_assert_uint_eq(receipts[k].status, BILLING_STATUS_SAME);
  shop_is_sound(b);
  billing_close(b);
  shop_folder_remove(&f);
}
END_TEST

Suite *test_engine_keys(void);
Suite *test_engine_keys(void) {
  Suite *s = suite_create("engine_keys");
  TCase *t = tcase_create("keys");

  tcase_set_timeout(t, 120);
  tcase_add_test(t, a_key_is_known_for_ever);
  tcase_add_test(t, another_handle_s_keys_are_known);
  tcase_add_test(t, maintain_leaves_nothing_to_be_done);
  suite_add_tcase(s, t);
  return s;
}
