/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * tax.c - taxes of lines, and which ones they are.
 *
 *     1.51 and 2.79 at 10 % and 20 %, rounded
 *     once for the document   0.43 + 0.86 = 1.29
 *     a line at a time        0.45 + 0.84 = 1.29
 *     a rate at a time        0.43, 0.86
 *     12.00 with 20 % in it   2.00 of it is tax
 *
 * A seller in the EU: customers elsewhere are exempt, a business in another
 * member state owes the tax itself, all others pay that of their country.
 */
#include "invoice/invoice.h"

bl_dec bl_tax_of(bl_dec net, bl_dec percent) {
  return bl_dec_muldiv(net, percent, bl_dec_of_int(100));
}

bl_dec bl_tax_within(bl_dec gross, bl_dec percent) {
  return bl_dec_muldiv(gross, percent,
                       bl_dec_add(percent, bl_dec_of_int(100)));
}

static int tax_is_member(bl_str country) {
  static const char members[] = "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU "
                                "IE IT LT LU LV MT NL PL PT RO SE SI SK EL ";

  if (country.len != 2) return 0;
  for (const char *at = members; *at; at += 3)
    if (memcmp(at, country.text, 2) == 0) return 1;
  return 0;
}

uint32_t bl_tax_place(bl_str seller, bl_str customer, int is_business) {
  if (bl_str_equal(seller, customer)) return BL_TAX_STANDARD;
  if (!tax_is_member(customer)) return BL_TAX_EXEMPT;
  return is_business ? BL_TAX_REVERSE : BL_TAX_STANDARD;
}
