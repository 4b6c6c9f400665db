/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* postings.h - the ledger group of a journal entry. */
#ifndef BL_POSTINGS_H
#define BL_POSTINGS_H

#include "engine/engine.h"

typedef struct bl_postings {
  bl_posting *item;
  size_t      count;
} bl_postings;

/*
 * What an entry posts: one posting a customer, asset and account that moved,
 * wallets in the order in which the entry first names them, accounts in their
 * own.  They add up to zero in every asset.  `t` is the call's tenant, or one
 * that has folded the entry, and perhaps others after it.  CORRUPT.
 */
int bl_postings_of(bl_call *c, bl_tenant *t, const bl_entry *entry,
                   bl_arena *a, bl_postings *out);

/* The groups of all entries from one on, or of those about a customer, which
 * may be about others, too; of some times: the clock never goes back.  What
 * `take` returns ends the walk, unless it is OK; what the call's arena gives
 * it is taken back. */
typedef struct bl_postings_walk {
  bl_call           *c;
  const bl_customer *customer;   /* NULL: all */
  int64_t            from_seq;
  bl_span            times;      /* of the entries */
  int (*take)(void *who, const bl_entry *entry, const bl_postings *group);
  void              *who;
} bl_postings_walk;

int bl_postings_each(const bl_postings_walk *walk);

#endif
