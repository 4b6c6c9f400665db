/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * test_engine_preview.c - what would be billed, against what is billed when it
 * really happens: in another shop, whose clock goes along with the events.
 */
#include "engine.h"

#define METERS                                                            \
  "{\"meters\":["                                                         \
  "{\"id\":\"gb\",\"event\":\"n\",\"aggregation\":\"sum\","               \
  "\"property\":\"n\"},"                                                  \
  "{\"id\":\"who\",\"event\":\"n\",\"aggregation\":\"unique\","           \
  "\"property\":\"who\"},"                                                \
  "{\"id\":\"level\",\"event\":\"n\",\"aggregation\":\"weighted_sum\","   \
  "\"recurring\":true,\"property\":\"n\"},"                               \
  "{\"id\":\"sql\",\"event\":\"n\",\"aggregation\":\"sql\","              \
  "\"sql\":\"SELECT max(value) AS value FROM events\",\"tick\":\"day\"}]," \
  "\"plans\":[{\"id\":\"pp\",\"currency\":\"USD\",\"prices\":["           \
  "{\"id\":\"gb\",\"meter\":\"gb\",\"model\":\"graduated\",\"tiers\":["   \
  "{\"up_to\":\"10\",\"unit\":\"0.3\"},{\"unit\":\"0.2\"}]},"             \
  "{\"id\":\"who\",\"meter\":\"who\",\"model\":\"per_unit\","             \
  "\"unit\":\"2\"},"                                                      \
  "{\"id\":\"level\",\"meter\":\"level\",\"model\":\"volume\","           \
  "\"flat_at_zero\":true,\"tiers\":[{\"flat\":\"1\",\"unit\":\"0.1\"}]}," \
  "{\"id\":\"sql\",\"meter\":\"sql\",\"model\":\"per_unit\","             \
  "\"unit\":\"0.5\"},"                                                    \
  "{\"id\":\"late\",\"model\":\"flat\",\"amount\":\"7\"},"                \
  "{\"id\":\"first\",\"model\":\"flat\",\"amount\":\"3\","                \
  "\"timing\":\"advance\"}]}],"                                           \
  "\"contracts\":[{\"id\":\"cc\",\"customer\":\"a\",\"plan\":\"pp\","     \
  "\"start\":\"2026-01-10\",\"period\":{\"unit\":\"week\"},"           \
  "\"anchor\":\"anniversary\"}]}"

/* ---- a shop, and what would be in it ---- */

static billing *open_shop(void) {
  billing_call call = shop_call("for some days");
  billing_grant_terms terms;
  billing *b = shop_open(NULL);

  shop_put_catalog(b, SHOP_NOW, METERS);
  shop_grant(b, "for ever", "14");
  BILLING_INIT(&terms);
  terms.customer = shop_text("a");
  terms.amount.amount = D("6");
  terms.expires_us = JANUARY + 20 * SHOP_DAY;
  strcpy(terms.amount.asset, "USD");
  ck_assert_int_eq(billing_grant(b, &call, &terms, NULL, NULL), 0);
  return b;
}

typedef struct line {
  int64_t time_us;
  char    key[20];
  char    properties[60];
  char    value[8];
} line;

static uint64_t seed;
static uint64_t dice(uint64_t sides) {
  seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return (seed >> 33) % sides;
}

static size_t throw_lines(line *lines, size_t most, int64_t from_us,
                          int64_t to_us, const char *prefix) {
  uint64_t minutes = (uint64_t)(to_us - from_us) / (SHOP_DAY / 1440);
  size_t count = 1 + dice(most);

  for (size_t i = 0; i < count; i++) {
    line *l = &lines[i];
    l->time_us = from_us + (int64_t)dice(minutes) * (SHOP_DAY / 1440);
    snprintf(l->key, sizeof l->key, "%s%zu", prefix, i);
    snprintf(l->properties, sizeof l->properties,
             "{\"n\":%d,\"who\":\"u%d\"}", (int)dice(9) - 2, (int)dice(4));
    snprintf(l->value, sizeof l->value, "%d", (int)dice(20));
  }
  return count;
}

/* As lines of JSON, to be freed. */
static char *print_lines(const line *lines, size_t count) {
  char *text = NULL;
  size_t len = 0;
  FILE *out = open_memstream(&text, &len);

  for (size_t i = 0; i < count; i++)
    fprintf(out, "{\"event\":\"n\",\"time\":%lld,\"value\":\"%s\","
            "\"properties\":%s}\n", (long long)lines[i].time_us,
            lines[i].value, lines[i].properties);
  fclose(out);
  return text;
}

static void record_line(billing *b, const line *l, int64_t now_us) {
  billing_call call = shop_call_at(now_us, "");
  billing_event event = shop_event(l->key, "n");
  billing_receipt receipt;
  billing_error err;

  event.time_us = l->time_us;
  event.properties = shop_text(l->properties);
  event.flags = BILLING_EVENT_VALUE;
  event.value = D(l->value);
  ck_assert_msg(!shop_record(b, &call, &event, &receipt, &err), "%s",
                err.message);
  ck_assert_int_eq(receipt.code, 0);
}

static void advance(billing *b, int64_t until_us) {
  billing_call call = shop_call_at(until_us, "");

  ck_assert_int_eq(billing_advance(b, &call, until_us, 0, NULL, NULL), 0);
}

static int sooner(const void *a, const void *b) {
  const line *x = a, *y = b;
  return (x->time_us > y->time_us) - (x->time_us < y->time_us);
}

/* They happen, each at its time, and everything falls due in between. */
static void happen(billing *b, line *lines, size_t count, int64_t from_us) {
  qsort(lines, count, sizeof *lines, sooner);
  for (size_t i = 0; i < count; i++) {
    int64_t now_us = lines[i].time_us;
    if (now_us < from_us) now_us = from_us;
    advance(b, now_us);
    record_line(b, &lines[i], now_us);
  }
}

/* ---- invoices as text ---- */

static void strip(bl_json *invoice) {
  static const char *const own[] = {"draft", "number", "own_number"};
  bl_json *line = bl_json_first(bl_json_get(invoice, "lines"));

  for (int i = 0; i < 3; i++) bl_json_remove(invoice, own[i]);
  for (; line; line = bl_json_next(line)) {
    bl_json_remove(line, "first_event");
    bl_json_remove(line, "last_event");
  }
}

/* Those of a member of the document that are issued by a moment. */
static char *print_invoices(billing_doc *doc, const char *member,
                            int64_t until_us) {
  char *text = NULL;
  size_t len = 0;
  FILE *out = open_memstream(&text, &len);
  bl_arena arena;
  bl_json *tree = shop_tree(doc);

  bl_arena_open(&arena, NULL);
  for (bl_json *one = bl_json_first(bl_json_get(tree, member)); one;
       one = bl_json_next(one)) {
    int64_t issued_us = 0;
    bl_text printed;
    ck_assert(bl_json_time(bl_json_get(one, "issued"), &issued_us));
    if (issued_us > until_us) continue;
    strip(one);
    bl_text_open(&printed, &arena);
    ck_assert_int_eq(bl_json_print(one, &printed), 0);
    fprintf(out, "%.*s\n", (int)printed.len, printed.text);
  }
  bl_json_free(tree);
  bl_arena_close(&arena);
  fclose(out);
  return text;
}

static char *issued(billing *b, int64_t now_us) {
  billing_call call = shop_call_at(now_us, "");
  billing_doc *doc = NULL;

  ck_assert_int_eq(billing_list(b, &call, "invoice", "{\"limit\":1000}",
                                (size_t)-1, &doc, NULL), 0);
  return print_invoices(doc, "items", now_us);
}

static billing_doc *preview(billing *b, const char *more, int64_t now_us,
                            int64_t at_us, const char *events) {
  billing_call call = shop_call_at(now_us, "");
  billing_doc *doc = NULL;
  billing_error err;
  char query[200];

  BILLING_INIT(&err);
  snprintf(query, sizeof query, "{\"customer\":\"a\",\"at\":%lld%s}",
           (long long)at_us, more);
  ck_assert_msg(!billing_preview(b, &call, query, (size_t)-1, events,
                                 events ? (size_t)-1 : 0, &doc, &err),
                "%s %s", err.path, err.message);
  return doc;
}

static char *foretold(billing *b, const char *more, int64_t now_us,
                      int64_t at_us, const char *events) {
  return print_invoices(preview(b, more, now_us, at_us, events), "invoices",
                        at_us);
}

#define ROUNDS 20
#define MOST 24

/* ---- */

static void same_invoices(billing *is_now, char *would, billing *then) {
  char *was = issued(is_now, MARCH), *all = issued(then, MARCH);
  char *both = NULL;
  size_t len = 0;
  FILE *out = open_memstream(&both, &len);

  fprintf(out, "%s%s", was, would);
  fclose(out);
  ck_assert_str_eq(both, all);
  free(both);
  free(all);
  free(was);
  free(would);
}

#define NOW (JANUARY + 12 * SHOP_DAY)

/* What was used before goes on with what might come, over seven weeks. */
START_TEST(a_preview_with_events_is_what_comes_when_they_happen) {
  for (uint64_t round = 1; round <= ROUNDS; round++) {
    line real[MOST], more[MOST];
    size_t first, then;
    billing *one, *two;
    char *text, *would;
    seed = round;
    first = throw_lines(real, MOST, NOW - 4 * SHOP_DAY, NOW, "r");
    then = throw_lines(more, MOST, NOW, MARCH, "h");
    one = open_shop();
    two = open_shop();
    text = print_lines(more, then);
    happen(one, real, first, SHOP_NOW);
    happen(two, real, first, SHOP_NOW);
    happen(two, more, then, NOW);
    advance(two, MARCH);
    would = foretold(one, "", NOW, MARCH, text);
    same_invoices(one, would, two);
    free(text);
    shop_is_sound(one);
    billing_close(one);
    billing_close(two);
  }
}
END_TEST

/* As if what was used in the open week had never been. */
START_TEST(replaced_usage_leaves_nothing_behind) {
  for (uint64_t round = 1; round <= ROUNDS; round++) {
    line real[MOST], more[MOST];
    size_t first, then;
    billing *one, *two;
    char *text, *would;
    seed = round;
    first = throw_lines(real, MOST, NOW - SHOP_DAY, NOW, "r");
    then = throw_lines(more, MOST, NOW, MARCH, "h");
    one = open_shop();
    two = open_shop();
    text = print_lines(more, then);
    happen(one, real, first, NOW - SHOP_DAY);
    advance(two, NOW - SHOP_DAY);
    happen(two, more, then, NOW);
    advance(two, MARCH);
    would = foretold(one, ",\"mode\":\"replace\"", NOW, MARCH, text);
    same_invoices(one, would, two);
    free(text);
    shop_is_sound(one);
    billing_close(one);
    billing_close(two);
  }
}
END_TEST

/* Of an open week what there is by now: 70 on two days of seven are 20, for
 * 1 + 2.  The traffic has drawn all there was. */
START_TEST(an_open_period_is_billed_as_it_stands) {
  line used = {NOW - 2 * SHOP_DAY, "k", "{\"n\":70,\"who\":\"u\"}", "4"};
  billing *b = open_shop();
  billing_doc *doc;
  const char *text;

  record_line(b, &used, NOW);
  doc = preview(b, "", NOW, NOW, NULL);
  text = billing_doc_text(doc);
  ck_assert_ptr_nonnull(strstr(text, "{\"at\":\"2026-01-13T00:00:00Z\","
                                     "\"customer\":\"a\",\"invoices\":["));
  ck_assert_ptr_nonnull(strstr(text, "\"amount\":\"3\",\"asset\":\"USD\","
                                     "\"drawn\":\"0\",\"due\":\"3\""));
  ck_assert_ptr_nonnull(strstr(text, "\"price\":\"level\","
                                     "\"quantity\":\"20\""));
  ck_assert_ptr_null(strstr(text, "number"));
  billing_doc_free(doc);
  billing_close(b);
}
END_TEST

static void refuses(billing *b, const char *query, const char *events, int rc,
                    const char *path, int64_t item) {
  billing_call call = shop_call_at(NOW, "");
  billing_doc *doc = NULL;
  billing_error err;

  BILLING_INIT(&err);
  ck_assert_int_eq(billing_preview(b, &call, query, (size_t)-1, events,
                                   events ? (size_t)-1 : 0, &doc, &err), rc);
  ck_assert_ptr_null(doc);
  ck_assert_str_eq(err.path, path);
  ck_assert_int_eq(err.item, item);
  ck_assert_str_ne(err.message, "");
}

#define LINE "{\"event\":\"n\",\"properties\":{\"n\":1,\"who\":\"u\"}"

START_TEST(what_is_wrong_is_said_with_its_path_and_line) {
  billing *b = open_shop();

  refuses(b, "", NULL, BILLING_INVALID, "/customer", -1);
  refuses(b, "{\"customer\":\"z\"}", NULL, BILLING_NOTFOUND_CUSTOMER,
          "/customer", -1);
  refuses(b, "{\"customer\":\"a\",\"contract\":\"z\"}", NULL,
          BILLING_NOTFOUND, "/contract", -1);
  refuses(b, "{\"customer\":\"a\",\"mode\":\"add\"}", NULL,
          BILLING_INVALID, "/mode", -1);
  refuses(b, "{\"customer\":\"a\",\"format\":\"pdf\"}", NULL,
          BILLING_INVALID, "/format", -1);
  refuses(b, "{\"customer\":\"a\",\"at\":1}", NULL, BILLING_INVALID, "/at",
          -1);
  refuses(b, "{\"customer\":\"a\",\"events\":1}", NULL, BILLING_INVALID, "",
          -1);
  refuses(b, "{\"customer\":\"a\"}", LINE "}\n\n" LINE ",\"customer\":\"b\"}",
          BILLING_INVALID, "/customer", 1);
  refuses(b, "{\"customer\":\"a\"}", LINE "}\n" LINE "}\n" LINE ",\"time\":"
          "\"2026-01-13T00:00:00Z\"}", BILLING_INVALID_TIME, "/time", 2);
  refuses(b, "{\"customer\":\"a\"}", LINE "}\n{\"event\":\"n\","
          "\"properties\":{\"n\":\"x\"}}", BILLING_INVALID, "/properties/n",
          1);
  refuses(b, "{\"customer\":\"a\"}", "{\"event\":", BILLING_INVALID_JSON,
          "/event", 0);
  shop_is_sound(b);
  billing_close(b);
}
END_TEST

START_TEST(a_preview_reads_only) {
  shop_folder f = shop_folder_make();
  billing_options options;
  billing_doc *doc;
  billing *b = shop_open(f.path);

  billing_close(b);
  BILLING_INIT(&options);
  options.flags = BILLING_OPEN_READ_ONLY;
  ck_assert_int_eq(billing_open(&b, f.path, (size_t)-1, &options, NULL), 0);
  doc = preview(b, ",\"format\":\"text\"", NOW, FEBRUARY - 1,
                "{\"event\":\"e\",\"customer\":\"a\"}");
  ck_assert_ptr_nonnull(strstr(billing_doc_text(doc),
                               "INVOICE    draft, not issued\n"));
  ck_assert_ptr_nonnull(strstr(billing_doc_text(doc), "0.10 USD"));
  billing_doc_free(doc);
  billing_close(b);
  shop_folder_remove(&f);
}
END_TEST

Suite *test_engine_preview(void) {
  Suite *s = suite_create("engine_preview");
  TCase *t = tcase_create("preview");

  tcase_set_timeout(t, 60);
  tcase_add_test(t, a_preview_with_events_is_what_comes_when_they_happen);
  tcase_add_test(t, replaced_usage_leaves_nothing_behind);
  tcase_add_test(t, an_open_period_is_billed_as_it_stands);
  tcase_add_test(t, what_is_wrong_is_said_with_its_path_and_line);
  tcase_add_test(t, a_preview_reads_only);
  suite_add_tcase(s, t);
  return s;
}
