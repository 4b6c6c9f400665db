/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * repair.c - what should be billed, laid over what was.
 *
 *     billed    1 January to 1 February   12 of plan p
 *     proposed  1 to 25 January           of plan p at the same rate
 *     25 January to 1 February is repaired: -12 * 7/31 = -2.71
 *
 * Days of the same plan at the same rate cancel.  What is left of a billed
 * item is taken back, never more than what it has left; what is left of a
 * proposal is charged, whole when nothing of it cancels.  Items stay as they
 * are: a repair names the one that it repairs.
 */
#include "contract/contract.h"

static bl_rest *repair_rest(bl_arena *a, bl_span span, bl_rest *next) {
  bl_rest *rest = bl_arena_array(a, 1, sizeof *rest);

  if (rest) *rest = (bl_rest){span, next};
  return rest;
}

int bl_billed_open(bl_billed *b, bl_arena *a) {
  b->rest = NULL;
  b->is_cut = 0;
  if (bl_span_is_empty(b->span)) return BILLING_OK;
  b->rest = repair_rest(a, b->span, NULL);
  return b->rest ? BILLING_OK : BILLING_NOMEM;
}

int bl_billed_cut(bl_billed *b, bl_span span, bl_arena *a) {
  for (bl_rest **at = &b->rest; *at;) {
    bl_rest *rest = *at;
    bl_span both = bl_span_cut(rest->span, span);
    bl_span after = {both.to_us, rest->span.to_us};

    if (bl_span_is_empty(both)) {
      at = &rest->next;
      continue;
    }
    b->is_cut = 1;
    rest->span.to_us = both.from_us;
    if (!bl_span_is_empty(after)) {
      rest->next = repair_rest(a, after, rest->next);
      if (!rest->next) return BILLING_NOMEM;
    }
    if (bl_span_is_empty(rest->span)) *at = rest->next;
    else at = &rest->next;
  }
  return BILLING_OK;
}

/* Whether two of the items bill the same time; those that cost nothing do
 * not count. */
int bl_billed_twice(const bl_billed *items, size_t count) {
  for (size_t i = 0; i < count; i++)
    for (size_t j = 0; j < i; j++) {
      if (bl_dec_is_zero(items[i].amount) || bl_dec_is_zero(items[j].amount))
        continue;
      for (const bl_rest *a = items[i].rest; a; a = a->next)
        for (const bl_rest *b = items[j].rest; b; b = b->next)
          if (!bl_span_is_empty(bl_span_cut(a->span, b->span))) return 1;
    }
  return 0;
}

/* Takes what both have from both. */
static int repair_cancel(bl_billed *item, bl_billed *proposal, bl_arena *a) {
  bl_rest *common = NULL;
  int rc = BILLING_OK;

  for (const bl_rest *x = item->rest; x; x = x->next)
    for (const bl_rest *y = proposal->rest; y; y = y->next) {
      bl_span both = bl_span_cut(x->span, y->span);

      if (bl_span_is_empty(both)) continue;
      common = repair_rest(a, both, common);
      if (!common) return BILLING_NOMEM;
    }
  for (; common && !rc; common = common->next) {
    rc = bl_billed_cut(item, common->span, a);
    if (!rc) rc = bl_billed_cut(proposal, common->span, a);
  }
  return rc;
}

int bl_billed_merge(bl_billed *items, size_t count, bl_billed *proposals,
                    size_t proposed, bl_arena *a) {
  int rc = BILLING_OK;

  for (size_t i = 0; i < count && !rc; i++)
    for (size_t p = 0; p < proposed && !rc; p++) {
      bl_span both = bl_span_cut(items[i].span, proposals[p].span);

      if (bl_str_equal(items[i].plan, proposals[p].plan) &&
          bl_dec_equal(items[i].rate, proposals[p].rate) &&
          !bl_span_is_empty(both))
        rc = repair_cancel(&items[i], &proposals[p], a);
    }
  return rc;
}
