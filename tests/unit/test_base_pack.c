/* SPDX-License-Identifier: MIT OR Apache-2.0 */
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

#define MAX_BYTES "FF FF FF FF 9F A2 94 A6 D0 C7 D8 A1 AD A8 99 ED D9 04"

/* 2n, or 2n + 1 for whole numbers, n the zigzag of the integer. */
static const struct {
  const char *value;
  const char *bytes;
} decimals[] = {
  {"0", "01"}, {"1", "05"}, {"12", "31"}, {"-12", "2F"}, {"-1", "03"},
  {"31", "7D"}, {"-32", "7F"}, {"32", "81 01"},
  {"0.000000000000000001", "04"}, {"-0.000000000000000001", "02"},
  {"0.5", "80 80 A0 F6 F4 AC DB E0 1B"},
  {"12.34", "80 80 A0 8A AC CF FC 80 AD 05"},
  {"99999999999999999999", "FD FF FF E1 D8 96 DE 8E AF 2B"},
  {"-99999999999999999999", "FB FF FF E1 D8 96 DE 8E AF 2B"},
  {"99999999999999999999.999999999999999999", "FC " MAX_BYTES},
  {"-99999999999999999999.999999999999999999", "FA " MAX_BYTES}
};

START_TEST(decimals_are_short_when_they_are_whole) {
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
    "80", "80 00", "81 00", "85 80 00",
    "00",                                        /* 0, not as whole */
    "80 80 C0 EC E9 D9 B6 C1 37",                /* 1, not as whole */
    "81 80 80 E2 D8 96 DE 8E AF 2B",             /* 10^20, as whole */
    "81 80 80 80 80 80 80 80 80 80 80 80 80 80 80 80 01",    /* 2^110, too */
    "80 80 80 80 80 A0 A2 94 A6 D0 C7 D8 A1 AD A8 99 ED D9 04",
    "FE FF FF FF FF FF FF FF FF FF FF FF FF FF FF FF FF FF 07",
    "FE FF FF FF FF FF FF FF FF FF FF FF FF FF FF FF FF FF 0F",
    "FE FF FF FF FF FF FF FF FF FF FF FF FF FF FF FF FF FF 8F 01"
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

Suite *test_base_pack(void) {
  Suite *s = suite_create("base/pack");
  TCase *t = tcase_create("pack");

  tcase_add_test(t, unsigned_integers_take_seven_bits_a_byte);
  tcase_add_test(t, signed_integers_are_zigzag);
  tcase_add_test(t, decimals_are_short_when_they_are_whole);
  tcase_add_test(t, bytes_are_their_length_and_themselves);
  tcase_add_test(t, failure_is_sticky);
  tcase_add_test(t, each_value_has_one_form_only);
  tcase_add_test(t, random_bytes_are_refused_or_come_back);
  suite_add_tcase(s, t);
  return s;
}
