/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * top_up.c - credit that is asked for by itself, and given when it is paid.
 *
 *     {"id":"refill","asset":"USD","at":"5","target":"20","fee":"0.30",
 *      "limit":{"per":"day","count":3},"retries":[3600,86400]}
 *     {"id":"monthly","asset":"tok","every":"month","amount":"1000",
 *      "unit_price":"0.01","charge_asset":"USD","bonus":{"share":"0.1"}}
 *
 * asks to be filled up to 20 USD when 5 are left, at most three times a day,
 * and for 1,000 tokens each month, with 100 for nothing.
 */
#include "catalog/field.h"

#define TOP_UPS_MOST 20
#define TOP_UP_RETRIES_MOST 20
#define TOP_UP_LASTS_US (24 * BL_HOUR)

static const char *const top_up_units[] = {
  [BL_UNIT_DAY]   = "day",
  [BL_UNIT_WEEK]  = "week",
  [BL_UNIT_MONTH] = "month",
  [BL_UNIT_YEAR]  = "year",
  NULL
};

/* ---- what it adds, and when ---- */

static int top_up_target(const bl_reader *r, const bl_field *field,
                         const bl_json *node, void *model) {
  ((bl_top_up_rule *)model)->terms.has_target = 1;
  return bl_value_positive(r, field, node, model);
}

static int top_up_at(const bl_reader *r, const bl_field *field,
                     const bl_json *node, void *model) {
  ((bl_top_up_rule *)model)->has_at = 1;
  return bl_value_amount(r, field, node, model);
}

static int top_up_every(const bl_reader *r, const bl_field *field,
                        const bl_json *node, void *model) {
  bl_top_up_rule *rule = model;

  rule->has_schedule = 1;
  rule->every = 1;
  return bl_value_choice(r, field, node, model);
}

/* ---- what belongs to it ---- */

static const bl_field bonus_fields[] = {
  {.name = "amount", .read = bl_value_amount,
   .at = offsetof(bl_top_up_rule, bonus)},
  {.name = "share", .read = bl_value_amount,
   .at = offsetof(bl_top_up_rule, bonus_share)},
};

static const bl_shape bonus_shape = {
  "a bonus", bonus_fields, BL_COUNT(bonus_fields)
};

static int top_up_bonus(const bl_reader *r, const bl_field *field,
                        const bl_json *node, void *model) {
  (void)field;
  return bl_shape_read(&bonus_shape, r, node, 0, model);
}

static const bl_field top_up_limit_fields[] = {
  {.name = "per", .read = bl_value_choice, .words = bl_within_words,
   .needed = BL_ALWAYS, .hint = "hour, day, week, month",
   .at = offsetof(bl_top_up_rule, per)},
  {.name = "count", .read = bl_value_whole, .low = 1, .high = 1000000,
   .at = offsetof(bl_top_up_rule, limit_count)},
  {.name = "amount", .read = bl_value_positive,
   .at = offsetof(bl_top_up_rule, limit_amount)},
};

static const bl_shape top_up_limit_shape = {
  "a limit of top-ups", top_up_limit_fields, BL_COUNT(top_up_limit_fields)
};

static int top_up_limit(const bl_reader *r, const bl_field *field,
                        const bl_json *node, void *model) {
  bl_top_up_rule *rule = model;
  int rc = bl_shape_read(&top_up_limit_shape, r, node, 0, model);

  (void)field;
  rule->has_limit = 1;
  if (rc) return rc;
  if (rule->per >= BL_WITHIN_HOUR && rule->per <= BL_WITHIN_MONTH &&
      (rule->limit_count || !bl_dec_is_zero(rule->limit_amount)))
    return BILLING_OK;
  return bl_reader_fail(r, BILLING_INVALID,
                        "per hour, day, week or month a \"count\" or an "
                        "\"amount\"", "this limits nothing");
}

static const bl_field top_up_delay = {.name = "delay",
                                      .read = bl_value_seconds, .low = 1};

static int top_up_retries(const bl_reader *r, const bl_field *field,
                          const bl_json *node, void *model) {
  bl_top_up_rule *rule = model;
  const bl_json *item = bl_json_first(node);
  size_t count = 0;
  int rc = bl_value_array(r, node, 0, TOP_UP_RETRIES_MOST, &count);

  (void)field;
  if (rc || !count) return rc;
  rule->retries_us = bl_arena_array(r->arena, count, sizeof(int64_t));
  if (!rule->retries_us) return bl_reader_nomem(r);
  for (size_t i = 0; i < count && !rc; i++, item = bl_json_next(item)) {
    bl_reader at = bl_reader_item(r, i);
    rc = bl_value_seconds(&at, &top_up_delay, item, &rule->retries_us[i]);
  }
  rule->retry_count = count;
  return rc;
}

static const bl_field top_up_grant_fields[] = {
  {.name = "lasts", .read = bl_value_seconds, .low = 1,
   .at = offsetof(bl_top_up_rule, given_us)},
  {.name = "priority", .read = bl_value_whole, .low = INT32_MIN,
   .high = INT32_MAX, .at = offsetof(bl_top_up_rule, priority)},
  {.name = "scope", .read = bl_value_scope_text,
   .at = offsetof(bl_top_up_rule, scope)},
  {.name = "name", .read = bl_value_label, .high = 200,
   .at = offsetof(bl_top_up_rule, name)},
};

static const bl_shape top_up_grant_shape = {
  "what a top-up gives", top_up_grant_fields, BL_COUNT(top_up_grant_fields)
};

static int top_up_grant(const bl_reader *r, const bl_field *field,
                        const bl_json *node, void *model) {
  (void)field;
  return bl_shape_read(&top_up_grant_shape, r, node, 0, model);
}

/* ---- a rule ---- */

#define TOP_UP_AT(member) offsetof(bl_top_up_rule, member)
static const bl_field top_up_rule_fields[] = {
  {.name = "id", .read = bl_value_id, .needed = BL_ALWAYS,
   .at = TOP_UP_AT(id)},
  {.name = "asset", .read = bl_value_asset, .needed = BL_ALWAYS,
   .hint = "such as USD or tok", .at = TOP_UP_AT(asset)},
  {.name = "at", .read = top_up_at, .at = TOP_UP_AT(at)},
  {.name = "every", .read = top_up_every, .words = top_up_units,
   .at = TOP_UP_AT(unit)},
  {.name = "count", .read = bl_value_whole, .low = 1, .high = 100,
   .at = TOP_UP_AT(every)},
  {.name = "from", .read = bl_value_time,
   .hint = "RFC 3339, or microseconds since 1970", .at = TOP_UP_AT(from_us)},
  {.name = "zone", .read = bl_value_label, .high = 64,
   .at = TOP_UP_AT(zone)},
  {.name = "target", .read = top_up_target, .at = TOP_UP_AT(terms.target)},
  {.name = "amount", .read = bl_value_positive,
   .at = TOP_UP_AT(terms.amount)},
  {.name = "repeat", .read = bl_value_truth, .at = TOP_UP_AT(terms.repeats)},
  {.name = "charge_asset", .read = bl_value_asset,
   .at = TOP_UP_AT(charge_asset)},
  {.name = "unit_price", .read = bl_value_positive,
   .at = TOP_UP_AT(terms.unit_price)},
  {.name = "discount", .read = bl_value_amount,
   .at = TOP_UP_AT(terms.discount)},
  {.name = "mark_up", .read = bl_value_amount,
   .at = TOP_UP_AT(terms.mark_up)},
  {.name = "fee", .read = bl_value_amount, .at = TOP_UP_AT(terms.fee)},
  {.name = "least", .read = bl_value_amount, .at = TOP_UP_AT(terms.least)},
  {.name = "most", .read = bl_value_amount, .at = TOP_UP_AT(terms.most)},
  {.name = "bonus", .read = top_up_bonus},
  {.name = "limit", .read = top_up_limit},
  {.name = "lasts", .read = bl_value_seconds, .low = 1,
   .at = TOP_UP_AT(lasts_us)},
  {.name = "retries", .read = top_up_retries},
  {.name = "grant", .read = top_up_grant},
};
#undef TOP_UP_AT

static const bl_shape top_up_rule_shape = {
  "a top-up", top_up_rule_fields, BL_COUNT(top_up_rule_fields)
};

static int top_up_adds(const bl_reader *r, const bl_top_up_rule *rule) {
  const bl_top_up *t = &rule->terms;

  if ((t->has_target != 0) != bl_dec_is_zero(t->amount))
    return bl_reader_fail(r, BILLING_INVALID, "\"target\" or \"amount\"",
                          "a top-up is filled up to a target, or an amount");
  if (t->repeats && (t->has_target || !rule->has_at))
    return bl_reader_fail(r, BILLING_INVALID, "\"amount\" and \"at\"",
                          "what is repeated is an amount, until more than "
                          "\"at\" is left");
  if (bl_dec_less(BL_DEC_ONE, t->discount))
    return bl_reader_fail(r, BILLING_INVALID, "a discount of at most \"1\"",
                          "more than all cannot be left off");
  if (!bl_dec_is_zero(t->most) && bl_dec_less(t->most, t->least))
    return bl_reader_fail(r, BILLING_INVALID, "at least \"least\"",
                          "\"most\" is below \"least\"");
  return BILLING_OK;
}

static int top_up_asks(const bl_reader *r, const bl_top_up_rule *rule,
                       int has_start) {
  if (!rule->has_schedule && rule->every)
    return bl_reader_fail(r, BILLING_INVALID, "\"every\":\"month\"",
                          "\"count\" counts what \"every\" says");
  if (!rule->has_at && !rule->has_schedule)
    return bl_reader_fail(r, BILLING_INVALID, "\"at\":\"5\", or "
                          "\"every\":\"month\"",
                          "nothing says when it is asked for");
  if (rule->has_at && rule->has_schedule)
    return bl_reader_fail(r, BILLING_INVALID, "two top-ups",
                          "a top-up goes by the balance or by a schedule");
  if (rule->has_at && rule->terms.has_target &&
      !bl_dec_less(rule->at, rule->terms.target))
    return bl_reader_fail(r, BILLING_INVALID, "a target above \"at\"",
                          "the target is not above the threshold");
  if (!rule->has_schedule || has_start || rule->from_us != BL_TIME_NEVER)
    return BILLING_OK;
  return bl_reader_fail(r, BILLING_INVALID,
                        "\"from\":\"2026-01-01T00:00:00Z\"",
                        "a customer's schedule needs a beginning");
}

static int top_up_is_new(const bl_reader *r, const bl_top_ups *all,
                         size_t count) {
  bl_reader at = bl_reader_member(r, "id");

  for (size_t i = 0; i < count; i++)
    if (bl_str_equal(all->item[i].id, all->item[count].id))
      return bl_reader_fail(&at, BILLING_INVALID, "name each top-up once",
                            "%t is the id of two top-ups",
                            &all->item[count].id);
  return BILLING_OK;
}

static int top_up_read(const bl_reader *r, const bl_json *node, int has_start,
                       bl_top_up_rule *out) {
  bl_top_up_rule rule = {.from_us = BL_TIME_NEVER,
                         .lasts_us = TOP_UP_LASTS_US,
                         .terms.unit_price = BL_DEC_ONE};
  int rc = bl_shape_read(&top_up_rule_shape, r, node, 0, &rule);

  if (!rc) rc = top_up_adds(r, &rule);
  if (!rc) rc = top_up_asks(r, &rule, has_start);
  if (rule.terms.repeats) rule.terms.above = rule.at;
  if (!rule.charge_asset[0])
    memcpy(rule.charge_asset, rule.asset, sizeof rule.asset);
  *out = rule;
  return rc;
}

int bl_value_top_ups(const bl_reader *r, const bl_field *field,
                     const bl_json *node, void *model) {
  bl_top_ups *all = (bl_top_ups *)(void *)((unsigned char *)model + field->at);
  const bl_json *item = bl_json_first(node);
  size_t count = 0;
  int rc = bl_value_array(r, node, 0, TOP_UPS_MOST, &count);

  if (rc || !count) return rc;
  all->item = bl_arena_array(r->arena, count, sizeof *all->item);
  if (!all->item) return bl_reader_nomem(r);
  for (size_t i = 0; !rc && i < count; i++, item = bl_json_next(item)) {
    bl_reader at = bl_reader_item(r, i);
    rc = top_up_read(&at, item, field->low != 0, &all->item[i]);
    if (!rc) rc = top_up_is_new(&at, all, i);
  }
  all->count = count;
  return rc;
}

/* ---- a document's ---- */

static int top_up_asset(const bl_reader *r, const char *member,
                        const char asset[16], const bl_tenant_terms *tenant) {
  bl_reader at = bl_reader_member(r, member);

  if (bl_catalog_places(tenant, asset) >= 0) return BILLING_OK;
  return bl_reader_fail(&at, BILLING_INVALID,
                        "declare it among the tenant's assets",
                        "%s is neither a currency nor a unit of the tenant",
                        asset);
}

int bl_catalog_check_top_ups(const bl_top_ups *top_ups, const char *path,
                             const bl_tenant_terms *tenant,
                             billing_error *err) {
  bl_reader top = bl_reader_top(path, NULL, err);
  bl_reader list = bl_reader_member(&top, "top_ups");
  int rc = BILLING_OK;

  for (size_t i = 0; i < top_ups->count && !rc; i++) {
    const bl_top_up_rule *rule = &top_ups->item[i];
    bl_reader item = bl_reader_item(&list, i);
    rc = top_up_asset(&item, "asset", rule->asset, tenant);
    if (!rc)
      rc = top_up_asset(&item, "charge_asset", rule->charge_asset, tenant);
  }
  return rc;
}

#undef TOP_UPS_MOST
#undef TOP_UP_RETRIES_MOST
#undef TOP_UP_LASTS_US
