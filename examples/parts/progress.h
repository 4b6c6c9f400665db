/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* progress.h - a bar on stderr, when that is a terminal. */
#ifndef PROGRESS_H
#define PROGRESS_H

#include <stdint.h>

typedef struct progress {
  const char *what;
  const char *counted;       /* "events", unless it is set after opening */
  uint64_t    whole;         /* 0: not known */
  int64_t     shown_us;
  int         is_on;
} progress;

void progress_open(progress *p, const char *what, uint64_t whole);
void progress_show(progress *p, uint64_t done, uint64_t events);
void progress_close(progress *p);   /* the line is blank again */

#endif
