/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * golden.c - scenarios in, transcripts out.
 *
 *     build/golden                     every tests/golden/NN-name.json
 *     build/golden FILE.json ..        these
 *     build/golden --show FILE.json    prints the transcript
 *     build/golden --keep NEW.db FILE.json    and keeps the database
 *
 * The transcript of NN-name.json must be NN-name.expect byte by byte, however
 * the scenario is driven: on each store, in one advance or in single steps,
 * opened once or opened anew before each step, and in a locale with another
 * decimal point and a zone with odd minutes.
 */
#include <glob.h>
#include <locale.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "foretell.h"
#include "support/scenario.h"

/* How a scenario is driven. */
typedef struct way {
  const char *name;
  int       (*open)(billing **out, billing_error *err);
  uint32_t    budget;        /* of each advance */
  uint32_t    is_reopened;   /* before each step */
  uint32_t    is_foretold;   /* what each advance will make is previewed */
} way;

static char folder[64], database[96];
static sqlite3 *connection;

static int open_memory(billing **out, billing_error *err) {
  billing_store *store = NULL;
  int rc = billing_memory_store(&store, NULL);

  return rc ? rc : billing_open_store(out, store, NULL, err);
}

static int open_checked(billing **out, billing_error *err) {
  billing_store *inner = NULL, *store = NULL;
  int rc = billing_memory_store(&inner, NULL);

  if (!rc) rc = billing_checked_store(&store, inner, NULL);
  return rc ? rc : billing_open_store(out, store, NULL, err);
}

static int open_file(billing **out, billing_error *err) {
  return billing_open(out, database, (size_t)-1, NULL, err);
}

static int open_host(billing **out, billing_error *err) {
  if (!connection && sqlite3_open(database, &connection))
    return BILLING_STORE;
  return billing_open_sqlite3(out, connection, NULL, NULL, err);
}

static const way ways[] = {
  {"memory", open_memory, 0, 0, 0},
  {"memory, step by step", open_memory, 1, 0, 0},
  {"checked memory, foretold, by two", open_checked, 2, 0, 1},
  {"sqlite", open_file, 0, 0, 0},
  {"sqlite, step by step", open_file, 1, 0, 0},
  {"sqlite, foretold, opened anew", open_file, 0, 1, 1},
  {"sqlite, step by step, opened anew", open_file, 1, 1, 0},
  {"host's connection, foretold", open_host, 0, 1, 1},
};

/* ---- one run ----------------------------------------------------------- */

static void open_way(const way *w, billing **b) {
  billing_error err;

  BILLING_INIT(&err);
  if (!w->open(b, &err)) return;
  fprintf(stderr, "%s: %s\n", w->name, err.message);
  exit(2);
}

static void reopen(scenario_run *r, size_t step) {
  (void)step;
  billing_close(r->b);
  open_way(r->user, &r->b);
}

static void remove_database(void) {
  static const char *const suffixes[] = {"", "-wal", "-shm", "-journal"};
  char name[128];

  if (connection) sqlite3_close(connection);
  connection = NULL;
  for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
    snprintf(name, sizeof name, "%s%s", database, suffixes[i]);
    (void)unlink(name);
  }
}

/* The transcript, to be freed. */
static char *play(const cJSON *doc, const way *w) {
  char *text = NULL;
  size_t len = 0;
  scenario_run r;

  memset(&r, 0, sizeof r);
  r.doc = doc;
  r.budget = w->budget;
  r.user = (void *)(uintptr_t)w;
  r.between = w->is_reopened ? reopen : NULL;
  r.advancing = w->is_foretold ? foretell : NULL;
  r.out = open_memstream(&text, &len);
  open_way(w, &r.b);
  scenario_play(&r);
  billing_close(r.b);
  fclose(r.out);
  remove_database();
  return text;
}

/* ---- comparing --------------------------------------------------------- */

static char *read_text(const char *path) {
  FILE *file = fopen(path, "rb");
  char *text = NULL;
  size_t len = 0;
  FILE *whole;
  int c;

  if (!file) return NULL;
  whole = open_memstream(&text, &len);
  while ((c = getc(file)) != EOF) putc(c, whole);
  fclose(file);
  fclose(whole);
  return text;
}

/* The first line that differs, on both sides. */
static void show_difference(const char *expected, const char *got) {
  size_t line = 1;

  while (*expected && *got) {
    size_t a = strcspn(expected, "\n"), b = strcspn(got, "\n");

    if (a != b || memcmp(expected, got, a)) break;
    expected += a + (expected[a] == '\n');
    got += b + (got[b] == '\n');
    line++;
  }
  printf("  line %zu\n    expected: %.*s\n    got:      %.*s\n", line,
         (int)strcspn(expected, "\n"), expected, (int)strcspn(got, "\n"),
         got);
}

static int passed, failed, skipped;

static void compare(const char *path, const cJSON *doc, const way *w,
                    const char *where, const char *expected) {
  char *got = play(doc, w);

  if (expected && !strcmp(got, expected) && !strstr(got, "\nNOT OK\n")) {
    passed++;
  } else {
    failed++;
    printf("FAILED %s: %s%s\n", path, w->name, where);
    if (expected) show_difference(expected, got);
    else printf("  there is no .expect beside it\n");
  }
  free(got);
}

static char *expected_of(const char *path) {
  char name[512];
  size_t len = strlen(path);

  if (len < 5 || len > 500) return NULL;
  snprintf(name, sizeof name, "%.*s.expect", (int)(len - 5), path);
  return read_text(name);
}

/* Every way in this locale; in a strange one the first and the last will do,
 * since what could differ is not how the scenario is driven. */
static void compare_all(const char *path, const char *where) {
  char *expected = expected_of(path);
  cJSON *doc = scenario_read(path);
  size_t count = sizeof ways / sizeof *ways;

  for (size_t i = 0; i < count; i++)
    if (!*where || i == 0 || i + 1 == count)
      compare(path, doc, &ways[i], where, expected);
  cJSON_Delete(doc);
  free(expected);
}

/* ---- a strange place --------------------------------------------------- */

/* Makes the German locale in our folder, where the system has the sources. */
static int make_german(void) {
  char command[256];

  snprintf(command, sizeof command,
           "localedef -i de_DE -f UTF-8 %s/de_DE.UTF-8 >/dev/null 2>&1",
           folder);
  if (system(command) != 0) return 0;
  setenv("LOCPATH", folder, 1);
  return setlocale(LC_ALL, "de_DE.UTF-8") != NULL;
}

static int go_abroad(void) {
  char half[16];

  setenv("TZ", "Asia/Kathmandu", 1);
  tzset();
  if (!setlocale(LC_ALL, "de_DE.UTF-8") && !make_german()) return 0;
  snprintf(half, sizeof half, "%.1f", 0.5);
  return !strcmp(half, "0,5");
}

/* ---- the program ------------------------------------------------------- */

static int show(const char *path) {
  cJSON *doc = scenario_read(path);
  char *text = play(doc, &ways[0]);

  fputs(text, stdout);
  free(text);
  cJSON_Delete(doc);
  return 0;
}

/* Plays the scenario into a database that stays. */
static int keep(const char *kept, const char *path) {
  cJSON *doc = scenario_read(path);
  scenario_run r;

  memset(&r, 0, sizeof r);
  r.doc = doc;
  r.out = stdout;
  snprintf(database, sizeof database, "%s", kept);
  open_way(&ways[3], &r.b);
  scenario_play(&r);
  billing_close(r.b);
  cJSON_Delete(doc);
  return 0;
}

static void compare_scenarios(char **paths, size_t count) {
  for (size_t i = 0; i < count; i++) compare_all(paths[i], "");
  if (go_abroad()) {
    for (size_t i = 0; i < count; i++)
      compare_all(paths[i], ", in Kathmandu in German");
  } else {
    skipped++;
    printf("SKIPPED golden-locale: there is no German locale here\n");
  }
}

static void remove_folder(void) {
  char command[128];

  snprintf(command, sizeof command, "rm -rf %s", folder);
  if (system(command)) perror(folder);
}

int main(int argc, char **argv) {
  glob_t found;

  if (argc == 3 && !strcmp(argv[1], "--show")) return show(argv[2]);
  if (argc == 4 && !strcmp(argv[1], "--keep")) return keep(argv[2], argv[3]);
  memset(&found, 0, sizeof found);
  snprintf(folder, sizeof folder, "%s/billing-golden-XXXXXX",
           access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm");
  if (!mkdtemp(folder)) return 2;
  snprintf(database, sizeof database, "%s/billing.db", folder);
  if (argc > 1) {
    compare_scenarios(argv + 1, (size_t)argc - 1);
  } else {
    glob("tests/golden/[0-9]*.json", 0, NULL, &found);
    compare_scenarios(found.gl_pathv, found.gl_pathc);
    globfree(&found);
  }
  remove_folder();
  printf("%d passed, %d failed, %d skipped\n", passed, failed, skipped);
  fflush(stdout);
  return failed != 0 || passed == 0;
}
