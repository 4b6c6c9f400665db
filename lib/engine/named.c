/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* named.c - what is found by an id or a key; see named.h. */
#include "engine/named.h"

#include "engine/index.h"
#include "engine/keys.h"
#include "engine/family.h"
#include "engine/load.h"

#define NAMED_PLACES 8

/* A question: is this entry the one? */
typedef struct named_search {
  int (*is)(const struct named_search *s, const bl_entry *entry,
            const bl_entry_facts *facts);
  const unsigned char *hash;
  bl_str               id;
} named_search;

/* The entry at a place, if it is of a kind that has names. */
static int read_named(bl_call *c, int64_t seq, bl_entry *entry,
                      bl_entry_facts *facts) {
  int rc = bl_journal_read(c, seq, &c->arena, entry);

  return rc ? rc : bl_entry_read(entry, &c->arena, facts);
}

static int find_named(bl_call *c, uint64_t key, const named_search *s,
                      bl_entry *entry, bl_entry_facts *facts) {
  uint64_t numbers[NAMED_PLACES];
  size_t count = 0;
  int rc = bl_keys_find(c, key, numbers, NAMED_PLACES, &count);

  if (rc) return rc;
  for (size_t i = 0; i < count; i++) {
    rc = read_named(c, bl_event_seq(numbers[i]), entry, facts);
    if (!rc && s->is(s, entry, facts)) return BILLING_OK;
    if (rc && rc != BILLING_NOTFOUND) return rc;
  }
  return BILLING_NOTFOUND;
}

/* ---- customers ---- */

static int is_customer(const named_search *s, const bl_entry *entry,
                       const bl_entry_facts *facts) {
  return entry->kind == BL_ENTRY_DOCUMENT &&
         facts->document.kind == BL_KIND_CUSTOMER &&
         memcmp(facts->document.id_hash, s->hash, 16) == 0;
}

static int find_customer_by_key(bl_call *c, const unsigned char id_hash[16],
                                bl_customer **out) {
  named_search search = {is_customer, id_hash, {NULL, 0}};
  bl_entry_facts facts;
  bl_entry entry;
  int rc = find_named(c, bl_keys_print_of(id_hash), &search, &entry, &facts);

  if (rc) return rc == BILLING_NOTFOUND ? BILLING_OK : rc;
  rc = bl_customer_need(c, facts.document.number, out);
  return rc ? rc : bl_customer_name(c->t, *out, id_hash);
}

int bl_named_customer(bl_call *c, const unsigned char id_hash[16],
                      bl_customer **out) {
  *out = bl_map_get(&c->t->customers, id_hash, 16);
  return *out ? bl_family_need(c, *out)
              : find_customer_by_key(c, id_hash, out);
}

/* ---- aliases ---- */

/* Most customers that may have had one alias, one after the other. */
#define NAMED_OWNERS 64

/* The customers whose entries first gave them the alias, loaded. */
static int alias_owners(bl_call *c, const unsigned char hash[16],
                        bl_customer **owners, size_t *count) {
  uint64_t numbers[NAMED_OWNERS], key = bl_keys_print_of(hash);
  uint64_t was_deferred = c->loads.is_deferred;
  size_t found = 0;
  int rc = bl_keys_find(c, key, numbers, NAMED_OWNERS, &found);

  *count = 0;
  for (size_t i = 0; i < found && !rc; i++) {
    bl_entry_facts facts;
    bl_entry entry;
    if (!bl_event_place(numbers[i])) continue;
    rc = read_named(c, bl_event_seq(numbers[i]), &entry, &facts);
    if (rc || entry.kind != BL_ENTRY_DOCUMENT ||
        facts.document.kind != BL_KIND_CUSTOMER) {
      rc = rc == BILLING_NOTFOUND ? BILLING_OK : rc;
      continue;
    }
    rc = bl_customer_need(c, facts.document.number, &owners[*count]);
    *count += !rc;
  }
  if (rc || !c->loads.count) return rc;
  rc = bl_customers_load(c);
  if (was_deferred) bl_customers_defer(c);
  c->loads.came_early = was_deferred;
  return rc;
}

static int has_alias(const bl_customer *customer,
                     const unsigned char hash[16], bl_span span) {
  for (size_t i = 0; i < customer->alias_count; i++)
    if (!memcmp(customer->aliases[i].hash, hash, 16) &&
        !bl_span_is_empty(bl_span_cut(customer->aliases[i].span, span)))
      return 1;
  return 0;
}

int bl_named_alias(bl_call *c, const unsigned char hash[16], int64_t us,
                   bl_customer **out) {
  bl_customer *owners[NAMED_OWNERS];
  size_t count;
  int rc = alias_owners(c, hash, owners, &count);

  *out = NULL;
  for (size_t i = 0; i < count && !rc && !*out; i++)
    if (has_alias(owners[i], hash, (bl_span){us, us + 1})) *out = owners[i];
  return rc;
}

int bl_alias_is_taken(bl_call *c, const unsigned char hash[16], bl_span span,
                      uint64_t customer, int *is_taken) {
  bl_customer *owners[NAMED_OWNERS];
  size_t count;
  int rc = alias_owners(c, hash, owners, &count);

  *is_taken = 0;
  for (size_t i = 0; i < count && !rc; i++)
    *is_taken |= owners[i]->number != customer &&
                 has_alias(owners[i], hash, span);
  return rc;
}

#undef NAMED_OWNERS

/* ---- contracts ---- */

static int is_contract(const named_search *s, const bl_entry *entry,
                       const bl_entry_facts *facts) {
  return entry->kind == BL_ENTRY_DOCUMENT &&
         facts->document.kind == BL_KIND_CONTRACT &&
         bl_str_equal(facts->document.id, s->id);
}

int bl_named_contract(bl_call *c, bl_str id, bl_contract **out) {
  named_search search = {is_contract, NULL, id};
  bl_entry_facts facts;
  bl_customer *customer;
  bl_entry entry;
  int rc;

  *out = bl_map_get(&c->t->contracts, id.text, id.len);
  if (*out) return bl_family_need(c, (*out)->customer);
  rc = find_named(c, bl_keys_print_of_contract(c->b, id), &search, &entry,
                  &facts);
  if (rc) return rc == BILLING_NOTFOUND ? BILLING_OK : rc;
  rc = bl_customer_need(c, facts.document.customer, &customer);
  if (rc) return rc;
  *out = bl_table_at(&c->t->by_contract, facts.document.number);
  return *out ? BILLING_OK : BILLING_CORRUPT;
}

/* ---- requests ---- */

static int is_request(const named_search *s, const bl_entry *entry,
                      const bl_entry_facts *facts) {
  const unsigned char *hash = NULL;

  if (entry->kind == BL_ENTRY_GRANT) hash = facts->grant.key_hash;
  if (entry->kind == BL_ENTRY_GRANT_CHANGE)
    hash = facts->grant_change.key_hash;
  if (entry->kind == BL_ENTRY_HOLD) hash = facts->hold.key_hash;
  if (entry->kind == BL_ENTRY_TOP_UP) hash = facts->top_up.key_hash;
  return hash && memcmp(hash, s->hash, 16) == 0;
}

static void fill_request(bl_request *out, const bl_entry *entry) {
  out->kind = entry->kind;
  out->at_us = entry->at_us;
}

int bl_named_request(bl_call *c, const unsigned char hash[16],
                     bl_request *out) {
  named_search search = {is_request, hash, {NULL, 0}};
  bl_entry entry;
  int rc;

  memset(out, 0, sizeof *out);
  rc = find_named(c, bl_keys_print_of(hash), &search, &entry, &out->facts);
  if (!rc) fill_request(out, &entry);
  return rc == BILLING_NOTFOUND ? BILLING_OK : rc;
}

/* The last entry of a kind about a grant or a hold; seq 0: none. */
static int find_entry_about(bl_call *c, bl_subject subject, int64_t kind,
                            int64_t *seq) {
  bl_index_wish wish = {subject, 0, BL_ALL_TIMES, (uint64_t)1 << kind};
  int64_t *seqs;
  size_t count;
  int rc = bl_index_find(c, &wish, &c->arena, &seqs, &count);

  *seq = !rc && count ? seqs[count - 1] : 0;
  return rc;
}

int bl_numbered_request(bl_call *c, int64_t kind, uint64_t number,
                        bl_request *out) {
  bl_subject subject = {kind == BL_ENTRY_HOLD ? BL_SUBJECT_HOLD
                                              : BL_SUBJECT_GRANT, number};
  int64_t seq;
  int rc = find_entry_about(c, subject, kind, &seq);

  memset(out, 0, sizeof *out);
  return rc || !seq ? rc : bl_request_at(c, seq, out);
}

int bl_request_at(bl_call *c, int64_t seq, bl_request *out) {
  bl_entry entry;
  int rc = read_named(c, seq, &entry, &out->facts);

  if (!rc) fill_request(out, &entry);
  return rc == BILLING_NOTFOUND ? BILLING_CORRUPT : rc;
}

int bl_request_grant(bl_call *c, const bl_request *request,
                     bl_grant_state **out) {
  bl_customer *customer;
  int rc = bl_customer_need(c, request->facts.grant.customer, &customer);

  if (rc) return rc;
  *out = bl_table_at(&c->t->by_grant, request->facts.grant.number);
  return *out ? BILLING_OK : BILLING_CORRUPT;
}

/* ---- holds that have ended ---- */

static int read_end(bl_call *c, bl_hold_state *hold) {
  bl_subject subject = {BL_SUBJECT_HOLD, hold->number};
  bl_entry_facts facts;
  bl_entry entry;
  int64_t seq;
  int rc = find_entry_about(c, subject, BL_ENTRY_HOLD_END, &seq);

  if (!rc && !seq) rc = BILLING_CORRUPT;
  if (!rc) rc = read_named(c, seq, &entry, &facts);
  if (rc) return rc;
  hold->status = facts.hold_end.status;
  hold->event = facts.hold_end.event;
  hold->expires_us = facts.hold_end.expires_us;
  return BILLING_OK;
}

static int make_ended(bl_call *c, bl_customer *customer,
                      const bl_request *request, bl_hold_state **out) {
  const bl_fact_hold *fact = &request->facts.hold;
  bl_hold_state *hold = bl_arena_take(&c->arena, sizeof *hold);

  if (!hold) return BILLING_NOMEM;
  hold->number = fact->number;
  hold->customer = customer;
  hold->key = fact->key;
  memcpy(hold->key_hash, fact->key_hash, sizeof hold->key_hash);
  hold->content = fact->content;
  hold->expires_us = fact->expires_us;
  hold->at_us = request->at_us;
  hold->value = fact->value;
  hold->assets = fact->assets;
  hold->asset_count = fact->asset_count;
  hold->flags = fact->flags;
  hold->draws = fact->draws;
  hold->draw_count = fact->draw_count;
  *out = hold;
  return read_end(c, hold);
}

int bl_request_hold(bl_call *c, const bl_request *request,
                    bl_hold_state **out) {
  const bl_fact_hold *fact = &request->facts.hold;
  bl_customer *customer;
  int rc = bl_customer_need(c, fact->customer, &customer);

  if (rc) return rc;
  *out = bl_table_at(&c->t->by_hold, fact->number);
  return *out ? BILLING_OK : make_ended(c, customer, request, out);
}

#undef NAMED_PLACES
