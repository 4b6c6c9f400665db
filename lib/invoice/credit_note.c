/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * credit_note.c - what parts of an invoice's fees come to when they are
 * credited, and what is left to credit.
 *
 *     a fee of 68.33 with 20 % tax; all of it is credited
 *     net 68.33, tax 13.666: 13.67 on the note, which rounds 0.004 up
 *     the note that credits the last of all fees takes what the others have
 *     rounded, so that all notes together return the invoice to the cent
 *
 * A part carries its share of the fee's discount.
 */
#include "invoice/invoice.h"

bl_note_amounts bl_note_price(const bl_note_fee *fees, size_t count,
                              const bl_note_rules *rules) {
  bl_note_amounts a = {BL_DEC_ZERO, BL_DEC_ZERO, BL_DEC_ZERO, BL_DEC_ZERO,
                       BL_DEC_ZERO, BL_DEC_ZERO, BL_DEC_ZERO};
  int is_last = 1;

  for (size_t i = 0; i < count; i++) {
    const bl_note_fee *f = &fees[i];
    bl_dec off = bl_dec_is_zero(f->amount)
                   ? BL_DEC_ZERO
                   : bl_dec_muldiv(f->discount, f->part, f->amount);
    bl_dec net = bl_dec_sub(f->part, off);

    a.items = bl_dec_add(a.items, f->part);
    a.discount = bl_dec_add(a.discount, off);
    a.exact_tax = bl_dec_add(a.exact_tax, bl_tax_of(net, f->percent));
    if (bl_dec_less(bl_dec_add(f->credited, f->part), f->amount)) is_last = 0;
  }
  a.discount = bl_round_due(a.discount, BL_DEC_ZERO, rules->keep);
  a.exact_tax = bl_round_due(a.exact_tax, BL_DEC_ZERO, rules->keep);
  if (is_last) a.exact_tax = bl_dec_sub(a.exact_tax, rules->carried);
  a.net = bl_round_due(a.items, a.discount, rules->places);
  a.tax = bl_round_due(a.exact_tax, BL_DEC_ZERO, rules->places);
  a.total = bl_dec_add(a.net, a.tax);
  a.exact_total = bl_dec_add(bl_dec_sub(a.items, a.discount), a.exact_tax);
  return a;
}

/* Discounts of the invoice are thought to lie on all fees alike. */
bl_dec bl_note_creditable(const bl_note_fee *fees, size_t count,
                          bl_dec discount, int places) {
  bl_dec all = BL_DEC_ZERO, left = BL_DEC_ZERO, tax = BL_DEC_ZERO;

  for (size_t i = 0; i < count; i++) all = bl_dec_add(all, fees[i].amount);
  if (bl_dec_is_zero(all)) return all;
  for (size_t i = 0; i < count; i++) {
    bl_dec rest = bl_dec_sub(fees[i].amount, fees[i].credited);
    bl_dec net = bl_dec_sub(rest, bl_dec_muldiv(discount, rest, all));

    left = bl_dec_add(left, net);
    tax = bl_dec_add(tax, bl_tax_of(net, fees[i].percent));
  }
  return bl_dec_add(left, bl_round_due(tax, BL_DEC_ZERO, places));
}

void bl_note_nudge(bl_dec total, bl_note_split *split) {
  bl_dec asked = bl_dec_add(bl_dec_add(split->credit, split->refund),
                            split->offset);
  bl_dec more = bl_dec_sub(total, asked);
  bl_dec *part = bl_dec_sign(split->credit) > 0   ? &split->credit
                 : bl_dec_sign(split->refund) > 0 ? &split->refund
                                                  : &split->offset;

  *part = bl_dec_add(*part, more);
}
