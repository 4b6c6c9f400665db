/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* fold_limit.c - what goes into the windows of limits. */
#include "engine/fold.h"

/* ---- the list ---- */

static int compare_u64(uint64_t a, uint64_t b) {
  return a < b ? -1 : a > b;
}

static int compare_windows(const bl_fact_count *a, const bl_fact_count *b) {
  int order = compare_u64(a->limit, b->limit);

  if (!order) order = memcmp(a->key, b->key, sizeof a->key);
  if (order || a->span.from_us == b->span.from_us) return order;
  return a->span.from_us < b->span.from_us ? -1 : 1;
}

bl_limit_window *bl_limit_window_of(const bl_customer *customer,
                                    const bl_fact_count *count,
                                    size_t *place) {
  const bl_list *windows = &customer->windows;
  size_t low = windows->first, high = windows->count;
  bl_limit_window *found;

  while (low < high) {
    size_t middle = low + (high - low) / 2;
    found = windows->item[middle];
    if (compare_windows(&found->was, count) < 0) low = middle + 1;
    else high = middle;
  }
  *place = low;
  found = low < windows->count ? windows->item[low] : NULL;
  return found && !compare_windows(&found->was, count) ? found : NULL;
}

static bl_limit_window *make_window(bl_tenant *t, bl_customer *customer,
                                    const bl_fact_count *count, int64_t since,
                                    size_t place) {
  bl_limit_window *window = bl_arena_take(&t->arena, sizeof *window);

  if (!window) return NULL;
  window->was = *count;
  window->was.amount = BL_DEC_ZERO;
  window->since = since;
  if (count->until_us < customer->windows_due_us)
    customer->windows_due_us = count->until_us;
  return bl_list_insert(t, &customer->windows, place, window) ? NULL : window;
}

/* ---- what leaves ---- */

/* Windows that count no more and that no hold is in. */
static void drop_ended(bl_fold *f, bl_customer *customer) {
  bl_list *windows = &customer->windows;
  int64_t due_us = BL_TIME_NEVER;
  size_t i = windows->first;

  if (f->at_us < customer->windows_due_us) return;
  while (i < windows->count) {
    const bl_limit_window *window = windows->item[i];
    size_t first = windows->first;
    if (window->was.until_us <= f->at_us && bl_dec_is_zero(window->held)) {
      bl_list_remove(f->tenant, windows, i);
      i += windows->first - first;     /* those before it may have moved up */
      continue;
    }
    if (window->was.until_us > f->at_us && window->was.until_us < due_us)
      due_us = window->was.until_us;
    i++;
  }
  customer->windows_due_us = due_us;
}

/* ---- what comes ---- */

static int fold_count(bl_fold *f, bl_customer *customer,
                      const bl_fact_count *count, int64_t seq, bl_dec used,
                      bl_dec held) {
  bl_tenant *t = f->tenant;
  size_t place;
  bl_limit_window *window = bl_limit_window_of(customer, count, &place);

  if (!window) window = make_window(t, customer, count, seq, place);
  if (!window) return BILLING_NOMEM;
  if (window->touched != t->serial) window->before = window->used;
  bl_touch(t, window, sizeof *window, &window->touched);
  window->used = bl_dec_add(window->used, used);
  window->held = bl_dec_add(window->held, held);
  return bl_dec_is_bad(window->used) || bl_dec_is_bad(window->held)
             ? BILLING_LIMIT : BILLING_OK;
}

int bl_fold_counted(bl_fold *f, const bl_fact_counted *fact) {
  int rc = BILLING_OK;

  for (size_t i = 0; i < fact->count && !rc; i++) {
    const bl_fact_count *count = &fact->items[i];
    bl_customer *customer;
    if (bl_fold_is_own(f))
      rc = bl_fold_about(f, count->customer, BL_ENTRY_COUNTED);
    customer = rc ? NULL : bl_fold_customer(f, count->customer, &rc);
    if (!customer) continue;
    bl_touch_customer(f->tenant, customer);
    rc = fold_count(f, customer, count, fact->seq, count->amount,
                    BL_DEC_ZERO);
    drop_ended(f, customer);
  }
  return rc;
}

int bl_fold_hold_counts(bl_fold *f, bl_customer *customer,
                        const bl_fact_count *counts, size_t count, int sign) {
  int rc = BILLING_OK;

  if (!count) return rc;
  bl_touch_customer(f->tenant, customer);
  for (size_t i = 0; i < count && !rc; i++) {
    if (counts[i].customer != customer->number) continue;
    rc = fold_count(f, customer, &counts[i], f->seq, BL_DEC_ZERO,
                    sign > 0 ? counts[i].amount
                             : bl_dec_neg(counts[i].amount));
  }
  if (sign < 0) customer->windows_due_us = INT64_MIN;   /* it may leave now */
  drop_ended(f, customer);
  return rc;
}

/* ---- what was told ---- */

/* A window of nothing, which is there or is not. */
static bl_fact_count known_window(uint64_t print) {
  return (bl_fact_count){.limit = print,
                         .span = {INT64_MIN, BL_TIME_NEVER}};
}

int bl_is_known(const bl_customer *customer, uint64_t print) {
  bl_fact_count known = known_window(print);
  size_t place;

  return bl_limit_window_of(customer, &known, &place) != NULL;
}

int bl_fold_known(bl_fold *f, bl_customer *customer, uint64_t print,
                  int64_t until_us) {
  bl_fact_count known = known_window(print);
  bl_limit_window *window;
  size_t place;
  int rc;

  known.customer = customer->number;
  known.until_us = until_us;
  bl_touch_customer(f->tenant, customer);
  rc = fold_count(f, customer, &known, f->seq, BL_DEC_ZERO, BL_DEC_ZERO);
  if (rc || until_us) return rc;
  window = bl_limit_window_of(customer, &known, &place);
  window->was.until_us = f->at_us;
  customer->windows_due_us = INT64_MIN;
  drop_ended(f, customer);
  return BILLING_OK;
}
