/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * money.h - the names of assets, and splitting an amount so that the parts
 * add up.
 *
 *     "USD" and "JPY" are ISO 4217, with 2 and 0 decimals;
 *     "tok" and "gpu_h" are units that a tenant declares;
 *     10.00 over the weights 1, 1, 1 is 3.34, 3.33, 3.33
 *
 * The three capitals of ISO and the lower case of declared units keep the two
 * apart, so that a currency added to the standard never takes a unit's name.
 */
#ifndef BL_MONEY_H
#define BL_MONEY_H

#include "base/dec.h"

#define BL_ASSET_BYTES 16       /* a name of 1 to 15 bytes, NUL padded */

/* The decimals of an ISO 4217 currency, -1 when it is none. */
int bl_asset_places(const char asset[BL_ASSET_BYTES]);
/*
 * Whether this can name an asset: the code of a currency, or a lower-case
 * letter and then [a-z0-9_].  Whether a unit was declared is the catalog's
 * business.
 */
int bl_asset_is_valid(bl_str name);
/* Copies a name, NUL padded; BILLING_INVALID leaves `out` untouched. */
int bl_asset_set(char out[BL_ASSET_BYTES], bl_str name);
static inline int bl_asset_equal(const char a[BL_ASSET_BYTES],
                                 const char b[BL_ASSET_BYTES]) {
  uint64_t one[2], other[2];

  _Static_assert(sizeof one == BL_ASSET_BYTES, "two words");
  memcpy(one, a, sizeof one);
  memcpy(other, b, sizeof other);
  return one[0] == other[0] && one[1] == other[1];
}

/*
 * Splits `total` over `count` parts by weight, each at `places` decimals
 * (-20..18): every part gets its share cut off at the last place, and what is
 * left is handed out in steps of that place, largest remainder first, the
 * earlier of equals first.  The parts add up to the total exactly; a part of
 * weight zero gets nothing; a negative total is split as its opposite is.
 * `out` must not overlap `weights`.
 *
 * BILLING_INVALID when the total has more decimals than `places`, is not zero
 * over no weight at all, when a weight is negative or a value is bad;
 * BILLING_LIMIT when the weights' sum does not fit.  Then `out` is untouched.
 */
int bl_money_allocate(bl_dec total, const bl_dec *weights, size_t count,
                      int places, bl_dec *out);

#endif
