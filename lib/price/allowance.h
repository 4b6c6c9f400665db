/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* allowance.h - free units of a period that later periods may use. */
#ifndef BL_PRICE_ALLOWANCE_H
#define BL_PRICE_ALLOWANCE_H

#include "catalog/catalog.h"

typedef struct bl_free_units {
  bl_dec  free;            /* of each period */
  bl_dec  limit;           /* most that is carried into a period */
  bl_dec *carried;         /* of `periods` earlier ones, the oldest first */
  size_t  periods;         /* how many later periods may use them; 0: none */
  int     is_lasting;      /* one place, which never ends */
} bl_free_units;

/* What a period came to. */
typedef struct bl_allowed {
  bl_dec carried;          /* free units that came from before */
  bl_dec covered;          /* used, and free */
  bl_dec billed;           /* used beyond that */
  bl_dec expired;          /* at its end */
  bl_dec left;             /* carried on */
} bl_allowed;

/* Uses free units, the oldest first, and ends the period. */
bl_allowed bl_free_units_use(bl_free_units *a, bl_dec used);

/* A period of a price whose free units roll over. */
typedef struct bl_rolled {
  bl_dec     used;
  uint64_t   gives;        /* it has free units of its own */
  bl_allowed came;         /* what it came to */
} bl_rolled;

/*
 * What usage of period after period costs together.  `room` is for the units
 * that are carried: one for each period in which they can be used, or one.
 */
bl_dec bl_price_rolled(const bl_price *price, bl_rolled *periods,
                       size_t count, bl_dec *room);

#endif
