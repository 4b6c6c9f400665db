/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * rate_ahead.c - memory is asked for what the next events will read.
 *
 *     step 0  the customer
 *          1  its lists of contracts and wallets
 *          2  the contract, the wallet
 *          3  the contract's periods, the list of grants that are in use
 *          4  the tallies used last, the grant that pays next
 *
 * Of a million customers hardly one is in the processor's caches, and what an
 * event reads of it is a chain of pointers: waiting for each link in turn
 * takes longer than all of the work.  A batch is in the order of customers, so
 * what comes is known.  Of several contracts and wallets, only the first is
 * asked for.
 */
#include "engine/rate.h"

/* What tells whether it is the one that is looked for: the text of its group
 * stands right before it. */
static void fetch_tally(const bl_tally *tally) {
  bl_prefetch((const void *)((uintptr_t)tally - 32));
  bl_prefetch((const char *)tally + 32);
}

static void fetch_contract(const bl_contract *contract, unsigned step) {
  if (step == 2) bl_prefetch_all(contract, offsetof(bl_contract, terms.zone));
  if (step == 3) bl_prefetch(contract->periods);
  for (size_t i = 0; i < BL_RECENT && step == 4; i++)
    if (contract->recent[i]) fetch_tally(contract->recent[i]);
}

static void fetch_wallet(const bl_wallet *wallet, unsigned step) {
  const bl_list *live = &wallet->live;

  if (step == 2) bl_prefetch_all(wallet, offsetof(bl_wallet, grants));
  if (live->first == live->count) return;
  if (step == 3) bl_prefetch(&live->item[live->first]);
  if (step == 4) bl_prefetch_all(live->item[live->first], sizeof(bl_lot));
}

void bl_rate_ahead(const bl_customer *customer, unsigned step) {
  const bl_list *contracts = &customer->contracts;
  const bl_list *wallets = &customer->wallets;

  if (step == 0) {
    bl_prefetch_all(customer, sizeof *customer);
  } else if (step == 1) {
    bl_prefetch(contracts->item);
    bl_prefetch(wallets->item);
  } else {
    if (contracts->count) fetch_contract(contracts->item[0], step);
    if (wallets->count) fetch_wallet(wallets->item[0], step);
  }
}
