/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* program.h - what the files of this folder share. */
#ifndef BL_PROGRAM_H
#define BL_PROGRAM_H

#include "base/limit.h"
#include "expression/expression.h"

/* Steps.  Each pops what it takes and pushes one value, jumps apart. */
enum {
  BL_STEP_CONSTANT,        /* operand: its place */
  BL_STEP_CODE,
  BL_STEP_TIME,
  BL_STEP_VALUE,
  BL_STEP_PROPERTY,        /* operand: the constant that is its name */
  BL_STEP_PERHAPS,         /* the same; absent is a value */
  BL_STEP_NEGATE,
  BL_STEP_ADD, BL_STEP_SUBTRACT, BL_STEP_MULTIPLY, BL_STEP_DIVIDE,
  BL_STEP_EQUAL, BL_STEP_UNEQUAL, BL_STEP_LESS, BL_STEP_AT_MOST,
  BL_STEP_MORE, BL_STEP_AT_LEAST,
  BL_STEP_NOT,
  BL_STEP_TRUTH,           /* must be true or false */
  BL_STEP_GO,              /* operand: the next step */
  BL_STEP_GO_UNLESS,       /* pops a truth */
  BL_STEP_GO_PRESENT,      /* keeps what is there, pops what is absent */
  BL_STEP_EXISTS,
  BL_STEP_CONCAT,
  BL_STEP_ROUND, BL_STEP_CEIL, BL_STEP_FLOOR,
  BL_STEP_LEAST, BL_STEP_GREATEST,
  BL_STEP_DATE_TRUNC,
  BL_STEP_TIMESTAMP,
  BL_STEPS
};

/* ---- lex.c ---- */

/* TOKEN_WORD is a name with the dots in it: event.properties.tokens. */
enum { BL_TOKEN_END, BL_TOKEN_NUMBER, BL_TOKEN_TEXT, BL_TOKEN_WORD,
       BL_TOKEN_MARK, BL_TOKEN_WRONG };

typedef struct bl_token {
  uint32_t    kind;        /* BL_TOKEN_* */
  uint32_t    at;          /* byte of the source */
  bl_str      text;        /* of a text: without its quotes, '' as written */
  const char *what;        /* WRONG: why */
} bl_token;

bl_token bl_token_next(bl_str source, size_t at, size_t *end);
/* Whether the text is the word in lower, UPPER or Capitalised letters. */
int bl_token_spells(bl_str text, const char *word);

/* ---- emit.c ---- */

typedef struct bl_parser {
  bl_arena            *arena;
  bl_str               source;
  bl_token             token;      /* the next one */
  size_t               end;        /* where the one after it begins */
  bl_expression_step  *steps;
  size_t               step_count;
  size_t               step_cap;
  bl_expression_value *constants;
  size_t               constant_count;
  size_t               constant_cap;
  size_t               height;     /* values on the stack now */
  size_t               stack;      /* and at most */
  uint32_t             depth;
  int                  rc;         /* sticky */
  bl_expression_fault *fault;
} bl_parser;

void     bl_parser_fail(bl_parser *p, int rc, size_t at, const char *what,
                        const char *hint);
void     bl_parser_nomem(bl_parser *p);
/* Returns the step's place; of no meaning after a failure. */
size_t   bl_parser_step(bl_parser *p, uint32_t code, uint32_t count,
                        uint32_t operand, size_t at);
uint32_t bl_parser_constant(bl_parser *p, bl_expression_value value);
void     bl_parser_push(bl_parser *p, bl_expression_value value, size_t at);
void     bl_parser_truth(bl_parser *p, uint32_t truth, size_t at);
/* The step `from` goes on behind the last one. */
void     bl_parser_land(bl_parser *p, size_t from);

/* ---- value.c ---- */

/* The value of a text of the event: one that reads as a number is that. */
bl_expression_value bl_expression_given(bl_str text);

#endif
