/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* test_engine_runs_list.c - the list of runs as bytes. */
#include "sorted_runs.h"

static bl_arena arena;
static bl_runs_list list;
static bl_text text;

static void begin(void) {
  bl_arena_open(&arena, NULL);
  bl_text_open(&text, &arena);
  bl_runs_list_clear(&list);
}

static void end(void) {
  bl_arena_close(&arena);
}

static bl_str packed(void) {
  bl_str bytes = {NULL, 0};

  text.len = 0;
  bl_runs_list_pack(&list, &text);
  ck_assert_uint_eq(text.failed, 0);
  bytes.text = text.text;
  bytes.len  = text.len;
  return bytes;
}

static void add(uint32_t kind, uint64_t number, uint32_t level) {
  bl_sorted_run run = {number, level, 0, 100 * number, number, 1 + number,
                       10 * number, 10 * number + 5, number, 3 * number,
                       NULL};

  ck_assert_int_eq(bl_runs_set_add(&list.set[kind], &arena, &run), 0);
}

START_TEST(the_worked_example_is_so) {
  static const unsigned char wanted[] = {
      0,    7,    6,    5,                                 /* the list */
      0x28, 1,                                             /* event keys */
      4,    1,    0xAC, 2, 1,    1, 1, 0x27,
      0x80, 0x80, 4,    0xAC, 2,
      0,                                                   /* no job */
      0,    0,    0,    0, 0,    0, 0, 0,  0, 0, 0, 0,     /* four kinds */
      1,    5,    1};
  bl_sorted_run run = {4, 1, 0, 300, 1, 1, 1, 40, 65536, 65836, NULL};
  bl_str bytes;

  list.version = 7;
  list.next    = 6;
  list.set[0].covered = 40;
  ck_assert_int_eq(bl_runs_set_add(&list.set[0], &arena, &run), 0);
  ck_assert_int_eq(bl_runs_list_doom(&list, &arena, 5, 1), 0);
  bytes = packed();
  ck_assert_uint_eq(bytes.len, sizeof wanted);
  ck_assert_mem_eq(bytes.text, wanted, sizeof wanted);
}
END_TEST

START_TEST(a_run_stands_behind_its_level) {
  static const uint64_t wanted[] = {2, 3, 1, 6, 4, 5};
  size_t first;

  add(0, 1, 1);
  add(0, 2, 2);
  add(0, 3, 2);
  add(0, 4, 0);
  add(0, 5, 0);
  add(0, 6, 1);
  for (size_t i = 0; i < 6; i++)
    ck_assert_uint_eq(list.set[0].run[i].number, wanted[i]);
  ck_assert_uint_eq(bl_runs_set_level(&list.set[0], 1, &first), 2);
  ck_assert_uint_eq(first, 2);
  ck_assert_uint_eq(bl_runs_set_level(&list.set[0], 3, &first), 0);
  ck_assert_uint_eq(first, 0);
  bl_runs_set_remove(&list.set[0], bl_runs_set_find(&list.set[0], 1));
  ck_assert_uint_eq(list.set[0].count, 5);
  ck_assert_ptr_null(bl_runs_set_find(&list.set[0], 1));
  ck_assert_uint_eq(list.set[0].run[2].number, 6);
}
END_TEST

/* Runs of all kinds, a run that is written, one that is merged, two that are
 * removed. */
static void make_much(void) {
  bl_runs_job *job;

  list.version = 1000;
  list.next    = 100;
  for (uint64_t n = 1; n <= 9; n++) add(BL_RUNS_STATE, n, 1);
  for (uint64_t n = 10; n <= 12; n++) add(BL_RUNS_STATE, n, 0);
  for (uint64_t n = 20; n <= 22; n++) add(BL_RUNS_REQUESTS, n, 0);
  list.set[BL_RUNS_STATE].covered = 125;
  job = bl_runs_set_job(&list.set[BL_RUNS_STATE], &arena, 2);
  job->is_active = 1;
  job->is_last   = 1;
  job->inputs    = BL_RUNS_FAN;
  for (uint64_t i = 0; i < BL_RUNS_FAN; i++) job->input[i] = 8 - i;
  job->out.number = 30;
  job->out.level  = 2;
  job->out.count  = 17;
  job->out.chunks = 2;
  job->wanted     = 3600;
  job->open_from  = UINT64_C(0x6162636400000000);
  job->last.len   = 4;
  memcpy(job->last.bytes, "abcd", 4);
  job = bl_runs_set_job(&list.set[BL_RUNS_NAMES], &arena, 0);
  job->is_active     = 1;
  job->out.number    = 31;
  job->out.first_seq = 1;
  job->out.last_seq  = 9;
  job->wanted        = 50;
  ck_assert_int_eq(bl_runs_list_doom(&list, &arena, 14, 0), 0);
  ck_assert_int_eq(bl_runs_list_doom(&list, &arena, 15, 3), 0);
}

START_TEST(a_list_comes_back) {
  bl_runs_list back;
  bl_runs_job *job;
  bl_text again;
  bl_str bytes;

  make_much();
  bytes = packed();
  ck_assert_int_eq(bl_runs_list_unpack(&back, &arena, bytes), 0);
  job = back.set[BL_RUNS_STATE].job[2];
  ck_assert_ptr_nonnull(job);
  ck_assert_uint_eq(job->input[7], 1);
  ck_assert_uint_eq(job->wanted, 3600);
  ck_assert_uint_eq(job->is_last, 1);
  ck_assert_uint_eq(job->last.len, 4);
  ck_assert_uint_eq(back.set[BL_RUNS_NAMES].job[0]->out.last_seq, 9);
  ck_assert_uint_eq(back.set[BL_RUNS_STATE].count, 12);
  ck_assert_uint_eq(back.doomed_count, 2);
  bl_text_open(&again, &arena);
  bl_runs_list_pack(&back, &again);
  ck_assert_uint_eq(again.len, bytes.len);
  ck_assert_mem_eq(again.text, bytes.text, bytes.len);
}
END_TEST

START_TEST(a_list_that_is_cut_is_corrupt) {
  bl_runs_list back;
  bl_str bytes;

  make_much();
  bytes = packed();
  for (size_t len = 0; len < bytes.len; len++) {
    char *copy = malloc(len + 1);
    bl_str cut = {copy, len};

    memcpy(copy, bytes.text, len);
    ck_assert_int_eq(bl_runs_list_unpack(&back, &arena, cut),
                     BILLING_CORRUPT);
    free(copy);
  }
}
END_TEST

START_TEST(a_sealed_list_shows_every_change) {
  size_t len;

  make_much();
  len = packed().len;
  bl_runs_list_seal(&text);
  ck_assert_uint_eq(text.len, len + 8);
  for (size_t at = 0; at <= text.len; at++) {
    bl_str bytes = {text.text, text.len};

    if (at < text.len) text.text[at] ^= 4;
    ck_assert_int_eq(bl_runs_list_unseal(&bytes),
                     at < text.len ? BILLING_CORRUPT : BILLING_OK);
    if (at < text.len) text.text[at] ^= 4;
    else ck_assert_uint_eq(bytes.len, len);
  }
}
END_TEST

START_TEST(damage_is_harmless) {
  bl_runs_list back;
  bl_str bytes;

  make_much();
  bytes = packed();
  for (size_t at = 0; at < bytes.len; at++)
    for (int change = 1; change < 256; change++) {
      char *copy = malloc(bytes.len);
      bl_str damaged = {copy, bytes.len};
      bl_arena room;

      bl_arena_open(&room, NULL);
      memcpy(copy, bytes.text, bytes.len);
      copy[at] = (char)(copy[at] ^ change);
      (void)bl_runs_list_unpack(&back, &room, damaged);
      bl_arena_close(&room);
      free(copy);
    }
}
END_TEST

/* What no list of ours says: levels that ascend, a number twice, inputs that
 * are not the oldest, two jobs for one level. */
START_TEST(lists_that_make_no_sense_are_corrupt) {
  for (int fault = 0; fault < 7; fault++) {
    bl_runs_list back;
    bl_sorted_run *run;
    bl_runs_job *job;

    bl_runs_list_clear(&list);
    make_much();
    run = list.set[BL_RUNS_STATE].run;
    job = list.set[BL_RUNS_STATE].job[2];
    if (fault == 0) run[9].level = 5;
    if (fault == 1) run[9].number = run[8].number;
    if (fault == 2) job->input[0] = 9;
    if (fault == 3) job->inputs = 7;
    if (fault == 4) run[0].number = 100;
    if (fault == 5) run[0].filters = 0;
    if (fault == 6) job->out.count = 3601;
    ck_assert_int_eq(bl_runs_list_unpack(&back, &arena, packed()),
                     BILLING_CORRUPT);
  }
}
END_TEST

Suite *test_engine_runs_list(void) {
  Suite *s = suite_create("engine/runs_list");
  TCase *t = tcase_create("runs_list");

  tcase_add_checked_fixture(t, begin, end);
  tcase_add_test(t, the_worked_example_is_so);
  tcase_add_test(t, a_run_stands_behind_its_level);
  tcase_add_test(t, a_list_comes_back);
  tcase_add_test(t, a_list_that_is_cut_is_corrupt);
  tcase_add_test(t, a_sealed_list_shows_every_change);
  tcase_add_test(t, damage_is_harmless);
  tcase_add_test(t, lists_that_make_no_sense_are_corrupt);
  suite_add_tcase(s, t);
  return s;
}
