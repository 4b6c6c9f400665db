/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <stdio.h>

#include "catalog/field.h"
#include "documents.h"

Suite *test_catalog_price(void);

static int read_alone(const char *json, bl_price *out) {
  bl_json *doc = J(json);

  return bl_catalog_read_price(doc, "", &doc_arena, "EUR", out, &doc_err);
}

static int read_in_plan(const char *json, bl_price *out) {
  bl_json *doc = J(json);
  bl_reader r = bl_reader_top("", &doc_arena, &doc_err);

  return bl_price_read(&r, doc, 1, "EUR", out);
}

START_TEST(a_price_per_million_is_read) {
  bl_price p;

  ck_assert_int_eq(read_in_plan("{'id':'calls','meter':'m','model':'per_unit',"
                                "'unit':'2.50','per':'1000000'}", &p), 0);
  ck_assert_text_eq(p.id, "calls");
  ck_assert_text_eq(p.name, "calls");
  ck_assert_text_eq(p.meter, "m");
  ck_assert_uint_eq(p.model, BL_MODEL_PER_UNIT);
  ck_assert_str_eq(p.asset, "EUR");
  ck_assert_uint_eq(p.tier_count, 1);
  ck_assert(bl_dec_is_max(p.tiers[0].up_to));
  ck_assert_dec_eq(p.tiers[0].unit, "2.5");
  ck_assert_dec_eq(p.tiers[0].flat, "0");
  ck_assert_dec_eq(p.per, "1000000");
  ck_assert_uint_eq(p.flags, 0);
}
END_TEST

START_TEST(a_fee_is_in_arrears_prorated_by_time_and_of_one_by_default) {
  bl_price p;

  ck_assert_int_eq(read_in_plan("{'id':'base','model':'flat',"
                                "'amount':'20'}", &p), 0);
  ck_assert_uint_eq(p.meter.len, 0);
  ck_assert_dec_eq(p.amount, "20");
  ck_assert_uint_eq(p.timing, BL_TIMING_ARREARS);
  ck_assert_uint_eq(p.proration, BL_PRORATE_TIME);
  ck_assert_uint_eq(p.quantity.len, 0);
}
END_TEST

START_TEST(every_member_of_a_fee_is_read) {
  bl_price p;

  ck_assert_int_eq(read_in_plan(
    "{'id':'seats','name':'Seats','model':'flat','amount':20,'asset':'tok',"
    "'timing':'advance','quantity':'seats','proration':'days_half_open',"
    "'rounding':'line'}", &p), 0);
  ck_assert_text_eq(p.name, "Seats");
  ck_assert_str_eq(p.asset, "tok");
  ck_assert_uint_eq(p.timing, BL_TIMING_ADVANCE);
  ck_assert_text_eq(p.quantity, "seats");
  ck_assert_uint_eq(p.proration, BL_PRORATE_DAYS);
}
END_TEST

START_TEST(every_member_of_a_tiered_price_is_read) {
  bl_price p;

  ck_assert_int_eq(read_in_plan(
    "{'id':'t','meter':'m','model':'volume','groups':['model'],"
    "'filters':[{'property':'r','exists':true}],'per':10,"
    "'flat_at_zero':true,'bound':'exclusive',"
    "'tiers':[{'up_to':5,'unit':1},{'unit':2}]}", &p), 0);
  ck_assert_uint_eq(p.model, BL_MODEL_VOLUME);
  ck_assert_uint_eq(p.flags,
                    BL_PRICE_FLAT_AT_ZERO | BL_PRICE_BOUND_EXCLUSIVE);
  ck_assert_uint_eq(p.group_count, 1);
  ck_assert_uint_eq(p.filter_count, 1);
  ck_assert_dec_eq(p.per, "10");
  ck_assert_uint_eq(p.tier_count, 2);
  ck_assert_int_eq(read_in_plan(
    "{'id':'t','meter':'m','model':'graduated','flat_at_zero':false,"
    "'bound':'inclusive','tiers':[{'unit':2}]}", &p), 0);
  ck_assert_uint_eq(p.flags, 0);
  ck_assert_dec_eq(p.per, "1");
}
END_TEST

START_TEST(a_price_by_itself_needs_no_id_and_no_meter) {
  bl_price p;

  ck_assert_int_eq(read_alone("{'model':'per_unit','unit':'1'}", &p), 0);
  ck_assert_uint_eq(p.id.len, 0);
  ck_assert_str_eq(p.asset, "EUR");
  ck_assert_int_eq(read_alone("{'model':'flat','amount':'1'}", &p), 0);
  ck_assert_int_eq(read_in_plan("{'model':'per_unit','unit':'1'}", &p),
                   BILLING_INVALID);
}
END_TEST

static const struct refusal {
  const char *json;
  const char *path;
} refusals[] = {
  {"7", ""},
  {"{'id':'p'}", "/model"},
  {"{'id':'p','model':null}", "/model"},
  {"{'id':'p','model':'packages'}", "/model"},
  {"{'id':'p','model':'package','meter':'m','unit':'1'}", "/per"},
  {"{'id':'p','model':'package','meter':'m','unit':'1','per':'0'}", "/per"},
  {"{'id':'p','model':'package','meter':'m','unit':'1','per':'5',"
   "'partial':'half'}", "/partial"},
  {"{'id':'p','model':'percentage','meter':'m','unit':'1'}", "/unit"},
  {"{'id':'p','model':'percentage','meter':'m'}", "/rate"},
  {"{'id':'p','model':'percentage','meter':'m','rate':'1','free':'-1'}",
   "/free"},
  {"{'id':'p','model':'stairstep','meter':'m','tiers':[{'unit':'1'}]}",
   "/tiers/0/unit"},
  {"{'id':'p','model':'graduated_percentage','meter':'m','tiers':"
   "[{'unit':'1'}]}", "/tiers/0/unit"},
  {"{'id':'p','model':'dynamic','meter':'m','multiplier':'-1'}",
   "/multiplier"},
  {"{'id':'p','model':'matrix','meter':'m'}", "/rates"},
  {"{'id':'p','model':'matrix','meter':'m','groups':['a'],'maximum':'1',"
   "'rates':[{'values':{},'unit':'1'}]}", "/maximum"},
  {"{'model':'flat','amount':'1'}", "/id"},
  {"{'id':'p','model':'flat'}", "/amount"},
  {"{'id':'p','model':'flat','amount':'-1'}", "/amount"},
  {"{'id':'p','model':'flat','amount':'1','meter':'m'}", "/meter"},
  {"{'id':'p','model':'flat','amount':'1','unit':'1'}", "/unit"},
  {"{'id':'p','model':'flat','amount':'1','per':'1'}", "/per"},
  {"{'id':'p','model':'flat','amount':'1','groups':['a']}", "/groups"},
  {"{'id':'p','model':'flat','amount':'1','quantity':5}", "/quantity"},
  {"{'id':'p','model':'flat','amount':'1','timing':'later'}", "/timing"},
  {"{'id':'p','model':'flat','amount':'1','proration':'days'}",
   "/proration"},
  {"{'id':'p','model':'flat','amount':'1','rounding':'up'}", "/rounding"},
  {"{'id':'p','model':'per_unit','unit':'1'}", "/meter"},
  {"{'id':'p','model':'per_unit','meter':'m'}", "/unit"},
  {"{'id':'p','model':'per_unit','meter':'m','unit':'1','per':'0'}", "/per"},
  {"{'id':'p','model':'per_unit','meter':'m','unit':'-1'}", "/unit"},
  {"{'id':'p','model':'per_unit','meter':'m','unit':'1','amount':'1'}",
   "/amount"},
  {"{'id':'p','model':'per_unit','meter':'m','unit':'1','tiers':[]}",
   "/tiers"},
  {"{'id':'p','model':'per_unit','meter':'m','unit':'1','bound':"
   "'exclusive'}", "/bound"},
  {"{'id':'p','model':'per_unit','meter':'m','unit':'1','timing':"
   "'advance'}", "/timing"},
  {"{'id':'p','model':'graduated','meter':'m'}", "/tiers"},
  {"{'id':'p','model':'graduated','meter':'m','tiers':[{'unit':1}],"
   "'unit':'1'}", "/unit"},
  {"{'id':'p','model':'graduated','meter':'m','tiers':[{'unit':1}],"
   "'flat_at_zero':1}", "/flat_at_zero"},
  {"{'id':'p','model':'volume','meter':'m','tiers':[{'unit':1}],"
   "'bound':'open'}", "/bound"},
  {"{'id':'p','model':'volume','meter':'m','tiers':[{'unit':1}],"
   "'asset':'Euro'}", "/asset"},
};

START_TEST(wrong_prices_are_refused_at_their_path) {
  bl_price p;

  ck_assert_int_eq(read_in_plan(refusals[_i].json, &p), BILLING_INVALID);
  ck_assert_str_eq(doc_err.path, refusals[_i].path);
}
END_TEST

START_TEST(each_model_has_its_members) {
  bl_price p;

  ck_assert_int_eq(read_in_plan("{'id':'p','model':'package','meter':'m',"
                                "'unit':'15','per':'10','free':'3',"
                                "'partial':'prorate','maximum':'60'}", &p),
                   0);
  ck_assert_dec_eq(p.per, "10");
  ck_assert_dec_eq(p.free, "3");
  ck_assert_dec_eq(p.maximum, "60");
  ck_assert_uint_eq(p.flags, BL_PRICE_HAS_MAXIMUM);
  ck_assert_uint_eq(p.partial, BL_PARTIAL_PRORATE);
  ck_assert_int_eq(read_in_plan("{'id':'p','model':'percentage','meter':'m',"
                                "'rate':'2.9','free':'100'}", &p), 0);
  ck_assert_dec_eq(p.per, "100");
  ck_assert_dec_eq(p.tiers[0].unit, "2.9");
  ck_assert_int_eq(read_in_plan("{'id':'p','model':'stairstep','meter':'m',"
                                "'tiers':[{'up_to':5,'flat':'1'},"
                                "{'flat':'2'}]}", &p), 0);
  ck_assert_dec_eq(p.tiers[1].flat, "2");
  ck_assert_int_eq(read_in_plan("{'id':'p','model':'graduated_percentage',"
                                "'meter':'m','tiers':[{'rate':'3'}]}", &p),
                   0);
  ck_assert_dec_eq(p.tiers[0].unit, "3");
  ck_assert_int_eq(read_in_plan("{'id':'p','model':'dynamic','meter':'m'}",
                                &p), 0);
  ck_assert_dec_eq(p.tiers[0].unit, "1");
  ck_assert_int_eq(read_in_plan("{'id':'p','model':'volume','meter':'m',"
                                "'tiers':[{'unit':'1','package':'100'}]}",
                                &p), 0);
  ck_assert_dec_eq(p.tiers[0].package, "100");
}
END_TEST

START_TEST(transactions_are_told_from_totals) {
  static const char *const members[] = {
    "'fixed':'1'", "'free_events':3", "'transaction_minimum':'1'",
    "'transaction_maximum':'9'"
  };
  bl_price p;

  for (size_t i = 0; i < BL_COUNT(members); i++) {
    char json[200];

    snprintf(json, sizeof json, "{'id':'p','meter':'m','model':'percentage',"
             "'rate':'1',%s}", members[i]);
    ck_assert_int_eq(read_in_plan(json, &p), 0);
    ck_assert(p.flags & BL_PRICE_BY_EVENT);
  }
}
END_TEST

START_TEST(a_member_of_another_model_is_told_so) {
  bl_price p;

  ck_assert_int_eq(read_alone("{'model':'per_unit','unit':'1','tiers':[]}",
                              &p), BILLING_INVALID);
  ck_assert_str_eq(doc_err.message, "a price of this model has no member "
                                    "tiers");
  ck_assert_str_eq(doc_err.hint, "it has id, name, model, asset, rounding, "
                                 "meter, groups, filters, per, unit, free, "
                                 "maximum");
}
END_TEST

Suite *test_catalog_price(void) {
  Suite *s = suite_create("catalog_price");
  TCase *c = documents_case(s);

  tcase_add_test(c, a_price_per_million_is_read);
  tcase_add_test(c,
    a_fee_is_in_arrears_prorated_by_time_and_of_one_by_default);
  tcase_add_test(c, every_member_of_a_fee_is_read);
  tcase_add_test(c, every_member_of_a_tiered_price_is_read);
  tcase_add_test(c, a_price_by_itself_needs_no_id_and_no_meter);
  tcase_add_loop_test(c, wrong_prices_are_refused_at_their_path, 0,
                      (int)BL_COUNT(refusals));
  tcase_add_test(c, each_model_has_its_members);
  tcase_add_test(c, transactions_are_told_from_totals);
  tcase_add_test(c, a_member_of_another_model_is_told_so);
  return s;
}
