/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * spend_some.c - what some prices of a plan cost at least, and at most: those
 * that are named, and those with a tag.
 *
 *     "minimums":[{"id":"compute","amount":"100","of":{"tags":["compute"]}}],
 *     "maximums":[{"id":"traffic","amount":"500",
 *                  "of":{"prices":["gb","requests"]}}]
 *
 * Each becomes a key behind the plan's prices and their own minimums
 * (spend.c), which it counts, too.
 */
#include "catalog/field.h"

static const bl_field some_fields[] = {
  {.name = "id", .read = bl_value_id, .needed = BL_ALWAYS,
   .at = offsetof(bl_price, id)},
  {.name = "name", .read = bl_value_label, .high = BL_TEXT_MOST,
   .at = offsetof(bl_price, name)},
  {.name = "amount", .read = bl_value_amount, .needed = BL_ALWAYS,
   .hint = "such as \"50\"", .at = offsetof(bl_price, bound.amount)},
  {.name = "proration", .read = bl_value_choice,
   .words = bl_proration_words, .at = offsetof(bl_price, bound.proration)},
  {.name = "of", .read = bl_value_spend_of, .needed = BL_ALWAYS,
   .hint = "{\"prices\":[\"calls\"]}, or tags",
   .at = offsetof(bl_price, of)},
};

static const bl_shape some_shape = {
  "a bound", some_fields, BL_COUNT(some_fields)
};

/* Ids are those of prices on an invoice: no two of them are the same. */
static int some_is_new(const bl_reader *r, const bl_plan *plan, bl_str id) {
  bl_reader at = bl_reader_member(r, "id");
  int is_known = 0;

  for (size_t i = 0; i < plan->price_count; i++)
    is_known |= bl_str_equal(plan->prices[i].id, id);
  for (size_t i = 0; i < plan->some_count; i++)
    is_known |= bl_str_equal(plan->some[i].id, id);
  if (!is_known) return BILLING_OK;
  return bl_reader_fail(&at, BILLING_INVALID,
                        "ids of prices, minimums and maximums are unique in "
                        "their plan", "%t is there twice", &id);
}

static int some_read(const bl_reader *r, const bl_json *doc,
                     uint32_t closing, bl_plan *plan) {
  bl_price *out = &plan->some[plan->some_count];
  int rc;

  *out = (bl_price){.closing = closing, .per = BL_DEC_ONE,
                    .most = BL_DEC_MAX};
  rc = bl_shape_read(&some_shape, r, doc, 0, out);
  if (!rc) rc = some_is_new(r, plan, out->id);
  out->bound.is_set = 1;
  if (!out->name.len) out->name = out->id;
  memcpy(out->asset, plan->currency, sizeof out->asset);
  plan->some_count++;
  return rc;
}

static int some_list(const bl_reader *r, const bl_json *node,
                     uint32_t closing, bl_plan *plan) {
  const bl_json *item = bl_json_first(node);
  bl_price *known = plan->some;
  size_t count = 0;
  int rc = bl_value_array(r, node, 0, BL_LIMIT_PRICES, &count);

  if (rc || !count) return rc;
  plan->some = bl_arena_array(r->arena, plan->some_count + count,
                              sizeof *plan->some);
  if (!plan->some) return bl_reader_nomem(r);
  if (plan->some_count)
    memcpy(plan->some, known, plan->some_count * sizeof *known);
  for (size_t i = 0; !rc && i < count; i++, item = bl_json_next(item)) {
    bl_reader at = bl_reader_item(r, i);

    rc = some_read(&at, item, closing, plan);
  }
  return rc;
}

int bl_value_minimums(const bl_reader *r, const bl_field *field,
                      const bl_json *node, void *model) {
  (void)field;
  return some_list(r, node, BL_CLOSING_SOME_MINIMUM, model);
}

int bl_value_maximums(const bl_reader *r, const bl_field *field,
                      const bl_json *node, void *model) {
  (void)field;
  return some_list(r, node, BL_CLOSING_SOME_MAXIMUM, model);
}
