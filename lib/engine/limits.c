/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* limits.c - what is asked of limits, and whether it fits; see limits.h. */
#include "engine/features.h"
#include "engine/limit_look.h"

const char *const bl_limit_owners[] = {
  [0] = "",
  [BILLING_DENIED_BY_CUSTOMER] = "customer",
  [BILLING_DENIED_BY_CONTRACT] = "contract",
  [BILLING_DENIED_BY_PLAN] = "plan",
  [BILLING_DENIED_BY_FEATURE] = "feature",
  [BILLING_DENIED_BY_PARENT] = "parent"
};

int bl_limits_above(const bl_tenant *t, const bl_customer *customer) {
  const bl_customer *at = bl_parent_of(t, customer);

  while (at && !at->limits.count) at = bl_parent_of(t, at);
  return at != NULL;
}

/* ---- what is asked ---- */

typedef struct limit_asking {
  const bl_event     *event;
  const bl_limit_use *uses;
  size_t              count;
  bl_limit_wishes    *wishes;
} limit_asking;

/* How much of a quota the customer has, as a limit; the limit else. */
static const bl_limit *limit_asked(const bl_limit_look *look) {
  bl_limit *limit;
  bl_entitled has;

  if (!look->feature) return look->limit;
  limit = bl_arena_copy(&look->c->arena, look->limit, sizeof *limit);
  if (!limit) return NULL;
  bl_entitle(look->customer, &look->feature->feature, look->time_us, &has);
  limit->most = has.limit;
  limit->is_soft = has.is_soft;
  return limit;
}

static int ask_limit(bl_limit_look *look, void *to) {
  limit_asking *asking = to;
  const bl_limit *limit;
  bl_limit_wish *wish;
  int is_in;
  int rc;

  if (!bl_limit_sums(look, asking->uses, asking->count) ||
      (!asking->uses[0].contract && !bl_limit_is_general(look)))
    return BILLING_OK;
  rc = bl_limit_place(look, asking->event, &is_in);
  if (rc || !is_in) return rc;
  limit = limit_asked(look);
  wish = bl_arena_push(&look->c->arena, (void **)&asking->wishes->item,
                       &asking->wishes->count, &asking->wishes->cap,
                       sizeof *wish);
  if (!limit || !wish) return BILLING_NOMEM;
  *wish = (bl_limit_wish){limit, look->by, 0, look->count};
  asking->wishes->count++;
  return BILLING_OK;
}

int bl_limits_wish(bl_call *c, bl_customer *customer, const bl_event *event,
                   const bl_limit_use *uses, size_t count,
                   bl_limit_wishes *wishes) {
  bl_limit_look look = {.c = c, .customer = customer, .is_new = 1,
                     .time_us = c->now_us, .came_us = c->now_us};
  limit_asking asking = {event, uses, count, wishes};
  int rc;

  if (!count || !bl_limits_count(c->t, customer)) return BILLING_OK;
  rc = bl_limits_visit(&look, ask_limit, &asking);
  return rc ? rc : bl_quotas_visit(&look, ask_limit, &asking);
}

/* ---- whether it fits ---- */

bl_dec bl_limit_load(const bl_customer *customer, const bl_limit_wish *wish,
                     int64_t now_us, bl_dec *held) {
  const bl_limit_window *window;
  bl_dec used = BL_DEC_ZERO;
  size_t at = 0;

  *held = BL_DEC_ZERO;
  while ((window = bl_limit_next(customer, &wish->count, &at)) != NULL) {
    if (window->was.until_us <= now_us ||
        (!wish->limit->slides &&
         window->was.span.from_us != wish->count.span.from_us))
      continue;
    used = bl_dec_add(used, window->used);
    *held = bl_dec_add(*held, window->held);
  }
  return bl_dec_add(used, *held);
}

bl_dec bl_limit_moved(const bl_customer *customer, const bl_limit_wish *wish,
                      int64_t now_us, uint64_t serial) {
  const bl_limit_window *window;
  bl_dec moved = BL_DEC_ZERO;
  size_t at = 0;

  while ((window = bl_limit_next(customer, &wish->count, &at)) != NULL) {
    if (window->was.until_us <= now_us || window->touched != serial ||
        (!wish->limit->slides &&
         window->was.span.from_us != wish->count.span.from_us))
      continue;
    moved = bl_dec_add(moved, bl_dec_sub(window->used, window->before));
  }
  return moved;
}

/* What all wishes ask of the limit of this one; it is looked at once, at the
 * first of them. */
static int wish_total(const bl_limit_wishes *wishes, size_t at,
                      bl_dec *total) {
  const bl_fact_count *one = &wishes->item[at].count;

  *total = BL_DEC_ZERO;
  for (size_t i = 0; i < wishes->count; i++) {
    const bl_fact_count *other = &wishes->item[i].count;
    if (other->limit != one->limit || other->customer != one->customer ||
        memcmp(other->key, one->key, sizeof one->key) != 0)
      continue;
    if (i < at) return 0;
    *total = bl_dec_add(*total, other->amount);
  }
  return 1;
}

int64_t bl_limit_leaves(const bl_customer *customer,
                        const bl_limit_wish *wish, bl_dec missing,
                        int64_t now_us) {
  const bl_limit_window *window;
  size_t at = 0;

  while ((window = bl_limit_next(customer, &wish->count, &at)) != NULL) {
    if (window->was.until_us <= now_us) continue;
    missing = bl_dec_sub(missing, bl_dec_add(window->used, window->held));
    if (bl_dec_sign(missing) <= 0) return window->was.until_us;
  }
  return 0;
}

/* When it would fit if nothing else moved; 0: never. */
static int64_t again_of(const bl_customer *customer,
                        const bl_limit_wish *wish, bl_dec total,
                        bl_dec missing, int64_t now_us) {
  if (bl_dec_less(wish->limit->most, total)) return 0;
  if (wish->limit->slides)
    return bl_limit_leaves(customer, wish, missing, now_us);
  return wish->limit->per == BL_WITHIN_LIFE ? 0 : wish->count.until_us;
}

/* An id, cut to fit. */
static void denial_id(bl_str id, char *out, size_t size) {
  size_t len = id.len ? bl_utf8_cut(id.text, id.len, size - 1) : 0;

  if (len) memcpy(out, id.text, len);
  out[len] = '\0';
}

static void fill_denial(const bl_customer *owner, const bl_limit_wish *wish,
                        bl_dec load, bl_dec missing, int64_t again_us,
                        billing_denial *out) {
  memset(out, 0, sizeof *out);
  out->code = BILLING_DENIED_LIMIT;
  out->by = wish->by;
  out->missing = missing;
  out->most = wish->limit->most;
  out->used = load;
  out->again_us = again_us;
  memcpy(out->asset, wish->limit->asset, sizeof out->asset);
  denial_id(wish->limit->id, out->limit, sizeof out->limit);
  denial_id(owner->id, out->customer, sizeof out->customer);
}

/* Whether a says no for longer than b. */
static int is_later(int64_t a, int64_t b) {
  return b != 0 && (a == 0 || a > b);
}

static int deny(bl_call *c, const billing_denial *denial) {
  const char *unit = denial->asset[0] ? denial->asset : "units";
  const char *owner = denial->by == BILLING_DENIED_BY_PARENT
                          ? denial->customer : bl_limit_owners[denial->by];
  const char *the = denial->by == BILLING_DENIED_BY_PARENT ? "" : "the ";
  const char *what = denial->by == BILLING_DENIED_BY_FEATURE ? "" : "'s limit";

  if (!denial->again_us)
    return bl_fail(c->err, BILLING_DENIED_LIMIT, "",
                   "ask for less, or raise the limit",
                   "%s%s%s %s of %d %s: %d are used or held, %d are "
                   "missing", the, owner, what, denial->limit,
                   &denial->most, unit, &denial->used, &denial->missing);
  return bl_fail(c->err, BILLING_DENIED_LIMIT, "",
                 "ask for less, raise the limit, or wait",
                 "%s%s%s %s of %d %s: %d are used or held, %d are "
                 "missing until %T", the, owner, what, denial->limit,
                 &denial->most, unit, &denial->used, &denial->missing,
                 denial->again_us);
}

int bl_limits_fit(bl_call *c, const bl_limit_wishes *wishes,
                  billing_denial *denial, uint64_t *flags) {
  billing_denial worst = {0};

  *flags &= ~(uint64_t)BILLING_HOLD_OVER_LIMIT;
  for (size_t i = 0; i < wishes->count; i++) {
    const bl_limit_wish *wish = &wishes->item[i];
    const bl_customer *customer =
        bl_table_at(&c->t->by_customer, wish->count.customer);
    bl_dec load, held, total, missing;
    int64_t again_us;
    if (!wish_total(wishes, i, &total)) continue;
    load = bl_limit_load(customer, wish, c->now_us, &held);
    missing = bl_dec_sub(bl_dec_add(load, total), wish->limit->most);
    if (bl_dec_is_bad(missing))
      return bl_fail(c->err, BILLING_LIMIT, "/value", "amounts below 10^20",
                     "what a limit would count does not fit");
    if (bl_dec_sign(missing) <= 0) continue;
    if (wish->limit->is_soft) {
      *flags |= BILLING_HOLD_OVER_LIMIT;
      continue;
    }
    again_us = again_of(customer, wish, total, missing, c->now_us);
    if (!worst.code || is_later(again_us, worst.again_us))
      fill_denial(customer, wish, load, missing, again_us, &worst);
  }
  if (!worst.code) return BILLING_OK;
  *denial = worst;
  return deny(c, denial);
}

int bl_limits_join(bl_call *c, const bl_limit_wishes *wishes,
                   bl_fact_count **out, size_t *count) {
  size_t cap = 0;
  int rc = BILLING_OK;

  *out = NULL;
  *count = 0;
  for (size_t i = 0; i < wishes->count && !rc; i++)
    rc = bl_limit_join(&c->arena, out, count, &cap, &wishes->item[i].count);
  return rc;
}

/* ---- what is left ---- */

typedef struct limit_leaving {
  const char *asset;
  bl_dec      room;
  bl_span    *span;
} limit_leaving;

/* How long that is so when nothing moves. */
static void bound_room(const bl_limit_look *look, const bl_limit_wish *wish,
                       bl_span *span) {
  int64_t to_us = look->count.span.to_us;
  int64_t leaves_us;

  if (look->limit->slides) {
    leaves_us = bl_limit_leaves(look->customer, wish, BL_DEC_ZERO,
                                look->c->now_us);
    to_us = leaves_us ? leaves_us : look->count.until_us;
  }
  if (to_us < span->to_us) span->to_us = to_us;
  if (look->count.span.from_us > span->from_us)
    span->from_us = look->count.span.from_us;
}

/* Only limits of an amount that is spent on anything, and by anybody. */
static int leave_room(bl_limit_look *look, void *to) {
  limit_leaving *leaving = to;
  const bl_limit *limit = look->limit;
  int64_t now_us = look->c->now_us;
  bl_limit_wish wish;
  bl_dec room, held;
  int is_in;
  int rc;

  if (limit->is_soft || limit->by_count || limit->meter.len ||
      !bl_asset_equal(limit->asset, leaving->asset) ||
      !bl_limit_is_general(look))
    return BILLING_OK;
  rc = bl_limit_place(look, NULL, &is_in);
  if (rc) return rc;
  wish = (bl_limit_wish){limit, look->by, 0, look->count};
  room = limit->most;
  if (is_in) {
    room = bl_dec_sub(room, bl_limit_load(look->customer, &wish, now_us,
                                          &held));
    bound_room(look, &wish, leaving->span);
  }
  leaving->room = bl_dec_min(leaving->room, room);
  return BILLING_OK;
}

bl_dec bl_limits_room(bl_call *c, bl_customer *customer,
                      const char asset[16], bl_span *span) {
  bl_limit_look look = {.c = c, .customer = customer, .is_new = 1,
                     .time_us = c->now_us, .came_us = c->now_us};
  limit_leaving leaving = {asset, BL_DEC_MAX, span};

  if (bl_limits_are(c->t, customer) &&
      bl_limits_visit(&look, leave_room, &leaving))
    span->to_us = span->from_us;       /* not known: it is not kept */
  return bl_dec_max(leaving.room, BL_DEC_ZERO);
}
