/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* hold_state.h - a hold that was decided: found, shown, and how it stands. */
#ifndef BL_HOLD_STATE_H
#define BL_HOLD_STATE_H

#include "engine/engine.h"

/* Estimates in one hold, and events that settle one. */
#define BL_HOLD_ESTIMATES 100

/* BILLING_HOLD_* at the call's moment: open ones end by time, and are then
 * unresolved for a while. */
uint32_t bl_hold_status(const bl_call *c, const bl_hold_state *hold);
/* The hold that the call's key names. */
int bl_hold_find(bl_call *c, bl_hold_state **out);
/* What the caller is told about a hold as it is now. */
int bl_hold_fill(bl_call *c, bl_hold_state *hold, billing_hold *out);
/* INVALID when a hold cannot end at that time. */
int bl_hold_check_end(bl_call *c, int64_t expires_us);
/* The words of a status; NULL at the end. */
extern const char *const bl_hold_words[];
/* Of the contracts in force in an asset the one that may promise most; NULL.
 */
bl_contract *bl_hold_backing(const bl_customer *customer,
                             const char asset[16], int64_t now_us);

#endif
