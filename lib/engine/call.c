/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* call.c - the beginning and the end of every call; see engine.h. */
#include "base/struct.h"
#include "engine/alerts.h"
#include "engine/keys.h"
#include "store/store.h"

/* What a handle keeps for its next call. */
#define CALL_KEEPS ((size_t)1 << 20)

int bl_refuse(billing_error *err, int rc, const char *message) {
  int bad = bl_error_start(err);

  return bad ? bad : bl_fail(err, rc, "", NULL, "%s", message);
}

int bl_check_texts(billing_error *err, ...) {
  const bl_str *text;
  va_list texts;
  int rc = BILLING_OK;

  va_start(texts, err);
  while (!rc && (text = va_arg(texts, const bl_str *)) != NULL)
    if (!text->text && text->len)
      rc = bl_fail(err, BILLING_MISUSE, "", "an address, or the length 0",
                   "a text is NULL and has a length");
  va_end(texts);
  return rc;
}

bl_str bl_text_argument(const char *text, size_t len) {
  if (len == (size_t)-1) return bl_str_of(text);
  return (bl_str){text, text ? len : 0};
}

int bl_is_interrupted(billing *b) {
  return atomic_exchange(&b->is_interrupted, 0) != 0;
}

/* The tenant that this call names; its state is made when first named. */
static int choose_tenant(bl_call *c) {
  billing *b = c->b;
  bl_str id = c->in.tenant.len ? c->in.tenant : b->tenant;

  if (!id.len)
    return bl_fail(c->err, BILLING_MISUSE, "", "set billing_call.tenant",
                   "the call names no tenant");
  if (b->tenant.len && !bl_str_equal(id, b->tenant))
    return bl_fail(c->err, BILLING_DENIED_TENANT, "",
                   "open a handle for this tenant",
                   "the handle was opened for tenant %t", &b->tenant);
  if (!bl_catalog_id_is_valid(id))
    return bl_fail(c->err, BILLING_INVALID, "/id", "1 to 200 bytes of UTF-8",
                   "the tenant's id is not valid");
  c->t = bl_map_get(&b->tenants, id.text, id.len);
  if (c->t) return BILLING_OK;
  if (!b->spare) b->spare = bl_arena_take(&b->arena, sizeof *b->spare);
  c->t = b->spare;
  if (!c->t) return BILLING_NOMEM;
  bl_tenant_close(c->t);
  bl_tenant_open(c->t, id, &b->host);
  return BILLING_OK;
}

/* A tenant that turned out to be there is kept; whoever names one that is not
 * costs no memory. */
static void keep_tenant(bl_call *c) {
  billing *b = c->b;

  if (c->t != b->spare || !c->t->number) return;
  if (bl_map_put(&b->tenants, c->t->id.text, c->t->id.len, c->t) == 0)
    b->spare = NULL;
}

/* The clock: see Calls in billing.h. */
static int set_clock(bl_call *c) {
  int64_t clock = c->t->heads.clock_us;
  int64_t now = c->in.now_us;

  c->now_us = now > clock ? now : clock;
  if (bl_call_reads(c)) return BILLING_OK;
  if (now <= BL_TIME_MIN || now >= BL_TIME_MAX || now == 0)
    return bl_fail(c->err, BILLING_INVALID_CLOCK, "",
                   "microseconds since 1970 in billing_call.now_us",
                   "the call needs the caller's time");
  if (!clock || c->in.flags & BILLING_CALL_STEP) return BILLING_OK;
  if (now <= clock || now - clock <= c->b->max_clock_step_us)
    return BILLING_OK;
  return bl_fail(c->err, BILLING_INVALID_CLOCK, "",
                 "correct the clock, or set BILLING_CALL_STEP if it is meant",
                 "now is %T, the clock stands at %T: too large a step", now,
                 clock);
}

static int may_write(bl_call *c) {
  if (bl_call_reads(c)) return BILLING_OK;
  if (c->b->flags & BILLING_OPEN_READ_ONLY)
    return bl_fail(c->err, BILLING_MISUSE, "", "open without READ_ONLY",
                   "the handle is read-only");
  if (c->t->is_read_only)
    return bl_fail(c->err, BILLING_UNSUPPORTED, "", "use a newer library",
                   "the journal has entries that this library does not know");
  return BILLING_OK;
}

static int find_state(bl_call *c) {
  int rc = bl_sync(c);

  if (rc == BILLING_CORRUPT && c->mode == BL_AUDIT && c->t->number) {
    c->t->is_stale = 1;
    return bl_error_start(c->err);
  }
  if (rc != BILLING_NOTFOUND) return rc;
  if (c->mode == BL_CREATE) return BILLING_OK;
  return bl_fail(c->err, BILLING_NOTFOUND_TENANT, "", "put the tenant first",
                 "there is no tenant %t", &c->t->id);
}

/* What memory has is right when it is ahead of the head row in an open group;
 * else it is brought to where the head row stands. */
static int enter_store(bl_call *c) {
  uint32_t mode = bl_call_reads(c) ? BILLING_BEGIN_READ : BILLING_BEGIN_WRITE;
  int rc;

  if (c->b->flags & BILLING_OPEN_READ_ONLY) mode = BILLING_BEGIN_READ;
  rc = bl_group_enter(c, mode);
  if (rc) return bl_store_explain(c->b->store, rc, c->err);
  if (mode == BILLING_BEGIN_WRITE && c->t->number && !c->is_known)
    rc = bl_store_lock(c->b->store, c->t->number, 0);
  if (!rc && !c->is_known) rc = find_state(c);
  if (!rc) rc = may_write(c);
  if (!rc) rc = set_clock(c);
  if (rc) {
    bl_store_explain(c->b->store, rc, c->err);
    bl_group_give_up(c);
  }
  return rc;
}

/* The call's memory goes back, but for a block that the next call begins with:
 * asking for it anew would cost a large batch a tenth of its time. */
static void give_arena(bl_call *c) {
  bl_arena_empty(&c->arena, CALL_KEEPS);
  c->b->spare_arena = c->arena;
}

int bl_enter(bl_call *c, billing *b, const billing_call *in, uint32_t mode,
             billing_error *err) {
  return bl_enter_with(c, b, in, mode, BILLING_CALL_STEP, err);
}

int bl_enter_with(bl_call *c, billing *b, const billing_call *in,
                  uint32_t mode, uint32_t flags, billing_error *err) {
  int rc = bl_error_start(err);

  memset(c, 0, sizeof *c);
  c->b = b;
  c->err = err;
  c->mode = mode;
  if (rc) return rc;
  if (!b) return bl_fail(err, BILLING_MISUSE, "", NULL, "the handle is NULL");
  if (mode == BL_SHARE && !b->shares) c->mode = BL_WRITE;
  rc = bl_copy_in(&c->in, sizeof c->in, in, sizeof c->in,
                  flags | BILLING_CALL_RELAXED);
  if (rc)
    return bl_fail(err, rc, "", "set it up with BILLING_INIT; only flags that "
                   "the function names", "the billing_call cannot be used");
  rc = bl_check_texts(err, &c->in.tenant, &c->in.key, NULL);
  if (rc) return rc;
  bl_group_lock(b);
  atomic_store(&b->is_interrupted, 0);   /* it was for what ran before */
  c->arena = b->spare_arena;             /* its block is warm */
  bl_arena_open(&b->spare_arena, &b->host);
  rc = choose_tenant(c);
  if (!rc) rc = enter_store(c);
  if (!rc) {
    keep_tenant(c);
    bl_undo_start(c->t, &c->arena);
    return BILLING_OK;
  }
  give_arena(c);
  pthread_mutex_unlock(&b->lock);
  return bl_fail_code(err, rc);
}

int bl_leave(bl_call *c, int rc) {
  billing *b = c->b;
  bl_tenant *t = c->t;
  int writes = !bl_call_reads(c), decided = rc;

  if (!rc && writes) rc = bl_append_opened(c);
  if (!rc && writes && c->wrote && (t->watched || t->used_up.count))
    rc = bl_alerts_tell(c);
  if (!rc && c->arena.failed) rc = BILLING_NOMEM;
  if (t->arena.failed) {
    rc = rc ? rc : BILLING_NOMEM;
    t->is_stale = 1;
  }
  if (!rc && writes && c->wrote) rc = bl_group_add(c);
  if (rc != decided) bl_error_start(c->err);   /* it was about an event */
  if (rc) bl_store_explain(b->store, rc, c->err);
  if (rc || !writes || !c->wrote) {
    bl_group_give_up(c);
    bl_undo_all(t);
  }
  bl_undo_forget(t);
  if (!rc && c->wrote) keep_tenant(c);
  if (!b->group.calls) bl_board_renew(b, t);   /* else its end does */
  give_arena(c);
  memset(&b->entries, 0, sizeof b->entries);
  if (!rc && writes && !(c->in.flags & BILLING_CALL_RELAXED))
    return bl_group_settle(b, c->err);
  pthread_mutex_unlock(&b->lock);
  return rc ? bl_fail_code(c->err, rc) : BILLING_OK;
}

#undef CALL_KEEPS
