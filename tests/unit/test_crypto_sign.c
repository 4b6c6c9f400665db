/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* test_crypto_sign.c - the vectors of RFC 8032, section 7.1, and of RFC 8037,
 * appendix A. */
#include "crypto/crypto.h"
#include "unit.h"

static unsigned hex_digit(char c) {
  return c <= '9' ? (unsigned)(c - '0') : (unsigned)(c - 'a') + 10;
}

static size_t unhex(const char *hex, unsigned char *out) {
  size_t n = strlen(hex) / 2;

  for (size_t i = 0; i < n; i++)
    out[i] = (unsigned char)(hex_digit(hex[2 * i]) << 4 |
                             hex_digit(hex[2 * i + 1]));
  return n;
}

static const struct { const char *secret, *key, *text, *signature; }
vectors[] = {
  {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
   "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
   "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
   "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"},
  {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
   "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
   "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
   "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"},
  {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
   "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
   "af82",
   "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
   "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"}};

START_TEST(the_vectors_of_the_rfc) {
  unsigned char secret[32], key[32], text[2], signature[64], made[64];

  ck_assert_int_eq(bl_crypto_start(), 0);
  for (size_t i = 0; i < BL_COUNT(vectors); i++) {
    bl_str signed_text = {(const char *)text, unhex(vectors[i].text, text)};
    (void)unhex(vectors[i].secret, secret);
    (void)unhex(vectors[i].signature, signature);
    bl_sign_public(secret, made);
    (void)unhex(vectors[i].key, key);
    ck_assert_mem_eq(made, key, 32);
    bl_sign(secret, signed_text, made);
    ck_assert_mem_eq(made, signature, 64);
    ck_assert_int_eq(bl_sign_holds(key, signed_text, signature), 1);
    signature[i] ^= 1;
    ck_assert_int_eq(bl_sign_holds(key, signed_text, signature), 0);
  }
}
END_TEST

START_TEST(a_key_is_named_by_its_thumbprint) {
  unsigned char key[32];
  char id[BL_SIGN_ID];

  (void)unhex(vectors[0].key, key);
  bl_sign_id(key, id);
  ck_assert_str_eq(id, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
}
END_TEST

/* Of RFC 4648, without the padding; and what is not the one way to write it.
 */
START_TEST(base64_has_one_form) {
  static const char *const text[][2] = {{"", ""}, {"f", "Zg"}, {"fo", "Zm8"},
    {"foo", "Zm9v"}, {"foob", "Zm9vYg"}, {"fooba", "Zm9vYmE"},
    {"foobar", "Zm9vYmFy"}, {"\xfb\xff", "-_8"}};
  static const char *const bad[] = {"Zg==", "Zh", "Z", "Zm8=", "+/8", "Zg ",
                                    "Zg\n", "Z!"};
  char out[16];
  size_t n;

  for (size_t i = 0; i < BL_COUNT(text); i++) {
    ck_assert_uint_eq(bl_base64url_print(text[i][0], strlen(text[i][0]), out),
                      strlen(text[i][1]));
    ck_assert_str_eq(out, text[i][1]);
    ck_assert_int_eq(bl_base64url_read(bl_str_of(text[i][1]), out, sizeof out,
                                       &n), 1);
    ck_assert_uint_eq(n, strlen(text[i][0]));
    ck_assert_mem_eq(out, text[i][0], n);
  }
  for (size_t i = 0; i < BL_COUNT(bad); i++)
    ck_assert_int_eq(bl_base64url_read(bl_str_of(bad[i]), out, sizeof out,
                                       &n), 0);
  ck_assert_int_eq(bl_base64url_read(BL_STR("Zm9vYmFy"), out, 5, &n), 0);
}
END_TEST

Suite *test_crypto_sign(void);
Suite *test_crypto_sign(void) {
  Suite *s = suite_create("crypto_sign");
  TCase *t = tcase_create("sign");

  tcase_add_test(t, the_vectors_of_the_rfc);
  tcase_add_test(t, a_key_is_named_by_its_thumbprint);
  tcase_add_test(t, base64_has_one_form);
  suite_add_tcase(s, t);
  return s;
}
