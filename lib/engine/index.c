/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* index.c - from a customer and a time to entries; see index.h. */
#include "engine/index.h"

#include "engine/runs_parts.h"

/* The kind of a subject, before its number. */
#define MARK_KIND_BITS 60
/* The kind of an entry, below the hours that its events span. */
#define MARK_ENTRY_BITS 5

/* ---- marks in memory ---- */

static int index_room(bl_index *index, const billing_allocator *host) {
  size_t room = index->room ? index->room * 2 : 64;
  bl_index_mark *mark;

  if (index->count < index->room) return BILLING_OK;
  mark = bl_host_alloc(host, room * sizeof *mark);
  if (!mark) return BILLING_NOMEM;
  if (index->count)
    memcpy(mark, index->mark, index->count * sizeof *mark);
  bl_host_free(host, index->mark, index->room * sizeof *mark);
  index->mark = mark;
  index->room = room;
  return BILLING_OK;
}

static int is_of_subject(const bl_index_mark *mark, bl_subject subject) {
  return mark->subject.number == subject.number &&
         mark->subject.kind == subject.kind;
}

/* The same subject's mark of the entry, among the newest two: marks of two
 * subjects may take turns. */
static bl_index_mark *newest_of(bl_index *index, const bl_index_mark *mark) {
  for (size_t i = index->count; i > 0 && i + 2 > index->count; i--) {
    bl_index_mark *known = &index->mark[i - 1];
    if (known->seq == mark->seq && is_of_subject(known, mark->subject))
      return known;
  }
  return NULL;
}

int bl_index_add(bl_tenant *t, const bl_index_mark *mark) {
  bl_index *index = &t->index;
  bl_index_mark *last = newest_of(index, mark);
  int rc;

  if (mark->seq <= index->covered) return BILLING_OK;
  if (last) {
    if (mark->from_us < last->from_us) last->from_us = mark->from_us;
    if (mark->to_us > last->to_us) last->to_us = mark->to_us;
    return BILLING_OK;
  }
  index->host = t->arena.host;
  rc = index_room(index, &index->host);
  if (!rc) index->mark[index->count++] = *mark;
  return rc;
}

void bl_index_cut(bl_index *index, size_t count) {
  if (count < index->count) index->count = count;
}

static void drop_frozen(bl_index *index) {
  bl_host_free(&index->host, index->frozen,
               index->frozen_room * sizeof *index->frozen);
  index->frozen = NULL;
  index->frozen_count = 0;
}

void bl_index_close(bl_index *index) {
  drop_frozen(index);
  bl_host_free(&index->host, index->mark, index->room * sizeof *index->mark);
  memset(index, 0, sizeof *index);
}

/* Marks up to a seq leave memory. */
static void release_marks(bl_index *index, int64_t covered) {
  size_t kept = 0;

  drop_frozen(index);
  for (size_t i = 0; i < index->count; i++)
    if (index->mark[i].seq > covered) index->mark[kept++] = index->mark[i];
  index->count = kept;
  index->covered = covered;
}

/* ---- bytes ---- */

static bl_str subject_key(bl_subject subject, unsigned char out[8]) {
  bl_put_be64(out, subject.kind << MARK_KIND_BITS | subject.number);
  return (bl_str){(const char *)out, 8};
}

static bl_str mark_key(bl_subject subject, int64_t seq,
                       unsigned char out[BL_INDEX_KEY]) {
  subject_key(subject, out);
  bl_put_be64(out + 8, seq > 0 ? (uint64_t)seq : 0);
  return (bl_str){(const char *)out, BL_INDEX_KEY};
}

static int64_t hour_of(int64_t us) {
  return us / BL_HOUR - (us % BL_HOUR < 0);
}

static bl_str mark_value(const bl_index_mark *mark,
                         unsigned char out[BL_INDEX_VALUE]) {
  int64_t from = hour_of(mark->from_us);
  unsigned char *end = bl_put_i64(out, from);

  end = bl_put_u64(end, (uint64_t)(hour_of(mark->to_us) - from)
                            << MARK_ENTRY_BITS | (uint64_t)mark->kind);
  return (bl_str){(const char *)out, (size_t)(end - out)};
}

/* ---- runs ---- */

int bl_index_sync(billing *b, bl_tenant *t) {
  uint64_t seq = 0;
  int rc;

  if (!t->runs) return BILLING_OK;
  rc = bl_runs_covered(t->runs, b->store, BL_RUNS_INDEX, &seq);
  if (!rc && (int64_t)seq != t->index.covered) release_marks(&t->index,
                                                       (int64_t)seq);
  return rc;
}

static int mark_before(const bl_index_mark *a, const bl_index_mark *b) {
  if (a->subject.kind != b->subject.kind)
    return a->subject.kind < b->subject.kind;
  if (a->subject.number != b->subject.number)
    return a->subject.number < b->subject.number;
  return a->seq < b->seq;
}

static uint64_t sort_key(const bl_index_mark *mark) {
  return mark->subject.kind << MARK_KIND_BITS | mark->subject.number;
}

/* One pass by eight bits; 0 when they are the same in all, and none moved. */
static int sort_pass_of_marks(const bl_index_mark *from, bl_index_mark *to,
                              size_t count, unsigned shift) {
  size_t start[257] = {0};

  for (size_t i = 0; i < count; i++)
    start[(sort_key(&from[i]) >> shift & 255) + 1]++;
  if (start[(sort_key(&from[0]) >> shift & 255) + 1] == count) return 0;
  for (size_t i = 0; i < 256; i++) start[i + 1] += start[i];
  for (size_t i = 0; i < count; i++)
    to[start[sort_key(&from[i]) >> shift & 255]++] = from[i];
  return 1;
}

/* By subject; of one, marks stay in the order of their entries.  `room` is for
 * as many. */
static void sort_marks(bl_index_mark *marks, bl_index_mark *room,
                       size_t count) {
  bl_index_mark *from = marks, *to = room;

  for (unsigned shift = 0; count > 1 && shift < 64; shift += 8) {
    bl_index_mark *other = from;
    if (!sort_pass_of_marks(from, to, count, shift)) continue;
    from = to;
    to = other;
  }
  if (from != marks) memcpy(marks, from, count * sizeof *marks);
}

/* A batch with the same key twice is not in the order of customers, and may
 * have left two marks of one. */
static size_t join_marks(bl_index_mark *marks, size_t count) {
  size_t kept = 0;

  for (size_t i = 0; i < count; i++) {
    bl_index_mark *last = kept ? &marks[kept - 1] : NULL;
    if (!last || mark_before(last, &marks[i])) {
      marks[kept++] = marks[i];
      continue;
    }
    if (marks[i].from_us < last->from_us) last->from_us = marks[i].from_us;
    if (marks[i].to_us > last->to_us) last->to_us = marks[i].to_us;
  }
  return kept;
}

int bl_index_join(bl_index *index) {
  size_t size = (index->count + 1) * sizeof *index->mark;
  bl_index_mark *room = bl_host_alloc(&index->host, size);

  if (!room) return BILLING_NOMEM;
  sort_marks(index->mark, room, index->count);
  bl_host_free(&index->host, room, size);
  index->count = join_marks(index->mark, index->count);
  return BILLING_OK;
}

/* Copies the marks up to a seq, sorted; they stay among the others, too. */
static int freeze(bl_index *index, int64_t through) {
  size_t count = 0, size = (index->count + 1) * sizeof *index->mark;
  bl_index_mark *frozen = bl_host_alloc(&index->host, size);
  bl_index_mark *room = bl_host_alloc(&index->host, size);

  for (size_t i = 0; frozen && room && i < index->count; i++)
    if (index->mark[i].seq <= through) frozen[count++] = index->mark[i];
  if (frozen && room) sort_marks(frozen, room, count);
  bl_host_free(&index->host, room, size);
  if (!frozen || !room) {
    bl_host_free(&index->host, frozen, size);
    return BILLING_NOMEM;
  }
  index->frozen = frozen;
  index->frozen_room = index->count + 1;
  index->frozen_count = join_marks(frozen, count);
  return BILLING_OK;
}

static int frozen_at(void *user, uint64_t i, bl_runs_record *out) {
  bl_index *index = user;
  const bl_index_mark *mark = &index->frozen[i];

  memset(out, 0, sizeof *out);
  out->key = mark_key(mark->subject, mark->seq, index->key);
  out->head = bl_runs_head(out->key);
  out->bytes = mark_value(mark, index->value);
  return BILLING_OK;
}

int bl_index_write(billing *b, bl_tenant *t, int is_due) {
  bl_index *index = &t->index;
  uint64_t last_seq, count;
  bl_runs_source source;
  int rc = bl_runs_writing(t->runs, b->store, BL_RUNS_INDEX, &last_seq,
                           &count);

  if (rc == BILLING_NOTFOUND) {
    if (index->frozen) return BILLING_OK;      /* written, but not believed */
    if (!is_due || !index->count) return BILLING_OK;
    last_seq = (uint64_t)t->heads.seq;
    rc = BILLING_OK;
  }
  if (!rc && !index->frozen) rc = freeze(index, (int64_t)last_seq);
  if (rc) return rc;
  memset(&source, 0, sizeof source);
  source.last_seq = last_seq;
  source.count = index->frozen_count;
  source.at = frozen_at;
  source.user = index;
  return bl_runs_write(t->runs, b->store, BL_RUNS_INDEX, &source);
}

/* ---- check ---- */

static void add_to_sum(const billing *b, bl_str key, bl_str value,
                       bl_index_sum *sum) {
  unsigned char bytes[BL_INDEX_KEY + BL_INDEX_VALUE];
  size_t len = value.len < BL_INDEX_VALUE ? value.len : BL_INDEX_VALUE;

  memcpy(bytes, key.text, key.len);
  memcpy(bytes + key.len, value.text, len);
  sum->count++;
  sum->sum += bl_key_hash8(b->content_key, bytes, key.len + len);
}

void bl_index_sum_mark(const bl_call *c, const bl_index_mark *mark,
                       bl_index_sum *sum) {
  unsigned char key[BL_INDEX_KEY], value[BL_INDEX_VALUE];

  if (mark->seq > c->t->index.covered) return;
  add_to_sum(c->b, mark_key(mark->subject, mark->seq, key),
             mark_value(mark, value), sum);
}

int bl_index_sum_written(bl_call *c, bl_index_sum *sum) {
  static const bl_runs_range all = {BL_RUNS_INDEX, 0, {"", 0}, {"", 0}};
  bl_runs_scan *scan = NULL;
  bl_runs_record record;
  int rc;

  if (!c->t->runs) return BILLING_OK;
  rc = bl_runs_scan_open(c->t->runs, c->b->store, &all, &scan);
  while (!rc && (rc = bl_runs_scan_next(scan, &record)) == BILLING_OK)
    if (record.key.len == BL_INDEX_KEY)
      add_to_sum(c->b, record.key, record.bytes, sum);
  bl_runs_scan_close(scan);
  return rc == BILLING_DONE ? BILLING_OK : rc;
}

/* ---- find ---- */

typedef struct finding {
  const bl_index_wish *wish;
  bl_arena *arena;
  int64_t  *seqs;
  size_t    count;
  size_t    cap;
} finding;

static int found_mark(finding *f, const bl_index_mark *mark) {
  const bl_index_wish *wish = f->wish;
  int64_t *place;

  if (mark->seq <= wish->after || mark->to_us < wish->times.from_us ||
      mark->from_us >= wish->times.to_us ||
      (wish->kinds && !(wish->kinds >> mark->kind & 1)) ||
      (f->count && f->seqs[f->count - 1] == mark->seq))
    return BILLING_OK;
  place = bl_arena_push(f->arena, (void **)&f->seqs, &f->count, &f->cap,
                        sizeof *place);
  if (!place) return BILLING_NOMEM;
  *place = mark->seq;
  f->count++;
  return BILLING_OK;
}

/* ---- marks in runs ---- */

int bl_index_scan_open(bl_call *c, bl_subject first, uint64_t last,
                       int64_t after, bl_index_scan *out) {
  unsigned char from[BL_INDEX_KEY], to[8];
  bl_subject end = {first.kind, last};
  bl_runs_range range = {BL_RUNS_INDEX, 0, mark_key(first, after, from),
                         subject_key(end, to)};

  out->runs = NULL;
  if (!c->t->runs) return BILLING_OK;
  return bl_runs_scan_open(c->t->runs, c->b->store, &range, &out->runs);
}

static void read_mark_key(const bl_runs_record *record, bl_index_mark *out) {
  const unsigned char *key = (const unsigned char *)record->key.text;
  uint64_t subject = bl_get_be64(key);

  out->subject.kind = subject >> MARK_KIND_BITS;
  out->subject.number = subject & (((uint64_t)1 << MARK_KIND_BITS) - 1);
  out->seq = (int64_t)bl_get_be64(key + 8);
}

int bl_index_scan_next(bl_index_scan *scan, bl_index_mark *out) {
  bl_runs_record record;
  bl_unpack from;
  uint64_t rest;
  int64_t hour;
  int rc = scan->runs ? bl_runs_scan_next(scan->runs, &record) : BILLING_DONE;

  if (rc) return rc;
  bl_unpack_open(&from, record.bytes.text, record.bytes.len);
  hour = bl_unpack_i64(&from);
  out->from_us = hour * BL_HOUR;
  rest = bl_unpack_u64(&from);
  out->to_us =
      (hour + (int64_t)(rest >> MARK_ENTRY_BITS) + 1) * BL_HOUR - 1;
  out->kind = (int64_t)(rest & ((1u << MARK_ENTRY_BITS) - 1));
  if (record.key.len != BL_INDEX_KEY || !bl_unpack_done(&from) ||
      out->kind >= BL_ENTRY_KINDS)
    return BILLING_CORRUPT;
  read_mark_key(&record, out);
  return BILLING_OK;
}

void bl_index_scan_close(bl_index_scan *scan) {
  bl_runs_scan_close(scan->runs);
  scan->runs = NULL;
}

static int find_in_runs(bl_call *c, finding *f) {
  bl_subject subject = f->wish->subject;
  bl_index_scan scan;
  bl_index_mark mark;
  int rc = bl_index_scan_open(c, subject, subject.number, f->wish->after,
                              &scan);

  while (!rc && (rc = bl_index_scan_next(&scan, &mark)) == BILLING_OK)
    rc = found_mark(f, &mark);
  bl_index_scan_close(&scan);
  return rc == BILLING_DONE ? BILLING_OK : rc;
}

/* Marks in memory are in the order of their entries. */
static int find_in_memory(const bl_index *index, finding *f) {
  int rc = BILLING_OK;

  for (size_t i = 0; i < index->count && !rc; i++)
    if (is_of_subject(&index->mark[i], f->wish->subject))
      rc = found_mark(f, &index->mark[i]);
  return rc;
}

int bl_index_find(bl_call *c, const bl_index_wish *wish, bl_arena *a,
                  int64_t **seqs, size_t *count) {
  finding f = {wish, a, NULL, 0, 0};
  int rc = find_in_runs(c, &f);

  if (!rc) rc = find_in_memory(&c->t->index, &f);
  *seqs = f.seqs;
  *count = f.count;
  return rc;
}

#undef MARK_KIND_BITS
#undef MARK_ENTRY_BITS
