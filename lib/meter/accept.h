/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* accept.h - whether an event comes too late, too early, or again. */
#ifndef BL_ACCEPT_H
#define BL_ACCEPT_H

#include "base/time.h"

/* Each is off at BL_TIME_NEVER; bounds themselves are accepted. */
typedef struct bl_accept_terms {
  int64_t  most_age_us;        /* an event may be this old */
  int64_t  most_ahead_us;      /* and this far ahead of the clock */
  int64_t  cancel_within_us;   /* and cancelled so long after receipt */
  int64_t  key_window_us;      /* a key is remembered for so long */
  uint32_t window_ends;        /* 1: exactly then the key counts again */
  uint32_t reserved;
} bl_accept_terms;

enum { BL_ACCEPT_YES, BL_ACCEPT_TOO_OLD, BL_ACCEPT_TOO_FAR_AHEAD };

/* BL_ACCEPT_*: an event of the time `us` that comes at now_us. */
int bl_accept_time(const bl_accept_terms *terms, int64_t now_us, int64_t us);
/* Whether what came at received_us may still be cancelled. */
int bl_accept_cancel(const bl_accept_terms *terms, int64_t now_us,
                     int64_t received_us);
/* Whether a key that was accepted at first_us is still taken. */
int bl_accept_is_repeat(const bl_accept_terms *terms, int64_t now_us,
                        int64_t first_us);

#endif
