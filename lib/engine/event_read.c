/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * event_read.c - an event in normal form.
 *
 * Two events are the same when customer, name, value, properties (compared as
 * canonical JSON) and time agree; a time that was left to the call does not
 * count, so that a retry a second later is still the same, and so is the event
 * with the time that it was given then.
 */
#include "base/limit.h"
#include "engine/keys.h"
#include "engine/rate.h"
#include "meter/accept.h"

/* How far ahead of the clock an event may be. */
#define EVENT_AHEAD_US (366 * BL_DAY)

static int refuse_event(bl_call *c, int rc, const char *path, const char *hint,
                        const char *message) {
  return bl_fail(c->err, rc, path, hint, "%s", message);
}

static int check_time(bl_call *c, const bl_event_in *in) {
  int64_t us = in->view.time_us;

  if (us < BL_TIME_MIN || us > BL_TIME_MAX)
    return refuse_event(c, BILLING_INVALID_TIME, "/time", "years 1 to 9999",
                        "the time is out of range");
  if (us - EVENT_AHEAD_US <= c->now_us) return BILLING_OK;
  return refuse_event(c, BILLING_INVALID_TIME, "/time",
                      "at most 366 days after the call's now",
                      "the event is too far in the future");
}

int bl_event_check_rest(bl_call *c, const bl_event_in *in) {
  int rc = check_time(c, in);

  if (!rc && in->event->properties.len > BL_LIMIT_EVENT_BYTES)
    rc = refuse_event(c, BILLING_LIMIT, "/properties", "at most 64 KiB",
                      "the properties are too long");
  return rc;
}

static int check_event(bl_call *c, int need_key, bl_event_in *in) {
  const billing_event *e = in->event;
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
  rc = bl_find_event_customer(c, e->customer, in->view.time_us,
                              &in->customer);
  return rc ? rc : bl_event_check_rest(c, in);
}

/* What the event itself is refused for; anything else ends the call. */
static int is_about_event(int rc) {
  switch (BILLING_CODE(rc)) {
  case BILLING_INVALID: case BILLING_LIMIT: case BILLING_NOTFOUND: return 1;
  default: return 0;
  }
}

int bl_event_check(bl_call *c, const billing_event *event, int need_key,
                   bl_event_in *in) {
  int rc;

  memset(in, 0, sizeof *in);
  in->event = event;
  in->view.name = event->event;
  in->view.time_us = event->time_us ? event->time_us : c->now_us;
  in->view.value = event->flags & BILLING_EVENT_VALUE ? event->value
                                                      : BL_DEC_ONE;
  rc = check_event(c, need_key, in);
  if (rc && !is_about_event(rc)) return rc;
  in->code = rc;
  if (!rc && need_key)
    in->key = bl_keys_print(c->b, event->key);
  return BILLING_OK;
}

int bl_event_accept_bounded(bl_call *c, const bl_event_in *in) {
  const bl_tenant_terms *terms = &c->t->terms;
  bl_accept_terms accept = {
    terms->most_age_us ? terms->most_age_us : BL_TIME_NEVER,
    terms->most_ahead_us ? terms->most_ahead_us : BL_TIME_NEVER,
    BL_TIME_NEVER, BL_TIME_NEVER, 0, 0};

  switch (bl_accept_time(&accept, c->now_us, in->view.time_us)) {
  case BL_ACCEPT_TOO_OLD:
    return bl_fail(c->err, BILLING_INVALID_TIME, "/time",
                   "the tenant's \"most_age\" says how old an event may be",
                   "the event is of %T, which is too long ago",
                   in->view.time_us);
  case BL_ACCEPT_TOO_FAR_AHEAD:
    return bl_fail(c->err, BILLING_INVALID_TIME, "/time",
                   "the tenant's \"most_ahead\" says how far ahead of the "
                   "clock an event may be",
                   "the event is of %T, which is too far ahead",
                   in->view.time_us);
  default: return BILLING_OK;
  }
}

int bl_event_scan(bl_call *c, bl_event_in *in, bl_members *members) {
  bl_str text = in->event->properties;
  int rc;

  members->count = 0;
  in->view.properties = members;
  if (!text.len) return BILLING_OK;
  rc = bl_json_scan(text, members, c->err);
  if (BILLING_CODE(rc) != BILLING_INVALID) return rc;
  if (bl_json_check(text.text, text.len, NULL)) return BILLING_INVALID_JSON;
  bl_error_start(c->err);
  return refuse_event(c, BILLING_INVALID_JSON, "/properties",
                      "a JSON object", "the properties are not an object");
}

int bl_event_read(bl_call *c, const billing_event *event, int need_key,
                  bl_event_in *in, bl_members *members) {
  int rc = bl_event_check(c, event, need_key, in);

  if (!rc) rc = in->code;
  if (!rc) rc = bl_event_accept(c, in);
  return rc ? rc : bl_event_scan(c, in, members);
}

/* ---- the same event ---- */

int bl_event_canonical(bl_str json, bl_text *out) {
  bl_json *tree;
  int rc;

  if (!json.len) return BILLING_OK;
  rc = bl_json_read(json.text, json.len, &tree, NULL);
  if (rc) return rc;
  rc = bl_json_print(tree, out);
  bl_json_free(tree);
  return rc;
}

int bl_event_agrees(bl_call *c, bl_str a, bl_str b, int *agree) {
  bl_arena_mark mark = bl_arena_now(&c->arena);
  bl_text one, other;
  int rc;

  *agree = bl_str_equal(a, b);
  if (*agree || !a.len || !b.len) return BILLING_OK;
  bl_text_open(&one, &c->arena);
  bl_text_open(&other, &c->arena);
  rc = bl_event_canonical(a, &one);
  if (!rc) rc = bl_event_canonical(b, &other);
  *agree = !rc && one.len == other.len &&
           memcmp(one.text, other.text, one.len) == 0;
  bl_arena_back(&c->arena, mark);
  return rc;
}

static int times_agree(const bl_event_in *in, const bl_fact_event *fact) {
  return fact->time_us == in->event->time_us ||
         (fact->flags & BL_EVENT_UNTIMED && !in->event->time_us);
}

int bl_event_is_same(bl_call *c, const bl_event_in *in,
                     const bl_fact_event *fact, const bl_event_text *text,
                     int *is_same) {
  const billing_event *e = in->event;
  uint32_t has_value = (e->flags & BILLING_EVENT_VALUE) != 0;

  *is_same = 0;
  if (text->is_redacted || in->customer->number != fact->customer ||
      !times_agree(in, fact) ||
      !bl_str_equal(e->event, text->name) || has_value != text->has_value ||
      (has_value && !bl_dec_equal(e->value, text->value)))
    return BILLING_OK;
  return bl_event_agrees(c, e->properties, text->properties, is_same);
}

/* ---- a line ---- */

static int line_text(bl_call *c, const bl_member *m, const char *name,
                     bl_str *out) {
  *out = m->value;
  if (m->kind == BL_JSON_TEXT) return BILLING_OK;
  return bl_fail_at(c->err, BILLING_INVALID, "", name, "a text",
                    "%s is not a text", name);
}

/* Their text stays as it was sent. */
static int line_properties(bl_call *c, const bl_member *m,
                           billing_event *out) {
  out->properties = m->value;
  if (m->kind == BL_JSON_OBJECT) return BILLING_OK;
  return refuse_event(c, BILLING_INVALID_JSON, "/properties", "a JSON object",
                      "the properties are not an object");
}

static int line_value(bl_call *c, const bl_member *m, billing_event *out) {
  out->flags |= BILLING_EVENT_VALUE;
  if (bl_member_dec(m, &out->value)) return BILLING_OK;
  return refuse_event(c, BILLING_INVALID, "/value",
                      "a number or a text with up to 18 decimals",
                      "the value is not a decimal");
}

static int line_time(bl_call *c, const bl_member *m, billing_event *out) {
  if (bl_member_time(m, &out->time_us) && out->time_us) return BILLING_OK;
  return refuse_event(c, BILLING_INVALID_TIME, "/time",
                      "RFC 3339, or microseconds since 1970 but 0",
                      "the time cannot be read");
}

/* What billing_events adds to an event. */
static int is_of_the_record(bl_str name) {
  static const char *const ours[] = {"number", "decided", "flags", "charges"};

  for (size_t i = 0; i < BL_COUNT(ours); i++)
    if (bl_str_is(name, ours[i])) return 1;
  return 0;
}

static int line_member(bl_call *c, const bl_member *m, billing_event *out) {
  if (bl_str_is(m->name, "key")) return line_text(c, m, "key", &out->key);
  if (bl_str_is(m->name, "customer"))
    return line_text(c, m, "customer", &out->customer);
  if (bl_str_is(m->name, "event"))
    return line_text(c, m, "event", &out->event);
  if (bl_str_is(m->name, "properties")) return line_properties(c, m, out);
  if (bl_str_is(m->name, "value")) return line_value(c, m, out);
  if (bl_str_is(m->name, "time")) return line_time(c, m, out);
  if (is_of_the_record(m->name)) return BILLING_OK;
  return bl_fail(c->err, BILLING_INVALID, "",
                 "key, customer, event, time, value, properties",
                 "an event has no member %t", &m->name);
}

int bl_event_of_line(bl_call *c, bl_str line, bl_members *members,
                     billing_event *out) {
  int rc = bl_json_scan(line, members, c->err);

  memset(out, 0, sizeof *out);
  out->struct_size = sizeof *out;
  if (rc) return rc == BILLING_INVALID ? BILLING_INVALID_JSON : rc;
  if (bl_event_is_cloud(members)) return bl_event_of_cloud(c, members, out);
  for (size_t i = 0; i < members->count && !rc; i++)
    rc = line_member(c, &members->item[i], out);
  return rc;
}

#undef EVENT_AHEAD_US
