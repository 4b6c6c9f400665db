/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * phases.c - grants over a stretch of time.
 *
 *     g   100 from Monday on, filled again on Tuesday; keeps at most 50 at a
 *         reset, which is on Wednesday.  Used: 130 on Monday, 20 on Tuesday.
 *
 *     phase      begins with   used   drawn   owed   left
 *     Monday     100           130    100     30     0
 *     Tuesday    100, 30 owed   20     50      0     50
 *     reset       50             -      -      0     50    50 is what it keeps
 *     Wednesday   50             0      0      0     50
 *
 * A phase goes from one beginning, end or filling of a grant to the next one,
 * so nothing but usage happens inside.  At its beginning grants are filled,
 * those that are not active are emptied, and those that begin are whole; then
 * what is used in it, and what is still owed, is drawn: a grant that comes
 * later in a usage period pays for what was used before it.
 *
 * A filling at the very end of the stretch is a phase of its own; one at a
 * reset belongs to the phase after it.
 */
#include "wallet/phases.h"

enum { PHASE_RUN, PHASE_RESET, PHASE_DONE };

static bl_span phase_active(const bl_lot *lot) {
  return (bl_span){lot->effective_us, lot->expires_us};
}

/* Where this part of the stretch ends: at a reset, or with it. */
static int64_t phase_goal(const bl_phases *p) {
  return p->reset < p->reset_count ? p->resets[p->reset] : p->span.to_us;
}

static void phase_sooner(int64_t us, int64_t after, int64_t *cut) {
  if (us > after && us < *cut) *cut = us;
}

/* The first filling after a moment; NEVER: none while it is active. */
static int64_t phase_renewal_after(const bl_phase_grant *grant,
                                   int64_t after) {
  bl_span active = phase_active(grant->lot);

  for (size_t i = 0; i < grant->renewal_count; i++) {
    int64_t us = grant->renewals[i];

    if (us > after && bl_span_holds(active, us)) return us;
  }
  return BL_TIME_NEVER;
}

static int phase_renews(const bl_phase_grant *grant, int64_t us) {
  return phase_renewal_after(grant, us - 1) == us;
}

/* Where the phase that begins now ends. */
static int64_t phase_end(const bl_phases *p) {
  int64_t cut = phase_goal(p);

  for (size_t i = 0; i < p->count; i++) {
    const bl_phase_grant *grant = &p->grants[i];
    bl_span active = phase_active(grant->lot);

    if (bl_span_is_empty(active)) continue;
    phase_sooner(active.from_us, p->at_us, &cut);
    phase_sooner(active.to_us, p->at_us, &cut);
    phase_sooner(phase_renewal_after(grant, p->at_us), p->at_us, &cut);
  }
  return cut;
}

/* Fills, empties and begins grants. */
static void phase_begin(bl_phases *p) {
  for (size_t i = 0; i < p->count; i++) {
    const bl_phase_grant *grant = &p->grants[i];
    bl_lot *lot = grant->lot;

    if (!bl_span_holds(phase_active(lot), p->at_us))
      lot->left = BL_DEC_ZERO;
    else if (p->is_level || lot->effective_us == p->at_us ||
             phase_renews(grant, p->at_us))
      lot->left = grant->amount;
  }
  if (p->is_level) p->state.owed = BL_DEC_ZERO;
}

/* Usage before the stretch is not seen. */
static bl_dec phase_used(bl_phases *p, bl_span span) {
  bl_dec used = BL_DEC_ZERO;

  for (; p->usage_at < p->usage_count; p->usage_at++) {
    const bl_usage *usage = &p->usage[p->usage_at];

    if (usage->time_us >= span.to_us) break;
    if (usage->time_us < span.from_us) continue;
    used = p->is_level ? usage->quantity : bl_dec_add(used, usage->quantity);
  }
  return used;
}

static void phase_take(bl_phases *p, const bl_draw *draw) {
  for (size_t i = 0; i < p->count; i++)
    if (p->lots[i]->number == draw->grant)
      p->lots[i]->left = bl_dec_sub(p->lots[i]->left, draw->amount);
  p->state.covered = bl_dec_add(p->state.covered, draw->amount);
}

/* Draws what was used in the phase and what is owed. */
static void phase_draw(bl_phases *p, bl_phase *out, bl_draw *draws) {
  bl_use use = {.time_us = out->span.from_us};
  bl_dec due = bl_dec_add(out->used, p->state.owed);

  out->balance     = bl_phases_balance(p);
  out->owed_before = p->state.owed;
  p->state.used    = bl_dec_add(p->state.used, out->used);
  p->state.owed    = due;
  if (p->count && bl_dec_sign(due) > 0) {
    memcpy(use.asset, p->lots[0]->asset, sizeof use.asset);
    out->draw_count = bl_burndown(p->lots, p->count, &use, due, draws);
    p->state.owed   = BL_DEC_ZERO;
    if (!draws[out->draw_count - 1].grant)
      p->state.owed = draws[--out->draw_count].amount;
    for (size_t i = 0; i < out->draw_count; i++) phase_take(p, &draws[i]);
  }
  out->owed = p->state.owed;
}

static void phase_run(bl_phases *p, bl_phase *out, bl_draw *draws) {
  int64_t end = phase_end(p);

  out->span = (bl_span){p->at_us, end};
  phase_begin(p);
  out->used = phase_used(p, out->span);
  phase_draw(p, out, draws);
  p->at_us = end;
}

/* What grants that are active keep; the usage period begins anew. */
static void phase_reset(bl_phases *p, bl_phase *out, bl_draw *draws) {
  for (size_t i = 0; i < p->count; i++) {
    const bl_phase_grant *grant = &p->grants[i];

    if (bl_span_holds(phase_active(grant->lot), p->at_us))
      grant->lot->left = bl_dec_min(grant->most,
                                    bl_dec_max(grant->least,
                                               grant->lot->left));
  }
  p->state.since_us = p->at_us;
  p->state.used = p->state.covered = BL_DEC_ZERO;
  if (!p->keeps_owed) p->state.owed = BL_DEC_ZERO;
  out->span     = (bl_span){p->at_us, p->at_us};
  out->is_reset = 1;
  phase_draw(p, out, draws);
  p->reset++;
}

static int phase_renews_any(const bl_phases *p) {
  size_t i = 0;

  while (i < p->count && !phase_renews(&p->grants[i], p->at_us)) i++;
  return i < p->count;
}

/* What follows a phase that has come to where it should. */
static uint32_t phase_after(const bl_phases *p, const bl_phase *done) {
  if (p->at_us < phase_goal(p)) return PHASE_RUN;
  if (p->reset < p->reset_count) return PHASE_RESET;
  return !bl_span_is_empty(done->span) && phase_renews_any(p) ? PHASE_RUN
                                                              : PHASE_DONE;
}

void bl_phases_open(bl_phases *p) {
  assert(p->span.from_us <= p->span.to_us);
  p->at_us = p->span.from_us;
  p->reset = p->usage_at = 0;
  p->stage = PHASE_RUN;
}

int bl_phases_next(bl_phases *p, bl_phase *out, bl_draw *draws) {
  *out = (bl_phase){.used = BL_DEC_ZERO};
  switch (p->stage) {
  case PHASE_RUN:
    phase_run(p, out, draws);
    p->stage = phase_after(p, out);
    return 1;
  case PHASE_RESET:
    phase_reset(p, out, draws);
    p->stage = PHASE_RUN;
    return 1;
  default:
    return 0;
  }
}

bl_dec bl_phases_balance(const bl_phases *p) {
  bl_dec sum = BL_DEC_ZERO;

  for (size_t i = 0; i < p->count; i++)
    sum = bl_dec_add(sum, p->lots[i]->left);
  return sum;
}
