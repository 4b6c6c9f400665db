/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* demo.h - what the two demos share: a database in a temporary folder. */
#ifndef DEMO_H
#define DEMO_H

#include <billing.h>

#include "../parts/buffer.h"
#include "../parts/slice.h"

typedef struct demo {
  billing      *b;
  billing_call  call;
  billing_error err;
  char          folder[64];
  char          path[96];
} demo;

/* Says what went wrong, if something did; 1 when all is well. */
int demo_ok(demo *d, const char *what, int rc);
/* A heading, then what is done under it. */
void demo_step(const char *title);
/* Prints an amount of money (two decimals or more), or of a unit. */
void demo_money(const char *before, billing_decimal amount,
                const char *after);
void demo_units(const char *before, billing_decimal amount,
                const char *after);
/* An exact decimal is a 128-bit integer: a sum is two words. */
void demo_add(billing_decimal *sum, billing_decimal more);
billing_decimal demo_decimal(billing_str json);      /* of a JSON value */
/* Advances and says how many invoices there are now. */
int demo_advance(demo *d, int64_t until_us, billing_progress *done);
int demo_invoice(demo *d, const char *number);
int demo_verify(demo *d);
double demo_seconds(void);

int demo_month(demo *d);                       /* month.c */
int demo_bill(demo *d);                        /* bill.c */
int demo_explain(demo *d);
int demo_ledger(demo *d);
int demo_trace(demo *d, const char *file);     /* trace.c */

#endif
