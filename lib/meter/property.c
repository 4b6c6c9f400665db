/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * property.c - one property of an event.
 *
 *     {"tokens":12,"model":"m1","fast":true,"region":null,"tags":["a"]}
 *
 *     tokens is "12", model "m1", fast "true"; region is absent; tags is
 *     there and has no text
 */
#include "meter/property.h"

const bl_member *bl_property(const bl_event *event, bl_str name) {
  const bl_member *member = NULL;

  assert(event && name.text);
  if (event->properties) member = bl_members_get(event->properties, name);
  return member && member->kind != BL_JSON_NULL ? member : NULL;
}

bl_str bl_property_text(const bl_member *member) {
  bl_str none = {NULL, 0};

  if (!member || member->kind == BL_JSON_ARRAY ||
      member->kind == BL_JSON_OBJECT)
    return none;
  return member->value;
}
