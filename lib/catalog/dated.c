/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * dated.c - what a contract counts and bounds, as it changes.
 *
 *     "quantities":{"seats":"5"}                5, as long as it says so
 *     "quantities":{"seats":[{"value":"5"},{"value":"8","from":"2026-03-01"}]}
 *                                               5, and 8 since 1 March
 *     "minimum":[{"amount":"100"},{"amount":"80","from":"2026-03-01"}]
 *
 * What says since when holds for the past, too: what was billed on other terms
 * is corrected.  What does not is of what is billed from now on.
 */
#include "catalog/field.h"

#define DATED_QUANTITIES_MOST 1000
#define DATED_BOUNDS_MOST 100

/* Each one begins after the one before it; only the first may have begun
 * always. */
static int dated_follows(const bl_reader *r, size_t at, int64_t before_us,
                         int64_t from_us) {
  bl_reader from = bl_reader_member(r, "from");

  if (!at || from_us > before_us) return BILLING_OK;
  return bl_reader_fail(&from, BILLING_INVALID,
                        "a time after that of the one before it",
                        "these stand in the order of their times");
}

/* ---- quantities ---- */

static const bl_field dated_quantity_fields[] = {
  {.name = "value", .read = bl_value_amount, .needed = BL_ALWAYS,
   .at = offsetof(bl_quantity, value)},
  {.name = "from", .read = bl_value_time,
   .at = offsetof(bl_quantity, from_us)},
};

static const bl_shape dated_quantity_shape = {
  "a quantity", dated_quantity_fields, BL_COUNT(dated_quantity_fields)
};

/* How many values there are under all names. */
static size_t dated_count(const bl_json *node) {
  const bl_json *member = bl_json_first(node);
  size_t count = 0;

  for (; member; member = bl_json_next(member))
    count += bl_json_kind(member) == BL_JSON_ARRAY ? bl_json_count(member) : 1;
  return count;
}

static int dated_steps(const bl_reader *r, const bl_json *node, bl_str name,
                       bl_contract_terms *terms) {
  const bl_json *item = bl_json_first(node);
  size_t count = 0;
  int rc = bl_value_array(r, node, 1, DATED_QUANTITIES_MOST, &count);

  for (size_t i = 0; !rc && i < count; i++, item = bl_json_next(item)) {
    bl_quantity *out = &terms->quantities[terms->quantity_count++];
    bl_reader at = bl_reader_item(r, i);
    *out = (bl_quantity){.name = name, .from_us = INT64_MIN, .is_dated = 1};
    rc = bl_shape_read(&dated_quantity_shape, &at, item, 0, out);
    if (!rc) rc = dated_follows(&at, i, i ? out[-1].from_us : 0, out->from_us);
  }
  return rc;
}

static int dated_quantity(const bl_reader *r, const bl_json *member,
                          bl_contract_terms *terms) {
  bl_reader at = bl_reader_member(r, "");
  bl_str name = bl_json_key(member);
  bl_quantity *out;

  at.segment = name;
  if (!bl_catalog_id_is_valid(name))
    return bl_reader_fail(&at, BILLING_INVALID,
                          "1 to 200 bytes without control characters",
                          "%t cannot be a name", &name);
  name = bl_arena_str(r->arena, name);
  if (r->arena->failed) return bl_reader_nomem(r);
  if (bl_json_kind(member) == BL_JSON_ARRAY)
    return dated_steps(&at, member, name, terms);
  out = &terms->quantities[terms->quantity_count++];
  *out = (bl_quantity){.name = name, .from_us = INT64_MIN};
  return bl_value_amount(&at, &dated_quantity_fields[0], member, out);
}

int bl_value_quantities(const bl_reader *r, const bl_field *field,
                        const bl_json *node, void *model) {
  bl_contract_terms *terms = model;
  const bl_json *member = bl_json_first(node);
  size_t count = dated_count(node);
  int rc = BILLING_OK;

  (void)field;
  if (bl_json_kind(node) != BL_JSON_OBJECT)
    return bl_reader_fail(r, BILLING_INVALID, "such as {\"seats\":\"5\"}",
                          "quantities are an object");
  if (count > DATED_QUANTITIES_MOST)
    return bl_reader_fail(r, BILLING_LIMIT, NULL,
                          "more quantities than a plan has prices");
  if (count == 0) count = 1;
  terms->quantities = bl_arena_array(r->arena, count,
                                     sizeof *terms->quantities);
  if (!terms->quantities) return bl_reader_nomem(r);
  for (; !rc && member; member = bl_json_next(member))
    rc = dated_quantity(r, member, terms);
  return rc;
}

const bl_quantity *bl_quantity_at(const bl_contract_terms *terms, bl_str name,
                                  int64_t us) {
  const bl_quantity *found = NULL;

  for (size_t i = 0; i < terms->quantity_count; i++)
    if (terms->quantities[i].from_us <= us &&
        bl_str_equal(terms->quantities[i].name, name))
      found = &terms->quantities[i];
  return found;
}

bl_dec bl_quantity_of(const bl_contract_terms *terms, bl_str name,
                      int64_t us) {
  const bl_quantity *found = bl_quantity_at(terms, name, us);

  if (!name.len) return BL_DEC_ONE;
  return found ? found->value : BL_DEC_ZERO;
}

/* ---- bounds ---- */

static const bl_field dated_bound_fields[] = {
  {.name = "amount", .read = bl_value_amount, .needed = BL_ALWAYS,
   .at = offsetof(bl_bound_step, bound.amount)},
  {.name = "proration", .read = bl_value_choice, .words = bl_proration_words,
   .at = offsetof(bl_bound_step, bound.proration)},
  {.name = "from", .read = bl_value_time,
   .at = offsetof(bl_bound_step, from_us)},
};

static const bl_shape dated_bound_shape = {
  "a bound", dated_bound_fields, BL_COUNT(dated_bound_fields)
};

int bl_value_bounds(const bl_reader *r, const bl_field *field,
                    const bl_json *node, void *model) {
  bl_bounds *out = (bl_bounds *)(void *)((unsigned char *)model + field->at);
  const bl_json *item = bl_json_first(node);
  bl_field plain = {.name = field->name};
  int is_list = bl_json_kind(node) == BL_JSON_ARRAY;
  size_t count = 1;
  int rc = is_list ? bl_value_array(r, node, 1, DATED_BOUNDS_MOST, &count)
                   : BILLING_OK;

  if (rc) return rc;
  out->item = bl_arena_array(r->arena, count, sizeof *out->item);
  if (!out->item) return bl_reader_nomem(r);
  out->count = count;
  out->is_dated = (uint32_t)is_list;
  out->item[0].from_us = INT64_MIN;
  if (!is_list) return bl_value_bound(r, &plain, node, &out->item[0].bound);
  for (size_t i = 0; !rc && i < count; i++, item = bl_json_next(item)) {
    bl_bound_step *step = &out->item[i];
    bl_reader at = bl_reader_item(r, i);
    *step = (bl_bound_step){{.is_set = 1}, INT64_MIN};
    rc = bl_shape_read(&dated_bound_shape, &at, item, 0, step);
    if (!rc)
      rc = dated_follows(&at, i, i ? step[-1].from_us : 0, step->from_us);
  }
  return rc;
}

const bl_bound *bl_bound_at(const bl_bounds *bounds, int64_t us) {
  const bl_bound *found = NULL;

  for (size_t i = 0; i < bounds->count; i++)
    if (bounds->item[i].from_us <= us) found = &bounds->item[i].bound;
  return found;
}

/* ---- changes ---- */

static int dated_bound_same(const bl_bound *a, const bl_bound *b) {
  return a && b ? bl_dec_equal(a->amount, b->amount) &&
                      a->proration == b->proration
                : !a && !b;
}

int64_t bl_bounds_change(const bl_bounds *was, const bl_bounds *now) {
  const bl_bounds *lists[] = {was, now};
  int64_t first = BL_TIME_NEVER;

  if (!now->is_dated) return first;
  for (size_t l = 0; l < BL_COUNT(lists); l++)
    for (size_t i = 0; i < lists[l]->count; i++) {
      int64_t us = lists[l]->item[i].from_us;
      if (us < first && !dated_bound_same(bl_bound_at(was, us),
                                          bl_bound_at(now, us)))
        first = us;
    }
  return first;
}

/* Whether a name has other values at a moment. */
static int dated_quantity_differs(const bl_contract_terms *was,
                                  const bl_contract_terms *now, bl_str name,
                                  int64_t us) {
  return !bl_dec_equal(bl_quantity_of(was, name, us),
                       bl_quantity_of(now, name, us));
}

int64_t bl_quantities_change(const bl_contract_terms *was,
                             const bl_contract_terms *now) {
  const bl_contract_terms *lists[] = {was, now};
  int64_t first = BL_TIME_NEVER;

  for (size_t l = 0; l < BL_COUNT(lists); l++)
    for (size_t i = 0; i < lists[l]->quantity_count; i++) {
      const bl_quantity *step = &lists[l]->quantities[i];
      const bl_quantity *last = bl_quantity_at(now, step->name,
                                               BL_TIME_NEVER);
      if (last && last->is_dated && step->from_us < first &&
          dated_quantity_differs(was, now, step->name, step->from_us))
        first = step->from_us;
    }
  return first;
}

#undef DATED_QUANTITIES_MOST
#undef DATED_BOUNDS_MOST
