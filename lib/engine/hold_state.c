/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * hold_state.c - how a hold stands; it is released, or goes on.
 *
 *     held until 10:00, grace 1 h     09:59 open       10:00 unresolved
 *                                     11:00 expired
 *
 * A hold that ended by time is unresolved for a while: nobody has said what
 * became of the work.  It reserves nothing any more, and can still be settled
 * or released.
 */
#include "engine/hold_state.h"

#include "base/struct.h"
#include "engine/family.h"
#include "engine/requests.h"

const char *const bl_hold_words[] = {
  "",
  [BILLING_HOLD_OPEN]       = "open",
  [BILLING_HOLD_SETTLED]    = "settled",
  [BILLING_HOLD_RELEASED]   = "released",
  [BILLING_HOLD_EXPIRED]    = "expired",
  [BILLING_HOLD_UNRESOLVED] = "unresolved",
  NULL
};

/* ---- how it stands ---- */

uint32_t bl_hold_status(const bl_call *c, const bl_hold_state *hold) {
  int64_t rest_us = c->now_us - hold->expires_us;

  if (hold->status != BILLING_HOLD_EXPIRED &&
      !(hold->status == BILLING_HOLD_OPEN && rest_us >= 0))
    return (uint32_t)hold->status;
  return rest_us < c->t->terms.hold_grace_us ? BILLING_HOLD_UNRESOLVED
                                             : BILLING_HOLD_EXPIRED;
}

/* What others can spend is told after due holds have ended. */
int bl_hold_fill(bl_call *c, bl_hold_state *hold, billing_hold *out) {
  uint32_t status = bl_hold_status(c, hold);
  int rc = bl_expire_holds(c, hold->customer);

  memset(out, 0, sizeof *out);
  out->struct_size = sizeof *out;
  out->number = hold->number;
  out->status = status;
  out->draws = (uint32_t)hold->draw_count;
  out->assets = (uint32_t)hold->asset_count;
  out->expires_us = hold->expires_us;
  out->decided_us = hold->at_us;
  out->value = hold->value;
  out->flags = (uint32_t)hold->flags;
  if (rc || !hold->asset_count) return rc;
  out->held = hold->assets[0].held;
  out->overdraft = hold->assets[0].overdraft;
  memcpy(out->asset, hold->assets[0].asset, sizeof out->asset);
  out->free = bl_customer_free(c->t, hold->customer, out->asset, c->now_us);
  return BILLING_OK;
}

int bl_hold_check_end(bl_call *c, int64_t expires_us) {
  if (expires_us > c->now_us && expires_us <= BL_TIME_MAX) return BILLING_OK;
  return bl_fail(c->err, BILLING_INVALID, "/expires_us",
                 "after the call's now, or 0", "the hold has expired already");
}

int bl_hold_find(bl_call *c, bl_hold_state **out) {
  bl_request_key request;
  int rc = bl_request_read(c, BL_ENTRY_HOLD, NULL, &request);

  if (rc) return rc;
  if (request.used.kind) return bl_request_hold(c, &request.used, out);
  return bl_fail(c->err, BILLING_NOTFOUND, "", "the key of billing_authorize",
                 "there is no hold %t", &c->in.key);
}

/* ---- release ---- */

static int release(bl_call *c) {
  bl_hold_state *hold;
  uint32_t status;
  int rc = bl_hold_find(c, &hold);

  if (rc) return rc;
  status = bl_hold_status(c, hold);
  if (status == BILLING_HOLD_SETTLED)
    return bl_fail(c->err, BILLING_CONFLICT_ENDED, "",
                   "a settled hold has nothing to give back",
                   "the hold was settled before");
  rc = bl_expire_holds(c, hold->customer);
  if (rc || (status != BILLING_HOLD_OPEN && status != BILLING_HOLD_UNRESOLVED))
    return rc;
  return bl_end_hold(c, hold, BILLING_HOLD_RELEASED, 0);
}

int billing_release(billing *b, const billing_call *call,
                    billing_error *err) {
  bl_call c;
  int rc = bl_enter(&c, b, call, BL_SHARE, err);

  return rc ? rc : bl_leave(&c, release(&c));
}

/* ---- extend ---- */

static int write_extension(bl_call *c, const bl_hold_state *hold,
                           int64_t expires_us) {
  bl_fact_hold_extended fact = {hold->customer->number, hold->number,
                                expires_us};
  bl_writer w;
  int rc = bl_fold_hold_extended(bl_entry_start(c), &fact);

  bl_writer_open(&w, c);
  bl_code_hold_extended(&w.facts, &w.properties, &fact);
  return rc ? rc : bl_append(c, BL_ENTRY_HOLD_EXTENDED, &w);
}

static int extend(bl_call *c, int64_t expires_us, billing_hold *out) {
  bl_hold_state *hold;
  int rc = bl_hold_find(c, &hold);

  if (!rc) rc = bl_hold_check_end(c, expires_us);
  if (rc) return rc;
  if (bl_hold_status(c, hold) != BILLING_HOLD_OPEN)
    return bl_fail(c->err, BILLING_CONFLICT_ENDED, "",
                   "authorize anew; an unresolved hold can be settled",
                   "the hold has ended");
  if (expires_us < hold->expires_us)
    return bl_fail(c->err, BILLING_INVALID, "/expires_us",
                   "not before its end now; or release it",
                   "the hold lasts longer already");
  if (expires_us > hold->expires_us) rc = write_extension(c, hold, expires_us);
  return rc ? rc : bl_hold_fill(c, hold, out);
}

int billing_extend(billing *b, const billing_call *call, int64_t expires_us,
                   billing_hold *out, billing_error *err) {
  billing_hold hold = {0};
  bl_call c;
  int rc = bl_enter(&c, b, call, BL_SHARE, err);

  if (rc) return rc;
  rc = out ? bl_can_fill(out, sizeof *out) : BILLING_OK;
  if (rc)
    bl_fail(err, rc, "", "set it up with BILLING_INIT",
            "the billing_hold cannot be filled");
  else
    rc = extend(&c, expires_us, &hold);
  rc = bl_leave(&c, rc);
  if (!rc && out) bl_fill(out, &hold, sizeof hold);
  return rc;
}
