/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <stdio.h>

#include "catalog/catalog.h"
#include "documents.h"

Suite *test_catalog_meter(void);

static int read_meter(const char *json, bl_meter *out) {
  bl_json *doc = J(json);

  return bl_catalog_read_meter(doc, "/meters/0", &doc_arena, out, &doc_err);
}

START_TEST(every_member_is_read) {
  bl_meter m;

  ck_assert_int_eq(read_meter(
    "{'id':'tokens','name':'Tokens','event':'llm','aggregation':'sum',"
    "'property':'tokens','filters':[{'property':'region','in':['eu']}],"
    "'groups':['model','region']}", &m), 0);
  ck_assert_text_eq(m.id, "tokens");
  ck_assert_text_eq(m.name, "Tokens");
  ck_assert_text_eq(m.event, "llm");
  ck_assert_uint_eq(m.aggregation, BL_AGG_SUM);
  ck_assert_text_eq(m.property, "tokens");
  ck_assert_uint_eq(m.filter_count, 1);
  ck_assert_uint_eq(m.group_count, 2);
  ck_assert_text_eq(m.groups[0], "model");
}
END_TEST

START_TEST(id_event_and_aggregation_are_enough) {
  bl_meter m;

  ck_assert_int_eq(read_meter("{'id':'c','event':'call',"
                              "'aggregation':'count'}", &m), 0);
  ck_assert_uint_eq(m.property.len, 0);
  ck_assert_uint_eq(m.filter_count, 0);
  ck_assert_uint_eq(m.group_count, 0);
  ck_assert_int_eq(read_meter("{'id':'s','event':'call',"
                              "'aggregation':'latest'}", &m), 0);
  ck_assert_uint_eq(m.property.len, 0);
}
END_TEST

static int read_any(const char *json, bl_meter *out) {
  return bl_catalog_read_meter(J(json), "/meters/0", &doc_arena, out,
                                   &doc_err);
}

START_TEST(a_sql_meter_has_a_statement_columns_and_a_tick) {
  bl_meter m;

  ck_assert_int_eq(read_any(
    "{'id':'gb','event':'put','aggregation':'sql','tick':'hour',"
    "'sql':'SELECT sum(value)\\nFROM events','properties':['region']}",
    &m), 0);
  ck_assert_text_eq(m.sql, "SELECT sum(value)\nFROM events");
  ck_assert_uint_eq(m.property_count, 1);
  ck_assert_uint_eq(m.tick, BL_TICK_HOUR);
}
END_TEST

START_TEST(what_a_statement_says_itself_is_refused_beside_it) {
  static const char *const refused[][2] = {
    {"'aggregation':'sql'", "/meters/0/sql"},
    {"'aggregation':'sum','sql':'SELECT 1'", "/meters/0/aggregation"},
    {"'aggregation':'sum','tick':'hour'", "/meters/0/tick"},
    {"'aggregation':'sum','properties':['a']", "/meters/0/properties"},
    {"'aggregation':'sql','sql':'SELECT 1','groups':['a']",
     "/meters/0/groups"},
    {"'aggregation':'sql','sql':'SELECT 1','property':'a'",
     "/meters/0/property"},
    {"'aggregation':'sql','sql':5", "/meters/0/sql"},
  };
  bl_meter m;

  for (size_t i = 0; i < BL_COUNT(refused); i++) {
    char json[200];

    snprintf(json, sizeof json, "{'id':'m','event':'e',%s}", refused[i][0]);
    ck_assert_int_eq(read_any(json, &m), BILLING_INVALID);
    ck_assert_str_eq(doc_err.path, refused[i][1]);
  }
}
END_TEST

START_TEST(every_further_member_is_read) {
  bl_meter m;

  ck_assert_int_eq(read_any(
    "{'id':'seats','event':{'in':['join','leave']},'aggregation':'unique',"
    "'property':'user','operation':'op','recurring':true,"
    "'proration':'time','negative':'zero','unusable':'skip',"
    "'convert':{'operation':'divide','by':'2'}}", &m), 0);
  ck_assert_uint_eq(m.event.len, 0);
  ck_assert_uint_eq(m.names.test, BL_FILTER_IN);
  ck_assert_uint_eq(m.names.value_count, 2);
  ck_assert_text_eq(m.operation, "op");
  ck_assert_uint_eq(m.recurring, 1);
  ck_assert_uint_eq(m.share, BL_SHARE_TIME);
  ck_assert_uint_eq(m.lifts_negative, 1);
  ck_assert_uint_eq(m.skips, 1);
  ck_assert_uint_eq(m.converts, 1);
  ck_assert_dec_eq(m.convert.by, "2");
  ck_assert_int_eq(read_any(
    "{'id':'p','event':'e','aggregation':'percentile','percentile':'99.9',"
    "'method':'linear','expression':'event.value * 2'}", &m), 0);
  ck_assert_dec_eq(m.percentile, "99.9");
  ck_assert_uint_eq(m.interpolates, 1);
  ck_assert_ptr_nonnull(m.expression);
  ck_assert_int_eq(read_any(
    "{'id':'w','event':{'not_in':['x']},'aggregation':'weighted_sum',"
    "'reading':'level','per':'hour'}", &m), 0);
  ck_assert_uint_eq(m.names.test, BL_FILTER_NOT_IN);
  ck_assert_uint_eq(m.reads_level, 1);
  ck_assert_uint_eq(m.per, BL_PER_HOUR);
}
END_TEST

/* Two meters that differ in one member, and the one that says so. */
START_TEST(a_meter_is_told_from_another_by_what_it_measures) {
  static const struct {
    const char *json;
    const char *change;
  } others[] = {
    {"{'id':'m','event':'e','aggregation':'sum','property':'p',"
     "'name':'N','filters':[{'property':'r','in':['x']}],'groups':['g']}",
     NULL},
    {"{'id':'m','event':'f','aggregation':'sum','property':'p'}", "event"},
    {"{'id':'m','event':{'in':['e']},'aggregation':'sum','property':'p'}",
     "event"},
    {"{'id':'m','event':'e','aggregation':'max','property':'p'}",
     "aggregation"},
    {"{'id':'m','event':'e','aggregation':'sum','property':'q'}", NULL},
    {"{'id':'m','event':'e','aggregation':'sum','property':'p',"
     "'recurring':true}", "recurring"},
    {"{'id':'m','event':'e','aggregation':'sum','property':'p',"
     "'convert':{'by':'2'}}", "convert"},
  };
  bl_meter was, now;

  ck_assert_int_eq(read_any("{'id':'m','event':'e','aggregation':'sum',"
                            "'property':'p'}", &was), 0);
  for (size_t i = 0; i < BL_COUNT(others); i++) {
    ck_assert_int_eq(read_any(others[i].json, &now), 0);
    ck_assert_pstr_eq(bl_catalog_meter_change(&was, &now),
                      others[i].change);
  }
}
END_TEST

START_TEST(versions_of_a_meter_take_other_samples) {
  static const struct {
    const char *json;
    int         resamples;
  } others[] = {
    {"{'id':'m','event':'e','aggregation':'sum','property':'p',"
     "'name':'N','groups':['g'],'effective':'2026-02-01'}", 0},
    {"{'id':'m','event':'e','aggregation':'sum','property':'q'}", 1},
    {"{'id':'m','event':'e','aggregation':'sum','expression':'1'}", 1},
    {"{'id':'m','event':'e','aggregation':'sum','property':'p',"
     "'filters':[{'property':'r','in':['x']}]}", 1},
    {"{'id':'m','event':'e','aggregation':'sum','property':'p',"
     "'unusable':'skip'}", 1},
  };
  bl_meter was, now;

  ck_assert_int_eq(read_any("{'id':'m','event':'e','aggregation':'sum',"
                            "'property':'p'}", &was), 0);
  ck_assert_int_eq(was.effective_us, BL_TIME_NEVER);
  for (size_t i = 0; i < BL_COUNT(others); i++) {
    ck_assert_int_eq(read_any(others[i].json, &now), 0);
    ck_assert_int_eq(bl_catalog_meter_resamples(&was, &now),
                     others[i].resamples);
  }
}
END_TEST

START_TEST(some_figures_are_known_only_at_the_end) {
  static const struct {
    const char *json;
    int         ticks;
  } meters[] = {
    {"{'id':'m','event':'e','aggregation':'sum'}", 0},
    {"{'id':'m','event':'e','aggregation':'earliest'}", 0},
    {"{'id':'m','event':'e','aggregation':'unique','property':'p',"
     "'operation':'op'}", 0},
    {"{'id':'m','event':'e','aggregation':'average'}", 1},
    {"{'id':'m','event':'e','aggregation':'peak'}", 1},
    {"{'id':'m','event':'e','aggregation':'sum','recurring':true}", 1},
    {"{'id':'m','event':'e','aggregation':'sum','proration':'time'}", 1},
  };
  bl_meter m;

  for (size_t i = 0; i < BL_COUNT(meters); i++) {
    ck_assert_int_eq(read_any(meters[i].json, &m), 0);
    ck_assert_int_eq((int)m.ticks, meters[i].ticks);
  }
}
END_TEST

#define METER "'id':'m','event':'e',"
static const struct refusal {
  const char *json;
  int         rc;
  const char *path;
} refusals[] = {
  {"{'event':'e','aggregation':'sum'}", BILLING_INVALID, "/meters/0/id"},
  {"{'id':'m','aggregation':'sum'}", BILLING_INVALID, "/meters/0/event"},
  {"{'id':'m','event':'e'}", BILLING_INVALID, "/meters/0/aggregation"},
  {"{" METER "'aggregation':'avg'}", BILLING_INVALID,
   "/meters/0/aggregation"},
  {"{" METER "'aggregation':'count','property':'p'}", BILLING_INVALID,
   "/meters/0/property"},
  {"{" METER "'aggregation':'unique'}", BILLING_INVALID,
   "/meters/0/property"},
  {"{" METER "'aggregation':'sum','groups':['a','a']}", BILLING_INVALID,
   "/meters/0/groups/1"},
  {"{" METER "'aggregation':'sum','filters':[{'property':'p'}]}",
   BILLING_INVALID, "/meters/0/filters/0"},
  {"[]", BILLING_INVALID, "/meters/0"},
  {"{" METER "'aggregation':'sum','expression':'1 +'}", BILLING_INVALID,
   "/meters/0/expression"},
  {"{" METER "'aggregation':'sum','expression':5}", BILLING_INVALID,
   "/meters/0/expression"},
  {"{" METER "'aggregation':'sum','expression':'1','property':'p'}",
   BILLING_INVALID, "/meters/0/expression"},
  {"{" METER "'aggregation':'count','expression':'1'}", BILLING_INVALID,
   "/meters/0/expression"},
  {"{" METER "'aggregation':'sum','operation':'op'}", BILLING_INVALID,
   "/meters/0/operation"},
  {"{" METER "'aggregation':'max','recurring':true}", BILLING_INVALID,
   "/meters/0/recurring"},
  {"{" METER "'aggregation':'latest','proration':'time'}", BILLING_INVALID,
   "/meters/0/proration"},
  {"{" METER "'aggregation':'sum','reading':'level'}", BILLING_INVALID,
   "/meters/0/reading"},
  {"{" METER "'aggregation':'sum','per':'hour'}", BILLING_INVALID,
   "/meters/0/per"},
  {"{" METER "'aggregation':'sum','method':'linear'}", BILLING_INVALID,
   "/meters/0/method"},
  {"{" METER "'aggregation':'sum','percentile':5}", BILLING_INVALID,
   "/meters/0/percentile"},
  {"{" METER "'aggregation':'percentile'}", BILLING_INVALID,
   "/meters/0/percentile"},
  {"{" METER "'aggregation':'percentile','percentile':'100.1'}",
   BILLING_INVALID, "/meters/0/percentile"},
  {"{'id':'m','event':{},'aggregation':'count'}", BILLING_INVALID,
   "/meters/0/event"},
  {"{'id':'m','event':{'exists':true},'aggregation':'count'}",
   BILLING_INVALID, "/meters/0/event/exists"},
  {"{" METER "'aggregation':'sum','recurring':1}", BILLING_INVALID,
   "/meters/0/recurring"},
};

START_TEST(wrong_meters_are_refused_at_their_path) {
  bl_meter m;

  ck_assert_int_eq(read_meter(refusals[_i].json, &m), refusals[_i].rc);
  ck_assert_str_eq(doc_err.path, refusals[_i].path);
}
END_TEST

START_TEST(a_thousand_groups_are_enough) {
  for (int count = 1000; count <= 1001; count++) {
    char json[8000];
    int at = sprintf(json, "{" METER "'aggregation':'sum','groups':['0'");
    bl_meter m;

    for (int i = 1; i < count; i++) at += sprintf(json + at, ",'%d'", i);
    sprintf(json + at, "]}");
    ck_assert_int_eq(read_meter(json, &m), count > 1000 ? BILLING_LIMIT : 0);
    if (count == 1000) ck_assert_uint_eq(m.group_count, 1000);
    else ck_assert_str_eq(doc_err.path, "/meters/0/groups");
  }
}
END_TEST

Suite *test_catalog_meter(void) {
  Suite *s = suite_create("catalog_meter");
  TCase *c = documents_case(s);

  tcase_add_test(c, every_member_is_read);
  tcase_add_test(c, id_event_and_aggregation_are_enough);
  tcase_add_test(c, a_sql_meter_has_a_statement_columns_and_a_tick);
  tcase_add_test(c, what_a_statement_says_itself_is_refused_beside_it);
  tcase_add_test(c, every_further_member_is_read);
  tcase_add_test(c, a_meter_is_told_from_another_by_what_it_measures);
  tcase_add_test(c, versions_of_a_meter_take_other_samples);
  tcase_add_test(c, some_figures_are_known_only_at_the_end);
  tcase_add_test(c, a_thousand_groups_are_enough);
  tcase_add_loop_test(c, wrong_meters_are_refused_at_their_path, 0,
                      (int)BL_COUNT(refusals));
  return s;
}
