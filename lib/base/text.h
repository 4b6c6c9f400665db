/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * text.h - growing text with sticky failure, UTF-8 checking, and the number
 * formats that libc would do through the locale.
 */
#ifndef BL_TEXT_H
#define BL_TEXT_H

#include <stdarg.h>

#include "base/arena.h"
#include "base/dec.h"

typedef struct bl_text {
  bl_arena *arena;
  char     *text;          /* NUL-ended once anything was added */
  size_t    len;
  size_t    cap;
  uint32_t  failed;        /* sticky */
} bl_text;

void bl_text_open(bl_text *t, bl_arena *arena);
void bl_text_add(bl_text *t, const char *text, size_t len);
/* One byte. */
static inline void bl_text_byte(bl_text *t, char c) {
  if (t->failed || t->cap - t->len < 2) {
    bl_text_add(t, &c, 1);
    return;
  }
  t->text[t->len++] = c;
  t->text[t->len] = '\0';
}
void bl_text_str(bl_text *t, bl_str s);
void bl_text_c(bl_text *t, const char *text);
void bl_text_int(bl_text *t, int64_t v);
void bl_text_dec(bl_text *t, bl_dec v);
/* A JSON string with its quotes; escapes ", \ and control characters. */
void bl_text_json(bl_text *t, bl_str s);
/* n copies of c, for padding. */
void bl_text_fill(bl_text *t, char c, size_t n);

/*
 * A formatter of our own, independent of the locale:
 *   %s const char *   %t const bl_str *   %i int64_t   %d const bl_dec *
 *   %T int64_t, microseconds as RFC 3339 in UTC   %% a percent sign
 */
void bl_text_format(bl_text *t, const char *format, ...);
void bl_text_vformat(bl_text *t, const char *format, va_list args);

/* The same into a fixed buffer, cut at a whole UTF-8 character, NUL-ended.
 * Bytes of the arguments that are not UTF-8, and NUL, become '?'. */
void bl_format_into(char *out, size_t size, const char *format, va_list args);

/* How many bytes in front are ASCII that shows itself: from the space to the
 * tilde.  May stop at up to seven bytes before the first that is not. */
size_t bl_ascii_front(const char *text, size_t len);
/* Whether the text is valid UTF-8 without NUL, surrogates and overlongs. */
int bl_utf8_is_valid(const char *text, size_t len);
/* How many bytes the valid character at the front has; 0 for none, for NUL
 * and for what is not UTF-8. */
size_t bl_utf8_char(const char *text, size_t len);
/* Writes a character, not NUL, to out, which has room for 4 bytes; returns how
 * many it has. */
size_t bl_utf8_put(uint32_t code, char *out);
/* The longest prefix of at most `max` bytes that ends at a character. */
size_t bl_utf8_cut(const char *text, size_t len, size_t max);

/* v and a NUL into out, which holds BL_INT_TEXT bytes; returns the length. */
#define BL_INT_TEXT 21
size_t bl_int_print(int64_t v, char *out);
/* [-]digits without leading zeros to int64; 0 when it is not wholly a number
 * that fits. */
int bl_int_parse(bl_str s, int64_t *out);

#endif
