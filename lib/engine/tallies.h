/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* tallies.h - the tallies of a contract in one order, however they came. */
#ifndef BL_TALLIES_H
#define BL_TALLIES_H

#include "engine/state.h"

typedef struct bl_tallies {
  bl_tally **item;
  size_t     count;
} bl_tallies;

/*
 * Those that have something in them: by period, then price, then group.  A
 * tally comes into memory with the first quote or event that asks for it, and
 * again with whatever loads its customer; nothing that is shown, written or
 * hashed may depend on that.
 */
int bl_tallies_of(const bl_contract *contract, bl_arena *arena,
                  bl_tallies *out);

#endif
