/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* faulty.c - a store for tests that fails when it is told to. */
#include "faulty.h"
#include "store/store.h"

#include <stdlib.h>
#include <string.h>

typedef struct faulty {
  billing_store  base;
  billing_store *inner;
  uint64_t       calls;
  uint64_t       at;          /* the call that fails; 0: none */
  int            code;
  uint32_t       mode;
  const char    *method;      /* that failed, or NULL */
} faulty;

static faulty *faulty_of(billing_store *s) {
  return (faulty *)(void *)s;
}

static const faulty *faulty_in(const billing_store *s) {
  return (const faulty *)(const void *)s;
}

/* Counts a call; whether it fails before it is passed on. */
static int fails(faulty *f, const char *method) {
  if (f->mode == FAULTY_SYNC && strcmp(method, "sync")) return 0;
  f->calls++;
  if (!f->at || f->calls < f->at) return 0;
  if (f->calls > f->at && f->mode != FAULTY_FOR_GOOD) return 0;
  if (!f->method) f->method = method;
  return f->mode != FAULTY_AFTERWARDS;
}

/* What the caller is told of a call that was passed on. */
static int told(const faulty *f, int rc) {
  int is_now = f->at && f->calls == f->at && f->mode == FAULTY_AFTERWARDS;

  return is_now ? f->code : rc;
}

#define PASS(method, ...)                                               \
  faulty *f = faulty_of(s);                                             \
  if (fails(f, #method)) return f->code;                                \
  return told(f, f->inner->methods->method(__VA_ARGS__))

static int faulty_declare(billing_store *s, const billing_table *const *tables,
                          size_t count) {
  PASS(declare, f->inner, tables, count);
}

static int faulty_begin(billing_store *s, uint32_t mode) {
  faulty *f = faulty_of(s);
  int rc;

  if (fails(f, "begin")) return f->code;
  rc = told(f, f->inner->methods->begin(f->inner, mode));
  /* A begin that is told to have failed has left nothing open. */
  if (rc && f->mode == FAULTY_AFTERWARDS && f->calls == f->at)
    f->inner->methods->rollback(f->inner);
  return rc;
}

static int faulty_commit(billing_store *s) {
  PASS(commit, f->inner);
}

static void faulty_rollback(billing_store *s) {
  faulty_of(s)->inner->methods->rollback(faulty_of(s)->inner);
}

static int faulty_get(billing_store *s, uint32_t table,
                      const billing_value *key, billing_value *row) {
  PASS(get, f->inner, table, key, row);
}

static int faulty_put(billing_store *s, uint32_t table,
                      const billing_value *rows, size_t count, uint32_t mode) {
  PASS(put, f->inner, table, rows, count, mode);
}

static int faulty_remove(billing_store *s, uint32_t table,
                         const billing_value *key) {
  PASS(remove, f->inner, table, key);
}

static int faulty_scan(billing_store *s, const billing_scan *range,
                       void **rows) {
  faulty *f = faulty_of(s);
  int rc;

  if (fails(f, "scan")) return f->code;
  rc = f->inner->methods->scan(f->inner, range, rows);
  if (!rc && told(f, 0)) f->inner->methods->end(f->inner, *rows);
  return told(f, rc);
}

static int faulty_next(billing_store *s, void *rows, billing_value *row) {
  PASS(next, f->inner, rows, row);
}

static void faulty_end(billing_store *s, void *rows) {
  faulty_of(s)->inner->methods->end(faulty_of(s)->inner, rows);
}

static int faulty_lock(billing_store *s, int64_t tenant, int64_t shard) {
  PASS(lock, f->inner, tenant, shard);
}

static int faulty_scrub(billing_store *s) {
  PASS(scrub, f->inner);
}

static int faulty_describe(billing_store *s, billing_store_description *out) {
  PASS(describe, f->inner, out);
}

static int faulty_sync(billing_store *s) {
  faulty *f = faulty_of(s);

  if (f->mode == FAULTY_SYNC && fails(f, "sync")) return f->code;
  return bl_store_sync(f->inner);
}

static int faulty_check(billing_store *s) {
  faulty *f = faulty_of(s);

  return fails(f, "check") ? f->code : bl_store_check(f->inner);
}

static void faulty_close(billing_store *s) {
  faulty *f = faulty_of(s);

  f->inner->methods->close(f->inner);
  free(f);
}

static const billing_store_methods faulty_methods = {
  sizeof(billing_store_methods),
  BILLING_ABI_VERSION,
  faulty_declare,
  faulty_begin,
  faulty_commit,
  faulty_rollback,
  faulty_get,
  faulty_put,
  faulty_remove,
  faulty_scan,
  faulty_next,
  faulty_end,
  faulty_lock,
  faulty_scrub,
  faulty_describe,
  faulty_close,
  faulty_sync,
  faulty_check,
};

billing_store *faulty_store(billing_store *inner) {
  faulty *f = calloc(1, sizeof *f);

  if (!f) return NULL;
  f->base.methods = &faulty_methods;
  f->inner        = inner;
  return &f->base;
}

void faulty_arm(billing_store *s, uint64_t n, int code, uint32_t mode) {
  faulty *f = faulty_of(s);

  f->calls  = 0;
  f->at     = n;
  f->code   = code;
  f->mode   = mode;
  f->method = NULL;
}

int faulty_has_failed(const billing_store *s) {
  return faulty_in(s)->method != NULL;
}

const char *faulty_method(const billing_store *s) {
  return faulty_in(s)->method;
}

uint64_t faulty_calls(const billing_store *s) {
  return faulty_in(s)->calls;
}

billing_store *faulty_inner(const billing_store *s) {
  return faulty_in(s)->inner;
}
