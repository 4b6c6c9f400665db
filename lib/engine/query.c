/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* query.c - reading queries; see query.h. */
#include "engine/query.h"

enum { QUERY_TEXT, QUERY_INT, QUERY_TIME, QUERY_BOOL, QUERY_NODE };

typedef struct query_member {
  const char *name;
  uint32_t    type;
  uint32_t    reserved;
  size_t      offset;
  int64_t     low;
  int64_t     high;
} query_member;

#define MEMBER(name, type, field, low, high) \
  {name, type, 0, offsetof(bl_query, field), low, high}
static const query_member query_members[] = {
    MEMBER("customer", QUERY_TEXT, customer, 0, 0),
    MEMBER("contract", QUERY_TEXT, contract, 0, 0),
    MEMBER("asset", QUERY_TEXT, asset, 0, 0),
    MEMBER("status", QUERY_TEXT, status, 0, 0),
    MEMBER("account", QUERY_TEXT, account, 0, 0),
    MEMBER("after", QUERY_TEXT, after, 0, 0),
    MEMBER("invoice", QUERY_TEXT, invoice, 0, 0),
    MEMBER("id", QUERY_TEXT, id, 0, 0),
    MEMBER("reason", QUERY_TEXT, reason, 0, 0),
    MEMBER("limit", QUERY_INT, limit, 1, 1000),
    MEMBER("line", QUERY_INT, line, 1, INT32_MAX),
    MEMBER("events", QUERY_INT, events, 0, 10000),
    MEMBER("examples", QUERY_INT, examples, 0, 10),
    MEMBER("from", QUERY_TIME, from_us, 0, 0),
    MEMBER("to", QUERY_TIME, to_us, 0, 0),
    MEMBER("meter", QUERY_TEXT, meter, 0, 0),
    MEMBER("window", QUERY_TEXT, window, 0, 0),
    MEMBER("zone", QUERY_TEXT, zone, 0, 0),
    MEMBER("group_by", QUERY_NODE, group_by, 0, 0),
    MEMBER("filters", QUERY_NODE, filters, 0, 0),
    MEMBER("properties", QUERY_NODE, properties, 0, 0),
    MEMBER("as_of", QUERY_TIME, as_of_us, 0, 0),
    MEMBER("known_at", QUERY_TIME, known_at_us, 0, 0),
    MEMBER("archived", QUERY_BOOL, archived, 0, 0),
    MEMBER("prices", QUERY_BOOL, prices, 0, 0),
    MEMBER("running", QUERY_BOOL, running, 0, 0),
    MEMBER("shared", QUERY_BOOL, shared, 0, 0),
    MEMBER("secret", QUERY_TEXT, secret, 0, 0),
    MEMBER("mode", QUERY_TEXT, mode, 0, 0),
    MEMBER("format", QUERY_TEXT, format, 0, 0),
    MEMBER("at", QUERY_TIME, at_us, 0, 0),
    MEMBER("documents", QUERY_NODE, documents, 0, 0),
    MEMBER("instead", QUERY_NODE, instead, 0, 0),
};
#undef MEMBER

static int read_query_member(const query_member *m, const bl_json *node,
                             bl_query *out) {
  char *at = (char *)out + m->offset;
  int64_t number;

  switch (m->type) {
  case QUERY_TEXT:
    if (bl_json_kind(node) != BL_JSON_TEXT) return 0;
    *(bl_str *)(void *)at = bl_json_text(node);
    return 1;
  case QUERY_INT:
    if (!bl_json_int(node, &number) || number < m->low || number > m->high)
      return 0;
    *(int64_t *)(void *)at = number;
    return 1;
  case QUERY_TIME:
    return bl_json_time(node, (int64_t *)(void *)at);
  case QUERY_NODE:
    *(const bl_json **)(void *)at = node;
    return 1;
  default:
    if (bl_json_kind(node) != BL_JSON_TRUE &&
        bl_json_kind(node) != BL_JSON_FALSE)
      return 0;
    *(uint64_t *)(void *)at = bl_json_kind(node) == BL_JSON_TRUE;
    return 1;
  }
}

static const query_member *member_named(bl_str name,
                                        const char *const *allowed) {
  for (; *allowed; allowed++)
    if (bl_str_is(name, *allowed)) break;
  if (!*allowed) return NULL;
  for (size_t i = 0; i < BL_COUNT(query_members); i++)
    if (bl_str_is(name, query_members[i].name)) return &query_members[i];
  return NULL;
}

static const char *query_hint(const query_member *m) {
  static const char *const hints[] = {
      [QUERY_TEXT] = "a text", [QUERY_INT] = "a whole number in its range",
      [QUERY_TIME] = "an RFC 3339 time or microseconds",
      [QUERY_BOOL] = "true or false", [QUERY_NODE] = "a list"};
  return hints[m->type];
}

static int open_query(bl_call *c, const bl_question *question, bl_query *out) {
  int rc;

  memset(out, 0, sizeof *out);
  out->kind = question->kind;
  out->limit = 100;
  out->events = 100;
  out->examples = 3;
  out->from_us = out->at_us = INT64_MIN;
  out->to_us = out->as_of_us = out->known_at_us = INT64_MAX;
  rc = bl_query_read(c, question->text, question->len, &out->tree);
  if (rc || !out->tree) return rc;
  for (bl_json *node = bl_json_first(out->tree); node && !rc;
       node = bl_json_next(node)) {
    bl_str name = bl_json_key(node);
    const query_member *m = member_named(name, question->allowed);
    if (!m)
      rc = bl_fail(c->err, BILLING_INVALID, "", "see the function's header",
                   "the query has no member %t", &name);
    else if (!read_query_member(m, node, out))
      rc = bl_fail_at(c->err, BILLING_INVALID, "", m->name, query_hint(m),
                      "the query's %t is not usable", &name);
  }
  return rc;
}

static int ask_question(billing *b, const billing_call *call, uint32_t mode,
                        const bl_question *question, const void *also,
                        billing_doc **out, billing_error *err) {
  billing_doc *doc = NULL;
  bl_query q;
  bl_call c;
  int rc;

  if (!out) return bl_refuse(err, BILLING_MISUSE, "out is NULL");
  rc = bl_enter(&c, b, call, mode, err);
  if (rc) return rc;
  rc = open_query(&c, question, &q);
  q.also = also;
  if (!rc) rc = question->answer(&c, &q, &doc);
  bl_json_free(q.tree);
  rc = bl_leave(&c, rc);
  if (rc) billing_doc_free(doc);
  else *out = doc;
  return rc;
}

int bl_question_ask(billing *b, const billing_call *call,
                    const bl_question *question, billing_doc **out,
                    billing_error *err) {
  return ask_question(b, call, BL_READ, question, NULL, out, err);
}

int bl_question_try(billing *b, const billing_call *call,
                    const bl_question *question, const void *also,
                    billing_doc **out, billing_error *err) {
  return ask_question(b, call, BL_TRIAL, question, also, out, err);
}

int bl_query_after(bl_call *c, const bl_query *q, int64_t *out) {
  *out = 0;
  if (!q->after.len || (bl_int_parse(q->after, out) && *out >= 0))
    return BILLING_OK;
  return bl_fail(c->err, BILLING_INVALID, "/after",
                 "the \"next\" of the page before", "after is not a number");
}
