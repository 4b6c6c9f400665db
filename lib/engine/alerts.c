/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * alerts.c - thresholds that a call has crossed; see alerts.h.
 *
 *     an alert of the balance at 5 USD
 *       8 are left, an event takes 4       alert: 4 left
 *       another one takes 3                nothing: it was told
 *       a grant of 16, then usage of 13    told again
 */
#include "engine/alerts.h"

#include "engine/limit_look.h"
#include "engine/outbox.h"
#include "engine/told.h"
#include "engine/top_ups.h"
#include "wallet/threshold.h"

/* What a wallet has, as alerts see it. */
typedef struct alert_figures {
  char   asset[16];
  bl_dec value[BL_ALERT_BOOKED];       /* by BL_ALERT_* */
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
  bl_code_str(facts, &f->meter);
  bl_code_u64(facts, &f->of);
  bl_code_dec(facts, &f->at);
  bl_code_dec(facts, &f->value);
  bl_code_u64(facts, &f->print);
  bl_code_u64(facts, &f->is_back);
}

static int note_alert(bl_fold *f, const bl_fact_alert *fact) {
  int rc = bl_outbox_mark(f, BL_ENTRY_ALERT);

  return rc ? rc : bl_fold_about(f, fact->customer, BL_ENTRY_ALERT);
}

int bl_fold_alert(bl_fold *f, const bl_fact_alert *fact) {
  int rc = bl_fold_is_own(f) ? note_alert(f, fact) : BILLING_OK;
  bl_customer *customer = NULL;

  if (!rc) customer = bl_fold_customer(f, fact->customer, &rc);
  if (!customer || !fact->print) return rc;
  return bl_fold_known(f, customer, fact->print,
                       fact->is_back ? 0 : BL_TIME_NEVER);
}

static int append_alert(bl_call *c, bl_fact_alert *fact) {
  bl_writer w;
  int rc = bl_fold_alert(bl_entry_start(c), fact);

  bl_writer_open(&w, c);
  bl_code_alert(&w.facts, &w.properties, fact);
  return rc ? rc : bl_append(c, BL_ENTRY_ALERT, &w);
}

/* ---- figures ---- */

/* One alert of a customer that has moved, and its figure. */
typedef struct alert_look {
  bl_call           *c;
  const bl_watch    *watch;
  const bl_contract *contract;         /* whose alert; NULL: the tenant's */
  const bl_alert    *alert;
  bl_dec             before;
  bl_dec             now;
} alert_look;

/* What the customer had in the asset before the call; nothing, where there
 * was no wallet. */
static bl_dec figure_before(const bl_watch *watch, const bl_alert *alert,
                            uint32_t of) {
  for (size_t i = 0; i < watch->count; i++)
    if (bl_asset_equal(watch->before[i].asset, alert->asset))
      return watch->before[i].value[of];
  return BL_DEC_ZERO;
}

static void look_at_books(alert_look *look, uint32_t of) {
  const bl_wallet *wallet = bl_wallet_of(look->watch->customer,
                                         look->alert->asset);
  alert_figures now = {{0}, {BL_DEC_ZERO}};

  if (wallet) take_figures(wallet, &now);
  look->before = figure_before(look->watch, look->alert, of);
  look->now = now.value[of];
}

static int look_at_window(alert_look *look) {
  bl_customer *customer = look->watch->customer;
  bl_limit_wish wish;
  bl_dec held;
  int is_in;
  int rc = bl_alert_wish(look->c, customer, look->contract, look->alert,
                         &wish, &is_in);

  look->before = look->now = BL_DEC_ZERO;
  if (rc || !is_in) return rc;
  look->now = bl_limit_load(customer, &wish, look->c->now_us, &held);
  look->before = bl_dec_sub(look->now,
                            bl_limit_moved(customer, &wish, look->c->now_us,
                                           look->c->t->serial));
  return BILLING_OK;
}

/* How long the balance lasts. */
static int look_ahead(alert_look *look) {
  int64_t hours = look->alert->window.hours;
  int rc = look_at_window(look);
  bl_dec before = look->before, now = look->now;

  look_at_books(look, BL_ALERT_BALANCE);
  look->before = bl_threshold_days(look->before, before, hours);
  look->now = bl_threshold_days(look->now, now, hours);
  return rc;
}

static int take_figure(alert_look *look) {
  if (look->alert->of == BL_ALERT_EXHAUSTION) return look_ahead(look);
  if (look->alert->has_window) return look_at_window(look);
  look_at_books(look, look->alert->of);
  return BILLING_OK;
}

/* ---- what is told ---- */

static uint64_t band_print(const alert_look *look) {
  bl_text text;

  bl_text_open(&text, &look->c->arena);
  bl_pack_str(&text, BL_STR("alert"));
  bl_pack_u64(&text, look->contract ? look->contract->number : 0);
  bl_pack_str(&text, look->alert->id);
  return bl_key_hash8(look->c->b->content_key, text.text, text.len) | 1;
}

static int tell_alert_of(const alert_look *look, uint64_t print,
                         uint64_t is_back) {
  const bl_alert *alert = look->alert;
  bl_fact_alert fact = {
      .customer = look->watch->customer->number,
      .contract = look->contract ? look->contract->number : 0,
      .id = alert->id, .asset = bl_str_of(alert->asset),
      .meter = alert->window.meter, .of = alert->of,
      .at = is_back ? alert->recovers : alert->at, .value = look->now,
      .print = print, .is_back = is_back};

  return append_alert(look->c, &fact);
}

/* One with a band tells when its figure is there, and no more until it is
 * back; one without when it has come there. */
static int tell_look(const alert_look *look) {
  const bl_alert *alert = look->alert;
  int falls = bl_alert_falls(alert);
  uint64_t print;

  if (!alert->has_band)
    return bl_threshold_crosses(look->before, look->now, alert->at, falls)
               ? tell_alert_of(look, 0, 0) : BILLING_OK;
  print = band_print(look);
  if (bl_is_known(look->watch->customer, print))
    return bl_threshold_recovers(look->now, alert->recovers, falls)
               ? tell_alert_of(look, print, 1) : BILLING_OK;
  return bl_threshold_is_met(look->now, alert->at, falls)
             ? tell_alert_of(look, print, 0) : BILLING_OK;
}

static int tell_alert_list(bl_call *c, const bl_watch *watch,
                           const bl_contract *contract,
                           const bl_alerts *alerts) {
  int rc = BILLING_OK;

  for (size_t i = 0; i < alerts->count && !rc; i++) {
    alert_look look = {.c = c, .watch = watch, .contract = contract,
                       .alert = &alerts->item[i]};
    rc = take_figure(&look);
    if (!rc) rc = tell_look(&look);
  }
  return rc;
}

static int tell_watch(bl_call *c, const bl_watch *watch) {
  const bl_customer *customer = watch->customer;
  int rc = tell_alert_list(c, watch, NULL, &c->t->terms.alerts);

  for (size_t i = 0; i < customer->contracts.count && !rc; i++) {
    const bl_contract *contract = customer->contracts.item[i];
    if (!contract->archived && !contract->has_ended)
      rc = tell_alert_list(c, watch, contract, &contract->terms.alerts);
  }
  return rc;
}

/* What it does from here on is noted anew. */
static int tell_watched(bl_call *c, bl_watch *watch) {
  int rc = tell_watch(c, watch);

  watch->customer->watched = 0;
  return rc ? rc : bl_top_ups_look(c, watch->customer);
}

/* The list has the newest in front. */
int bl_alerts_tell(bl_call *c) {
  bl_watch *watch = c->t->watched, *first = NULL;
  int rc = bl_tell_used_up(c);

  c->t->watched = NULL;
  while (watch) {
    bl_watch *next = watch->next;
    watch->next = first;
    first = watch;
    watch = next;
  }
  for (; first && !rc; first = first->next)
    if (!first->customer->is_erased) rc = tell_watched(c, first);
  return rc;
}
