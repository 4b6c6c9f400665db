/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* shared.c - what several sections need: customers, zones, periods, holds. */
#include "engine/family.h"
#include "engine/grants.h"
#include "engine/named.h"

void bl_customer_hash(const billing *b, bl_str id, unsigned char out[16]) {
  bl_key_hash16(out, b->name_key, id.text, id.len);
}

int bl_customer_is_erased(bl_call *c, const char *path) {
  return bl_fail(c->err, BILLING_NOTFOUND_CUSTOMER, path, "use another id",
                 "the customer was erased");
}

int bl_find_customer(bl_call *c, bl_str id, const char *path,
                     bl_customer **out) {
  unsigned char hash[16];
  int rc;

  bl_customer_hash(c->b, id, hash);
  rc = bl_named_customer(c, hash, out);
  if (rc) return rc;
  if (!*out)
    return bl_fail(c->err, BILLING_NOTFOUND_CUSTOMER, path,
                   "put the customer first", "there is no customer %t", &id);
  return (*out)->is_erased ? bl_customer_is_erased(c, path) : BILLING_OK;
}

int bl_find_event_customer(bl_call *c, bl_str id, int64_t us,
                           bl_customer **out) {
  unsigned char hash[16];
  int rc;

  bl_customer_hash(c->b, id, hash);
  rc = bl_named_customer(c, hash, out);
  if (!rc && !*out) rc = bl_named_alias(c, hash, us, out);
  if (rc) return rc;
  if (!*out)
    return bl_fail(c->err, BILLING_NOTFOUND_CUSTOMER, "/customer",
                   "put the customer first", "there is no customer %t", &id);
  return (*out)->is_erased ? bl_customer_is_erased(c, "/customer")
                           : BILLING_OK;
}

int bl_zone_of(bl_call *c, bl_str name, const bl_zone **out) {
  billing *b = c->b;
  bl_zone *zone = bl_map_get(&b->zones, name.text, name.len);
  int rc = BILLING_OK;

  if (!zone) {
    rc = bl_zone_load(&b->arena, b->zone_folder.len ? b->zone_folder.text
                                                    : NULL,
                      name, &zone, c->err);
    if (!rc) rc = bl_map_put(&b->zones, name.text, name.len, zone);
  }
  *out = zone;
  return rc;
}

int bl_contract_zone(bl_call *c, bl_contract *contract) {
  return contract->zone
           ? BILLING_OK
           : bl_zone_of(c, contract->terms.zone, &contract->zone);
}

int bl_zone_asked(bl_call *c, const char *path, bl_str name,
                  const bl_zone **out) {
  int rc = bl_zone_of(c, name, out);
  size_t len = strlen(path);

  if (!rc || !c->err || c->err->path[0] || len >= BL_PATH_SIZE) return rc;
  memcpy(c->err->path, path, len + 1);
  (void)bl_path_add(c->err->path, BL_STR("zone"));
  return rc;
}

void bl_path_item(const char *path, const char *list, size_t item,
                  char out[BL_PATH_SIZE]) {
  size_t len = bl_utf8_cut(path, strlen(path), BL_PATH_SIZE - 1);
  char digits[BL_INT_TEXT];

  memcpy(out, path, len);
  out[len] = '\0';
  (void)bl_int_print((int64_t)item, digits);
  (void)bl_path_add(out, bl_str_of(list));
  (void)bl_path_add(out, bl_str_of(digits));
}

/* A period is open at once, for what is decided next; its entry waits for the
 * others that the call opens. */
static int open_period(bl_call *c, bl_contract *contract,
                       const bl_period *period) {
  bl_fact_period *fact =
      bl_arena_push(&c->arena, (void **)&c->opened.items, &c->opened.count,
                    &c->opened_cap, sizeof *fact);
  bl_fold fold = {.tenant = c->t, .scratch = &c->arena, .at_us = c->now_us,
                  .b = c->b};

  if (!fact) return BILLING_NOMEM;
  *fact = (bl_fact_period){contract->customer->number, contract->number,
                           contract->period_count, *period,
                           bl_zone_print_of(contract->zone)};
  c->opened.count++;
  return bl_fold_period(&fold, fact);
}

int bl_append_opened(bl_call *c) {
  bl_fact_periods opened = c->opened;
  bl_writer w;
  int rc;

  if (!opened.count) return BILLING_OK;
  memset(&c->opened, 0, sizeof c->opened);
  c->opened_cap = 0;
  rc = bl_fold_opened(bl_entry_start(c), &opened);
  bl_writer_open(&w, c);
  bl_code_periods(&w.facts, &w.properties, &opened);
  return rc ? rc : bl_append(c, BL_ENTRY_PERIODS, &w);
}

int bl_open_next_period(bl_call *c, bl_contract *contract) {
  const bl_period *last = contract->period_count
                              ? &contract->periods[contract->period_count - 1]
                              : NULL;
  bl_period next;
  int rc = bl_contract_zone(c, contract);

  if (rc) return rc;
  if (!bl_period_next(&contract->terms, contract->zone, last, &next))
    return BILLING_DONE;
  return open_period(c, contract, &next);
}

/* The opened period that holds the moment; they are in order. */
static uint64_t opened_period(const bl_contract *contract, int64_t us) {
  size_t low = 0, high = contract->period_count;

  while (low + 1 < high) {
    size_t middle = low + (high - low) / 2;
    if (contract->periods[middle].span.from_us <= us) low = middle;
    else high = middle;
  }
  return low;
}

int bl_open_periods(bl_call *c, bl_contract *contract, int64_t us,
                    uint64_t *index) {
  bl_span term = {contract->terms.start_us, contract->terms.end_us};
  int rc = BILLING_OK;

  if (!bl_span_holds(term, us)) return BILLING_NOTFOUND;
  while (!rc && (!contract->period_count ||
                 contract->periods[contract->period_count - 1].span.to_us <=
                     us))
    rc = bl_open_next_period(c, contract);
  if (rc) return rc == BILLING_DONE ? BILLING_NOTFOUND : rc;
  *index = opened_period(contract, us);
  return BILLING_OK;
}

int bl_end_hold(bl_call *c, bl_hold_state *hold, uint64_t status,
                uint64_t event) {
  bl_fact_hold_end fact = {hold->customer->number, hold->number, status,
                           event, hold->status == BILLING_HOLD_EXPIRED,
                           hold->expires_us};
  bl_writer w;
  int rc = bl_fold_hold_end(bl_entry_start(c), &fact);

  bl_writer_open(&w, c);
  bl_code_hold_end(&w.facts, &w.properties, &fact);
  return rc ? rc : bl_append(c, BL_ENTRY_HOLD_END, &w);
}

int bl_expire_own(bl_call *c, bl_customer *customer) {
  int64_t due_us = BL_TIME_NEVER;
  int rc = bl_recurring_give_all(c, customer);
  size_t i = 0;

  if (rc) return rc;
  if (!customer->holds.count || c->now_us < customer->holds_due_us)
    return BILLING_OK;
  while (!rc && i < customer->holds.count) {
    bl_hold_state *hold = customer->holds.item[i];
    if (hold->expires_us <= c->now_us) {
      rc = bl_end_hold(c, hold, BILLING_HOLD_EXPIRED, 0);
    } else {
      if (hold->expires_us < due_us) due_us = hold->expires_us;
      i++;
    }
  }
  bl_touch_customer(c->t, customer);
  if (!rc) customer->holds_due_us = due_us;
  return rc;
}

int bl_expire_holds(bl_call *c, bl_customer *customer) {
  int rc = bl_expire_own(c, customer);

  return rc || !bl_has_family(customer) ? rc : bl_family_prepare(c, customer);
}

int bl_doc_of_tree(bl_call *c, bl_json *tree, billing_doc **out) {
  bl_text text;
  int rc;

  bl_text_open(&text, &c->arena);
  rc = bl_json_print(tree, &text);
  if (rc || !out) return rc;
  return bl_doc_of_text(&c->b->host, text.text, text.len, out);
}

int bl_query_read(bl_call *c, const char *query, size_t len, bl_json **out) {
  bl_str text = bl_text_argument(query, len);
  int rc;

  *out = NULL;
  if (!text.len) return BILLING_OK;
  rc = bl_json_read(text.text, text.len, out, c->err);
  if (rc || bl_json_kind(*out) == BL_JSON_OBJECT) return rc;
  bl_json_free(*out);
  *out = NULL;
  return bl_fail(c->err, BILLING_INVALID, "", "a JSON object",
                 "the query is not an object");
}
