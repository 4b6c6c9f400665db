/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* shop.h - what the tests of a shop share that lives through some months: its
 * handle, its clock, and what customer "a" does there. */
#ifndef TEST_SHOP_H
#define TEST_SHOP_H

#include <stdarg.h>

#include "engine.h"

#define HOUR (SHOP_DAY / 24)

static billing *b;
static int64_t  now_us;

static inline billing_call call_now(void) {
  return shop_call_at(now_us, "");
}

/* ---- opening and closing ---- */

/* Applies what the format and the arguments make to a new shop. */
static inline int shop_apply(const char *path, billing_error *err,
                             const char *format, va_list arguments) {
  billing_call call;
  char catalog[8192];
  int len = vsnprintf(catalog, sizeof catalog, format, arguments);

  ck_assert_int_lt(len, (int)sizeof catalog);
  BILLING_INIT(err);
  b = shop_open(path);
  now_us = SHOP_NOW;
  call = call_now();
  return billing_catalog_apply(b, &call, catalog, (size_t)-1, NULL, err);
}

/* A shop in memory with a catalog that may be refused. */
static inline int try_catalog(billing_error *err, const char *format, ...) {
  va_list arguments;
  int rc;

  va_start(arguments, format);
  rc = shop_apply(NULL, err, format, arguments);
  va_end(arguments);
  return rc;
}

/* A shop in the file, or in memory when path is NULL, with a catalog. */
static inline void open_catalog(const char *path, const char *format, ...) {
  va_list arguments;
  billing_error err;
  int rc;

  va_start(arguments, format);
  rc = shop_apply(path, &err, format, arguments);
  va_end(arguments);
  ck_assert_msg(!rc, "%s %s", err.path, err.message);
}

/* A shop whose customer "a" has a contract "cc" since January, under a plan
 * "pp" of these prices of these meters. */
static inline void open_meters(const char *path, const char *meters,
                               const char *prices) {
  static const char format[] =
      "{\"meters\":[%s],\"plans\":[{\"id\":\"pp\",\"currency\":\"USD\","
      "\"prices\":[%s]}],\"contracts\":[{\"id\":\"cc\",\"customer\":\"a\","
      "\"plan\":\"pp\",\"start\":\"2026-01-01\"}]}";

  open_catalog(path, format, meters, prices);
}

/* The file, by a handle that has nobody in memory. */
static inline void open_anew(const char *path) {
  billing_close(b);
  b = NULL;
  ck_assert_int_eq(billing_open(&b, path, (size_t)-1, NULL, NULL), 0);
}

static inline void close_shop(void) {
  shop_is_sound(b);
  billing_close(b);
}

/* ---- requests ---- */

static inline int try_put(const char *kind, const char *json,
                          billing_error *err) {
  billing_call call = call_now();

  BILLING_INIT(err);
  return billing_put(b, &call, kind, json, (size_t)-1, NULL, err);
}

static inline void put(const char *kind, const char *json) {
  billing_error err;

  ck_assert_msg(!try_put(kind, json, &err), "%s: %s %s", json, err.path,
                err.message);
}

/* Records an event that is accepted. */
static inline billing_receipt record_event(const billing_event *event) {
  billing_call call = call_now();
  billing_receipt receipt;
  billing_error err;

  ck_assert_msg(!shop_record(b, &call, event, &receipt, &err), "%s %s",
                err.path, err.message);
  ck_assert_int_eq(receipt.code, 0);
  return receipt;
}

static inline billing_event event_at(const char *key, const char *name,
                                     int64_t time_us,
                                     const char *properties) {
  billing_event event = shop_event(key, name);

  event.time_us = time_us;
  event.properties = shop_text(properties);
  return event;
}

/* Records an event that brings its value along. */
static inline billing_receipt record_value(const char *key, const char *name,
                                           int64_t time_us,
                                           const char *value) {
  billing_event event = shop_event(key, name);

  event.time_us = time_us;
  event.value = D(value);
  event.flags = BILLING_EVENT_VALUE;
  return record_event(&event);
}

/* Voids an event. */
static inline billing_receipt take_back(const char *key) {
  billing_call call = call_now();
  billing_receipt receipt;
  billing_error err;

  BILLING_INIT(&receipt);
  BILLING_INIT(&err);
  ck_assert_msg(!billing_void(b, &call, key, (size_t)-1, &receipt, &err),
                "%s %s", err.path, err.message);
  return receipt;
}

/* Voids an event, which changes what is due by the cost. */
static inline billing_receipt undo(const char *key, const char *cost) {
  billing_receipt receipt = take_back(key);

  ck_assert_dec_eq(receipt.cost, cost);
  return receipt;
}

/* The clock goes on, and all that falls due until then is done. */
static inline void advance(int64_t until_us) {
  billing_call call;
  billing_error err;

  BILLING_INIT(&err);
  now_us = until_us;
  call = call_now();
  ck_assert_msg(!billing_advance(b, &call, until_us, 0, NULL, &err), "%s",
                err.message);
}

/* Decides anew all that a plan prices. */
static inline void reprice_all(const char *plan) {
  billing_call call = call_now();

  ck_assert_int_eq(billing_rebuild(b, &call, "plan", plan, (size_t)-1, 0,
                                   NULL, NULL, NULL), 0);
}

/* Decides all events of a meter anew. */
static inline void rebuild_all(const char *meter) {
  billing_call call = call_now();
  billing_rebuilding done;

  BILLING_INIT(&done);
  ck_assert_int_eq(billing_rebuild(b, &call, "meter", meter, (size_t)-1, 0,
                                   &done, NULL, NULL), 0);
}

/* ---- answers ---- */

static inline billing_balances balance_now(void) {
  billing_call call = call_now();
  billing_balances balances;

  BILLING_INIT(&balances);
  ck_assert_int_eq(billing_balance(b, &call, "a", 1, "USD", &balances, NULL),
                   0);
  return balances;
}

static inline bl_json *invoice_tree(const char *number) {
  billing_call call = call_now();
  billing_doc *doc = NULL;

  ck_assert_int_eq(billing_invoice(b, &call, number, (size_t)-1, "json", &doc,
                                   NULL), 0);
  return shop_tree(doc);
}

/* Writes the texts of members, up to a NULL, with spaces in between. */
static inline void add_members(char *out, const bl_json *line,
                               const char *const *members) {
  for (int i = 0; members[i]; i++) {
    bl_str text = bl_json_text(bl_json_get(line, members[i]));
    if (i) strcat(out, " ");
    if (text.len) strncat(out, text.text, text.len);
  }
}

/* An invoice has lines of these members, each with a line feed. */
static inline void has_lines(const char *number, const char *const *members,
                             const char *lines) {
  bl_json *tree = invoice_tree(number);
  char found[1000] = "";

  for (const bl_json *line = bl_json_first(bl_json_get(tree, "lines")); line;
       line = bl_json_next(line)) {
    add_members(found, line, members);
    strcat(found, "\n");
  }
  bl_json_free(tree);
  ck_assert_str_eq(found, lines);
}

#endif
