/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* fold_grant.c - what is done to a grant, on the state. */
#include "engine/fold_post.h"
#include "engine/keys.h"
#include "engine/outbox.h"

int bl_fold_key_name(bl_fold *f, const unsigned char hash[16]) {
  static const unsigned char none[16];

  return memcmp(hash, none, sizeof none) == 0
             ? BILLING_OK : bl_fold_name(f, bl_keys_print_of(hash), 0);
}

/* While a journal is read, the entry that follows says what became of it. */
int bl_fold_returned(bl_fold *f, bl_grant_state *grant) {
  bl_list *returned = &f->tenant->returned;

  if (!f->tenant->undo_arena) return BILLING_OK;
  for (size_t i = 0; i < returned->count; i++)
    if (returned->item[i] == grant) return BILLING_OK;
  return bl_list_add(f->tenant, returned, grant);
}

/* What is given back, or goes elsewhere, is undone as it was booked; what is
 * void is kept without any service for it. */
size_t bl_change_postings(const bl_fact_grant_change *fact,
                          int is_promotional, bl_posting *out) {
  return fact->change == BL_CHANGE_VOID
             ? bl_ledger_expiry(fact->amount, is_promotional, out)
             : bl_ledger_grant(bl_dec_neg(fact->amount), is_promotional, out);
}

static int change_grant(bl_fold *f, bl_grant_state *grant,
                        const bl_fact_grant_change *fact) {
  bl_tenant *t = f->tenant;
  bl_wallet *wallet = bl_wallet_of(grant->customer, grant->lot.asset);
  bl_posting postings[4];
  int rc = bl_grant_move(t, wallet, grant, bl_dec_neg(fact->amount),
                         BL_DEC_ZERO);

  if (!rc) rc = bl_grant_extend(t, wallet, grant, fact->expires_us);
  if (rc) return rc;
  bl_fold_recurring(f, grant->contract);
  if (fact->change == BL_CHANGE_VOID) {
    bl_touch(t, grant, sizeof *grant, &grant->touched);
    grant->lot.is_void = 1;
    grant->expired_seq = f->seq;
  }
  return bl_fold_post(f, wallet, postings,
                      bl_change_postings(fact,
                                         (int)grant->lot.is_promotional,
                                         postings));
}

int bl_fold_grant_change(bl_fold *f, const bl_fact_grant_change *fact) {
  bl_grant_state *grant = bl_table_at(&f->tenant->by_grant, fact->grant);
  int rc = BILLING_OK;

  if (bl_fold_is_own(f)) rc = bl_fold_key_name(f, fact->key_hash);
  if (!rc && bl_fold_is_own(f))
    rc = bl_fold_about(f, fact->customer, BL_ENTRY_GRANT_CHANGE);
  if (!rc && bl_fold_is_own(f)) rc = bl_outbox_mark(f, BL_ENTRY_GRANT_CHANGE);
  if (rc || !bl_fold_customer(f, fact->customer, &rc)) return rc;
  return grant ? change_grant(f, grant, fact) : BILLING_CORRUPT;
}
