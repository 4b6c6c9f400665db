/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * recurring.c - grants that a plan or a contract gives by itself.
 *
 *     {"id":"tokens","amount":"1000","asset":"tok","every":"month",
 *      "rollover":{"share":"0.5"}}
 *
 * gives 1,000 at the beginning of each month, until its end; half of what is
 * left then outlives it for one month more.  A commitment in several dated
 * parts has "parts" in place of "every".
 */
#include "catalog/field.h"

#define RECURRING_MOST 100
#define RECURRING_PARTS_MOST 1000

static const char *const every_words[] = {
  [BL_EVERY_PERIOD] = "period",
  [BL_EVERY_DAY]    = "day",
  [BL_EVERY_WEEK]   = "week",
  [BL_EVERY_MONTH]  = "month",
  [BL_EVERY_YEAR]   = "year",
  NULL
};

/* In the order of BILLING_ORIGIN_*. */
static const char *const allowance_origins[] = {
  "bought", "promotional", "commitment", "recurring", NULL
};

/* "period_end", "never", or a number of periods. */
static int allowance_expires(const bl_reader *r, const bl_field *field,
                             const bl_json *node, void *model) {
  bl_recurring *a = model;
  int64_t periods;

  (void)field;
  a->lasts = 1;
  if (bl_str_is(bl_json_text(node), "period_end")) return BILLING_OK;
  a->lasts = 0;
  if (bl_str_is(bl_json_text(node), "never")) return BILLING_OK;
  if (!bl_json_int(node, &periods) || periods < 1 || periods > 1000)
    return bl_reader_fail(r, BILLING_INVALID,
                          "period_end, never, or 1 to 1000 periods",
                          "this is no end of a grant");
  a->lasts = (uint32_t)periods;
  return BILLING_OK;
}

/* ---- rollover ---- */

static int roll_share(const bl_reader *r, const bl_field *field,
                      const bl_json *node, void *model) {
  const bl_dec *share = &((bl_recurring *)model)->roll_share;
  int rc = bl_value_amount(r, field, node, model);

  if (rc || bl_dec_cmp(*share, BL_DEC_ONE) <= 0) return rc;
  return bl_reader_fail(r, BILLING_INVALID, "0 to 1",
                        "more than all cannot roll over");
}

static const bl_field roll_fields[] = {
  {.name = "share", .read = roll_share,
   .at = offsetof(bl_recurring, roll_share)},
  {.name = "limit", .read = bl_value_amount,
   .at = offsetof(bl_recurring, roll_most)},
  {.name = "periods", .read = bl_value_whole, .low = 1, .high = 1000,
   .at = offsetof(bl_recurring, roll_periods)},
};

static const bl_shape roll_shape = {
  "a rollover", roll_fields, BL_COUNT(roll_fields)
};

static int allowance_rollover(const bl_reader *r, const bl_field *field,
                              const bl_json *node, void *model) {
  bl_recurring *a = model;

  (void)field;
  a->rolls = 1;
  a->roll_periods = 1;
  a->roll_share = BL_DEC_ONE;
  a->roll_most = BL_DEC_MAX;
  return bl_shape_read(&roll_shape, r, node, 0, a);
}

/* ---- dated parts ---- */

static const bl_field part_fields[] = {
  {.name = "from", .read = bl_value_time, .needed = BL_ALWAYS,
   .at = offsetof(bl_recurring_part, span.from_us)},
  {.name = "to", .read = bl_value_time,
   .at = offsetof(bl_recurring_part, span.to_us)},
  {.name = "amount", .read = bl_value_positive, .needed = BL_ALWAYS,
   .at = offsetof(bl_recurring_part, amount)},
};

static const bl_shape part_shape = {
  "a part", part_fields, BL_COUNT(part_fields)
};

/* Parts are given one after the other, so they stand by their beginnings. */
static int part_read(const bl_reader *r, const bl_json *node,
                     const bl_recurring_part *before,
                     bl_recurring_part *out) {
  int rc;

  out->span.to_us = BL_TIME_NEVER;
  rc = bl_shape_read(&part_shape, r, node, 0, out);
  if (!rc && bl_span_is_empty(out->span))
    rc = bl_reader_fail(r, BILLING_INVALID, "a time after \"from\"",
                        "the part ends before it begins");
  if (!rc && before && out->span.from_us < before->span.from_us)
    rc = bl_reader_fail(r, BILLING_INVALID, "by their beginnings",
                        "the part begins before the one above it");
  return rc;
}

static int allowance_parts(const bl_reader *r, const bl_field *field,
                           const bl_json *node, void *model) {
  bl_recurring *a = model;
  const bl_json *item = bl_json_first(node);
  size_t count = 0;
  int rc = bl_value_array(r, node, 1, RECURRING_PARTS_MOST, &count);

  (void)field;
  if (rc) return rc;
  a->parts = bl_arena_array(r->arena, count, sizeof *a->parts);
  if (!a->parts) return bl_reader_nomem(r);
  for (; !rc && a->part_count < count; item = bl_json_next(item)) {
    size_t at = a->part_count++;
    bl_reader part = bl_reader_item(r, at);
    rc = part_read(&part, item, at ? &a->parts[at - 1] : NULL, &a->parts[at]);
  }
  return rc;
}

/* ---- an allowance ---- */

enum { RECURRING_EVERY, RECURRING_PARTS };
#define RECURRING_FORM(form) (UINT32_C(1) << (form))

static const bl_field allowance_fields[] = {
  {.name = "id", .read = bl_value_id, .needed = BL_ALWAYS,
   .at = offsetof(bl_recurring, id)},
  {.name = "name", .read = bl_value_label, .high = 200,
   .at = offsetof(bl_recurring, name)},
  {.name = "asset", .read = bl_value_asset,
   .at = offsetof(bl_recurring, asset)},
  {.name = "amount", .read = bl_value_positive,
   .forms = RECURRING_FORM(RECURRING_EVERY),
   .needed = RECURRING_FORM(RECURRING_EVERY),
   .at = offsetof(bl_recurring, amount)},
  {.name = "cost", .read = bl_value_amount,
   .at = offsetof(bl_recurring, cost)},
  {.name = "priority", .read = bl_value_whole, .low = INT32_MIN,
   .high = INT32_MAX, .at = offsetof(bl_recurring, priority)},
  {.name = "origin", .read = bl_value_choice, .words = allowance_origins,
   .hint = "recurring, bought, commitment or promotional",
   .at = offsetof(bl_recurring, origin)},
  {.name = "scope", .read = bl_value_scope_text,
   .at = offsetof(bl_recurring, scope)},
  {.name = "parts", .read = allowance_parts,
   .forms = RECURRING_FORM(RECURRING_PARTS)},
  {.name = "every", .read = bl_value_choice, .words = every_words,
   .forms = RECURRING_FORM(RECURRING_EVERY),
   .needed = RECURRING_FORM(RECURRING_EVERY),
   .hint = "period, day, week, month, year; or \"parts\"",
   .at = offsetof(bl_recurring, every)},
  {.name = "count", .read = bl_value_whole, .low = 1, .high = 100,
   .forms = RECURRING_FORM(RECURRING_EVERY),
   .at = offsetof(bl_recurring, count)},
  {.name = "expires", .read = allowance_expires,
   .forms = RECURRING_FORM(RECURRING_EVERY)},
  {.name = "rollover", .read = allowance_rollover,
   .forms = RECURRING_FORM(RECURRING_EVERY)},
  {.name = "quantity", .read = bl_value_id,
   .forms = RECURRING_FORM(RECURRING_EVERY),
   .at = offsetof(bl_recurring, quantity)},
  {.name = "proration", .read = bl_value_choice, .words = bl_proration_words,
   .forms = RECURRING_FORM(RECURRING_EVERY),
   .at = offsetof(bl_recurring, proration)},
  {.name = "from", .read = bl_value_time,
   .forms = RECURRING_FORM(RECURRING_EVERY),
   .at = offsetof(bl_recurring, span.from_us)},
  {.name = "to", .read = bl_value_time,
   .forms = RECURRING_FORM(RECURRING_EVERY),
   .at = offsetof(bl_recurring, span.to_us)},
};

static const bl_shape allowance_shape = {
  "a grant of a plan or a contract", allowance_fields,
  BL_COUNT(allowance_fields)
};

/* What is given for ever has no end at which it could roll over. */
static int allowance_check(const bl_reader *r, const bl_recurring *a) {
  bl_reader rollover = bl_reader_member(r, "rollover");
  bl_reader asset = bl_reader_member(r, "asset");
  bl_reader to = bl_reader_member(r, "to");

  if (!a->asset[0])
    return bl_reader_fail(&asset, BILLING_INVALID, "such as USD or tok",
                          "a contract's grant names its asset");
  if (bl_span_is_empty(a->span))
    return bl_reader_fail(&to, BILLING_INVALID, "a time after \"from\"",
                          "the grant ends before it begins");
  if (!a->rolls || a->lasts) return BILLING_OK;
  return bl_reader_fail(&rollover, BILLING_INVALID,
                        "leave it out, or \"expires\":\"period_end\"",
                        "what never expires does not roll over");
}

static int allowance_read(const bl_reader *r, const bl_json *node,
                          const char *currency, bl_recurring *out) {
  uint32_t form = bl_json_get(node, "parts") ? RECURRING_PARTS
                                             : RECURRING_EVERY;
  bl_recurring a = {.origin = BILLING_ORIGIN_RECURRING, .lasts = 1,
                    .count = 1, .span = {INT64_MIN, BL_TIME_NEVER}};
  int rc;

  if (currency) memcpy(a.asset, currency, sizeof a.asset);
  rc = bl_shape_read(&allowance_shape, r, node, form, &a);
  if (!rc) rc = allowance_check(r, &a);
  *out = a;
  return rc;
}

static int allowance_is_new(const bl_reader *r, const bl_recurring_list *all,
                            size_t count) {
  bl_reader at = bl_reader_member(r, "id");

  for (size_t i = 0; i < count; i++)
    if (bl_str_equal(all->item[i].id, all->item[count].id))
      return bl_reader_fail(&at, BILLING_INVALID,
                            "ids of grants are unique in their document",
                            "%t is the id of two grants",
                            &all->item[count].id);
  return BILLING_OK;
}

static int read_recurring_list(const bl_reader *r, const bl_json *node,
                           const char *currency, bl_recurring_list *out) {
  const bl_json *item = bl_json_first(node);
  size_t count = 0;
  int rc = bl_value_array(r, node, 0, RECURRING_MOST, &count);

  if (rc || !count) return rc;
  out->item = bl_arena_array(r->arena, count, sizeof *out->item);
  if (!out->item) return bl_reader_nomem(r);
  for (size_t i = 0; !rc && i < count; i++, item = bl_json_next(item)) {
    bl_reader at = bl_reader_item(r, i);
    rc = allowance_read(&at, item, currency, &out->item[i]);
    if (!rc) rc = allowance_is_new(&at, out, i);
  }
  out->count = count;
  return rc;
}

int bl_value_plan_grants(const bl_reader *r, const bl_field *field,
                         const bl_json *node, void *model) {
  unsigned char *base = model;

  return read_recurring_list(r, node, (const char *)base + field->beside,
                         (bl_recurring_list *)(void *)(base + field->at));
}

int bl_value_contract_grants(const bl_reader *r, const bl_field *field,
                             const bl_json *node, void *model) {
  unsigned char *base = model;

  return read_recurring_list(r, node, NULL,
                         (bl_recurring_list *)(void *)(base + field->at));
}

int bl_catalog_check_grants(const bl_recurring_list *grants, const char *path,
                            const bl_tenant_terms *tenant,
                            billing_error *err) {
  bl_reader top = bl_reader_top(path, NULL, err);
  bl_reader list = bl_reader_member(&top, "grants");

  for (size_t i = 0; i < grants->count; i++) {
    bl_reader item = bl_reader_item(&list, i);
    bl_reader at = bl_reader_member(&item, "asset");
    if (bl_catalog_places(tenant, grants->item[i].asset) < 0)
      return bl_reader_fail(&at, BILLING_INVALID,
                            "declare it among the tenant's assets",
                            "%s is neither a currency nor a unit of the "
                            "tenant", grants->item[i].asset);
  }
  return BILLING_OK;
}

#undef RECURRING_MOST
#undef RECURRING_PARTS_MOST
#undef RECURRING_FORM
