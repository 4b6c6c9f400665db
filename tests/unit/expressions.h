/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* expressions.h - what the tests of expressions share. */
#ifndef EXPRESSIONS_H
#define EXPRESSIONS_H

#include <stdio.h>

#include "documents.h"
#include "expression/program.h"

static bl_expression_fault expr_fault;

static inline int expr_read(const char *text, bl_expression *out) {
  memset(&expr_fault, 0, sizeof expr_fault);
  return bl_expression_read(bl_str_of(text), &doc_arena, out, &expr_fault);
}

/* The value as text: n:1.5, t:words, b:true; or what is wrong:
 * "parse 4", "run 4", "run 4 name" with the byte and what is missing. */
static inline const char *expr_of(const char *text, const char *properties) {
  static char out[500];
  bl_expression_event event = {BL_STR("llm"), 0, D("7"), NULL};
  bl_expression_value v;
  bl_expression program;

  event.time_us = INT64_C(1786631835250000);      /* 2026-08-13T14:37:15.25 */
  if (properties) event.properties = M(properties);
  if (expr_read(text, &program)) {
    snprintf(out, sizeof out, "parse %d", (int)expr_fault.at);
  } else if (bl_expression_run(&program, &event, &doc_arena, &v,
                               &expr_fault)) {
    snprintf(out, sizeof out, "run %d%s%.*s", (int)expr_fault.at,
             expr_fault.missing.len ? " " : "", (int)expr_fault.missing.len,
             expr_fault.missing.text);
  } else if (v.kind == BL_EXPRESSION_NUMBER) {
    char number[BL_DEC_TEXT];

    (void)bl_dec_print(v.number, number);
    snprintf(out, sizeof out, "n:%s", number);
  } else if (v.kind == BL_EXPRESSION_TRUTH) {
    snprintf(out, sizeof out, "b:%s", v.truth ? "true" : "false");
  } else {
    snprintf(out, sizeof out, "t:%.*s", (int)v.text.len, v.text.text);
  }
  return out;
}

typedef struct expr_case {
  const char *text;
  const char *properties;
  const char *result;
} expr_case;

#define ck_assert_expr(row)                                          \
  ck_assert_msg(!strcmp(expr_of((row).text, (row).properties),       \
                        (row).result), "%s gives %s, not %s",        \
                (row).text, expr_of((row).text, (row).properties),   \
                (row).result)

#endif
