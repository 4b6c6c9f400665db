/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* fold_post.h - what the fold's files share: postings and rows. */
#ifndef BL_FOLD_POST_H
#define BL_FOLD_POST_H

#include "engine/fold.h"

/* Adds postings to the wallet's accounts. */
int bl_fold_post(bl_fold *f, bl_wallet *wallet, const bl_posting *postings,
                 size_t count);
/* What a change of a grant posts: at most 4. */
size_t bl_change_postings(const bl_fact_grant_change *fact,
                          int is_promotional, bl_posting *out);
/* What a line posts in the asset of its price: at most 4. */
size_t bl_fact_line_postings(const bl_fact_line *line, bl_posting *out);
/* The rows of a finalized invoice and of its lines. */
int bl_fold_invoice_rows(bl_fold *f, const bl_fact_invoice *fact);

#endif
