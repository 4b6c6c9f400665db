/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "kernels.h"

Suite *test_engine_evaluate_invoice(void);

START_TEST(coupons_come_before_taxes_and_taxes_before_notes) {
  expect("{'kernel':'invoice','lines':[{'id':'a','amount':'200'},"
                "{'id':'b','amount':'100'}],'coupons':[{'id':'c',"
                "'amount':'12'}],'taxes':{'vat':'20'},'notes':[{'id':'n',"
                "'amount':'45.60'}]}",
                "{'coupons':[{'amount':'12','ended':true,'id':'c'}],"
                "'credited':'45.6','discount':'12','gross':'345.6',"
                "'lines':[{'amount':'200','discount':'8','id':'a',"
                "'net':'192','tax':'38.4','tax_share':'38.4'},"
                "{'amount':'100','discount':'4','id':'b','net':'96',"
                "'tax':'19.2','tax_share':'19.2'}],'net':'288',"
                "'notes':[{'amount':'45.6','id':'n','left':'0'}],"
                "'subtotal':'300','tax':'57.6','tax_rate':'20',"
                "'taxes':[{'amount':'57.6','code':'vat','percent':'20',"
                "'taxable':'288'}],'tender':'0','tender_left':'0',"
                "'total':'300'}");
}
END_TEST

START_TEST(a_note_that_credits_the_last_fee_takes_what_was_rounded) {
  static const char request[] =
    "{'kernel':'credit_notes','places':0,'fees':[{'id':'a','amount':'6833',"
    "'percent':'20'},{'id':'b','amount':'6833','percent':'20'}],'steps':["
    "{'items':[{'fee':'a','amount':'6833'}],'credit':'8200'},"
    "{'items':[{'fee':'b','amount':'6833'}],'credit':'8199'}]}";

  expect(request,
    "{'creditable':'0','steps':[{'credit':'8200','creditable':'8200',"
    "'discount':'0','discount_rounded':'0','exact_tax':'1366.6',"
    "'exact_total':'8199.6','items':'6833','lines':[{'amount':'6833',"
    "'discount':'0','fee':'a'}],'net':'6833','offset':'0','refund':'0',"
    "'refundable':'0','rounded':'0.4','tax':'1367','tax_rate':'20',"
    "'total':'8200'},{'credit':'8199','creditable':'0','discount':'0',"
    "'discount_rounded':'0','exact_tax':'1366.2','exact_total':'8199.2',"
    "'items':'6833','lines':[{'amount':'6833','discount':'0','fee':'b'}],"
    "'net':'6833','offset':'0','refund':'0','refundable':'0',"
    "'rounded':'-0.2','tax':'1366','tax_rate':'20','total':'8199'}]}");
}
END_TEST

START_TEST(the_kernels_around_notes_and_taxes_answer) {
  expect("{'kernel':'note_limits','total':'10','paid':'3',"
                "'creditable':'9'}",
                "{'due':'7','offsettable':'7','refundable':'3',"
                "'settled':'3'}");
  expect("{'kernel':'note_check','fees_total':'120','total':'120',"
                "'items':'12','refund':'12'}",
                "{'ok':false,'why':'unpaid'}");
  expect("{'kernel':'apply_notes','notes':[{'id':'new','amount':'5',"
                "'created':2},{'id':'old','amount':'5','created':1}],"
                "'totals':['7']}",
                "{'credited':['7'],'drawn':{'new':'2','old':'5'},"
                "'left':{'new':'3','old':'0'}}");
  expect("{'kernel':'crossings','thresholds':['10','30','50'],"
                "'step':'100','from':'33','to':'351'}",
                "{'crossed':['50','150','250','350']}");
  expect("{'kernel':'tax_choice','kind':'usage','levels':{"
                "'plan':['a'],'customer':['b']}}",
                "{'codes':['a'],'level':'plan'}");
  refuse("{'kernel':'note_excess','excess':'5','fees':[]}", BILLING_INVALID,
         "/excess");
  refuse("{'kernel':'invoice','lines':[],'taxes':['20']}", BILLING_INVALID,
         "/taxes");
}
END_TEST

START_TEST(schedules_seats_and_bounds_answer) {
  expect("{'kernel':'recurring','amount':'31','start':'2025-01-21',"
                "'end':'2025-03-15','every':'P1M','anchor':'2025-01-01'}",
                "{'grants':[{'amount':'11','from':'2025-01-21T00:00:00Z',"
                "'to':'2025-02-01T00:00:00Z'},{'amount':'31',"
                "'from':'2025-02-01T00:00:00Z',"
                "'to':'2025-03-01T00:00:00Z'},{'amount':'14',"
                "'from':'2025-03-01T00:00:00Z',"
                "'to':'2025-03-15T00:00:00Z'}]}");
  expect("{'kernel':'seats','from':'2025-01-01','to':'2025-02-01',"
                "'price':'31','quantity':'4','changes':[{'at':'2025-01-17',"
                "'delta':'2'},{'at':'2025-01-20','delta':'-1'}]}",
                "{'billed':'6','charges':[{'amount':'124',"
                "'at':'2025-01-01T00:00:00Z','price':'31','quantity':'4'},"
                "{'amount':'30','at':'2025-01-17T00:00:00Z','price':'15',"
                "'quantity':'2'}],'next_total':'155','quantity':'5',"
                "'total':'154'}");
  expect("{'kernel':'distribute','amount':'100','parts':3,"
                "'mode':'divided_rounded'}",
                "{'items':['33.33','33.33','33.34'],'sum':'100'}");
  expect("{'kernel':'unused_fee','start':'2022-09-01',"
                "'ended':'2022-10-15','period':{'unit':'month'},"
                "'anchor':'calendar','amount':'3100','fee':'3100',"
                "'tax_rate':'20','places':0}",
                "{'item':'1600','net':'1600','refund':'0','rest':'1920',"
                "'tax':'320','total':'1920'}");
  refuse("{'kernel':'recurring','amount':'1','start':0,"
                 "'every':'P1D'}", BILLING_INVALID,
         "/until");
}
END_TEST

Suite *test_engine_evaluate_invoice(void) {
  Suite *s = suite_create("engine_evaluate_invoice");
  TCase *c = tcase_create("all");

  tcase_add_test(c, coupons_come_before_taxes_and_taxes_before_notes);
  tcase_add_test(c, a_note_that_credits_the_last_fee_takes_what_was_rounded);
  tcase_add_test(c, the_kernels_around_notes_and_taxes_answer);
  tcase_add_test(c, schedules_seats_and_bounds_answer);
  suite_add_tcase(s, c);
  return s;
}
