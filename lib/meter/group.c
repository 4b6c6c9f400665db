/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * group.c - the group that an event belongs to, as canonical JSON: equal
 * groups have equal bytes.
 *
 *     by region and model, {"model":"m1","tokens":12} is in
 *     {"model":"m1","region":null}
 */
#include "base/limit.h"
#include "meter/property.h"

static void group_sort(const bl_str *names, size_t count, bl_str *sorted) {
  for (size_t i = 0; i < count; i++) {
    size_t at = i;

    for (; at > 0 && bl_str_order(names[i], sorted[at - 1]) < 0; at--)
      sorted[at] = sorted[at - 1];
    sorted[at] = names[i];
  }
}

int bl_meter_group(const bl_str *names, size_t count, const bl_event *event,
                   bl_text *out) {
  bl_str sorted[BL_LIMIT_GROUP_KEYS];
  int rc = BILLING_OK;

  assert(event && out && count <= BL_COUNT(sorted));
  if (count == 0) return BILLING_OK;
  group_sort(names, count, sorted);
  for (size_t i = 0; !rc && i < count; i++) {
    const bl_member *member = bl_property(event, sorted[i]);

    bl_text_byte(out, i ? ',' : '{');
    bl_text_json(out, sorted[i]);
    bl_text_byte(out, ':');
    if (member) rc = bl_member_print(member, out);
    else bl_text_add(out, "null", 4);
  }
  bl_text_byte(out, '}');
  if (!rc && out->failed) rc = BILLING_NOMEM;
  return rc;
}
