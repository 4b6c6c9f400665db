/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * ingest_cut.c - a piece of a stream, cut into lines.
 *
 *     {"key":"k1", ..}\n\n{"key":"k2", ..}\n{"key"
 *
 *     two events of lines 1 and 3; the rest waits for more
 *
 * A line of more than BL_LIMIT_LINE_BYTES is refused and passed over.  A row
 * whose end does not come within as many bytes (a quote that nobody closes)
 * is refused with its first line, and reading goes on behind that.
 */
#include "engine/ingest.h"

static bl_str cut_rest(const bl_ingest *in) {
  return (bl_str){in->bytes.text + in->used, in->bytes.len - in->used};
}

static uint64_t count_line_ends(const char *text, size_t len) {
  uint64_t count = 0;

  for (const char *end = text + len; text < end; count++) {
    text = memchr(text, '\n', (size_t)(end - text));
    if (!text) break;
    text++;
  }
  return count;
}

static void pass_over(bl_ingest *in, size_t len) {
  in->at.lines += count_line_ends(in->bytes.text + in->used, len);
  in->at.bytes += len;
  in->used += len;
}

/* The length of the first line with its end; 0: it is not among the bytes. */
static size_t line_length(bl_str text) {
  const char *end = text.len ? memchr(text.text, '\n', text.len) : NULL;

  return end ? (size_t)(end - text.text) + 1 : 0;
}

/* ---- events of the batch ---- */

/* The place of an event; its words are for when it is refused. */
static void put_place(bl_ingest *in, size_t len, size_t event) {
  bl_ingest_place *place = &in->places[in->count];

  *place = (bl_ingest_place){in->used, len, in->at.lines + 1, event};
  in->taken[in->count] = &in->events[in->count];
  in->codes[in->count] = BILLING_OK;
}

/* What was said in `own` is why the event is none; the first of them is the
 * call's for now. */
static int put_refusal(bl_ingest *in, const billing_error *own) {
  bl_call *c = in->c;
  billing_error *words = bl_arena_copy(&c->arena, own, sizeof *own);

  if (!words) return BILLING_NOMEM;
  in->codes[in->count] = own->code;
  in->words[in->count] = words;
  if (c->err && !c->err->code) *c->err = *own;
  return BILLING_OK;
}

/* Reads one event by `read`, with words of its own. */
static int put_event(bl_ingest *in, size_t len, size_t event,
                     int (*read)(bl_ingest *in, size_t len, size_t event)) {
  billing_error own, *err = in->c->err;
  int rc;

  own.struct_size = sizeof own;
  bl_error_start(&own);
  put_place(in, len, event);
  in->c->err = &own;
  rc = read(in, len, event);
  in->c->err = err;
  if (rc == BILLING_NOMEM) return rc;
  if (rc) bl_fail_code(&own, rc);
  rc = rc ? put_refusal(in, &own) : BILLING_OK;
  in->count++;
  return rc;
}

static int read_too_long(bl_ingest *in, size_t len, size_t event) {
  (void)len;
  (void)event;
  return bl_fail(in->c->err, BILLING_LIMIT, "", "at most 1 MiB in a line",
                 "the line is too long");
}

static int refuse_long(bl_ingest *in, size_t len) {
  size_t whole = len ? len : cut_rest(in).len;
  int rc;

  in->at.rows++;
  rc = put_event(in, whole, 0, read_too_long);
  if (!len) in->at.flags |= BILLING_STREAM_INSIDE;
  pass_over(in, whole);
  return rc;
}

/* ---- a JSON object a line ---- */

static bl_str cut_trimmed(const char *text, size_t len) {
  while (len && (text[len - 1] == '\n' || text[len - 1] == '\r' ||
                 text[len - 1] == ' '))
    len--;
  return (bl_str){text, len};
}

static int cut_read_json(bl_ingest *in, size_t len, size_t event) {
  bl_str line = cut_trimmed(in->bytes.text + in->used, len);

  (void)event;
  return bl_event_of_line(in->c, line, &in->members, &in->events[in->count]);
}

static int cut_line(bl_ingest *in) {
  bl_str rest = cut_rest(in);
  size_t len = line_length(rest);
  int rc = BILLING_OK;

  if (!len && rest.len <= BL_LIMIT_LINE_BYTES) {
    if (!in->is_last) return BILLING_DONE;
    len = rest.len;
  }
  if (!len || len > BL_LIMIT_LINE_BYTES) return refuse_long(in, len);
  if (cut_trimmed(rest.text, len).len) {
    in->at.rows++;
    rc = put_event(in, len, 0, cut_read_json);
  }
  pass_over(in, len);
  return rc;
}

/* ---- CSV ---- */

/* The row at the front; DONE when the rest has to come. */
static int cut_next_row(bl_ingest *in) {
  bl_str rest = cut_rest(in);
  int is_last = in->is_last && rest.len <= BL_LIMIT_LINE_BYTES;
  int rc;

  if (rest.len > BL_LIMIT_LINE_BYTES) rest.len = BL_LIMIT_LINE_BYTES;
  rc = bl_csv_row(&in->csv, rest, is_last);
  if (rc != BILLING_DONE || rest.len < BL_LIMIT_LINE_BYTES) return rc;
  in->csv.problem = NULL;                    /* too long, or never closed */
  return BILLING_INVALID;
}

static int cut_read_row(bl_ingest *in, size_t len, size_t event) {
  bl_str row = {in->bytes.text + in->used, len};

  if (!bl_utf8_is_valid(row.text, row.len))
    return bl_fail(in->c->err, BILLING_INVALID, "", "save the file as UTF-8",
                   "the row is not UTF-8");
  return bl_ingest_row(in, in->at.rows, event, &in->events[in->count]);
}

static int read_broken(bl_ingest *in, size_t len, size_t event) {
  (void)len;
  (void)event;
  return bl_fail(in->c->err, BILLING_INVALID, "",
                 "quotes around the whole field, each quote in it twice",
                 "%s", in->csv.problem);
}

static int cut_fields(bl_ingest *in) {
  size_t fan = bl_form_fan(&in->form);
  int rc = BILLING_OK;

  if (!in->csv.count) return BILLING_OK;
  in->at.rows++;
  for (size_t i = 0; i < fan && !rc; i++)
    rc = put_event(in, in->csv.used, i, cut_read_row);
  return rc;
}

static int cut_row(bl_ingest *in) {
  int rc = cut_next_row(in);

  if (rc == BILLING_DONE || rc == BILLING_NOMEM) return rc;
  if (rc && !in->csv.problem) {
    size_t len = line_length(cut_rest(in));
    return refuse_long(in, len <= BL_LIMIT_LINE_BYTES ? len : 0);
  }
  if (rc) {
    in->at.rows++;
    rc = put_event(in, in->csv.used, 0, read_broken);
  } else {
    rc = cut_fields(in);
  }
  pass_over(in, in->csv.used);
  return rc;
}

/* ---- the piece ---- */

/* The rest of a line that was refused already. */
static int pass_inside(bl_ingest *in) {
  bl_str rest = cut_rest(in);
  size_t len = line_length(rest);

  if (!(in->at.flags & BILLING_STREAM_INSIDE)) return BILLING_OK;
  pass_over(in, len ? len : rest.len);
  if (!len && !in->is_last) return BILLING_DONE;
  in->at.flags &= ~BILLING_STREAM_INSIDE;
  return BILLING_OK;
}

/* A byte order mark in front; DONE when it is not known yet. */
static int pass_mark(bl_ingest *in) {
  static const char mark[] = "\xEF\xBB\xBF";
  size_t len = in->bytes.len < 3 ? in->bytes.len : 3;

  if (in->at.bytes || memcmp(in->bytes.text, mark, len) != 0)
    return BILLING_OK;
  if (len == 3) pass_over(in, 3);
  return len == 3 || in->is_last ? BILLING_OK : BILLING_DONE;
}

/* A row has at least a line. */
static int cut_make_room(bl_ingest *in) {
  bl_arena *a = &in->c->arena;
  uint64_t rows = count_line_ends(in->bytes.text, in->bytes.len) + 1;
  size_t most = BL_LIMIT_BATCH + 1;

  if (rows < most / bl_form_fan(&in->form))
    most = (size_t)rows * bl_form_fan(&in->form) + 1;
  bl_csv_open(&in->csv, a);
  in->csv.separator = in->form.separator;
  in->csv.quote = in->form.quote;
  bl_members_open(&in->members, a);
  in->events = bl_arena_array(a, most, sizeof *in->events);
  in->taken = bl_arena_array(a, most, sizeof *in->taken);
  in->codes = bl_arena_array(a, most, sizeof *in->codes);
  in->words = bl_arena_array(a, most, sizeof *in->words);
  in->places = bl_arena_array(a, most, sizeof *in->places);
  return a->failed ? BILLING_NOMEM : BILLING_OK;
}

static int cut_has_room(const bl_ingest *in) {
  return in->used < in->bytes.len && in->used < BL_INGEST_BYTES &&
         in->count + bl_form_fan(&in->form) <= BL_LIMIT_BATCH;
}

int bl_ingest_cut(bl_ingest *in) {
  int is_csv = in->form.format == BL_FORM_CSV;
  int rc = cut_make_room(in);

  if (!rc) rc = pass_mark(in);
  if (!rc && is_csv) rc = bl_ingest_header(in);
  if (!rc) rc = pass_inside(in);
  while (!rc && cut_has_room(in)) rc = is_csv ? cut_row(in) : cut_line(in);
  return rc == BILLING_DONE ? BILLING_OK : rc;
}

/* ---- the header ---- */

static int broken_header(bl_ingest *in) {
  const char *problem = in->csv.problem;

  return bl_fail(in->c->err, BILLING_INVALID, "/header",
                 "a first row with the names of the columns, or \"header\"",
                 "%s", problem ? problem : "the header row is too long");
}

/* Names of columns are copied: the piece is gone when the next one comes. */
static int cut_take_header(bl_ingest *in) {
  bl_arena *a = &in->c->arena;
  bl_form *form = &in->form;
  bl_str row = {in->bytes.text + in->used, in->csv.used};

  if (!bl_utf8_is_valid(row.text, row.len))
    return bl_fail(in->c->err, BILLING_INVALID, "/header",
                   "save the file as UTF-8", "the header is not UTF-8");
  form->header = bl_arena_array(a, in->csv.count + 1, sizeof *form->header);
  if (!form->header) return BILLING_NOMEM;
  for (size_t i = 0; i < in->csv.count; i++)
    form->header[i] = bl_arena_str(a, in->csv.field[i].text);
  form->header_count = in->csv.count;
  pass_over(in, in->csv.used);
  return a->failed ? BILLING_NOMEM : BILLING_OK;
}

/* Of a stream that is known the header is, too. */
static int cut_read_header(bl_ingest *in) {
  int rc = BILLING_OK;

  if (in->at.rows || in->at.events)
    return bl_fail(in->c->err, BILLING_INVALID, "/header",
                   "the \"header\" that the first answer had",
                   "the piece is not the first, and nobody says which "
                   "columns it has");
  do {
    if (in->used == in->bytes.len) return BILLING_DONE;
    rc = cut_next_row(in);
    if (rc == BILLING_INVALID) return broken_header(in);
    if (!rc && !in->csv.count) pass_over(in, in->csv.used);
  } while (!rc && !in->csv.count);
  return rc ? rc : cut_take_header(in);
}

int bl_ingest_header(bl_ingest *in) {
  bl_form *form = &in->form;
  int rc = form->header_count ? BILLING_OK : cut_read_header(in);

  return rc ? rc : bl_form_bind(form, form->header, form->header_count,
                                &in->c->arena, in->c->err);
}
