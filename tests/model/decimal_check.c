/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * decimal_check.c - answers questions about decimals, for comparison with
 * another implementation.
 *
 * Reads lines and prints one line for each.  A value is the 128-bit integer
 * in 32 hexadecimal digits, two's complement; "bad" is what does not fit.
 *
 *     add sub mul div min max A B     neg abs A
 *     round A PLACES MODE             ratio A NUM DEN     muldiv A NUM DEN
 *     cmp A B                         -1, 0, 1 or 2, then less, then equal
 *     facts A                         sign, valid, integer, integer part
 *     wide DIVISOR A FACTOR ..        the sum of A * FACTOR, divided
 *     split PLACES TOTAL WEIGHT ..    the parts, or a code
 *     parse TEXT                      the value, or a code
 *     print A                         the text
 *     pack A                          the bytes, as they read back
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/money.h"
#include "base/pack.h"

#define LINE 4096
#define PARTS 64

static char *word(void) { return strtok(NULL, " \n"); }

static int64_t number(void) { return strtoll(word(), NULL, 10); }

/* The next value of the line; a line that has ended is a fault of its own. */
static bl_dec value(void) {
  char *hex = word(), high[17] = "";
  bl_dec d = BL_DEC_BAD;

  if (!hex) exit(2);
  if (!strcmp(hex, "bad")) return d;
  memcpy(high, hex, 16);
  d.hi = (int64_t)strtoull(high, NULL, 16);
  d.lo = strtoull(hex + 16, NULL, 16);
  return d;
}

static void show(bl_dec d) {
  if (bl_dec_is_bad(d)) printf("bad");
  else printf("%016" PRIx64 "%016" PRIx64, (uint64_t)d.hi, d.lo);
}

static void answer_pair(const char *op) {
  bl_dec a = value(), b = value();

  if (!strcmp(op, "add")) show(bl_dec_add(a, b));
  else if (!strcmp(op, "sub")) show(bl_dec_sub(a, b));
  else if (!strcmp(op, "mul")) show(bl_dec_mul(a, b));
  else if (!strcmp(op, "div")) show(bl_dec_div(a, b));
  else if (!strcmp(op, "min")) show(bl_dec_min(a, b));
  else if (!strcmp(op, "max")) show(bl_dec_max(a, b));
  else if (!strcmp(op, "cmp"))
    printf("%d %d %d", bl_dec_cmp(a, b), bl_dec_less(a, b),
           bl_dec_equal(a, b));
  else exit(2);
}

static void answer_round(void) {
  bl_dec a = value();
  int places = (int)number(), mode = (int)number();
  show(bl_dec_round(a, places, mode));
}

static void answer_ratio(void) {
  bl_dec a = value();
  int64_t num = number(), den = number();
  show(bl_dec_ratio(a, num, den));
}

static void answer_muldiv(void) {
  bl_dec a = value(), num = value(), den = value();
  show(bl_dec_muldiv(a, num, den));
}

static void answer_facts(void) {
  bl_dec a = value();
  printf("%d %d %d %" PRId64, bl_dec_sign(a), bl_dec_is_valid(a),
         bl_dec_is_integer(a), bl_dec_to_int(a));
}

static void answer_wide(void) {
  bl_wide sum = {{0}, 0, 0};
  int64_t divisor = number();
  int terms = (int)number();

  for (; terms > 0; terms--) {
    bl_dec a = value();
    bl_wide_add(&sum, a, number());
  }
  show(bl_wide_div(&sum, divisor));
}

static void answer_split(void) {
  bl_dec weight[PARTS], part[PARTS];
  int places = (int)number();
  bl_dec total = value();
  size_t count = (size_t)number(), i;
  int rc;

  if (count > PARTS) exit(2);
  for (i = 0; i < count; i++) weight[i] = value();
  rc = bl_money_allocate(total, weight, count, places, part);
  if (rc) printf("code %d", rc);
  for (i = 0; !rc && i < count; i++) {
    if (i > 0) printf(" ");
    show(part[i]);
  }
}

static void answer_parse(const char *text) {
  bl_dec d = BL_DEC_BAD;
  int rc = bl_dec_parse(text, strcspn(text, "\n"), &d);

  if (rc) printf("code %d", rc);
  else show(d);
}

static void answer_print(void) {
  char text[BL_DEC_TEXT];
  size_t len = bl_dec_print(value(), text);
  printf("%s%s", text, len == strlen(text) ? "" : " and a wrong length");
}

static void answer_pack(bl_arena *arena) {
  bl_arena_mark mark = bl_arena_now(arena);
  bl_dec a = value(), back;
  bl_text t;
  bl_unpack u;
  size_t i;

  bl_text_open(&t, arena);
  bl_pack_dec(&t, a);
  for (i = 0; i < t.len; i++) printf("%02x", (unsigned char)t.text[i]);
  bl_unpack_open(&u, t.text, t.len);
  back = bl_unpack_dec(&u);
  if (!bl_unpack_done(&u) || !bl_dec_equal(a, back)) printf(" and not back");
  bl_arena_back(arena, mark);
}

static void answer(bl_arena *arena, char *line) {
  const char *op = strtok(line, " \n");

  if (!op) exit(2);
  if (!strcmp(op, "neg")) show(bl_dec_neg(value()));
  else if (!strcmp(op, "abs")) show(bl_dec_abs(value()));
  else if (!strcmp(op, "round")) answer_round();
  else if (!strcmp(op, "ratio")) answer_ratio();
  else if (!strcmp(op, "muldiv")) answer_muldiv();
  else if (!strcmp(op, "facts")) answer_facts();
  else if (!strcmp(op, "wide")) answer_wide();
  else if (!strcmp(op, "split")) answer_split();
  else if (!strcmp(op, "print")) answer_print();
  else if (!strcmp(op, "pack")) answer_pack(arena);
  else answer_pair(op);
}

int main(void) {
  char line[LINE];
  bl_arena arena;

  bl_arena_open(&arena, NULL);
  while (fgets(line, sizeof line, stdin)) {
    if (!strncmp(line, "parse ", 6)) answer_parse(line + 6);
    else answer(&arena, line);
    printf("\n");
  }
  bl_arena_close(&arena);
  return 0;
}
