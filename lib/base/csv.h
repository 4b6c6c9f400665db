/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * csv.h - comma-separated values (RFC 4180), row by row, out of bytes that may
 * end anywhere.
 */
#ifndef BL_CSV_H
#define BL_CSV_H

#include "base/arena.h"

#define BL_CSV_FIELDS 1000     /* the most in one row */

typedef struct bl_csv_field {
  bl_str text;                 /* without quotes; in the bytes, or the arena */
  size_t at;                   /* where it begins in the row */
} bl_csv_field;

/* The row that was read last.  Whoever takes the arena back to an older mark
 * opens it again. */
typedef struct bl_csv {
  bl_arena     *arena;
  char          separator;     /* ',' */
  char          quote;         /* '"' */
  bl_csv_field *field;
  size_t        count;         /* 0: an empty line */
  size_t        cap;
  size_t        used;          /* bytes of the row, its line end included */
  const char   *problem;       /* of a row that was refused, and where */
  size_t        problem_at;
} bl_csv;

void bl_csv_open(bl_csv *csv, bl_arena *arena);
/*
 * Reads the row at the front.  BILLING_DONE when its end is not among the
 * bytes and more may come; with `is_last` the bytes end it.  INVALID when it
 * is none: `used` then reaches to the end of its first line, so that the row
 * after it can be read.  NOMEM.
 */
int bl_csv_row(bl_csv *csv, bl_str bytes, int is_last);

#endif
