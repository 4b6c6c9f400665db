/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * test_engine_closing.c - composites, minimums and maximums when a period
 * closes, and what comes late to them.
 *
 * A call costs 1, a gigabyte 2.  January 2026 has 31 days, February 28.
 */
#include "shop.h"

#define USAGE(id, meter, unit, rest)                                       \
  "{\"id\":\"" id "\",\"meter\":\"" meter "\",\"model\":\"per_unit\","    \
  "\"unit\":\"" unit "\"" rest "}"
#define CALLS(rest) USAGE("calls", "calls", "1", rest)
#define GB(rest) USAGE("gb", "gb", "2", rest)
#define SHARE(id, rest)                                                    \
  "{\"id\":\"" id "\",\"model\":\"percentage\",\"rate\":\"10\"," rest "}"

static const char *start = "2026-01-01";
static const char *terms = "";

static int try_plan(const char *prices, const char *rest,
                    billing_error *err) {
  static const char format[] =
      "{\"meters\":[{\"id\":\"calls\",\"event\":\"call\",\"aggregation\":"
      "\"sum\"},{\"id\":\"gb\",\"event\":\"gb\",\"aggregation\":\"sum\"}],"
      "\"plans\":[{\"id\":\"pp\",\"currency\":\"USD\",\"prices\":[%s]%s}],"
      "\"contracts\":[{\"id\":\"cc\",\"customer\":\"a\",\"plan\":\"pp\","
      "\"start\":\"%s\"%s}]}";

  return try_catalog(err, format, prices, rest, start, terms);
}

static void open_plan(const char *prices, const char *rest) {
  billing_error err;

  ck_assert_msg(!try_plan(prices, rest, &err), "%s %s", err.path,
                err.message);
}

static void use(const char *key, const char *name, int64_t at_us,
                const char *value) {
  (void)record_value(key, name, at_us, value);
}

/* "KIND PRICE quantity amount, .." of an invoice's lines. */
static void bills(const char *number, const char *lines) {
  static const char *const members[] = {"kind", "price", "quantity",
                                        "amount", NULL};

  has_lines(number, members, lines);
}

static void close_plan(void) {
  close_shop();
  start = "2026-01-01";
  terms = "";
}

/* closing.h: calls 30, of which at least 50; support 10 %; in all 100. */
START_TEST(each_counts_what_stands_before_it) {
  open_plan(CALLS(",\"minimum\":\"50\"") ","
            SHARE("support", "\"of\":{\"prices\":[\"calls\"]}"),
            ",\"minimum\":\"100\"");
  use("1", "call", SHOP_NOW, "30");
  advance(FEBRUARY);
  bills("INV-000001", "usage calls 30 30\ncomposite support 30 3\n"
        "minimum calls 30 20\nminimum minimum 53 47\n");
  close_plan();
}
END_TEST

/* 17 of 31 days, to the cent: 31 x 17/31 = 17; a fee of 31 as well. */
START_TEST(a_minimum_is_prorated_as_fees_are) {
  start = "2026-01-15";
  open_plan(CALLS(",\"minimum\":\"31\"") ","
            "{\"id\":\"base\",\"model\":\"flat\",\"amount\":\"31\"}",
            ",\"minimum\":{\"amount\":\"100\",\"proration\":\"none\"}");
  use("1", "call", JANUARY + 20 * SHOP_DAY, "5");
  advance(FEBRUARY);
  bills("INV-000001", "usage calls 5 5\nfee base 1 17\n"
        "minimum calls 5 12\nminimum minimum 34 66\n");
  close_plan();
}
END_TEST

/* 30 of 50, then 45 in all, then 60, then 35: what should have been less what
 * was. */
START_TEST(what_comes_late_moves_what_is_missing) {
  open_plan(CALLS(",\"minimum\":\"50\""), "");
  use("1", "call", SHOP_NOW, "30");
  advance(FEBRUARY);
  bills("INV-000001", "usage calls 30 30\nminimum calls 30 20\n");
  use("2", "call", SHOP_NOW, "15");
  use("x", "call", FEBRUARY, "50");
  advance(MARCH);
  bills("INV-000002", "usage calls 45 15\nusage calls 50 50\n"
        "minimum calls 45 -15\n");
  use("3", "call", SHOP_NOW, "15");
  use("y", "call", MARCH, "50");
  advance(APRIL);
  bills("INV-000003", "usage calls 60 15\nusage calls 50 50\n"
        "minimum calls 60 -5\n");
  take_back("2");
  take_back("3");
  use("z", "call", APRIL, "50");
  advance(APRIL + 30 * SHOP_DAY);
  bills("INV-000004", "usage calls 30 -30\nusage calls 50 50\n"
        "minimum calls 30 20\n");
  close_plan();
}
END_TEST

START_TEST(a_composite_counts_prices_and_tags_and_fees) {
  open_plan(CALLS(",\"tags\":[\"api\"]") "," GB("") ","
            "{\"id\":\"base\",\"model\":\"flat\",\"amount\":\"40\","
            "\"timing\":\"advance\",\"tags\":[\"api\"]},"
            SHARE("support", "\"of\":{\"tags\":[\"api\"]},"
                  "\"tags\":[\"extra\"],\"minimum\":\"9\"") ","
            SHARE("plus", "\"of\":{\"prices\":[\"gb\"],\"tags\":[\"extra\"],"
                  "\"include_composite_spend\":true}") ","
            SHARE("less", "\"of\":{\"prices\":[\"gb\"],"
                  "\"tags\":[\"extra\"]}"), "");
  use("1", "call", SHOP_NOW, "10");
  use("2", "gb", SHOP_NOW, "100");
  advance(FEBRUARY);
  bills("INV-000001", "fee base 1 40\n");
  bills("INV-000002", "usage calls 10 10\nusage gb 100 200\n"
        "composite support 50 5\ncomposite plus 205 20.5\n"
        "composite less 200 20\nminimum support 5 4\n"
        "fee base 1 40\n");
  close_plan();
}
END_TEST

/* A promotional grant pays 8 of 10 calls; the composite draws what is left. */
START_TEST(free_usage_may_be_left_out) {
  billing_call call;
  billing_grant_terms grant;

  open_plan(CALLS("") ","
            SHARE("net", "\"of\":{\"prices\":[\"calls\"],"
                  "\"exclude_free_usage\":true}") ","
            SHARE("gross", "\"of\":{\"prices\":[\"calls\"]}"), "");
  BILLING_INIT(&grant);
  grant.customer = shop_text("a");
  grant.amount.amount = D("8");
  grant.origin = BILLING_ORIGIN_PROMOTIONAL;
  strcpy(grant.amount.asset, "USD");
  call = shop_call("g");
  ck_assert_int_eq(billing_grant(b, &call, &grant, NULL, NULL), 0);
  use("1", "call", SHOP_NOW, "10");
  advance(FEBRUARY);
  bills("INV-000001", "usage calls 10 10\ncomposite net 2 0.2\n"
        "composite gross 10 1\n");
  close_plan();
}
END_TEST

START_TEST(a_maximum_takes_off_what_is_above) {
  open_plan(CALLS(""), ",\"maximum\":\"100\"");
  use("1", "call", SHOP_NOW, "130");
  advance(FEBRUARY);
  bills("INV-000001", "usage calls 130 130\nmaximum maximum 130 -30\n");
  use("2", "call", SHOP_NOW, "20");
  use("3", "call", FEBRUARY, "1");
  advance(MARCH);
  bills("INV-000002", "usage calls 150 20\nusage calls 1 1\n"
        "maximum maximum 150 -20\n");
  close_plan();
}
END_TEST

/* The contract's own minimum replaces the plan's; a change holds for periods
 * that close after it. */
START_TEST(a_contract_has_its_own_minimum) {
  terms = ",\"minimum\":\"20\"";
  open_plan(CALLS(""), ",\"minimum\":\"100\"");
  use("1", "call", SHOP_NOW, "5");
  advance(FEBRUARY);
  bills("INV-000001", "usage calls 5 5\nminimum minimum 5 15\n");
  put("contract", "{\"id\":\"cc\",\"customer\":\"a\",\"plan\":\"pp\","
                  "\"start\":\"2026-01-01\",\"minimum\":\"0\"}");
  use("2", "call", SHOP_NOW, "10");
  use("3", "call", FEBRUARY, "2");
  advance(MARCH);
  bills("INV-000002", "usage calls 15 10\nusage calls 2 2\n"
        "minimum minimum 15 -10\n");
  close_plan();
}
END_TEST

/* Three lines of a third: 0.33 each, so 9.01 are missing of 10. */
#define BOUNDS(name, list)                                               \
  "{\"id\":\"cc\",\"customer\":\"a\",\"plan\":\"pp\","                 \
  "\"start\":\"2026-01-01\",\"" name "\":" list "}"

/* 30 are spent in January: the plan's 100 are missing 70, 50 only 20, and the
 * plan's again since February. */
START_TEST(a_minimum_since_a_moment_of_the_past_moves_what_was_missing) {
  open_plan(CALLS(""), ",\"minimum\":\"100\"");
  use("1", "call", SHOP_NOW, "30");
  advance(FEBRUARY);
  put("contract", BOUNDS("minimum", "[{\"amount\":\"50\"}]"));
  use("2", "call", FEBRUARY, "10");
  advance(MARCH);
  bills("INV-000002", "usage calls 10 10\nminimum minimum 30 -50\n"
        "minimum minimum 10 40\n");
  /* What is not dated leaves February as it closed. */
  put("contract", BOUNDS("minimum", "\"20\""));
  advance(APRIL);
  bills("INV-000003", "minimum minimum 0 20\n");
  put("contract", BOUNDS("minimum", "[{\"amount\":\"50\"},"
                         "{\"amount\":\"0\",\"from\":"
                         "\"2026-02-01T00:00:00Z\"}]"));
  advance(APRIL + 30 * SHOP_DAY);
  bills("INV-000004", "minimum minimum 10 -40\nminimum minimum 0 -20\n");
  close_plan();
}
END_TEST

/* 30 were more than the 20 that January is told of later; 15 are not. */
START_TEST(a_minimum_of_the_past_holds_for_what_is_voided_later) {
  open_plan(CALLS(""), "");
  use("1", "call", SHOP_NOW, "15");
  use("2", "call", SHOP_NOW, "15");
  advance(FEBRUARY);
  put("contract", BOUNDS("minimum", "[{\"amount\":\"20\"},"
                         "{\"amount\":\"0\",\"from\":"
                         "\"2026-02-01T00:00:00Z\"}]"));
  advance(MARCH);
  undo("2", "-15");
  advance(APRIL);
  bills("INV-000002", "usage calls 15 -15\nminimum minimum 15 5\n");
  close_plan();
}
END_TEST

START_TEST(a_maximum_since_a_moment_of_the_past_gives_back_the_rest) {
  open_plan(CALLS(""), "");
  use("1", "call", SHOP_NOW, "30");
  advance(FEBRUARY);
  put("contract", BOUNDS("maximum", "[{\"amount\":\"25\"},"
                         "{\"amount\":\"5\",\"from\":"
                         "\"2026-02-01T00:00:00Z\"}]"));
  use("2", "call", FEBRUARY, "10");
  advance(MARCH);
  bills("INV-000002", "usage calls 10 10\nmaximum maximum 30 -5\n"
        "maximum maximum 10 -5\n");
  close_plan();
}
END_TEST

START_TEST(an_invoice_adds_up_to_its_minimum) {
  open_plan(USAGE("calls", "calls", "0.333333", "") ","
            USAGE("more", "calls", "0.333333", "") ","
            USAGE("most", "calls", "0.333333", ""), ",\"minimum\":\"10\"");
  use("1", "call", SHOP_NOW, "1");
  advance(FEBRUARY);
  bills("INV-000001", "usage calls 1 0.333333\nusage more 1 0.333333\n"
        "usage most 1 0.333333\nminimum minimum 0.999999 9.01\n");
  close_plan();
}
END_TEST

START_TEST(a_period_without_usage_has_its_minimum) {
  open_plan(CALLS(""), ",\"minimum\":\"10\"");
  advance(FEBRUARY);
  bills("INV-000001", "minimum minimum 0 10\n");
  use("1", "call", SHOP_NOW, "4");
  advance(MARCH);
  bills("INV-000002", "usage calls 4 4\nminimum minimum 4 -4\n"
        "minimum minimum 0 10\n");
  close_plan();
}
END_TEST

START_TEST(what_cannot_count_is_refused) {
  static const struct { const char *price, *path; } bad[] = {
    {SHARE("s", "\"of\":{\"prices\":[\"s\"]}"),
     "/plans/0/prices/0/of/prices/0"},
    {SHARE("s", "\"of\":{\"prices\":[\"q\"]}"),
     "/plans/0/prices/0/of/prices/0"},
    {SHARE("s", "\"of\":{\"tags\":[\"q\"]}"), "/plans/0/prices/0/of"},
    {SHARE("s", "\"of\":{}"), "/plans/0/prices/0/of"},
    {SHARE("s", "\"of\":{\"tags\":[\"q\"]},\"meter\":\"calls\""),
     "/plans/0/prices/0/of"},
    {SHARE("s", "\"of\":{\"tags\":[\"q\"]},\"fixed\":\"1\""),
     "/plans/0/prices/0/of"},
    {SHARE("s", "\"free\":\"1\""), "/plans/0/prices/0/meter"},
    {CALLS("") "," SHARE("s", "\"of\":{\"prices\":[\"calls\"]}") ","
     SHARE("t", "\"of\":{\"prices\":[\"s\"]}"),
     "/plans/0/prices/2/of/prices/0"},
    {CALLS(",\"minimum\":\"-1\""), "/plans/0/prices/0/minimum"},
    {CALLS(",\"minimum\":{\"amount\":\"1\",\"proration\":\"x\"}"),
     "/plans/0/prices/0/minimum/proration"},
  };

  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    billing_error err;

    ck_assert_int_eq(try_plan(bad[i].price, "", &err), BILLING_INVALID);
    ck_assert_str_eq(err.path, bad[i].path);
    billing_close(b);
  }
}
END_TEST

/* ---- whatever comes, and when ---- */

#define MOST 24

/* An event of January or February; told late, or taken back, or both. */
typedef struct deed {
  int64_t time_us;
  int     is_gb;
  int     value;
  int     told;                /* 0 at once, 1 in February, 2 in March */
  int     gone;                /* -1 never, else when */
} deed;

static unsigned seed;
static int dice(int sides) {
  seed = seed * 1103515245u + 12345u;
  return (int)(seed >> 16 & 0x7fff) % sides;
}

static void tell(const deed *deeds, int when, int is_plain) {
  for (int i = 0; i < MOST; i++) {
    const deed *d = &deeds[i];
    char key[16], value[16];

    snprintf(key, sizeof key, "%d", i);
    snprintf(value, sizeof value, "%d.%03d", d->value, i * 37);
    if (is_plain ? d->gone < 0 && !when : d->told == when)
      use(key, d->is_gb ? "gb" : "call", d->time_us, value);
    if (!is_plain && d->gone == when) take_back(key);
  }
}

/* What all invoices bill of a period, by kind and price, in one text. */
static void sum_up(char *out, size_t size) {
  struct { char name[120]; bl_dec sum; } sums[64];
  size_t count = 0;

  for (int n = 1; n < 12; n++) {
    billing_call call = call_now();
    char number[16];
    billing_doc *doc;
    bl_json *tree;

    snprintf(number, sizeof number, "INV-%06d", n);
    if (billing_invoice(b, &call, number, (size_t)-1, "json", &doc, NULL))
      break;
    tree = shop_tree(doc);
    for (const bl_json *line = bl_json_first(bl_json_get(tree, "lines"));
         line; line = bl_json_next(line)) {
      bl_str from = bl_json_text(bl_json_get(bl_json_get(line, "service"),
                                             "from"));
      bl_str kind = bl_json_text(bl_json_get(line, "kind"));
      bl_str price = bl_json_text(bl_json_get(line, "price"));
      bl_dec amount = BL_DEC_ZERO;
      char name[120];
      size_t at = 0;
      snprintf(name, sizeof name, "%.*s %.*s %.*s", (int)from.len, from.text,
               (int)kind.len, kind.text, (int)price.len, price.text);
      ck_assert(bl_json_dec(bl_json_get(line, "amount"), &amount));
      while (at < count && strcmp(sums[at].name, name) != 0) at++;
      ck_assert_uint_lt(at, 64);
      if (at == count) {
        strcpy(sums[count].name, name);
        sums[count++].sum = BL_DEC_ZERO;
      }
      sums[at].sum = bl_dec_add(sums[at].sum, amount);
    }
    bl_json_free(tree);
  }
  for (size_t i = 0; i < count; i++)
    for (size_t k = i + 1; k < count; k++)
      if (strcmp(sums[k].name, sums[i].name) < 0) {
        char name[120];
        bl_dec sum = sums[i].sum;
        strcpy(name, sums[i].name);
        strcpy(sums[i].name, sums[k].name);
        sums[i].sum = sums[k].sum;
        strcpy(sums[k].name, name);
        sums[k].sum = sum;
      }
  *out = 0;
  for (size_t i = 0; i < count; i++) {
    char figure[BL_DEC_TEXT];
    size_t len = strlen(out);
    bl_dec_print(sums[i].sum, figure);
    if (!bl_dec_is_zero(sums[i].sum))
      snprintf(out + len, size - len, "%s %s\n", sums[i].name, figure);
  }
}

static void play(const deed *deeds, int is_plain, char *out, size_t size) {
  open_plan(CALLS(",\"tags\":[\"t\"],\"minimum\":\"60\"") "," GB("") ","
            "{\"id\":\"base\",\"model\":\"flat\",\"amount\":\"40\","
            "\"timing\":\"advance\",\"tags\":[\"t\"]},"
            SHARE("s", "\"of\":{\"tags\":[\"t\"]},\"minimum\":\"11\"")
            "," SHARE("u", "\"of\":{\"prices\":[\"s\",\"gb\"],"
            "\"include_composite_spend\":true}"),
            ",\"minimum\":\"150\",\"maximum\":\"400\"");
  tell(deeds, 0, is_plain);
  advance(FEBRUARY);
  tell(deeds, 1, is_plain);
  advance(MARCH);
  tell(deeds, 2, is_plain);
  advance(APRIL);
  sum_up(out, size);
  close_shop();
}

START_TEST(voids_and_late_events_leave_no_trace) {
  static char late[4000], plain[4000];
  deed deeds[MOST];

  seed = (unsigned)_i;
  start = dice(2) ? "2026-01-01" : "2026-01-04";
  for (int i = 0; i < MOST; i++) {
    deed *d = &deeds[i];
    *d = (deed){SHOP_NOW + dice(48) * SHOP_DAY, dice(2), dice(12) + dice(12),
                dice(3), -1};
    if (d->time_us >= FEBRUARY && !d->told && dice(2)) d->told = 1;
    if (!dice(3)) d->gone = d->told + dice(3 - d->told);
  }
  play(deeds, 0, late, sizeof late);
  play(deeds, 1, plain, sizeof plain);
  ck_assert_str_eq(late, plain);
  ck_assert_ptr_nonnull(strstr(plain, "composite u"));
  start = "2026-01-01";
}
END_TEST

Suite *test_engine_closing(void);
Suite *test_engine_closing(void) {
  Suite *s = suite_create("engine_closing");
  TCase *t = tcase_create("closing");

  tcase_add_test(t, each_counts_what_stands_before_it);
  tcase_add_test(t, a_minimum_is_prorated_as_fees_are);
  tcase_add_test(t, what_comes_late_moves_what_is_missing);
  tcase_add_test(t, a_composite_counts_prices_and_tags_and_fees);
  tcase_add_test(t, free_usage_may_be_left_out);
  tcase_add_test(t, a_maximum_takes_off_what_is_above);
  tcase_add_test(t, a_contract_has_its_own_minimum);
  tcase_add_test(t,
                 a_minimum_since_a_moment_of_the_past_moves_what_was_missing);
  tcase_add_test(t, a_minimum_of_the_past_holds_for_what_is_voided_later);
  tcase_add_test(t,
                 a_maximum_since_a_moment_of_the_past_gives_back_the_rest);
  tcase_add_test(t, an_invoice_adds_up_to_its_minimum);
  tcase_add_test(t, a_period_without_usage_has_its_minimum);
  tcase_add_test(t, what_cannot_count_is_refused);
  tcase_add_loop_test(t, voids_and_late_events_leave_no_trace, 0, 24);
  tcase_set_timeout(t, 60);
  suite_add_tcase(s, t);
  return s;
}
