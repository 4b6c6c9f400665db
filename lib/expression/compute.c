/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * compute.c - runs a program for one event.
 *
 *     concat('m-', round(event.value / 3, 2)) for an event of value 10
 *     3.333333333333333333, then 3.33, then m-3.33
 *
 * A text of the event that reads as a number is one, and keeps the decimals
 * it was written with for concat (value.c).  A division is rounded half even
 * at its 18th decimal.  What a step cannot do ends the run and names the
 * step's place.
 */
#include "base/time.h"
#include "expression/program.h"

typedef bl_expression_value compute_value;

typedef struct compute {
  const bl_expression       *program;
  const bl_expression_event *event;
  bl_arena                  *arena;
  compute_value             *stack;
  size_t                     height;
  size_t                     next;       /* step */
  int64_t                    gas;
  int                        rc;
  bl_expression_fault       *fault;
} compute;

/* A step works on the top of the stack. */
typedef void compute_step(compute *c, const bl_expression_step *step);

/* ---- failing ---- */

static void compute_fail(compute *c, const bl_expression_step *step, int rc,
                         const char *what) {
  if (c->rc) return;
  c->rc = rc;
  *c->fault = (bl_expression_fault){step->at, what, NULL, {"", 0}};
}

static void compute_spend(compute *c, const bl_expression_step *step,
                          size_t gas) {
  c->gas -= (int64_t)gas;
  if (c->gas < 0)
    compute_fail(c, step, BILLING_LIMIT, "this costs too many steps");
}

/* ---- values ---- */

static compute_value compute_number(bl_dec number) {
  return (compute_value){BL_EXPRESSION_NUMBER, 0, 0, number, {"", 0}};
}

static compute_value compute_truth(int truth) {
  return (compute_value){BL_EXPRESSION_TRUTH, (uint16_t)truth, 0,
                         BL_DEC_ZERO, {"", 0}};
}

static compute_value *compute_top(compute *c, size_t below) {
  assert(c->height > below);
  return &c->stack[c->height - 1 - below];
}

static void compute_push(compute *c, compute_value value) {
  assert(c->height < c->program->stack);
  c->stack[c->height++] = value;
}

/* The decimal at the top, or below it; the bad value after a failure. */
static bl_dec compute_dec(compute *c, const bl_expression_step *step,
                          size_t below) {
  const compute_value *v = compute_top(c, below);

  if (v->kind == BL_EXPRESSION_NUMBER) return v->number;
  compute_fail(c, step, BILLING_INVALID, "this needs a number");
  return BL_DEC_BAD;
}

/* The result of a step that took `count` values, and its decimals. */
static void compute_shown(compute *c, const bl_expression_step *step,
                          size_t count, bl_dec number, int places) {
  compute_value v = compute_number(number);

  if (bl_dec_is_bad(number))
    compute_fail(c, step, BILLING_LIMIT, "the result does not fit");
  if (places > BL_DEC_SCALE) places = BL_DEC_SCALE;
  v.places = (uint16_t)(places > 0 ? places : 0);
  c->height -= count;
  compute_push(c, v);
}

static void compute_result(compute *c, const bl_expression_step *step,
                           size_t count, bl_dec number) {
  compute_shown(c, step, count, number, 0);
}

/* true and false; the texts of these words too, as events write them. */
static int compute_is_true(compute *c, const bl_expression_step *step,
                           const compute_value *v) {
  if (v->kind == BL_EXPRESSION_TRUTH) return v->truth != 0;
  if (v->kind == BL_EXPRESSION_TEXT && bl_str_is(v->text, "true")) return 1;
  if (v->kind != BL_EXPRESSION_TEXT || !bl_str_is(v->text, "false"))
    compute_fail(c, step, BILLING_INVALID, "this needs true or false");
  return 0;
}

/* ---- what an event gives ---- */

static void compute_constant(compute *c, const bl_expression_step *step) {
  compute_push(c, c->program->constants[step->operand]);
}

static void compute_code(compute *c, const bl_expression_step *step) {
  (void)step;
  compute_push(c, bl_expression_given(c->event->code));
}

static void compute_time(compute *c, const bl_expression_step *step) {
  (void)step;
  compute_push(c, compute_number(bl_dec_of_int(
    bl_floor_div(c->event->time_us, BL_SECOND))));
}

static void compute_own_value(compute *c, const bl_expression_step *step) {
  (void)step;
  compute_push(c, compute_number(c->event->value));
}

/* Objects and arrays have no value here; null is absent. */
static compute_value compute_of_member(const bl_member *member) {
  compute_value none = {BL_EXPRESSION_ABSENT, 0, 0, BL_DEC_ZERO, {"", 0}};

  if (!member || member->kind == BL_JSON_NULL) return none;
  if (member->kind == BL_JSON_TRUE) return compute_truth(1);
  if (member->kind == BL_JSON_FALSE) return compute_truth(0);
  return bl_expression_given(member->value);
}

static void compute_perhaps(compute *c, const bl_expression_step *step) {
  bl_str name = c->program->constants[step->operand].text;
  const bl_members *all = c->event->properties;
  const bl_member *member = all ? bl_members_get(all, name) : NULL;

  if (all) compute_spend(c, step, all->count / 64);
  if (member && (member->kind == BL_JSON_OBJECT ||
                 member->kind == BL_JSON_ARRAY))
    compute_fail(c, step, BILLING_INVALID,
                 "this property is an object or an array");
  compute_push(c, compute_of_member(member));
}

static void compute_property(compute *c, const bl_expression_step *step) {
  compute_perhaps(c, step);
  if (compute_top(c, 0)->kind != BL_EXPRESSION_ABSENT || c->rc) return;
  compute_fail(c, step, BILLING_INVALID, "the event has no such property");
  c->fault->missing = c->program->constants[step->operand].text;
}

/* ---- arithmetic ---- */

static void compute_negate(compute *c, const bl_expression_step *step) {
  compute_shown(c, step, 1, bl_dec_neg(compute_dec(c, step, 0)),
                compute_top(c, 0)->places);
}

/* A sum has the decimals of the term that has more. */
static int compute_wider(compute *c) {
  int a = compute_top(c, 0)->places, b = compute_top(c, 1)->places;

  return a > b ? a : b;
}

static void compute_add(compute *c, const bl_expression_step *step) {
  compute_shown(c, step, 2, bl_dec_add(compute_dec(c, step, 1),
                                       compute_dec(c, step, 0)),
                compute_wider(c));
}

static void compute_subtract(compute *c, const bl_expression_step *step) {
  compute_shown(c, step, 2, bl_dec_sub(compute_dec(c, step, 1),
                                       compute_dec(c, step, 0)),
                compute_wider(c));
}

static void compute_multiply(compute *c, const bl_expression_step *step) {
  compute_shown(c, step, 2, bl_dec_mul(compute_dec(c, step, 1),
                                       compute_dec(c, step, 0)),
                compute_top(c, 0)->places + compute_top(c, 1)->places);
}

static void compute_divide(compute *c, const bl_expression_step *step) {
  bl_dec by = compute_dec(c, step, 0);

  if (bl_dec_is_zero(by))
    compute_fail(c, step, BILLING_INVALID, "this divides by zero");
  compute_result(c, step, 2, bl_dec_div(compute_dec(c, step, 1), by));
}

/* ---- rounding and extremes ---- */

/* Places beyond what a decimal has change nothing, or leave zero. */
static int compute_places(compute *c, const bl_expression_step *step) {
  bl_dec v;

  if (step->count == 1) return 0;
  v = compute_dec(c, step, 0);
  if (!c->rc && !bl_dec_is_integer(v))
    compute_fail(c, step, BILLING_INVALID, "places are a whole number");
  if (bl_dec_less(bl_dec_of_int(BL_DEC_SCALE), v)) return BL_DEC_SCALE;
  if (bl_dec_less(v, bl_dec_of_int(-20))) return -20;
  return c->rc ? 0 : (int)bl_dec_to_int(v);
}

static void compute_rounded(compute *c, const bl_expression_step *step,
                            int mode) {
  int places = compute_places(c, step);
  bl_dec v = compute_dec(c, step, step->count - 1);

  compute_shown(c, step, step->count, bl_dec_round(v, places, mode), places);
}

static void compute_round(compute *c, const bl_expression_step *step) {
  compute_rounded(c, step, BL_ROUND_HALF_AWAY);
}

static void compute_ceil(compute *c, const bl_expression_step *step) {
  compute_rounded(c, step, BL_ROUND_CEILING);
}

static void compute_floor(compute *c, const bl_expression_step *step) {
  compute_rounded(c, step, BL_ROUND_FLOOR);
}

static void compute_extreme(compute *c, const bl_expression_step *step) {
  int wanted = step->code == BL_STEP_LEAST ? -1 : 1;
  bl_dec v = compute_dec(c, step, 0);
  size_t best = 0;

  for (size_t i = 1; !c->rc && i < step->count; i++) {
    bl_dec other = compute_dec(c, step, i);

    if (bl_dec_cmp(other, v) != wanted) continue;
    v = other;
    best = i;
  }
  compute_shown(c, step, step->count, v, compute_top(c, best)->places);
}

/* ---- comparing ---- */

static bl_str compute_words(const compute_value *v) {
  if (v->kind != BL_EXPRESSION_TRUTH) return v->text;
  return v->truth ? BL_STR("true") : BL_STR("false");
}

/* A text beside a number is compared as the number that it reads as. */
static int compute_both_numbers(compute_value *a, compute_value *b) {
  if (a->kind == BL_EXPRESSION_NUMBER && b->kind == BL_EXPRESSION_TEXT)
    *b = bl_expression_given(b->text);
  if (b->kind == BL_EXPRESSION_NUMBER && a->kind == BL_EXPRESSION_TEXT)
    *a = bl_expression_given(a->text);
  return a->kind == BL_EXPRESSION_NUMBER && b->kind == BL_EXPRESSION_NUMBER;
}

/* -1, 0, 1; 2 for values that are no pair. */
static int compute_order(compute *c, const bl_expression_step *step) {
  compute_value a = *compute_top(c, 1), b = *compute_top(c, 0);

  if (compute_both_numbers(&a, &b)) return bl_dec_cmp(a.number, b.number);
  if (a.kind == BL_EXPRESSION_NUMBER || b.kind == BL_EXPRESSION_NUMBER)
    return 2;
  compute_spend(c, step, a.text.len / 64);
  return bl_str_order(compute_words(&a), compute_words(&b));
}

static void compute_compare(compute *c, const bl_expression_step *step) {
  int order = compute_order(c, step), holds;

  if (order == 2 && step->code > BL_STEP_UNEQUAL)
    compute_fail(c, step, BILLING_INVALID,
                 "a number and a text have no order");
  switch (step->code) {
  case BL_STEP_EQUAL:   holds = order == 0; break;
  case BL_STEP_UNEQUAL: holds = order != 0; break;
  case BL_STEP_LESS:    holds = order < 0;  break;
  case BL_STEP_AT_MOST: holds = order <= 0; break;
  case BL_STEP_MORE:    holds = order > 0;  break;
  default:              holds = order >= 0; break;
  }
  c->height -= 2;
  compute_push(c, compute_truth(holds));
}

static void compute_not(compute *c, const bl_expression_step *step) {
  compute_value *v = compute_top(c, 0);

  *v = compute_truth(!compute_is_true(c, step, v));
}

static void compute_as_truth(compute *c, const bl_expression_step *step) {
  compute_value *v = compute_top(c, 0);

  *v = compute_truth(compute_is_true(c, step, v));
}

static void compute_exists(compute *c, const bl_expression_step *step) {
  compute_value *v = compute_top(c, 0);

  (void)step;
  *v = compute_truth(v->kind != BL_EXPRESSION_ABSENT);
}

/* ---- where to go on ---- */

static void compute_go(compute *c, const bl_expression_step *step) {
  assert(step->operand >= c->next);
  c->next = step->operand;
}

static void compute_go_unless(compute *c, const bl_expression_step *step) {
  int is_true = compute_is_true(c, step, compute_top(c, 0));

  c->height--;
  if (!is_true) compute_go(c, step);
}

static void compute_go_present(compute *c, const bl_expression_step *step) {
  if (compute_top(c, 0)->kind == BL_EXPRESSION_ABSENT) c->height--;
  else compute_go(c, step);
}

/* ---- texts and times ---- */

static void compute_concat(compute *c, const bl_expression_step *step) {
  compute_value joined = {BL_EXPRESSION_TEXT, 0, 0, BL_DEC_ZERO, {"", 0}};
  bl_text text;

  bl_text_open(&text, c->arena);
  for (size_t i = step->count; !c->rc && i-- > 0;) {
    const compute_value *v = compute_top(c, i);

    compute_spend(c, step, v->text.len / 16);
    if (!c->rc) bl_expression_print(v, &text);
  }
  if (text.failed) c->rc = c->rc ? c->rc : BILLING_NOMEM;
  else if (text.len) joined.text = (bl_str){text.text, text.len};
  c->height -= step->count;
  compute_push(c, joined);
}

/* Microseconds of a number of seconds. */
static int64_t compute_instant(compute *c, const bl_expression_step *step) {
  bl_dec seconds = compute_dec(c, step, 0);
  int64_t us = bl_dec_to_int(bl_dec_mul(seconds, bl_dec_of_int(BL_SECOND)));

  if (us >= BL_TIME_MIN && us <= BL_TIME_MAX) return us;
  compute_fail(c, step, BILLING_LIMIT, "this is no time of the years 1 to "
                                       "9999");
  return 0;
}

static void compute_seconds(compute *c, const bl_expression_step *step,
                            int64_t us) {
  compute_result(c, step, step->count,
                 bl_dec_div(bl_dec_of_int(us), bl_dec_of_int(BL_SECOND)));
}

static void compute_date_trunc(compute *c, const bl_expression_step *step) {
  const compute_value *unit = compute_top(c, 1);
  int64_t us = compute_instant(c, step);

  if (unit->kind != BL_EXPRESSION_TEXT ||
      !bl_time_floor(unit->text, us, &us))
    compute_fail(c, step, BILLING_INVALID,
                 "units are second, minute, hour, day, week, month, year");
  compute_seconds(c, step, us);
}

static void compute_timestamp(compute *c, const bl_expression_step *step) {
  const compute_value *v = compute_top(c, 0);
  int64_t us = 0;

  if (v->kind == BL_EXPRESSION_NUMBER) return;
  if (v->kind != BL_EXPRESSION_TEXT || !bl_time_parse(v->text, &us))
    compute_fail(c, step, BILLING_INVALID,
                 "this needs a time such as 2026-01-31T00:00:00Z");
  compute_seconds(c, step, us);
}

/* ---- the run ---- */

static compute_step *const compute_steps[BL_STEPS] = {
  [BL_STEP_CONSTANT]   = compute_constant,
  [BL_STEP_CODE]       = compute_code,
  [BL_STEP_TIME]       = compute_time,
  [BL_STEP_VALUE]      = compute_own_value,
  [BL_STEP_PROPERTY]   = compute_property,
  [BL_STEP_PERHAPS]    = compute_perhaps,
  [BL_STEP_NEGATE]     = compute_negate,
  [BL_STEP_ADD]        = compute_add,
  [BL_STEP_SUBTRACT]   = compute_subtract,
  [BL_STEP_MULTIPLY]   = compute_multiply,
  [BL_STEP_DIVIDE]     = compute_divide,
  [BL_STEP_EQUAL]      = compute_compare,
  [BL_STEP_UNEQUAL]    = compute_compare,
  [BL_STEP_LESS]       = compute_compare,
  [BL_STEP_AT_MOST]    = compute_compare,
  [BL_STEP_MORE]       = compute_compare,
  [BL_STEP_AT_LEAST]   = compute_compare,
  [BL_STEP_NOT]        = compute_not,
  [BL_STEP_TRUTH]      = compute_as_truth,
  [BL_STEP_GO]         = compute_go,
  [BL_STEP_GO_UNLESS]  = compute_go_unless,
  [BL_STEP_GO_PRESENT] = compute_go_present,
  [BL_STEP_EXISTS]     = compute_exists,
  [BL_STEP_CONCAT]     = compute_concat,
  [BL_STEP_ROUND]      = compute_round,
  [BL_STEP_CEIL]       = compute_ceil,
  [BL_STEP_FLOOR]      = compute_floor,
  [BL_STEP_LEAST]      = compute_extreme,
  [BL_STEP_GREATEST]   = compute_extreme,
  [BL_STEP_DATE_TRUNC] = compute_date_trunc,
  [BL_STEP_TIMESTAMP]  = compute_timestamp,
};

int bl_expression_run(const bl_expression *program,
                      const bl_expression_event *event, bl_arena *arena,
                      bl_expression_value *out, bl_expression_fault *fault) {
  compute c = {program, event, arena, NULL, 0, 0, BL_LIMIT_EXPRESSION_GAS,
               BILLING_OK, fault};

  assert(program && event && arena && out && fault);
  assert(program->stack > 0 && bl_dec_is_valid(event->value));
  c.stack = bl_arena_array(arena, program->stack, sizeof *c.stack);
  if (!c.stack) return BILLING_NOMEM;
  while (!c.rc && c.next < program->step_count) {
    const bl_expression_step *step = &program->steps[c.next++];

    compute_spend(&c, step, 1);
    if (!c.rc) compute_steps[step->code](&c, step);
  }
  if (c.rc) return c.rc;
  assert(c.height == 1 && c.stack[0].kind != BL_EXPRESSION_ABSENT);
  *out = c.stack[0];
  return BILLING_OK;
}
