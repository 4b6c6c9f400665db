/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* digest.h - a customer in 32 bytes, and what must hold of any. */
#ifndef BL_DIGEST_H
#define BL_DIGEST_H

#include "engine/state.h"

/* Equal for two customers exactly when every figure of theirs is. */
int bl_customer_digest(const bl_customer *customer, bl_arena *scratch,
                       unsigned char out[32]);
/* Likewise of where a journal stands and what the tenant counts. */
int bl_heads_digest(const bl_heads *heads, bl_arena *scratch,
                    unsigned char out[32]);

/*
 * The books: every asset's postings add up to zero, wallets hold what their
 * grants have left, holds stay within grants, what is unbilled is what charges
 * say.  NULL when all hold, else a sentence.
 */
const char *bl_customer_problem(const bl_customer *customer);

#endif
