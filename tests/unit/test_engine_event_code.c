/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * test_engine_event_code.c - the bytes of a batch of events.
 *
 * Bytes are worked by hand from the description in event_code.c; whole
 * batches must come back as they were, whatever is in them.
 */
#include <stdio.h>

#include "engine/event_form.h"
#include "unit.h"

#define MIDNIGHT INT64_C(1767225600000000)      /* 2026-01-01 */
#define UUID_1 "0189c4f2-7a10-4e5b-9c3d-2f6a8b1e4d70"
#define UUID_2 "0189c4f2-7a11-47c8-8e02-915d603ba7fe"

/* ---- Bytes as text ------------------------------------------------------ */

/* "01 0A 'model' 02" to bytes; what is between quotes stands for itself. */
static bl_str bytes_of(bl_arena *a, const char *text) {
  char *bytes = bl_arena_take(a, strlen(text) + 1);
  size_t len = 0;

  for (const char *at = text; *at;) {
    if (*at == ' ') {
      at++;
    } else if (*at == '\'') {
      for (at++; *at != '\''; at++) bytes[len++] = *at;
      at++;
    } else {
      bytes[len++] = (char)strtoul((char[]){at[0], at[1], 0}, NULL, 16);
      at += 2;
    }
  }
  return (bl_str){bytes, len};
}

static void ck_bytes(bl_str got, bl_str expected) {
  static const char digit[] = "0123456789ABCDEF";
  char shown[2][2048];
  bl_str both[2] = {got, expected};

  for (int i = 0; i < 2; i++) {
    size_t at = 0;
    for (size_t j = 0; j < both[i].len && at < sizeof shown[i] - 4; j++) {
      shown[i][at++] = digit[(unsigned char)both[i].text[j] >> 4];
      shown[i][at++] = digit[(unsigned char)both[i].text[j] & 15];
      shown[i][at++] = ' ';
    }
    shown[i][at] = '\0';
  }
  ck_assert_str_eq(shown[0], shown[1]);
  ck_assert(bl_str_equal(got, expected));
}

/* ---- Batches ------------------------------------------------------------ */

typedef struct batch {
  bl_arena        arena;
  bl_fact_key   *keys;
  bl_fact_event  *facts;
  bl_event_text *words;
  size_t          key_count;
  size_t          count;
} batch;

static void batch_open(batch *b, size_t most) {
  memset(b, 0, sizeof *b);
  bl_arena_open(&b->arena, NULL);
  b->keys = bl_arena_array(&b->arena, most * 20, sizeof *b->keys);
  b->facts = bl_arena_array(&b->arena, most, sizeof *b->facts);
  b->words = bl_arena_array(&b->arena, most, sizeof *b->words);
}

static void batch_close(batch *b) { bl_arena_close(&b->arena); }

/* Keys are named as events use them. */
static int batch_write(const batch *b, bl_events_writer *w, bl_str *facts,
                       bl_str *properties) {
  bl_events_begin(w, MIDNIGHT);
  for (size_t i = 0; i < b->key_count; i++)
    if (bl_events_key(w, &b->keys[i]) != i && !w->failed) return -1;
  for (size_t i = 0; i < b->count && !w->failed; i++)
    bl_events_add(w, &b->facts[i], &b->words[i]);
  return bl_events_end(w, facts, properties);
}

static void ck_charge(const bl_fact_charge *a, const bl_fact_charge *b) {
  ck_assert_uint_eq(a->has_unique, b->has_unique);
  ck_assert_uint_eq(a->is_removal, b->is_removal);
  ck_assert_mem_eq(a->unique, b->unique, 16);
  ck_assert_int_eq(a->at_us, b->at_us);
  ck_assert(bl_dec_equal(a->quantity, b->quantity));
  ck_assert(bl_dec_equal(a->sample, b->sample));
  ck_assert(bl_dec_equal(a->amount, b->amount));
  ck_assert_uint_eq(a->draw_count, b->draw_count);
  for (size_t i = 0; i < a->draw_count; i++) {
    ck_assert_uint_eq(a->draws[i].grant, b->draws[i].grant);
    ck_assert(bl_dec_equal(a->draws[i].amount, b->draws[i].amount));
  }
}

static void ck_key(const bl_fact_key *a, const bl_fact_key *b) {
  ck_assert_uint_eq(a->contract, b->contract);
  ck_assert_uint_eq(a->price, b->price);
  ck_assert_uint_eq(a->period, b->period);
  ck_assert(bl_str_equal(a->group, b->group));
}

static void ck_fact(const batch *b, const bl_events_reader *r,
                    const bl_fact_event *got, const bl_fact_event *was) {
  ck_assert_uint_eq(got->flags, was->flags);
  ck_assert_uint_eq(got->customer, was->customer);
  ck_assert_int_eq(got->time_us, was->time_us);
  ck_assert(bl_dec_equal(got->balance, was->balance));
  ck_assert_uint_eq(got->charge_count, was->charge_count);
  for (size_t i = 0; i < got->charge_count; i++) {
    ck_assert_uint_lt(got->charges[i].key, r->key_count);
    ck_key(&r->keys[got->charges[i].key], &b->keys[was->charges[i].key]);
    ck_charge(&got->charges[i], &was->charges[i]);
  }
}

static void ck_words(const bl_event_text *got, const bl_event_text *was) {
  ck_assert_uint_eq(got->is_redacted, was->is_redacted);
  if (was->is_redacted) {
    ck_assert_mem_eq(got->key_hash, was->key_hash, 16);
    ck_assert_uint_eq(got->has_value, 0);
    ck_assert_uint_eq(got->key.len + got->name.len + got->properties.len, 0);
    return;
  }
  ck_assert_uint_eq(got->has_value, was->has_value);
  ck_assert(bl_dec_equal(got->value,
                         was->has_value ? was->value : BL_DEC_ZERO));
  ck_assert(bl_str_equal(got->key, was->key));
  ck_assert(bl_str_equal(got->name, was->name));
  ck_assert(bl_str_equal(got->properties, was->properties));
}

/* Facts and words together, the facts alone, and each event reached by
 * skipping, are all as they were. */
static void ck_reads_back(const batch *b, bl_str facts, bl_str properties) {
  bl_str none = {NULL, 0};
  bl_event_text words;
  bl_fact_event fact;
  bl_events_reader r;
  bl_arena a;

  bl_arena_open(&a, NULL);
  ck_assert_int_eq(bl_events_open(&r, &a, facts, properties, MIDNIGHT), 0);
  ck_assert_uint_eq(r.count, b->count);
  for (size_t i = 0; i < b->count; i++) {
    ck_assert_int_eq(bl_events_next(&r, &fact, &words), BILLING_OK);
    ck_fact(b, &r, &fact, &b->facts[i]);
    ck_words(&words, &b->words[i]);
  }
  ck_assert_int_eq(bl_events_next(&r, &fact, &words), BILLING_DONE);
  ck_assert_int_eq(bl_events_next(&r, &fact, &words), BILLING_DONE);
  ck_assert_int_eq(bl_events_open(&r, &a, facts, none, MIDNIGHT), 0);
  for (size_t i = 0; i < b->count; i++) {
    ck_assert_int_eq(bl_events_next(&r, &fact, &words), BILLING_OK);
    ck_fact(b, &r, &fact, &b->facts[i]);
    ck_assert_uint_eq(words.key.len + words.name.len, 0);
  }
  ck_assert_int_eq(bl_events_next(&r, &fact, NULL), BILLING_DONE);
  for (size_t i = 0; i < b->count; i += 1 + b->count / 5) {
    ck_assert_int_eq(bl_events_open(&r, &a, facts, properties, MIDNIGHT), 0);
    ck_assert_int_eq(bl_events_skip(&r, i), BILLING_OK);
    ck_assert_int_eq(bl_events_next(&r, &fact, &words), BILLING_OK);
    ck_fact(b, &r, &fact, &b->facts[i]);
    ck_words(&words, &b->words[i]);
  }
  ck_assert_int_eq(bl_events_open(&r, &a, facts, properties, MIDNIGHT), 0);
  ck_assert_int_eq(bl_events_skip(&r, b->count + 1), BILLING_DONE);
  bl_arena_close(&a);
}

static void ck_round_trip(const batch *b) {
  bl_events_writer w;
  bl_str facts, properties;
  bl_arena a;

  bl_arena_open(&a, NULL);
  bl_events_writer_open(&w, &a);
  ck_assert_int_eq(batch_write(b, &w, &facts, &properties), 0);
  ck_reads_back(b, facts, properties);
  bl_arena_close(&a);
}

/* ---- One event at a time ------------------------------------------------ */

static bl_fact_charge *charge_with(batch *b, uint64_t key, const char *units,
                                    const char *amount, size_t draws) {
  bl_fact_charge *charge = bl_arena_take(&b->arena, sizeof *charge);

  charge->key = key;
  charge->quantity = charge->sample = D(units);
  charge->amount = D(amount);
  charge->draw_count = draws;
  charge->draws = bl_arena_array(&b->arena, draws + 1, sizeof(bl_draw));
  return charge;
}

static bl_fact_event *add_event(batch *b, uint64_t customer,
                                int64_t after_us) {
  bl_fact_event *fact = &b->facts[b->count];
  bl_event_text *words = &b->words[b->count++];

  fact->customer = customer;
  fact->time_us = MIDNIGHT + after_us;
  words->key = BL_STR("k");
  words->name = BL_STR("n");
  return fact;
}

/* An event with one charge that grant 3 pays. */
static bl_fact_event *add_charged(batch *b, uint64_t key, const char *units,
                                  const char *amount, const char *balance) {
  bl_fact_event *fact = add_event(b, 7, 0);

  fact->charges = charge_with(b, key, units, amount, 1);
  fact->charge_count = 1;
  fact->charges->draws[0] = (bl_draw){3, D(amount)};
  fact->balance = D(balance);
  return fact;
}

static void set_words(bl_event_text *words, const char *key,
                      const char *properties, const bl_event_hole *holes) {
  words->key = bl_str_of(key);
  words->name = BL_STR("tokens");
  words->properties = bl_str_of(properties);
  words->holes = holes;
  words->hole_count = holes ? 3 : 0;
}

/* The example at the head of event_code.c. */
static void make_example(batch *b) {
  static const bl_event_hole holes_1[] = {{10, 2, 0}, {21, 8, 0}, {35, 1, 0}};
  static const bl_event_hole holes_2[] = {{10, 2, 0}, {21, 8, 0}, {35, 2, 0}};

  batch_open(b, 2);
  b->keys[b->key_count++] = (bl_fact_key){9, 0, 1, {"", 0}};
  add_charged(b, 0, "12", "0.0024", "19.9976")->time_us -= 250000;
  add_charged(b, 0, "30", "0.006", "19.9916")->time_us -= 249000;
  set_words(&b->words[0], UUID_1,
            "{\"model\":\"m1\",\"req\":\"9f3a01bc\",\"n\":5}", holes_1);
  set_words(&b->words[1], UUID_2,
            "{\"model\":\"m1\",\"req\":\"00ff00ff\",\"n\":-2}", holes_2);
  for (int i = 0; i < 2; i++) b->words[i].has_value = 1;
  b->words[0].value = D("12");
  b->words[1].value = D("30");
}

#define EXAMPLE_FACTS                                              \
  "01 02"                                                          \
  "5D 0E 1F A1 07  60 03 04 02  19 88 D8 04  03 06  88 E8 91 B1 02" \
  "50 D0 07  01 3D"
#define EXAMPLE_PROPERTIES                                         \
  "01"                                                             \
  "00 08 00 06 'tokens' 00 03"                                     \
  "0A '{\"model\":\"' 09 '\",\"req\":\"' 06 '\",\"n\":' 01 '}'"    \
  "01 89 C4 F2 7A 10 4E 5B 9C 3D 2F 6A 8B 1E 4D 70"                \
  "00 02 'm1' 04 04 9F 3A 01 BC 15"                                \
  "01 01 89 C4 F2 7A 11 47 C8 8E 02 91 5D 60 3B A7 FE"             \
  "0A 02 00 FF 00 FF 07"

START_TEST(the_example_of_the_description_is_right) {
  bl_str facts, properties;
  bl_events_writer w;
  batch b;

  make_example(&b);
  bl_events_writer_open(&w, &b.arena);
  ck_assert_int_eq(batch_write(&b, &w, &facts, &properties), 0);
  ck_bytes(facts, bytes_of(&b.arena, EXAMPLE_FACTS));
  ck_bytes(properties, bytes_of(&b.arena, EXAMPLE_PROPERTIES));
  ck_reads_back(&b, facts, properties);
  batch_close(&b);
}
END_TEST

/* Writes the batch and compares the facts; the words come back, too. */
static void ck_facts(const batch *b, const char *expected) {
  bl_str facts, properties;
  bl_events_writer w;
  bl_arena a;

  bl_arena_open(&a, NULL);
  bl_events_writer_open(&w, &a);
  ck_assert_int_eq(batch_write(b, &w, &facts, &properties), 0);
  ck_bytes(facts, bytes_of(&a, expected));
  ck_reads_back(b, facts, properties);
  bl_arena_close(&a);
}

START_TEST(an_entry_may_be_empty) {
  batch b;

  batch_open(&b, 1);
  ck_facts(&b, "01 00");
  batch_close(&b);
}
END_TEST

/* An event without charges is a byte, and what differs. */
START_TEST(what_is_as_before_costs_nothing) {
  batch b;

  batch_open(&b, 8);
  add_event(&b, 0, 0);
  add_event(&b, 7, 0);
  add_event(&b, 7, 0)->flags = 17;
  add_event(&b, 7, 0)->flags = 17;
  add_event(&b, 3, 0)->flags = 300;
  add_event(&b, 3, -1)->flags = 300;
  add_event(&b, 3, -1)->flags = 300;
  b.facts[6].balance = D("2");
  ck_facts(&b, "01 07"
               "00"
               "01 0E"
               "02 11"
               "00"
               "03 07 AC 02"
               "08 01"
               "04 05");
  batch_close(&b);
}
END_TEST

/* Each as long after the one before as the first that needs a byte more. */
START_TEST(times_take_the_bytes_that_they_need) {
  static const int64_t times[] = {
    127, 0xFF, 0x80FF, 0x8080FF, 0x808080FF, INT64_C(0x80808080FF),
    INT64_C(0x8080808080FF)};
  batch b;

  batch_open(&b, 7);
  for (size_t i = 0; i < BL_COUNT(times); i++) add_event(&b, 0, times[i]);
  ck_facts(&b, "01 07"
               "08 FE"
               "10 00 01"
               "18 00 00 01"
               "20 00 00 00 01"
               "28 00 00 00 00 01"
               "30 00 00 00 00 00 01"
               "38 00 00 00 00 00 00 01 00");
  batch_close(&b);
}
END_TEST

START_TEST(the_ends_of_time_and_of_numbers_come_back) {
  batch b;

  batch_open(&b, 6);
  b.keys[b.key_count++] =
      (bl_fact_key){UINT64_MAX, UINT64_MAX, UINT64_MAX, BL_STR("g")};
  b.keys[b.key_count++] = (bl_fact_key){0, 0, 0, {"", 0}};
  add_event(&b, UINT64_MAX, 0)->time_us = INT64_MIN;
  add_event(&b, 0, 0)->time_us = INT64_MAX;
  add_event(&b, UINT64_MAX / 2 + 1, 0)->flags = UINT64_MAX;
  for (int i = 0; i < 3; i++) {
    bl_fact_event *fact = add_event(&b, UINT64_MAX - (uint64_t)i % 2, i);
    fact->charges = charge_with(&b, (uint64_t)i / 2, "1", "1", 1);
    fact->charge_count = 1;
    fact->charges->quantity = i == 1 ? bl_dec_neg(BL_DEC_MAX) : BL_DEC_MAX;
    fact->charges->sample = bl_dec_neg(fact->charges->quantity);
    fact->charges->amount = BL_DEC_MAX;
    fact->charges->draws[0] = (bl_draw){UINT64_MAX * (uint64_t)(i % 2),
                                        i ? BL_DEC_MAX : BL_DEC_ONE};
    fact->charges->at_us = i ? INT64_MAX : INT64_MIN;
    fact->balance = i == 1 ? BL_DEC_MAX : bl_dec_neg(BL_DEC_MAX);
  }
  ck_round_trip(&b);
  batch_close(&b);
}
END_TEST

/* A charge that costs nothing and that nothing pays. */
static bl_fact_charge *add_free(batch *b, uint64_t customer, uint64_t key,
                                 const char *units) {
  bl_fact_event *fact = add_event(b, customer, 0);

  fact->charges = charge_with(b, key, units, "0", 0);
  fact->charge_count = 1;
  return fact->charges;
}

START_TEST(a_key_says_what_is_not_expected_of_it) {
  batch b;

  batch_open(&b, 4);
  b.keys[b.key_count++] = (bl_fact_key){7, 0, 0, {"", 0}};
  b.keys[b.key_count++] = (bl_fact_key){7, 15, 3, BL_STR("g")};
  b.keys[b.key_count++] = (bl_fact_key){9, 300, 3, BL_STR("g")};
  add_free(&b, 7, 0, "1");
  add_free(&b, 7, 1, "1");
  add_free(&b, 9, 2, "1");
  add_free(&b, 9, 0, "2");
  ck_facts(&b, "01 04"
               "41 0E 40 00 03 01"
               "40 40 FA 00 06 01 'g' 03 01"
               "41 04 40 F4 9D 02 00 03 01"
               "40 03 05");
  batch_close(&b);
}
END_TEST

/* Forty charges, each of a key of its own, and again the first key. */
START_TEST(old_keys_and_many_charges_take_a_number_more) {
  char expected[1024] = "01 02 C1 0E 25 40 00 03 01";
  bl_fact_event *fact;
  batch b;

  batch_open(&b, 2);
  fact = add_event(&b, 7, 0);
  fact->charges = bl_arena_array(&b.arena, 40, sizeof *fact->charges);
  fact->charge_count = 40;
  for (size_t i = 0; i < 40; i++) {
    b.keys[b.key_count++] = (bl_fact_key){7, 0, 0, {"", 0}};
    fact->charges[i] = *charge_with(&b, i, "1", "0", 0);
    if (i) strcat(expected, "00 00 03");
  }
  add_free(&b, 7, 0, "1");
  strcat(expected, "40 1F 09 03");
  ck_facts(&b, expected);
  b.facts[1].charges->key = 9;
  memcpy(expected + strlen(expected) - 11, "40 1F 00 03", 11);
  ck_facts(&b, expected);
  b.facts[1].charges->key = 10;
  strcpy(expected + strlen(expected) - 11, "40 1E 03");
  ck_facts(&b, expected);
  batch_close(&b);
}
END_TEST

static void set_draws(bl_fact_event *fact, bl_draw one, bl_draw two) {
  fact->charges->draw_count = two.grant || !bl_dec_is_zero(two.amount) ? 2 : 1;
  fact->charges->draws[0] = one;
  fact->charges->draws[1] = two;
}

START_TEST(draws_say_what_is_not_expected_of_them) {
  const bl_draw none = {0, {0, 0}};
  bl_fact_event *fact;
  batch b;

  batch_open(&b, 7);
  b.keys[b.key_count++] = (bl_fact_key){7, 0, 0, {"", 0}};
  for (int i = 0; i < 7; i++) {
    fact = add_event(&b, 7, 0);
    fact->charge_count = 1;
    fact->charges = charge_with(&b, 0, "2", "10", 1);
    fact->balance = D("-5");
  }
  b.facts[0].charges = charge_with(&b, 0, "1", "5", 1);
  set_draws(&b.facts[0], (bl_draw){3, D("2")}, (bl_draw){4, D("3")});
  set_draws(&b.facts[1], (bl_draw){0, D("10")}, none);
  set_draws(&b.facts[2], (bl_draw){0, D("10")}, none);
  b.facts[3].charges->amount = D("0");
  set_draws(&b.facts[3], (bl_draw){4, D("1")}, (bl_draw){4, D("-1")});
  b.facts[4].charges->amount = D("7");
  b.facts[4].charges->draw_count = 0;
  b.facts[5].charges->amount = D("7");
  set_draws(&b.facts[5], (bl_draw){4, D("3")}, none);
  b.facts[5].balance = D("-8");
  b.facts[6].charges = charge_with(&b, 0, "-2", "-7", 1);
  set_draws(&b.facts[6], (bl_draw){4, D("-7")}, none);
  b.facts[6].balance = D("-1");
  ck_facts(&b, "01 07"
               "41 0E 60 00 03 0B 05 06 05 02"
               "40 21 05 03 07"
               "40 01 05"
               "40 61 05 01 05 08 03 00"
               "40 61 05 0F 00"
               "40 21 05 02 00 07"
               "40 01 5C");
  batch_close(&b);
}
END_TEST

START_TEST(unique_values_and_times_of_levels_are_extras) {
  batch b;

  batch_open(&b, 3);
  b.keys[b.key_count++] = (bl_fact_key){7, 0, 0, {"", 0}};
  for (int i = 0; i < 3; i++) add_free(&b, 7, 0, "1");
  b.facts[0].charges->has_unique = 1;
  memcpy(b.facts[0].charges->unique, "abcdefghijklmnop", 16);
  b.facts[0].charges->at_us = MIDNIGHT;
  b.facts[1].charges->at_us = MIDNIGHT - 1;
  b.facts[2].charges->has_unique = 1;
  ck_facts(&b, "01 03"
               "41 0E C0 00 03 'abcdefghijklmnop' 00 03 01"
               "40 81 02 01 03"
               "40 81 01 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 03");
  batch_close(&b);
}
END_TEST

/* A value is removed; a sample of 5 moves the level by 1. */
START_TEST(removals_and_samples_are_extras) {
  batch b;

  batch_open(&b, 2);
  b.keys[b.key_count++] = (bl_fact_key){7, 0, 0, {"", 0}};
  for (int i = 0; i < 2; i++) add_free(&b, 7, 0, "1");
  b.facts[0].charges->has_unique = b.facts[0].charges->is_removal = 1;
  memcpy(b.facts[0].charges->unique, "abcdefghijklmnop", 16);
  b.facts[1].charges->sample = D("5");
  ck_facts(&b, "01 02"
               "41 0E C0 00 09 'abcdefghijklmnop' 03 01"
               "40 81 04 0B 03");
  batch_close(&b);
}
END_TEST

/* quantity and amount before, and now; the bytes of the quantity, and of the
 * amount where it is not expected. */
static const struct {
  const char *units, *amount, *more, *then, *bytes;
  int         is_said;
} proportions[] = {
  {"12", "0.0024", "30", "0.006", "3D", 0},
  {"12", "0.0024", "-30", "-0.006", "DC 07", 0},
  {"-12", "-0.0024", "30", "0.006", "3D", 0},
  {"-12", "0.0024", "30", "-0.006", "3D", 0},
  {"3", "1", "9", "3", "13", 0},
  {"7", "0", "9", "0", "13", 0},
  {"7", "5", "0", "0", "01", 0},
  {"0.001", "1", "5", "5000", "0B", 0},
  {"0.005", "1000", "10", "2000000", "15", 0},
  {"5", "1000000", "0.00000000000001", "0.000000002", "C2 02", 0},
  {"4", "18446744073709551614", "2", "9223372036854775807", "05", 0},
  {"3", "0.000000000000000003", "5", "0.000000000000000005", "0B", 0},
  /* What has no place in the digits of the amount before. */
  {"1000", "1", "5", "0.005", "0B AA 01", 1},
  {"4", "18446744073709551615", "2", "9223372036854775807.5",
   "05 8A 83 FF FF FF FF FF FF FF FF F9 01", 1},
  {"3", "1", "10", "3.333333333333333333", "15 A0 D5 AA CD 86 86 88 A6 C8 0B",
   1},
  {"7", "18446744073709551615", "2", "5270498306774157604",
   "05 C9 A4 92 C9 A4 92 C9 A4 92 01", 1},
  /* The product has more than 64 bits, and so has the amount. */
  {"2", "18446744073709551615", "4", "36893488147419103230",
   "09 FD FF FF FF FF FF FF FF FF 07", 1},
  /* Smaller than the smallest decimal, and larger than the largest. */
  {"3", "0.000000000000000007", "0.003", "0", "6A 01", 1},
  {"0.000000000000000001", "18000000000000000000", "1", "5", "03 0B", 1}
};

START_TEST(amounts_in_proportion_cost_nothing) {
  for (size_t i = 0; i < BL_COUNT(proportions); i++) {
    bl_str facts, properties, want;
    bl_events_writer w;
    batch b;

    batch_open(&b, 2);
    b.keys[b.key_count++] = (bl_fact_key){7, 0, 0, {"", 0}};
    add_free(&b, 7, 0, proportions[i].units);
    add_free(&b, 7, 0, proportions[i].more);
    b.facts[0].charges->amount = D(proportions[i].amount);
    b.facts[1].charges->amount = D(proportions[i].then);
    bl_events_writer_open(&w, &b.arena);
    ck_assert_int_eq(batch_write(&b, &w, &facts, &properties), 0);
    want = bytes_of(&b.arena, proportions[i].bytes);
    /* Draws of nothing follow where there is an amount. */
    if (!bl_dec_is_zero(b.facts[1].charges->amount)) {
      ck_assert_int_eq(facts.text[facts.len - 1], 0);
      facts.len--;
    }
    ck_bytes((bl_str){facts.text + facts.len - want.len, want.len}, want);
    ck_assert_int_eq(facts.text[facts.len - want.len - 1] & 0x5F,
                     proportions[i].is_said ? 0x41 : 0x01);
    facts.len += !bl_dec_is_zero(b.facts[1].charges->amount);
    ck_reads_back(&b, facts, properties);
    batch_close(&b);
  }
}
END_TEST

/* A new key goes by the last charge of the same price, unless another price
 * that is 64 away has come between. */
START_TEST(a_new_key_costs_as_its_price_did) {
  batch b;

  batch_open(&b, 5);
  for (uint64_t i = 0; i < 5; i++)
    b.keys[b.key_count++] = (bl_fact_key){7, i == 3 ? 65 : 1, 0, {"", 0}};
  for (uint64_t i = 0; i < 5; i++) {
    bl_fact_charge *charge = add_free(&b, 7, i, i == 1 ? "0" : "2");
    charge->amount = D(i == 1 ? "0" : "3");
  }
  ck_facts(&b, "01 05"
               "41 0E 60 10 05 07 00"
               "40 00 10 01"
               "40 20 10 05 00"
               "40 60 F0 32 05 07 00"
               "40 60 10 05 07 00");
  batch_close(&b);
}
END_TEST

START_TEST(the_balance_follows_the_grants_of_one_customer) {
  batch b;

  batch_open(&b, 6);
  b.keys[b.key_count++] = (bl_fact_key){7, 0, 0, {"", 0}};
  add_charged(&b, 0, "1", "1", "9");
  add_charged(&b, 0, "1", "1", "8");
  add_event(&b, 7, 0);                         /* leaves it as it was */
  add_charged(&b, 0, "1", "1", "7");
  add_event(&b, 8, 0);
  add_charged(&b, 0, "1", "1", "-1")->customer = 8;
  ck_facts(&b, "01 06"
               "45 0E 60 00 03 03 03 06 13"
               "40 01 03"
               "00"
               "40 01 03"
               "01 02"
               "40 01 03");
  batch_close(&b);
}
END_TEST

START_TEST(keys_are_written_in_the_order_of_use) {
  bl_str facts, properties;
  bl_fact_event fact;
  bl_events_reader r;
  bl_events_writer w;
  batch b;

  batch_open(&b, 3);
  for (uint64_t i = 0; i < 3; i++)
    b.keys[b.key_count++] = (bl_fact_key){i + 100, 0, 0, {"", 0}};
  add_free(&b, 7, 2, "1");
  add_free(&b, 7, 0, "1");
  add_free(&b, 7, 2, "1");
  bl_events_writer_open(&w, &b.arena);
  ck_assert_int_eq(batch_write(&b, &w, &facts, &properties), 0);
  ck_reads_back(&b, facts, properties);
  bl_events_open(&r, &b.arena, facts, properties, MIDNIGHT);
  while (!bl_events_next(&r, &fact, NULL)) continue;
  ck_assert_uint_eq(r.key_count, 2);
  ck_assert_uint_eq(r.keys[0].contract, 102);
  ck_assert_uint_eq(r.keys[1].contract, 100);
  batch_close(&b);
}
END_TEST

/* ---- Words -------------------------------------------------------------- */

static void ck_properties(const batch *b, const char *expected) {
  bl_str facts, properties;
  bl_events_writer w;
  bl_arena a;

  bl_arena_open(&a, NULL);
  bl_events_writer_open(&w, &a);
  ck_assert_int_eq(batch_write(b, &w, &facts, &properties), 0);
  ck_bytes(properties, bytes_of(&a, expected));
  ck_reads_back(b, facts, properties);
  bl_arena_close(&a);
}

START_TEST(names_templates_and_shapes_are_written_once) {
  batch b;

  batch_open(&b, 8);
  for (int i = 0; i < 8; i++) add_event(&b, 0, 0);
  b.words[2].name = b.words[3].name = BL_STR("m");
  b.words[3].properties = b.words[4].properties = BL_STR("{}");
  b.words[5].key = BL_STR(UUID_1);
  b.words[6] = (bl_event_text){0};
  b.words[6].is_redacted = 1;
  memcpy(b.words[6].key_hash, "0123456789abcdef", 16);
  b.words[7] = b.words[6];
  ck_properties(&b, "01"
                    "00 01 00 01 'n' 00 00 00  01 'k'"
                    "01 01 'k'"
                    "00 01 00 01 'm' 01  01 'k'"
                    "00 01 02 00 00 02 '{}'  01 'k'"
                    "00 01 01 02  01 'k'"
                    "00 00 01 01"
                    "01 89 C4 F2 7A 10 4E 5B 9C 3D 2F 6A 8B 1E 4D 70"
                    "00 02 '0123456789abcdef'"
                    "06 '0123456789abcdef'");
  batch_close(&b);
}
END_TEST

START_TEST(a_value_that_is_the_quantity_is_not_said_again) {
  batch b;

  batch_open(&b, 4);
  b.keys[b.key_count++] = (bl_fact_key){7, 0, 0, {"", 0}};
  for (int i = 0; i < 3; i++) add_free(&b, 7, 0, "5");
  add_event(&b, 7, 0);
  for (int i = 1; i < 4; i++) {
    b.words[i].has_value = 1;
    b.words[i].value = D(i == 2 ? "6" : "5");
  }
  ck_properties(&b, "01"
                    "00 01 00 01 'n' 00 00 00  01 'k'"
                    "00 09 01 01  01 'k'"
                    "00 05 01 01  01 'k' 0D"
                    "03 01 'k' 0B");
  batch_close(&b);
}
END_TEST

static const struct {
  const char *text, *bytes;
} forms[] = {
  {"a", "00 01 'a'"},
  {"0", "01"}, {"1", "05"}, {"-1", "03"}, {"63", "FD 01"},
  {"12345678", "B9 8A C6 17"},
  {"123456789012345678", "B9 9A 8F C6 E9 A5 9B ED 06"},
  {"999999999999999999", "FD FF BF EC E9 D9 B6 C1 37"},
  {"-999999999999999999", "FB FF BF EC E9 D9 B6 C1 37"},
  {"1234567890123456789", "00 13 '1234567890123456789'"},
  {"-0", "00 02 '-0'"}, {"-", "00 01 '-'"}, {"007", "00 03 '007'"},
  {"-01", "00 03 '-01'"}, {"1e3", "00 03 '1e3'"}, {"+1", "00 02 '+1'"},
  {"1.", "00 02 '1.'"}, {".5", "00 02 '.5'"}, {"1.2.3", "00 05 '1.2.3'"},
  {"-.5", "00 03 '-.5'"}, {"00.5", "00 04 '00.5'"}, {"1 ", "00 02 '1 '"},
  {"0.5", "08 01 0A"}, {"-0.50", "08 02 63"}, {"0.0", "08 01 00"},
  {"-0.0", "00 04 '-0.0'"}, {"12.34", "08 02 A4 13"},
  {"0.01", "08 02 02"}, {"100.0", "08 01 D0 0F"},
  {"0.12345678901234567", "08 11 8E AE DA D6 8B 95 EE 2B"},
  {"-0.12345678901234567", "08 11 8D AE DA D6 8B 95 EE 2B"},
  {"0.123456789012345678", "00 14 '0.123456789012345678'"},
  {"9f3a01bc", "04 04 9F 3A 01 BC"},
  {"deadbeefc0", "04 05 DE AD BE EF C0"},
  {"00112233445566778899aabbccddeeff",
   "04 10 00 11 22 33 44 55 66 77 88 99 AA BB CC DD EE FF"},
  {"9F3A01BC", "00 08 '9F3A01BC'"}, {"9f3a01b", "00 07 '9f3a01b'"},
  {"9f3a0a", "00 06 '9f3a0a'"}, {"9f3a01bg", "00 08 '9f3a01bg'"},
  {"9f3a01bcx0", "00 0A '9f3a01bcx0'"}, {"9f3a/1bc", "00 08 '9f3a/1bc'"},
  {"9f3a:1bc", "00 08 '9f3a:1bc'"}, {"9f3a@1bc", "00 08 '9f3a@1bc'"},
  {"9f3a`1bc", "00 08 '9f3a`1bc'"},
  {"9f3a\xb1" "bcd", "00 08 '9f3a\xb1" "bcd'"},
  {UUID_1, "06 01 89 C4 F2 7A 10 4E 5B 9C 3D 2F 6A 8B 1E 4D 70"},
  {"0189C4F2-7a10-4e5b-9c3d-2f6a8b1e4d70",
   "00 24 '0189C4F2-7a10-4e5b-9c3d-2f6a8b1e4d70'"},
  {"0189c4f2-7a10-4e5b-9c3d+2f6a8b1e4d70",
   "00 24 '0189c4f2-7a10-4e5b-9c3d+2f6a8b1e4d70'"}
};

#define ONE_HOLE "01 00 01 00 01 'n' 00 01 00 00 01 'k'"

START_TEST(what_stands_in_a_hole_takes_its_shortest_form) {
  for (size_t i = 0; i < BL_COUNT(forms); i++) {
    bl_event_hole hole = {0, (uint32_t)strlen(forms[i].text), 0};
    char expected[256];
    batch b;

    batch_open(&b, 1);
    add_event(&b, 0, 0);
    b.words[0].properties = bl_str_of(forms[i].text);
    b.words[0].holes = &hole;
    b.words[0].hole_count = 1;
    snprintf(expected, sizeof expected, "%s %s", ONE_HOLE, forms[i].bytes);
    ck_properties(&b, expected);
    batch_close(&b);
  }
}
END_TEST

/* In one hole, from event to event. */
START_TEST(words_of_a_hole_are_numbered) {
  static const char *const texts[] = {
    "a", "bc", "a", "bc", "00ff00ff", "11ee11ee", "00ff00ff", "5", "a",
    "0011223344", "00ff00fe", UUID_1, UUID_1, "", ""};
  bl_event_hole holes[BL_COUNT(texts)][2];
  char all[BL_COUNT(texts)][64];
  batch b;

  batch_open(&b, BL_COUNT(texts));
  for (size_t i = 0; i < BL_COUNT(texts); i++) {
    bl_event_text *words = (add_event(&b, 0, 0), &b.words[i]);
    snprintf(all[i], sizeof all[i], "<%s>", texts[i]);
    holes[i][0] = (bl_event_hole){1, (uint32_t)strlen(texts[i]), 0};
    words->properties = bl_str_of(all[i]);
    words->holes = holes[i];
    words->hole_count = 1;
  }
  ck_properties(&b, "01 00 01 00 01 'n' 00 01 01 '<' 01 '>'"
                    "01 'k' 00 01 'a'"
                    "01 01 'k' 00 02 'bc'"
                    "01 01 'k' 0A"
                    "01 01 'k' 0C"
                    "01 01 'k' 04 04 00 FF 00 FF"
                    "01 01 'k' 02 11 EE 11 EE"
                    "01 01 'k' 0E"
                    "01 01 'k' 15"
                    "01 01 'k' 0A"
                    "01 01 'k' 04 05 00 11 22 33 44"
                    "01 01 'k' 04 04 00 FF 00 FE"
                    "01 01 'k' 06"
                    "01 89 C4 F2 7A 10 4E 5B 9C 3D 2F 6A 8B 1E 4D 70"
                    "01 01 'k' 16"
                    "01 01 'k' 00 00"
                    "01 01 'k' 18");
  batch_close(&b);
}
END_TEST

/* Texts of 255 bytes have a number, longer ones have none. */
START_TEST(long_words_are_written_in_full) {
  static const size_t lens[] = {255, 256, 1, 1, 255, 256};
  char text[257], expected[4096], full[2][300];
  bl_event_hole holes[BL_COUNT(lens)];
  batch b;

  memset(text, 'x', sizeof text);
  snprintf(full[0], sizeof full[0], "00 FF 01 '%.255s'", text);
  snprintf(full[1], sizeof full[1], "00 80 02 '%.256s'", text);
  batch_open(&b, BL_COUNT(lens));
  for (size_t i = 0; i < BL_COUNT(lens); i++) {
    bl_event_text *words = (add_event(&b, 0, 0), &b.words[i]);
    holes[i] = (bl_event_hole){0, (uint32_t)lens[i], 0};
    words->properties = (bl_str){text, lens[i]};
    words->holes = &holes[i];
    words->hole_count = 1;
  }
  snprintf(expected, sizeof expected,
           ONE_HOLE "%s 01 01 'k' %s 01 01 'k' 00 01 'x' 01 01 'k' 0C"
           "01 01 'k' 0A 01 01 'k' %s", full[0], full[1], full[1]);
  ck_properties(&b, expected);
  batch_close(&b);
}
END_TEST

START_TEST(long_hexadecimal_texts_are_texts) {
  char text[131], expected[300];
  bl_event_hole hole = {0, 128, 0};
  batch b;

  memset(text, 'f', sizeof text);
  batch_open(&b, 1);
  add_event(&b, 0, 0);
  b.words[0].properties = (bl_str){text, 128};
  b.words[0].holes = &hole;
  b.words[0].hole_count = 1;
  strcpy(expected, ONE_HOLE "04 40");
  for (int i = 0; i < 64; i++) strcat(expected, "FF");
  ck_properties(&b, expected);
  hole.len = 130;
  b.words[0].properties.len = 130;
  snprintf(expected, sizeof expected, ONE_HOLE "00 82 01 '%.130s'", text);
  ck_properties(&b, expected);
  batch_close(&b);
}
END_TEST

START_TEST(a_key_as_long_as_a_uuid_may_be_none) {
  batch b;

  batch_open(&b, 1);
  add_event(&b, 0, 0);
  b.words[0].key = BL_STR("0189C4F2-7a10-4e5b-9c3d-2f6a8b1e4d70");
  ck_properties(&b, "01 00 01 00 01 'n' 00 00 00"
                    "24 '0189C4F2-7a10-4e5b-9c3d-2f6a8b1e4d70'");
  batch_close(&b);
}
END_TEST

START_TEST(holes_that_are_not_in_order_are_not_used) {
  static const bl_event_hole wrong[][2] = {
    {{2, 2, 0}, {1, 1, 0}}, {{0, 2, 0}, {1, 1, 0}}, {{0, 1, 0}, {3, 2, 0}},
    {{0, 1, 0}, {5, 0, 0}}, {{0, 1, 0}, {1, UINT32_MAX, 0}}
  };

  for (size_t i = 0; i < BL_COUNT(wrong); i++) {
    batch b;

    batch_open(&b, 1);
    add_event(&b, 0, 0);
    b.words[0].properties = BL_STR("abcd");
    b.words[0].holes = wrong[i];
    b.words[0].hole_count = 2;
    ck_properties(&b, "01 00 01 00 01 'n' 00 00 04 'abcd' 01 'k'");
    b.words[0].properties = BL_STR("");
    ck_properties(&b, "01 00 01 00 01 'n' 00 00 00 01 'k'");
    batch_close(&b);
  }
}
END_TEST

/* ---- Whole batches ------------------------------------------------------ */

typedef struct dice {
  uint64_t seed;
} dice;

static uint64_t roll(dice *d, uint64_t sides) {
  d->seed = d->seed * UINT64_C(6364136223846793005) + 1442695040888963407;
  return (d->seed >> 33) % sides;
}

static bl_dec roll_dec(dice *d) {
  static const char *const odd[] = {
    "0", "-1", "0.000000000000000001", "99999999999999999999",
    "-99999999999999999999.999999999999999999", "1000", "0.001"};
  int64_t v = (int64_t)roll(d, 2000000) - 400000;

  switch (roll(d, 6)) {
  case 0:  return D(odd[roll(d, BL_COUNT(odd))]);
  case 1:  return bl_dec_of_raw((bl_i128)v * 1000003);
  case 2:  return bl_dec_of_raw((bl_i128)v * INT64_C(1000000000));
  case 3:  return bl_dec_of_raw((bl_i128)v * INT64_C(1000000000000000));
  default: return bl_dec_of_int((int64_t)roll(d, 100));
  }
}

static bl_str roll_text(dice *d, bl_arena *a) {
  static const char *const odd[] = {
    "", "m1", "gpt-large", "\\\"q\\\\", "\\u00e9\xc3\xa9", "true", "12",
    "-7.5", "9f3a01bc", UUID_1, "null", "0.10", "00000000", "-0"};
  size_t len = roll(d, 40) ? roll(d, 20) : roll(d, 700);
  char *text;

  if (roll(d, 2)) return bl_str_of(odd[roll(d, BL_COUNT(odd))]);
  text = bl_arena_take(a, len + 1);
  for (size_t i = 0; i < len; i++)
    text[i] = "0123456789abcdef-.gZ"[roll(d, roll(d, 2) ? 16 : 20)];
  return (bl_str){text, len};
}

static void roll_charge(dice *d, batch *b, bl_fact_charge *charge) {
  uint64_t was = b->key_count;

  charge->key = roll(d, was + 1);
  if (charge->key == was) {
    bl_fact_key *key = &b->keys[b->key_count++];
    *key = (bl_fact_key){roll(d, 9), roll(d, 80), roll(d, 3), {"", 0}};
    if (roll(d, 2)) key->group = roll_text(d, &b->arena);
  }
  charge->has_unique = roll(d, 5) == 0;
  for (int i = 0; i < 16 && charge->has_unique; i++)
    charge->unique[i] = (unsigned char)roll(d, 256);
  charge->at_us = roll(d, 5) ? 0 : MIDNIGHT + (int64_t)roll(d, 99);
  charge->quantity = roll_dec(d);
  charge->sample = roll(d, 5) ? charge->quantity : roll_dec(d);
  charge->is_removal = charge->has_unique && roll(d, 2);
  charge->amount = roll(d, 2) ? bl_dec_of_int((int64_t)roll(d, 9))
                              : roll_dec(d);
  charge->draw_count = roll(d, 4) ? 1 : roll(d, 6);
  charge->draws =
      bl_arena_array(&b->arena, charge->draw_count + 1, sizeof(bl_draw));
  for (size_t i = 0; i < charge->draw_count; i++)
    charge->draws[i] = (bl_draw){roll(d, 4), roll(d, 3) ? charge->amount
                                                        : roll_dec(d)};
}

/* Properties of up to 5 values, or of up to 80; holes, or none. */
static void roll_properties(dice *d, batch *b, bl_event_text *words) {
  size_t most = roll(d, 20) ? 6 : 81, count = roll(d, most);
  bl_event_hole *holes = bl_arena_array(&b->arena, count + 1, sizeof *holes);
  bl_text text;

  bl_text_open(&text, &b->arena);
  bl_text_c(&text, roll(d, 9) ? "{" : "");
  for (size_t i = 0; i < count; i++) {
    bl_str value = roll_text(d, &b->arena);
    bl_text_c(&text, roll(d, 9) ? "\"a\":\"" : "\"other\":");
    holes[i] = (bl_event_hole){(uint32_t)text.len, (uint32_t)value.len, 0};
    bl_text_str(&text, value);
    bl_text_c(&text, "\",");
  }
  words->properties = (bl_str){text.text, text.len};
  words->holes = holes;
  words->hole_count = roll(d, 9) ? count : 0;
}

static void roll_event(dice *d, batch *b) {
  bl_fact_event *fact = add_event(b, roll(d, 9), (int64_t)roll(d, 99999));
  bl_event_text *words = &b->words[b->count - 1];

  fact->flags = roll(d, 3) ? 0 : roll(d, 32);
  fact->charge_count = roll(d, 9) ? roll(d, 3) : roll(d, 17);
  fact->charges = bl_arena_array(&b->arena, fact->charge_count + 1,
                                 sizeof *fact->charges);
  for (size_t i = 0; i < fact->charge_count; i++)
    roll_charge(d, b, &fact->charges[i]);
  fact->balance = roll_dec(d);
  words->is_redacted = roll(d, 12) == 0;
  memcpy(words->key_hash, UUID_1, words->is_redacted ? 16 : 0);
  words->key = roll(d, 2) ? BL_STR(UUID_2) : roll_text(d, &b->arena);
  words->name = roll_text(d, &b->arena);
  words->has_value = roll(d, 3) == 0;
  words->value = roll_dec(d);
  if (fact->charge_count && roll(d, 2))
    words->value = fact->charges[0].quantity;
  roll_properties(d, b, words);
}

static void roll_batch(uint64_t seed, size_t count, batch *b) {
  dice d = {seed};

  batch_open(b, count);
  for (size_t i = 0; i < count; i++) roll_event(&d, b);
}

START_TEST(random_batches_come_back) {
  for (uint64_t seed = 1; seed <= 150; seed++) {
    batch b;

    roll_batch(seed, seed % 5 == 0 ? 60 : seed % 7 + 1, &b);
    ck_round_trip(&b);
    batch_close(&b);
  }
}
END_TEST

START_TEST(a_writer_forgets_one_batch_when_the_next_begins) {
  bl_str facts, properties, again[2];
  bl_events_writer w;
  batch a, b;

  roll_batch(7, 60, &a);
  roll_batch(8, 40, &b);
  bl_events_writer_open(&w, &a.arena);
  ck_assert_int_eq(batch_write(&a, &w, &facts, &properties), 0);
  facts = bl_arena_str(&a.arena, facts);
  properties = bl_arena_str(&a.arena, properties);
  for (int i = 0; i < 4; i++) {
    if (i == 1) w.stamp = UINT32_MAX - 1;
    ck_assert_int_eq(batch_write(&b, &w, &again[0], &again[1]), 0);
    ck_reads_back(&b, again[0], again[1]);
    ck_assert_int_eq(batch_write(&a, &w, &again[0], &again[1]), 0);
    ck_bytes(again[0], facts);
    ck_bytes(again[1], properties);
  }
  ck_assert_uint_lt(w.stamp, 8);
  batch_close(&a);
  batch_close(&b);
}
END_TEST

/* Texts beyond what the tables and the forms hold. */
START_TEST(long_texts_and_many_words_come_back) {
  bl_event_hole *holes;
  batch b;

  batch_open(&b, 4000);
  for (size_t i = 0; i < 4000; i++) {
    bl_event_text *words = (add_event(&b, i / 100, 0), &b.words[i]);
    char *text = bl_arena_take(&b.arena, 70000);
    size_t len = (size_t)snprintf(text, 99, "word%u.%u", (unsigned)i / 3,
                                  (unsigned)i % 3 / 2);

    holes = bl_arena_array(&b.arena, 3, sizeof *holes);
    if (i % 1000 == 999) {
      memset(text + len, 'x', 70000 - len);
      len = i < 2000 ? 256 : i < 3000 ? 65536 : 70000;
    }
    words->properties = (bl_str){text, len};
    holes[0] = (bl_event_hole){0, (uint32_t)len, 0};
    if (i % 2000 == 1999) holes[0].len = 1;
    words->holes = holes;
    words->hole_count = 1;
    if (i % 3 == 1) words->name = (bl_str){text, len < 9999 ? len : 9999};
    if (i % 3 == 2) words->key = (bl_str){text, len};
  }
  ck_round_trip(&b);
  batch_close(&b);
}
END_TEST

/* Thousands of templates, each with a hole whose text comes back: more than
 * the table holds, so that some are written again and again. */
START_TEST(templates_beyond_the_table_come_back) {
  batch b;

  batch_open(&b, 3000);
  for (size_t i = 0; i < 3000; i++) {
    bl_event_text *words = (add_event(&b, 0, 0), &b.words[i]);
    bl_event_hole *holes = bl_arena_array(&b.arena, 2, sizeof *holes);
    char *text = bl_arena_take(&b.arena, 64);
    unsigned which = (unsigned)(i * 7) % 2400;
    size_t len = (size_t)snprintf(text, 64, "{\"%u\":\"gpt\",\"%u\":\"eu-1\"}",
                                  which, which);

    holes[0] = (bl_event_hole){(uint32_t)(strchr(text, 'g') - text), 3, 0};
    holes[1] = (bl_event_hole){(uint32_t)(strchr(text, 'e') - text), 4, 0};
    words->properties = (bl_str){text, len};
    words->holes = holes;
    words->hole_count = 2;
  }
  ck_round_trip(&b);
  batch_close(&b);
}
END_TEST

/* A thousand events as a platform for language models sends them. */
static void make_usual(batch *b) {
  static const char *const models[] = {"gpt-large", "gpt-small", "sonnet-4",
                                       "llama-70b", "embed-3", "whisper-2"};
  static const char *const regions[] = {"us-east-1", "eu-west-1",
                                        "ap-south-1", "us-west-2"};
  dice d = {5};

  batch_open(b, 1000);
  for (uint64_t i = 0; i < 1000; i++) {
    uint64_t customer = i / 3 + 1, metric = roll(&d, 8);
    bl_event_text *words = &b->words[i];
    bl_event_hole *holes = bl_arena_array(&b->arena, 4, sizeof *holes);
    const char *model = models[roll(&d, 6)], *region = regions[roll(&d, 4)];
    bl_dec units = bl_dec_of_raw((bl_i128)(1 + roll(&d, 50000)) *
                                 INT64_C(1000000000000000));
    bl_fact_event *fact = add_event(b, customer, (int64_t)roll(&d, 3000000));
    char *text = bl_arena_take(&b->arena, 256), *key = text + 200;

    b->keys[b->key_count] = (bl_fact_key){customer, metric, 2, {"", 0}};
    fact->charges = charge_with(b, b->key_count++, "0", "0", 1);
    fact->charge_count = 1;
    fact->charges->quantity = fact->charges->sample = units;
    fact->charges->amount =
        bl_dec_mul(units, bl_dec_mul(D("0.000002"),
                                     bl_dec_of_int((int64_t)metric + 1)));
    fact->charges->draws[0] = (bl_draw){customer, fact->charges->amount};
    fact->balance = bl_dec_sub(
        i % 3 ? b->facts[i - 1].balance
              : bl_dec_of_raw((bl_i128)roll(&d, 100000000) * 1000000000),
        fact->charges->amount);
    snprintf(key, 37, "%08x-%04x-4%03x-8%03x-%012x",
             (unsigned)roll(&d, 1 << 30), (unsigned)roll(&d, 65536),
             (unsigned)roll(&d, 4096), (unsigned)roll(&d, 4096),
             (unsigned)roll(&d, 1 << 30));
    snprintf(text, 200, "{\"model\":\"%s\",\"region\":\"%s\",\"req\":\"%08x\","
             "\"cached\":%s}", model, region, (unsigned)roll(&d, UINT32_MAX),
             roll(&d, 2) ? "true" : "false");
    holes[0] = (bl_event_hole){10, (uint32_t)strlen(model), 0};
    holes[1] = (bl_event_hole){(uint32_t)(strstr(text, region) - text),
                               (uint32_t)strlen(region), 0};
    holes[2] = (bl_event_hole){(uint32_t)(strstr(text, "\"req") - text) + 7,
                               8, 0};
    holes[3] = (bl_event_hole){(uint32_t)(strstr(text, "cached") - text) + 8,
                               (uint32_t)strlen(strstr(text, "cached")) - 9,
                               0};
    words->key = (bl_str){key, 36};
    words->name = bl_str_of(models[metric % 6]);
    words->properties = bl_str_of(text);
    words->holes = holes;
    words->hole_count = 4;
    words->has_value = 1;
    words->value = units;
  }
}

START_TEST(usual_events_take_less_than_45_bytes) {
  bl_str facts, properties;
  bl_events_writer w;
  batch b;

  make_usual(&b);
  bl_events_writer_open(&w, &b.arena);
  ck_assert_int_eq(batch_write(&b, &w, &facts, &properties), 0);
  ck_assert_uint_lt(facts.len + properties.len, 45 * 1000);
  ck_reads_back(&b, facts, properties);
  b.count = 1;
  ck_assert_int_eq(batch_write(&b, &w, &facts, &properties), 0);
  ck_assert_uint_lt(facts.len + properties.len, 200);
  batch_close(&b);
}
END_TEST

/* What is made of an event may be taken back before the next one. */
START_TEST(a_reader_may_make_events_elsewhere) {
  bl_str facts, properties;
  bl_event_text words;
  bl_events_writer w;
  bl_events_reader r;
  bl_fact_event fact;
  bl_arena out;
  batch b;

  make_usual(&b);
  bl_events_writer_open(&w, &b.arena);
  ck_assert_int_eq(batch_write(&b, &w, &facts, &properties), 0);
  ck_assert_int_eq(
      bl_events_open(&r, &b.arena, facts, properties, MIDNIGHT), 0);
  bl_arena_open(&out, NULL);
  r.out = &out;
  for (size_t i = 0; i < b.count; i++) {
    bl_arena_mark mark = bl_arena_now(&out);
    ck_assert_int_eq(bl_events_next(&r, &fact, &words), 0);
    ck_fact(&b, &r, &fact, &b.facts[i]);
    ck_words(&words, &b.words[i]);
    bl_arena_back(&out, mark);
  }
  ck_assert_uint_eq(out.held, 0);
  bl_arena_close(&out);
  batch_close(&b);
}
END_TEST

/* ---- Damage ------------------------------------------------------------- */

/* Reads copies that are exactly as long as they are said to be, so that the
 * address sanitizer sees what is read beyond.  The last answer. */
static int read_all(bl_str facts, bl_str properties) {
  char *f = malloc(facts.len + !facts.len);
  char *p = malloc(properties.len + !properties.len);
  bl_event_text words;
  bl_fact_event fact;
  bl_events_reader r;
  bl_arena a;
  int rc;

  ck_assert(f && p);
  if (facts.len) memcpy(f, facts.text, facts.len);
  if (properties.len) memcpy(p, properties.text, properties.len);
  bl_arena_open(&a, NULL);
  rc = bl_events_open(&r, &a, (bl_str){f, facts.len},
                      (bl_str){p, properties.len}, MIDNIGHT);
  while (!rc) rc = bl_events_next(&r, &fact, &words);
  ck_assert_uint_lt(a.held, 4000000);
  ck_assert_int_eq(bl_events_next(&r, &fact, &words), rc);
  bl_arena_close(&a);
  free(f);
  free(p);
  return rc;
}

START_TEST(what_is_cut_off_is_corrupt) {
  bl_str facts, properties;
  bl_events_writer w;
  batch b;

  roll_batch(3, 25, &b);
  bl_events_writer_open(&w, &b.arena);
  ck_assert_int_eq(batch_write(&b, &w, &facts, &properties), 0);
  ck_assert_int_eq(read_all(facts, properties), BILLING_DONE);
  for (size_t i = 0; i < facts.len; i++)
    ck_assert_int_eq(read_all((bl_str){facts.text, i}, properties),
                     BILLING_CORRUPT);
  for (size_t i = 1; i < properties.len; i++)
    ck_assert_int_eq(read_all(facts, (bl_str){properties.text, i}),
                     BILLING_CORRUPT);
  batch_close(&b);
}
END_TEST

/* Whatever one byte is changed to, the reader comes to an end. */
START_TEST(a_changed_byte_is_survived) {
  static const unsigned char masks[] = {1, 6, 24, 64, 128, 255};
  bl_str parts[2];
  bl_events_writer w;
  batch b;

  roll_batch(4, 15, &b);
  bl_events_writer_open(&w, &b.arena);
  ck_assert_int_eq(batch_write(&b, &w, &parts[0], &parts[1]), 0);
  for (int part = 0; part < 2; part++) {
    char *bytes = bl_arena_copy(&b.arena, parts[part].text, parts[part].len);
    parts[part].text = bytes;
    for (size_t i = 0; i < parts[part].len; i++)
      for (size_t j = 0; j < BL_COUNT(masks); j++) {
        bytes[i] = (char)(bytes[i] ^ (char)masks[j]);
        int rc = read_all(parts[0], parts[1]);
        ck_assert(rc == BILLING_DONE || rc == BILLING_CORRUPT);
        bytes[i] = (char)(bytes[i] ^ (char)masks[j]);
      }
  }
  batch_close(&b);
}
END_TEST

#define LARGEST "E0 FF FF FF FF FF 91 A2 B1 82 BD C4 8D EA C2 CA E9 CE 25"
#define SMALLEST "F0 FF FF FF FF FF 91 A2 B1 82 BD C4 8D EA C2 CA E9 CE 25"

static const char *const wrong_facts[] = {
  "", "00 00", "02 00",                         /* no format, another */
  "01", "01 80 00", "01 00 00", "01 01",        /* the number of events */
  "01 FF FF FF FF FF FF FF FF FF 01 00",
  "01 01 01 00",                                /* the same customer */
  "01 01 02 00", "01 01 02 80 00",              /* the same flags */
  "01 01 08 00", "01 01 10 FE 00",              /* a time with a byte more */
  "01 01 38 00 00 00 00 00 FF 00 00", "01 01 18 00 01",
  "01 01 04 01",                                /* the balance is expected */
  "01 01 44 40 00 03 01 01",
  "01 01 C0 FF FF FF FF FF FF FF FF FF 01",     /* more charges than bytes */
  "01 01 C0 FF FF 03 40 00 03 01",
  "01 01 C0 80 00 40 00 03 01 00 00 03 00 00 03",
  "01 01 40 41 03 01",                          /* a key that is not there */
  "01 02 40 40 00 03 01 40 02 03",
  "01 02 40 40 00 03 01 40 1F 00 03",
  "01 02 40 40 00 03 01 40 1F FF FF FF FF FF FF FF FF FF 01 03",
  "01 01 40 40 01 00 03 01",                    /* the same contract */
  "01 01 40 40 02 00 03 01",                    /* the same period */
  "01 01 40 40 04 00 03 01",                    /* no such group */
  "01 01 40 40 08 00 03 01",                    /* a group without a text */
  "01 01 40 40 0C 01 'g' 03 01",
  "01 02 40 40 08 01 'g' 03 01 40 00 0C 00 03", /* new and not */
  "01 01 40 40 F0 FF FF FF FF FF FF FF FF FF 01 03 01",    /* price */
  "01 01 40 C0 00 00 03 01",                    /* no extras */
  "01 01 40 C0 00 04 03 01",
  "01 01 40 C0 00 02 FF FF 81 E2 88 D2 A3 06 03 01",
  "01 01 40 C0 00 01 00 00 00 03 01",
  "01 01 40 00 00 03",                          /* no amount, none expected */
  "01 02 40 40 00 03 01 40 41 03 01",           /* the amount is expected */
  "01 01 40 60 00 03 01 00",                    /* no draws, as expected */
  "01 01 40 60 00 03 03 03 00",                 /* one, as expected */
  "01 01 40 60 00 03 03 02 00 03",              /* they do add up */
  "01 01 40 60 00 03 03 02 06 03",
  "01 01 44 60 00 03 " LARGEST "05 06" SMALLEST "00 03",    /* no last one */
  "01 01 40 60 00 03 03 01",
  "01 01 40 60 00 03 03 02 06",
  "01 01 40 60 00 03 03 FF FF FF FF FF FF FF FF FF 01 06 01",
  "01 01 40 60 00 03 03 FE FF FF FF 0F 06 01",
  "01 01 40 40 00 00 01"                        /* not a decimal */
};

START_TEST(facts_have_one_form_only) {
  bl_arena a;

  bl_arena_open(&a, NULL);
  for (size_t i = 0; i < BL_COUNT(wrong_facts); i++)
    ck_assert_msg(read_all(bytes_of(&a, wrong_facts[i]), (bl_str){NULL, 0}) ==
                      BILLING_CORRUPT, "%s", wrong_facts[i]);
  bl_arena_close(&a);
}
END_TEST

/* With the facts of one event: without charges, or with 5 units. */
static const char *const wrong_words[] = {
  "00", "02 00 01 00 00 00 00 00 00",           /* the format */
  "01",
  "01 00 01 00 00 00 00 00 00 00",              /* a byte more */
  "01 01 00",                                   /* no such shape */
  "01 00 03 00 00 00 00 00 00", "01 00 0D 00 00 00 00 00 00",
  "01 00 10 00 00 00 00 00 00", "01 00 06 00 00 00 00 00 00",
  "01 00 0A 00 00 00 00 00 00",                 /* no such form */
  "01 00 01 01 00 00 00 00",                    /* no such name */
  "01 00 01 00 00 01 00",                       /* no such template */
  "01 00 01 00 05 'n' 00 00 00 00",
  "01 00 01 00 00 00 41 00 00 00",              /* too many holes */
  "01 00 01 00 00 00 FF FF FF FF FF FF FF FF FF 01 00 00 00",
  "01 00 01 00 00 00 00 05 'abc'",
  "01 00 01 00 00 00 00 00 24 '" UUID_1 "'",    /* a key that is a UUID */
  "01 00 02 '0123456789abcde'",
  "01 00 00 00 00 00 00 00 '0123456789abcde'",
  "01 00 05 00 00 00 00 00 00 00",              /* not a decimal */
  ONE_HOLE, ONE_HOLE "80 00",
  ONE_HOLE "0A",                                /* no such word */
  ONE_HOLE "FE FF FF FF FF FF FF FF FF 01",
  ONE_HOLE "00 01 '1'",                         /* a number */
  ONE_HOLE "00 08 '9f3a01bc'",                  /* hexadecimal */
  ONE_HOLE "00 24 '" UUID_1 "'",
  ONE_HOLE "00 FF FF FF FF FF FF FF FF FF 01 'a'",
  ONE_HOLE "02", ONE_HOLE "02 9F 3A 01 BC",     /* as long as which? */
  ONE_HOLE "04 03 9F 3A 01", ONE_HOLE "04 41 9F 3A 01 BC",
  ONE_HOLE "04 FF FF FF FF FF FF FF FF FF 01 9F 3A 01 BC",
  ONE_HOLE "04 05 9F 3A 01 BC", ONE_HOLE "06 9F",
  ONE_HOLE "08 00 0A", ONE_HOLE "08 12 0A", ONE_HOLE "08 80 01 0A",
  ONE_HOLE "08 01 80 80 A0 F6 F4 AC DB E0 1B",  /* 19 digits */
  ONE_HOLE "08 01 FF FF 9F F6 F4 AC DB E0 1B",
  ONE_HOLE "81 80 C0 EC E9 D9 B6 C1 37"
};

START_TEST(words_have_one_form_only) {
  bl_str plain, charged;
  bl_arena a;

  bl_arena_open(&a, NULL);
  plain = bytes_of(&a, "01 01 00");
  charged = bytes_of(&a, "01 01 40 40 00 0B 01");
  for (size_t i = 0; i < BL_COUNT(wrong_words); i++)
    ck_assert_msg(read_all(plain, bytes_of(&a, wrong_words[i])) ==
                      BILLING_CORRUPT, "%s", wrong_words[i]);
  for (int i = 0; i < 2; i++) {
    bl_str said = bytes_of(&a, "01 00 05 00 00 00 00 00 00 0B");
    bl_str same = bytes_of(&a, "01 00 09 00 00 00 00 00 00");
    ck_assert_int_eq(read_all(i ? charged : plain, said),
                     i ? BILLING_CORRUPT : BILLING_DONE);
    ck_assert_int_eq(read_all(i ? charged : plain, same),
                     i ? BILLING_DONE : BILLING_CORRUPT);
  }
  ck_assert_int_eq(read_all(plain, bytes_of(&a, ONE_HOLE "00 00")),
                   BILLING_DONE);
  bl_arena_close(&a);
}
END_TEST

/* A hexadecimal text that is said to be of another length than the last must
 * be. */
START_TEST(the_length_of_hexadecimal_is_not_said_twice) {
  bl_arena a;
  bl_str facts;

  bl_arena_open(&a, NULL);
  facts = bytes_of(&a, "01 02 00 00");
  ck_assert_int_eq(read_all(facts, bytes_of(&a, ONE_HOLE
      "04 04 00 FF 00 FF 01 01 'k' 02 00 FF 00 FE")), BILLING_DONE);
  ck_assert_int_eq(read_all(facts, bytes_of(&a, ONE_HOLE
      "04 04 00 FF 00 FF 01 01 'k' 04 04 00 FF 00 FE")), BILLING_CORRUPT);
  bl_arena_close(&a);
}
END_TEST

/* Holes would let a few bytes stand for any number of long texts. */
START_TEST(a_template_with_holes_is_not_long) {
  for (size_t len = 65536; len < 65538; len++) {
    bl_arena a;
    bl_text t;

    bl_arena_open(&a, NULL);
    bl_text_open(&t, &a);
    bl_text_add(&t, "\1\0\1\0\0\0\1", 7);
    bl_pack_u64(&t, len);
    bl_text_fill(&t, 'x', len);
    bl_text_add(&t, "\0\0\0\0", 4);
    ck_assert_int_eq(read_all(bytes_of(&a, "01 01 00"),
                              (bl_str){t.text, t.len}),
                     len == 65536 ? BILLING_DONE : BILLING_CORRUPT);
    bl_arena_close(&a);
  }
}
END_TEST

/* Empty pieces, and as many integers. */
START_TEST(a_template_has_64_holes_at_most) {
  for (size_t holes = 64; holes < 66; holes++) {
    bl_arena a;
    bl_text t;

    bl_arena_open(&a, NULL);
    bl_text_open(&t, &a);
    bl_text_add(&t, "\1\0\1\0\0\0", 6);
    bl_pack_u64(&t, holes);
    bl_text_fill(&t, '\0', holes + 1);
    bl_text_fill(&t, '\0', 1);
    bl_text_fill(&t, '\1', holes);
    ck_assert_int_eq(read_all(bytes_of(&a, "01 01 00"),
                              (bl_str){t.text, t.len}),
                     holes == 64 ? BILLING_DONE : BILLING_CORRUPT);
    bl_arena_close(&a);
  }
}
END_TEST

/* ---- Memory ------------------------------------------------------------- */

/* A host with memory for so many allocations. */
static void *scarce(void *user, void *p, size_t old_size, size_t size) {
  size_t *left = user;

  (void)old_size;
  if (!size) {
    free(p);
    return NULL;
  }
  if (!*left) return NULL;
  --*left;
  return realloc(p, size);
}

static void make_large(batch *b) {
  roll_batch(11, 400, b);
  for (size_t i = 0; i < b->count; i += 3) {
    char *text = bl_arena_take(&b->arena, 3000);
    memset(text, 'a' + (int)(i % 20), 3000);
    memcpy(text + 1500, &i, sizeof i);
    b->words[i].name = (bl_str){text, 3000};
  }
}

START_TEST(a_writer_says_when_memory_is_out) {
  size_t left = 0, failures = 0;
  bl_str facts, properties;
  int rc = BILLING_NOMEM;
  batch b;

  make_large(&b);
  for (size_t most = 0; rc; most++) {
    billing_allocator host = {scarce, &left};
    bl_events_writer w;
    bl_arena a;

    left = most;
    bl_arena_open(&a, &host);
    bl_events_writer_open(&w, &a);
    rc = batch_write(&b, &w, &facts, &properties);
    ck_assert(rc == 0 || rc == BILLING_NOMEM);
    failures += rc != 0;
    if (rc) {
      ck_assert_int_eq(bl_events_add(&w, b.facts, b.words), BILLING_NOMEM);
      left = SIZE_MAX;
      ck_assert_int_eq(batch_write(&b, &w, &facts, &properties), 0);
    }
    ck_reads_back(&b, facts, properties);
    bl_arena_close(&a);
  }
  ck_assert_uint_gt(failures, 5);
  batch_close(&b);
}
END_TEST

START_TEST(a_reader_says_when_memory_is_out) {
  size_t left = 0, failures = 0;
  bl_str facts, properties;
  int rc = BILLING_NOMEM;
  bl_events_writer w;
  batch b;

  make_large(&b);
  bl_events_writer_open(&w, &b.arena);
  ck_assert_int_eq(batch_write(&b, &w, &facts, &properties), 0);
  for (size_t most = 0; rc != BILLING_DONE; most++) {
    billing_allocator host = {scarce, &left};
    bl_event_text words;
    bl_fact_event fact;
    bl_events_reader r;
    bl_arena a;

    left = most;
    bl_arena_open(&a, &host);
    rc = bl_events_open(&r, &a, facts, properties, MIDNIGHT);
    while (!rc) rc = bl_events_next(&r, &fact, &words);
    ck_assert(rc == BILLING_DONE || rc == BILLING_NOMEM);
    failures += rc == BILLING_NOMEM;
    bl_arena_close(&a);
  }
  ck_assert_uint_gt(failures, 5);
  batch_close(&b);
}
END_TEST

/* ---- Forms of values ---------------------------------------------------- */

START_TEST(hexadecimal_of_any_length_comes_back) {
  dice d = {9};

  for (int i = 0; i < 2000; i++) {
    size_t len = roll(&d, 21);
    unsigned char bytes[24] = {0}, back[24] = {0};
    char text[44] = "", expected[44] = "";

    for (size_t j = 0; j < len; j++) {
      bytes[j] = (unsigned char)roll(&d, 256);
      snprintf(expected + 2 * j, 3, "%02x", bytes[j]);
    }
    bl_hex_unpack(bytes, len, text);
    ck_assert_str_eq(text, expected);
    ck_assert(bl_hex_pack(text, 2 * len, back));
    ck_assert_mem_eq(bytes, back, sizeof bytes);
    if (!len) continue;
    text[roll(&d, 2 * len)] = "GgAF/:@`x \x80"[roll(&d, 11)];
    ck_assert(!bl_hex_pack(text, 2 * len, back));
  }
}
END_TEST

START_TEST(numbers_come_back_as_they_were) {
  dice d = {10};

  for (int i = 0; i < 20000; i++) {
    char text[32], back[BL_NUMBER_TEXT];
    unsigned decimals;
    int64_t digits;
    size_t len = 1 + roll(&d, 22);

    for (size_t j = 0; j < len; j++) text[j] = "0123456789.-05"[roll(&d, 14)];
    if (!bl_number_parse((bl_str){text, len}, &digits, &decimals)) continue;
    ck_assert_uint_eq(bl_number_print(digits, decimals, back), len);
    ck_assert_mem_eq(back, text, len);
  }
}
END_TEST

static void add_facts(Suite *s) {
  TCase *t = tcase_create("facts");

  tcase_add_test(t, the_example_of_the_description_is_right);
  tcase_add_test(t, an_entry_may_be_empty);
  tcase_add_test(t, what_is_as_before_costs_nothing);
  tcase_add_test(t, times_take_the_bytes_that_they_need);
  tcase_add_test(t, the_ends_of_time_and_of_numbers_come_back);
  tcase_add_test(t, a_key_says_what_is_not_expected_of_it);
  tcase_add_test(t, old_keys_and_many_charges_take_a_number_more);
  tcase_add_test(t, draws_say_what_is_not_expected_of_them);
  tcase_add_test(t, unique_values_and_times_of_levels_are_extras);
  tcase_add_test(t, removals_and_samples_are_extras);
  tcase_add_test(t, amounts_in_proportion_cost_nothing);
  tcase_add_test(t, a_new_key_costs_as_its_price_did);
  tcase_add_test(t, the_balance_follows_the_grants_of_one_customer);
  tcase_add_test(t, keys_are_written_in_the_order_of_use);
  suite_add_tcase(s, t);
}

static void add_words(Suite *s) {
  TCase *t = tcase_create("words");

  tcase_add_test(t, names_templates_and_shapes_are_written_once);
  tcase_add_test(t, a_value_that_is_the_quantity_is_not_said_again);
  tcase_add_test(t, what_stands_in_a_hole_takes_its_shortest_form);
  tcase_add_test(t, words_of_a_hole_are_numbered);
  tcase_add_test(t, long_words_are_written_in_full);
  tcase_add_test(t, long_hexadecimal_texts_are_texts);
  tcase_add_test(t, a_key_as_long_as_a_uuid_may_be_none);
  tcase_add_test(t, holes_that_are_not_in_order_are_not_used);
  tcase_add_test(t, hexadecimal_of_any_length_comes_back);
  tcase_add_test(t, numbers_come_back_as_they_were);
  suite_add_tcase(s, t);
}

static void add_batches(Suite *s) {
  TCase *t = tcase_create("batches");

  tcase_set_timeout(t, 60);
  tcase_add_test(t, random_batches_come_back);
  tcase_add_test(t, a_writer_forgets_one_batch_when_the_next_begins);
  tcase_add_test(t, long_texts_and_many_words_come_back);
  tcase_add_test(t, templates_beyond_the_table_come_back);
  tcase_add_test(t, usual_events_take_less_than_45_bytes);
  tcase_add_test(t, a_reader_may_make_events_elsewhere);
  tcase_add_test(t, what_is_cut_off_is_corrupt);
  tcase_add_test(t, a_changed_byte_is_survived);
  tcase_add_test(t, facts_have_one_form_only);
  tcase_add_test(t, words_have_one_form_only);
  tcase_add_test(t, the_length_of_hexadecimal_is_not_said_twice);
  tcase_add_test(t, a_template_with_holes_is_not_long);
  tcase_add_test(t, a_template_has_64_holes_at_most);
  tcase_add_test(t, a_writer_says_when_memory_is_out);
  tcase_add_test(t, a_reader_says_when_memory_is_out);
  suite_add_tcase(s, t);
}

Suite *test_engine_event_code(void) {
  Suite *s = suite_create("engine/event_code");

  add_facts(s);
  add_words(s);
  add_batches(s);
  return s;
}
