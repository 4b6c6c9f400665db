/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * evaluate_wallet.c - grants: which is drawn first, and when one is active.
 *
 *     {"kernel":"order","order":["priority","expiry"],"grants":[
 *        {"id":"a"},{"id":"b","expires":"2026-12-01"}]}
 *     -> {"order":["b","a"]}
 *
 *     {"kernel":"grant_active","effective":"2026-01-01",
 *      "ends":["2026-03-01","2026-02-01"],"at":"2026-02-01"}
 *     -> {"active":false,"from":"2026-01-01T00:00:00Z",
 *         "to":"2026-02-01T00:00:00Z"}
 */
#include "engine/evaluate_wallet.h"

/* ---- grants ---- */

/* The path of a grant's scope, which is read by the catalog. */
static int purse_scope(const bl_reader *r, const bl_field *field,
                       const bl_json *node, void *model) {
  bl_purse *purse = model;
  char path[BL_PATH_SIZE] = "/grants";
  char digits[BL_INT_TEXT];

  (void)field;
  (void)bl_int_print((int64_t)purse->lot.number - 1, digits);
  (void)bl_path_add(path, bl_str_of(digits));
  (void)bl_path_add(path, BL_STR("scope"));
  purse->lot.scope = &purse->scope;
  return bl_catalog_read_scope(node, path, r->arena, &purse->scope, r->err);
}

static int purse_customers(const bl_reader *r, const bl_field *field,
                           const bl_json *node, void *model) {
  bl_purse *purse = model;

  purse->lot.scope = &purse->scope;
  return bl_value_ids(r, field, node, model);
}

static int purse_cost(const bl_reader *r, const bl_field *field,
                      const bl_json *node, void *model) {
  bl_purse *purse = model;
  bl_field plain = *field;
  bl_dec cost = BL_DEC_ZERO;
  int rc;

  plain.at = 0;
  rc = bl_value_amount(r, &plain, node, &cost);
  purse->lot.has_cost = bl_dec_sign(cost) > 0;
  return rc;
}

static const bl_field segment_fields[] = {
  {.name = "amount", .read = bl_value_amount, .needed = BL_ALWAYS,
   .at = offsetof(bl_lot, left)},
  {.name = "effective", .read = bl_ask_time,
   .at = offsetof(bl_lot, effective_us)},
  {.name = "expires", .read = bl_ask_time,
   .at = offsetof(bl_lot, expires_us)},
};

static const bl_shape segment_shape = {
  "a segment", segment_fields, BL_COUNT(segment_fields)
};

static const bl_field purse_fields[] = {
  {.name = "id", .read = bl_value_id, .needed = BL_ALWAYS,
   .at = offsetof(bl_purse, id)},
  {.name = "name", .read = bl_value_label, .high = BL_TEXT_MOST,
   .at = offsetof(bl_purse, lot.name)},
  {.name = "amount", .read = bl_value_amount,
   .at = offsetof(bl_purse, lot.left)},
  {.name = "held", .read = bl_value_amount,
   .at = offsetof(bl_purse, lot.held)},
  {.name = "segments", .read = bl_ask_list, .forms = 1u << BL_PURSES_AT_ONCE,
   .at = offsetof(bl_purse, segments)},
  {.name = "asset", .read = bl_value_asset,
   .at = offsetof(bl_purse, lot.asset)},
  {.name = "priority", .read = bl_value_whole, .low = INT32_MIN,
   .high = INT32_MAX, .at = offsetof(bl_purse, lot.priority)},
  {.name = "cost", .read = purse_cost},
  {.name = "promotional", .read = bl_value_truth,
   .at = offsetof(bl_purse, lot.is_promotional)},
  {.name = "effective", .read = bl_ask_time,
   .at = offsetof(bl_purse, lot.effective_us)},
  {.name = "expires", .read = bl_ask_time,
   .at = offsetof(bl_purse, lot.expires_us)},
  {.name = "created", .read = bl_ask_time,
   .at = offsetof(bl_purse, lot.created_us)},
  {.name = "scope", .read = purse_scope},
  {.name = "customers", .read = purse_customers, .low = 1,
   .high = BL_ASK_MOST, .at = offsetof(bl_purse, scope.customers),
   .beside = offsetof(bl_purse, scope.customer_count)},
  {.name = "dimensions", .read = bl_value_whole, .low = 0,
   .high = BL_ASK_MOST, .at = offsetof(bl_purse, dimensions)},
  {.name = "owed", .read = bl_value_truth, .at = offsetof(bl_purse, is_owed)},
  {.name = "rolled_over", .read = bl_value_truth,
   .at = offsetof(bl_purse, lot.is_rolled_over)},
  {.name = "ends", .read = bl_ask_list, .forms = 1u << BL_PURSES_OVER_TIME,
   .at = offsetof(bl_purse, ends)},
  {.name = "recurs", .read = bl_ask_node, .forms = 1u << BL_PURSES_OVER_TIME,
   .at = offsetof(bl_purse, recurs)},
  {.name = "rollover", .read = bl_ask_node, .forms = 1u << BL_PURSES_OVER_TIME,
   .at = offsetof(bl_purse, rollover)},
};

static const bl_shape purse_shape = {
  "a grant", purse_fields, BL_COUNT(purse_fields)
};

/* The first instant at which the lot can no longer be used. */
static void purse_close(bl_lot *lot, int is_inclusive) {
  if (is_inclusive && lot->expires_us < BL_TIME_MAX) lot->expires_us++;
}

/* The lots of a grant: itself, or its segments.  The order is decided by the
 * first segment's times. */
static int purse_lots(const bl_ask *ask, const bl_reader *at,
                      int is_inclusive, bl_purse *purse) {
  bl_reader above = bl_reader_member(at, "segments");
  const bl_json *item = bl_json_first(purse->segments);
  size_t count = purse->segments ? bl_json_count(purse->segments) : 1;
  int rc = BILLING_OK;

  purse->lots = bl_ask_array(ask, count, sizeof *purse->lots);
  if (!purse->lots) return bl_reader_nomem(at);
  purse->lot_count = count;
  for (size_t i = 0; !rc && i < count; i++) {
    bl_reader segment = bl_reader_item(&above, i);
    bl_lot *lot = &purse->lots[i];

    *lot = purse->lot;
    if (i) lot->held = BL_DEC_ZERO;
    if (purse->segments)
      rc = bl_shape_read(&segment_shape, &segment, item, 0, lot);
    purse_close(lot, is_inclusive);
    item = purse->segments ? bl_json_next(item) : NULL;
  }
  if (rc || !purse->segments || !count) return rc;
  purse->lot.effective_us = purse->lots[0].effective_us;
  purse->lot.expires_us   = purse->lots[0].expires_us;
  return BILLING_OK;
}

static int purse_read(const bl_ask *ask, const bl_reader *at,
                      const bl_json *item, int is_inclusive, uint32_t form,
                      bl_purse *purse) {
  int rc;

  purse->lot.effective_us = INT64_MIN;
  purse->lot.created_us   = INT64_MIN;
  purse->lot.expires_us   = BL_TIME_NEVER;
  (void)bl_asset_set(purse->lot.asset, BL_STR("USD"));
  rc = bl_shape_read(&purse_shape, at, item, form, purse);
  if (!purse->lot.name.len) purse->lot.name = purse->id;
  if (!rc) rc = purse_lots(ask, at, is_inclusive, purse);
  return rc;
}

/* Ids name grants in the answer, so each is there once. */
static int purse_is_new(const bl_reader *at, bl_map *ids,
                        const bl_purse *purse) {
  bl_reader id = bl_reader_member(at, "id");
  bl_purse *known = bl_map_get(ids, purse->id.text, purse->id.len);

  if (known)
    return bl_reader_fail(&id, BILLING_INVALID, "name each grant once",
                          "%t is here twice", &purse->id);
  if (bl_map_put(ids, purse->id.text, purse->id.len, ids))
    return bl_reader_nomem(at);
  return BILLING_OK;
}

/* ---- the order ---- */

static int purses_by_class(const bl_ask *ask, bl_purses *purses) {
  bl_classed *lots = bl_ask_array(ask, purses->count, sizeof *lots);

  if (!lots) return bl_reader_nomem(&ask->top);
  for (size_t i = 0; i < purses->count; i++) {
    bl_purse *p = &purses->purse[i];

    lots[i] = (bl_classed){&p->lot, p->is_owed, (size_t)p->dimensions};
  }
  bl_classed_sort(lots, purses->count);
  for (size_t i = 0; i < purses->count; i++)
    purses->sorted[i] = (size_t)lots[i].lot->number - 1;
  return BILLING_OK;
}

static int purses_by_keys(const bl_ask *ask, const bl_order *order,
                          bl_purses *purses) {
  bl_lot **lots = bl_ask_array(ask, purses->count, sizeof *lots);

  if (!lots) return bl_reader_nomem(&ask->top);
  for (size_t i = 0; i < purses->count; i++) lots[i] = &purses->purse[i].lot;
  bl_order_sort(order, lots, purses->count);
  for (size_t i = 0; i < purses->count; i++)
    purses->sorted[i] = (size_t)lots[i]->number - 1;
  return BILLING_OK;
}

static int purses_sort(const bl_ask *ask, bl_purses *purses) {
  bl_reader at = bl_reader_member(&ask->top, "order");
  bl_order order = bl_order_default;
  int rc = BILLING_OK;

  if (purses->order &&
      bl_str_is(bl_json_text(purses->order), bl_order_class_name))
    return purses_by_class(ask, purses);
  if (purses->order) rc = bl_value_order(&at, purses->order, &order);
  return rc ? rc : purses_by_keys(ask, &order, purses);
}

int bl_purses_read(const bl_ask *ask, const bl_json *list, int is_inclusive,
                   bl_purses *purses) {
  bl_reader above = bl_reader_member(&ask->top, "grants");
  const bl_json *item = bl_json_first(list);
  bl_map ids;
  int rc = BILLING_OK;

  bl_map_open(&ids, ask->top.arena);
  purses->count  = bl_json_count(list);
  purses->purse  = bl_ask_array(ask, purses->count, sizeof *purses->purse);
  purses->sorted = bl_ask_array(ask, purses->count, sizeof *purses->sorted);
  if (ask->top.arena->failed) return bl_reader_nomem(&ask->top);
  for (size_t i = 0; !rc && i < purses->count; i++) {
    bl_reader at = bl_reader_item(&above, i);

    purses->purse[i].lot.number = i + 1;
    rc = purse_read(ask, &at, item, is_inclusive, purses->form,
                    &purses->purse[i]);
    if (!rc) rc = purse_is_new(&at, &ids, &purses->purse[i]);
    item = bl_json_next(item);
  }
  return rc ? rc : purses_sort(ask, purses);
}

/* ---- kernels ---- */

typedef struct order_terms {
  const bl_json *grants;
  const bl_json *order;
} order_terms;

static const bl_field order_ask_fields[] = {
  BL_ASK_KERNEL,
  {.name = "grants", .read = bl_ask_list, .needed = BL_ALWAYS,
   .at = offsetof(order_terms, grants)},
  {.name = "order", .read = bl_ask_node,
   .at = offsetof(order_terms, order)},
};

static const bl_shape order_ask_shape = {
  "a request", order_ask_fields, BL_COUNT(order_ask_fields)
};

int bl_ask_order(bl_ask *ask) {
  order_terms terms = {NULL, NULL};
  bl_purses purses = {NULL, 0, NULL, NULL, BL_PURSES_AT_ONCE, 0};
  bl_json *list;
  int rc = bl_shape_read(&order_ask_shape, &ask->top, ask->doc, 0, &terms);

  purses.order = terms.order;
  if (!rc) rc = bl_purses_read(ask, terms.grants, 0, &purses);
  if (rc) return rc;
  list = bl_json_array(ask->out, "order");
  for (size_t i = 0; i < purses.count; i++)
    (void)bl_json_add_text(list, NULL, purses.purse[purses.sorted[i]].id);
  return BILLING_OK;
}

typedef struct active_terms {
  const bl_json *ends;
  int64_t        effective_us;
  int64_t        at_us;
} active_terms;

static const bl_field active_fields[] = {
  BL_ASK_KERNEL,
  {.name = "effective", .read = bl_ask_time, .needed = BL_ALWAYS,
   .at = offsetof(active_terms, effective_us)},
  {.name = "ends", .read = bl_ask_list, .at = offsetof(active_terms, ends)},
  {.name = "at", .read = bl_ask_time, .at = offsetof(active_terms, at_us)},
};

static const bl_shape active_shape = {
  "a request", active_fields, BL_COUNT(active_fields)
};

int bl_ask_times(const bl_ask *ask, const bl_reader *above, const char *name,
                 const bl_json *list, int64_t **times, size_t *count) {
  bl_reader at = bl_reader_member(above, name);
  const bl_json *item = list ? bl_json_first(list) : NULL;
  bl_field field = {.name = name};
  int rc = BILLING_OK;

  *count = 0;
  *times = bl_ask_array(ask, list ? bl_json_count(list) : 0, sizeof **times);
  if (!*times) return bl_reader_nomem(above);
  for (size_t i = 0; !rc && item; i++, item = bl_json_next(item)) {
    bl_reader one = bl_reader_item(&at, i);

    if (bl_json_kind(item) == BL_JSON_NULL) continue;
    rc = bl_ask_time(&one, &field, item, &(*times)[*count]);
    if (!rc) ++*count;
  }
  return rc;
}

int bl_ask_grant_active(bl_ask *ask) {
  active_terms terms = {NULL, 0, BL_TIME_NEVER};
  int64_t *ends;
  size_t count = 0;
  bl_span span;
  int rc = bl_shape_read(&active_shape, &ask->top, ask->doc, 0, &terms);

  if (rc) return rc;
  rc = bl_ask_times(ask, &ask->top, "ends", terms.ends, &ends, &count);
  if (rc) return rc;
  span = bl_grant_active(terms.effective_us, ends, count);
  (void)bl_json_add_time(ask->out, "from", span.from_us);
  if (span.to_us == BL_TIME_NEVER) (void)bl_json_add_null(ask->out, "to");
  else (void)bl_json_add_time(ask->out, "to", span.to_us);
  if (terms.at_us != BL_TIME_NEVER)
    (void)bl_json_add_bool(ask->out, "active",
                           bl_span_holds(span, terms.at_us));
  return BILLING_OK;
}
