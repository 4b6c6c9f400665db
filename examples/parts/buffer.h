/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * buffer.h - a text that grows.  When memory runs out it stays as it is and
 * remembers: look at `failed` once, at the end.
 */
#ifndef BUFFER_H
#define BUFFER_H

#include <stddef.h>
#include <stdint.h>

typedef struct buffer {
  char  *text;       /* NUL-ended once anything was added */
  size_t len;
  size_t room;
  int    failed;
} buffer;

void buffer_add(buffer *t, const char *more, size_t len);
void buffer_c(buffer *t, const char *more);
void buffer_fill(buffer *t, char c, size_t count);
void buffer_u64(buffer *t, uint64_t n);
void buffer_i64(buffer *t, int64_t n);
/* In quotes, as a JSON string. */
void buffer_quoted(buffer *t, const char *more, size_t len);
void buffer_empty(buffer *t);            /* keeps its memory */
void buffer_free(buffer *t);

#endif
