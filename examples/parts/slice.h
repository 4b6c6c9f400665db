/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * slice.h - looks into JSON text without copying it.  The library checks what
 * it is given and writes what is well formed, so this only has to find its
 * way; on other text it ends early and never leaves the slice.
 */
#ifndef SLICE_H
#define SLICE_H

#include <billing.h>

#include "buffer.h"

typedef struct slices {       /* the members or items of one value */
  const char *at;
  const char *end;
  billing_str key;            /* as it stands there, without its quotes */
  billing_str value;
  int         is_object;
} slices;

billing_str slice_of(const billing_doc *doc);
/* '{', '[', '"', 't', 'f', 'n', a digit or '-', or 0 when it is empty. */
char slice_kind(billing_str value);
/* Opens an object or an array; anything else has no members. */
void slices_open(slices *s, billing_str value);
int  slices_next(slices *s);
/* By a path such as "service.from" or "totals.0.due"; empty when it is not
 * there. */
billing_str slice_get(billing_str value, const char *path);
/* What a person reads: text without quotes and escapes, null as nothing. */
void slice_plain(billing_str value, buffer *out);
int  slice_is(billing_str value, const char *text);   /* compared as text */

#endif
