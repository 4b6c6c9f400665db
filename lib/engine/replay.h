/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * replay.h - the history of some customers once more, under other documents.
 *
 *     recorded               3 Jan  plan "pro", contract "k1"
 *                            5 Jan  1,000 events, 9 Jan a grant, 31 Jan closed
 *     laid over              a plan "pro" with other prices
 *     happens again          on a handle of its own, in memory, with the same
 *                            clock: other prices, other draws
 *
 * What was asked of the library is asked again, in the order and at the times
 * of the journal: documents, grants, events, voids, advances, rebuilding.
 * What was decided is not looked at.  Holds are not repeated: what they
 * reserved is free.  Several customers share a handle, so that an entry with
 * events of all of them is read once; they do not notice each other.
 */
#ifndef BL_REPLAY_H
#define BL_REPLAY_H

#include "engine/engine.h"

/* A document of the catalog as it was put, or archived; or how far a meter or
 * a plan was rebuilt: kind BL_REPLAY_REBUILT. */
#define BL_REPLAY_REBUILT BL_KINDS
typedef struct bl_replay_document {
  int64_t  seq;
  int64_t  at_us;
  uint64_t kind;               /* BL_KIND_* */
  uint64_t number;             /* its own; of what is rebuilt */
  uint64_t version;            /* rebuilt: of a meter's rules, of a plan */
  uint64_t is_plan;            /* rebuilt */
  uint64_t through;            /* rebuilt: customers up to here */
  uint64_t archived;
  bl_str   id;
  bl_str   json;
} bl_replay_document;

/* What was taken then and is refused now. */
typedef struct bl_replay_refusals {
  uint64_t      count;
  uint64_t      event;         /* the first one's number; 0: it was none */
  billing_error first;
} bl_replay_refusals;

typedef struct bl_replay_one {
  const bl_customer *customer;     /* NULL: erased */
  bl_replay_refusals refused;
} bl_replay_one;

typedef struct bl_replay {
  bl_call            *c;
  const bl_json      *documents;   /* laid over; NULL: none */
  const bl_json      *instead;     /* plan -> plan; NULL: none */
  bl_arena            arena;       /* of the catalog */
  bl_replay_document *catalog;     /* in the order of the journal */
  size_t              count;
  size_t              cap;
  bl_str              tenant;      /* its document */
  bl_replay_one      *who;         /* from here on of some customers, whose */
  size_t              who_count;   /* numbers follow one upon the other */
  uint64_t            first;       /* number of the first */
  billing            *b;           /* where it happens again */
  int64_t             now_us;
  int64_t             seq;         /* of the entry that is asked again */
  bl_arena            own;         /* of the entry at hand */
  uint32_t            has_plans;   /* those laid over were put */
  uint32_t            reserved;
  bl_replay_refusals  refused;     /* of the catalog */
} bl_replay;

/* Reads the catalog and checks what is laid over; to be closed in any case. */
int  bl_replay_open(bl_replay *r, bl_call *c, const bl_json *documents,
                    const bl_json *instead);
void bl_replay_close(bl_replay *r);
/* All of their history; r->b is theirs until bl_replay_drop. */
int  bl_replay_run(bl_replay *r, bl_replay_one *who, size_t count,
                   uint64_t first);
void bl_replay_drop(bl_replay *r);

/* ---- replay_catalog.c ---- */

int bl_replay_read(bl_replay *r);
/* From *at on what was before an entry of the journal. */
int bl_replay_until(bl_replay *r, size_t *at, int64_t seq);

/* ---- replay_document.c ---- */

int bl_replay_check(bl_replay *r);
/* The tenant and the meters, before everything else. */
int bl_replay_start(bl_replay *r);
/* The document that is laid over all versions of one, or NULL. */
const bl_json *bl_replay_over(const bl_replay *r, uint64_t kind, bl_str id);
/* One of the catalog; one of a customer's. */
int bl_replay_catalog(bl_replay *r, const bl_replay_document *document);
int bl_replay_own(bl_replay *r, bl_replay_one *one,
                  const bl_fact_document *fact);

/* ---- replay_grant.c ---- */

int bl_replay_grant(bl_replay *r, bl_replay_one *one,
                    const bl_fact_grant *fact);
int bl_replay_change(bl_replay *r, bl_replay_one *one,
                     const bl_fact_grant_change *fact);

/* ---- shared by all ---- */

billing_call bl_replay_call(const bl_replay *r, bl_str key);
/* Such as "grant 7", as the key of what is asked again. */
bl_str bl_replay_key(bl_replay *r, const char *prefix, uint64_t number);
/* The words of a call on r->b become those of the call. */
int bl_replay_fail(bl_replay *r, int rc, const char *path,
                   const billing_error *why);
/* Counts what is only refused; what ends the call is returned. */
int bl_replay_refuse(bl_replay *r, bl_replay_refusals *refused, int rc,
                     uint64_t event, const billing_error *why);

#endif
