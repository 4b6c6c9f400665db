/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* scan_same.h - the scanner of JSON against the readers that build trees. */
#ifndef SCAN_SAME_H
#define SCAN_SAME_H

#include <stddef.h>

/*
 * Scans a text, with and without SSE2, and compares what comes of it with the
 * strict reader's tree, member by member, and with cJSON's.  The text is
 * copied to where nothing is behind it, `shift` bytes behind an aligned place.
 * Returns what they do not agree on, or NULL.
 */
const char *scan_difference(const char *text, size_t len, size_t shift);

#endif
