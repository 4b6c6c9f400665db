/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* property.h - how this folder looks at the properties of an event. */
#ifndef BL_PROPERTY_H
#define BL_PROPERTY_H

#include "meter/meter.h"

/* The property; NULL when it is absent or null. */
const bl_member *bl_property(const bl_event *event, bl_str name);
/* What a value is compared and counted by: the text of a text, number or
 * truth value; text NULL for NULL, objects and arrays. */
bl_str bl_property_text(const bl_member *member);

#endif
