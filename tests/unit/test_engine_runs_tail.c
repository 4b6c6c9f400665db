/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* test_engine_runs_tail.c - the keys in memory, beside a plain list. */
#include "sorted_runs.h"

#define PAIRS_MOST 5000

static bl_key_tail tail;
static store_dice dice;
static bl_runs_key list[PAIRS_MOST];       /* frozen ones first */
static size_t count, frozen;
static uint64_t next_value;

static void begin(void) {
  bl_key_tail_open(&tail, NULL);
  dice.state = 2463534242u;
  count = frozen = 0;
  next_value = 1;
}

static void end(void) {
  bl_key_tail_close(&tail);
}

static uint64_t any_key(void) {
  return runs_hash(store_throw(&dice, 700));
}

static void put(void) {
  bl_runs_key pair = {any_key(), next_value};

  next_value += 1 + store_throw(&dice, 1 << 20);
  ck_assert_int_eq(bl_key_tail_put(&tail, pair.key, pair.value), 0);
  list[count++] = pair;
}

static void key_is_right(uint64_t key) {
  uint64_t got[PAIRS_MOST];
  bl_runs_found found = {got, PAIRS_MOST, 0};
  size_t at = 0;

  bl_key_tail_prefetch(&tail, key);
  bl_key_tail_find(&tail, key, &found);
  for (size_t i = 0; i < count; i++) {
    if (list[i].key != key) continue;
    ck_assert_uint_lt(at, found.count);
    ck_assert_uint_eq(got[at++], list[i].value);
  }
  ck_assert_uint_eq(at, found.count);
}

static void frozen_ones_ascend(void) {
  bl_runs_source source = bl_key_tail_source(&tail, 77);

  ck_assert_uint_eq(source.last_seq, 77);
  ck_assert_uint_eq(source.count, frozen);
  for (size_t i = 1; i < frozen; i++) {
    const bl_runs_key *a = &source.keys[i - 1], *b = &source.keys[i];

    ck_assert(a->key < b->key || (a->key == b->key && a->value < b->value));
  }
}

static void drop_first(size_t n) {
  count -= n;
  memmove(list, list + n, count * sizeof *list);
}

static void change(void) {
  size_t open = count - frozen, n = open ? store_throw(&dice, open) : 0;

  switch (store_throw(&dice, 9)) {
  case 0:
    bl_key_tail_cut(&tail, n);
    count = frozen + n;
    break;
  case 1:
    if (frozen || !open) break;
    ck_assert_int_eq(bl_key_tail_freeze(&tail, list[n].value), 0);
    frozen = n + 1;
    frozen_ones_ascend();
    break;
  case 2:
    ck_assert_int_eq(bl_key_tail_thaw(&tail), 0);
    frozen = 0;
    break;
  case 3:
    if (!open || store_throw(&dice, 3)) break;
    bl_key_tail_release(&tail, list[frozen + n].value);
    drop_first(frozen + n + 1);
    frozen = 0;
    break;
  default:
    for (size_t i = store_throw(&dice, 90); i > 0; i--)
      if (count < PAIRS_MOST) put();
  }
}

START_TEST(a_tail_agrees_with_a_list) {
  for (int round = 0; round < 6000; round++) {
    change();
    ck_assert_uint_eq(tail.count + tail.frozen_count, count);
    key_is_right(any_key());
    if (count) key_is_right(list[store_throw(&dice, count)].key);
    key_is_right(runs_hash(1000000 + (uint64_t)round));
  }
}
END_TEST

START_TEST(the_worked_example_is_so) {
  static const uint32_t slots[] = {1, 3, 0, 0, 2};
  static const uint32_t first[] = {0, 0, 1, 1, 3};

  for (uint64_t i = 0; i < 3; i++)
    ck_assert_int_eq(bl_key_tail_put(&tail, i == 1 ? 21 : 25, 7 + i), 0);
  /* The least table has 64 slots: 25 and 26, and 21. */
  ck_assert_uint_eq(tail.slots, 64);
  ck_assert_uint_eq(tail.slot[25], slots[0]);
  ck_assert_uint_eq(tail.slot[26], slots[1]);
  ck_assert_uint_eq(tail.slot[21], slots[4]);
  bl_key_tail_release(&tail, 9);
  for (uint64_t i = 0; i < 24; i++) {
    uint64_t lead = i % 3 == 2 ? 1 : 3;

    ck_assert_int_eq(bl_key_tail_put(&tail, lead << 62, 7 + i), 0);
  }
  ck_assert_int_eq(bl_key_tail_freeze(&tail, 100), 0);
  ck_assert_uint_eq(tail.first_bits, 2);
  for (size_t i = 0; i < 5; i++)
    ck_assert_uint_eq(tail.first[i], 8 * first[i]);
}
END_TEST

/* Keys that differ in low bits only: the upper half tells nothing apart. */
START_TEST(keys_that_are_not_random_are_sorted_too) {
  for (uint64_t i = 0; i < 3000; i++)
    ck_assert_int_eq(bl_key_tail_put(&tail, (i * 7919) % 3001, i + 1), 0);
  ck_assert_int_eq(bl_key_tail_freeze(&tail, UINT64_MAX), 0);
  frozen = 3000;
  frozen_ones_ascend();
  ck_assert_int_eq(bl_key_tail_thaw(&tail), 0);
  for (uint64_t i = 0; i < 3000; i++)
    ck_assert_uint_eq(tail.pair[i].value, i + 1);
}
END_TEST

START_TEST(a_tail_of_nothing_is_fine) {
  uint64_t value;
  bl_runs_found found = {&value, 1, 0};

  bl_key_tail_find(&tail, 5, &found);
  bl_key_tail_prefetch(&tail, 5);
  bl_key_tail_cut(&tail, 0);
  bl_key_tail_release(&tail, 100);
  ck_assert_int_eq(bl_key_tail_freeze(&tail, 100), 0);
  ck_assert_int_eq(bl_key_tail_thaw(&tail), 0);
  ck_assert_uint_eq(bl_key_tail_source(&tail, 1).count, 0);
  ck_assert_uint_eq(found.count, 0);
}
END_TEST

/* ---- Memory ------------------------------------------------------------ */

static size_t held, allowed;

static void *count_out(void *user, void *p, size_t old_size, size_t size) {
  (void)user;
  if (size && allowed-- == 0) {
    allowed = 0;
    return NULL;
  }
  held += size - old_size;
  if (size) return malloc(size);
  free(p);
  return NULL;
}

static const billing_allocator host = {count_out, NULL};

START_TEST(a_pair_takes_32_bytes_at_the_most) {
  held = 0;
  allowed = SIZE_MAX;
  bl_key_tail_open(&tail, &host);
  for (uint64_t i = 0; i < 100000; i++) {
    ck_assert_int_eq(bl_key_tail_put(&tail, runs_hash(i), i + 1), 0);
    ck_assert_uint_le(held, 32 * (i + 1) + 512);
  }
  held = 0;
  ck_assert_int_eq(bl_key_tail_freeze(&tail, UINT64_MAX), 0);
  ck_assert_uint_le(held, 17 * 100000 + 100);
}
END_TEST

/* Put, freeze and thaw, each refused memory at each of its steps. */
START_TEST(without_memory_a_tail_stays_as_it_was) {
  held = 0;
  allowed = SIZE_MAX;
  bl_key_tail_open(&tail, &host);
  while (count < 600) {
    size_t before = count;

    allowed = store_throw(&dice, 3);
    for (int i = 0; i < 30; i++) {
      uint64_t key = any_key();
      int rc = bl_key_tail_put(&tail, key, next_value);

      if (rc) {
        ck_assert_int_eq(rc, BILLING_NOMEM);
        allowed = 3;
        continue;
      }
      list[count].key     = key;
      list[count++].value = next_value++;
    }
    for (int most = 0; most < 3; most++) {
      allowed = (size_t)most;
      if (bl_key_tail_freeze(&tail, list[before].value)) continue;
      allowed = store_throw(&dice, 2);
      while (bl_key_tail_thaw(&tail)) allowed = 9;
    }
    for (size_t i = 0; i < count; i += 1 + store_throw(&dice, 40))
      key_is_right(list[i].key);
  }
  bl_key_tail_close(&tail);
  ck_assert_uint_eq(held, 0);
}
END_TEST

Suite *test_engine_runs_tail(void) {
  Suite *s = suite_create("engine/runs_tail");
  TCase *t = tcase_create("runs_tail");

  tcase_add_checked_fixture(t, begin, end);
  tcase_add_test(t, the_worked_example_is_so);
  tcase_add_test(t, a_tail_agrees_with_a_list);
  tcase_add_test(t, keys_that_are_not_random_are_sorted_too);
  tcase_add_test(t, a_tail_of_nothing_is_fine);
  tcase_add_test(t, a_pair_takes_32_bytes_at_the_most);
  tcase_add_test(t, without_memory_a_tail_stays_as_it_was);
  suite_add_tcase(s, t);
  return s;
}
