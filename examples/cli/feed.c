/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* feed.c - record and import: many events. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "../parts/form.h"
#include "../parts/load.h"
#include "../parts/progress.h"
#include "event.h"

typedef struct feed {          /* a load with its options and its bar */
  cli        *c;
  load        load;
  progress    progress;
  const char *batch;
  const char *place;           /* "row" or "line" */
  int         is_strict;
  int         shows_receipts;
} feed;

static void print_receipts(void *user, const load *l, size_t count) {
  const feed *f = user;
  buffer json = {0};

  if (!f->shows_receipts) return;
  for (size_t i = 0; i < count; i++) {
    buffer_empty(&json);
    cli_receipt_json(&l->receipts[i], &json);
    puts(json.text);
  }
  buffer_free(&json);
}

static int open_feed(feed *f, FILE *in) {
  cli *c = f->c;
  int64_t batch = LOAD_BATCH;
  struct stat file;
  int rc = cli_whole(c, "--batch", f->batch, 1, LOAD_BATCH, &batch);

  if (rc) return rc;
  cli_call(c, NULL, f->is_strict ? BILLING_CALL_STRICT : 0);
  if (load_open(&f->load, c->b, c->call.tenant.text))
    return cli_fail(c, BILLING_NOMEM);
  f->load.call.flags = c->call.flags;
  f->load.now_us = c->now_us;
  f->load.batch = (size_t)batch;
  f->load.told = print_receipts;
  f->load.user = f;
  progress_open(&f->progress, c->command->name,
                !fstat(fileno(in), &file) && S_ISREG(file.st_mode)
                    ? (uint64_t)file.st_size : 0);
  return CLI_OK;
}

/* The end of a load: its figures, or why it stopped. */
static int close_feed(feed *f, int rc) {
  cli *c = f->c;
  load *l = &f->load;
  buffer json = {0};
  int status = l->refused ? CLI_REFUSED : CLI_OK;

  progress_close(&f->progress);
  if (rc) c->err = l->err;
  if (rc) status = cli_fail(c, rc);
  if (c->is_json && !f->shows_receipts) {
    json_open(&json);
    json_u64(&json, "events", l->events);
    json_u64(&json, "new", l->fresh);
    json_u64(&json, "refused", l->refused);
    json_u64(&json, "same", l->same);
    json_u64(&json, "unmatched", l->unmatched);
    json_u64(&json, "unpriced", l->unpriced);
    json_close(&json);
    cli_show_buffer(c, &json, NULL);
  } else {
    load_print(l, f->place, f->shows_receipts ? stderr : stdout);
  }
  load_close(l);
  return status;
}

static FILE *open_input(cli *c, const char *path) {
  FILE *in = strcmp(path, "-") ? fopen(path, "rb") : stdin;

  if (!in) cli_usage(c, strerror(errno), path);
  return in;
}

static int record_lines(feed *f, FILE *in) {
  char *line = NULL;
  size_t room = 0;
  uint64_t number = 0, bytes = 0;
  ssize_t len;
  int rc = BILLING_OK;

  while (!rc && (len = getline(&line, &room, in)) > 0) {
    number++;
    bytes += (uint64_t)len;
    if (strspn(line, " \r\n") == (size_t)len) continue;
    buffer_add(&f->load.lines, line, (size_t)len);
    if (line[len - 1] != '\n') buffer_c(&f->load.lines, "\n");
    rc = load_line(&f->load, number);
    progress_show(&f->progress, bytes, f->load.events);
  }
  free(line);
  return rc ? rc : load_flush(&f->load);
}

int cli_record(cli *c) {
  feed f = {.c = c, .place = "line"};
  const cli_option options[] = {{"--batch", &f.batch, NULL, NULL},
                                {"--strict", NULL, &f.is_strict, NULL},
                                {"--receipts", NULL, &f.shows_receipts, NULL},
                                {NULL, NULL, NULL, NULL}};
  const char *words[1] = {"-"};
  FILE *in;
  int rc = cli_start(c, options, words, 0, 1, CLI_WRITE);

  if (rc) return rc;
  in = open_input(c, words[0]);
  if (!in) return CLI_REFUSED;
  rc = open_feed(&f, in);
  if (!rc) rc = close_feed(&f, record_lines(&f, in));
  if (in != stdin) fclose(in);
  return rc;
}

static int import_row(feed *f, mapping *m, const csv *row) {
  int events = mapping_events(m), rc = BILLING_OK;

  for (int i = 0; i < events && !rc; i++) {
    mapping_line(m, row, i, &f->load.lines);
    rc = load_line(&f->load, row->row);
  }
  progress_show(&f->progress, row->bytes, f->load.events);
  return rc;
}

/* Rows to events; a row that cannot be read ends it, with what came before
 * recorded. */
static int import_rows(feed *f, mapping *m, csv *rows) {
  int rc = BILLING_OK, got = 0;

  while (!rc && (got = csv_next(rows)) > 0) rc = import_row(f, m, rows);
  if (!rc) rc = load_flush(&f->load);
  if (!rc && got < 0) {
    progress_close(&f->progress);
    snprintf(f->load.err.message, sizeof f->load.err.message,
             "row %" PRIu64 ": %s", rows->row, rows->problem);
    rc = BILLING_INVALID;
  }
  return rc;
}

static int refuse_mapping(const mapping *m) {
  fprintf(stderr, "billing: %s: %.*s\n", m->problem, m->problem_len,
          m->problem_at);
  return CLI_REFUSED;
}

static int read_mapping(mapping *m, const cli_list *maps,
                        const cli_list *sets, const cli_list *events) {
  int good = 1;

  for (size_t i = 0; i < maps->count && good; i++)
    good = mapping_map(m, maps->item[i]);
  for (size_t i = 0; i < sets->count && good; i++)
    good = mapping_set(m, sets->item[i]);
  for (size_t i = 0; i < events->count && good; i++)
    good = mapping_event(m, events->item[i]);
  return good ? CLI_OK : refuse_mapping(m);
}

static int import_file(feed *f, mapping *m, FILE *in) {
  csv rows;
  int rc = CLI_OK;

  if (!csv_open(&rows, in)) rc = cli_usage(f->c, "no CSV", rows.problem);
  if (!rc && !mapping_bind(m, &rows)) rc = refuse_mapping(m);
  if (!rc) rc = open_feed(f, in);
  if (!rc) rc = close_feed(f, import_rows(f, m, &rows));
  csv_close(&rows);
  return rc;
}

int cli_import(cli *c) {
  cli_list maps = {.count = 0}, sets = {.count = 0}, events = {.count = 0};
  mapping *m = calloc(1, sizeof *m);
  const char *prefix = NULL, *words[1];
  feed f = {.c = c, .place = "row"};
  const cli_option options[] = {{"--map", NULL, NULL, &maps},
                                {"--set", NULL, NULL, &sets},
                                {"--event", NULL, NULL, &events},
                                {"--key-prefix", &prefix, NULL, NULL},
                                {"--batch", &f.batch, NULL, NULL},
                                {"--strict", NULL, &f.is_strict, NULL},
                                {NULL, NULL, NULL, NULL}};
  FILE *in = NULL;
  int rc = m ? CLI_OK : CLI_REFUSED;

  if (!rc) rc = cli_start(c, options, words, 1, 1, CLI_WRITE);
  if (!rc) rc = read_mapping(m, &maps, &sets, &events);
  if (!rc) in = open_input(c, words[0]);
  if (!rc && !in) rc = CLI_REFUSED;
  if (!rc) m->prefix = prefix;
  if (!rc) rc = import_file(&f, m, in);
  if (in && in != stdin) fclose(in);
  if (m) mapping_close(m);
  free(m);
  return rc;
}
