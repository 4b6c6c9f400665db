/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * accept.c - whether an event comes too late, too early, or again.
 *
 *     at most 35 days old and 5 minutes ahead, at noon on 15 June
 *     11 May 12:00:00 accepted   11 May 11:59:59 too old
 *     15 June 12:05:00 accepted  15 June 12:05:01 too far ahead
 *
 * What is off, is off for ever: nothing is too old, and a key is unique for
 * all time.
 */
#include "meter/accept.h"

/* Whether `to` is more than `most` behind `from`; never overflows. */
static int accept_is_beyond(int64_t from, int64_t to, int64_t most) {
  assert(most >= 0);
  return most != BL_TIME_NEVER && to > from &&
         (uint64_t)to - (uint64_t)from > (uint64_t)most;
}

int bl_accept_time(const bl_accept_terms *terms, int64_t now_us, int64_t us) {
  if (accept_is_beyond(us, now_us, terms->most_age_us))
    return BL_ACCEPT_TOO_OLD;
  if (accept_is_beyond(now_us, us, terms->most_ahead_us))
    return BL_ACCEPT_TOO_FAR_AHEAD;
  return BL_ACCEPT_YES;
}

int bl_accept_cancel(const bl_accept_terms *terms, int64_t now_us,
                     int64_t received_us) {
  return !accept_is_beyond(received_us, now_us, terms->cancel_within_us);
}

int bl_accept_is_repeat(const bl_accept_terms *terms, int64_t now_us,
                        int64_t first_us) {
  int64_t most = terms->key_window_us;

  if (terms->window_ends && most != BL_TIME_NEVER && most > 0) most--;
  return !accept_is_beyond(first_us, now_us, most);
}
