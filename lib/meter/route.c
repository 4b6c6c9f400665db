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
#include "meter/meter.h"

int bl_route_takes_some(const bl_routes *routes, const bl_event *event) {
  bl_route route = bl_route_at(routes, event->time_us);

  return !route.takes_none &&
         bl_meter_matches(route.filters, route.filter_count, event);
}
