/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * alerts.h - figures that come to a threshold are told in the call that moves
 * them.
 *
 * What a customer had before the call is noted when it is first touched, as
 * undo does, but only where somebody has alerts.  When the call has succeeded
 * the figures are compared, and each threshold that was crossed is an entry
 * with a row in the outbox.  So nothing has to be remembered between calls.
 */
#ifndef BL_ALERTS_H
#define BL_ALERTS_H

#include "engine/engine.h"

/* A customer is about to change for the first time in this call. */
void bl_alerts_watch(bl_tenant *t, bl_customer *customer);
/* At the end of a call that has succeeded, and of each step of an advance, so
 * that any number of calls tell the same.  Top-ups that are due by then are
 * asked for. */
int bl_alerts_tell(bl_call *c);

#endif
