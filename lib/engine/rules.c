/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * rules.c - by which rules of a meter a customer is measured.
 *
 *     rules 2 were put by entry 40; entry 50 says "through customer 7",
 *     entry 60 "through all"
 *     before entry 55     customer 7 by rules 2, customer 8 by rules 1
 *     before entry 61     customers 7 and 8 by rules 2
 *
 * Nothing about it stands in customers: an entry of old is folded by the rules
 * that its customer had then, whatever is known by now.
 */
#include "engine/state.h"

#include "meter/meter.h"

static int rules_have(const bl_meter_rules *rules, uint64_t customer,
                      int64_t seq) {
  size_t at = rules->step_count;

  if (!rules->before) return 1;
  while (at > 0 && rules->steps[at - 1].seq >= seq) at--;
  return at > 0 && customer <= rules->steps[at - 1].through;
}

const bl_meter_rules *bl_rules_before(const bl_meter_state *meter,
                                      uint64_t customer, int64_t seq) {
  const bl_meter_rules *rules = meter->rules;

  while (!rules_have(rules, customer, seq)) rules = rules->before;
  return rules;
}

const bl_meter_rules *bl_rules_numbered(const bl_meter_state *meter,
                                        uint64_t number) {
  const bl_meter_rules *rules = meter->rules;

  while (rules && rules->number != number) rules = rules->before;
  return rules;
}

int bl_rules_are_new(const bl_meter_state *meter) {
  return !rules_have(meter->rules, UINT64_MAX, INT64_MAX);
}

int bl_rules_select(const bl_meter_state *meter, uint64_t customer,
                    bl_str name, int is_one_name) {
  const bl_meter *by = &bl_rules_of(meter, customer)->meter;

  if (!meter->rules->before && is_one_name) return 1;   /* it stands there */
  return (by->event.len > 0) == (is_one_name != 0) && bl_meter_names(by, name);
}
