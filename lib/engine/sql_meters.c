/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * sql_meters.c - a wrong statement is refused when its document is put.
 *
 *     {"id":"gb","event":"put","aggregation":"sql","sql":"SELECT random()"}
 *     INVALID at /sql: not among the functions of meters: random
 */
#include "engine/sql_meters.h"

#include "store/sql_meter.h"

int bl_sql_meter_check(const bl_json *doc, const char *path, bl_arena *a,
                       billing_error *err) {
  char where[BL_PATH_SIZE] = "";
  bl_sql_meter sql;
  bl_sandbox *box = NULL;
  bl_meter meter;
  int rc;

  if (!bl_json_get(doc, "sql")) return BILLING_OK;
  rc = bl_catalog_read_meter(doc, path, a, &meter, err);
  if (rc) return rc;
  if (strlen(path) < sizeof where) memcpy(where, path, strlen(path) + 1);
  (void)bl_path_add(where, BL_STR("sql"));
  sql = (bl_sql_meter){meter.sql, meter.properties, meter.property_count};
  rc = bl_sandbox_open(&sql, (bl_span){0, 0}, a, where, &box, err);
  bl_sandbox_close(box);
  return rc;
}
