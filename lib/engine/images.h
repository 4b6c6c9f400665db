/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* images.h - the runs of customers' images; see image.h. */
#ifndef BL_IMAGES_H
#define BL_IMAGES_H

#include "engine/engine.h"
#include "engine/image.h"

/* Brings memory to the runs, as bl_keys_sync; after that. */
int bl_images_sync(billing *b, bl_tenant *t);
/* Goes on with a run of images, or begins one when that is due or there are
 * many. */
int bl_images_write(billing *b, bl_tenant *t, int is_due);
/* What the images that have become due have to be paid. */
uint64_t bl_images_due(const bl_tenant *t);

/* The newest image of a customer, its lists and texts in the call's arena; seq
 * 0: there is none, or none that can be read. */
int bl_images_get(bl_call *c, uint64_t customer, bl_image *out);
/* The same from bytes; CORRUPT. */
int bl_image_read(bl_str bytes, bl_arena *arena, bl_image *out);
/* The customer that a record is of; 0 when its key is none. */
uint64_t bl_image_customer(bl_str key);

#endif
