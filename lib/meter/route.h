/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* route.h - which events a contract takes, when several could. */
#ifndef BL_METER_ROUTE_H
#define BL_METER_ROUTE_H

#include "meter/meter.h"

/* What is taken since a moment. */
typedef struct bl_route {
  int64_t    since_us;
  bl_filter *filters;      /* all must hold; of none, all events are taken */
  size_t     filter_count;
  uint32_t   takes_none;
  uint32_t   reserved;
} bl_route;

/* Whether an event is taken: by the last of the list that has begun by the
 * event's own time.  Without a list every event is, before the first none. */
int bl_route_takes(const bl_route *routes, size_t count,
                   const bl_event *event);

#endif
