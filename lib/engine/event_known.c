/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * event_known.c - properties that nobody asks for.
 *
 *     a meter sums "tokens" by "model"; {"tokens":1,"modle":"m1"} is refused
 *     at /properties/modle when the tenant is strict about properties
 *
 * An expression may ask for any property.  Events that no meter listens to are
 * refused, or not, for that.
 */
#include "engine/rate.h"

static int filters_ask(const bl_filter *filters, size_t count, bl_str name) {
  for (size_t i = 0; i < count; i++)
    if (bl_str_equal(filters[i].property, name)) return 1;
  return 0;
}

static int meter_asks(const bl_meter *meter, bl_str name) {
  if (meter->expression || bl_str_equal(meter->property, name) ||
      bl_str_equal(meter->operation, name))
    return 1;
  for (size_t i = 0; i < meter->group_count; i++)
    if (bl_str_equal(meter->groups[i], name)) return 1;
  return filters_ask(meter->filters, meter->filter_count, name);
}

static int prices_ask(const bl_customer *customer, bl_str name) {
  for (size_t i = 0; i < customer->contracts.count; i++) {
    const bl_contract *contract = customer->contracts.item[i];
    const bl_plan *plan = &contract->plan->plan;
    for (size_t k = 0; k < plan->price_count; k++)
      if (filters_ask(plan->prices[k].filters, plan->prices[k].filter_count,
                      name))
        return 1;
  }
  return 0;
}

int bl_event_check_known(bl_call *c, const bl_event_in *in) {
  const bl_members *members = in->view.properties;
  const bl_list *listeners = bl_map_get(&c->t->meters_by_event,
                                        in->view.name.text,
                                        in->view.name.len);
  char path[BL_PATH_SIZE] = "/properties";

  for (size_t i = 0; listeners && i < members->count; i++) {
    bl_str name = members->item[i].name;
    int is_known = prices_ask(in->customer, name);
    for (size_t k = 0; k < listeners->count && !is_known; k++)
      is_known = meter_asks(
          &((const bl_meter_state *)listeners->item[k])->meter, name);
    if (is_known) continue;
    (void)bl_path_add(path, name);
    return bl_fail(c->err, BILLING_INVALID, path,
                   "a property that a meter of the event asks for",
                   "no meter asks for the property %t", &name);
  }
  return BILLING_OK;
}
