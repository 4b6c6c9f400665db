/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * evaluate_tax.c - which taxes a line has, numbers of invoices, thresholds
 * that a figure crosses.
 *
 *     {"kernel":"tax_place","seller":"FR","customer":"IT","business":true}
 *     -> {"treatment":"reverse_charge"}
 *
 *     {"kernel":"tax_choice","kind":"usage","levels":{"plan":["a"],
 *      "customer":["b"]}} -> {"codes":["a"],"level":"plan"}
 *
 *     {"kernel":"crossings","thresholds":["10","30","50"],"step":"100",
 *      "from":"33","to":"351"} -> {"crossed":["50","150","250","350"]}
 */
#include "engine/evaluate.h"
#include "engine/evaluate_terms.h"
#include "invoice/invoice.h"

typedef struct levy_terms {
  const bl_json *levels;
  const bl_json *thresholds;
  bl_str         seller;
  bl_str         customer;
  bl_dec         step;
  bl_dec         from;
  bl_dec         to;
  bl_dec         billed;
  uint32_t       kind;
  uint32_t       direction;
  uint32_t       is_business;
  uint32_t       reserved;
} levy_terms;

#define LEVY_AT(member) offsetof(levy_terms, member)
#define LEVY_READ(fields, terms)                                          \
  levy_read(ask, fields, BL_COUNT(fields), terms)

static int levy_read(bl_ask *ask, const bl_field *fields, size_t count,
                     levy_terms *out) {
  bl_shape shape = {"a request", fields, count};

  memset(out, 0, sizeof *out);
  return bl_shape_read(&shape, &ask->top, ask->doc, 0, out);
}

/* ---- where, and by which level ---- */

int bl_ask_tax_place(bl_ask *ask) {
  static const char *const words[] = {
    [BL_TAX_STANDARD] = "standard", [BL_TAX_REVERSE] = "reverse_charge",
    [BL_TAX_EXEMPT] = "exempt"
  };
  static const bl_field fields[] = {
    BL_ASK_KERNEL,
    {.name = "seller", .read = bl_value_label, .high = 2,
     .needed = BL_ALWAYS, .at = LEVY_AT(seller)},
    {.name = "customer", .read = bl_value_label, .high = 2,
     .needed = BL_ALWAYS, .at = LEVY_AT(customer)},
    {.name = "business", .read = bl_value_truth, .at = LEVY_AT(is_business)},
  };
  levy_terms t;
  int rc = LEVY_READ(fields, &t);

  if (!rc)
    (void)bl_json_add_c(ask->out, "treatment",
                        words[bl_tax_place(t.seller, t.customer,
                                           (int)t.is_business)]);
  return rc;
}

static const char *const levy_kinds[] = {"base", "usage", "fixed", "add_on",
                                         "commitment", NULL};

/* The first of these levels that has codes wins entirely: what was said of
 * the line, of its own item, of the plan, the customer, the seller. */
static const char *levy_level(uint32_t kind, size_t place) {
  static const char *const items[] = {NULL, "charge", "fixed_charge",
                                      "add_on", "commitment"};
  const char *const levels[] = {"explicit", items[kind],
                                kind == 3 ? NULL : "plan", "customer",
                                "billing_entity"};

  return place < BL_COUNT(levels) ? levels[place] : "";
}

int bl_ask_tax_choice(bl_ask *ask) {
  static const bl_field fields[] = {
    BL_ASK_KERNEL,
    {.name = "kind", .read = bl_value_choice, .words = levy_kinds,
     .at = LEVY_AT(kind)},
    {.name = "levels", .read = bl_ask_node, .needed = BL_ALWAYS,
     .at = LEVY_AT(levels)},
  };
  levy_terms t;
  int rc = LEVY_READ(fields, &t);

  for (size_t i = 0; !rc && i < 5; i++) {
    const char *level = levy_level(t.kind, i);
    const bl_json *codes = level ? bl_json_get(t.levels, level) : NULL;

    if (!codes || !bl_json_count(codes)) continue;
    (void)bl_json_add_c(ask->out, "level", level);
    (void)bl_json_add_copy(ask->out, "codes", codes);
    return BILLING_OK;
  }
  if (!rc) (void)bl_json_array(ask->out, "codes");
  return rc;
}

/* ---- crossings ---- */

static const char *const levy_directions[] = {"either", "rising", "falling",
                                              NULL};

/* The threshold that is farthest the way that a figure moves, or nothing. */
static bl_dec levy_edge(const bl_json *list, int is_rising) {
  bl_dec edge = BL_DEC_ZERO, v;
  int has = 0;

  for (const bl_json *m = bl_json_first(list); m; m = bl_json_next(m)) {
    if (!bl_json_dec(m, &v)) continue;
    if (!has || (is_rising ? bl_dec_less(edge, v) : bl_dec_less(v, edge)))
      edge = v;
    has = 1;
  }
  return edge;
}

static int levy_is_crossed(const levy_terms *t, bl_dec at, int is_rising) {
  if (is_rising) return bl_dec_less(t->from, at) && !bl_dec_less(t->to, at);
  return !bl_dec_less(at, t->to) && bl_dec_less(at, t->from);
}

static bl_dec levy_wholes(bl_dec figure, bl_dec step) {
  return bl_dec_muldiv_round(figure, BL_DEC_ONE, step, 0, BL_ROUND_FLOOR);
}

/* Steps beyond the last threshold, from the first that is crossed. */
static int levy_steps(bl_ask *ask, const levy_terms *t, int is_rising,
                      bl_json *list) {
  bl_dec step = is_rising ? t->step : bl_dec_neg(t->step);
  bl_dec edge = levy_edge(t->thresholds, is_rising), far, at;
  int found = 0;

  far = levy_wholes(bl_dec_sub(t->from, edge), step);
  at = bl_dec_add(edge, bl_dec_mul(bl_dec_max(far, BL_DEC_ZERO), step));
  for (; found <= BL_ASK_MOST; at = bl_dec_add(at, step)) {
    if (is_rising ? bl_dec_less(t->to, at) : bl_dec_less(at, t->to))
      return BILLING_OK;
    if (bl_dec_is_bad(at)) return BILLING_OK;
    if (bl_dec_equal(at, edge) || !levy_is_crossed(t, at, is_rising))
      continue;
    bl_ask_put(ask, list, NULL, at);
    found++;
  }
  return bl_reader_fail(&ask->top, BILLING_LIMIT, NULL,
                        "there are more than 10000 steps");
}

int bl_ask_crossings(bl_ask *ask) {
  static const bl_field fields[] = {
    BL_ASK_KERNEL,
    {.name = "thresholds", .read = bl_ask_list, .at = LEVY_AT(thresholds)},
    {.name = "step", .read = bl_value_amount, .at = LEVY_AT(step)},
    {.name = "from", .read = bl_ask_dec, .needed = BL_ALWAYS,
     .at = LEVY_AT(from)},
    {.name = "to", .read = bl_ask_dec, .needed = BL_ALWAYS,
     .at = LEVY_AT(to)},
    {.name = "direction", .read = bl_value_choice, .words = levy_directions,
     .at = LEVY_AT(direction)},
  };
  levy_terms t;
  bl_json *list;
  int is_rising, rc = LEVY_READ(fields, &t);

  if (rc) return rc;
  is_rising = bl_dec_less(t.from, t.to);
  list = bl_json_array(ask->out, "crossed");
  if (t.direction && (t.direction == 1) != is_rising) return BILLING_OK;
  for (const bl_json *m = bl_json_first(t.thresholds); m;
       m = bl_json_next(m)) {
    bl_dec at;

    if (bl_json_dec(m, &at) && levy_is_crossed(&t, at, is_rising))
      bl_ask_put(ask, list, NULL, at);
  }
  if (bl_dec_sign(t.step) <= 0) return BILLING_OK;
  return levy_steps(ask, &t, is_rising, list);
}

/* ---- usage_thresholds: of a lifetime, as Lago has them ---- */

/* A step counts from the largest threshold while what is billed is below it,
 * and then whenever one of its multiples lies in between. */
static int levy_is_step(const levy_terms *t, bl_dec billed, bl_dec more) {
  bl_dec top = levy_edge(t->thresholds, 1), rest;

  if (bl_dec_sign(t->step) <= 0) return 0;
  if (bl_dec_less(billed, top))
    return !bl_dec_less(bl_dec_sub(bl_dec_add(billed, more), top), t->step);
  rest = levy_wholes(billed, t->step);
  rest = bl_dec_sub(billed, bl_dec_mul(rest, t->step));
  return !bl_dec_less(bl_dec_add(more, rest), t->step);
}

int bl_ask_usage_thresholds(bl_ask *ask) {
  static const bl_field fields[] = {
    BL_ASK_KERNEL,
    {.name = "thresholds", .read = bl_ask_list, .at = LEVY_AT(thresholds)},
    {.name = "step", .read = bl_value_amount, .at = LEVY_AT(step)},
    {.name = "invoiced", .read = bl_value_amount, .at = LEVY_AT(from)},
    {.name = "current", .read = bl_value_amount, .at = LEVY_AT(to)},
    {.name = "billed", .read = bl_value_amount, .at = LEVY_AT(billed)},
  };
  levy_terms t;
  bl_dec more;
  bl_json *list;
  int rc = LEVY_READ(fields, &t);

  if (rc) return rc;
  t.from = bl_dec_add(t.from, t.billed);
  more = bl_dec_sub(t.to, t.billed);
  t.to = bl_dec_add(t.from, more);
  list = bl_json_array(ask->out, "passed");
  if (bl_dec_sign(more) < 0) return BILLING_OK;
  for (const bl_json *m = bl_json_first(t.thresholds); m;
       m = bl_json_next(m)) {
    bl_dec at;

    if (bl_json_dec(m, &at) && levy_is_crossed(&t, at, 1))
      bl_ask_put(ask, list, NULL, at);
  }
  if (levy_is_step(&t, t.from, more)) bl_ask_put(ask, list, NULL, t.step);
  return BILLING_OK;
}

#undef LEVY_AT
#undef LEVY_READ
