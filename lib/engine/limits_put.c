/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* limits_put.c - what the limits of a document say about others. */
#include "engine/limits.h"

static int check_asset(bl_call *c, const bl_limit *limit, const char *path) {
  if (!limit->asset[0] ||
      bl_catalog_places(&c->t->terms, limit->asset) >= 0)
    return BILLING_OK;
  return bl_fail_at(c->err, BILLING_INVALID, path, "asset",
                    "declare it among the tenant's assets",
                    "%s is neither a currency nor a unit of the tenant",
                    limit->asset);
}

/* What is known once others are has no quantity when it is used. */
static int check_meter(bl_call *c, const bl_limit *limit, int has_meters,
                       const char *path) {
  const bl_meter_state *meter;

  if (!limit->meter.len) return BILLING_OK;
  meter = bl_map_get(&c->t->meters, limit->meter.text, limit->meter.len);
  if (!meter && has_meters)
    return bl_fail_at(c->err, BILLING_NOTFOUND, path, "meter",
                      "put the meter first", "there is no meter %t",
                      &limit->meter);
  if (!meter || !meter->rules->meter.ticks) return BILLING_OK;
  return bl_fail_at(c->err, BILLING_INVALID, path, "meter",
                    "a meter that is known with each event",
                    "the meter %t is only known when a period ends",
                    &limit->meter);
}

int bl_limit_check(bl_call *c, const bl_limit *limit, int has_meters,
                   const char *path) {
  const bl_zone *zone;
  int rc = check_asset(c, limit, path);

  if (!rc) rc = check_meter(c, limit, has_meters, path);
  return rc || !limit->zone.len ? rc
                                : bl_zone_asked(c, path, limit->zone, &zone);
}

int bl_limits_check(bl_call *c, const bl_limits *limits, int has_meters,
                    const char *path) {
  int rc = BILLING_OK;

  for (size_t i = 0; i < limits->count && !rc; i++) {
    char at[BL_PATH_SIZE];

    bl_path_item(path, "limits", i, at);
    rc = bl_limit_check(c, &limits->item[i], has_meters, at);
  }
  return rc;
}
