/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * kernels.c - exact arithmetic against 128-bit integers by hand.
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
#include <string.h>

#define PAIRS 1024           /* a power of two; stays in the cache */
#define TIERS 3
#define PRICES 5             /* of the plan that is quoted */
#define ROWS 8               /* of the matrix */
#define CALLS 2000000        /* in a second, so to speak */

typedef struct kernel_work {
  bl_dec      quantity[PAIRS];
  bl_dec      rate[PAIRS];
  bl_tier     tiers[PRICES][TIERS];
  bl_price    price[PRICES];
  size_t      prices;          /* that make one figure */
  bl_str      group[ROWS];     /* of the matrix, as JSON */
  bl_str      name;            /* of its one member, as JSON */
  bl_cell     cell[ROWS];
  bl_rate_row row[ROWS];
  bl_price    of_row[ROWS];
  bl_tier     of_rate[ROWS];
  long        calls;
} kernel_work;

/* Typical figures, small enough for products below 2^127: 0.001 .. 499.999
 * units at 0.000001 .. 0.099999. */
static void fill(kernel_work *w) {
  uint64_t random = 1;

  for (int i = 0; i < PAIRS; i++) {
    random = random * UINT64_C(6364136223846793005) + 1;
    w->quantity[i] = bl_dec_of_raw((bl_i128)(random >> 33) % 500000 *
                                       1000000000000000 + 1000000000000000);
    w->rate[i] = bl_dec_of_raw(((bl_i128)(random >> 13) % 99999 + 1) *
                               1000000000000);
  }
}

/* Tiers to 50, to 200 and above at 0.10, 0.08, 0.06 and a little more from
 * price to price; each has a flat for the models that look at it. */
static void fill_price(kernel_work *w, int at, uint32_t model) {
  static const int64_t bounds[TIERS] = {50, 200, 0};
  bl_price *price = &w->price[at];

  *price = (bl_price){.model = model, .tiers = w->tiers[at],
                      .tier_count = TIERS, .per = BL_DEC_ONE};
  for (int i = 0; i < TIERS; i++) {
    bl_tier *tier = &w->tiers[at][i];
    tier->up_to = i == TIERS - 1 ? BL_DEC_MAX : bl_dec_of_int(bounds[i]);
    tier->unit = bl_dec_of_raw((bl_i128)(100 - 20 * i + at) *
                               1000000000000000);
  }
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
    for (size_t k = 0; k < w->prices; k++)
      sum += (bl_u128)bl_dec_raw(bl_price_total(&w->price[k],
                                                w->quantity[i % PAIRS]));
  return sum;
}

/* What one total costs, by hand. */
typedef bl_i128 hand_price(const bl_price *price, bl_i128 quantity);

/* Inlined with the hand it is given, so that no call stands in between. */
static inline __attribute__((always_inline)) bl_u128 price_theirs(
    const kernel_work *w, hand_price *by_hand) {
  bl_u128 sum = 0;

  for (long i = 0; i < w->calls; i++)
    for (size_t k = 0; k < w->prices; k++)
      sum += (bl_u128)by_hand(&w->price[k],
                              bl_dec_raw(w->quantity[i % PAIRS]));
  return sum;
}

static bl_i128 hand_unit(const bl_price *price, int tier) {
  return bl_dec_raw(price->tiers[tier].unit);
}

/* The tier that holds all of the quantity. */
static int hand_tier(const bl_price *price, bl_i128 quantity) {
  int k = 0;

  while (quantity > bl_dec_raw(price->tiers[k].up_to)) k++;
  return k;
}

static bl_i128 hand_per_unit(const bl_price *price, bl_i128 quantity) {
  return multiply_by_hand(quantity, hand_unit(price, 0));
}

static bl_i128 hand_graduated(const bl_price *price, bl_i128 quantity) {
  bl_i128 floor = 0, sum = 0;

  for (int k = 0; k < TIERS && floor < quantity; k++) {
    bl_i128 top = bl_dec_raw(price->tiers[k].up_to);
    bl_i128 units = (quantity < top ? quantity : top) - floor;
    sum += multiply_by_hand(units, hand_unit(price, k));
    floor = top;
  }
  return sum;
}

static bl_i128 hand_volume(const bl_price *price, bl_i128 quantity) {
  return multiply_by_hand(quantity,
                          hand_unit(price, hand_tier(price, quantity)));
}

static bl_i128 hand_stairstep(const bl_price *price, bl_i128 quantity) {
  return bl_dec_raw(price->tiers[hand_tier(price, quantity)].flat);
}

static bl_i128 hand_package(const bl_price *price, bl_i128 quantity) {
  bl_i128 size = bl_dec_raw(price->per);

  return (quantity + size - 1) / size * hand_unit(price, 0);
}

/* A percentage is a rate for a hundred; here it is two places smaller. */
static bl_i128 hand_percentage(const bl_price *price, bl_i128 quantity) {
  return multiply_by_hand(quantity, hand_unit(price, 0) / 100);
}

static bl_i128 hand_graduated_percentage(const bl_price *price,
                                         bl_i128 quantity) {
  bl_i128 floor = 0, sum = 0;

  for (int k = 0; k < TIERS && floor < quantity; k++) {
    bl_i128 top = bl_dec_raw(price->tiers[k].up_to);
    bl_i128 amount = (quantity < top ? quantity : top) - floor;
    sum += multiply_by_hand(amount, hand_unit(price, k) / 100);
    floor = top;
  }
  return sum;
}

static bl_u128 per_unit_theirs(const kernel_work *w) {
  return price_theirs(w, hand_per_unit);
}

static bl_u128 graduated_theirs(const kernel_work *w) {
  return price_theirs(w, hand_graduated);
}

static bl_u128 volume_theirs(const kernel_work *w) {
  return price_theirs(w, hand_volume);
}

static bl_u128 stairstep_theirs(const kernel_work *w) {
  return price_theirs(w, hand_stairstep);
}

static bl_u128 package_theirs(const kernel_work *w) {
  return price_theirs(w, hand_package);
}

static bl_u128 percentage_theirs(const kernel_work *w) {
  return price_theirs(w, hand_percentage);
}

static bl_u128 graduated_percentage_theirs(const kernel_work *w) {
  return price_theirs(w, hand_graduated_percentage);
}

typedef struct kernel_price {
  const char  *name;
  uint32_t     model;
  int          tiers;
  int64_t      per;
  kernel_side *by_hand;
} kernel_price;

/* Of what the models look at: flats, the size of a package, percent. */
static void shape(kernel_work *w, const kernel_price *as) {
  bl_price *price = &w->price[0];

  price->tier_count = (size_t)as->tiers;
  price->per = bl_dec_of_int(as->per);
  w->tiers[0][as->tiers - 1].up_to = BL_DEC_MAX;
  if (as->model != BL_MODEL_STAIRSTEP) return;
  for (int i = 0; i < TIERS; i++) {
    w->tiers[0][i].unit = BL_DEC_ZERO;
    w->tiers[0][i].flat = bl_dec_of_int(20 + i);
  }
}

static void measure_price(const bench_plan *plan, const kernel_price *as) {
  kernel_work *w = make_work(plan);

  fill_price(w, 0, as->model);
  w->prices = 1;
  shape(w, as);
  measure(plan, as->name, price_ours, as->by_hand, w);
  free(w);
}

/* Five graduated prices of three tiers, for one quantity each. */
static void measure_plan(const bench_plan *plan) {
  kernel_work *w = make_work(plan);

  for (int i = 0; i < PRICES; i++) fill_price(w, i, BL_MODEL_GRADUATED);
  w->prices = PRICES;
  w->calls /= PRICES;
  measure(plan, "quote_plan", price_ours, graduated_theirs, w);
  free(w);
}

/* ---- a matrix ---- */

static bl_u128 matrix_ours(const kernel_work *w) {
  bl_u128 sum = 0;

  for (long i = 0; i < w->calls; i++) {
    const bl_price *price = bl_price_of_group(&w->price[0],
                                              w->group[i % ROWS]);
    sum += (bl_u128)bl_dec_raw(bl_price_total(price, w->quantity[i % PAIRS]));
  }
  return sum;
}

/* The rates' groups as texts, compared one after the other. */
static bl_u128 matrix_theirs(const kernel_work *w) {
  bl_u128 sum = 0;

  for (long i = 0; i < w->calls; i++) {
    bl_str group = w->group[i % ROWS];
    size_t k = 0;
    while (memcmp(w->group[k].text, group.text, group.len)) k++;
    sum += (bl_u128)hand_per_unit(&w->of_row[k],
                                  bl_dec_raw(w->quantity[i % PAIRS]));
  }
  return sum;
}

/* Eight models of one name, {"model":"m0"} and so on. */
static void fill_matrix(kernel_work *w) {
  static const char groups[ROWS][sizeof "{\"model\":\"m0\"}"] = {
    "{\"model\":\"m0\"}", "{\"model\":\"m1\"}", "{\"model\":\"m2\"}",
    "{\"model\":\"m3\"}", "{\"model\":\"m4\"}", "{\"model\":\"m5\"}",
    "{\"model\":\"m6\"}", "{\"model\":\"m7\"}"};

  w->name = bench_str("\"model\"");
  for (int i = 0; i < ROWS; i++) {
    bl_str quoted = {groups[i] + 9, 4};

    w->group[i] = bench_str(groups[i]);
    w->cell[i] = (bl_cell){{quoted.text + 1, 2}, quoted};
    w->of_rate[i] = (bl_tier){.up_to = BL_DEC_MAX, .unit = w->rate[i]};
    w->of_row[i] = (bl_price){.model = BL_MODEL_PER_UNIT, .tier_count = 1,
                              .tiers = &w->of_rate[i], .per = BL_DEC_ONE};
    w->row[i] = (bl_rate_row){&w->name, &w->cell[i], 1, &w->of_row[i]};
  }
  w->price[0] = (bl_price){.model = BL_MODEL_MATRIX, .groups = &w->name,
                           .group_count = 1, .rates = w->row,
                           .rate_count = ROWS};
}

static void measure_matrix(const bench_plan *plan) {
  kernel_work *w = make_work(plan);

  fill_matrix(w);
  measure(plan, "price_matrix", matrix_ours, matrix_theirs, w);
  free(w);
}

void bench_kernels(const bench_plan *plan) {
  static const kernel_price prices[] = {
    {"price_per_unit", BL_MODEL_PER_UNIT, 1, 1, per_unit_theirs},
    {"price_graduated", BL_MODEL_GRADUATED, TIERS, 1, graduated_theirs},
    {"price_volume", BL_MODEL_VOLUME, TIERS, 1, volume_theirs},
    {"price_stairstep", BL_MODEL_STAIRSTEP, TIERS, 1, stairstep_theirs},
    {"price_package", BL_MODEL_PACKAGE, 1, 10, package_theirs},
    {"price_percentage", BL_MODEL_PERCENTAGE, 1, 100, percentage_theirs},
    {"price_graduated_percentage", BL_MODEL_GRADUATED_PERCENTAGE, TIERS, 100,
     graduated_percentage_theirs},
    {"price_dynamic", BL_MODEL_DYNAMIC, 1, 1, per_unit_theirs},
  };

  if (bench_wants("decimal_mul", NULL)) measure_decimal(plan);
  for (size_t i = 0; i < sizeof prices / sizeof *prices; i++)
    if (bench_wants(prices[i].name, NULL)) measure_price(plan, &prices[i]);
  if (bench_wants("price_matrix", NULL)) measure_matrix(plan);
  if (bench_wants("quote_plan", NULL)) measure_plan(plan);
}
