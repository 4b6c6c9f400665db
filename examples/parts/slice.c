/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* slice.c - looks into JSON text without copying it. */
#include "slice.h"

#include <stdlib.h>
#include <string.h>

billing_str slice_of(const billing_doc *doc) {
  return (billing_str){billing_doc_text(doc), billing_doc_len(doc)};
}

static const char *skip_space(const char *at, const char *end) {
  while (at < end && (*at == ' ' || *at == '\n' || *at == '\r' ||
                      *at == '\t'))
    at++;
  return at;
}

static const char *skip_text(const char *at, const char *end) {
  for (at++; at < end && *at != '"'; at++)
    if (*at == '\\') at++;
  return at < end ? at + 1 : end;
}

/* Behind the value that starts here. */
static const char *skip_value(const char *at, const char *end) {
  int depth = 0;

  do {
    if (at < end && *at == '"') {
      at = skip_text(at, end);
    } else if (at < end && (*at == '{' || *at == '[')) {
      depth++;
      at++;
    } else if (at < end && (*at == '}' || *at == ']')) {
      depth--;
      at++;
    } else if (depth) {
      at++;
    } else {
      while (at < end && !strchr(",]} \n\r\t", *at)) at++;
    }
  } while (depth > 0 && at < end);
  return at < end ? at : end;
}

char slice_kind(billing_str value) {
  const char *at = value.text;

  if (!value.len) return '\0';
  at = skip_space(at, at + value.len);
  return at < value.text + value.len ? *at : '\0';
}

void slices_open(slices *s, billing_str value) {
  char kind = slice_kind(value);

  memset(s, 0, sizeof *s);
  if (!kind) return;
  s->end = value.text + value.len;
  s->at = s->end;
  s->is_object = kind == '{';
  if (kind == '{' || kind == '[')
    s->at = skip_space(value.text, s->end) + 1;
}

int slices_next(slices *s) {
  const char *from;

  s->at = skip_space(s->at, s->end);
  if (s->at < s->end && *s->at == ',') s->at = skip_space(s->at + 1, s->end);
  if (s->at >= s->end || *s->at == '}' || *s->at == ']') return 0;
  if (s->is_object) {
    from = s->at + 1;
    if (*s->at != '"') return 0;
    s->at = skip_text(s->at, s->end);
    if (s->at <= from) return 0;
    s->key = (billing_str){from, (size_t)(s->at - from - 1)};
    s->at = skip_space(s->at, s->end);
    if (s->at >= s->end || *s->at != ':') return 0;
    s->at = skip_space(s->at + 1, s->end);
  }
  from = s->at;
  s->at = skip_value(from, s->end);
  s->value = (billing_str){from, (size_t)(s->at - from)};
  return s->at > from;
}

static billing_str member_at(billing_str value, const char *name,
                             size_t len) {
  billing_str none = {NULL, 0};
  size_t place = 0;
  slices s;

  slices_open(&s, value);
  while (slices_next(&s)) {
    if (!s.is_object && place++ == strtoul(name, NULL, 10)) return s.value;
    if (s.is_object && s.key.len == len && !memcmp(s.key.text, name, len))
      return s.value;
  }
  return none;
}

billing_str slice_get(billing_str value, const char *path) {
  while (*path) {
    size_t len = strcspn(path, ".");
    value = member_at(value, path, len);
    if (!value.text) return value;
    path += len + (path[len] == '.');
  }
  return value;
}

static unsigned hex4(const char *at) {
  char digits[5] = {at[0], at[1], at[2], at[3], '\0'};

  return (unsigned)strtoul(digits, NULL, 16);
}

static void add_utf8(buffer *out, unsigned c) {
  char bytes[4];
  size_t len = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
  static const unsigned char first[] = {0, 0, 0xC0, 0xE0, 0xF0};

  for (size_t i = len; i > 1; i--, c >>= 6)
    bytes[i - 1] = (char)(0x80 | (c & 0x3F));
  bytes[0] = (char)(first[len] | c);
  if (len == 1 && c < 0x20) bytes[0] = ' ';    /* it must not break a row */
  buffer_add(out, bytes, len);
}

/* The escape behind the backslash at `at`; returns what follows it. */
static const char *add_escape(buffer *out, const char *at, const char *end) {
  unsigned c;

  if (at >= end) return end;
  if (*at != 'u') {
    buffer_add(out, strchr("bfnrt", *at) ? " " : at, 1);
    return at + 1;
  }
  if (end - at < 5) return end;
  c = hex4(at + 1);
  at += 5;
  if (c >= 0xD800 && c < 0xDC00 && end - at >= 6 && at[0] == '\\') {
    c = 0x10000 + ((c - 0xD800) << 10) + (hex4(at + 2) & 0x3FF);
    at += 6;
  }
  add_utf8(out, c);
  return at;
}

void slice_plain(billing_str value, buffer *out) {
  const char *at = value.text, *end = value.text + value.len;

  if (!value.len || *at == 'n') return;
  if (*at != '"') {
    buffer_add(out, at, value.len);
    return;
  }
  for (at++, end--; at < end;) {
    const char *from = at;
    while (at < end && *at != '\\') at++;
    buffer_add(out, from, (size_t)(at - from));
    if (at < end) at = add_escape(out, at + 1, end);
  }
}

int slice_is(billing_str value, const char *text) {
  buffer plain = {0};
  int is;

  slice_plain(value, &plain);
  is = plain.len == strlen(text) &&
       (!plain.len || !memcmp(plain.text, text, plain.len));
  buffer_free(&plain);
  return is;
}
