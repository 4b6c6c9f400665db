/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* audit_images.h - customers' images, against what the fold comes to. */
#ifndef BL_AUDIT_IMAGES_H
#define BL_AUDIT_IMAGES_H

#include "engine/engine.h"

/* That there is an image of a customer after an entry, and what is in it. */
typedef struct bl_audit_image {
  int64_t       seq;
  uint64_t      customer;
  unsigned char hash[16];
} bl_audit_image;

typedef struct bl_audit_images {
  bl_arena        arena;
  bl_audit_image *item;          /* in the order of their entries */
  size_t          count;
  size_t          cap;
  size_t          next;          /* not looked at yet */
} bl_audit_images;

void bl_audit_images_open(bl_audit_images *images,
                          const billing_allocator *host);
void bl_audit_images_close(bl_audit_images *images);
/* Reads those of the call's tenant; CORRUPT. */
int  bl_audit_images_read(bl_audit_images *images, bl_call *c);
/* Those after the entry that `fresh` has just folded. */
int  bl_audit_images_check(bl_audit_images *images, bl_call *c,
                           const bl_tenant *fresh, int64_t seq,
                           int *is_right);

#endif
