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
  for (size_t i = 0; i < meter->property_count; i++)
    if (bl_str_equal(meter->properties[i], name)) return 1;
  return filters_ask(meter->filters, meter->filter_count, name);
}

static int prices_ask(const bl_customer *customer, bl_str name) {
  for (size_t i = 0; i < customer->contracts.count; i++) {
    const bl_contract *contract = customer->contracts.item[i];
    const bl_plan *plan = &contract->plan->plan;
    const bl_routes *usage = &contract->terms.usage;
    for (size_t k = 0; k < usage->count; k++)
      if (filters_ask(usage->item[k].filters, usage->item[k].filter_count,
                      name))
        return 1;
    for (size_t k = 0; k < plan->price_count; k++)
      if (filters_ask(plan->prices[k].filters, plan->prices[k].filter_count,
                      name))
        return 1;
  }
  return 0;
}

/* Whether one of the meters that listen asks for it; they are counted. */
static int meters_ask(const bl_list *meters, const bl_event_in *in,
                      bl_str name, size_t *listeners) {
  for (size_t i = 0; meters && i < meters->count; i++) {
    const bl_meter *meter =
        bl_meter_at(bl_rules_of(meters->item[i], in->customer->number),
                    in->view.time_us);

    if (!meter || !bl_meter_names(meter, in->view.name)) continue;
    ++*listeners;
    if (meter_asks(meter, name)) return 1;
  }
  return 0;
}

int bl_event_check_known(bl_call *c, const bl_event_in *in) {
  const bl_members *members = in->view.properties;
  const bl_list *named = bl_map_get(&c->t->meters_by_event,
                                    in->view.name.text, in->view.name.len);
  char path[BL_PATH_SIZE] = "/properties";

  for (size_t i = 0; i < members->count; i++) {
    bl_str name = members->item[i].name;
    size_t listeners = 0;

    if (prices_ask(in->customer, name) ||
        meters_ask(named, in, name, &listeners) ||
        meters_ask(&c->t->meters_by_filter, in, name, &listeners) ||
        !listeners)
      continue;
    (void)bl_path_add(path, name);
    return bl_fail(c->err, BILLING_INVALID, path,
                   "a property that a meter of the event asks for",
                   "no meter asks for the property %t", &name);
  }
  return BILLING_OK;
}
