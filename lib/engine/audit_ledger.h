/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* audit_ledger.h - sums of what entries post, and what the fold has booked. */
#ifndef BL_AUDIT_LEDGER_H
#define BL_AUDIT_LEDGER_H

#include "engine/engine.h"

/* Adds a posting to its account's sum, in the map's arena, and returns that;
 * NULL when memory is out. */
const bl_dec *bl_account_add(bl_map *accounts, const bl_posting *posting);
/* Zero where nothing was posted. */
bl_dec bl_account_sum(const bl_map *accounts, uint64_t customer,
                      uint32_t account, const char asset[16]);
/*
 * Adds an entry's postings to the sums of accounts, in the map's arena.
 * *problem is set when they do not add up to zero.  What the call's arena
 * gives for it may be taken back afterwards.
 */
int bl_accounts_add(bl_map *accounts, bl_call *c, bl_tenant *t,
                    const bl_entry *entry, const char **problem);
/* NULL when every balance of the state is the sum of its postings. */
const char *bl_accounts_problem(const bl_map *accounts, const bl_tenant *t);

#endif
