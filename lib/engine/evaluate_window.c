/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * evaluate_window.c - the grids of usage, and units.
 *
 *     {"kernel":"windows","unit":"day","zone":"Europe/Berlin",
 *      "at":"2026-03-29T12:00:00Z"}
 *     -> {"from":"2026-03-28T23:00:00Z","to":"2026-03-29T22:00:00Z"}
 *
 *     {"kernel":"convert","quantity":"1247",
 *      "convert":{"operation":"divide","by":"1000","round":"ceiling"}}
 *     -> {"converted":"1.247","quantity":"2"}
 */
#include "engine/evaluate.h"
#include "meter/accept.h"
#include "meter/convert.h"
#include "meter/window.h"

/* ---- windows ---- */

typedef struct pane_terms {
  bl_str       zone;
  uint32_t     unit;             /* BL_WINDOW_* */
  uint32_t     unknown;          /* 1: an unknown zone is UTC */
  bl_ask_clock at;
  bl_ask_clock from;
  bl_ask_clock to;
  bl_ask_clock anchor;
} pane_terms;

static const bl_field pane_fields[] = {
  BL_ASK_KERNEL,
  {.name = "unit", .read = bl_value_choice, .words = bl_window_words,
   .needed = BL_ALWAYS, .at = offsetof(pane_terms, unit)},
  {.name = "zone", .read = bl_value_label, .high = 64,
   .at = offsetof(pane_terms, zone)},
  {.name = "unknown_zone", .read = bl_value_choice, .words = bl_unknown_zones,
   .at = offsetof(pane_terms, unknown)},
  {.name = "at", .read = bl_ask_wall, .at = offsetof(pane_terms, at)},
  {.name = "from", .read = bl_ask_wall, .at = offsetof(pane_terms, from)},
  {.name = "to", .read = bl_ask_wall, .at = offsetof(pane_terms, to)},
  {.name = "anchor", .read = bl_ask_wall, .at = offsetof(pane_terms, anchor)},
};

static const bl_shape pane_shape = {
  "a request", pane_fields, BL_COUNT(pane_fields)
};

static void pane_put(bl_json *node, bl_span span) {
  (void)bl_json_add_time(node, "from", span.from_us);
  (void)bl_json_add_time(node, "to", span.to_us);
}

/* Months begin on the anchor's day, or on that of the instant asked for. */
static int32_t pane_anchor(const pane_terms *terms, const bl_zone *zone) {
  const bl_ask_clock *clock = terms->anchor.is_given ? &terms->anchor
                            : terms->at.is_given     ? &terms->at
                                                     : &terms->from;
  int64_t us = bl_ask_instant(clock, zone);

  return bl_civil_of_us(bl_zone_to_local(zone, us)).date.day;
}

static int pane_list(bl_ask *ask, const bl_grid *grid, bl_span asked) {
  bl_json *list = bl_json_array(ask->out, "windows");
  size_t count = 0;

  for (int64_t us = asked.from_us; us < asked.to_us;) {
    bl_span span = bl_window_at(grid, us);

    if (grid->unit == BL_WINDOW_NONE) span = asked;
    if (++count > BL_ASK_MOST)
      return bl_reader_fail(&ask->top, BILLING_LIMIT, NULL,
                            "there are more than 10000 windows");
    pane_put(bl_json_object(list, NULL), span);
    us = span.to_us;
  }
  return BILLING_OK;
}

int bl_ask_windows(bl_ask *ask) {
  bl_reader at = bl_reader_member(&ask->top, "at");
  pane_terms terms = {0};
  const bl_zone *zone = NULL;
  bl_grid grid;
  bl_span asked;
  int rc = bl_shape_read(&pane_shape, &ask->top, ask->doc, 0, &terms);

  if (!rc && !terms.at.is_given && !(terms.from.is_given &&
                                     terms.to.is_given))
    rc = bl_reader_fail(&at, BILLING_INVALID, "or a range: from and to",
                        "a request for windows needs at");
  if (!rc) rc = bl_ask_zone_or(ask, terms.zone, terms.unknown, &zone);
  if (rc) return rc;
  grid = (bl_grid){zone, terms.unit, pane_anchor(&terms, zone)};
  asked.from_us = bl_ask_instant(&terms.from, zone);
  asked.to_us   = bl_ask_instant(&terms.to, zone);
  if (!terms.at.is_given) return pane_list(ask, &grid, asked);
  if (terms.unit == BL_WINDOW_NONE) return BILLING_OK;
  pane_put(ask->out, bl_window_at(&grid, bl_ask_instant(&terms.at, zone)));
  return BILLING_OK;
}

/* ---- convert ---- */

typedef struct unit_terms {
  bl_convert convert;
  bl_dec     quantity;
} unit_terms;

static const bl_field unit_fields[] = {
  BL_ASK_KERNEL,
  {.name = "convert", .read = bl_value_convert, .needed = BL_ALWAYS,
   .at = offsetof(unit_terms, convert)},
  {.name = "quantity", .read = bl_ask_dec, .needed = BL_ALWAYS,
   .at = offsetof(unit_terms, quantity)},
};

static const bl_shape unit_shape = {
  "a request", unit_fields, BL_COUNT(unit_fields)
};

int bl_ask_convert(bl_ask *ask) {
  unit_terms terms = {.quantity = BL_DEC_ZERO};
  int rc = bl_shape_read(&unit_shape, &ask->top, ask->doc, 0, &terms);

  if (rc) return rc;
  bl_ask_put(ask, ask->out, "converted",
             bl_convert_exactly(&terms.convert, terms.quantity));
  bl_ask_put(ask, ask->out, "quantity",
             bl_convert_quantity(&terms.convert, terms.quantity));
  return BILLING_OK;
}
