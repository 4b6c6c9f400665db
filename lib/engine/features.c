/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* features.c - who has how much of a feature; see features.h. */
#include "engine/features.h"

#include "engine/grants.h"
#include "engine/limits.h"

/* ---- who has it ---- */

static int contract_holds(const bl_contract *contract, int64_t us) {
  bl_span term = {contract->terms.start_us, contract->terms.end_us};

  return bl_span_holds(term, us);
}

/* The contract's own value, else that of the version of its plan. */
static const bl_feature_value *value_under(const bl_contract *contract,
                                           bl_str id, int64_t us,
                                           uint32_t *source) {
  const bl_feature_value *value =
      bl_feature_value_of(&contract->terms.features, id);

  *source = BILLING_SOURCE_CONTRACT;
  if (value) return value;
  *source = BILLING_SOURCE_PLAN;
  return bl_feature_value_of(&bl_contract_plan_at(contract, us)->plan.features,
                             id);
}

const bl_contract *bl_feature_contract(const bl_customer *customer,
                                       const bl_feature *feature,
                                       int64_t us) {
  const bl_list *contracts = &customer->contracts;
  const bl_contract *first = NULL;

  for (size_t i = contracts->first; i < contracts->count; i++) {
    const bl_contract *contract = contracts->item[i];
    const bl_feature_value *value;
    uint32_t source;
    if (!contract_holds(contract, us)) continue;
    value = value_under(contract, feature->id, us, &source);
    if (value && !value->is_no) return contract;
    if (!first) first = contract;
  }
  return first;
}

/* Quotas add up, and one without a limit has none with others; of several
 * configurations the first stands; a soft quota is soft as a whole. */
static void take_given(bl_entitled *has, const bl_feature *feature,
                       const bl_feature_value *value, uint32_t source) {
  int is_first = !has->is_granted;

  if (is_first && !has->source) has->source = source;
  if (value->is_no ||
      (feature->kind == BL_FEATURE_QUOTA && bl_dec_is_zero(value->limit)))
    return;
  has->is_granted = 1;
  if (is_first) has->source = source;
  if (is_first) has->json = value->json;
  has->is_soft |= value->is_soft;
  has->limit = bl_dec_is_max(has->limit) || bl_dec_is_max(value->limit)
                   ? BL_DEC_MAX : bl_dec_add(has->limit, value->limit);
  if (bl_dec_is_bad(has->limit)) has->limit = BL_DEC_MAX;
}

static void take_contracts(bl_entitled *has, const bl_customer *customer,
                           const bl_feature *feature, int64_t us) {
  const bl_list *contracts = &customer->contracts;

  for (size_t i = contracts->first; i < contracts->count; i++) {
    const bl_contract *contract = contracts->item[i];
    const bl_feature_value *value;
    uint32_t source;
    if (!contract_holds(contract, us)) continue;
    value = value_under(contract, feature->id, us, &source);
    if (value) take_given(has, feature, value, source);
  }
}

/* Also what is used up: it lasts until its time is over, or it is void. */
static void take_grants(bl_entitled *has, const bl_list *grants,
                        const bl_feature *feature, int64_t us) {
  for (size_t i = grants->first; i < grants->count; i++) {
    const bl_grant_state *grant = grants->item[i];
    bl_span life = {grant->lot.effective_us, grant->lot.expires_us};
    const bl_feature_value *value =
        bl_feature_value_of(&grant->scope.features, feature->id);
    if (value && !value->is_no && !grant->lot.is_void &&
        bl_span_holds(life, us))
      take_given(has, feature, value, BILLING_SOURCE_GRANT);
  }
}

static void take_wallets(bl_entitled *has, const bl_customer *customer,
                         const bl_feature *feature, int64_t us) {
  const bl_list *wallets = &customer->wallets;

  for (size_t i = wallets->first; i < wallets->count; i++) {
    const bl_wallet *wallet = wallets->item[i];
    if (wallet->entitling) take_grants(has, &wallet->grants, feature, us);
  }
}

void bl_entitle(const bl_customer *customer, const bl_feature *feature,
                int64_t us, bl_entitled *out) {
  const bl_feature_value *own =
      bl_feature_value_of(&customer->features, feature->id);

  memset(out, 0, sizeof *out);
  out->limit = BL_DEC_ZERO;
  if (own) take_given(out, feature, own, BILLING_SOURCE_CUSTOMER);
  else take_contracts(out, customer, feature, us);
  if (own && own->is_no) return;
  take_wallets(out, customer, feature, us);
  if (!out->source && feature->has_default)
    take_given(out, feature, &feature->standard, BILLING_SOURCE_DEFAULT);
}

/* ---- what documents say ---- */

static int refuse_feature(bl_call *c, const char *path, bl_str id, int rc,
                          const char *hint, const char *format) {
  char at[BL_PATH_SIZE];
  size_t len = bl_utf8_cut(path, strlen(path), sizeof at - 1);

  memcpy(at, path, len);
  at[len] = '\0';
  (void)bl_path_add(at, BL_STR("features"));
  (void)bl_path_add(at, id);
  return bl_fail(c->err, rc, at, hint, format, &id);
}

static int check_value(bl_call *c, const bl_feature_value *value,
                       int has_meters, int is_new, const char *path) {
  const bl_feature_state *state =
      bl_map_get(&c->t->features, value->id.text, value->id.len);
  const char *misfit;
  bl_str meter;

  if (!state || (is_new && state->archived))
    return refuse_feature(c, path, value->id, BILLING_NOTFOUND,
                          "put the feature first",
                          "there is no feature %t in use");
  misfit = bl_feature_misfit(&state->feature, value);
  if (misfit)
    return refuse_feature(c, path, value->id, BILLING_INVALID, misfit,
                          "the feature %t cannot be that");
  meter = state->feature.limit.meter;
  if (!has_meters || !meter.len ||
      bl_map_get(&c->t->meters, meter.text, meter.len))
    return BILLING_OK;
  return refuse_feature(c, path, value->id, BILLING_NOTFOUND,
                        "put the meter first",
                        "there is no meter for the quota %t");
}

int bl_features_check(bl_call *c, const bl_feature_values *values,
                      int has_meters, int is_new, const char *path) {
  int rc = BILLING_OK;

  for (size_t i = 0; i < values->count && !rc; i++)
    rc = check_value(c, &values->item[i], has_meters, is_new, path);
  return rc;
}

/* Its scope was read before, from the document. */
static int check_scope_of(bl_call *c, const bl_recurring *grant, int is_new,
                          const char *path) {
  bl_scope scope;
  bl_json *tree;
  int rc;

  if (!grant->scope.len) return BILLING_OK;
  rc = bl_json_read(grant->scope.text, grant->scope.len, &tree, c->err);
  if (rc) return rc;
  rc = bl_catalog_read_scope(tree, path, &c->arena, &scope, c->err);
  bl_json_free(tree);
  for (size_t i = 0; i < scope.caps.count && !rc; i++)
    rc = bl_limit_check(c, &scope.caps.item[i], 0, path);
  return rc ? rc : bl_features_check(c, &scope.features, 1, is_new, path);
}

int bl_features_check_grants(bl_call *c, const bl_recurring_list *grants,
                             int is_new, const char *path) {
  int rc = BILLING_OK;

  for (size_t i = 0; i < grants->count && !rc; i++) {
    char digits[BL_INT_TEXT];
    bl_text at;
    bl_text_open(&at, &c->arena);
    (void)bl_int_print((int64_t)i, digits);
    bl_text_format(&at, "%s/grants/%s/scope", path, digits);
    if (at.failed) return BILLING_NOMEM;
    rc = check_scope_of(c, &grants->item[i], is_new, at.text);
  }
  return rc;
}
