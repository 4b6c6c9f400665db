/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <stdlib.h>

#include "engine.h"

Suite *test_engine_ingest(void);

static const char csv_form[] =
    "{\"format\":\"csv\",\"set\":{\"event\":\"e\"},\"fields\":{"
    "\"key\":\"id\",\"customer\":\"who\",\"time\":\"at\","
    "\"properties.n\":\"n\"}}";

static const char csv_text[] =
    "\xEF\xBB\xBF" "id,who,at,n\r\n"
    "k1,a,2026-01-02,1\r\n"
    "\r\n"
    "k2,a,2026-01-02T00:00:00Z,\"2\"\r\n"
    "k3,a,soon,3\r\n"
    "k1,a,2026-01-02,7\r\n"
    "k4,nobody,2026-01-02,3\r\n"
    "k5,a,2026-01-02,\"un\nclosed\r\n"
    "k6,a,2026-01-02,6\r\n"
    "k7,a\r\n"
    "k2,a,2026-01-02T00:00:00Z,2\r\n"
    "k8,a,2026-01-02,\"8\nlines\"";

typedef struct feed {
  billing       *b;
  const char    *form;
  const char    *name;
  uint32_t       flags;
  billing_stream at;
  billing_error  err;
  char           refused[4000];   /* the answers' lists, one after another */
  char           header[200];
} feed;

/* "[..]" of a member of an answer, without the brackets. */
static void add_list(const billing_doc *doc, const char *member, char *out) {
  const char *from = strstr(billing_doc_text(doc), member), *to;

  if (!from) return;
  from += strlen(member);
  to = strstr(from, "]");
  ck_assert_ptr_nonnull(to);
  if (out[0] && to > from) strcat(out, ",");
  strncat(out, from, (size_t)(to - from));
}

static int give(feed *f, const char *bytes, size_t len, int is_last) {
  billing_call call = shop_call(f->name ? f->name : "");
  billing_doc *doc = NULL;
  char form[600] = "";
  int rc;

  BILLING_INIT(&f->err);
  call.flags = f->flags;
  f->at.flags &= ~BILLING_STREAM_END;
  if (is_last) f->at.flags |= BILLING_STREAM_END;
  if (f->form) strcpy(form, f->form);
  if (f->form && f->header[0] && !f->name)
    snprintf(form + strlen(form) - 1, 300, ",\"header\":[%s]}", f->header);
  rc = billing_ingest(f->b, &call, form, strlen(form), bytes, len, &f->at,
                      &doc, &f->err);
  if (rc) return rc;
  add_list(doc, "\"refused\":[", f->refused);
  if (!f->header[0]) add_list(doc, "\"header\":[", f->header);
  billing_doc_free(doc);
  return 0;
}

static feed feed_of(billing *b, const char *form, const char *name) {
  feed f;

  memset(&f, 0, sizeof f);
  f.b = b;
  f.form = form;
  f.name = name;
  BILLING_INIT(&f.at);
  return f;
}

/* The stream in pieces of `most` bytes; what was not read comes again. */
static void give_all(feed *f, const char *text, size_t len, size_t most) {
  while (f->at.bytes < len) {
    uint64_t before = f->at.bytes;
    size_t piece = most, left = len - (size_t)before;
    do {
      size_t some = piece < left ? piece : left;
      ck_assert_msg(!give(f, text + before, some, some == left), "%s %s",
                    f->err.path, f->err.message);
      piece *= 2;
    } while (f->at.bytes == before);
  }
}

static uint64_t usage_events(billing *b) {
  billing_call call = shop_call("");
  billing_doc *doc;
  const char *at;
  uint64_t n;

  ck_assert_int_eq(billing_usage(b, &call, "{\"customer\":\"a\"}", 16, &doc,
                                 NULL), 0);
  at = strstr(billing_doc_text(doc), "\"quantity\":\"");
  n = at ? strtoull(at + 12, NULL, 10) : 0;
  billing_doc_free(doc);
  return n;
}

START_TEST(rows_become_events_and_refusals_say_where) {
  billing *b = shop_open(NULL);
  feed f = feed_of(b, csv_form, "s");

  give_all(&f, csv_text, sizeof csv_text - 1, 100000);
  ck_assert_uint_eq(f.at.bytes, sizeof csv_text - 1);
  ck_assert_uint_eq(f.at.lines, 13);
  ck_assert_uint_eq(f.at.rows, 11);
  ck_assert_uint_eq(f.at.events, 11);
  ck_assert_uint_eq(f.at.recorded, 4);
  ck_assert_uint_eq(f.at.same, 1);
  ck_assert_uint_eq(f.at.conflicts, 1);
  ck_assert_uint_eq(f.at.refused, 5);
  ck_assert_uint_eq(usage_events(b), 4);
  ck_assert_ptr_nonnull(strstr(f.refused, "\"code\":\"INVALID_TIME\""));
  ck_assert_ptr_nonnull(strstr(f.refused,
      "\"column\":6,\"field\":\"at\",\"hint\":\"RFC 3339"));
  ck_assert_ptr_nonnull(strstr(f.refused, "\"line\":5,"));
  ck_assert_ptr_nonnull(strstr(f.refused, "CONFLICT_KEY"));
  ck_assert_ptr_nonnull(strstr(f.refused, "\"column\":4,\"field\":\"who\""));
  ck_assert_ptr_nonnull(strstr(f.refused, "the row has 2 fields"));
  ck_assert_ptr_nonnull(strstr(f.refused, "text follows a closing quote"));
  shop_is_sound(b);
  billing_close(b);
}
END_TEST

/* Independent of the pieces, named or not: the oracle is one whole piece. */
START_TEST(the_pieces_do_not_matter) {
  static const size_t most[] = {1, 2, 3, 7, 20, 64, 200};
  billing *whole = shop_open(NULL);
  feed one = feed_of(whole, csv_form, "s");

  give_all(&one, csv_text, sizeof csv_text - 1, 100000);
  for (size_t i = 0; i < BL_COUNT(most); i++) {
    billing *b = shop_open(NULL);
    feed f = feed_of(b, csv_form, i % 2 ? "s" : NULL);
    give_all(&f, csv_text, sizeof csv_text - 1, most[i]);
    f.at.flags = one.at.flags;
    ck_assert_msg(!memcmp(&f.at, &one.at, sizeof f.at), "pieces of %zu",
                  most[i]);
    ck_assert_str_eq(f.refused, one.refused);
    shop_is_sound(b);
    billing_close(b);
  }
  billing_close(whole);
}
END_TEST

START_TEST(a_stream_with_a_name_goes_on_where_it_was) {
  shop_folder folder = shop_folder_make();
  billing *b = shop_open(folder.path);
  feed f = feed_of(b, csv_form, "s"), again;

  ck_assert_int_eq(give(&f, csv_text, 60, 0), 0);
  ck_assert_uint_eq(f.at.recorded, 1);
  billing_close(b);
  ck_assert_int_eq(billing_open(&b, folder.path, (size_t)-1, NULL, NULL), 0);
  again = feed_of(b, csv_form, "s");
  ck_assert_int_eq(give(&again, csv_text, sizeof csv_text - 1, 1), 0);
  ck_assert_uint_eq(again.at.recorded, 1);      /* nothing was read */
  ck_assert_uint_eq(again.at.bytes, f.at.bytes);
  ck_assert_str_eq(again.header, "\"id\",\"who\",\"at\",\"n\"");
  give_all(&again, csv_text, sizeof csv_text - 1, 30);
  ck_assert_uint_eq(again.at.recorded, 4);
  ck_assert_uint_eq(again.at.same, 1);
  ck_assert_uint_eq(again.at.conflicts, 1);
  shop_is_sound(b);
  billing_close(b);
  shop_folder_remove(&folder);
}
END_TEST

START_TEST(a_stream_cannot_be_ahead_of_what_is_recorded) {
  billing *b = shop_open(NULL);
  feed f = feed_of(b, csv_form, "s");

  f.at.bytes = 60;
  ck_assert_int_eq(give(&f, csv_text + 60, 20, 0), BILLING_CONFLICT);
  ck_assert_ptr_nonnull(strstr(f.err.message, "stands at byte 0, not at 60"));
  ck_assert_uint_eq(f.at.bytes, 60);
  billing_close(b);
}
END_TEST

START_TEST(all_or_nothing_names_the_line_and_records_nothing) {
  billing *b = shop_open(NULL);
  feed f = feed_of(b, csv_form, "s");

  f.flags = BILLING_CALL_ALL_OR_NOTHING;
  ck_assert_int_eq(give(&f, csv_text, sizeof csv_text - 1, 1),
                   BILLING_INVALID_TIME);
  ck_assert_int_eq(f.err.item, 5);
  ck_assert_uint_eq(f.at.bytes, 0);
  ck_assert_uint_eq(usage_events(b), 0);
  shop_is_sound(b);
  billing_close(b);
}
END_TEST

START_TEST(a_dry_run_says_everything_and_does_nothing) {
  billing *b = shop_open(NULL);
  feed f = feed_of(b, csv_form, "s"), real = feed_of(b, csv_form, "s");

  f.flags = BILLING_CALL_DRY_RUN;
  ck_assert_int_eq(give(&f, csv_text, sizeof csv_text - 1, 1), 0);
  ck_assert_uint_eq(f.at.recorded, 4);
  ck_assert_uint_eq(usage_events(b), 0);
  give_all(&real, csv_text, sizeof csv_text - 1, 100000);
  ck_assert_msg(!memcmp(&f.at, &real.at, sizeof f.at), "the same answer");
  ck_assert_str_eq(f.refused, real.refused);
  shop_is_sound(b);
  billing_close(b);
}
END_TEST

/* Lines of 1 MiB and one byte more: the first is read, the second refused. */
START_TEST(a_line_that_is_too_long_is_passed_over) {
  enum { MIB = 1 << 20 };
  static const size_t most[] = {4 * MIB, MIB / 2, 100000};
  static const char front[] = "{\"key\":\"k1\",\"customer\":\"a\",\"event\":"
                              "\"e\",\"properties\":{}";
  char *text = malloc(3 * MIB);

  ck_assert_ptr_nonnull(text);
  memset(text, ' ', 3 * MIB);
  memcpy(text, front, sizeof front - 1);
  memcpy(text + MIB - 2, "}\n", 2);
  memcpy(text + MIB, front, sizeof front - 1);
  memcpy(text + 2 * MIB - 1, "}\n", 2);
  text[MIB + 9] = '2';
  memcpy(text + 2 * MIB + 1, front, sizeof front - 1);
  text[2 * MIB + 10] = '3';
  memcpy(text + 2 * MIB + 200, "}\n", 2);
  for (size_t i = 0; i < BL_COUNT(most); i++) {
    billing *b = shop_open(NULL);
    feed f = feed_of(b, NULL, "s");
    give_all(&f, text, 2 * MIB + 202, most[i]);
    ck_assert_uint_eq(f.at.rows, 3);
    ck_assert_uint_eq(f.at.recorded, 2);
    ck_assert_uint_eq(f.at.refused, 1);
    ck_assert_uint_eq(f.at.lines, 3);
    ck_assert_ptr_nonnull(strstr(f.refused, "\"line\":2"));
    shop_is_sound(b);
    billing_close(b);
  }
  free(text);
}
END_TEST

START_TEST(json_lines_say_the_column_of_what_is_wrong) {
  static const char text[] =
      "{\"key\":\"k1\",\"customer\":\"a\",\"event\":\"e\"}\n"
      "{\"key\":\"k2\",\"customer\":\"a\",\"event\":\"e\",\"value\":\"x\"}\n"
      "{\"key\":\"k3\",\"customer\":\"a\",,}\n";
  billing *b = shop_open(NULL);
  feed f = feed_of(b, NULL, NULL);

  give_all(&f, text, sizeof text - 1, 100000);
  ck_assert_uint_eq(f.at.recorded, 1);
  ck_assert_ptr_nonnull(strstr(f.refused,
      "\"code\":\"INVALID\",\"column\":49,\"field\":\"value\""));
  ck_assert_ptr_nonnull(strstr(f.refused,
      "\"code\":\"INVALID_JSON\",\"column\":28,"));
  billing_close(b);
}
END_TEST

START_TEST(wrong_arguments_are_refused) {
  billing *b = shop_open(NULL);
  feed f = feed_of(b, "{\"format\":\"csv\"}", NULL);

  ck_assert_int_eq(give(&f, "id\n", 3, 1), BILLING_INVALID);
  ck_assert_str_eq(f.err.path, "/fields");
  f = feed_of(b, "{\"format\":\"xml\"}", NULL);
  ck_assert_int_eq(give(&f, "", 0, 1), BILLING_INVALID);
  ck_assert_str_eq(f.err.path, "/format");
  f = feed_of(b, NULL, NULL);
  ck_assert_int_eq(give(&f, NULL, 3, 1), BILLING_MISUSE);
  f.at.struct_size = 8;
  ck_assert_int_eq(give(&f, "", 0, 1), BILLING_MISUSE);
  f = feed_of(b, csv_form, NULL);
  f.at.rows = 1;
  ck_assert_int_eq(give(&f, "k1,a\n", 5, 1), BILLING_INVALID);
  ck_assert_str_eq(f.err.path, "/header");
  billing_close(b);
}
END_TEST

Suite *test_engine_ingest(void) {
  Suite *s = suite_create("engine_ingest");
  TCase *c = tcase_create("ingest");

  tcase_set_timeout(c, 60);
  tcase_add_test(c, rows_become_events_and_refusals_say_where);
  tcase_add_test(c, the_pieces_do_not_matter);
  tcase_add_test(c, a_stream_with_a_name_goes_on_where_it_was);
  tcase_add_test(c, a_stream_cannot_be_ahead_of_what_is_recorded);
  tcase_add_test(c, all_or_nothing_names_the_line_and_records_nothing);
  tcase_add_test(c, a_dry_run_says_everything_and_does_nothing);
  tcase_add_test(c, a_line_that_is_too_long_is_passed_over);
  tcase_add_test(c, json_lines_say_the_column_of_what_is_wrong);
  tcase_add_test(c, wrong_arguments_are_refused);
  suite_add_tcase(s, c);
  return s;
}
