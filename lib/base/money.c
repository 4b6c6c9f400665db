/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * money.c - asset names, and splitting an amount by largest remainder.
 *
 *     100.00 over 1, 2, 3 at 2 places, in cents:
 *
 *       share       1666.67   3333.33   5000.00
 *       cut off     1666      3333      5000       one cent is left
 *       part        1667      3333      5000       the .67 was largest
 */
#include "base/money.h"

typedef struct asset_currency {
  char    code[4];
  uint8_t places;
} asset_currency;

/*
 * ISO 4217 as published for 2026, in order of the code, and the codes that
 * were withdrawn since 2020 (ANG, BGN, CUC, HRK, SLL, ZWL), because old
 * invoices are still in them.  Gold, drawing rights and test codes have no
 * decimals in the standard and are left out.
 */
static const asset_currency asset_currencies[] = {
  {"AED", 2}, {"AFN", 2}, {"ALL", 2}, {"AMD", 2}, {"ANG", 2},
  {"AOA", 2}, {"ARS", 2}, {"AUD", 2}, {"AWG", 2}, {"AZN", 2},
  {"BAM", 2}, {"BBD", 2}, {"BDT", 2}, {"BGN", 2}, {"BHD", 3},
  {"BIF", 0}, {"BMD", 2}, {"BND", 2}, {"BOB", 2}, {"BOV", 2},
  {"BRL", 2}, {"BSD", 2}, {"BTN", 2}, {"BWP", 2}, {"BYN", 2},
  {"BZD", 2}, {"CAD", 2}, {"CDF", 2}, {"CHE", 2}, {"CHF", 2},
  {"CHW", 2}, {"CLF", 4}, {"CLP", 0}, {"CNY", 2}, {"COP", 2},
  {"COU", 2}, {"CRC", 2}, {"CUC", 2}, {"CUP", 2}, {"CVE", 2},
  {"CZK", 2}, {"DJF", 0}, {"DKK", 2}, {"DOP", 2}, {"DZD", 2},
  {"EGP", 2}, {"ERN", 2}, {"ETB", 2}, {"EUR", 2}, {"FJD", 2},
  {"FKP", 2}, {"GBP", 2}, {"GEL", 2}, {"GHS", 2}, {"GIP", 2},
  {"GMD", 2}, {"GNF", 0}, {"GTQ", 2}, {"GYD", 2}, {"HKD", 2},
  {"HNL", 2}, {"HRK", 2}, {"HTG", 2}, {"HUF", 2}, {"IDR", 2},
  {"ILS", 2}, {"INR", 2}, {"IQD", 3}, {"IRR", 2}, {"ISK", 0},
  {"JMD", 2}, {"JOD", 3}, {"JPY", 0}, {"KES", 2}, {"KGS", 2},
  {"KHR", 2}, {"KMF", 0}, {"KPW", 2}, {"KRW", 0}, {"KWD", 3},
  {"KYD", 2}, {"KZT", 2}, {"LAK", 2}, {"LBP", 2}, {"LKR", 2},
  {"LRD", 2}, {"LSL", 2}, {"LYD", 3}, {"MAD", 2}, {"MDL", 2},
  {"MGA", 2}, {"MKD", 2}, {"MMK", 2}, {"MNT", 2}, {"MOP", 2},
  {"MRU", 2}, {"MUR", 2}, {"MVR", 2}, {"MWK", 2}, {"MXN", 2},
  {"MXV", 2}, {"MYR", 2}, {"MZN", 2}, {"NAD", 2}, {"NGN", 2},
  {"NIO", 2}, {"NOK", 2}, {"NPR", 2}, {"NZD", 2}, {"OMR", 3},
  {"PAB", 2}, {"PEN", 2}, {"PGK", 2}, {"PHP", 2}, {"PKR", 2},
  {"PLN", 2}, {"PYG", 0}, {"QAR", 2}, {"RON", 2}, {"RSD", 2},
  {"RUB", 2}, {"RWF", 0}, {"SAR", 2}, {"SBD", 2}, {"SCR", 2},
  {"SDG", 2}, {"SEK", 2}, {"SGD", 2}, {"SHP", 2}, {"SLE", 2},
  {"SLL", 2}, {"SOS", 2}, {"SRD", 2}, {"SSP", 2}, {"STN", 2},
  {"SVC", 2}, {"SYP", 2}, {"SZL", 2}, {"THB", 2}, {"TJS", 2},
  {"TMT", 2}, {"TND", 3}, {"TOP", 2}, {"TRY", 2}, {"TTD", 2},
  {"TWD", 2}, {"TZS", 2}, {"UAH", 2}, {"UGX", 0}, {"USD", 2},
  {"USN", 2}, {"UYI", 0}, {"UYU", 2}, {"UYW", 4}, {"UZS", 2},
  {"VED", 2}, {"VES", 2}, {"VND", 0}, {"VUV", 0}, {"WST", 2},
  {"XAD", 2}, {"XAF", 0}, {"XCD", 2}, {"XCG", 2}, {"XOF", 0},
  {"XPF", 0}, {"YER", 2}, {"ZAR", 2}, {"ZMW", 2}, {"ZWG", 2},
  {"ZWL", 2}
};

/* The currency of a three-letter code, or NULL. */
static const asset_currency *asset_find(const char *code) {
  size_t from = 0, to = BL_COUNT(asset_currencies);

  while (from < to) {
    size_t middle = from + (to - from) / 2;
    int order = memcmp(code, asset_currencies[middle].code, 3);
    if (order == 0) return &asset_currencies[middle];
    if (order > 0) from = middle + 1;
    else to = middle;
  }
  return NULL;
}

int bl_asset_places(const char asset[BL_ASSET_BYTES]) {
  const asset_currency *currency = asset[3] ? NULL : asset_find(asset);
  return currency ? currency->places : -1;
}

static int asset_is_lower(char c) { return c >= 'a' && c <= 'z'; }

int bl_asset_is_valid(bl_str name) {
  size_t i;

  if (name.len == 0 || name.len >= BL_ASSET_BYTES) return 0;
  if (!asset_is_lower(name.text[0]))
    return name.len == 3 && asset_find(name.text) != NULL;
  for (i = 1; i < name.len; i++) {
    char c = name.text[i];
    if (!asset_is_lower(c) && !(c >= '0' && c <= '9') && c != '_') return 0;
  }
  return 1;
}

int bl_asset_set(char out[BL_ASSET_BYTES], bl_str name) {
  if (!bl_asset_is_valid(name)) return BILLING_INVALID;
  memset(out, 0, BL_ASSET_BYTES);
  memcpy(out, name.text, name.len);
  return BILLING_OK;
}

/* ---- Splitting ---------------------------------------------------------- */

static int money_total_weight(const bl_dec *weights, size_t count,
                              bl_dec *sum) {
  size_t i;

  *sum = BL_DEC_ZERO;
  for (i = 0; i < count; i++) {
    if (bl_dec_is_bad(weights[i]) || bl_dec_sign(weights[i]) < 0)
      return BILLING_INVALID;
    *sum = bl_dec_add(*sum, weights[i]);
  }
  return bl_dec_is_bad(*sum) ? BILLING_LIMIT : BILLING_OK;
}

static size_t money_count_above(const bl_dec *remainders, size_t count,
                                bl_i128 limit) {
  size_t above = 0, i;
  for (i = 0; i < count; i++) above += bl_dec_raw(remainders[i]) > limit;
  return above;
}

/*
 * The smallest limit that no more than `steps` remainders are above.  Halving
 * the range of values takes no memory and no sorting: 127 walks at most.
 */
static bl_i128 money_limit(const bl_dec *remainders, size_t count,
                           bl_i128 most, size_t steps) {
  bl_i128 from = 0, to = most;

  while (from < to) {
    bl_i128 middle = from + (to - from) / 2;
    if (money_count_above(remainders, count, middle) <= steps) to = middle;
    else from = middle + 1;
  }
  return from;
}

/* One part cut off at the last place, in steps. */
static bl_u128 money_share(bl_u128 steps, bl_dec weight, bl_dec sum,
                           bl_dec *remainder) {
  bl_u128 rest;
  bl_u128 share = bl_u128_share(steps, (bl_u128)bl_dec_raw(weight),
                                (bl_u128)bl_dec_raw(sum), &rest);
  *remainder = bl_dec_of_raw((bl_i128)rest);
  return share;
}

/*
 * Splits a number of steps.  `out` holds the remainders until it is known who
 * gets one step more.  Those are fewer than the remainders above zero, so the
 * limit is above zero too, and a weight of zero stays without.
 */
static void money_split(bl_u128 steps, bl_u128 step, bl_dec sum,
                        const bl_dec *weights, size_t count, bl_dec *out) {
  bl_u128 left = steps;
  bl_i128 limit;
  size_t i, ties;

  for (i = 0; i < count; i++)
    left -= money_share(steps, weights[i], sum, &out[i]);
  assert(left < count);
  limit = money_limit(out, count, bl_dec_raw(sum), (size_t)left);
  ties  = (size_t)left - money_count_above(out, count, limit);
  for (i = 0; i < count; i++) {
    bl_u128 share = money_share(steps, weights[i], sum, &out[i]);
    int is_tie = ties > 0 && bl_dec_raw(out[i]) == limit;
    if (is_tie) ties--;
    if (is_tie || bl_dec_raw(out[i]) > limit) share++;
    out[i] = bl_dec_of_raw((bl_i128)(share * step));
  }
  assert(ties == 0);
}

int bl_money_allocate(bl_dec total, const bl_dec *weights, size_t count,
                      int places, bl_dec *out) {
  bl_u128 amount = (bl_u128)bl_dec_raw(bl_dec_abs(total));
  bl_u128 step = bl_u128_power10(BL_DEC_SCALE - places);
  bl_dec sum;
  size_t i;
  int rc = money_total_weight(weights, count, &sum);

  if (rc) return rc;
  if (bl_dec_is_bad(total) || amount % step) return BILLING_INVALID;
  if (amount > 0 && bl_dec_is_zero(sum)) return BILLING_INVALID;
  if (amount == 0) {
    for (i = 0; i < count; i++) out[i] = BL_DEC_ZERO;
    return BILLING_OK;
  }
  money_split(amount / step, step, sum, weights, count, out);
  if (bl_dec_sign(total) < 0)
    for (i = 0; i < count; i++) out[i] = bl_dec_neg(out[i]);
  return BILLING_OK;
}
