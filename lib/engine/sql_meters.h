/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* sql_meters.h - SQL meters, between the catalog and their sandbox. */
#ifndef BL_SQL_METERS_H
#define BL_SQL_METERS_H

#include "catalog/catalog.h"

/* Prepares the statement of a document that has one; INVALID at its path. */
int bl_sql_meter_check(const bl_json *doc, const char *path, bl_arena *a,
                       billing_error *err);

#endif
