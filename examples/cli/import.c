/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * import.c - a stream of events from a file or standard input.  Its memory is
 * one window of the stream, whatever the size; with --stream NAME a run that
 * was killed is gone on with by the next one.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "../parts/moment.h"
#include "../parts/progress.h"
#include "../parts/slice.h"
#include "event.h"
#include "import_form.h"

#define WINDOW ((size_t)4 << 20)
#define SHOWN 20                /* refusals that are told */

typedef struct import {
  cli           *c;
  const char    *path;
  const char    *name;          /* of the stream, or NULL */
  FILE          *in;
  FILE          *errors;        /* of refusals, a JSON object a line */
  FILE          *rejected;      /* the lines themselves */
  char          *window;
  size_t         held;          /* bytes in it */
  int            is_end;        /* nothing follows them */
  int64_t        batch;         /* lines in one call; 0: as many as fit */
  uint32_t       flags;
  buffer         form;          /* without its closing brace */
  buffer         header;        /* the columns, as JSON */
  buffer         text;          /* of one call's form */
  billing_stream at;
  uint64_t       began;         /* lines that an earlier run has read */
  uint64_t       shown;
  progress       progress;
} import;

/* ---- the window ---- */

static int fill_window(import *m) {
  m->held += fread(m->window + m->held, 1, WINDOW - m->held, m->in);
  if (ferror(m->in)) return cli_usage(m->c, strerror(errno), m->path);
  m->is_end = feof(m->in) != 0;
  return CLI_OK;
}

static void drop_front(import *m, size_t count) {
  memmove(m->window, m->window + count, m->held - count);
  m->held -= count;
}

/* Passes over what was read by an earlier run, to its last byte, which must be
 * there: by seeking, or else by reading it. */
static int skip_read(import *m) {
  uint64_t left = m->at.bytes;

  if (left > m->held && !fseeko(m->in, (off_t)left - 1, SEEK_SET)) {
    left = 1;
    m->held = 0;
    if (fill_window(m)) return CLI_REFUSED;
  }
  while (left) {
    size_t some = left < m->held ? (size_t)left : m->held;
    if (!some)
      return cli_usage(m->c, "it is shorter than what was read of it",
                       m->path);
    drop_front(m, some);
    left -= some;
    if (fill_window(m)) return CLI_REFUSED;
  }
  return CLI_OK;
}

/* How much of the window one call gets: `batch` lines of it, or all. */
static size_t piece_of(const import *m, int is_stuck) {
  const char *at = m->window, *end = m->window + m->held;

  if (!m->batch || is_stuck) return m->held;
  for (int64_t lines = 0; lines < m->batch && at < end; lines++) {
    const char *line = memchr(at, '\n', (size_t)(end - at));
    at = line ? line + 1 : end;
  }
  return (size_t)(at - m->window);
}

/* ---- refusals ---- */

static void tell_refusal(import *m, billing_str row) {
  buffer words = {0};

  if (m->shown++ >= SHOWN) return;
  buffer_c(&words, "line ");
  slice_plain(slice_get(row, "line"), &words);
  if (slice_get(row, "column").len) {
    buffer_c(&words, ", column ");
    slice_plain(slice_get(row, "column"), &words);
  }
  if (slice_get(row, "field").len) {
    buffer_c(&words, " (");
    slice_plain(slice_get(row, "field"), &words);
    buffer_c(&words, ")");
  }
  buffer_c(&words, ": ");
  slice_plain(slice_get(row, "code"), &words);
  buffer_c(&words, ": ");
  slice_plain(slice_get(row, "message"), &words);
  if (slice_get(row, "hint").len) {
    buffer_c(&words, " (hint: ");
    slice_plain(slice_get(row, "hint"), &words);
    buffer_c(&words, ")");
  }
  progress_close(&m->progress);
  fprintf(stderr, "%s\n", words.text ? words.text : "");
  buffer_free(&words);
}

static uint64_t number_of(billing_str row, const char *name) {
  return strtoull(slice_get(row, name).text, NULL, 10);
}

/* The line as it stands in the window, whose first byte is at `base`. */
static void keep_line(import *m, billing_str row, uint64_t base) {
  const char *line = m->window + (number_of(row, "offset") - base);
  size_t len = (size_t)number_of(row, "length");
  buffer object = {0};

  if (m->rejected) fwrite(line, 1, len, m->rejected);
  if (m->rejected && len && line[len - 1] != '\n') fputc('\n', m->rejected);
  if (!m->errors) return;
  buffer_add(&object, row.text, row.len - 1);
  while (len && (line[len - 1] == '\n' || line[len - 1] == '\r')) len--;
  buffer_c(&object, ",\"text\":");
  buffer_quoted(&object, line, len);
  fprintf(m->errors, "%s}\n", object.text ? object.text : "{");
  buffer_free(&object);
}

static void take_answer(import *m, const billing_doc *doc, uint64_t base) {
  billing_str header = slice_get(slice_of(doc), "header");
  slices rows;

  if (header.len > 2 && !m->header.len)
    buffer_add(&m->header, header.text, header.len);
  slices_open(&rows, slice_get(slice_of(doc), "refused"));
  while (slices_next(&rows)) {
    tell_refusal(m, rows.value);
    keep_line(m, rows.value, base);
  }
}

/* ---- calls ---- */

static billing_str form_of(import *m) {
  buffer_empty(&m->text);
  buffer_add(&m->text, m->form.text, m->form.len);
  if (m->header.len && !strstr(m->form.text, "\"header\"")) {
    if (m->form.text[m->form.len - 1] != '{') buffer_c(&m->text, ",");
    buffer_c(&m->text, "\"header\":");
    buffer_add(&m->text, m->header.text, m->header.len);
  }
  buffer_c(&m->text, "}");
  return (billing_str){m->text.text, m->text.len};
}

/* One call; *took is what it read of the window's first `len` bytes. */
static int give_piece(import *m, size_t len, size_t *took) {
  uint64_t base = m->at.bytes;
  billing_str form = form_of(m);
  billing_doc *doc = NULL;
  cli *c = m->c;
  int rc;

  m->at.flags &= ~BILLING_STREAM_END;
  if (m->is_end && len == m->held) m->at.flags |= BILLING_STREAM_END;
  do {
    cli_call(c, m->name, m->flags);
    rc = billing_ingest(c->b, &c->call, form.text, form.len, m->window, len,
                        &m->at, &doc, &c->err);
  } while (cli_again(c, rc));
  if (rc) {
    progress_close(&m->progress);
    if (c->err.item > 0) fprintf(stderr, "line %" PRIi64 ": ", c->err.item);
    return cli_fail(c, rc);
  }
  *took = (size_t)(m->at.bytes - base);
  take_answer(m, doc, base);
  billing_doc_free(doc);
  return CLI_OK;
}

/* To the end of the stream. */
static int run_stream(import *m) {
  size_t took = 0;
  int is_stuck = 0, rc = skip_read(m);

  while (!rc && m->held) {
    size_t len = piece_of(m, is_stuck);
    rc = give_piece(m, len, &took);
    if (rc) return rc;
    drop_front(m, took);
    if (!took && len == m->held && (m->is_end || m->held == WINDOW))
      return cli_usage(m->c, "the stream ends within a row", m->path);
    is_stuck = !took;
    rc = fill_window(m);
    progress_show(&m->progress, m->at.bytes, m->at.events);
  }
  return rc;
}

/* Where an earlier run has left the stream. */
static int find_start(import *m) {
  size_t took;
  int is_end = m->is_end, rc;

  if (!m->name) return CLI_OK;
  m->is_end = 0;
  rc = give_piece(m, 0, &took);
  m->is_end = is_end;
  m->began = m->at.lines;
  return rc;
}

/* All of it is looked at before any of it is recorded. */
static int rehearse(import *m) {
  billing_stream start = m->at;
  uint32_t flags = m->flags;
  int rc;

  m->flags = (flags & ~BILLING_CALL_ALL_OR_NOTHING) | BILLING_CALL_DRY_RUN;
  rc = run_stream(m);
  m->flags = flags;
  if (!rc && (m->at.refused > start.refused ||
              m->at.conflicts > start.conflicts)) {
    progress_close(&m->progress);
    fprintf(stderr, "billing: nothing was recorded\n");
    return CLI_REFUSED;
  }
  m->at = start;
  m->held = 0;
  buffer_empty(&m->header);
  if (!rc && fseeko(m->in, 0, SEEK_SET))
    rc = cli_usage(m->c, "--all-or-nothing needs a file", m->path);
  return rc ? rc : fill_window(m);
}

/* ---- the end ---- */

static void print_counts(const import *m) {
  const billing_stream *s = &m->at;

  if (m->began)
    printf("%" PRIu64 " lines were read before\n", m->began);
  printf("%" PRIu64 " new, %" PRIu64 " same, %" PRIu64 " refused\n",
         s->recorded, s->same, s->refused + s->conflicts);
  if (s->late) printf("%" PRIu64 " late\n", s->late);
  if (s->unmatched)
    printf("%" PRIu64 " matched no meter and cost nothing\n", s->unmatched);
  if (s->unpriced)
    printf("%" PRIu64 " are priced by no contract\n", s->unpriced);
  if (s->unentitled)
    printf("%" PRIu64 " came when no contract was there\n", s->unentitled);
  if (s->parked)
    printf("%" PRIu64 " wait for a customer that nobody knows yet\n",
           s->parked);
}

static int show_counts(import *m) {
  const billing_stream *s = &m->at;
  buffer json = {0};

  if (m->shown > SHOWN)
    fprintf(stderr, "and %" PRIu64 " more refused\n", m->shown - SHOWN);
  if (!m->c->is_json) {
    print_counts(m);
    return CLI_OK;
  }
  json_open(&json);
  json_u64(&json, "bytes", s->bytes);
  json_u64(&json, "conflicts", s->conflicts);
  json_u64(&json, "events", s->events);
  json_u64(&json, "late", s->late);
  json_u64(&json, "lines", s->lines);
  json_u64(&json, "new", s->recorded);
  json_u64(&json, "parked", s->parked);
  json_u64(&json, "read_before", m->began);
  json_u64(&json, "refused", s->refused);
  json_u64(&json, "rows", s->rows);
  json_u64(&json, "same", s->same);
  json_u64(&json, "unentitled", s->unentitled);
  json_u64(&json, "unmatched", s->unmatched);
  json_u64(&json, "unpriced", s->unpriced);
  json_close(&json);
  return cli_show_buffer(m->c, &json, NULL);
}

static int open_file(cli *c, const char *path, const char *mode, FILE **out) {
  if (!path) return CLI_OK;
  *out = fopen(path, mode);
  return *out ? CLI_OK : cli_usage(c, strerror(errno), path);
}

/* The stream and where to begin; the bar knows the size of a file. */
static int open_import(import *m, const import_options *o) {
  struct stat file;
  int is_file, rc = CLI_OK;

  BILLING_INIT(&m->at);
  m->in = stdin;
  m->window = malloc(WINDOW);
  if (!m->window) return cli_usage(m->c, "there is no memory", m->path);
  if (strcmp(m->path, "-")) rc = open_file(m->c, m->path, "rb", &m->in);
  if (!rc) rc = fill_window(m);
  if (!rc && !m->held) return cli_usage(m->c, "the file is empty", m->path);
  if (!rc)
    rc = import_form(m->c, o, m->path, m->window[0], &m->form);
  if (rc) return rc;
  is_file = !fstat(fileno(m->in), &file) && S_ISREG(file.st_mode);
  progress_open(&m->progress, "import",
                is_file ? (uint64_t)file.st_size : 0);
  return find_start(m);
}

static void close_import(import *m) {
  if (m->in && m->in != stdin) fclose(m->in);
  if (m->errors) fclose(m->errors);
  if (m->rejected) fclose(m->rejected);
  buffer_free(&m->form);
  buffer_free(&m->header);
  buffer_free(&m->text);
  free(m->window);
}

static int run_import(import *m, const import_options *o) {
  uint64_t before, after;
  int rc = open_import(m, o);

  before = m->at.refused + m->at.conflicts;
  if (!rc && m->flags & BILLING_CALL_ALL_OR_NOTHING) rc = rehearse(m);
  if (!rc) rc = run_stream(m);
  progress_close(&m->progress);
  if (rc) return rc;
  after = m->at.refused + m->at.conflicts;
  rc = show_counts(m);
  return rc || after == before ? rc : CLI_REFUSED;
}

int cli_import(cli *c) {
  import_options o = {.form = NULL};
  import m = {.c = c};
  const char *words[1], *batch = NULL, *errors = NULL, *rejected = NULL;
  int is_strict = 0, is_whole = 0;
  const cli_option options[] = {
      {"--map", NULL, NULL, &o.maps}, {"--set", NULL, NULL, &o.sets},
      {"--event", NULL, NULL, &o.events},
      {"--key-prefix", &o.key_prefix, NULL, NULL},
      {"--separator", &o.separator, NULL, NULL},
      {"--format", &o.format, NULL, NULL}, {"--form", &o.form, NULL, NULL},
      {"--stream", &m.name, NULL, NULL}, {"--batch", &batch, NULL, NULL},
      {"--errors", &errors, NULL, NULL},
      {"--rejected", &rejected, NULL, NULL},
      {"--strict", NULL, &is_strict, NULL},
      {"--all-or-nothing", NULL, &is_whole, NULL}, {NULL, NULL, NULL, NULL}};
  int rc = cli_start(c, options, words, 1, 1, CLI_WRITE);

  if (!rc) rc = cli_whole(c, "--batch", batch, 1, 10000, &m.batch);
  if (!rc) rc = open_file(c, errors, "wb", &m.errors);
  if (!rc) rc = open_file(c, rejected, "wb", &m.rejected);
  if (rc) return rc;
  m.path = words[0];
  if (is_strict) m.flags |= BILLING_CALL_STRICT;
  if (is_whole) m.flags |= BILLING_CALL_ALL_OR_NOTHING;
  rc = run_import(&m, &o);
  close_import(&m);
  return rc;
}

#undef WINDOW
#undef SHOWN
