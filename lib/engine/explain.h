/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* explain.h - what invoices had billed when one of them was made. */
#ifndef BL_EXPLAIN_H
#define BL_EXPLAIN_H

#include "engine/rate.h"
#include "price/allowance.h"

/* Under a key, by invoices of a contract. */
typedef struct bl_explain_billed {
  bl_dec before;               /* billed before the invoice */
  bl_dec quantity;             /* in all, up to it */
} bl_explain_billed;

int bl_explain_find_billed(bl_call *c, const bl_contract *contract,
                           const bl_fact_key *key, int64_t seq,
                           bl_explain_billed *out);
/* Whether the contract, as an invoice knew it, has other prices by now: then
 * tallies do not say where tiers went on. */
int bl_explain_is_past(bl_call *c, const bl_contract *past);
/* Where they went on, by what was billed of those before the key. */
int bl_explain_others(bl_call *c, const bl_contract *past,
                      const bl_fact_key *key, int64_t seq,
                      const bl_price *rate, bl_rate_others *out);

/* What the period of a key comes to by now of free units that roll over. */
int bl_explain_rolled(bl_call *c, const bl_contract *contract,
                      const bl_fact_key *key, const bl_price *rate,
                      bl_allowed *out);

#endif
