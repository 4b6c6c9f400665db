/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* terms.h - Metronome's rates, overrides, composites and previews. */
#ifndef TERMS_H
#define TERMS_H

#include "vectors/vectors.h"

extern const vec_kind vec_override_kinds[], vec_threshold_kinds[];
vec_run vec_rate_lookup, vec_rated_usage, vec_price_at_provision;
vec_run vec_composite, vec_token_rate, vec_preview, vec_granularity;
/* The increments of a level, each at the rate of its moment. */
void vec_add_charges(cJSON *out, const cJSON *given);
cJSON *vec_tiers_of(const cJSON *widths, const char *figure);
/* The case's overrides, as a member of the request. */
void vec_add_overrides(cJSON *request, const cJSON *given);

#endif
