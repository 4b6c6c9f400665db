/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * timeline.h - a contract as a timeline of prices, each for an interval.
 *
 *     version 1 of the plan: calls at 1.00; an override: 0.80 in March
 *     0  [1 Jan, 1 Mar)   1.00
 *     1  [1 Mar, 1 Apr)   0.80
 *     2  [1 Apr, ..)      1.00
 *     version 2, from 1 June on: calls at 1.20
 *     2  [1 Apr, 1 Jun)   1.00
 *     3  [1 Jun, ..)      1.20
 *
 * What is booked is booked under a place in the timeline.  So a new document
 * of the contract, or a version of the plan that it follows, adds intervals at
 * the end and cuts older ones, and a price that stays as it was goes on in its
 * interval.  The document's entry says the timeline as it was laid; versions
 * that came later are laid again in their order, whenever the contract comes
 * to memory.
 */
#ifndef BL_TIMELINE_H
#define BL_TIMELINE_H

#include "engine/engine.h"

/* ---- versions.c ---- */

/* The entry by which a customer comes to a version of a plan that it follows;
 * INT64_MAX: not yet. */
int64_t bl_plan_comes(const bl_plan_state *plan,
                      const bl_plan_version *version, uint64_t customer);
/* The newest version of the past that not everybody has come to; NULL. */
const bl_plan_version *bl_plan_awaited(const bl_plan_state *plan);
/* The last customer who has come to it. */
uint64_t bl_plan_through(const bl_plan_state *plan,
                         const bl_plan_version *version);
/* From when on an entry brings the contract to versions of the past that its
 * document does not know, INT64_MAX: those that it has still to come to;
 * BL_TIME_NEVER: there are none. */
int64_t bl_plan_since(const bl_contract *contract, int64_t seq);

/* ---- timeline.c: what holds when ---- */

/* The version that holds at a moment for who follows the plan. */
const bl_plan_version *bl_plan_at(const bl_plan_state *plan, int64_t us);
static inline uint32_t bl_timeline_rank(const bl_plan_version *plan,
                                        uint64_t price) {
  return plan->intervals ? plan->intervals[price].rank : (uint32_t)price;
}
/* The places of all keys in the order of an invoice, in the call's arena; NULL
 * when memory is out. */
size_t *bl_timeline_ranked(bl_call *c, const bl_plan_version *plan);
/* Whether the first of the price's intervals that meet a span is this one. */
int bl_timeline_leads(const bl_plan_version *plan, uint64_t price,
                      bl_span span);
/* Whether a price is the one for a sample of that time.  Counts and sums are
 * priced by the interval that holds it; what is one figure of a period, such
 * as a maximum, by the one that leads in it. */
int bl_timeline_prices(const bl_contract *contract, const bl_meter *meter,
                       uint64_t price, int64_t us, uint64_t period);
/* Whether usage in one interval moves the tiers of another one. */
int bl_timeline_precedes(const bl_contract *contract, const bl_meter *meter,
                         uint64_t a, uint64_t b);
/* The part of a period that a line is for. */
bl_span bl_timeline_service(const bl_contract *contract, uint64_t price,
                            uint64_t period);
/* Usage that came late into an earlier interval moves the tiers of those after
 * it: books what they have come to, of the periods [0, periods); *out, unless
 * it is NULL, says what that was. */
int bl_timeline_settle(bl_call *c, bl_contract *contract, uint64_t periods,
                       bl_fact_ticks *out);

/* ---- timeline_lay.c: laying it ---- */

/* What a timeline is laid by. */
typedef struct bl_lay {
  bl_arena                *arena;
  const bl_plan_state     *plan;
  const bl_contract_terms *terms;
  uint64_t                 customer;   /* who: versions before `laid`, and */
  uint64_t                 laid;       /* those that he has come to by an */
  int64_t                  as_of;      /* entry, are there */
  bl_fact_interval        *item;
  size_t                   count;
  size_t                   cap;
} bl_lay;

/* The intervals that a contract has, also one that only has a plan. */
int bl_lay_start(bl_lay *lay, const bl_contract *was);
/* From a moment on overrides hold as the terms say, and from another one on,
 * not before it, versions; pinned: of one that stays with a version, which. */
int bl_lay_from(bl_lay *lay, int64_t from_us, int64_t versions_us,
                uint64_t pinned);
/* The prices of the intervals, under the overrides; what cannot be changed so
 * is an error (INVALID, LIMIT) of the override *bad, or, with `unfit` for each
 * interval, stays as it is. */
int bl_lay_prices(const bl_lay *lay, bl_arena *a, bl_price *prices,
                  unsigned char *unfit, size_t *bad);

/* ---- timeline_why.c ---- */

/* The values of a group, which is canonical JSON. */
int bl_group_values(bl_str group, bl_arena *a, bl_named_list *out);

/* The override that prices a group of a price, NULL for none; *why says for
 * each what became of it, when the contract has any. */
int bl_timeline_why(const bl_contract *contract, uint64_t price,
                    bl_str group, bl_arena *a, uint32_t **why,
                    const bl_override **best);

/* ---- timeline_past.c ---- */

/* The contract as an entry of the past knew it: its terms and prices are those
 * of then, in the call's arena, and its tallies those of now. */
int bl_timeline_past(bl_call *c, const bl_contract *contract, int64_t seq,
                     bl_contract *out);

/* ---- timeline_draft.c ---- */

/* The contract's timeline under a new document, NULL `was` for a new contract:
 * fills the fact's.  From *since_us on, before the clock, it may be another
 * one than before; BL_TIME_NEVER: it is not. */
int bl_timeline_draft(bl_call *c, const char *path, const bl_json *doc,
                      bl_contract_terms *terms, const bl_contract *was,
                      const bl_zone *zone, bl_fact_document *fact,
                      int64_t *since_us);
/* As it is. */
int bl_timeline_copy(bl_call *c, const bl_contract *contract,
                     bl_fact_document *fact);

/* ---- fold_plan.c ---- */

/* The contract has the timeline; versions of the plan that the entry does not
 * know follow, those that it came to before another entry.  All in the arena.
 */
int bl_timeline_fold(bl_tenant *t, bl_arena *a, bl_contract *contract,
                     const bl_fact_document *fact, int64_t before);
/* Customers up to a number have come to versions of a plan. */
int bl_fold_plan_step(bl_fold *f, const bl_fact_rerate *fact);

#endif
