/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * evaluate_capacity.c - one amount for the highest step that is needed.
 *
 *     {"kernel":"capacity","tiers":[{"amount":"10","limits":{"seats":"100"}},
 *        {"amount":"20"}],"quantities":{"seats":"101"}}
 *     -> {"amount":"20","tier":2}
 */
#include "engine/evaluate.h"
#include "price/terms.h"

typedef struct capacity_tier {
  bl_dec         amount;
  const bl_json *limits;
} capacity_tier;

typedef struct capacity_terms {
  const bl_json *tiers;
  const bl_json *quantities;
} capacity_terms;

static const bl_field capacity_fields[] = {
  BL_ASK_KERNEL,
  {.name = "tiers", .read = bl_ask_list, .needed = BL_ALWAYS,
   .at = offsetof(capacity_terms, tiers)},
  {.name = "quantities", .read = bl_ask_node, .needed = BL_ALWAYS,
   .at = offsetof(capacity_terms, quantities)},
};

static const bl_shape capacity_shape = {
  "a request", capacity_fields, BL_COUNT(capacity_fields)
};

static const bl_field capacity_tier_fields[] = {
  {.name = "amount", .read = bl_value_amount, .needed = BL_ALWAYS,
   .at = offsetof(capacity_tier, amount)},
  {.name = "limits", .read = bl_ask_node,
   .at = offsetof(capacity_tier, limits)},
};

static const bl_shape capacity_tier_shape = {
  "a tier", capacity_tier_fields, BL_COUNT(capacity_tier_fields)
};

static int capacity_tiers(bl_ask *ask, const capacity_terms *terms,
                          capacity_tier *tiers, size_t count) {
  bl_reader above = bl_reader_member(&ask->top, "tiers");
  const bl_json *item = bl_json_first(terms->tiers);
  int rc = BILLING_OK;

  if (!count)
    return bl_reader_fail(&above, BILLING_INVALID, "at least one",
                          "there are no tiers");
  for (size_t i = 0; !rc && i < count; i++, item = bl_json_next(item)) {
    bl_reader at = bl_reader_item(&above, i);

    rc = bl_shape_read(&capacity_tier_shape, &at, item, 0, &tiers[i]);
  }
  return rc;
}

/* The step that one quantity needs; a tier that does not name it has no limit
 * for it. */
static int capacity_step(bl_ask *ask, const capacity_tier *tiers,
                         size_t count, const bl_json *quantity,
                         size_t *step) {
  static const bl_field figure = {.name = "figure"};
  bl_reader above = bl_reader_member(&ask->top, "quantities");
  bl_reader at = bl_reader_member(&above, "");
  bl_dec *limits = bl_ask_array(ask, count, sizeof *limits);
  bl_dec value = BL_DEC_ZERO;
  int rc;

  if (!limits) return bl_reader_nomem(&ask->top);
  at.segment = bl_json_key(quantity);
  rc = bl_ask_dec(&at, &figure, quantity, &value);
  for (size_t i = 0; !rc && i < count; i++) {
    const bl_json *limit = bl_json_get(tiers[i].limits, at.segment.text);

    limits[i] = BL_DEC_MAX;
    if (limit) rc = bl_ask_dec(&at, &figure, limit, &limits[i]);
  }
  if (!rc) *step = bl_capacity_step(limits, count, value);
  return rc;
}

int bl_ask_capacity(bl_ask *ask) {
  bl_reader at = bl_reader_member(&ask->top, "quantities");
  capacity_terms terms = {NULL, NULL};
  capacity_tier *tiers;
  size_t count, most = 0;
  int rc = bl_shape_read(&capacity_shape, &ask->top, ask->doc, 0, &terms);

  if (rc) return rc;
  if (bl_json_kind(terms.quantities) != BL_JSON_OBJECT)
    return bl_reader_fail(&at, BILLING_INVALID, "{\"seats\":\"5\"}",
                          "quantities are an object");
  count = bl_json_count(terms.tiers);
  tiers = bl_ask_array(ask, count, sizeof *tiers);
  if (!tiers) return bl_reader_nomem(&ask->top);
  rc = capacity_tiers(ask, &terms, tiers, count);
  for (const bl_json *m = bl_json_first(terms.quantities); !rc && m;
       m = bl_json_next(m)) {
    size_t step = 0;

    rc = capacity_step(ask, tiers, count, m, &step);
    if (step > most) most = step;
  }
  if (rc) return rc;
  (void)bl_json_add_int(ask->out, "tier", (int64_t)most + 1);
  bl_ask_put(ask, ask->out, "amount", tiers[most].amount);
  return BILLING_OK;
}
