/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * parse.c - from the text of an expression to its program.
 *
 *     1 + 2 * event.value
 *     constant 1, constant 2, value, multiply, add
 *
 *     if(event.properties.a > 0, 1, 2)
 *     property a, constant 0, more, go_unless 6, constant 1, go 7,
 *     6: constant 2
 *
 *     any     := each { or each }
 *     each    := not { and not }
 *     not     := [ 'not' ] compare
 *     compare := sum [ ( = | == | != | <> | < | <= | > | >= ) sum ]
 *     sum     := product { ( + | - ) product }
 *     product := atom { ( * | / ) atom }
 *     atom    := [ - ] ( number | text | true | false | event.WORD
 *                        | event.properties.NAME | event.properties['NAME']
 *                        | function ( any { , any } ) | ( any ) )
 *
 * A minus stands at most once before an atom.  Nothing is looked at that is
 * not needed: of if() one branch is run, of and, or and coalesce() as many as
 * decide.
 */
#include "expression/program.h"

/* ---- tokens ---- */

static void parse_advance(bl_parser *p) {
  p->token = bl_token_next(p->source, p->end, &p->end);
  if (p->token.kind == BL_TOKEN_WRONG)
    bl_parser_fail(p, BILLING_INVALID, p->token.at, p->token.what, NULL);
}

static int parse_is_mark(const bl_parser *p, const char *mark) {
  return p->token.kind == BL_TOKEN_MARK && bl_str_is(p->token.text, mark);
}

static int parse_is_word(const bl_parser *p, const char *word) {
  return p->token.kind == BL_TOKEN_WORD &&
         bl_token_spells(p->token.text, word);
}

static int parse_take(bl_parser *p, const char *mark) {
  if (p->rc || !parse_is_mark(p, mark)) return 0;
  parse_advance(p);
  return 1;
}

static void parse_need(bl_parser *p, const char *mark, const char *what) {
  if (!parse_take(p, mark))
    bl_parser_fail(p, BILLING_INVALID, p->token.at, what, NULL);
}

/* ---- the grammar ---- */

static void parse_any(bl_parser *p);

static void parse_enter(bl_parser *p) {
  if (++p->depth > BL_LIMIT_EXPRESSION_DEPTH)
    bl_parser_fail(p, BILLING_LIMIT, p->token.at, "this is nested too deeply",
                   NULL);
}

static void parse_number(bl_parser *p) {
  bl_expression_value v;
  bl_str text = p->token.text;

  while (text.len > 1 && text.text[0] == '0' && text.text[1] != '.')
    text = (bl_str){text.text + 1, text.len - 1};
  v = bl_expression_given(text);
  if (v.kind != BL_EXPRESSION_NUMBER)
    bl_parser_fail(p, BILLING_LIMIT, p->token.at, "this number does not fit",
                   "up to 20 digits before the point and 18 behind it");
  bl_parser_push(p, v, p->token.at);
  parse_advance(p);
}

/* The text of the token, '' being one quote. */
static bl_str parse_unquoted(bl_parser *p) {
  bl_str from = p->token.text;
  char *out = bl_arena_copy(p->arena, from.text, from.len);
  size_t len = 0;

  if (!out) {
    bl_parser_nomem(p);
    return (bl_str){"", 0};
  }
  for (size_t i = 0; i < from.len; i++, len++) {
    out[len] = from.text[i];
    if (from.text[i] == '\'') i++;
  }
  return (bl_str){out, len};
}

static void parse_text(bl_parser *p) {
  bl_expression_value v = {BL_EXPRESSION_TEXT, 0, 0, BL_DEC_ZERO, {"", 0}};

  v.text = parse_unquoted(p);
  bl_parser_push(p, v, p->token.at);
  parse_advance(p);
}

static void parse_property(bl_parser *p, bl_str name, size_t at) {
  bl_expression_value v = {BL_EXPRESSION_TEXT, 0, 0, BL_DEC_ZERO, name};
  uint32_t place = bl_parser_constant(p, v);

  (void)bl_parser_step(p, BL_STEP_PROPERTY, 0, place, at);
}

/* event.properties['a name that is no word'] */
static void parse_named(bl_parser *p, size_t at) {
  bl_str name;

  parse_need(p, "[", "a property has a name");
  if (p->token.kind != BL_TOKEN_TEXT)
    bl_parser_fail(p, BILLING_INVALID, p->token.at, "a property has a name",
                   "such as event.properties['cache hits']");
  if (p->rc) return;
  name = parse_unquoted(p);
  parse_advance(p);
  parse_need(p, "]", "the bracket is not closed");
  parse_property(p, name, at);
}

static const char parse_variables[] =
  "event.code, event.timestamp, event.value or event.properties.NAME";

static void parse_variable(bl_parser *p) {
  static const struct parse_variable_row {
    const char *name;
    uint32_t    code;
  } rows[] = {
    {"event.code", BL_STEP_CODE}, {"event.timestamp", BL_STEP_TIME},
    {"event.value", BL_STEP_VALUE},
  };
  static const char path[] = "event.properties.";
  size_t at = p->token.at, skip = sizeof path - 1;
  bl_str word = p->token.text;

  parse_advance(p);
  for (size_t i = 0; i < BL_COUNT(rows); i++)
    if (bl_str_is(word, rows[i].name)) {
      (void)bl_parser_step(p, rows[i].code, 0, 0, at);
      return;
    }
  if (bl_str_is(word, "event.properties")) {
    parse_named(p, at);
    return;
  }
  if (word.len <= skip || memcmp(word.text, path, skip) ||
      memchr(word.text + skip, '.', word.len - skip)) {
    bl_parser_fail(p, BILLING_INVALID, at, "an event has no such member",
                   parse_variables);
    return;
  }
  parse_property(p, (bl_str){word.text + skip, word.len - skip}, at);
}

/* ---- functions ---- */

static uint32_t parse_arguments(bl_parser *p) {
  uint32_t count = 0;

  do {
    parse_any(p);
    count++;
  } while (parse_take(p, ","));
  return count;
}

/* One branch is run; the other one finds the stack as the first did. */
static uint32_t parse_if(bl_parser *p, size_t at) {
  size_t unless, end;

  parse_any(p);
  unless = bl_parser_step(p, BL_STEP_GO_UNLESS, 0, 0, at);
  parse_need(p, ",", "if takes a condition and two values");
  parse_any(p);
  end = bl_parser_step(p, BL_STEP_GO, 0, 0, at);
  bl_parser_land(p, unless);
  parse_need(p, ",", "if takes a condition and two values");
  if (p->rc) return 0;
  p->height--;
  parse_any(p);
  bl_parser_land(p, end);
  return 3;
}

/* Whether what was read since `first` is a property by itself. */
static int parse_is_property(const bl_parser *p, size_t first) {
  return !p->rc && p->step_count == first + 1 &&
         p->steps[first].code == BL_STEP_PROPERTY;
}

static uint32_t parse_exists(bl_parser *p, size_t at) {
  size_t first = p->step_count;

  parse_any(p);
  if (!parse_is_property(p, first))
    bl_parser_fail(p, BILLING_INVALID, at, "exists asks for a property",
                   "such as exists(event.properties.region)");
  if (p->rc) return 0;
  p->steps[first].code = BL_STEP_PERHAPS;
  (void)bl_parser_step(p, BL_STEP_EXISTS, 0, 0, at);
  return 1;
}

/* The first that is there; the last must be.  A value that stays takes the
 * same place on the stack as one that comes. */
static uint32_t parse_coalesce(bl_parser *p, size_t at) {
  size_t previous = SIZE_MAX, step;

  for (;;) {
    size_t first = p->step_count;
    int is_property;

    parse_any(p);
    is_property = parse_is_property(p, first);
    if (!parse_take(p, ",")) break;
    if (is_property) p->steps[first].code = BL_STEP_PERHAPS;
    step = bl_parser_step(p, BL_STEP_GO_PRESENT, 0, (uint32_t)previous, at);
    previous = step;
  }
  while (!p->rc && previous != UINT32_MAX && previous != SIZE_MAX) {
    step = p->steps[previous].operand;
    bl_parser_land(p, previous);
    previous = step;
  }
  return 1;
}

typedef uint32_t parse_special(bl_parser *p, size_t at);

static const struct parse_function {
  const char    *name;
  uint32_t       code;
  uint32_t       least;
  uint32_t       most;
  parse_special *special;          /* reads its arguments itself */
} parse_functions[] = {
  {"concat",     BL_STEP_CONCAT,     1, UINT32_MAX, NULL},
  {"round",      BL_STEP_ROUND,      1, 2,          NULL},
  {"ceil",       BL_STEP_CEIL,       1, 2,          NULL},
  {"floor",      BL_STEP_FLOOR,      1, 2,          NULL},
  {"least",      BL_STEP_LEAST,      1, UINT32_MAX, NULL},
  {"greatest",   BL_STEP_GREATEST,   1, UINT32_MAX, NULL},
  {"date_trunc", BL_STEP_DATE_TRUNC, 2, 2,          NULL},
  {"timestamp",  BL_STEP_TIMESTAMP,  1, 1,          NULL},
  {"if",         0,                  3, 3,          parse_if},
  {"exists",     0,                  1, 1,          parse_exists},
  {"coalesce",   0,                  1, 1,          parse_coalesce},
};

static const char parse_names[] =
  "concat, round, ceil, floor, least, greatest, if, exists, coalesce, "
  "date_trunc, timestamp; in lower, UPPER or Capitalised letters";

static void parse_call(bl_parser *p) {
  const struct parse_function *f = NULL;
  size_t at = p->token.at;
  uint32_t count;

  for (size_t i = 0; !f && i < BL_COUNT(parse_functions); i++)
    if (bl_token_spells(p->token.text, parse_functions[i].name))
      f = &parse_functions[i];
  if (!f) {
    bl_parser_fail(p, BILLING_INVALID, at, "there is no such function",
                   parse_names);
    return;
  }
  parse_advance(p);
  parse_need(p, "(", "a function has its arguments in brackets");
  count = f->special ? f->special(p, at) : parse_arguments(p);
  parse_need(p, ")", "the bracket is not closed");
  if (count < f->least || count > f->most)
    bl_parser_fail(p, BILLING_INVALID, at,
                   "this function takes another number of arguments", NULL);
  if (!f->special) (void)bl_parser_step(p, f->code, count, 0, at);
}

/* ---- operators ---- */

static void parse_word(bl_parser *p) {
  bl_str word = p->token.text;
  int is_true = bl_token_spells(word, "true");

  if (is_true || bl_token_spells(word, "false")) {
    bl_parser_truth(p, (uint32_t)is_true, p->token.at);
    parse_advance(p);
  } else if (word.len >= 6 && !memcmp(word.text, "event.", 6)) {
    parse_variable(p);
  } else {
    parse_call(p);
  }
}

static void parse_primary(bl_parser *p) {
  if (p->rc) return;
  switch (p->token.kind) {
  case BL_TOKEN_NUMBER: parse_number(p); return;
  case BL_TOKEN_TEXT:   parse_text(p);   return;
  case BL_TOKEN_WORD:   parse_word(p);   return;
  default:
    if (!parse_take(p, "(")) {
      bl_parser_fail(p, BILLING_INVALID, p->token.at, "a value is missing",
                     "a number, a 'text', an event's member, a function");
      return;
    }
    parse_any(p);
    parse_need(p, ")", "the bracket is not closed");
  }
}

static void parse_atom(bl_parser *p) {
  size_t at = p->token.at;
  int is_negative = parse_take(p, "-");

  parse_primary(p);
  if (is_negative) (void)bl_parser_step(p, BL_STEP_NEGATE, 0, 0, at);
}

typedef struct parse_operator {
  const char *mark;
  uint32_t    code;
} parse_operator;

/* The operator that stands here, taken; NULL when it is none of them. */
static const parse_operator *parse_one_of(bl_parser *p,
                                          const parse_operator *list) {
  for (; list->mark; list++)
    if (parse_take(p, list->mark)) return list;
  return NULL;
}

static void parse_product(bl_parser *p) {
  static const parse_operator marks[] = {
    {"*", BL_STEP_MULTIPLY}, {"/", BL_STEP_DIVIDE}, {NULL, 0}
  };
  const parse_operator *mark;
  size_t at;

  parse_atom(p);
  for (;;) {
    at = p->token.at;
    mark = parse_one_of(p, marks);
    if (!mark) return;
    parse_atom(p);
    (void)bl_parser_step(p, mark->code, 0, 0, at);
  }
}

static void parse_sum(bl_parser *p) {
  static const parse_operator marks[] = {
    {"+", BL_STEP_ADD}, {"-", BL_STEP_SUBTRACT}, {NULL, 0}
  };
  const parse_operator *mark;
  size_t at;

  parse_product(p);
  for (;;) {
    at = p->token.at;
    mark = parse_one_of(p, marks);
    if (!mark) return;
    parse_product(p);
    (void)bl_parser_step(p, mark->code, 0, 0, at);
  }
}

static void parse_compare(bl_parser *p) {
  static const parse_operator marks[] = {
    {"=", BL_STEP_EQUAL}, {"==", BL_STEP_EQUAL}, {"!=", BL_STEP_UNEQUAL},
    {"<>", BL_STEP_UNEQUAL}, {"<=", BL_STEP_AT_MOST}, {"<", BL_STEP_LESS},
    {">=", BL_STEP_AT_LEAST}, {">", BL_STEP_MORE}, {NULL, 0}
  };
  const parse_operator *mark;
  size_t at;

  parse_sum(p);
  at = p->token.at;
  mark = parse_one_of(p, marks);
  if (!mark) return;
  parse_sum(p);
  (void)bl_parser_step(p, mark->code, 0, 0, at);
}

static void parse_not(bl_parser *p) {
  size_t at = p->token.at;
  int is_not = !p->rc && parse_is_word(p, "not");

  if (is_not) parse_advance(p);
  parse_compare(p);
  if (is_not) (void)bl_parser_step(p, BL_STEP_NOT, 0, 0, at);
}

/* `a and b` is if(a, b, false); `a or b` is if(a, true, b). */
static void parse_pair(bl_parser *p, int is_and,
                       void (*next)(bl_parser *parser), size_t at) {
  size_t unless = bl_parser_step(p, BL_STEP_GO_UNLESS, 0, 0, at), end;

  if (is_and) next(p);
  else bl_parser_truth(p, 1, at);
  (void)bl_parser_step(p, BL_STEP_TRUTH, 0, 0, at);
  end = bl_parser_step(p, BL_STEP_GO, 0, 0, at);
  bl_parser_land(p, unless);
  if (p->rc) return;
  p->height--;
  if (is_and) bl_parser_truth(p, 0, at);
  else next(p);
  (void)bl_parser_step(p, BL_STEP_TRUTH, 0, 0, at);
  bl_parser_land(p, end);
}

static void parse_each(bl_parser *p) {
  parse_not(p);
  while (!p->rc && parse_is_word(p, "and")) {
    size_t at = p->token.at;

    parse_advance(p);
    parse_pair(p, 1, parse_not, at);
  }
}

static void parse_any(bl_parser *p) {
  parse_enter(p);
  if (p->rc) return;
  parse_each(p);
  while (!p->rc && parse_is_word(p, "or")) {
    size_t at = p->token.at;

    parse_advance(p);
    parse_pair(p, 0, parse_each, at);
  }
  p->depth--;
}

int bl_expression_read(bl_str source, bl_arena *arena, bl_expression *out,
                       bl_expression_fault *fault) {
  bl_parser p = {.arena = arena, .source = source, .fault = fault};

  assert(source.text && arena && out && fault);
  if (source.len > BL_LIMIT_EXPRESSION_BYTES) {
    bl_parser_fail(&p, BILLING_LIMIT, BL_LIMIT_EXPRESSION_BYTES,
                   "this expression is too long", NULL);
    return p.rc;
  }
  p.source = bl_arena_str(arena, source);
  if (!p.source.text) bl_parser_nomem(&p);
  else parse_advance(&p);
  parse_any(&p);
  if (p.token.kind != BL_TOKEN_END)
    bl_parser_fail(&p, BILLING_INVALID, p.token.at,
                   "the expression should end here", NULL);
  if (p.rc) return p.rc;
  assert(p.height == 1);
  *out = (bl_expression){p.source, p.steps, p.step_count, p.constants,
                         p.stack};
  return BILLING_OK;
}
