/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* usage.h - kinds of taxes_and_invoices.json that are about usage. */
#ifndef LAGO_USAGE_H
#define LAGO_USAGE_H

#include "vectors/vectors.h"

vec_run lago_per_event;
vec_run lago_filters;
vec_run lago_wallet_targets;

#endif
