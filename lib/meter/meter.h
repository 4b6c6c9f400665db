/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* meter.h - event -> usage. */
#ifndef BL_METER_H
#define BL_METER_H

#include "base/json_scan.h"
#include "catalog/catalog.h"
#include "facts.h"

/* One event as the kernels see it.  properties is NULL when it has none. */
typedef struct bl_event {
  bl_str            name;
  const bl_members *properties;
  bl_dec            value;
  int64_t           time_us;
} bl_event;

/* Whether all filters hold.  A value is compared by its text; null counts as
 * absent, which not_in accepts; objects and arrays never match a value. */
int bl_meter_matches(const bl_filter *filters, size_t count,
                     const bl_event *event);
/* Whether a contract takes the event, by what has begun at the event's own
 * time (route.c). */
int bl_route_takes_some(const bl_routes *routes, const bl_event *event);
static inline int bl_route_takes(const bl_routes *routes,
                                 const bl_event *event) {
  return !routes->count || bl_route_takes_some(routes, event);
}
/* Whether the meter selects events of that name. */
int bl_meter_names(const bl_meter *meter, bl_str name);
/* Whether the meter wants the event: its name and its filters. */
int bl_meter_wants(const bl_meter *meter, const bl_event *event);

/*
 * The sample that the event gives to the meter.  BILLING_INVALID when the
 * property is missing or is not a decimal where one is needed: err->path is
 * "/properties/NAME".  For unique, *value becomes the text that is counted
 * (into the event's properties; numbers by their text) and *quantity is 1;
 * for all others *value is empty.
 */
int bl_meter_sample(const bl_meter *meter, const bl_event *event,
                    bl_dec *quantity, bl_str *value, billing_error *err);

/*
 * The group of an event: canonical JSON of the named properties, sorted by
 * name, missing ones as null: {"model":"m1","region":null}.  Empty text when
 * count is 0.
 */
int bl_meter_group(const bl_str *names, size_t count, const bl_event *event,
                   bl_text *out);

/*
 * The level after one more sample (aggregate.c): what billing keeps of a
 * period as long as no more is needed.  count adds 1; max and min keep the
 * extreme (the first sample sets it); latest keeps the sample with the latest
 * time, among equals the later arrival, earliest the other way round.  All
 * others add up.
 */
bl_level bl_aggregate_add(uint32_t aggregation, bl_level before,
                          const bl_usage *usage);
const char *bl_aggregate_name(uint32_t aggregation);
/* BL_AGG_* or -1. */
int bl_aggregate_of_name(bl_str name);

#endif
