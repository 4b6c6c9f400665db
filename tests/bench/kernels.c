/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * kernels.c - the arithmetic of a price against 128-bit integers by hand.
 *
 * The kernels are not exported; the benchmark is linked with the objects of
 * the release, where they are.  What stands beside them is what one would
 * write for one price and one scale with the compiler's own 128-bit integers:
 * the same result for these numbers, no check of any range, 10^18 as a
 * constant.
 */
#include "bench.h"

#include "price/price.h"

#include <stdlib.h>

#define PAIRS 1024           /* a power of two; stays in the cache */
#define TIERS 3
#define CALLS 2000000        /* in a second, so to speak */

typedef struct kernel_work {
  bl_dec   quantity[PAIRS];
  bl_dec   rate[PAIRS];
  bl_tier  tiers[TIERS];
  bl_price price;
  long     calls;
} kernel_work;

/* Typical figures, small enough for products below 2^127: 0.001 .. 499.999
 * units at 0.000001 .. 0.099999. */
static void fill(kernel_work *w) {
  static const int64_t bounds[TIERS] = {50, 200, 0};
  uint64_t random = 1;

  for (int i = 0; i < PAIRS; i++) {
    random = random * UINT64_C(6364136223846793005) + 1;
    w->quantity[i] = bl_dec_of_raw((bl_i128)(random >> 33) % 500000 *
                                       1000000000000000 + 1000000000000000);
    w->rate[i] = bl_dec_of_raw(((bl_i128)(random >> 13) % 99999 + 1) *
                               1000000000000);
  }
  for (int i = 0; i < TIERS; i++) {
    w->tiers[i].up_to = i == TIERS - 1 ? BL_DEC_MAX : bl_dec_of_int(bounds[i]);
    w->tiers[i].unit = bl_dec_of_raw((bl_i128)(10 - 2 * i) *
                                     10000000000000000);
  }
  w->price.tiers = w->tiers;
  w->price.tier_count = TIERS;
  w->price.per = BL_DEC_ONE;
}

static kernel_work *make_work(const bench_plan *plan) {
  kernel_work *w = bench_room(1, sizeof *w);

  fill(w);
  w->calls = (long)(CALLS * plan->turn);
  return w;
}

/* Both sides give the sum of their results, which must agree. */
typedef bl_u128 kernel_side(const kernel_work *w);

static double timed(kernel_side *side, const kernel_work *w, bl_u128 *sum) {
  double start = bench_seconds();

  *sum = side(w);
  return (bench_seconds() - start) * 1e9 / (double)w->calls;
}

static void measure(const bench_plan *plan, const char *name,
                    kernel_side *ours, kernel_side *yardstick,
                    const kernel_work *w) {
  bench_round rounds[BENCH_ROUNDS_MOST];
  bl_u128 sum[2];

  for (int i = 0; i < plan->turns; i++) {
    rounds[i].ours = timed(ours, w, &sum[0]);
    rounds[i].yardstick = timed(yardstick, w, &sum[1]);
    if (sum[0] != sum[1]) bench_stop(name, "two different results");
  }
  bench_report(name, rounds, plan->turns);
}

/* ---- multiply ---- */

/* For products below 2^127, rounded half even at 10^-18. */
static bl_i128 multiply_by_hand(bl_i128 a, bl_i128 b) {
  const bl_i128 unit = (bl_i128)BL_DEC_UNIT;
  bl_i128 product = a * b;
  bl_i128 quotient = product / unit, rest = product % unit;

  if (2 * rest > unit || (2 * rest == unit && quotient & 1)) quotient++;
  return quotient;
}

static bl_u128 multiply_ours(const kernel_work *w) {
  bl_u128 sum = 0;

  for (long i = 0; i < w->calls; i++)
    sum += (bl_u128)bl_dec_raw(bl_dec_mul(w->quantity[i % PAIRS],
                                          w->rate[i % PAIRS]));
  return sum;
}

static bl_u128 multiply_theirs(const kernel_work *w) {
  bl_u128 sum = 0;

  for (long i = 0; i < w->calls; i++)
    sum += (bl_u128)multiply_by_hand(bl_dec_raw(w->quantity[i % PAIRS]),
                                     bl_dec_raw(w->rate[i % PAIRS]));
  return sum;
}

static void measure_decimal(const bench_plan *plan) {
  kernel_work *w = make_work(plan);

  measure(plan, "decimal_mul", multiply_ours, multiply_theirs, w);
  free(w);
}

/* ---- prices ---- */

static bl_u128 price_ours(const kernel_work *w) {
  bl_u128 sum = 0;

  for (long i = 0; i < w->calls; i++)
    sum += (bl_u128)bl_dec_raw(bl_price_total(&w->price,
                                              w->quantity[i % PAIRS]));
  return sum;
}

static bl_u128 per_unit_by_hand(const kernel_work *w) {
  bl_i128 rate = bl_dec_raw(w->tiers[0].unit);
  bl_u128 sum = 0;

  for (long i = 0; i < w->calls; i++)
    sum += (bl_u128)multiply_by_hand(bl_dec_raw(w->quantity[i % PAIRS]), rate);
  return sum;
}

static bl_u128 graduated_by_hand(const kernel_work *w) {
  bl_u128 sum = 0;

  for (long i = 0; i < w->calls; i++) {
    bl_i128 quantity = bl_dec_raw(w->quantity[i % PAIRS]), floor = 0;
    for (int k = 0; k < TIERS && floor < quantity; k++) {
      bl_i128 top = bl_dec_raw(w->tiers[k].up_to);
      bl_i128 units = (quantity < top ? quantity : top) - floor;
      sum += (bl_u128)multiply_by_hand(units, bl_dec_raw(w->tiers[k].unit));
      floor = top;
    }
  }
  return sum;
}

static bl_u128 volume_by_hand(const kernel_work *w) {
  bl_u128 sum = 0;

  for (long i = 0; i < w->calls; i++) {
    bl_i128 quantity = bl_dec_raw(w->quantity[i % PAIRS]);
    int k = 0;
    while (quantity > bl_dec_raw(w->tiers[k].up_to)) k++;
    sum += (bl_u128)multiply_by_hand(quantity, bl_dec_raw(w->tiers[k].unit));
  }
  return sum;
}

static void measure_price(const bench_plan *plan, const char *name,
                          uint32_t model, kernel_side *by_hand) {
  kernel_work *w = make_work(plan);

  w->price.model = model;
  if (model == BL_MODEL_PER_UNIT) {
    w->price.tier_count = 1;
    w->tiers[0].up_to = BL_DEC_MAX;
  }
  measure(plan, name, price_ours, by_hand, w);
  free(w);
}

void bench_kernels(const bench_plan *plan) {
  static const struct kernel_price {
    const char  *name;
    uint32_t     model;
    kernel_side *by_hand;
  } prices[] = {
    {"price_per_unit", BL_MODEL_PER_UNIT, per_unit_by_hand},
    {"price_graduated", BL_MODEL_GRADUATED, graduated_by_hand},
    {"price_volume", BL_MODEL_VOLUME, volume_by_hand},
  };

  if (bench_wants("decimal_mul", NULL)) measure_decimal(plan);
  for (size_t i = 0; i < sizeof prices / sizeof *prices; i++)
    if (bench_wants(prices[i].name, NULL))
      measure_price(plan, prices[i].name, prices[i].model, prices[i].by_hand);
}
