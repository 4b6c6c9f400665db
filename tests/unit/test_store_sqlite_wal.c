/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "store/sqlite_wal.h"
#include "unit.h"

#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

static char path[64];

static void setup(void) {
  int fd;

  strcpy(path, "/tmp/billing-wal-XXXXXX");
  fd = mkstemp(path);
  ck_assert_int_ge(fd, 0);
  close(fd);
}

static void teardown(void) { ck_assert_int_eq(unlink(path), 0); }

static bl_wal opened(void) {
  bl_wal w;

  ck_assert_int_eq(bl_wal_open(&w, path), BILLING_OK);
  ck_assert(w.has_turns);
  return w;
}

/* ---- Turns -------------------------------------------------------------- */

START_TEST(a_turn_is_one_descriptors_at_a_time) {
  bl_wal a = opened(), b = opened();

  ck_assert_int_eq(bl_wal_take_turn(&a, 0), BILLING_OK);
  ck_assert_int_eq(bl_wal_take_turn(&b, 0), BILLING_BUSY);
  bl_wal_give_turn(&a);
  ck_assert_int_eq(bl_wal_take_turn(&b, 0), BILLING_OK);
  ck_assert_int_eq(bl_wal_take_turn(&a, 0), BILLING_BUSY);
  bl_wal_close(&b);                          /* which gives it up, too */
  ck_assert_int_eq(bl_wal_take_turn(&a, 0), BILLING_OK);
  bl_wal_close(&a);
}
END_TEST

typedef struct waiter {
  bl_wal        w;
  const char   *name;
  pthread_t     thread;
} waiter;

static char turns[8];
static pthread_mutex_t turns_lock = PTHREAD_MUTEX_INITIALIZER;

static void note_turn(const char *name) {
  pthread_mutex_lock(&turns_lock);
  strcat(turns, name);
  pthread_mutex_unlock(&turns_lock);
}

static void *wait_for_turn(void *argument) {
  waiter *me = argument;

  if (bl_wal_take_turn(&me->w, 1)) return NULL;
  note_turn(me->name);
  bl_wal_give_turn(&me->w);
  return NULL;
}

/* Who waits is not passed by who has just had a turn. */
START_TEST(who_comes_again_stands_behind_who_waits) {
  bl_wal a = opened();
  waiter b = {opened(), "b", 0};

  turns[0] = '\0';
  ck_assert_int_eq(bl_wal_take_turn(&a, 1), BILLING_OK);
  ck_assert_int_eq(pthread_create(&b.thread, NULL, wait_for_turn, &b), 0);
  usleep(50000);                            /* by now it waits */
  note_turn("a");
  bl_wal_give_turn(&a);
  ck_assert_int_eq(bl_wal_take_turn(&a, 1), BILLING_OK);
  note_turn("A");
  bl_wal_give_turn(&a);
  pthread_join(b.thread, NULL);
  ck_assert_str_eq(turns, "abA");
  bl_wal_close(&a);
  bl_wal_close(&b.w);
}
END_TEST

/* ---- The file ----------------------------------------------------------- */

START_TEST(a_log_that_is_not_there_has_no_turns_and_nothing_to_sync) {
  bl_wal w;

  ck_assert_int_eq(bl_wal_open(&w, "/tmp/billing-wal/none"), BILLING_STORE);
  ck_assert_int_eq(bl_wal_take_turn(&w, 1), BILLING_OK);
  ck_assert_int_eq(bl_wal_take_turn(&w, 0), BILLING_OK);
  bl_wal_give_turn(&w);
  ck_assert_int_eq(bl_wal_sync(&w), BILLING_OK);
  ck_assert(!bl_wal_is_lost(&w));
  bl_wal_close(&w);
}
END_TEST

/* A pipe cannot be synced; then the file is put in its place again. */
START_TEST(a_sync_that_failed_fails_for_ever) {
  bl_wal w = opened();
  int ends[2], file = dup(w.fd);

  ck_assert_int_eq(bl_wal_sync(&w), BILLING_OK);
  ck_assert(!bl_wal_is_lost(&w));
  ck_assert_int_eq(pipe(ends), 0);
  ck_assert_int_eq(dup2(ends[1], w.fd), w.fd);
  ck_assert_int_eq(bl_wal_sync(&w), BILLING_STORE);
  ck_assert(bl_wal_is_lost(&w));
  ck_assert_int_eq(dup2(file, w.fd), w.fd);
  ck_assert_int_eq(bl_wal_sync(&w), BILLING_STORE);
  bl_wal_close(&w);
  close(ends[0]);
  close(ends[1]);
  close(file);
}
END_TEST

Suite *test_store_sqlite_wal(void);

Suite *test_store_sqlite_wal(void) {
  Suite *s = suite_create("store sqlite_wal");
  TCase *t = tcase_create("log");

  tcase_add_checked_fixture(t, setup, teardown);
  tcase_add_test(t, a_turn_is_one_descriptors_at_a_time);
  tcase_add_test(t, who_comes_again_stands_behind_who_waits);
  tcase_add_test(t, a_log_that_is_not_there_has_no_turns_and_nothing_to_sync);
  tcase_add_test(t, a_sync_that_failed_fails_for_ever);
  suite_add_tcase(s, t);
  return s;
}
