/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* query.h - members of a query, by a table: what is not in it is refused. */
#ifndef BL_QUERY_H
#define BL_QUERY_H

#include "engine/engine.h"

/* What a query may say; texts are the tree's. */
typedef struct bl_query {
  bl_json    *tree;        /* NULL when the query was empty */
  const char *kind;        /* of documents; not a member */
  bl_str   customer;
  bl_str   contract;
  bl_str   asset;
  bl_str   status;
  bl_str   account;
  bl_str   after;
  bl_str   invoice;
  bl_str   id;
  bl_str   meter;
  bl_str   window;
  bl_str   zone;
  const bl_json *group_by; /* NULL: not asked for */
  const bl_json *filters;
  const bl_json *properties;
  int64_t  as_of_us;       /* INT64_MAX: not asked for */
  int64_t  known_at_us;
  bl_str   reason;
  bl_str   secret;
  bl_str   mode;
  bl_str   format;
  int64_t  at_us;          /* INT64_MIN: not asked for */
  const bl_json *documents;
  const bl_json *instead;
  int64_t  limit;
  int64_t  line;
  int64_t  events;
  int64_t  examples;
  int64_t  from_us;
  int64_t  to_us;
  uint64_t archived;
  uint64_t prices;
  uint64_t running;
  uint64_t shared;
  const void *also;        /* what is given beside the query; not a member */
} bl_query;

/* What a reading function is made of. */
typedef struct bl_question {
  const char        *text;
  size_t             len;
  const char *const *allowed;    /* the members it may have, NULL-ended */
  const char        *kind;       /* of documents, or NULL */
  int (*answer)(bl_call *c, const bl_query *q, billing_doc **out);
} bl_question;

/*
 * Enters, reads the query, lets the question answer, leaves; *out is filled on
 * success only.  limit is 100 unless given, 1 to 1000; from and to span all
 * time.
 */
int bl_question_ask(billing *b, const billing_call *call,
                    const bl_question *question, billing_doc **out,
                    billing_error *err);
/* The same as a trial (trial.h). */
int bl_question_try(billing *b, const billing_call *call,
                    const bl_question *question, const void *also,
                    billing_doc **out, billing_error *err);

/* The number with which the page before ended; 0: there was none. */
int bl_query_after(bl_call *c, const bl_query *q, int64_t *out);

#endif
