/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * lines.h - many lines paid from many lots, and the orders that peers have
 * for both.
 */
#ifndef BL_WALLET_LINES_H
#define BL_WALLET_LINES_H

#include "wallet/wallet.h"

enum { BL_LINE_USAGE, BL_LINE_SUBSCRIPTION, BL_LINE_COMPOSITE };

/* A line that is to be paid. */
typedef struct bl_payable {
  bl_use   use;            /* its time is the first instant of the usage */
  int64_t  last_us;        /* and this the last one */
  bl_dec   amount;
  bl_dec   rest;           /* of that, paid by no lot */
  bl_dec   unit;           /* list price */
  const bl_dec *units;     /* by lot, what a unit costs while it is drawn;
                              NULL: the list price.  Then the amount follows
                              from the quantity: */
  bl_dec   quantity;
  bl_dec   rest_quantity;  /* of that, paid by no lot */
  bl_str   name;
  uint64_t number;         /* > 0, different for every line */
  uint32_t kind;           /* BL_LINE_* */
  uint32_t is_fixed;       /* no lot may pay it */
} bl_payable;

/* What a lot pays of a line, by their places. */
typedef struct bl_paid {
  size_t lot;
  size_t line;
  bl_dec amount;
  bl_dec quantity;         /* where the line has units */
} bl_paid;

/* Whether the lot may pay the line: all of its time, from first to last. */
int bl_lot_pays_line(const bl_lot *lot, const bl_payable *line);

/* Lots and lines, each in the order in which they are drawn and paid. */
typedef struct bl_payment {
  bl_lot **lots;
  size_t   lot_count;
  bl_payable  *lines;
  size_t   line_count;
  bl_lot **room;           /* of lot_count */
  bl_draw *draws;          /* room for lot_count + 1 */
  bl_paid *paid;           /* room for lot_count + line_count; where lines
                              have units each lot may pay each of them */
  size_t   paid_count;
} bl_payment;

/* Pays the lines: sets every line's rest, lowers what is left in the lots, and
 * lists what was paid, in the order of the lines. */
void bl_pay_lines(bl_payment *p);
/* What the lots of an asset hold that may pay at least one of the lines. */
bl_dec bl_usable(const bl_payment *p, const char asset[BL_ASSET_BYTES]);

/* ---- orders by class (classes.c) ---- */

/* A lot with what a class asks for. */
typedef struct bl_classed {
  bl_lot  *lot;
  uint32_t is_owed;        /* a postpaid commitment */
  size_t   dimensions;     /* scopes that name values and no price */
} bl_classed;

/* Rolled-over lots, then bought and given ones, then owed ones, each class by
 * keys of its own.  Never 0 for different numbers. */
int bl_classed_compare(const bl_classed *a, const bl_classed *b);
void bl_classed_sort(bl_classed *lots, size_t count);

/* The order by classes has a name. */
extern const char bl_order_class_name[];

/* Usage, subscriptions, composites; the earlier first; the dearer first; by
 * name. */
int bl_payable_compare(const bl_payable *a, const bl_payable *b);
void bl_payable_sort(bl_payable *lines, size_t count);

/*
 * When a grant is active: from its start to the first of its ends (expiry,
 * void, deletion); an end before the start makes it never active.
 */
bl_span bl_grant_active(int64_t effective_us, const int64_t *ends,
                        size_t count);

#endif
