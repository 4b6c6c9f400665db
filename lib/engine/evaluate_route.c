/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * evaluate_route.c - which contracts take which events.
 *
 *     {"kernel":"route","contracts":[
 *        {"id":"us","usage":[{"filters":[
 *            {"property":"region","in":["US"]}]}]},
 *        {"id":"all"}],
 *      "events":[{"time":"2026-03-01","properties":{"region":"US"}},
 *                {"time":"2026-03-01","properties":{"region":"EU"}}]}
 *     -> {"contracts":[["us","all"],["all"]]}
 */
#include "engine/evaluate_terms.h"
#include "meter/meter.h"

typedef struct route_contract {
  bl_str    id;
  bl_routes usage;
} route_contract;

typedef struct route_terms {
  const bl_json  *contract_list;
  const bl_json  *events;
  route_contract *contracts;
  size_t          contract_count;
  uint32_t        is_narrowest;    /* only the narrowest takes an event */
  uint32_t        reserved;
} route_terms;

static const char *const route_picks[] = {"all", "narrowest", NULL};

static const bl_field route_contract_fields[] = {
  {.name = "id", .read = bl_value_id, .needed = BL_ALWAYS,
   .at = offsetof(route_contract, id)},
  {.name = "usage", .read = bl_value_routes,
   .at = offsetof(route_contract, usage)},
};

static const bl_shape route_contract_shape = {
  "a contract", route_contract_fields, BL_COUNT(route_contract_fields)
};

static const bl_field route_ask_fields[] = {
  BL_ASK_KERNEL,
  {.name = "contracts", .read = bl_ask_list, .needed = BL_ALWAYS,
   .at = offsetof(route_terms, contract_list)},
  {.name = "events", .read = bl_ask_list, .needed = BL_ALWAYS,
   .at = offsetof(route_terms, events)},
  {.name = "pick", .read = bl_value_choice, .words = route_picks,
   .at = offsetof(route_terms, is_narrowest)},
};

static const bl_shape route_ask_shape = {
  "a request", route_ask_fields, BL_COUNT(route_ask_fields)
};

static int route_contracts_read(bl_ask *ask, route_terms *terms) {
  static const route_contract blank = {.id = {NULL, 0}};
  bl_reader above = bl_reader_member(&ask->top, "contracts");

  return bl_ask_items(ask, &above, terms->contract_list,
                      &route_contract_shape, &blank, sizeof blank,
                      &terms->contracts, &terms->contract_count);
}

/* Of two that take an event: more filters, then fewer values. */
static int route_is_narrower(const route_contract *a, const route_contract *b,
                             int64_t us) {
  bl_route x = bl_route_at(&a->usage, us), y = bl_route_at(&b->usage, us);
  size_t own = 0, other = 0;

  if (x.filter_count != y.filter_count)
    return x.filter_count > y.filter_count;
  for (size_t i = 0; i < x.filter_count; i++) {
    own += x.filters[i].value_count;
    other += y.filters[i].value_count;
  }
  return own < other;
}

static const route_contract *route_narrowest(const route_terms *terms,
                                             const bl_event *event) {
  const route_contract *best = NULL;

  for (size_t i = 0; i < terms->contract_count; i++) {
    const route_contract *c = &terms->contracts[i];

    if (bl_route_takes(&c->usage, event) &&
        (!best || route_is_narrower(c, best, event->time_us)))
      best = c;
  }
  return best;
}

/* The contracts that take an event, in the order of the request. */
static void route_put(const route_terms *terms, const bl_event *event,
                      bl_json *list) {
  bl_json *takers = bl_json_array(list, NULL);

  if (terms->is_narrowest) {
    const route_contract *best = route_narrowest(terms, event);
    if (best) (void)bl_json_add_text(takers, NULL, best->id);
    return;
  }
  for (size_t i = 0; i < terms->contract_count; i++) {
    const route_contract *contract = &terms->contracts[i];

    if (bl_route_takes(&contract->usage, event))
      (void)bl_json_add_text(takers, NULL, contract->id);
  }
}

int bl_ask_route(bl_ask *ask) {
  bl_reader above = bl_reader_member(&ask->top, "events");
  route_terms terms = {.events = NULL};
  const bl_json *item;
  bl_json *list;
  int rc = bl_shape_read(&route_ask_shape, &ask->top, ask->doc, 0, &terms);

  if (!rc) rc = route_contracts_read(ask, &terms);
  if (rc) return rc;
  list = bl_json_array(ask->out, "contracts");
  item = bl_json_first(terms.events);
  for (size_t i = 0; item && !rc; i++, item = bl_json_next(item)) {
    bl_reader at = bl_reader_item(&above, i);
    bl_ask_event in;

    rc = bl_ask_event_read(&at, item, BL_STR("event"), &in);
    if (!rc) route_put(&terms, &in.event, list);
  }
  return rc;
}
