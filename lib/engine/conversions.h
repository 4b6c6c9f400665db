/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* conversions.h - an invoice in one currency, by the tenant's rates. */
#ifndef BL_CONVERSIONS_H
#define BL_CONVERSIONS_H

#include "engine/engine.h"

/* Carries what is open in other assets on to lines of conversion, behind all
 * others. */
int bl_conversions_add(bl_call *c, const bl_contract *contract,
                       bl_fact_invoice *fact, size_t *cap);
/* INVALID: a price of the plan has no rate as the contract begins. */
int bl_conversions_check(bl_call *c, const bl_plan *plan,
                         const bl_contract_terms *terms, const char *path);
/* CONFLICT: other rates would have been in force before the clock. */
int bl_conversions_keep(bl_call *c, const bl_exchange_rates *now,
                        const char *path);
/* By which rate, and what of. */
int bl_conversion_explain(const bl_contract *contract,
                          const bl_fact_invoice *fact, size_t at,
                          bl_json *tree);

#endif
