/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* entitled.h - what a customer has of features, as JSON (entitled.c). */
#ifndef BL_ENTITLED_H
#define BL_ENTITLED_H

#include "engine/engine.h"

/* A row for each feature, in the order in which they were put first; `only`
 * these, if count is not 0.  The read undoes what it books. */
int bl_entitlements_add(bl_call *c, bl_customer *customer, const bl_str *only,
                        size_t count, bl_json *rows);

#endif
