/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * audit_ledger.c - balances are sums of postings.
 *
 * The fold books balances as it goes; the ledger is read from the entries.
 * Added up over the journal, both must come to the same in every account.
 */
#include "engine/audit_ledger.h"

#include "engine/postings.h"

/* Customer, account and asset. */
typedef struct account_key {
  unsigned char bytes[8 + 4 + 16];
} account_key;

static account_key account_key_of(uint64_t customer, uint32_t account,
                                  const char asset[16]) {
  account_key key;

  memcpy(key.bytes, &customer, 8);
  memcpy(key.bytes + 8, &account, 4);
  memcpy(key.bytes + 12, asset, 16);
  return key;
}

const bl_dec *bl_account_add(bl_map *accounts, const bl_posting *posting) {
  account_key key = account_key_of(posting->customer, posting->account,
                                   posting->asset);
  bl_dec *sum = bl_map_get(accounts, &key, sizeof key);

  if (sum) {
    *sum = bl_dec_add(*sum, posting->amount);
    return sum;
  }
  sum = bl_arena_copy(accounts->arena, &posting->amount, sizeof *sum);
  return sum && !bl_map_put(accounts, &key, sizeof key, sum) ? sum : NULL;
}

bl_dec bl_account_sum(const bl_map *accounts, uint64_t customer,
                      uint32_t account, const char asset[16]) {
  account_key key = account_key_of(customer, account, asset);
  const bl_dec *sum = bl_map_get(accounts, &key, sizeof key);

  return sum ? *sum : BL_DEC_ZERO;
}

/* Postings of one wallet are neighbours. */
static int is_balanced(const bl_postings *group) {
  bl_dec sum = BL_DEC_ZERO;

  for (size_t i = 0; i < group->count; i++) {
    const bl_posting *p = &group->item[i];
    if (i && (p->customer != p[-1].customer ||
              !bl_asset_equal(p->asset, p[-1].asset))) {
      if (!bl_dec_is_zero(sum)) return 0;
      sum = BL_DEC_ZERO;
    }
    sum = bl_dec_add(sum, p->amount);
  }
  return bl_dec_is_zero(sum);
}

int bl_accounts_add(bl_map *accounts, bl_call *c, bl_tenant *t,
                    const bl_entry *entry, const char **problem) {
  bl_postings group;
  int rc = bl_postings_of(c, t, entry, &c->arena, &group);

  if (!rc && !is_balanced(&group))
    *problem = "the entry's postings do not add up to zero";
  for (size_t i = 0; !rc && i < group.count; i++)
    if (!bl_account_add(accounts, &group.item[i])) rc = BILLING_NOMEM;
  return rc;
}

/* How many accounts of the wallet have postings; -1 when one of them does not
 * come to its balance. */
static int64_t count_accounts(const bl_map *accounts,
                              const bl_wallet *wallet) {
  int64_t count = 0;

  for (uint32_t a = 0; a < BL_ACCOUNTS; a++) {
    account_key key = account_key_of(wallet->customer->number, a,
                                     wallet->asset);
    const bl_dec *sum = bl_map_get(accounts, &key, sizeof key);
    if (!bl_dec_equal(sum ? *sum : BL_DEC_ZERO, wallet->balance[a])) return -1;
    count += sum != NULL;
  }
  return count;
}

const char *bl_accounts_problem(const bl_map *accounts, const bl_tenant *t) {
  int64_t found = 0;

  for (uint64_t n = 1; n <= t->heads.customers; n++) {
    const bl_customer *customer = bl_table_at(&t->by_customer, n);
    for (size_t k = 0; customer && k < customer->wallets.count; k++) {
      int64_t count = count_accounts(accounts, customer->wallets.item[k]);
      if (count < 0) return "a balance is not the sum of its postings";
      found += count;
    }
  }
  return found == (int64_t)accounts->count
             ? NULL : "a posting is in a wallet that is not there";
}
