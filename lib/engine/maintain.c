/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* maintain.c - work that can be done between calls. */
#include "engine/keys.h"
#include "store/store.h"

int billing_sync(billing *b, billing_error *err) {
  int rc = bl_error_start(err);

  if (rc) return rc;
  if (!b) return bl_refuse(err, BILLING_MISUSE, "the handle is NULL");
  pthread_mutex_lock(&b->lock);
  return bl_group_settle(b, err);
}

/* All there is, or a budget of it.  What was written is only believed once it
 * is committed, so one call may leave some to the next. */
static int maintain(bl_call *c, uint32_t budget, uint32_t *owes) {
  int is_due = !budget || bl_keys_are_full(c->b, c->t);
  int rc = bl_keys_work(c->b, c->t, budget ? budget : UINT64_MAX, is_due,
                        owes);

  while (!rc && *owes && !budget && !bl_is_interrupted(c->b))
    rc = bl_keys_work(c->b, c->t, UINT64_MAX, 0, owes);
  c->wrote = 1;
  return rc;
}

int billing_maintain(billing *b, const billing_call *call, uint32_t budget,
                     uint32_t *more, billing_error *err) {
  uint32_t owes = 0;
  bl_call c;
  int rc = bl_enter(&c, b, call, BL_WRITE, err);

  if (rc) return rc;
  rc = bl_leave(&c, maintain(&c, budget, &owes));
  if (!rc && more) *more = owes;
  return rc;
}
