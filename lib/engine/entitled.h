/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* entitled.h - what a customer has of features, as JSON (entitled.c). */
#ifndef BL_ENTITLED_H
#define BL_ENTITLED_H

#include "engine/engine.h"

/* A row for each feature, in the order in which they were put first; `only`
 * these, if there are any, and if so it is asked those that it has.  The read
 * undoes what it books. */
int bl_entitlements_add(bl_call *c, bl_customer *customer,
                        const bl_words *only, int must_have, bl_json *rows);

#endif
