/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * check.c - whether a customer could pay, without a promise.
 *
 *     grants with 10.00 free, 3.00 of them held, overdraft 5.00, 1.00 unbilled
 *     to spend: 10.00 - 3.00 + (5.00 - 1.00) = 11.00
 */
#include "engine/engine.h"
#include "engine/requests.h"

/* Grants whose scope does not bind them to some use. */
static bl_dec unscoped_free(const bl_wallet *wallet, int64_t now_us) {
  bl_dec sum = BL_DEC_ZERO;

  for (size_t i = wallet->live.first; i < wallet->live.count; i++) {
    const bl_grant_state *grant = wallet->live.item[i];
    bl_span life = {grant->lot.effective_us, grant->lot.expires_us};
    if (grant->lot.scope || !bl_span_holds(life, now_us)) continue;
    sum = bl_dec_add(sum, bl_dec_sub(grant->lot.left, grant->lot.held));
  }
  return sum;
}

/* The most that a contract in force promises beyond grants. */
static bl_dec overdraft_of(const bl_customer *customer, const char asset[16],
                           int64_t now_us) {
  bl_dec most = BL_DEC_ZERO;

  for (size_t i = 0; i < customer->contracts.count; i++) {
    const bl_contract *contract = customer->contracts.item[i];
    bl_span term = {contract->terms.start_us, contract->terms.end_us};
    if (bl_span_holds(term, now_us) &&
        bl_asset_equal(contract->plan->plan.currency, asset))
      most = bl_dec_max(most, contract->terms.overdraft);
  }
  return most;
}

static bl_dec spendable(const bl_customer *customer, const char asset[16],
                        int64_t now_us) {
  const bl_wallet *wallet = bl_wallet_of(customer, asset);
  bl_dec room = overdraft_of(customer, asset, now_us);

  if (bl_dec_is_max(room) || !wallet) return room;
  room = bl_dec_sub(room, wallet->balance[BL_ACCOUNT_UNBILLED]);
  room = bl_dec_sub(room, wallet->overdraft_held);
  return bl_dec_add(unscoped_free(wallet, now_us),
                    bl_dec_max(room, BL_DEC_ZERO));
}

static int check_amount(bl_call *c, bl_str id, const billing_money *amount,
                        bl_dec *left) {
  bl_customer *customer;
  int rc = bl_find_customer(c, id, "/customer", &customer);

  if (!rc) rc = bl_asset_argument(c, amount->asset, "/amount/asset");
  if (rc) return rc;
  if (!bl_dec_is_valid(amount->amount) || bl_dec_sign(amount->amount) < 0)
    return bl_fail(c->err, BILLING_INVALID, "/amount/amount", "zero or more",
                   "the amount is not valid");
  rc = bl_expire_holds(c, customer);              /* undone: this is a read */
  if (rc) return rc;
  *left = spendable(customer, amount->asset, c->now_us);
  if (bl_dec_cmp(amount->amount, *left) <= 0) return BILLING_OK;
  return bl_fail(c->err, BILLING_DENIED_BALANCE, "",
                 "grant credit, or raise the contract's overdraft",
                 "%d %s are there to spend", left, amount->asset);
}

int billing_check(billing *b, const billing_call *call, const char *customer,
                  size_t customer_len, const billing_money *amount,
                  billing_decimal *free, billing_error *err) {
  bl_dec left = BL_DEC_ZERO;
  bl_call c;
  int rc = bl_enter(&c, b, call, BL_READ, err);

  if (rc) return rc;
  if (!amount)
    rc = bl_fail(err, BILLING_MISUSE, "", NULL, "the amount is NULL");
  if (!rc)
    rc = check_amount(&c, bl_text_argument(customer, customer_len), amount,
                      &left);
  rc = bl_leave(&c, rc);
  if (free && (!rc || rc == BILLING_DENIED_BALANCE)) *free = left;
  return rc;
}
