/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* dates.h - kinds of other_peers.json that are about dates. */
#ifndef STRIPE_DATES_H
#define STRIPE_DATES_H

#include "vectors/vectors.h"

/* interval and count, as a duration. */
void stripe_every(cJSON *request, const char *name, const cJSON *given);

vec_run stripe_month_ratio;
vec_run stripe_thirty_day;
vec_run stripe_plan_denominator;
vec_run stripe_move_billing_date;

#endif
