/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * sqlite_facts.c - the table billing_sqlite3 on a host's connection: who needs
 * the addresses of the connection and of its routines can ask for them in SQL.
 *
 * A SQL function is given a context, and nothing that leads from there to the
 * host's table of routines without calling a routine; only a global variable
 * would.  A virtual table is given a pointer of ours at every step.  So
 * billing_sqlite3 is a table of one row, whose columns are the answers.
 */
#define SQLITE_CORE 1
#include <sqlite3ext.h>

#include "store/sqlite_tables.h"


typedef struct sqlite_facts {
  sqlite3_vtab                base;
  const sqlite3_api_routines *api;
  sqlite3                    *db;
} sqlite_facts;

typedef struct sqlite_fact {
  sqlite3_vtab_cursor base;
  uint32_t            is_past;     /* behind the one row */
  uint32_t            reserved;
} sqlite_fact;

static int facts_connect(sqlite3 *db, void *routines, int argc,
                         const char *const *argv, sqlite3_vtab **out,
                         char **message) {
  const sqlite3_api_routines *api = routines;
  sqlite_facts *facts;
  int rc = api->declare_vtab(db, "CREATE TABLE billing_sqlite3("
                                 "connection INTEGER, routines INTEGER,"
                                 " version TEXT)");

  (void)argc;
  (void)argv;
  (void)message;
  /* Not from inside a view or a trigger, which a file could bring along. */
  if (!rc) rc = api->vtab_config(db, SQLITE_VTAB_DIRECTONLY);
  if (rc) return rc;
  facts = api->malloc((int)sizeof *facts);
  if (!facts) return SQLITE_NOMEM;
  memset(facts, 0, sizeof *facts);
  facts->api = api;
  facts->db  = db;
  *out = &facts->base;
  return SQLITE_OK;
}

static int facts_disconnect(sqlite3_vtab *table) {
  ((sqlite_facts *)(void *)table)->api->free(table);
  return SQLITE_OK;
}

static int facts_plan(sqlite3_vtab *table, sqlite3_index_info *plan) {
  (void)table;
  plan->estimatedCost = 1;
  return SQLITE_OK;
}

static int facts_open(sqlite3_vtab *table, sqlite3_vtab_cursor **out) {
  const sqlite3_api_routines *api = ((sqlite_facts *)(void *)table)->api;
  sqlite_fact *fact = api->malloc((int)sizeof *fact);

  if (!fact) return SQLITE_NOMEM;
  memset(fact, 0, sizeof *fact);
  *out = &fact->base;
  return SQLITE_OK;
}

static int facts_close(sqlite3_vtab_cursor *cursor) {
  ((sqlite_facts *)(void *)cursor->pVtab)->api->free(cursor);
  return SQLITE_OK;
}

static int facts_filter(sqlite3_vtab_cursor *cursor, int number,
                        const char *text, int argc, sqlite3_value **argv) {
  (void)number;
  (void)text;
  (void)argc;
  (void)argv;
  ((sqlite_fact *)(void *)cursor)->is_past = 0;
  return SQLITE_OK;
}

static int facts_next(sqlite3_vtab_cursor *cursor) {
  ((sqlite_fact *)(void *)cursor)->is_past = 1;
  return SQLITE_OK;
}

static int facts_eof(sqlite3_vtab_cursor *cursor) {
  return (int)((sqlite_fact *)(void *)cursor)->is_past;
}

static int facts_column(sqlite3_vtab_cursor *cursor, sqlite3_context *out,
                        int column) {
  const sqlite_facts *facts = (sqlite_facts *)(void *)cursor->pVtab;

  if (column == 0)
    facts->api->result_int64(out, (sqlite3_int64)(intptr_t)facts->db);
  else if (column == 1)
    facts->api->result_int64(out, (sqlite3_int64)(intptr_t)facts->api);
  else
    facts->api->result_text(out, BILLING_VERSION, -1, SQLITE_STATIC);
  return SQLITE_OK;
}

static int facts_rowid(sqlite3_vtab_cursor *cursor, sqlite3_int64 *out) {
  (void)cursor;
  *out = 1;
  return SQLITE_OK;
}

static const sqlite3_module facts_module = {
  .xConnect    = facts_connect,
  .xDisconnect = facts_disconnect,
  .xBestIndex  = facts_plan,
  .xOpen       = facts_open,
  .xClose      = facts_close,
  .xFilter     = facts_filter,
  .xNext       = facts_next,
  .xEof        = facts_eof,
  .xColumn     = facts_column,
  .xRowid      = facts_rowid,
};

int bl_sqlite_facts(void *connection, const void *routines) {
  const sqlite3_api_routines *api = bl_sqlite_routines(routines);

  return api->create_module(connection, "billing_sqlite3", &facts_module,
                            (void *)(uintptr_t)api);
}
