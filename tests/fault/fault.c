/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * fault.c - everything that can fail fails in turn.
 *
 *     build/fault                 the sweeps of `make test`
 *     FULL=1 build/fault          every scenario, every trouble
 *     build/fault FILE.json ..    these scenarios, every trouble
 *
 * A golden scenario is played.  Before a call of the interface gets through,
 * through,
 * it is made once for every allocation and for every call of the store that it
 * makes, and each time that one fails.  Then nothing may have changed: not a
 * row in the store, not the state in memory (verify folds the journal anew and
 * compares), and the call at last must answer what it would have answered
 * without all this: the transcript is the golden one, byte by byte.
 */
#include <glob.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/faulty.h"
#include "store/schema.h"
#include "store/store.h"
#include "support/scenario.h"

/* What goes wrong. */
typedef struct trouble {
  const char *name;
  int         code;          /* that the call must return */
  uint32_t    mode;          /* FAULTY_*; memory: none */
  uint32_t    is_memory;
  uint32_t    is_sqlite;     /* in a file; otherwise the memory store */
} trouble;

static const trouble troubles[] = {
  {"memory runs out", BILLING_NOMEM, 0, 1, 0},
  {"the store fails", BILLING_STORE, FAULTY_ONCE, 0, 0},
  {"the store is busy", BILLING_BUSY, FAULTY_ONCE, 0, 0},
  {"the store fails for good", BILLING_STORE, FAULTY_FOR_GOOD, 0, 0},
  {"the store's answer is lost", BILLING_STORE, FAULTY_AFTERWARDS, 0, 0},
  {"memory runs out on SQLite", BILLING_NOMEM, 0, 1, 1},
  {"SQLite fails", BILLING_STORE, FAULTY_ONCE, 0, 1},
  {"SQLite's answer is lost", BILLING_STORE, FAULTY_AFTERWARDS, 0, 1},
  {"the disk fails to sync", BILLING_STORE, FAULTY_SYNC, 0, 0},
};

/* What `make test` sweeps; FULL sweeps all scenarios with all troubles. */
static const struct sweep_row {
  const char *path;
  size_t      trouble;
} sweep_rows[] = {
  {"tests/golden/01-smallest.json", 0},
  {"tests/golden/01-smallest.json", 1},
  {"tests/golden/01-smallest.json", 2},
  {"tests/golden/01-smallest.json", 3},
  {"tests/golden/01-smallest.json", 4},
  {"tests/golden/01-smallest.json", 5},
  {"tests/golden/01-smallest.json", 6},
  {"tests/golden/01-smallest.json", 7},
  {"tests/golden/24-stream.json", 0},
  {"tests/golden/24-stream.json", 4},
  {"tests/golden/25-aliases.json", 0},
  {"tests/golden/25-aliases.json", 4},
  {"tests/golden/27-unbilled.json", 0},
  {"tests/golden/27-unbilled.json", 4},
  {"tests/golden/40-preview.json", 0},
  {"tests/golden/40-preview.json", 4},
  {"tests/golden/41-simulate.json", 0},
  {"tests/golden/67-outbox.json", 0},
  {"tests/golden/67-outbox.json", 4},
  {"tests/golden/68-alerts.json", 0},
  {"tests/golden/68-alerts.json", 4},
  {"tests/golden/80-entitlements.json", 0},
  {"tests/golden/80-entitlements.json", 4},
  {"tests/golden/89-settle-capped.json", 0},
  {"tests/golden/89-settle-capped.json", 4},
  {"tests/golden/88-outbox-topics.json", 0},
  {"tests/golden/88-outbox-topics.json", 4},
  {"tests/golden/87-alerts-over-time.json", 0},
  {"tests/golden/87-alerts-over-time.json", 4},
  {"tests/golden/85-top-ups.json", 0},
  {"tests/golden/85-top-ups.json", 4},
  {"tests/golden/81-tokens.json", 0},
  {"tests/golden/82-capped-grants.json", 0},
  {"tests/golden/75-family.json", 0},
  {"tests/golden/75-family.json", 4},
  {"tests/fault/upheaval.json", 0},
  {"tests/fault/upheaval.json", 1},
  {"tests/fault/upheaval.json", 4},
  {"tests/fault/upheaval.json", 8},
};

static uint64_t passed, failed, survived;

/* ---- memory that runs out ---------------------------------------------- */

/* Shared by the host's allocator and by cJSON's: one count of allocations. */
static uint64_t memory_calls, memory_at, memory_hit;

static int memory_fails(void) {
  memory_calls++;
  if (memory_calls != memory_at) return 0;
  memory_hit = 1;
  return 1;
}

static void memory_arm(uint64_t at) {
  memory_calls = 0;
  memory_at = at;
  memory_hit = 0;
}

static void *host_alloc(void *user, void *ptr, size_t old_size,
                        size_t new_size) {
  (void)user;
  (void)old_size;
  if (new_size == 0) {
    free(ptr);
    return NULL;
  }
  return memory_fails() ? NULL : realloc(ptr, new_size);
}

static void *json_alloc(size_t size) {
  return memory_fails() ? NULL : malloc(size);
}

static const billing_allocator allocator = {host_alloc, NULL};

/* ---- what is in the store ---------------------------------------------- */

static uint64_t mix(uint64_t hash, const void *bytes, size_t len) {
  const unsigned char *at = bytes;

  for (size_t i = 0; i < len; i++)
    hash = (hash ^ at[i]) * UINT64_C(1099511628211);
  return hash;
}

static uint64_t mix_row(uint64_t hash, const billing_value *row,
                        size_t count) {
  for (size_t i = 0; i < count; i++) {
    hash = mix(hash, &row[i].type, sizeof row[i].type);
    hash = mix(hash, &row[i].integer, sizeof row[i].integer);
    hash = mix(hash, &row[i].bytes.len, sizeof row[i].bytes.len);
    hash = mix(hash, row[i].bytes.text, row[i].bytes.len);
  }
  return hash;
}

/* Of every row of every table. */
static uint64_t hash_store(billing_store *store) {
  uint64_t hash = UINT64_C(14695981039346656037);

  if (bl_store_begin(store, BILLING_BEGIN_READ)) return 0;
  for (uint32_t t = 0; t < BL_TABLES; t++) {
    billing_scan range = bl_scan_prefix(t, 0, NULL, 0);
    billing_value row[BL_ROW_MOST];
    void *rows = NULL;

    memset(row, 0, sizeof row);
    if (bl_store_scan(store, &range, &rows)) continue;
    while (bl_store_next(store, rows, row) == BILLING_OK)
      hash = mix_row(hash, row, bl_schema[t]->column_count);
    bl_store_end(store, rows);
  }
  bl_store_rollback(store);
  return hash;
}

/* ---- one sweep --------------------------------------------------------- */

typedef struct sweep {
  const trouble *trouble;
  const char    *path;
  billing_store *store;      /* faulty */
  char           database[96];
} sweep;

static void complain(const sweep *s, const char *name, uint64_t at,
                     const char *what) {
  failed++;
  if (failed > 40) return;
  printf("FAILED %s: %s: at %s, fault %" PRIu64 ": %s\n", s->path,
         s->trouble->name, name, at, what);
}

static void arm(const sweep *s, uint64_t at) {
  if (s->trouble->is_memory) memory_arm(at);
  else faulty_arm(s->store, at, s->trouble->code, s->trouble->mode);
}

static int has_hit(const sweep *s) {
  return s->trouble->is_memory ? memory_hit != 0
                               : faulty_has_failed(s->store);
}

static int may_have_changed(const sweep *s, const char *name,
                            const char *method) {
  if (!method) return 0;
  /* Erased bytes leave the medium after the commit: header, billing_erase. */
  if (!strcmp(name, "erase") && !strcmp(method, "scrub")) return 1;
  /* What is committed and not known to be on the disk is not acknowledged. */
  if (!strcmp(method, "sync")) return 1;
  return s->trouble->mode == FAULTY_AFTERWARDS && !strcmp(method, "commit");
}

/* Folds the journal and compares it with the handle's state and the tables. */
static int is_sound(scenario_run *r) {
  billing_call call = scenario_call_of(r, NULL);
  billing_doc *doc = NULL;
  int rc = billing_verify(r->b, &call, &doc, NULL);
  int is_fine = rc ? BILLING_CODE(rc) == BILLING_NOTFOUND
                   : strstr(billing_doc_text(doc), "\"ok\":true") != NULL;

  billing_doc_free(doc);
  return is_fine;
}

/* What must hold after a call that failed. */
static void inspect(scenario_run *r, const char *name, uint64_t at, int rc,
                    uint64_t before) {
  sweep *s = r->user;
  const char *method = s->trouble->is_memory ? NULL : faulty_method(s->store);
  uint64_t faults = failed;

  arm(s, 0);
  if (BILLING_CODE(rc) != s->trouble->code)
    complain(s, name, at, billing_code_name(rc));
  if (r->err.code != rc || !r->err.message[0])
    complain(s, name, at, "the error does not say what was returned");
  if (!may_have_changed(s, name, method) && hash_store(s->store) != before)
    complain(s, name, at, "the store has changed");
  if (!is_sound(r)) complain(s, name, at, "verify finds a problem");
  if (failed == faults) passed++;
}

static void note_survival(const sweep *s, const char *name, uint64_t at) {
  const char *method = s->trouble->is_memory ? NULL : faulty_method(s->store);

  survived++;
  printf("  %s succeeds in spite of fault %" PRIu64 "%s%s\n", name, at,
         method ? " in " : "", method ? method : "");
}

/*
 * The call with its first fault, its second, and so on, until it gets through.
 * One that succeeds in spite of a fault is fine, too.
 */
static int attempt(scenario_run *r, const char *name, scenario_call *call,
                   void *arguments) {
  sweep *s = r->user;

  for (uint64_t at = 1;; at++) {
    uint64_t before = hash_store(s->store);
    int rc, hit;

    BILLING_INIT(&r->err);
    arm(s, at);
    rc = call(r, arguments);
    hit = has_hit(s);
    if (hit && rc) {
      inspect(r, name, at, rc, before);
      continue;
    }
    if (hit) note_survival(s, name, at);
    arm(s, 0);
    return rc;
  }
}

/* ---- opening ----------------------------------------------------------- */

static billing_store *make_store(const sweep *s) {
  billing_store *inner = NULL;
  int rc = s->trouble->is_sqlite
               ? bl_sqlite_store_open(&inner, s->database, 0, &allocator, NULL)
               : billing_memory_store(&inner, &allocator);

  if (rc && inner) complain(s, "store", 0, "a store beside a failure");
  return rc ? NULL : inner;
}

/* The store's own making, with memory that runs out. */
static void open_store(sweep *s) {
  billing_store *inner = NULL;

  for (uint64_t at = 1; !inner; at++) {
    memory_arm(s->trouble->is_memory ? at : 0);
    inner = make_store(s);
    if (!inner && !memory_hit) complain(s, "store", at, "it does not open");
    if (inner) continue;
    if (!memory_hit) exit(2);
    passed++;
  }
  memory_arm(0);
  s->store = faulty_store(inner);
}

static void open_handle(sweep *s, billing **b) {
  billing_options options;
  billing_error err;
  int rc = BILLING_INTERNAL;

  BILLING_INIT(&options);
  options.allocator = &allocator;
  for (uint64_t at = 1; rc; at++) {
    BILLING_INIT(&err);
    *b = (billing *)(void *)s;
    arm(s, at);
    rc = billing_open_store(b, s->store, &options, &err);
    if (!rc) break;
    if (!has_hit(s)) {
      complain(s, "open", at, err.message);
      exit(2);
    }
    if (BILLING_CODE(rc) != s->trouble->code || err.code != rc || *b)
      complain(s, "open", at, billing_code_name(rc));
    else passed++;
  }
  arm(s, 0);
}

/* ---- comparing --------------------------------------------------------- */

static char *expected_of(const char *path) {
  char name[256];
  FILE *file, *whole;
  char *text = NULL;
  size_t len = 0;
  int c;

  snprintf(name, sizeof name, "%.*s.expect", (int)strlen(path) - 5, path);
  file = fopen(name, "rb");
  if (!file) return NULL;
  whole = open_memstream(&text, &len);
  while ((c = getc(file)) != EOF) putc(c, whole);
  fclose(file);
  fclose(whole);
  return text;
}

/* Where an answer was lost, a repeat is told so ("same", "unchanged"); what is
 * there in the end is the same. */
static const char *compared(const sweep *s, const char *text) {
  int is_lost = s->trouble->mode == FAULTY_AFTERWARDS ||
                s->trouble->mode == FAULTY_SYNC;
  const char *end = is_lost ? strstr(text, "\n\n") : NULL;

  return end ? end : text;
}

/* What the scenario says without any trouble. */
static char *undisturbed(const cJSON *doc) {
  billing_store *store = NULL;
  char *text = NULL;
  size_t len = 0;
  scenario_run r;

  memset(&r, 0, sizeof r);
  r.doc = doc;
  r.out = open_memstream(&text, &len);
  if (billing_memory_store(&store, NULL) ||
      billing_open_store(&r.b, store, NULL, NULL))
    exit(2);
  scenario_play(&r);
  billing_close(r.b);
  fclose(r.out);
  return text;
}

static void compare(const sweep *s, const cJSON *doc, const char *got) {
  char *expected = expected_of(s->path);

  if (!expected) expected = undisturbed(doc);
  if (!strcmp(compared(s, got), compared(s, expected))) passed++;
  else complain(s, "the end", 0, "the transcript is not the golden one");
  if (getenv("SHOW")) fputs(got, stdout);
  free(expected);
}

static void remove_database(const sweep *s) {
  static const char *const suffixes[] = {"", "-wal", "-shm", "-journal"};
  char name[128];

  for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
    snprintf(name, sizeof name, "%s%s", s->database, suffixes[i]);
    (void)unlink(name);
  }
}

static void run_sweep(const char *path, const trouble *t) {
  uint64_t before = passed;
  char *text = NULL;
  size_t len = 0;
  scenario_run r;
  cJSON *doc = scenario_read(path);
  sweep s;

  memset(&s, 0, sizeof s);
  memset(&r, 0, sizeof r);
  s.trouble = t;
  s.path = path;
  snprintf(s.database, sizeof s.database, "%s/billing-fault-%d.db",
           access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm", (int)getpid());
  open_store(&s);
  open_handle(&s, &r.b);
  r.doc = doc;
  r.user = &s;
  r.attempt = attempt;
  r.out = open_memstream(&text, &len);
  scenario_play(&r);
  billing_close(r.b);
  fclose(r.out);
  compare(&s, doc, text);
  remove_database(&s);
  cJSON_Delete(doc);
  free(text);
  printf("  %-36s %-28s %6" PRIu64 " faults\n", path, t->name,
         passed - before);
}

/* ---- the program ------------------------------------------------------- */

static void sweep_all(char **paths, size_t count) {
  for (size_t i = 0; i < count; i++)
    for (size_t k = 0; k < sizeof troubles / sizeof *troubles; k++)
      run_sweep(paths[i], &troubles[k]);
}

static void sweep_golden(void) {
  glob_t found;

  memset(&found, 0, sizeof found);
  glob("tests/fault/*.json", 0, NULL, &found);
  glob("tests/golden/[0-9]*.json", GLOB_APPEND, NULL, &found);
  sweep_all(found.gl_pathv, found.gl_pathc);
  globfree(&found);
}

static void sweep_some(void) {
  for (size_t i = 0; i < sizeof sweep_rows / sizeof *sweep_rows; i++)
    run_sweep(sweep_rows[i].path, &troubles[sweep_rows[i].trouble]);
}

int main(int argc, char **argv) {
  cJSON_Hooks hooks = {json_alloc, free};
  const char *full = getenv("FULL");

  cJSON_InitHooks(&hooks);
  setvbuf(stdout, NULL, _IOLBF, 0);
  if (argc > 1) sweep_all(argv + 1, (size_t)argc - 1);
  else if (full && !strcmp(full, "1")) sweep_golden();
  else sweep_some();
  if (survived)
    printf("%" PRIu64 " calls succeeded in spite of a fault\n", survived);
  printf("%" PRIu64 " passed, %" PRIu64 " failed\n", passed, failed);
  fflush(stdout);
  return failed != 0 || passed == 0;
}
