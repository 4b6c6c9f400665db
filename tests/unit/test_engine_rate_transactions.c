/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * test_engine_rate_transactions.c - percentages of single transactions in a
 * plan, and voids among them.
 *
 * The model of the random test counts hundredths: of a value of v, 1 % is v.
 */
#include "shop.h"

static int try_price(const char *meter, const char *terms,
                     billing_error *err) {
  static const char format[] =
      "{\"meters\":[{\"id\":\"v\",\"event\":\"pay\",\"property\":\"n\",%s}],"
      "\"plans\":[{\"id\":\"pp\",\"currency\":\"USD\",\"prices\":[{"
      "\"id\":\"card\",\"meter\":\"v\",\"model\":\"percentage\","
      "\"rate\":\"1\",%s}]}],\"contracts\":[{\"id\":\"cc\","
      "\"customer\":\"a\",\"plan\":\"pp\",\"start\":\"2026-01-01\"}]}";

  return try_catalog(err, format, meter, terms);
}

static void open_price(const char *terms) {
  billing_error err;

  ck_assert_msg(!try_price("\"aggregation\":\"sum\"", terms, &err), "%s %s",
                err.path, err.message);
}

static billing_receipt pay(const char *key, const char *value) {
  billing_event event;
  char properties[64];

  snprintf(properties, sizeof properties, "{\"n\":%s}", value);
  event = event_at(key, "pay", SHOP_NOW, properties);
  return record_event(&event);
}

START_TEST(each_transaction_costs_when_it_comes) {
  open_price("\"fixed\":\"5\",\"transaction_maximum\":\"6\"");
  ck_assert_dec_eq(pay("1", "50").cost, "5.5");
  ck_assert_dec_eq(pay("2", "900").cost, "6");
  ck_assert_dec_eq(pay("3", "-50").cost, "-0.5");
  undo("2", "-6");
  ck_assert_dec_eq(pay("4", "0").cost, "5");
  close_shop();
}
END_TEST

/* 100, 50 and 10 with two free; without the 50 the 10 is free too. */
START_TEST(a_void_moves_what_is_free) {
  open_price("\"fixed\":\"0.30\",\"free_events\":2");
  ck_assert_dec_eq(pay("1", "100").cost, "0");
  ck_assert_dec_eq(pay("2", "50").cost, "0");
  ck_assert_dec_eq(pay("3", "10").cost, "0.4");
  undo("2", "-0.4");
  ck_assert_dec_eq(pay("4", "20").cost, "0.5");
  close_shop();
}
END_TEST

/* Free up to 100; a refund does not bring back what was used up. */
START_TEST(what_is_free_ends_once) {
  open_price("\"fixed\":\"1\",\"free\":\"100\"");
  ck_assert_dec_eq(pay("1", "100").cost, "0");
  ck_assert_dec_eq(pay("2", "-40").cost, "-0.4");
  ck_assert_dec_eq(pay("3", "10").cost, "1.1");
  close_shop();
}
END_TEST

static void rebuild(const char *id, const char *meter) {
  put("meter", meter);
  rebuild_all(id);
  ck_assert_dec_eq(balance_now().owed, "0.5");
}

/* 100, 50 and 10, two of them free, count twice: 20 costs 0.20 and 0.30; a
 * void later knows which are free now. */
START_TEST(events_decided_anew_are_transactions) {
  open_price("\"fixed\":\"0.30\",\"free_events\":2");
  pay("1", "100");
  pay("2", "50");
  ck_assert_dec_eq(pay("3", "10").cost, "0.4");
  rebuild("v", "{\"id\":\"v\",\"event\":\"pay\",\"aggregation\":\"sum\","
          "\"property\":\"n\",\"convert\":{\"by\":\"2\"}}");
  undo("2", "-0.5");
  ck_assert_dec_eq(pay("4", "10").cost, "0.5");
  close_shop();
}
END_TEST

START_TEST(a_meter_goes_on_telling_transactions) {
  billing_error err;

  open_price("\"fixed\":\"0.30\"");
  ck_assert_int_eq(try_put("meter",
      "{\"id\":\"v\",\"event\":\"pay\",\"property\":\"n\","
      "\"aggregation\":\"max\"}", &err), BILLING_CONFLICT);
  ck_assert_str_eq(err.path, "/aggregation");
  close_shop();
}
END_TEST

START_TEST(a_hold_of_one_counts_on_open_holds) {
  billing_call call;
  billing_event event = shop_event("", "pay");
  billing_hold_terms terms;
  billing_hold hold;
  int i;

  open_price("\"fixed\":\"1\",\"free_events\":1");
  shop_grant(b, "g", "10");
  for (i = 0; i < 2; i++) {
    call = call_now();
    call.key = shop_text(i ? "h1" : "h0");
    event.key = shop_text("");
    event.properties = shop_text("{\"n\":100}");
    BILLING_INIT(&terms);
    BILLING_INIT(&hold);
    terms.expires_us = now_us + SHOP_DAY;
    ck_assert_int_eq(billing_authorize(b, &call, &event, 1, &terms, &hold,
                                       NULL, NULL), 0);
    ck_assert_dec_eq(hold.held, i ? "2" : "0");
  }
  close_shop();
}
END_TEST

START_TEST(what_does_not_tell_transactions_is_refused) {
  static const struct { const char *meter, *terms, *path; int code; } bad[] = {
    {"\"aggregation\":\"max\"", "\"fixed\":\"1\"", "/plans/0/prices/0/meter",
     BILLING_INVALID},
    {"\"aggregation\":\"sum\",\"recurring\":true", "\"free_events\":1",
     "/plans/0/prices/0/meter", BILLING_INVALID},
    {"\"aggregation\":\"sum\",\"convert\":{\"by\":\"2\",\"round\":\"up\"}",
     "\"transaction_minimum\":\"1\"", "/plans/0/prices/0/meter",
     BILLING_INVALID},
    {"\"aggregation\":\"sum\"", "\"fixed\":\"1\",\"maximum\":\"9\"",
     "/plans/0/prices/0/maximum", BILLING_UNSUPPORTED},
  };

  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    billing_error err;

    ck_assert_int_eq(try_price(bad[i].meter, bad[i].terms, &err),
                     bad[i].code);
    ck_assert_str_eq(err.path, bad[i].path);
    billing_close(b);
  }
}
END_TEST

/* ---- any order, any voids ---- */

#define MOST 60

typedef struct world {
  int value[MOST];
  int is_gone[MOST];
  int count;
  int free_events;
  int free;                    /* hundredths of nothing: whole units */
} world;

static int one_costs(int value) {
  int cost = value + 200;

  if (value < 0) return value;
  return cost < 250 ? 250 : cost > 900 ? 900 : cost;
}

/* What all of them come to, from the beginning. */
static int model(const world *w) {
  int events = w->free_events, amount = w->free, total = 0;
  int is_open = events > 0 || amount > 0;

  for (int i = 0; i < w->count; i++) {
    int value = w->value[i];

    if (w->is_gone[i]) continue;
    if (!is_open) {
      total += one_costs(value);
      continue;
    }
    events--;
    if (w->free > 0 && value > amount) {
      total += one_costs(value - amount);
      is_open = 0;
      continue;
    }
    amount -= value;
    if (w->free_events > 0 && events == 0) is_open = 0;
    if (w->free > 0 && amount == 0) is_open = 0;
  }
  return total;
}

static void play(world *w, unsigned *seed) {
  bl_dec sum = BL_DEC_ZERO;
  char key[16], value[16];

  for (int step = 0; step < MOST; step++) {
    int dice = (int)((*seed = *seed * 1103515245u + 12345u) >> 16 & 0x7fff);
    int at = w->count ? dice / 8 % w->count : 0;

    if (dice % 4 == 0 && w->count && !w->is_gone[at]) {
      snprintf(key, sizeof key, "%d", at);
      w->is_gone[at] = 1;
      sum = bl_dec_add(sum, take_back(key).cost);
    } else {
      snprintf(key, sizeof key, "%d", w->count);
      w->value[w->count] = dice / 16 % 9 * 100 - (dice % 5 == 0 ? 500 : 0);
      snprintf(value, sizeof value, "%d", w->value[w->count]);
      w->count++;
      sum = bl_dec_add(sum, pay(key, value).cost);
    }
    ck_assert_msg(bl_dec_equal(sum, bl_dec_of_raw((bl_i128)model(w) *
                                                  (bl_i128)BL_DEC_UNIT /
                                                  100)),
                  "step %d, model %d", step, model(w));
  }
}

START_TEST(voids_are_as_if_they_had_never_come) {
  unsigned seed = 7;

  for (int round = 0; round < 12; round++) {
    world w = {.free_events = round % 3 * 4, .free = round / 3 % 2 * 1500};
    char terms[200];

    snprintf(terms, sizeof terms, "\"fixed\":\"2\",\"transaction_minimum\":"
             "\"2.5\",\"transaction_maximum\":\"9\",\"free_events\":%d,"
             "\"free\":\"%d\"", w.free_events, w.free);
    open_price(terms);
    play(&w, &seed);
    close_shop();
  }
}
END_TEST

Suite *test_engine_rate_transactions(void);
Suite *test_engine_rate_transactions(void) {
  Suite *s = suite_create("engine_rate_transactions");
  TCase *t = tcase_create("transactions");

  tcase_add_test(t, each_transaction_costs_when_it_comes);
  tcase_add_test(t, a_void_moves_what_is_free);
  tcase_add_test(t, what_is_free_ends_once);
  tcase_add_test(t, events_decided_anew_are_transactions);
  tcase_add_test(t, a_meter_goes_on_telling_transactions);
  tcase_add_test(t, a_hold_of_one_counts_on_open_holds);
  tcase_add_test(t, what_does_not_tell_transactions_is_refused);
  tcase_add_test(t, voids_are_as_if_they_had_never_come);
  tcase_set_timeout(t, 60);
  suite_add_tcase(s, t);
  return s;
}
