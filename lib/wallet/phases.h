/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * phases.h - grants over a stretch of time: they begin, end, are filled again
 * and roll over, and usage draws them in their order.
 */
#ifndef BL_PHASES_H
#define BL_PHASES_H

#include "wallet/wallet.h"

typedef struct bl_phase_grant {
  bl_lot        *lot;            /* active in [effective, expires) */
  bl_dec         amount;         /* what it begins with, and is filled to */
  bl_dec         least;          /* what it keeps at a reset: not less, */
  bl_dec         most;           /* and not more */
  const int64_t *renewals;       /* when it is filled, ascending */
  size_t         renewal_count;
} bl_phase_grant;

/* How a run stands.  A run begins with whatever these say. */
typedef struct bl_phase_state {
  int64_t since_us;              /* the usage period's beginning */
  bl_dec  used;                  /* in it */
  bl_dec  covered;               /* of that, and of what was owed, by grants */
  bl_dec  owed;                  /* what no grant has covered */
} bl_phase_state;

/* What happens from a to b; nothing else is needed to know it. */
typedef struct bl_phases {
  bl_span               span;
  const bl_phase_grant *grants;  /* first drawn first */
  bl_lot *const        *lots;    /* theirs */
  size_t                count;
  const bl_usage       *usage;   /* by time */
  size_t                usage_count;
  const int64_t        *resets;  /* inside the span or at its end, ascending */
  size_t                reset_count;
  uint32_t              keeps_owed;  /* over a reset; else it is forgiven */
  uint32_t              is_level;    /* usage is a level: the last one of a
                                        phase counts, and grants are whole in
                                        each phase */
  bl_phase_state        state;
  int64_t               at_us;   /* from here on: bl_phases_open sets them */
  size_t                reset;
  size_t                usage_at;
  uint32_t              stage;
  uint32_t              reserved;
} bl_phases;

typedef struct bl_phase {
  bl_span  span;                 /* of a reset, and of a last filling: empty */
  uint32_t is_reset;
  uint32_t reserved;
  bl_dec   balance;              /* before anything is drawn */
  bl_dec   owed_before;
  bl_dec   used;
  bl_dec   owed;                 /* afterwards */
  size_t   draw_count;           /* what grants cover of used and owed_before*/
} bl_phase;

void bl_phases_open(bl_phases *p);
/* The next phase: 1, with its draws in `draws`, which has room for one more
 * than there are grants; 0 at the end.  Lots and state move along.  What does
 * not fit is bad, and stays it. */
int bl_phases_next(bl_phases *p, bl_phase *out, bl_draw *draws);
/* What is in all lots. */
bl_dec bl_phases_balance(const bl_phases *p);

#endif
