/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * dec.c - exact decimals: multiply, divide, round, read and write.
 *
 *     1234.5 * 0.000003             is  0.0037035
 *     0.5 * 0.000000000000000001    is  0      a tie goes to the even side,
 *     0.5 * 0.000000000000000003    is  0.000000000000000002      here to 2
 *     1 / 3 * 3                     is  0.999999999999999999, two roundings,
 *     muldiv(1, 3, 3)               is  1, one
 *
 * Each operation takes magnitudes, works in whole numbers that are exact in
 * 256 bits, rounds once, and puts the sign back.
 */
#include "base/dec.h"

/* The largest magnitude, 10^38 - 1, and its number of digits. */
#define DEC_MOST ((bl_u128)bl_dec_raw(BL_DEC_MAX))
#define DEC_DIGITS 38

/*
 * 10^18 shifted up so that its top bit is set, and the reciprocal
 * floor((2^128 - 1) / DEC_UNIT_TOP) - 2^64 of that.
 */
#define DEC_UNIT_SHIFT 4
#define DEC_UNIT_TOP (BL_DEC_UNIT << DEC_UNIT_SHIFT)
#define DEC_UNIT_RECIPROCAL UINT64_C(0x2725DD1D243ABA0E)

/* A whole number of 256 bits. */
typedef struct dec_wide {
  bl_u128 low;
  bl_u128 high;
} dec_wide;

static uint64_t dec_high(bl_u128 v) { return (uint64_t)(v >> 64); }
static uint64_t dec_low(bl_u128 v) { return (uint64_t)v; }

/* Of dec.h, for calls that are not inlined. */
extern inline bl_i128 bl_dec_raw(bl_dec a);
extern inline bl_dec bl_dec_of_raw(bl_i128 v);
extern inline int bl_dec_is_bad(bl_dec a);
extern inline int bl_dec_is_zero(bl_dec a);
extern inline int bl_dec_is_max(bl_dec a);
extern inline int bl_dec_is_valid(bl_dec a);
extern inline int bl_dec_sign(bl_dec a);
extern inline bl_dec bl_dec_of_int(int64_t v);
extern inline bl_dec bl_dec_add(bl_dec a, bl_dec b);
extern inline bl_dec bl_dec_neg(bl_dec a);
extern inline bl_dec bl_dec_sub(bl_dec a, bl_dec b);
extern inline bl_dec bl_dec_abs(bl_dec a);
extern inline int bl_dec_cmp(bl_dec a, bl_dec b);
extern inline int bl_dec_less(bl_dec a, bl_dec b);
extern inline int bl_dec_equal(bl_dec a, bl_dec b);
extern inline bl_dec bl_dec_min(bl_dec a, bl_dec b);
extern inline bl_dec bl_dec_max(bl_dec a, bl_dec b);

static bl_u128 dec_pair(uint64_t high, uint64_t low) {
  return (bl_u128)high << 64 | low;
}

static bl_u128 dec_magnitude(bl_dec a) {
  bl_u128 v = (bl_u128)bl_dec_raw(a);
  assert(bl_dec_is_valid(a));
  return a.hi < 0 ? -v : v;
}

static uint64_t dec_magnitude64(int64_t v) {
  return v < 0 ? -(uint64_t)v : (uint64_t)v;
}

static bl_dec dec_signed(bl_u128 magnitude, int negative) {
  if (magnitude > DEC_MOST) return BL_DEC_BAD;
  return bl_dec_of_raw(negative ? -(bl_i128)magnitude : (bl_i128)magnitude);
}

bl_u128 bl_u128_power10(int exponent) {
  static const uint64_t power[20] = {
    UINT64_C(1), UINT64_C(10), UINT64_C(100), UINT64_C(1000),
    UINT64_C(10000), UINT64_C(100000), UINT64_C(1000000),
    UINT64_C(10000000), UINT64_C(100000000), UINT64_C(1000000000),
    UINT64_C(10000000000), UINT64_C(100000000000),
    UINT64_C(1000000000000), UINT64_C(10000000000000),
    UINT64_C(100000000000000), UINT64_C(1000000000000000),
    UINT64_C(10000000000000000), UINT64_C(100000000000000000),
    UINT64_C(1000000000000000000), UINT64_C(10000000000000000000)
  };
  assert(exponent >= 0 && exponent <= DEC_DIGITS);
  if (exponent < 20) return power[exponent];
  return (bl_u128)power[19] * power[exponent - 19];
}

/* ---- 256 bits ----------------------------------------------------------- */

static dec_wide dec_multiply(bl_u128 a, bl_u128 b) {
  bl_u128 low    = (bl_u128)dec_low(a) * dec_low(b);
  bl_u128 cross  = (bl_u128)dec_low(a) * dec_high(b);
  bl_u128 cross2 = (bl_u128)dec_high(a) * dec_low(b);
  bl_u128 high   = (bl_u128)dec_high(a) * dec_high(b);
  bl_u128 middle = (bl_u128)dec_high(low) + dec_low(cross) + dec_low(cross2);
  dec_wide n;

  n.low  = dec_pair(dec_low(middle), dec_low(low));
  n.high = high + dec_high(cross) + dec_high(cross2) + dec_high(middle);
  return n;
}

static dec_wide dec_shift(dec_wide n, int bits) {
  assert(bits > 0 && bits < 128);
  assert(n.high >> (128 - bits) == 0);
  n.high = n.high << bits | n.low >> (128 - bits);
  n.low <<= bits;
  return n;
}

/*
 * One word of a long division: (*rest : next) / d, where the top bit of d is
 * set and *rest < d.  The guess from the upper words alone is at most two too
 * large (Knuth's algorithm D).
 */
static inline uint64_t dec_divide_step(bl_u128 *rest, uint64_t next,
                                       bl_u128 d) {
  bl_u128 upper  = *rest / dec_high(d);
  uint64_t guess = upper > UINT64_MAX ? UINT64_MAX : dec_low(upper);
  bl_u128 left   = *rest - (bl_u128)guess * dec_high(d);

  assert(d >> 127 == 1 && *rest < d);
  while (dec_high(left) == 0 &&
         (bl_u128)guess * dec_low(d) > dec_pair(dec_low(left), next)) {
    guess--;
    left += dec_high(d);
  }
  *rest = dec_pair(dec_low(*rest), next) - guess * d;
  return guess;
}

/* At least one: no divisor here is above 10^38. */
static int dec_leading_zeros(bl_u128 v) {
  assert(v > 0 && v <= DEC_MOST);
  return dec_high(v) ? __builtin_clzll(dec_high(v))
                     : 64 + __builtin_clzll(dec_low(v));
}

/* Whether d is not zero and the quotient n / d has at most 128 bits. */
static int dec_divides(dec_wide n, bl_u128 d) { return n.high < d; }

static bl_u128 dec_divide(dec_wide n, bl_u128 d, bl_u128 *rest) {
  int shift = dec_leading_zeros(d);
  uint64_t high, low;

  assert(dec_divides(n, d));
  n      = dec_shift(n, shift);
  d    <<= shift;
  high   = dec_divide_step(&n.high, dec_high(n.low), d);
  low    = dec_divide_step(&n.high, dec_low(n.low), d);
  *rest  = n.high >> shift;
  return dec_pair(high, low);
}

/* The quotient with its remainder by d rounded into it, half even. */
static bl_dec dec_rounded(bl_u128 quotient, bl_u128 rest, bl_u128 d,
                          int negative) {
  assert(rest < d);
  if (quotient > DEC_MOST) return BL_DEC_BAD;   /* or adding 1 could wrap */
  if (rest > d - rest || (rest == d - rest && (quotient & 1))) quotient++;
  return dec_signed(quotient, negative);
}

static bl_dec dec_quotient(dec_wide n, bl_u128 d, int negative) {
  bl_u128 rest, quotient;

  if (!dec_divides(n, d)) return BL_DEC_BAD;
  quotient = dec_divide(n, d, &rest);
  return dec_rounded(quotient, rest, d, negative);
}

/* ---- Multiply and divide ------------------------------------------------ */

/*
 * (high : low) / 10^18 for high < 10^18, by the reciprocal: two multiplies in
 * the place of a 128-bit division (Moller and Granlund, "Improved division by
 * invariant integers", algorithm 4).  Its second correction, for a remainder
 * of at least the divisor, is left out: with this divisor and reciprocal a
 * remainder that needs no first one is below 0.48 * 2^64.
 */
static inline uint64_t dec_divide_unit(uint64_t high, uint64_t low,
                                       uint64_t *rest) {
  bl_u128 n     = dec_pair(high, low) << DEC_UNIT_SHIFT;
  bl_u128 guess = (bl_u128)DEC_UNIT_RECIPROCAL * dec_high(n) + n;
  uint64_t q    = dec_high(guess) + 1;
  uint64_t r    = dec_low(n) - q * DEC_UNIT_TOP;

  assert(high < BL_DEC_UNIT);
  if (r > dec_low(guess)) {
    q--;
    r += DEC_UNIT_TOP;
  }
  assert(r < DEC_UNIT_TOP);
  *rest = r >> DEC_UNIT_SHIFT;
  return q;
}

bl_dec bl_dec_mul(bl_dec a, bl_dec b) {
  dec_wide n;
  uint64_t high, low, rest;
  int negative = (a.hi < 0) != (b.hi < 0);

  if (bl_dec_is_bad(a) || bl_dec_is_bad(b)) return BL_DEC_BAD;
  n = dec_multiply(dec_magnitude(a), dec_magnitude(b));
  if (!dec_divides(n, BL_DEC_UNIT)) return BL_DEC_BAD;
  high = 0;
  rest = dec_high(n.low);
  if (n.high || rest >= BL_DEC_UNIT)
    high = dec_divide_unit(dec_low(n.high), rest, &rest);
  low = dec_divide_unit(rest, dec_low(n.low), &rest);
  return dec_rounded(dec_pair(high, low), rest, BL_DEC_UNIT, negative);
}

bl_dec bl_dec_div(bl_dec a, bl_dec b) {
  dec_wide n;

  if (bl_dec_is_bad(a) || bl_dec_is_bad(b)) return BL_DEC_BAD;
  n = dec_multiply(dec_magnitude(a), BL_DEC_UNIT);
  return dec_quotient(n, dec_magnitude(b), (a.hi < 0) != (b.hi < 0));
}

bl_dec bl_dec_ratio(bl_dec a, int64_t num, int64_t den) {
  int negative = (a.hi < 0) ^ (num < 0) ^ (den < 0);
  dec_wide n;

  if (bl_dec_is_bad(a)) return BL_DEC_BAD;
  n = dec_multiply(dec_magnitude(a), dec_magnitude64(num));
  return dec_quotient(n, dec_magnitude64(den), negative);
}

bl_dec bl_dec_muldiv(bl_dec a, bl_dec num, bl_dec den) {
  int negative = (a.hi < 0) ^ (num.hi < 0) ^ (den.hi < 0);
  dec_wide n;

  if (bl_dec_is_bad(a) || bl_dec_is_bad(num)) return BL_DEC_BAD;
  if (bl_dec_is_bad(den)) return BL_DEC_BAD;
  if (bl_dec_equal(den, BL_DEC_ONE)) return bl_dec_mul(a, num);
  n = dec_multiply(dec_magnitude(a), dec_magnitude(num));
  return dec_quotient(n, dec_magnitude(den), negative);
}

bl_u128 bl_u128_share(bl_u128 a, bl_u128 num, bl_u128 den, bl_u128 *rest) {
  assert(den > 0 && num <= den && a <= DEC_MOST);
  return dec_divide(dec_multiply(a, num), den, rest);
}

int bl_u128_muldiv(bl_u128 a, bl_u128 num, bl_u128 den, bl_u128 *quotient,
                   bl_u128 *rest) {
  dec_wide n = dec_multiply(a, num);

  assert(den <= DEC_MOST);
  if (!dec_divides(n, den)) return 0;
  *quotient = dec_divide(n, den, rest);
  return 1;
}

/* ---- Round -------------------------------------------------------------- */

int bl_round_goes_up(int mode, int negative, int odd, int half) {
  switch (mode) {
  case BL_ROUND_HALF_EVEN: return half > 0 || (half == 0 && odd);
  case BL_ROUND_HALF_UP:   return half > 0 || (half == 0 && !negative);
  case BL_ROUND_HALF_DOWN: return half > 0;
  case BL_ROUND_CEILING:   return !negative;
  case BL_ROUND_FLOOR:     return negative;
  case BL_ROUND_UP:        return 1;
  case BL_ROUND_DOWN:      return 0;
  default:
    assert(mode == BL_ROUND_HALF_AWAY);
    return half >= 0;
  }
}

bl_dec bl_dec_round(bl_dec a, int places, int mode) {
  bl_u128 step, steps, rest;
  int half;

  assert(places >= -20 && places <= BL_DEC_SCALE);
  if (bl_dec_is_bad(a)) return BL_DEC_BAD;
  step  = bl_u128_power10(BL_DEC_SCALE - places);
  steps = dec_magnitude(a) / step;
  rest  = dec_magnitude(a) - steps * step;
  if (rest == 0) return a;
  half = (rest > step - rest) - (rest < step - rest);
  if (bl_round_goes_up(mode, a.hi < 0, (int)(steps & 1), half)) steps++;
  return dec_signed(steps * step, a.hi < 0);
}

int bl_dec_is_integer(bl_dec a) {
  bl_u128 v;
  uint64_t rest;

  if (bl_dec_is_bad(a)) return 0;
  v = dec_magnitude(a);
  (void)dec_divide_unit(dec_high(v) % BL_DEC_UNIT, dec_low(v), &rest);
  return rest == 0;
}

int64_t bl_dec_to_int(bl_dec a) {
  bl_i128 v = bl_dec_raw(a) / (bl_i128)BL_DEC_UNIT;

  if (bl_dec_is_bad(a) || v > INT64_MAX || v < INT64_MIN) return INT64_MIN;
  return (int64_t)v;
}

/* ---- Read --------------------------------------------------------------- */

/*
 * A number as it is read: value * 10^zeros, then the point and the exponent
 * move it.  Zeros wait until a digit follows them, so that neither leading
 * nor trailing ones take up any of the 38 digits.
 */
typedef struct dec_reader {
  const char *at;
  const char *end;
  bl_u128     value;          /* of no meaning above 38 digits */
  int64_t     digits;         /* in value */
  int64_t     zeros;
} dec_reader;

static int dec_take(dec_reader *r, char c) {
  if (r->at == r->end || *r->at != c) return 0;
  r->at++;
  return 1;
}

static int dec_at_digit(const dec_reader *r) {
  return r->at < r->end && *r->at >= '0' && *r->at <= '9';
}

static void dec_append(dec_reader *r, unsigned digit) {
  if (digit > 0) {
    r->digits += r->zeros + 1;
    if (r->digits <= DEC_DIGITS)
      r->value = r->value * bl_u128_power10((int)r->zeros + 1) + digit;
    r->zeros = 0;
  } else if (r->digits > 0) {
    r->zeros++;
  }
}

/* Reads digits and returns how many there were. */
static int64_t dec_read_digits(dec_reader *r) {
  const char *from = r->at;
  for (; dec_at_digit(r); r->at++) dec_append(r, (unsigned)(*r->at - '0'));
  return r->at - from;
}

/*
 * [e[+-]digits] moves the point by *power.  An exponent that no text could
 * make up for stands still at a value as hopeless.
 */
static int dec_read_exponent(dec_reader *r, int64_t *power) {
  const int64_t hopeless = INT64_C(100000000000000000);
  int64_t exponent = 0;
  int negative;

  if (!dec_take(r, 'e') && !dec_take(r, 'E')) return 1;
  negative = dec_take(r, '-');
  if (!negative) dec_take(r, '+');
  if (!dec_at_digit(r)) return 0;
  for (; dec_at_digit(r); r->at++) {
    if (exponent < hopeless) exponent = exponent * 10 + (*r->at - '0');
  }
  *power += negative ? -exponent : exponent;
  return 1;
}

/* The whole grammar; *power is the power of ten behind the digits read. */
static int dec_read(dec_reader *r, int64_t *power) {
  int starts_with_zero = r->at < r->end && *r->at == '0';
  int64_t count = dec_read_digits(r);

  *power = 0;
  if (count == 0 || (starts_with_zero && count > 1)) return 0;
  if (dec_take(r, '.')) {
    *power = -dec_read_digits(r);
    if (*power == 0) return 0;
  }
  return dec_read_exponent(r, power) && r->at == r->end;
}

int bl_dec_parse(const char *text, size_t len, bl_dec *out) {
  dec_reader r = {text, text, 0, 0, 0};
  int64_t power;
  int negative;

  if (len == 0) return BILLING_INVALID;
  r.end += len;
  negative = dec_take(&r, '-');
  if (!dec_read(&r, &power)) return BILLING_INVALID;
  power += r.zeros + BL_DEC_SCALE;
  if (r.digits == 0) {
    *out = BL_DEC_ZERO;
    return BILLING_OK;
  }
  if (power < 0 || power > DEC_DIGITS - r.digits) return BILLING_LIMIT;
  *out = dec_signed(r.value * bl_u128_power10((int)power), negative);
  return BILLING_OK;
}

/* ---- Write -------------------------------------------------------------- */

/* At least `width` digits that end before `end`; returns where they begin. */
static char *dec_write(char *end, uint64_t v, int width) {
  for (; v > 0 || width > 0; v /= 10, width--) *--end = (char)('0' + v % 10);
  return end;
}

static char *dec_write_fraction(char *end, uint64_t fraction) {
  int width = BL_DEC_SCALE;

  if (fraction == 0) return end;
  for (; fraction % 10 == 0; fraction /= 10) width--;
  end = dec_write(end, fraction, width);
  *--end = '.';
  return end;
}

size_t bl_dec_print(bl_dec a, char *out) {
  char text[BL_DEC_TEXT];
  char *end = text + sizeof text, *at;
  bl_u128 whole;
  uint64_t upper;

  *out = '\0';
  if (bl_dec_is_bad(a)) return 0;
  whole = dec_magnitude(a) / BL_DEC_UNIT;
  at    = dec_write_fraction(end, (uint64_t)(dec_magnitude(a) % BL_DEC_UNIT));
  upper = (uint64_t)(whole / BL_DEC_UNIT);          /* of 20 digits, two */
  at    = dec_write(at, (uint64_t)(whole % BL_DEC_UNIT), upper ? 18 : 1);
  at    = dec_write(at, upper, 0);
  if (a.hi < 0) *--at = '-';
  memcpy(out, at, (size_t)(end - at));
  out[end - at] = '\0';
  return (size_t)(end - at);
}

/* ---- Sums of 256 bits --------------------------------------------------- */

static dec_wide dec_negate(dec_wide n) {
  n.low  = -n.low;
  n.high = ~n.high + (n.low == 0);
  return n;
}

static int dec_is_negative(dec_wide n) { return n.high >> 127 != 0; }

static dec_wide dec_of_sum(const bl_wide *acc) {
  dec_wide n;
  n.low  = dec_pair(acc->word[1], acc->word[0]);
  n.high = dec_pair(acc->word[3], acc->word[2]);
  return n;
}

void bl_wide_add(bl_wide *acc, bl_dec a, int64_t factor) {
  dec_wide sum = dec_of_sum(acc), n;
  int before = dec_is_negative(sum), added;

  if (bl_dec_is_bad(a)) acc->bad = 1;
  if (acc->bad) return;
  n = dec_multiply(dec_magnitude(a), dec_magnitude64(factor));
  if ((a.hi < 0) != (factor < 0)) n = dec_negate(n);
  added = dec_is_negative(n);
  sum.low  += n.low;
  sum.high += n.high + (sum.low < n.low);
  if (before == added && dec_is_negative(sum) != before) acc->bad = 1;
  acc->word[0] = dec_low(sum.low);
  acc->word[1] = dec_high(sum.low);
  acc->word[2] = dec_low(sum.high);
  acc->word[3] = dec_high(sum.high);
}

bl_dec bl_wide_div(const bl_wide *acc, int64_t divisor) {
  dec_wide n = dec_of_sum(acc);
  int negative = dec_is_negative(n);

  if (acc->bad) return BL_DEC_BAD;
  if (negative) n = dec_negate(n);
  return dec_quotient(n, dec_magnitude64(divisor), negative ^ (divisor < 0));
}

/* ---- The public pair ---------------------------------------------------- */

int billing_decimal_parse(billing_decimal *out, const char *text, size_t len) {
  if (!out || !text) return BILLING_MISUSE;
  return bl_dec_parse(text, len == (size_t)-1 ? strlen(text) : len, out);
}

size_t billing_decimal_format(const billing_decimal *value, char *out) {
  if (!out) return 0;
  *out = '\0';
  if (!value || !bl_dec_is_valid(*value)) return 0;
  return bl_dec_print(*value, out);
}

#undef DEC_MOST
#undef DEC_DIGITS
#undef DEC_UNIT_SHIFT
#undef DEC_UNIT_TOP
#undef DEC_UNIT_RECIPROCAL
