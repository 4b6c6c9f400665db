/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * fold_document.c - documents become the catalog's models, and rows.
 *
 * A document was checked when it was put, so one that does not read here is
 * corrupt.  Models are never changed in place where a contract may point to
 * them: a plan's versions stay, a meter keeps its address.
 */
#include "engine/fold.h"
#include "engine/keys.h"
#include "engine/timeline.h"
#include "store/schema.h"
#include "store/store.h"

static const char *const kind_names[BL_KINDS] = {"tenant", "customer", "meter",
                                                 "plan", "contract",
                                                 "feature"};

const char *bl_kind_name(uint64_t kind) {
  return kind < BL_KINDS ? kind_names[kind] : "unknown";
}

int bl_kind_of_name(const char *name) {
  for (int i = 0; i < BL_KINDS; i++)
    if (strcmp(kind_names[i], name) == 0) return i;
  return -1;
}

int bl_document_text(bl_str json, const bl_fact_document *fact,
                     bl_str customer, bl_text *out) {
  int is_contract = fact->kind == BL_KIND_CONTRACT;
  bl_json *tree;
  int rc = bl_json_read(json.text, json.len, &tree, NULL);

  if (rc) return rc == BILLING_NOMEM ? rc : BILLING_CORRUPT;
  bl_json_remove(tree, "version");
  if (!bl_json_add_int(tree, "version", (int64_t)fact->version) ||
      (is_contract && customer.len &&
       !bl_json_add_text(tree, "customer", customer)) ||
      (fact->parent &&
       !bl_json_add_int(tree, "parent", (int64_t)fact->parent)))
    rc = BILLING_NOMEM;
  if (!rc) rc = bl_json_print(tree, out);
  bl_json_free(tree);
  return rc;
}

static int document_row(bl_fold *f, const bl_fact_document *fact, bl_str id,
                        bl_str json, const bl_customer *customer) {
  bl_str owner = {NULL, 0};
  billing_value row[BL_DOCUMENTS_COLUMNS];
  bl_text text;
  int rc;

  if (!f->rows || !id.len) return BILLING_OK;   /* redacted: no row */
  bl_text_open(&text, f->scratch);
  if (fact->kind == BL_KIND_CONTRACT) owner = customer->id;
  rc = bl_document_text(json, fact, owner, &text);
  if (rc) return rc;
  row[BL_DOCUMENTS_TENANT] = bl_value_int(f->tenant->number);
  row[BL_DOCUMENTS_SHARD] = bl_value_int(0);
  row[BL_DOCUMENTS_KIND] = bl_value_text(bl_str_of(bl_kind_name(fact->kind)));
  row[BL_DOCUMENTS_ID] = bl_value_text(id);
  row[BL_DOCUMENTS_NUMBER] = bl_value_int((int64_t)fact->number);
  row[BL_DOCUMENTS_VERSION] = bl_value_int((int64_t)fact->version);
  row[BL_DOCUMENTS_ARCHIVED] = bl_value_int((int64_t)fact->archived);
  row[BL_DOCUMENTS_CUSTOMER] =
      bl_value_int(customer ? (int64_t)customer->number : 0);
  row[BL_DOCUMENTS_SEQ] = bl_value_int(f->seq);
  row[BL_DOCUMENTS_JSON] = bl_value_text((bl_str){text.text, text.len});
  return f->rows->put(f->rows, BL_TABLE_DOCUMENTS, row);
}

/* A struct that stands in a map under an id; made when it is missing. */
static void *model_of(bl_tenant *t, bl_map *map, const void *id, size_t len,
                      size_t size) {
  void *model = bl_map_get(map, id, len);

  if (model) return model;
  model = bl_arena_take(&t->arena, size);
  if (!model) return NULL;
  bl_touch_map(t, map);
  return bl_map_put(map, id, len, model) ? NULL : model;
}

static void note_alerts(bl_tenant *t, const bl_alerts *alerts) {
  if (alerts->count) t->has_alerts = 1;
  for (size_t i = 0; i < alerts->count; i++)
    t->has_windows |= alerts->item[i].has_window;
}

static int fold_tenant(bl_fold *f, const bl_fact_document *fact,
                       const bl_json *doc) {
  bl_tenant *t = f->tenant;
  int rc;

  bl_touch(t, &t->terms, sizeof t->terms, &t->terms_touched);
  t->heads.version = fact->version;
  bl_tenant_hide(t);                     /* an asset may not be one any more */
  rc = bl_catalog_read_tenant(doc, "", &t->arena, &t->terms, NULL);
  note_alerts(t, &t->terms.alerts);
  return rc;
}

/* The first entry of a document, which gives it its number. */
static int is_first(const bl_fact_document *fact) {
  return fact->version == 1 && !fact->archived;
}

/* The tenant's own part of a document of a customer's: its number and the key
 * that it is found by, with its first entry. */
static int note_document(bl_fold *f, const bl_fact_document *fact,
                         uint64_t *counter, uint64_t customer, uint64_t key) {
  int rc = BILLING_OK;

  if (!bl_fold_is_own(f)) return BILLING_OK;
  if (is_first(fact)) {
    rc = bl_fold_count(f, counter, fact->number);
    if (!rc) rc = bl_fold_name(f, key, 0);
  }
  return rc ? rc : bl_fold_about(f, customer, BL_ENTRY_DOCUMENT);
}

/* The customer of a document; a new one is made by its first entry. */
static int find_customer(bl_fold *f, const bl_fact_document *fact,
                         bl_customer **out) {
  int is_new = f->reach == BL_FOLD_WHOLE && is_first(fact);
  int rc = BILLING_OK;

  *out = is_new ? bl_customer_make(f->tenant, fact->number)
                : bl_fold_customer(f, fact->number, &rc);
  return is_new && !*out ? BILLING_NOMEM : rc;
}

/* The aliases that the document first gives are found by it. */
static int name_aliases(bl_fold *f, const bl_fact_document *fact) {
  int rc = BILLING_OK;

  if (!bl_fold_is_own(f)) return BILLING_OK;
  for (size_t i = 0; i < fact->alias_count && !rc; i++)
    if (fact->aliases[i].is_new)
      rc = bl_fold_name(f, bl_keys_print_of(fact->aliases[i].hash), i + 1);
  return rc;
}

static int keep_aliases(bl_tenant *t, bl_customer *customer,
                        const bl_fact_document *fact) {
  size_t size = fact->alias_count * sizeof *fact->aliases;

  customer->alias_count = fact->alias_count;
  customer->aliases = NULL;
  if (!size) return BILLING_OK;
  customer->aliases = bl_arena_copy(&t->arena, fact->aliases, size);
  return customer->aliases ? BILLING_OK : BILLING_NOMEM;
}

/* Whoever was above it once may have lent it something. */
static int take_elder(bl_tenant *t, bl_customer *customer, uint64_t elder) {
  size_t count = customer->elder_count;
  uint64_t *elders;

  for (size_t i = 0; i < count; i++)
    if (customer->elders[i] == elder) return BILLING_OK;
  elders = bl_arena_array(&t->arena, count + 1, sizeof *elders);
  if (!elders) return BILLING_NOMEM;
  if (count) memcpy(elders, customer->elders, count * sizeof *elders);
  elders[count] = elder;
  customer->elders = elders;
  customer->elder_count = count + 1;
  t->ties++;
  return BILLING_OK;
}

static int take_parent(bl_fold *f, bl_customer *customer, uint64_t parent) {
  uint64_t was = customer->parent;
  int rc = BILLING_OK;

  if (parent == was) return rc;
  customer->parent = parent;
  customer->tied = f->seq;
  if (!parent) return rc;
  rc = take_elder(f->tenant, customer, parent);
  return rc || !f->kin ? rc : bl_fold_kin_tie(f, customer);
}

static int fold_customer(bl_fold *f, const bl_fact_document *fact,
                         const bl_json *doc) {
  bl_tenant *t = f->tenant;
  bl_customer_terms terms;
  bl_customer *customer;
  bl_str id, name, parent;
  int rc = note_document(f, fact, &t->heads.customers, fact->number,
                         bl_keys_print_of(fact->id_hash));

  if (!rc) rc = name_aliases(f, fact);
  if (!rc) rc = find_customer(f, fact, &customer);
  if (rc || !customer) return rc;
  bl_touch_customer(t, customer);
  customer->seq = f->seq;
  customer->version = fact->version;
  customer->archived = fact->archived;
  customer->is_erased = doc == NULL;
  rc = take_parent(f, customer, fact->parent);
  if (rc) return rc;
  customer->id = customer->name = (bl_str){NULL, 0};
  customer->limits.count = customer->top_up_rules.count = 0;
  customer->features.count = 0;
  rc = bl_customer_name(t, customer, fact->id_hash);
  if (!rc) rc = keep_aliases(t, customer, fact);
  if (rc || !doc) return rc;
  rc = bl_catalog_read_customer(doc, "", &id, &name, &parent, NULL);
  if (rc) return rc;
  rc = bl_catalog_read_customer_terms(doc, "", &t->arena, &terms, NULL);
  if (rc) return rc;
  customer->limits = terms.limits;
  customer->features = terms.features;
  customer->top_up_rules = terms.top_ups;
  if (customer->top_up_rules.count) t->has_alerts = 1;
  bl_customer_moves(t, customer);
  customer->id = bl_arena_str(&t->arena, id);
  customer->name = bl_arena_str(&t->arena, name);
  return BILLING_OK;
}

/* Meters that an event may be for: those of its name, and those that choose
 * names. */
static bl_list *listeners_of(bl_tenant *t, const bl_meter *meter) {
  if (!meter->event.len) return &t->meters_by_filter;
  return model_of(t, &t->meters_by_event, meter->event.text,
                  meter->event.len, sizeof(bl_list));
}

/* The version at hand becomes one of the older ones, unless it has not begun
 * yet, or would begin no sooner than the next one. */
static int keep_version(bl_fold *f, bl_meter_rules *meter, int64_t from_us) {
  size_t count = meter->older_count;
  bl_meter_version *kept = bl_arena_array(&f->tenant->arena, count + 1,
                                          sizeof *kept);

  if (!kept) return BILLING_NOMEM;
  if (count) memcpy(kept, meter->older, count * sizeof *kept);
  kept[count++] = (bl_meter_version){meter->meter, meter->from_us};
  while (count > 0 && (kept[count - 1].from_us > f->at_us ||
                       kept[count - 1].from_us >= from_us))
    count--;
  meter->older = kept;
  meter->older_count = count;
  return BILLING_OK;
}

/* Rules that stand where the others do; the first ones of a meter. */
static bl_meter_rules *new_rules(bl_fold *f, bl_meter_state *meter) {
  bl_meter_rules *before = meter->rules;
  bl_meter_rules *rules = bl_arena_take(&f->tenant->arena, sizeof *rules);

  if (!rules) return NULL;
  if (before) *rules = *before;
  rules->before = before;
  rules->number = before ? before->number + 1 : 1;
  rules->steps = NULL;
  rules->step_count = rules->step_cap = 0;
  rules->touched = 0;
  meter->rules = rules;
  return rules;
}

/* What it adds up is another thing: for all time.  Older versions go on to say
 * what samples are, as long as they can. */
static int restructure(bl_fold *f, bl_meter_rules *rules,
                       const bl_meter *now) {
  bl_meter_version *kept =
      bl_arena_array(&f->tenant->arena, rules->older_count + 1, sizeof *kept);

  if (!kept) return BILLING_NOMEM;
  if (now->aggregation != rules->meter.aggregation) {
    if (rules->older_count) rules->from_us = rules->older[0].from_us;
    rules->older_count = 0;
    rules->meter = *now;
  } else {
    for (size_t i = 0; i < rules->older_count; i++) {
      kept[i] = rules->older[i];
      bl_catalog_meter_restructure(&kept[i].meter, now);
    }
    bl_catalog_meter_restructure(&rules->meter, now);
  }
  rules->older = kept;
  rules->since_us = INT64_MIN;
  return BILLING_OK;
}

/* A document that takes other samples is a version from its time on. */
static int take_version(bl_fold *f, bl_meter_rules *rules,
                        const bl_meter *now) {
  int64_t from_us = now->effective_us;
  int rc = BILLING_OK;

  if (from_us == BL_TIME_NEVER) from_us = f->at_us;
  if (bl_catalog_meter_resamples(&rules->meter, now) ||
      (now->effective_us != BL_TIME_NEVER && from_us != rules->from_us)) {
    rc = keep_version(f, rules, from_us);
    rules->from_us = from_us;
  }
  rules->meter = *now;
  return rc;
}

/* A change that holds for the past is for whoever comes to the new rules. */
static int change_rules(bl_fold *f, bl_meter_state *meter,
                        const bl_meter *now) {
  bl_meter_rules *rules = meter->rules;
  int is_another = bl_catalog_meter_change(&rules->meter, now) != NULL;
  int is_backdated = now->effective_us < f->at_us &&
                     (now->effective_us != rules->from_us ||
                      bl_catalog_meter_resamples(&rules->meter, now));
  int rc = BILLING_OK;

  if (is_another || is_backdated) {
    rules = new_rules(f, meter);
    if (!rules) return BILLING_NOMEM;
    rules->since_us = now->effective_us;
  } else {
    bl_touch(f->tenant, rules, sizeof *rules, &rules->touched);
  }
  if (is_another) rc = restructure(f, rules, now);
  return rc ? rc : take_version(f, rules, now);
}

static int first_rules(bl_fold *f, bl_meter_state *meter,
                       const bl_meter *now) {
  bl_meter_rules *rules = new_rules(f, meter);

  if (!rules) return BILLING_NOMEM;
  rules->meter = *now;
  rules->from_us = now->effective_us == BL_TIME_NEVER ? INT64_MIN
                                                      : now->effective_us;
  return BILLING_OK;
}

/* Of another event than before, it stands in both lists. */
static int listen(bl_fold *f, bl_meter_state *meter) {
  bl_list *listeners = listeners_of(f->tenant, &meter->rules->meter);

  if (!listeners) return BILLING_NOMEM;
  for (size_t i = 0; i < listeners->count; i++)
    if (listeners->item[i] == meter) return BILLING_OK;
  return bl_list_add(f->tenant, listeners, meter);
}

static int fold_meter(bl_fold *f, const bl_fact_document *fact,
                      const bl_json *doc) {
  bl_tenant *t = f->tenant;
  bl_meter_state *meter = model_of(t, &t->meters, fact->id.text, fact->id.len,
                                   sizeof *meter);
  bl_meter read;
  int rc;

  if (!meter) return BILLING_NOMEM;
  bl_touch(t, meter, sizeof *meter, &meter->touched);
  rc = bl_catalog_read_meter(doc, "", &t->arena, &read, NULL);
  if (!rc)
    rc = meter->rules ? change_rules(f, meter, &read)
                      : first_rules(f, meter, &read);
  if (!rc) rc = listen(f, meter);
  if (rc) return rc;
  if (!meter->number) {
    meter->number = fact->number;
    t->heads.meters++;
  }
  meter->version = fact->version;
  meter->archived = fact->archived;
  return rc;
}

static int fold_plan(bl_fold *f, const bl_fact_document *fact,
                     const bl_json *doc) {
  bl_tenant *t = f->tenant;
  bl_plan_state *plan =
      model_of(t, &t->plans, fact->id.text, fact->id.len, sizeof *plan);

  return plan ? bl_fold_plan(f, fact, doc, plan) : BILLING_NOMEM;
}

/* Features are known by their ids, and stay: so the map counts them. */
static int fold_feature(bl_fold *f, const bl_fact_document *fact,
                        const bl_json *doc) {
  bl_tenant *t = f->tenant;
  bl_feature_state *state = model_of(t, &t->features, fact->id.text,
                                     fact->id.len, sizeof *state);
  int rc;

  if (!state) return BILLING_NOMEM;
  bl_touch(t, state, sizeof *state, &state->touched);
  rc = bl_catalog_read_feature(doc, "", &t->arena, &state->feature, NULL);
  if (!rc && !state->number && state->feature.kind == BL_FEATURE_QUOTA)
    rc = bl_list_add(t, &t->quotas, state);
  if (rc) return rc;
  if (t->features.count < fact->number) return BILLING_CORRUPT;
  state->number = fact->number;
  state->version = fact->version;
  state->archived = fact->archived;
  return rc;
}

static int fill_contract(bl_tenant *t, bl_arena *a,
                         const bl_fact_document *fact, const bl_json *doc,
                         int64_t before, bl_contract *contract) {
  bl_contract_terms *terms = &contract->terms;
  int rc = bl_catalog_read_contract(doc, "", a, terms, NULL);

  note_alerts(t, &terms->alerts);
  if (terms->top_ups.count) t->has_alerts = 1;
  if (rc) return rc;
  if (fact->override_count != terms->override_count) return BILLING_CORRUPT;
  for (size_t i = 0; i < fact->override_count; i++)
    terms->overrides[i].span = fact->overrides[i];
  terms->start_us = fact->term.from_us;
  terms->end_us = fact->term.to_us;
  terms->anchor_us = fact->anchor_us;
  contract->plan_state =
      bl_map_get(&t->plans, terms->plan.text, terms->plan.len);
  return contract->plan_state
           ? bl_timeline_fold(t, a, contract, fact, before)
           : BILLING_CORRUPT;
}

static int make_contract(bl_fold *f, const bl_fact_document *fact,
                         bl_customer *customer, bl_contract **out) {
  bl_tenant *t = f->tenant;
  bl_contract *contract = model_of(t, &t->contracts, fact->id.text,
                                   fact->id.len, sizeof *contract);
  int rc;

  if (!contract) return BILLING_NOMEM;
  *out = contract;
  contract->number = fact->number;
  contract->customer = customer;
  contract->late_us = contract->moved_us = BL_TIME_NEVER;
  bl_map_open(&contract->tallies, &t->arena);
  rc = bl_table_put(t, &t->by_contract, fact->number, contract);
  return rc ? rc : bl_list_add(t, &customer->contracts, contract);
}

static int fold_contract(bl_fold *f, const bl_fact_document *fact,
                         const bl_json *doc) {
  bl_tenant *t = f->tenant;
  bl_contract *contract = bl_table_at(&t->by_contract, fact->number);
  uint64_t key = bl_keys_print_of_contract(f->b, fact->id);
  bl_customer *customer;
  int rc = note_document(f, fact, &t->heads.contracts, fact->customer, key);

  customer = bl_fold_customer(f, fact->customer, &rc);
  if (rc || !customer) return rc;
  if (fact->number > t->heads.contracts) return BILLING_CORRUPT;
  if (!contract) rc = make_contract(f, fact, customer, &contract);
  if (rc) return rc;
  bl_touch_contract(t, contract);
  bl_customer_moves(t, customer);
  rc = fill_contract(t, &t->arena, fact, doc, INT64_MAX, contract);
  if (rc) return rc;
  bl_customer_moves(t, customer);      /* now that there may be alerts */
  contract->gives_us = bl_contract_gives(contract) ? 0 : BL_TIME_NEVER;
  contract->rolls_us = contract->gives_us;
  contract->seq = f->seq;
  contract->version = fact->version;
  contract->archived = fact->archived;
  return rc;
}

typedef int (*fold_model)(bl_fold *f, const bl_fact_document *fact,
                          const bl_json *doc);
static const fold_model fold_models[BL_KINDS] = {
    fold_tenant, fold_customer, fold_meter, fold_plan, fold_contract,
    fold_feature};

/* Whether the document is one of the catalog: all of it is the tenant's own.
 */
static int is_catalog(uint64_t kind) {
  return kind != BL_KIND_CUSTOMER && kind != BL_KIND_CONTRACT;
}

static int fold_catalog(bl_fold *f, const bl_fact_document *fact,
                        const bl_json *doc) {
  int rc;

  if (!bl_fold_is_own(f)) return BILLING_OK;
  rc = bl_fold_about(f, 0, BL_ENTRY_DOCUMENT);
  bl_touch(f->tenant, &f->tenant->heads, sizeof f->tenant->heads,
           &f->tenant->heads_touched);
  return rc ? rc : fold_models[fact->kind](f, fact, doc);
}

static int fold_read_document(const bl_fact_document *fact, bl_json **out) {
  int is_customer = fact->kind == BL_KIND_CUSTOMER;
  bl_str json = is_customer ? fact->own_json : fact->json;
  int rc = BILLING_OK;

  *out = NULL;
  if (json.len) rc = bl_json_read(json.text, json.len, out, NULL);
  if (!rc && !*out && !is_customer) rc = BILLING_CORRUPT;
  if (!rc && fact->kind == BL_KIND_CONTRACT &&  /* a number in the fact */
      bl_json_is_lost(bl_json_add_c(*out, "customer", "-")))
    rc = BILLING_NOMEM;
  return rc;
}

int bl_fold_contract_of(bl_tenant *t, bl_arena *a,
                        const bl_fact_document *fact, int64_t before,
                        bl_contract *contract) {
  bl_json *doc;
  int rc = fold_read_document(fact, &doc);

  if (!rc) rc = fill_contract(t, a, fact, doc, before, contract);
  bl_json_free(doc);
  return rc;
}

int bl_fold_document(bl_fold *f, const bl_fact_document *fact) {
  int is_customer = fact->kind == BL_KIND_CUSTOMER;
  uint64_t owner = is_customer ? fact->number : fact->customer;
  bl_tenant *t = f->tenant;
  bl_json *doc;
  int rc;

  if (fact->kind >= BL_KINDS) return BILLING_CORRUPT;
  rc = fold_read_document(fact, &doc);
  if (!rc)
    rc = is_catalog(fact->kind) ? fold_catalog(f, fact, doc)
                                : fold_models[fact->kind](f, fact, doc);
  bl_json_free(doc);
  if (rc) return BILLING_CODE(rc) == BILLING_NOMEM ? rc : BILLING_CORRUPT;
  if (t->arena.failed) return BILLING_NOMEM;
  return document_row(f, fact, is_customer ? fact->own_id : fact->id,
                      is_customer ? fact->own_json : fact->json,
                      bl_table_at(&t->by_customer, owner));
}
