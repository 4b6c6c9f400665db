/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * month.h - what the tests of prices that change share: a month of days, from
 * the 5th on.
 *
 * On each day a version and an override are looked for by hand, and the day's
 * units cost what its price makes of all units up to the day, less what it
 * makes of those of the days before.
 */
#ifndef TEST_MONTH_H
#define TEST_MONTH_H

#include "shop.h"

#define DAYS 27
#define MOST 64

typedef struct version {
  int     from;                /* day, from 0 */
  int64_t unit;                /* cents */
} version;

typedef struct override {
  int     from;
  int     to;
  int     is_overwrite;
  int64_t figure;              /* cents, or a factor in hundredths */
} override;

static version versions[MOST];
static override overrides[MOST];
static int version_count, override_count;
static int64_t units[DAYS];
static unsigned seed;

static inline int dice(int sides) {
  seed = seed * 1103515245u + 12345u;
  return (int)(seed >> 16) % sides;
}

static inline int64_t day_us(int day) { return SHOP_NOW + day * SHOP_DAY; }

/* ---- the model, in hundredths of a cent ---- */

static inline int64_t unit_of(int day) {
  int at = version_count - 1;

  while (at > 0 && versions[at].from > day) at--;
  return versions[at].unit;
}

/* Ten units at the price, more at half of it. */
static inline int64_t ladder(int64_t unit, int64_t quantity) {
  int64_t first = quantity < 10 ? quantity : 10;

  return unit * 100 * first + unit * 50 * (quantity - first);
}

static inline int64_t price(int day, int64_t quantity) {
  const override *best = NULL;

  for (int i = 0; i < override_count; i++) {
    const override *o = &overrides[i];
    if (o->from > day || day >= o->to) continue;
    if (!best || o->is_overwrite ||
        (!best->is_overwrite && o->figure < best->figure))
      best = o;
  }
  if (best && best->is_overwrite) return best->figure * 100 * quantity;
  return ladder(unit_of(day), quantity) * (best ? best->figure : 100) / 100;
}

static inline int64_t month(void) {
  int64_t before = 0, sum = 0;

  for (int day = 0; day < DAYS; day++) {
    sum += price(day, before + units[day]) - price(day, before);
    before += units[day];
  }
  return sum;
}

/* ---- the library ---- */

static inline int put_fails(const char *kind, const char *json,
                            const char *path) {
  billing_error err;
  int rc = try_put(kind, json, &err);

  ck_assert_str_eq(err.path, path);
  return rc;
}

static inline void put_plan(int from, int64_t unit) {
  char json[600];

  versions[version_count++] = (version){from, unit};
  snprintf(json, sizeof json,
           "{\"id\":\"pp\",\"currency\":\"USD\",\"effective\":%lld,"
           "\"prices\":[{\"id\":\"x\",\"meter\":\"s\",\"model\":\"graduated\","
           "\"tiers\":[{\"up_to\":\"10\",\"unit\":\"%lld.%02lld\"},"
           "{\"unit\":\"%lld.%03lld\"}]}]}",
           (long long)day_us(from), (long long)(unit / 100),
           (long long)(unit % 100), (long long)(unit / 200),
           (long long)(unit % 200 * 5));
  put("plan", json);
}

static inline void put_contract(const char *versions_word) {
  char json[9000];
  size_t len = (size_t)snprintf(
      json, sizeof json, "{\"id\":\"cc\",\"customer\":\"a\",\"plan\":\"pp\","
      "\"start\":\"2026-01-05\",\"versions\":\"%s\",\"overrides\":[",
      versions_word);

  for (int i = 0; i < override_count; i++) {
    const override *o = &overrides[i];
    len += (size_t)snprintf(
        json + len, sizeof json - len,
        "%s{\"id\":\"o%d\",\"type\":\"%s\",\"%s\":\"%lld.%02lld\","
        "\"prices\":[\"x\"],\"from\":%lld,\"to\":%lld}", i ? "," : "", i,
        o->is_overwrite ? "overwrite" : "multiplier",
        o->is_overwrite ? "unit" : "factor", (long long)(o->figure / 100),
        (long long)(o->figure % 100), (long long)day_us(o->from),
        (long long)day_us(o->to));
  }
  snprintf(json + len, sizeof json - len, "]}");
  put("contract", json);
}

static int event_number;

static inline void use(int day, int quantity) {
  billing_event event;
  char key[20], properties[40];

  snprintf(key, sizeof key, "e%d", event_number++);
  snprintf(properties, sizeof properties, "{\"n\":%d}", quantity);
  event = event_at(key, "sum", day_us(day) + SHOP_DAY / 2, properties);
  (void)record_event(&event);
  units[day] += quantity;
}

static inline void lose(int number, int day, int quantity) {
  char key[20];

  snprintf(key, sizeof key, "e%d", number);
  (void)take_back(key);
  units[day] -= quantity;
}

/* What an invoice asks for in all, in hundredths of a cent. */
static inline int64_t invoiced(const char *number) {
  bl_json *tree = invoice_tree(number);
  bl_dec sum = BL_DEC_ZERO;
  char text[BL_DEC_TEXT];

  for (const bl_json *line = bl_json_first(bl_json_get(tree, "lines")); line;
       line = bl_json_next(line)) {
    bl_str figure = bl_json_text(bl_json_get(line, "amount"));
    bl_dec amount;
    ck_assert_int_eq(bl_dec_parse(figure.text, figure.len, &amount), 0);
    sum = bl_dec_add(sum, amount);
  }
  bl_json_free(tree);
  bl_dec_print(bl_dec_mul(sum, bl_dec_of_int(10000)), text);
  ck_assert_ptr_null(strchr(text, '.'));
  return strtoll(text, NULL, 10);
}

static inline void open_month(const char *path) {
  b = shop_open(path);
  now_us = SHOP_NOW;
  version_count = override_count = event_number = 0;
  memset(units, 0, sizeof units);
}

/* Images of what was written are there, too. */
static inline void open_again(const char *path) {
  billing_call call = call_now();

  if (dice(2))
    ck_assert_int_eq(billing_maintain(b, &call, 0, NULL, NULL), 0);
  open_anew(path);
}

static const char contract_of[] =
  "{\"id\":\"cc\",\"customer\":\"a\",\"plan\":\"pp\","
  "\"start\":\"2026-01-05\"%s}";

static inline const char *contract_with(const char *more) {
  static char json[2000];

  snprintf(json, sizeof json, contract_of, more);
  return json;
}

#endif
