/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * world.c - what is sold, and every event, as functions of a number.
 *
 *     tokens of one model in a period of 10 days:
 *       the first 2,000 at 0.003 USD, up to 10,000 at 0.002 and 0.50 on entry,
 *       further ones at 0.001
 *     2,500 tokens: 6 + 0.50 + 1 = 7.50 USD
 */
#include "kill.h"

uint64_t mix(uint64_t seed, uint64_t x) {
  x += seed * UINT64_C(0x9e3779b97f4a7c15) + UINT64_C(0xbf58476d1ce4e5b9);
  x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
  x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
  return x ^ x >> 31;
}

uint64_t roll(uint64_t *series, uint64_t bound) {
  *series += UINT64_C(0x9e3779b97f4a7c15);
  return mix(1, *series) % bound;
}

content content_of(uint64_t seed, uint64_t id) {
  uint64_t h = mix(seed, id), t = mix(seed + 1, id);
  content c;

  /* Some customers have much more to do than others. */
  c.customer = (int)(h % 4 ? h / 4 % HOLDERS : h / 4 % 5);
  if (ID_KIND(id) != ID_EVENT || h / 4 % 7 == 0)
    c.customer = HOLDERS + (int)(h / 4 % (CUSTOMERS - HOLDERS));
  c.model = (int)(h >> 40) % MODELS;
  c.tokens = 1 + (int64_t)(h >> 48) % 900;
  c.time_us = START_US + (int64_t)(t % (uint64_t)(PERIODS * PERIOD_US));
  c.period = (int)((c.time_us - START_US) / PERIOD_US);
  return c;
}

/* Keys of all kinds of shapes, in no order, unique by their end. */
void key_of(uint64_t seed, uint64_t id, char key[KEY_BYTES]) {
  static const char letters[ID_KINDS + 1] = "-ehg";
  uint64_t h = mix(seed + 2, id);
  unsigned slot = ID_SLOT(id);
  unsigned long long counter = ID_COUNTER(id), digits = h;

  if (h % 3 == 0)
    snprintf(key, KEY_BYTES, "%c%u-%llu", letters[ID_KIND(id)], slot,
             counter);
  else
    snprintf(key, KEY_BYTES, "%016llx-%c%u-%08llx", digits,
             letters[ID_KIND(id)], slot, counter);
}

void properties_of(const content *c, uint64_t id, char text[PROPERTY_BYTES]) {
  unsigned long long trace = mix(3, id);

  if (trace % 4 == 0)
    snprintf(text, PROPERTY_BYTES, "{\"tokens\":%lld,\"model\":\"m%d\"}",
             (long long)c->tokens, c->model);
  else
    snprintf(text, PROPERTY_BYTES,
             "{\"model\":\"m%d\",\"tokens\":%lld,\"trace\":\"%016llx\","
             "\"share\":%llu.%03llu,\"is_batch\":%s}", c->model,
             (long long)c->tokens, trace, trace % 100, trace / 100 % 1000,
             trace % 2 ? "true" : "false");
}

/* The first grants of most customers are used up on the way. */
int64_t grant_amount(uint64_t seed, int customer, int index) {
  uint64_t h = mix(seed + 4, (uint64_t)(customer * GRANTS + index));

  if (customer >= HOLDERS) return 1000000 * UNIT;
  return (int64_t)(1 + h % (UINT64_C(2) << h / 1000 % 9)) * (UNIT / 4) + 1;
}

int64_t later_amount(uint64_t seed, uint64_t id) {
  return (int64_t)(1 + mix(seed + 5, id) % 1000) * UNIT / 100;
}

int64_t hold_amount(uint64_t seed, uint64_t id) {
  uint64_t h = mix(seed + 6, id);

  return h % 2 ? 0 : (int64_t)(1 + h / 2 % 500000) * UNIT / 1000;
}

int64_t price_of(int64_t tokens) {
  static const struct {
    int64_t from, up_to, unit, flat;
  } tiers[] = {{0, 2000, UNIT / 1000 * 3, 0},
               {2000, 10000, UNIT / 1000 * 2, UNIT / 2},
               {10000, INT64_MAX, UNIT / 1000, 0}};
  int64_t sum = 0;

  for (size_t i = 0; i < 3; i++) {
    int64_t most = tokens < tiers[i].up_to ? tokens : tiers[i].up_to;
    if (tokens <= tiers[i].from) break;
    sum += tiers[i].flat + (most - tiers[i].from) * tiers[i].unit;
  }
  return sum;
}

billing_str str(const char *text) {
  billing_str s = {text, strlen(text)};

  return s;
}

__extension__ typedef __int128 wide;

billing_decimal decimal_of(int64_t amount) {
  wide value = (wide)amount * 1000000000;
  billing_decimal d = {(uint64_t)value, (int64_t)(value >> 64)};

  return d;
}

int64_t amount_of(const billing_decimal *d) {
  wide value = ((wide)d->hi << 64) + d->lo;
  wide amount = value / 1000000000;

  if (amount * 1000000000 != value || amount > INT64_MAX ||
      amount <= INT64_MIN)
    return INT64_MIN;
  return (int64_t)amount;
}

int64_t amount_of_text(const char *text) {
  billing_decimal d;

  if (!text || billing_decimal_parse(&d, text, (size_t)-1)) return INT64_MIN;
  return amount_of(&d);
}

billing_call call_at(int64_t now_us) {
  billing_call c;

  BILLING_INIT(&c);
  c.flags = BILLING_CALL_STEP;
  c.tenant = str("shop");
  c.now_us = now_us;
  return c;
}

/* ---- the catalog -------------------------------------------------------- */

static const char catalog_head[] =
    "{\"tenant\":{\"id\":\"shop\"},\"meters\":[{\"id\":\"tokens\","
    "\"event\":\"llm\",\"aggregation\":\"sum\",\"property\":\"tokens\","
    "\"groups\":[\"model\"]}],\"plans\":[{\"id\":\"p\",\"currency\":\"USD\","
    "\"prices\":[{\"id\":\"llm\",\"meter\":\"tokens\",\"model\":\"graduated\","
    "\"groups\":[\"model\"],\"tiers\":[{\"up_to\":\"2000\",\"unit\":\"0.003\"}"
    ",{\"up_to\":\"10000\",\"unit\":\"0.002\",\"flat\":\"0.5\"},"
    "{\"unit\":\"0.001\"}]}]}],\"customers\":[";

static size_t append(char *text, size_t at, const char *format, ...) {
  va_list arguments;

  va_start(arguments, format);
  at += (size_t)vsprintf(text + at, format, arguments);
  va_end(arguments);
  return at;
}

static int apply_catalog(billing *b) {
  billing_call call = call_at(START_US);
  char *text = malloc(sizeof catalog_head + CUSTOMERS * 256);
  billing_error err;
  size_t at;
  int rc;

  if (!text) give_up("malloc");
  at = append(text, 0, "%s", catalog_head);
  for (int i = 0; i < CUSTOMERS; i++)
    at = append(text, at, "%s{\"id\":\"c%02d\",\"name\":\"Customer %d\"}",
                i ? "," : "", i, i);
  at = append(text, at, "],\"contracts\":[");
  for (int i = 0; i < CUSTOMERS; i++)
    at = append(text, at,
                "%s{\"id\":\"k%02d\",\"customer\":\"c%02d\",\"plan\":\"p\","
                "\"start\":\"2026-01-01\",\"anchor\":\"anniversary\","
                "\"period\":{\"unit\":\"day\",\"count\":10}}",
                i ? "," : "", i, i);
  at = append(text, at, "]}");
  BILLING_INIT(&err);
  rc = billing_catalog_apply(b, &call, text, at, NULL, &err);
  if (rc) wrong("catalog: %s at %s", err.message, err.path);
  free(text);
  return rc;
}

/* Made in another order than they are drawn in. */
static int give_first_grants(billing *b, uint64_t seed, int customer) {
  static const int order[GRANTS] = {2, 0, 1};
  char id[8], key[24];
  int rc = 0;

  snprintf(id, sizeof id, "c%02d", customer);
  for (int i = 0; i < GRANTS && !rc; i++) {
    billing_call call = call_at(START_US);
    billing_grant_terms terms;
    snprintf(key, sizeof key, "first-%d-%d", customer, order[i]);
    call.key = str(key);
    BILLING_INIT(&terms);
    terms.customer = str(id);
    terms.amount.amount = decimal_of(grant_amount(seed, customer, order[i]));
    memcpy(terms.amount.asset, "USD", 4);
    terms.priority = order[i];
    rc = billing_grant(b, &call, &terms, NULL, NULL);
  }
  return rc;
}

int make_world(billing *b, uint64_t seed) {
  int rc = apply_catalog(b);

  for (int i = 0; i < CUSTOMERS && !rc; i++)
    rc = give_first_grants(b, seed, i);
  return rc;
}
