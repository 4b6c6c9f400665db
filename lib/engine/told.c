/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* told.c - grants that are used up or end soon, contracts that begin and end;
 * see told.h. */
#include "engine/told.h"

#include "engine/outbox.h"

static int topic_is_asked(const bl_call *c, uint32_t topic) {
  return (int)(c->t->terms.tells >> topic & 1);
}

/* ---- the entry ---- */

void bl_code_told(bl_codec *facts, bl_codec *properties, bl_fact_told *f) {
  (void)properties;
  bl_code_u64(facts, &f->customer);
  bl_code_u64(facts, &f->topic);
  bl_code_u64(facts, &f->number);
  bl_code_i64(facts, &f->at_us);
  bl_code_dec(facts, &f->left);
  bl_code_u64(facts, &f->print);
  bl_code_i64(facts, &f->until_us);
}

int bl_fold_told(bl_fold *f, const bl_fact_told *fact) {
  bl_customer *customer;
  int rc = BILLING_OK;

  if (bl_fold_is_own(f)) rc = bl_outbox_mark(f, BL_ENTRY_TOLD);
  if (!rc && bl_fold_is_own(f))
    rc = bl_fold_about(f, fact->customer, BL_ENTRY_TOLD);
  customer = rc ? NULL : bl_fold_customer(f, fact->customer, &rc);
  if (!customer || !fact->print) return rc;
  return bl_fold_known(f, customer, fact->print, fact->until_us);
}

static int append_told(bl_call *c, bl_fact_told *fact) {
  bl_writer w;
  int rc = bl_fold_told(bl_entry_start(c), fact);

  bl_writer_open(&w, c);
  bl_code_told(&w.facts, &w.properties, fact);
  return rc ? rc : bl_append(c, BL_ENTRY_TOLD, &w);
}

/* ---- what has happened ---- */

/* What came back meanwhile, or has ended, is not used up. */
int bl_tell_used_up(bl_call *c) {
  bl_list used_up = c->t->used_up;
  int rc = BILLING_OK;

  c->t->used_up.count = 0;
  for (size_t i = 0; i < used_up.count && !rc; i++) {
    const bl_grant_state *grant = used_up.item[i];
    bl_fact_told fact = {.customer = grant->customer->number,
                         .topic = BL_TELL_USED_UP,
                         .number = grant->lot.number};
    if (bl_dec_is_zero(grant->lot.left) && !grant->expired_seq)
      rc = append_told(c, &fact);
  }
  return rc;
}

int bl_tell_ended(bl_call *c, const bl_contract *contract) {
  bl_fact_told fact = {.customer = contract->customer->number,
                       .topic = BL_TELL_ENDED, .number = contract->number,
                       .at_us = contract->terms.end_us};

  return topic_is_asked(c, BL_TELL_ENDED) && !bl_call_reads(c)
             ? append_told(c, &fact) : BILLING_OK;
}

/* ---- what time brings ---- */

/* Of a grant also its end: at another one it is told again. */
static uint64_t told_print(bl_call *c, const bl_fact_told *fact) {
  bl_text text;

  bl_text_open(&text, &c->arena);
  bl_pack_str(&text, BL_STR("told"));
  bl_pack_u64(&text, fact->topic);
  bl_pack_u64(&text, fact->number);
  if (fact->topic == BL_TELL_EXPIRING) bl_pack_i64(&text, fact->at_us);
  return bl_key_hash8(c->b->content_key, text.text, text.len) | 1;
}

typedef struct told_next {
  bl_fact_told fact;
  int64_t      due_us;
} told_next;

static void take_told(bl_call *c, const bl_customer *customer,
                      const bl_fact_told *fact, int64_t due_us,
                      told_next *next) {
  uint64_t print;

  if (due_us >= next->due_us) return;
  print = told_print(c, fact);
  if (bl_is_known(customer, print)) return;
  next->fact = *fact;
  next->fact.print = print;
  next->due_us = due_us;
}

static void take_expiring(bl_call *c, const bl_customer *customer,
                          const bl_wallet *wallet, told_next *next) {
  for (size_t i = wallet->live.first; i < wallet->live.count; i++) {
    const bl_grant_state *grant = wallet->live.item[i];
    bl_fact_told fact = {.customer = customer->number,
                         .topic = BL_TELL_EXPIRING,
                         .number = grant->lot.number,
                         .at_us = grant->lot.expires_us,
                         .left = grant->lot.left,
                         .until_us = grant->lot.expires_us};
    int64_t due_us = fact.at_us - c->t->terms.expiring_us;
    if (fact.at_us == BL_TIME_NEVER || fact.at_us <= c->now_us) continue;
    if (due_us < grant->lot.effective_us) due_us = grant->lot.effective_us;
    take_told(c, customer, &fact, due_us, next);
  }
}

static void take_started(bl_call *c, const bl_customer *customer,
                         told_next *next) {
  for (size_t i = 0; i < customer->contracts.count; i++) {
    const bl_contract *contract = customer->contracts.item[i];
    bl_fact_told fact = {.customer = customer->number,
                         .topic = BL_TELL_STARTED,
                         .number = contract->number,
                         .at_us = contract->terms.start_us,
                         .until_us = BL_TIME_NEVER};
    if (!contract->archived)
      take_told(c, customer, &fact, fact.at_us, next);
  }
}

static told_next find_told(bl_call *c, const bl_customer *customer) {
  told_next next = {{0}, BL_TIME_NEVER};

  if (customer->is_erased) return next;
  if (topic_is_asked(c, BL_TELL_STARTED)) take_started(c, customer, &next);
  for (size_t i = 0; i < customer->wallets.count; i++)
    if (topic_is_asked(c, BL_TELL_EXPIRING))
      take_expiring(c, customer, customer->wallets.item[i], &next);
  return next;
}

int64_t bl_tell_due(bl_call *c, const bl_customer *customer) {
  return c->t->terms.tells ? find_told(c, customer).due_us : BL_TIME_NEVER;
}

int bl_tell_step(bl_call *c, const bl_customer *customer, int64_t at_us) {
  told_next next = find_told(c, customer);

  return next.due_us <= at_us ? append_told(c, &next.fact) : BILLING_OK;
}
