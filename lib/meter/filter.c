/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * filter.c - which events a meter wants.
 *
 *     {"property":"region","in":["eu"]} and {"property":"size","not_in":["l"]}
 *
 *     region eu, size s       both hold: wanted
 *     region eu               no size is not size l: wanted
 *     region eu, size l       not wanted
 *     size s                  no region is not region eu: not wanted
 *
 * Values are compared by their texts: 5 and "5" are one value, 5.0 another.
 *
 *     {"property":"tokens","more_than":"100","at_most":"200"}
 *
 *     100 not wanted, 100.5 and "200.0" wanted; none, null, "many" not wanted
 *
 * In a range values are compared as what they are: decimals and instants.
 */
#include "meter/property.h"

/* The place of the text among the filter's values does not matter; whether
 * it is there does. */
static int filter_names(const bl_filter *filter, bl_str text) {
  for (size_t i = 0; i < filter->value_count; i++)
    if (bl_str_equal(filter->values[i], text)) return 1;
  return 0;
}

/* Without a property the event's own value. */
static int filter_holds_number(const bl_filter *filter,
                               const bl_event *event) {
  const bl_member *member;
  bl_dec v = event->value;
  int low, high;

  if (filter->property.len) {
    member = bl_property(event, filter->property);
    if (!member || !bl_member_dec(member, &v)) return 0;
  }
  low  = bl_dec_cmp(v, filter->low);
  high = bl_dec_cmp(v, filter->high);
  if (low == 0 && (filter->bounds & BL_FILTER_ABOVE)) return 0;
  if (high == 0 && (filter->bounds & BL_FILTER_BELOW)) return 0;
  return (low == 0 || low == 1) && (high == 0 || high == -1);
}

/* Without a property the event's own time. */
static int filter_holds_time(const bl_filter *filter, const bl_event *event) {
  const bl_member *member;
  int64_t us = event->time_us;

  if (filter->property.len) {
    member = bl_property(event, filter->property);
    if (!member || !bl_member_time(member, &us)) return 0;
  }
  return bl_span_holds(filter->times, us);
}

static int filter_holds_text(const bl_filter *filter, const bl_event *event) {
  const bl_member *member = bl_property(event, filter->property);
  bl_str text = bl_property_text(member);
  int is_named = text.text && filter_names(filter, text);

  switch (filter->test) {
  case BL_FILTER_IN:     return is_named;
  case BL_FILTER_NOT_IN: return !is_named;
  case BL_FILTER_EXISTS: return member != NULL;
  default:               return member == NULL;
  }
}

static int filter_holds(const bl_filter *filter, const bl_event *event) {
  switch (filter->test) {
  case BL_FILTER_NUMBER: return filter_holds_number(filter, event);
  case BL_FILTER_TIME:   return filter_holds_time(filter, event);
  default:               return filter_holds_text(filter, event);
  }
}

int bl_meter_matches(const bl_filter *filters, size_t count,
                     const bl_event *event) {
  assert(event && (filters || count == 0));
  for (size_t i = 0; i < count; i++)
    if (!filter_holds(&filters[i], event)) return 0;
  return 1;
}

int bl_meter_names(const bl_meter *meter, bl_str name) {
  if (meter->event.len) return bl_str_equal(meter->event, name);
  return filter_names(&meter->names, name) ==
         (meter->names.test == BL_FILTER_IN);
}

int bl_meter_wants(const bl_meter *meter, const bl_event *event) {
  assert(meter && event);
  return bl_meter_names(meter, event->name) &&
         bl_meter_matches(meter->filters, meter->filter_count, event);
}
