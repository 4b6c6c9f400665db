/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * route.c - which of the customer's usage a contract takes.
 *
 *     "usage":[{"filters":[{"property":"region","in":["US"]}]},
 *              {"effective":"2026-03-01","takes":"none"}]
 *     what is of the US, and nothing since 1 March
 *
 * Of those that have begun by an event's own time the last one in the list
 * decides; without a list all usage is taken, before the first none.
 */
#include "catalog/field.h"

#define ROUTES_MOST 1000

static const char *const route_words[] = {"filtered", "none", NULL};

static const bl_field route_fields[] = {
  {.name = "effective", .read = bl_value_time,
   .at = offsetof(bl_route, since_us)},
  {.name = "filters", .read = bl_value_filters,
   .at = offsetof(bl_route, filters),
   .beside = offsetof(bl_route, filter_count)},
  {.name = "takes", .read = bl_value_choice, .words = route_words,
   .at = offsetof(bl_route, takes_none)},
};

static const bl_shape route_shape = {
  "usage that a contract takes", route_fields, BL_COUNT(route_fields)
};

int bl_value_routes(const bl_reader *r, const bl_field *field,
                    const bl_json *node, void *model) {
  bl_routes *out = (bl_routes *)(void *)((unsigned char *)model + field->at);
  const bl_json *item = bl_json_first(node);
  int rc = bl_value_array(r, node, 0, ROUTES_MOST, &out->count);

  if (rc || !out->count) return rc;
  out->item = bl_arena_array(r->arena, out->count, sizeof *out->item);
  if (!out->item) return bl_reader_nomem(r);
  for (size_t i = 0; !rc && i < out->count; i++, item = bl_json_next(item)) {
    bl_reader at = bl_reader_item(r, i);
    out->item[i].since_us = INT64_MIN;
    rc = bl_shape_read(&route_shape, &at, item, 0, &out->item[i]);
  }
  return rc;
}

bl_route bl_route_at(const bl_routes *routes, int64_t us) {
  bl_route found = {.takes_none = routes->count > 0};

  for (size_t i = 0; i < routes->count; i++)
    if (routes->item[i].since_us <= us) found = routes->item[i];
  return found;
}

static int routes_differ(const bl_routes *was, const bl_routes *now,
                         int64_t us) {
  bl_route a = bl_route_at(was, us), b = bl_route_at(now, us);

  if (a.takes_none || b.takes_none) return a.takes_none != b.takes_none;
  return !bl_filters_equal(a.filters, a.filter_count, b.filters,
                           b.filter_count);
}

int64_t bl_routes_change(const bl_routes *was, const bl_routes *now) {
  const bl_routes *lists[] = {was, now};
  int64_t first = BL_TIME_NEVER;

  if (routes_differ(was, now, INT64_MIN)) return INT64_MIN;
  for (size_t l = 0; l < BL_COUNT(lists); l++)
    for (size_t i = 0; i < lists[l]->count; i++) {
      int64_t us = lists[l]->item[i].since_us;
      if (us < first && routes_differ(was, now, us)) first = us;
    }
  return first;
}

#undef ROUTES_MOST
