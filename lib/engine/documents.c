/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * documents.c - deciding about one document.
 *
 * Read: the model of the new text, the stored text, the state's model.
 * Decide: does it refer to what is there, may what changed change?
 * Write: one entry; an equal text writes nothing.
 */
#include "engine/documents.h"

#include "engine/assets.h"
#include "engine/conversions.h"
#include "engine/family.h"
#include "engine/features.h"
#include "engine/index.h"
#include "engine/limits.h"
#include "engine/named.h"
#include "engine/sql_meters.h"
#include "engine/parked.h"
#include "engine/rerate.h"
#include "engine/timeline.h"
#include "engine/top_ups.h"
#include "price/price.h"
#include "store/store.h"

/* A document being decided about. */
typedef struct document_draft {
  bl_fact_document  fact;
  const char       *path;
  bl_meter          meter;
  bl_feature        feature;
  bl_plan           plan;
  bl_contract_terms contract;
  bl_tenant_terms   tenant;
  bl_str            id;
  int64_t           since_us;  /* contract: its prices of before the clock may
                                  be others from then on; or NEVER */
} document_draft;

int bl_document_stored(bl_call *c, uint32_t kind, bl_str id, bl_str *json) {
  billing_value key[4] = {bl_value_int(c->t->number), bl_value_int(0),
                          bl_value_text(bl_str_of(bl_kind_name(kind))),
                          bl_value_text(id)};
  billing_value row[BL_ROW_MOST];
  int rc = bl_store_get(c->b->store, BL_TABLE_DOCUMENTS, key, row);

  if (rc) return rc;
  *json = bl_arena_str(&c->arena, row[BL_DOCUMENTS_JSON].bytes);
  if (!json->text) return BILLING_NOMEM;
  return kind == BL_KIND_CUSTOMER ? bl_family_name(c, json) : BILLING_OK;
}

/* Canonical text without what the library itself adds. */
static int plain_text(bl_call *c, const bl_json *doc, const char *without,
                      bl_str *out) {
  bl_json *copy = bl_json_add_copy(NULL, NULL, doc);
  bl_text text;
  int rc;

  if (!copy) return BILLING_NOMEM;
  bl_json_remove(copy, "version");
  if (without) bl_json_remove(copy, without);
  bl_text_open(&text, &c->arena);
  rc = bl_json_print(copy, &text);
  bl_json_free(copy);
  *out = (bl_str){text.text, text.len};
  return rc;
}

static int conflict_at(bl_call *c, const document_draft *d,
                       const char *member) {
  return bl_fail_at(c->err, BILLING_CONFLICT, d->path, member,
                    "leave it as it was, or use another id",
                    "%s cannot change once the document is there", member);
}

/* ---- tenant ---- */

static int give_tenant_number(bl_call *c) {
  billing_scan range = bl_scan_prefix(BL_TABLE_HEAD, 0, NULL, 0);
  billing_value row[BL_ROW_MOST];
  void *rows = NULL;
  int rc;

  range.flags = BILLING_SCAN_REVERSE;
  rc = bl_database_keep(c->b);
  if (!rc) rc = bl_store_scan(c->b->store, &range, &rows);
  if (rc) return rc;
  rc = bl_store_next(c->b->store, rows, row);
  c->t->number = rc ? 1 : row[BL_HEAD_TENANT].integer + 1;
  bl_store_end(c->b->store, rows);
  if (rc && rc != BILLING_DONE) return rc;
  row[BL_TENANTS_ID] = bl_value_text(c->t->id);
  row[BL_TENANTS_NUMBER] = bl_value_int(c->t->number);
  return bl_store_put(c->b->store, BL_TABLE_TENANTS, row, 1,
                      BILLING_PUT_INSERT);
}

/* Whether the new terms still know the asset, with the same places. */
static int keeps_asset(const bl_call *c, const document_draft *d,
                       const char asset[16]) {
  int places = bl_catalog_places(&d->tenant, asset);

  return places >= 0 && places == bl_catalog_places(&c->t->terms, asset);
}

static int refuse_asset(bl_call *c, const document_draft *d,
                        const char asset[16]) {
  return bl_fail_at(c->err, BILLING_CONFLICT, d->path, "assets",
                    "declare it as it was",
                    "the asset %s is in use and cannot go or change", asset);
}

/* Assets that a plan prices in, or that somebody has, must stay. */
static int keep_assets(bl_call *c, const document_draft *d) {
  int rc = BILLING_OK;

  for (size_t i = 0; i < c->t->terms.asset_count && !rc; i++) {
    const char *asset = c->t->terms.assets[i].code;
    int is_used = 0;
    if (keeps_asset(c, d, asset)) continue;
    rc = bl_asset_is_used(c, asset, &is_used);
    if (!rc && is_used) rc = refuse_asset(c, d, asset);
  }
  return rc;
}

static int check_alert(bl_call *c, const bl_alert *alert,
                       const bl_tenant_terms *terms, const char *path) {
  bl_str meter = alert->window.meter;
  const bl_meter_state *state =
      bl_map_get(&c->t->meters, meter.text, meter.len);
  const bl_zone *zone;

  if (alert->asset[0] && bl_catalog_places(terms, alert->asset) < 0)
    return bl_fail_at(c->err, BILLING_INVALID, path, "asset",
                      "a currency, or a unit that the tenant declares",
                      "%s is no asset of the tenant", alert->asset);
  if (state && state->rules->meter.ticks)
    return bl_fail_at(c->err, BILLING_INVALID, path, "meter",
                      "a meter that is known with each event",
                      "the meter %t is only known when a period ends", &meter);
  return alert->window.zone.len
             ? bl_zone_asked(c, path, alert->window.zone, &zone)
             : BILLING_OK;
}

/* A tenant's document comes before meters. */
static int check_alerts(bl_call *c, const document_draft *d,
                        const bl_alerts *alerts,
                        const bl_tenant_terms *terms) {
  int rc = BILLING_OK;

  for (size_t i = 0; i < alerts->count && !rc; i++) {
    char at[BL_PATH_SIZE];
    bl_path_item(d->path, "alerts", i, at);
    rc = check_alert(c, &alerts->item[i], terms, at);
  }
  return rc;
}

static int draft_tenant(bl_call *c, const bl_json *doc, document_draft *d) {
  int rc = bl_catalog_read_tenant(doc, d->path, &c->arena, &d->tenant, c->err);

  if (rc) return rc;
  d->id = d->tenant.id;
  if (!bl_str_equal(d->id, c->t->id))
    return bl_fail_at(c->err, BILLING_INVALID, d->path, "id",
                      "the tenant that the call names",
                      "the document is %t's, the call is %t's", &d->id,
                      &c->t->id);
  d->fact.number = 1;
  d->fact.version = c->t->heads.version;
  rc = check_alerts(c, d, &d->tenant.alerts, &d->tenant);
  if (!rc) rc = bl_conversions_keep(c, &d->tenant.rates, d->path);
  if (rc) return rc;
  return c->t->number ? keep_assets(c, d) : give_tenant_number(c);
}

/* ---- customer ---- */

/* Whether the customer had the alias before. */
static int had_alias(const bl_customer *customer,
                     const unsigned char hash[16]) {
  for (size_t i = 0; customer && i < customer->alias_count; i++)
    if (!memcmp(customer->aliases[i].hash, hash, 16)) return 1;
  return 0;
}

/* An alias belongs to one at a time, and is nobody's id. */
static int check_alias(bl_call *c, const document_draft *d,
                       const bl_fact_alias *alias, bl_str id) {
  bl_customer *named;
  int is_taken = 0;
  int rc = bl_named_customer(c, alias->hash, &named);

  if (!rc && !named)
    rc = bl_alias_is_taken(c, alias->hash, alias->span, d->fact.number,
                           &is_taken);
  if (rc || (!named && !is_taken)) return rc;
  return bl_fail_at(c->err, BILLING_CONFLICT, d->path, "aliases",
                    "end it there before it begins here",
                    "%t is another customer's id or alias", &id);
}

static int draft_aliases(bl_call *c, const bl_json *doc,
                         const bl_customer *customer, document_draft *d) {
  bl_aliases aliases;
  int rc = bl_catalog_read_aliases(doc, d->path, &c->arena, &aliases, c->err);

  if (rc || !aliases.count) return rc;
  d->fact.alias_count = aliases.count;
  d->fact.aliases = bl_arena_array(&c->arena, aliases.count,
                                   sizeof *d->fact.aliases);
  if (!d->fact.aliases) return BILLING_NOMEM;
  for (size_t i = 0; i < aliases.count && !rc; i++) {
    bl_fact_alias *alias = &d->fact.aliases[i];
    bl_customer_hash(c->b, aliases.item[i].id, alias->hash);
    alias->span = aliases.item[i].span;
    alias->is_new = !had_alias(customer, alias->hash);
    rc = check_alias(c, d, alias, aliases.item[i].id);
  }
  return rc;
}

/* A new id must not be an alias of somebody's. */
static int check_new_id(bl_call *c, const document_draft *d) {
  int is_taken;
  int rc = bl_alias_is_taken(c, d->fact.id_hash, BL_ALL_TIMES, 0, &is_taken);

  if (rc || !is_taken) return rc;
  return bl_fail_at(c->err, BILLING_CONFLICT, d->path, "id",
                    "use another id, or take the alias away",
                    "%t is an alias of another customer", &d->id);
}

static int find_parent(bl_call *c, document_draft *d,
                       const bl_customer *customer, bl_str id) {
  char path[BL_PATH_SIZE];
  size_t len = bl_utf8_cut(d->path, strlen(d->path), sizeof path - 1);
  bl_customer *parent;
  int rc;

  if (!id.len) return BILLING_OK;
  memcpy(path, d->path, len);
  path[len] = '\0';
  (void)bl_path_add(path, BL_STR("parent"));
  rc = bl_find_customer(c, id, path, &parent);
  if (!rc) rc = bl_family_check(c, customer, parent, path);
  if (!rc) d->fact.parent = parent->number;
  return rc;
}

static int draft_customer(bl_call *c, const bl_json *doc, document_draft *d) {
  bl_customer *customer;
  bl_customer_terms terms;
  bl_str name, parent;
  int rc = bl_catalog_read_customer(doc, d->path, &d->id, &name, &parent,
                                    c->err);

  if (rc) return rc;
  bl_customer_hash(c->b, d->id, d->fact.id_hash);
  rc = bl_named_customer(c, d->fact.id_hash, &customer);
  if (rc) return rc;
  d->fact.number = customer ? customer->number : c->t->heads.customers + 1;
  d->fact.version = customer ? customer->version : 0;
  if (customer && customer->is_erased)
    return bl_fail_at(c->err, BILLING_CONFLICT, d->path, "id",
                      "use another id", "the customer was erased");
  if (!customer) rc = check_new_id(c, d);
  if (!rc) rc = find_parent(c, d, customer, parent);
  if (!rc)
    rc = bl_catalog_read_customer_terms(doc, d->path, &c->arena, &terms,
                                        c->err);
  if (!rc) rc = bl_limits_check(c, &terms.limits, 0, d->path);
  if (!rc)
    rc = bl_features_check(c, &terms.features, 0, d->fact.version == 0,
                           d->path);
  if (!rc) rc = bl_top_ups_check(c, &terms.top_ups, d->path);
  return rc ? rc : draft_aliases(c, doc, customer, d);
}

/* ---- meter ---- */

/* A figure is of a whole period, so what it is cannot change within one. */
static int check_effective(bl_call *c, const document_draft *d,
                           const bl_meter_rules *was) {
  const char *change = bl_catalog_meter_change(&was->meter, &d->meter);

  if (!change || d->meter.effective_us == BL_TIME_NEVER ||
      d->meter.effective_us == was->meter.effective_us)
    return BILLING_OK;
  return bl_fail_at(c->err, BILLING_CONFLICT, d->path, "effective",
                    "leave it as it was; or put another meter, and a plan "
                    "with it",
                    "%s changes for all time", change);
}

/* Prices of single transactions need a meter that tells them apart. */
static int check_price_takes(bl_call *c, const document_draft *d,
                             const bl_plan *plan) {
  for (size_t i = 0; i < plan->price_count; i++) {
    const bl_price *price = &plan->prices[i];
    if (bl_str_equal(price->meter, d->id) &&
        !bl_catalog_price_takes(price, &d->meter))
      return bl_fail_at(c->err, BILLING_CONFLICT, d->path, "aggregation",
                        "a sum or count as it is: not recurring, prorated, "
                        "rounded or lifted to zero",
                        "the price %t of the plan %t is of single "
                        "transactions, or of several periods",
                        &price->id, &plan->id);
  }
  return BILLING_OK;
}

static int check_takers(bl_call *c, const document_draft *d) {
  int rc = BILLING_OK;

  for (size_t i = 0; i < c->t->plans.count && !rc; i++) {
    const bl_plan_state *plan = c->t->plans.entry[i].value;
    for (size_t k = 0; k < plan->versions.count && !rc; k++) {
      const bl_plan_version *version = plan->versions.item[k];
      rc = check_price_takes(c, d, &version->plan);
    }
  }
  return rc;
}

static int draft_meter(bl_call *c, const bl_json *doc, document_draft *d) {
  int rc = bl_sql_meter_check(doc, d->path, &c->arena, c->err);
  const bl_meter_state *was;

  if (!rc)
    rc = bl_catalog_read_meter(doc, d->path, &c->arena, &d->meter, c->err);
  if (rc) return rc;
  d->id = d->meter.id;
  was = bl_map_get(&c->t->meters, d->id.text, d->id.len);
  d->fact.number = was ? was->number : c->t->heads.meters + 1;
  d->fact.version = was ? was->version : 0;
  if (!was) return BILLING_OK;
  rc = bl_sql_meter_keeps(&was->rules->meter, &d->meter, d->path, &c->arena,
                          c->err);
  if (!rc) rc = check_effective(c, d, was->rules);
  return rc ? rc : check_takers(c, d);
}

/* ---- plan ---- */

/* The meters in use that the plan's prices name, one a price, each with its
 * groups. */
static int plan_meters(bl_call *c, const bl_plan *plan,
                       const bl_meter ***out) {
  const bl_meter **meters =
      bl_arena_array(&c->arena, plan->price_count + 1, sizeof *meters);
  int rc = BILLING_OK;

  if (!meters) return BILLING_NOMEM;
  for (size_t i = 0; i < plan->price_count && !rc; i++) {
    bl_str id = plan->prices[i].meter;
    const bl_meter_state *meter = bl_map_get(&c->t->meters, id.text, id.len);
    if (meter && !meter->archived)
      rc = bl_sql_meter_grouped(&meter->rules->meter, &c->arena, &meters[i],
                                c->err);
  }
  *out = meters;
  return rc;
}

static int draft_plan(bl_call *c, const bl_json *doc, document_draft *d) {
  int rc = bl_catalog_read_plan(doc, d->path, &c->arena, &d->plan, c->err);
  const bl_plan_state *was;
  const bl_meter **meters;

  if (rc) return rc;
  d->id = d->plan.id;
  was = bl_map_get(&c->t->plans, d->id.text, d->id.len);
  d->fact.number = was ? was->number : c->t->heads.plans + 1;
  d->fact.version = was ? was->version : 0;
  rc = plan_meters(c, &d->plan, &meters);
  if (!rc) rc = bl_limits_check(c, &d->plan.limits, 1, d->path);
  if (!rc)
    rc = bl_features_check(c, &d->plan.features, 1, was == NULL, d->path);
  if (!rc)
    rc = bl_features_check_grants(c, &d->plan.grants, was == NULL, d->path);
  if (!rc) rc = bl_top_ups_check(c, &d->plan.top_ups, d->path);
  return rc ? rc : bl_catalog_check_plan(&d->plan, d->path, &c->t->terms,
                                         meters, c->err);
}

/* ---- contract ---- */

/* A wall clock of the contract's zone becomes an instant. */
static void resolve_time(int64_t *us, uint32_t is_local, const bl_zone *zone) {
  if (is_local && *us != BL_TIME_NEVER) *us = bl_zone_to_utc(zone, *us);
}

/* What must not change while periods are cut by it. */
static int check_contract_change(bl_call *c, const document_draft *d,
                                 const bl_contract *was) {
  const bl_contract_terms *now = &d->contract, *then = &was->terms;
  int64_t last = was->period_count
                     ? was->periods[was->period_count - 1].span.to_us
                     : INT64_MIN;

  if (was->customer->number != d->fact.customer)
    return conflict_at(c, d, "customer");
  if (!bl_str_equal(now->plan, then->plan)) return conflict_at(c, d, "plan");
  if (d->fact.term.from_us != then->start_us)
    return conflict_at(c, d, "start");
  if (!bl_str_equal(now->zone, then->zone)) return conflict_at(c, d, "zone");
  if (now->unit != then->unit || now->every != then->every)
    return conflict_at(c, d, "period");
  if (now->anchor != then->anchor ||
      (now->anchor == BL_ANCHOR_DATE && d->fact.anchor_us != then->anchor_us))
    return conflict_at(c, d, "anchor");
  if (d->fact.term.to_us != then->end_us &&
      (last >= then->end_us || last > d->fact.term.to_us))
    return bl_fail_at(c->err, BILLING_CONFLICT, d->path, "end",
                      "an end after the periods that are open",
                      "a period that is open already reaches the end");
  return BILLING_OK;
}

/* What a contract begins to give later does not reach back. */
static int check_new_grants(bl_call *c, const document_draft *d,
                            const bl_contract *was) {
  const bl_recurring_list *now = &d->contract.grants;
  const bl_recurring_list *then = &was->terms.grants;

  for (size_t i = 0; i < now->count; i++) {
    const bl_recurring *a = &now->item[i];
    int64_t begins_us =
        a->part_count ? a->parts[0].span.from_us : a->span.from_us;
    size_t at = 0;
    while (at < then->count && !bl_str_equal(then->item[at].id, a->id)) at++;
    if (at == then->count && begins_us < c->now_us)
      return bl_fail_at(c->err, BILLING_CONFLICT, d->path, "grants",
                        "\"from\" at the call's now or later",
                        "the new grant %t would begin before the clock",
                        &a->id);
  }
  return BILLING_OK;
}

static int find_plan(bl_call *c, document_draft *d, const bl_contract *was) {
  bl_str id = d->contract.plan;
  const bl_plan_state *plan = bl_map_get(&c->t->plans, id.text, id.len);
  int64_t wanted = d->contract.plan_version;

  if (!plan || (plan->archived && !was))
    return bl_fail_at(c->err, BILLING_NOTFOUND, d->path, "plan",
                      "put the plan first", "there is no plan %t in use", &id);
  if (wanted < 0 || (uint64_t)wanted > plan->version)
    return bl_fail_at(c->err, BILLING_NOTFOUND, d->path, "plan_version",
                      "a version that was put",
                      "plan %t has no version %i", &id, wanted);
  return BILLING_OK;
}

/* Every asset of its plan can be converted as the contract begins. */
static int check_rates(bl_call *c, const document_draft *d) {
  bl_str id = d->contract.plan;
  const bl_plan_state *plan = bl_map_get(&c->t->plans, id.text, id.len);
  int64_t version = d->contract.plan_version;
  size_t last = version ? (size_t)version : plan->versions.count;
  const bl_plan_version *of = plan->versions.item[last - 1];

  return bl_conversions_check(c, &of->plan, &d->contract, d->path);
}

static int find_owner(bl_call *c, document_draft *d, int is_new) {
  bl_customer *customer;
  char path[256];
  bl_str text = bl_str_of(d->path);
  int rc;

  if (text.len > sizeof path - 10) text.len = sizeof path - 10;
  memcpy(path, text.text, text.len);
  memcpy(path + text.len, "/customer", 10);
  rc = bl_find_customer(c, d->contract.customer, path, &customer);
  if (rc) return rc;
  d->fact.customer = customer->number;
  if (!is_new || !customer->archived) return BILLING_OK;
  return bl_fail(c->err, BILLING_NOTFOUND_CUSTOMER, path,
                 "put the customer again", "the customer is archived");
}

static int draft_contract(bl_call *c, const bl_json *doc, document_draft *d) {
  bl_contract_terms *terms = &d->contract;
  bl_contract *was;
  const bl_zone *zone;
  int rc = bl_catalog_read_contract(doc, d->path, &c->arena, terms, c->err);

  if (rc) return rc;
  d->id = terms->id;
  rc = check_alerts(c, d, &terms->alerts, &c->t->terms);
  if (!rc) rc = bl_top_ups_check(c, &terms->top_ups, d->path);
  if (!rc) rc = bl_named_contract(c, d->id, &was);
  if (rc) return rc;
  d->fact.number = was ? was->number : c->t->heads.contracts + 1;
  d->fact.version = was ? was->version : 0;
  rc = find_owner(c, d, was == NULL);
  if (!rc) rc = find_plan(c, d, was);
  if (!rc) rc = bl_zone_asked(c, d->path, terms->zone, &zone);
  if (!rc) rc = bl_limits_check(c, &terms->limits, 1, d->path);
  if (!rc)
    rc = bl_features_check(c, &terms->features, 1, was == NULL, d->path);
  if (!rc)
    rc = bl_features_check_grants(c, &terms->grants, was == NULL, d->path);
  if (rc) return rc;
  resolve_time(&terms->start_us, terms->start_is_local, zone);
  resolve_time(&terms->end_us, terms->end_is_local, zone);
  resolve_time(&terms->anchor_us, terms->anchor_is_local, zone);
  d->fact.term = (bl_span){terms->start_us, terms->end_us};
  d->fact.anchor_us = terms->anchor_us;
  if (bl_span_is_empty(d->fact.term))
    return bl_fail_at(c->err, BILLING_INVALID, d->path, "end",
                      "an instant after the start",
                      "the contract ends before it starts");
  rc = bl_catalog_check_grants(&terms->grants, d->path, &c->t->terms, c->err);
  if (!rc && was) rc = check_contract_change(c, d, was);
  if (!rc && was) rc = check_new_grants(c, d, was);
  if (!rc) rc = check_rates(c, d);
  return rc ? rc : bl_timeline_draft(c, d->path, doc, terms, was, zone,
                                     &d->fact, &d->since_us);
}

/* ---- feature ---- */

static int draft_feature(bl_call *c, const bl_json *doc, document_draft *d) {
  bl_feature *feature = &d->feature;
  const bl_feature_state *was;
  int rc = bl_catalog_read_feature(doc, d->path, &c->arena, feature, c->err);

  if (!rc) rc = bl_limit_check(c, &feature->limit, 0, d->path);
  if (rc) return rc;
  d->id = feature->id;
  was = bl_map_get(&c->t->features, d->id.text, d->id.len);
  d->fact.number = was ? was->number : c->t->features.count + 1;
  d->fact.version = was ? was->version : 0;
  return was && was->feature.kind != feature->kind
             ? conflict_at(c, d, "kind") : BILLING_OK;
}

/* ---- all kinds ---- */

typedef int (*draft_function)(bl_call *c, const bl_json *doc,
                              document_draft *d);
static const draft_function drafts[BL_KINDS] = {
    draft_tenant, draft_customer, draft_meter, draft_plan, draft_contract,
    draft_feature};

/* What names another one is left out: the facts have its number. */
static const char *personal_member(uint32_t kind) {
  if (kind == BL_KIND_CUSTOMER) return "parent";
  return kind == BL_KIND_CONTRACT ? "customer" : NULL;
}

static int write_document(bl_call *c, bl_fact_document *fact) {
  bl_writer w;
  int rc = bl_fold_document(bl_entry_start(c), fact);

  bl_writer_open(&w, c);
  bl_code_document(&w.facts, &w.properties, fact);
  if (rc) return rc;
  return bl_append(c, fact->kind == BL_KIND_TENANT ? BL_ENTRY_TENANT
                                                   : BL_ENTRY_DOCUMENT, &w);
}

/* The stored text without its version, empty when there is none. */
static int read_before(bl_call *c, const document_draft *d, bl_str *out) {
  bl_json *tree;
  bl_str stored;
  int rc = bl_document_stored(c, (uint32_t)d->fact.kind, d->id, &stored);

  *out = (bl_str){NULL, 0};
  if (rc) return rc == BILLING_NOTFOUND ? BILLING_OK : rc;
  rc = bl_json_read(stored.text, stored.len, &tree, c->err);
  if (rc) return rc;
  rc = plain_text(c, tree, NULL, out);
  bl_json_free(tree);
  return rc;
}

/* Of a document that was read: what it belongs to is in memory. */
static int is_archived(bl_call *c, uint32_t kind, bl_str id,
                       const unsigned char id_hash[16]) {
  bl_tenant *t = c->t;
  const bl_customer *customer;
  const bl_meter_state *meter;
  const bl_plan_state *plan;
  const bl_contract *contract;
  const bl_feature_state *feature;

  switch (kind) {
  case BL_KIND_CUSTOMER:
    customer = bl_map_get(&t->customers, id_hash, 16);
    return customer && customer->archived;
  case BL_KIND_METER:
    meter = bl_map_get(&t->meters, id.text, id.len);
    return meter && meter->archived;
  case BL_KIND_PLAN:
    plan = bl_map_get(&t->plans, id.text, id.len);
    return plan && plan->archived;
  case BL_KIND_CONTRACT:
    contract = bl_map_get(&t->contracts, id.text, id.len);
    return contract && contract->archived;
  case BL_KIND_FEATURE:
    feature = bl_map_get(&t->features, id.text, id.len);
    return feature && feature->archived;
  default:
    return 0;
  }
}

/* What was recorded is charged as if the contract had always been so.  Nobody
 * without events has something to look at, unless invoices were made. */
static int rerate_contract_of(bl_call *c, const document_draft *d,
                              bl_json *rows) {
  const bl_contract *contract = bl_table_at(&c->t->by_contract,
                                            d->fact.number);
  bl_rerate_wish wish = {.customer = contract->customer,
                         .contract = contract, .version = d->fact.version,
                         .since_us = d->since_us};

  if (!contract->customer->events && !contract->closed && !contract->advanced)
    return BILLING_OK;
  return bl_rerate(c, &wish, rows, NULL);
}

/* Whoever the document is about may have events that wait. */
static int meet_parked(bl_call *c, const bl_fact_document *fact) {
  uint64_t number = fact->kind == BL_KIND_CUSTOMER ? fact->number
                                                   : fact->customer;

  if (fact->kind != BL_KIND_CUSTOMER && fact->kind != BL_KIND_CONTRACT)
    return BILLING_OK;
  return bl_attach_later(c, bl_table_at(&c->t->by_customer, number));
}

int bl_document_put(bl_call *c, uint32_t kind, bl_json *doc,
                    const char *path, bl_document_change *out) {
  document_draft d;
  bl_str facts_text;
  int rc;

  memset(&d, 0, sizeof d);
  bl_json_remove(doc, "version");    /* what get shows can be put */
  d.path = path;
  d.fact.kind = kind;
  rc = drafts[kind](c, doc, &d);
  if (!rc) rc = read_before(c, &d, &out->before);
  if (!rc) rc = plain_text(c, doc, NULL, &out->after);
  if (!rc) rc = plain_text(c, doc, personal_member(kind), &facts_text);
  if (rc) return rc;
  out->kind = kind;
  out->id = d.id;
  out->version = d.fact.version;
  out->action = BL_DOCUMENT_UNCHANGED;
  if (out->before.len && bl_str_equal(out->before, out->after) &&
      !is_archived(c, kind, d.id, d.fact.id_hash))
    return BILLING_OK;
  out->action = d.fact.version ? BL_DOCUMENT_UPDATED : BL_DOCUMENT_CREATED;
  out->version = ++d.fact.version;
  if (kind == BL_KIND_CUSTOMER) {
    d.fact.own_id = d.id;
    d.fact.own_json = facts_text;
  } else {
    d.fact.id = d.id;
    d.fact.json = facts_text;
  }
  rc = write_document(c, &d.fact);
  if (!rc && kind == BL_KIND_CONTRACT && d.since_us != BL_TIME_NEVER)
    rc = rerate_contract_of(c, &d, out->differences);
  return rc ? rc : meet_parked(c, &d.fact);
}

/* As they are; none of them is new. */
static int copy_aliases(bl_call *c, const bl_customer *customer,
                        bl_fact_document *fact) {
  size_t size = customer->alias_count * sizeof *fact->aliases;

  fact->alias_count = customer->alias_count;
  if (!size) return BILLING_OK;
  fact->aliases = bl_arena_copy(&c->arena, customer->aliases, size);
  if (!fact->aliases) return BILLING_NOMEM;
  for (size_t i = 0; i < fact->alias_count; i++) fact->aliases[i].is_new = 0;
  return BILLING_OK;
}

static int fact_of_customer(bl_call *c, bl_str id, bl_fact_document *fact) {
  bl_customer *customer;
  int rc;

  bl_customer_hash(c->b, id, fact->id_hash);
  rc = bl_named_customer(c, fact->id_hash, &customer);
  if (rc) return rc;
  if (!customer || customer->is_erased) return BILLING_NOTFOUND;
  fact->number = customer->number;
  fact->version = customer->version;
  fact->parent = customer->parent;
  return copy_aliases(c, customer, fact);
}

static int fact_of_contract(bl_call *c, bl_str id, bl_fact_document *fact) {
  bl_contract *contract;
  int rc = bl_named_contract(c, id, &contract);

  if (rc) return rc;
  if (!contract) return BILLING_NOTFOUND;
  fact->number = contract->number;
  fact->version = contract->version;
  fact->customer = contract->customer->number;
  fact->term = (bl_span){contract->terms.start_us, contract->terms.end_us};
  fact->anchor_us = contract->terms.anchor_us;
  return bl_timeline_copy(c, contract, fact);
}

/* Fills the fact of a document as it stands, from the state. */
static int fact_of_state(bl_call *c, uint32_t kind, bl_str id,
                         bl_fact_document *fact) {
  const bl_feature_state *feature;
  const bl_meter_state *meter;
  const bl_plan_state *plan;

  fact->kind = kind;
  if (kind == BL_KIND_CUSTOMER) return fact_of_customer(c, id, fact);
  if (kind == BL_KIND_CONTRACT) return fact_of_contract(c, id, fact);
  if (kind == BL_KIND_METER) {
    meter = bl_map_get(&c->t->meters, id.text, id.len);
    if (!meter) return BILLING_NOTFOUND;
    fact->number = meter->number;
    fact->version = meter->version;
  } else if (kind == BL_KIND_FEATURE) {
    feature = bl_map_get(&c->t->features, id.text, id.len);
    if (!feature) return BILLING_NOTFOUND;
    fact->number = feature->number;
    fact->version = feature->version;
  } else {
    plan = bl_map_get(&c->t->plans, id.text, id.len);
    if (!plan) return BILLING_NOTFOUND;
    fact->number = plan->number;
    fact->version = plan->version;
  }
  return BILLING_OK;
}

int bl_document_archive(bl_call *c, uint32_t kind, bl_str id) {
  bl_fact_document fact;
  bl_json *tree;
  bl_str stored;
  int rc;

  memset(&fact, 0, sizeof fact);
  rc = fact_of_state(c, kind, id, &fact);
  if (!rc) rc = bl_document_stored(c, kind, id, &stored);
  if (rc == BILLING_NOTFOUND)
    return bl_fail(c->err, rc, "", NULL, "there is no %s %t",
                   bl_kind_name(kind), &id);
  if (rc || is_archived(c, kind, id, fact.id_hash)) return rc;
  rc = bl_json_read(stored.text, stored.len, &tree, c->err);
  if (rc) return rc;
  rc = plain_text(c, tree, personal_member(kind), &stored);
  bl_json_free(tree);
  if (rc) return rc;
  fact.archived = 1;
  if (kind == BL_KIND_CUSTOMER) {
    fact.own_id = id;
    fact.own_json = stored;
  } else {
    fact.id = id;
    fact.json = stored;
  }
  return write_document(c, &fact);
}
