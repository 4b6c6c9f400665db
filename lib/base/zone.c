/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * zone.c - time zones from TZif bytes (RFC 9636).
 *
 * Worked example, Europe/Berlin by the footer CET-1CEST,M3.5.0,M10.5.0/3:
 *
 *     summer time of 2100 starts  2100-03-28 02:00 CET  = 01:00Z
 *                        and ends 2100-10-31 03:00 CEST = 01:00Z
 *     local 02:30 on 28 March: 01:00Z is at once 02:00 and 03:00; at the
 *     offset before, +1 h, it is 01:30Z, and the clock shows 03:30
 *
 * Everything below asks one question: which offset is in force at an instant,
 * and between which instants?  The answer is a zone_piece.  The file gives the
 * pieces up to its last transition, the footer those after it; a file without
 * a footer goes on with its last offset for ever.
 *
 * The bytes may be hostile: every count is checked against the length before
 * anything is read through it, and offsets and rules are bounded so that no
 * sum of seconds can overflow.
 */
#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L
#endif

#include "base/zone.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#ifndef O_CLOEXEC
#define O_CLOEXEC 0
#endif

#define ZONE_FOLDER   "/usr/share/zoneinfo"
#define ZONE_NAME_MAX 64
#define ZONE_FILE_MAX 65536             /* real files have some 4,000 bytes */
#define ZONE_HEADER   44
#define ZONE_WEST     (-89999)          /* the offsets that RFC 9636 allows */
#define ZONE_EAST     93599

/* Offsets in force in [from, to), seconds UTC.  The first piece begins at
 * INT64_MIN, the last one ends at INT64_MAX. */
typedef struct zone_piece {
  int64_t from;
  int64_t to;
  int32_t offset;
} zone_piece;

/* A moment in every year, as the footer says it. */
typedef enum zone_day_kind {
  ZONE_DAY_JULIAN,         /* Jn: day 1..365, 29 February is not counted */
  ZONE_DAY_COUNT,          /* n: day 0..365 */
  ZONE_DAY_MONTH           /* Mm.w.d */
} zone_day_kind;

typedef struct zone_moment {
  zone_day_kind kind;
  int32_t       month;
  int32_t       week;      /* 1..5, 5 is the last */
  int32_t       day;       /* of the week from Sunday 0, or of the year */
  int32_t       second;    /* of the wall clock before the change */
} zone_moment;

typedef struct zone_rule {
  int         is_given;    /* else the last offset goes on */
  int         has_dst;
  int32_t     standard;    /* offsets, seconds east */
  int32_t     dst;
  zone_moment start;       /* of daylight saving time */
  zone_moment end;
} zone_rule;

struct bl_zone {
  bl_str    name;
  uint64_t  print;
  int32_t   first;         /* the offset before every transition */
  zone_rule rule;
  size_t    count;
  int64_t  *at;            /* UTC seconds, strictly ascending */
  int32_t  *offset;        /* from at[i] on */
};

/* ---- Rules of the footer ----------------------------------------------- */

static int64_t zone_moment_day(const zone_moment *m, int32_t year) {
  bl_date d = {year, 1, 1};
  int64_t day;
  int length;
  if (m->kind == ZONE_DAY_COUNT) return bl_days_of_date(d) + m->day;
  if (m->kind == ZONE_DAY_JULIAN)
    return bl_days_of_date(d) + m->day - 1 +
           (m->day > 59 && bl_days_in_month(year, 2) == 29);
  d.month = m->month;
  day = bl_days_of_date(d);
  length = bl_days_in_month(year, m->month);
  d.day = 1 + (m->day - bl_weekday(day) + 7) % 7 + 7 * (m->week - 1);
  if (d.day > length) d.day -= 7;
  assert(d.day >= 1 && d.day <= length);
  return day + d.day - 1;
}

/* Counts one change of the rule in: as the begin of the piece that holds
 * `second`, or as its end.  When DST ends at the instant at which it starts
 * again, it has never ended. */
static void zone_change(zone_piece *p, int64_t second, int64_t at,
                        int32_t offset, int is_dst) {
  if (at > second) {
    if (at < p->to) p->to = at;
  } else if (at > p->from || (at == p->from && is_dst)) {
    p->from = at;
    p->offset = offset;
  }
}

/* A change may be a week away from its year on both sides, so the one before
 * and the one after lie within two years. */
static zone_piece zone_rule_piece(const zone_rule *r, int64_t second) {
  zone_piece p = {INT64_MIN, INT64_MAX, r->standard};
  int32_t year = bl_date_of_days(bl_floor_div(second, 86400)).year;
  if (!r->has_dst) return p;
  for (int32_t y = year - 2; y <= year + 2; y++) {
    zone_change(&p, second, zone_moment_day(&r->start, y) * 86400 +
                r->start.second - r->standard, r->dst, 1);
    zone_change(&p, second, zone_moment_day(&r->end, y) * 86400 +
                r->end.second - r->dst, r->standard, 0);
  }
  assert(p.from <= second && second < p.to);
  return p;
}

/* ---- Lookup ------------------------------------------------------------ */

/* How many transitions are at or before an instant. */
static size_t zone_passed(const bl_zone *z, int64_t second) {
  size_t low = 0, high = z->count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (z->at[middle] <= second) low = middle + 1;
    else high = middle;
  }
  return low;
}

/* The last transition stands until the rule's next change: the two should
 * agree, and where a file's writer left one out, this is what was meant. */
static zone_piece zone_piece_at(const bl_zone *z, int64_t second) {
  const size_t i = zone_passed(z, second);
  zone_piece p = {INT64_MIN, INT64_MAX, z->first}, rule;
  if (i > 0) {
    p.from = z->at[i - 1];
    p.offset = z->offset[i - 1];
  }
  if (i < z->count) {
    p.to = z->at[i];
  } else if (z->rule.is_given) {
    rule = zone_rule_piece(&z->rule, second);
    if (rule.from > p.from || !z->rule.has_dst) p.offset = rule.offset;
    if (rule.from > p.from) p.from = rule.from;
    p.to = rule.to;
  }
  assert(p.from <= second && second < p.to);
  assert(p.offset >= ZONE_WEST && p.offset <= ZONE_EAST);
  return p;
}

/*
 * Every piece that may show this wall clock is tried, from the earliest one.
 * The clock of a piece has passed the time asked for, shows it within the
 * piece, or has not come to it when the piece begins.  Where "passed" is
 * followed by "not come to it", the time was skipped: the offset before the
 * gap shifts it forward.  Pieces may be shorter than the gaps between them,
 * so a later one may still show it: the first gap stands only if none does.
 */
static int64_t zone_instant(const bl_zone *z, int64_t local) {
  zone_piece p = zone_piece_at(z, local - ZONE_EAST);
  int64_t passed = local, skipped = 0;
  int is_skipped = 0;
  for (;; p = zone_piece_at(z, p.to)) {
    int64_t utc = local - p.offset;
    if (utc >= p.from && utc < p.to) return utc;
    if (utc >= p.to) {
      passed = utc;
    } else if (!is_skipped) {
      skipped = passed;
      is_skipped = 1;
    }
    if (p.to > local - ZONE_WEST) break;   /* it is past in any offset */
  }
  assert(is_skipped && skipped >= local - ZONE_EAST);
  return skipped;
}

/* us moved by whole seconds; the ends of time stay where they are. */
static int64_t zone_shift(int64_t us, int64_t seconds) {
  int64_t by = seconds * BL_SECOND;
  if (us == INT64_MAX || us == INT64_MIN) return us;
  if (by > 0 && us > INT64_MAX - by) return INT64_MAX;
  if (by < 0 && us < INT64_MIN - by) return INT64_MIN;
  return us + by;
}

int32_t bl_zone_offset(const bl_zone *z, int64_t utc_us) {
  return zone_piece_at(z, bl_floor_div(utc_us, BL_SECOND)).offset;
}

int64_t bl_zone_to_local(const bl_zone *z, int64_t utc_us) {
  return zone_shift(utc_us, bl_zone_offset(z, utc_us));
}

int64_t bl_zone_to_utc(const bl_zone *z, int64_t local_us) {
  int64_t local = bl_floor_div(local_us, BL_SECOND);
  return zone_shift(local_us, zone_instant(z, local) - local);
}

bl_str bl_zone_name(const bl_zone *z) { return z->name; }

uint64_t bl_zone_print_of(const bl_zone *z) { return z->print; }

size_t bl_zone_transitions(const bl_zone *z) { return z->count; }

int64_t bl_zone_transition(const bl_zone *z, size_t i) {
  assert(i < z->count);
  return z->at[i];
}

/* FNV-1a over eight bytes, lowest first. */
static uint64_t zone_hash(uint64_t hash, uint64_t v) {
  for (int i = 0; i < 8; i++, v >>= 8)
    hash = (hash ^ (v & 0xff)) * UINT64_C(1099511628211);
  return hash;
}

/* Only where an offset really changes is hashed: files of one zone differ in
 * how far their transitions go before the footer takes over. */
static uint64_t zone_print(const bl_zone *z) {
  const bl_date first = {1900, 1, 1}, last = {2200, 1, 1};
  int64_t second = bl_days_of_date(first) * 86400;
  int64_t end = bl_days_of_date(last) * 86400;
  zone_piece p = zone_piece_at(z, second);
  int32_t offset = p.offset;
  uint64_t hash = zone_hash(UINT64_C(14695981039346656037),
                            (uint64_t)(int64_t)offset);
  for (; p.to < end; offset = p.offset) {
    second = p.to;
    p = zone_piece_at(z, second);
    if (p.offset == offset) continue;
    hash = zone_hash(hash, (uint64_t)second);
    hash = zone_hash(hash, (uint64_t)(int64_t)p.offset);
  }
  return hash;
}

/* ---- Reading the footer ------------------------------------------------ */

/* What is left to read.  `bad` is sticky and checked once, at the end. */
typedef struct zone_reader {
  const unsigned char *at;
  const unsigned char *end;
  int                  bad;
} zone_reader;

static int zone_sees(const zone_reader *r, char c) {
  return r->at < r->end && *r->at == (unsigned char)c;
}

static int zone_took(zone_reader *r, char c) {
  if (!zone_sees(r, c)) return 0;
  r->at++;
  return 1;
}

static void zone_expect(zone_reader *r, char c) {
  if (!zone_took(r, c)) r->bad = 1;
}

/* One to three digits within [low, high]. */
static int32_t zone_number(zone_reader *r, int32_t low, int32_t high) {
  int32_t v = 0;
  int count = 0;
  for (; r->at < r->end && *r->at >= '0' && *r->at <= '9'; r->at++) {
    if (++count > 3) break;
    v = v * 10 + (*r->at - '0');
  }
  if (count < 1 || count > 3 || v < low || v > high) r->bad = 1;
  return r->bad ? low : v;
}

/* [+-]h[hh][:mm[:ss]] as seconds. */
static int32_t zone_clock(zone_reader *r, int32_t hours) {
  int is_minus = zone_took(r, '-');
  int32_t v;
  if (!is_minus) zone_took(r, '+');
  v = zone_number(r, 0, hours) * 3600;
  if (zone_took(r, ':')) {
    v += zone_number(r, 0, 59) * 60;
    if (zone_took(r, ':')) v += zone_number(r, 0, 59);
  }
  return is_minus ? -v : v;
}

static int zone_is_letter(unsigned char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static int zone_is_name_byte(unsigned char c) {
  return zone_is_letter(c) || (c >= '0' && c <= '9') || c == '+' || c == '-';
}

/* At least three letters; between < and > also digits and signs.  What a
 * zone is called in winter is of no use to us. */
static void zone_skip_name(zone_reader *r) {
  int is_quoted = zone_took(r, '<');
  int count = 0;
  for (; r->at < r->end; r->at++, count++)
    if (is_quoted ? !zone_is_name_byte(*r->at) : !zone_is_letter(*r->at))
      break;
  if (is_quoted) zone_expect(r, '>');
  if (count < 3) r->bad = 1;
}

/* Jn, n or Mm.w.d, and /time, which is 02:00 unless said. */
static zone_moment zone_read_moment(zone_reader *r) {
  zone_moment m = {ZONE_DAY_COUNT, 1, 1, 0, 2 * 3600};
  if (zone_took(r, 'J')) {
    m.kind = ZONE_DAY_JULIAN;
    m.day = zone_number(r, 1, 365);
  } else if (zone_took(r, 'M')) {
    m.kind = ZONE_DAY_MONTH;
    m.month = zone_number(r, 1, 12);
    zone_expect(r, '.');
    m.week = zone_number(r, 1, 5);
    zone_expect(r, '.');
    m.day = zone_number(r, 0, 6);
  } else {
    m.day = zone_number(r, 0, 365);
  }
  if (zone_took(r, '/')) m.second = zone_clock(r, 167);
  return m;
}

/* std offset [dst [offset] ,start[/time],end[/time]]: POSIX counts offsets
 * westward. */
static zone_rule zone_read_rule(zone_reader *r) {
  zone_rule rule;
  memset(&rule, 0, sizeof rule);
  rule.is_given = 1;
  zone_skip_name(r);
  rule.standard = -zone_clock(r, 24);
  if (r->at == r->end) return rule;
  rule.has_dst = 1;
  zone_skip_name(r);
  rule.dst = rule.standard + 3600;
  if (!zone_sees(r, ',')) rule.dst = -zone_clock(r, 24);
  zone_expect(r, ',');
  rule.start = zone_read_moment(r);
  zone_expect(r, ',');
  rule.end = zone_read_moment(r);
  if (r->at != r->end) r->bad = 1;
  return rule;
}

/* A newline, the rule or nothing, a newline. */
static void zone_read_footer(zone_reader *r, zone_rule *out) {
  zone_reader line;
  zone_expect(r, '\n');
  line = *r;
  while (r->at < r->end && *r->at != '\n') r->at++;
  line.end = r->at;
  zone_expect(r, '\n');
  if (r->bad || line.at == line.end) return;
  *out = zone_read_rule(&line);
  r->bad = line.bad;
}

/* ---- Reading the file -------------------------------------------------- */

typedef struct zone_header {
  int      version;        /* 1..9 */
  size_t   time_size;      /* 4 bytes in the first block, 8 in the second */
  uint32_t isut, isstd, leap, times, types, chars;
} zone_header;

static int64_t zone_big_endian(const unsigned char *at, size_t size) {
  uint64_t v = size < 8 && (at[0] & 0x80) ? UINT64_MAX : 0;
  for (size_t i = 0; i < size; i++) v = v << 8 | at[i];
  return v > INT64_MAX ? -(int64_t)(UINT64_MAX - v) - 1 : (int64_t)v;
}

static uint32_t zone_u32(const unsigned char *at) {
  return (uint32_t)zone_big_endian(at, 4);
}

static uint64_t zone_body_size(const zone_header *h) {
  return (uint64_t)h->times * (h->time_size + 1) + (uint64_t)h->types * 6 +
         h->chars + (uint64_t)h->leap * (h->time_size + 4) + h->isstd +
         h->isut;
}

/* A header whose whole body is there.  Versions that are not known yet are
 * read as the highest one that is. */
static void zone_read_header(zone_reader *r, size_t time_size,
                             zone_header *h) {
  const unsigned char *at = r->at;
  memset(h, 0, sizeof *h);
  if (r->bad || r->end - r->at < ZONE_HEADER || memcmp(at, "TZif", 4) != 0 ||
      (at[4] != 0 && (at[4] < '2' || at[4] > '9'))) {
    r->bad = 1;
    return;
  }
  h->version = at[4] == 0 ? 1 : at[4] - '0';
  h->time_size = time_size;
  h->isut = zone_u32(at + 20);
  h->isstd = zone_u32(at + 24);
  h->leap = zone_u32(at + 28);
  h->times = zone_u32(at + 32);
  h->types = zone_u32(at + 36);
  h->chars = zone_u32(at + 40);
  r->at += ZONE_HEADER;
  if (zone_body_size(h) > (uint64_t)(r->end - r->at)) r->bad = 1;
}

/* Local time types: offset, whether it is DST, where its name stands. */
static int zone_types_are_good(const unsigned char *types,
                               const zone_header *h) {
  if (h->types < 1 || (h->isut != 0 && h->isut != h->types) ||
      (h->isstd != 0 && h->isstd != h->types))
    return 0;
  for (uint32_t i = 0; i < h->types; i++) {
    const unsigned char *type = types + 6 * i;
    int64_t offset = zone_big_endian(type, 4);
    if (offset < ZONE_WEST || offset > ZONE_EAST) return 0;
    if (type[4] > 1 || type[5] >= h->chars) return 0;
  }
  return 1;
}

/* The body of the block that counts, of which zone_read_header has made sure
 * that it is there. */
static void zone_read_body(zone_reader *r, const zone_header *h, bl_zone *z) {
  const unsigned char *times = r->at;
  const unsigned char *kinds = times + h->times * h->time_size;
  const unsigned char *types = kinds + h->times;
  int64_t before = INT64_MIN;
  assert(!r->bad && zone_body_size(h) <= (uint64_t)(r->end - r->at));
  r->at += zone_body_size(h);
  r->bad = !zone_types_are_good(types, h);
  if (r->bad) return;
  z->first = (int32_t)zone_big_endian(types, 4);
  for (size_t i = 0; i < h->times; i++) {
    int64_t at = zone_big_endian(times + i * h->time_size, h->time_size);
    if (kinds[i] >= h->types || (i > 0 && at <= before)) r->bad = 1;
    if (r->bad) return;
    before = z->at[i] = at;
    z->offset[i] = (int32_t)zone_big_endian(types + 6 * kinds[i], 4);
  }
  z->count = h->times;
}

static bl_zone *zone_new(bl_arena *arena, bl_str name, size_t count) {
  bl_zone *z = bl_arena_take(arena, sizeof *z);
  if (!z) return NULL;
  z->name = bl_arena_str(arena, name);
  if (count > 0) {
    z->at = bl_arena_array(arena, count, sizeof *z->at);
    z->offset = bl_arena_array(arena, count, sizeof *z->offset);
  }
  return z->name.text && (count == 0 || (z->at && z->offset)) ? z : NULL;
}

static int zone_malformed(bl_str name, int has_leaps, billing_error *err) {
  if (has_leaps)
    return bl_fail(err, BILLING_INVALID, "",
                   "use the zone of the same name without \"right/\"",
                   "time zone %t counts leap seconds", &name);
  return bl_fail(err, BILLING_INVALID, "", "it must be TZif, see RFC 9636",
                 "the file of time zone %t is malformed", &name);
}

/* Finds the header that counts: the 64-bit one if there is one. */
static zone_header zone_find_block(zone_reader *r) {
  zone_header first, h;
  zone_read_header(r, 4, &first);
  if (r->bad || first.version == 1) return first;
  r->at += zone_body_size(&first);
  zone_read_header(r, 8, &h);
  if (h.version != first.version) r->bad = 1;
  return h;
}

int bl_zone_read(bl_arena *arena, bl_str name, const void *bytes, size_t len,
                 bl_zone **out, billing_error *err) {
  zone_reader r = {bytes, NULL, 0};
  bl_arena_mark mark = bl_arena_now(arena);
  zone_header h;
  bl_zone *z;
  assert(out && (bytes || len == 0));
  r.end = len > 0 ? r.at + len : r.at;
  h = zone_find_block(&r);
  if (r.bad || h.leap > 0) return zone_malformed(name, !r.bad, err);
  z = zone_new(arena, name, h.times);
  if (!z) {
    bl_arena_back(arena, mark);
    return bl_fail_code(err, BILLING_NOMEM);
  }
  zone_read_body(&r, &h, z);
  if (!r.bad && h.version > 1) zone_read_footer(&r, &z->rule);
  if (r.bad) {
    bl_arena_back(arena, mark);
    return zone_malformed(name, 0, err);
  }
  z->print = zone_print(z);
  *out = z;
  return BILLING_OK;
}

/* ---- Files ------------------------------------------------------------- */

static int zone_name_is_good(bl_str name) {
  char before = '/';                    /* none at the beginning either */
  if (name.len < 1 || name.len > ZONE_NAME_MAX) return 0;
  for (size_t i = 0; i < name.len; i++) {
    char c = name.text[i];
    if (c == '/' ? before == '/'
                 : c != '_' && !zone_is_name_byte((unsigned char)c))
      return 0;
    before = c;
  }
  return before != '/' && !bl_str_is(name, "localtime");
}

/* Why the last system call failed. */
static int zone_unread(bl_str name, billing_error *err) {
  int64_t number = errno;
  if (number == ENOENT || number == ENOTDIR || number == EISDIR)
    return bl_fail(err, BILLING_NOTFOUND, "",
                   "use an IANA name like Europe/Berlin, and see that the "
                   "zone files (package tzdata) are installed",
                   "there is no time zone %t", &name);
  return bl_fail(err, BILLING_STORE, "", "see that the file can be read",
                 "the file of time zone %t cannot be read (errno %i)",
                 &name, number);
}

/* folder/name, NUL-terminated. */
static char *zone_path(bl_arena *arena, const char *folder, bl_str name) {
  bl_str below = bl_str_of(folder && *folder ? folder : ZONE_FOLDER);
  char *path = bl_arena_take(arena, below.len + name.len + 2);
  if (!path) return NULL;
  memcpy(path, below.text, below.len);
  path[below.len] = '/';
  memcpy(path + below.len + 1, name.text, name.len);
  return path;
}

/* Reads to the end of the file or of the room; -1 when that fails. */
static ssize_t zone_read_file(int file, unsigned char *room, size_t size) {
  size_t len = 0;
  while (len < size) {
    ssize_t n = read(file, room + len, size - len);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return -1;
    if (n == 0) break;
    len += (size_t)n;
  }
  return (ssize_t)len;
}

/* The bytes of a file.  More than the room holds is not read: what follows a
 * footer is of no interest, and what is cut off before is malformed. */
static int zone_load_file(bl_arena *scratch, const char *folder, bl_str name,
                          bl_str *bytes, billing_error *err) {
  const char *path = zone_path(scratch, folder, name);
  unsigned char *room = bl_arena_take(scratch, ZONE_FILE_MAX);
  int file, rc = BILLING_OK;
  ssize_t len;
  if (!path || !room) return bl_fail_code(err, BILLING_NOMEM);
  file = open(path, O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
  if (file < 0) return zone_unread(name, err);
  len = zone_read_file(file, room, ZONE_FILE_MAX);
  if (len < 0) rc = zone_unread(name, err);
  close(file);
  if (rc) return rc;
  bytes->text = (const char *)room;
  bytes->len = (size_t)len;
  return BILLING_OK;
}

static int zone_make_utc(bl_arena *arena, bl_str name, bl_zone **out,
                         billing_error *err) {
  bl_arena_mark mark = bl_arena_now(arena);
  bl_zone *z = zone_new(arena, name, 0);
  if (!z) {
    bl_arena_back(arena, mark);
    return bl_fail_code(err, BILLING_NOMEM);
  }
  z->print = zone_print(z);
  *out = z;
  return BILLING_OK;
}

int bl_zone_load(bl_arena *arena, const char *folder, bl_str name,
                 bl_zone **out, billing_error *err) {
  bl_arena scratch;
  bl_str bytes = {NULL, 0};
  int rc;
  assert(arena && out);
  if (bl_str_is(name, "UTC")) return zone_make_utc(arena, name, out, err);
  if (!zone_name_is_good(name))
    return bl_fail(err, BILLING_INVALID, "",
                   "use an IANA name like Europe/Berlin",
                   "%t is not the name of a time zone", &name);
  bl_arena_open(&scratch, &arena->host);
  rc = zone_load_file(&scratch, folder, name, &bytes, err);
  if (!rc) rc = bl_zone_read(arena, name, bytes.text, bytes.len, out, err);
  bl_arena_close(&scratch);
  return rc;
}

#undef ZONE_FOLDER
#undef ZONE_NAME_MAX
#undef ZONE_FILE_MAX
#undef ZONE_HEADER
#undef ZONE_WEST
#undef ZONE_EAST
