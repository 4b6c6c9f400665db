/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * dec.h - exact decimals: a signed 128-bit integer times 10^-18, the
 * DECIMAL(38,18) of warehouses.  The layout is the public billing_decimal.
 *
 *     "12.5"        is  12500000000000000000
 *     0.1 * 0.3     is  0.03 exactly
 *     1 / 3         is  0.333333333333333333   (half even at 10^-18, once)
 *
 * The magnitude is at most 10^38 - 1.  What does not fit becomes BL_DEC_BAD,
 * which spreads through every operation like a NaN, compares as not less, not
 * equal and not greater, and is looked for once, at the end.  It never leaves
 * the library.
 */
#ifndef BL_DEC_H
#define BL_DEC_H

#include "base/base.h"

typedef billing_decimal bl_dec;
__extension__ typedef __int128 bl_i128;
__extension__ typedef unsigned __int128 bl_u128;

#define BL_DEC_SCALE 18
#define BL_DEC_UNIT UINT64_C(1000000000000000000)     /* 10^18 */
#define BL_DEC_ZERO ((bl_dec){0, 0})
#define BL_DEC_ONE ((bl_dec){BL_DEC_UNIT, 0})
#define BL_DEC_MAX ((bl_dec){UINT64_C(0x098A223FFFFFFFFF), \
                             INT64_C(0x4B3B4CA85A86C47A)})  /* 10^38 - 1 */
#define BL_DEC_BAD ((bl_dec){0, INT64_MIN})

/* How to round.  "Away" and "zero" speak of the magnitude. */
enum {
  BL_ROUND_HALF_AWAY = 0,  /* 0.5 -> 1, -0.5 -> -1: the default of invoices */
  BL_ROUND_HALF_EVEN = 1,  /* 0.5 -> 0,  1.5 ->  2 */
  BL_ROUND_HALF_UP   = 2,  /* 0.5 -> 1, -0.5 ->  0: ties toward +infinity */
  BL_ROUND_HALF_DOWN = 3,  /* 0.5 -> 0, -0.5 ->  0: ties toward zero */
  BL_ROUND_CEILING   = 4,  /* toward +infinity */
  BL_ROUND_FLOOR     = 5,  /* toward -infinity */
  BL_ROUND_UP        = 6,  /* away from zero */
  BL_ROUND_DOWN      = 7   /* toward zero */
};

/*
 * Inline and not static: where a file is built for size the calls of all files
 * share the one function that dec.c emits.
 */
inline bl_i128 bl_dec_raw(bl_dec a) {
  return (bl_i128)(((bl_u128)(uint64_t)a.hi << 64) | a.lo);
}
inline bl_dec bl_dec_of_raw(bl_i128 v) {      /* unchecked */
  bl_dec d = {(uint64_t)(bl_u128)v, (int64_t)(uint64_t)((bl_u128)v >> 64)};
  return d;
}

/* No valid value reaches so far down. */
inline int bl_dec_is_bad(bl_dec a) { return a.hi == INT64_MIN; }
inline int bl_dec_is_zero(bl_dec a) { return a.hi == 0 && a.lo == 0; }
inline int bl_dec_is_max(bl_dec a) {
  return a.hi == BL_DEC_MAX.hi && a.lo == BL_DEC_MAX.lo;
}
/* Whether a value that came from outside is in range (and not bad). */
inline int bl_dec_is_valid(bl_dec a) {
  bl_u128 most = (bl_u128)bl_dec_raw(BL_DEC_MAX);
  return (bl_u128)bl_dec_raw(a) + most <= 2 * most;
}
/* -1, 0 or 1; 0 for the bad value. */
inline int bl_dec_sign(bl_dec a) {
  if (a.hi < 0) return bl_dec_is_bad(a) ? 0 : -1;
  return !bl_dec_is_zero(a);
}

inline bl_dec bl_dec_of_int(int64_t v) {
  return bl_dec_of_raw((bl_i128)v * (bl_i128)BL_DEC_UNIT);
}
/* A sum of two valid values that wraps at 2^127 does not become valid: 10^38
 * is more than half of that, and less than a whole of it. */
inline bl_dec bl_dec_add(bl_dec a, bl_dec b) {
  bl_u128 sum = (bl_u128)bl_dec_raw(a) + (bl_u128)bl_dec_raw(b);
  bl_dec d = bl_dec_of_raw((bl_i128)sum);
  int bad = bl_dec_is_bad(a) | bl_dec_is_bad(b) | !bl_dec_is_valid(d);
  return bad ? BL_DEC_BAD : d;
}
inline bl_dec bl_dec_neg(bl_dec a) {
  return bl_dec_is_bad(a) ? a : bl_dec_of_raw(-bl_dec_raw(a));
}
inline bl_dec bl_dec_sub(bl_dec a, bl_dec b) {
  return bl_dec_add(a, bl_dec_neg(b));
}
inline bl_dec bl_dec_abs(bl_dec a) {
  return a.hi < 0 ? bl_dec_neg(a) : a;
}
/* Through 256 bits, half even at 10^-18. */
bl_dec bl_dec_mul(bl_dec a, bl_dec b);
/* Half even at 10^-18; a divisor of zero gives the bad value. */
bl_dec bl_dec_div(bl_dec a, bl_dec b);
/* a * num / den through 256 bits, rounded once, half even at 10^-18. */
bl_dec bl_dec_ratio(bl_dec a, int64_t num, int64_t den);
/* The same with decimals: a * num / den rounded once. */
bl_dec bl_dec_muldiv(bl_dec a, bl_dec num, bl_dec den);
/* To `places` decimals, -20..18 (negative: tens, hundreds), by BL_ROUND_*. */
bl_dec bl_dec_round(bl_dec a, int places, int mode);
/*
 * Whether a magnitude that is not exact goes up.  `half` is -1, 0 or 1 for
 * less than, exactly and more than half a step; odd is that of the steps.
 */
int bl_round_goes_up(int mode, int negative, int odd, int half);
/* a * num / den to `places` decimals, rounded once: the quotient is not cut at
 * its 18th decimal before (wide.c). */
bl_dec bl_dec_muldiv_round(bl_dec a, bl_dec num, bl_dec den, int places,
                           int mode);
/* The integer part of a * num / den, den at most 10^38 - 1, and what is left
 * over; 0 when den is zero or the quotient has more than 128 bits. */
int bl_u128_muldiv(bl_u128 a, bl_u128 num, bl_u128 den, bl_u128 *quotient,
                   bl_u128 *rest);
/*
 * The integer part of a * num / den, and in *rest what is left over, for
 * splitting a total without losing any of it.  num <= den, den > 0.
 */
bl_u128 bl_u128_share(bl_u128 a, bl_u128 num, bl_u128 den, bl_u128 *rest);
/* 10^exponent, 0..38. */
bl_u128 bl_u128_power10(int exponent);

/* -1, 0, 1; 2 when either is bad. */
inline int bl_dec_cmp(bl_dec a, bl_dec b) {
  if (bl_dec_is_bad(a) || bl_dec_is_bad(b)) return 2;
  return (bl_dec_raw(a) > bl_dec_raw(b)) - (bl_dec_raw(a) < bl_dec_raw(b));
}
inline int bl_dec_less(bl_dec a, bl_dec b) {     /* false when bad */
  if (bl_dec_is_bad(a) || bl_dec_is_bad(b)) return 0;
  return bl_dec_raw(a) < bl_dec_raw(b);
}
inline int bl_dec_equal(bl_dec a, bl_dec b) {    /* false when bad */
  return a.lo == b.lo && a.hi == b.hi && !bl_dec_is_bad(a);
}
/* The smaller and the greater; bad when either is bad. */
inline bl_dec bl_dec_min(bl_dec a, bl_dec b) {
  if (bl_dec_is_bad(a) || bl_dec_is_bad(b)) return BL_DEC_BAD;
  return bl_dec_raw(a) < bl_dec_raw(b) ? a : b;
}
inline bl_dec bl_dec_max(bl_dec a, bl_dec b) {
  if (bl_dec_is_bad(a) || bl_dec_is_bad(b)) return BL_DEC_BAD;
  return bl_dec_raw(a) > bl_dec_raw(b) ? a : b;
}

/*
 * Text to decimal: [-]digits[.digits][e[+-]digits], no plus sign, no spaces,
 * no leading zeros but a single one before the point (the grammar of a JSON
 * number).  Exact or refused: BILLING_INVALID when the syntax is wrong,
 * BILLING_LIMIT when the value needs more than 18 decimals or 20 integer
 * digits; "1e3" and "0.10000000000000000000" need no more than they are worth.
 * `out` is untouched on failure.
 */
int    bl_dec_parse(const char *text, size_t len, bl_dec *out);
/*
 * The shortest plain text: no exponent, no trailing zeros, "-0" is "0".
 * Returns the length without the NUL; `out` holds BL_DEC_TEXT bytes.  The bad
 * value is "".
 */
#define BL_DEC_TEXT 48
size_t bl_dec_print(bl_dec a, char *out);

/* Whether the value has no fraction; the integer part, truncated. */
int    bl_dec_is_integer(bl_dec a);
int64_t bl_dec_to_int(bl_dec a);        /* INT64_MIN when it does not fit */

/*
 * A 256-bit accumulator for level x time and percentage sums: it adds
 * a * factor exactly (a at 10^-18, factor an integer) and is divided once.
 */
typedef struct bl_wide {
  uint64_t word[4];        /* two's complement, least significant first */
  uint32_t bad;
  uint32_t reserved;
} bl_wide;

void   bl_wide_add(bl_wide *acc, bl_dec a, int64_t factor);
/* acc / divisor, half even at 10^-18; the bad value when it does not fit. */
bl_dec bl_wide_div(const bl_wide *acc, int64_t divisor);
/* acc + other, and acc * factor (wide.c). */
void   bl_wide_merge(bl_wide *acc, const bl_wide *other);
void   bl_wide_scale(bl_wide *acc, int64_t factor);
/* acc / divisor to `places` decimals, -20..18, rounded once; divisor > 0. */
bl_dec bl_wide_round(const bl_wide *acc, int64_t divisor, int places,
                     int mode);

#endif
