/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* tallies.c - the tallies of a contract in one order; see tallies.h. */
#include "engine/tallies.h"

#include "base/sort.h"

static int tally_order(const void *a, const void *b) {
  const bl_tally *x = *(bl_tally *const *)a, *y = *(bl_tally *const *)b;

  if (x->period != y->period) return x->period < y->period ? -1 : 1;
  if (x->price != y->price) return x->price < y->price ? -1 : 1;
  return bl_str_order(x->group, y->group);
}

/* A price that costs something without usage has no events, yet an amount; of
 * what was voided the events are gone, and perhaps not what was billed; a
 * period has closed under a minimum or maximum that cost nothing; what was
 * decided anew may leave nothing but that a tick must look. */
static int is_used(const bl_tally *tally) {
  return tally->first_event || bl_tally_has_usage(tally) ||
         (tally->more && (tally->more->is_due ||
                          !bl_dec_is_zero(tally->more->bound))) ||
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
  bl_sort(out->item, out->count, sizeof *out->item, tally_order);
  return BILLING_OK;
}
