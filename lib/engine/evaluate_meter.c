/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * evaluate_meter.c - what a meter makes of events.
 *
 *     {"kernel":"aggregate","meter":{"id":"tokens","event":"llm",
 *        "aggregation":"sum","property":"tokens","groups":["model"]},
 *      "events":[{"properties":{"model":"m1","tokens":5}},
 *                {"properties":{"model":"m1","tokens":7}},
 *                {"event":"other"}]}
 *     -> {"groups":[{"events":2,"group":{"model":"m1"},"quantity":"12"}],
 *         "unmatched":1}
 */
#include "base/map.h"
#include "engine/evaluate.h"
#include "meter/measure.h"

static const char *const tally_bounds[] = {"half_open", "closed", NULL};

typedef struct tally_terms {
  const bl_json *meter;
  const bl_json *events;
  bl_ask_clock   from;
  bl_ask_clock   to;
  bl_ask_clock   full_from;
  bl_ask_clock   full_to;
  bl_str         zone;
  uint32_t       is_closed;
  uint32_t       has_detail;
  bl_dec         carried;          /* the bad value: none is said */
  int64_t        days;             /* of the whole period; 0: counted */
  uint32_t       window;           /* BL_WINDOW_*: NONE, no windows */
  uint32_t       reserved;
} tally_terms;

static const bl_field tally_fields[] = {
  BL_ASK_KERNEL,
  {.name = "meter", .read = bl_ask_node, .needed = BL_ALWAYS,
   .at = offsetof(tally_terms, meter)},
  {.name = "events", .read = bl_ask_list, .needed = BL_ALWAYS,
   .at = offsetof(tally_terms, events)},
  {.name = "from", .read = bl_ask_wall, .at = offsetof(tally_terms, from)},
  {.name = "to", .read = bl_ask_wall, .at = offsetof(tally_terms, to)},
  {.name = "full_from", .read = bl_ask_wall,
   .at = offsetof(tally_terms, full_from)},
  {.name = "full_to", .read = bl_ask_wall,
   .at = offsetof(tally_terms, full_to)},
  {.name = "zone", .read = bl_value_label, .high = 64,
   .at = offsetof(tally_terms, zone)},
  {.name = "bounds", .read = bl_value_choice, .words = tally_bounds,
   .at = offsetof(tally_terms, is_closed)},
  {.name = "detail", .read = bl_value_truth,
   .at = offsetof(tally_terms, has_detail)},
  {.name = "carried", .read = bl_ask_dec,
   .at = offsetof(tally_terms, carried)},
  {.name = "days", .read = bl_value_whole64, .low = 1, .high = 4000000,
   .at = offsetof(tally_terms, days)},
  {.name = "window", .read = bl_value_choice, .words = bl_window_words,
   .at = offsetof(tally_terms, window)},
};

static const bl_shape tally_shape = {
  "a request", tally_fields, BL_COUNT(tally_fields)
};

/* What an event of a group was, for the detail. */
typedef struct tally_part {
  bl_sample sample;
  bl_dec    level;                 /* with it */
} tally_part;

typedef struct tally_group {
  bl_measure  measure;
  bl_dec      begin;               /* the level that was carried over */
  tally_part *parts;
  size_t      part_count;
  size_t      part_cap;
  bl_sample  *samples;             /* for windows */
  size_t      sample_count;
  size_t      sample_cap;
} tally_group;

typedef struct tally {
  bl_meter    meter;
  tally_terms terms;
  bl_frame    frame;
  bl_map      groups;              /* canonical JSON -> tally_group */
  bl_map      keys;                /* of events that were counted */
  bl_grid     grid;
  size_t      panes;               /* windows in the answer */
  int64_t     unmatched;
  int64_t     skipped;
  int64_t     repeated;
} tally;

/* ---- the period ---- */

/* Whether the answer depends on how long the period is. */
static int tally_needs_period(const bl_meter *meter) {
  return meter->aggregation == BL_AGG_WEIGHTED ||
         meter->share != BL_SHARE_NONE;
}

static int tally_frame(bl_ask *ask, tally *t) {
  bl_reader at = bl_reader_member(&ask->top, "from");
  const tally_terms *terms = &t->terms;
  bl_frame *f = &t->frame;
  bl_frame full;

  f->is_closed = terms->is_closed;
  f->span = (bl_span){BL_TIME_MIN, BL_TIME_MAX + 1};
  if (terms->from.is_given)
    f->span.from_us = bl_ask_instant(&terms->from, f->zone);
  if (terms->to.is_given)
    f->span.to_us = bl_ask_instant(&terms->to, f->zone);
  full = *f;
  if (terms->full_from.is_given)
    full.span.from_us = bl_ask_instant(&terms->full_from, f->zone);
  if (terms->full_to.is_given)
    full.span.to_us = bl_ask_instant(&terms->full_to, f->zone);
  if (bl_span_is_empty(f->span) || bl_span_is_empty(full.span))
    return bl_reader_fail(&at, BILLING_INVALID, NULL,
                          "the period is empty");
  if ((tally_needs_period(&t->meter) || terms->window) &&
      !(terms->from.is_given && terms->to.is_given))
    return bl_reader_fail(&at, BILLING_INVALID, "from and to",
                          "this meter is measured in a period");
  t->grid = (bl_grid){f->zone, terms->window, 1};
  if (terms->window == BL_WINDOW_MONTH)
    t->grid.anchor_day = bl_civil_of_us(
      bl_zone_to_local(f->zone, f->span.from_us)).date.day;
  f->whole_us   = terms->days ? terms->days * BL_DAY
                              : bl_span_length(full.span);
  f->whole_days = terms->days ? terms->days : bl_frame_end(&full, 1);
  return BILLING_OK;
}

/* Levels that are told come without their events. */
static int tally_check(const bl_ask *ask, const tally *t) {
  bl_reader carried = bl_reader_member(&ask->top, "carried");
  bl_reader detail = bl_reader_member(&ask->top, "detail");
  bl_reader window = bl_reader_member(&ask->top, "window");
  const bl_meter *m = &t->meter;
  bl_reader meter = bl_reader_member(&ask->top, "meter");
  int keeps_all = m->aggregation == BL_AGG_PERCENTILE ||
                  m->aggregation == BL_AGG_PEAK || m->reads_level;

  if (m->aggregation == BL_AGG_SQL)
    return bl_reader_fail(&meter, BILLING_INVALID,
                          "the kernel sql_meter measures it",
                          "events are not added up by a SQL meter");
  if (!bl_dec_is_bad(t->terms.carried) &&
      (!m->recurring || m->aggregation == BL_AGG_UNIQUE || keeps_all ||
       m->group_count))
    return bl_reader_fail(&carried, BILLING_INVALID, NULL,
                          "this meter begins with no level that one figure "
                          "could be");
  if (!bl_dec_is_bad(t->terms.carried) && t->terms.window)
    return bl_reader_fail(&window, BILLING_INVALID, NULL,
                          "windows are made of events, not of a level that "
                          "is told");
  if (t->terms.has_detail && keeps_all)
    return bl_reader_fail(&detail, BILLING_INVALID, NULL,
                          "no event has a part in this by itself");
  return BILLING_OK;
}

/* ---- events ---- */

/* The group of that name; a new one starts empty. */
static int tally_group_of(const bl_ask *ask, tally *t, bl_str key,
                          tally_group **out) {
  tally_group *group = bl_map_get(&t->groups, key.text, key.len);

  *out = group;
  if (group) return BILLING_OK;
  group = bl_ask_array(ask, 1, sizeof *group);
  if (!group || bl_map_put(&t->groups, key.text, key.len, group))
    return bl_reader_nomem(&ask->top);
  bl_measure_open(&group->measure, &t->meter, &t->frame, ask->top.arena);
  if (!bl_dec_is_bad(t->terms.carried)) {
    bl_measure_begin(&group->measure, t->terms.carried);
    group->begin = t->terms.carried;
  }
  *out = group;
  return BILLING_OK;
}

static int tally_detail(const bl_ask *ask, tally_group *group,
                        const bl_sample *sample) {
  tally_part *part;

  if (sample->time_us < group->measure.frame.span.from_us) {
    group->begin = bl_measure_level(&group->measure);
    return BILLING_OK;
  }
  part = bl_arena_push(ask->top.arena, (void **)&group->parts,
                       &group->part_count, &group->part_cap, sizeof *part);
  if (!part) return bl_reader_nomem(&ask->top);
  part->sample = *sample;
  part->level = bl_measure_level(&group->measure);
  group->part_count++;
  return BILLING_OK;
}

static int tally_keep(const bl_ask *ask, tally_group *group,
                      const bl_sample *sample) {
  bl_sample *slot = bl_arena_push(ask->top.arena, (void **)&group->samples,
                                  &group->sample_count, &group->sample_cap,
                                  sizeof *slot);

  if (!slot) return bl_reader_nomem(&ask->top);
  *slot = *sample;
  group->sample_count++;
  return BILLING_OK;
}

static int tally_add(const bl_ask *ask, tally *t, const bl_event *event,
                     const bl_sample *sample) {
  tally_group *group;
  bl_text key;
  int rc;

  if (!bl_measure_takes(&t->meter, &t->frame, sample->time_us))
    return BILLING_OK;
  bl_text_open(&key, ask->top.arena);
  if (bl_meter_group(t->meter.groups, t->meter.group_count, event, &key))
    return bl_reader_nomem(&ask->top);
  rc = tally_group_of(ask, t, (bl_str){key.text ? key.text : "", key.len},
                      &group);
  if (rc) return rc;
  if (bl_measure_add(&group->measure, sample))
    return bl_reader_nomem(&ask->top);
  if (t->terms.window) rc = tally_keep(ask, group, sample);
  if (rc) return rc;
  return t->terms.has_detail ? tally_detail(ask, group, sample) : BILLING_OK;
}

/* Whether the event's key was counted before; a new one is noted. */
static int tally_is_repeat(const bl_ask *ask, tally *t, bl_str key, int *rc) {
  if (!key.len) return 0;
  if (bl_map_get(&t->keys, key.text, key.len)) return 1;
  if (bl_map_put(&t->keys, key.text, key.len, t))
    *rc = bl_reader_nomem(&ask->top);
  return 0;
}

static int tally_event(const bl_ask *ask, const bl_reader *at, tally *t,
                       const bl_ask_event *in, uint64_t number) {
  billing_error why = {.struct_size = sizeof why};
  bl_sample sample;
  int rc = BILLING_OK;

  if (!bl_meter_wants(&t->meter, &in->event)) {
    t->unmatched++;
    return BILLING_OK;
  }
  if (tally_is_repeat(ask, t, in->key, &rc)) {
    t->repeated++;
    return BILLING_OK;
  }
  if (rc) return rc;
  rc = bl_meter_take(&t->meter, &in->event, ask->top.arena, &sample, &why);
  if (rc == BILLING_DONE) t->skipped++;
  if (rc == BILLING_DONE) return BILLING_OK;
  if (rc) return bl_reader_fail(at, rc, why.hint, "%s", why.message);
  sample.number = number;
  return tally_add(ask, t, &in->event, &sample);
}

static int tally_events(bl_ask *ask, tally *t) {
  bl_reader above = bl_reader_member(&ask->top, "events");
  const bl_json *item = bl_json_first(t->terms.events);
  bl_str name = t->meter.event.len ? t->meter.event : BL_STR("event");
  tally_group *only;
  int rc = BILLING_OK;

  if (!t->meter.group_count)
    rc = tally_group_of(ask, t, BL_STR(""), &only);
  for (size_t i = 0; !rc && item; i++, item = bl_json_next(item)) {
    bl_reader at = bl_reader_item(&above, i);
    bl_ask_event in;

    rc = bl_ask_event_read(&at, item, name, &in);
    if (!rc) rc = tally_event(ask, &at, t, &in, i + 1);
  }
  return rc;
}

/* ---- the answer ---- */

/* What of the aggregate an event is: a sum has parts, an extreme a holder. */
static bl_dec tally_part_of(const tally_group *group, const bl_sample *s) {
  switch (group->measure.meter->aggregation) {
  case BL_AGG_MAX: case BL_AGG_MIN: case BL_AGG_LATEST: case BL_AGG_EARLIEST:
    return group->measure.edge.number == s->number ? s->quantity
                                                   : BL_DEC_ZERO;
  default: return s->quantity;
  }
}

static void tally_put_part(bl_ask *ask, bl_json *list,
                           const tally_group *group, const tally_part *part,
                           bl_dec before) {
  bl_json *node = bl_json_object(list, NULL);
  bl_dec quantity = tally_part_of(group, &part->sample);

  bl_ask_put(ask, node, "quantity", quantity);
  bl_ask_put(ask, node, "level", part->level);
  bl_ask_put(ask, node, "change", bl_dec_sub(part->level, before));
  if (group->measure.meter->share)
    bl_ask_put(ask, node, "prorated",
               bl_measure_share(&group->measure, quantity,
                                part->sample.time_us));
}

/* What was carried over comes first, as one part without an event. */
static void tally_put_parts(bl_ask *ask, bl_json *node,
                            const tally_group *group) {
  bl_json *list = bl_json_array(node, "parts");
  tally_part first = {{.quantity = group->begin, .time_us = INT64_MIN},
                      group->begin};
  bl_dec before = group->begin;

  if (!bl_dec_is_zero(before) && group->measure.meter->share)
    tally_put_part(ask, list, group, &first, BL_DEC_ZERO);
  for (size_t i = 0; i < group->part_count; i++) {
    tally_put_part(ask, list, group, &group->parts[i], before);
    before = group->parts[i].level;
  }
}

static int tally_put_windows(bl_ask *ask, tally *t, bl_json *node,
                             tally_group *group) {
  bl_json *list = bl_json_array(node, "windows");
  bl_panes panes;
  bl_pane pane;
  int rc;

  bl_samples_sort(group->samples, group->sample_count, BL_SAMPLES_BY_TIME);
  bl_panes_open(&panes, &t->meter, &t->frame, &t->grid, ask->top.arena);
  panes.samples      = group->samples;
  panes.sample_count = group->sample_count;
  while (!(rc = bl_panes_next(&panes, &pane))) {
    bl_json *one = bl_json_object(list, NULL);

    if (++t->panes > BL_ASK_MOST)
      return bl_reader_fail(&ask->top, BILLING_LIMIT, NULL,
                            "there are more than 10000 windows");
    (void)bl_json_add_time(one, "from", pane.span.from_us);
    (void)bl_json_add_time(one, "to", pane.span.to_us);
    bl_ask_put(ask, one, "quantity", pane.quantity);
    bl_ask_put(ask, one, "cumulative", pane.cumulative);
    bl_ask_put(ask, one, "change", pane.change);
  }
  return rc == BILLING_DONE ? BILLING_OK : bl_reader_nomem(&ask->top);
}

static int tally_put_group(bl_ask *ask, tally *t, bl_json *node,
                           tally_group *group) {
  bl_measure *m = &group->measure;

  bl_ask_put(ask, node, "quantity", bl_measure_quantity(m));
  (void)bl_json_add_int(node, "events", m->events);
  if (t->meter.recurring)
    (void)bl_json_add_int(node, "carried_events", m->carried);
  if (t->meter.aggregation == BL_AGG_WEIGHTED && !t->meter.reads_level)
    bl_ask_put(ask, node, "level_after", bl_wide_div(&m->sum, 1));
  if (t->meter.share)
    bl_ask_put(ask, node, "full",
               bl_measure_finish(&t->meter, bl_measure_level(m)));
  if (t->terms.has_detail)
    tally_put_parts(ask, node, group);
  return t->terms.window ? tally_put_windows(ask, t, node, group)
                         : BILLING_OK;
}

static int tally_put(bl_ask *ask, tally *t) {
  bl_json *list = bl_json_array(ask->out, "groups");
  int rc = BILLING_OK;

  for (size_t i = 0; !rc && i < t->groups.count; i++) {
    const bl_map_entry *entry = &t->groups.entry[i];
    bl_json *node = bl_json_object(list, NULL);
    bl_json *names = NULL;

    if (entry->len) rc = bl_json_read(entry->key, entry->len, &names, NULL);
    if (names) (void)bl_json_add_copy(node, "group", names);
    bl_json_free(names);
    if (!rc) rc = tally_put_group(ask, t, node, entry->value);
  }
  (void)bl_json_add_int(ask->out, "unmatched", t->unmatched);
  if (t->skipped) (void)bl_json_add_int(ask->out, "skipped", t->skipped);
  if (t->repeated) (void)bl_json_add_int(ask->out, "repeated", t->repeated);
  return rc;
}

int bl_ask_aggregate(bl_ask *ask) {
  tally t = {.terms = {.carried = BL_DEC_BAD}};
  int rc = bl_shape_read(&tally_shape, &ask->top, ask->doc, 0, &t.terms);

  if (!rc)
    rc = bl_catalog_read_meter(t.terms.meter, "/meter", ask->top.arena,
                                   &t.meter, ask->top.err);
  if (!rc) rc = bl_ask_zone(ask, t.terms.zone, &t.frame.zone);
  if (!rc) rc = tally_frame(ask, &t);
  if (!rc) rc = tally_check(ask, &t);
  if (rc) return rc;
  bl_map_open(&t.groups, ask->top.arena);
  bl_map_open(&t.keys, ask->top.arena);
  rc = tally_events(ask, &t);
  return rc ? rc : tally_put(ask, &t);
}
