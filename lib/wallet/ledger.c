/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * ledger.c - double entry: every fact is a group of postings that adds up to
 * zero.  Positive is debit.
 *
 *     fact                deferred credit unbilled receivable revenue  other
 *     3 USD are bought          -3                             funding    +3
 *     2 USD are given                  -2                    promotion    +2
 *     usage of 7.004,
 *     5 of it drawn             +3     +2   +2.004             -7.004
 *     its line: 2.00 are due                -2.004  +2.00    rounding +0.004
 *     ----------------------------------------------------------------------
 *     balances                   0      0        0   2.00      -7.004
 *                          and funding +3, promotion +2, rounding +0.004
 *
 * An invoice in USD that converts 200 tok at 0.25 moves them out of unbilled
 * into exchange (+200 tok), and 50 USD out of exchange (-50) into receivable.
 *
 * A recurring fee that nothing is drawn for is bl_ledger_charge(amount, 0):
 * unbilled +amount, revenue -amount; its line then moves it on.
 *
 * A bad figure stays in its group, where whoever books the group sees it.
 */
#include "wallet/wallet.h"

static const char *const account_names[BL_ACCOUNTS] = {
  [BL_ACCOUNT_DEFERRED]   = "deferred",
  [BL_ACCOUNT_CREDIT]     = "credit",
  [BL_ACCOUNT_UNBILLED]   = "unbilled",
  [BL_ACCOUNT_RECEIVABLE] = "receivable",
  [BL_ACCOUNT_REVENUE]    = "revenue",
  [BL_ACCOUNT_FUNDING]    = "funding",
  [BL_ACCOUNT_PROMOTION]  = "promotion",
  [BL_ACCOUNT_BREAKAGE]   = "breakage",
  [BL_ACCOUNT_ROUNDING]   = "rounding",
  [BL_ACCOUNT_TAX]        = "tax",
  [BL_ACCOUNT_EXCHANGE]   = "exchange",
  [BL_ACCOUNT_FAMILY]     = "family",
};

const char *bl_account_name(uint32_t account) {
  assert(account < BL_ACCOUNTS);
  return account_names[account];
}

int bl_account_of_name(bl_str name) {
  int account = 0;
  while (account < BL_ACCOUNTS && !bl_str_is(name, account_names[account]))
    account++;
  return account < BL_ACCOUNTS ? account : -1;
}

static size_t ledger_post(bl_posting *out, size_t count, uint32_t account,
                          bl_dec amount) {
  assert(account < BL_ACCOUNTS);
  assert(count < 4);
  if (bl_dec_is_zero(amount)) return count;
  out[count] = (bl_posting){.account = account, .amount = amount};
  return count + 1;
}

/* Where what is left of a grant stands. */
static uint32_t lot_account(int is_promotional) {
  return is_promotional ? BL_ACCOUNT_CREDIT : BL_ACCOUNT_DEFERRED;
}

size_t bl_ledger_grant(bl_dec amount, int is_promotional, bl_posting *out) {
  uint32_t other = is_promotional ? BL_ACCOUNT_PROMOTION : BL_ACCOUNT_FUNDING;
  size_t n = ledger_post(out, 0, lot_account(is_promotional),
                         bl_dec_neg(amount));
  return ledger_post(out, n, other, amount);
}

size_t bl_ledger_charge(bl_dec amount, const bl_dec drawn[2],
                        bl_posting *out) {
  bl_dec open = bl_dec_sub(amount, bl_dec_add(drawn[0], drawn[1]));
  size_t n = ledger_post(out, 0, BL_ACCOUNT_DEFERRED, drawn[0]);
  n = ledger_post(out, n, BL_ACCOUNT_CREDIT, drawn[1]);
  n = ledger_post(out, n, BL_ACCOUNT_UNBILLED, open);
  return ledger_post(out, n, BL_ACCOUNT_REVENUE, bl_dec_neg(amount));
}

size_t bl_ledger_line(bl_dec amount, bl_dec drawn, bl_dec due,
                      bl_posting *out) {
  bl_dec open = bl_dec_sub(amount, drawn);
  size_t n = ledger_post(out, 0, BL_ACCOUNT_RECEIVABLE, due);
  n = ledger_post(out, n, BL_ACCOUNT_UNBILLED, bl_dec_neg(open));
  return ledger_post(out, n, BL_ACCOUNT_ROUNDING, bl_dec_sub(open, due));
}

size_t bl_ledger_converted(bl_dec open, bl_posting *out) {
  size_t n = ledger_post(out, 0, BL_ACCOUNT_UNBILLED, bl_dec_neg(open));
  return ledger_post(out, n, BL_ACCOUNT_EXCHANGE, open);
}

size_t bl_ledger_conversion(bl_dec amount, bl_dec due, bl_posting *out) {
  size_t n = ledger_post(out, 0, BL_ACCOUNT_RECEIVABLE, due);
  n = ledger_post(out, n, BL_ACCOUNT_EXCHANGE, bl_dec_neg(amount));
  return ledger_post(out, n, BL_ACCOUNT_ROUNDING, bl_dec_sub(amount, due));
}

size_t bl_ledger_fee(bl_dec fee, bl_posting *out) {
  size_t n = ledger_post(out, 0, BL_ACCOUNT_FUNDING, fee);
  return ledger_post(out, n, BL_ACCOUNT_REVENUE, bl_dec_neg(fee));
}

size_t bl_ledger_expiry(bl_dec left, int is_promotional, bl_posting *out) {
  size_t n = ledger_post(out, 0, lot_account(is_promotional), left);
  return ledger_post(out, n, BL_ACCOUNT_BREAKAGE, bl_dec_neg(left));
}

size_t bl_ledger_lend(bl_dec amount, int is_promotional, bl_posting *out) {
  size_t n = ledger_post(out, 0, lot_account(is_promotional), amount);
  return ledger_post(out, n, BL_ACCOUNT_FAMILY, bl_dec_neg(amount));
}

size_t bl_ledger_borrow(bl_dec amount, bl_posting *out) {
  size_t n = ledger_post(out, 0, BL_ACCOUNT_FAMILY, amount);
  return ledger_post(out, n, BL_ACCOUNT_UNBILLED, bl_dec_neg(amount));
}
