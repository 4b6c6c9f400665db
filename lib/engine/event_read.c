/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * event_read.c - an event in normal form.
 *
 * Two events have the same content when customer, name, value, properties
 * (compared as canonical JSON) and time agree; a time that was left to the
 * call does not count, so that a retry a second later is still the same, and
 * so is the event with the time that it was given then.
 */
#include "base/limit.h"
#include "base/struct.h"
#include "engine/rate.h"

/* How far ahead of the clock an event may be. */
#define EVENT_AHEAD_US (366 * BL_DAY)

static int refuse_event(bl_call *c, int rc, const char *path, const char *hint,
                        const char *message) {
  return bl_fail(c->err, rc, path, hint, "%s", message);
}

static int read_properties(bl_call *c, bl_event_in *in) {
  bl_str text = in->event.properties;
  int rc = BILLING_OK;

  if (!text.len) return BILLING_OK;
  if (text.len > BL_LIMIT_EVENT_BYTES)
    return refuse_event(c, BILLING_LIMIT, "/properties", "at most 64 KiB",
                        "the properties are too long");
  if (!in->line)
    rc = bl_json_read(text.text, text.len, &in->properties, c->err);
  if (rc) return rc == BILLING_INVALID ? BILLING_INVALID_JSON : rc;
  in->view.properties = in->properties;
  if (bl_json_kind(in->properties) == BL_JSON_OBJECT) return BILLING_OK;
  return refuse_event(c, BILLING_INVALID_JSON, "/properties",
                      "a JSON object", "the properties are not an object");
}

static int read_time(bl_call *c, bl_event_in *in) {
  int64_t us = in->event.time_us ? in->event.time_us : c->now_us;

  in->view.time_us = us;
  if (us < BL_TIME_MIN || us > BL_TIME_MAX)
    return refuse_event(c, BILLING_INVALID_TIME, "/time", "years 1 to 9999",
                        "the time is out of range");
  if (us - EVENT_AHEAD_US <= c->now_us) return BILLING_OK;
  return refuse_event(c, BILLING_INVALID_TIME, "/time",
                      "at most 366 days after the call's now",
                      "the event is too far in the future");
}

static int hash_content(bl_call *c, bl_event_in *in) {
  bl_arena_mark mark = bl_arena_now(&c->arena);
  uint32_t has_value = in->event.flags & BILLING_EVENT_VALUE;
  bl_text text;
  int rc = BILLING_OK;

  bl_text_open(&text, &c->arena);
  bl_pack_u64(&text, in->customer->number);
  bl_pack_i64(&text, in->event.time_us);
  bl_pack_str(&text, in->event.event);
  bl_pack_u64(&text, has_value);
  if (has_value) bl_pack_dec(&text, in->event.value);
  if (in->line) bl_text_str(&text, in->event.properties);
  else if (in->properties) rc = bl_json_print(in->properties, &text);
  if (!rc && text.failed) rc = BILLING_NOMEM;
  if (!rc) in->content = bl_key_hash8(c->b->content_key, text.text, text.len);
  bl_arena_back(&c->arena, mark);
  return rc;
}

static int check_event(bl_call *c, int need_key, bl_event_in *in) {
  const billing_event *e = &in->event;
  int rc;

  if (need_key && !bl_catalog_id_is_valid(e->key))
    return refuse_event(c, BILLING_INVALID, "/key", "1 to 200 bytes of UTF-8",
                        "the event's key is not valid");
  if (!bl_catalog_id_is_valid(e->event))
    return refuse_event(c, BILLING_INVALID, "/event",
                        "1 to 200 bytes of UTF-8",
                        "the event's name is not valid");
  if (e->flags & BILLING_EVENT_VALUE && !bl_dec_is_valid(e->value))
    return refuse_event(c, BILLING_INVALID, "/value",
                        "at most 20 digits and 18 decimals",
                        "the value is out of range");
  rc = bl_find_customer(c, e->customer, "/customer", &in->customer);
  if (!rc) rc = read_time(c, in);
  if (!rc) rc = read_properties(c, in);
  return rc;
}

/* Puts down why the event is refused, unless that ends the whole call. */
static int refuse_read(bl_event_in *in, int rc) {
  if (BILLING_CODE(rc) == BILLING_NOMEM) return rc;
  in->code = rc;
  return BILLING_OK;
}

static int read_checked(bl_call *c, int need_key, bl_event_in *in) {
  const billing_event *e = &in->event;
  int rc;

  in->view.name = e->event;
  in->view.value = e->flags & BILLING_EVENT_VALUE ? e->value : BL_DEC_ONE;
  rc = check_event(c, need_key, in);
  if (rc) return refuse_read(in, rc);
  if (need_key)
    bl_key_hash16(in->key_hash, c->b->event_key, e->key.text, e->key.len);
  return hash_content(c, in);
}

int bl_event_read(bl_call *c, const billing_event *event, int need_key,
                  bl_event_in *in) {
  memset(in, 0, sizeof *in);
  in->event = *event;
  return read_checked(c, need_key, in);
}

int bl_event_compare(bl_call *c, const bl_event_in *in,
                     const bl_fact_event *first, int *is_same) {
  bl_event_in timeless = *in;
  int rc = BILLING_OK;

  *is_same = in->content == first->content;
  if (*is_same || in->event.time_us != first->time_us) return BILLING_OK;
  timeless.event.time_us = 0;
  rc = hash_content(c, &timeless);
  *is_same = timeless.content == first->content;
  return rc;
}

void bl_event_close(bl_event_in *in) {
  bl_json_free(in->line ? in->line : in->properties);
  in->line = NULL;
  in->properties = NULL;
}

/* ---- a line ---- */

static int line_text(bl_call *c, const bl_json *node, const char *name,
                     bl_str *out) {
  if (bl_json_kind(node) != BL_JSON_TEXT)
    return bl_fail_at(c->err, BILLING_INVALID, "", name, "a text",
                      "%s is not a text", name);
  *out = bl_json_text(node);
  return BILLING_OK;
}

/* Their text is kept in its canonical form. */
static int line_properties(bl_call *c, bl_json *node, bl_event_in *in) {
  bl_text text;
  int rc;

  bl_text_open(&text, &c->arena);
  rc = bl_json_print(node, &text);
  in->properties = node;
  in->event.properties = (bl_str){text.text, text.len};
  return rc;
}

/* What billing_events adds to an event. */
static int is_of_the_record(bl_str name) {
  static const char *const ours[] = {"number", "decided", "flags", "charges"};

  for (size_t i = 0; i < BL_COUNT(ours); i++)
    if (bl_str_is(name, ours[i])) return 1;
  return 0;
}

static int line_member(bl_call *c, bl_json *node, bl_event_in *in) {
  bl_str name = bl_json_key(node);
  billing_event *e = &in->event;

  if (bl_str_is(name, "key")) return line_text(c, node, "key", &e->key);
  if (bl_str_is(name, "customer"))
    return line_text(c, node, "customer", &e->customer);
  if (bl_str_is(name, "event")) return line_text(c, node, "event", &e->event);
  if (bl_str_is(name, "properties")) return line_properties(c, node, in);
  if (bl_str_is(name, "value")) {
    e->flags |= BILLING_EVENT_VALUE;
    if (bl_json_dec(node, &e->value)) return BILLING_OK;
    return refuse_event(c, BILLING_INVALID, "/value",
                        "a number or a text with up to 18 decimals",
                        "the value is not a decimal");
  }
  if (bl_str_is(name, "time")) {
    if (bl_json_time(node, &e->time_us) && e->time_us) return BILLING_OK;
    return refuse_event(c, BILLING_INVALID_TIME, "/time",
                        "RFC 3339, or microseconds since 1970 but 0",
                        "the time cannot be read");
  }
  if (is_of_the_record(name)) return BILLING_OK;
  return bl_fail(c->err, BILLING_INVALID, "",
                 "key, customer, event, time, value, properties",
                 "an event has no member %t", &name);
}

static int read_members(bl_call *c, bl_str line, bl_event_in *in) {
  int rc = bl_json_read(line.text, line.len, &in->line, c->err);

  if (rc) return rc == BILLING_INVALID ? BILLING_INVALID_JSON : rc;
  if (bl_json_kind(in->line) != BL_JSON_OBJECT)
    return refuse_event(c, BILLING_INVALID_JSON, "", "one object a line",
                        "the line is not an object");
  for (bl_json *node = bl_json_first(in->line); node && !rc;
       node = bl_json_next(node))
    rc = line_member(c, node, in);
  return rc;
}

int bl_event_read_line(bl_call *c, bl_str line, bl_event_in *in) {
  int rc;

  memset(in, 0, sizeof *in);
  in->event.struct_size = sizeof in->event;
  rc = read_members(c, line, in);
  return rc ? refuse_read(in, rc) : read_checked(c, 1, in);
}

#undef EVENT_AHEAD_US
