/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * zone.h - IANA time zones: a reader of TZif (RFC 9636, versions 1 to 4) with
 * its POSIX footer.  The bytes come from bl_zone_load, the only function of
 * base that touches files, or from the host.
 *
 * A local time that does not exist (spring) is shifted forward by the gap; one
 * that exists twice (autumn) is the first.
 *
 *     Europe/Berlin   2026-03-29 02:30 -> 01:30Z, which is 03:30 there
 *                     2026-10-25 02:30 -> 00:30Z, and not 01:30Z
 */
#ifndef BL_ZONE_H
#define BL_ZONE_H

#include "base/arena.h"
#include "base/error.h"
#include "base/time.h"

typedef struct bl_zone bl_zone;         /* immutable; lives in its arena */

/* Parses TZif bytes. BILLING_INVALID for a malformed file and for one that
 * counts leap seconds; BILLING_NOMEM.  Nothing stays in the arena then. */
int bl_zone_read(bl_arena *arena, bl_str name, const void *bytes, size_t len,
                 bl_zone **out, billing_error *err);
/*
 * Reads the file `name` below `folder` (NULL or "": /usr/share/zoneinfo).
 * Names are checked first: letters, digits, + - _ and single slashes between
 * them, no dots, at most 64 bytes, and not "localtime", which is a setting of
 * the machine; else BILLING_INVALID.  BILLING_NOTFOUND when there is none,
 * BILLING_STORE when it cannot be read.  "UTC" needs no file.
 */
int bl_zone_load(bl_arena *arena, const char *folder, bl_str name,
                 bl_zone **out, billing_error *err);

bl_str  bl_zone_name(const bl_zone *z);
/* A hash of the offsets from 1900 to 2200: tells whether zone data has
 * changed, and is the same for every way to write the same rules. */
uint64_t bl_zone_print_of(const bl_zone *z);
int32_t bl_zone_offset(const bl_zone *z, int64_t utc_us); /* seconds east */
/* A wall clock for bl_civil_of_us.  It and the next keep INT64_MAX and
 * INT64_MIN as they are. */
int64_t bl_zone_to_local(const bl_zone *z, int64_t utc_us);
/* The instant of a wall clock, by the rule above. */
int64_t bl_zone_to_utc(const bl_zone *z, int64_t local_us);
/* Transitions known to the file itself, for tests. */
size_t  bl_zone_transitions(const bl_zone *z);
int64_t bl_zone_transition(const bl_zone *z, size_t i);   /* UTC seconds */

#endif
