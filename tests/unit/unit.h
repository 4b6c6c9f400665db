/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* unit.h - what the unit tests share. */
#ifndef UNIT_H
#define UNIT_H

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/dec.h"

/* A decimal from text that the test knows to be one. */
static inline bl_dec D(const char *text) {
  bl_dec v = BL_DEC_BAD;
  ck_assert_int_eq(bl_dec_parse(text, strlen(text), &v), 0);
  return v;
}

/* Compares by text, so that a failure shows both figures. */
#define ck_assert_dec_eq(value, text)                    \
  do {                                                   \
    char unit_dec_text[BL_DEC_TEXT];                     \
    bl_dec_print((value), unit_dec_text);                \
    ck_assert_str_eq(unit_dec_text, (text));             \
  } while (0)

#endif
