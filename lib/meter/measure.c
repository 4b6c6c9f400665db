/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * measure.c - the state of a meter in a period.
 *
 *     samples of 5 at noon, 2 at 1 pm, 9 at 11 am; a day is measured
 *     count 3   sum 16   max 9   min 2   average 5.333333333333333333
 *     latest 2  earliest 9       percentile 50: 5
 *     weighted_sum, as changes of a level: (5 * 12 + 2 * 11 + 9 * 13) / 24
 *     = 8.291666666666666667; peak, as changes of a level: 16
 *
 * Samples come in any order: a sum of changes over time is a sum of each
 * change times the rest of the period, so it needs two sums and no order;
 * extremes and latest keep who holds them; unique keeps the latest operation
 * of each value.  What is left (percentiles, levels that are read, prorated
 * presence) keeps its samples and is sorted when it is read.
 */
#include "meter/measure.h"

/* ---- what a meter keeps ---- */

static int measure_keeps_samples(const bl_meter *meter) {
  switch (meter->aggregation) {
  case BL_AGG_PERCENTILE: case BL_AGG_PEAK: return 1;
  case BL_AGG_WEIGHTED:   return meter->reads_level != 0;
  case BL_AGG_UNIQUE:     return meter->share != BL_SHARE_NONE;
  default:                return 0;
  }
}

/* Places are days when shares are. */
static int measure_by_days(const bl_meter *meter) {
  return meter->share >= BL_SHARE_DAYS;
}

void bl_measure_keep(bl_measure *m, bl_dec quantity, int64_t time_us) {
  int64_t place = bl_frame_place(&m->frame, measure_by_days(m->meter),
                                 time_us);

  bl_wide_add(&m->sum, quantity, 1);
  bl_wide_add(&m->moment, quantity, place);
}

static int measure_keep_sample(bl_measure *m, const bl_sample *sample) {
  bl_sample *slot = bl_arena_push(m->arena, (void **)&m->samples,
                                  &m->sample_count, &m->sample_cap,
                                  sizeof *slot);

  if (!slot) return BILLING_NOMEM;
  *slot = *sample;
  m->sample_count++;
  return BILLING_OK;
}

/* ---- who holds an edge ---- */

/* Whether a takes the place of b; equal quantities leave it to the first. */
static int measure_beats(uint32_t aggregation, const bl_sample *a,
                         const bl_sample *b) {
  int order = bl_dec_cmp(a->quantity, b->quantity);

  switch (aggregation) {
  case BL_AGG_LATEST:   return bl_sample_is_before(b, a);
  case BL_AGG_EARLIEST: return bl_sample_is_before(a, b);
  case BL_AGG_MAX:      return order == 1 ||
                               (order == 0 && bl_sample_is_before(a, b));
  default:              return order == -1 ||
                               (order == 0 && bl_sample_is_before(a, b));
  }
}

static void measure_keep_edge(bl_measure *m, const bl_sample *sample,
                              int is_first) {
  if (is_first || measure_beats(m->meter->aggregation, sample, &m->edge))
    m->edge = *sample;
}

/* ---- what is there ---- */

/* The latest operation of a value decides; of a new value it is kept.  The
 * value's text becomes the map's own. */
static int measure_keep_value(bl_measure *m, bl_sample *sample) {
  bl_sample *kept = bl_map_get(&m->values, sample->value.text,
                               sample->value.len);

  if (!kept) {
    kept = bl_arena_take(m->arena, sizeof *kept);
    if (!kept || bl_map_put(&m->values, sample->value.text,
                            sample->value.len, kept))
      return BILLING_NOMEM;
    sample->value.text = m->values.entry[m->values.count - 1].key;
  } else if (bl_sample_is_before(sample, kept)) {
    sample->value = kept->value;
    return BILLING_OK;
  } else {
    sample->value = kept->value;
    m->present -= !kept->is_removal;
  }
  m->present += !sample->is_removal;
  *kept = *sample;
  return BILLING_OK;
}

/* ---- the state ---- */

void bl_measure_open(bl_measure *m, const bl_meter *meter,
                     const bl_frame *frame, bl_arena *arena) {
  assert(m && meter && frame && arena);
  assert(frame->zone || !measure_by_days(meter));
  memset(m, 0, sizeof *m);
  m->meter = meter;
  m->frame = *frame;
  m->arena = arena;
  bl_map_open(&m->values, arena);
}

int bl_measure_takes(const bl_meter *meter, const bl_frame *frame,
                     int64_t time_us) {
  const bl_span *span = &frame->span;

  if (time_us < span->from_us && !meter->recurring) return 0;
  return time_us < span->to_us ||
         (frame->is_closed && time_us == span->to_us);
}

int bl_measure_add(bl_measure *m, const bl_sample *sample) {
  int is_first = m->events + m->carried == 0;
  bl_sample own = *sample;
  int rc = BILLING_OK;

  assert(bl_measure_takes(m->meter, &m->frame, sample->time_us));
  switch (m->meter->aggregation) {
  case BL_AGG_UNIQUE:
    rc = measure_keep_value(m, &own);
    break;
  case BL_AGG_MAX: case BL_AGG_MIN: case BL_AGG_LATEST: case BL_AGG_EARLIEST:
    measure_keep_edge(m, &own, is_first);
    break;
  default:
    bl_measure_keep(m, own.quantity, own.time_us);
  }
  if (!rc && measure_keeps_samples(m->meter))
    rc = measure_keep_sample(m, &own);
  if (rc) return rc;
  if (sample->time_us < m->frame.span.from_us) m->carried++;
  else m->events++;
  return BILLING_OK;
}

void bl_measure_begin(bl_measure *m, bl_dec level) {
  assert(m->meter->recurring && !measure_keeps_samples(m->meter));
  assert(m->events + m->carried == 0);
  if (m->meter->aggregation == BL_AGG_LATEST) {
    m->edge.quantity = level;
    m->edge.time_us  = INT64_MIN;
    m->carried = 1;
  } else {
    bl_measure_keep(m, level, m->frame.span.from_us);
  }
}

static int measure_merge_values(bl_measure *m, const bl_measure *other) {
  int rc = BILLING_OK;

  for (size_t i = 0; !rc && i < other->values.count; i++) {
    bl_sample own = *(const bl_sample *)other->values.entry[i].value;

    rc = measure_keep_value(m, &own);
  }
  return rc;
}

/* The texts of samples are those of this state's values. */
static int measure_merge_samples(bl_measure *m, const bl_measure *other) {
  int rc = BILLING_OK;

  for (size_t i = 0; !rc && i < other->sample_count; i++) {
    bl_sample own = other->samples[i];
    const bl_sample *kept = bl_map_get(&m->values, own.value.text,
                                       own.value.len);

    if (kept) own.value = kept->value;
    rc = measure_keep_sample(m, &own);
  }
  return rc;
}

int bl_measure_merge(bl_measure *m, const bl_measure *other) {
  int is_first = m->events + m->carried == 0;
  int rc;

  assert(m != other && m->meter == other->meter);
  assert(m->frame.span.from_us == other->frame.span.from_us);
  rc = measure_merge_values(m, other);
  if (!rc) rc = measure_merge_samples(m, other);
  if (rc) return rc;
  if (other->events + other->carried)
    measure_keep_edge(m, &other->edge, is_first);
  bl_wide_merge(&m->sum, &other->sum);
  bl_wide_merge(&m->moment, &other->moment);
  m->events  += other->events;
  m->carried += other->carried;
  return BILLING_OK;
}

/* ---- from a period to the next ---- */

/* Removals go on too: an addition that comes late may be older than they. */
static int measure_carry_values(const bl_measure *m, bl_measure *out) {
  int rc = BILLING_OK;

  for (size_t i = 0; !rc && i < m->values.count; i++)
    rc = bl_measure_add(out, m->values.entry[i].value);
  return rc;
}

/* Of levels that are read, the last one goes on. */
static int measure_carry_reading(const bl_measure *m, bl_measure *out) {
  const bl_sample *last = NULL;

  for (size_t i = 0; i < m->sample_count; i++)
    if (!last || bl_sample_is_before(last, &m->samples[i]))
      last = &m->samples[i];
  return last ? bl_measure_add(out, last) : BILLING_OK;
}

/* Of changes, what they have come to. */
static int measure_carry_sum(const bl_measure *m, bl_measure *out) {
  bl_sample all = {.quantity = bl_wide_div(&m->sum, 1),
                   .time_us = out->frame.span.from_us - 1};

  return bl_measure_add(out, &all);
}

int bl_measure_carry(const bl_measure *m, const bl_frame *next,
                     bl_arena *arena, bl_measure *out) {
  int rc = BILLING_OK;

  assert(m != out && m->frame.span.to_us <= next->span.from_us);
  bl_measure_open(out, m->meter, next, arena);
  if (!m->meter->recurring) return BILLING_OK;
  if (m->meter->aggregation == BL_AGG_UNIQUE)
    rc = measure_carry_values(m, out);
  else if (m->meter->aggregation == BL_AGG_WEIGHTED && m->meter->reads_level)
    rc = measure_carry_reading(m, out);
  else if (m->meter->aggregation == BL_AGG_PEAK)
    rc = measure_carry_sum(m, out);
  out->sum  = m->sum;
  out->edge = m->edge;
  out->carried = m->carried + m->events;
  return rc;
}
