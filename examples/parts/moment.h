/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * moment.h - instants in microseconds since 1970, as people write them.  The
 * library reads no clock; a program does, and says so with every call.
 */
#ifndef MOMENT_H
#define MOMENT_H

#include <stddef.h>
#include <stdint.h>

int64_t moment_now(void);
/*
 * RFC 3339 text: a date (midnight UTC), or a date, 'T' or a space, a time with
 * up to 9 decimals, and 'Z', an offset or nothing (UTC).  Digits below a
 * microsecond must be zeros.  0 when it is not one.
 */
int moment_parse(const char *text, size_t len, int64_t *out);
#define MOMENT_TEXT 48
void moment_print(int64_t us, char out[MOMENT_TEXT]);
/* The first instant of a month of UTC: that of `us`, plus `months`. */
int64_t moment_month(int64_t us, int months);

#endif
