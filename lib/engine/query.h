/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* query.h - members of a query, by a table: what is not in it is refused. */
#ifndef BL_QUERY_H
#define BL_QUERY_H

#include "engine/engine.h"

/* What a query may say; texts are the tree's. */
typedef struct bl_query {
  bl_json *tree;           /* free it; NULL when the query was empty */
  bl_str   customer;
  bl_str   contract;
  bl_str   asset;
  bl_str   account;
  bl_str   after;
  bl_str   invoice;
  bl_str   id;
  int64_t  limit;
  int64_t  line;
  int64_t  events;
  int64_t  from_us;
  int64_t  to_us;
  uint64_t archived;
} bl_query;

/* Reads it; `allowed` lists the members this query may have, NULL-ended.
 * limit is 100 unless given, 1 to 1000; from and to span all time. */
int bl_query_open(bl_call *c, const char *query, size_t len,
                  const char *const *allowed, bl_query *out);
void bl_query_close(bl_query *q);

#endif
