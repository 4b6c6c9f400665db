/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * level.c - what a state comes to.
 *
 *     prorated, a period of 31 days: 5 carried, 12 and 12 on the 26th
 *     5 * 31/31 + 12 * 6/31 + 12 * 6/31 = 9.645161290322580645
 *     as lago_days, rounded up at 5 decimals: 9.64517
 *
 * The order of things: the aggregate, its share of the period, nothing below
 * zero if the meter says so, the conversion, its rounding.  Each group goes
 * this way alone.
 */
#include "meter/convert.h"
#include "meter/measure.h"

/* ---- places in a period ---- */

static int64_t level_day(const bl_frame *f, int64_t us) {
  return bl_floor_div(bl_zone_to_local(f->zone, us), BL_DAY);
}

int64_t bl_frame_place(const bl_frame *f, int by_days, int64_t time_us) {
  if (time_us <= f->span.from_us) return 0;
  if (!by_days) return time_us - f->span.from_us;
  return level_day(f, time_us) - level_day(f, f->span.from_us);
}

int64_t bl_frame_end(const bl_frame *f, int by_days) {
  int64_t last = f->is_closed ? f->span.to_us : f->span.to_us - 1;

  if (!by_days) return bl_span_length(f->span);
  return level_day(f, last) + 1 - level_day(f, f->span.from_us);
}

int64_t bl_frame_whole(const bl_frame *f, int by_days) {
  assert(by_days ? f->whole_days > 0 : f->whole_us > 0);
  return by_days ? f->whole_days : f->whole_us;
}

/* ---- levels ---- */

/* The quotient by the policy of the meter. */
static bl_dec level_divided(const bl_meter *meter, const bl_wide *w,
                            int64_t divisor) {
  if (meter->share == BL_SHARE_LAGO)
    return bl_wide_round(w, divisor, 5, BL_ROUND_CEILING);
  return bl_wide_div(w, divisor);
}

/* Each quantity times the rest of the period: sum * end - moment. */
static bl_wide level_rest(const bl_measure *m, int by_days) {
  bl_wide rest = m->sum, moment = m->moment;

  bl_wide_scale(&rest, bl_frame_end(&m->frame, by_days));
  bl_wide_scale(&moment, -1);
  bl_wide_merge(&rest, &moment);
  return rest;
}

/* Each reading lasts until the next; those of before begin at the start. */
static bl_wide level_of_readings(bl_measure *m) {
  int64_t end = bl_frame_end(&m->frame, 0);
  bl_wide area = {{0, 0, 0, 0}, 0, 0};

  bl_samples_sort(m->samples, m->sample_count, BL_SAMPLES_BY_TIME);
  for (size_t i = 0; i < m->sample_count; i++) {
    int64_t from = bl_frame_place(&m->frame, 0, m->samples[i].time_us);
    int64_t to = i + 1 < m->sample_count
                   ? bl_frame_place(&m->frame, 0, m->samples[i + 1].time_us)
                   : end;

    bl_wide_add(&area, m->samples[i].quantity, to - from);
  }
  return area;
}

static bl_dec level_weighted(bl_measure *m) {
  static const int64_t units[] = {
    [BL_PER_SECOND] = BL_SECOND, [BL_PER_MINUTE] = 60 * BL_SECOND,
    [BL_PER_HOUR] = BL_HOUR, [BL_PER_DAY] = BL_DAY,
  };
  const bl_meter *meter = m->meter;
  bl_wide area = meter->reads_level ? level_of_readings(m)
                                    : level_rest(m, 0);
  int64_t divisor = meter->per == BL_PER_PERIOD ? bl_frame_whole(&m->frame, 0)
                                                : units[meter->per];

  return bl_wide_div(&area, divisor);
}

/*
 * nearest: the least sample that at least so many percent are not above.
 * linear: between two samples, in proportion.
 */
static bl_dec level_percentile(bl_measure *m) {
  bl_dec hundred = bl_dec_of_int(100), rank, over;
  bl_dec percent = m->meter->percentile;
  int64_t count = (int64_t)m->sample_count, at;

  if (count == 0) return BL_DEC_ZERO;
  bl_samples_sort(m->samples, m->sample_count, BL_SAMPLES_BY_QUANTITY);
  if (!m->meter->interpolates) {
    rank = bl_dec_muldiv_round(percent, bl_dec_of_int(count), hundred, 0,
                               BL_ROUND_CEILING);
    at = bl_dec_to_int(rank);
    return m->samples[at > 0 ? at - 1 : 0].quantity;
  }
  rank = bl_dec_muldiv_round(percent, bl_dec_of_int(count - 1), hundred, 0,
                             BL_ROUND_FLOOR);
  at   = bl_dec_to_int(rank);
  over = bl_dec_sub(bl_dec_mul(percent, bl_dec_of_int(count - 1)),
                    bl_dec_mul(rank, hundred));
  if (at + 1 >= count) return m->samples[at].quantity;
  return bl_dec_add(m->samples[at].quantity,
                    bl_dec_muldiv(bl_dec_sub(m->samples[at + 1].quantity,
                                             m->samples[at].quantity),
                                  over, hundred));
}

/* The highest level of the period that its changes add up to; changes of one
 * instant are one. */
static bl_dec level_peak(bl_measure *m) {
  bl_dec level = BL_DEC_ZERO, peak = BL_DEC_ZERO;
  int has_begun = 0;

  bl_samples_sort(m->samples, m->sample_count, BL_SAMPLES_BY_TIME);
  for (size_t i = 0; i < m->sample_count; i++) {
    int64_t at = bl_frame_place(&m->frame, 0, m->samples[i].time_us);
    int is_last = i + 1 == m->sample_count ||
                  at != bl_frame_place(&m->frame, 0,
                                       m->samples[i + 1].time_us);

    if (at > 0 && !has_begun) peak = level;
    has_begun |= at > 0;
    level = bl_dec_add(level, m->samples[i].quantity);
    if (is_last) peak = has_begun ? bl_dec_max(peak, level) : level;
  }
  return peak;
}

bl_dec bl_measure_level(bl_measure *m) {
  switch (m->meter->aggregation) {
  case BL_AGG_UNIQUE:     return bl_dec_of_int(m->present);
  case BL_AGG_AVERAGE:    return m->events ? bl_wide_div(&m->sum, m->events)
                                           : BL_DEC_ZERO;
  case BL_AGG_WEIGHTED:   return level_weighted(m);
  case BL_AGG_PERCENTILE: return level_percentile(m);
  case BL_AGG_PEAK:       return level_peak(m);
  case BL_AGG_MAX: case BL_AGG_MIN: case BL_AGG_LATEST: case BL_AGG_EARLIEST:
    return m->events + m->carried ? m->edge.quantity : BL_DEC_ZERO;
  default: return bl_wide_div(&m->sum, 1);
  }
}

/* ---- presence ---- */

/* A removal that an addition of the same value follows on the same day. */
static int level_is_dropped(const bl_measure *m, size_t i) {
  const bl_sample *a = &m->samples[i], *b = a + 1;

  if (m->meter->share < BL_SHARE_LAGO || !a->is_removal) return 0;
  return i + 1 < m->sample_count && bl_str_equal(a->value, b->value) &&
         !b->is_removal &&
         level_day(&m->frame, a->time_us) == level_day(&m->frame, b->time_us);
}

/* From an addition to what ended it; Lago counts the day of the removal. */
static int64_t level_stay(const bl_measure *m, const bl_sample *added,
                          const bl_sample *removed) {
  int by_days = m->meter->share >= BL_SHARE_DAYS;
  int64_t from = bl_frame_place(&m->frame, by_days, added->time_us);

  if (!removed) return bl_frame_end(&m->frame, by_days) - from;
  if (removed->time_us < m->frame.span.from_us) return 0;
  return bl_frame_place(&m->frame, by_days, removed->time_us) - from +
         (m->meter->share >= BL_SHARE_LAGO);
}

/* All the time that values were there, in the unit of shares. */
static bl_wide level_presence(bl_measure *m) {
  const bl_sample *added = NULL;
  bl_wide time = {{0, 0, 0, 0}, 0, 0};

  bl_samples_sort(m->samples, m->sample_count, BL_SAMPLES_BY_VALUE);
  for (size_t i = 0; i < m->sample_count; i++) {
    const bl_sample *s = &m->samples[i];

    if (added && !bl_str_equal(added->value, s->value)) {
      bl_wide_add(&time, BL_DEC_ONE, level_stay(m, added, NULL));
      added = NULL;
    }
    if (level_is_dropped(m, i)) continue;
    if (added && s->is_removal) {
      bl_wide_add(&time, BL_DEC_ONE, level_stay(m, added, s));
      added = NULL;
    } else if (!added && !s->is_removal) {
      added = s;
    }
  }
  if (added) bl_wide_add(&time, BL_DEC_ONE, level_stay(m, added, NULL));
  return time;
}

/* ---- what is priced ---- */

bl_dec bl_measure_prorated(bl_measure *m) {
  int by_days = m->meter->share >= BL_SHARE_DAYS;
  bl_wide time;

  if (m->meter->share == BL_SHARE_NONE) return bl_measure_level(m);
  time = m->meter->aggregation == BL_AGG_UNIQUE ? level_presence(m)
                                                : level_rest(m, by_days);
  return level_divided(m->meter, &time, bl_frame_whole(&m->frame, by_days));
}

bl_dec bl_measure_share(const bl_measure *m, bl_dec quantity,
                        int64_t time_us) {
  int by_days = m->meter->share >= BL_SHARE_DAYS;
  bl_wide rest = {{0, 0, 0, 0}, 0, 0};

  if (m->meter->share == BL_SHARE_NONE) return quantity;
  bl_wide_add(&rest, quantity,
              bl_frame_end(&m->frame, by_days) -
                bl_frame_place(&m->frame, by_days, time_us));
  if (m->meter->share == BL_SHARE_LAGO)
    return bl_wide_round(&rest, bl_frame_whole(&m->frame, by_days), 5,
                         BL_ROUND_HALF_AWAY);
  return bl_wide_div(&rest, bl_frame_whole(&m->frame, by_days));
}

bl_dec bl_measure_convert(const bl_meter *meter, bl_dec quantity) {
  if (meter->lifts_negative) quantity = bl_dec_max(quantity, BL_DEC_ZERO);
  return meter->converts ? bl_convert_quantity(&meter->convert, quantity)
                         : quantity;
}

bl_dec bl_measure_quantity(bl_measure *m) {
  return bl_measure_finish(m->meter, bl_measure_prorated(m));
}
