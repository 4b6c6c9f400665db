/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * words.c - the words of documents, in the order of catalog.h's enums.
 */
#include "catalog/field.h"

const char *const bl_aggregation_words[] = {
  [BL_AGG_COUNT]      = "count",
  [BL_AGG_SUM]        = "sum",
  [BL_AGG_MAX]        = "max",
  [BL_AGG_MIN]        = "min",
  [BL_AGG_UNIQUE]     = "unique",
  [BL_AGG_LATEST]     = "latest",
  [BL_AGG_AVERAGE]    = "average",
  [BL_AGG_EARLIEST]   = "earliest",
  [BL_AGG_WEIGHTED]   = "weighted_sum",
  [BL_AGG_PERCENTILE] = "percentile",
  [BL_AGG_PEAK]       = "peak",
  [BL_AGG_SQL]        = "sql",
  NULL
};

const char *const bl_per_words[] = {
  [BL_PER_PERIOD] = "period",
  [BL_PER_SECOND] = "second",
  [BL_PER_MINUTE] = "minute",
  [BL_PER_HOUR]   = "hour",
  [BL_PER_DAY]    = "day",
  NULL
};

const char *const bl_share_words[] = {
  [BL_SHARE_NONE]       = "none",
  [BL_SHARE_TIME]       = "time",
  [BL_SHARE_DAYS]       = "days_half_open",
  [BL_SHARE_LAGO]       = "lago_days",
  [BL_SHARE_LAGO_EXACT] = "lago_days_exact",
  NULL
};

const char *const bl_rounding_words[] = {
  [BL_CONVERT_NONE]      = "none",
  [BL_CONVERT_UP]        = "up",
  [BL_CONVERT_DOWN]      = "down",
  [BL_CONVERT_CEILING]   = "ceiling",
  [BL_CONVERT_FLOOR]     = "floor",
  [BL_CONVERT_HALF_AWAY] = "half_away",
  [BL_CONVERT_HALF_UP]   = "half_up",
  [BL_CONVERT_HALF_DOWN] = "half_down",
  [BL_CONVERT_HALF_EVEN] = "half_even",
  NULL
};

const char *const bl_model_words[] = {
  [BL_MODEL_FLAT]      = "flat",
  [BL_MODEL_PER_UNIT]  = "per_unit",
  [BL_MODEL_GRADUATED] = "graduated",
  [BL_MODEL_VOLUME]    = "volume",
  [BL_MODEL_STAIRSTEP] = "stairstep",
  [BL_MODEL_PACKAGE]   = "package",
  [BL_MODEL_PERCENTAGE] = "percentage",
  [BL_MODEL_GRADUATED_PERCENTAGE] = "graduated_percentage",
  [BL_MODEL_DYNAMIC]   = "dynamic",
  [BL_MODEL_MATRIX]    = "matrix",
  NULL
};

const char *const bl_partial_words[] = {
  [BL_PARTIAL_UP]      = "up",
  [BL_PARTIAL_DOWN]    = "down",
  [BL_PARTIAL_PRORATE] = "prorate",
  NULL
};

const char *const bl_timing_words[] = {
  [BL_TIMING_ARREARS] = "arrears",
  [BL_TIMING_ADVANCE] = "advance",
  NULL
};

const char *const bl_proration_words[] = {
  [BL_PRORATE_TIME] = "time",
  [BL_PRORATE_DAYS] = "days_half_open",
  [BL_PRORATE_NONE] = "none",
  NULL
};

const char *const bl_unit_words[] = {
  [BL_UNIT_DAY]   = "day",
  [BL_UNIT_WEEK]  = "week",
  [BL_UNIT_MONTH] = "month",
  [BL_UNIT_YEAR]  = "year",
  NULL
};

const char *const bl_order_words[] = {
  [BL_ORDER_PRIORITY]      = "priority",
  [BL_ORDER_ZERO_COST]     = "zero_cost",
  [BL_ORDER_NARROW]        = "narrow",
  [BL_ORDER_EXPIRY]        = "expiry",
  [BL_ORDER_EXPIRY_SECOND] = "expiry_second",
  [BL_ORDER_EFFECTIVE]     = "effective",
  [BL_ORDER_CREATED]       = "created",
  [BL_ORDER_PROMOTIONAL]   = "promotional",
  [BL_ORDER_LARGER]        = "larger",
  [BL_ORDER_NAME]          = "name",
  [BL_ORDER_ROLLED]        = "rolled_over",
  [BL_ORDER_NEAREST]       = "nearest",
  [BL_ORDER_NUMBER]        = "number",
  NULL
};

const char *const bl_tiers_words[] = {
  [BL_TIERS_PERIOD] = "period",
  [BL_TIERS_YEAR]   = "year",
  [BL_TIERS_LIFE]   = "life",
  NULL
};

/* What grants draw at, and overrides change. */
/* Which of several overrides wins, by bl_contract_terms.by_priority. */
const char *const bl_prefer_words[] = {"lowest", "priority", NULL};

const char *const bl_rate_words[] = {
  [BL_RATE_LIST]   = "list",
  [BL_RATE_COMMIT] = "commit",
  NULL
};

/* Kinds of invoice lines. */
const char *const bl_closing_words[] = {
  [BL_CLOSING_NONE]         = "usage",
  [BL_CLOSING_COMMIT]       = "commit_rate",
  [BL_CLOSING_COMPOSITE]    = "composite",
  [BL_CLOSING_MINIMUM]      = "minimum",
  [BL_CLOSING_SOME_MINIMUM] = "minimum",
  [BL_CLOSING_SOME_MAXIMUM] = "maximum",
  [BL_CLOSING_PLAN_MINIMUM] = "minimum",
  [BL_CLOSING_PLAN_MAXIMUM] = "maximum",
  NULL
};

int bl_catalog_word(const char *const *words, bl_str word) {
  assert(words && words[0]);
  for (int i = 0; words[i]; i++)
    if (bl_str_is(word, words[i])) return i;
  return -1;
}

int bl_words_have(const bl_words *words, bl_str word) {
  for (size_t i = 0; i < words->count; i++)
    if (bl_str_equal(words->item[i], word)) return 1;
  return 0;
}

int bl_words_have_any(const bl_words *words, const bl_words *asked) {
  for (size_t i = 0; i < asked->count; i++)
    if (bl_words_have(words, asked->item[i])) return 1;
  return 0;
}

int bl_words_have_all(const bl_words *words, const bl_words *asked) {
  for (size_t i = 0; i < asked->count; i++)
    if (!bl_words_have(words, asked->item[i])) return 0;
  return 1;
}

void bl_words_add(char *list, const char *word) {
  size_t len  = strlen(list);
  size_t more = strlen(word);
  int comma   = len > 0 && list[len - 1] != ' ';

  if (len + more + 3 > BL_HINT_SIZE) return;
  if (comma) memcpy(list + len, ", ", 2);
  memcpy(list + len + (comma ? 2 : 0), word, more + 1);
}
