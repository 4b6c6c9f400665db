/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * evaluate_sql.c - what a SQL meter makes of events.
 *
 *     {"kernel":"sql_meter","meter":{"id":"gb","event":"put",
 *        "aggregation":"sql","properties":["region"],
 *        "sql":"SELECT sum(value), region FROM events GROUP BY region"},
 *      "events":[{"value":"1.5","properties":{"region":"eu"}},
 *                {"value":"2","properties":{"region":"eu"}}]}
 *     -> {"columns":["region"],
 *         "groups":[{"group":{"region":"eu"},"quantity":"3.5"}],
 *         "unmatched":0}
 *
 * Rows lie in the order of the events' times; among equal times in the order
 * given.
 */
#include "engine/evaluate.h"
#include "meter/measure.h"
#include "meter/property.h"
#include "store/sql_meter.h"

typedef struct sql_terms {
  const bl_json *meter;
  const bl_json *events;
  int64_t        from;
  int64_t        to;
} sql_terms;

static const bl_field sql_fields[] = {
  BL_ASK_KERNEL,
  {.name = "meter", .read = bl_ask_node, .needed = BL_ALWAYS,
   .at = offsetof(sql_terms, meter)},
  {.name = "events", .read = bl_ask_list, .needed = BL_ALWAYS,
   .at = offsetof(sql_terms, events)},
  {.name = "from", .read = bl_ask_time, .at = offsetof(sql_terms, from)},
  {.name = "to", .read = bl_ask_time, .at = offsetof(sql_terms, to)},
};

static const bl_shape sql_shape = {
  "a request", sql_fields, BL_COUNT(sql_fields)
};

/* What the meter wants of the events, in the order of their times. */
typedef struct sql_rows {
  bl_sql_event *rows;
  size_t        count;
  int64_t       unmatched;
} sql_rows;

static int sql_meter_read(bl_ask *ask, const sql_terms *terms,
                          bl_meter *meter) {
  bl_reader at = bl_reader_member(&ask->top, "meter");
  bl_reader aggregation = bl_reader_member(&at, "aggregation");
  int rc = bl_catalog_read_meter(terms->meter, "/meter", ask->top.arena,
                                     meter, ask->top.err);

  if (!rc && meter->aggregation != BL_AGG_SQL)
    rc = bl_reader_fail(&aggregation, BILLING_INVALID,
                        "the kernel aggregate measures all others",
                        "this is no SQL meter");
  return rc;
}

/* The event as a row, put behind those of its time. */
static int sql_place(const bl_ask *ask, const bl_meter *meter,
                     const bl_ask_event *in, sql_rows *list) {
  bl_str *columns = bl_ask_array(ask, meter->property_count, sizeof *columns);
  size_t at = list->count;

  if (!columns) return bl_reader_nomem(&ask->top);
  for (size_t i = 0; i < meter->property_count; i++) {
    const bl_member *m = bl_property(&in->event, meter->properties[i]);

    columns[i] = m ? m->value : (bl_str){NULL, 0};
  }
  for (; at && list->rows[at - 1].time_us > in->event.time_us; at--)
    list->rows[at] = list->rows[at - 1];
  list->rows[at] = (bl_sql_event){in->event.name, in->key, in->event.time_us,
                                  in->event.value, columns};
  list->count++;
  return BILLING_OK;
}

static int sql_events(bl_ask *ask, const sql_terms *terms,
                      const bl_meter *meter, sql_rows *list) {
  bl_reader above = bl_reader_member(&ask->top, "events");
  const bl_json *item = bl_json_first(terms->events);
  bl_str name = meter->event.len ? meter->event : BL_STR("event");
  bl_span period = {terms->from, terms->to};
  int rc = BILLING_OK;

  list->rows = bl_ask_array(ask, bl_json_count(terms->events),
                            sizeof *list->rows);
  if (!list->rows) return bl_reader_nomem(&ask->top);
  for (size_t i = 0; !rc && item; i++, item = bl_json_next(item)) {
    bl_reader at = bl_reader_item(&above, i);
    bl_ask_event in;

    rc = bl_ask_event_read(&at, item, name, &in);
    if (rc) return rc;
    if (!bl_meter_wants(meter, &in.event)) list->unmatched++;
    else if (bl_span_holds(period, in.event.time_us))
      rc = sql_place(ask, meter, &in, list);
  }
  return rc;
}

static int sql_put(bl_ask *ask, const bl_sql_quantity *rows, size_t count) {
  bl_json *list = bl_json_array(ask->out, "groups");
  int rc = BILLING_OK;

  for (size_t i = 0; !rc && i < count; i++) {
    bl_json *node = bl_json_object(list, NULL);
    bl_json *names = NULL;

    if (rows[i].group.len)
      rc = bl_json_read(rows[i].group.text, rows[i].group.len, &names, NULL);
    if (names) (void)bl_json_add_copy(node, "group", names);
    bl_json_free(names);
    bl_ask_put(ask, node, "quantity", rows[i].quantity);
  }
  return rc ? bl_reader_nomem(&ask->top) : BILLING_OK;
}

static int sql_run(bl_ask *ask, bl_sandbox *box, const sql_rows *list) {
  bl_json *names = bl_json_array(ask->out, "columns");
  bl_sql_quantity *rows = NULL;
  size_t count = 0;
  const bl_str *groups = bl_sandbox_groups(box, &count);
  int rc = BILLING_OK;

  for (size_t i = 0; i < count; i++)
    (void)bl_json_add_text(names, NULL, groups[i]);
  for (size_t i = 0; !rc && i < list->count; i++)
    rc = bl_sandbox_add(box, &list->rows[i]);
  if (!rc) rc = bl_sandbox_run(box, &rows, &count);
  return rc ? rc : sql_put(ask, rows, count);
}

int bl_ask_sql_meter(bl_ask *ask) {
  sql_terms terms = {.from = BL_TIME_MIN, .to = BL_TIME_MAX + 1};
  bl_sandbox *box = NULL;
  sql_rows list = {NULL, 0, 0};
  bl_meter meter;
  bl_sql_meter sql;
  int rc = bl_shape_read(&sql_shape, &ask->top, ask->doc, 0, &terms);

  if (!rc) rc = sql_meter_read(ask, &terms, &meter);
  if (!rc) rc = sql_events(ask, &terms, &meter, &list);
  if (rc) return rc;
  sql = (bl_sql_meter){meter.sql, meter.properties, meter.property_count};
  rc = bl_sandbox_open(&sql, (bl_span){terms.from, terms.to}, ask->top.arena,
                       "/meter/sql", &box, ask->top.err);
  if (!rc) rc = sql_run(ask, box, &list);
  (void)bl_json_add_int(ask->out, "unmatched", list.unmatched);
  bl_sandbox_close(box);
  return rc;
}
