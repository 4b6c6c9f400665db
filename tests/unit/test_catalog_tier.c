/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "catalog/field.h"
#include "documents.h"

Suite *test_catalog_tier(void);

static int read_tiers_of(bl_json *doc, bl_price *out) {
  bl_reader r = bl_reader_top("/tiers", &doc_arena, &doc_err);

  memset(out, 0, sizeof *out);
  out->model = BL_MODEL_GRADUATED;
  return bl_value_tiers(&r, NULL, doc, out);
}

static int read_tiers(const char *json, bl_price *out) {
  return read_tiers_of(J(json), out);
}

START_TEST(the_last_tier_is_open) {
  bl_price p;

  ck_assert_int_eq(read_tiers("[{'up_to':'100','unit':'0.10'},"
                              "{'up_to':null,'unit':'0.08'}]", &p), 0);
  ck_assert_uint_eq(p.tier_count, 2);
  ck_assert_dec_eq(p.tiers[0].up_to, "100");
  ck_assert_dec_eq(p.tiers[0].unit, "0.1");
  ck_assert_dec_eq(p.tiers[0].flat, "0");
  ck_assert(bl_dec_is_max(p.tiers[1].up_to));
  ck_assert_int_eq(read_tiers("[{'unit':'1'}]", &p), 0);
  ck_assert(bl_dec_is_max(p.tiers[0].up_to));
}
END_TEST

START_TEST(unit_or_flat_may_be_left_out) {
  bl_price p;

  ck_assert_int_eq(read_tiers("[{'up_to':100000,'flat':'4'},"
                              "{'unit':'0.000065'}]", &p), 0);
  ck_assert_dec_eq(p.tiers[0].unit, "0");
  ck_assert_dec_eq(p.tiers[0].flat, "4");
  ck_assert_dec_eq(p.tiers[1].unit, "0.000065");
  ck_assert_dec_eq(p.tiers[1].flat, "0");
}
END_TEST

static const struct refusal {
  const char *json;
  const char *path;
} refusals[] = {
  {"[]", "/tiers"},
  {"{}", "/tiers"},
  {"[{'up_to':'5','unit':'1'}]", "/tiers/0/up_to"},
  {"[{'unit':'1'},{'unit':'2'}]", "/tiers/0/up_to"},
  {"[{'up_to':null,'unit':'1'},{'unit':'2'}]", "/tiers/0/up_to"},
  {"[{'up_to':'0','unit':'1'},{'unit':'2'}]", "/tiers/0/up_to"},
  {"[{'up_to':'5','unit':'1'},{'up_to':'5','unit':'1'},{'unit':'2'}]",
   "/tiers/1/up_to"},
  {"[{'up_to':'5','unit':'1'},{'up_to':'4','unit':'1'},{'unit':'2'}]",
   "/tiers/1/up_to"},
  {"[{'up_to':'5'},{'unit':'2'}]", "/tiers/0"},
  {"[{'unit':'-1'}]", "/tiers/0/unit"},
  {"[{'flat':'-1'}]", "/tiers/0/flat"},
  {"[{'unit':'1','rate':'1'}]", "/tiers/0/rate"},
  {"[7]", "/tiers/0"},
};

START_TEST(wrong_tiers_are_refused_at_their_path) {
  bl_price p;

  ck_assert_int_eq(read_tiers(refusals[_i].json, &p), BILLING_INVALID);
  ck_assert_str_eq(doc_err.path, refusals[_i].path);
}
END_TEST

static bl_json *many_tiers(int count) {
  bl_json *list = bl_json_array(NULL, NULL);

  for (int i = 1; i <= count; i++) {
    bl_json *tier = bl_json_object(list, NULL);

    bl_json_add_c(tier, "unit", "1");
    if (i < count) bl_json_add_int(tier, "up_to", i);
  }
  doc_trees[doc_count++] = list;
  return list;
}

START_TEST(a_price_has_at_most_1000_tiers) {
  bl_price p;

  ck_assert_int_eq(read_tiers_of(many_tiers(1000), &p), 0);
  ck_assert_uint_eq(p.tier_count, 1000);
  ck_assert_dec_eq(p.tiers[998].up_to, "999");
  ck_assert_int_eq(read_tiers_of(many_tiers(1001), &p), BILLING_LIMIT);
  ck_assert_str_eq(doc_err.path, "/tiers");
}
END_TEST

Suite *test_catalog_tier(void) {
  Suite *s = suite_create("catalog_tier");
  TCase *c = documents_case(s);

  tcase_add_test(c, the_last_tier_is_open);
  tcase_add_test(c, unit_or_flat_may_be_left_out);
  tcase_add_loop_test(c, wrong_tiers_are_refused_at_their_path, 0,
                      (int)BL_COUNT(refusals));
  tcase_add_test(c, a_price_has_at_most_1000_tiers);
  return s;
}
