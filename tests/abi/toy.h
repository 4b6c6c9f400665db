/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* toy.h - a small interface of our shapes, for mutants.sh to change. */
#ifndef TOY_H
#define TOY_H
#include <stddef.h>
#include <stdint.h>

typedef struct toy toy;

typedef struct toy_str {
  const char *text;
  size_t      len;
} toy_str;

typedef struct toy_terms {
  uint32_t struct_size;
  uint32_t flags;
  int64_t  from_us;
  int64_t  to_us;
  toy_str  name;
} toy_terms;

typedef struct toy_methods {
  uint32_t struct_size;
  uint32_t abi;
  int (*begin)(void *s, uint32_t mode);
  int (*commit)(void *s);
  void (*close)(void *s);
} toy_methods;

int toy_open(toy **out, const toy_methods *methods, const toy_terms *terms);
int toy_limit(const toy *t, uint32_t which);
void toy_close(toy *t);
#endif
