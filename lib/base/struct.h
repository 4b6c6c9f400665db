/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * struct.h - versioned structs cross the boundary here and nowhere else.
 */
#ifndef BL_STRUCT_H
#define BL_STRUCT_H

#include "base/base.h"

#define BL_STRUCT_LARGEST 4096

/*
 * Copies a caller's struct in: what the caller lacks is zero; what the caller
 * has beyond us must be zero, else BILLING_UNSUPPORTED.  Flag bits (the
 * second uint32_t) outside `flags` are BILLING_UNSUPPORTED too.
 * NULL, shorter than size_1_0, or over 4,096 bytes: BILLING_MISUSE.
 */
int bl_copy_in(void *to, size_t size, const void *from, size_t size_1_0,
               uint32_t flags);
/* Whether an output struct is usable: BILLING_OK or BILLING_MISUSE. */
int bl_can_fill(const void *to, size_t size_1_0);
/* Fills as many bytes as the caller's struct has, zeroes what we lack, and
 * keeps the caller's struct_size. */
void bl_fill(void *to, const void *from, size_t size);

#endif
