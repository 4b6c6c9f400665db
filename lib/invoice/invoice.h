/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* invoice.h - charge + draw -> invoice. */
#ifndef BL_INVOICE_H
#define BL_INVOICE_H

#include "base/json.h"
#include "base/zone.h"
#include "catalog/catalog.h"
#include "facts.h"

/* round(amount - drawn) to the asset's places, half away from zero
 * (round.c: the only rounding of money). */
bl_dec bl_round_due(bl_dec amount, bl_dec drawn, int places);
/* Toward zero, for peers that cut what they keep. */
bl_dec bl_round_cut(bl_dec amount, int places);

/*
 * Charges to lines and totals: lines keep the order of the charges; a line's
 * due is rounded by its asset's places; totals are in the order in which the
 * assets first appear.  Fills lines, line_count, totals and total_count of
 * *out (its other members are the caller's) in the arena.  INTERNAL when a
 * figure went bad, NOMEM.
 */
int bl_invoice_assemble(const bl_tenant_terms *tenant,
                        const bl_charge *charges, size_t count, bl_arena *a,
                        bl_invoice *out);

/* "INV-" and 1 are "INV-000001"; at least six digits. */
bl_str bl_invoice_number(bl_str prefix, uint64_t n, bl_arena *a);

/* The document: canonical JSON (json), and for people (text), at most 79
 * columns, dates in the invoice's zone.  Without a number it is a draft. */
int bl_invoice_json(const bl_invoice *invoice, bl_text *out);
/* From the canonical JSON, so that the view needs nothing else. */
int bl_invoice_text(const bl_json *invoice, const bl_zone *zone, bl_text *out);

/* ---- split.c: portions that add up ---- */

typedef struct bl_portion {
  bl_dec  weight;          /* zero or more */
  bl_dec  share;           /* what it comes to */
  bl_u128 rest;
  size_t  place;
} bl_portion;

/* Splits a total, whole in steps of `places`, by weights; nothing when they
 * have none. */
void bl_apportion(bl_dec total, int places, bl_portion *portions,
                  size_t count);

/* ---- coupon.c ---- */

enum { BL_COUPON_ONCE, BL_COUPON_TIMES, BL_COUPON_FOREVER };

typedef struct bl_coupon {
  bl_dec   amount;         /* or percent */
  bl_dec   used;           /* of a fixed one */
  uint32_t is_percent;
  uint32_t frequency;      /* BL_COUPON_* */
  int32_t  left;           /* invoices, of TIMES */
  int32_t  reserved;
} bl_coupon;

typedef struct bl_coupon_rules {
  int32_t  places;         /* of what a coupon takes */
  int32_t  share_places;   /* of lines; -1: shares add up to it */
  uint32_t is_stacked;     /* percentages are of what there was at first */
  uint32_t reserved;
} bl_coupon_rules;

typedef struct bl_discount {
  bl_dec   amount;
  bl_dec   taken;
  uint32_t is_covered;     /* by the coupon that is asked */
  uint32_t reserved;
} bl_discount;

/* What a coupon takes, spread over the lines that it covers; room has `count`
 * portions. */
bl_dec bl_coupon_take(bl_coupon *c, const bl_coupon_rules *rules,
                      bl_discount *lines, size_t count, bl_portion *room);
int bl_coupon_has_ended(const bl_coupon *c);

/* ---- tax.c ---- */

/* On top of a net amount, and within a gross one; not rounded. */
bl_dec bl_tax_of(bl_dec net, bl_dec percent);
bl_dec bl_tax_within(bl_dec gross, bl_dec percent);

enum { BL_TAX_STANDARD, BL_TAX_REVERSE, BL_TAX_EXEMPT };
/* What a seller in the EU charges, by two letters of each country. */
uint32_t bl_tax_place(bl_str seller, bl_str customer, int is_business);

/* ---- credit_note.c ---- */

typedef struct bl_note_fee {
  bl_dec amount;
  bl_dec discount;         /* on all of it */
  bl_dec percent;          /* of its taxes together */
  bl_dec credited;         /* by earlier notes */
  bl_dec part;             /* what this note credits of it */
} bl_note_fee;

typedef struct bl_note_rules {
  bl_dec  carried;         /* what earlier notes have rounded up */
  int32_t places;
  int32_t keep;            /* places of exact figures */
} bl_note_rules;

typedef struct bl_note_amounts {
  bl_dec items;            /* what is credited, before discounts */
  bl_dec discount;
  bl_dec net;              /* rounded, as tax and total */
  bl_dec tax;
  bl_dec total;
  bl_dec exact_tax;
  bl_dec exact_total;
} bl_note_amounts;

/* How a note is paid out. */
typedef struct bl_note_split {
  bl_dec credit;           /* for later invoices */
  bl_dec refund;
  bl_dec offset;           /* off what is still due of the invoice */
} bl_note_split;

bl_note_amounts bl_note_price(const bl_note_fee *fees, size_t count,
                              const bl_note_rules *rules);
/* What can still be credited, with tax; discount: on the whole invoice. */
bl_dec bl_note_creditable(const bl_note_fee *fees, size_t count,
                          bl_dec discount, int places);
/* Makes the parts add up to the total: the first of credit, refund and offset
 * that there is changes. */
void bl_note_nudge(bl_dec total, bl_note_split *split);

#endif
