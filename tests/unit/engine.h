/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* engine.h - a small shop for the tests of the shell: tenant "t", customer
 * "a", a count meter at 0.10 a call under contract "c" from 2026-01-01. */
#ifndef TEST_ENGINE_H
#define TEST_ENGINE_H

#include <stdio.h>
#include <unistd.h>

#include "base/json.h"
#include "unit.h"

#define SHOP_NOW INT64_C(1767571200000000)      /* 2026-01-05 */
#define SHOP_DAY INT64_C(86400000000)
#define JANUARY INT64_C(1767225600000000)       /* 2026-01-01 */
#define FEBRUARY (JANUARY + 31 * SHOP_DAY)
#define MARCH (FEBRUARY + 28 * SHOP_DAY)
#define APRIL (MARCH + 31 * SHOP_DAY)

static const char shop_catalog[] =
    "{\"tenant\":{\"id\":\"t\"},"
    "\"customers\":[{\"id\":\"a\",\"name\":\"Jane Unmistakable\"}],"
    "\"meters\":[{\"id\":\"m\",\"event\":\"e\",\"aggregation\":\"count\"},"
    "{\"id\":\"s\",\"event\":\"sum\",\"aggregation\":\"sum\","
    "\"property\":\"n\"}],"
    "\"plans\":[{\"id\":\"p\",\"currency\":\"USD\",\"prices\":[{\"id\":\"x\","
    "\"meter\":\"m\",\"model\":\"per_unit\",\"unit\":\"0.10\"}]}],"
    "\"contracts\":[{\"id\":\"c\",\"customer\":\"a\",\"plan\":\"p\","
    "\"start\":\"2026-01-01\"}]}";

static inline billing_str shop_text(const char *text) {
  billing_str s = {text, strlen(text)};
  return s;
}

static inline billing_call shop_call(const char *key) {
  billing_call call;

  BILLING_INIT(&call);
  call.tenant = shop_text("t");
  call.key = shop_text(key);
  call.now_us = SHOP_NOW;
  return call;
}

/* A call of that moment, wherever the clock was. */
static inline billing_call shop_call_at(int64_t now_us, const char *key) {
  billing_call call = shop_call(key);

  call.now_us = now_us;
  call.flags = BILLING_CALL_STEP;
  return call;
}

static inline billing_event shop_event(const char *key, const char *name) {
  billing_event event;

  BILLING_INIT(&event);
  event.key = shop_text(key);
  event.customer = shop_text("a");
  event.event = shop_text(name);
  event.time_us = SHOP_NOW;
  return event;
}

/* A shop in the file, or in memory when path is NULL. */
static inline billing *shop_open(const char *path) {
  billing_call call = shop_call("");
  billing_error err;
  billing *b = NULL;

  BILLING_INIT(&err);
  ck_assert_msg(!billing_open(&b, path ? path : ":memory:", (size_t)-1, NULL,
                              &err), "%s", err.message);
  ck_assert_msg(!billing_catalog_apply(b, &call, shop_catalog, (size_t)-1,
                                       NULL, &err), "%s %s", err.path,
                err.message);
  return b;
}

/* Applies a catalog at that moment. */
static inline void shop_put_catalog(billing *b, int64_t now_us,
                                    const char *catalog) {
  billing_call call = shop_call_at(now_us, "");
  billing_error err;

  BILLING_INIT(&err);
  ck_assert_msg(!billing_catalog_apply(b, &call, catalog, (size_t)-1, NULL,
                                       &err), "%s %s", err.path, err.message);
}

static inline int shop_record(billing *b, const billing_call *call,
                              const billing_event *event,
                              billing_receipt *receipt, billing_error *err) {
  BILLING_INIT(receipt);
  if (err) BILLING_INIT(err);
  return billing_record(b, call, event, 1, receipt, err);
}

static inline void shop_grant(billing *b, const char *key,
                              const char *amount) {
  billing_call call = shop_call(key);
  billing_grant_terms terms;

  BILLING_INIT(&terms);
  terms.customer = shop_text("a");
  terms.amount.amount = D(amount);
  strcpy(terms.amount.asset, "USD");
  ck_assert_int_eq(billing_grant(b, &call, &terms, NULL, NULL), 0);
}

/* The document as a tree, which is to be freed; the document is. */
static inline bl_json *shop_tree(billing_doc *doc) {
  bl_json *tree;

  ck_assert_int_eq(bl_json_read(billing_doc_text(doc), billing_doc_len(doc),
                                &tree, NULL), 0);
  billing_doc_free(doc);
  return tree;
}

/* What verify says, as text; free it with billing_doc_free. */
static inline billing_doc *shop_verify(billing *b) {
  billing_call call = shop_call("");
  billing_doc *doc = NULL;

  ck_assert_int_eq(billing_verify(b, &call, &doc, NULL), 0);
  return doc;
}

static inline void shop_is_sound(billing *b) {
  billing_doc *doc = shop_verify(b);

  ck_assert_msg(strstr(billing_doc_text(doc), "\"ok\":true") != NULL, "%s",
                billing_doc_text(doc));
  billing_doc_free(doc);
}

/* A path for a database in a folder of its own. */
typedef struct shop_folder {
  char folder[40];
  char path[64];
} shop_folder;

static inline shop_folder shop_folder_make(void) {
  shop_folder f;

  strcpy(f.folder, "/tmp/billing-unit-XXXXXX");
  ck_assert_ptr_nonnull(mkdtemp(f.folder));
  snprintf(f.path, sizeof f.path, "%s/a.db", f.folder);
  return f;
}

static inline void shop_folder_remove(const shop_folder *f) {
  static const char *const ends[] = {"", "-wal", "-shm"};
  char path[80];

  for (int i = 0; i < 3; i++) {
    snprintf(path, sizeof path, "%s%s", f->path, ends[i]);
    (void)unlink(path);
  }
  ck_assert_int_eq(rmdir(f->folder), 0);
}

#endif
