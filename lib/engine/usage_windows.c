/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * usage_windows.c - what a meter makes of a customer's recorded events, window
 * by window.
 *
 *     tokens by day from 1 to 3 May, of the model m1:
 *     1 May   quantity 5   cumulative 5    change 5
 *     2 May   quantity 6   cumulative 11   change 6
 *
 * Events are read from the journal and measured anew, so it does not matter
 * whether a contract prices the meter, or which properties it groups by.
 * Usage as of a moment leaves later events out; usage as known at a moment
 * leaves out what was recorded later, and counts what was voided later.
 */
#include "base/sort.h"
#include "catalog/field.h"
#include "engine/event_walk.h"
#include "engine/views.h"

typedef struct window_group {
  bl_str     text;             /* canonical JSON, or empty */
  bl_sample *samples;
  size_t     count;
  size_t     cap;
} window_group;

typedef struct window_names {
  bl_str    *groups;
  size_t     group_count;
  bl_filter *filters;
  size_t     filter_count;
} window_names;

typedef struct window_usage {
  bl_call        *c;
  const bl_query *q;
  bl_customer    *customer;
  const bl_meter *meter;
  const bl_meter_rules *rules;
  window_names    names;
  bl_grid         grid;
  bl_frame        frame;
  bl_map          by_text;     /* -> window_group */
  bl_members      members;
  int64_t         unusable;
} window_usage;

/* ---- what is asked ---- */

static int window_lists(window_usage *u) {
  static const bl_field groups = {.at = offsetof(window_names, groups),
                                  .beside = offsetof(window_names,
                                                     group_count),
                                  .high = BL_LIMIT_GROUP_KEYS};
  static const bl_field filters = {.at = offsetof(window_names, filters),
                                   .beside = offsetof(window_names,
                                                      filter_count)};
  bl_reader top = bl_reader_top("", &u->c->arena, u->c->err);
  bl_reader at = bl_reader_member(&top, "group_by");
  int rc = BILLING_OK;

  if (u->q->group_by)
    rc = bl_value_ids(&at, &groups, u->q->group_by, &u->names);
  at = bl_reader_member(&top, "filters");
  if (!rc && u->q->filters)
    rc = bl_value_filters(&at, &filters, u->q->filters, &u->names);
  return rc;
}

static int window_times(window_usage *u) {
  bl_span *span = &u->frame.span;
  int64_t until_us = u->q->as_of_us;

  *span = (bl_span){u->q->from_us, u->q->to_us};
  if (span->to_us == INT64_MAX) span->to_us = u->c->now_us;
  if (until_us < span->to_us) span->to_us = until_us;
  if (span->from_us < BL_TIME_MIN || span->from_us > BL_TIME_MAX)
    return bl_fail(u->c->err, BILLING_INVALID, "/from",
                   "an RFC 3339 time or microseconds",
                   "windows need a beginning");
  if (span->to_us <= span->from_us || span->to_us > BL_TIME_MAX)
    return bl_fail(u->c->err, BILLING_INVALID, "/to", "after \"from\"",
                   "nothing lies between %T and %T", span->from_us,
                   span->to_us);
  u->frame.whole_us = bl_span_length(*span);
  u->frame.whole_days = bl_frame_end(&u->frame, 1);
  return BILLING_OK;
}

static int window_grid(window_usage *u) {
  bl_str window = u->q->window.len ? u->q->window : BL_STR("none");
  bl_str zone = u->q->zone.len ? u->q->zone : BL_STR("UTC");
  int unit = bl_catalog_word(bl_window_words, window);
  int rc;

  if (unit < 0)
    return bl_fail(u->c->err, BILLING_INVALID, "/window",
                   "none, hour, day, week, month", "there is no window %t",
                   &window);
  rc = bl_zone_asked(u->c, "", zone, &u->grid.zone);
  u->grid.unit = (uint32_t)unit;
  u->grid.anchor_day = 1;
  u->frame.zone = u->grid.zone;
  return rc;
}

static int window_ask(window_usage *u) {
  bl_call *c = u->c;
  const bl_meter_state *meter = bl_map_get(&c->t->meters, u->q->meter.text,
                                           u->q->meter.len);
  int rc = bl_find_customer(c, u->q->customer, "/customer", &u->customer);

  if (!rc && !meter)
    rc = bl_fail(c->err, BILLING_NOTFOUND, "/meter", "a meter that was put",
                 "there is no meter %t", &u->q->meter);
  if (rc) return rc;
  u->rules = bl_rules_of(meter, u->customer->number);
  u->meter = &u->rules->meter;
  if (u->meter->aggregation == BL_AGG_SQL)
    rc = bl_fail(c->err, BILLING_UNSUPPORTED, "/meter",
                 "leave it out for the usage of periods, or ask "
                 "billing_evaluate (sql_meter)",
                 "a meter of SQL has no windows");
  if (!rc) rc = window_lists(u);
  if (!rc) rc = window_grid(u);
  if (!rc) rc = window_times(u);
  return rc;
}

/* ---- samples by group ---- */

static int window_find(window_usage *u, const bl_event *event,
                       window_group **out) {
  bl_text text;
  int rc;

  bl_text_open(&text, &u->c->arena);
  rc = bl_meter_group(u->names.groups, u->names.group_count, event, &text);
  if (rc) return rc;
  *out = bl_map_get(&u->by_text, text.text ? text.text : "", text.len);
  if (*out) return BILLING_OK;
  *out = bl_arena_take(&u->c->arena, sizeof **out);
  if (!*out) return BILLING_NOMEM;
  (*out)->text = (bl_str){text.text, text.len};
  return bl_map_put(&u->by_text, text.text ? text.text : "", text.len, *out);
}

static int window_keep(window_usage *u, const bl_event *event,
                       uint64_t number, bl_sample *sample) {
  bl_arena *arena = &u->c->arena;
  window_group *group;
  bl_sample *kept;
  int rc = window_find(u, event, &group);

  if (rc) return rc;
  sample->number = number;
  sample->value = bl_arena_str(arena, sample->value);
  kept = bl_arena_push(arena, (void **)&group->samples, &group->count,
                       &group->cap, sizeof *kept);
  if (!kept || arena->failed) return BILLING_NOMEM;
  *kept = *sample;
  group->count++;
  return BILLING_OK;
}

/* Of events that were recorded when the meter was another one, or was not
 * there, some have no sample. */
static int window_use(window_usage *u, const bl_event_row *row) {
  const bl_meter *meter = bl_meter_at(u->rules, row->time_us);
  billing_error none = {.struct_size = sizeof none};
  bl_event event = {row->text.name, &u->members, BL_DEC_ONE, row->time_us};
  bl_sample sample;
  int rc = BILLING_OK;

  u->members.count = 0;
  if (row->text.has_value) event.value = row->text.value;
  if (row->text.properties.len)
    rc = bl_json_scan(row->text.properties, &u->members, NULL);
  if (rc || !meter || !bl_meter_wants(meter, &event) ||
      !bl_meter_matches(u->names.filters, u->names.filter_count, &event))
    return rc;
  rc = bl_meter_take(meter, &event, &u->c->arena, &sample, &none);
  if (!rc) return window_keep(u, &event, row->number, &sample);
  u->unusable++;
  return rc == BILLING_NOMEM ? rc : BILLING_OK;
}

/* Whether the event counted at the moment that is asked about. */
static int window_counts(const window_usage *u, const bl_event_walk *walk,
                         const bl_event_row *row) {
  const bl_voided *voided = bl_voids_at(&walk->voids, row->number);

  if (row->text.is_redacted || !row->text.name.len) return 0;
  if (row->decided_us > u->q->known_at_us) return 0;
  if (voided && voided->at_us <= u->q->known_at_us) return 0;
  return bl_measure_takes(u->meter, &u->frame, row->time_us);
}

static int window_walk(window_usage *u) {
  bl_span times = u->frame.span;
  bl_event_walk walk;
  bl_event_row row;
  int rc;

  if (u->meter->recurring) times.from_us = INT64_MIN;
  rc = bl_event_walk_open(&walk, u->c, u->customer, times, 0);
  while (!rc && (rc = bl_event_walk_next(&walk, &row)) == BILLING_OK)
    if (window_counts(u, &walk, &row)) rc = window_use(u, &row);
  bl_event_walk_close(&walk);
  return rc == BILLING_DONE ? BILLING_OK : rc;
}

/* ---- rows ---- */

static int window_order(const void *a, const void *b) {
  const window_group *x = *(window_group *const *)a;
  const window_group *y = *(window_group *const *)b;

  return bl_str_order(x->text, y->text);
}

/* Groups in the order of their texts. */
static window_group **window_sorted(window_usage *u) {
  size_t count = u->by_text.count;
  window_group **sorted = bl_arena_array(&u->c->arena, count + 1,
                                         sizeof *sorted);

  if (!sorted) return NULL;
  for (size_t i = 0; i < count; i++) sorted[i] = u->by_text.entry[i].value;
  bl_sort(sorted, count, sizeof *sorted, window_order);
  return sorted;
}

static int window_row(const window_group *group, const bl_pane *pane,
                      bl_json *rows) {
  bl_json *row = bl_json_object(rows, NULL);
  int rc = bl_view_add_json(row, "group", group->text);

  if (rc) return rc;
  bl_json_add_time(row, "from", pane->span.from_us);
  bl_json_add_time(row, "to", pane->span.to_us);
  bl_json_add_dec(row, "quantity", pane->quantity);
  bl_json_add_dec(row, "cumulative", pane->cumulative);
  return bl_json_add_dec(row, "change", pane->change) ? BILLING_OK
                                                      : BILLING_NOMEM;
}

/* The place of a row among all of them, and how many there are so far. */
typedef struct window_page {
  bl_json *rows;
  int64_t  after;
  int64_t  count;
  int64_t  has_more;
} window_page;

static int window_group_rows(window_usage *u, window_group *group,
                             window_page *page) {
  bl_panes panes;
  bl_pane pane;
  bl_arena own;
  int rc = BILLING_OK;

  bl_arena_open(&own, &u->c->b->host);
  bl_samples_sort(group->samples, group->count, BL_SAMPLES_BY_TIME);
  bl_panes_open(&panes, u->meter, &u->frame, &u->grid, &own);
  panes.samples = group->samples;
  panes.sample_count = group->count;
  while (!rc && (rc = bl_panes_next(&panes, &pane)) == BILLING_OK) {
    if (bl_is_interrupted(u->c->b)) rc = BILLING_CANCELED;
    if (page->count++ < page->after) continue;
    page->has_more = page->count > page->after + u->q->limit;
    if (page->has_more) break;
    if (!rc &&
        (bl_dec_is_bad(pane.cumulative) || bl_dec_is_bad(pane.quantity)))
      rc = bl_fail(u->c->err, BILLING_LIMIT, "", "quantities below 10^20",
                   "a quantity does not fit");
    if (!rc) rc = window_row(group, &pane, page->rows);
  }
  bl_arena_close(&own);
  return rc == BILLING_DONE ? BILLING_OK : rc;
}

static int window_page_of(window_usage *u, bl_json *tree) {
  window_page page = {bl_json_array(tree, "usage"), 0, 0, 0};
  window_group **sorted = window_sorted(u);
  int rc = page.rows && sorted ? bl_query_after(u->c, u->q, &page.after)
                               : BILLING_NOMEM;

  if (rc) return rc;
  for (size_t i = 0; i < u->by_text.count && !rc && !page.has_more; i++)
    rc = window_group_rows(u, sorted[i], &page);
  bl_json_add_text(tree, "meter", u->meter->id);
  bl_json_add_int(tree, "unusable", u->unusable);
  if (!rc && page.has_more) {
    bl_text next;
    bl_text_open(&next, &u->c->arena);
    bl_text_format(&next, "%i", page.after + u->q->limit);
    if (!bl_json_add_text(tree, "next", (bl_str){next.text, next.len}))
      rc = BILLING_NOMEM;
  }
  return rc;
}

int bl_usage_windows(bl_call *c, const bl_query *q, billing_doc **out) {
  window_usage u = {.c = c, .q = q};
  window_group *none;
  bl_event nothing = {0};
  bl_json *tree;
  int rc;

  bl_map_open(&u.by_text, &c->arena);
  bl_members_open(&u.members, &c->arena);
  rc = window_ask(&u);
  if (!rc && !u.names.group_count) rc = window_find(&u, &nothing, &none);
  if (!rc) rc = window_walk(&u);
  if (rc) return rc;
  tree = bl_json_object(NULL, NULL);
  rc = tree ? window_page_of(&u, tree) : BILLING_NOMEM;
  if (!rc) rc = bl_doc_of_tree(c, tree, out);
  bl_json_free(tree);
  return rc;
}
