/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/arena.h"
#include "unit.h"

/* A host that counts, and that says no once `left` requests are granted. */
struct host {
  size_t calls;
  size_t live;             /* bytes */
  size_t largest;
  size_t left;
};

static void *host_alloc(void *user, void *ptr, size_t old_size,
                        size_t new_size) {
  struct host *h = user;

  if (new_size == 0) {
    h->live -= old_size;
    free((char *)ptr - 8);
    return NULL;
  }
  ck_assert_ptr_null(ptr);
  if (h->left == 0) return NULL;
  h->left--;
  h->calls++;
  h->live += new_size;
  if (new_size > h->largest) h->largest = new_size;
  /* Aligned to 8 only, as a host may do. */
  char *p = malloc(new_size + 8);
  ck_assert_ptr_nonnull(p);
  memset(p, 0xA5, new_size + 8);
  return p + 8;
}

static struct host host_of(size_t left) {
  struct host h = {0, 0, 0, left};
  return h;
}

START_TEST(what_is_taken_is_zero_and_aligned_to_16) {
  struct host h = host_of(SIZE_MAX);
  billing_allocator host = {host_alloc, &h};
  bl_arena a;

  bl_arena_open(&a, &host);
  ck_assert_uint_eq(h.calls, 0);
  for (size_t size = 0; size < 300; size++) {
    char *p = bl_arena_take(&a, size);

    ck_assert_ptr_nonnull(p);
    ck_assert_uint_eq((uintptr_t)p % 16, 0);
    for (size_t i = 0; i < size; i++) ck_assert_int_eq(p[i], 0);
    if (size) memset(p, 0x5A, size);
  }
  bl_arena_close(&a);
  ck_assert_uint_eq(h.live, 0);
}
END_TEST

START_TEST(an_emptied_arena_keeps_one_block_if_it_is_small) {
  struct host h = host_of(SIZE_MAX);
  billing_allocator host = {host_alloc, &h};
  bl_arena a;
  size_t calls;

  bl_arena_open(&a, &host);
  bl_arena_empty(&a, 1000000);
  ck_assert_uint_eq(h.calls, 0);
  for (int i = 0; i < 10; i++) bl_arena_take(&a, 5000);
  calls = h.calls;
  bl_arena_empty(&a, 1000000);
  ck_assert_uint_gt(h.live, 0);
  ck_assert_uint_eq(h.live, a.held);
  for (int i = 0; i < 5000; i++)
    ck_assert_int_eq(((char *)bl_arena_take(&a, 1))[0], 0);
  bl_arena_empty(&a, 1000000);
  bl_arena_take(&a, 5000);
  ck_assert_uint_le(h.calls, calls + 5);
  bl_arena_empty(&a, 100);             /* its block is larger */
  ck_assert_uint_eq(h.live, 0);
  bl_arena_take(&a, 1);
  bl_arena_close(&a);
  ck_assert_uint_eq(h.live, 0);
}
END_TEST

START_TEST(nothing_twice_has_two_addresses) {
  bl_arena a;

  bl_arena_open(&a, NULL);
  ck_assert_ptr_ne(bl_arena_take(&a, 0), bl_arena_take(&a, 0));
  bl_arena_close(&a);
}
END_TEST

START_TEST(blocks_double_from_4_kib_to_1_mib) {
  struct host h = host_of(SIZE_MAX);
  billing_allocator host = {host_alloc, &h};
  bl_arena a;

  bl_arena_open(&a, &host);
  bl_arena_take(&a, 1);
  ck_assert_uint_eq(h.live, 4096);
  bl_arena_take(&a, 4096);
  ck_assert_uint_eq(h.live, 4096 + 8192);
  /* 4 Ki + 8 Ki + .. + 512 Ki is 1020 KiB, then 1 MiB at a time. */
  for (int i = 0; i < 4000; i++) bl_arena_take(&a, 1024);
  ck_assert_uint_eq(h.largest, 1 << 20);
  ck_assert_uint_eq(h.live, (1020 << 10) + (3 << 20));
  bl_arena_close(&a);
  ck_assert_uint_eq(h.live, 0);
}
END_TEST

START_TEST(what_is_larger_than_a_block_gets_its_own) {
  struct host h = host_of(SIZE_MAX);
  billing_allocator host = {host_alloc, &h};
  bl_arena a;
  char *p;

  bl_arena_open(&a, &host);
  bl_arena_take(&a, 1);
  p = bl_arena_take(&a, 5 << 20);
  p[(5 << 20) - 1] = 1;
  ck_assert_uint_eq(h.calls, 2);
  bl_arena_take(&a, 100);
  ck_assert_uint_lt(h.live, (6 << 20) + 8192);
  bl_arena_close(&a);
  ck_assert_uint_eq(h.live, 0);
}
END_TEST

START_TEST(back_frees_whole_blocks_and_forgets_failures) {
  struct host h = host_of(3);
  billing_allocator host = {host_alloc, &h};
  bl_arena a;
  bl_arena_mark mark, start;
  char *kept;

  bl_arena_open(&a, &host);
  start = bl_arena_now(&a);
  kept = bl_arena_copy(&a, "kept", 4);
  mark = bl_arena_now(&a);
  ck_assert_ptr_nonnull(bl_arena_take(&a, 10000));
  ck_assert_ptr_nonnull(bl_arena_take(&a, 100000));
  ck_assert_ptr_null(bl_arena_take(&a, 1000000));
  ck_assert_uint_eq(a.failed, 1);
  bl_arena_back(&a, mark);
  ck_assert_uint_eq(a.failed, 0);
  ck_assert_uint_eq(h.live, 4096);
  ck_assert_str_eq(kept, "kept");
  ck_assert_ptr_eq(bl_arena_take(&a, 16), kept + 16);
  bl_arena_back(&a, start);
  ck_assert_uint_eq(h.live, 0);
  bl_arena_close(&a);
}
END_TEST

START_TEST(failure_is_sticky_until_close) {
  struct host h = host_of(0);
  billing_allocator host = {host_alloc, &h};
  bl_arena a;

  bl_arena_open(&a, &host);
  ck_assert_ptr_null(bl_arena_take(&a, 1));
  h.left = 9;
  ck_assert_ptr_nonnull(bl_arena_take(&a, 1));
  ck_assert_uint_eq(a.failed, 1);
  bl_arena_close(&a);
  ck_assert_uint_eq(a.failed, 0);
  ck_assert_ptr_nonnull(bl_arena_take(&a, 1));
  bl_arena_close(&a);
  ck_assert_uint_eq(h.live, 0);
}
END_TEST

START_TEST(sizes_that_overflow_are_failures) {
  bl_arena a;
  bl_str huge = {"x", SIZE_MAX};

  bl_arena_open(&a, NULL);
  /* This product wraps to 0. */
  ck_assert_ptr_null(bl_arena_array(&a, SIZE_MAX / 4 + 1, 4));
  ck_assert_uint_eq(a.failed, 1);
  bl_arena_close(&a);
  ck_assert_ptr_null(bl_arena_take(&a, SIZE_MAX));
  ck_assert_ptr_null(bl_arena_take(&a, SIZE_MAX - 20));
  ck_assert_ptr_null(bl_arena_take(&a, SIZE_MAX / 2));
  bl_arena_close(&a);
  ck_assert_ptr_null(bl_arena_copy(&a, "x", SIZE_MAX));
  ck_assert_uint_eq(a.failed, 1);
  ck_assert_ptr_null(bl_arena_str(&a, huge).text);
  ck_assert_uint_eq(bl_arena_str(&a, huge).len, 0);
  ck_assert_ptr_nonnull(bl_arena_array(&a, 0, 8));
  ck_assert_ptr_nonnull(bl_arena_array(&a, 8, 0));
  bl_arena_close(&a);
}
END_TEST

START_TEST(copies_end_in_a_nul_that_is_not_counted) {
  bl_arena a;
  bl_str s = {"abcdef", 3}, t;

  bl_arena_open(&a, NULL);
  t = bl_arena_str(&a, s);
  ck_assert_uint_eq(t.len, 3);
  ck_assert_str_eq(t.text, "abc");
  t = bl_arena_str(&a, (bl_str){NULL, 0});
  ck_assert_str_eq(t.text, "");
  /* 16 bytes need a 17th, which the next one must not overwrite. */
  t = bl_arena_str(&a, BL_STR("0123456789abcdef"));
  memset(bl_arena_take(&a, 16), 'x', 16);
  ck_assert_str_eq(t.text, "0123456789abcdef");
  bl_arena_close(&a);
}
END_TEST

START_TEST(the_last_thing_taken_grows_in_place) {
  bl_arena a;
  char *p, *q, *other;

  bl_arena_open(&a, NULL);
  p = bl_arena_grow(&a, NULL, 0, 20);
  memcpy(p, "twenty bytes of text", 20);
  q = bl_arena_grow(&a, p, 20, 500);
  ck_assert_ptr_eq(p, q);
  ck_assert_int_eq(memcmp(q, "twenty bytes of text", 20), 0);
  memset(q + 20, 'x', 480);
  other = bl_arena_take(&a, 1);
  q = bl_arena_grow(&a, p, 500, 600);
  ck_assert_ptr_ne(p, q);
  ck_assert_int_eq(memcmp(q, "twenty bytes of text", 20), 0);
  for (int i = 20; i < 500; i++) ck_assert_int_eq(q[i], 'x');
  ck_assert_int_eq(*other, 0);
  /* And out of the block. */
  q = bl_arena_grow(&a, q, 600, 100000);
  ck_assert_int_eq(memcmp(q, "twenty bytes of text", 20), 0);
  q[99999] = 'x';
  bl_arena_close(&a);
}
END_TEST

START_TEST(pushing_keeps_the_elements_and_zeroes_the_new_one) {
  bl_arena a;
  int64_t *item = NULL;
  size_t count = 0, cap = 0;

  bl_arena_open(&a, NULL);
  for (int64_t i = 0; i < 1000; i++) {
    int64_t *last = bl_arena_push(&a, (void **)&item, &count, &cap,
                                  sizeof *item);

    ck_assert_ptr_eq(last, item + count);
    ck_assert_int_eq(*last, 0);
    *last = i;
    count++;
    if (i % 7 == 0) bl_arena_take(&a, 1);
  }
  ck_assert_uint_eq(cap, 1024);
  for (int64_t i = 0; i < 1000; i++) ck_assert_int_eq(item[i], i);
  count--;
  ck_assert_int_eq(*(int64_t *)bl_arena_push(&a, (void **)&item, &count, &cap,
                                             sizeof *item), 0);
  bl_arena_close(&a);
}
END_TEST

START_TEST(a_push_that_fails_changes_nothing) {
  struct host h = host_of(1);
  billing_allocator host = {host_alloc, &h};
  bl_arena a;
  char (*item)[512] = NULL;
  size_t count = 0, cap = 0;

  bl_arena_open(&a, &host);
  /* 4 elements of 512 bytes fit the one block of 4 KiB, 8 do not. */
  while (bl_arena_push(&a, (void **)&item, &count, &cap, sizeof *item))
    count++;
  ck_assert_uint_eq(count, 4);
  ck_assert_uint_eq(cap, 4);
  ck_assert_uint_eq(a.failed, 1);
  bl_arena_close(&a);
  cap = count = SIZE_MAX / 2 + 1;
  ck_assert_ptr_null(bl_arena_push(&a, (void **)&item, &count, &cap, 1));
  bl_arena_close(&a);
}
END_TEST

START_TEST(host_memory_is_zero_and_counted) {
  struct host h = host_of(1);
  billing_allocator host = {host_alloc, &h};
  char *p = bl_host_alloc(&host, 100);

  for (int i = 0; i < 100; i++) ck_assert_int_eq(p[i], 0);
  ck_assert_uint_eq(h.live, 100);
  ck_assert_ptr_null(bl_host_alloc(&host, 1));
  bl_host_free(&host, p, 100);
  bl_host_free(&host, NULL, 0);
  ck_assert_uint_eq(h.live, 0);
  p = bl_host_alloc(NULL, 1);
  ck_assert_int_eq(*p, 0);
  bl_host_free(NULL, p, 1);
}
END_TEST

Suite *test_base_arena(void) {
  Suite *s = suite_create("base/arena");
  TCase *t = tcase_create("arena");

  tcase_add_test(t, an_emptied_arena_keeps_one_block_if_it_is_small);
  tcase_add_test(t, what_is_taken_is_zero_and_aligned_to_16);
  tcase_add_test(t, nothing_twice_has_two_addresses);
  tcase_add_test(t, blocks_double_from_4_kib_to_1_mib);
  tcase_add_test(t, what_is_larger_than_a_block_gets_its_own);
  tcase_add_test(t, back_frees_whole_blocks_and_forgets_failures);
  tcase_add_test(t, failure_is_sticky_until_close);
  tcase_add_test(t, sizes_that_overflow_are_failures);
  tcase_add_test(t, copies_end_in_a_nul_that_is_not_counted);
  tcase_add_test(t, the_last_thing_taken_grows_in_place);
  tcase_add_test(t, pushing_keeps_the_elements_and_zeroes_the_new_one);
  tcase_add_test(t, a_push_that_fails_changes_nothing);
  tcase_add_test(t, host_memory_is_zero_and_counted);
  suite_add_tcase(s, t);
  return s;
}
