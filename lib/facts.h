/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * facts.h - the spine: what one layer hands to the next.  Plain structs, no
 * functions.
 *
 *     event -> usage -> charge -> draw -> line -> invoice
 */
#ifndef BL_FACTS_H
#define BL_FACTS_H

#include "base/dec.h"
#include "base/span.h"

/* Usage: what one event adds to one meter. */
typedef struct bl_usage {
  bl_dec  quantity;        /* the sample; of unique, by how many values more
                              or less are there */
  int64_t time_us;         /* the event's own time */
} bl_usage;

/* The running level of a meter in one period: what usage adds up to, in the
 * unit that is metered. */
typedef struct bl_level {
  bl_dec  total;
  int64_t at_us;           /* latest, earliest: time of the event that set it
                              */
  int64_t events;          /* how many events went in */
} bl_level;

/* A draw: what one grant pays of one charge. grant 0: nothing covers it. */
typedef struct bl_draw {
  uint64_t grant;
  bl_dec   amount;         /* negative: given back */
} bl_draw;

/* A charge key with what was charged and drawn under it, for an invoice. */
typedef struct bl_charge {
  bl_str   contract;       /* id */
  bl_str   price;          /* id */
  bl_str   name;           /* for people */
  bl_str   meter;          /* id, empty for a fee */
  bl_str   plan;           /* id */
  int64_t  plan_version;
  bl_str   override;       /* id of the contract's that priced it, or empty */
  bl_str   group;          /* canonical JSON of the group's values, or "" */
  bl_span  service;        /* the period it is for */
  bl_dec   quantity;       /* priced quantity in all, billed before included */
  bl_dec   amount;         /* to bill now: charged minus billed, exact */
  bl_dec   drawn;          /* to bill now: of that, from grants */
  int64_t  numerator;      /* proration of a fee; 1/1 when whole */
  int64_t  denominator;
  int64_t  events;
  uint64_t first_event;    /* numbers of the first and the last event */
  uint64_t last_event;
  char     asset[16];
  uint32_t is_late;        /* its period was invoiced before */
  uint32_t closing;        /* BL_CLOSING_*: it is known once others are */
  bl_dec   bound;          /* minimum, maximum: of the period */
  const bl_str *of;        /* ids of the prices whose spend it counts */
  size_t   of_count;       /* none: of all */
  uint64_t converted;      /* number of the line that converts what is open */
  char     from[16];       /* a conversion: out of this asset, */
  bl_dec   rate;           /* at this rate */
  int64_t  since_us;       /* INT64_MIN: it has always held */
  uint32_t is_inverse;     /* divided by it */
  uint32_t reserved;
} bl_charge;

/* A line: a charge, rounded to what is due. */
typedef struct bl_line {
  bl_charge charge;
  bl_dec    due;           /* round(amount - drawn) */
  bl_dec    rounding;      /* due - (amount - drawn), booked */
} bl_line;

/* The sum of an invoice in one asset. */
typedef struct bl_total {
  char   asset[16];
  bl_dec amount;           /* charges */
  bl_dec drawn;
  bl_dec due;
} bl_total;

typedef struct bl_invoice {
  bl_str    number;        /* "INV-000001"; empty: a draft */
  uint64_t  own_number;
  bl_str    customer;      /* id; empty when erased */
  bl_str    customer_name;
  bl_str    contract;      /* id */
  bl_str    zone;          /* IANA name, for dates in the text form */
  bl_span   period;        /* the period that this invoice closes or opens */
  int64_t   issued_us;
  bl_line  *lines;
  size_t    line_count;
  bl_total *totals;
  size_t    total_count;
  int32_t   rules;         /* rules version */
  int32_t   reserved;
} bl_invoice;

#endif
