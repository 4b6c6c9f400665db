/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * test_engine_state.c - undo: after a call that failed, lists, maps and
 * structs are what they were, whatever the call did to them.
 */
#include "engine/state.h"
#include "unit.h"

#define MOST 400

static bl_tenant tenant;
static bl_arena  scratch;
static uint64_t  dice;

static void begin(void) {
  bl_tenant_open(&tenant, BL_STR("t"), NULL);
  bl_arena_open(&scratch, NULL);
  dice = 88172645463325252u;
}

static void end(void) {
  bl_tenant_close(&tenant);
  bl_arena_close(&scratch);
}

static size_t throw(size_t below) {
  dice ^= dice << 13;
  dice ^= dice >> 7;
  dice ^= dice << 17;
  return (size_t)(dice % below);
}

/* ---- lists ---- */

typedef struct copy {
  void  *item[MOST];
  size_t count;
} copy;

static copy copy_of(const bl_list *list) {
  copy c = {{NULL}, list->count - list->first};

  ck_assert_uint_lt(c.count, MOST);
  for (size_t i = 0; i < c.count; i++)
    c.item[i] = list->item[list->first + i];
  return c;
}

static void is_equal(const bl_list *list, const copy *c) {
  ck_assert_uint_eq(list->count - list->first, c->count);
  for (size_t i = 0; i < c->count; i++)
    ck_assert_ptr_eq(list->item[list->first + i], c->item[i]);
}

static char items[1000];

static void add(bl_list *list, copy *c) {
  void *item = &items[throw(sizeof items)];

  ck_assert_int_eq(bl_list_add(&tenant, list, item), 0);
  c->item[c->count++] = item;
}

static void take(bl_list *list, copy *c) {
  size_t place = throw(c->count);
  void *moved = bl_list_take(&tenant, list, list->first + place);

  c->count--;
  if (place == c->count) ck_assert_ptr_null(moved);
  else ck_assert_ptr_eq(moved, c->item[c->count]);
  c->item[place] = c->item[c->count];
}

static void insert(bl_list *list, copy *c) {
  void *item = &items[throw(sizeof items)];
  size_t place = throw(c->count + 1);

  ck_assert_int_eq(bl_list_insert(&tenant, list, list->first + place, item),
                   0);
  memmove(&c->item[place + 1], &c->item[place],
          (c->count - place) * sizeof *c->item);
  c->item[place] = item;
  c->count++;
}

static void take_out(bl_list *list, copy *c) {
  size_t place = throw(c->count);

  bl_list_remove(&tenant, list, list->first + place);
  c->count--;
  memmove(&c->item[place], &c->item[place + 1],
          (c->count - place) * sizeof *c->item);
}

/* A few changes, and the same to the copy. */
static void change(bl_list *list, copy *c, int is_sorted) {
  for (size_t i = 1 + throw(12); i > 0; i--) {
    int grows = c->count == 0 || (c->count < 30 && throw(2));

    if (is_sorted && grows) insert(list, c);
    else if (is_sorted) take_out(list, c);
    else if (grows) add(list, c);
    else take(list, c);
  }
  is_equal(list, c);
}

/* Calls that succeed and calls that fail in turn, on one list. */
static void list_survives(int is_sorted) {
  bl_list list = {0};
  copy kept = {{NULL}, 0};

  for (int call = 0; call < 2000; call++) {
    bl_arena_mark mark = bl_arena_now(&scratch);
    copy now = kept;

    bl_undo_start(&tenant, &scratch);
    change(&list, &now, is_sorted);
    if (throw(2)) {
      bl_undo_all(&tenant);
      is_equal(&list, &kept);
    } else {
      bl_undo_forget(&tenant);
      kept = copy_of(&list);
    }
    bl_arena_back(&scratch, mark);
  }
}

START_TEST(a_failed_call_leaves_a_list_as_it_was) {
  list_survives(0);
}
END_TEST

START_TEST(a_failed_call_leaves_a_sorted_list_as_it_was) {
  list_survives(1);
}
END_TEST

/* The place that the last item left is given to a new one: undo must bring
 * the old one back. */
START_TEST(what_was_added_in_the_place_of_a_taken_item_is_undone) {
  bl_list list = {0};
  char a, b, c;

  ck_assert_int_eq(bl_list_add(&tenant, &list, &a), 0);
  ck_assert_int_eq(bl_list_add(&tenant, &list, &b), 0);
  bl_undo_start(&tenant, &scratch);
  ck_assert_ptr_eq(bl_list_take(&tenant, &list, 0), &b);
  ck_assert_int_eq(bl_list_add(&tenant, &list, &c), 0);
  bl_undo_all(&tenant);
  ck_assert_uint_eq(list.count, 2);
  ck_assert_ptr_eq(list.item[0], &a);
  ck_assert_ptr_eq(list.item[1], &b);
}
END_TEST

/* ---- structs and maps ---- */

START_TEST(a_struct_is_saved_once_and_comes_back_whole) {
  struct {
    int      value;
    uint64_t touched;
  } thing = {1, 0};

  for (int call = 0; call < 3; call++) {
    bl_undo_start(&tenant, &scratch);
    for (int i = 2; i < 5; i++) {
      bl_touch(&tenant, &thing, sizeof thing, &thing.touched);
      thing.value = i;
    }
    bl_undo_all(&tenant);
    ck_assert_int_eq(thing.value, 1);
  }
  bl_undo_start(&tenant, &scratch);
  bl_touch(&tenant, &thing, sizeof thing, &thing.touched);
  thing.value = 7;
  bl_undo_forget(&tenant);
  ck_assert_int_eq(thing.value, 7);
}
END_TEST

START_TEST(keys_of_a_failed_call_are_forgotten) {
  uint64_t number = 0;
  bl_runs_found found = {&number, 1, 0};
  char value;

  bl_map_put(&tenant.contracts, "kept", 4, &value);
  bl_key_tail_put(&tenant.tail, 17, 1);
  bl_undo_start(&tenant, &scratch);
  for (int i = 0; i < 1000; i++) {
    bl_touch_map(&tenant, &tenant.contracts);
    bl_map_put(&tenant.contracts, &i, sizeof i, &value);
    bl_touch_map(&tenant, &tenant.redacted);
    bl_map_put(&tenant.redacted, &i, sizeof i, &value);
    bl_key_tail_put(&tenant.tail, 100 + (uint64_t)i, 2 + (uint64_t)i);
  }
  bl_undo_all(&tenant);
  ck_assert_uint_eq(tenant.contracts.count, 1);
  ck_assert_uint_eq(tenant.redacted.count, 0);
  ck_assert_ptr_eq(bl_map_get(&tenant.contracts, "kept", 4), &value);
  ck_assert_ptr_null(bl_map_get(&tenant.contracts, &(int){5}, sizeof(int)));
  ck_assert_uint_eq(tenant.tail.count, 1);
  bl_key_tail_find(&tenant.tail, 105, &found);
  ck_assert_uint_eq(found.count, 0);
  bl_key_tail_find(&tenant.tail, 17, &found);
  ck_assert_uint_eq(number, 1);
}
END_TEST

START_TEST(a_table_has_places_far_apart_and_forgets_what_failed) {
  static const uint64_t numbers[] = {1, 255, 256, 257, 70000, 1000000};
  char item[6], other;

  ck_assert_ptr_null(bl_table_at(&tenant.by_grant, 1));
  for (size_t i = 0; i < 6; i++)
    ck_assert_int_eq(bl_table_put(&tenant, &tenant.by_grant, numbers[i],
                                  &item[i]), 0);
  bl_undo_start(&tenant, &scratch);
  ck_assert_int_eq(bl_table_put(&tenant, &tenant.by_grant, 256, NULL), 0);
  ck_assert_int_eq(bl_table_put(&tenant, &tenant.by_grant, 2, &other), 0);
  ck_assert_int_eq(bl_table_put(&tenant, &tenant.by_grant, 5000000, &other),
                   0);
  ck_assert_ptr_null(bl_table_at(&tenant.by_grant, 256));
  bl_undo_all(&tenant);
  for (size_t i = 0; i < 6; i++)
    ck_assert_ptr_eq(bl_table_at(&tenant.by_grant, numbers[i]), &item[i]);
  ck_assert_ptr_null(bl_table_at(&tenant.by_grant, 2));
  ck_assert_ptr_null(bl_table_at(&tenant.by_grant, 5000000));
  ck_assert_ptr_null(bl_table_at(&tenant.by_grant, UINT64_MAX));
}
END_TEST

/* No memory to remember: then the state is folded again. */
static void *nothing(void *user, void *p, size_t old_size, size_t new_size) {
  (void)user;
  (void)old_size;
  if (!new_size) free(p);
  return NULL;
}

START_TEST(what_cannot_be_saved_makes_the_state_stale) {
  billing_allocator host = {nothing, NULL};
  uint64_t touched = 0;
  bl_arena empty;
  int value = 1;

  bl_arena_open(&empty, &host);
  bl_undo_start(&tenant, &empty);
  ck_assert(!tenant.is_stale);
  bl_touch(&tenant, &value, sizeof value, &touched);
  ck_assert(tenant.is_stale);
  bl_undo_all(&tenant);
  bl_arena_close(&empty);
}
END_TEST

Suite *test_engine_state(void);
/* ---- parts of structs ---- */

/* Parts and wholes are saved in any order and any number of times. */
START_TEST(parts_and_wholes_come_back_together) {
  for (int round = 0; round < 200; round++) {
    bl_customer customer = {0};
    bl_wallet wallet = {0}, was_wallet;
    bl_tally tally = {0}, was_tally;
    bl_grant_state grant = {0}, was_grant;
    begin();
    dice += (uint64_t)round;
    wallet.customer = &customer;
    was_wallet = wallet, was_tally = tally, was_grant = grant;
    bl_undo_start(&tenant, &scratch);
    for (int i = 0; i < 20; i++) {
      switch (throw(7)) {
      case 0: bl_touch_charges(&tenant, &wallet);
              wallet.free.lo++, wallet.balance[BL_ACCOUNT_REVENUE].lo++; break;
      case 1: bl_touch_wallet(&tenant, &wallet);
              wallet.free.lo++, wallet.granted.lo++;
              wallet.balance[BL_ACCOUNT_ROUNDING].lo++; break;
      case 2: bl_touch_charged(&tenant, &tally);
              tally.level.events++, tally.last_event++; break;
      case 3: bl_touch_tally(&tenant, &tally);
              tally.level.events++, tally.held.lo++; break;
      case 4: bl_touch_lot(&tenant, &grant);
              grant.lot.left.lo++, grant.lot.held.lo++; break;
      case 5: bl_touch(&tenant, &grant, sizeof grant, &grant.touched);
              grant.lot.left.lo++, grant.expired_seq++; break;
      default: bl_touch_counts(&tenant, &customer);
               customer.events++, customer.unpriced++;
      }
    }
    bl_undo_all(&tenant);
    ck_assert_uint_eq(wallet.free.lo, was_wallet.free.lo);
    ck_assert_uint_eq(wallet.granted.lo, was_wallet.granted.lo);
    ck_assert(!memcmp(wallet.balance, was_wallet.balance,
                      sizeof wallet.balance));
    ck_assert_int_eq(tally.level.events, was_tally.level.events);
    ck_assert_uint_eq(tally.last_event, was_tally.last_event);
    ck_assert_uint_eq(tally.held.lo, was_tally.held.lo);
    ck_assert(!memcmp(&grant.lot, &was_grant.lot, sizeof grant.lot));
    ck_assert_int_eq(grant.expired_seq, was_grant.expired_seq);
    ck_assert_uint_eq(customer.events + customer.unpriced, 0);
    end();
  }
}
END_TEST

Suite *test_engine_state(void) {
  Suite *s = suite_create("engine_state");
  TCase *t = tcase_create("undo");

  tcase_add_checked_fixture(t, begin, end);
  tcase_add_test(t, parts_and_wholes_come_back_together);
  tcase_add_test(t, a_failed_call_leaves_a_list_as_it_was);
  tcase_add_test(t, a_failed_call_leaves_a_sorted_list_as_it_was);
  tcase_add_test(t, what_was_added_in_the_place_of_a_taken_item_is_undone);
  tcase_add_test(t, a_struct_is_saved_once_and_comes_back_whole);
  tcase_add_test(t, keys_of_a_failed_call_are_forgotten);
  tcase_add_test(t, a_table_has_places_far_apart_and_forgets_what_failed);
  tcase_add_test(t, what_cannot_be_saved_makes_the_state_stale);
  suite_add_tcase(s, t);
  return s;
}

#undef MOST
