/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* open.c - handles: open on a path, a host's connection or a store; close. */
#include "base/struct.h"
#include "engine/cursor.h"
#include "engine/engine.h"
#include "store/store.h"

#define OPEN_FLAGS \
  (BILLING_OPEN_READ_ONLY | BILLING_OPEN_EXISTING | BILLING_OPEN_NO_WAIT)
#define TAIL_EVENTS 131072u
#define FILTER_BYTES (INT64_C(256) << 20)

static int read_options(const billing_options *options, billing_options *out,
                        billing_error *err) {
  int rc = bl_error_start(err);

  memset(out, 0, sizeof *out);
  if (rc || !options) return rc;
  rc = bl_copy_in(out, sizeof *out, options, sizeof *out, OPEN_FLAGS);
  if (rc)
    return bl_fail(err, rc, "", "set it up with BILLING_INIT",
                   "the billing_options cannot be used");
  rc = bl_check_texts(err, &out->tenant, &out->zone_folder, &out->secret,
                      NULL);
  if (rc) return rc;
  if (out->secret.len && out->secret.len != 32)
    return bl_fail(err, BILLING_INVALID, "/secret", "32 bytes, or none",
                   "the secret has %i bytes", (int64_t)out->secret.len);
  if (out->filter_bytes < 0)
    return bl_fail(err, BILLING_INVALID, "/filter_bytes",
                   "0 for 256 MiB, or more", "memory cannot be negative");
  if (out->max_clock_step_us < 0)
    return bl_fail(err, BILLING_INVALID, "/max_clock_step_us",
                   "0 for one day, or more", "a step cannot be negative");
  return BILLING_OK;
}

static int get_meta(billing *b, const char *name, unsigned char *out,
                    size_t len) {
  billing_value key = bl_value_text(bl_str_of(name));
  billing_value row[BL_ROW_MOST];
  int rc = bl_store_get(b->store, BL_TABLE_META, &key, row);

  if (rc) return rc;
  if (row[BL_META_VALUE].bytes.len != len) return BILLING_CORRUPT;
  memcpy(out, row[BL_META_VALUE].bytes.text, len);
  return BILLING_OK;
}

static int put_meta(billing *b, const char *name, const void *value,
                    size_t len) {
  billing_value row[BL_META_COLUMNS];

  row[BL_META_NAME] = bl_value_text(bl_str_of(name));
  row[BL_META_VALUE] = bl_value_blob(value, len);
  return bl_store_put(b->store, BL_TABLE_META, row, 1, BILLING_PUT_INSERT);
}

/* Both are there or none is: one alone has lost the other. */
static int put_database(billing *b) {
  unsigned char format = BL_FORMAT;
  int rc = put_meta(b, "format", &format, 1);

  if (!rc) rc = put_meta(b, "secret", b->secret, sizeof b->secret);
  return rc == BILLING_CONFLICT ? BILLING_CORRUPT : rc;
}

static int make_secret(billing *b, bl_str given) {
  int rc = BILLING_OK;

  if (given.len)
    memcpy(b->secret, given.text, sizeof b->secret);
  else
    rc = bl_entropy(b->secret, sizeof b->secret);
  return rc ? rc : put_database(b);
}

int bl_database_keep(billing *b) {
  unsigned char secret[32];
  int rc = get_meta(b, "secret", secret, sizeof secret);

  if (rc == BILLING_NOTFOUND) return put_database(b);
  if (!rc && memcmp(secret, b->secret, sizeof secret) != 0)
    rc = BILLING_CORRUPT;
  return rc;
}

static int check_meta(billing *b, billing_error *err) {
  unsigned char format = 0;
  int rc = get_meta(b, "format", &format, 1);

  if (rc || format <= BL_FORMAT) return rc;
  return bl_fail(err, BILLING_UNSUPPORTED, "", "use a newer library",
                 "the database has format %i, this library knows up to %i",
                 (int64_t)format, (int64_t)BL_FORMAT);
}

static void derive_keys(billing *b) {
  const unsigned char *secret = b->secret;

  bl_subkey(b->database, sizeof b->database, secret, "database");
  bl_subkey(b->event_key, sizeof b->event_key, secret, "event");
  bl_subkey(b->request_key, sizeof b->request_key, secret, "request");
  bl_subkey(b->name_key, sizeof b->name_key, secret, "name");
  bl_subkey(b->contract_key, sizeof b->contract_key, secret, "contract");
  bl_subkey(b->content_key, sizeof b->content_key, secret, "content");
}

static int read_database(billing *b, billing_error *err) {
  int rc = check_meta(b, err);

  return rc ? rc : get_meta(b, "secret", b->secret, sizeof b->secret);
}

/* Reads the database's secret, or gives a new database one.  Only a new one
 * needs the write lock, so that a busy database can be opened. */
static int start_database(billing *b, const billing_options *options,
                          billing_error *err) {
  int rc = bl_store_begin(b->store, BILLING_BEGIN_READ);

  if (rc) return rc;
  rc = read_database(b, err);
  bl_store_rollback(b->store);
  if (rc == BILLING_NOTFOUND &&
      !(b->flags & (BILLING_OPEN_READ_ONLY | BILLING_OPEN_EXISTING))) {
    rc = bl_store_begin(b->store, BILLING_BEGIN_WRITE);
    if (rc) return rc;
    rc = read_database(b, err);            /* another may have been faster */
    if (rc == BILLING_NOTFOUND) rc = make_secret(b, options->secret);
    if (!rc) rc = bl_store_commit(b->store);
    if (!rc) rc = bl_store_sync(b->store);
    if (rc) bl_store_rollback(b->store);
  }
  if (!rc) derive_keys(b);
  return rc;
}

static int keep_options(billing *b, const billing_options *options) {
  billing_store_description description;
  int rc;

  b->flags = options->flags;
  b->tenant = bl_arena_str(&b->arena, options->tenant);
  b->zone_folder = bl_arena_str(&b->arena, options->zone_folder);
  b->max_clock_step_us =
      options->max_clock_step_us ? options->max_clock_step_us : BL_DAY;
  b->tail_events = options->tail_events ? options->tail_events : TAIL_EVENTS;
  b->filter_bytes =
      options->filter_bytes ? options->filter_bytes : FILTER_BYTES;
  if (b->arena.failed) return BILLING_NOMEM;
  rc = bl_store_declare(b->store, bl_schema, BL_TABLES);
  if (!rc) rc = bl_store_describe(b->store, &description);
  if (!rc) b->store_flags = description.flags;
  return rc;
}

/* A handle on a store; on failure the store is still the caller's. */
static int open_on(billing **out, billing_store *store,
                   const billing_options *options, billing_error *err) {
  billing *b = bl_host_alloc(options->allocator, sizeof *b);
  int rc;

  if (!b) return bl_fail_code(err, BILLING_NOMEM);
  bl_arena_open(&b->arena, options->allocator);
  b->host = b->arena.host;
  b->store = store;
  bl_arena_open(&b->spare_arena, options->allocator);
  bl_arena_open(&b->coder_arena, options->allocator);
  bl_events_writer_open(&b->coder, &b->coder_arena);
  bl_map_open(&b->tenants, &b->arena);
  bl_map_open(&b->zones, &b->arena);
  rc = bl_crypto_start();
  if (!rc) rc = keep_options(b, options);
  if (!rc) rc = start_database(b, options, err);
  if (!rc && !(b->store_flags & BILLING_STORE_HOST)) {
    b->board = bl_board_open(&b->host);
    if (!b->board) rc = BILLING_NOMEM;
  }
  if (!rc && pthread_mutex_init(&b->lock, NULL)) rc = BILLING_NOMEM;
  if (!rc) rc = bl_group_make(b);
  if (!rc) {
    *out = b;
    return BILLING_OK;
  }
  bl_store_explain(store, rc, err);
  bl_board_close(b->board);
  bl_arena_close(&b->spare_arena);
  bl_arena_close(&b->coder_arena);
  bl_arena_close(&b->arena);
  bl_host_free(options->allocator, b, sizeof *b);
  return rc;
}

int billing_open_store(billing **out, billing_store *store,
                       const billing_options *options, billing_error *err) {
  billing_options in;
  int rc;

  if (!out) return bl_refuse(err, BILLING_MISUSE, "out is NULL");
  *out = NULL;
  rc = read_options(options, &in, err);
  if (rc) return rc;
  if (!bl_store_is_whole(store))
    return bl_fail(err, BILLING_MISUSE, "", "fill all methods of 0.1",
                   "the store lacks a method");
  return open_on(out, store, &in, err);
}

static int open_own(billing **out, int rc, billing_store *store,
                    const billing_options *in, billing_error *err) {
  if (rc) return bl_fail_code(err, rc);
  rc = open_on(out, store, in, err);
  if (rc) bl_store_close(store);
  return rc;
}

int billing_open(billing **out, const char *path, size_t path_len,
                 const billing_options *options, billing_error *err) {
  billing_store *store = NULL;
  billing_options in;
  bl_arena arena;
  bl_str name;
  int rc;

  if (!out) return bl_refuse(err, BILLING_MISUSE, "out is NULL");
  *out = NULL;
  rc = read_options(options, &in, err);
  if (rc) return rc;
  name = bl_text_argument(path, path_len);
  if (!name.len || memchr(name.text, 0, name.len))
    return bl_fail(err, BILLING_MISUSE, "", "a file, or \":memory:\"",
                   "the path is empty or has a NUL in it");
  bl_arena_open(&arena, in.allocator);
  name = bl_arena_str(&arena, name);
  rc = name.text ? bl_sqlite_store_open(&store, name.text, in.flags,
                                        in.allocator, err)
                 : BILLING_NOMEM;
  bl_arena_close(&arena);
  return open_own(out, rc, store, &in, err);
}

int billing_open_sqlite3(billing **out, void *connection,
                         const void *routines, const billing_options *options,
                         billing_error *err) {
  billing_store *store = NULL;
  billing_options in;
  int rc;

  if (!out) return bl_refuse(err, BILLING_MISUSE, "out is NULL");
  *out = NULL;
  rc = read_options(options, &in, err);
  if (rc) return rc;
  if (!connection)
    return bl_fail(err, BILLING_MISUSE, "", NULL, "the connection is NULL");
  rc = bl_sqlite_store_host(&store, connection, routines, in.allocator, err);
  if (!rc) bl_sqlite_store_restrict(store, in.flags);
  return open_own(out, rc, store, &in, err);
}

void billing_close(billing *b) {
  billing_allocator host;

  if (!b) return;
  while (b->cursors) billing_cursor_close(b->cursors);
  for (size_t i = 0; i < b->tenants.count; i++)
    bl_tenant_close(b->tenants.entry[i].value);
  if (b->spare) bl_tenant_close(b->spare);
  bl_store_close(b->store);
  bl_group_unmake(b);
  pthread_mutex_destroy(&b->lock);
  bl_board_close(b->board);
  host = b->host;
  bl_arena_close(&b->spare_arena);
  bl_arena_close(&b->coder_arena);
  bl_arena_close(&b->arena);
  bl_host_free(&host, b, sizeof *b);
}

void billing_interrupt(billing *b) {
  if (b) atomic_store(&b->is_interrupted, 1);
}

#undef OPEN_FLAGS
#undef TAIL_EVENTS
#undef FILTER_BYTES
