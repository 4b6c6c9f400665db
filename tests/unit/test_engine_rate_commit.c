/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * test_engine_rate_commit.c - 10 a call and 8 at the commit rate; a GB at 1 up
 * to 100, then 0.80, at the commit rate 0.90 and 0.70.
 */
#include "shop.h"

#include "prices.h"

Suite *test_engine_rate_commit(void);

#define METERS                                                         \
  "{\"id\":\"calls\",\"event\":\"call\",\"aggregation\":\"sum\"},"     \
  "{\"id\":\"gb\",\"event\":\"gb\",\"aggregation\":\"sum\"}"
#define PRICES                                                         \
  "{\"id\":\"calls\",\"meter\":\"calls\",\"model\":\"per_unit\","      \
  "\"unit\":\"10\",\"commit_rate\":\"8\"},"                            \
  "{\"id\":\"gb\",\"meter\":\"gb\",\"model\":\"graduated\",\"tiers\":[" \
  "{\"up_to\":\"100\",\"unit\":\"1\"},{\"unit\":\"0.8\"}],"            \
  "\"commit_rate\":{\"model\":\"graduated\",\"tiers\":["               \
  "{\"up_to\":\"100\",\"unit\":\"0.9\"},{\"unit\":\"0.7\"}]}}"

static void give(const char *key, const char *amount, const char *scope,
                 int32_t priority) {
  billing_call call = shop_call_at(now_us, key);
  billing_grant_terms terms;
  billing_error err;

  BILLING_INIT(&terms);
  BILLING_INIT(&err);
  terms.customer = shop_text("a");
  terms.amount.amount = D(amount);
  terms.scope = shop_text(scope);
  terms.priority = priority;
  strcpy(terms.amount.asset, "USD");
  ck_assert_msg(!billing_grant(b, &call, &terms, NULL, &err), "%s %s",
                err.path, err.message);
}

#define AT_COMMIT "{\"rate\":\"commit\"}"

static bl_dec cost_of(const char *key, const char *name, const char *value) {
  return record_value(key, name, now_us, value).cost;
}

/* "kind price quantity amount drawn" of an invoice's lines. */
static void bills(const char *number, const char *lines) {
  static const char *const members[] = {"kind", "price", "quantity",
                                        "amount", "drawn", NULL};

  has_lines(number, members, lines);
}

/* The example of rate_commit.c. */
START_TEST(usage_that_goes_away_was_at_the_list_price_first) {
  open_meters(NULL, METERS, PRICES);
  give("g", "80", AT_COMMIT, 0);
  ck_assert_dec_eq(cost_of("1", "call", "6"), "48");
  ck_assert_dec_eq(cost_of("2", "call", "9"), "82");
  undo("1", "-58");
  ck_assert_dec_eq(balance_now().left, "8");
  advance(FEBRUARY);
  bills("INV-000001", "commit_rate calls 9 72 72\n");
  close_shop();
}
END_TEST

START_TEST(grants_that_draw_at_the_list_price_come_in_their_turn) {
  open_meters(NULL, METERS, PRICES);
  give("list", "20", "", 1);
  give("commit", "16", AT_COMMIT, 2);
  /* 2 at 10 of the first, 2 at 8 of the second, 1 owed. */
  ck_assert_dec_eq(cost_of("1", "call", "5"), "46");
  advance(FEBRUARY);
  bills("INV-000001", "usage calls 3 30 20\ncommit_rate calls 2 16 16\n");
  close_shop();
}
END_TEST

START_TEST(both_rates_count_one_position_in_the_tiers) {
  open_meters(NULL, METERS, PRICES);
  ck_assert_dec_eq(cost_of("1", "gb", "100"), "100");
  give("g", "45", AT_COMMIT, 0);
  /* 50 at 0.90 come first, so the others stand from 50 to 150. */
  ck_assert_dec_eq(cost_of("2", "gb", "50"), "35");
  advance(FEBRUARY);
  bills("INV-000001", "usage gb 100 90 0\ncommit_rate gb 50 45 45\n");
  close_shop();
}
END_TEST

/* 12 calls become 6: of 10 drawn calls 6 are left. */
START_TEST(a_meter_that_is_rebuilt_leaves_less_to_be_drawn) {
  open_meters(NULL, METERS, PRICES);
  give("g", "80", AT_COMMIT, 0);
  ck_assert_dec_eq(cost_of("1", "call", "12"), "100");
  put("meter", "{\"id\":\"calls\",\"event\":\"call\",\"aggregation\":"
               "\"sum\",\"effective\":\"2026-01-01T00:00:00Z\","
               "\"expression\":\"event.value * 0.5\"}");
  rebuild_all("calls");
  ck_assert_dec_eq(balance_now().left, "32");
  advance(FEBRUARY);
  bills("INV-000001", "commit_rate calls 6 48 48\n");
  close_shop();
}
END_TEST

/* ---- explained ---- */

/* 15 calls at 10, then 5; at the commit rate 10 at 8, then 6. */
#define LADDERS                                                        \
  "{\"id\":\"calls\",\"meter\":\"calls\",\"model\":\"graduated\","     \
  "\"tiers\":[{\"up_to\":\"15\",\"unit\":\"10\"},{\"unit\":\"5\"}],"     \
  "\"commit_rate\":{\"model\":\"graduated\",\"tiers\":["               \
  "{\"up_to\":\"10\",\"unit\":\"8\"},{\"unit\":\"6\"}]}}"

/* The contract, at half of the list price since a day. */
static void half_since(const char *day) {
  char json[400];

  snprintf(json, sizeof json, "{\"id\":\"cc\",\"customer\":\"a\",\"plan\":"
           "\"pp\",\"start\":\"2026-01-01\",\"overrides\":[{\"id\":\"o\","
           "\"type\":\"multiplier\",\"factor\":\"0.5\",\"from\":\"%s\"}]}",
           day);
  put("contract", json);
}

/* A line of the first invoice: "position before_position total billed_before",
 * and the amounts of its tiers. */
static void is_explained(int line, const char *expected) {
  static const char *const members[] = {"position", "before_position", "total",
                                        "billed_before", NULL};
  static const char *const amount[] = {"amount", NULL};
  billing_call call = call_now();
  billing_doc *doc = NULL;
  char query[60], found[200] = "";
  bl_json *tree;

  snprintf(query, sizeof query, "{\"invoice\":\"INV-000001\",\"line\":%d}",
           line);
  ck_assert_int_eq(billing_explain(b, &call, query, (size_t)-1, &doc, NULL),
                   0);
  tree = shop_tree(doc);
  add_members(found, tree, members);
  for (const bl_json *tier = bl_json_first(bl_json_get(tree, "tiers")); tier;
       tier = bl_json_next(tier)) {
    strcat(found, ", ");
    add_members(found, tier, amount);
  }
  bl_json_free(tree);
  ck_assert_str_eq(found, expected);
}

/* Up to the 16th 10 calls are drawn at 8.  Then 10 more at 6 stand from 10 to
 * 20 in the tiers, and 2 at half of the list price from 20 to 22: 15 x 5 and
 * 7 x 2.50 less 15 x 5 and 5 x 2.50. */
static void ladders_are_explained(void) {
  is_explained(1, "20 87.5 5 0, 75, 17.5");
  is_explained(2, "  80 0, 80");
  is_explained(3, "10 80 60 0, 80, 60");
}

START_TEST(a_line_is_explained_by_what_stands_before_it) {
  open_meters(NULL, METERS, LADDERS);
  half_since("2026-01-16");
  give("g", "140", AT_COMMIT, 0);
  ck_assert_dec_eq(cost_of("1", "call", "10"), "80");
  now_us = JANUARY + 20 * SHOP_DAY;
  ck_assert_dec_eq(cost_of("2", "call", "12"), "65");
  advance(FEBRUARY);
  bills("INV-000001", "usage calls 2 5 0\ncommit_rate calls 10 80 80\n"
                      "commit_rate calls 10 60 60\n");
  ladders_are_explained();
  half_since("2026-01-02");
  ladders_are_explained();
  close_shop();
}
END_TEST

/* Of 10 drawn calls 5 are left; nothing was at the list price. */
START_TEST(what_a_rebuild_moves_at_the_commit_rate_is_told) {
  billing_call call;
  billing_rebuilding done;
  billing_doc *doc = NULL;
  const char *row = "\"from\":\"2026-01-01T00:00:00Z\",\"kind\":"
                    "\"commit_rate\",\"price\":\"calls\",\"quantity\":\"5\","
                    "\"to\":\"2026-02-01T00:00:00Z\",\"was\":\"80\"}]";

  open_meters(NULL, METERS, PRICES);
  give("g", "80", AT_COMMIT, 0);
  ck_assert_dec_eq(cost_of("1", "call", "10"), "80");
  put("meter", "{\"id\":\"calls\",\"event\":\"call\",\"aggregation\":"
               "\"sum\",\"effective\":\"2026-01-01T00:00:00Z\","
               "\"expression\":\"event.value * 0.5\"}");
  call = call_now();
  BILLING_INIT(&done);
  ck_assert_int_eq(billing_rebuild(b, &call, "meter", "calls", (size_t)-1, 0,
                                   &done, &doc, NULL), 0);
  ck_assert_uint_eq(done.moved, 1);
  ck_assert_msg(strstr(billing_doc_text(doc), row) != NULL, "%s",
                billing_doc_text(doc));
  ck_assert_ptr_nonnull(strstr(billing_doc_text(doc),
                               "[{\"amount\":\"40\""));
  billing_doc_free(doc);
  close_shop();
}
END_TEST

START_TEST(a_hold_reserves_each_part_at_its_rate) {
  billing_event event = shop_event("", "call");
  billing_call call;
  billing_hold hold;
  billing_error err;

  open_meters(NULL, METERS, PRICES);
  put("contract", "{\"id\":\"cc\",\"customer\":\"a\",\"plan\":\"pp\","
                  "\"start\":\"2026-01-01\",\"overdraft\":\"100\"}");
  give("g", "80", AT_COMMIT, 0);
  event.key = (billing_str){NULL, 0};
  event.value = D("12");
  event.flags = BILLING_EVENT_VALUE;
  call = shop_call_at(now_us, "h");
  BILLING_INIT(&hold);
  BILLING_INIT(&err);
  ck_assert_msg(!billing_authorize(b, &call, &event, 1, NULL, &hold, NULL,
                                   &err),
                "%s %s", err.path, err.message);
  ck_assert_dec_eq(hold.held, "80");
  ck_assert_dec_eq(hold.overdraft, "20");
  close_shop();
}
END_TEST

/* A minimum of 1 is met by ten calls at 8, which the grant has paid. */
START_TEST(a_closing_leaves_what_was_drawn) {
  static const char *const bounds[] = {"", ",\"minimum\":\"1\""};
  char plan[400];

  for (int i = 0; i < 2; i++) {
    snprintf(plan, sizeof plan, "{\"id\":\"pp\",\"currency\":\"USD\"%s,"
             "\"prices\":[{\"id\":\"calls\",\"meter\":\"calls\",\"model\":"
             "\"per_unit\",\"unit\":\"10\",\"commit_rate\":\"8\"%s}]}",
             i ? "" : ",\"minimum\":\"1\"", bounds[i]);
    open_catalog(NULL, "{\"meters\":[%s],\"plans\":[%s],\"contracts\":[{"
                 "\"id\":\"cc\",\"customer\":\"a\",\"plan\":\"pp\","
                 "\"start\":\"2026-01-01\"}]}", METERS, plan);
    give("g", "80", AT_COMMIT, 0);
    ck_assert_dec_eq(cost_of("1", "call", "10"), "80");
    advance(FEBRUARY);
    bills("INV-000001", "commit_rate calls 10 80 80\n");
    ck_assert_dec_eq(balance_now().left, "0");
    close_shop();
  }
}
END_TEST

/* ---- the law, at random ---- */

typedef struct law {
  bl_dec used;
  bl_dec charged;
} law;

static bl_price gb_list, gb_commit;
static bl_tier  gb_tiers[2][PRICES_TIERS];

static void law_open(void) {
  static const rung commit[] = {{"100", "0.9", NULL}, {NULL, "0.7", NULL}};
  static const rung list[] = {{"100", "1", NULL}, {NULL, "0.8", NULL}};

  gb_commit = price_of(BL_MODEL_GRADUATED, commit, gb_tiers[0]);
  gb_list = price_of(BL_MODEL_GRADUATED, list, gb_tiers[1]);
}

static bl_dec member_of(const bl_json *row, const char *name) {
  bl_str text = row ? bl_json_text(bl_json_get(row, name)) : BL_STR("0");
  bl_dec out;

  ck_assert_int_eq(bl_dec_parse(text.text, text.len, &out), 0);
  return out;
}

static void is_exactly(bl_dec value, bl_dec expected) {
  char text[BL_DEC_TEXT + 1];

  text[bl_dec_print(expected, text)] = '\0';
  ck_assert_dec_eq(value, text);
}

/* What was charged is commit(c) + list(q) - list(c), and grants that draw at
 * the commit rate paid the first of these. */
static void law_holds(const law *l) {
  billing_call call = call_now();
  const bl_json *rows[2] = {NULL, NULL};
  billing_doc *doc = NULL;
  bl_dec covered, due;
  bl_json *tree;

  ck_assert_int_eq(billing_usage(b, &call, "{\"customer\":\"a\"}", 16, &doc,
                                 NULL), 0);
  tree = shop_tree(doc);
  for (const bl_json *row = bl_json_first(bl_json_get(tree, "usage")); row;
       row = bl_json_next(row))
    rows[bl_json_get(row, "kind") != NULL] = row;
  covered = member_of(rows[1], "quantity");
  due = bl_price_total(&gb_commit, covered);
  is_exactly(member_of(rows[1], "amount"), due);
  is_exactly(member_of(rows[1], "drawn"), due);
  due = bl_dec_add(due, bl_price_delta(&gb_list, covered, l->used));
  is_exactly(l->charged, due);
  is_exactly(bl_dec_add(member_of(rows[0], "quantity"), covered), l->used);
  bl_json_free(tree);
}

#define STEPS 40
START_TEST(what_is_charged_is_the_law_however_usage_comes_and_goes) {
  uint64_t seed = (uint64_t)_i * 7919 + 1;
  bl_dec value[STEPS];
  char key[8], number[8];
  law l = {BL_DEC_ZERO, BL_DEC_ZERO};

  law_open();
  open_meters(NULL, METERS, PRICES);
  for (int i = 0; i < STEPS; i++) {
    uint64_t dice = prices_random(&seed) % 10;
    uint64_t which = prices_random(&seed) % 60;
    bl_dec cost = BL_DEC_ZERO;
    snprintf(key, sizeof key, "e%d", i);
    snprintf(number, sizeof number, "%d", (int)(which / 3 + 1));
    value[i] = BL_DEC_ZERO;
    if (dice < 2) {
      give(key, number, dice ? AT_COMMIT : "", (int32_t)which);
    } else if (dice < 5 && i && bl_dec_sign(value[which % (uint64_t)i]) > 0) {
      uint64_t gone = which % (uint64_t)i;
      snprintf(key, sizeof key, "e%d", (int)gone);
      cost = take_back(key).cost;
      l.used = bl_dec_sub(l.used, value[gone]);
      value[gone] = BL_DEC_ZERO;
    } else {
      value[i] = D(number);
      cost = cost_of(key, "gb", number);
      l.used = bl_dec_add(l.used, value[i]);
    }
    l.charged = bl_dec_add(l.charged, cost);
    law_holds(&l);
  }
  close_shop();
}
END_TEST
#undef STEPS

Suite *test_engine_rate_commit(void) {
  Suite *s = suite_create("engine_rate_commit");
  TCase *c = tcase_create("all");

  tcase_add_test(c, usage_that_goes_away_was_at_the_list_price_first);
  tcase_add_test(c, grants_that_draw_at_the_list_price_come_in_their_turn);
  tcase_add_test(c, both_rates_count_one_position_in_the_tiers);
  tcase_add_test(c, a_meter_that_is_rebuilt_leaves_less_to_be_drawn);
  tcase_add_test(c, a_line_is_explained_by_what_stands_before_it);
  tcase_add_test(c, what_a_rebuild_moves_at_the_commit_rate_is_told);
  tcase_add_test(c, a_hold_reserves_each_part_at_its_rate);
  tcase_add_test(c, a_closing_leaves_what_was_drawn);
  tcase_add_loop_test(
      c, what_is_charged_is_the_law_however_usage_comes_and_goes, 0, 12);
  suite_add_tcase(s, c);
  return s;
}
