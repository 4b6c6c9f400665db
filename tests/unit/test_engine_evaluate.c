/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <stdio.h>

#include "kernels.h"

Suite *test_engine_evaluate(void);

#define GRADUATED "\"price\":{\"model\":\"graduated\",\"tiers\":[" \
  "{\"up_to\":\"100\",\"unit\":\"0.10\"},{\"up_to\":null,\"unit\":\"0.08\"}]}"
#define PER_UNIT "\"price\":{\"model\":\"per_unit\",\"unit\":\"1\"}"

/* ---- the examples at the heads of the files ---- */

START_TEST(quote_says_what_a_quantity_costs) {
  expect("{'kernel':'quote'," GRADUATED ",'quantity':'150'}",
         "{'amount':'14','average':'0.093333333333333333','due':'14',"
         "'lines':[{'amount':'10','flat':'0','quantity':'100','tier':1,"
         "'unit':'0.1'},{'amount':'4','flat':'0','quantity':'50','tier':2,"
         "'unit':'0.08'}],'quantity':'150','total':'14','used':'0'}");
}
END_TEST

START_TEST(quotes_are_answered_each_in_its_place) {
  expect("{'kernel':'quotes','quotes':[{" GRADUATED ",'quantity':'150'},"
         "{'price':{'model':'flat','amount':'7'}}]}",
         "{'quotes':[{'amount':'14','average':'0.093333333333333333',"
         "'due':'14','lines':[{'amount':'10','flat':'0','quantity':'100',"
         "'tier':1,'unit':'0.1'},{'amount':'4','flat':'0','quantity':'50',"
         "'tier':2,'unit':'0.08'}],'quantity':'150','total':'14',"
         "'used':'0'},{'amount':'7','average':'7','due':'7','lines':["
         "{'amount':'7','flat':'0','quantity':'1','unit':'7'}],"
         "'quantity':'1','total':'7','used':'0'}]}");
  expect("{'kernel':'quotes','quotes':[]}", "{'quotes':[]}");
  refuse("{'kernel':'quotes'}", BILLING_INVALID, "/quotes");
  refuse("{'kernel':'quotes','quotes':[{" PER_UNIT ",'quantity':'1'},"
         "{" PER_UNIT "}]}", BILLING_INVALID, "/quotes/1/quantity");
}
END_TEST
START_TEST(quote_counts_from_what_was_used) {
  expect("{'kernel':'quote'," GRADUATED ",'quantity':'50','used':'80'}",
         "{'amount':'4.4','average':'0.088','due':'4.4','lines':["
         "{'amount':'2','flat':'0','quantity':'20','tier':1,'unit':'0.1'},"
         "{'amount':'2.4','flat':'0','quantity':'30','tier':2,"
         "'unit':'0.08'}],'quantity':'50','total':'12.4','used':'80'}");
}
END_TEST

START_TEST(due_is_rounded_discounted_and_bounded) {
  expect("{'kernel':'quote'," PER_UNIT ",'quantity':'3.1415',"
         "'discount_percent':'10','minimum':'2.90','rounding':'line'}",
         "{'amount':'3.1415','average':'1','due':'2.9','lines':["
         "{'amount':'3.14','discount':'0.31','flat':'0','net':'2.83',"
         "'quantity':'3.1415','tier':1,'unit':'1'},"
         "{'amount':'0.07','discount':'0','flat':'0','line':'minimum',"
         "'net':'0.07','quantity':'1','unit':'0.07'}],"
         "'quantity':'3.1415','total':'3.1415','used':'0'}");
}
END_TEST

START_TEST(nothing_is_topped_up_without_a_minimum) {
  expect("{'kernel':'quote'," PER_UNIT ",'quantity':'-2'}",
         "{'amount':'-2','average':'1','due':'-2','lines':[{'amount':'-2',"
         "'flat':'0','quantity':'-2','tier':1,'unit':'1'}],'quantity':'-2',"
         "'total':'-2','used':'0'}");
}
END_TEST

START_TEST(groups_are_priced_alone_and_added) {
  expect("{'kernel':'quote','price':{'model':'per_unit','unit':'5.12345'},"
         "'tax_rate':'20','base':'1','groups':[{'key':{'cloud':'aws'},"
         "'quantity':'10'},{'quantity':'0'}]}",
         "{'amount':'52.2345','due':'52.23','gross':'62.68','groups':["
         "{'amount':'51.2345','average':'5.12345','due':'51.23',"
         "'key':{'cloud':'aws'},'lines':[{'amount':'51.2345','flat':'0',"
         "'quantity':'10','tier':1,'unit':'5.12345'}],'quantity':'10',"
         "'total':'51.2345','used':'0'},"
         "{'amount':'0','average':'0','due':'0','lines':[],'quantity':'0',"
         "'total':'0','used':'0'}],'tax':'10.45'}");
}
END_TEST

START_TEST(rate_books_the_difference) {
  expect("{'kernel':'rate'," GRADUATED ",'totals':['150','120']}",
         "{'booked':'11.6','deltas':['14','-2.4']}");
  expect("{'kernel':'rate'," GRADUATED ",'totals':['150'],'booked':'20'}",
         "{'booked':'14','deltas':['-6']}");
}
END_TEST

START_TEST(order_says_who_pays_first) {
  expect("{'kernel':'order','order':['priority','expiry'],'grants':["
         "{'id':'a'},{'id':'b','expires':'2026-12-01'}]}",
         "{'order':['b','a']}");
  expect("{'kernel':'order','order':'stripe','grants':[{'id':'a'},"
         "{'id':'b','promotional':true}]}",
         "{'order':['b','a']}");
  expect("{'kernel':'order','grants':[]}", "{'order':[]}");
  answers("{'kernel':'order','order':['rolled_over'],'grants':[{'id':'a'},"
          "{'id':'b','rolled_over':true}]}", "['b','a']");
}
END_TEST

START_TEST(burndown_draws_in_order_and_says_what_is_owed) {
  expect("{'kernel':'burndown','at':'2026-03-01','grants':["
         "{'id':'paid','amount':'40','cost':'40'},"
         "{'id':'gift','amount':'10'}],"
         "'lines':[{'id':'tokens','amount':'60'}]}",
         "{'balance':'-10','denied':false,"
         "'drawn':{'gift':'10','paid':'40'},"
         "'draws':[{'amount':'10','grant':'gift','line':'tokens'},"
         "{'amount':'40','grant':'paid','line':'tokens'}],'due':'10',"
         "'left':{'gift':'0','paid':'0'},'lines':[{'amount':'60',"
         "'drawn':'50','id':'tokens','owed':'10'}],'owed':'10',"
         "'total':'60'}");
}
END_TEST

START_TEST(burndown_may_refuse_and_then_draws_nothing) {
  expect("{'kernel':'burndown','at':'2026-03-01','insufficient':'refuse',"
         "'grants':[{'id':'a','amount':'50'}],"
         "'lines':[{'id':'tokens','amount':'60'}]}",
         "{'balance':'50','denied':true,'drawn':{'a':'0'},'draws':[],"
         "'due':'0','left':{'a':'50'},'lines':[{'amount':'60','drawn':'0',"
         "'id':'tokens','owed':'60'}],'missing':'10','owed':'0',"
         "'total':'60'}");
  /* 10 units at 8 and 5 at 10 are more than 80, and nothing is taken. */
  answers("{'kernel':'burndown','at':'2026-03-01','insufficient':'refuse',"
          "'grants':[{'id':'a','amount':'80','scope':{'rate':'commit'}}],"
          "'lines':[{'id':'l','quantity':'15','unit':'10',"
          "'commit_unit':'8'}]}",
          "'lines':[{'amount':'130','drawn':'0','id':'l','owed':'130',"
          "'owed_quantity':'15'");
}
END_TEST

START_TEST(an_expiry_may_be_the_last_moment_of_use) {
  static const char request[] =
    "{'kernel':'burndown','at':'2026-03-01','expiry':'%s','grants':["
    "{'id':'a','amount':'1','expires':'2026-03-01'}],'lines':["
    "{'id':'t','amount':'1'}]}";
  static const char answer[] =
    "{'balance':'%s','denied':false,'drawn':{'a':'%s'},'draws':[%s],"
    "'due':'%s','left':{'a':'%s'},'lines':[{'amount':'1','drawn':'%s',"
    "'id':'t','owed':'%s'}],'owed':'%s','total':'1'}";
  char in[512], out[512];

  snprintf(in, sizeof in, request, "inclusive");
  snprintf(out, sizeof out, answer, "0", "1",
           "{'amount':'1','grant':'a','line':'t'}", "0", "0", "1", "0", "0");
  expect(in, out);
  snprintf(in, sizeof in, request, "exclusive");
  snprintf(out, sizeof out, answer, "-1", "0", "", "1", "1", "0", "1", "1");
  expect(in, out);
}
END_TEST

START_TEST(grant_active_ends_with_the_first_end) {
  expect("{'kernel':'grant_active','effective':'2026-01-01',"
         "'ends':['2026-03-01',null,'2026-02-01'],'at':'2026-02-01'}",
         "{'active':false,'from':'2026-01-01T00:00:00Z',"
         "'to':'2026-02-01T00:00:00Z'}");
  expect("{'kernel':'grant_active','effective':'2026-01-01'}",
         "{'from':'2026-01-01T00:00:00Z','to':null}");
}
END_TEST

START_TEST(periods_come_back_to_the_31st) {
  expect("{'kernel':'periods','start':'2026-01-31','count':2,"
         "'period':{'unit':'month'},'anchor':'anniversary'}",
         "{'periods':[{'from':'2026-01-31T00:00:00Z',"
         "'full_from':'2026-01-31T00:00:00Z',"
         "'full_to':'2026-02-28T00:00:00Z','to':'2026-02-28T00:00:00Z'},"
         "{'from':'2026-02-28T00:00:00Z',"
         "'full_from':'2026-02-28T00:00:00Z',"
         "'full_to':'2026-03-31T00:00:00Z','to':'2026-03-31T00:00:00Z'}]}");
}
END_TEST

START_TEST(periods_are_cut_in_the_zone) {
  expect("{'kernel':'periods','start':'2026-03-15','zone':'Europe/Berlin',"
         "'at':'2026-04-01','end':'2026-04-10'}",
         "{'periods':[{'from':'2026-03-31T22:00:00Z',"
         "'full_from':'2026-03-31T22:00:00Z',"
         "'full_to':'2026-04-30T22:00:00Z','to':'2026-04-09T22:00:00Z'}]}");
  refuse("{'kernel':'periods','start':'2026-03-15','zone':'Nowhere'}",
         BILLING_NOTFOUND, "");
}
END_TEST

START_TEST(prorate_says_the_share) {
  expect("{'kernel':'prorate','amount':'31','from':'2026-03-15',"
         "'to':'2026-04-01','full_from':'2026-03-01',"
         "'full_to':'2026-04-01','proration':'days_half_open'}",
         "{'amount':'17','denominator':31,'numerator':17}");
  refuse("{'kernel':'prorate','amount':'31','from':'2026-03-15',"
         "'to':'2026-03-01','full_from':'2026-03-01',"
         "'full_to':'2026-04-01'}", BILLING_INVALID, "/to");
}
END_TEST

START_TEST(true_up_says_what_is_missing_of_a_minimum) {
  expect("{'kernel':'true_up','minimum':'310','from':'2026-01-15',"
         "'to':'2026-02-01','full_from':'2026-01-01',"
         "'full_to':'2026-02-01','proration':'days_half_open','fees':["
         "{'amount':'100','from':'2026-01-15','to':'2026-02-01'},"
         "{'amount':'7','from':'2026-02-01','to':'2026-03-01'}]}",
         "{'counted':'100','denominator':31,'due':'70','minimum':'170',"
         "'missing':'70','numerator':17,'ratio':'0.548387096774193548'}");
  refuse("{'kernel':'true_up','minimum':'1','from':'2026-01-15',"
         "'to':'2026-02-01'}", BILLING_INVALID, "/full_to");
}
END_TEST

START_TEST(aggregate_tells_groups_apart) {
  expect("{'kernel':'aggregate','meter':{'id':'tokens','event':'llm',"
         "'aggregation':'sum','property':'tokens','groups':['model']},"
         "'events':[{'properties':{'model':'m1','tokens':5}},"
         "{'properties':{'model':'m1','tokens':7}},{'event':'other'}]}",
         "{'groups':[{'events':2,'group':{'model':'m1'},"
         "'quantity':'12'}],'unmatched':1}");
  expect("{'kernel':'aggregate','meter':{'id':'u','event':'seen',"
         "'aggregation':'unique','property':'user'},'events':["
         "{'properties':{'user':'a'}},{'properties':{'user':'b'}},"
         "{'properties':{'user':'a'}}]}",
         "{'groups':[{'events':3,'quantity':'2'}],'unmatched':0}");
}
END_TEST

START_TEST(aggregate_measures_a_period) {
  expect("{'kernel':'aggregate','meter':{'id':'m','event':'e',"
         "'aggregation':'sum','property':'v','recurring':true,"
         "'proration':'lago_days','unusable':'skip'},'detail':true,"
         "'from':'2023-05-01','to':'2023-06-01','events':["
         "{'time':'2023-03-01','properties':{'v':5}},"
         "{'time':'2023-05-26','key':'a','properties':{'v':'12'}},"
         "{'time':'2023-05-26','key':'a','properties':{'v':'12'}},"
         "{'time':'2023-05-26','properties':{'v':'x'}},"
         "{'time':'2023-06-01','properties':{'v':'1'}}]}",
         "{'groups':[{'carried_events':1,'events':1,'full':'17','parts':["
         "{'change':'5','level':'5','prorated':'5','quantity':'5'},"
         "{'change':'12','level':'17','prorated':'2.32258',"
         "'quantity':'12'}],'quantity':'7.32259'}],'repeated':1,"
         "'skipped':1,'unmatched':0}");
  expect("{'kernel':'aggregate','meter':{'id':'m','event':'e',"
         "'aggregation':'weighted_sum','recurring':true},'carried':'10',"
         "'from':'2026-01-01','to':'2026-01-02','events':["
         "{'time':'2026-01-01T12:00:00Z','value':'-4'}]}",
         "{'groups':[{'carried_events':0,'events':1,'level_after':'6',"
         "'quantity':'8'}],'unmatched':0}");
}
END_TEST

START_TEST(transactions_and_levels_are_priced_one_by_one) {
  expect("{'kernel':'transactions','price':{'model':'percentage','rate':'1',"
         "'fixed':'5','free_events':3,'free':'15'},'events':['10','10']}",
         "{'amount':'5.05','average':'0.2525','charges':['0','5.05'],"
         "'due':'5.05','quantity':'20'}");
  expect("{'kernel':'levels','price':{'model':'graduated','tiers':["
         "{'up_to':'5','unit':'10','flat':'100'},{'unit':'5','flat':'50'}]},"
         "'changes':['4','2','-3'],'prorated':['2.8','1','-0.6']}",
         "{'amount':'180.5','average':'60.166666666666666667','due':'180.5',"
         "'level':'3','peak':'6','quantity':'3.2'}");
  refuse("{'kernel':'transactions','price':{'model':'percentage',"
         "'rate':'1'}}", BILLING_INVALID, "/events");
  refuse("{'kernel':'transactions','events':[],'price':{'model':'per_unit',"
         "'unit':'1'}}", BILLING_INVALID, "/price/model");
  refuse("{'kernel':'levels','changes':['1'],'prorated':[],'price':{'model':"
         "'graduated','tiers':[{'unit':'1'}]}}", BILLING_INVALID,
         "/prorated");
  refuse("{'kernel':'quote','quantity':'5','price':{'model':'percentage',"
         "'rate':'1','fixed':'1'}}", BILLING_INVALID, "/price");
}
END_TEST

START_TEST(rates_and_what_changes_them_are_said_with_reasons) {
  expect("{'kernel':'rates','rates':[{'price':'reads','unit':'1',"
         "'to':'2025-01-01','values':{'region':'eu'}},{'price':'reads',"
         "'unit':'1.2','from':'2025-01-01','values':{'region':'eu'}}],"
         "'usage':[{'price':'reads','values':{'region':'eu'},"
         "'quantity':'10','at':'2025-01-01'}]}",
         "{'in_window':'0','quantity':'10','results':[{'amount':'12',"
         "'billed':true,'unit':'1.2'}],'total':'12'}");
  refuse("{'kernel':'rates','rates':[],'usage':[{'at':0}]}", BILLING_INVALID,
         "/usage/0");
  expect("{'kernel':'rates','missing':'free','rates':[],'usage':[{'at':0}]}",
         "{'in_window':'0','quantity':'0','results':[{'billed':false,"
         "'unit':null}],'total':'0'}");
  expect("{'kernel':'override','line':{'price':'p','unit':'10'},"
         "'overrides':[{'id':'half','factor':'0.5'},"
         "{'id':'six','unit':'6'}]}",
         "{'considered':[{'id':'half','why':'is outranked'},"
         "{'id':'six','why':'wins'}],'override':'six','unit':'6'}");
  refuse("{'kernel':'override','line':{'unit':'1'},'overrides':["
         "{'id':'a','unit':'1','factor':'2'}]}", BILLING_INVALID,
         "/overrides/0");
  refuse("{'kernel':'override','overrides':[]}", BILLING_INVALID, "/line");
}
END_TEST

START_TEST(a_price_book_becomes_a_plan) {
  expect("{'kernel':'price_book','id':'llm','meter':'tokens','percent':'20',"
         "'csv':'model,input,output\\r\\n\\'m1\\',2.50,\\n'}",
         "{'plan':{'currency':'USD','id':'llm','prices':[{'groups':['model',"
         "'kind'],'id':'tokens','meter':'tokens','model':'matrix','rates':["
         "{'price':{'model':'per_unit','per':'1000000','unit':'3'},"
         "'values':{'kind':'input','model':'m1'}}]}]}}");
  refuse("{'kernel':'price_book','id':'llm','meter':'tokens',"
         "'csv':'model,input\\nm1,cheap'}", BILLING_INVALID, "/csv");
  refuse("{'kernel':'price_book','id':'llm','meter':'tokens',"
         "'csv':'model,input\\nm1,1,2'}", BILLING_INVALID, "/csv");
  refuse("{'kernel':'price_book','id':'llm','meter':'tokens',"
         "'csv':'model,input'}", BILLING_INVALID, "/csv");
  refuse("{'kernel':'price_book','id':'llm','meter':'tokens',"
         "'csv':'\\'model'}", BILLING_INVALID, "/csv");
}
END_TEST

START_TEST(terms_beside_rates_have_kernels) {
  expect("{'kernel':'composite','price':{'model':'percentage','rate':'5'},"
         "'prices':['a'],'spend':[{'price':'a','amount':'400'}]}",
         "{'amount':'20','base':'400','due':'20'}");
  refuse("{'kernel':'composite','price':{'model':'per_unit','unit':'5'},"
         "'spend':[]}", BILLING_INVALID, "/price/model");
  expect("{'kernel':'window_commitment','unit':'2','commitment':{'value':"
         "'10','overage':'2','top_up':true},'windows':[{'quantity':'8'}]}",
         "{'overage':'12','top_up':'0','total':'22','utilized':'10'}");
  expect("{'kernel':'window_commitment','unit':'1','hours':[{'from':22,"
         "'to':6,'unit':'3'}],'windows':[{'quantity':'1','hour':23},"
         "{'quantity':'1','hour':5},{'quantity':'1','hour':6}]}",
         "{'overage':'0','top_up':'0','total':'7','utilized':'7'}");
  expect("{'kernel':'mark_up','unit':'0.0000025','percent':'20',"
         "'per':'1000000','value':'0.5'}", "{'in_units':'6','unit':'3'}");
  expect("{'kernel':'capacity','tiers':[{'amount':'10','limits':"
         "{'seats':'100'}},{'amount':'20'}],'quantities':{'seats':'101'}}",
         "{'amount':'20','tier':2}");
  refuse("{'kernel':'capacity','tiers':[],'quantities':{}}", BILLING_INVALID,
         "/tiers");
}
END_TEST

START_TEST(a_group_is_named_once_by_what_counts_in_it) {
  expect("{'kernel':'alert','at':'0','group_by':'g','balances':[{'amount':"
         "'9','apart':true,'labels':{'g':'x'}},{'amount':'0','labels':{'g':"
         "'x'}},{'amount':'0','apart':true,'labels':{'g':'y'}}]}",
         "{'groups':['x']}");
  refuse("{'kernel':'alert','at':'0','group_by':'g','balances':[{'amount':"
         "'90000000000000000000','labels':{'g':'x'}},{'amount':"
         "'90000000000000000000','labels':{'g':'x'}}]}", BILLING_LIMIT, "");
}
END_TEST

START_TEST(a_top_up_beyond_all_money_is_refused) {
  refuse("{'kernel':'top_up','balance':'-90000000000000000000','target':"
         "'90000000000000000000'}", BILLING_LIMIT, "");
  refuse("{'kernel':'top_up','balance':'-90000000000000000000','amount':'1',"
         "'above':'90000000000000000000'}", BILLING_LIMIT, "");
}
END_TEST

#define PHASES(rest) "{'kernel':'grant_phases','from':0,'to':9,'grants':[" \
  "{'id':'a','amount':'5'}]," rest "}"

/* 5 were left; 3 and 4 are used, and 2 of them are owed. */
START_TEST(grants_are_drawn_over_time) {
  expect(PHASES("'left':{'a':'5'},'usage':[{'at':2,'value':'4'},"
                "{'at':1,'value':'3'}]"),
         "{'access':false,'available':'5','balance':'0','covered':'5',"
         "'left':{'a':'0'},'owed':'2','phases':[{'balance':'5','drawn':"
         "{'a':'5'},'from':'1970-01-01T00:00:00Z','owed':'2','owed_before':"
         "'0','reset':false,'to':'1970-01-01T00:00:00.000009Z','used':'7'}],"
         "'since':'1970-01-01T00:00:00Z','used':'7'}");
  refuse(PHASES("'left':{'b':'5'}"), BILLING_INVALID, "/left/b");
  refuse(PHASES("'left':{}"), BILLING_INVALID, "/left");
  refuse(PHASES("'left':['a']"), BILLING_INVALID, "/left");
  refuse(PHASES("'left':{'a':'-1'}"), BILLING_INVALID, "/left/a");
  refuse(PHASES("'left':{'a':'1'},'covered':'-1'"), BILLING_INVALID,
         "/covered");
  refuse(PHASES("'left':{'a':'1'},'resets':[0]"), BILLING_INVALID,
         "/resets/0");
  refuse(PHASES("'left':{'a':'1'},'resets':[3,3]"), BILLING_INVALID,
         "/resets/1");
  refuse("{'kernel':'grant_phases','from':9,'to':0,'grants':[]}",
         BILLING_INVALID, "/to");
  refuse("{'kernel':'grant_phases','from':0,'to':9,'grants':[{'id':'a',"
         "'rollover':{'least':'2','most':'1'}}],'left':{'a':'1'}}",
         BILLING_INVALID, "/grants/0/rollover/least");
  refuse("{'kernel':'grant_phases','from':0,'to':'9000-01-01','grants':["
         "{'id':'a','recurs':{'unit':'day','anchor':0}}],'left':{'a':'1'}}",
         BILLING_LIMIT, "/grants/0/recurs");
  refuse("{'kernel':'order','grants':[{'id':'a','recurs':{}}]}",
         BILLING_INVALID, "/grants/0/recurs");
}
END_TEST

START_TEST(holds_are_decided_by_themselves) {
  expect("{'kernel':'reserve','amount':'50','requests':3,"
         "'budgets':[{'id':'agent','free':'120'}]}",
         "{'budget':'agent','denied':1,'free':{'agent':'20'},'granted':2,"
         "'missing':'30','over':'0','taken':'100','why':'short'}");
  expect("{'kernel':'reserve','amount':'50','requests':3,'mode':'check',"
         "'budgets':[{'id':'agent','free':'120'}]}",
         "{'denied':0,'free':{'agent':'-30'},'granted':3,'over':'30',"
         "'taken':'150'}");
  refuse("{'kernel':'reserve','amount':'1','budgets':[{'free':'1'}]}",
         BILLING_INVALID, "/budgets/0/id");
  expect("{'kernel':'settle','held':'50','cost':'60','free':'4',"
         "'above':'overdraft','overdraft':'20'}",
         "{'charged':'60','debt':'10','free':'-6','over':false,"
         "'refused':false}");
  expect("{'kernel':'hold_size','price':{'model':'per_unit','unit':'15',"
         "'per':'1000000'},'most':'64000','quantity':'200','budget':'10'}",
         "{'admitted':'10','affordable':'3333','cost':'0.003','hold':'0.96',"
         "'ratio':'320'}");
  expect("{'kernel':'hold_size','price':{'model':'per_unit','unit':'1'},"
         "'most':'0','quantity':'0','budget':'10'}",
         "{'admitted':null,'affordable':null,'cost':'0','hold':'0',"
         "'ratio':null}");
  refuse("{'kernel':'hold_size','price':{'model':'flat','amount':'1'},"
         "'most':'1','quantity':'1','budget':'1'}", BILLING_INVALID,
         "/price/model");
  expect("{'kernel':'usage_limits','windows':[{'id':'5h','hours':5,'limit':"
         "'100'}],'calls':[{'at':0,'units':'101'},{'at':1}]}",
         "{'calls':[{'again':null,'allowed':false},{'allowed':true}],"
         "'used':{'5h':'1'}}");
}
END_TEST

START_TEST(a_matrix_is_quoted_by_group) {
#define MATRIX "'price':{'model':'matrix','groups':['a'],'rates':[" \
  "{'values':{'a':1},'unit':'2'}]}"
  expect("{'kernel':'quote'," MATRIX ",'group':{'a':'1'},'quantity':'3'}",
         "{'amount':'6','average':'2','due':'6','lines':[{'amount':'6',"
         "'flat':'0','quantity':'3','tier':1,'unit':'2'}],'quantity':'3',"
         "'total':'6','used':'0'}");
  refuse("{'kernel':'quote'," MATRIX ",'quantity':'3'}", BILLING_INVALID,
         "/group");
  refuse("{'kernel':'quote'," MATRIX ",'group':{'a':2},'quantity':'3'}",
         BILLING_INVALID, "/group");
  refuse("{'kernel':'quote'," MATRIX ",'groups':[{'quantity':'3'}]}",
         BILLING_INVALID, "/groups/0/group");
  refuse("{'kernel':'rate'," MATRIX ",'totals':['3']}", BILLING_INVALID,
         "/group");
#undef MATRIX
}
END_TEST

START_TEST(sql_meter_runs_a_statement_over_events) {
  expect("{'kernel':'sql_meter','meter':{'id':'gb','event':'put',"
         "'aggregation':'sql','properties':['region'],'sql':"
         "'SELECT sum(value), region FROM events GROUP BY region'},"
         "'events':[{'value':'1.5','properties':{'region':'eu'}},"
         "{'value':'2','properties':{'region':'eu'}},{'event':'get'}]}",
         "{'columns':['region'],'groups':[{'group':{'region':'eu'},"
         "'quantity':'3.5'}],'unmatched':1}");
  expect("{'kernel':'sql_meter','from':10,'to':20,'meter':{'id':'gb',"
         "'event':'put','aggregation':'sql','sql':"
         "'SELECT latest(value, time_us) FROM events'},'events':["
         "{'time':15,'value':'1'},{'time':12,'value':'2'},"
         "{'time':20,'value':'3'}]}",
         "{'columns':[],'groups':[{'quantity':'1'}],'unmatched':0}");
  refuse("{'kernel':'sql_meter','events':[],'meter':{'id':'gb','event':'put',"
         "'aggregation':'sql','sql':'SELECT random()'}}",
         BILLING_INVALID, "/meter/sql");
  refuse("{'kernel':'sql_meter','events':[],'meter':{'id':'gb','event':'put',"
         "'aggregation':'sum'}}", BILLING_INVALID, "/meter/aggregation");
  refuse("{'kernel':'aggregate','events':[],'meter':{'id':'gb','event':'put',"
         "'aggregation':'sql','sql':'SELECT 1'}}", BILLING_INVALID, "/meter");
}
END_TEST

START_TEST(aggregate_shows_usage_by_windows) {
  expect("{'kernel':'aggregate','meter':{'id':'m','event':'e',"
         "'aggregation':'max','property':'v'},'window':'day',"
         "'zone':'Europe/Berlin','from':'2026-03-28','to':'2026-03-30',"
         "'events':["
         "{'time':'2026-03-29T21:59:59Z','properties':{'v':4}},"
         "{'time':'2026-03-28T22:59:59Z','properties':{'v':5}},"
         "{'time':'2026-03-29T22:00:00Z','properties':{'v':9}}]}",
         "{'groups':[{'events':2,'quantity':'5','windows':["
         "{'change':'5','cumulative':'5','from':'2026-03-27T23:00:00Z',"
         "'quantity':'5','to':'2026-03-28T23:00:00Z'},"
         "{'change':'0','cumulative':'5','from':'2026-03-28T23:00:00Z',"
         "'quantity':'4','to':'2026-03-29T22:00:00Z'}]}],'unmatched':0}");
  refuse("{'kernel':'aggregate','meter':{'id':'m','event':'e',"
         "'aggregation':'count'},'window':'hour','from':'2020-01-01',"
         "'to':'2026-01-01','events':[]}", BILLING_LIMIT, "");
  refuse("{'kernel':'aggregate','meter':{'id':'m','event':'e',"
         "'aggregation':'count'},'window':'hour','events':[]}",
         BILLING_INVALID, "/from");
  refuse("{'kernel':'aggregate','meter':{'id':'m','event':'e',"
         "'aggregation':'count','recurring':true},'window':'hour','from':0,"
         "'to':9,'carried':5,'events':[]}", BILLING_INVALID, "/window");
}
END_TEST

START_TEST(windows_convert_accept_and_levels_in_advance) {
  expect("{'kernel':'windows','unit':'day','zone':'Europe/Berlin',"
         "'at':'2026-03-29T12:00:00Z'}",
         "{'from':'2026-03-28T23:00:00Z','to':'2026-03-29T22:00:00Z'}");
  expect("{'kernel':'windows','unit':'month','from':'2026-01-31',"
         "'to':'2026-03-01'}",
         "{'windows':[{'from':'2026-01-31T00:00:00Z',"
         "'to':'2026-02-28T00:00:00Z'},{'from':'2026-02-28T00:00:00Z',"
         "'to':'2026-03-31T00:00:00Z'}]}");
  expect("{'kernel':'windows','unit':'none','from':'2026-01-31',"
         "'to':'2026-03-01'}",
         "{'windows':[{'from':'2026-01-31T00:00:00Z',"
         "'to':'2026-03-01T00:00:00Z'}]}");
  expect("{'kernel':'shift','at':'2026-03-05T05:00:00Z','by':'P5D',"
         "'zone':'America/New_York'}", "{'at':'2026-03-10T04:00:00Z'}");
  expect("{'kernel':'shift','at':0,'by':'P1D','zone':'No/Where',"
         "'unknown_zone':'utc'}", "{'at':'1970-01-02T00:00:00Z'}");
  expect("{'kernel':'convert','quantity':'1247','convert':{"
         "'operation':'divide','by':'1000','round':'ceiling'}}",
         "{'converted':'1.247','quantity':'2'}");
  expect("{'kernel':'accept','most_ahead':300,'events':["
         "{'key':'a','time':'2026-06-15T12:05:00Z','value':'5',"
         "'now':'2026-06-15T12:00:00Z'},"
         "{'key':'a','time':'2026-06-15T12:00:00Z',"
         "'now':'2026-06-15T12:00:01Z'}]}",
         "{'sum':'5','verdicts':['accepted','repeated']}");
  expect("{'kernel':'in_advance','level':'4','change':'10','billed':'10'}",
         "{'units':'4'}");
  expect("{'kernel':'in_advance','change':'10','days_left':2,'days':31,"
         "'share':'lago_days'}", "{'units':'0.64517'}");
}
END_TEST

START_TEST(requests_of_metering_are_checked) {
  refuse("{'kernel':'windows','unit':'day'}", BILLING_INVALID, "/at");
  refuse("{'kernel':'windows','unit':'hour','from':'2020-01-01',"
         "'to':'2026-01-01'}", BILLING_LIMIT, "");
  refuse("{'kernel':'windows','unit':'day','at':0,'zone':'No/Where'}",
         BILLING_NOTFOUND, "");
  refuse("{'kernel':'aggregate','meter':{'id':'m','event':'e',"
         "'aggregation':'weighted_sum'},'events':[]}", BILLING_INVALID,
         "/from");
  refuse("{'kernel':'aggregate','meter':{'id':'m','event':'e',"
         "'aggregation':'sum'},'events':[],'from':'2026-01-02',"
         "'to':'2026-01-01'}", BILLING_INVALID, "/from");
  refuse("{'kernel':'aggregate','meter':{'id':'m','event':'e',"
         "'aggregation':'sum'},'events':[],'carried':'5'}",
         BILLING_INVALID, "/carried");
  refuse("{'kernel':'aggregate','meter':{'id':'m','event':'e',"
         "'aggregation':'percentile','percentile':50},'events':[],"
         "'detail':true}", BILLING_INVALID, "/detail");
  refuse("{'kernel':'accept','most_age':-1}", BILLING_INVALID, "/most_age");
}
END_TEST

START_TEST(expression_gives_a_value_or_says_what_is_wrong) {
  expect("{'kernel':'expression','expression':"
         "'round(event.properties.b / 3, 2)',"
         "'event':{'properties':{'b':10}}}",
         "{'type':'number','value':'3.33'}");
  expect("{'kernel':'expression','expression':'concat(event.code, 1)',"
         "'event':{'event':'llm'}}", "{'type':'text','value':'llm1'}");
  expect("{'kernel':'expression','expression':'event.value > 0'}",
         "{'type':'truth','value':true}");
  expect("{'kernel':'expression','expression':'1 2'}",
         "{'at':2,'error':'parse',"
         "'message':'the expression should end here'}");
  expect("{'kernel':'expression','expression':'1 + event.properties.a'}",
         "{'at':4,'error':'evaluate','message':'the event has no such "
         "property','missing':'a'}");
  refuse("{'kernel':'expression','expression':5}", BILLING_INVALID,
         "/expression");
  refuse("{'kernel':'expression','expression':'1','event':{'x':1}}",
         BILLING_INVALID, "/event/x");
}
END_TEST

/* ---- what is refused ---- */

START_TEST(what_is_wrong_is_named_with_its_path) {
  refuse("{'kernel':'x'}", BILLING_UNSUPPORTED, "/kernel");
  refuse("{}", BILLING_INVALID, "/kernel");
  refuse("{'kernel':1}", BILLING_INVALID, "/kernel");
  refuse("[]", BILLING_INVALID, "");
  refuse("{'kernel':'quote'," PER_UNIT "}", BILLING_INVALID, "/quantity");
  refuse("{'kernel':'quote'," PER_UNIT ",'quantity':'1','x':1}",
         BILLING_INVALID, "/x");
  refuse("{'kernel':'quote','quantity':'1','price':{'model':'volume',"
         "'tiers':[{'unit':'-1'}]}}", BILLING_INVALID,
         "/price/tiers/0/unit");
  refuse("{'kernel':'rate'," PER_UNIT ",'totals':['1','x']}",
         BILLING_INVALID, "/totals/1");
  refuse("{'kernel':'order','grants':[{'id':'a','scope':{'x':1}}]}",
         BILLING_INVALID, "/grants/0/scope/x");
  refuse("{'kernel':'order','grants':[{'id':'a'},{'id':'a'}]}",
         BILLING_INVALID, "/grants/1/id");
  refuse("{'kernel':'order','grants':[],'order':'nobody'}",
         BILLING_INVALID, "/order");
  refuse("{'kernel':'burndown','grants':[],'lines':[{'id':'l',"
         "'amount':'1'}]}", BILLING_INVALID, "/lines/0/time");
  refuse("{'kernel':'burndown','at':0,'grants':[],'lines':[{'id':'l'}]}",
         BILLING_INVALID, "/lines/0/amount");
}
END_TEST

START_TEST(a_result_that_does_not_fit_is_a_limit) {
  refuse("{'kernel':'quote','price':{'model':'per_unit',"
         "'unit':'99999999999999999999'},'quantity':'10'}", BILLING_LIMIT,
         "");
  refuse("{'kernel':'quote'," PER_UNIT ",'used':'99999999999999999999',"
         "'quantity':'99999999999999999999'}", BILLING_LIMIT, "");
}
END_TEST

START_TEST(misuse_is_refused_politely) {
  billing_doc *doc = (billing_doc *)&doc;
  billing_options options;

  BILLING_INIT(&options);
  ck_assert_int_eq(billing_evaluate(NULL, NULL, 0, &doc, NULL),
                   BILLING_MISUSE);
  ck_assert_ptr_null(doc);
  ck_assert_int_eq(billing_evaluate(NULL, "{}", 2, NULL, NULL),
                   BILLING_MISUSE);
  options.struct_size = 3;
  ck_assert_int_eq(billing_evaluate(&options, "{}", 2, &doc, NULL),
                   BILLING_MISUSE);
}
END_TEST

/* ---- memory ---- */

typedef struct scarce {
  long allowed;               /* allocations that still succeed */
  long live;
} scarce;

static void *scarce_alloc(void *user, void *ptr, size_t old_size,
                          size_t new_size) {
  scarce *s = user;
  void *moved;

  (void)old_size;
  if (new_size == 0) {
    s->live -= ptr != NULL;
    free(ptr);
    return NULL;
  }
  if (s->allowed-- <= 0) return NULL;
  moved = realloc(ptr, new_size);
  s->live += moved && !ptr;
  return moved;
}

static void run_out(const char *request) {
  scarce s = {0, 0};
  billing_allocator host = {scarce_alloc, &s};
  billing_options options;
  billing_doc *doc = NULL;
  int rc = BILLING_NOMEM;

  BILLING_INIT(&options);
  options.allocator = &host;
  for (long n = 0; rc == BILLING_NOMEM; n++) {
    ck_assert_int_lt(n, 1000);
    s.allowed = n;
    rc = billing_evaluate(&options, quoted(request), (size_t)-1, &doc, NULL);
    if (rc) ck_assert_ptr_null(doc);
    if (rc) ck_assert_int_eq(s.live, 0);
  }
  ck_assert_int_eq(rc, BILLING_OK);
  billing_doc_free(doc);
  ck_assert_int_eq(s.live, 0);
}

START_TEST(every_allocation_may_fail) {
  run_out("{'kernel':'quote'," GRADUATED ",'quantity':'150'}");
  run_out("{'kernel':'burndown','at':'2026-03-01','order':'metronome',"
          "'grants':[{'id':'a','amount':'40','scope':{'prices':['p']}},"
          "{'id':'b','segments':[{'amount':'1'},{'amount':'2'}]}],"
          "'lines':[{'id':'tokens','amount':'60','price':'p'}]}");
  run_out("{'kernel':'periods','start':'2026-01-31','count':30,"
          "'zone':'Europe/Berlin'}");
  run_out("{'kernel':'aggregate','meter':{'id':'u','event':'seen',"
          "'aggregation':'unique','property':'user','groups':['g']},"
          "'events':[{'properties':{'user':'a','g':1}},"
          "{'properties':{'user':'b','g':2}}]}");
  run_out("{'kernel':'aggregate','meter':{'id':'u','event':'seen',"
          "'aggregation':'unique','expression':'concat(event.code, 1)',"
          "'proration':'time'},'from':0,'to':9,'detail':true,"
          "'window':'hour','events':["
          "{'time':1,'key':'a'},{'time':2,'key':'b'}]}");
  run_out("{'kernel':'transactions','price':{'model':'percentage','rate':'1',"
          "'free':'5'},'allowance':'lago','events':['1','5']}");
  run_out("{'kernel':'quote','quantity':'1','group':{'a':1},'price':{"
          "'model':'matrix','groups':['a'],'rates':[{'values':{'a':1},"
          "'unit':'2'}]}}");
  run_out("{'kernel':'override','line':{'price':'p','unit':'10','tags':['t'],"
          "'values':{'a':'b'}},'overrides':[{'id':'half','factor':'0.5',"
          "'targets':[{'tags':['t'],'values':{'a':'b'}}],'grants':[]},"
          "{'id':'t','tiers':[{'unit':'1'}]}]}");
  run_out("{'kernel':'price_book','id':'llm','meter':'tokens',"
          "'csv':'model,input\\nm1,1'}");
  run_out("{'kernel':'rates','rates':[{'unit':'1'}],'usage':[{'at':0}]}");
  run_out("{'kernel':'composite','price':{'model':'percentage','rate':'5'},"
          "'tags':['a'],'spend':[{'tags':['a'],'amount':'400'}]}");
  run_out("{'kernel':'capacity','tiers':[{'amount':'10','limits':{'a':1}}],"
          "'quantities':{'a':1}}");
  run_out("{'kernel':'sql_meter','meter':{'id':'m','event':'put',"
          "'aggregation':'sql','properties':['g'],'sql':"
          "'SELECT sum(value), g FROM events GROUP BY g'},"
          "'events':[{'properties':{'g':'a'}},{'value':'2'}]}");
  run_out("{'kernel':'accept','events':[{'key':'a','now':0},"
          "{'key':'b','now':1}]}");
  run_out("{'kernel':'expression','expression':'concat(1, event.code)'}");
  run_out("{'kernel':'windows','unit':'day','zone':'Europe/Berlin','at':0}");
  run_out("{'kernel':'reserve','amount':'5','budgets':[{'id':'a','free':"
          "'1'}]}");
  run_out("{'kernel':'hold_size','price':{'model':'per_unit','unit':'1'},"
          "'most':'1','quantity':'1','budget':'1'}");
  run_out("{'kernel':'usage_limits','windows':[{'id':'a','hours':1,'limit':"
          "'1'}],'calls':[{'at':0},{'at':1}]}");
  run_out("{'kernel':'grant_phases','from':0,'to':'1970-01-03','grants':["
          "{'id':'a','amount':'5','ends':['1970-01-02'],'recurs':{'unit':"
          "'day','anchor':0},'rollover':{'most':'1'}}],'left':{'a':'5'},"
          "'usage':[{'at':2,'value':'4'}],'resets':['1970-01-02']}");
}
END_TEST

Suite *test_engine_evaluate(void) {
  Suite *s = suite_create("engine_evaluate");
  TCase *c = tcase_create("all");

  tcase_add_test(c, quote_says_what_a_quantity_costs);
  tcase_add_test(c, quotes_are_answered_each_in_its_place);
  tcase_add_test(c, quote_counts_from_what_was_used);
  tcase_add_test(c, due_is_rounded_discounted_and_bounded);
  tcase_add_test(c, nothing_is_topped_up_without_a_minimum);
  tcase_add_test(c, groups_are_priced_alone_and_added);
  tcase_add_test(c, rate_books_the_difference);
  tcase_add_test(c, order_says_who_pays_first);
  tcase_add_test(c, burndown_draws_in_order_and_says_what_is_owed);
  tcase_add_test(c, burndown_may_refuse_and_then_draws_nothing);
  tcase_add_test(c, an_expiry_may_be_the_last_moment_of_use);
  tcase_add_test(c, grant_active_ends_with_the_first_end);
  tcase_add_test(c, periods_come_back_to_the_31st);
  tcase_add_test(c, periods_are_cut_in_the_zone);
  tcase_add_test(c, prorate_says_the_share);
  tcase_add_test(c, true_up_says_what_is_missing_of_a_minimum);
  tcase_add_test(c, aggregate_tells_groups_apart);
  tcase_add_test(c, aggregate_measures_a_period);
  tcase_add_test(c, transactions_and_levels_are_priced_one_by_one);
  tcase_add_test(c, rates_and_what_changes_them_are_said_with_reasons);
  tcase_add_test(c, a_price_book_becomes_a_plan);
  tcase_add_test(c, terms_beside_rates_have_kernels);
  tcase_add_test(c, a_group_is_named_once_by_what_counts_in_it);
  tcase_add_test(c, a_top_up_beyond_all_money_is_refused);
  tcase_add_test(c, grants_are_drawn_over_time);
  tcase_add_test(c, holds_are_decided_by_themselves);
  tcase_add_test(c, a_matrix_is_quoted_by_group);
  tcase_add_test(c, sql_meter_runs_a_statement_over_events);
  tcase_add_test(c, aggregate_shows_usage_by_windows);
  tcase_add_test(c, windows_convert_accept_and_levels_in_advance);
  tcase_add_test(c, requests_of_metering_are_checked);
  tcase_add_test(c, expression_gives_a_value_or_says_what_is_wrong);
  tcase_add_test(c, what_is_wrong_is_named_with_its_path);
  tcase_add_test(c, a_result_that_does_not_fit_is_a_limit);
  tcase_add_test(c, misuse_is_refused_politely);
  tcase_add_test(c, every_allocation_may_fail);
  suite_add_tcase(s, c);
  return s;
}
