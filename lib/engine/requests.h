/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* requests.h - idempotency keys of requests: grants, their changes, holds. */
#ifndef BL_REQUESTS_H
#define BL_REQUESTS_H

#include "engine/named.h"

typedef struct bl_request_key {
  unsigned char hash[16];
  uint64_t      content;
  bl_request    used;        /* for this; kind 0: new */
} bl_request_key;

/*
 * The call's key.  CONFLICT_KEY when it was used for something else, or with
 * other content; content NULL does not compare.
 */
int bl_request_read(bl_call *c, int64_t kind, const bl_text *content,
                    bl_request_key *out);

#endif
