/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* test_engine_board.c - panels, entries and their growth, against a plain
 * table of what was shown last. */
#include "engine/board.h"

#include <stdio.h>

#include "unit.h"

#define HOUR INT64_C(3600000000)
#define MANY 20000

static const char usd[16] = "USD";
static const char tok[16] = "tok";
static bl_board *board;
static bl_panel *panel;

static void begin(void) {
  board = bl_board_open(NULL);
  ck_assert_ptr_nonnull(board);
  panel = bl_board_panel_make(board, BL_STR("t"), usd);
  ck_assert_ptr_nonnull(panel);
}

static void end(void) {
  bl_board_close(board);
}

static int show(const bl_panel *where, const char *id, bl_dec spend,
                bl_span span) {
  bl_board_entry *entry = bl_board_make(board, where, bl_str_of(id));
  bl_board_figure figure = {spend, span};

  if (entry) bl_board_write(entry, &figure);
  return entry != NULL;
}

/* The figure as text; "?" when the board does not know. */
static const char *seen(const bl_panel *where, const char *id,
                        int64_t now_us) {
  static char text[BL_DEC_TEXT];
  bl_dec spend;

  if (!bl_board_spend(board, where, bl_str_of(id), now_us, &spend)) return "?";
  bl_dec_print(spend, text);
  return text;
}

static const bl_span always = {INT64_MIN, INT64_MAX};

/* The example of board.h. */
START_TEST(a_figure_is_seen_while_its_span_lasts) {
  bl_span day = {9 * HOUR, 17 * HOUR}, open = {8 * HOUR, BL_TIME_NEVER};

  ck_assert(show(panel, "ann", D("12.50"), day));
  ck_assert(show(panel, "bob", D("3.00"), open));
  ck_assert_str_eq(seen(panel, "ann", 9 * HOUR), "12.5");
  ck_assert_str_eq(seen(panel, "ann", 17 * HOUR - 1), "12.5");
  ck_assert_str_eq(seen(panel, "ann", 17 * HOUR), "?");
  ck_assert_str_eq(seen(panel, "ann", 9 * HOUR - 1), "?");
  ck_assert_str_eq(seen(panel, "bob", 1000 * HOUR), "3");
  ck_assert_str_eq(seen(panel, "cy", 9 * HOUR), "?");
}
END_TEST

START_TEST(nothing_is_decided_before_the_tenants_clock) {
  bl_span day = {9 * HOUR, 17 * HOUR};

  ck_assert(show(panel, "ann", D("1"), day));
  atomic_store(&panel->clock_us, 10 * HOUR);
  ck_assert_str_eq(seen(panel, "ann", 0), "1");
  ck_assert_str_eq(seen(panel, "ann", 16 * HOUR), "1");
  atomic_store(&panel->clock_us, 17 * HOUR);
  ck_assert_str_eq(seen(panel, "ann", 10 * HOUR), "?");
}
END_TEST

START_TEST(a_figure_replaces_the_one_before) {
  ck_assert(show(panel, "ann", D("1"), always));
  ck_assert(show(panel, "ann", BL_DEC_MAX, always));
  ck_assert_str_eq(seen(panel, "ann", 0),
                   "99999999999999999999.999999999999999999");
  ck_assert(show(panel, "ann", D("-2.5"), (bl_span){5, 5}));
  ck_assert_str_eq(seen(panel, "ann", 5), "?");
}
END_TEST

START_TEST(ids_up_to_24_bytes_are_told_apart) {
  char id[2][27];

  memset(id, 0, sizeof id);
  for (int len = 1; len <= 26; len++) {
    id[0][len - 1] = 'a';
    memcpy(id[1], id[0], sizeof id[1]);
    id[1][len / 2] = 'b';
    ck_assert_int_eq(show(panel, id[0], bl_dec_of_int(len), always),
                     len <= 24);
    ck_assert_int_eq(show(panel, id[1], bl_dec_of_int(-len), always),
                     len <= 24);
  }
  memset(id, 0, sizeof id);
  for (int len = 1; len <= 26; len++) {
    char text[2][BL_DEC_TEXT];
    id[0][len - 1] = 'a';
    memcpy(id[1], id[0], sizeof id[1]);
    id[1][len / 2] = 'b';
    snprintf(text[0], sizeof text[0], len <= 24 ? "%d" : "?", len);
    snprintf(text[1], sizeof text[1], len <= 24 ? "-%d" : "?", len);
    ck_assert_str_eq(seen(panel, id[0], 0), text[0]);
    ck_assert_str_eq(seen(panel, id[1], 0), text[1]);
  }
  ck_assert(!show(panel, "", D("1"), always));
  ck_assert_str_eq(seen(panel, "", 0), "?");
}
END_TEST

START_TEST(panels_are_of_one_tenant_and_one_asset) {
  bl_panel *tokens = bl_board_panel_make(board, BL_STR("t"), tok);
  bl_panel *other = bl_board_panel_make(board, BL_STR("another tenant"), usd);

  ck_assert(show(panel, "ann", D("1"), always));
  ck_assert(show(tokens, "ann", D("2"), always));
  ck_assert(show(other, "ann", D("3"), always));
  ck_assert_ptr_eq(bl_board_panel(board, BL_STR("t"), usd), panel);
  ck_assert_ptr_eq(bl_board_panel(board, BL_STR("t"), tok), tokens);
  ck_assert_ptr_eq(bl_board_panel(board, BL_STR("another tenant"), usd),
                   other);
  ck_assert_ptr_null(bl_board_panel(board, BL_STR("another tenant"), tok));
  ck_assert_ptr_null(bl_board_panel(board, BL_STR("u"), usd));
  ck_assert_ptr_eq(bl_board_panel_make(board, BL_STR("t"), tok), tokens);
  ck_assert_str_eq(seen(panel, "ann", 0), "1");
  ck_assert_str_eq(seen(tokens, "ann", 0), "2");
  ck_assert_str_eq(seen(other, "ann", 0), "3");
}
END_TEST

START_TEST(there_are_1024_panels_and_no_more) {
  char tenant[32];
  bl_panel *made[1024];

  made[0] = panel;
  for (int i = 1; i < 1024; i++) {
    snprintf(tenant, sizeof tenant, "tenant-%d-of-many", i);
    made[i] = bl_board_panel_make(board, bl_str_of(tenant), usd);
    ck_assert_ptr_nonnull(made[i]);
    ck_assert(show(made[i], "ann", bl_dec_of_int(i), always));
  }
  ck_assert_ptr_null(bl_board_panel_make(board, BL_STR("one more"), usd));
  ck_assert_ptr_eq(bl_board_panel_make(board, BL_STR("t"), usd), panel);
  for (int i = 1; i < 1024; i++) {
    char text[BL_DEC_TEXT];
    snprintf(text, sizeof text, "%d", i);
    snprintf(tenant, sizeof tenant, "tenant-%d-of-many", i);
    ck_assert_ptr_eq(bl_board_panel(board, bl_str_of(tenant), usd), made[i]);
    ck_assert_str_eq(seen(made[i], "ann", 0), text);
  }
}
END_TEST

START_TEST(a_cleared_panel_shows_nothing_until_it_is_shown_again) {
  bl_panel *tokens = bl_board_panel_make(board, BL_STR("t"), tok);

  ck_assert(show(panel, "ann", D("1"), always));
  ck_assert(show(tokens, "ann", D("2"), always));
  bl_board_clear(panel);
  ck_assert_str_eq(seen(panel, "ann", 0), "?");
  ck_assert_ptr_null(bl_board_find(board, panel, BL_STR("ann")));
  ck_assert_str_eq(seen(tokens, "ann", 0), "2");
  ck_assert(show(panel, "ann", D("3"), always));
  ck_assert_str_eq(seen(panel, "ann", 0), "3");
}
END_TEST

START_TEST(a_panel_that_was_cleared_too_often_stays_empty) {
  ck_assert(show(panel, "ann", D("1"), always));
  for (int i = 0; i < 1 << 22; i++) {
    bl_board_clear(panel);
    ck_assert_str_eq(i % 4096 ? "?" : seen(panel, "ann", 0), "?");
  }
  ck_assert(!show(panel, "ann", D("1"), always));
  ck_assert_str_eq(seen(panel, "ann", 0), "?");
}
END_TEST

START_TEST(who_is_forgotten_leaves_the_others) {
  char id[16];

  for (int i = 0; i < 80; i++) {
    snprintf(id, sizeof id, "c%d", i);
    ck_assert(show(panel, id, bl_dec_of_int(i), always));
  }
  for (int i = 0; i < 80; i += 2) {
    snprintf(id, sizeof id, "c%d", i);
    bl_board_forget(board, panel, bl_str_of(id));
  }
  for (int i = 0; i < 80; i++) {
    char text[BL_DEC_TEXT];
    snprintf(text, sizeof text, i % 2 ? "%d" : "?", i);
    snprintf(id, sizeof id, "c%d", i);
    ck_assert_str_eq(seen(panel, id, 0), text);
  }
  bl_board_forget(board, panel, BL_STR("never seen"));
}
END_TEST

/* What was shown last, by customer. */
static int shown[MANY];

static void check_many(void) {
  char id[16];
  bl_dec spend;

  for (int i = 0; i < MANY; i++) {
    snprintf(id, sizeof id, "customer-%d", i);
    ck_assert_int_eq(bl_board_spend(board, panel, bl_str_of(id), 0, &spend),
                     shown[i] != 0);
    if (shown[i]) ck_assert_int_eq(bl_dec_to_int(spend), shown[i]);
  }
}

START_TEST(many_customers_are_shown_as_they_were_last) {
  uint64_t random = 1;
  char id[16];

  memset(shown, 0, sizeof shown);
  for (int i = 1; i <= 4 * MANY; i++) {
    random = random * UINT64_C(6364136223846793005) + 1;
    int who = (int)(random >> 33) % MANY;
    snprintf(id, sizeof id, "customer-%d", who);
    if (i % 10) {
      ck_assert(show(panel, id, bl_dec_of_int(i), always));
      shown[who] = i;
    } else {
      bl_board_forget(board, panel, bl_str_of(id));
      shown[who] = 0;
    }
    if (i % MANY == 0) check_many();
  }
}
END_TEST

/* ---- memory ---- */

typedef struct purse {
  size_t held;
  long   left;               /* allocations that succeed; -1: all */
} purse;

static void *purse_alloc(void *user, void *p, size_t old_size, size_t size) {
  purse *own = user;

  if (!size) {
    own->held -= old_size;
    free(p);
    return NULL;
  }
  if (!own->left) return NULL;
  if (own->left > 0) own->left--;
  own->held += size;
  return realloc(p, size);
}

/* What is not shown any more makes room for what is. */
START_TEST(a_panel_cleared_again_and_again_takes_no_more_memory) {
  purse own = {0, -1};
  billing_allocator host = {purse_alloc, &own};
  size_t once = 0;
  char id[16];

  bl_board_close(board);
  board = bl_board_open(&host);
  panel = bl_board_panel_make(board, BL_STR("t"), usd);
  for (int round = 0; round < 50; round++) {
    bl_board_clear(panel);
    for (int i = 0; i < 2000; i++) {
      snprintf(id, sizeof id, "customer-%d", i);
      ck_assert(show(panel, id, bl_dec_of_int(round), always));
    }
    if (round == 4) once = own.held;
  }
  ck_assert_uint_gt(once, 2000 * 64);
  ck_assert_uint_le(own.held, 2 * once);
  bl_board_close(board);
  ck_assert_uint_eq(own.held, 0);
  board = NULL;
}
END_TEST

START_TEST(what_has_no_memory_is_not_shown_and_the_rest_stays) {
  purse own = {0, 0};
  billing_allocator host = {purse_alloc, &own};
  int refused = 0;
  char id[16];

  bl_board_close(board);
  ck_assert_ptr_null(bl_board_open(&host));
  own.left = 1;
  board = bl_board_open(&host);
  ck_assert_ptr_null(bl_board_panel_make(board, BL_STR("t"), usd));
  own.left = 1;
  panel = bl_board_panel_make(board, BL_STR("t"), usd);
  memset(shown, 0, sizeof shown);
  for (int i = 0; i < 4000; i++) {
    own.left = i % 100 == 0;           /* now and then there is some again */
    snprintf(id, sizeof id, "customer-%d", i);
    if (show(panel, id, bl_dec_of_int(i + 1), always)) shown[i] = i + 1;
    else refused++;
  }
  ck_assert_int_gt(refused, 0);
  ck_assert_int_lt(refused, 4000);
  check_many();
  bl_board_close(board);
  ck_assert_uint_eq(own.held, 0);
  board = NULL;
}
END_TEST

/* Ids made so that all have one hash: the first factor is zero. */
START_TEST(ids_that_collide_fill_a_page_and_are_then_left_out) {
  char id[17] = "\x15\x7c\x4a\x7f\xb9\x79\x37\x9e";
  int count = 0;

  ck_assert(show(panel, "ann", D("1"), always));
  for (int i = 0; i < 200; i++) {
    snprintf(id + 8, sizeof id - 8, "%d", i);
    count += show(panel, id, D("2"), always);
  }
  ck_assert_int_gt(count, 64);
  ck_assert_int_lt(count, 128);
  for (int i = 0; i < 200; i++) {
    snprintf(id + 8, sizeof id - 8, "%d", i);
    count -= strcmp(seen(panel, id, 0), "2") == 0;
  }
  ck_assert_int_eq(count, 0);
  ck_assert_str_eq(seen(panel, "ann", 0), "1");
  ck_assert(show(panel, "bob", D("3"), always));
}
END_TEST

Suite *test_engine_board(void);

Suite *test_engine_board(void) {
  Suite *suite = suite_create("engine_board");
  TCase *tcase = tcase_create("board");

  tcase_add_checked_fixture(tcase, begin, end);
  tcase_set_timeout(tcase, 60);
  tcase_add_test(tcase, a_figure_is_seen_while_its_span_lasts);
  tcase_add_test(tcase, nothing_is_decided_before_the_tenants_clock);
  tcase_add_test(tcase, a_figure_replaces_the_one_before);
  tcase_add_test(tcase, ids_up_to_24_bytes_are_told_apart);
  tcase_add_test(tcase, panels_are_of_one_tenant_and_one_asset);
  tcase_add_test(tcase, there_are_1024_panels_and_no_more);
  tcase_add_test(tcase, a_cleared_panel_shows_nothing_until_it_is_shown_again);
  tcase_add_test(tcase, a_panel_that_was_cleared_too_often_stays_empty);
  tcase_add_test(tcase, who_is_forgotten_leaves_the_others);
  tcase_add_test(tcase, many_customers_are_shown_as_they_were_last);
  tcase_add_test(tcase, a_panel_cleared_again_and_again_takes_no_more_memory);
  tcase_add_test(tcase, what_has_no_memory_is_not_shown_and_the_rest_stays);
  tcase_add_test(tcase, ids_that_collide_fill_a_page_and_are_then_left_out);
  suite_add_tcase(suite, tcase);
  return suite;
}
