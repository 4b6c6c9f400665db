/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * tenant.c - the tenant's document: who sells, and the units that it counts
 * beside currencies.
 *
 *     {"id":"acme","assets":[{"code":"tok","places":0}],
 *      "rates":[{"from":"tok","to":"USD","rate":"0.25"}]}
 *     places of "tok" are 0, of "USD" 2, of "gpu_h" none: -1
 */
#include "catalog/field.h"

#define TENANT_ASSETS_MOST 1000

typedef struct asset_draft {
  bl_asset asset;
  bl_str   name;           /* checked, and kept in the document only */
} asset_draft;

static const bl_field asset_fields[] = {
  {.name = "code", .read = bl_value_asset, .needed = BL_ALWAYS,
   .at = offsetof(asset_draft, asset.code)},
  {.name = "places", .read = bl_value_whole, .low = 0, .high = BL_DEC_SCALE,
   .at = offsetof(asset_draft, asset.places)},
  {.name = "name", .read = bl_value_label, .high = BL_TEXT_MOST,
   .at = offsetof(asset_draft, name)},
};

static const bl_shape asset_shape = {
  "an asset", asset_fields, BL_COUNT(asset_fields)
};

/* A unit is told apart from currencies and from the units before it. */
static int asset_is_new(const bl_reader *r, const bl_asset *assets,
                        size_t count) {
  bl_reader at = bl_reader_member(r, "code");
  const char *code = assets[count].code;

  if (bl_asset_places(code) >= 0)
    return bl_reader_fail(&at, BILLING_INVALID,
                          "currencies are known; declare only units",
                          "%s is a currency", code);
  for (size_t i = 0; i < count; i++)
    if (bl_asset_equal(assets[i].code, code))
      return bl_reader_fail(&at, BILLING_INVALID, "declare each unit once",
                            "%s is declared twice", code);
  return BILLING_OK;
}

static int tenant_assets(const bl_reader *r, const bl_field *field,
                         const bl_json *node, void *model) {
  bl_tenant_terms *terms = model;
  const bl_json *item = bl_json_first(node);
  size_t count = 0;
  int rc = bl_value_array(r, node, 0, TENANT_ASSETS_MOST, &count);

  (void)field;
  if (rc || count == 0) return rc;
  terms->assets = bl_arena_array(r->arena, count, sizeof *terms->assets);
  if (!terms->assets) return bl_reader_nomem(r);
  for (size_t i = 0; !rc && i < count; i++, item = bl_json_next(item)) {
    bl_reader at = bl_reader_item(r, i);
    asset_draft draft = {0};

    rc = bl_shape_read(&asset_shape, &at, item, 0, &draft);
    terms->assets[i] = draft.asset;
    if (!rc) rc = asset_is_new(&at, terms->assets, i);
  }
  terms->asset_count = count;
  return rc;
}

static const bl_field tenant_accept_fields[] = {
  {.name = "most_age", .read = bl_value_seconds, .low = 1,
   .at = offsetof(bl_tenant_terms, most_age_us)},
  {.name = "most_ahead", .read = bl_value_seconds, .low = 1,
   .at = offsetof(bl_tenant_terms, most_ahead_us)},
  {.name = "cancel_within", .read = bl_value_seconds, .low = 1,
   .at = offsetof(bl_tenant_terms, cancel_within_us)},
};

static const bl_shape tenant_accept_shape = {
  "what is accepted", tenant_accept_fields, BL_COUNT(tenant_accept_fields)
};

static int tenant_accept(const bl_reader *r, const bl_field *field,
                         const bl_json *node, void *model) {
  (void)field;
  return bl_shape_read(&tenant_accept_shape, r, node, 0, model);
}

static const bl_field tenant_hold_fields[] = {
  {.name = "lasts", .read = bl_value_seconds, .low = 1,
   .at = offsetof(bl_tenant_terms, hold_lasts_us)},
  {.name = "grace", .read = bl_value_seconds, .low = 1,
   .at = offsetof(bl_tenant_terms, hold_grace_us)},
};

static const bl_shape tenant_hold_shape = {
  "holds", tenant_hold_fields, BL_COUNT(tenant_hold_fields)
};

static int tenant_holds(const bl_reader *r, const bl_field *field,
                        const bl_json *node, void *model) {
  (void)field;
  return bl_shape_read(&tenant_hold_shape, r, node, 0, model);
}

const char *const bl_tell_words[] = {
  [BL_TELL_USED_UP]  = "grant.used_up",
  [BL_TELL_EXPIRING] = "grant.expiring",
  [BL_TELL_STARTED]  = "contract.started",
  [BL_TELL_ENDED]    = "contract.ended",
  NULL
};

static int tenant_topics(const bl_reader *r, const bl_field *field,
                         const bl_json *node, void *model) {
  bl_tenant_terms *terms = model;
  const bl_json *item = bl_json_first(node);
  size_t count = 0;
  int rc = bl_value_array(r, node, 0, BL_TELLS, &count);

  (void)field;
  for (size_t i = 0; i < count && !rc; i++, item = bl_json_next(item)) {
    bl_reader at = bl_reader_item(r, i);
    uint32_t topic = 0;
    rc = bl_value_word(&at, item, bl_tell_words, &topic);
    terms->tells |= UINT32_C(1) << topic;
  }
  return rc;
}

static const bl_field tenant_outbox_fields[] = {
  {.name = "topics", .read = tenant_topics},
  {.name = "expiring", .read = bl_value_seconds, .low = 1,
   .at = offsetof(bl_tenant_terms, expiring_us)},
};

static const bl_shape tenant_outbox_shape = {
  "an outbox", tenant_outbox_fields, BL_COUNT(tenant_outbox_fields)
};

static int tenant_outbox(const bl_reader *r, const bl_field *field,
                         const bl_json *node, void *model) {
  (void)field;
  return bl_shape_read(&tenant_outbox_shape, r, node, 0, model);
}

static const char *const tenant_unknown[] = {"refuse", "park", NULL};

static const char *const tenant_strict[] = {
  [BL_STRICT_NONE]       = "none",
  [BL_STRICT_EVENTS]     = "events",
  [BL_STRICT_PROPERTIES] = "properties",
  NULL
};

static const bl_field tenant_fields[] = {
  {.name = "id", .read = bl_value_id, .needed = BL_ALWAYS,
   .at = offsetof(bl_tenant_terms, id)},
  {.name = "name", .read = bl_value_label, .high = BL_TEXT_MOST,
   .at = offsetof(bl_tenant_terms, name)},
  {.name = "number_prefix", .read = bl_value_label, .high = 32,
   .at = offsetof(bl_tenant_terms, number_prefix)},
  {.name = "assets", .read = tenant_assets},
  {.name = "accept", .read = tenant_accept,
   .hint = "such as {\"most_age\":3024000,\"most_ahead\":300}"},
  {.name = "holds", .read = tenant_holds,
   .hint = "such as {\"lasts\":3600,\"grace\":86400}"},
  {.name = "outbox", .read = tenant_outbox,
   .hint = "such as {\"topics\":[\"grant.used_up\"]}"},
  {.name = "alerts", .read = bl_value_alerts,
   .at = offsetof(bl_tenant_terms, alerts)},
  {.name = "rates", .read = bl_value_exchange,
   .at = offsetof(bl_tenant_terms, rates)},
  {.name = "unknown_customers", .read = bl_value_choice,
   .words = tenant_unknown, .at = offsetof(bl_tenant_terms, parks)},
  {.name = "strict", .read = bl_value_choice, .words = tenant_strict,
   .at = offsetof(bl_tenant_terms, strict)},
};

static const bl_shape tenant_shape = {
  "a tenant", tenant_fields, BL_COUNT(tenant_fields)
};

/* Rates are between assets that the tenant knows. */
static int tenant_check_rates(const bl_reader *r,
                              const bl_tenant_terms *terms) {
  bl_reader above = bl_reader_member(r, "rates");

  for (size_t i = 0; i < terms->rates.count; i++) {
    const bl_exchange_rate *rate = &terms->rates.item[i];
    int is_from = bl_catalog_places(terms, rate->from) >= 0;
    bl_reader at = bl_reader_item(&above, i);
    bl_reader member = bl_reader_member(&at, is_from ? "to" : "from");

    if (!is_from || bl_catalog_places(terms, rate->to) < 0)
      return bl_reader_fail(&member, BILLING_INVALID,
                            "a currency, or a unit that the tenant declares",
                            "%s is no asset of the tenant",
                            is_from ? rate->to : rate->from);
  }
  return BILLING_OK;
}

int bl_catalog_read_tenant(const bl_json *doc, const char *path, bl_arena *a,
                           bl_tenant_terms *out, billing_error *err) {
  bl_reader r = bl_reader_top(path, a, err);
  bl_tenant_terms terms = {0};
  int rc;

  assert(doc && a && out);
  terms.number_prefix = BL_STR("INV-");
  terms.hold_lasts_us = BL_HOUR;
  terms.hold_grace_us = BL_DAY;
  terms.expiring_us = 7 * BL_DAY;
  rc = bl_shape_read(&tenant_shape, &r, doc, 0, &terms);
  if (!rc) rc = tenant_check_rates(&r, &terms);
  if (!rc) *out = terms;
  return rc;
}

int bl_catalog_places(const bl_tenant_terms *terms, const char asset[16]) {
  int places = bl_asset_places(asset);

  assert(asset);
  if (places >= 0 || !terms) return places;
  for (size_t i = 0; i < terms->asset_count; i++)
    if (bl_asset_equal(terms->assets[i].code, asset))
      return terms->assets[i].places;
  return -1;
}

#undef TENANT_ASSETS_MOST
