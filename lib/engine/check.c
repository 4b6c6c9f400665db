/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * check.c - whether a customer could pay, without a promise.
 *
 *     grants with 10.00 free, 3.00 of them held, overdraft 5.00, 1.00 unbilled
 *     to spend: 10.00 - 3.00 + (5.00 - 1.00) = 11.00
 *
 * The first time this is asked under the lock and put on the board (board.h);
 * from then on the board answers any thread.  What is on it stays true:
 *
 *   what moves the figure   touches the customer or a wallet of it, and the
 *                           call that did so renews it when it has succeeded
 *   time                    the figure has a span, which ends with the next
 *                           grant, hold, contract, or window of a limit that
 *                           begins or ends
 *   doubt                   a state that is thrown away takes its panels along
 */
#include "engine/engine.h"
#include "engine/assets.h"
#include "engine/family.h"
#include "engine/limits.h"

/* ---- the figure ---- */

/* Something changes at this moment: the span lies before it or behind it. */
static void bound_span(bl_span *span, int64_t change_us, int64_t now_us) {
  if (change_us > now_us && change_us < span->to_us) span->to_us = change_us;
  if (change_us <= now_us && change_us > span->from_us)
    span->from_us = change_us;
}

/* Grants whose scope does not bind them to some use, or some
 * time; of another customer's
 * wallet those that are shared with this one. */
static bl_dec unscoped_free(const bl_wallet *wallet,
                            const bl_customer *customer, int64_t now_us,
                            bl_span *span) {
  int is_own = wallet->customer == customer;
  bl_dec sum = BL_DEC_ZERO;

  for (size_t i = wallet->live.first; i < wallet->live.count; i++) {
    const bl_grant_state *grant = wallet->live.item[i];
    const bl_lot *lot = &grant->lot;
    bl_span life = {lot->effective_us, lot->expires_us};
    if (!bl_scope_is_open(lot->scope) || grant->scope.caps.count ||
        (!is_own && !bl_scope_shares(lot->scope, customer->number)))
      continue;
    bound_span(span, life.from_us, now_us);
    bound_span(span, life.to_us, now_us);
    if (bl_span_holds(life, now_us))
      sum = bl_dec_add(sum, bl_dec_sub(lot->left, lot->held));
  }
  return sum;
}

/* The most that a contract in force promises beyond grants. */
static bl_dec overdraft_of(const bl_customer *customer, const char asset[16],
                           int64_t now_us, bl_span *span) {
  bl_dec most = BL_DEC_ZERO;

  for (size_t i = 0; i < customer->contracts.count; i++) {
    const bl_contract *contract = customer->contracts.item[i];
    bl_span term = {contract->terms.start_us, contract->terms.end_us};
    if (!bl_asset_equal(contract->plan->plan.currency, asset)) continue;
    bound_span(span, term.from_us, now_us);
    bound_span(span, term.to_us, now_us);
    if (bl_span_holds(term, now_us))
      most = bl_dec_max(most, contract->terms.overdraft);
  }
  return most;
}

/* In its own grants, and in those of whoever is above it. */
static bl_dec granted_free(const bl_tenant *t, const bl_customer *customer,
                           const char asset[16], int64_t now_us,
                           bl_span *span) {
  bl_dec sum = BL_DEC_ZERO;

  for (const bl_customer *at = customer; at; at = bl_parent_of(t, at)) {
    const bl_wallet *wallet = bl_wallet_of(at, asset);
    if (wallet)
      sum = bl_dec_add(sum, unscoped_free(wallet, customer, now_us, span));
  }
  return sum;
}

static bl_dec covered(const bl_tenant *t, const bl_customer *customer,
                      const char asset[16], int64_t now_us, bl_span *span) {
  const bl_wallet *wallet = bl_wallet_of(customer, asset);
  bl_dec room = overdraft_of(customer, asset, now_us, span);
  bl_dec sum;

  if (bl_dec_is_max(room)) return room;
  if (wallet) {
    room = bl_dec_sub(room, wallet->balance[BL_ACCOUNT_UNBILLED]);
    room = bl_dec_sub(room, wallet->overdraft_held);
  }
  sum = bl_dec_add(granted_free(t, customer, asset, now_us, span),
                   bl_dec_max(room, BL_DEC_ZERO));
  return bl_dec_is_bad(sum) ? BL_DEC_MAX : sum;    /* more than there is */
}

/* And within its limits. */
static bl_dec spendable(billing *b, bl_tenant *t, bl_customer *customer,
                        const char asset[16], int64_t now_us, bl_span *span) {
  bl_dec sum = covered(t, customer, asset, now_us, span);
  bl_call c;

  if (!bl_limits_are(t, customer)) return sum;
  memset(&c, 0, sizeof c);
  c.b = b;
  c.t = t;
  c.now_us = now_us;
  return bl_dec_min(sum, bl_limits_room(&c, customer, asset, span));
}

/* While a hold is due that has not been ended, or a grant that has not been
 * given, the span is empty.  So it is of whoever has a parent: every event of
 * the family may move the figure, and renewing it for all would cost each of
 * them. */
static bl_board_figure figure_of(billing *b, bl_tenant *t,
                                 bl_customer *customer, const char asset[16],
                                 int64_t now_us) {
  bl_board_figure figure = {BL_DEC_ZERO, {INT64_MIN, BL_TIME_NEVER}};

  if (customer->holds.count)
    figure.span.to_us = customer->holds_due_us;
  if (customer->liens.first < customer->liens.count &&
      customer->liens_due_us < figure.span.to_us)
    figure.span.to_us = customer->liens_due_us;
  for (size_t i = 0; i < customer->contracts.count; i++) {
    const bl_contract *contract = customer->contracts.item[i];
    if (contract->gives_us < figure.span.to_us)
      figure.span.to_us = contract->gives_us;
    if (contract->rolls_us < figure.span.to_us)
      figure.span.to_us = contract->rolls_us;
  }
  figure.spend = spendable(b, t, customer, asset, now_us, &figure.span);
  if (figure.span.to_us <= now_us || customer->parent)
    figure.span = (bl_span){0, 0};
  return figure;
}

/* ---- the board ---- */

/* NULL when the tenant has none for this asset and cannot get one. */
static bl_panel *panel_of(const billing *b, bl_tenant *t,
                          const char asset[16]) {
  bl_panel *panel = t->panels;

  while (panel && memcmp(panel->asset, asset, sizeof panel->asset) != 0)
    panel = panel->next;
  if (panel || !b->board || t == b->spare) return panel;
  panel = bl_board_panel_make(b->board, t->id, asset);
  if (!panel) return NULL;
  atomic_store(&panel->clock_us, t->heads.clock_us);
  panel->next = t->panels;
  t->panels = panel;
  return panel;
}

/*
 * The figure holds for the state although this call may have ended holds: it
 * is a read, they are open again when it ends.  When the state is one that is
 * still to be committed, the figure is written when it is.
 */
static void show_figure(const bl_call *c, bl_customer *customer,
                        const char asset[16], const bl_board_figure *figure) {
  const bl_panel *panel = panel_of(c->b, c->t, asset);
  bl_board_entry *entry =
      panel ? bl_board_make(c->b->board, panel, customer->id) : NULL;

  if (!entry) return;
  customer->is_shown = 1;
  if (!c->is_known) {
    bl_board_write(entry, figure);
  } else {
    bl_customer_moves(c->t, customer);
    c->t->moved_known = c->t->moved;         /* this call's undo leaves it */
  }
}

static void renew_customer(billing *b, bl_tenant *t,
                           bl_customer *customer) {
  customer->is_moved = 0;
  customer->is_shown = 0;
  for (bl_panel *panel = t->panels; panel; panel = panel->next) {
    bl_board_entry *entry = bl_board_find(b->board, panel, customer->id);
    bl_board_figure figure;
    if (!entry) continue;
    figure = figure_of(b, t, customer, panel->asset, t->heads.clock_us);
    bl_board_write(entry, &figure);
    customer->is_shown = 1;
  }
}

void bl_board_renew(billing *b, bl_tenant *t) {
  if (t->is_stale) bl_tenant_hide(t);
  for (bl_panel *panel = t->panels; panel; panel = panel->next)
    atomic_store(&panel->clock_us, t->heads.clock_us);
  for (; t->moved; t->moved = t->moved->next_moved)
    renew_customer(b, t, t->moved);
  t->moved_known = NULL;
}

void bl_board_drop(const billing *b, bl_tenant *t,
                   const bl_customer *customer) {
  if (!customer->is_shown) return;
  for (bl_panel *panel = t->panels; panel; panel = panel->next)
    bl_board_forget(b->board, panel, customer->id);
}

/* ---- the call ---- */

static int is_amount(const billing_money *amount) {
  return bl_dec_is_valid(amount->amount) && bl_dec_sign(amount->amount) >= 0;
}

static int judge(const billing_money *amount, bl_dec spend,
                 billing_error *err) {
  if (bl_dec_cmp(amount->amount, spend) <= 0) return BILLING_OK;
  return bl_fail(err, BILLING_DENIED_BALANCE, "",
                 "grant credit, or raise the contract's overdraft",
                 "%d %s are there to spend", &spend, amount->asset);
}

/* Whether the board knows what is asked.  A call that is anything but plain is
 * left to those who look at it closely. */
static int ask_board(const billing *b, const billing_call *call,
                     bl_str customer, const billing_money *amount,
                     bl_dec *spend) {
  const bl_panel *panel;
  bl_str tenant;

  if (!b || !b->board || !call || !amount ||
      call->struct_size != sizeof *call || call->flags || call->key.len)
    return 0;
  tenant = call->tenant.len ? call->tenant : b->tenant;
  if (!tenant.text || !is_amount(amount)) return 0;
  panel = bl_board_panel(b->board, tenant, amount->asset);
  return panel &&
         bl_board_spend(b->board, panel, customer, call->now_us, spend);
}

static int ask_state(bl_call *c, bl_str id, const billing_money *amount,
                     bl_dec *spend) {
  bl_board_figure figure;
  bl_customer *customer;
  int rc = bl_find_customer(c, id, "/customer", &customer);

  if (!rc) rc = bl_asset_argument(c, amount->asset, "/amount/asset");
  if (rc) return rc;
  if (!is_amount(amount))
    return bl_fail(c->err, BILLING_INVALID, "/amount/amount", "zero or more",
                   "the amount is not valid");
  rc = bl_expire_holds(c, customer);              /* undone: this is a read */
  if (rc) return rc;
  figure = figure_of(c->b, c->t, customer, amount->asset, c->now_us);
  if (figure.span.from_us < c->now_us) figure.span.from_us = c->now_us;
  show_figure(c, customer, amount->asset, &figure);
  *spend = figure.spend;
  return judge(amount, *spend, c->err);
}

int billing_check(billing *b, const billing_call *call, const char *customer,
                  size_t customer_len, const billing_money *amount,
                  billing_decimal *free, billing_error *err) {
  bl_str id = bl_text_argument(customer, customer_len);
  bl_dec spend = BL_DEC_ZERO;
  bl_call c;
  int rc;

  if (!bl_error_start(err) && ask_board(b, call, id, amount, &spend)) {
    rc = judge(amount, spend, err);
  } else {
    rc = bl_enter(&c, b, call, BL_READ, err);
    if (rc) return rc;
    if (!amount)
      rc = bl_fail(err, BILLING_MISUSE, "", NULL, "the amount is NULL");
    else
      rc = ask_state(&c, id, amount, &spend);
    rc = bl_leave(&c, rc);
  }
  if (free && (!rc || rc == BILLING_DENIED_BALANCE)) *free = spend;
  return rc;
}
