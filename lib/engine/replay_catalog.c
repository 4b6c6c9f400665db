/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* replay_catalog.c - the entries that are nobody's: documents of the catalog,
 * and how far meters and plans were rebuilt; see replay.h. */
#include "engine/documents.h"
#include "engine/index.h"
#include "engine/replay.h"

/* ---- what was put ---- */

static void fill_document(bl_replay_document *d,
                          const bl_fact_document *fact) {
  d->kind = fact->kind;
  d->number = fact->number;
  d->version = fact->version;
  d->archived = fact->archived;
  d->id = fact->id;
  d->json = fact->json;
}

static int keep_document(bl_replay *r, const bl_entry *entry) {
  bl_replay_document *d;
  bl_entry_facts facts;
  int rc = bl_entry_read(entry, &r->arena, &facts);

  if (rc) return rc;
  d = bl_arena_push(&r->arena, (void **)&r->catalog, &r->count, &r->cap,
                    sizeof *d);
  if (!d) return BILLING_NOMEM;
  r->count++;
  d->seq = entry->seq;
  d->at_us = entry->at_us;
  if (entry->kind != BL_ENTRY_RERATE) {
    fill_document(d, &facts.document);
    return BILLING_OK;
  }
  d->kind = BL_REPLAY_REBUILT;
  d->is_plan = facts.rerate.plan != 0;
  d->number = d->is_plan ? facts.rerate.plan : facts.rerate.meter;
  d->version = d->is_plan ? facts.rerate.version : facts.rerate.rules;
  d->through = facts.rerate.through;
  return BILLING_OK;
}

int bl_replay_read(bl_replay *r) {
  bl_index_wish wish = {bl_subject_customer(0), 0, BL_ALL_TIMES,
                        UINT64_C(1) << BL_ENTRY_DOCUMENT |
                            UINT64_C(1) << BL_ENTRY_RERATE};
  bl_call *c = r->c;
  int64_t *seqs;
  size_t count;
  int rc = bl_index_find(c, &wish, &r->arena, &seqs, &count);

  for (size_t i = 0; i < count && !rc; i++) {
    bl_entry entry;
    rc = bl_journal_read(c, seqs[i], &r->arena, &entry);
    if (!rc) rc = keep_document(r, &entry);
  }
  if (rc) return rc == BILLING_NOTFOUND ? BILLING_CORRUPT : rc;
  rc = bl_document_stored(c, BL_KIND_TENANT, c->t->id, &r->tenant);
  if (rc) return rc == BILLING_NOTFOUND ? BILLING_CORRUPT : rc;
  r->tenant = bl_arena_str(&r->arena, r->tenant);
  return r->arena.failed ? BILLING_NOMEM : BILLING_OK;
}

/* ---- what was rebuilt ---- */

/* How many of them have numbers up to this one: their numbers there begin
 * with 1. */
static size_t how_many(const bl_replay *r, uint64_t through) {
  size_t count = 0;

  for (size_t i = 0; i < r->who_count && r->first + i <= through; i++)
    count += r->who[i].customer != NULL;
  return count;
}

/* The document that put the meter or the plan as it is at this step. */
static const bl_replay_document *rebuilt_document(
    const bl_replay *r, const bl_replay_document *step) {
  uint64_t kind = step->is_plan ? BL_KIND_PLAN : BL_KIND_METER;

  for (const bl_replay_document *d = step; d > r->catalog; d--)
    if (d[-1].kind == kind && d[-1].number == step->number) return d - 1;
  return NULL;
}

static size_t rebuilt_before(const bl_replay *r,
                             const bl_replay_document *step) {
  for (const bl_replay_document *d = step; d > r->catalog; d--)
    if (d[-1].kind == BL_REPLAY_REBUILT && d[-1].number == step->number &&
        d[-1].is_plan == step->is_plan && d[-1].version == step->version)
      return how_many(r, d[-1].through);
  return 0;
}

/* What is laid over has nothing else to come to. */
static int again_rebuild(bl_replay *r, const bl_replay_document *step) {
  billing_call call = bl_replay_call(r, (bl_str){NULL, 0});
  size_t budget = how_many(r, step->through) - rebuilt_before(r, step);
  const bl_replay_document *of = rebuilt_document(r, step);
  billing_error err;
  int rc;

  if (!of || bl_replay_over(r, of->kind, of->id) ||
      (!budget && step->through != UINT64_MAX))
    return BILLING_OK;
  if (step->through == UINT64_MAX) budget = 0;
  BILLING_INIT(&err);
  rc = billing_rebuild(r->b, &call, bl_kind_name(of->kind), of->id.text,
                       of->id.len, (uint32_t)budget, NULL, NULL, &err);
  return rc ? bl_replay_fail(r, rc, err.path, &err) : BILLING_OK;
}

int bl_replay_until(bl_replay *r, size_t *at, int64_t seq) {
  int rc = BILLING_OK;

  for (; *at < r->count && r->catalog[*at].seq < seq && !rc; (*at)++) {
    const bl_replay_document *d = &r->catalog[*at];
    r->now_us = d->at_us;
    rc = d->kind == BL_REPLAY_REBUILT ? again_rebuild(r, d)
                                      : bl_replay_catalog(r, d);
    bl_arena_empty(&r->own, SIZE_MAX);
  }
  return rc;
}
