/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * sqlite_exact.c - exact decimals as functions of SQL.
 *
 *     SELECT dec_mul('0.1', 3)             0.3
 *     SELECT dec_round('2.675', 2)         2.68
 *     SELECT sum(value) FROM events        0.1, 0.2 and 0.3 are 0.6
 *
 * Decimals are texts, or integers.  A function of NULL is NULL; aggregates
 * leave NULL out.  What SQLite itself would compute in binary (sum, avg,
 * round) and compare as text (min, max) is here under the usual name too, and
 * so is what other dialects have (least, greatest, ceil, floor).
 */
#define SQLITE_CORE 1
#include <sqlite3ext.h>

#include "base/text.h"
#include "store/sqlite_exact.h"

enum exact_verb {
  EXACT_SUM, EXACT_AVERAGE, EXACT_LEAST, EXACT_GREATEST, EXACT_EARLIEST,
  EXACT_LATEST, EXACT_ADD, EXACT_SUBTRACT, EXACT_MULTIPLY, EXACT_DIVIDE,
  EXACT_COMPARE, EXACT_ROUND, EXACT_CEILING, EXACT_FLOOR, EXACT_ABSOLUTE,
  EXACT_PLAIN, EXACT_IS, EXACT_TRUNCATE, EXACT_FROM, EXACT_TO
};

/* What an aggregate has seen. */
typedef struct exact_sum {
  bl_wide sum;
  bl_dec  best;
  int64_t at;
  int64_t count;
} exact_sum;

static enum exact_verb exact_verb_of(sqlite3_context *out) {
  return *(const enum exact_verb *)sqlite3_user_data(out);
}

/* ---- Values ------------------------------------------------------------- */

static void exact_give(sqlite3_context *out, bl_dec v) {
  char text[BL_DEC_TEXT];
  size_t len = bl_dec_print(v, text);

  if (!bl_dec_is_valid(v))
    sqlite3_result_error(out, "a number has more than 20 digits before the "
                         "point", -1);
  else
    sqlite3_result_text(out, text, (int)len, SQLITE_TRANSIENT);
}

static int exact_parse(sqlite3_value *value, bl_dec *out) {
  const char *text;

  if (sqlite3_value_type(value) == SQLITE_INTEGER) {
    *out = bl_dec_of_int(sqlite3_value_int64(value));
    return 1;
  }
  if (sqlite3_value_type(value) != SQLITE_TEXT) return 0;
  text = (const char *)sqlite3_value_text(value);
  return text &&
         !bl_dec_parse(text, (size_t)sqlite3_value_bytes(value), out);
}

/* 0 when the value is NULL, and when an error has been said. */
static int exact_take(sqlite3_context *out, sqlite3_value *value,
                      bl_dec *v) {
  if (sqlite3_value_type(value) == SQLITE_NULL) return 0;
  if (exact_parse(value, v)) return 1;
  sqlite3_result_error(out, "a text that is no decimal stands where a number "
                       "must; ask is_dec first", -1);
  return 0;
}

/* ---- Of single rows ----------------------------------------------------- */

static bl_dec exact_pair(enum exact_verb verb, bl_dec a, bl_dec b) {
  switch (verb) {
  case EXACT_ADD: return bl_dec_add(a, b);
  case EXACT_SUBTRACT: return bl_dec_sub(a, b);
  case EXACT_MULTIPLY: return bl_dec_mul(a, b);
  case EXACT_DIVIDE: return bl_dec_div(a, b);
  case EXACT_COMPARE: return bl_dec_of_int(bl_dec_cmp(a, b));
  case EXACT_LEAST: return bl_dec_min(a, b);
  default: return bl_dec_max(a, b);
  }
}

/* Of two or more, from left to right. */
static void exact_fold(sqlite3_context *out, int count,
                       sqlite3_value **values) {
  enum exact_verb verb = exact_verb_of(out);
  bl_dec all = BL_DEC_ZERO;

  for (int i = 0; i < count; i++) {
    bl_dec v = BL_DEC_ZERO;

    if (!exact_take(out, values[i], &v)) return;
    if (i && verb == EXACT_DIVIDE && bl_dec_is_zero(v)) {
      sqlite3_result_error(out, "a number is divided by zero", -1);
      return;
    }
    all = i ? exact_pair(verb, all, v) : v;
  }
  if (verb == EXACT_COMPARE) sqlite3_result_int64(out, bl_dec_to_int(all));
  else exact_give(out, all);
}

static void exact_round(sqlite3_context *out, int count,
                        sqlite3_value **values) {
  enum exact_verb verb = exact_verb_of(out);
  int mode = verb == EXACT_CEILING ? BL_ROUND_CEILING
             : verb == EXACT_FLOOR ? BL_ROUND_FLOOR : BL_ROUND_HALF_AWAY;
  bl_dec v = BL_DEC_ZERO, places = BL_DEC_ZERO;

  if (!exact_take(out, values[0], &v)) return;
  if (count > 1 && !exact_take(out, values[1], &places)) return;
  if (!bl_dec_is_integer(places) ||
      bl_dec_less(places, bl_dec_of_int(-20)) ||
      bl_dec_less(bl_dec_of_int(18), places)) {
    sqlite3_result_error(out, "places are whole, from -20 to 18", -1);
    return;
  }
  exact_give(out, bl_dec_round(v, (int)bl_dec_to_int(places), mode));
}

static void exact_one(sqlite3_context *out, int count,
                      sqlite3_value **values) {
  enum exact_verb verb = exact_verb_of(out);
  bl_dec v = BL_DEC_ZERO;

  (void)count;
  if (verb == EXACT_IS)
    sqlite3_result_int(out, exact_parse(values[0], &v));
  else if (exact_take(out, values[0], &v))
    exact_give(out, verb == EXACT_ABSOLUTE ? bl_dec_abs(v) : v);
}

static void exact_truncate(sqlite3_context *out, int count,
                           sqlite3_value **values) {
  const char *unit = (const char *)sqlite3_value_text(values[0]);
  int64_t us = sqlite3_value_int64(values[1]);

  (void)count;
  if (!unit || sqlite3_value_type(values[1]) == SQLITE_NULL) return;
  if (us < BL_TIME_MIN || us > BL_TIME_MAX ||
      sqlite3_value_numeric_type(values[1]) != SQLITE_INTEGER ||
      !bl_time_floor((bl_str){unit, (size_t)sqlite3_value_bytes(values[0])},
                     us, &us))
    sqlite3_result_error(out, "date_trunc takes second minute hour day week "
                         "month or year, and microseconds", -1);
  else
    sqlite3_result_int64(out, us);
}

static void exact_bound(sqlite3_context *out, int count,
                        sqlite3_value **values) {
  const bl_span *period = sqlite3_user_data(out);

  (void)values;
  sqlite3_result_int64(out, count ? period->to_us : period->from_us);
}

static void exact_from(sqlite3_context *out, int count,
                       sqlite3_value **values) {
  exact_bound(out, count, values);
}

static void exact_to(sqlite3_context *out, int count,
                     sqlite3_value **values) {
  exact_bound(out, count + 1, values);
}

/* ---- Of many rows ------------------------------------------------------- */

/* Whether the value takes the place of the best so far. */
static int exact_is_better(enum exact_verb verb, const exact_sum *sum,
                           bl_dec v, int64_t at) {
  switch (verb) {
  case EXACT_LEAST: return bl_dec_less(v, sum->best);
  case EXACT_GREATEST: return bl_dec_less(sum->best, v);
  case EXACT_EARLIEST: return at < sum->at;
  default: return at >= sum->at;
  }
}

static void exact_step(sqlite3_context *out, int count,
                       sqlite3_value **values) {
  enum exact_verb verb = exact_verb_of(out);
  exact_sum *sum = sqlite3_aggregate_context(out, sizeof *sum);
  int64_t at = count > 1 ? sqlite3_value_int64(values[1]) : 0;
  bl_dec v = BL_DEC_ZERO;

  if (!sum) {
    sqlite3_result_error_nomem(out);
    return;
  }
  if (!exact_take(out, values[0], &v)) return;
  bl_wide_add(&sum->sum, v, 1);
  if (!sum->count || exact_is_better(verb, sum, v, at)) {
    sum->best = v;
    sum->at = at;
  }
  sum->count++;
}

static void exact_final(sqlite3_context *out) {
  enum exact_verb verb = exact_verb_of(out);
  const exact_sum *sum = sqlite3_aggregate_context(out, 0);

  if (!sum || !sum->count) return;
  if (verb == EXACT_SUM) exact_give(out, bl_wide_div(&sum->sum, 1));
  else if (verb == EXACT_AVERAGE)
    exact_give(out, bl_wide_div(&sum->sum, sum->count));
  else exact_give(out, sum->best);
}

/* ---- The table ---------------------------------------------------------- */

typedef void exact_call(sqlite3_context *, int, sqlite3_value **);

/* An aggregate has no `call`.  -1 arguments: any number. */
static const struct exact_row {
  const char     *name;
  int             arguments;
  enum exact_verb verb;
  exact_call     *call;
} exact_rows[] = {
  {"dec_add",     -1, EXACT_ADD,      exact_fold},
  {"dec_sub",      2, EXACT_SUBTRACT, exact_fold},
  {"dec_mul",     -1, EXACT_MULTIPLY, exact_fold},
  {"dec_div",      2, EXACT_DIVIDE,   exact_fold},
  {"dec_cmp",      2, EXACT_COMPARE,  exact_fold},
  {"dec_round",    1, EXACT_ROUND,    exact_round},
  {"dec_round",    2, EXACT_ROUND,    exact_round},
  {"round",        1, EXACT_ROUND,    exact_round},
  {"round",        2, EXACT_ROUND,    exact_round},
  {"ceil",         1, EXACT_CEILING,  exact_round},
  {"ceil",         2, EXACT_CEILING,  exact_round},
  {"floor",        1, EXACT_FLOOR,    exact_round},
  {"floor",        2, EXACT_FLOOR,    exact_round},
  {"abs",          1, EXACT_ABSOLUTE, exact_one},
  {"dec",          1, EXACT_PLAIN,    exact_one},
  {"is_dec",       1, EXACT_IS,       exact_one},
  {"least",       -1, EXACT_LEAST,    exact_fold},
  {"greatest",    -1, EXACT_GREATEST, exact_fold},
  {"min",         -1, EXACT_LEAST,    exact_fold},
  {"max",         -1, EXACT_GREATEST, exact_fold},
  {"dec_min",     -1, EXACT_LEAST,    exact_fold},
  {"dec_max",     -1, EXACT_GREATEST, exact_fold},
  {"date_trunc",   2, EXACT_TRUNCATE, exact_truncate},
  {"period_from",  0, EXACT_FROM,     exact_from},
  {"period_to",    0, EXACT_TO,       exact_to},
  {"sum",          1, EXACT_SUM,      NULL},
  {"dec_sum",      1, EXACT_SUM,      NULL},
  {"avg",          1, EXACT_AVERAGE,  NULL},
  {"dec_avg",      1, EXACT_AVERAGE,  NULL},
  {"min",          1, EXACT_LEAST,    NULL},
  {"dec_min",      1, EXACT_LEAST,    NULL},
  {"max",          1, EXACT_GREATEST, NULL},
  {"dec_max",      1, EXACT_GREATEST, NULL},
  {"earliest",     2, EXACT_EARLIEST, NULL},
  {"latest",       2, EXACT_LATEST,   NULL},
};

/* SQLite's own that are exact, and the same each time. */
static const char *const exact_plain[] = {
  "coalesce", "count", "dense_rank", "first_value", "glob", "ifnull", "iif",
  "instr", "lag", "last_value", "lead", "length", "like", "lower", "ltrim",
  "nth_value", "ntile", "nullif", "rank", "replace", "row_number", "rtrim",
  "substr", "substring", "trim", "typeof", "upper"
};

/* Two decimals by their value, anything else behind them by its bytes: a
 * total order. */
static int exact_collate(void *unused, int a_len, const void *a, int b_len,
                         const void *b) {
  bl_dec x = BL_DEC_BAD, y = BL_DEC_BAD;
  int is_x = !bl_dec_parse(a, (size_t)a_len, &x);
  int is_y = !bl_dec_parse(b, (size_t)b_len, &y);

  (void)unused;
  if (is_x && is_y) return bl_dec_cmp(x, y);
  if (is_x != is_y) return is_x ? -1 : 1;
  return bl_str_order((bl_str){a, (size_t)a_len}, (bl_str){b, (size_t)b_len});
}

/* What SQLite hands to a function may be written, by its type; here nobody
 * does. */
static void *exact_own(const void *p) {
  union { const void *as_given; void *as_taken; } u = {p};

  return u.as_taken;
}

int bl_sqlite_exact(void *connection, const bl_span *period) {
  static const int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC;
  sqlite3 *db = connection;
  int rc = sqlite3_create_collation(db, "decimal", SQLITE_UTF8, NULL,
                                    exact_collate);

  for (size_t i = 0; !rc && i < BL_COUNT(exact_rows); i++) {
    const struct exact_row *row = &exact_rows[i];
    int is_bound = row->verb == EXACT_FROM || row->verb == EXACT_TO;
    const void *own = is_bound ? (const void *)period
                               : (const void *)&row->verb;

    rc = sqlite3_create_function_v2(db, row->name, row->arguments, flags,
                                    exact_own(own), row->call,
                                    row->call ? NULL : exact_step,
                                    row->call ? NULL : exact_final, NULL);
  }
  return rc;
}

int bl_sqlite_exact_has(const char *name) {
  for (size_t i = 0; i < BL_COUNT(exact_rows); i++)
    if (!sqlite3_stricmp(name, exact_rows[i].name)) return 1;
  for (size_t i = 0; i < BL_COUNT(exact_plain); i++)
    if (!sqlite3_stricmp(name, exact_plain[i])) return 1;
  return 0;
}
