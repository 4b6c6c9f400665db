/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * price.h - usage -> charge.  A charge model is a pure function of the running
 * total; the charge of an event is price(total after) - price(total before),
 * so however a period is cut the parts add up to the whole.
 */
#ifndef BL_PRICE_H
#define BL_PRICE_H

#include "catalog/catalog.h"
#include "facts.h"

/* One tier's part of a price. */
typedef struct bl_part {
  size_t tier;             /* from 0 */
  bl_dec quantity;
  bl_dec unit;             /* per `per` units */
  bl_dec flat;
  bl_dec amount;           /* quantity * unit / per + flat */
} bl_part;

/*
 * The price of a quantity: the bad value when it does not fit.  A negative
 * quantity costs as the negative of its magnitude would without flats for
 * per_unit, and zero for tiered models.
 */
bl_dec bl_price_total(const bl_price *price, bl_dec quantity);
/* The same, part by part; parts has room for price->tier_count (1 for
 * flat).  The sum of the amounts is bl_price_total's, exactly. */
size_t bl_price_parts(const bl_price *price, bl_dec quantity, bl_part *parts);
/* The price of a group, given as canonical JSON: a matrix is one of its rates,
 * NULL when none fits.  Any other price is itself. */
const bl_price *bl_price_of_group(const bl_price *price, bl_str group);
/* How many units from a position on cost some money: the least quantity that
 * costs as much, or what it divides to when that costs the same and leaves no
 * rest; at most `most`. */
bl_dec bl_price_reach(const bl_price *rate, bl_dec from, bl_dec most,
                      bl_dec money);
/* price(after) - price(before).  Differences from zero on add up to the total
 * less what is due at zero (FLAT_AT_ZERO): that is booked once a period. */
bl_dec bl_price_delta(const bl_price *price, bl_dec before, bl_dec after);
const char *bl_price_model_name(uint32_t model);
int bl_price_model_of_name(bl_str name);      /* BL_MODEL_* or -1 */

/* A recurring fee: amount * quantity * numerator / denominator, once rounded
 * at 10^-18. */
bl_dec bl_price_fee(const bl_price *price, bl_dec quantity, int64_t numerator,
                    int64_t denominator);

#endif
