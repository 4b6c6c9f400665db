/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * csv.h - reads comma-separated values (RFC 4180) row by row.  It keeps one
 * row in memory, whatever the size of the file.
 */
#ifndef CSV_H
#define CSV_H

#include <stdint.h>
#include <stdio.h>

#include "buffer.h"

#define CSV_COLUMNS 1000
#define CSV_ROW_BYTES (1 << 20)

typedef struct csv {
  FILE       *in;
  uint64_t    row;                     /* 0 is the header */
  uint64_t    bytes;                   /* read so far */
  size_t      count;                   /* fields of this row */
  size_t      start[CSV_COLUMNS + 1];  /* in `fields`, each with a NUL */
  buffer      fields;
  buffer      names;                   /* of the header, each with a NUL */
  size_t      name_start[CSV_COLUMNS + 1];
  size_t      columns;
  const char *problem;                 /* of what csv_next refused */
} csv;

/* Reads the header, skipping a byte order mark: 1, or 0 with the problem. */
int  csv_open(csv *c, FILE *in);
/* The next row that is not empty: 1, 0 at the end, -1 with the problem. */
int  csv_next(csv *c);
const char *csv_field(const csv *c, size_t column, size_t *len);
/* The column of this name, or of this number ("#2"); -1 for none. */
int  csv_column(const csv *c, const char *name, size_t len);
void csv_close(csv *c);                /* not the file */

#endif
