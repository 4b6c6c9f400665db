/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * emit.c - what the parser writes: steps, constants, and how high the stack
 * of values grows.
 *
 *     1 + 2 * event.value
 *     constant 0, constant 1, value, multiply, add; three values at once
 */
#include "expression/program.h"

void bl_parser_fail(bl_parser *p, int rc, size_t at, const char *what,
                    const char *hint) {
  if (p->rc) return;
  p->rc = rc;
  *p->fault = (bl_expression_fault){at, what, hint, {"", 0}};
}

void bl_parser_nomem(bl_parser *p) {
  bl_parser_fail(p, BILLING_NOMEM, 0, "out of memory", NULL);
}

/* What a step leaves, less what it takes. */
static int emit_growth(uint32_t code, uint32_t count) {
  if (code <= BL_STEP_PERHAPS) return 1;
  if (code >= BL_STEP_ADD && code <= BL_STEP_AT_LEAST) return -1;
  if (code == BL_STEP_GO_UNLESS || code == BL_STEP_GO_PRESENT) return -1;
  if (code >= BL_STEP_CONCAT) return 1 - (int)count;
  return 0;
}

size_t bl_parser_step(bl_parser *p, uint32_t code, uint32_t count,
                      uint32_t operand, size_t at) {
  bl_expression_step *step;

  assert(code < BL_STEPS && at <= p->source.len);
  if (p->rc) return 0;
  step = bl_arena_push(p->arena, (void **)&p->steps, &p->step_count,
                       &p->step_cap, sizeof *step);
  if (!step) {
    bl_parser_nomem(p);
    return 0;
  }
  *step = (bl_expression_step){code, count, operand, (uint32_t)at};
  p->height = (size_t)((int)p->height + emit_growth(code, count));
  if (p->height > p->stack) p->stack = p->height;
  return p->step_count++;
}

uint32_t bl_parser_constant(bl_parser *p, bl_expression_value value) {
  bl_expression_value *slot;

  if (p->rc) return 0;
  slot = bl_arena_push(p->arena, (void **)&p->constants, &p->constant_count,
                       &p->constant_cap, sizeof *slot);
  if (!slot) {
    bl_parser_nomem(p);
    return 0;
  }
  *slot = value;
  return (uint32_t)p->constant_count++;
}

void bl_parser_push(bl_parser *p, bl_expression_value value, size_t at) {
  uint32_t place = bl_parser_constant(p, value);

  (void)bl_parser_step(p, BL_STEP_CONSTANT, 0, place, at);
}

void bl_parser_truth(bl_parser *p, uint32_t truth, size_t at) {
  bl_expression_value v = {BL_EXPRESSION_TRUTH, (uint16_t)truth, 0,
                           BL_DEC_ZERO, {"", 0}};

  bl_parser_push(p, v, at);
}

void bl_parser_land(bl_parser *p, size_t from) {
  assert(p->rc || from < p->step_count);
  if (!p->rc) p->steps[from].operand = (uint32_t)p->step_count;
}
