/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* doc.h - texts that are given to the caller. */
#ifndef BL_DOC_H
#define BL_DOC_H

#include "base/arena.h"

/* A copy of the text that outlives everything; NOMEM leaves *out alone. */
int bl_doc_of_text(const billing_allocator *host, const char *text, size_t len,
                   billing_doc **out);

#endif
