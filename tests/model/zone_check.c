/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * zone_check.c - answers questions about time zones, for comparison with
 * another implementation.
 *
 *     zone_check [ZONE [FOLDER]]
 *
 * reads lines and prints one line for each.  Times are seconds.
 *
 *     z Europe/Berlin     the zone of the lines below it      ok | code N
 *     u 1774746000        offset at an instant                7200
 *     l 1774751400        instant of a wall clock             1774747800
 *     t                   transitions in the file             145
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/zone.h"

static void answer(const bl_zone *zone, char kind, int64_t second) {
  if (kind == 'u')
    printf("%ld\n", (long)bl_zone_offset(zone, second * BL_SECOND));
  else if (kind == 'l')
    printf("%lld\n", (long long)bl_floor_div(
      bl_zone_to_utc(zone, second * BL_SECOND), BL_SECOND));
  else
    printf("%lu\n", (unsigned long)bl_zone_transitions(zone));
}

/* A zone that cannot be had is NULL, and its questions are not answered. */
static bl_zone *zone_of(bl_arena *arena, const char *folder,
                        const char *name) {
  bl_zone *zone = NULL;
  int rc = bl_zone_load(arena, folder, bl_str_of(name), &zone, NULL);
  if (rc) printf("code %d\n", BILLING_CODE(rc));
  else printf("ok\n");
  return rc ? NULL : zone;
}

int main(int argc, char **argv) {
  const char *folder = argc > 2 ? argv[2] : NULL;
  char line[256];
  bl_arena arena;
  bl_zone *zone = NULL;
  bl_arena_open(&arena, NULL);
  if (argc > 1) zone = zone_of(&arena, folder, argv[1]);
  while (fgets(line, sizeof line, stdin)) {
    line[strcspn(line, "\n")] = '\0';
    if (strncmp(line, "z ", 2) == 0)
      zone = zone_of(&arena, folder, line + 2);
    else if (zone)
      answer(zone, line[0], strtoll(line + 1, NULL, 10));
    else
      printf("no zone\n");
  }
  bl_arena_close(&arena);
  return 0;
}
