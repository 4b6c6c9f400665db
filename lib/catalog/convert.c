/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * convert.c - how a quantity becomes another unit:
 *
 *     {"operation":"divide","by":"1000","round":"up","places":0}
 */
#include "catalog/field.h"

static const char *const convert_operations[] = {"multiply", "divide", NULL};

static const bl_field convert_fields[] = {
  {.name = "operation", .read = bl_value_choice, .words = convert_operations,
   .at = offsetof(bl_convert, divides)},
  {.name = "by", .read = bl_value_positive, .at = offsetof(bl_convert, by)},
  {.name = "round", .read = bl_value_choice, .words = bl_rounding_words,
   .at = offsetof(bl_convert, round)},
  {.name = "places", .read = bl_value_whole, .low = -20,
   .high = BL_DEC_SCALE, .at = offsetof(bl_convert, places)},
};

static const bl_shape convert_shape = {
  "a conversion", convert_fields, BL_COUNT(convert_fields)
};

int bl_value_convert(const bl_reader *r, const bl_field *field,
                     const bl_json *node, void *model) {
  bl_convert convert = {.by = BL_DEC_ONE, .round = BL_CONVERT_NONE};
  int rc = bl_shape_read(&convert_shape, r, node, 0, &convert);

  if (!rc)
    *(bl_convert *)(void *)((unsigned char *)model + field->at) = convert;
  return rc;
}
