/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * aggregate.c - the running level of a meter, one sample after the other.
 *
 *     samples 5, 2, 9 at noon, 1 pm, 11 am
 *     count 3    sum 16    max 9    min 2    latest 2    earliest 9
 *
 * The narrow form of measure.c: a level goes on without the samples, as long
 * as they arrive one after the other and none is taken out.
 */
#include "meter/meter.h"

static bl_level aggregate_count(bl_level level, const bl_usage *usage) {
  (void)usage;
  level.total = bl_dec_add(level.total, BL_DEC_ONE);
  return level;
}

static bl_level aggregate_sum(bl_level level, const bl_usage *usage) {
  level.total = bl_dec_add(level.total, usage->quantity);
  return level;
}

static bl_level aggregate_max(bl_level level, const bl_usage *usage) {
  level.total = level.events ? bl_dec_max(level.total, usage->quantity)
                             : usage->quantity;
  return level;
}

static bl_level aggregate_min(bl_level level, const bl_usage *usage) {
  level.total = level.events ? bl_dec_min(level.total, usage->quantity)
                             : usage->quantity;
  return level;
}

static bl_level aggregate_latest(bl_level level, const bl_usage *usage) {
  if (level.events && usage->time_us < level.at_us) return level;
  level.total = usage->quantity;
  level.at_us = usage->time_us;
  return level;
}

static bl_level aggregate_earliest(bl_level level, const bl_usage *usage) {
  if (level.events && usage->time_us >= level.at_us) return level;
  level.total = usage->quantity;
  level.at_us = usage->time_us;
  return level;
}

typedef bl_level aggregate_step(bl_level level, const bl_usage *usage);

static aggregate_step *const aggregate_steps[] = {
  [BL_AGG_COUNT]  = aggregate_count,
  [BL_AGG_SUM]    = aggregate_sum,
  [BL_AGG_MAX]    = aggregate_max,
  [BL_AGG_MIN]    = aggregate_min,
  [BL_AGG_UNIQUE] = aggregate_sum,
  [BL_AGG_LATEST] = aggregate_latest,
  [BL_AGG_AVERAGE]    = aggregate_sum,
  [BL_AGG_EARLIEST]   = aggregate_earliest,
  [BL_AGG_WEIGHTED]   = aggregate_sum,
  [BL_AGG_PERCENTILE] = aggregate_sum,
  [BL_AGG_PEAK]       = aggregate_sum,
  [BL_AGG_SQL]        = aggregate_sum,
};

bl_level bl_aggregate_add(uint32_t aggregation, bl_level before,
                          const bl_usage *usage) {
  bl_level level;

  assert(aggregation < BL_COUNT(aggregate_steps));
  assert(usage && before.events >= 0 && before.events < INT64_MAX);
  level = aggregate_steps[aggregation](before, usage);
  level.events = before.events + 1;
  return level;
}

const char *bl_aggregate_name(uint32_t aggregation) {
  assert(aggregation <= BL_AGG_SQL);
  return bl_aggregation_words[aggregation];
}

int bl_aggregate_of_name(bl_str name) {
  return bl_catalog_word(bl_aggregation_words, name);
}
