/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* killbill.c - Kill Bill's fields: tiers of blocks, capacity. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vectors/vectors.h"

static long whole_of(const cJSON *node) {
  if (cJSON_IsNumber(node)) return (long)node->valuedouble;
  return cJSON_IsString(node) ? strtol(node->valuestring, NULL, 10) : -1;
}

static void put_whole(cJSON *to, const char *name, long value) {
  char text[32];

  snprintf(text, sizeof text, "%ld", value);
  vec_put(to, name, text);
}

/* Blocks of a size, so many in a tier: tiers in packages up to a bound. */
static cJSON *price_of(const cJSON *given, const cJSON *tiers) {
  cJSON *price = cJSON_CreateObject(), *list;
  const cJSON *item;
  long bound = 0;

  vec_put(price, "model",
          vec_is(given, "policy", "TOP_TIER") ? "volume" : "graduated");
  list = cJSON_AddArrayToObject(price, "tiers");
  cJSON_ArrayForEach(item, tiers) {
    cJSON *tier = cJSON_CreateObject();
    long size = whole_of(vec_get(item, "size"));
    long most = whole_of(vec_get(item, "max"));

    bound += size * most;
    if (item->next && most >= 0) put_whole(tier, "up_to", bound);
    put_whole(tier, "package", size);
    vec_copy(tier, "unit", item, "price");
    cJSON_AddItemToArray(list, tier);
  }
  return price;
}

/* Units that the billed blocks of all tiers hold. */
static long billed_units(const cJSON *tiers, const cJSON *billed) {
  const cJSON *item;
  long sum = 0;
  int number = 0;

  cJSON_ArrayForEach(item, tiers) {
    char name[16];

    snprintf(name, sizeof name, "%d", ++number);
    if (vec_get(billed, name))
      sum += whole_of(vec_get(billed, name)) *
             whole_of(vec_get(item, "size"));
  }
  return sum;
}

static const cJSON *line_of_tier(const cJSON *answer, int tier) {
  const cJSON *line;

  cJSON_ArrayForEach(line, vec_get(answer, "lines"))
    if (vec_get(line, "tier")->valueint == tier) return line;
  return NULL;
}

/* One unit's lines, tier by tier; 0 when a tier needs fewer blocks than were
 * billed. */
static int add_lines(cJSON *lines, const cJSON *answer, const char *unit,
                     const cJSON *tiers, const cJSON *billed) {
  for (int tier = 1; tier <= cJSON_GetArraySize(tiers); tier++) {
    const cJSON *line = line_of_tier(answer, tier);
    cJSON *one;
    char name[16];

    snprintf(name, sizeof name, "%d", tier);
    if (!line && !vec_get(billed, name)) continue;
    if (line && *vec_text(line, "quantity") == '-') return 0;
    one = cJSON_CreateObject();
    vec_put(one, "unit", unit);
    cJSON_AddNumberToObject(one, "tier", tier);
    if (line) vec_copy(one, "blocks", line, "quantity");
    else vec_put(one, "blocks", "0");
    if (line) vec_copy(one, "amount", line, "amount");
    else vec_put(one, "amount", "0");
    cJSON_AddItemToArray(lines, one);
  }
  return 1;
}

static int by_name(const void *a, const void *b) {
  return strcmp((*(const cJSON *const *)a)->string,
                (*(const cJSON *const *)b)->string);
}

static cJSON *consumable(const cJSON *given) {
  const cJSON *units[64], *unit;
  cJSON *out = cJSON_CreateObject();
  cJSON *lines = cJSON_AddArrayToObject(out, "lines");
  const char *total = "0";
  size_t count = 0;

  cJSON_ArrayForEach(unit, vec_get(given, "units"))
    if (count < 64) units[count++] = unit;
  qsort(units, count, sizeof *units, by_name);
  for (size_t i = 0; i < count; i++) {
    const char *name = units[i]->string;
    const cJSON *tiers = vec_get(vec_get(given, "tiers"), name);
    const cJSON *billed = vec_get(vec_get(given, "already_billed"), name);
    cJSON *request = vec_request("quote"), *answer;
    char used[32];

    snprintf(used, sizeof used, "%ld", billed_units(tiers, billed));
    cJSON_AddItemToObject(request, "price", price_of(given, tiers));
    vec_put(request, "used", used);
    vec_put(request, "quantity", vec_minus(units[i]->valuestring, used));
    answer = vec_ask(request);
    if (!answer) return NULL;
    if (!add_lines(lines, answer, name, tiers, billed)) {
      cJSON_Delete(answer);
      cJSON_Delete(out);
      out = cJSON_CreateObject();
      vec_put(out, "error", "usage_decreased");
      return out;
    }
    total = vec_plus(total, vec_text(answer, "amount"));
    cJSON_Delete(answer);
  }
  vec_put(out, "total", total);
  return out;
}

/* Steps by the limits of each unit; the highest step that any unit needs. */
static cJSON *capacity(const cJSON *given) {
  cJSON *request = vec_request("capacity"), *list, *answer, *out;
  const cJSON *item, *limit;

  list = cJSON_AddArrayToObject(request, "tiers");
  cJSON_ArrayForEach(item, vec_get(given, "tiers")) {
    cJSON *tier = cJSON_CreateObject(), *limits;

    vec_copy(tier, "amount", item, "price");
    limits = cJSON_AddObjectToObject(tier, "limits");
    cJSON_ArrayForEach(limit, vec_get(item, "limits"))
      if (whole_of(limit) >= 0)
        put_whole(limits, limit->string, whole_of(limit));
    cJSON_AddItemToArray(list, tier);
  }
  vec_copy(request, "quantities", given, "units");
  answer = vec_ask(request);
  if (!answer) return NULL;
  out = cJSON_CreateObject();
  vec_copy(out, "tier", answer, "tier");
  vec_copy(out, "total", answer, "amount");
  cJSON_Delete(answer);
  return out;
}

static const vec_kind usage_kinds[] = {
  {"consumable", consumable}, {"capacity", capacity}, {NULL, NULL}
};

const vec_file vec_killbill[] = {
  {"killbill/usage_tiers.json", "Usage in arrears in tiers of blocks", NULL,
   usage_kinds},
  {NULL, NULL, NULL, NULL}
};
