/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * due.c - what of a service is due to be billed at a moment, and in which
 * pieces.
 *
 *     monthly on the 15th, from 16 July 2012 to 1 October
 *     at          in advance, through    in arrears, through
 *     16 July     15 August              nothing
 *     15 August   15 September           15 August
 *     1 October   1 October, the end     1 October
 *     pieces      16 July to 15 August, to 15 September, to 1 October
 *
 * A piece has the whole cycle that it is a share of.  `straight` is what a
 * peer takes for that: one step from the boundary that a stub touches, also
 * where the row itself, for the ends of months, goes on elsewhere.
 */
#include "contract/contract.h"

static int64_t due_advance(const bl_cycle *c, const bl_due *due,
                           int64_t end_us, int64_t at_us) {
  int64_t through = due->first_us;

  if (at_us >= through) through = bl_cycle_from(c, bl_cycle_at(c, at_us) + 1);
  return end_us < through ? end_us : through;
}

static int64_t due_arrears(const bl_cycle *c, const bl_due *due,
                           bl_span service, int64_t at_us, int is_greedy) {
  int64_t n = bl_cycle_at(c, at_us);
  int64_t through = bl_cycle_from(c, n), limit = at_us;

  if (service.to_us == at_us) return at_us;
  if (at_us < (is_greedy ? service.from_us : due->first_us)) return INT64_MIN;
  if (service.to_us < due->first_us) return service.to_us;
  if (is_greedy) {
    limit = bl_cycle_from(c, n + 1);
    if (through != at_us) through = limit;
  }
  return service.to_us <= limit ? service.to_us : through;
}

void bl_due_at(const bl_cycle *c, bl_span service, int64_t at_us,
               uint32_t flags, bl_due *out) {
  int64_t n = bl_cycle_after(c, service.from_us);

  out->first_us = bl_cycle_from(c, n);
  out->through_us =
    flags & BL_DUE_ADVANCE ? due_advance(c, out, service.to_us, at_us)
                           : due_arrears(c, out, service, at_us,
                                         (flags & BL_DUE_GREEDY) != 0);
  out->last_us = INT64_MIN;
  out->next_us = out->first_us;
  if (out->through_us >= out->first_us) {
    n = bl_cycle_at(c, out->through_us);
    out->last_us = bl_cycle_from(c, n);
    out->next_us = bl_cycle_from(c, n + 1);
  }
  out->is_due = out->through_us > INT64_MIN &&
                service.to_us > service.from_us;
}

/* The cycle that a stub which touches `us` is a share of. */
static bl_span due_stub(const bl_cycle *c, int64_t us, int is_leading,
                        int is_straight) {
  int64_t n = bl_cycle_at(c, is_leading ? us - 1 : us);
  bl_span full = {bl_cycle_from(c, n), bl_cycle_from(c, n + 1)};

  if (!is_straight) return full;
  full = (bl_span){us, us};
  if (is_leading) full.from_us = bl_duration_add(&c->step, c->zone, us, -1);
  else full.to_us = bl_duration_add(&c->step, c->zone, us, 1);
  return full;
}

int bl_due_next(const bl_cycle *c, bl_span service, const bl_due *due,
                uint32_t flags, const bl_period *before, bl_period *out) {
  int64_t from = before ? before->span.to_us : service.from_us;
  int64_t to = due->first_us;
  int straight = (flags & BL_DUE_STRAIGHT) != 0;

  if (!due->is_due || from >= due->through_us) return 0;
  if (from < due->first_us) {
    if (service.to_us < to) to = service.to_us;
    *out = (bl_period){{from, to}, due_stub(c, to, 1, straight)};
    return 1;
  }
  out->full.from_us = from;
  out->full.to_us = bl_cycle_from(c, bl_cycle_at(c, from) + 1);
  out->span = out->full;
  if (out->span.to_us > due->through_us) {
    out->span.to_us = due->through_us;
    out->full = due_stub(c, from, 0, straight);
  }
  return 1;
}
