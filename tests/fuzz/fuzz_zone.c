/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* fuzz_zone.c - whatever the bytes, a zone that is read gives answers. */
#include <stdlib.h>

#include "base/zone.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void must(int holds) {
  if (!holds) abort();
}

/* What is true of every zone at every instant. */
static void ask(const bl_zone *z, int64_t us) {
  int32_t offset = bl_zone_offset(z, us);
  int64_t wall = bl_zone_to_local(z, us), back = bl_zone_to_utc(z, wall);
  must(offset >= -89999 && offset <= 93599);
  bl_zone_to_utc(z, us);
  if (us < BL_TIME_MIN || us > BL_TIME_MAX) return;
  must(wall - us == offset * BL_SECOND);
  must(back <= us && bl_zone_to_local(z, back) == wall);
}

static void ask_around(const bl_zone *z, int64_t second) {
  if (second < INT64_MIN / BL_SECOND + 1) return;
  if (second > INT64_MAX / BL_SECOND - 1) return;
  for (int64_t by = -1; by <= 1; by++) ask(z, (second + by) * BL_SECOND + by);
}

static void ask_everywhere(const bl_zone *z) {
  static const int64_t seconds[] = {
    0, 951782400, 1774746000, 1792890000, 4104219600, 32503680000};
  size_t count = bl_zone_transitions(z);
  ask(z, INT64_MIN);
  ask(z, INT64_MAX);
  ask(z, BL_TIME_MIN);
  ask(z, BL_TIME_MAX);
  for (size_t i = 0; i < BL_COUNT(seconds); i++) ask_around(z, seconds[i]);
  for (size_t i = 0; i < count && i < 50; i++) {
    ask_around(z, bl_zone_transition(z, i));
    ask_around(z, bl_zone_transition(z, count - 1 - i));
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
  bl_arena arena;
  bl_zone *zone = NULL;
  int rc;
  bl_arena_open(&arena, NULL);
  rc = bl_zone_read(&arena, BL_STR("Fuzz/Zone"), bytes, size, &zone, NULL);
  must(rc == BILLING_OK || rc == BILLING_INVALID);
  if (!rc) ask_everywhere(zone);
  bl_arena_close(&arena);
  return 0;
}
