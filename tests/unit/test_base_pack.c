/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <stdio.h>

#include "base/pack.h"
#include "unit.h"

/* The bytes of a text as "AC 02". */
static void ck_bytes(bl_text *t, const char *hex) {
  static const char digit[] = "0123456789ABCDEF";
  char shown[256] = "";

  ck_assert_uint_eq(t->failed, 0);
  ck_assert_uint_lt(t->len, sizeof shown / 3);
  for (size_t i = 0; i < t->len; i++) {
    unsigned byte = (unsigned char)t->text[i];
    char *at = shown + 3 * i;
    at[0] = digit[byte >> 4];
    at[1] = digit[byte & 15];
    at[2] = i + 1 < t->len ? ' ' : '\0';
  }
  ck_assert_str_eq(shown, hex);
  t->len = 0;
}

/* Reads "AC 02" back into bytes. */
static bl_unpack unpack_of(const char *hex) {
  static unsigned char bytes[64];
  bl_unpack u;
  size_t len = 0;

  for (const char *at = hex; *at; at += at[2] ? 3 : 2)
    bytes[len++] = (unsigned char)strtoul(at, NULL, 16);
  bl_unpack_open(&u, bytes, len);
  return u;
}

static const struct {
  uint64_t    value;
  const char *bytes;
} unsigneds[] = {
  {0, "00"}, {1, "01"}, {127, "7F"}, {128, "80 01"}, {300, "AC 02"},
  {16383, "FF 7F"}, {16384, "80 80 01"},
  {UINT64_MAX, "FF FF FF FF FF FF FF FF FF 01"}
};

START_TEST(unsigned_integers_take_seven_bits_a_byte) {
  bl_arena a;
  bl_text t;

  bl_arena_open(&a, NULL);
  bl_text_open(&t, &a);
  for (size_t i = 0; i < BL_COUNT(unsigneds); i++) {
    bl_unpack u = unpack_of(unsigneds[i].bytes);
    bl_pack_u64(&t, unsigneds[i].value);
    ck_bytes(&t, unsigneds[i].bytes);
    ck_assert_uint_eq(bl_unpack_u64(&u), unsigneds[i].value);
    ck_assert(bl_unpack_done(&u));
  }
  bl_arena_close(&a);
}
END_TEST

static const struct {
  int64_t     value;
  const char *bytes;
} signeds[] = {
  {0, "00"}, {-1, "01"}, {1, "02"}, {-2, "03"}, {-64, "7F"}, {64, "80 01"},
  {INT64_MAX, "FE FF FF FF FF FF FF FF FF 01"},
  {INT64_MIN, "FF FF FF FF FF FF FF FF FF 01"}
};

START_TEST(signed_integers_are_zigzag) {
  bl_arena a;
  bl_text t;

  bl_arena_open(&a, NULL);
  bl_text_open(&t, &a);
  for (size_t i = 0; i < BL_COUNT(signeds); i++) {
    bl_unpack u = unpack_of(signeds[i].bytes);
    bl_pack_i64(&t, signeds[i].value);
    ck_bytes(&t, signeds[i].bytes);
    ck_assert_int_eq(bl_unpack_i64(&u), signeds[i].value);
    ck_assert(bl_unpack_done(&u));
  }
  bl_arena_close(&a);
}
END_TEST

/* 2n + 1 for whole numbers that are not negative; else 32n + 2 * code, the
 * code being how many thousands divide the integer, and 8 for a sign. */
static const struct {
  const char *value;
  const char *bytes;
} decimals[] = {
  {"0", "01"}, {"1", "03"}, {"12", "19"}, {"63", "7F"}, {"64", "81 01"},
  {"1250", "C5 13"}, {"8191", "FF 7F"}, {"8192", "81 80 01"},
  {"-1", "3C"}, {"-12", "9C 03"},
  {"0.000000000000000001", "20"}, {"-0.000000000000000001", "30"},
  {"0.000000000000001", "22"}, {"0.001", "2A"}, {"-0.001", "3A"},
  {"0.5", "8A 7D"}, {"-0.5", "9A 7D"}, {"0.003085", "A8 83 06"},
  {"1234.5", "8A 91 EB 12"}, {"12.34", "8A 8D 18"},
  {"288230376151711743", "FF FF FF FF FF FF FF FF 07"},
  {"18446744073709551616", "81 80 80 80 80 80 80 80 80 04"},
  {"99999999999999999999", "FF FF FF B0 AC 8B AF C7 D7 15"},
  {"-99999999999999999999", "FC FF FF 8F C6 B5 F1 F5 F8 DA 02"},
  {"99999999999999999999.999999999999999999",
   "E0 FF FF FF FF FF 91 A2 B1 82 BD C4 8D EA C2 CA E9 CE 25"},
  {"-99999999999999999999.999999999999999999",
   "F0 FF FF FF FF FF 91 A2 B1 82 BD C4 8D EA C2 CA E9 CE 25"}
};

START_TEST(decimals_are_short_when_they_have_few_digits) {
  bl_arena a;
  bl_text t;

  bl_arena_open(&a, NULL);
  bl_text_open(&t, &a);
  for (size_t i = 0; i < BL_COUNT(decimals); i++) {
    bl_unpack u = unpack_of(decimals[i].bytes);
    bl_pack_dec(&t, D(decimals[i].value));
    ck_bytes(&t, decimals[i].bytes);
    ck_assert_dec_eq(bl_unpack_dec(&u), decimals[i].value);
    ck_assert(bl_unpack_done(&u));
  }
  bl_arena_close(&a);
}
END_TEST

START_TEST(bytes_are_their_length_and_themselves) {
  bl_arena a;
  bl_text t;
  bl_unpack u;

  bl_arena_open(&a, NULL);
  bl_text_open(&t, &a);
  bl_pack_str(&t, BL_STR("tok"));
  bl_pack_str(&t, (bl_str){NULL, 0});
  bl_pack_bytes(&t, "\0\xff", 2);
  bl_unpack_open(&u, t.text, t.len);
  bl_str s = bl_unpack_str(&u);
  ck_assert(bl_str_is(s, "tok"));
  ck_assert_ptr_eq(s.text, t.text + 1);
  s = bl_unpack_str(&u);
  ck_assert_uint_eq(s.len, 0);
  ck_assert_ptr_nonnull(s.text);
  ck_assert(!bl_unpack_done(&u));
  s = bl_unpack_str(&u);
  ck_assert(bl_str_equal(s, (bl_str){"\0\xff", 2}));
  ck_assert(bl_unpack_done(&u));
  ck_bytes(&t, "03 74 6F 6B 00 02 00 FF");
  bl_arena_close(&a);
}
END_TEST

/* The end of nothing is found at once, and stays found. */
START_TEST(failure_is_sticky) {
  bl_unpack u;

  bl_unpack_open(&u, NULL, 0);
  ck_assert(bl_unpack_done(&u));
  ck_assert_uint_eq(bl_unpack_u64(&u), 0);
  ck_assert(!bl_unpack_done(&u));
  u = unpack_of("05 61 62");
  bl_str s = bl_unpack_str(&u);
  ck_assert(s.len == 0 && s.text);
  ck_assert_uint_ne(u.bad, 0);
  ck_assert_uint_eq(bl_unpack_u64(&u), 0);
  ck_assert_int_eq(bl_unpack_i64(&u), 0);
  ck_assert_dec_eq(bl_unpack_dec(&u), "0");
  ck_assert_uint_eq(bl_unpack_str(&u).len, 0);
  ck_assert(!bl_unpack_done(&u));
}
END_TEST

START_TEST(each_value_has_one_form_only) {
  static const char *const integers[] = {
    "80", "80 00", "AC 82", "FF 80 00",
    "FF FF FF FF FF FF FF FF FF 02",             /* 2^64 and more */
    "FF FF FF FF FF FF FF FF FF 81",
    "80 80 80 80 80 80 80 80 80 80 01"
  };
  static const char *const others[] = {
    "80", "80 00", "81 00", "85 80 00", "A2 80 80 00",
    "00", "02",                                  /* 0, not as whole */
    "1C", "10",                                  /* -0 */
    "2C",                                        /* 1, not as whole */
    "8A FA 01",                                  /* 1, as 1000 thousandths */
    "80 FA 01",                                  /* 1000, as 1 thousand */
    "2E", "3E",                                  /* seven thousands */
    "81 80 80 B1 AC 8B AF C7 D7 15",             /* 10^20, as whole */
    "9C 80 80 90 C6 B5 F1 F5 F8 DA 02",          /* -10^20 */
    "81 80 80 80 80 80 80 80 80 80 80 80 80 80 80 80 01",    /* 2^111, too */
    "80 80 80 80 80 80 92 A2 B1 82 BD C4 8D EA C2 CA E9 CE 25",    /* 10^20 */
    "A0 80 80 80 80 80 80 80 80 80 80 80 80 80 80 80 80 80 40",    /* 2^127 */
    "A0 80 80 80 80 80 80 80 80 80 80 80 80 80 80 80 80 80 80 01",
    "80 80 80 80 80 80 80 80 80 80 80 80 80 80 80 80 80 00"
  };

  for (size_t i = 0; i < BL_COUNT(integers); i++) {
    bl_unpack u = unpack_of(integers[i]);
    ck_assert_uint_eq(bl_unpack_u64(&u), 0);
    ck_assert_msg(u.bad, "%s", integers[i]);
  }
  for (size_t i = 0; i < BL_COUNT(others); i++) {
    bl_unpack u = unpack_of(others[i]);
    ck_assert_dec_eq(bl_unpack_dec(&u), "0");
    ck_assert_msg(u.bad, "%s", others[i]);
  }
}
END_TEST

/* A number is read alike whether or not others follow it. */
START_TEST(what_follows_a_number_does_not_matter) {
  for (size_t i = 0; i < BL_COUNT(decimals); i++) {
    char hex[128];
    bl_unpack u;

    snprintf(hex, sizeof hex, "%s 80 80 80 80 80 80 80 80", decimals[i].bytes);
    u = unpack_of(hex);
    ck_assert_dec_eq(bl_unpack_dec(&u), decimals[i].value);
    ck_assert(!u.bad && u.end - u.at == 8);
  }
  for (size_t i = 0; i < BL_COUNT(unsigneds); i++) {
    char hex[128];
    bl_unpack u;

    snprintf(hex, sizeof hex, "%s 80 80 80 80 80 80 80 80",
             unsigneds[i].bytes);
    u = unpack_of(hex);
    ck_assert_uint_eq(bl_unpack_u64(&u), unsigneds[i].value);
    ck_assert(!u.bad && u.end - u.at == 8);
  }
}
END_TEST

START_TEST(a_decimal_comes_apart_and_together) {
  static const struct {
    const char *value;
    uint64_t    digits;
    uint32_t    thousands, is_negative;
  } rows[] = {
    {"0", 0, 6, 0}, {"7000", 7000, 6, 0}, {"-12.345", 12345, 5, 1},
    {"0.00012", 120, 4, 0}, {"0.000000001", 1, 3, 0},
    {"-0.000000000001", 1, 2, 1}, {"3.000000000000001", 3000000000000001, 1, 0}
  };

  for (size_t i = 0; i < BL_COUNT(rows); i++) {
    bl_dec_parts parts = bl_dec_split(D(rows[i].value));
    ck_assert_uint_eq((uint64_t)parts.digits, rows[i].digits);
    ck_assert_uint_eq(parts.thousands, rows[i].thousands);
    ck_assert_uint_eq(parts.is_negative, rows[i].is_negative);
    ck_assert_dec_eq(bl_dec_join(&parts), rows[i].value);
  }
}
END_TEST

START_TEST(bytes_that_are_not_there_are_not_read) {
  bl_unpack u = unpack_of("01 02 03");

  ck_assert_uint_eq(bl_unpack_byte(&u), 1);
  ck_assert_ptr_null(bl_unpack_bytes(&u, 3));
  ck_assert(u.bad);
  ck_assert_ptr_null(bl_unpack_bytes(&u, 0));
  ck_assert_uint_eq(bl_unpack_byte(&u), 0);
  u = unpack_of("01 02 03");
  ck_assert_ptr_nonnull(bl_unpack_bytes(&u, 0));
  ck_assert_uint_eq(bl_unpack_bytes(&u, 3)[2], 3);
  ck_assert(bl_unpack_done(&u));
  u = unpack_of("01 02 03");
  ck_assert_ptr_null(bl_unpack_bytes(&u, UINT64_MAX));
}
END_TEST

/* Whatever is read without failure is written as the same bytes. */
START_TEST(random_bytes_are_refused_or_come_back) {
  uint64_t seed = 1;
  bl_arena a;
  bl_text t;

  bl_arena_open(&a, NULL);
  bl_text_open(&t, &a);
  for (int i = 0; i < 200000; i++) {
    unsigned char bytes[20];
    for (size_t j = 0; j < sizeof bytes; j++) {
      seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
      bytes[j] = (unsigned char)(seed >> 56);
      if (j < (unsigned)i % 20) bytes[j] |= 0x80;
    }
    bl_unpack u;
    bl_unpack_open(&u, bytes, sizeof bytes);
    bl_dec v = bl_unpack_dec(&u);
    if (u.bad) continue;
    t.len = 0;
    bl_pack_dec(&t, v);
    ck_assert_uint_eq(t.len, (size_t)(u.at - bytes));
    ck_assert_mem_eq(t.text, bytes, t.len);
  }
  bl_arena_close(&a);
}
END_TEST

START_TEST(eight_bytes_sort_as_numbers_do) {
  static const uint64_t numbers[] = {0, 1, 255, 256, 65535, UINT64_C(1) << 40,
                                     UINT64_MAX};
  unsigned char last[8] = {0}, bytes[8];

  bl_put_be64(bytes, 0x0102030405060708u);
  ck_assert_uint_eq(bytes[0], 1);
  ck_assert_uint_eq(bytes[7], 8);
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
    bl_put_be64(bytes, numbers[i]);
    ck_assert(bl_get_be64(bytes) == numbers[i]);
    if (i) ck_assert_int_lt(memcmp(last, bytes, 8), 0);
    memcpy(last, bytes, 8);
  }
}
END_TEST

Suite *test_base_pack(void) {
  Suite *s = suite_create("base/pack");
  TCase *t = tcase_create("pack");

  tcase_add_test(t, unsigned_integers_take_seven_bits_a_byte);
  tcase_add_test(t, signed_integers_are_zigzag);
  tcase_add_test(t, decimals_are_short_when_they_have_few_digits);
  tcase_add_test(t, bytes_are_their_length_and_themselves);
  tcase_add_test(t, failure_is_sticky);
  tcase_add_test(t, each_value_has_one_form_only);
  tcase_add_test(t, what_follows_a_number_does_not_matter);
  tcase_add_test(t, a_decimal_comes_apart_and_together);
  tcase_add_test(t, bytes_that_are_not_there_are_not_read);
  tcase_add_test(t, random_bytes_are_refused_or_come_back);
  tcase_add_test(t, eight_bytes_sort_as_numbers_do);
  suite_add_tcase(s, t);
  return s;
}
