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

typedef struct tally_terms {
  const bl_json *meter;
  const bl_json *events;
} tally_terms;

static const bl_field tally_fields[] = {
  BL_ASK_KERNEL,
  {.name = "meter", .read = bl_ask_node, .needed = BL_ALWAYS,
   .at = offsetof(tally_terms, meter)},
  {.name = "events", .read = bl_ask_list, .needed = BL_ALWAYS,
   .at = offsetof(tally_terms, events)},
};

static const bl_shape tally_shape = {
  "a request", tally_fields, BL_COUNT(tally_fields)
};

/* A group's level and the values that it has seen. */
typedef struct tally_group {
  bl_level level;
  bl_map   values;
} tally_group;

typedef struct tally {
  bl_meter meter;
  bl_map   groups;               /* canonical JSON -> tally_group */
  int64_t  unmatched;
} tally;

/* The group of the event; a new one starts empty. */
static tally_group *tally_group_of(const bl_ask *ask, tally *t,
                                   const bl_event *event) {
  bl_text key;
  tally_group *group;

  bl_text_open(&key, ask->top.arena);
  if (bl_meter_group(t->meter.groups, t->meter.group_count, event, &key))
    return NULL;
  group = bl_map_get(&t->groups, key.text ? key.text : "", key.len);
  if (group) return group;
  group = bl_ask_array(ask, 1, sizeof *group);
  if (!group) return NULL;
  bl_map_open(&group->values, ask->top.arena);
  if (bl_map_put(&t->groups, key.text ? key.text : "", key.len, group))
    return NULL;
  return group;
}

static int tally_add(const bl_ask *ask, const bl_reader *at, tally *t,
                     const bl_event *event) {
  bl_usage usage = {BL_DEC_ZERO, event->time_us, 0, 0};
  bl_str value = {NULL, 0};
  tally_group *group = tally_group_of(ask, t, event);
  int is_unique = t->meter.aggregation == BL_AGG_UNIQUE;
  billing_error why = {.struct_size = sizeof why};
  int rc;

  if (!group) return bl_reader_nomem(at);
  rc = bl_meter_sample(&t->meter, event, &usage.quantity, &value, &why);
  if (rc) return bl_reader_fail(at, rc, why.hint, "%s", why.message);
  if (is_unique && !bl_map_get(&group->values, value.text, value.len)) {
    usage.is_new = 1;
    if (bl_map_put(&group->values, value.text, value.len, group))
      return bl_reader_nomem(at);
  }
  group->level = bl_aggregate_add(t->meter.aggregation, group->level, &usage);
  return BILLING_OK;
}

static int tally_put(bl_ask *ask, const tally *t) {
  bl_json *list = bl_json_array(ask->out, "groups");
  int rc = BILLING_OK;

  for (size_t i = 0; !rc && i < t->groups.count; i++) {
    const bl_map_entry *entry = &t->groups.entry[i];
    const tally_group *group = entry->value;
    bl_json *node = bl_json_object(list, NULL);
    bl_json *names = NULL;

    if (entry->len) rc = bl_json_read(entry->key, entry->len, &names, NULL);
    if (names) (void)bl_json_add_copy(node, "group", names);
    bl_json_free(names);
    bl_ask_put(ask, node, "quantity", group->level.total);
    (void)bl_json_add_int(node, "events", group->level.events);
  }
  (void)bl_json_add_int(ask->out, "unmatched", t->unmatched);
  return rc;
}

int bl_ask_aggregate(bl_ask *ask) {
  bl_reader above = bl_reader_member(&ask->top, "events");
  tally_terms terms = {NULL, NULL};
  tally t = {0};
  const bl_json *item;
  int rc = bl_shape_read(&tally_shape, &ask->top, ask->doc, 0, &terms);

  if (!rc)
    rc = bl_catalog_read_meter(terms.meter, "/meter", ask->top.arena,
                               &t.meter, ask->top.err);
  if (rc) return rc;
  bl_map_open(&t.groups, ask->top.arena);
  item = bl_json_first(terms.events);
  for (size_t i = 0; !rc && item; i++, item = bl_json_next(item)) {
    bl_reader at = bl_reader_item(&above, i);
    bl_ask_event in;

    rc = bl_ask_event_read(&at, item, t.meter.event, &in);
    if (!rc && bl_meter_wants(&t.meter, &in.event))
      rc = tally_add(ask, &at, &t, &in.event);
    else t.unmatched++;
  }
  return rc ? rc : tally_put(ask, &t);
}
