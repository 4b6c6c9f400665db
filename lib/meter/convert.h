/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* convert.h - units of quantities. */
#ifndef BL_CONVERT_H
#define BL_CONVERT_H

#include "catalog/catalog.h"

/* Converted, to 18 decimals; converted and rounded, once. */
bl_dec bl_convert_exactly(const bl_convert *convert, bl_dec quantity);
bl_dec bl_convert_quantity(const bl_convert *convert, bl_dec quantity);
/* BL_ROUND_* of a BL_CONVERT_* that rounds. */
int bl_convert_mode(uint32_t round);

#endif
