/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* sql_meters.h - SQL meters, between the catalog and their sandbox. */
#ifndef BL_SQL_METERS_H
#define BL_SQL_METERS_H

#include "catalog/catalog.h"

/* Prepares the statement of a document that has one; INVALID at its path. */
int bl_sql_meter_check(const bl_json *doc, const char *path, bl_arena *a,
                       billing_error *err);
/* The meter with the groups that prices may name: of a statement its columns
 * beside the quantity. */
int bl_sql_meter_grouped(const bl_meter *meter, bl_arena *a,
                         const bl_meter **out, billing_error *err);
/* Whether another statement may take the place of one: it has all of its
 * columns; else CONFLICT. */
int bl_sql_meter_keeps(const bl_meter *was, const bl_meter *now,
                       const char *path, bl_arena *a, billing_error *err);

#endif
