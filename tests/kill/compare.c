/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* compare.c - a database beside the model. */
#include "kill.h"

typedef int question(billing *b, const billing_call *call, const char *query,
                     size_t query_len, billing_doc **out, billing_error *err);

/* An answer as a tree, or NULL. */
static cJSON *tree_of(billing_doc *doc) {
  cJSON *tree = doc ? cJSON_Parse(billing_doc_text(doc)) : NULL;

  billing_doc_free(doc);
  return tree;
}

static cJSON *ask(billing *b, question *what, int64_t now_us,
                  const char *query) {
  billing_call call = call_at(now_us);
  billing_doc *doc = NULL;
  billing_error err;
  int rc;

  BILLING_INIT(&err);
  rc = what(b, &call, query, (size_t)-1, &doc, &err);
  if (rc) wrong("%s: %s %s", query, billing_code_name(rc), err.message);
  return tree_of(doc);
}

static int list_invoices(billing *b, const billing_call *call,
                         const char *query, size_t query_len,
                         billing_doc **out, billing_error *err) {
  return billing_list(b, call, "invoice", query, query_len, out, err);
}

static cJSON *get(billing *b, const char *kind, int64_t now_us,
                  const char *id) {
  billing_call call = call_at(now_us);
  billing_doc *doc = NULL;

  (void)billing_get(b, &call, kind, id, strlen(id), &doc, NULL);
  return tree_of(doc);
}

static const char *text_at(const cJSON *tree, const char *name) {
  const char *text =
      cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(tree, name));

  return text ? text : "";
}

static int64_t amount_at(const cJSON *tree, const char *name) {
  return amount_of_text(text_at(tree, name));
}

static int64_t integer_at(const cJSON *tree, const char *name) {
  const cJSON *item = cJSON_GetObjectItemCaseSensitive(tree, name);

  return cJSON_IsNumber(item) ? (int64_t)item->valuedouble : -1;
}

int is_verified(billing *b, int64_t now_us, int64_t *events) {
  billing_call call = call_at(now_us);
  billing_doc *doc = NULL;
  billing_error err;
  int rc, is_ok;

  BILLING_INIT(&err);
  rc = billing_verify(b, &call, &doc, &err);
  is_ok = !rc && strstr(billing_doc_text(doc), "\"ok\":true") != NULL;
  if (rc) wrong("verify: %s %s", billing_code_name(rc), err.message);
  else if (!is_ok) wrong("verify: %.500s", billing_doc_text(doc));
  if (!rc && events) {
    cJSON *tree = cJSON_Parse(billing_doc_text(doc));
    *events = integer_at(tree, "events");
    cJSON_Delete(tree);
  }
  billing_doc_free(doc);
  return is_ok;
}

/* ---- usage -------------------------------------------------------------- */

static tally *tally_of(model *m, int customer, const cJSON *row) {
  static const char *const from[PERIODS] = {"2026-01-01T00:00:00Z",
                                            "2026-01-11T00:00:00Z",
                                            "2026-01-21T00:00:00Z"};
  const char *name = text_at(cJSON_GetObjectItemCaseSensitive(row, "group"),
                             "model");

  for (int period = 0; period < PERIODS; period++)
    if (!strcmp(text_at(row, "from"), from[period]) && name[0] == 'm' &&
        name[1] >= '0' && name[1] < '0' + MODELS && !name[2])
      return &m->tallies[customer][period][name[1] - '0'];
  return NULL;
}

static void compare_usage(model *m, billing *b, int customer,
                          int64_t now_us) {
  char query[32];
  cJSON *tree, *row;
  int64_t events = 0;

  snprintf(query, sizeof query, "{\"customer\":\"c%02d\"}", customer);
  tree = ask(b, billing_usage, now_us, query);
  cJSON_ArrayForEach(row, cJSON_GetObjectItemCaseSensitive(tree, "usage")) {
    const tally *t = tally_of(m, customer, row);
    if (t && integer_at(row, "events") == t->events &&
        amount_at(row, "quantity") == t->tokens * UNIT &&
        amount_at(row, "amount") == t->amount &&
        amount_at(row, "drawn") == t->drawn) {
      events += t->events;
      continue;
    }
    wrong("c%02d from %s: usage %lld events, %s for %s, drawn %s, by the law "
          "%lld, %lld, %lld, %lld", customer, text_at(row, "from"),
          (long long)integer_at(row, "events"), text_at(row, "quantity"),
          text_at(row, "amount"), text_at(row, "drawn"),
          (long long)(t ? t->events : 0), (long long)(t ? t->tokens : 0),
          (long long)(t ? t->amount : 0), (long long)(t ? t->drawn : 0));
  }
  for (int i = 0; i < PERIODS * MODELS; i++)
    events -= m->tallies[customer][i / MODELS][i % MODELS].events;
  if (events)
    wrong("c%02d: %lld events too few", customer, -(long long)events);
  cJSON_Delete(tree);
}

/* ---- balances ----------------------------------------------------------- */

/* Usage that grants did not cover and invoices have billed. */
static int64_t billed_of(billing *b, int customer, int64_t now_us) {
  char query[64];
  int64_t sum = 0;
  cJSON *tree, *row, *total;

  snprintf(query, sizeof query, "{\"customer\":\"c%02d\",\"limit\":1000}",
           customer);
  tree = ask(b, list_invoices, now_us, query);
  cJSON_ArrayForEach(row, cJSON_GetObjectItemCaseSensitive(tree, "items"))
    cJSON_ArrayForEach(total, cJSON_GetObjectItemCaseSensitive(row, "totals"))
      sum += amount_at(total, "amount") - amount_at(total, "drawn");
  cJSON_Delete(tree);
  return sum;
}

static void compare_balance(const model *m, billing *b, int customer,
                            int64_t held, int64_t now_us) {
  billing_call call = call_at(now_us);
  const wallet *w = &m->wallets[customer];
  int64_t owed = w->cost - w->drawn - billed_of(b, customer, now_us);
  billing_balances is;
  char id[8];
  int rc;

  snprintf(id, sizeof id, "c%02d", customer);
  BILLING_INIT(&is);
  rc = billing_balance(b, &call, id, 3, "USD", &is, NULL);
  if (!rc && amount_of(&is.granted) == w->granted &&
      amount_of(&is.left) == w->granted - w->drawn &&
      amount_of(&is.held) == held &&
      amount_of(&is.free) == w->granted - w->drawn - held &&
      amount_of(&is.owed) == owed)
    return;
  wrong("%s: %s granted %lld left %lld held %lld owed %lld, by the law %lld "
        "%lld %lld %lld", id, billing_code_name(rc),
        (long long)amount_of(&is.granted), (long long)amount_of(&is.left),
        (long long)amount_of(&is.held), (long long)amount_of(&is.owed),
        (long long)w->granted, (long long)(w->granted - w->drawn),
        (long long)held, (long long)owed);
}

/* Each of the first grants is drawn only after the one before it. */
static void compare_grants(const model *m, billing *b, int customer,
                           int64_t now_us) {
  const wallet *w = &m->wallets[customer];
  int64_t drawn = w->drawn;
  char key[24];

  for (int g = 0; g < GRANTS; g++) {
    int64_t paid = drawn < w->grants[g] ? drawn : w->grants[g];
    cJSON *tree;
    snprintf(key, sizeof key, "first-%d-%d", customer, g);
    tree = get(b, "grant", now_us, key);
    if (amount_at(tree, "left") != w->grants[g] - paid)
      wrong("grant %s: left %s, by the law %lld", key, text_at(tree, "left"),
            (long long)(w->grants[g] - paid));
    cJSON_Delete(tree);
    drawn -= paid;
  }
}

void compare_totals(model *m, billing *b, int64_t now_us) {
  int64_t held[CUSTOMERS];

  model_held(m, now_us, held);
  for (int i = 0; i < CUSTOMERS; i++) {
    compare_usage(m, b, i, now_us);
    compare_balance(m, b, i, held[i], now_us);
    if (i < HOLDERS) compare_grants(m, b, i, now_us);
  }
}

/* ---- holds, invoices, draws --------------------------------------------- */

static void compare_hold(const model *m, billing *b, const known *k,
                         int64_t now_us) {
  static const char *const words[] = {"", "open", "settled", "released",
                                      "expired", "unresolved"};
  const char *want = words[k->status];
  char key[KEY_BYTES];
  int64_t held = 0;
  cJSON *tree, *draw;

  if (k->status == BILLING_HOLD_OPEN && k->expires_us <= now_us)
    want = words[now_us - k->expires_us < DAY_US ? BILLING_HOLD_UNRESOLVED
                                                 : BILLING_HOLD_EXPIRED];
  key_of(m->seed, k->id, key);
  tree = get(b, "hold", now_us, key);
  cJSON_ArrayForEach(draw, cJSON_GetObjectItemCaseSensitive(tree, "draws"))
    held += amount_at(draw, "amount");
  if (strcmp(text_at(tree, "status"), want) != 0 || held != k->held ||
      integer_at(tree, "number") != (int64_t)k->hold)
    wrong("hold %s: number %lld %s holds %lld, by the law %llu %s %lld", key,
          (long long)integer_at(tree, "number"), text_at(tree, "status"),
          (long long)held, (unsigned long long)k->hold, want,
          (long long)k->held);
  cJSON_Delete(tree);
}

void compare_holds(model *m, billing *b, int64_t now_us, uint64_t *series,
                   uint64_t share) {
  for (int place = 0; place < SLOTS; place++) {
    const shelf *s = &m->shelves[ID_HOLD][place];
    for (size_t i = 0; i < s->count; i++) {
      const known *k = &s->items[i];
      int64_t amount = k->hold ? hold_amount(m->seed, k->id) : 0;
      if (amount && k->held != amount)
        wrong("hold %llx holds %lld, asked for %lld",
              (unsigned long long)k->id, (long long)k->held,
              (long long)amount);
      if (k->hold && (k->status == BILLING_HOLD_OPEN ||
                      roll(series, share) == 0))
        compare_hold(m, b, k, now_us);
    }
  }
}

void compare_invoices(billing *b, int64_t now_us) {
  char query[64] = "{\"limit\":1000}", want[24], next[24];
  long count = 0;

  while (*query) {
    cJSON *tree = ask(b, list_invoices, now_us, query), *row;
    cJSON_ArrayForEach(row, cJSON_GetObjectItemCaseSensitive(tree, "items")) {
      snprintf(want, sizeof want, "INV-%06ld", ++count);
      if (strcmp(text_at(row, "number"), want) != 0)
        wrong("invoice %s is %s", want, text_at(row, "number"));
    }
    snprintf(next, sizeof next, "%s", text_at(tree, "next"));
    *query = 0;
    if (*next)
      snprintf(query, sizeof query, "{\"limit\":1000,\"after\":\"%s\"}",
               next);
    cJSON_Delete(tree);
  }
}

/* What the grants of a customer paid, by priority, and what none did. */
static void compare_event_draws(model *m, billing *b, const known *k,
                                const uint64_t numbers[GRANTS]) {
  billing_call call = call_at(START_US);
  int64_t want[GRANTS], owed = k->cost - k->drawn;
  billing_cursor *cursor = NULL;
  billing_draw row;
  int rc = billing_draws(b, &call, k->number, &cursor, NULL);

  model_draws(m, k, want);
  BILLING_INIT(&row);
  while (!rc && (rc = billing_draw_next(cursor, &row, NULL)) == BILLING_OK) {
    int64_t *paid = row.grant ? NULL : &owed;
    for (int g = 0; g < GRANTS; g++)
      if (row.grant && row.grant == numbers[g]) paid = &want[g];
    if (paid) *paid -= amount_of(&row.amount);
    else wrong("event %llx was drawn from grant %llu",
               (unsigned long long)k->id, (unsigned long long)row.grant);
  }
  billing_cursor_close(cursor);
  if (rc != BILLING_DONE || want[0] || want[1] || want[2] || owed)
    wrong("draws of event %llx: %s, differ by %lld %lld %lld owed %lld",
          (unsigned long long)k->id, billing_code_name(rc),
          (long long)want[0], (long long)want[1], (long long)want[2],
          (long long)owed);
}

void compare_draws(model *m, billing *b, uint64_t *series, size_t count) {
  for (size_t i = 0; i < count && m->folded; i++) {
    const known *k = model_at(m, m->order[roll(series, m->folded)]);
    int customer = content_of(m->seed, k->id).customer;
    uint64_t numbers[GRANTS];
    char key[24];
    for (int g = 0; g < GRANTS && customer < HOLDERS; g++) {
      cJSON *tree;
      snprintf(key, sizeof key, "first-%d-%d", customer, g);
      tree = get(b, "grant", START_US, key);
      numbers[g] = (uint64_t)integer_at(tree, "number");
      cJSON_Delete(tree);
    }
    if (customer < HOLDERS) compare_event_draws(m, b, k, numbers);
  }
}

/* ---- pages -------------------------------------------------------------*/

/* Whether a row is that event: its key, and what its charges come to. */
static int is_event(const model *m, const known *k, const cJSON *row) {
  char key[KEY_BYTES];
  int64_t amount = 0;
  cJSON *charge;

  if (!k) return 0;
  key_of(m->seed, k->id, key);
  cJSON_ArrayForEach(charge, cJSON_GetObjectItemCaseSensitive(row, "charges"))
    amount += amount_at(charge, "amount");
  return !strcmp(text_at(row, "key"), key) && amount == k->cost;
}

void compare_events(model *m, billing *b, int customer, int64_t now_us) {
  char query[96], next[24] = "0";
  int64_t count = 0;

  while (*next) {
    cJSON *tree, *row;
    snprintf(query, sizeof query,
             "{\"customer\":\"c%02d\",\"limit\":1000,\"after\":\"%s\"}",
             customer, next);
    tree = ask(b, billing_events, now_us, query);
    cJSON_ArrayForEach(row, cJSON_GetObjectItemCaseSensitive(tree, "events")) {
      int64_t number = integer_at(row, "number");
      if (!is_event(m, model_find(m, (uint64_t)number), row))
        wrong("c%02d: event %lld on a page is another", customer,
              (long long)number);
      count++;
    }
    snprintf(next, sizeof next, "%s", text_at(tree, "next"));
    cJSON_Delete(tree);
  }
  for (int i = 0; i < PERIODS * MODELS; i++)
    count -= m->tallies[customer][i / MODELS][i % MODELS].events;
  if (count)
    wrong("c%02d: the pages have %lld events too many", customer,
          (long long)count);
}

/* ---- the same again ----------------------------------------------------- */

static void compare_answer(model *m, const deed *d, const line *l,
                           uint32_t status) {
  const known *k = model_at(m, l->id);

  if (l->status != status)
    wrong("event %llx sent again: status %u, should be %u",
          (unsigned long long)l->id, (unsigned)l->status, (unsigned)status);
  if (status == BILLING_STATUS_SAME) model_answer(m, d, l);
  else if (l->cost != k->cost || l->drawn != k->drawn)
    wrong("event %llx recorded anew: cost %lld drawn %lld, was %lld %lld",
          (unsigned long long)l->id, (long long)l->cost, (long long)l->drawn,
          (long long)k->cost, (long long)k->drawn);
}

void compare_resends(model *m, desk *d, const uint64_t *ids, size_t count,
                     uint32_t status, int64_t now_us) {
  deed *again = deed_new(DEED_RECORD, BATCH);

  for (size_t at = 0; at < count; at += again->count) {
    int rc;
    again->count = (uint32_t)(count - at < BATCH ? count - at : BATCH);
    again->now_us = now_us;
    for (uint32_t i = 0; i < again->count; i++)
      again->lines[i].id = ids[at + i];
    rc = desk_do(d, again);
    if (rc) wrong("sent again: %s %s", billing_code_name(rc), d->err.message);
    for (uint32_t i = 0; i < again->count && !rc; i++)
      compare_answer(m, again, &again->lines[i], status);
  }
  free(again);
}
