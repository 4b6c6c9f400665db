/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * progress.c - a bar such as
 *
 *     import [##########..............................]  25%  20,000 events
 */
#include "progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "moment.h"

#define WIDTH 40

void progress_open(progress *p, const char *what, uint64_t whole) {
  memset(p, 0, sizeof *p);
  p->what = what;
  p->whole = whole;
  p->is_on = isatty(STDERR_FILENO);
}

void progress_show(progress *p, uint64_t done, uint64_t events) {
  char bar[WIDTH + 1];
  int64_t now = moment_now();
  unsigned percent, full;

  if (!p->is_on || (now - p->shown_us < 100000 && now > p->shown_us)) return;
  p->shown_us = now;
  if (done > p->whole) done = p->whole;
  if (p->whole > UINT64_MAX / 100)
    percent = (unsigned)(done / (p->whole / 100 + 1));
  else
    percent = p->whole ? (unsigned)(done * 100 / p->whole) : 0;
  full = percent * WIDTH / 100;
  memset(bar, '.', WIDTH);
  memset(bar, '#', full);
  bar[WIDTH] = '\0';
  if (p->whole)
    fprintf(stderr, "\r%s [%s] %3u%%  %" PRIu64 " events", p->what, bar,
            percent, events);
  else
    fprintf(stderr, "\r%s %" PRIu64 " events", p->what, events);
}

void progress_close(progress *p) {
  if (p->is_on && p->shown_us) fprintf(stderr, "\r%79s\r", "");
}

#undef WIDTH
