/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * timeline_why.c - which override prices a line, and why no other.
 *
 * Nothing of it is kept: an override that has begun stays in the contract's
 * document, so the choice of then can be made again.
 */
#include "engine/timeline.h"
#include "price/terms.h"

int bl_group_values(bl_str group, bl_arena *a, bl_named_list *out) {
  bl_json *tree = NULL;
  int rc = group.len ? bl_json_read(group.text, group.len, &tree, NULL)
                     : BILLING_OK;

  *out = (bl_named_list){NULL, 0};
  if (rc || !group.len) return rc;
  out->item = bl_arena_array(a, bl_json_count(tree) + 1, sizeof *out->item);
  for (const bl_json *m = bl_json_first(tree); out->item && m;
       m = bl_json_next(m)) {
    bl_str value = bl_json_scalar(m);
    if (!value.text) continue;
    out->item[out->count++] = (bl_named){bl_arena_str(a, bl_json_key(m)),
                                         bl_arena_str(a, value)};
  }
  bl_json_free(tree);
  return a->failed || !out->item ? BILLING_NOMEM : BILLING_OK;
}

int bl_timeline_why(const bl_contract *contract, uint64_t price,
                    bl_str group, bl_arena *a, uint32_t **why,
                    const bl_override **best) {
  const bl_price *of = &contract->plan->plan.prices[price];
  bl_drawing drawing = bl_drawing_of(of);
  const bl_contract_terms *terms = &contract->terms;
  const bl_interval *interval;
  bl_named_list values;
  bl_rated_line line;
  int rc;

  *best = NULL;
  if (!contract->plan->intervals || !terms->override_count ||
      of->closing > BL_CLOSING_COMPOSITE)
    return BILLING_OK;
  interval = &contract->plan->intervals[price];
  *why = bl_arena_array(a, terms->override_count, sizeof **why);
  rc = *why ? bl_group_values(group, a, &values) : BILLING_NOMEM;
  if (rc) return rc;
  line = bl_line_of(of, values, interval->was.span.from_us);
  *best = bl_override_choose(terms->overrides, terms->override_count, &line,
                             &drawing, (int)terms->by_priority, *why);
  if (!*best || !interval->is_unfit) return BILLING_OK;
  (*why)[*best - terms->overrides] = BL_WHY_UNFIT;
  *best = NULL;
  return BILLING_OK;
}
