/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * value.c - values, and the digits that they are written with.
 *
 *     1.50 is written 1.50, and 1.50 + 1 is 2.50, and 1.50 * 1.5 is 2.250
 *     1e3 is written 1000; 10 / 4 is 2.5
 */
#include "expression/program.h"

/* The decimals that a number was written with; none with an exponent. */
static uint16_t value_places(bl_str text) {
  const char *point = memchr(text.text, '.', text.len);
  size_t places = point ? (size_t)(text.text + text.len - point) - 1 : 0;

  if (memchr(text.text, 'e', text.len) || memchr(text.text, 'E', text.len))
    return 0;
  return (uint16_t)(places < BL_DEC_SCALE ? places : BL_DEC_SCALE);
}

bl_expression_value bl_expression_given(bl_str text) {
  bl_expression_value v = {BL_EXPRESSION_TEXT, 0, 0, BL_DEC_ZERO, text};

  if (bl_dec_parse(text.text, text.len, &v.number)) return v;
  v.kind   = BL_EXPRESSION_NUMBER;
  v.places = value_places(text);
  return v;
}

static void value_print_number(const bl_expression_value *v, bl_text *out) {
  char text[BL_DEC_TEXT];
  size_t len = bl_dec_print(v->number, text), has;
  const char *point = memchr(text, '.', len);

  assert(len > 0 && v->places <= BL_DEC_SCALE);
  has = point ? (size_t)(text + len - point) - 1 : 0;
  bl_text_add(out, text, len);
  if (!point && v->places) bl_text_add(out, ".", 1);
  if (has < v->places) bl_text_fill(out, '0', v->places - has);
}

void bl_expression_print(const bl_expression_value *value, bl_text *out) {
  if (value->kind == BL_EXPRESSION_NUMBER) value_print_number(value, out);
  else if (value->kind == BL_EXPRESSION_TEXT) bl_text_str(out, value->text);
  else bl_text_c(out, value->truth ? "true" : "false");
}
