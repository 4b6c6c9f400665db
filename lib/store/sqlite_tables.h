/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * sqlite_tables.h - SQL tables that are read-only and not stored: a layer
 * above says what they show, SQLite asks for it row by row.
 */
#ifndef BL_SQLITE_TABLES_H
#define BL_SQLITE_TABLES_H

#include "base/span.h"
#include "store/store.h"

/* A value of a row beside those of billing.h. */
#define BL_VALUE_NULL 0u
/* A column that a table does not have. */
#define BL_NO_COLUMN UINT32_MAX

/* A table.  Behind its columns stands `tenant`, which is hidden and must be
 * given.  Rows come in the order of `number`, when there is such a column. */
typedef struct bl_sql_table {
  const char           *name;
  const billing_column *columns;
  uint32_t              column_count;
  uint32_t              customer;      /* id of the customer: TEXT */
  uint32_t              time;          /* INTEGER, microseconds */
  uint32_t              number;        /* INTEGER */
} bl_sql_table;

/* What of a query is known before it runs.  Rows outside may be left out or
 * be given all the same. */
typedef struct bl_sql_wish {
  bl_str  tenant;
  bl_str  customer;
  int64_t has_customer;
  bl_span times;
  int64_t first;                       /* number, inclusive */
  int64_t last;
} bl_sql_wish;

/*
 * Who shows the tables.  A reader is opened on a connection when it is first
 * read from and closed before the connection; `rows` lie within its life.
 * What fails sets err; a row's bytes are there until the next step.
 */
typedef struct bl_sql_show {
  const bl_sql_table *tables;
  size_t              count;
  int  (*open)(void **reader, void *connection, const void *routines,
               billing_error *err);
  void (*close)(void *reader);
  int  (*start)(void *reader, size_t table, const bl_sql_wish *wish,
                void **rows, billing_error *err);
  int  (*next)(void *rows, const billing_value **row, billing_error *err);
  void (*end)(void *rows);
} bl_sql_show;

#define BL_SQL_TABLES_MOST 4

/* Both return SQLite's code.  The tables of a show, which is static: */
int bl_sqlite_tables(void *connection, const void *routines,
                     const bl_sql_show *show);
/* The table billing_sqlite3 (sqlite_facts.c). */
int bl_sqlite_facts(void *connection, const void *routines);

#endif
