/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* test_engine_tokens.c - tokens: issued, verified, changed, and ended. */
#include "shop.h"

/* The key pair of RFC 8037, appendix A. */
static const unsigned char secret[32] =
    "\x9d\x61\xb1\x9d\xef\xfd\x5a\x60\xba\x84\x4a\xf4\x92\xec\x2c\xc4"
    "\x44\x49\xc5\x69\x7b\x32\x69\x19\x70\x3b\xac\x03\x1c\xae\x7f\x60";
static unsigned char key[32];
static billing_error err;
static billing_token token;

static void begin(void) {
  open_catalog(NULL, "{\"features\":[{\"id\":\"sso\",\"kind\":\"boolean\"},"
               "{\"id\":\"off\",\"kind\":\"boolean\"},{\"id\":\"n\",\"kind\":"
               "\"quota\",\"meter\":\"m\",\"per\":\"life\"}],\"customers\":["
               "{\"id\":\"a\",\"features\":{\"sso\":true,\"n\":\"5\"}}]}");
  ck_assert_int_eq(billing_token_key(secret, 32, key, NULL), 0);
}

static void end(void) {
  close_shop();
}

static int issue(const char *customer, const char *features,
                 int64_t expires_us, char *out, size_t size) {
  billing_call call = call_now();
  billing_token_terms terms;
  billing_doc *doc = NULL;
  int rc;

  call.flags = 0;
  BILLING_INIT(&terms);
  BILLING_INIT(&err);
  terms.customer = shop_text(customer);
  terms.features = shop_text(features);
  terms.secret = (billing_str){(const char *)secret, 32};
  terms.expires_us = expires_us;
  rc = billing_token_issue(b, &call, &terms, &doc, &err);
  if (!rc) snprintf(out, size, "%s", billing_doc_text(doc));
  billing_doc_free(doc);
  return rc;
}

static int verify(const char *text, int64_t at_us, char *claims,
                  size_t size) {
  billing_doc *doc = NULL;
  int rc;

  BILLING_INIT(&token);
  BILLING_INIT(&err);
  rc = billing_token_verify(NULL, text, (size_t)-1, key, 32, at_us, &token,
                            claims ? &doc : NULL, &err);
  if (!rc && claims) snprintf(claims, size, "%s", billing_doc_text(doc));
  billing_doc_free(doc);
  return rc;
}

START_TEST(a_token_says_what_the_customer_has) {
  char text[1500], claims[1000], wanted[1000];

  ck_assert_int_eq(issue("a", "", SHOP_NOW + SHOP_DAY + 1, text, sizeof text),
                   0);
  ck_assert_int_eq(verify(text, SHOP_NOW, claims, sizeof claims), 0);
  ck_assert_str_eq(token.tenant, "t");
  ck_assert_str_eq(token.customer, "a");
  ck_assert_str_eq(token.key_id,
                   "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
  ck_assert_int_eq(token.issued_us, SHOP_NOW);
  ck_assert_int_eq(token.expires_us, SHOP_NOW + SHOP_DAY);
  snprintf(wanted, sizeof wanted, "{\"exp\":%lld,\"features\":[{\"feature\":"
           "\"sso\",\"granted\":true,\"kind\":\"boolean\",\"source\":"
           "\"customer\"},{\"feature\":\"n\",\"granted\":true,\"held\":\"0\","
           "\"kind\":\"quota\",\"left\":\"5\",\"limit\":\"5\",\"meter\":"
           "\"m\",\"per\":\"life\",\"soft\":false,\"source\":\"customer\","
           "\"used\":\"0\"}],\"iat\":%lld,\"iss\":\"t\",\"sub\":\"a\"}",
           (long long)((SHOP_NOW + SHOP_DAY) / 1000000),
           (long long)(SHOP_NOW / 1000000));
  ck_assert_str_eq(claims, wanted);
  ck_assert_int_eq(issue("a", "[\"off\",\"sso\"]", SHOP_NOW + SHOP_DAY, text,
                         sizeof text), 0);
  ck_assert_int_eq(verify(text, SHOP_NOW, claims, sizeof claims), 0);
  ck_assert_ptr_ne(strstr(claims, "\"sso\""), NULL);
  ck_assert_ptr_eq(strstr(claims, "\"off\""), NULL);
  ck_assert_ptr_eq(strstr(claims, "\"quota\""), NULL);
}
END_TEST

START_TEST(ended_changed_and_another_key_are_told_apart) {
  static const unsigned char other[32] = "another secret of thirty-two b.";
  char text[1500];

  ck_assert_int_eq(issue("a", "", SHOP_NOW + SHOP_DAY, text, sizeof text), 0);
  ck_assert_int_eq(verify(text, SHOP_NOW + SHOP_DAY - 1, NULL, 0), 0);
  ck_assert_int_eq(verify(text, SHOP_NOW + SHOP_DAY, NULL, 0),
                   BILLING_DENIED_EXPIRED);
  ck_assert_str_eq(token.customer, "");
  ck_assert_int_eq(billing_token_key(other, 32, key, NULL), 0);
  ck_assert_int_eq(verify(text, SHOP_NOW, NULL, 0), BILLING_DENIED_KEY);
  ck_assert_int_eq(billing_token_key(secret, 32, key, NULL), 0);
  strchr(text, '.')[9] ^= 1;
  ck_assert_int_eq(verify(text, SHOP_NOW, NULL, 0),
                   BILLING_DENIED_SIGNATURE);
}
END_TEST

/* Whatever byte becomes another one, the token does not hold any more. */
START_TEST(no_byte_can_be_changed) {
  char text[1500], bad[1500];

  ck_assert_int_eq(issue("a", "", SHOP_NOW + SHOP_DAY, text, sizeof text), 0);
  for (size_t i = 0; i < strlen(text); i++) {
    strcpy(bad, text);
    bad[i] = text[i] == 'A' ? 'B' : 'A';
    ck_assert_int_ne(verify(bad, SHOP_NOW, NULL, 0), 0);
    memmove(bad + i, text + i + 1, strlen(text) - i);
    ck_assert_int_ne(verify(bad, SHOP_NOW, NULL, 0), 0);
  }
}
END_TEST

START_TEST(what_is_no_token_is_refused) {
  /* {"alg":"none","typ":"JWT"}, and the header of HS256 */
  static const char *const bad[] = {
    "", ".", "..", "a.b.c", "e30.e30.e30", "e30.e30", "e30.e30.e30.e30",
    "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.e30.",
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.e30.AAAA", "W10.W10.AAAA"};

  for (size_t i = 0; i < BL_COUNT(bad); i++)
    ck_assert_int_eq(verify(bad[i], SHOP_NOW, NULL, 0),
                     BILLING_INVALID_TOKEN);
  BILLING_INIT(&err);
  ck_assert_int_eq(BILLING_CODE(billing_token_verify(
                       NULL, "a", 1, key, 31, 0, NULL, NULL, &err)),
                   BILLING_INVALID);
  ck_assert_str_eq(err.path, "/key");
  ck_assert_int_eq(billing_token_verify(NULL, NULL, 0, key, 32, 0, NULL, NULL,
                                        NULL), BILLING_MISUSE);
  ck_assert_int_eq(BILLING_CODE(billing_token_key(secret, 64, key, NULL)),
                   BILLING_INVALID);
}
END_TEST

START_TEST(terms_that_cannot_be_used_are_refused) {
  char text[1500];

  ck_assert_int_eq(issue("a", "", SHOP_NOW, text, sizeof text),
                   BILLING_INVALID);
  ck_assert_str_eq(err.path, "/expires_us");
  ck_assert_int_eq(issue("z", "", SHOP_NOW + SHOP_DAY, text, sizeof text),
                   BILLING_NOTFOUND_CUSTOMER);
  ck_assert_int_eq(issue("a", "[\"x\"]", SHOP_NOW + SHOP_DAY, text,
                         sizeof text), BILLING_NOTFOUND);
  ck_assert_int_eq(issue("a", "{}", SHOP_NOW + SHOP_DAY, text, sizeof text),
                   BILLING_INVALID);
  ck_assert_int_eq(issue("a", "[1]", SHOP_NOW + SHOP_DAY, text, sizeof text),
                   BILLING_NOTFOUND);
}
END_TEST

Suite *test_engine_tokens(void);
Suite *test_engine_tokens(void) {
  Suite *s = suite_create("engine_tokens");
  TCase *t = tcase_create("tokens");

  tcase_add_checked_fixture(t, begin, end);
  tcase_set_timeout(t, 60);
  tcase_add_test(t, a_token_says_what_the_customer_has);
  tcase_add_test(t, ended_changed_and_another_key_are_told_apart);
  tcase_add_test(t, no_byte_can_be_changed);
  tcase_add_test(t, what_is_no_token_is_refused);
  tcase_add_test(t, terms_that_cannot_be_used_are_refused);
  suite_add_tcase(s, t);
  return s;
}
