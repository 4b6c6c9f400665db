/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * evaluate.c - billing_evaluate: any kernel by itself, without a store.
 *
 *     {"kernel":"quote","price":{"model":"per_unit","unit":"0.10"},
 *      "quantity":"3"}
 *     -> {"amount":"0.3","due":"0.3", ..}
 *
 * A kernel is one row of the table below.  Here a request is read and an
 * answer is written; what it comes to is decided in the kernels' folders.
 */
#include "base/struct.h"
#include "engine/doc.h"
#include "engine/evaluate.h"

static const struct ask_row {
  const char    *name;
  bl_ask_kernel *run;
} ask_rows[] = {
  {"quote",        bl_ask_quote},
  {"quotes",       bl_ask_quotes},
  {"rate",         bl_ask_rate},
  {"transactions", bl_ask_transactions},
  {"levels",       bl_ask_levels},
  {"composite",    bl_ask_composite},
  {"window_commitment", bl_ask_window_commitment},
  {"mark_up",      bl_ask_mark_up},
  {"capacity",     bl_ask_capacity},
  {"price_book",   bl_ask_price_book},
  {"rates",        bl_ask_rates},
  {"override",     bl_ask_override},
  {"commit_rate",  bl_ask_commit_rate},
  {"allowance",    bl_ask_allowance},
  {"exchange",     bl_ask_exchange_amounts},
  {"order",        bl_ask_order},
  {"burndown",     bl_ask_burndown},
  {"line_order",   bl_ask_line_order},
  {"grant_active", bl_ask_grant_active},
  {"grant_phases", bl_ask_grant_phases},
  {"commitment_term", bl_ask_commitment_term},
  {"rollover",     bl_ask_rollover},
  {"grant_schedule", bl_ask_grant_schedule},
  {"net_balance",  bl_ask_net_balance},
  {"balances_at",  bl_ask_balances_at},
  {"credits",      bl_ask_credits},
  {"pay_by_wallets", bl_ask_pay_by_wallets},
  {"reserve",      bl_ask_reserve},
  {"settle",       bl_ask_settle},
  {"hold_size",    bl_ask_hold_size},
  {"usage_limits", bl_ask_usage_limits},
  {"top_up",       bl_ask_top_up},
  {"alert",        bl_ask_alert},
  {"purchases",    bl_ask_purchases},
  {"periods",      bl_ask_periods},
  {"prorate",      bl_ask_prorate},
  {"shift",        bl_ask_shift},
  {"divides",      bl_ask_divides},
  {"cycles",       bl_ask_cycles},
  {"whole_cycles", bl_ask_whole_cycles},
  {"anchor_allowed", bl_ask_anchor_allowed},
  {"walk",         bl_ask_walk},
  {"local_date",   bl_ask_local_date},
  {"pieces",       bl_ask_pieces},
  {"due",          bl_ask_due},
  {"change",       bl_ask_change},
  {"credit_cap",   bl_ask_credit_cap},
  {"unused",       bl_ask_unused},
  {"move_end",     bl_ask_move_end},
  {"repair",       bl_ask_repair},
  {"rebill",       bl_ask_rebill},
  {"lago_bounds",  bl_ask_lago_bounds},
  {"unused_fee",   bl_ask_unused_fee},
  {"invoice",      bl_ask_invoice},
  {"credit_notes", bl_ask_credit_notes},
  {"apply_notes",  bl_ask_apply_notes},
  {"note_limits",  bl_ask_note_limits},
  {"note_check",   bl_ask_note_check},
  {"note_excess",  bl_ask_note_excess},
  {"void_note",    bl_ask_void_note},
  {"prepaid_refund", bl_ask_prepaid_refund},
  {"recurring",    bl_ask_recurring},
  {"seats",        bl_ask_seats},
  {"distribute",   bl_ask_distribute},
  {"final_by",     bl_ask_final_by},
  {"consolidate",  bl_ask_consolidate},
  {"hmac_sha256",  bl_ask_hmac_sha256},
  {"tax_place",    bl_ask_tax_place},
  {"tax_choice",   bl_ask_tax_choice},
  {"crossings",    bl_ask_crossings},
  {"usage_thresholds", bl_ask_usage_thresholds},
  {"true_up",      bl_ask_true_up},
  {"aggregate",    bl_ask_aggregate},
  {"sql_meter",    bl_ask_sql_meter},
  {"route",        bl_ask_route},
  {"expression",   bl_ask_expression},
  {"convert",      bl_ask_convert},
  {"windows",      bl_ask_windows},
  {"accept",       bl_ask_accept},
  {"in_advance",   bl_ask_in_advance},
};

static int ask_unknown(const bl_reader *at, bl_str name) {
  char hint[BL_HINT_SIZE] = "";
  int is_missing = name.text == NULL;

  for (size_t i = 0; i < BL_COUNT(ask_rows); i++)
    bl_words_add(hint, ask_rows[i].name);
  if (is_missing)
    return bl_reader_fail(at, BILLING_INVALID, hint,
                          "the request names no kernel");
  return bl_reader_fail(at, BILLING_UNSUPPORTED, hint,
                        "there is no kernel %t", &name);
}

/* The kernel that the request names. */
static int ask_kernel_of(const bl_ask *ask, bl_ask_kernel **out) {
  bl_reader at = bl_reader_member(&ask->top, "kernel");
  const bl_json *node;
  bl_str name = {NULL, 0};

  if (bl_json_kind(ask->doc) != BL_JSON_OBJECT)
    return bl_reader_fail(&ask->top, BILLING_INVALID, NULL,
                          "a request is an object");
  node = bl_json_get(ask->doc, "kernel");
  if (node && bl_json_kind(node) == BL_JSON_TEXT) name = bl_json_text(node);
  for (size_t i = 0; i < BL_COUNT(ask_rows); i++) {
    if (!bl_str_is(name, ask_rows[i].name)) continue;
    *out = ask_rows[i].run;
    return BILLING_OK;
  }
  return ask_unknown(&at, name);
}

/* The answer as canonical JSON. */
static int ask_print(const bl_ask *ask, bl_text *text) {
  int rc;

  if (ask->is_over)
    return bl_reader_fail(&ask->top, BILLING_LIMIT,
                          "up to 20 digits before the point",
                          "a result does not fit");
  bl_text_open(text, ask->top.arena);
  rc = bl_json_print(ask->out, text);
  return rc ? bl_fail_code(ask->top.err, rc) : BILLING_OK;
}

static int ask_run(bl_ask *ask, const billing_options *options,
                   billing_doc **out) {
  bl_ask_kernel *kernel = NULL;
  bl_text text = {0};
  billing_doc *doc = NULL;
  int rc = ask_kernel_of(ask, &kernel);

  if (!rc) ask->out = bl_json_object(NULL, NULL);
  if (!rc) rc = kernel(ask);
  if (!rc) rc = ask_print(ask, &text);
  if (!rc)
    rc = bl_doc_of_text(options->allocator, text.text, text.len, &doc);
  if (!rc) *out = doc;
  bl_json_free(ask->out);
  return rc;
}

static int ask_read(const billing_options *options, const char *json,
                    size_t json_len, billing_doc **out, billing_error *err) {
  bl_arena arena;
  bl_json *doc = NULL;
  bl_ask ask = {0};
  int rc;

  bl_arena_open(&arena, options->allocator);
  rc = bl_json_read(json, json_len, &doc, err);
  ask.top         = bl_reader_top("", &arena, err);
  ask.zone_folder = options->zone_folder;
  ask.doc         = doc;
  if (!rc) rc = ask_run(&ask, options, out);
  bl_json_free(doc);
  bl_arena_close(&arena);
  return rc;
}

int billing_evaluate(const billing_options *options, const char *json,
                     size_t json_len, billing_doc **out, billing_error *err) {
  billing_options o = {0};
  int rc = bl_error_start(err);

  if (rc) return rc;
  if (out) *out = NULL;
  if (options)
    rc = bl_copy_in(&o, sizeof o, options, sizeof o,
                    BILLING_OPEN_READ_ONLY | BILLING_OPEN_EXISTING);
  if (!rc && (!json || !out)) rc = BILLING_MISUSE;
  if (!rc && json_len == (size_t)-1) json_len = strlen(json);
  if (!rc) rc = ask_read(&o, json, json_len, out, err);
  return bl_fail_code(err, rc);
}
