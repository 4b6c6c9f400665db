/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * rollover.c - what outlives a grant: 30 left, a share of 0.5, at most 10 ->
 * 10; the other 20 expire.
 */
#include "wallet/wallet.h"

bl_dec bl_rollover(bl_dec left, bl_dec share, bl_dec most) {
  return bl_dec_min(bl_dec_mul(left, share), most);
}
