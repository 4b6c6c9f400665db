/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * ingest.c - a stream of events, piece by piece.
 *
 * A call reads whole lines of a piece, records them as one batch, and says
 * where the stream stands.  Of a stream with a name that is an entry beside
 * the batch's, in one commit: what was recorded and what counts as read are
 * never two things.
 */
#include "base/struct.h"
#include "engine/ingest.h"

#define INGEST_FLAGS                                                      \
  (BILLING_CALL_STEP | BILLING_CALL_STRICT | BILLING_CALL_ALL_OR_NOTHING | \
   BILLING_CALL_DRY_RUN)
#define INGEST_STREAM_FLAGS (BILLING_STREAM_END | BILLING_STREAM_INSIDE)

/* ---- where it stands ---- */

static int read_form(bl_ingest *in, const char *form, size_t len) {
  bl_json *doc;
  int rc = bl_query_read(in->c, form, len, &doc);

  if (!rc) rc = bl_form_read(doc, &in->c->arena, &in->form, in->c->err);
  bl_json_free(doc);
  return rc;
}

static int take_stream(bl_ingest *in, const billing_stream *stream) {
  int rc = bl_copy_in(&in->at, sizeof in->at, stream, sizeof in->at,
                      INGEST_STREAM_FLAGS);

  if (rc)
    return bl_fail(in->c->err, rc, "", "set it up with BILLING_INIT",
                   "the billing_stream cannot be used");
  in->is_last = (in->at.flags & BILLING_STREAM_END) != 0;
  if (in->name.len && !bl_catalog_id_is_valid(in->name))
    return bl_fail(in->c->err, BILLING_INVALID, "", "1 to 200 bytes of UTF-8",
                   "the stream's name is not valid");
  return BILLING_OK;
}

static int stands_behind(bl_ingest *in, uint64_t stored) {
  int64_t is = (int64_t)stored, meant = (int64_t)in->at.bytes;

  return bl_fail(in->c->err, BILLING_CONFLICT, "",
                 "begin with an empty billing_stream",
                 "stream %t stands at byte %i, not at %i", &in->name, is,
                 meant);
}

/* What is known of the stream counts, not what the caller has.  *is_moved: it
 * stands further, so the piece is not the next one. */
static int find_place(bl_ingest *in, int *is_moved) {
  uint64_t meant = in->at.bytes;
  bl_stream_row row;
  int rc;

  *is_moved = 0;
  if (!in->name.len) return BILLING_OK;
  rc = bl_stream_find(in->c, in->name, &row);
  if (rc) return rc;
  if (!in->form.has_header) {
    in->form.header = row.header;
    in->form.header_count = row.header_count;
  }
  if (row.at.bytes < meant)              /* a dry run leaves no trace */
    return bl_call_reads(in->c) ? rc : stands_behind(in, row.at.bytes);
  if (!row.is_there) return BILLING_OK;
  row.at.flags |= in->at.flags & BILLING_STREAM_END;
  in->at = row.at;
  *is_moved = row.at.bytes > meant;
  return BILLING_OK;
}

/* ---- the batch ---- */

static void count_flags(billing_stream *at, uint32_t flags) {
  at->late += (flags & BILLING_RECEIPT_LATE) != 0;
  at->unmatched += (flags & BILLING_RECEIPT_UNMATCHED) != 0;
  at->unpriced += (flags & BILLING_RECEIPT_UNPRICED) != 0;
  at->unentitled += (flags & BILLING_RECEIPT_UNENTITLED) != 0;
  at->parked += (flags & BILLING_RECEIPT_PARKED) != 0;
}

static void count_receipts(bl_ingest *in, const billing_receipt *receipts) {
  billing_stream *at = &in->at;

  for (size_t i = 0; i < in->count; i++) {
    at->events++;
    switch (receipts[i].status) {
    case BILLING_STATUS_NEW:
      at->recorded++;
      count_flags(at, receipts[i].flags);
      break;
    case BILLING_STATUS_SAME: at->same++; break;
    case BILLING_STATUS_CONFLICT: at->conflicts++; break;
    default: at->refused++;
    }
  }
}

/* The error is about a line, not about a place in the batch. */
static void name_line(const bl_ingest *in, const bl_recording *r) {
  billing_error *err = in->c->err;

  if (err && err->code && r->first_refused < in->count)
    err->item = (int64_t)in->places[r->first_refused].line;
}

static int record_lines(bl_ingest *in, bl_recording *r) {
  int rc;

  r->words = in->words;
  rc = bl_record_batch(in->c, in->taken, in->codes, in->count, NULL, r);
  if (in->kept.failed || in->c->arena.failed) rc = BILLING_NOMEM;
  name_line(in, r);
  if (!rc) count_receipts(in, r->receipts);
  return rc;
}

static int add_header(const bl_ingest *in, bl_json *answer) {
  bl_json *list;

  if (in->form.format != BL_FORM_CSV) return BILLING_OK;
  list = bl_json_array(answer, "header");
  for (size_t i = 0; i < in->form.header_count; i++)
    bl_json_add_text(list, NULL, in->form.header[i]);
  return BILLING_OK;
}

static int answer_with(bl_ingest *in, const billing_receipt *receipts,
                       billing_doc **out) {
  bl_json *answer = bl_json_object(NULL, NULL);
  int rc = add_header(in, answer);

  if (!rc)
    rc = bl_ingest_refusals(in, receipts, bl_json_array(answer, "refused"));
  if (!rc) rc = bl_doc_of_tree(in->c, answer, out);
  bl_json_free(answer);
  return rc;
}

static int read_piece(bl_ingest *in, bl_recording *r, billing_doc **doc) {
  int rc = bl_ingest_cut(in);

  if (!rc) rc = record_lines(in, r);
  if (!rc && doc) rc = answer_with(in, r->receipts, doc);
  if (!rc && in->used && in->name.len) rc = bl_stream_append(in);
  return rc;
}

static uint32_t mode_of(const billing_call *call) {
  uint32_t flags = 0;

  if (call && call->struct_size >= sizeof *call) flags = call->flags;
  if (flags & BILLING_CALL_DRY_RUN) return BL_READ;
  return call && call->struct_size >= sizeof *call && call->key.len
             ? BL_WRITE : BL_SHARE;
}

static int run_ingest(bl_ingest *in, const char *form, size_t form_len,
                      const billing_stream *stream, billing_doc **doc) {
  bl_recording r = {.kept = &in->kept};
  int is_moved = 0;
  int rc = take_stream(in, stream);

  if (!rc) rc = read_form(in, form, form_len);
  if (!rc) rc = find_place(in, &is_moved);
  if (rc) return rc;
  if (!is_moved) return read_piece(in, &r, doc);
  return doc ? answer_with(in, NULL, doc) : BILLING_OK;
}

int billing_ingest(billing *b, const billing_call *call, const char *form,
                   size_t form_len, const char *bytes, size_t len,
                   billing_stream *stream, billing_doc **refused,
                   billing_error *err) {
  billing_doc *doc = NULL;
  bl_ingest in = {0};
  bl_call c;
  int rc = bl_enter_with(&c, b, call, mode_of(call), INGEST_FLAGS, err);

  if (rc) return rc;
  in.c = &c;
  bl_arena_open(&in.kept, &b->host);
  in.name = c.in.key;
  in.bytes = (bl_str){bytes ? bytes : "", len};
  if (!bytes && len)
    rc = bl_fail(err, BILLING_MISUSE, "", "an address, or the length 0",
                 "the bytes are NULL and have a length");
  if (!rc)
    rc = run_ingest(&in, form, form_len, stream, refused ? &doc : NULL);
  bl_arena_close(&in.kept);
  if (rc && err && err->code != rc) bl_error_start(err);  /* of a line */
  rc = bl_leave(&c, rc);
  if (rc) {
    billing_doc_free(doc);
    return rc;
  }
  bl_fill(stream, &in.at, sizeof in.at);
  if (refused) *refused = doc;
  return BILLING_OK;
}

#undef INGEST_FLAGS
#undef INGEST_STREAM_FLAGS
