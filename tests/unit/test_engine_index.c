/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * test_engine_index.c - the pages of each customer, beside a list of our own,
 * while marks leave memory and runs are merged.
 */
#include "engine.h"

#include <stdlib.h>

#define PEOPLE 7
#define BATCHES 400

static struct {
  int     person;
  int64_t time_us;
} done[BATCHES * 5];
static size_t done_count;
static uint64_t dice = 12345;

static unsigned roll(unsigned sides) {
  dice = dice * UINT64_C(6364136223846793005) + 1442695040888963407u;
  return (unsigned)(dice >> 33) % sides;
}

static billing *open_small(const char *path) {
  billing_call call = shop_call("");
  billing_options options;
  billing *b = NULL;
  char text[32];

  billing_close(shop_open(path));
  BILLING_INIT(&options);
  options.tail_events = 64;
  ck_assert_int_eq(billing_open(&b, path, (size_t)-1, &options, NULL), 0);
  for (int i = 0; i < PEOPLE; i++) {
    snprintf(text, sizeof text, "{\"id\":\"p%d\"}", i);
    ck_assert_int_eq(billing_put(b, &call, "customer", text, (size_t)-1, NULL,
                                 NULL), 0);
  }
  return b;
}

/* Five events of anybody, within the last ten days. */
static void record_batch(billing *b) {
  char keys[5][16], people[5][4];
  billing_call call = shop_call("");
  billing_event events[5];

  for (int i = 0; i < 5; i++) {
    int person = (int)roll(PEOPLE);
    snprintf(keys[i], sizeof keys[i], "%d", (int)done_count);
    snprintf(people[i], sizeof people[i], "p%d", person);
    events[i] = shop_event(keys[i], "e");
    events[i].customer = shop_text(people[i]);
    events[i].time_us = SHOP_NOW - (int64_t)roll(240) * (SHOP_DAY / 24);
    done[done_count].person = person;
    done[done_count++].time_us = events[i].time_us;
  }
  ck_assert_int_eq(billing_record(b, &call, events, 5, NULL, NULL), 0);
}

static size_t shown(billing *b, int person, int64_t from, int64_t to) {
  billing_call call = shop_call("");
  char query[160], after[32] = "0";
  size_t count = 0;

  while (after[0]) {
    billing_doc *doc = NULL;
    const char *text, *next;
    snprintf(query, sizeof query,
             "{\"customer\":\"p%d\",\"from\":%lld,\"to\":%lld,\"after\":"
             "\"%s\",\"limit\":50}", person, (long long)from, (long long)to,
             after);
    ck_assert_int_eq(billing_events(b, &call, query, (size_t)-1, &doc, NULL),
                     0);
    text = billing_doc_text(doc);
    for (const char *at = text; (at = strstr(at, "\"key\":")) != NULL; at++)
      count++;
    next = strstr(text, "\"next\":\"");
    after[0] = '\0';
    if (next) sscanf(next + 8, "%31[0-9]", after);
    billing_doc_free(doc);
  }
  return count;
}

static size_t counted(int person, int64_t from, int64_t to) {
  size_t count = 0;

  for (size_t i = 0; i < done_count; i++)
    count += done[i].person == person && from <= done[i].time_us &&
             done[i].time_us < to;
  return count;
}

START_TEST(every_page_has_what_a_list_has) {
  shop_folder f = shop_folder_make();
  billing *b = open_small(f.path);

  done_count = 0;
  for (int i = 0; i < BATCHES; i++) record_batch(b);
  for (int pass = 0; pass < 2; pass++) {
    for (int person = 0; person < PEOPLE; person++) {
      int64_t from = SHOP_NOW - (int64_t)roll(10) * SHOP_DAY;
      int64_t to = from + (int64_t)roll(5) * SHOP_DAY + SHOP_DAY / 3;
      ck_assert_uint_eq(shown(b, person, from, to),
                        counted(person, from, to));
      ck_assert_uint_eq(shown(b, person, 0, SHOP_NOW + 1),
                        counted(person, 0, SHOP_NOW + 1));
    }
    shop_is_sound(b);
    billing_close(b);
    ck_assert_int_eq(billing_open(&b, f.path, (size_t)-1, NULL, NULL), 0);
  }
  billing_close(b);
  shop_folder_remove(&f);
}
END_TEST

/* Such a batch is not put into the order of its customers. */
START_TEST(a_batch_with_a_key_twice_leaves_one_mark_a_customer) {
  shop_folder f = shop_folder_make();
  billing *b = open_small(f.path);
  billing_call call = shop_call("");
  billing_event events[4];
  char keys[4][16];

  for (int i = 0; i < 100; i++) {
    for (int j = 0; j < 4; j++) {
      snprintf(keys[j], sizeof keys[j], "%d-%d", i, j % 3);
      events[j] = shop_event(keys[j], "e");
      events[j].customer = shop_text(j == 1 ? "p1" : "p0");
      events[j].time_us = SHOP_NOW - (j % 3) * SHOP_DAY;
    }
    ck_assert_int_eq(billing_record(b, &call, events, 4, NULL, NULL), 0);
  }
  ck_assert_int_eq(billing_maintain(b, &call, 0, NULL, NULL), 0);
  shop_is_sound(b);
  ck_assert_uint_eq(shown(b, 0, 0, SHOP_NOW + 1), 200);
  ck_assert_uint_eq(shown(b, 1, 0, SHOP_NOW + 1), 100);
  billing_close(b);
  shop_folder_remove(&f);
}
END_TEST

/* The work of a call may end the writing of one run, and must not begin the
 * next with what that one has written. */
START_TEST(work_in_small_pieces_leaves_nothing_out) {
  shop_folder f = shop_folder_make();
  billing *b = open_small(f.path), *other = NULL;
  billing_call call = shop_call("");

  done_count = 0;
  for (int i = 0; i < BATCHES; i++) {
    record_batch(b);
    ck_assert_int_eq(billing_maintain(b, &call, 1 + roll(40), NULL, NULL), 0);
  }
  shop_is_sound(b);
  ck_assert_int_eq(billing_open(&other, f.path, (size_t)-1, NULL, NULL), 0);
  shop_is_sound(other);
  for (int person = 0; person < PEOPLE; person++)
    ck_assert_uint_eq(shown(other, person, 0, SHOP_NOW + 1),
                      counted(person, 0, SHOP_NOW + 1));
  billing_close(other);
  billing_close(b);
  shop_folder_remove(&f);
}
END_TEST

Suite *test_engine_index(void);
Suite *test_engine_index(void) {
  Suite *s = suite_create("engine_index");
  TCase *t = tcase_create("index");

  tcase_set_timeout(t, 120);
  tcase_add_test(t, every_page_has_what_a_list_has);
  tcase_add_test(t, a_batch_with_a_key_twice_leaves_one_mark_a_customer);
  tcase_add_test(t, work_in_small_pieces_leaves_nothing_out);
  suite_add_tcase(s, t);
  return s;
}
