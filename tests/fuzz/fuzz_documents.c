/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * fuzz_documents.c - whatever the document, each reader takes it or says what
 * is wrong and where, and what it takes keeps the promises of catalog.h.
 */
#include <stdlib.h>

#include "base/json.h"
#include "catalog/catalog.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void must(int holds) {
  if (!holds) abort();
}

/* A failure has a text, and a path that is one. */
static int is_said(int rc, const billing_error *err) {
  if (!rc) return 1;
  must(BILLING_CODE(rc) == BILLING_INVALID || rc == BILLING_LIMIT ||
       rc == BILLING_UNSUPPORTED || rc == BILLING_NOTFOUND);
  must(err->message[0] && (!err->path[0] || err->path[0] == '/'));
  return 0;
}

/* Asked for by the balance or by a schedule, to a target or by an amount. */
static void check_rule(const bl_top_up_rule *rule, int has_start) {
  must(rule->id.len && rule->asset[0] && rule->charge_asset[0]);
  must(!rule->has_at != !rule->has_schedule);
  must(!rule->terms.has_target == bl_dec_sign(rule->terms.amount) > 0);
  must(bl_dec_sign(rule->terms.unit_price) > 0 && rule->lasts_us > 0);
  must(!rule->has_schedule || (rule->every >= 1 && rule->every <= 100));
  must(has_start || !rule->has_schedule || rule->from_us != BL_TIME_NEVER);
  for (size_t i = 0; i < rule->retry_count; i++)
    must(rule->retries_us[i] > 0);
}

static void check_top_ups(const bl_top_ups *top_ups, int has_start) {
  for (size_t i = 0; i < top_ups->count; i++)
    check_rule(&top_ups->item[i], has_start);
}

/* What falls is back above, what rises below; a window says what it counts. */
static void check_alerts(const bl_alerts *alerts) {
  for (size_t i = 0; i < alerts->count; i++) {
    const bl_alert *alert = &alerts->item[i];
    must(!alert->has_band ||
         bl_dec_cmp(alert->recovers, alert->at) ==
             (bl_alert_falls(alert) ? 1 : -1));
    must(!alert->asset[0] == (alert->of == BL_ALERT_USAGE));
    must(!alert->has_window || alert->window.print);
    must(alert->has_window || alert->of < BL_ALERT_USAGE);
  }
}

static void read_all(const bl_json *doc, bl_arena *a) {
  bl_contract_terms contract;
  bl_tenant_terms tenant;
  bl_customer_terms customer;
  billing_error err;
  bl_meter meter;
  bl_plan plan;

  BILLING_INIT(&err);
  if (is_said(bl_catalog_read_tenant(doc, "", a, &tenant, &err), &err))
    check_alerts(&tenant.alerts);
  if (is_said(bl_catalog_read_contract(doc, "", a, &contract, &err), &err)) {
    check_alerts(&contract.alerts);
    check_top_ups(&contract.top_ups, 1);
  }
  if (is_said(bl_catalog_read_plan(doc, "", a, &plan, &err), &err))
    check_top_ups(&plan.top_ups, 1);
  if (is_said(bl_catalog_read_customer_terms(doc, "", a, &customer, &err),
              &err))
    check_top_ups(&customer.top_ups, 0);
  (void)is_said(bl_catalog_read_meter(doc, "", a, &meter, &err), &err);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
  bl_json *doc = NULL;
  bl_arena a;

  if (bl_json_read((const char *)bytes, size, &doc, NULL)) return 0;
  bl_arena_open(&a, NULL);
  if (bl_json_kind(doc) == BL_JSON_OBJECT) read_all(doc, &a);
  bl_arena_close(&a);
  bl_json_free(doc);
  return 0;
}
