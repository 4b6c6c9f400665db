/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* top_ups_view.c - top-ups as they are shown, and as they stand. */
#include "engine/query.h"
#include "engine/top_ups.h"

const char *const bl_top_up_words[] = {
    [BL_TOP_UP_WANTED] = "wanted", [BL_TOP_UP_FAILED] = "failed",
    [BL_TOP_UP_PAUSED] = "paused", [BL_TOP_UP_PAID] = "paid",
    [BL_TOP_UP_VOID] = "void", [BL_TOP_UP_RESUMED] = "resumed",
    [BL_TOP_UP_SKIPPED] = "skipped", NULL};

/* ---- one ---- */

static void show_times(const bl_fact_top_up *fact, bl_json *out) {
  if (fact->state == BL_TOP_UP_WANTED)
    bl_json_add_time(out, "until", fact->until_us);
  if (fact->state == BL_TOP_UP_FAILED)
    bl_json_add_time(out, "again", fact->until_us);
  if (fact->due_us) bl_json_add_time(out, "due", fact->due_us);
  if (fact->is_lapsed) bl_json_add_bool(out, "lapsed", 1);
}

static void show_money(const bl_fact_top_up *fact, bl_json *out) {
  bl_json_add_text(out, "asset", fact->asset);
  bl_json_add_dec(out, "left", fact->left);
  bl_json_add_dec(out, "amount", fact->amount);
  bl_json_add_dec(out, "bonus", fact->bonus);
  bl_json_add_text(out, "charge_asset", fact->charge_asset);
  bl_json_add_dec(out, "charge", fact->charge);
  bl_json_add_dec(out, "fee", fact->fee);
  bl_json_add_dec(out, "total", bl_dec_add(fact->charge, fact->fee));
}

static int show_contract(bl_call *c, uint64_t number, bl_json *out) {
  const bl_contract *contract = bl_table_at(&c->t->by_contract, number);

  if (!number) return BILLING_OK;
  if (!contract) return BILLING_CORRUPT;
  return bl_json_add_text(out, "contract", contract->terms.id)
             ? BILLING_OK : BILLING_NOMEM;
}

int bl_top_up_show(bl_call *c, const bl_fact_top_up *fact, uint64_t row,
                   bl_json *out) {
  uint64_t number = fact->number ? fact->number : row;
  int rc = show_contract(c, fact->contract, out);

  if (rc) return rc;
  if (fact->state >= BL_TOP_UP_STATES) return BILLING_CORRUPT;
  bl_json_add_int(out, "top_up", (int64_t)number);
  bl_json_add_text(out, "rule", fact->id);
  bl_json_add_c(out, "state", bl_top_up_words[fact->state]);
  show_money(fact, out);
  bl_json_add_int(out, "attempt", (int64_t)fact->attempt);
  show_times(fact, out);
  if (fact->grant) bl_json_add_int(out, "grant", (int64_t)fact->grant);
  if (fact->bonus_grant)
    bl_json_add_int(out, "bonus_grant", (int64_t)fact->bonus_grant);
  if (fact->reason.len) bl_json_add_text(out, "reason", fact->reason);
  return out ? BILLING_OK : BILLING_NOMEM;
}

/* ---- all of a customer ---- */

typedef struct top_ups_view {
  bl_json  *rows;
  uint64_t *ruled;             /* by place in the customer's list: a rule of
                                  it is shown */
} top_ups_view;

static int show_limit(const bl_top_up_look *look, bl_json *row) {
  bl_fact_count windows[2];
  bl_json *used;
  int64_t end_us;
  int rc = look->rule->has_limit ? bl_top_up_windows(look, windows, &end_us)
                                 : BILLING_OK;

  if (rc || !look->rule->has_limit) return rc;
  used = bl_json_object(row, "used");
  bl_json_add_dec(used, "count", bl_top_up_used(look->customer, &windows[0]));
  bl_json_add_dec(used, "amount",
                  bl_top_up_used(look->customer, &windows[1]));
  bl_json_add_time(used, "from", windows[0].span.from_us);
  return bl_json_add_time(used, "to", end_us) ? BILLING_OK : BILLING_NOMEM;
}

static int show_idle(const bl_top_up_look *look, bl_json *row) {
  if (look->contract)
    bl_json_add_text(row, "contract", look->contract->terms.id);
  bl_json_add_text(row, "rule", look->rule->id);
  bl_json_add_c(row, "asset", look->rule->asset);
  return bl_json_add_c(row, "state", "idle") ? BILLING_OK : BILLING_NOMEM;
}

static int show_rule(const bl_top_up_look *look, void *to) {
  const bl_list *all = &look->customer->top_ups;
  top_ups_view *view = to;
  bl_json *row = bl_json_object(view->rows, NULL);
  const bl_top_up_state *state = bl_top_up_of(
      look->customer, look->contract ? look->contract->number : 0,
      look->rule->id);
  int rc;

  for (size_t i = 0; i < all->count; i++)
    view->ruled[i] |= all->item[i] == (const void *)state;
  bl_json_add_c(row, "of", look->of);
  rc = state ? bl_top_up_show(look->c, &state->was, 0, row)
             : show_idle(look, row);
  return rc ? rc : show_limit(look, row);
}

/* What is under way of rules that have gone. */
static int show_gone(bl_call *c, const bl_customer *customer,
                     const top_ups_view *view) {
  int rc = BILLING_OK;

  for (size_t i = 0; i < customer->top_ups.count && !rc; i++) {
    const bl_top_up_state *state = customer->top_ups.item[i];
    if (view->ruled[i] || state->was.state > BL_TOP_UP_PAUSED) continue;
    rc = bl_top_up_show(c, &state->was, 0, bl_json_object(view->rows, NULL));
  }
  return rc;
}

static int show_top_ups(bl_call *c, const bl_query *q, billing_doc **out) {
  bl_json *tree = bl_json_object(NULL, NULL);
  top_ups_view view = {bl_json_array(tree, "top_ups"), NULL};
  bl_customer *customer;
  int rc = bl_find_customer(c, q->customer, "/customer", &customer);

  if (!rc) {
    view.ruled = bl_arena_array(&c->arena, customer->top_ups.count + 1,
                                sizeof *view.ruled);
    rc = view.ruled && view.rows ? BILLING_OK : BILLING_NOMEM;
  }
  if (!rc) rc = bl_top_ups_visit(c, customer, show_rule, &view);
  if (!rc) rc = show_gone(c, customer, &view);
  if (!rc) rc = bl_doc_of_tree(c, tree, out);
  bl_json_free(tree);
  return rc;
}

int billing_top_ups(billing *b, const billing_call *call, const char *query,
                    size_t query_len, billing_doc **out, billing_error *err) {
  static const char *const allowed[] = {"customer", NULL};
  bl_question question = {query, query_len, allowed, NULL, show_top_ups};

  return bl_question_ask(b, call, &question, out, err);
}
