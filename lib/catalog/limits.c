/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * limits.c - how much may be spent, or used, in which time.
 *
 *     {"id":"daily","amount":"10","asset":"USD","per":"day",
 *      "zone":"Europe/Berlin"}
 *     {"id":"burst","quantity":"100","meter":"calls","hours":5}
 *     {"id":"week","quantity":"300","meter":"calls","hours":168,
 *      "sliding":true}
 *     {"id":"key","amount":"1","asset":"USD","per":"month",
 *      "by":["api_key"],"soft":true}
 */
#include "catalog/field.h"

#define LIMITS_MOST 20
#define CAPS_MOST 8
#define LIMIT_KEYS_MOST 8

const char *const bl_within_words[] = {
  [BL_WITHIN_PERIOD] = "period",
  [BL_WITHIN_HOUR]   = "hour",
  [BL_WITHIN_DAY]    = "day",
  [BL_WITHIN_WEEK]   = "week",
  [BL_WITHIN_MONTH]  = "month",
  [BL_WITHIN_HOURS]  = "hours",
  [BL_WITHIN_LIFE]   = "life",
  NULL
};

/* What a document says of it; a limit is one once it has been checked. */
typedef struct limits_draft {
  bl_limit limit;
  bl_dec   amount;
  bl_dec   quantity;
  uint32_t is_per;
  uint32_t reserved;
} limits_draft;

static int limits_per(const bl_reader *r, const bl_field *field,
                     const bl_json *node, void *model) {
  limits_draft *draft = model;

  (void)field;
  draft->is_per = 1;
  return bl_value_word(r, node, bl_within_words, &draft->limit.per);
}

static const bl_field limits_fields[] = {
  {.name = "id", .read = bl_value_id, .needed = BL_ALWAYS,
   .at = offsetof(limits_draft, limit.id)},
  {.name = "amount", .read = bl_value_amount,
   .at = offsetof(limits_draft, amount)},
  {.name = "asset", .read = bl_value_asset,
   .at = offsetof(limits_draft, limit.asset)},
  {.name = "quantity", .read = bl_value_amount,
   .at = offsetof(limits_draft, quantity)},
  {.name = "meter", .read = bl_value_id,
   .at = offsetof(limits_draft, limit.meter)},
  {.name = "per", .read = limits_per,
   .hint = "period, hour, day, week, month, life; or \"hours\":5"},
  {.name = "hours", .read = bl_value_whole, .low = 1, .high = 8784,
   .at = offsetof(limits_draft, limit.hours)},
  {.name = "sliding", .read = bl_value_truth,
   .at = offsetof(limits_draft, limit.slides)},
  {.name = "by", .read = bl_value_ids, .low = 1, .high = LIMIT_KEYS_MOST,
   .at = offsetof(limits_draft, limit.by),
   .beside = offsetof(limits_draft, limit.by_count)},
  {.name = "soft", .read = bl_value_truth,
   .at = offsetof(limits_draft, limit.is_soft)},
  {.name = "zone", .read = bl_value_label, .high = 64,
   .at = offsetof(limits_draft, limit.zone)},
};

static const bl_shape limits_shape = {
  "a limit", limits_fields, BL_COUNT(limits_fields)
};

/* ---- what goes together ---- */

static int limits_of_what(const bl_reader *r, limits_draft *draft) {
  bl_limit *limit = &draft->limit;
  int has_amount = bl_dec_sign(draft->amount) >= 0;
  int has_quantity = bl_dec_sign(draft->quantity) >= 0;

  if (has_amount == has_quantity)
    return bl_reader_fail(r, BILLING_INVALID,
                          "\"amount\" with \"asset\", or \"quantity\" with "
                          "\"meter\"",
                          "a limit is one of an amount or of a quantity");
  if (has_amount != (limit->asset[0] != 0))
    return bl_reader_fail(r, BILLING_INVALID,
                          "an amount has an asset, a quantity has none",
                          "the asset does not go with it");
  if (has_quantity && !limit->meter.len)
    return bl_reader_fail(r, BILLING_INVALID, "the id of a meter",
                          "a quantity is one of a meter");
  limit->most = has_amount ? draft->amount : draft->quantity;
  return BILLING_OK;
}

int bl_limit_check_windows(const bl_reader *r, bl_limit *limit, int is_per,
                           int has_periods) {
  if (is_per == (limit->hours != 0) || (is_per && limit->slides) ||
      (is_per && limit->per == BL_WITHIN_HOURS))
    return bl_reader_fail(r, BILLING_INVALID,
                          "\"per\":\"day\", or \"hours\":5 with or without "
                          "\"sliding\"",
                          "a limit has one kind of window");
  if (limit->hours) limit->per = BL_WITHIN_HOURS;
  if (has_periods || limit->per != BL_WITHIN_PERIOD) return BILLING_OK;
  return bl_reader_fail(r, BILLING_INVALID, "hour, day, week, month, life",
                        "only a contract or its plan has periods");
}

/* FNV-1a, which stays the same for ever: it stands in journals. */
static uint64_t limits_mix(uint64_t print, bl_str text) {
  for (size_t i = 0; i <= text.len; i++) {
    print ^= i < text.len ? (unsigned char)text.text[i] : 255u;
    print *= UINT64_C(1099511628211);
  }
  return print;
}

/* Of what is counted, and in which windows: what a limit allows may change
 * without it beginning anew. */
uint64_t bl_limit_print(const bl_limit *limit) {
  uint64_t when = (uint64_t)limit->per << 33 | (uint64_t)limit->slides << 32 |
                  (uint64_t)limit->hours;
  uint64_t print = limits_mix(UINT64_C(14695981039346656037), limit->id);

  print = limits_mix(print, bl_str_of(limit->asset));
  print = limits_mix(print, limit->meter);
  print = limits_mix(print, limit->zone);
  for (size_t i = 0; i < limit->by_count; i++)
    print = limits_mix(print, limit->by[i]);
  return (print ^ when) * UINT64_C(1099511628211);
}

static int limits_is_new(const bl_reader *r, const bl_limits *limits) {
  bl_reader at = bl_reader_member(r, "id");
  const bl_limit *last = &limits->item[limits->count];

  for (size_t i = 0; i < limits->count; i++)
    if (bl_str_equal(limits->item[i].id, last->id))
      return bl_reader_fail(&at, BILLING_INVALID, "name each limit once",
                            "the limit %t is there twice", &last->id);
  return BILLING_OK;
}

int bl_value_limits(const bl_reader *r, const bl_field *field,
                    const bl_json *node, void *model) {
  bl_limits *limits =
      (bl_limits *)(void *)((unsigned char *)model + field->at);
  const bl_json *item = bl_json_first(node);
  bl_dec none = bl_dec_neg(BL_DEC_ONE);
  size_t count = 0;
  int rc = bl_value_array(r, node, 0, LIMITS_MOST, &count);

  if (rc || !count) return rc;
  limits->item = bl_arena_array(r->arena, count, sizeof *limits->item);
  if (!limits->item) return bl_reader_nomem(r);
  for (size_t i = 0; i < count && !rc; i++, item = bl_json_next(item)) {
    bl_reader at = bl_reader_item(r, i);
    limits_draft draft = {.amount = none, .quantity = none};

    rc = bl_shape_read(&limits_shape, &at, item, 0, &draft);
    if (!rc) rc = limits_of_what(&at, &draft);
    if (!rc)
      rc = bl_limit_check_windows(&at, &draft.limit, (int)draft.is_per,
                                  field->low != 0);
    if (rc) return rc;
    draft.limit.print = bl_limit_print(&draft.limit);
    limits->item[i] = draft.limit;
    rc = limits_is_new(&at, limits);
    limits->count = i + 1;
  }
  return rc;
}

/* ---- caps of a grant ---- */

static const bl_field caps_fields[] = {
  {.name = "amount", .read = bl_value_amount, .needed = BL_ALWAYS,
   .at = offsetof(limits_draft, limit.most)},
  {.name = "per", .read = limits_per,
   .hint = "hour, day, week, month; or \"hours\":5"},
  {.name = "hours", .read = bl_value_whole, .low = 1, .high = 8784,
   .at = offsetof(limits_draft, limit.hours)},
  {.name = "sliding", .read = bl_value_truth,
   .at = offsetof(limits_draft, limit.slides)},
  {.name = "zone", .read = bl_value_label, .high = 64,
   .at = offsetof(limits_draft, limit.zone)},
};

static const bl_shape caps_shape = {
  "a cap", caps_fields, BL_COUNT(caps_fields)
};

static int caps_are_other(const bl_reader *r, const bl_limits *caps,
                          uint64_t print) {
  for (size_t i = 0; i < caps->count; i++)
    if (caps->item[i].print == print)
      return bl_reader_fail(r, BILLING_INVALID, "one for each kind of window",
                            "the same window is capped twice");
  return BILLING_OK;
}

int bl_value_caps(const bl_reader *r, const bl_field *field,
                  const bl_json *node, void *model) {
  bl_limits *caps =
      (bl_limits *)(void *)((unsigned char *)model + field->at);
  const bl_json *item = bl_json_first(node);
  size_t count = 0;
  int rc = bl_value_array(r, node, 1, CAPS_MOST, &count);

  if (rc) return rc;
  caps->item = bl_arena_array(r->arena, count, sizeof *caps->item);
  if (!caps->item) return bl_reader_nomem(r);
  for (size_t i = 0; i < count && !rc; i++, item = bl_json_next(item)) {
    bl_reader at = bl_reader_item(r, i);
    limits_draft draft = {.is_per = 0};

    rc = bl_shape_read(&caps_shape, &at, item, 0, &draft);
    if (!rc)
      rc = bl_limit_check_windows(&at, &draft.limit, (int)draft.is_per, 0);
    if (rc) return rc;
    draft.limit.print = bl_limit_print(&draft.limit);
    rc = caps_are_other(&at, caps, draft.limit.print);
    caps->item[i] = draft.limit;
    caps->count = i + 1;
  }
  return rc;
}

#undef CAPS_MOST
#undef LIMITS_MOST
#undef LIMIT_KEYS_MOST
