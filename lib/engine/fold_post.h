/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* fold_post.h - what the fold's files share: postings and rows. */
#ifndef BL_FOLD_POST_H
#define BL_FOLD_POST_H

#include "engine/fold.h"

/* Adds postings to the wallet's accounts. */
int bl_fold_post(bl_fold *f, bl_wallet *wallet, const bl_posting *postings,
                 size_t count);
/* The rows of a finalized invoice and of its lines. */
int bl_fold_invoice_rows(bl_fold *f, const bl_fact_invoice *fact);

#endif
