/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * remove.c - takes a sample back out of a state: its event was voided.
 *
 *     max of 5, 2 and 9: without 2 it is still 9; without 9 nothing here
 *     knows what it is, and the events must be read again
 *
 * Sums and kept samples forget exactly; who holds an edge, and what decides
 * whether a value is there, do not know who comes next.
 */
#include "meter/measure.h"

static int remove_is_edge(const bl_meter *meter) {
  switch (meter->aggregation) {
  case BL_AGG_MAX: case BL_AGG_MIN: case BL_AGG_LATEST: case BL_AGG_EARLIEST:
    return 1;
  default: return 0;
  }
}

/* The place of the sample among those that are kept; their count if none. */
static size_t remove_find(const bl_measure *m, const bl_sample *sample) {
  size_t at = 0;

  while (at < m->sample_count && m->samples[at].number != sample->number)
    at++;
  return at;
}

/* Whether the state knows what it would be without the sample. */
static int remove_is_known(const bl_measure *m, const bl_sample *sample) {
  const bl_sample *kept;

  if (remove_is_edge(m->meter)) return m->edge.number != sample->number;
  if (m->meter->aggregation == BL_AGG_UNIQUE) {
    kept = bl_map_get(&m->values, sample->value.text, sample->value.len);
    if (!kept || kept->number == sample->number) return 0;
  }
  return !m->sample_count || remove_find(m, sample) < m->sample_count;
}

int bl_measure_remove(bl_measure *m, const bl_sample *sample) {
  int is_carried = sample->time_us < m->frame.span.from_us;

  assert(bl_measure_takes(m->meter, &m->frame, sample->time_us));
  assert((is_carried ? m->carried : m->events) > 0);
  if (!remove_is_known(m, sample)) return BILLING_DONE;
  if (m->sample_count)
    m->samples[remove_find(m, sample)] = m->samples[m->sample_count - 1];
  m->sample_count -= m->sample_count > 0;
  if (m->meter->aggregation != BL_AGG_UNIQUE)
    bl_measure_keep(m, bl_dec_neg(sample->quantity), sample->time_us);
  if (is_carried) m->carried--;
  else m->events--;
  return BILLING_OK;
}
