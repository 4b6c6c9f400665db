/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* threshold.h - figures that somebody waits for, and what a top-up adds. */
#ifndef BL_THRESHOLD_H
#define BL_THRESHOLD_H

#include "catalog/catalog.h"

/* Whether a figure has come to a threshold: a balance falls to it, spend rises
 * to it; exactly there counts. */
int bl_threshold_is_met(bl_dec value, bl_dec at, int falls);
/* Whether it has come to it now and not before.  So it tells once, and again
 * when the figure has been on the other side. */
int bl_threshold_crosses(bl_dec before, bl_dec after, bl_dec at, int falls);

/* Whether it is back: beyond a second threshold, or there. */
int bl_threshold_recovers(bl_dec value, bl_dec back, int falls);
/* How many days a balance lasts when each so many hours take that much; the
 * largest decimal when nothing is spent. */
bl_dec bl_threshold_days(bl_dec balance, bl_dec spend, int64_t hours);

/* What a top-up adds to a balance; zero or more. */
bl_dec bl_top_up_amount(const bl_top_up *t, bl_dec balance);
/* What that costs, and what is to be paid beside. */
bl_dec bl_top_up_charge(const bl_top_up *t, bl_dec amount);
bl_dec bl_top_up_fee(const bl_top_up *t, bl_dec charge);

#endif
