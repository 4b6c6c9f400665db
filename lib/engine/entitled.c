/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* entitled.c - what a customer has of one feature, or of all. */
#include "engine/entitled.h"

#include "base/struct.h"
#include "engine/features.h"
#include "engine/limit_look.h"
#include "engine/query.h"
#include "engine/rate.h"

/* ---- one ---- */

/* When something of the quota comes back by itself; 0: nothing does. */
static int64_t resets_at(const bl_limit_look *look,
                         const bl_limit_wish *wish) {
  size_t place;

  if (look->limit->slides)
    return bl_limit_leaves(look->customer, wish, BL_DEC_ZERO,
                           look->c->now_us);
  if (look->limit->per == BL_WITHIN_LIFE ||
      (look->limit->per == BL_WITHIN_HOURS &&
       !bl_limit_window_of(look->customer, &look->count, &place)))
    return 0;
  return look->count.until_us;
}

static int fill_quota(bl_call *c, bl_customer *customer,
                      const bl_feature_state *feature,
                      billing_entitlement *out) {
  bl_limit_look look = {.c = c, .customer = customer, .is_new = 1,
                        .time_us = c->now_us, .came_us = c->now_us};
  bl_limit_wish wish;
  bl_dec load = BL_DEC_ZERO;
  int is_in;
  int rc;

  bl_quota_look(&look, feature);
  rc = bl_limit_place(&look, NULL, &is_in);
  if (rc) return rc;
  wish = (bl_limit_wish){look.limit, look.by, 0, look.count};
  if (is_in) {
    load = bl_limit_load(customer, &wish, c->now_us, &out->held);
    out->resets_us = resets_at(&look, &wish);
  }
  out->used = bl_dec_sub(load, out->held);
  out->left = bl_dec_is_max(out->limit)
                  ? BL_DEC_MAX
                  : bl_dec_max(bl_dec_sub(out->limit, load), BL_DEC_ZERO);
  if (bl_dec_is_max(out->limit)) out->flags |= BILLING_ENTITLED_UNLIMITED;
  if (bl_dec_is_zero(out->left)) out->flags |= BILLING_ENTITLED_USED_UP;
  return BILLING_OK;
}

/* Holds that are over, what is to be given and periods that have begun: each
 * is undone when the call is left. */
static int bring_up(bl_call *c, bl_customer *customer) {
  int rc;

  if (bl_rate_is_prepared(c, customer, c->now_us)) return BILLING_OK;
  rc = bl_expire_holds(c, customer);
  return rc ? rc : bl_rate_prepare(c, customer, c->now_us);
}

static int fill_entitlement(bl_call *c, bl_customer *customer,
                            const bl_feature_state *feature,
                            billing_entitlement *out, bl_str *json) {
  bl_entitled has;
  int rc = BILLING_OK;

  bl_entitle(customer, &feature->feature, c->now_us, &has);
  memset(out, 0, sizeof *out);
  out->struct_size = sizeof *out;
  out->kind = feature->feature.kind;
  out->granted = has.is_granted;
  out->source = has.source;
  out->decided_us = c->now_us;
  *json = (bl_str){NULL, 0};
  if (has.is_soft) out->flags |= BILLING_ENTITLED_SOFT;
  if (out->kind == BL_FEATURE_QUOTA) {
    out->limit = has.limit;
    rc = fill_quota(c, customer, feature, out);
  }
  if (rc || out->kind != BL_FEATURE_CONFIGURATION || !has.is_granted)
    return rc;
  *json = has.json;
  out->value_len = (uint32_t)json->len;
  if (json->len < sizeof out->value)
    memcpy(out->value, json->text, json->len);
  return BILLING_OK;
}

static int read_entitlement(bl_call *c, bl_str id, bl_str feature,
                            billing_entitlement *out) {
  const bl_feature_state *state;
  bl_customer *customer;
  bl_str json;
  int rc = bl_find_customer(c, id, "/customer", &customer);

  if (rc) return rc;
  state = bl_map_get(&c->t->features, feature.text, feature.len);
  if (!state)
    return bl_fail(c->err, BILLING_NOTFOUND, "/feature",
                   "put the feature first", "there is no feature %t",
                   &feature);
  rc = bring_up(c, customer);
  return rc ? rc : fill_entitlement(c, customer, state, out, &json);
}

int billing_entitled(billing *b, const billing_call *call,
                     const char *customer, size_t customer_len,
                     const char *feature, size_t feature_len,
                     billing_entitlement *out, billing_error *err) {
  billing_entitlement found = {0};
  bl_call c;
  int rc = bl_enter(&c, b, call, BL_READ, err);

  if (rc) return rc;
  rc = bl_can_fill(out, sizeof *out);
  if (rc)
    bl_fail(err, rc, "", "set it up with BILLING_INIT",
            "the billing_entitlement cannot be filled");
  else
    rc = read_entitlement(&c, bl_text_argument(customer, customer_len),
                          bl_text_argument(feature, feature_len), &found);
  rc = bl_leave(&c, rc);
  if (!rc) bl_fill(out, &found, sizeof found);
  return rc;
}

/* ---- all ---- */

static void add_limit(bl_json *row, const char *key, bl_dec limit) {
  if (bl_dec_is_max(limit)) bl_json_add_c(row, key, "unlimited");
  else bl_json_add_dec(row, key, limit);
}

static void add_quota(bl_json *row, const bl_feature *feature,
                      const billing_entitlement *one) {
  bl_json_add_text(row, "meter", feature->limit.meter);
  bl_json_add_c(row, "per", bl_within_words[feature->limit.per]);
  if (feature->limit.hours)
    bl_json_add_int(row, "hours", feature->limit.hours);
  add_limit(row, "limit", one->limit);
  bl_json_add_dec(row, "used", one->used);
  bl_json_add_dec(row, "held", one->held);
  add_limit(row, "left", one->left);
  bl_json_add_bool(row, "soft", (one->flags & BILLING_ENTITLED_SOFT) != 0);
  if (one->resets_us) bl_json_add_time(row, "resets", one->resets_us);
}

static int add_entitlement(bl_json *rows, const bl_feature_state *state,
                   const billing_entitlement *one, bl_str json) {
  static const char *const sources[] = {"", "customer", "contract", "plan",
                                        "grant", "default"};
  const bl_feature *feature = &state->feature;
  bl_json *row = bl_json_object(rows, NULL), *value;
  int rc;

  bl_json_add_text(row, "feature", feature->id);
  if (feature->name.len) bl_json_add_text(row, "name", feature->name);
  bl_json_add_c(row, "kind", bl_feature_words[feature->kind]);
  bl_json_add_bool(row, "granted", one->granted != 0);
  if (one->source) bl_json_add_c(row, "source", sources[one->source]);
  if (feature->kind == BL_FEATURE_QUOTA) add_quota(row, feature, one);
  if (!json.len) return BILLING_OK;
  rc = bl_json_read(json.text, json.len, &value, NULL);
  if (rc) return rc;
  bl_json_add_copy(row, "value", value);
  bl_json_free(value);
  return BILLING_OK;
}

/* Archived ones are shown to whom they were given before. */
int bl_entitlements_add(bl_call *c, bl_customer *customer,
                        const bl_words *only, int must_have, bl_json *rows) {
  const bl_map *features = &c->t->features;
  int rc = bring_up(c, customer);

  for (size_t i = 0; i < features->count && !rc; i++) {
    const bl_feature_state *state = features->entry[i].value;
    billing_entitlement one;
    bl_str json;
    if (only->count && !bl_words_have(only, state->feature.id)) continue;
    rc = fill_entitlement(c, customer, state, &one, &json);
    if (!rc && (one.granted || !(must_have || state->archived)))
      rc = add_entitlement(rows, state, &one, json);
  }
  return rc;
}

static int show_entitlements(bl_call *c, const bl_query *q,
                             billing_doc **out) {
  bl_json *tree = bl_json_object(NULL, NULL);
  bl_json *rows = bl_json_array(tree, "features");
  bl_words all = {NULL, 0};
  bl_customer *customer;
  int rc = bl_find_customer(c, q->customer, "/customer", &customer);

  if (!rc) rc = bl_entitlements_add(c, customer, &all, 0, rows);
  if (!rc) rc = bl_doc_of_tree(c, tree, out);
  bl_json_free(tree);
  return rc;
}

int billing_entitlements(billing *b, const billing_call *call,
                         const char *query, size_t query_len,
                         billing_doc **out, billing_error *err) {
  static const char *const allowed[] = {"customer", NULL};
  bl_question question = {query, query_len, allowed, NULL,
                          show_entitlements};

  return bl_question_ask(b, call, &question, out, err);
}
