/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * alerts.c - thresholds that a call has crossed; see alerts.h.
 *
 *     an alert of the balance at 5 USD, with a top-up to 20
 *       8 are left, an event takes 4       alert: 4 left, 16 are wanted
 *       another one takes 3                nothing: it was told
 *       a grant of 16, then usage of 13    told again
 */
#include "engine/alerts.h"

#include "engine/outbox.h"
#include "wallet/threshold.h"

/* What a wallet has, as alerts see it. */
typedef struct alert_figures {
  char   asset[16];
  bl_dec value[BL_ALERT_FIGURES];      /* by BL_ALERT_* */
} alert_figures;

struct bl_watch {
  bl_watch      *next;
  bl_customer   *customer;
  alert_figures *before;
  size_t         count;
};

static void take_figures(const bl_wallet *wallet, alert_figures *out) {
  const bl_dec *b = wallet->balance;
  bl_dec left = bl_dec_add(b[BL_ACCOUNT_DEFERRED], b[BL_ACCOUNT_CREDIT]);

  memcpy(out->asset, wallet->asset, sizeof out->asset);
  out->value[BL_ALERT_BALANCE] = bl_dec_neg(left);
  out->value[BL_ALERT_OWED] = b[BL_ACCOUNT_UNBILLED];
  out->value[BL_ALERT_SPEND] = bl_dec_neg(b[BL_ACCOUNT_REVENUE]);
}

void bl_alerts_watch(bl_tenant *t, bl_customer *customer) {
  size_t count = customer->wallets.count;
  bl_watch *watch;

  customer->watched = t->serial;
  watch = bl_arena_take(t->undo_arena, sizeof *watch);
  if (watch)
    watch->before = bl_arena_array(t->undo_arena, count + 1,
                                   sizeof *watch->before);
  if (!watch || !watch->before) return;   /* the arena says so at the end */
  watch->customer = customer;
  watch->count = count;
  for (size_t i = 0; i < count; i++)
    take_figures(customer->wallets.item[i], &watch->before[i]);
  watch->next = t->watched;
  t->watched = watch;
}

/* ---- at the end of the call ---- */

void bl_code_alert(bl_codec *facts, bl_codec *properties, bl_fact_alert *f) {
  (void)properties;
  bl_code_u64(facts, &f->customer);
  bl_code_u64(facts, &f->contract);
  bl_code_str(facts, &f->id);
  bl_code_str(facts, &f->asset);
  bl_code_u64(facts, &f->of);
  bl_code_dec(facts, &f->at);
  bl_code_dec(facts, &f->value);
  bl_code_u64(facts, &f->has_top_up);
  if (!f->has_top_up) return;
  bl_code_dec(facts, &f->amount);
  bl_code_dec(facts, &f->charge);
}

int bl_fold_alert(bl_fold *f, const bl_fact_alert *fact) {
  int rc = BILLING_OK;

  if (!bl_fold_is_own(f)) return BILLING_OK;
  rc = bl_outbox_mark(f, BL_ENTRY_ALERT);
  return rc ? rc : bl_fold_about(f, fact->customer, BL_ENTRY_ALERT);
}

static int append_alert(bl_call *c, bl_fact_alert *fact) {
  bl_writer w;
  int rc = bl_fold_alert(bl_entry_start(c), fact);

  bl_writer_open(&w, c);
  bl_code_alert(&w.facts, &w.properties, fact);
  return rc ? rc : bl_append(c, BL_ENTRY_ALERT, &w);
}

static int tell_alert_of(bl_call *c, const bl_customer *customer,
                         uint64_t contract, const bl_alert *alert,
                         bl_dec value) {
  bl_fact_alert fact = {
      .customer = customer->number, .contract = contract, .id = alert->id,
      .asset = bl_str_of(alert->asset), .of = alert->of, .at = alert->at,
      .value = value, .has_top_up = alert->has_top_up};

  if (alert->has_top_up) {
    fact.amount = bl_top_up_amount(&alert->top_up, value);
    fact.charge = bl_top_up_charge(&alert->top_up, fact.amount);
    /* What is beyond all money is told, and nothing is asked for. */
    if (bl_dec_is_bad(fact.charge)) fact.has_top_up = 0;
  }
  return append_alert(c, &fact);
}

/* What the customer had in the asset before the call; nothing, where there
 * was no wallet. */
static bl_dec figure_before(const bl_watch *watch, const bl_alert *alert) {
  for (size_t i = 0; i < watch->count; i++)
    if (bl_asset_equal(watch->before[i].asset, alert->asset))
      return watch->before[i].value[alert->of];
  return BL_DEC_ZERO;
}

static int tell_alert_list(bl_call *c, const bl_watch *watch,
                           uint64_t contract, const bl_alerts *alerts) {
  int rc = BILLING_OK;

  for (size_t i = 0; i < alerts->count && !rc; i++) {
    const bl_alert *alert = &alerts->item[i];
    const bl_wallet *wallet = bl_wallet_of(watch->customer, alert->asset);
    alert_figures now;
    if (!wallet) continue;
    take_figures(wallet, &now);
    if (bl_threshold_crosses(figure_before(watch, alert),
                             now.value[alert->of], alert->at,
                             alert->of == BL_ALERT_BALANCE))
      rc = tell_alert_of(c, watch->customer, contract, alert,
                         now.value[alert->of]);
  }
  return rc;
}

static int tell_watch(bl_call *c, const bl_watch *watch) {
  const bl_customer *customer = watch->customer;
  int rc = tell_alert_list(c, watch, 0, &c->t->terms.alerts);

  for (size_t i = 0; i < customer->contracts.count && !rc; i++) {
    const bl_contract *contract = customer->contracts.item[i];
    if (!contract->archived && !contract->has_ended)
      rc = tell_alert_list(c, watch, contract->number,
                           &contract->terms.alerts);
  }
  return rc;
}

/* The list has the newest in front. */
int bl_alerts_tell(bl_call *c) {
  bl_watch *watch = c->t->watched, *first = NULL;
  int rc = BILLING_OK;

  c->t->watched = NULL;
  while (watch) {
    bl_watch *next = watch->next;
    watch->next = first;
    first = watch;
    watch = next;
  }
  for (; first && !rc; first = first->next)
    if (!first->customer->is_erased) rc = tell_watch(c, first);
  return rc;
}
