/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* test_engine_features.c - who has how much, of what several give. */
#include "shop.h"

static billing_error       err;
static billing_entitlement has;
static shop_folder         folder;

static const char features[] =
    "{\"features\":[{\"id\":\"sso\",\"kind\":\"boolean\"},"
    "{\"id\":\"tier\",\"kind\":\"configuration\"},"
    "{\"id\":\"n\",\"kind\":\"quota\",\"meter\":\"m\",\"per\":\"day\"}]}";

static void begin(void) {
  folder = shop_folder_make();
  open_catalog(folder.path, "%s", features);
}

static void end(void) {
  close_shop();
  shop_folder_remove(&folder);
}

/* What "a" has of the feature now. */
static const billing_entitlement *ask(const char *feature) {
  billing_call call = call_now();

  call.flags = 0;
  BILLING_INIT(&has);
  BILLING_INIT(&err);
  ck_assert_msg(!billing_entitled(b, &call, "a", 1, feature, (size_t)-1, &has,
                                  &err), "%s", err.message);
  return &has;
}

static uint64_t give(const char *key, const char *values, int64_t from_us,
                     int64_t to_us) {
  billing_call call = shop_call_at(now_us, key);
  billing_grant_terms terms;
  char scope[200];
  uint64_t number;

  BILLING_INIT(&terms);
  BILLING_INIT(&err);
  snprintf(scope, sizeof scope, "{\"features\":%s}", values);
  terms.customer = shop_text("a");
  terms.amount.amount = D("1");
  strcpy(terms.amount.asset, "USD");
  terms.scope = shop_text(scope);
  terms.effective_us = from_us;
  terms.expires_us = to_us;
  ck_assert_msg(!billing_grant(b, &call, &terms, &number, &err), "%s",
                err.message);
  return number;
}

static void put_plan(const char *values) {
  char json[400];

  snprintf(json, sizeof json, "{\"id\":\"p\",\"currency\":\"USD\","
           "\"prices\":[{\"id\":\"x\",\"meter\":\"m\",\"model\":"
           "\"per_unit\",\"unit\":\"0.10\"}],\"features\":%s}", values);
  put("plan", json);
}

static void put_contract(const char *id, const char *more) {
  char json[400];

  snprintf(json, sizeof json, "{\"id\":\"%s\",\"customer\":\"a\",\"plan\":"
           "\"p\",\"start\":\"2026-01-01\"%s}", id, more);
  put("contract", json);
}

/* The worked example of features.h. */
START_TEST(each_source_goes_before_the_next_and_a_grant_adds) {
  put_plan("{\"n\":\"1000\"}");
  put_contract("k1", "");
  ck_assert_dec_eq(ask("n")->limit, "1000");
  ck_assert_uint_eq(has.source, BILLING_SOURCE_PLAN);
  put_contract("k1", ",\"features\":{\"n\":\"2000\"}");
  ck_assert_dec_eq(ask("n")->limit, "2000");
  ck_assert_uint_eq(has.source, BILLING_SOURCE_CONTRACT);
  (void)give("g", "{\"n\":\"500\"}", 0, 0);
  ck_assert_dec_eq(ask("n")->limit, "2500");
  put("customer", "{\"id\":\"a\",\"features\":{\"n\":\"10000\"}}");
  ck_assert_dec_eq(ask("n")->limit, "10500");
  ck_assert_uint_eq(has.source, BILLING_SOURCE_CUSTOMER);
  open_anew(folder.path);
  ck_assert_dec_eq(ask("n")->limit, "10500");
  put("customer", "{\"id\":\"a\",\"features\":{\"n\":false}}");
  ck_assert_uint_eq(ask("n")->granted, 0);
  ck_assert_dec_eq(has.left, "0");
  ck_assert_uint_eq(has.source, BILLING_SOURCE_CUSTOMER);
}
END_TEST

START_TEST(contracts_in_force_add_up_and_one_without_limit_has_none) {
  put_plan("{\"n\":\"10\",\"sso\":false,\"tier\":\"a\"}");
  put_contract("k1", "");
  put_contract("k2", ",\"features\":{\"n\":{\"limit\":5,\"soft\":true},"
                     "\"sso\":true,\"tier\":\"b\"}");
  put_contract("k3", ",\"features\":{\"n\":\"99\"},\"end\":\"2026-01-02\"");
  ck_assert_dec_eq(ask("n")->limit, "15");
  ck_assert_uint_eq(has.flags, BILLING_ENTITLED_SOFT);
  ck_assert_uint_eq(ask("sso")->granted, 1);
  ck_assert_uint_eq(has.source, BILLING_SOURCE_CONTRACT);
  ck_assert_str_eq(ask("tier")->value, "\"a\"");
  put_contract("k1", ",\"features\":{\"n\":\"unlimited\"}");
  ck_assert_uint_eq(ask("n")->flags,
                    BILLING_ENTITLED_SOFT | BILLING_ENTITLED_UNLIMITED);
}
END_TEST

START_TEST(a_version_of_the_plan_gives_from_its_time_on) {
  put_plan("{\"n\":\"10\"}");
  put_contract("k1", ",\"versions\":\"follow\"");
  put("plan", "{\"id\":\"p\",\"currency\":\"USD\",\"prices\":[],\"features\":"
              "{\"n\":\"20\"},\"effective\":\"2026-02-01T00:00:00Z\"}");
  ck_assert_dec_eq(ask("n")->limit, "10");
  now_us = FEBRUARY;
  ck_assert_dec_eq(ask("n")->limit, "20");
}
END_TEST

START_TEST(a_grant_entitles_until_its_end_or_its_void) {
  billing_call call = shop_call_at(SHOP_NOW, "v");
  uint64_t second;

  (void)give("g", "{\"sso\":true}", SHOP_NOW + SHOP_DAY,
             SHOP_NOW + 2 * SHOP_DAY);
  ck_assert_uint_eq(ask("sso")->granted, 0);
  now_us = SHOP_NOW + SHOP_DAY;
  ck_assert_uint_eq(ask("sso")->granted, 1);
  ck_assert_uint_eq(has.source, BILLING_SOURCE_GRANT);
  now_us = SHOP_NOW + 2 * SHOP_DAY;
  ck_assert_uint_eq(ask("sso")->granted, 0);
  second = give("h", "{\"sso\":true}", 0, 0);
  ck_assert_uint_eq(ask("sso")->granted, 1);
  call.now_us = now_us;
  ck_assert_int_eq(billing_grant_change(b, &call, second,
                                        "{\"change\":\"void\"}", (size_t)-1,
                                        NULL, &err), 0);
  ck_assert_uint_eq(ask("sso")->granted, 0);
}
END_TEST

/* A part of it is credit and nothing else; and features do not keep anything
 * from being paid. */
START_TEST(what_a_grant_entitles_to_stays_with_it) {
  billing_call call;
  uint64_t number = give("g", "{\"n\":\"500\"}", 0, 0);
  billing_money one = {D("1"), "USD"};

  call = call_now();
  call.flags = 0;
  ck_assert_int_eq(billing_check(b, &call, "a", 1, &one, NULL, &err), 0);
  put("customer", "{\"id\":\"z\"}");
  call = shop_call_at(now_us, "move");
  ck_assert_int_eq(billing_grant_change(b, &call, number,
                                        "{\"change\":\"transfer\","
                                        "\"customer\":\"z\"}", (size_t)-1,
                                        NULL, &err), 0);
  ck_assert_dec_eq(ask("n")->limit, "500");
  BILLING_INIT(&has);
  call = call_now();
  call.flags = 0;
  ck_assert_int_eq(billing_entitled(b, &call, "z", 1, "n", 1, &has, &err), 0);
  ck_assert_uint_eq(has.granted, 0);
}
END_TEST

START_TEST(what_a_recurring_grant_entitles_to_comes_with_it) {
  put_plan("{}");
  put("plan", "{\"id\":\"q\",\"currency\":\"USD\",\"grants\":[{\"id\":\"g\","
              "\"amount\":\"1\",\"every\":\"month\",\"scope\":{\"features\":"
              "{\"sso\":true}}}]}");
  ck_assert_uint_eq(ask("sso")->granted, 0);
  put("contract", "{\"id\":\"k\",\"customer\":\"a\",\"plan\":\"q\","
                  "\"start\":\"2026-01-01\"}");
  ck_assert_uint_eq(ask("sso")->granted, 1);
  ck_assert_uint_eq(has.source, BILLING_SOURCE_GRANT);
}
END_TEST

START_TEST(what_cannot_be_given_is_refused_where_it_stands) {
  static const struct { const char *kind, *json, *path; int rc; } bad[] = {
    {"customer", "{\"id\":\"a\",\"features\":{\"x/y\":true}}",
     "/features/x~1y", BILLING_NOTFOUND},
    {"customer", "{\"id\":\"a\",\"features\":{\"sso\":\"yes\"}}",
     "/features/sso", BILLING_INVALID},
    {"plan", "{\"id\":\"q\",\"currency\":\"USD\",\"features\":{\"n\":true}}",
     "/features/n", BILLING_INVALID},
    {"plan", "{\"id\":\"q\",\"currency\":\"USD\",\"features\":"
     "{\"later\":\"1\"}}", "/features/later", BILLING_NOTFOUND},
    {"plan", "{\"id\":\"q\",\"currency\":\"USD\",\"grants\":[{\"id\":\"g\","
     "\"amount\":\"1\",\"every\":\"month\",\"scope\":{\"features\":"
     "{\"sso\":1}}}]}", "/grants/0/scope/features/sso", BILLING_INVALID},
    {"feature", "{\"id\":\"sso\",\"kind\":\"configuration\"}", "/kind",
     BILLING_CONFLICT}};

  put("feature", "{\"id\":\"later\",\"kind\":\"quota\",\"meter\":\"none\","
                 "\"per\":\"day\"}");
  put("customer", "{\"id\":\"a\",\"features\":{\"later\":\"1\"}}");
  for (size_t i = 0; i < BL_COUNT(bad); i++) {
    ck_assert_int_eq(BILLING_CODE(try_put(bad[i].kind, bad[i].json, &err)),
                     bad[i].rc);
    ck_assert_str_eq(err.path, bad[i].path);
  }
}
END_TEST

START_TEST(an_archived_feature_stays_with_who_has_it) {
  billing_call call = call_now();

  put("customer", "{\"id\":\"a\",\"features\":{\"sso\":true}}");
  ck_assert_int_eq(billing_archive(b, &call, "feature", "sso", (size_t)-1,
                                   &err), 0);
  ck_assert_uint_eq(ask("sso")->granted, 1);
  put("customer", "{\"id\":\"a\",\"features\":{\"sso\":true},\"x\":1}");
  ck_assert_int_eq(BILLING_CODE(try_put("customer", "{\"id\":\"b\","
                                        "\"features\":{\"sso\":true}}",
                                        &err)), BILLING_NOTFOUND);
  ck_assert_int_eq(billing_erase(b, &call, "a", 1, "", 0, &err), 0);
}
END_TEST

Suite *test_engine_features(void);
Suite *test_engine_features(void) {
  Suite *s = suite_create("engine_features");
  TCase *t = tcase_create("features");

  tcase_add_checked_fixture(t, begin, end);
  tcase_set_timeout(t, 60);
  tcase_add_test(t, each_source_goes_before_the_next_and_a_grant_adds);
  tcase_add_test(t, contracts_in_force_add_up_and_one_without_limit_has_none);
  tcase_add_test(t, a_version_of_the_plan_gives_from_its_time_on);
  tcase_add_test(t, a_grant_entitles_until_its_end_or_its_void);
  tcase_add_test(t, what_a_grant_entitles_to_stays_with_it);
  tcase_add_test(t, what_a_recurring_grant_entitles_to_comes_with_it);
  tcase_add_test(t, what_cannot_be_given_is_refused_where_it_stands);
  tcase_add_test(t, an_archived_feature_stays_with_who_has_it);
  suite_add_tcase(s, t);
  return s;
}
