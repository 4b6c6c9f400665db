/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * schema.h - the tables, by number.  Every key begins with (tenant, shard).
 * The journal and the head are the truth; every other table is derived from
 * the journal, is read-only for hosts and is compared by billing_verify.
 */
#ifndef BL_SCHEMA_H
#define BL_SCHEMA_H

#include "base/base.h"

enum {
  BL_TABLE_META,       /* of the database: format, id, secret */
  BL_TABLE_TENANTS,    /* id -> number */
  BL_TABLE_HEAD,       /* one row a shard: where its journal stands */
  BL_TABLE_JOURNAL,    /* the entries */
  BL_TABLE_DOCUMENTS,  /* current versions */
  BL_TABLE_INVOICES,
  BL_TABLE_LINES,
  BL_TABLE_RUNS,       /* what is looked up by key: sorted, immutable */
  BL_TABLE_STREAMS,    /* where streams of events stand */
  BL_TABLES
};

#define BL_ROW_MOST 24
#define BL_KEY_MOST 6

/* The number of columns of the widest table and each table's columns, in the
 * order of schema.c; the enums name them so that no number is written. */
enum { BL_META_NAME, BL_META_VALUE, BL_META_COLUMNS };
enum { BL_TENANTS_ID, BL_TENANTS_NUMBER, BL_TENANTS_COLUMNS };
enum { BL_HEAD_TENANT, BL_HEAD_SHARD, BL_HEAD_SEQ, BL_HEAD_HASH,
       BL_HEAD_CLOCK, BL_HEAD_MIN_READER, BL_HEAD_MIN_WRITER,
       BL_HEAD_DATABASE, BL_HEAD_INCARNATION, BL_HEAD_RUNS,
       BL_HEAD_COUNTS,       BL_HEAD_COLUMNS };
enum { BL_JOURNAL_TENANT, BL_JOURNAL_SHARD, BL_JOURNAL_SEQ, BL_JOURNAL_KIND,
       BL_JOURNAL_VERSION, BL_JOURNAL_CRITICAL, BL_JOURNAL_AT,
       BL_JOURNAL_FACTS, BL_JOURNAL_PROPERTIES, BL_JOURNAL_PROPERTIES_HASH,
       BL_JOURNAL_HASH, BL_JOURNAL_COLUMNS };
enum { BL_DOCUMENTS_TENANT, BL_DOCUMENTS_SHARD, BL_DOCUMENTS_KIND,
       BL_DOCUMENTS_ID, BL_DOCUMENTS_NUMBER, BL_DOCUMENTS_VERSION,
       BL_DOCUMENTS_ARCHIVED, BL_DOCUMENTS_CUSTOMER, BL_DOCUMENTS_SEQ,
       BL_DOCUMENTS_JSON, BL_DOCUMENTS_COLUMNS };
enum { BL_INVOICES_TENANT, BL_INVOICES_SHARD, BL_INVOICES_OWN,
       BL_INVOICES_NUMBER, BL_INVOICES_SEQ, BL_INVOICES_CUSTOMER,
       BL_INVOICES_CONTRACT, BL_INVOICES_ISSUED, BL_INVOICES_JSON,
       BL_INVOICES_COLUMNS };
enum { BL_LINES_TENANT, BL_LINES_SHARD, BL_LINES_INVOICE, BL_LINES_LINE,
       BL_LINES_SEQ, BL_LINES_CUSTOMER, BL_LINES_CONTRACT, BL_LINES_PRICE,
       BL_LINES_GROUP, BL_LINES_FROM, BL_LINES_TO, BL_LINES_QUANTITY,
       BL_LINES_AMOUNT, BL_LINES_DRAWN, BL_LINES_DUE, BL_LINES_ASSET,
       BL_LINES_EVENTS, BL_LINES_COLUMNS };
enum { BL_RUNS_TENANT, BL_RUNS_SHARD, BL_RUNS_RUN, BL_RUNS_PART, BL_RUNS_LAST,
       BL_RUNS_BYTES, BL_RUNS_COLUMNS };

/* From BYTES to PARKED: what billing_stream counts, in its order. */
enum { BL_STREAMS_TENANT, BL_STREAMS_SHARD, BL_STREAMS_NAME, BL_STREAMS_SEQ,
       BL_STREAMS_AT, BL_STREAMS_BYTES, BL_STREAMS_LINES, BL_STREAMS_ROWS,
       BL_STREAMS_EVENTS, BL_STREAMS_RECORDED, BL_STREAMS_SAME,
       BL_STREAMS_CONFLICTS, BL_STREAMS_REFUSED, BL_STREAMS_LATE,
       BL_STREAMS_UNMATCHED, BL_STREAMS_UNPRICED, BL_STREAMS_UNENTITLED,
       BL_STREAMS_PARKED, BL_STREAMS_INSIDE, BL_STREAMS_HEADER,
       BL_STREAMS_COLUMNS };

extern const billing_table *const bl_schema[BL_TABLES];

#endif
