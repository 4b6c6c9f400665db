/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * panes.c - the usage of a period, window by window.
 *
 *     a sum: 5 on 1 May, 2 on 2 May, 4 on 2 May; by days
 *     1 May   quantity 5   cumulative 5    change 5
 *     2 May   quantity 6   cumulative 11   change 6
 *     a max of the same
 *     1 May   quantity 5   cumulative 5    change 5
 *     2 May   quantity 4   cumulative 5    change 0
 *
 * A quantity is that of the window alone; a cumulative one that of the period
 * up to the window's end.  Changes add up to the period's quantity, whatever
 * the aggregation is: they are what billing books.  A level that goes on into
 * the next period goes on into the next window too.  What is prorated is a
 * share of the whole period: a window's quantity is what it adds to that.
 */
#include "meter/measure.h"

void bl_panes_open(bl_panes *p, const bl_meter *meter, const bl_frame *frame,
                   const bl_grid *grid, bl_arena *arena) {
  bl_frame before = *frame;

  assert(p && meter && frame && grid && arena);
  memset(p, 0, sizeof *p);
  p->meter = meter;
  p->grid  = grid;
  p->arena = arena;
  p->whole = *frame;
  p->at_us = frame->span.from_us;
  before.span.to_us = frame->span.from_us;
  bl_measure_open(&p->running, meter, frame, arena);
  bl_measure_open(&p->window, meter, &before, arena);
}

/* The window at hand, cut to the period. */
static bl_frame panes_frame(const bl_panes *p) {
  bl_frame f = p->whole;

  if (p->grid->unit != BL_WINDOW_NONE)
    f.span = bl_span_cut(bl_window_at(p->grid, p->at_us), p->whole.span);
  f.is_closed = p->whole.is_closed && f.span.to_us == p->whole.span.to_us;
  return f;
}

/* Whether a window is measured by a state of its own: of other levels that go
 * on, it shows the one that is reached. */
static int panes_measures(const bl_meter *meter) {
  return meter->share == BL_SHARE_NONE &&
         (!meter->recurring || meter->aggregation == BL_AGG_WEIGHTED ||
          meter->aggregation == BL_AGG_PEAK);
}

static int panes_add(bl_panes *p) {
  int rc = BILLING_OK;

  while (!rc && p->next < p->sample_count &&
         bl_measure_takes(p->meter, &p->running.frame,
                          p->samples[p->next].time_us)) {
    const bl_sample *s = &p->samples[p->next++];

    rc = bl_measure_add(&p->running, s);
    if (!rc && panes_measures(p->meter)) rc = bl_measure_add(&p->window, s);
  }
  return rc;
}

/* Of the window alone; of a level, the one that is reached. */
static bl_dec panes_quantity(bl_panes *p, const bl_pane *pane) {
  if (p->meter->share) return pane->change;
  return panes_measures(p->meter) ? bl_measure_quantity(&p->window)
                                  : pane->cumulative;
}

int bl_panes_next(bl_panes *p, bl_pane *out) {
  bl_measure before = p->window;
  bl_dec cumulative = p->cumulative;
  bl_frame frame;
  int rc;

  if (p->at_us >= p->whole.span.to_us) return BILLING_DONE;
  frame = panes_frame(p);
  p->running.frame.span.to_us = frame.span.to_us;
  p->running.frame.is_closed  = frame.is_closed;
  rc = bl_measure_carry(&before, &frame, p->arena, &p->window);
  if (!rc) rc = panes_add(p);
  if (rc) return rc;
  p->cumulative = bl_measure_quantity(&p->running);
  out->span       = frame.span;
  out->cumulative = p->cumulative;
  out->change     = bl_dec_sub(p->cumulative, cumulative);
  out->quantity   = panes_quantity(p, out);
  p->at_us = frame.span.to_us;
  return BILLING_OK;
}
