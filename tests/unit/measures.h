/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* measures.h - what the tests of measuring share. */
#ifndef MEASURES_H
#define MEASURES_H

#include <stdio.h>

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
  ck_assert_msg(bl_catalog_read_meter(J(json.text), "", &doc_arena, m,
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

/* ---- random streams ---- */

static const struct measure_kind {
  const char *aggregation;
  const char *more;
} measure_kinds[] = {
  {"count", ",'recurring':true"}, {"sum", ",'recurring':true"},
  {"sum", ",'recurring':true,'proration':'time'"},
  {"sum", ",'recurring':true,'proration':'lago_days'"},
  {"max", ""}, {"min", ""}, {"average", ""}, {"earliest", ""},
  {"latest", ",'recurring':true"}, {"unique", ",'recurring':true"},
  {"unique", ",'recurring':true,'proration':'time'"},
  {"unique", ",'recurring':true,'proration':'lago_days'"},
  {"weighted_sum", ",'recurring':true"},
  {"weighted_sum", ",'recurring':true,'reading':'level'"},
  {"percentile", ",'percentile':'90'"},
  {"peak", ",'recurring':true"}, {"peak", ""},
  {"sum", ""}, {"unique", ""}, {"weighted_sum", ",'reading':'level'"},
};

static uint64_t measure_seed;

static inline uint64_t draw_below(uint64_t below) {
  measure_seed = measure_seed * UINT64_C(6364136223846793005) +
                 UINT64_C(1442695040888963407);
  return (measure_seed >> 33) % below;
}

#define MEASURE_STREAM 60
static inline size_t some_samples(const bl_meter *meter, bl_sample *out) {
  static const char *const values[] = {"a", "b", "c", "d"};
  size_t count = draw_below(MEASURE_STREAM);

  for (size_t i = 0; i < count; i++) {
    char number[32];

    snprintf(number, sizeof number, "%d.%d", (int)draw_below(200) - 100,
             (int)draw_below(1000));
    out[i] = (bl_sample){.quantity = D(number), .value = {"", 0},
                         .number = i, .is_removal = draw_below(3) == 0};
    if (meter->aggregation == BL_AGG_COUNT) out[i].quantity = BL_DEC_ONE;
    if (meter->aggregation == BL_AGG_UNIQUE)
      out[i].value = bl_str_of(values[draw_below(4)]);
    out[i].time_us = (int64_t)draw_below(3 * 24) * BL_HOUR / 2 +
                     (int64_t)draw_below(3);
  }
  return count;
}

/* Those of the stream that the state takes; of k parts, the i-th. */
static inline void add_all(bl_measure *m, const bl_sample *samples,
                           size_t count, size_t part, size_t parts) {
  for (size_t i = 0; i < count; i++)
    if (samples[i].number % parts == part &&
        bl_measure_takes(m->meter, &m->frame, samples[i].time_us))
      ck_assert_int_eq(bl_measure_add(m, &samples[i]), 0);
}

static inline void must_agree(bl_measure *a, bl_measure *b) {
  ck_assert_int_eq(a->events, b->events);
  ck_assert_int_eq(a->carried, b->carried);
  ck_assert_int_eq(a->present, b->present);
  ck_assert(bl_dec_equal(bl_measure_level(a), bl_measure_level(b)));
  ck_assert(bl_dec_equal(bl_measure_quantity(a), bl_measure_quantity(b)));
}

#endif
