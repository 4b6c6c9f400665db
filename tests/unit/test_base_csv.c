/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <stdio.h>

#include "base/csv.h"
#include "unit.h"

Suite *test_base_csv(void);

static bl_arena csv_arena;
static bl_csv csv;

static void open_csv(void) {
  bl_arena_open(&csv_arena, NULL);
  bl_csv_open(&csv, &csv_arena);
}

static void close_csv(void) {
  bl_arena_close(&csv_arena);
}

/* The fields of a row, each in brackets, and the bytes that it used. */
static const char *row_of(const char *text, int is_last) {
  static char out[200];
  bl_str bytes = {text, strlen(text)};
  size_t at = 0;
  int rc = bl_csv_row(&csv, bytes, is_last);

  if (rc == BILLING_DONE) return "more";
  if (rc) {
    snprintf(out, sizeof out, "%s at %zu, %zu used", csv.problem,
             csv.problem_at, csv.used);
    return out;
  }
  out[0] = '\0';
  for (size_t i = 0; i < csv.count; i++)
    at += (size_t)snprintf(out + at, sizeof out - at, "[%.*s]",
                           (int)csv.field[i].text.len,
                           csv.field[i].text.text);
  snprintf(out + at, sizeof out - at, "%zu", csv.used);
  return out;
}

static const struct example {
  const char *text;
  const char *whole;           /* when the bytes end it */
  const char *part;            /* when more may come */
} examples[] = {
  {"a,\"b \"\"c\"\", d\",\n", "[a][b \"c\", d][]16", NULL},
  {"a,b\nc,d\n", "[a][b]4", NULL},
  {"a,b\r\nc", "[a][b]5", NULL},
  {"a,b", "[a][b]3", "more"},
  {"a,b\r", "[a][b]4", "more"},
  {"a,\"b\"", "[a][b]5", "more"},
  {"a,\"b\"\r", "[a][b]6", "more"},
  {"a,\"b\nc\"\n", "[a][b\nc]8", NULL},
  {"\n", "1", NULL},
  {"\r\nx", "2", NULL},
  {"\"\"\n", "[]3", NULL},
  {",\n", "[][]2", NULL},
  {"a\rb,c\n", "[a\rb][c]6", NULL},
  {"a,\"b\nc\nd", "a quote is not closed at 2, 5 used", "more"},
  {"a,\"b\"c\nd\n", "text follows a closing quote at 5, 7 used", NULL},
  {"a,\"b\"c", "text follows a closing quote at 5, 6 used", "more"},
  {"a,b\"c\"\n", "[a][b\"c\"]7", NULL},
};

START_TEST(a_row_is_cut_at_its_end) {
  const struct example *e = &examples[_i];

  ck_assert_str_eq(row_of(e->text, 1), e->whole);
  ck_assert_str_eq(row_of(e->text, 0), e->part ? e->part : e->whole);
}
END_TEST

/* Whatever is cut off, the answer is to wait or the answer of the whole. */
START_TEST(a_piece_of_a_row_waits_for_the_rest) {
  static const char text[] = "a,\"b \"\"c\"\",\r\n d\",e\r\nnext,row\n";
  char piece[sizeof text], want[200];

  strcpy(want, row_of(text, 1));
  ck_assert_str_eq(want, "[a][b \"c\",\r\n d][e]20");
  for (size_t len = 0; len < sizeof text; len++) {
    memcpy(piece, text, len);
    piece[len] = '\0';
    ck_assert_str_eq(row_of(piece, 0), len < 20 ? "more" : want);
  }
}
END_TEST

START_TEST(fields_say_where_they_begin) {
  ck_assert_str_eq(row_of("ab,\"c\",d\n", 1), "[ab][c][d]9");
  ck_assert_uint_eq(csv.field[0].at, 0);
  ck_assert_uint_eq(csv.field[1].at, 3);
  ck_assert_uint_eq(csv.field[2].at, 7);
}
END_TEST

START_TEST(separator_and_quote_can_be_others) {
  csv.separator = ';';
  csv.quote = '\'';
  ck_assert_str_eq(row_of("a,1;'b;''c'\n", 1), "[a,1][b;'c]12");
}
END_TEST

START_TEST(a_row_has_at_most_a_thousand_fields) {
  char text[1002];

  memset(text, ',', sizeof text);
  text[999] = '\n';
  ck_assert_int_eq(bl_csv_row(&csv, (bl_str){text, 1000}, 1), 0);
  ck_assert_uint_eq(csv.count, 1000);
  text[999] = ',';
  text[1000] = '\n';
  ck_assert_int_eq(bl_csv_row(&csv, (bl_str){text, 1001}, 1),
                   BILLING_INVALID);
}
END_TEST

Suite *test_base_csv(void) {
  Suite *s = suite_create("base_csv");
  TCase *c = tcase_create("csv");

  tcase_add_checked_fixture(c, open_csv, close_csv);
  tcase_add_loop_test(c, a_row_is_cut_at_its_end, 0,
                      (int)BL_COUNT(examples));
  tcase_add_test(c, a_piece_of_a_row_waits_for_the_rest);
  tcase_add_test(c, fields_say_where_they_begin);
  tcase_add_test(c, separator_and_quote_can_be_others);
  tcase_add_test(c, a_row_has_at_most_a_thousand_fields);
  suite_add_tcase(s, c);
  return s;
}
