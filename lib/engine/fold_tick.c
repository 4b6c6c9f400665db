/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* fold_tick.c - what a tick books on the state. */
#include "engine/fold.h"

int bl_fold_tick(bl_fold *f, bl_contract *contract,
                 const bl_fact_tick *fact) {
  bl_tally *tally;

  if (fact->period >= contract->period_count ||
      !bl_plan_charges(contract->plan, fact->price))
    return BILLING_CORRUPT;
  tally = bl_tally_make(f->tenant, contract, fact->price, fact->period,
                        fact->group);
  if (!tally) return BILLING_NOMEM;
  if (!bl_tally_ticks(tally)) return BILLING_CORRUPT;
  bl_touch_more(f->tenant, tally->more);
  tally->more->ticked = fact->quantity;
  tally->more->is_due = 0;
  tally->more->bound = fact->bound;
  return bl_fold_charged(f, tally, fact->amount, fact->draws,
                         fact->draw_count);
}

int bl_fold_ticked(bl_fold *f, const bl_fact_ticks *fact) {
  return bl_fold_is_own(f)
           ? bl_fold_about(f, fact->customer, BL_ENTRY_TICKS) : BILLING_OK;
}

int bl_fold_ticks(bl_fold *f, const bl_fact_ticks *fact) {
  int rc = bl_fold_ticked(f, fact);
  bl_customer *customer = bl_fold_customer(f, fact->customer, &rc);
  bl_contract *contract;

  if (rc || !customer) return rc;
  contract = bl_table_at(&f->tenant->by_contract, fact->contract);
  if (!contract || contract->customer != customer) return BILLING_CORRUPT;
  for (size_t i = 0; i < fact->count && !rc; i++)
    rc = bl_fold_tick(f, contract, &fact->items[i]);
  return rc;
}
