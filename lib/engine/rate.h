/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * rate.h - deciding about one event: from its text to meters, charges and
 * draws, as a fact that is then folded.
 */
#ifndef BL_RATE_H
#define BL_RATE_H

#include "engine/engine.h"
#include "meter/meter.h"

/* An event in normal form, checked; texts are the caller's or the call's. */
typedef struct bl_event_in {
  billing_event event;
  bl_event      view;          /* as the kernels see it */
  bl_json      *properties;    /* their tree, NULL when it has none */
  bl_json      *line;          /* the tree of its line, which then owns them */
  bl_customer  *customer;
  unsigned char key_hash[16];
  uint64_t      content;
  int32_t       code;          /* why it is refused */
  uint32_t      reserved;
} bl_event_in;

/* Checks one event; in->code says why it is refused, err gets the words.
 * Returns only what ends the whole call (NOMEM). need_key: a quote and an
 * estimate have none. */
int bl_event_read(bl_call *c, const billing_event *event, int need_key,
                  bl_event_in *in);
/* The same for a line of NDJSON. */
int bl_event_read_line(bl_call *c, bl_str line, bl_event_in *in);
/* Whether a repeat has the content of the first. */
int bl_event_compare(bl_call *c, const bl_event_in *in,
                     const bl_fact_event *first, int *is_same);
void bl_event_close(bl_event_in *in);

/* How draws are chosen beyond the burndown order. */
typedef struct bl_draw_rule {
  const bl_hold_state *hold;   /* its lots first; NULL: none */
  uint32_t             is_capped;   /* and no others */
  uint32_t             reserved;
} bl_draw_rule;

/*
 * What the event comes to: the fact, with its charges in fact->charges and the
 * tally of each at the same place of *tallies.  Nothing is folded yet, but
 * periods must be open.  Returns why the event cannot be rated.
 */
int bl_rate(bl_call *c, const bl_event_in *in, const bl_draw_rule *rule,
            bl_fact_event *fact, bl_tally ***tallies);
/* Opens the periods of the customer's contracts that hold the moment. */
int bl_rate_prepare(bl_call *c, bl_customer *customer, int64_t us);

/* Splits an amount over a wallet as the contract's order says. `taken` are
 * draws that are decided but not folded. */
int bl_rate_draws(bl_call *c, const bl_wallet *wallet, const bl_use *use,
                  const bl_order *order, bl_dec amount,
                  const bl_draw_rule *rule, const bl_draw *taken,
                  size_t taken_count, bl_draw **draws, size_t *count);

/* The receipt of a fact. */
void bl_receipt_of_fact(const bl_fact_event *fact,
                        bl_tally *const *tallies, uint64_t number,
                        int64_t decided_us, billing_receipt *out);

/* ---- batch.c: events of an entry, decoded ---- */

typedef struct bl_batch {
  int64_t        seq;          /* 0: none is decoded */
  int64_t        at_us;
  bl_fact_event *facts;
  size_t         count;
  bl_fact_key   *keys;         /* of the charges */
  bl_tally     **tallies;      /* by key; NULL until bl_batch_event */
  bl_str         properties;   /* bytes of the second part */
  bl_event_text *texts;        /* of that; NULL until they are asked for */
} bl_batch;

/* The entry `seq`, its facts decoded into the call's arena; NOTFOUND when
 * there is none, or when it is of another kind. */
int bl_batch_read(bl_call *c, int64_t seq, bl_batch *out);
/* One of its events, with the tallies of its charges. */
int bl_batch_event(bl_call *c, bl_batch *batch, size_t at,
                   const bl_fact_event **out);
/* The texts of its events, too; empty where they were redacted. */
int bl_batch_texts(bl_call *c, bl_batch *batch);

#endif
