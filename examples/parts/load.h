/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * load.h - gives events to the library in batches and counts what becomes of
 * them.  Every event has its own key, so a load that was cut off is simply
 * run again: what is there already is SAME.
 */
#ifndef LOAD_H
#define LOAD_H

#include <billing.h>
#include <stdio.h>

#include "patience.h"
#include "buffer.h"

#define LOAD_BATCH 10000
#define LOAD_BATCH_BYTES (8u << 20)
#define LOAD_PROBLEMS 5

typedef struct load_problem {
  uint64_t place;             /* row or line */
  int      code;
  char     message[512];
} load_problem;

typedef struct load {
  billing        *b;
  billing_call    call;
  int64_t         now_us;     /* 0: the clock */
  size_t          batch;      /* events in one call */
  billing_error   err;        /* of the call that failed */
  patience        patience;
  buffer          lines;      /* of the batch being made */
  size_t          count;
  uint64_t       *places;
  billing_receipt *receipts;
  uint64_t        events;
  uint64_t        fresh;
  uint64_t        same;
  uint64_t        refused;
  uint64_t        unmatched;
  uint64_t        unpriced;
  load_problem    problems[LOAD_PROBLEMS];
  size_t          problem_count;
  /* Told about each batch, when set. */
  void          (*told)(void *user, const struct load *l, size_t count);
  void           *user;
} load;

/* A load for the tenant; the rest may be changed before the first line. */
int  load_open(load *l, billing *b, const char *tenant);
/* After a line (with its newline) was added to l->lines; place is its row.
 * Records the batch when it is full. */
int  load_line(load *l, uint64_t place);
int  load_flush(load *l);
void load_close(load *l);
/* "2 new, 0 same, 1 refused" and the first reasons; place is "row". */
void load_print(const load *l, const char *place, FILE *out);

#endif
