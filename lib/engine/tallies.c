/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* tallies.c - the tallies of a contract in one order; see tallies.h. */
#include "engine/tallies.h"

#include "engine/timeline.h"

static int tally_before(const bl_tally *a, const bl_tally *b) {
  size_t shared = a->group.len < b->group.len ? a->group.len : b->group.len;
  int order;

  if (a->period != b->period) return a->period < b->period;
  if (a->price != b->price)
    return bl_timeline_rank(a->contract->plan, a->price) <
           bl_timeline_rank(b->contract->plan, b->price);
  order = shared ? memcmp(a->group.text, b->group.text, shared) : 0;
  return order ? order < 0 : a->group.len < b->group.len;
}

/* Shell sort: a contract has from a handful to many thousands of tallies. */
static void sort_tallies(bl_tally **tallies, size_t count) {
  for (size_t gap = count / 2; gap > 0; gap = gap == 2 ? 1 : gap * 5 / 11) {
    for (size_t i = gap; i < count; i++) {
      bl_tally *one = tallies[i];
      size_t at = i;
      for (; at >= gap && tally_before(one, tallies[at - gap]); at -= gap)
        tallies[at] = tallies[at - gap];
      tallies[at] = one;
    }
  }
}

/* A price that costs something without usage has no events, yet an amount; of
 * what was voided the events are gone, and perhaps not what was billed. */
static int is_used(const bl_tally *tally) {
  return tally->first_event || bl_tally_has_usage(tally) ||
         !bl_dec_is_zero(tally->held) || !bl_dec_is_zero(tally->amount) ||
         !bl_dec_is_zero(tally->billed_amount);
}

int bl_tallies_of(const bl_contract *contract, bl_arena *arena,
                  bl_tallies *out) {
  const bl_map *map = &contract->tallies;

  out->count = 0;
  out->item = bl_arena_array(arena, map->count + 1, sizeof *out->item);
  if (!out->item) return BILLING_NOMEM;
  for (size_t i = 0; i < map->count; i++)
    if (is_used(map->entry[i].value))
      out->item[out->count++] = map->entry[i].value;
  sort_tallies(out->item, out->count);
  return BILLING_OK;
}
