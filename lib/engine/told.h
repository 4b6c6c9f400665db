/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * told.h - rows of the outbox that a tenant asks for ("outbox":{"topics"}).
 *
 * What nothing else says has an entry of its own.  Whether it was told is a
 * window of nothing (fold_limit.c), or is seen from what brings it about.
 */
#ifndef BL_TOLD_H
#define BL_TOLD_H

#include "engine/engine.h"

/* Grants that the call, or the step of an advance, has used up. */
int bl_tell_used_up(bl_call *c);
/* The last period of the contract has closed. */
int bl_tell_ended(bl_call *c, const bl_contract *contract);
/* When something of the customer's is to be told by time, BL_TIME_NEVER; and
 * one such thing that is due by a moment. */
int64_t bl_tell_due(bl_call *c, const bl_customer *customer);
int bl_tell_step(bl_call *c, const bl_customer *customer, int64_t at_us);

#endif
