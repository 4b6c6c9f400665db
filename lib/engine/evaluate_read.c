/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * evaluate_read.c - readers of values that only requests have, and writing of
 * figures.
 */
#include "contract/contract.h"
#include "engine/evaluate.h"

static void *ask_at(void *model, size_t at) {
  return (unsigned char *)model + at;
}

int bl_ask_skip(const bl_reader *r, const bl_field *field,
                const bl_json *node, void *model) {
  (void)r, (void)field, (void)node, (void)model;
  return BILLING_OK;
}

int bl_ask_node(const bl_reader *r, const bl_field *field,
                const bl_json *node, void *model) {
  (void)r;
  *(const bl_json **)ask_at(model, field->at) = node;
  return BILLING_OK;
}

int bl_ask_list(const bl_reader *r, const bl_field *field,
                const bl_json *node, void *model) {
  size_t count = 0;
  int rc = bl_value_array(r, node, 0, BL_ASK_MOST, &count);

  if (!rc) *(const bl_json **)ask_at(model, field->at) = node;
  return rc;
}

int bl_ask_dec(const bl_reader *r, const bl_field *field,
               const bl_json *node, void *model) {
  bl_dec v = BL_DEC_BAD;

  if (!bl_json_dec(node, &v))
    return bl_reader_fail(r, BILLING_INVALID,
                          "such as \"-2.50\"; up to 18 decimals",
                          "this is not an exact decimal");
  *(bl_dec *)ask_at(model, field->at) = v;
  return BILLING_OK;
}

int bl_ask_time(const bl_reader *r, const bl_field *field,
                const bl_json *node, void *model) {
  if (bl_json_time(node, ask_at(model, field->at))) return BILLING_OK;
  return bl_reader_fail(r, BILLING_INVALID,
                        "RFC 3339 such as \"2026-01-31T00:00:00Z\", a date, "
                        "or microseconds",
                        "this is not a time");
}

/* A bare date, or a time with neither Z nor an offset behind it. */
static int ask_is_local(const bl_json *node) {
  bl_str text = bl_json_text(node);

  if (bl_json_kind(node) != BL_JSON_TEXT) return 0;
  for (size_t i = sizeof "2026-01-31" - 1; i < text.len; i++)
    if (strchr("Zz+-", text.text[i])) return 0;
  return 1;
}

int bl_ask_wall(const bl_reader *r, const bl_field *field,
                const bl_json *node, void *model) {
  bl_ask_clock *clock = ask_at(model, field->at);
  bl_field plain = *field;
  int rc;

  plain.at = 0;
  rc = bl_ask_time(r, &plain, node, &clock->us);
  clock->is_local = (uint32_t)ask_is_local(node);
  clock->is_given = 1;
  return rc;
}

int64_t bl_ask_instant(const bl_ask_clock *clock, const bl_zone *zone) {
  return clock->is_local ? bl_zone_to_utc(zone, clock->us) : clock->us;
}

void bl_ask_put(bl_ask *ask, bl_json *parent, const char *key, bl_dec v) {
  if (!bl_dec_is_valid(v)) ask->is_over = 1;
  else (void)bl_json_add_dec(parent, key, v);
}

void bl_ask_put_ratio(bl_ask *ask, bl_json *parent, const char *key,
                      bl_dec v) {
  if (bl_dec_is_valid(v)) bl_ask_put(ask, parent, key, v);
  else (void)bl_json_add_null(parent, key);
}

void *bl_ask_array(const bl_ask *ask, size_t count, size_t size) {
  return bl_arena_array(ask->top.arena, count ? count : 1, size);
}

int bl_ask_zone(const bl_ask *ask, bl_str name, const bl_zone **out) {
  bl_str folder = bl_arena_str(ask->top.arena, ask->zone_folder);
  bl_zone *zone = NULL;
  int rc;

  if (ask->top.arena->failed) return bl_reader_nomem(&ask->top);
  rc = bl_zone_load(ask->top.arena, folder.text,
                    name.len ? name : BL_STR("UTC"), &zone, ask->top.err);
  if (!rc) *out = zone;
  return rc;
}

const char *const bl_unknown_zones[] = {"refuse", "utc", NULL};

int bl_ask_zone_or(bl_ask *ask, bl_str name, uint32_t is_utc,
                   const bl_zone **out) {
  billing_error *err = ask->top.err;
  int rc;

  if (is_utc) ask->top.err = NULL;
  rc = bl_ask_zone(ask, name, out);
  ask->top.err = err;
  if (is_utc && (rc == BILLING_NOTFOUND || rc == BILLING_INVALID))
    rc = bl_ask_zone(ask, BL_STR("UTC"), out);
  return rc;
}

int bl_ask_duration(const bl_reader *r, const bl_field *field,
                    const bl_json *node, void *model) {
  bl_duration *d = ask_at(model, field->at);
  int is_text = bl_json_kind(node) == BL_JSON_TEXT;

  if (!is_text || !bl_duration_parse(bl_json_text(node), d))
    return bl_reader_fail(r, BILLING_INVALID,
                          "such as \"P1M\" or \"PT1H30M\"",
                          "this is not a duration");
  if (field->low && !bl_duration_divides(d, d))
    return bl_reader_fail(r, BILLING_INVALID, NULL,
                          "a cycle is longer than nothing");
  return BILLING_OK;
}
