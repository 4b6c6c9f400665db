/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * sample.c - what one event gives to a meter.
 *
 *     {"tokens":12,"model":"m1"} with value 3 gives
 *     count           1
 *     sum of tokens  12
 *     sum             3, the event's own value
 *     unique model    1, and the text "m1"
 */
#include "meter/property.h"

static int sample_fail(const bl_meter *meter, const char *hint,
                       const char *format, billing_error *err) {
  return bl_fail_at(err, BILLING_INVALID, "/properties",
                    meter->property.text, hint, format, &meter->id,
                    &meter->property);
}

static int sample_unique(const bl_meter *meter, const bl_member *member,
                         bl_str *value, billing_error *err) {
  bl_str text = bl_property_text(member);

  if (!text.text)
    return sample_fail(meter, "a text, a number, true or false",
                       "the meter %t cannot tell values of %t apart here",
                       err);
  *value = text;
  return BILLING_OK;
}

static int sample_dec(const bl_meter *meter, const bl_member *member,
                      bl_dec *quantity, billing_error *err) {
  if (bl_member_dec(member, quantity)) return BILLING_OK;
  return sample_fail(meter, "a number or a text such as \"2.5\", with at most "
                            "18 decimals",
                     "the meter %t needs a decimal as %t", err);
}

int bl_meter_sample(const bl_meter *meter, const bl_event *event,
                    bl_dec *quantity, bl_str *value, billing_error *err) {
  const bl_member *member = NULL;
  int is_unique = meter->aggregation == BL_AGG_UNIQUE;

  assert(event && quantity && value);
  *value = (bl_str){"", 0};
  *quantity = BL_DEC_ONE;
  if (meter->aggregation == BL_AGG_COUNT) return BILLING_OK;
  if (!meter->property.len) {
    assert(!is_unique);
    *quantity = event->value;
    return BILLING_OK;
  }
  member = bl_property(event, meter->property);
  if (!member)
    return sample_fail(meter, NULL, "the meter %t needs the property %t", err);
  if (is_unique) return sample_unique(meter, member, value, err);
  return sample_dec(meter, member, quantity, err);
}
