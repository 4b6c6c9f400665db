/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * sql.h - the statements of a SQL store, made from the declared tables.
 *
 * Columns are selected, and bound from 1 on, in the order in which the table
 * declares them.  An index is named "<table>_<index>".
 */
#ifndef BL_SQL_H
#define BL_SQL_H

#include "base/text.h"
#include "store/store.h"

/* Where two kinds of SQL differ. */
typedef struct bl_sql_dialect {
  const char *type[4];          /* by BILLING_VALUE_*; [0] is not used */
  const char *empty[4];         /* what a column that is added begins with */
  const char *table_of_small;   /* after ")" of a table without blobs */
  const char *table_of_blobs;
  const char *parameter;        /* before the number: ?1 or $1 */
  uint32_t    has_indexed_by;   /* a scan names its index */
  uint32_t    reserved;
} bl_sql_dialect;

extern const bl_sql_dialect bl_sql_sqlite;

/* Makes what is missing. */
void bl_sql_create_table(bl_text *out, const bl_sql_dialect *d,
                         const billing_table *t);
/* Index number `index` from 0.  Behind its columns it holds those of the key,
 * so that the order of a scan is its own. */
void bl_sql_create_index(bl_text *out, const billing_table *t, size_t index);
void bl_sql_index_name(bl_text *out, const billing_table *t, size_t index);
void bl_sql_add_column(bl_text *out, const bl_sql_dialect *d,
                       const billing_table *t, size_t column);

/* Parameters: all columns. */
void bl_sql_put(bl_text *out, const bl_sql_dialect *d, const billing_table *t,
                uint32_t mode);
/* Parameters: the key. */
void bl_sql_get(bl_text *out, const bl_sql_dialect *d, const billing_table *t);
void bl_sql_remove(bl_text *out, const bl_sql_dialect *d,
                   const billing_table *t);
/* Parameters: the from_count values of `from`, then the to_count of `to`; the
 * values themselves are not looked at. */
void bl_sql_scan(bl_text *out, const bl_sql_dialect *d, const billing_table *t,
                 const billing_scan *range);

#endif
