/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * sql_meters.c - a wrong statement is refused when its document is put.
 *
 *     {"id":"gb","event":"put","aggregation":"sql","sql":"SELECT random()"}
 *     INVALID at /sql: not among the functions of meters: random
 */
#include "engine/sql_meters.h"

#include "store/sql_meter.h"

/* The path of the statement below that of its document. */
static void grouped_path(const char *path, char where[BL_PATH_SIZE]) {
  memset(where, 0, BL_PATH_SIZE);
  if (strlen(path) < BL_PATH_SIZE) memcpy(where, path, strlen(path));
  (void)bl_path_add(where, BL_STR("sql"));
}

/* Without out, whether there is a sandbox for it. */
static int grouped_columns(const bl_meter *meter, const char *path,
                           bl_arena *a, bl_meter *out, billing_error *err) {
  char where[BL_PATH_SIZE];
  bl_sql_meter sql = {meter->sql, meter->properties, meter->property_count};
  bl_sandbox *box = NULL;
  const bl_str *names;
  int rc;

  grouped_path(path, where);
  rc = bl_sandbox_open(&sql, (bl_span){0, 0}, a, where, &box, err);
  if (!rc && out) {
    names = bl_sandbox_groups(box, &out->group_count);
    out->groups = bl_arena_copy(a, names, (out->group_count + 1) *
                                              sizeof *names);
    if (!out->groups) rc = BILLING_NOMEM;
  }
  bl_sandbox_close(box);
  return rc;
}

int bl_sql_meter_check(const bl_json *doc, const char *path, bl_arena *a,
                       billing_error *err) {
  bl_meter meter;
  int rc;

  if (!bl_json_get(doc, "sql")) return BILLING_OK;
  rc = bl_catalog_read_meter(doc, path, a, &meter, err);
  return rc ? rc : grouped_columns(&meter, path, a, NULL, err);
}

int bl_sql_meter_grouped(const bl_meter *meter, bl_arena *a,
                         const bl_meter **out, billing_error *err) {
  bl_meter *grouped;

  *out = meter;
  if (meter->aggregation != BL_AGG_SQL) return BILLING_OK;
  grouped = bl_arena_copy(a, meter, sizeof *meter);
  if (!grouped) return BILLING_NOMEM;
  *out = grouped;
  return grouped_columns(meter, "", a, grouped, err);
}

static int grouped_has(const bl_meter *meter, bl_str name) {
  for (size_t i = 0; i < meter->group_count; i++)
    if (bl_str_equal(meter->groups[i], name)) return 1;
  return 0;
}

int bl_sql_meter_keeps(const bl_meter *was, const bl_meter *now,
                       const char *path, bl_arena *a, billing_error *err) {
  const bl_meter *before, *after;
  int rc;

  if (now->aggregation != BL_AGG_SQL || bl_str_equal(was->sql, now->sql))
    return BILLING_OK;
  rc = bl_sql_meter_grouped(was, a, &before, err);
  if (!rc) rc = bl_sql_meter_grouped(now, a, &after, err);
  for (size_t i = 0; !rc && i < before->group_count; i++)
    if (!grouped_has(after, before->groups[i]))
      rc = bl_fail_at(err, BILLING_CONFLICT, path, "sql",
                      "keep it, or use another id",
                      "the column %t cannot go: prices may group by it",
                      &before->groups[i]);
  return rc;
}
