/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * family.h - customers below others, who draw from the grants of these.
 *
 *     group            1,000.00, for all below      private 50.00
 *       acme           100.00, its own
 *         acme-lab     draws its own, then acme's shared ones, then group's
 *
 * A customer's document names its parent; what holds is the newest one when
 * something is decided.  A grant is shared when its scope says so.  Whoever
 * was ever above a customer is in memory along with it: what comes back goes
 * where it came from.
 */
#ifndef BL_FAMILY_H
#define BL_FAMILY_H

#include "engine/engine.h"

/* ---- load.c ---- */

/* Everybody who was ever above the customer comes into memory. */
int bl_family_meet(bl_call *c, bl_customer *customer);
static inline int bl_family_need(bl_call *c, bl_customer *customer) {
  return !customer->elder_count || customer->met == c->t->ties
           ? BILLING_OK : bl_family_meet(c, customer);
}

/* ---- family.c ---- */

/* Whether a customer may have that parent, 0 for a new one: its text is at
 * `path`; CONFLICT, LIMIT. */
int bl_family_check(bl_call *c, const bl_customer *customer,
                    const bl_customer *parent, const char *path);
/* The topmost one above the customer; itself. */
uint64_t bl_family_root(const bl_tenant *t, const bl_customer *customer);
/* What of the grants of those above is free for the customer at a moment. */
bl_dec bl_family_free(const bl_tenant *t, const bl_customer *customer,
                      const char asset[16], int64_t now_us);
/* That and what its own have. */
static inline bl_dec bl_customer_free(const bl_tenant *t,
                                      const bl_customer *customer,
                                      const char asset[16], int64_t now_us) {
  bl_dec own = bl_wallet_free(bl_wallet_of(customer, asset), now_us);

  return customer->parent
           ? bl_dec_add(own, bl_family_free(t, customer, asset, now_us)) : own;
}
/* Whether nothing of others is due that bears on the customer. */
int bl_family_is_prepared(const bl_call *c, const bl_customer *customer);
/* Those above are given what is due, and holds on what is theirs end. */
int bl_family_prepare(bl_call *c, bl_customer *customer);
/* Whether a hold has something of others. */
int bl_family_holds(const bl_tenant *t, const bl_hold_state *hold);
/* The entry of what the last one did to others. */
int bl_family_append(bl_call *c);
/* The lists of members of a scope: ids as numbers, in the scope and in its
 * text; and as they are shown. */
int bl_family_number(bl_call *c, bl_json *scope, bl_scope *model,
                     const char *path);
int bl_family_show(bl_call *c, bl_json *scope);
/* The parent in a customer's stored document: its number as its id. */
int bl_family_name(bl_call *c, bl_str *json);

#endif
