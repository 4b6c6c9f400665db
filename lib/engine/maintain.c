/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* maintain.c - work that can be done between calls. */
#include "engine/engine.h"
#include "store/store.h"

int billing_sync(billing *b, billing_error *err) {
  int rc = bl_error_start(err);

  if (rc) return rc;
  if (!b) return bl_refuse(err, BILLING_MISUSE, "the handle is NULL");
  pthread_mutex_lock(&b->lock);
  return bl_group_settle(b, err);
}

int billing_maintain(billing *b, const billing_call *call, uint32_t budget,
                     uint32_t *more, billing_error *err) {
  bl_call c;
  int rc = bl_enter(&c, b, call, BL_WRITE, err);

  (void)budget;
  if (rc) return rc;
  rc = bl_leave(&c, BILLING_OK);
  if (!rc && more) *more = 0;
  return rc;
}
