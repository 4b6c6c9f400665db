/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * BLAKE2b figures are those of Python's hashlib; SipHash figures those of the
 * reference implementation's tables (key 00 .. 0f, message 00 01 .. ), which a
 * second implementation from the paper agrees with.
 */
#include "crypto/crypto.h"
#include "unit.h"

static void expect_bytes(const unsigned char *bytes, size_t n,
                         const char *hex) {
  static const char digits[] = "0123456789abcdef";
  char got[129];
  ck_assert_uint_le(n, 64);
  for (size_t i = 0; i < n; i++) {
    got[2 * i] = digits[bytes[i] >> 4];
    got[2 * i + 1] = digits[bytes[i] & 15];
  }
  got[2 * n] = '\0';
  ck_assert_str_eq(got, hex);
}

static void count_up(unsigned char *bytes, size_t n) {
  for (size_t i = 0; i < n; i++) bytes[i] = (unsigned char)i;
}

START_TEST(hash_of_abc_and_siphash_of_nothing_are_the_published_ones) {
  unsigned char out[BL_HASH], key[BL_KEY_HASH], wide[BL_KEY_HASH];
  count_up(key, sizeof key);
  bl_hash32(out, "abc", 3);
  expect_bytes(out, sizeof out, "bddd813c634239723171ef3fee98579b"
                                "94964e3bb1cb3e427262c8c068d52319");
  ck_assert_uint_eq(bl_key_hash8(key, NULL, 0),
                    UINT64_C(0x726fdb47dd0e0e31));
  bl_key_hash16(wide, key, NULL, 0);
  expect_bytes(wide, sizeof wide, "a3817f04ba25a8e66df67214c7550293");
}
END_TEST

START_TEST(hash_of_nothing_and_of_all_bytes) {
  unsigned char out[BL_HASH], all[256];
  count_up(all, sizeof all);
  bl_hash32(out, NULL, 0);
  expect_bytes(out, sizeof out, "0e5751c026e543b2e8ab2eb06099daa1"
                                "d1e5df47778f7787faab45cdf12fe3a8");
  bl_hash32(out, all, sizeof all);
  expect_bytes(out, sizeof out, "39a7eb9fedc19aabc83425c6755dd90e"
                                "6f9d0c804964a1f4aaeea3b9fb599835");
}
END_TEST

START_TEST(siphash_of_fifteen_bytes_is_the_example_of_the_paper) {
  unsigned char key[BL_KEY_HASH], message[63], wide[BL_KEY_HASH];
  count_up(key, sizeof key);
  count_up(message, sizeof message);
  ck_assert_uint_eq(bl_key_hash8(key, message, 15),
                    UINT64_C(0xa129ca6149be45e5));
  ck_assert_uint_eq(bl_key_hash8(key, message, 63),
                    UINT64_C(0x958a324ceb064572));
  bl_key_hash16(wide, key, message, 15);
  expect_bytes(wide, sizeof wide, "5493e99933b0a8117e08ec0f97cfc3d9");
  bl_key_hash16(wide, key, message, 63);
  expect_bytes(wide, sizeof wide, "5150d1772f50834a503e069a973fbd7c");
}
END_TEST

START_TEST(a_link_of_the_chain_hashes_its_four_parts_in_order) {
  unsigned char prev[BL_HASH], facts[BL_HASH], properties[BL_HASH];
  unsigned char out[BL_HASH];
  memset(prev, 1, sizeof prev);
  memset(facts, 2, sizeof facts);
  memset(properties, 3, sizeof properties);
  bl_hash_chain(out, prev, "header", 6, facts, properties);
  expect_bytes(out, sizeof out, "d5d76d7fa68ef277a9e4b312b82de67e"
                                "19b69ea26b7e87e666b3b44e17c0d6eb");
  bl_hash_chain(out, prev, NULL, 0, facts, properties);
  expect_bytes(out, sizeof out, "5ec1d4b3165012ecc2386314107d7b14"
                                "0e1ad42a60bb336e817178a2df32244f");
  /* A link may be written over the one before. */
  bl_hash_chain(prev, prev, NULL, 0, facts, properties);
  ck_assert_mem_eq(prev, out, sizeof out);
}
END_TEST

START_TEST(a_subkey_depends_on_secret_label_and_length) {
  unsigned char secret[BL_HASH], out[64];
  count_up(secret, sizeof secret);
  bl_subkey(out, 16, secret, "keys");
  expect_bytes(out, 16, "d1d2eaabf6e2ee4cbc64e20e30b9f969");
  bl_subkey(out, 32, secret, "keys");
  expect_bytes(out, 32, "0b887f95fd4d030815f4ccc96b283743"
                        "f456910636e20727c223d5fa785edcff");
  bl_subkey(out, 32, secret, "names");
  expect_bytes(out, 32, "397483d2a21dda263fac53bff4a55713"
                        "d5c650d37eb250124d68dcfe6c9e5cf7");
  bl_subkey(out, 64, secret, "keys");
  expect_bytes(out, 64, "2273dbf4920e941f403f0b8a2a06e2ac"
                        "9c405c39beb93d544869f3946d3727ca"
                        "47bba3e5199c936f6f3207e182c3893f"
                        "8aa6098449086b5beecc19e02f4bcb20");
}
END_TEST

START_TEST(starting_twice_is_fine) {
  ck_assert_int_eq(bl_crypto_start(), BILLING_OK);
  ck_assert_int_eq(bl_crypto_start(), BILLING_OK);
}
END_TEST

START_TEST(entropy_fills_what_it_is_asked_for_and_no_more) {
  unsigned char one[40] = {0}, two[40] = {0};
  const unsigned char zero[8] = {0};
  ck_assert_int_eq(bl_entropy(one, 32), BILLING_OK);
  ck_assert_int_eq(bl_entropy(two, 32), BILLING_OK);
  ck_assert_mem_ne(one, two, 32);
  ck_assert_mem_eq(one + 32, zero, 8);
}
END_TEST

Suite *test_crypto_hash(void);

Suite *test_crypto_hash(void) {
  Suite *suite = suite_create("crypto/hash");
  TCase *tests = tcase_create("hash");
  tcase_add_test(tests,
                 hash_of_abc_and_siphash_of_nothing_are_the_published_ones);
  tcase_add_test(tests, hash_of_nothing_and_of_all_bytes);
  tcase_add_test(tests, siphash_of_fifteen_bytes_is_the_example_of_the_paper);
  tcase_add_test(tests, a_link_of_the_chain_hashes_its_four_parts_in_order);
  tcase_add_test(tests, a_subkey_depends_on_secret_label_and_length);
  tcase_add_test(tests, starting_twice_is_fine);
  tcase_add_test(tests, entropy_fills_what_it_is_asked_for_and_no_more);
  suite_add_tcase(suite, tests);
  return suite;
}
