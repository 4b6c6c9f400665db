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

const bl_json *bl_property(const bl_event *event, bl_str name) {
  const bl_json *node = NULL;

  assert(event && name.text && name.text[name.len] == '\0');
  if (event->properties) node = bl_json_get(event->properties, name.text);
  return node && bl_json_kind(node) != BL_JSON_NULL ? node : NULL;
}

bl_str bl_property_text(const bl_json *node) {
  bl_str none = {NULL, 0};

  if (!node) return none;
  switch (bl_json_kind(node)) {
  case BL_JSON_TRUE:  return BL_STR("true");
  case BL_JSON_FALSE: return BL_STR("false");
  default:            return bl_json_text(node);
  }
}
