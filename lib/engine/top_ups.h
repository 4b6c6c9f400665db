/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * top_ups.h - credit that is asked for by itself, and given when it is paid.
 *
 *     5 USD are left        entry top_up: wanted, 15 for 15.30, until tomorrow
 *     the card is declined  entry top_up: failed, asked again in an hour
 *     an hour later         entry top_up: wanted, attempt 2, the same number
 *     it is paid            entry grant, and entry top_up: paid
 *
 * The last entry of a rule is all that is known of it: so one top-up of a rule
 * is under way at a time, and nobody is asked twice.  Each entry says all that
 * the top-up asks for and gives, so what was asked for is what a payment gets,
 * whatever has become of the rule.
 */
#ifndef BL_TOP_UPS_H
#define BL_TOP_UPS_H

#include "engine/engine.h"

/* A rule of a customer, by its own document, a contract or its plan. */
typedef struct bl_top_up_look {
  bl_call              *c;
  bl_customer          *customer;
  bl_contract          *contract;    /* NULL: the customer's own */
  const bl_top_up_rule *rule;
  const char           *of;          /* "customer", "contract", "plan" */
} bl_top_up_look;

typedef int bl_top_up_visit(const bl_top_up_look *look, void *to);

/* Of one id a contract's own rule comes before its plan's. */
int bl_top_ups_visit(bl_call *c, bl_customer *customer,
                     bl_top_up_visit *visit, void *to);

/* What a document says of top-ups. */
int bl_top_ups_check(bl_call *c, const bl_top_ups *top_ups, const char *path);

/* Asks for what the customer's balances say by now. */
int bl_top_ups_look(bl_call *c, bl_customer *customer);
/* When something is due next that time brings, BL_TIME_NEVER: nothing; and one
 * thing that is due by a moment. */
int bl_top_ups_due(bl_call *c, bl_customer *customer, int64_t *due_us);
int bl_top_ups_step(bl_call *c, bl_customer *customer, int64_t at_us);

/* Windows of a rule's limit at the call's now, of how many and of how much;
 * *end_us is when they end. */
int bl_top_up_windows(const bl_top_up_look *look, bl_fact_count out[2],
                      int64_t *end_us);
/* What a window has by now. */
bl_dec bl_top_up_used(const bl_customer *customer,
                      const bl_fact_count *window);

/* Appends what has become of a top-up. */
int bl_top_up_append(bl_call *c, bl_fact_top_up *fact);
/* The attempt has failed: asked for again, or paused. */
int bl_top_up_fail(bl_call *c, bl_customer *customer, bl_fact_top_up *fact);

/* ---- fold_top_up.c ---- */

/* What is known of a rule; NULL: it has never asked. */
bl_top_up_state *bl_top_up_of(const bl_customer *customer, uint64_t contract,
                              bl_str id);
/* The rule's last entry says this from now on. */
int bl_top_up_keep(bl_tenant *t, bl_customer *customer,
                   const bl_fact_top_up *fact, int64_t at_us,
                   bl_top_up_state **out);

/* ---- top_ups_view.c ---- */

extern const char *const bl_top_up_words[];    /* by BL_TOP_UP_* */
/* Adds the members of a top-up; `row` is its entry's. */
int bl_top_up_show(bl_call *c, const bl_fact_top_up *fact, uint64_t row,
                   bl_json *out);

#endif
