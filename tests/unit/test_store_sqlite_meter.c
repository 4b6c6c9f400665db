/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <stdio.h>

#include "base/arena.h"
#include "store/sql_meter.h"
#include "unit.h"

Suite *test_store_sqlite_meter(void);

/* Four events of two models; the third has no model. */
static const char *const rows[][4] = {
  /* key, value, model, gb */
  {"k1", "2.5", "m1", "0.1"}, {"k2", "4", "m2", "0.2"},
  {"k3", "0.5", NULL, "0.3"}, {"k4", "10", "m1", "n/a"},
};

static bl_str text_of(const char *text) { return bl_str_of(text); }

static int open_box(const char *sql, bl_arena *a, bl_sandbox **box,
                    billing_error *err) {
  static const bl_str properties[] = {{"model", 5}, {"gb", 2}};
  bl_sql_meter meter = {text_of(sql), properties, 2};

  BILLING_INIT(err);
  return bl_sandbox_open(&meter, (bl_span){0, 4 * BL_HOUR}, a, "/sql", box,
                         err);
}

static void add_rows(bl_sandbox *box) {
  for (size_t i = 0; i < BL_COUNT(rows); i++) {
    bl_str columns[] = {text_of(rows[i][2]), text_of(rows[i][3])};
    bl_sql_event event = {BL_STR("llm"), text_of(rows[i][0]),
                          (int64_t)i * BL_HOUR, D(rows[i][1]), columns};

    ck_assert_int_eq(bl_sandbox_add(box, &event), 0);
  }
}

/* "group=quantity" of each row, joined by blanks; else the message. */
static const char *answer(const char *sql) {
  static char out[2000];
  bl_sql_quantity *got = NULL;
  size_t count = 0, len = 0;
  bl_sandbox *box = NULL;
  billing_error err;
  bl_arena a;

  bl_arena_open(&a, NULL);
  out[0] = '\0';
  if (open_box(sql, &a, &box, &err)) strcpy(out, err.message);
  if (box) add_rows(box);
  if (box && bl_sandbox_run(box, &got, &count)) strcpy(out, err.message);
  for (size_t i = 0; i < count; i++) {
    char figure[BL_DEC_TEXT];

    bl_dec_print(got[i].quantity, figure);
    len += (size_t)sprintf(out + len, "%s%.*s=%s", i ? " " : "",
                           (int)got[i].group.len, got[i].group.text, figure);
  }
  bl_sandbox_close(box);
  bl_arena_close(&a);
  return out;
}

static int code_of(const char *sql) {
  bl_sql_quantity *got = NULL;
  size_t count = 0;
  bl_sandbox *box = NULL;
  billing_error err;
  bl_arena a;
  int rc;

  bl_arena_open(&a, NULL);
  rc = open_box(sql, &a, &box, &err);
  if (box) add_rows(box);
  if (!rc) rc = bl_sandbox_run(box, &got, &count);
  bl_sandbox_close(box);
  bl_arena_close(&a);
  return rc;
}

START_TEST(the_worked_example_adds_up_by_model) {
  ck_assert_str_eq(
    answer("SELECT sum(value) AS value, model FROM events "
           "WHERE model IS NOT NULL GROUP BY model"),
    "{\"model\":\"m1\"}=12.5 {\"model\":\"m2\"}=4");
}
END_TEST

START_TEST(the_column_value_or_the_first_is_the_quantity) {
  ck_assert_str_eq(answer("SELECT count(*) FROM events"), "=4");
  ck_assert_str_eq(answer("SELECT 'x' AS a, 7 AS Value, 2 AS b"),
                   "{\"a\":\"x\",\"b\":2}=7");
  ck_assert_str_eq(answer("SELECT sum(value) FROM events WHERE 0"), "=0");
}
END_TEST

START_TEST(rows_of_one_group_are_added_up) {
  ck_assert_str_eq(answer("SELECT value FROM events"), "=17");
  ck_assert_str_eq(answer("SELECT value, model FROM events;"),
                   "{\"model\":\"m1\"}=12.5 {\"model\":\"m2\"}=4 "
                   "{\"model\":null}=0.5");
}
END_TEST

START_TEST(decimals_are_exact_and_compare_as_numbers) {
  ck_assert_str_eq(
    answer("SELECT sum(gb) FROM events WHERE is_dec(gb)"), "=0.6");
  ck_assert_str_eq(answer("SELECT max(value) FROM events"), "=10");
  ck_assert_str_eq(answer("SELECT count(*) FROM events WHERE value > 4"),
                   "=1");
  ck_assert_str_eq(
    answer("SELECT value FROM events ORDER BY value DESC LIMIT 1"), "=10");
  ck_assert_str_eq(answer("SELECT avg(value) FROM events"), "=4.25");
  ck_assert_str_eq(answer("SELECT dec_div(2, 3)"), "=0.666666666666666667");
  ck_assert_str_eq(answer("SELECT dec_mul('0.1', 3, '2')"), "=0.6");
  ck_assert_str_eq(answer("SELECT round('2.675', 2)"), "=2.68");
  ck_assert_str_eq(answer("SELECT floor('-2.1')"), "=-3");
  ck_assert_str_eq(answer("SELECT ceil('1234', -2)"), "=1300");
  ck_assert_str_eq(answer("SELECT dec_cmp('10', '9.5')"), "=1");
  ck_assert_str_eq(answer("SELECT least('10', 9, '9.5')"), "=9");
  ck_assert_str_eq(answer("SELECT -1"), "=-1");
}
END_TEST

START_TEST(time_has_the_period_and_units_of_the_calendar) {
  ck_assert_str_eq(
    answer("SELECT latest(value, time_us) FROM events"), "=10");
  ck_assert_str_eq(
    answer("SELECT earliest(value, time_us) FROM events"), "=2.5");
  ck_assert_str_eq(answer("SELECT dec_sub(period_to(), period_from())"),
                   "=14400000000");
  ck_assert_str_eq(
    answer("SELECT count(DISTINCT date_trunc('day', time_us)) FROM events"),
    "=1");
}
END_TEST

START_TEST(subqueries_and_windows_can_be_used) {
  ck_assert_str_eq(
    answer("WITH hours AS (SELECT max(value) AS peak FROM events GROUP BY "
           "date_trunc('hour', time_us)) SELECT avg(peak) FROM hours"),
    "=4.25");
  ck_assert_str_eq(
    answer("SELECT dec_sub(value, lag(value, 1, 0) OVER (ORDER BY number)) "
           "FROM events"), "=10");
}
END_TEST

START_TEST(what_is_not_exact_is_refused_at_its_byte) {
  ck_assert_str_eq(answer("SELECT sum(value) / 1024 FROM events"),
                   "at byte 18: SQLite's own arithmetic is not exact");
  ck_assert_str_eq(answer("SELECT 0.5"),
                   "at byte 7: this number would be a binary fraction");
  ck_assert_str_eq(answer("SELECT .5"),
                   "at byte 7: this number would be a binary fraction");
  ck_assert_str_eq(answer("SELECT 1e3"),
                   "at byte 7: this number would be a binary fraction");
  ck_assert_str_eq(answer("SELECT 1 -2"),
                   "at byte 9: SQLite's own arithmetic is not exact");
  ck_assert_str_eq(answer("SELECT CAST('1.5' AS REAL)"),
                   "at byte 7: CAST makes binary fractions");
  ck_assert_str_eq(answer("SELECT '1' /* a / b */ -- c / d\n"), "=1");
}
END_TEST

START_TEST(what_is_outside_the_sandbox_is_refused_by_name) {
  static const char *const refused[][2] = {
    {"SELECT random()",
     "at byte 7: not among the functions of meters: random"},
    {"SELECT load_extension('x')",
     "at byte 7: not among the functions of meters: load_extension"},
    {"SELECT current_timestamp",
     "at byte 7: not among the functions of meters: current_timestamp"},
    {"SELECT count(*) FROM sqlite_schema",
     "at byte 21: there is no table sqlite_schema"},
    {"SELECT x FROM events", "at byte 7: no such column: x"},
    {"SELECT 1 FROM customers", "at byte 0: no such table: customers"},
    {"DELETE FROM events", "at byte 0: a meter only reads"},
    {"ATTACH 'x' AS y", "at byte 0: a meter only reads"},
    {"PRAGMA user_version", "at byte 0: a meter only reads"},
    {"SELECT 1; SELECT 2", "at byte 10: a second statement begins"},
    {"SELECT ?1", "at byte 7: there are no parameters"},
    {"SELECT 'x", "at byte 7: a quote is not closed"},
    {" -- nothing", "at byte 11: there is no statement"},
    {"SELECT 1 AS a, 2 AS b, 3 AS b",
     "at byte 20: two columns have the name b"},
    {"SELECT \"text\"", "at byte 7: no such column: text"},
  };

  for (size_t i = 0; i < BL_COUNT(refused); i++) {
    char got[600];

    strcpy(got, answer(refused[i][0]));
    ck_assert_str_eq(got, refused[i][1]);
    ck_assert_int_eq(code_of(refused[i][0]), BILLING_INVALID);
  }
}
END_TEST

START_TEST(what_takes_too_long_is_a_limit) {
  ck_assert_int_eq(code_of("WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT "
                           "x FROM n) SELECT count(*) FROM n"),
                   BILLING_INVALID);
  ck_assert_int_eq(
    code_of("SELECT count(*) FROM events a, events b, events c, events d, "
            "events e, events f, events g, events h, events i, events j, "
            "events k, events l"), BILLING_LIMIT);
}
END_TEST

START_TEST(a_text_that_is_no_number_is_refused_when_it_runs) {
  ck_assert_str_eq(answer("SELECT sum(gb) FROM events"),
                   "a text that is no decimal stands where a number must; ask "
                   "is_dec first");
  ck_assert_str_eq(answer("SELECT model FROM events"),
                   "m1 is not an exact decimal");
  ck_assert_str_eq(answer("SELECT dec_div(1, 0)"),
                   "a number is divided by zero");
  ck_assert_int_eq(code_of("SELECT dec_mul('99999999999999999999', 10)"),
                   BILLING_INVALID);
}
END_TEST

START_TEST(a_property_cannot_have_the_name_of_another_column) {
  static const bl_str properties[] = {{"Value", 5}};
  bl_sql_meter meter = {BL_STR("SELECT 1"), properties, 1};
  bl_sandbox *box = NULL;
  billing_error err;
  bl_arena a;

  BILLING_INIT(&err);
  bl_arena_open(&a, NULL);
  ck_assert_int_eq(bl_sandbox_open(&meter, (bl_span){0, 1}, &a, "/sql", &box,
                                   &err), BILLING_INVALID);
  ck_assert_str_eq(err.message, "the properties cannot be columns: duplicate "
                   "column name: Value");
  ck_assert_ptr_null(box);
  bl_arena_close(&a);
}
END_TEST

Suite *test_store_sqlite_meter(void) {
  Suite *s = suite_create("store_sqlite_meter");
  TCase *c = tcase_create("sqlite_meter");

  tcase_add_test(c, the_worked_example_adds_up_by_model);
  tcase_add_test(c, the_column_value_or_the_first_is_the_quantity);
  tcase_add_test(c, rows_of_one_group_are_added_up);
  tcase_add_test(c, decimals_are_exact_and_compare_as_numbers);
  tcase_add_test(c, time_has_the_period_and_units_of_the_calendar);
  tcase_add_test(c, subqueries_and_windows_can_be_used);
  tcase_add_test(c, what_is_not_exact_is_refused_at_its_byte);
  tcase_add_test(c, what_is_outside_the_sandbox_is_refused_by_name);
  tcase_add_test(c, what_takes_too_long_is_a_limit);
  tcase_add_test(c, a_text_that_is_no_number_is_refused_when_it_runs);
  tcase_add_test(c, a_property_cannot_have_the_name_of_another_column);
  suite_add_tcase(s, c);
  return s;
}
