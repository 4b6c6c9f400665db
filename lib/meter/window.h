/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* window.h - the grids that usage is asked by: local hours, days, weeks and
 * months of a zone. */
#ifndef BL_WINDOW_H
#define BL_WINDOW_H

#include "base/span.h"
#include "base/zone.h"

enum { BL_WINDOW_NONE, BL_WINDOW_HOUR, BL_WINDOW_DAY, BL_WINDOW_WEEK,
       BL_WINDOW_MONTH };
/* none, hour, day, week, month; NULL at the end. */
extern const char *const bl_window_words[];

typedef struct bl_grid {
  const bl_zone *zone;
  uint32_t       unit;         /* BL_WINDOW_* */
  int32_t        anchor_day;   /* MONTH: 1..31, clamped to the month's end */
} bl_grid;

/*
 * The window that holds the instant.  Windows touch and never overlap:
 * bl_window_at(grid, window.to_us) is the next.  NONE is one window without
 * ends (INT64_MIN, INT64_MAX).  `us` lies within BL_TIME_MIN and BL_TIME_MAX.
 */
bl_span bl_window_at(const bl_grid *grid, int64_t us);

#endif
