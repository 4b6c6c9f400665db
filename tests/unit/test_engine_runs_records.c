/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* test_engine_runs_records.c - chunks of RECORDS, and places. */
#include "sorted_runs.h"

static bl_arena arena;
static bl_record_chunk chunk;
static store_dice dice;

static void begin(void) {
  bl_arena_open(&arena, NULL);
  bl_record_chunk_open(&chunk, &arena);
}

static void end(void) {
  bl_arena_close(&arena);
}

static bl_runs_record record_of(bl_str key, bl_str bytes) {
  bl_runs_record record = {bl_runs_head(key), 0, key, bytes};

  return record;
}

static bl_str packed(void) {
  bl_str bytes = {chunk.bytes.text, chunk.bytes.len};

  ck_assert_uint_eq(chunk.bytes.failed, 0);
  return bytes;
}

START_TEST(the_worked_example_is_so) {
  static const char wanted[] = "\0\5\3" "applered" "\4\1\0" "y"
                               "\0\3\5" "figgreen";
  static const char *const keys[] = {"apple", "apply", "fig"};
  static const char *const values[] = {"red", "", "green"};
  bl_record_reader in;
  bl_runs_record record;

  for (int i = 0; i < 3; i++) {
    record = record_of(bl_str_of(keys[i]), bl_str_of(values[i]));
    ck_assert_int_eq(bl_record_chunk_add(&chunk, &record), 1);
  }
  ck_assert_uint_eq(packed().len, sizeof wanted - 1);
  ck_assert_mem_eq(packed().text, wanted, sizeof wanted - 1);
  bl_record_reader_open(&in, packed());
  for (int i = 0; i < 3; i++) {
    ck_assert_int_eq(bl_record_reader_next(&in, &record), 0);
    ck_assert(bl_str_is(record.key, keys[i]));
    ck_assert(bl_str_is(record.bytes, values[i]));
  }
  ck_assert_int_eq(bl_record_reader_next(&in, &record), BILLING_DONE);
}
END_TEST

/* A thousand records in as many chunks as it takes, none above a row. */
START_TEST(records_come_back) {
  char key[BL_RUNS_KEY_MOST + 1], value[300] = {0}, copy[BL_RUNS_ROW];
  int n = 0;

  for (int next = 0; n < 1000; n = next) {
    bl_record_reader in;
    bl_runs_record record;
    bl_str bytes;

    bl_record_chunk_clear(&chunk);
    for (;; next++) {
      bl_str k = {key, 0}, v = {value, (size_t)next % 300};

      memset(key, 'k', sizeof key);
      key[0] = (char)(next >> 8);
      key[next % 250 + 3] = (char)next;
      key[1] = (char)next;
      k.len = (size_t)(next % 250) + 4;
      record = record_of(k, v);
      if (!bl_record_chunk_add(&chunk, &record)) break;
    }
    bytes = packed();
    ck_assert_uint_le(bytes.len, BL_RUNS_ROW);
    memcpy(copy, bytes.text, bytes.len);
    bytes.text = copy;
    bl_record_reader_open(&in, bytes);
    for (int i = n; i < next; i++) {
      ck_assert_int_eq(bl_record_reader_next(&in, &record), 0);
      ck_assert_uint_eq(record.key.len, (size_t)(i % 250) + 4);
      ck_assert_int_eq((unsigned char)record.key.text[1], i & 255);
      ck_assert_uint_eq(record.head, bl_runs_head(record.key));
      ck_assert_uint_eq(record.bytes.len, (size_t)i % 300);
    }
    ck_assert_int_eq(bl_record_reader_next(&in, &record), BILLING_DONE);
  }
}
END_TEST

START_TEST(a_record_longer_than_a_row_has_a_chunk_of_its_own) {
  static char value[10000];
  bl_str bytes = {value, sizeof value};
  bl_runs_record large = record_of(BL_STR("b"), bytes);
  bl_runs_record small = record_of(BL_STR("a"), BL_STR("x"));
  bl_record_reader in;

  ck_assert_int_eq(bl_record_chunk_add(&chunk, &small), 1);
  ck_assert_int_eq(bl_record_chunk_add(&chunk, &large), 0);
  bl_record_chunk_clear(&chunk);
  ck_assert_int_eq(bl_record_chunk_add(&chunk, &large), 1);
  bl_record_reader_open(&in, packed());
  ck_assert_int_eq(bl_record_reader_next(&in, &small), 0);
  ck_assert_uint_eq(small.bytes.len, sizeof value);
}
END_TEST

START_TEST(malformed_chunks_are_corrupt) {
  static const struct {
    const char *bytes;
    size_t      len;
  } bad[] = {
    {"\0\0\0", 3},                     /* a key of nothing */
    {"\1\1\0a", 4},                    /* shares what is not there */
    {"\0\1\0b" "\0\1\0b", 8},          /* the same key twice */
    {"\0\1\0b" "\0\1\0a", 8},          /* descends */
    {"\0\2\0ab" "\0\1\0a", 9},
    {"\0\1\5ax", 5},                   /* a value cut off */
    {"\0\5\0ab", 5},                   /* a key cut off */
    {"\0\1", 2},
  };

  for (size_t i = 0; i < BL_COUNT(bad); i++) {
    bl_str bytes = {bad[i].bytes, bad[i].len};
    bl_record_reader in;
    bl_runs_record record;
    int rc;

    bl_record_reader_open(&in, bytes);
    do rc = bl_record_reader_next(&in, &record); while (!rc);
    ck_assert_int_eq(rc, BILLING_CORRUPT);
  }
}
END_TEST

/* A key of 256 bytes, made of two records. */
START_TEST(a_key_may_not_grow_too_long) {
  unsigned char bytes[600] = {0};
  bl_str text = {(const char *)bytes, 0};
  bl_record_reader in;
  bl_runs_record record;

  bytes[1] = 200;
  bytes[2] = 1;                        /* 200 in two bytes of seven bits */
  text.len = 4 + 200;
  bytes[text.len++] = 200;
  bytes[text.len++] = 1;
  bytes[text.len++] = 56;
  text.len += 1 + 56;
  bl_record_reader_open(&in, text);
  ck_assert_int_eq(bl_record_reader_next(&in, &record), 0);
  ck_assert_uint_eq(record.key.len, 200);
  ck_assert_int_eq(bl_record_reader_next(&in, &record), BILLING_CORRUPT);
}
END_TEST

START_TEST(damage_is_harmless) {
  char name[8] = "key-000", *copy;
  size_t len;

  for (int i = 0; i < 60; i++) {
    bl_runs_record record;

    name[5] = (char)('0' + i / 10);
    name[6] = (char)('0' + i % 10);
    record = record_of(bl_str_of(name), BL_STR("some value"));
    ck_assert_int_eq(bl_record_chunk_add(&chunk, &record), 1);
  }
  dice.state = 7;
  len = packed().len;
  for (int round = 0; round < 3000; round++) {
    bl_str bytes;
    bl_record_reader in;
    bl_runs_record record;

    bytes.len  = 1 + store_throw(&dice, len);
    bytes.text = copy = malloc(bytes.len);
    memcpy(copy, packed().text, bytes.len);
    copy[store_throw(&dice, bytes.len)] = (char)store_throw(&dice, 256);
    bl_record_reader_open(&in, bytes);
    while (!bl_record_reader_next(&in, &record)) continue;
    free(copy);
  }
}
END_TEST

START_TEST(places_are_ordered_as_records_are) {
  dice.state = 99;
  for (int i = 0; i < 2000; i++) {
    bl_runs_record a = {store_throw(&dice, 3) << 60, store_throw(&dice, 300),
                        {"", 0}, {"", 0}};
    bl_runs_record b = {store_throw(&dice, 3) << 60, store_throw(&dice, 300),
                        {"", 0}, {"", 0}}, back;
    bl_runs_place x, y;
    int order;

    bl_runs_place_of(&x, &a);
    bl_runs_place_of(&y, &b);
    ck_assert_uint_eq(x.len, 16);
    order = memcmp(x.bytes, y.bytes, 16);
    ck_assert_int_eq((order > 0) - (order < 0), bl_runs_order(&a, &b));
    ck_assert_int_eq(bl_runs_at_place(&x, BL_RUNS_EVENT_KEYS, &back), 0);
    ck_assert_int_eq(bl_runs_order(&a, &back), 0);
    x.len = 12;
    ck_assert_int_eq(bl_runs_at_place(&x, BL_RUNS_EVENT_KEYS, &back),
                     BILLING_CORRUPT);
  }
}
END_TEST

Suite *test_engine_runs_records(void) {
  Suite *s = suite_create("engine/runs_records");
  TCase *t = tcase_create("runs_records");

  tcase_add_checked_fixture(t, begin, end);
  tcase_add_test(t, the_worked_example_is_so);
  tcase_add_test(t, records_come_back);
  tcase_add_test(t, a_record_longer_than_a_row_has_a_chunk_of_its_own);
  tcase_add_test(t, malformed_chunks_are_corrupt);
  tcase_add_test(t, a_key_may_not_grow_too_long);
  tcase_add_test(t, damage_is_harmless);
  tcase_add_test(t, places_are_ordered_as_records_are);
  suite_add_tcase(s, t);
  return s;
}
