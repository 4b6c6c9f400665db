/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * base.h - what every file of the library includes first: the public types
 * under their short names, and the few macros that the whole tree shares.
 */
#ifndef BL_BASE_H
#define BL_BASE_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "billing.h"

typedef billing_str bl_str;           /* text and its length, not owned */

/* A C string constant as a bl_str. */
#define BL_STR(literal) ((bl_str){(literal), sizeof(literal) - 1})
#define BL_COUNT(array) (sizeof(array) / sizeof *(array))

/*
 * An internal check that must survive in release builds: it yields
 * BILLING_INTERNAL, because a library does not end its host's process.
 */
#define BL_MUST(x) ((x) ? BILLING_OK : BILLING_INTERNAL)

/* Most texts are short, and a call of memcpy costs more than they do: the
 * first and the last word of a short one may overlap. */
static inline void bl_copy(void *to, const void *from, size_t len) {
  unsigned char *at = (unsigned char *)to;
  const unsigned char *p = (const unsigned char *)from;

  if (len > 16) {
    memcpy(at, p, len);
  } else if (len >= 8) {
    memcpy(at, p, 8);
    memcpy(at + len - 8, p + len - 8, 8);
  } else if (len >= 4) {
    memcpy(at, p, 4);
    memcpy(at + len - 4, p + len - 4, 4);
  } else if (len) {
    at[0] = p[0];
    at[len / 2] = p[len / 2];
    at[len - 1] = p[len - 1];
  }
}

static inline int bl_str_equal(bl_str a, bl_str b) {
  return a.len == b.len && (a.len == 0 || memcmp(a.text, b.text, a.len) == 0);
}

/* As memcmp, a shorter text first: -1, 0, 1. */
static inline int bl_str_order(bl_str a, bl_str b) {
  size_t shared = a.len < b.len ? a.len : b.len;
  int order = shared ? memcmp(a.text, b.text, shared) : 0;

  if (order) return order < 0 ? -1 : 1;
  return (a.len > b.len) - (a.len < b.len);
}

static inline bl_str bl_str_of(const char *text) {
  bl_str s = {text, text ? strlen(text) : 0};
  return s;
}

static inline int bl_str_is(bl_str a, const char *text) {
  return bl_str_equal(a, bl_str_of(text));
}

/*
 * Asks memory for what will be read soon.  The empty statement counts as an
 * effect: without one a compiler takes a function that only asks for idle, and
 * leaves out its calls.
 */
static inline void bl_prefetch(const void *p) {
  __builtin_prefetch(p);
  __asm__ volatile("" : : "r"(p));
}

/* Between two looks at what another thread is about to change. */
static inline void bl_pause(void) {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

static inline void bl_prefetch_all(const void *p, size_t size) {
  for (size_t i = 0; i < size; i += 64) bl_prefetch((const char *)p + i);
}

#endif
