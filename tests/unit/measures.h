/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* measures.h - what the tests of measuring share. */
#ifndef MEASURES_H
#define MEASURES_H

#include "documents.h"
#include "meter/measure.h"

/* A day from midnight, in UTC. */
static inline bl_frame day_frame(int64_t day) {
  bl_zone *zone = NULL;
  bl_frame f = {.whole_us = BL_DAY, .whole_days = 1};

  ck_assert_int_eq(bl_zone_load(&doc_arena, NULL, BL_STR("UTC"), &zone, NULL),
                   0);
  f.zone = zone;
  f.span = (bl_span){day * BL_DAY, (day + 1) * BL_DAY};
  return f;
}

/* A meter of the event e, by property v; more members may follow. */
static inline const bl_meter *meter_of(const char *aggregation,
                                       const char *more) {
  bl_meter *m = bl_arena_take(&doc_arena, sizeof *m);
  bl_text json;

  bl_text_open(&json, &doc_arena);
  bl_text_format(&json, "{'id':'m','event':'e','aggregation':'%s'%s%s}",
                 aggregation,
                 strcmp(aggregation, "count") ? ",'property':'v'" : "", more);
  ck_assert_msg(bl_catalog_read_any_meter(J(json.text), "", &doc_arena, m,
                                          &doc_err) == 0,
                "%s: %s", json.text, doc_err.message);
  return m;
}

typedef struct reading {
  const char *quantity;
  int64_t     hour;
} reading;

static inline bl_sample sample_of(const char *quantity, int64_t hour,
                                  uint64_t number) {
  return (bl_sample){.quantity = D(quantity), .time_us = hour * BL_HOUR,
                     .number = number};
}

static inline bl_sample value_at(const char *value, int64_t hour,
                                 int is_removal, uint64_t number) {
  return (bl_sample){.quantity = BL_DEC_ONE, .value = bl_str_of(value),
                     .time_us = hour * BL_HOUR, .number = number,
                     .is_removal = (uint32_t)is_removal};
}

#endif
