/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* digest.h - a state in 32 bytes, and what must hold in any state. */
#ifndef BL_DIGEST_H
#define BL_DIGEST_H

#include "engine/state.h"

/* Equal for two states exactly when every figure in them is. */
int bl_state_digest(const bl_tenant *t, bl_arena *scratch,
                    unsigned char out[32]);

/*
 * The books: every asset's postings add up to zero, wallets hold what their
 * grants have left, holds stay within grants, what is unbilled is what charges
 * say.  NULL when all hold, else a sentence.
 */
const char *bl_state_problem(const bl_tenant *t);

#endif
