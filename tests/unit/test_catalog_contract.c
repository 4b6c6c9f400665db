/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "catalog/catalog.h"
#include "documents.h"

Suite *test_catalog_contract(void);

static int read_contract(const char *json, bl_contract_terms *out) {
  bl_json *doc = J(json);

  return bl_catalog_read_contract(doc, "", &doc_arena, out, &doc_err);
}

#define TERMS "'id':'k1','customer':'acme','plan':'pro'"
/* 31 January 2026, midnight UTC: date -u -d 2026-01-31 +%s */
#define JAN_31 INT64_C(1769817600000000)

START_TEST(a_bare_date_is_a_wall_clock_of_the_zone) {
  bl_contract_terms t;

  ck_assert_int_eq(read_contract("{" TERMS ",'start':'2026-01-31',"
                                 "'zone':'Europe/Berlin'}", &t), 0);
  ck_assert_int_eq(t.start_us, JAN_31);
  ck_assert_uint_eq(t.start_is_local, 1);
  ck_assert_text_eq(t.zone, "Europe/Berlin");
}
END_TEST

START_TEST(members_left_out_have_their_defaults) {
  bl_contract_terms t;

  ck_assert_int_eq(read_contract("{" TERMS ",'start':0}", &t), 0);
  ck_assert_text_eq(t.id, "k1");
  ck_assert_text_eq(t.name, "");
  ck_assert_text_eq(t.customer, "acme");
  ck_assert_text_eq(t.plan, "pro");
  ck_assert_int_eq(t.plan_version, 0);
  ck_assert_int_eq(t.start_us, 0);
  ck_assert_uint_eq(t.start_is_local, 0);
  ck_assert_int_eq(t.end_us, BL_TIME_NEVER);
  ck_assert_uint_eq(t.end_is_local, 0);
  ck_assert_text_eq(t.zone, "UTC");
  ck_assert_uint_eq(t.unit, BL_UNIT_MONTH);
  ck_assert_int_eq(t.every, 1);
  ck_assert_uint_eq(t.anchor, BL_ANCHOR_CALENDAR);
  ck_assert_uint_eq(t.has_order, 0);
  ck_assert_mem_eq(&t.order, &bl_order_default, sizeof t.order);
  ck_assert_uint_eq(t.quantity_count, 0);
  ck_assert_dec_eq(t.overdraft, "0");
  ck_assert_int_eq(t.rules, 1);
}
END_TEST

START_TEST(every_member_is_read) {
  bl_contract_terms t;

  ck_assert_int_eq(read_contract(
    "{" TERMS ",'name':'Big','plan_version':3,'start':'2026-01-31T00:00:00Z',"
    "'end':'2027-01-31T01:00:00+01:00','period':{'unit':'week','count':2},"
    "'anchor':'anniversary','quantities':{'seats':'5','gb':0.5},"
    "'overdraft':'12.5','order':['expiry'],'rules':1}", &t), 0);
  ck_assert_text_eq(t.name, "Big");
  ck_assert_int_eq(t.plan_version, 3);
  ck_assert_int_eq(t.start_us, JAN_31);
  ck_assert_uint_eq(t.start_is_local, 0);
  ck_assert_int_eq(t.end_us, JAN_31 + 365 * BL_DAY);
  ck_assert_uint_eq(t.unit, BL_UNIT_WEEK);
  ck_assert_int_eq(t.every, 2);
  ck_assert_uint_eq(t.anchor, BL_ANCHOR_ANNIVERSARY);
  ck_assert_uint_eq(t.quantity_count, 2);
  ck_assert_text_eq(t.quantities[0].name, "seats");
  ck_assert_dec_eq(t.quantities[1].value, "0.5");
  ck_assert_dec_eq(t.overdraft, "12.5");
  ck_assert_uint_eq(t.has_order, 1);
  ck_assert_uint_eq(t.order.count, 2);
}
END_TEST

static const struct moment {
  const char *text;
  int64_t     us;
  uint32_t    is_local;
} moments[] = {
  {"'2026-01-31'", JAN_31, 1},
  {"'2026-01-31T00:00:00'", JAN_31, 1},
  {"'2026-01-31T10:30:00.5'", JAN_31 + INT64_C(37800500000), 1},
  {"'2026-01-31T00:00:00Z'", JAN_31, 0},
  {"'2026-01-31T00:00:00z'", JAN_31, 0},
  {"'2026-01-31T05:45:00+05:45'", JAN_31, 0},
  {"'2026-01-30T16:00:00-08:00'", JAN_31, 0},
  {"1769817600000000", JAN_31, 0},
  {"-1", -1, 0},
};

START_TEST(a_time_without_a_zone_is_a_wall_clock) {
  bl_contract_terms t;
  char json[200] = "{" TERMS ",'start':";

  strcat(strcat(json, moments[_i].text), "}");
  ck_assert_int_eq(read_contract(json, &t), 0);
  ck_assert_int_eq(t.start_us, moments[_i].us);
  ck_assert_uint_eq(t.start_is_local, moments[_i].is_local);
}
END_TEST

START_TEST(an_anchor_may_be_a_time) {
  bl_contract_terms t;

  ck_assert_int_eq(read_contract("{" TERMS ",'start':0,"
                                 "'anchor':'2026-01-31'}", &t), 0);
  ck_assert_uint_eq(t.anchor, BL_ANCHOR_DATE);
  ck_assert_int_eq(t.anchor_us, JAN_31);
  ck_assert_uint_eq(t.anchor_is_local, 1);
  ck_assert_int_eq(read_contract("{" TERMS ",'start':0,"
                                 "'anchor':1769817600000000}", &t), 0);
  ck_assert_uint_eq(t.anchor, BL_ANCHOR_DATE);
  ck_assert_int_eq(t.anchor_us, JAN_31);
  ck_assert_uint_eq(t.anchor_is_local, 0);
  ck_assert_int_eq(read_contract("{" TERMS ",'start':0,"
                                 "'anchor':'calendar'}", &t), 0);
  ck_assert_uint_eq(t.anchor, BL_ANCHOR_CALENDAR);
}
END_TEST

START_TEST(an_overdraft_may_be_unlimited) {
  bl_contract_terms t;

  ck_assert_int_eq(read_contract("{" TERMS ",'start':0,"
                                 "'overdraft':'unlimited'}", &t), 0);
  ck_assert(bl_dec_is_max(t.overdraft));
}
END_TEST

START_TEST(an_end_of_the_other_kind_is_compared_by_who_knows_the_zone) {
  bl_contract_terms t;

  ck_assert_int_eq(read_contract("{" TERMS ",'start':'2026-01-31',"
                                 "'end':'2026-01-31T00:00:00Z',"
                                 "'zone':'Asia/Tokyo'}", &t), 0);
  ck_assert_uint_eq(t.start_is_local, 1);
  ck_assert_uint_eq(t.end_is_local, 0);
}
END_TEST

static const struct refusal {
  const char *more;
  const char *path;
} refusals[] = {
  {"", "/start"},
  {",'start':'2026-02-30'", "/start"},
  {",'start':'2026-01-31T00:00:00.0000000000000000000000000000'", "/start"},
  {",'start':-62135596800000001", "/start"},
  {",'start':0,'overdraft':false", "/overdraft"},
  {",'start':'tomorrow'", "/start"},
  {",'start':'2026-01-31T25:00:00'", "/start"},
  {",'start':''", "/start"},
  {",'start':true", "/start"},
  {",'start':1.5", "/start"},
  {",'start':9223372036854775807", "/start"},
  {",'start':0,'end':0", "/end"},
  {",'start':'2026-02-01','end':'2026-01-31'", "/end"},
  {",'start':0,'zone':''", "/zone"},
  {",'start':0,'zone':7", "/zone"},
  {",'start':0,'period':'month'", "/period"},
  {",'start':0,'period':{'count':1}", "/period/unit"},
  {",'start':0,'period':{'unit':'hour'}", "/period/unit"},
  {",'start':0,'period':{'unit':'day','count':0}", "/period/count"},
  {",'start':0,'period':{'unit':'day','count':101}", "/period/count"},
  {",'start':0,'period':{'unit':'day','days':1}", "/period/days"},
  {",'start':0,'anchor':'monday'", "/anchor"},
  {",'start':0,'anchor':[]", "/anchor"},
  {",'start':0,'quantities':['a']", "/quantities"},
  {",'start':0,'quantities':{'a':'x'}", "/quantities/a"},
  {",'start':0,'quantities':{'a/b':'-1'}", "/quantities/a~1b"},
  {",'start':0,'quantities':{'':'1'}", "/quantities/"},
  {",'start':0,'overdraft':'-1'", "/overdraft"},
  {",'start':0,'overdraft':'none'", "/overdraft"},
  {",'start':0,'order':['number','name']", "/order/1"},
  {",'start':0,'rules':2", "/rules"},
  {",'start':0,'plan_version':0", "/plan_version"},
  {",'start':0,'discount':'5'", "/discount"},
};

START_TEST(wrong_contracts_are_refused_at_their_path) {
  bl_contract_terms t;
  char json[200] = "{" TERMS;

  strcat(strcat(json, refusals[_i].more), "}");
  ck_assert_int_eq(read_contract(json, &t), BILLING_INVALID);
  ck_assert_str_eq(doc_err.path, refusals[_i].path);
}
END_TEST

START_TEST(id_customer_and_plan_are_needed) {
  bl_contract_terms t;

  ck_assert_int_eq(read_contract("{'customer':'a','plan':'p','start':0}", &t),
                   BILLING_INVALID);
  ck_assert_str_eq(doc_err.path, "/id");
  ck_assert_int_eq(read_contract("{'id':'k','plan':'p','start':0}", &t),
                   BILLING_INVALID);
  ck_assert_str_eq(doc_err.path, "/customer");
  ck_assert_int_eq(read_contract("{'id':'k','customer':'a','start':0}", &t),
                   BILLING_INVALID);
  ck_assert_str_eq(doc_err.path, "/plan");
}
END_TEST

START_TEST(a_contract_has_at_most_1000_quantities) {
  bl_json *doc = J("{" TERMS ",'start':0,'quantities':{}}");
  bl_json *quantities = bl_json_get(doc, "quantities");
  bl_contract_terms t;

  ck_assert_int_eq(bl_catalog_read_contract(doc, "", &doc_arena, &t,
                                            &doc_err), 0);
  ck_assert_uint_eq(t.quantity_count, 0);
  for (int i = 0; i < 1001; i++) {
    char name[] = "q0000";

    for (int n = i, at = 4; n; n /= 10) name[at--] = (char)('0' + n % 10);
    bl_json_add_int(quantities, name, i);
  }
  ck_assert_int_eq(bl_catalog_read_contract(doc, "", &doc_arena, &t,
                                            &doc_err), BILLING_LIMIT);
  ck_assert_str_eq(doc_err.path, "/quantities");
}
END_TEST

static int read_starving(const bl_json *doc, bl_arena *a,
                         billing_error *err) {
  bl_contract_terms t;

  return bl_catalog_read_contract(doc, "", a, &t, err);
}

START_TEST(memory_that_runs_out_anywhere_is_said) {
  documents_starve(read_starving,
    "{" TERMS ",'name':'K','start':0,'zone':'Europe/Berlin',"
    "'quantities':{'a':'1','b':'2'}}");
}
END_TEST

Suite *test_catalog_contract(void) {
  Suite *s = suite_create("catalog_contract");
  TCase *c = documents_case(s);

  tcase_add_test(c, a_bare_date_is_a_wall_clock_of_the_zone);
  tcase_add_test(c, members_left_out_have_their_defaults);
  tcase_add_test(c, every_member_is_read);
  tcase_add_loop_test(c, a_time_without_a_zone_is_a_wall_clock, 0,
                      (int)BL_COUNT(moments));
  tcase_add_test(c, an_anchor_may_be_a_time);
  tcase_add_test(c, an_overdraft_may_be_unlimited);
  tcase_add_test(c,
    an_end_of_the_other_kind_is_compared_by_who_knows_the_zone);
  tcase_add_loop_test(c, wrong_contracts_are_refused_at_their_path, 0,
                      (int)BL_COUNT(refusals));
  tcase_add_test(c, id_customer_and_plan_are_needed);
  tcase_add_test(c, a_contract_has_at_most_1000_quantities);
  tcase_add_test(c, memory_that_runs_out_anywhere_is_said);
  return s;
}
