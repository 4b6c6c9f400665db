/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* patience.c - tries again after 1, 2, 4, 8, 16, 16, .. ms, for a minute. */
#include "patience.h"

#include <billing.h>
#include <time.h>
#include <unistd.h>

#define MOST_US UINT64_C(60000000)

int patience_again(patience *p, int rc) {
  uint64_t us = UINT64_C(1000) << (p->tries < 4 ? p->tries : 4);
  struct timespec pause;

  if (BILLING_CODE(rc) != BILLING_BUSY || p->waited_us >= MOST_US) {
    p->waited_us = 0;
    p->tries = 0;
    return 0;
  }
  /* Two processes that wait for each other should not wake together. */
  us -= us / 4 * ((uint64_t)getpid() % 3) / 2;
  pause.tv_sec = 0;
  pause.tv_nsec = (long)us * 1000;
  nanosleep(&pause, NULL);
  p->waited_us += us;
  p->tries++;
  return 1;
}
