/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * text.h - a text that grows.  When memory runs out it stays as it is and
 * remembers: look at `failed` once, at the end.
 */
#ifndef TEXT_H
#define TEXT_H

#include <stddef.h>
#include <stdint.h>

typedef struct text {
  char  *text;       /* NUL-ended once anything was added */
  size_t len;
  size_t room;
  int    failed;
} text;

void text_add(text *t, const char *more, size_t len);
void text_c(text *t, const char *more);
void text_fill(text *t, char c, size_t count);
void text_u64(text *t, uint64_t n);
void text_i64(text *t, int64_t n);
/* In quotes, as a JSON string. */
void text_quoted(text *t, const char *more, size_t len);
void text_empty(text *t);            /* keeps its memory */
void text_free(text *t);

#endif
