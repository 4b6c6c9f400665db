/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* buffer.c - a text that grows. */
#include "buffer.h"

#include <stdlib.h>
#include <string.h>

static int make_room(buffer *t, size_t more) {
  size_t room = t->room ? t->room : 64;
  char *moved;

  if (t->failed) return 0;
  if (t->room - t->len > more) return 1;     /* the NUL has its place too */
  while (room - t->len <= more) {
    if (room > SIZE_MAX / 2) { t->failed = 1; return 0; }
    room *= 2;
  }
  moved = realloc(t->text, room);
  if (!moved) { t->failed = 1; return 0; }
  t->text = moved;
  t->room = room;
  return 1;
}

void buffer_add(buffer *t, const char *more, size_t len) {
  if (!make_room(t, len)) return;
  if (len) memcpy(t->text + t->len, more, len);
  t->len += len;
  t->text[t->len] = '\0';
}

void buffer_c(buffer *t, const char *more) {
  buffer_add(t, more, strlen(more));
}

void buffer_fill(buffer *t, char c, size_t count) {
  if (!make_room(t, count)) return;
  memset(t->text + t->len, c, count);
  t->len += count;
  t->text[t->len] = '\0';
}

void buffer_u64(buffer *t, uint64_t n) {
  char digits[20];
  size_t at = sizeof digits;

  do {
    digits[--at] = (char)('0' + n % 10);
    n /= 10;
  } while (n);
  buffer_add(t, digits + at, sizeof digits - at);
}

void buffer_i64(buffer *t, int64_t n) {
  if (n < 0) buffer_c(t, "-");
  buffer_u64(t, n < 0 ? -(uint64_t)n : (uint64_t)n);
}

void buffer_quoted(buffer *t, const char *more, size_t len) {
  static const char hex[] = "0123456789abcdef";
  size_t from = 0;

  buffer_c(t, "\"");
  for (size_t i = 0; i < len; i++) {
    unsigned char c = (unsigned char)more[i];
    char escape[] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    buffer_add(t, more + from, i - from);
    from = i + 1;
    if (c >= 0x20) escape[1] = (char)c;
    buffer_add(t, escape, c >= 0x20 ? 2 : sizeof escape);
  }
  buffer_add(t, more + from, len - from);
  buffer_c(t, "\"");
}

void buffer_empty(buffer *t) {
  t->len = 0;
}

void buffer_free(buffer *t) {
  free(t->text);
  memset(t, 0, sizeof *t);
}
