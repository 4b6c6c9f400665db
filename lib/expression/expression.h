/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * expression.h - a small language over one event: numbers are exact decimals,
 * nothing loops, nothing is read but the event.
 *
 *     round(event.properties.bytes / 1024, 2)
 *     if(event.properties.cached, 0, event.properties.tokens)
 *     concat(event.properties.region, '-', event.code)
 *
 * The text is read once into a program and run for each event.  What this
 * folder knows is base alone: documents are read with it, and kernels run it.
 */
#ifndef BL_EXPRESSION_H
#define BL_EXPRESSION_H

#include "base/json_scan.h"

/* ABSENT stays inside: coalesce and exists look at it. */
enum { BL_EXPRESSION_ABSENT, BL_EXPRESSION_NUMBER, BL_EXPRESSION_TEXT,
       BL_EXPRESSION_TRUTH };

typedef struct bl_expression_value {
  uint32_t kind;           /* BL_EXPRESSION_* */
  uint16_t truth;
  uint16_t places;         /* of a number: the decimals that its text has, at
                              least: 1.50 has two, and so has 1.50 + 1 */
  bl_dec   number;
  bl_str   text;
} bl_expression_value;

/* The value as concat writes it. */
void bl_expression_print(const bl_expression_value *value, bl_text *out);

/* One step of a program. */
typedef struct bl_expression_step {
  uint32_t code;
  uint32_t count;          /* how many values a call takes */
  uint32_t operand;        /* a constant's place, or where to go on */
  uint32_t at;             /* byte of the source, for errors */
} bl_expression_step;

typedef struct bl_expression {
  bl_str                     source;
  const bl_expression_step  *steps;
  size_t                     step_count;
  const bl_expression_value *constants;
  size_t                     stack;      /* values at once, at most */
} bl_expression;

/* What is wrong, and where in the source. */
typedef struct bl_expression_fault {
  size_t      at;          /* byte, from 0 */
  const char *what;
  const char *hint;        /* what would be right, or NULL */
  bl_str      missing;     /* the property that the event lacks, or empty */
} bl_expression_fault;

typedef struct bl_expression_event {
  bl_str            code;          /* its name */
  int64_t           time_us;
  bl_dec            value;
  const bl_members *properties;    /* or NULL */
} bl_expression_event;

/*
 * Reads the text; the program lives in the arena, which must not fail
 * silently later.  INVALID, or LIMIT when it is too long or too deep, with
 * the fault; NOMEM.
 */
int bl_expression_read(bl_str source, bl_arena *arena, bl_expression *out,
                       bl_expression_fault *fault);

/*
 * The value for an event.  INVALID with the fault when a property is missing,
 * a text stands where a number must, or a divisor is zero; LIMIT when a result
 * does not fit or the gas is used up: one for each step, and more for long
 * texts.  Texts lie in the event, the program or the arena.
 */
int bl_expression_run(const bl_expression *program,
                      const bl_expression_event *event, bl_arena *arena,
                      bl_expression_value *out, bl_expression_fault *fault);

#endif
