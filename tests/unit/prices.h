/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* prices.h - what the tests of charge models share. */
#ifndef PRICES_H
#define PRICES_H

#include "price/price.h"
#include "unit.h"

#define PRICES_TIERS 5

/* A tier as a test writes it; up_to NULL is open. */
typedef struct rung {
  const char *up_to;
  const char *unit;
  const char *flat;
} rung;

/* A ladder ends at its open rung.  `tiers` has room for PRICES_TIERS. */
static inline bl_price price_of(uint32_t model, const rung *ladder,
                                bl_tier *tiers) {
  bl_price p = {0};
  size_t i = 0;

  p.model = model;
  p.per   = BL_DEC_ONE;
  p.tiers = tiers;
  for (;; i++) {
    ck_assert_uint_lt(i, PRICES_TIERS);
    tiers[i].up_to = ladder[i].up_to ? D(ladder[i].up_to) : BL_DEC_MAX;
    tiers[i].unit  = D(ladder[i].unit);
    tiers[i].flat  = D(ladder[i].flat ? ladder[i].flat : "0");
    tiers[i].package = BL_DEC_ZERO;
    if (!ladder[i].up_to) break;
  }
  p.tier_count = i + 1;
  return p;
}

/* The price, and that its parts add up to it. */
static inline bl_dec price_checked(const bl_price *p, const char *quantity) {
  bl_part parts[PRICES_TIERS];
  bl_dec sum = BL_DEC_ZERO;
  bl_dec total = bl_price_total(p, D(quantity));
  size_t count = bl_price_parts(p, D(quantity), parts);

  for (size_t i = 0; i < count; i++) sum = bl_dec_add(sum, parts[i].amount);
  ck_assert_int_eq(bl_dec_cmp(sum, total), 0);
  return total;
}

/* A generator that gives the same numbers everywhere (xorshift64*). */
static inline uint64_t prices_random(uint64_t *seed) {
  *seed ^= *seed >> 12;
  *seed ^= *seed << 25;
  *seed ^= *seed >> 27;
  return *seed * UINT64_C(2685821657736338717);
}

/* A price for a tested quantity, as in a vector. */
typedef struct sale {
  const rung *ladder;
  const char *quantity;
  const char *amount;
} sale;

#endif
