/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * schema.c - the tables as data.  Stores make them from this list.
 *
 * Decimals are stored as their text, so that a person who opens the file with
 * the sqlite3 shell reads amounts; times are microseconds UTC.
 */
#include "store/schema.h"

#define INTEGER(name) {name, BILLING_VALUE_INTEGER, 0}
#define TEXT(name) {name, BILLING_VALUE_TEXT, 0}
#define BLOB(name) {name, BILLING_VALUE_BLOB, 0}
#define TABLE(name, columns, keys, indexes, count)                     \
  {sizeof(billing_table), 0, "billing_" name, columns,                 \
   BL_COUNT(columns), keys, indexes, count}

static const billing_column meta_columns[] = {TEXT("name"), BLOB("value")};
static const billing_table meta_table =
    TABLE("meta", meta_columns, 1, NULL, 0);

static const billing_column tenants_columns[] = {TEXT("id"),
                                                 INTEGER("number")};
static const billing_table tenants_table =
    TABLE("tenants", tenants_columns, 1, NULL, 0);

static const billing_column head_columns[] = {
    INTEGER("tenant"),     INTEGER("shard"),      INTEGER("seq"),
    BLOB("hash"),          INTEGER("clock_us"),   INTEGER("min_reader"),
    INTEGER("min_writer"), BLOB("database"),      INTEGER("incarnation"),
    INTEGER("runs"),       BLOB("counts")};
static const billing_table head_table =
    TABLE("head", head_columns, 2, NULL, 0);

static const billing_column journal_columns[] = {
    INTEGER("tenant"), INTEGER("shard"),    INTEGER("seq"),
    INTEGER("kind"),   INTEGER("version"),  INTEGER("critical"),
    INTEGER("at_us"),  BLOB("facts"),       BLOB("properties"),
    BLOB("properties_hash"), BLOB("hash")};
static const billing_table journal_table =
    TABLE("journal", journal_columns, 3, NULL, 0);

static const billing_column documents_columns[] = {
    INTEGER("tenant"),  INTEGER("shard"),    TEXT("kind"),
    TEXT("id"),         INTEGER("number"),   INTEGER("version"),
    INTEGER("archived"), INTEGER("customer"), INTEGER("seq"),
    TEXT("json")};
static const billing_table documents_table =
    TABLE("documents", documents_columns, 4, NULL, 0);

static const billing_column invoices_columns[] = {
    INTEGER("tenant"),   INTEGER("shard"),   INTEGER("own_number"),
    TEXT("number"),      INTEGER("seq"),     INTEGER("customer"),
    TEXT("contract"),    INTEGER("issued_us"), TEXT("json")};
static const uint32_t invoices_by_number[] = {
    BL_INVOICES_TENANT, BL_INVOICES_SHARD, BL_INVOICES_NUMBER};
static const uint32_t invoices_by_customer[] = {
    BL_INVOICES_TENANT, BL_INVOICES_SHARD, BL_INVOICES_CUSTOMER,
    BL_INVOICES_OWN};
static const billing_index invoices_indexes[] = {
    {"number", invoices_by_number, BL_COUNT(invoices_by_number)},
    {"customer", invoices_by_customer, BL_COUNT(invoices_by_customer)}};
static const billing_table invoices_table =
    TABLE("invoices", invoices_columns, 3, invoices_indexes, 2);

static const billing_column lines_columns[] = {
    INTEGER("tenant"),   INTEGER("shard"),   INTEGER("invoice"),
    INTEGER("line"),     INTEGER("seq"),     INTEGER("customer"),
    TEXT("contract"),    TEXT("price"),      TEXT("grouping"),
    INTEGER("from_us"),  INTEGER("to_us"),   TEXT("quantity"),
    TEXT("amount"),      TEXT("drawn"),      TEXT("due"),
    TEXT("asset"),       INTEGER("events")};
static const billing_table lines_table =
    TABLE("lines", lines_columns, 4, NULL, 0);

static const billing_column runs_columns[] = {
    INTEGER("tenant"), INTEGER("shard"), INTEGER("run"),
    INTEGER("part"),   BLOB("last"),     BLOB("bytes")};
static const billing_table runs_table =
    TABLE("runs", runs_columns, 5, NULL, 0);

static const billing_column streams_columns[] = {
    INTEGER("tenant"),    INTEGER("shard"),    TEXT("name"),
    INTEGER("seq"),       INTEGER("at_us"),    INTEGER("bytes"),
    INTEGER("lines"),     INTEGER("rows"),     INTEGER("events"),
    INTEGER("recorded"),  INTEGER("same"),     INTEGER("conflicts"),
    INTEGER("refused"),   INTEGER("late"),     INTEGER("unmatched"),
    INTEGER("unpriced"),  INTEGER("unentitled"), INTEGER("parked"),
    INTEGER("inside"),    TEXT("header")};
static const billing_table streams_table =
    TABLE("streams", streams_columns, 3, NULL, 0);

const billing_table *const bl_schema[BL_TABLES] = {
    &meta_table,      &tenants_table,  &head_table,  &journal_table,
    &documents_table, &invoices_table, &lines_table, &runs_table,
    &streams_table};

#undef INTEGER
#undef TEXT
#undef BLOB
#undef TABLE
