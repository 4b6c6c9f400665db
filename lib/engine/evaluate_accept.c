/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * evaluate_accept.c - which of some events a tenant would accept.
 *
 *     {"kernel":"accept","most_ahead":300,"events":[
 *        {"key":"a","time":"2026-06-15T12:05:00Z","value":"5",
 *         "now":"2026-06-15T12:00:00Z"},
 *        {"key":"a","time":"2026-06-15T12:00:00Z",
 *         "now":"2026-06-15T12:00:01Z"}]}
 *     -> {"sum":"5","verdicts":["accepted","repeated"]}
 *
 * Times of the settings are in seconds; what is left out is off.
 */
#include "base/map.h"
#include "engine/evaluate.h"
#include "meter/accept.h"

static const char *const gate_bounds[] = {"inclusive", "exclusive", NULL};

typedef struct gate_terms {
  bl_accept_terms accept;
  bl_ask_clock    now;
  bl_ask_clock    received;
  const bl_json  *events;
} gate_terms;

static const bl_field gate_fields[] = {
  BL_ASK_KERNEL,
  {.name = "most_age", .read = bl_value_seconds,
   .at = offsetof(gate_terms, accept.most_age_us)},
  {.name = "most_ahead", .read = bl_value_seconds,
   .at = offsetof(gate_terms, accept.most_ahead_us)},
  {.name = "cancel_within", .read = bl_value_seconds,
   .at = offsetof(gate_terms, accept.cancel_within_us)},
  {.name = "key_window", .read = bl_value_seconds,
   .at = offsetof(gate_terms, accept.key_window_us)},
  {.name = "window_bound", .read = bl_value_choice, .words = gate_bounds,
   .at = offsetof(gate_terms, accept.window_ends)},
  {.name = "now", .read = bl_ask_wall, .at = offsetof(gate_terms, now)},
  {.name = "received", .read = bl_ask_wall,
   .at = offsetof(gate_terms, received)},
  {.name = "events", .read = bl_ask_list,
   .at = offsetof(gate_terms, events)},
};

static const bl_shape gate_shape = {
  "a request", gate_fields, BL_COUNT(gate_fields)
};

typedef struct gate_event {
  bl_str       key;
  bl_ask_clock time;               /* that of its receipt when left out */
  bl_ask_clock now;
  bl_dec       value;
} gate_event;

static const bl_field gate_event_fields[] = {
  {.name = "key", .read = bl_value_id, .at = offsetof(gate_event, key)},
  {.name = "time", .read = bl_ask_wall, .at = offsetof(gate_event, time)},
  {.name = "now", .read = bl_ask_wall, .needed = BL_ALWAYS,
   .at = offsetof(gate_event, now)},
  {.name = "value", .read = bl_ask_dec, .at = offsetof(gate_event, value)},
};

static const bl_shape gate_event_shape = {
  "an event", gate_event_fields, BL_COUNT(gate_event_fields)
};

/* The word for an event; one that is accepted is remembered by its key. */
static int gate_verdict(const bl_ask *ask, const gate_terms *terms,
                        const gate_event *event, bl_map *keys,
                        const char **out) {
  static const char *const words[] = {
    [BL_ACCEPT_YES]           = "accepted",
    [BL_ACCEPT_TOO_OLD]       = "too_old",
    [BL_ACCEPT_TOO_FAR_AHEAD] = "too_far_ahead",
  };
  int64_t now = event->now.us;
  int64_t *first = bl_map_get(keys, event->key.text, event->key.len);

  *out = words[bl_accept_time(&terms->accept, now,
                              event->time.is_given ? event->time.us : now)];
  if (*out != words[BL_ACCEPT_YES] || !event->key.len) return BILLING_OK;
  if (first && bl_accept_is_repeat(&terms->accept, now, *first)) {
    *out = "repeated";
    return BILLING_OK;
  }
  if (!first) {
    first = bl_ask_array(ask, 1, sizeof *first);
    if (!first || bl_map_put(keys, event->key.text, event->key.len, first))
      return bl_reader_nomem(&ask->top);
  }
  *first = now;
  return BILLING_OK;
}

static int gate_events(bl_ask *ask, const gate_terms *terms) {
  bl_reader above = bl_reader_member(&ask->top, "events");
  bl_json *list = bl_json_array(ask->out, "verdicts");
  const bl_json *item = bl_json_first(terms->events);
  bl_dec sum = BL_DEC_ZERO;
  bl_map keys;
  int rc = BILLING_OK;

  bl_map_open(&keys, ask->top.arena);
  for (size_t i = 0; !rc && item; i++, item = bl_json_next(item)) {
    bl_reader at = bl_reader_item(&above, i);
    gate_event event = {.key = {"", 0}, .value = BL_DEC_ZERO};
    const char *verdict = "";

    rc = bl_shape_read(&gate_event_shape, &at, item, 0, &event);
    if (!rc) rc = gate_verdict(ask, terms, &event, &keys, &verdict);
    if (!rc) (void)bl_json_add_c(list, NULL, verdict);
    if (!strcmp(verdict, "accepted")) sum = bl_dec_add(sum, event.value);
  }
  bl_ask_put(ask, ask->out, "sum", sum);
  return rc;
}

int bl_ask_accept(bl_ask *ask) {
  int64_t off = BL_TIME_NEVER;
  gate_terms terms = {.accept = {off, off, off, off, 0, 0}};
  int rc = bl_shape_read(&gate_shape, &ask->top, ask->doc, 0, &terms);

  if (!rc && terms.events) rc = gate_events(ask, &terms);
  if (!rc && terms.now.is_given && terms.received.is_given)
    (void)bl_json_add_bool(ask->out, "cancellable",
                           bl_accept_cancel(&terms.accept, terms.now.us,
                                            terms.received.us));
  return rc;
}
