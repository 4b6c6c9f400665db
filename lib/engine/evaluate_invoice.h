/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* evaluate_invoice.h - a request of the kernel `invoice`, as it is read. */
#ifndef BL_EVALUATE_INVOICE_H
#define BL_EVALUATE_INVOICE_H

#include "engine/evaluate.h"
#include "invoice/invoice.h"

typedef struct bl_sheet_line {
  bl_str         id;
  bl_str         plan;
  bl_str         meter;
  bl_str         product;
  bl_dec         amount;
  bl_dec         discounted;
  const bl_json *taxes;        /* codes; NULL: all of the request */
  const bl_json *coupons;      /* its own */
} bl_sheet_line;

typedef struct bl_sheet_coupon {
  bl_str    id;
  bl_dec    amount;
  bl_dec    percent;           /* the bad value: it is an amount */
  bl_dec    used;
  bl_words  plans;
  bl_words  meters;
  bl_words  products;
  bl_words  lines;
  char      asset[16];
  int64_t   expires_us;
  uint32_t  frequency;
  int32_t   left;
  bl_coupon is;
} bl_sheet_coupon;

typedef struct bl_sheet_tax {
  bl_str id;
  bl_dec percent;
} bl_sheet_tax;

enum { BL_SHEET_DOCUMENT, BL_SHEET_LINE, BL_SHEET_RATE };
typedef struct bl_sheet_terms {
  const bl_json *lines;
  const bl_json *coupons;
  const bl_json *taxes;
  const bl_json *notes;
  bl_words       tender_lines;
  bl_dec         tender;
  char           asset[16];
  int64_t        at_us;
  int32_t        places;
  int32_t        coupon_places;
  int32_t        share_places;
  uint32_t       is_narrow;    /* first the coupons with narrower limits */
  uint32_t       is_stacked;
  uint32_t       has_empty;    /* coupons are listed also on nothing */
  uint32_t       tax_rounding;
  uint32_t       is_included;
  uint32_t       of_net;       /* notes pay no tax */
  uint32_t       is_limited;   /* tender_lines were given */
} bl_sheet_terms;

typedef struct bl_sheet {
  bl_ask      *ask;
  bl_sheet_terms    terms;
  bl_sheet_line    *line;
  bl_discount *discount;       /* of each line */
  bl_dec      *tax;            /* of each line, exact */
  bl_dec      *net;            /* of each line */
  bl_portion  *room;
  size_t       lines;
  bl_sheet_coupon  *coupon;
  size_t       coupons;
  bl_sheet_tax     *rate;
  size_t       rates;
  bl_json     *applied;
} bl_sheet;

/* Reads the request, its lines, coupons and taxes. */
int bl_sheet_open(bl_ask *ask, bl_sheet *s);
/* Coupons of a list, of the request or of a line. */
int bl_sheet_coupons(bl_sheet *s, const bl_reader *above,
                     const bl_json *list, bl_sheet_coupon **out,
                     size_t *count);

#endif
