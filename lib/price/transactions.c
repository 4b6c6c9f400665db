/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * transactions.c - a percentage with terms for each transaction.
 *
 *     1 % and 5 each, the first 3 or the first 15 free, whichever ends first:
 *       1, 1, 1      free
 *       1            the fourth: 0.01 + 5               = 5.01
 *     10, 10         10 free; 5 of the next, 5 charged: 0.05 + 5 = 5.05
 *
 *     2.99 %, at least 1.75 and at most 12:
 *       10, 80, 10000    1.75 + 2.392 + 12 = 16.142
 *
 * Transactions count in their order of arrival.  A refund, less than zero,
 * gives back its percentage and nothing else.
 */
#include "price/transactions.h"

#include "price/models.h"

void bl_allowance_open(bl_allowance *left, const bl_price *price,
                       int is_lago) {
  *left = (bl_allowance){price->free, price->free_events,
                         price->free_events > 0,
                         bl_dec_sign(price->free) > 0, 0,
                         is_lago != 0};
  left->is_over = !left->by_events && !left->by_amount;
}

void bl_allowance_after(bl_allowance *left, const bl_price *price,
                        int64_t events, bl_dec total, int is_over) {
  bl_allowance_open(left, price, 0);
  left->events = events < price->free_events ? price->free_events - events
                                             : 0;
  left->amount = bl_dec_sub(price->free, total);
  left->is_over |= is_over != 0;
}

static bl_dec transaction_charge(const bl_price *price, bl_dec value) {
  bl_dec share = bl_dec_muldiv(value, price->tiers[0].unit, price->per);

  if (bl_dec_sign(value) < 0) return share;
  return bl_dec_min(bl_dec_max(bl_dec_add(share, price->fixed), price->least),
                    price->most);
}

int bl_allowance_holds(const bl_allowance *left) {
  int has_events = left->by_events && left->events > 0;
  int has_amount = left->by_amount && bl_dec_sign(left->amount) > 0;

  if (left->is_over) return 0;
  if (left->is_lago) return has_events || has_amount;
  return (has_events || !left->by_events) && (has_amount || !left->by_amount);
}

/* Whether the free amount covers all of the value; Lago wants some left. */
static int allowance_covers(const bl_allowance *left, bl_dec value) {
  int order = bl_dec_cmp(value, left->amount);

  return left->is_lago ? order < 0 : order <= 0;
}

bl_dec bl_transaction_price(const bl_price *price, bl_allowance *left,
                            bl_dec value) {
  bl_dec rest;

  if (!bl_allowance_holds(left)) return transaction_charge(price, value);
  if (left->events) left->events--;
  if (!left->by_amount || bl_dec_is_zero(left->amount)) return BL_DEC_ZERO;
  if (allowance_covers(left, value)) {
    left->amount = bl_dec_sub(left->amount, value);
    return BL_DEC_ZERO;
  }
  rest = bl_dec_sub(value, left->amount);
  left->is_over = 1;
  return transaction_charge(price, rest);
}

/* ---- Lago --------------------------------------------------------------- */

size_t bl_transactions_kept(const bl_price *price, const bl_dec *totals,
                            size_t count) {
  size_t first = (size_t)price->free_events;

  if (!first && bl_dec_is_zero(price->free)) return 0;
  if (first) return first < count ? first : count;
  for (size_t i = 0; i < count; i++)
    if (bl_dec_less(price->free, totals[i])) return i + 1;
  return count;
}

static bl_dec lago_units(const bl_price *price, const bl_dec *totals,
                         size_t count) {
  size_t first = (size_t)price->free_events;
  bl_dec last = count ? totals[count - 1] : BL_DEC_ZERO;

  if (bl_dec_is_zero(last)) return BL_DEC_ZERO;
  if (first && first < count) return totals[first - 1];
  if (bl_dec_is_zero(price->free) || !bl_dec_less(price->free, last))
    return last;
  return price->free;
}

static int64_t lago_events(const bl_price *price, const bl_dec *totals,
                           size_t count) {
  int64_t below = 0;

  for (size_t i = 0; i < count; i++)
    below += bl_dec_less(totals[i], price->free);
  if (!below || (price->free_events && price->free_events < below))
    return price->free_events;
  return below;
}

bl_dec bl_transactions_lago(const bl_price *price, bl_dec units,
                            int64_t events, const bl_dec *totals,
                            size_t count) {
  bl_dec paid = bl_dec_max(bl_dec_sub(units, lago_units(price, totals,
                                                        count)),
                           BL_DEC_ZERO);
  int64_t charged = events - lago_events(price, totals, count);
  bl_dec share = bl_dec_muldiv(paid, price->tiers[0].unit, price->per);

  if (bl_dec_is_zero(units) || charged < 0) charged = 0;
  return bl_dec_add(share, bl_dec_mul(price->fixed, bl_dec_of_int(charged)));
}
