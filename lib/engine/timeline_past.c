/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * timeline_past.c - a contract's prices as an entry of the past knew them.
 *
 *     entry 20 bills January; entry 30 puts an override of 0.80 since January
 *     as of entry 20     the document of before, 1.00
 *     as of entry 40     the document of entry 30, 0.80
 *
 * Nothing of it is kept: the journal has each document with its timeline.
 */
#include "engine/fold.h"
#include "engine/index.h"
#include "engine/timeline.h"

/* Whether the contract came to a version after the entry. */
static int past_lacks_version(const bl_contract *contract, int64_t seq) {
  const bl_plan_state *plan = contract->plan_state;

  for (size_t i = plan->versions.count;
       contract->terms.follows && i > contract->laid; i--) {
    int64_t comes = bl_plan_comes(plan, plan->versions.item[i - 1],
                                  contract->customer->number);
    if (comes > seq && comes < INT64_MAX) return 1;
  }
  return 0;
}

/* Whether the entry is a document of the contract, and what it says. */
static int past_read(bl_call *c, const bl_contract *contract, int64_t seq,
                     bl_fact_document *fact, int *is_own) {
  bl_entry_facts facts;
  int rc = bl_journal_facts(c, seq, &c->arena, &facts);

  if (rc) return rc;
  *is_own = facts.document.kind == BL_KIND_CONTRACT &&
            facts.document.number == contract->number;
  *fact = facts.document;
  return BILLING_OK;
}

/* The newest document before the entry. */
static int past_document(bl_call *c, const bl_contract *contract, int64_t seq,
                         bl_fact_document *fact) {
  bl_index_wish wish = {bl_subject_customer(contract->customer->number), 0,
                        BL_ALL_TIMES, UINT64_C(1) << BL_ENTRY_DOCUMENT};
  int64_t *seqs;
  size_t count;
  int is_own = 0;
  int rc = bl_index_find(c, &wish, &c->arena, &seqs, &count);

  while (!rc && !is_own && count-- > 0)
    if (seqs[count] < seq)
      rc = past_read(c, contract, seqs[count], fact, &is_own);
  return rc || is_own ? rc : BILLING_CORRUPT;
}

int bl_timeline_past(bl_call *c, const bl_contract *contract, int64_t seq,
                     bl_contract *out) {
  bl_fact_document fact;
  int rc;

  *out = *contract;
  if (contract->seq < seq && !past_lacks_version(contract, seq))
    return BILLING_OK;
  rc = past_document(c, contract, seq, &fact);
  return rc ? rc : bl_fold_contract_of(c->t, &c->arena, &fact, seq, out);
}
