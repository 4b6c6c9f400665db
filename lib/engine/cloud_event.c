/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * cloud_event.c - a CloudEvent of version 1 in structured mode, as an event:
 *
 *     {"specversion":"1.0","id":"7f3","source":"/gateway/eu","type":"llm",
 *      "subject":"acme","time":"2026-01-05T10:00:00Z","data":{"tokens":12}}
 *
 *     key "/gateway/eu 7f3", customer "acme", name "llm", properties the data
 *
 * Source and id together are what CloudEvents keep unique.  A source is a URI
 * and has no spaces, so no two pairs make one key.  Extensions are passed
 * over.
 */
#include "engine/rate.h"

static int cloud_fail(bl_call *c, const char *path, const char *hint,
                      const char *message) {
  return bl_fail(c->err, BILLING_INVALID, path, hint, "%s", message);
}

/* A text that is not empty; missing is fine unless it is needed. */
static int cloud_text(bl_call *c, const bl_members *members, const char *name,
                      int is_needed, bl_str *out) {
  const bl_member *m = bl_members_get(members, bl_str_of(name));

  *out = (bl_str){NULL, 0};
  if (!m && !is_needed) return BILLING_OK;
  if (m && m->kind == BL_JSON_TEXT && m->value.len) {
    *out = m->value;
    return BILLING_OK;
  }
  return bl_fail_at(c->err, BILLING_INVALID, "", name, "a text",
                    "a CloudEvent needs the %s", name);
}

static int cloud_key(bl_call *c, const bl_members *members, bl_str *key) {
  bl_str source, id;
  bl_text text;
  int rc = cloud_text(c, members, "source", 1, &source);

  if (!rc) rc = cloud_text(c, members, "id", 1, &id);
  if (rc) return rc;
  if (memchr(source.text, ' ', source.len))
    return cloud_fail(c, "/source", "a URI, or a part of one",
                      "the source has a space");
  bl_text_open(&text, &c->arena);
  bl_text_str(&text, source);
  bl_text_c(&text, " ");
  bl_text_str(&text, id);
  *key = (bl_str){text.text, text.len};
  if (text.failed) return BILLING_NOMEM;
  if (bl_catalog_id_is_valid(*key)) return BILLING_OK;
  return cloud_fail(c, "/id", "199 bytes of source and id together",
                    "source and id make no key");
}

/* application/json, or anything +json; parameters do not count. */
static int is_json_type(bl_str type) {
  const char *end = type.len ? memchr(type.text, ';', type.len) : NULL;
  size_t len = end ? (size_t)(end - type.text) : type.len;

  while (len && type.text[len - 1] == ' ') len--;
  return len >= 5 && (!memcmp(type.text + len - 5, "/json", 5) ||
                      !memcmp(type.text + len - 5, "+json", 5));
}

static int cloud_data(bl_call *c, const bl_members *members, bl_str *out) {
  const bl_member *data = bl_members_get(members, BL_STR("data"));
  bl_str type;
  int rc = cloud_text(c, members, "datacontenttype", 0, &type);

  if (rc) return rc;
  if (bl_members_get(members, BL_STR("data_base64")))
    return cloud_fail(c, "/data_base64", "\"data\", a JSON object",
                      "usage must be readable");
  if (!data || data->kind == BL_JSON_NULL) return BILLING_OK;
  if (type.len && !is_json_type(type))
    return cloud_fail(c, "/datacontenttype", "application/json",
                      "the data are not JSON");
  if (data->kind != BL_JSON_OBJECT)
    return cloud_fail(c, "/data", "a JSON object",
                      "the data are not an object");
  *out = data->value;
  return BILLING_OK;
}

static int cloud_time(bl_call *c, const bl_members *members,
                      billing_event *out) {
  const bl_member *time = bl_members_get(members, BL_STR("time"));

  if (!time || time->kind == BL_JSON_NULL) return BILLING_OK;
  if (time->kind == BL_JSON_TEXT && bl_member_time(time, &out->time_us) &&
      out->time_us)
    return BILLING_OK;
  return bl_fail(c->err, BILLING_INVALID_TIME, "/time", "RFC 3339",
                 "the time cannot be read");
}

int bl_event_is_cloud(const bl_members *members) {
  return bl_members_get(members, BL_STR("specversion")) != NULL;
}

int bl_event_of_cloud(bl_call *c, const bl_members *members,
                      billing_event *out) {
  bl_str version;
  int rc = cloud_text(c, members, "specversion", 1, &version);

  if (!rc && (version.len < 2 || memcmp(version.text, "1.", 2) != 0))
    rc = bl_fail(c->err, BILLING_INVALID, "/specversion", "\"1.0\"",
                 "CloudEvents of version %t are not known", &version);
  if (!rc) rc = cloud_key(c, members, &out->key);
  if (!rc) rc = cloud_text(c, members, "type", 1, &out->event);
  if (!rc) rc = cloud_text(c, members, "subject", 1, &out->customer);
  if (!rc) rc = cloud_time(c, members, out);
  return rc ? rc : cloud_data(c, members, &out->properties);
}
