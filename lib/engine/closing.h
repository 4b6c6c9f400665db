/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * closing.h - charges that are known once the others of a period are: prices
 * of spend, what is missing of minimums, what is above maximums.
 *
 *     calls 30 with a minimum of 50; support is 10 % of calls; the plan's
 *     minimum is 100
 *     support 3, minimum of calls 20, minimum 100 - (30 + 3 + 20) = 47
 *
 * A closing is a tick (ticks.h): the charge key is rated by what it should
 * come to, less what was booked under it.  So what comes late or is voided
 * after the close needs no code of its own.
 */
#ifndef BL_CLOSING_H
#define BL_CLOSING_H

#include "engine/engine.h"

/*
 * Books them for the periods [0, periods) in which something has moved, once
 * usage is booked and the draft has its lines and fees; *out says what was
 * booked, one line of the invoice each.
 */
int bl_closing_book(bl_call *c, bl_contract *contract, uint64_t periods,
                    const bl_fact_invoice *draft, bl_fact_ticks *out);

/* What a key comes to in all, by what its tick says. */
bl_dec bl_closing_total(const bl_tenant_terms *tenant, const bl_price *price,
                        const bl_fact_tick *tick);
/* Adds to an explanation what a line of the invoice of entry `seq` was made
 * of (explain_closing.c). */
int bl_closing_explain(bl_call *c, const bl_contract *contract,
                       const bl_fact_line *line, int64_t seq, bl_json *tree);

#endif
