/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* toy.c - behind toy.h; calls calloc, which must not count as ours. */
#include "toy.h"

#include <stdlib.h>

struct toy {
  const toy_methods *methods;
  int64_t            from_us;
};

int toy_open(toy **out, const toy_methods *methods, const toy_terms *terms) {
  toy *t = calloc(1, sizeof *t);
  if (!t) return 1;
  t->methods = methods;
  t->from_us = terms->from_us;
  *out = t;
  return 0;
}

int toy_limit(const toy *t, uint32_t which) {
  return t ? (int)which : 0;
}

void toy_close(toy *t) {
  free(t);
}
