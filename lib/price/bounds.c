/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * bounds.c - at most a maximum, at least a minimum.
 *
 *     at most 125 in a period, 35 of it booked before:
 *       line 60    net 60
 *       line 50    net 30, discount 20: 35 + 60 + 30 is 125
 *     at least 100, 35 booked before, one line of 60:  5 are missing
 *
 * Amounts come rounded and stay so: this only adds, subtracts and compares.
 */
#include "price/run.h"

bl_dec bl_net_sum(const bl_net *nets, size_t count) {
  bl_dec sum = BL_DEC_ZERO;

  for (size_t i = 0; i < count; i++) sum = bl_dec_add(sum, nets[i].net);
  return sum;
}

void bl_net_cap(bl_dec maximum, bl_dec booked, bl_net *nets, size_t count) {
  bl_dec room = bl_dec_sub(maximum, booked);

  for (size_t i = 0; i < count; i++) {
    bl_net *n = &nets[i];
    bl_dec fits = bl_dec_min(n->net, bl_dec_max(room, BL_DEC_ZERO));

    n->discount = bl_dec_add(n->discount, bl_dec_sub(n->net, fits));
    n->net      = fits;
    room        = bl_dec_sub(room, fits);
  }
}

bl_dec bl_net_gap(bl_dec minimum, bl_dec booked, const bl_net *nets,
                  size_t count) {
  bl_dec sum = bl_dec_add(booked, bl_net_sum(nets, count));

  return bl_dec_max(bl_dec_sub(minimum, sum), BL_DEC_ZERO);
}
