/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * caps.h - how much of a grant may be drawn in which time (caps.c).
 *
 *     a grant of 100.00, at most 10.00 a day; 7.00 drawn and 2.00 held today
 *     5.00 are due: it pays 1.00, whoever is next the rest
 *
 * A cap is a limit of what leaves the grant, in windows of its own
 * (limits.h).  It goes by the clock, as what is left in a grant does, and
 * holds for events and for holds; what a close or a rebuild books draws as if
 * there were none, and what is given back frees nothing.
 */
#ifndef BL_CAPS_H
#define BL_CAPS_H

#include "engine/engine.h"

/* How much may be drawn of the grant now; *again_us: when more may be. */
int bl_cap_room(bl_call *c, const bl_grant_state *grant, bl_dec *room,
                int64_t *again_us);
/* Counts what draws take of grants with caps, to be appended behind their
 * entry; or adds it to what a hold has where. */
int bl_caps_count(bl_call *c, const bl_draw *draws, size_t count);
int bl_caps_join(bl_call *c, const bl_draw *draws, size_t count,
                 bl_fact_count **items, size_t *item_count);

#endif
