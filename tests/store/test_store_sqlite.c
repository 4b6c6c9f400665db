/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * test_store_sqlite.c - what the SQLite store does beyond the contract of a
 * store: with files, with other processes, and with the host's connection.
 */
#include "stores.h"
#include "unit.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define I(n) store_int(n)
#define T(s) store_text(s)

static const billing_column columns[] = {{"id", BILLING_VALUE_INTEGER, 0},
                                         {"name", BILLING_VALUE_TEXT, 0}};
static const uint32_t by_name[] = {1};
static const billing_index indexes[] = {{"name", by_name, 1}};
static const billing_table names = {
    sizeof names, 0, "billing_names", columns, 2, 1, indexes, 1};
static const billing_table *const tables[] = {&names};

static const billing_column body_columns[] = {
    {"id", BILLING_VALUE_INTEGER, 0}, {"body", BILLING_VALUE_BLOB, 0}};
static const billing_table bodies = {
    sizeof bodies, 0, "billing_bodies", body_columns, 2, 1, NULL, 0};
static const billing_table *const both[] = {&names, &bodies};

static char folder[64], path[128];
static billing_error err;

static void setup(void) {
  store_folder_make(folder, path);
  BILLING_INIT(&err);
}

static void teardown(void) {
  store_folder_remove(folder, path);
}

/* ---- Small steps -------------------------------------------------------- */

static billing_store *open_with(uint32_t flags) {
  billing_store *s = NULL;

  BILLING_INIT(&err);
  ck_assert_int_eq(bl_sqlite_store_open(&s, path, flags, NULL, &err), 0);
  return s;
}

static billing_store *declared(uint32_t flags) {
  billing_store *s = open_with(flags);

  ck_assert_int_eq(bl_store_declare(s, tables, 1), BILLING_OK);
  return s;
}

static billing_store *open_declared(void) { return declared(0); }

static int refused(uint32_t flags) {
  billing_store *s = NULL;
  int rc;

  BILLING_INIT(&err);
  rc = bl_sqlite_store_open(&s, path, flags, NULL, &err);
  ck_assert_ptr_null(s);
  ck_assert_int_eq(err.code, rc);
  return rc;
}

static void begin(billing_store *s) {
  ck_assert_int_eq(bl_store_begin(s, BILLING_BEGIN_WRITE), BILLING_OK);
}

static void commit(billing_store *s) {
  ck_assert_int_eq(bl_store_commit(s), BILLING_OK);
}

static int put(billing_store *s, int64_t id, const char *name) {
  billing_value row[] = {I(id), T(name)};

  return bl_store_put(s, 0, row, 1, BILLING_PUT_REPLACE);
}

/* Puts a row in a transaction of its own. */
static void put_alone(billing_store *s, int64_t id, const char *name) {
  begin(s);
  ck_assert_int_eq(put(s, id, name), BILLING_OK);
  commit(s);
}

static int is_there(billing_store *s, int64_t id) {
  billing_value key[] = {I(id)}, row[BL_ROW_MOST];
  int rc;

  ck_assert_int_eq(bl_store_begin(s, BILLING_BEGIN_READ), BILLING_OK);
  rc = bl_store_get(s, 0, key, row);
  ck_assert(rc == BILLING_OK || rc == BILLING_NOTFOUND);
  commit(s);
  return rc == BILLING_OK;
}

static uint32_t flags_of(billing_store *s) {
  billing_store_description d;

  ck_assert_int_eq(bl_store_describe(s, &d), BILLING_OK);
  ck_assert_str_eq(d.name, "sqlite");
  return d.flags;
}

static sqlite3 *connect(void) {
  sqlite3 *db = NULL;

  ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
  return db;
}

static void run(sqlite3 *db, const char *sql) {
  char *message = NULL;
  int rc = sqlite3_exec(db, sql, NULL, NULL, &message);

  ck_assert_msg(rc == SQLITE_OK, "%s: %s", sql, message ? message : "");
}

/* The first column of the first row, as a number. */
static int64_t ask(sqlite3 *db, const char *sql) {
  sqlite3_stmt *stmt = NULL;
  int64_t answer;

  ck_assert_int_eq(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
  ck_assert_int_eq(sqlite3_step(stmt), SQLITE_ROW);
  answer = sqlite3_column_int64(stmt, 0);
  sqlite3_finalize(stmt);
  return answer;
}

static void disconnect(sqlite3 *db) {
  ck_assert_int_eq(sqlite3_close(db), SQLITE_OK);
}

/* A store on the host's connection, with its table. */
static billing_store *join(sqlite3 *db) {
  billing_store *s = NULL;

  ck_assert_int_eq(bl_sqlite_store_host(&s, db, NULL, NULL, &err), 0);
  ck_assert_int_eq(bl_store_declare(s, tables, 1), BILLING_OK);
  ck_assert(flags_of(s) & BILLING_STORE_HOST);
  return s;
}

/* ---- Files -------------------------------------------------------------- */

static size_t read_file(const char *name, char *out, size_t size) {
  FILE *f = fopen(name, "rb");
  size_t len;

  if (!f) return 0;
  len = fread(out, 1, size, f);
  fclose(f);
  return len;
}

static void write_file(const char *name, const char *bytes, size_t len) {
  FILE *f = fopen(name, "wb");

  ck_assert_ptr_nonnull(f);
  ck_assert_uint_eq(fwrite(bytes, 1, len, f), len);
  fclose(f);
}

static int file_exists(const char *name) {
  struct stat st;

  return stat(name, &st) == 0;
}

static int other_file_exists(const char *suffix) {
  char name[160];

  snprintf(name, sizeof name, "%s%s", path, suffix);
  return file_exists(name);
}

START_TEST(a_file_that_is_no_database_is_refused_and_kept) {
  static const size_t sizes[] = {2, 100, 511, 512, 4096, 20000};
  static const uint32_t flags[] = {0, BILLING_OPEN_EXISTING,
                                   BILLING_OPEN_READ_ONLY};
  static char before[20000], after[20001];
  size_t size = sizes[_i / 3];

  for (size_t i = 0; i < size; i++) before[i] = (char)('a' + i % 26);
  write_file(path, before, size);
  ck_assert_int_eq(refused(flags[_i % 3]), BILLING_STORE);
  ck_assert_ptr_nonnull(strstr(err.message, path));
  ck_assert_ptr_nonnull(strstr(err.message, "not a database"));
  ck_assert_uint_eq(read_file(path, after, sizeof after), size);
  ck_assert_mem_eq(before, after, size);
  ck_assert(!other_file_exists("-wal") && !other_file_exists("-journal"));
}
END_TEST

START_TEST(a_missing_file_is_made_only_when_asked) {
  ck_assert_int_eq(refused(BILLING_OPEN_EXISTING), BILLING_NOTFOUND);
  ck_assert_int_eq(refused(BILLING_OPEN_READ_ONLY), BILLING_NOTFOUND);
  ck_assert_ptr_nonnull(strstr(err.message, "no such file"));
  ck_assert(!file_exists(path));
  bl_store_close(open_declared());
  ck_assert(file_exists(path));
  bl_store_close(open_with(BILLING_OPEN_EXISTING));
  bl_store_close(open_with(BILLING_OPEN_READ_ONLY));
}
END_TEST

START_TEST(a_path_that_cannot_be_is_refused) {
  billing_store *s = NULL;

  ck_assert_int_eq(bl_sqlite_store_open(&s, "/nowhere/at/all.db", 0, NULL,
                                        &err), BILLING_STORE);
  ck_assert_ptr_nonnull(strstr(err.message, "/nowhere/at/all.db"));
  ck_assert_int_eq(bl_sqlite_store_open(&s, "", 0, NULL, NULL),
                   BILLING_MISUSE);
  ck_assert_int_eq(bl_sqlite_store_open(&s, folder, 0, NULL, NULL),
                   BILLING_STORE);
  ck_assert_int_eq(bl_sqlite_store_open(&s, ":memory:",
                                        BILLING_OPEN_EXISTING, NULL, NULL),
                   BILLING_NOTFOUND);
  ck_assert_ptr_null(s);
}
END_TEST

/* Not even its journal mode. */
START_TEST(somebody_elses_database_is_not_changed_by_looking) {
  static char before[40000], after[40000];
  sqlite3 *db = connect();
  size_t size;

  run(db, "CREATE TABLE orders(id INTEGER); INSERT INTO orders VALUES (1)");
  disconnect(db);
  size = read_file(path, before, sizeof before);
  ck_assert_int_eq(refused(BILLING_OPEN_EXISTING), BILLING_NOTFOUND);
  ck_assert_int_eq(refused(BILLING_OPEN_READ_ONLY), BILLING_NOTFOUND);
  ck_assert_uint_eq(read_file(path, after, sizeof after), size);
  ck_assert_mem_eq(before, after, size);
}
END_TEST

/* A path is a path, whatever it looks like. */
START_TEST(a_path_that_looks_like_a_uri_is_a_path) {
  static const char name[] = "file:a?mode=memory";
  billing_store *s = NULL;
  char home[256];

  ck_assert_ptr_nonnull(getcwd(home, sizeof home));
  ck_assert_int_eq(chdir(folder), 0);
  ck_assert_int_eq(bl_sqlite_store_open(&s, name, 0, NULL, &err), 0);
  ck_assert_int_eq(bl_store_declare(s, tables, 1), BILLING_OK);
  bl_store_close(s);
  ck_assert(file_exists(name));
  ck_assert_int_eq(unlink(name), 0);
  ck_assert_int_eq(chdir(home), 0);
}
END_TEST

START_TEST(a_read_only_store_reads) {
  billing_store *s = open_declared();

  put_alone(s, 1, "a");
  bl_store_close(s);
  s = open_with(BILLING_OPEN_READ_ONLY);
  ck_assert_int_eq(bl_store_declare(s, tables, 1), BILLING_OK);
  ck_assert_uint_eq(flags_of(s), BILLING_STORE_READ_ONLY);
  ck_assert(is_there(s, 1));
  ck_assert_int_eq(bl_store_begin(s, BILLING_BEGIN_WRITE), BILLING_STORE);
  ck_assert_int_eq(bl_store_scrub(s), BILLING_OK);
  ck_assert_int_eq(bl_store_declare(s, both, 2), BILLING_UNSUPPORTED);
  ck_assert_ptr_nonnull(strstr(bl_sqlite_store_message(s), "for writing"));
  bl_store_close(s);
}
END_TEST

static int holds(const char *bytes, size_t len, const char *text) {
  size_t size = strlen(text);

  for (size_t i = 0; i + size <= len; i++)
    if (!memcmp(bytes + i, text, size)) return 1;
  return 0;
}

START_TEST(a_database_is_kept_in_a_log_and_scrubbed_of_what_was_removed) {
  static const char secret[] = "an-utterly-secret-name-of-a-customer";
  static char bytes[200000];
  billing_store *s = open_declared();
  billing_value key[] = {I(1)};
  char log[160];
  size_t len;

  snprintf(log, sizeof log, "%s-wal", path);
  put_alone(s, 1, secret);
  ck_assert_uint_gt(read_file(log, bytes, sizeof bytes), 0);
  ck_assert_int_eq(bl_store_scrub(s), BILLING_OK);
  len = read_file(path, bytes, sizeof bytes);
  ck_assert(holds(bytes, len, secret));
  begin(s);
  ck_assert_int_eq(bl_store_remove(s, 0, key), BILLING_OK);
  commit(s);
  ck_assert_int_eq(bl_store_scrub(s), BILLING_OK);
  ck_assert_uint_eq(read_file(log, bytes, sizeof bytes), 0);
  len = read_file(path, bytes, sizeof bytes);
  ck_assert_uint_gt(len, 0);
  ck_assert(!holds(bytes, len, secret));
  bl_store_close(s);
}
END_TEST

START_TEST(a_damaged_file_is_corrupt) {
  static char bytes[400000];
  billing_store *s = open_declared();
  billing_value key[] = {I(500)}, row[BL_ROW_MOST];
  size_t len;
  int rc;

  begin(s);
  for (int i = 0; i < 1000; i++)
    ck_assert_int_eq(put(s, i, "a name to fill the pages with"), BILLING_OK);
  commit(s);
  bl_store_close(s);
  len = read_file(path, bytes, sizeof bytes);
  ck_assert_uint_gt(len, 3 * 4096);
  memset(bytes + 4096, 0x5a, len - 4096);
  write_file(path, bytes, len);
  s  = open_with(0);
  rc = bl_store_declare(s, tables, 1);
  if (!rc) rc = bl_store_begin(s, BILLING_BEGIN_READ);
  if (!rc) rc = bl_store_get(s, 0, key, row);
  ck_assert_int_eq(rc, BILLING_CORRUPT);
  ck_assert_ptr_nonnull(strstr(bl_sqlite_store_message(s), "malformed"));
  bl_store_close(s);
}
END_TEST

/* ---- Several at once ---------------------------------------------------- */

START_TEST(a_writer_that_may_not_wait_is_busy_at_once_and_readers_are_not) {
  billing_store *a = open_declared(), *b;

  put_alone(a, 1, "a");
  begin(a);
  ck_assert_int_eq(put(a, 2, "b"), BILLING_OK);
  b = declared(BILLING_OPEN_NO_WAIT);      /* while another is writing */
  ck_assert_int_eq(bl_store_begin(b, BILLING_BEGIN_WRITE), BILLING_BUSY);
  ck_assert_int_eq(bl_store_explain(b, BILLING_BUSY, &err), BILLING_BUSY);
  ck_assert(is_there(b, 1));
  ck_assert(!is_there(b, 2));
  commit(a);
  ck_assert(is_there(b, 2));
  put_alone(b, 3, "c");
  ck_assert(is_there(a, 3));
  bl_store_close(a);
  bl_store_close(b);
}
END_TEST

/* Somebody who does not know of turns, the sqlite3 shell for example. */
START_TEST(a_lock_that_a_stranger_keeps_is_busy) {
  billing_store *s = open_declared();
  sqlite3 *other = connect();

  run(other, "BEGIN IMMEDIATE");
  ck_assert_int_eq(bl_store_begin(s, BILLING_BEGIN_WRITE), BILLING_BUSY);
  run(other, "ROLLBACK");
  put_alone(s, 1, "a");
  disconnect(other);
  bl_store_close(s);
}
END_TEST

/* Until a writer waits behind the one that has the turn: see sqlite_wal.c. */
static void until_somebody_waits(void) {
  struct flock next;
  char name[160];
  int fd;

  snprintf(name, sizeof name, "%s-wal", path);
  fd = open(name, O_RDWR);
  ck_assert_int_ge(fd, 0);
  do {
    usleep(1000);
    memset(&next, 0, sizeof next);
    next.l_type = F_WRLCK;
    next.l_start = 1;
    next.l_len = 1;
    ck_assert_int_eq(fcntl(fd, F_OFD_GETLK, &next), 0);
  } while (next.l_type == F_UNLCK);
  close(fd);
}

/* In a thread, where Check's assertions cannot be. */
static void *write_one(void *store) {
  int rc = bl_store_begin(store, BILLING_BEGIN_WRITE);

  if (!rc) rc = put(store, 1, "waited");
  if (!rc) rc = bl_store_commit(store);
  return (void *)(intptr_t)rc;
}

START_TEST(a_second_writer_waits_for_its_turn) {
  billing_store *a = open_declared(), *b = open_declared();
  pthread_t thread;
  void *rc;

  begin(a);
  ck_assert_int_eq(pthread_create(&thread, NULL, write_one, b), 0);
  until_somebody_waits();
  ck_assert_int_eq(put(a, 2, "first"), BILLING_OK);
  commit(a);
  put_alone(a, 3, "behind it");
  pthread_join(thread, &rc);
  ck_assert_int_eq((int)(intptr_t)rc, BILLING_OK);
  ck_assert(is_there(a, 1));
  begin(a);                              /* a rollback ends a turn, too */
  bl_store_rollback(a);
  put_alone(b, 4, "again");
  bl_store_close(a);
  bl_store_close(b);
}
END_TEST

START_TEST(a_writer_that_is_killed_gives_up_its_turn) {
  billing_store *s;
  int ends[2];
  char byte;
  pid_t child;

  bl_store_close(open_declared());
  ck_assert_int_eq(pipe(ends), 0);
  child = fork();
  if (child == 0) {
    s = open_declared();
    begin(s);
    ck_assert_int_eq(put(s, 1, "never"), BILLING_OK);
    (void)!write(ends[1], "x", 1);
    pause();
  }
  ck_assert_int_eq((int)read(ends[0], &byte, 1), 1);
  s = open_declared();
  ck_assert_int_eq(kill(child, SIGKILL), 0);
  begin(s);                              /* as soon as the kernel knows */
  ck_assert_int_eq(put(s, 2, "next"), BILLING_OK);
  commit(s);
  ck_assert_int_eq(waitpid(child, NULL, 0), child);
  ck_assert(!is_there(s, 1));
  ck_assert(is_there(s, 2));
  bl_store_close(s);
  close(ends[0]);
  close(ends[1]);
}
END_TEST

/* The store's own descriptor of the log: the one that has its turn; -1 where
 * there is no /proc. */
static int log_descriptor(billing_store *s) {
  char name[64], line[128];
  int found = -1;

  begin(s);
  for (int fd = 0; fd < 100; fd++) {
    FILE *file;

    snprintf(name, sizeof name, "/proc/self/fdinfo/%d", fd);
    file = fopen(name, "r");
    if (!file) continue;
    while (fgets(line, sizeof line, file))
      if (strstr(line, "OFDLCK")) found = fd;
    fclose(file);
  }
  bl_store_rollback(s);
  return found;
}

START_TEST(after_a_sync_that_failed_nothing_is_written_until_it_is_reopened) {
  billing_store *s = open_declared();
  int fd = log_descriptor(s), ends[2];

  if (fd >= 0) {                         /* else there is no /proc */
    put_alone(s, 1, "a");
    ck_assert_int_eq(bl_store_sync(s), BILLING_OK);
    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(dup2(ends[1], fd), fd);
    put_alone(s, 2, "b");
    ck_assert_int_eq(bl_store_sync(s), BILLING_STORE);
    ck_assert_int_eq(bl_store_sync(s), BILLING_STORE);
    ck_assert_int_eq(bl_store_begin(s, BILLING_BEGIN_WRITE), BILLING_STORE);
    ck_assert_ptr_nonnull(strstr(bl_sqlite_store_message(s), "sync"));
    ck_assert(is_there(s, 1));
    close(ends[0]);
    close(ends[1]);
  }
  bl_store_close(s);
  s = open_declared();
  put_alone(s, 3, "c");
  ck_assert_int_eq(bl_store_sync(s), BILLING_OK);
  bl_store_close(s);
}
END_TEST

START_TEST(a_reader_keeps_its_snapshot) {
  billing_store *a = open_declared(), *b = open_declared();
  billing_value one[] = {I(1)}, row[BL_ROW_MOST];

  ck_assert_int_eq(bl_store_begin(b, BILLING_BEGIN_READ), BILLING_OK);
  ck_assert_int_eq(bl_store_get(b, 0, one, row), BILLING_NOTFOUND);
  put_alone(a, 1, "a");
  ck_assert_int_eq(bl_store_get(b, 0, one, row), BILLING_NOTFOUND);
  ck_assert_int_eq(bl_store_scrub(a), BILLING_OK);   /* as far as it can */
  commit(b);
  ck_assert(is_there(b, 1));
  bl_store_close(a);
  bl_store_close(b);
}
END_TEST

START_TEST(only_one_of_two_makes_the_tables) {
  billing_store *a = open_with(0), *b = open_with(0);

  ck_assert_int_eq(bl_store_declare(a, tables, 1), BILLING_OK);
  ck_assert_int_eq(bl_store_declare(b, tables, 1), BILLING_OK);
  ck_assert(flags_of(a) & BILLING_STORE_NEW);
  ck_assert(!(flags_of(b) & BILLING_STORE_NEW));
  bl_store_close(a);
  bl_store_close(b);
}
END_TEST

/* ---- The host's connection ---------------------------------------------- */

START_TEST(outside_a_transaction_a_call_commits_itself) {
  sqlite3 *db = connect(), *other = connect();
  billing_store *s = join(db);

  put_alone(s, 1, "a");
  ck_assert(sqlite3_get_autocommit(db));
  ck_assert_int_eq(ask(other, "SELECT count(*) FROM billing_names"), 1);
  begin(s);
  ck_assert_int_eq(put(s, 2, "b"), BILLING_OK);
  bl_store_rollback(s);
  ck_assert(sqlite3_get_autocommit(db));
  ck_assert(!is_there(s, 2));
  bl_store_close(s);
  disconnect(other);
  disconnect(db);
}
END_TEST

START_TEST(inside_a_transaction_the_host_decides) {
  sqlite3 *db = connect();
  billing_store *s = join(db);

  run(db, "CREATE TABLE orders(id INTEGER); BEGIN;"
          "INSERT INTO orders VALUES (1)");
  put_alone(s, 1, "a");
  ck_assert(!sqlite3_get_autocommit(db));
  run(db, "SAVEPOINT mine");
  put_alone(s, 2, "b");
  begin(s);
  ck_assert_int_eq(put(s, 3, "c"), BILLING_OK);
  bl_store_rollback(s);
  ck_assert(is_there(s, 2));
  ck_assert(!is_there(s, 3));
  run(db, "ROLLBACK TO mine");
  ck_assert(is_there(s, 1));
  ck_assert(!is_there(s, 2));
  run(db, "ROLLBACK");
  ck_assert(!is_there(s, 1));
  ck_assert_int_eq(ask(db, "SELECT count(*) FROM orders"), 0);
  bl_store_close(s);
  disconnect(db);
}
END_TEST

START_TEST(tables_that_the_host_rolled_back_are_made_again) {
  sqlite3 *db = connect();
  billing_store *s;

  run(db, "BEGIN");
  s = join(db);
  put_alone(s, 1, "a");
  ck_assert(is_there(s, 1));
  run(db, "ROLLBACK");
  ck_assert_int_eq(ask(db, "SELECT count(*) FROM sqlite_schema"), 0);
  if (_i == 0) ck_assert(!is_there(s, 1));
  put_alone(s, 2, "b");
  ck_assert(flags_of(s) & BILLING_STORE_NEW);
  ck_assert(!is_there(s, 1));
  ck_assert(is_there(s, 2));
  bl_store_close(s);
  disconnect(db);
}
END_TEST

/* In WAL mode, a reader that wants to write after somebody else has. */
START_TEST(a_stale_snapshot_of_the_host_is_busy) {
  sqlite3 *db = connect(), *other = connect();
  billing_store *s;

  run(db, "PRAGMA journal_mode=WAL");
  s = join(db);
  run(db, "BEGIN");
  ck_assert_int_eq(ask(db, "SELECT count(*) FROM billing_names"), 0);
  run(other, "INSERT INTO billing_names VALUES (9, 'x')");
  ck_assert_int_eq(bl_store_begin(s, BILLING_BEGIN_WRITE), BILLING_BUSY);
  ck_assert(!sqlite3_get_autocommit(db));
  ck_assert(!is_there(s, 9));
  run(db, "COMMIT; BEGIN");
  put_alone(s, 1, "a");
  ck_assert(is_there(s, 9));
  run(other, "PRAGMA busy_timeout=0");
  ck_assert_int_eq(sqlite3_exec(other, "BEGIN IMMEDIATE", 0, 0, 0),
                   SQLITE_BUSY);
  run(db, "COMMIT");
  bl_store_close(s);
  disconnect(other);
  disconnect(db);
}
END_TEST

START_TEST(beginning_to_write_takes_the_lock_in_the_hosts_transaction) {
  sqlite3 *db = connect(), *other = connect();
  billing_store *s = join(db);

  run(other, "PRAGMA busy_timeout=0");
  run(db, "BEGIN");
  begin(s);
  ck_assert_int_eq(sqlite3_exec(other, "BEGIN IMMEDIATE", 0, 0, 0),
                   SQLITE_BUSY);
  commit(s);
  run(db, "COMMIT");
  run(other, "BEGIN IMMEDIATE; ROLLBACK");
  bl_store_close(s);
  disconnect(other);
  disconnect(db);
}
END_TEST

START_TEST(the_host_finds_its_connection_as_it_was) {
  sqlite3 *db = connect();
  billing_store *s;
  billing_value row[] = {I(5), store_blob("x", 1)};
  sqlite3_stmt *stmt = NULL;

  run(db, "CREATE TABLE orders(id INTEGER PRIMARY KEY, n INTEGER);"
          "INSERT INTO orders VALUES (77, 1), (78, 2), (79, 3)");
  ck_assert_int_eq(bl_sqlite_store_host(&s, db, NULL, NULL, &err), 0);
  ck_assert_int_eq(bl_store_declare(s, both, 2), BILLING_OK);
  ck_assert_int_eq(sqlite3_prepare_v2(db, "SELECT id FROM orders", -1, &stmt,
                                      NULL), SQLITE_OK);
  ck_assert_int_eq(sqlite3_step(stmt), SQLITE_ROW);
  begin(s);                                /* between two rows of the host's */
  ck_assert_int_eq(bl_store_put(s, 1, row, 1, BILLING_PUT_INSERT), 0);
  commit(s);
  begin(s);
  ck_assert_int_eq(put(s, 1, "a"), BILLING_OK);
  bl_store_rollback(s);
  ck_assert_int_eq(sqlite3_last_insert_rowid(db), 79);
  ck_assert_int_eq(sqlite3_step(stmt), SQLITE_ROW);
  ck_assert_int_eq(sqlite3_column_int64(stmt, 0), 78);
  ck_assert_int_eq(sqlite3_finalize(stmt), SQLITE_OK);
  ck_assert_int_eq(ask(db, "PRAGMA synchronous"), 2);
  bl_store_close(s);
  ck_assert_ptr_null(sqlite3_next_stmt(db, NULL));
  disconnect(db);
}
END_TEST

static int join_refused(sqlite3 *db, uint32_t flags) {
  billing_store *s = NULL;
  int rc;

  BILLING_INIT(&err);
  rc = bl_sqlite_store_host(&s, db, NULL, NULL, &err);
  if (rc) return rc;
  bl_sqlite_store_restrict(s, flags);
  rc = bl_store_declare(s, tables, 1);
  ck_assert_int_eq(bl_store_explain(s, rc, &err), rc);
  bl_store_close(s);
  return rc;
}

START_TEST(a_database_that_cannot_be_used_says_why) {
  sqlite3 *db = connect();
  int64_t version;

  ck_assert_int_eq(join_refused(NULL, 0), BILLING_MISUSE);
  ck_assert_int_eq(join_refused(db, BILLING_OPEN_EXISTING), BILLING_NOTFOUND);
  run(db, "CREATE TABLE billing_names(number INTEGER PRIMARY KEY)");
  version = ask(db, "PRAGMA schema_version");
  ck_assert_int_eq(join_refused(db, 0), BILLING_UNSUPPORTED);
  ck_assert_str_eq(err.message, "there is a table billing_names that is not "
                                "ours: its column number is another");
  run(db, "DROP TABLE billing_names;"
          "CREATE TABLE billing_names(id INTEGER, name TEXT)");
  ck_assert_int_eq(join_refused(db, 0), BILLING_UNSUPPORTED);
  ck_assert_ptr_nonnull(strstr(err.message, "its column id is another"));
  run(db, "DROP TABLE billing_names;"
          "CREATE TABLE billing_names(name TEXT)");
  ck_assert_int_eq(join_refused(db, 0), BILLING_UNSUPPORTED);
  ck_assert_ptr_nonnull(strstr(err.message, "its key is another"));
  run(db, "DROP TABLE billing_names; CREATE VIEW billing_names AS SELECT 1");
  ck_assert_int_eq(join_refused(db, 0), BILLING_UNSUPPORTED);
  run(db, "DROP VIEW billing_names");
  ck_assert_int_ge(ask(db, "PRAGMA schema_version"), version);
  ck_assert_int_eq(join_refused(db, 0), BILLING_OK);
  disconnect(db);
}
END_TEST

START_TEST(a_database_in_utf_16_is_refused) {
  sqlite3 *db = connect();

  run(db, "PRAGMA encoding='UTF-16le'; CREATE TABLE orders(id INTEGER)");
  ck_assert_int_eq(join_refused(db, 0), BILLING_UNSUPPORTED);
  ck_assert_ptr_nonnull(strstr(err.message, "UTF-8"));
  disconnect(db);
  ck_assert_int_eq(refused(0), BILLING_UNSUPPORTED);
}
END_TEST

START_TEST(a_host_that_can_only_read_has_a_read_only_store) {
  sqlite3 *db = NULL;
  billing_store *s;

  bl_store_close(open_declared());
  ck_assert_int_eq(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL),
                   SQLITE_OK);
  s = join(db);
  ck_assert_uint_eq(flags_of(s), BILLING_STORE_HOST | BILLING_STORE_READ_ONLY);
  ck_assert(!is_there(s, 1));
  ck_assert_int_eq(bl_store_begin(s, BILLING_BEGIN_WRITE), BILLING_STORE);
  bl_store_close(s);
  disconnect(db);
}
END_TEST

/* A table of the right shape that is not STRICT, filled by hand. */
START_TEST(a_value_of_another_type_is_corrupt) {
  billing_value key[] = {I(1)}, row[BL_ROW_MOST] = {I(42)};
  sqlite3 *db = connect();
  billing_store *s;

  run(db, "CREATE TABLE billing_names(id INTEGER PRIMARY KEY, name TEXT);"
          "INSERT INTO billing_names VALUES (1, x'00')");
  s = join(db);
  ck_assert_int_eq(bl_store_begin(s, BILLING_BEGIN_READ), BILLING_OK);
  ck_assert_int_eq(bl_store_get(s, 0, key, row), BILLING_CORRUPT);
  ck_assert_int_eq(row[0].integer, 42);    /* outputs untouched */
  ck_assert_str_eq(bl_sqlite_store_message(s),
                   "billing_names.name holds a value of another type");
  commit(s);
  bl_store_close(s);
  disconnect(db);
}
END_TEST

/* Half of a batch may be there: nothing of the transaction may be kept. */
START_TEST(after_a_failed_put_only_a_rollback_is_possible) {
  billing_value rows[] = {I(12), T("a"), I(13), T("b")};
  sqlite3 *db = connect();
  billing_store *s = join(db);

  run(db, "CREATE TRIGGER no BEFORE INSERT ON billing_names"
          " WHEN new.id = 13 BEGIN SELECT RAISE(ABORT, 'unlucky'); END");
  begin(s);
  ck_assert_int_eq(bl_store_put(s, 0, rows, 2, BILLING_PUT_INSERT),
                   BILLING_STORE);
  ck_assert_ptr_nonnull(strstr(bl_sqlite_store_message(s), "unlucky"));
  ck_assert_int_eq(put(s, 14, "c"), BILLING_STORE);
  ck_assert_int_eq(bl_store_commit(s), BILLING_STORE);
  bl_store_rollback(s);                    /* not needed, and fine */
  ck_assert(!is_there(s, 12));
  ck_assert(!is_there(s, 14));
  put_alone(s, 15, "d");
  ck_assert(is_there(s, 15));
  bl_store_close(s);
  disconnect(db);
}
END_TEST

/* Or a put would commit by itself, one row at a time. */
START_TEST(nothing_is_put_when_the_transaction_is_gone) {
  sqlite3 *db = connect();
  billing_store *s = join(db);

  begin(s);
  run(db, "ROLLBACK");
  ck_assert_int_eq(put(s, 1, "a"), BILLING_STORE);
  ck_assert_int_eq(bl_store_commit(s), BILLING_STORE);
  ck_assert(!is_there(s, 1));
  bl_store_close(s);
  disconnect(db);
}
END_TEST

START_TEST(an_index_that_was_dropped_is_made_again) {
  sqlite3 *db = connect();

  bl_store_close(join(db));
  run(db, "DROP INDEX billing_names_name");
  bl_store_close(join(db));
  ck_assert_int_eq(ask(db, "SELECT count(*) FROM sqlite_schema"
                           " WHERE name = 'billing_names_name'"), 1);
  disconnect(db);
}
END_TEST

/* ---- When the disk is full ---------------------------------------------- */

START_TEST(a_full_disk_leaves_nothing_of_the_transaction) {
  static char body[200000];
  billing_value row[] = {I(1), store_blob(body, sizeof body)};
  billing_value rows[] = {I(2), store_blob("x", 1), I(3), row[1]};
  sqlite3 *db = connect();
  billing_store *s;

  ck_assert_int_eq(bl_sqlite_store_host(&s, db, NULL, NULL, &err), 0);
  ck_assert_int_eq(bl_store_declare(s, both, 2), BILLING_OK);
  put_alone(s, 1, "before");
  run(db, "PRAGMA max_page_count=20");
  if (_i) run(db, "BEGIN; CREATE TABLE orders(id INTEGER)");
  begin(s);
  ck_assert_int_eq(put(s, 2, "within"), BILLING_OK);
  ck_assert_int_eq(bl_store_put(s, 1, rows, 2, BILLING_PUT_INSERT),
                   BILLING_STORE);
  ck_assert_ptr_nonnull(strstr(bl_sqlite_store_message(s), "full"));
  ck_assert_int_eq(put(s, 3, "after"), BILLING_STORE);
  ck_assert_int_eq(bl_store_commit(s), BILLING_STORE);
  bl_store_rollback(s);
  ck_assert(is_there(s, 1));
  ck_assert(!is_there(s, 2));
  ck_assert(!is_there(s, 3));
  ck_assert_int_eq(ask(db, "SELECT count(*) FROM billing_bodies"), 0);
  if (!sqlite3_get_autocommit(db)) run(db, "COMMIT");
  bl_store_close(s);
  disconnect(db);
}
END_TEST

/* ---- The extension ------------------------------------------------------ */

START_TEST(the_extension_tells_the_two_addresses) {
  sqlite3 *db = connect();
  billing_store *s = NULL;
  int64_t connection, routines;

  ck_assert_int_eq(billing_sqlite3_extension(db, NULL, NULL), SQLITE_OK);
  connection = ask(db, "SELECT connection FROM billing_sqlite3");
  routines   = ask(db, "SELECT routines FROM billing_sqlite3");
  ck_assert_ptr_eq((void *)(intptr_t)connection, db);
  ck_assert_int_eq(ask(db, "SELECT count(*) FROM billing_sqlite3"
                           " WHERE version = '" BILLING_VERSION "'"), 1);
  ck_assert_int_eq(bl_sqlite_store_host(&s, (void *)(intptr_t)connection,
                                        (const void *)(intptr_t)routines,
                                        NULL, &err), BILLING_OK);
  ck_assert_int_eq(bl_store_declare(s, tables, 1), BILLING_OK);
  put_alone(s, 1, "a");
  ck_assert(is_there(s, 1));
  bl_store_close(s);
  run(db, "CREATE VIEW spy AS SELECT * FROM billing_sqlite3");
  ck_assert_int_ne(sqlite3_exec(db, "SELECT * FROM spy", 0, 0, 0), SQLITE_OK);
  disconnect(db);
}
END_TEST

Suite *test_store_sqlite(void);

Suite *test_store_sqlite(void) {
  Suite *s = suite_create("store sqlite");
  TCase *t = tcase_create("sqlite");

  tcase_add_checked_fixture(t, setup, teardown);
  tcase_add_loop_test(t, a_file_that_is_no_database_is_refused_and_kept, 0,
                      18);
  tcase_add_test(t, a_missing_file_is_made_only_when_asked);
  tcase_add_test(t, a_path_that_cannot_be_is_refused);
  tcase_add_test(t, somebody_elses_database_is_not_changed_by_looking);
  tcase_add_test(t, a_path_that_looks_like_a_uri_is_a_path);
  tcase_add_test(t, a_read_only_store_reads);
  tcase_add_test(
      t, a_database_is_kept_in_a_log_and_scrubbed_of_what_was_removed);
  tcase_add_test(t, a_damaged_file_is_corrupt);
  tcase_add_test(
      t, a_writer_that_may_not_wait_is_busy_at_once_and_readers_are_not);
  tcase_add_test(t, a_lock_that_a_stranger_keeps_is_busy);
  tcase_add_test(t, a_second_writer_waits_for_its_turn);
  tcase_add_test(t, a_writer_that_is_killed_gives_up_its_turn);
  tcase_add_test(
      t, after_a_sync_that_failed_nothing_is_written_until_it_is_reopened);
  tcase_add_test(t, a_reader_keeps_its_snapshot);
  tcase_add_test(t, only_one_of_two_makes_the_tables);
  tcase_add_test(t, outside_a_transaction_a_call_commits_itself);
  tcase_add_test(t, inside_a_transaction_the_host_decides);
  tcase_add_loop_test(t, tables_that_the_host_rolled_back_are_made_again, 0,
                      2);
  tcase_add_test(t, a_stale_snapshot_of_the_host_is_busy);
  tcase_add_test(t,
                 beginning_to_write_takes_the_lock_in_the_hosts_transaction);
  tcase_add_test(t, the_host_finds_its_connection_as_it_was);
  tcase_add_test(t, a_database_that_cannot_be_used_says_why);
  tcase_add_test(t, a_database_in_utf_16_is_refused);
  tcase_add_test(t, a_host_that_can_only_read_has_a_read_only_store);
  tcase_add_test(t, a_value_of_another_type_is_corrupt);
  tcase_add_test(t, after_a_failed_put_only_a_rollback_is_possible);
  tcase_add_test(t, nothing_is_put_when_the_transaction_is_gone);
  tcase_add_test(t, an_index_that_was_dropped_is_made_again);
  tcase_add_loop_test(t, a_full_disk_leaves_nothing_of_the_transaction, 0, 2);
  tcase_add_test(t, the_extension_tells_the_two_addresses);
  suite_add_tcase(s, t);
  return s;
}
