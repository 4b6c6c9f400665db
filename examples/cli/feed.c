/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* feed.c - record: many events, a JSON object a line. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "../parts/load.h"
#include "../parts/progress.h"
#include "event.h"

typedef struct feed {          /* a load with its options and its bar */
  cli        *c;
  load        load;
  progress    progress;
  const char *batch;
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
    load_print(l, "line", f->shows_receipts ? stderr : stdout);
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
  feed f = {.c = c};
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
