/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * route.c - which of a customer's contracts take an event.
 *
 *     contract US   since 2024: region in US;  since 2025: region in US, EU
 *     contract EU   since 2024: region in EU;  since 2025: nothing
 *
 *     region EU, last second of 2024: EU     region US, 2024: US
 *     region EU, first of 2025:       US     region APAC:     nobody
 *
 * Each contract answers for itself, so two that overlap both take an event.
 * The event's own time decides, so what comes late goes where it belonged.
 */
#include "meter/route.h"

int bl_route_takes(const bl_route *routes, size_t count,
                   const bl_event *event) {
  const bl_route *last = NULL;

  if (!count) return 1;
  for (size_t i = 0; i < count; i++)
    if (routes[i].since_us <= event->time_us) last = &routes[i];
  return last && !last->takes_none &&
         bl_meter_matches(last->filters, last->filter_count, event);
}
