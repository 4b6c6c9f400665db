/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * tick_book.c - an entry of what ticks come to.
 *
 *     storage of April was booked as 2.00 and is 2.40: 0.40 more, of which a
 *     grant pays 0.10; then the next figure, which finds the grant empty
 */
#include "engine/image.h"
#include "engine/ticks.h"
#include "engine/timeline.h"

void bl_tick_book_open(bl_tick_book *k, bl_call *c, bl_contract *contract) {
  *k = (bl_tick_book){.c = c, .contract = contract};
  k->fact.customer = contract->customer->number;
  k->fact.contract = contract->number;
  bl_rater_open(&k->rater, c);
  k->fold = bl_entry_start(c);
}

/* Who pays: the lots that are there when what is charged ends. */
static int book_draws(bl_tick_book *k, const bl_tally *tally,
                      bl_fact_tick *tick) {
  bl_span span = bl_timeline_service(tally->contract, tally->price,
                                     tally->period);
  bl_fact_charge charge = {.amount = tick->amount};
  int rc;

  k->rater.draws.count = 0;
  rc = bl_rate_choose(&k->rater, tally, span.to_us - 1, &charge);
  if (rc || !charge.draw_count) return rc;
  tick->draws = bl_arena_copy(&k->c->arena, k->rater.draws.item,
                              charge.draw_count * sizeof *tick->draws);
  tick->draw_count = charge.draw_count;
  return tick->draws ? BILLING_OK : BILLING_NOMEM;
}

int bl_tick_book_add(bl_tick_book *k, const bl_fact_tick *tick,
                     int is_drawn) {
  bl_call *c = k->c;
  bl_tally *tally = bl_tally_make(c->t, k->contract, tick->price,
                                  tick->period, tick->group);
  bl_fact_tick *kept = bl_arena_push(&c->arena, (void **)&k->fact.items,
                                     &k->fact.count, &k->cap, sizeof *kept);
  int rc = BILLING_OK;

  if (!tally || !kept) return BILLING_NOMEM;
  if (bl_dec_is_bad(tick->amount) || bl_dec_is_bad(tick->quantity))
    return bl_fail(c->err, BILLING_LIMIT, "", "amounts below 10^20",
                   "what price %t comes to does not fit",
                   &bl_tally_price(tally)->id);
  *kept = *tick;
  if (is_drawn) rc = book_draws(k, tally, kept);
  if (rc) return rc;
  k->fact.count++;
  return bl_fold_tick(k->fold, k->contract, kept);
}

int bl_tick_book_close(bl_tick_book *k, int rc) {
  bl_call *c = k->c;
  bl_writer w;

  bl_rater_close(&k->rater);
  if (rc || !k->fact.count) return rc;
  rc = bl_fold_ticked(k->fold, &k->fact);
  bl_customer_moves(c->t, k->contract->customer);
  bl_image_age(c->t, k->contract->customer, k->fold->seq);
  bl_writer_open(&w, c);
  bl_code_ticks(&w.facts, &w.properties, &k->fact);
  return rc ? rc : bl_append(c, BL_ENTRY_TICKS, &w);
}
