/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * sql_meter.h - a meter that is a SELECT over events.  It runs in a SQLite of
 * its own, in memory, and sees one table and nothing else: the same on every
 * store, and the same each time.
 */
#ifndef BL_SQL_METER_H
#define BL_SQL_METER_H

#include "base/error.h"
#include "base/span.h"

/* The statement; and the properties that are columns beside event, key,
 * time_us and value. */
typedef struct bl_sql_meter {
  bl_str        text;
  const bl_str *properties;
  size_t        property_count;
} bl_sql_meter;

/* A row of `events`, in the order of time and arrival. */
typedef struct bl_sql_event {
  bl_str        name;
  bl_str        key;
  int64_t       time_us;
  bl_dec        value;               /* bad: NULL */
  const bl_str *properties;          /* text NULL: NULL */
} bl_sql_event;

/* A row of the answer: canonical JSON of the columns beside the quantity, ""
 * without any. */
typedef struct bl_sql_quantity {
  bl_str group;
  bl_dec quantity;
} bl_sql_quantity;

typedef struct bl_sandbox bl_sandbox;

/* What runs may take: steps of SQLite, for each event more. */
#define BL_SQL_STEPS INT64_C(1000000)
#define BL_SQL_STEPS_EACH INT64_C(1000)
#define BL_SQL_BYTES 16384           /* of a statement */
#define BL_SQL_ROWS 10000            /* of an answer */
#define BL_SQL_GROUPS 16             /* columns beside the quantity */

/*
 * Prepares the statement.  INVALID names the byte of the text where something
 * is wrong, and what would be right.  The sandbox lies in the arena, and is
 * closed before it.
 */
int bl_sandbox_open(const bl_sql_meter *meter, bl_span period, bl_arena *a,
                    const char *path, bl_sandbox **out, billing_error *err);
int bl_sandbox_add(bl_sandbox *box, const bl_sql_event *event);
/* The quantities in the order of their groups, rows of one group added up. */
int bl_sandbox_run(bl_sandbox *box, bl_sql_quantity **out, size_t *count);
/* Names of the columns beside the quantity, in the order of their bytes. */
const bl_str *bl_sandbox_groups(const bl_sandbox *box, size_t *count);
void bl_sandbox_close(bl_sandbox *box);          /* NULL is fine */

/* ---- sql_words.c: what stands in a statement that may not ---- */

typedef struct bl_sql_fault {
  size_t      at;                    /* byte of the text */
  const char *what;
  const char *hint;
} bl_sql_fault;

/* 0 and *fault, when the text has arithmetic of SQLite's own, binary
 * fractions, parameters or a second statement. */
int bl_sql_words(bl_str text, bl_sql_fault *fault);
/* Where a word stands outside of texts and comments; the length of the text
 * when it does not. */
size_t bl_sql_find(bl_str text, bl_str word);

#endif
