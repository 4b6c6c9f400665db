/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * text.c - growing text, UTF-8, and numbers as text without a locale.
 *
 *     bl_text_format(&t, "%t owes %d %s", &name, &due, "USD")
 *                                             "Ann owes 12.5 USD"
 *
 * A bl_text without an arena writes into a fixed buffer: it takes what fits,
 * fails, and takes nothing more.
 */
#include "base/text.h"

#include "base/time.h"

void bl_text_open(bl_text *t, bl_arena *arena) {
  assert(arena);
  memset(t, 0, sizeof *t);
  t->arena = arena;
}

/* How many of `len` bytes can be added, with room for the NUL behind them:
 * all, or fewer and t has failed. */
static size_t text_room(bl_text *t, size_t len) {
  size_t cap = t->cap * 2 < 64 ? 64 : t->cap * 2;
  char *text;

  if (t->failed) return 0;
  if (t->cap > t->len && len < t->cap - t->len) return len;
  t->failed = 1;
  if (!t->arena) return t->cap > t->len ? t->cap - t->len - 1 : 0;
  if (len >= SIZE_MAX / 4 - t->len) return 0;
  if (cap < t->len + len + 1) cap = t->len + len + 1;
  text = bl_arena_grow(t->arena, t->text, t->cap, cap);
  if (!text) return 0;
  t->text   = text;
  t->cap    = cap;
  t->failed = 0;
  return len;
}

void bl_text_add(bl_text *t, const char *text, size_t len) {
  int is_plain = !t->failed && len < t->cap - t->len;
  size_t fits = is_plain ? len : text_room(t, len);

  assert((text || len == 0) && t->len <= t->cap);
  if (fits) bl_copy(t->text + t->len, text, fits);
  t->len += fits;
  if (t->len < t->cap) t->text[t->len] = '\0';
}

void bl_text_fill(bl_text *t, char c, size_t n) {
  size_t fits = text_room(t, n);

  if (fits) memset(t->text + t->len, c, fits);
  t->len += fits;
  if (t->len < t->cap) t->text[t->len] = '\0';
}

void bl_text_str(bl_text *t, bl_str s) {
  bl_text_add(t, s.text, s.len);
}

void bl_text_c(bl_text *t, const char *text) {
  bl_text_str(t, bl_str_of(text));
}

size_t bl_int_print(int64_t v, char *out) {
  uint64_t rest = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;  /* INT64_MIN too */
  char digits[BL_INT_TEXT];
  size_t at = sizeof digits, len;

  do {
    digits[--at] = (char)('0' + rest % 10);
    rest /= 10;
  } while (rest);
  if (v < 0) digits[--at] = '-';
  len = sizeof digits - at;
  assert(len < BL_INT_TEXT);
  memcpy(out, digits + at, len);
  out[len] = '\0';
  return len;
}

void bl_text_int(bl_text *t, int64_t v) {
  char digits[BL_INT_TEXT];

  bl_text_add(t, digits, bl_int_print(v, digits));
}

void bl_text_dec(bl_text *t, bl_dec v) {
  char digits[BL_DEC_TEXT];

  bl_text_add(t, digits, bl_dec_print(v, digits));
}

static void text_time(bl_text *t, int64_t us) {
  char instant[BL_TIME_TEXT];

  bl_text_add(t, instant, bl_time_print(us, instant));
}

/* The escape of one byte of a JSON string, or 0 when it stands for itself. */
static size_t text_escape(unsigned char c, char *out) {
  static const char plain[] = "\"\\\b\f\n\r\t";
  static const char letter[] = "\"\\bfnrt";
  static const char hex[] = "0123456789abcdef";
  const char *at = c ? strchr(plain, c) : NULL;

  out[0] = '\\';
  if (at) {
    out[1] = letter[at - plain];
    return 2;
  }
  if (c >= 0x20) return 0;
  memcpy(out + 1, "u00", 3);
  out[4] = hex[c >> 4];
  out[5] = hex[c & 15];
  return 6;
}

/* Where the next byte is that must be escaped, or the end. */
static size_t text_next_escape(bl_str s, size_t from) {
  for (; from < s.len; from++) {
    unsigned char c = (unsigned char)s.text[from];
    if (c < 0x20 || c == '"' || c == '\\') break;
  }
  return from;
}

/* Mostly there is nothing to escape, and room for all of it. */
void bl_text_json(bl_text *t, bl_str s) {
  size_t from = 0, at = text_next_escape(s, 0);
  char escape[6];

  if (at == s.len && !t->failed && s.len + 2 < t->cap - t->len) {
    char *out = t->text + t->len;
    out[0] = out[s.len + 1] = '"';
    bl_copy(out + 1, s.text, s.len);
    out[s.len + 2] = '\0';
    t->len += s.len + 2;
    return;
  }
  bl_text_add(t, "\"", 1);
  for (; at < s.len; at = text_next_escape(s, from)) {
    size_t len = text_escape((unsigned char)s.text[at], escape);
    bl_text_add(t, s.text + from, at - from);
    bl_text_add(t, escape, len);
    from = at + 1;
  }
  if (from < s.len) bl_text_add(t, s.text + from, s.len - from);
  bl_text_add(t, "\"", 1);
}

/* One conversion; the argument list has been copied into a struct because
 * only so may it be passed on by address everywhere. */
struct text_args {
  va_list list;
};

static void text_convert(bl_text *t, char kind, struct text_args *args) {
  switch (kind) {
  case 's':
    bl_text_c(t, va_arg(args->list, const char *));
    break;
  case 't':
    bl_text_str(t, *va_arg(args->list, const bl_str *));
    break;
  case 'i':
    bl_text_int(t, va_arg(args->list, int64_t));
    break;
  case 'd':
    bl_text_dec(t, *va_arg(args->list, const bl_dec *));
    break;
  case 'T':
    text_time(t, va_arg(args->list, int64_t));
    break;
  default:
    assert(kind == '%');
    bl_text_add(t, &kind, 1);
  }
}

void bl_text_vformat(bl_text *t, const char *format, va_list args) {
  struct text_args copy;

  va_copy(copy.list, args);
  while (*format) {
    size_t plain = strcspn(format, "%");

    bl_text_add(t, format, plain);
    format += plain;
    if (!format[0] || !format[1]) break;
    text_convert(t, format[1], &copy);
    format += 2;
  }
  va_end(copy.list);
}

void bl_text_format(bl_text *t, const char *format, ...) {
  va_list args;

  va_start(args, format);
  bl_text_vformat(t, format, args);
  va_end(args);
}

/* What a message quotes may be anything; the message itself is UTF-8 without
 * control characters that would hide its end. */
static void text_make_valid(char *text, size_t len) {
  size_t i = 0;

  while (i < len) {
    size_t width = bl_utf8_char(text + i, len - i);

    if (width == 0) text[i] = '?';
    i += width ? width : 1;
  }
}

void bl_format_into(char *out, size_t size, const char *format,
                    va_list args) {
  bl_text t = {NULL, out, 0, size, 0};

  assert(size > 0);
  out[0] = '\0';
  bl_text_vformat(&t, format, args);
  if (t.failed) t.len = bl_utf8_cut(out, t.len, t.len);
  text_make_valid(out, t.len);
  out[t.len] = '\0';
}

static int utf8_follows(unsigned char c) {
  return (c & 0xC0) == 0x80;
}

/* After RFC 3629's table: the second byte's range depends on the first. */
size_t bl_utf8_char(const char *text, size_t len) {
  const unsigned char *p = (const unsigned char *)text;
  unsigned char low = 0x80, high = 0xBF;
  size_t width;

  if (len == 0 || p[0] == 0) return 0;
  if (p[0] < 0x80) return 1;
  if (p[0] < 0xC2 || p[0] > 0xF4) return 0;
  width = p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : 4;
  if (width > len) return 0;
  if (p[0] == 0xE0) low = 0xA0;
  if (p[0] == 0xED) high = 0x9F;
  if (p[0] == 0xF0) low = 0x90;
  if (p[0] == 0xF4) high = 0x8F;
  if (p[1] < low || p[1] > high) return 0;
  for (size_t i = 2; i < width; i++)
    if (!utf8_follows(p[i])) return 0;
  return width;
}

size_t bl_utf8_put(uint32_t code, char *out) {
  size_t len = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  static const unsigned first[] = {0, 0, 0xC0, 0xE0, 0xF0};

  assert(code > 0 && code <= 0x10FFFF && (code < 0xD800 || code > 0xDFFF));
  for (size_t i = len; i-- > 1; code >>= 6)
    out[i] = (char)(0x80 | (code & 0x3F));
  out[0] = (char)(first[len] | code);
  return len;
}

#define TEXT_EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

/* Eight bytes at a time: bit 7 is set by what is not ASCII, by adding 1 to
 * 7F, and it is missing when 60 was added to less than 20. */
size_t bl_ascii_front(const char *text, size_t len) {
  size_t i = 0;

  for (; len - i >= 8; i += 8) {
    uint64_t v;
    memcpy(&v, text + i, sizeof v);
    if ((v | (v + TEXT_EACH(1))) & TEXT_EACH(0x80) ||
        ~(v + TEXT_EACH(0x60)) & TEXT_EACH(0x80)) return i;
  }
  while (i < len && text[i] >= 0x20 && text[i] < 0x7F) i++;
  return i;
}

#undef TEXT_EACH

int bl_utf8_is_valid(const char *text, size_t len) {
  size_t i = bl_ascii_front(text, len);

  while (i < len) {
    size_t width = bl_utf8_char(text + i, len - i);

    if (width == 0) return 0;
    i += width;
  }
  return 1;
}

/* The width that a first byte announces. */
static size_t utf8_width(unsigned char c) {
  if (c < 0xC0) return 1;
  return c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
}

size_t bl_utf8_cut(const char *text, size_t len, size_t max) {
  size_t end = len < max ? len : max;
  size_t start = end;

  if (end == 0) return 0;
  do start--;
  while (start > 0 && end - start < 4 &&
         utf8_follows((unsigned char)text[start]));
  if (utf8_width((unsigned char)text[start]) > end - start) return start;
  return end;
}

int bl_int_parse(bl_str s, int64_t *out) {
  size_t i = s.len > 0 && s.text[0] == '-';
  uint64_t most = (uint64_t)INT64_MAX + (i == 1), v = 0;

  if (i == s.len || (s.text[i] == '0' && s.len > i + 1)) return 0;
  for (; i < s.len; i++) {
    unsigned digit = (unsigned)(unsigned char)s.text[i] - '0';

    if (digit > 9 || v > (most - digit) / 10) return 0;
    v = v * 10 + digit;
  }
  *out = s.text[0] != '-' ? (int64_t)v : v ? -(int64_t)(v - 1) - 1 : 0;
  return 1;
}
