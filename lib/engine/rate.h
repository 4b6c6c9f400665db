/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * rate.h - deciding about one event: from its text to meters, charges and
 * draws, as a fact that is then folded.
 */
#ifndef BL_RATE_H
#define BL_RATE_H

#include "engine/engine.h"
#include "meter/measure.h"
#include "price/allowance.h"

/* ---- event_read.c: an event in normal form ---- */

typedef struct bl_event_in {
  const billing_event *event;
  bl_event             view;   /* as the kernels see it */
  bl_customer         *customer;
  uint64_t             key;    /* keyed hash of its key */
  uint64_t             number; /* of the event that the key was used for */
  int32_t              code;   /* why it is refused */
  uint32_t             twin;   /* 1 + place of the event before it in the
                                  batch that has its key */
} bl_event_in;

/* Checks all but the properties; in->code says why it is refused, err gets
 * the words.  Returns only what ends the whole call (NOMEM).  need_key: a
 * quote and an estimate have none. */
int bl_event_check(bl_call *c, const billing_event *event, int need_key,
                   bl_event_in *in);
/* Whether the tenant takes an event of that time now: INVALID_TIME.  Not asked
 * of what was recorded before. */
int bl_event_accept_bounded(bl_call *c, const bl_event_in *in);
static inline int bl_event_accept(bl_call *c, const bl_event_in *in) {
  const bl_tenant_terms *terms = &c->t->terms;

  return terms->most_age_us || terms->most_ahead_us
           ? bl_event_accept_bounded(c, in) : BILLING_OK;
}
/* Of an event whose customer was not found: what else it may be refused for.
 */
int bl_event_check_rest(bl_call *c, const bl_event_in *in);
/* Reads the properties into `members`, which must stay as they are while the
 * event is rated.  Returns why they are refused. */
int bl_event_scan(bl_call *c, bl_event_in *in, bl_members *members);
/* Both; returns why the event is refused. */
int bl_event_read(bl_call *c, const billing_event *event, int need_key,
                  bl_event_in *in, bl_members *members);
/* A line of NDJSON as an event; its texts are the line's, or the call's where
 * they had escapes.  Returns why it is refused, or NOMEM. */
int bl_event_of_line(bl_call *c, bl_str line, bl_members *members,
                     billing_event *out);
/* A CloudEvent of the line's members (cloud_event.c). */
int bl_event_is_cloud(const bl_members *members);
int bl_event_of_cloud(bl_call *c, const bl_members *members,
                      billing_event *out);
/* Whether the event is the one that was recorded with these words. */
int bl_event_is_same(bl_call *c, const bl_event_in *in,
                     const bl_fact_event *fact, const bl_event_text *text,
                     int *is_same);

/* Whether two texts of properties say the same. */
int bl_event_agrees(bl_call *c, bl_str a, bl_str b, int *agree);

/* Whether each property is one that a meter of the event, or a price of the
 * customer's, asks for; INVALID (event_known.c). */
int bl_event_check_known(bl_call *c, const bl_event_in *in);

/* Canonical JSON of properties, nothing for none. */
int bl_event_canonical(bl_str json, bl_text *out);

/* ---- rate.c ---- */

/* How draws are chosen beyond the burndown order. */
typedef struct bl_draw_rule {
  bl_draw *reserved;           /* by a hold, what no event has drawn yet: these
                                  lots first */
  size_t   count;
  uint64_t is_capped;          /* and no others */
} bl_draw_rule;

/* A growing array of draws, used again for each event. */
typedef struct bl_draws {
  bl_draw *item;
  size_t   count;
  size_t   cap;
} bl_draws;

/* How far an event came on its way to a price. */
typedef struct bl_reached {
  uint32_t is_matched;         /* by a meter */
  uint32_t is_covered;         /* by a contract */
  uint32_t is_priced;
  uint32_t is_off;             /* to a price that nobody is entitled to */
} bl_reached;

/* Why it costs nobody anything, of BL_EVENT_UNBILLED; 0: it is priced. */
static inline uint64_t bl_reached_flag(const bl_reached *r) {
  if (r->is_priced) return 0;
  if (!r->is_matched) return BILLING_RECEIPT_UNMATCHED;
  return r->is_covered && !r->is_off ? BILLING_RECEIPT_UNPRICED
                                     : BILLING_RECEIPT_UNENTITLED;
}

/* What rating events one after the other needs; one for a batch.  All of it
 * is the call's. */
typedef struct bl_rater {
  bl_call           *c;
  const bl_event_in *in;
  const bl_draw_rule *rule;
  bl_fact_event     *fact;
  bl_fact_charge    *charges;
  size_t             charge_cap;
  bl_tally         **tallies;  /* of the charges, by place */
  size_t             tally_count;
  size_t             tally_cap;
  bl_tally         **made;     /* that were not there before */
  size_t             made_count;
  size_t             made_cap;
  bl_draws           draws;    /* of all charges, in order */
  bl_lot           **lots;     /* that may pay the charge at hand */
  size_t             lot_count;
  size_t             lot_cap;
  bl_arena           own;      /* copies of lots that are partly taken */
  bl_text            group;
  bl_reached         reached;
  uint64_t           is_capped;  /* caps of grants hold for its draws */
} bl_rater;

void bl_rater_open(bl_rater *r, bl_call *c);
void bl_rater_close(bl_rater *r);
/*
 * What the event comes to: the fact, with the tally of each charge at the same
 * place of r->tallies; all of it the rater's until the next event.  Nothing is
 * folded yet, but periods must be open.  Returns why it cannot be rated.
 */
int bl_rate(bl_rater *r, const bl_event_in *in, const bl_draw_rule *rule,
            bl_fact_event *fact);
/* The same; with BILLING_CALL_STRICT usage that is not billed is refused. */
int bl_rate_strictly(bl_rater *r, const bl_event_in *in,
                     const bl_draw_rule *rule, bl_fact_event *fact);
/* Opens the periods of the customer's contracts that hold the moment. */
int bl_rate_prepare(bl_call *c, bl_customer *customer, int64_t us);
/* Whether that, or ending holds, has anything to do. */
int bl_rate_is_prepared(const bl_call *c, const bl_customer *customer,
                        int64_t us);

/* ---- rate_transactions.c: percentages of single transactions ---- */

/* What one more costs on top of a level, which it joins. */
bl_dec bl_rate_transaction_next(const bl_price *price, const bl_meter *meter,
                                const bl_sample *sample, bl_level *level);
/* What the next one under the key costs; says in the charge whether the free
 * ones end with it. */
bl_dec bl_rate_transaction(const bl_tally *tally, const bl_price *price,
                           const bl_sample *sample, bl_fact_charge *charge);
/* The most that the estimate of one may cost once open holds are settled. */
bl_dec bl_rate_transaction_most(const bl_tally *tally,
                                const bl_fact_charge *charge);
/* What all of them come to without the one that goes, and when the free ones
 * end then. */
int bl_rate_transactions_but(bl_call *c, const bl_tally *tally,
                             const bl_fact_charge *gone, uint64_t number,
                             int64_t *ended_us, bl_dec *total);

/* ---- rate_total.c: what a key comes to at a level ---- */

/* The keys before or beside one: other periods that go through the tiers
 * together with its own, or the intervals of its period before it. */
typedef struct bl_rate_others {
  bl_dec   level;
  bl_dec   amount;             /* of what all of them cost, theirs */
  bl_dec   held;
  uint64_t count;
  bl_dec  *usage;              /* by period, if free units roll over */
  bl_rolled *rolled;           /* by period; NULL: they do not */
  bl_dec  *room;               /* that bl_price_rolled needs */
  uint64_t periods;
  uint64_t period;             /* the key's own */
} bl_rate_others;

#define BL_RATE_ALONE \
  ((bl_rate_others){BL_DEC_ZERO, BL_DEC_ZERO, BL_DEC_ZERO, 0, NULL, NULL, \
                    NULL, 0, 0})

/* Room for the usage of periods, if free units of the price roll over. */
int bl_rate_roll(bl_arena *a, const bl_contract *contract,
                 const bl_fact_key *key, bl_rate_others *out);
/* The key of another period or interval joins the others. */
void bl_rate_join(uint64_t period, bl_dec level, bl_rate_others *out);

/* Goes on to the next place that a key of these others can have, from *at, 0
 * at first; the contract's zone is there.  0: no more. */
int bl_rate_next_other(const bl_contract *contract, const bl_meter *meter,
                       const bl_fact_key *key, uint64_t *at,
                       bl_fact_key *other);
int bl_rate_find_others(bl_call *c, const bl_tally *tally,
                        const bl_price *rate, bl_rate_others *out);
static inline int bl_rate_others_of(bl_call *c, const bl_tally *tally,
                                    const bl_price *rate,
                                    bl_rate_others *out) {
  const bl_price *price = bl_tally_price(tally);

  *out = BL_RATE_ALONE;
  return price->closing || (!price->tiers_by &&
                            !tally->contract->plan->intervals)
           ? BILLING_OK : bl_rate_find_others(c, tally, rate, out);
}
/* What all periods come to with so much more in the key's own, if free units
 * roll over; and each of them in all->rolled. */
bl_dec bl_rate_rolled(const bl_meter *meter, const bl_price *rate,
                      const bl_rate_others *all, bl_dec own);
/* What a key comes to beyond the others. */
bl_dec bl_rate_beyond(const bl_meter *meter, const bl_price *rate,
                      const bl_rate_others *others, bl_dec level);
int bl_rate_total(bl_call *c, const bl_tally *tally, const bl_price *rate,
                  bl_dec level, bl_dec *total);

/* ---- rate_commit.c: prices with a commit rate ---- */

/* How a key's quantity is split into what grants draw at the commit rate,
 * which comes first in the tiers, and the rest at the list price. */
typedef struct bl_split {
  const bl_tally *tally;       /* of the list price */
  const bl_price *list;
  const bl_price *commit;      /* NULL: the group has no commit rate */
  bl_dec          level;       /* what other intervals used before */
  bl_dec          from;        /* that in the unit that is billed */
  bl_dec          was;         /* drawn at the commit rate so far */
  bl_dec          now;         /* and from now on */
} bl_split;

int bl_split_open(bl_call *c, const bl_tally *tally, bl_split *out);
/* What stands in the tiers before the quantity of a line: what earlier
 * intervals used, and what is drawn at the commit rate; the level is in the
 * unit that is billed. */
int bl_split_others(bl_call *c, const bl_tally *tally, const bl_price *rate,
                    bl_rate_others *out);
/* The key's own quantity at a level. */
bl_dec bl_split_quantity(const bl_split *s, bl_dec level);
/*
 * Decides what is drawn at the commit rate when the quantity moves: of more as
 * far as lots that may pay it go in their order; of less what is at the list
 * price goes first.
 */
int bl_split_decide(bl_rater *r, int64_t time_us, bl_dec before, bl_dec after,
                    bl_split *s);
/* What the part at the list price comes to, of a quantity in all; and the
 * other one. */
bl_dec bl_split_list(const bl_split *s, bl_dec quantity);
bl_dec bl_split_commit(const bl_split *s);
/* What is charged beyond what is booked under the commit rate's key. */
bl_dec bl_split_moves(const bl_split *s);

/* ---- rate_draws.c ---- */

/* Who pays the charge, or whom it is given back: adds to r->draws and sets
 * draw_count; where they begin is set when all charges are made. */
int bl_rate_choose(bl_rater *r, const bl_tally *tally, int64_t time_us,
                   bl_fact_charge *charge);
/* What is to be paid under a charge key; its values are the call's. */
int bl_rate_use(bl_rater *r, const bl_tally *tally, int64_t time_us,
                bl_use *out);
/* Splits an amount over the grants of a customer, and those that are shared
 * with it, as the contract's order says, after the draws that r->draws has;
 * adds to them. */
int bl_rate_draws(bl_rater *r, const bl_customer *customer, const bl_use *use,
                  const bl_order *order, bl_dec amount,
                  const bl_draw_rule *rule);

/* What the event's charges draw is not reserved for the next one. */
void bl_rate_used(const bl_draw_rule *rule, const bl_fact_event *fact);

/* The receipt of a fact that was folded; assets are those of its tallies. */
void bl_receipt_of_fact(const bl_fact_event *fact, bl_tally *const *tallies,
                        uint64_t number, int64_t decided_us,
                        billing_receipt *out);
/* What is free in the first charge's asset once the fact is folded. */
bl_dec bl_rate_balance(bl_call *c, const bl_rater *r);

/* ---- rate_ahead.c ---- */

/*
 * Asks memory for what rating an event of the customer reads, some events
 * ahead of it.  Each step reads what the one before it has asked for, so a few
 * events lie between two of them: first step 0.
 */
#define BL_AHEAD_STEPS 5
void bl_rate_ahead(const bl_customer *customer, unsigned step);

#endif
