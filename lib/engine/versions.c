/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * versions.c - by which entry a customer comes to a version of a plan.
 *
 *     version 2 is put by entry 40, to hold from then on
 *     version 3 is put by entry 50, to hold since last month; entry 60 says
 *     "version 3, through customer 7"
 *     customer 7     version 2 by entry 40, version 3 by entry 60
 *     customer 8     version 2 by entry 40, version 3 not yet
 *
 * Nothing about it stands in customers, so a version of the past costs nothing
 * when it is put, however many contracts follow the plan.
 */
#include "engine/timeline.h"

int64_t bl_plan_comes(const bl_plan_state *plan,
                      const bl_plan_version *version, uint64_t customer) {
  if (!version->is_backdated) return version->seq;
  for (size_t i = 0; i < plan->step_count; i++) {
    const bl_plan_step *step = &plan->steps[i];
    if (step->version >= version->version && step->through >= customer)
      return step->seq;
  }
  return INT64_MAX;
}

const bl_plan_version *bl_plan_awaited(const bl_plan_state *plan) {
  size_t at = plan->versions.count;

  while (at > 0) {
    const bl_plan_version *version = plan->versions.item[--at];
    if (!version->is_backdated) continue;
    return bl_plan_comes(plan, version, UINT64_MAX) == INT64_MAX ? version
                                                                 : NULL;
  }
  return NULL;
}

uint64_t bl_plan_through(const bl_plan_state *plan,
                         const bl_plan_version *version) {
  uint64_t through = 0;

  for (size_t i = 0; i < plan->step_count; i++)
    if (plan->steps[i].version >= version->version &&
        plan->steps[i].through > through)
      through = plan->steps[i].through;
  return through;
}

int64_t bl_plan_since(const bl_contract *contract, int64_t seq) {
  const bl_plan_state *plan = contract->plan_state;
  uint64_t customer = contract->customer->number;
  int64_t since_us = BL_TIME_NEVER;

  for (size_t i = 0; contract->terms.follows && i < plan->versions.count;
       i++) {
    const bl_plan_version *version = plan->versions.item[i];
    if (version->version > contract->laid && version->is_backdated &&
        bl_plan_comes(plan, version, customer) == seq &&
        version->from_us < since_us)
      since_us = version->from_us;
  }
  return since_us < contract->versions_us ? contract->versions_us : since_us;
}
