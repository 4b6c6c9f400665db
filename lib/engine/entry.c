/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* entry.c - the bytes of journal entries; see entry.h. */
#include "engine/entry.h"

#include "store/schema.h"

void bl_code_u64(bl_codec *c, uint64_t *v) {
  if (c->to) bl_pack_u64(c->to, *v);
  if (c->from) *v = bl_unpack_u64(c->from);
}

void bl_code_i64(bl_codec *c, int64_t *v) {
  if (c->to) bl_pack_i64(c->to, *v);
  if (c->from) *v = bl_unpack_i64(c->from);
}

void bl_code_dec(bl_codec *c, bl_dec *v) {
  if (c->to) bl_pack_dec(c->to, *v);
  if (c->from) *v = bl_unpack_dec(c->from);
}

/* All of them are texts: a damaged one must not get into a document. */
void bl_code_str(bl_codec *c, bl_str *s) {
  if (c->to) bl_pack_str(c->to, *s);
  if (!c->from) return;
  *s = bl_unpack_str(c->from);
  if (s->len && (memchr(s->text, 0, s->len) ||
                 !bl_utf8_is_valid(s->text, s->len)))
    c->from->bad = 1;
}

void bl_code_hash(bl_codec *c, unsigned char *hash, size_t len) {
  if (c->to) bl_text_add(c->to, (const char *)hash, len);
  if (!c->from) return;
  if ((size_t)(c->from->end - c->from->at) < len) {
    c->from->bad = 1;
    memset(hash, 0, len);
    return;
  }
  memcpy(hash, c->from->at, len);
  c->from->at += len;
}

/* Eight bytes, low first, whatever the machine. */
static unsigned char *put_le64(unsigned char *at, int64_t v) {
  uint64_t u = (uint64_t)v;

  for (int i = 0; i < 8; i++) *at++ = (unsigned char)(u >> (8 * i));
  return at;
}

/* A content hash is as good as random: eight plain bytes are its shortest. */
void bl_code_content(bl_codec *c, uint64_t *content) {
  unsigned char bytes[8];

  put_le64(bytes, (int64_t)*content);
  bl_code_hash(c, bytes, sizeof bytes);
  *content = 0;
  for (int i = 7; i >= 0; i--) *content = *content << 8 | bytes[i];
}

/* A count that the remaining bytes cannot hold is malformed, whatever it
 * claims. */
void *bl_code_array(bl_codec *c, void *items, size_t *count, size_t size) {
  uint64_t n = *count;

  bl_code_u64(c, &n);
  if (!c->from) return items;
  if (n > (uint64_t)(c->from->end - c->from->at)) c->from->bad = 1;
  if (c->from->bad) n = 0;
  *count = (size_t)n;
  items = n ? bl_arena_array(c->arena, *count, size) : NULL;
  if (n && !items) {
    c->failed = 1;
    *count = 0;
  }
  return items;
}

int bl_codec_done(const bl_codec *c) {
  if (c->failed || (c->to && c->to->failed)) return BILLING_NOMEM;
  if (c->from && !bl_unpack_done(c->from)) return BILLING_CORRUPT;
  return BILLING_OK;
}

void bl_code_span(bl_codec *c, bl_span *s) {
  bl_code_i64(c, &s->from_us);
  bl_code_i64(c, &s->to_us);
}

void bl_code_draws(bl_codec *c, bl_draw **draws, size_t *count) {
  *draws = bl_code_array(c, *draws, count, sizeof **draws);
  for (size_t i = 0; i < *count; i++) {
    bl_code_u64(c, &(*draws)[i].grant);
    bl_code_dec(c, &(*draws)[i].amount);
  }
}

static void code_aliases(bl_codec *facts, bl_fact_document *f) {
  f->aliases = bl_code_array(facts, f->aliases, &f->alias_count,
                             sizeof *f->aliases);
  for (size_t i = 0; i < f->alias_count; i++) {
    bl_code_hash(facts, f->aliases[i].hash, sizeof f->aliases[i].hash);
    bl_code_span(facts, &f->aliases[i].span);
    bl_code_u64(facts, &f->aliases[i].is_new);
  }
}

static void code_timeline(bl_codec *facts, bl_fact_document *f) {
  f->overrides = bl_code_array(facts, f->overrides, &f->override_count,
                               sizeof *f->overrides);
  for (size_t i = 0; i < f->override_count; i++)
    bl_code_span(facts, &f->overrides[i]);
  bl_code_i64(facts, &f->versions_us);
  f->intervals = bl_code_array(facts, f->intervals, &f->interval_count,
                               sizeof *f->intervals);
  for (size_t i = 0; i < f->interval_count; i++) {
    bl_code_u64(facts, &f->intervals[i].version);
    bl_code_u64(facts, &f->intervals[i].price);
    bl_code_span(facts, &f->intervals[i].span);
  }
}

void bl_code_document(bl_codec *facts, bl_codec *properties,
                      bl_fact_document *f) {
  bl_code_u64(facts, &f->kind);
  bl_code_u64(facts, &f->number);
  bl_code_u64(facts, &f->version);
  bl_code_u64(facts, &f->archived);
  bl_code_u64(facts, f->kind == BL_KIND_CUSTOMER ? &f->parent : &f->customer);
  bl_code_u64(facts, &f->plan_version);
  bl_code_span(facts, &f->term);
  bl_code_i64(facts, &f->anchor_us);
  bl_code_hash(facts, f->id_hash, sizeof f->id_hash);
  if (f->kind == BL_KIND_CUSTOMER) code_aliases(facts, f);
  if (f->kind == BL_KIND_CONTRACT) code_timeline(facts, f);
  bl_code_str(facts, &f->id);
  bl_code_str(facts, &f->json);
  bl_code_str(properties, &f->own_id);
  bl_code_str(properties, &f->own_json);
}

/* The origin and, in bits above it, what only some grants have: that they are
 * booked otherwise than their origin says, and where they come from. */
static void code_origin(bl_codec *c, bl_fact_grant *f) {
  uint64_t given = f->origin == BILLING_ORIGIN_PROMOTIONAL;
  uint64_t word = f->origin | (uint64_t)(f->is_promotional != given) << 4 |
                  (uint64_t)(f->from != 0) << 5 |
                  (uint64_t)(f->contract != 0) << 6;

  bl_code_u64(c, &word);
  f->origin = word & 15;
  given = f->origin == BILLING_ORIGIN_PROMOTIONAL;
  f->is_promotional = given ^ (word >> 4 & 1);
  if (word >> 5 & 1) bl_code_u64(c, &f->from);
  if (!(word >> 6 & 1)) return;
  bl_code_u64(c, &f->contract);
  bl_code_str(c, &f->allowance);
  bl_code_u64(c, &f->turn);
  bl_code_span(c, &f->period.span);
  bl_code_span(c, &f->period.full);
}

void bl_code_grant(bl_codec *facts, bl_codec *properties, bl_fact_grant *f) {
  bl_code_u64(facts, &f->number);
  bl_code_u64(facts, &f->customer);
  bl_code_dec(facts, &f->amount);
  bl_code_dec(facts, &f->cost);
  bl_code_str(facts, &f->asset);
  bl_code_str(facts, &f->cost_asset);
  bl_code_i64(facts, &f->effective_us);
  bl_code_i64(facts, &f->expires_us);
  bl_code_i64(facts, &f->priority);
  code_origin(facts, f);
  bl_code_str(facts, &f->scope);
  bl_code_hash(facts, f->key_hash, sizeof f->key_hash);
  bl_code_content(facts, &f->content);
  bl_code_str(properties, &f->key);
  bl_code_str(properties, &f->name);
}

void bl_code_grant_change(bl_codec *facts, bl_codec *properties,
                          bl_fact_grant_change *f) {
  bl_code_u64(facts, &f->customer);
  bl_code_u64(facts, &f->grant);
  bl_code_u64(facts, &f->change);
  bl_code_dec(facts, &f->amount);
  bl_code_dec(facts, &f->cost);
  bl_code_i64(facts, &f->expires_us);
  bl_code_u64(facts, &f->to);
  bl_code_u64(facts, &f->to_customer);
  bl_code_hash(facts, f->key_hash, sizeof f->key_hash);
  bl_code_content(facts, &f->content);
  bl_code_str(properties, &f->key);
}

static void code_held(bl_codec *facts, bl_fact_held *f) {
  bl_str asset = bl_str_of(f->asset);

  bl_code_str(facts, &asset);
  if (facts->from && bl_asset_set(f->asset, asset)) facts->from->bad = 1;
  bl_code_dec(facts, &f->held);
  bl_code_dec(facts, &f->overdraft);
}

void bl_code_count(bl_codec *facts, bl_fact_count *f) {
  static const unsigned char none[sizeof f->key];
  uint64_t has_key = memcmp(f->key, none, sizeof none) != 0;

  bl_code_u64(facts, &f->customer);
  bl_code_u64(facts, &f->limit);
  bl_code_u64(facts, &has_key);
  if (has_key) bl_code_hash(facts, f->key, sizeof f->key);
  bl_code_span(facts, &f->span);
  bl_code_i64(facts, &f->until_us);
  bl_code_dec(facts, &f->amount);
}

static void code_counts(bl_codec *facts, bl_fact_count **items,
                        size_t *count) {
  *items = bl_code_array(facts, *items, count, sizeof **items);
  for (size_t i = 0; i < *count; i++) bl_code_count(facts, &(*items)[i]);
}

void bl_code_counted(bl_codec *facts, bl_codec *properties,
                     bl_fact_counted *f) {
  (void)properties;
  bl_code_i64(facts, &f->seq);
  code_counts(facts, &f->items, &f->count);
}

void bl_code_hold(bl_codec *facts, bl_codec *properties, bl_fact_hold *f) {
  bl_code_u64(facts, &f->number);
  bl_code_u64(facts, &f->customer);
  bl_code_i64(facts, &f->expires_us);
  bl_code_dec(facts, &f->value);
  f->assets = bl_code_array(facts, f->assets, &f->asset_count,
                            sizeof *f->assets);
  for (size_t i = 0; i < f->asset_count; i++) code_held(facts, &f->assets[i]);
  bl_code_draws(facts, &f->draws, &f->draw_count);
  f->parts = bl_code_array(facts, f->parts, &f->part_count, sizeof *f->parts);
  for (size_t i = 0; i < f->part_count; i++) {
    bl_code_u64(facts, &f->parts[i].contract);
    bl_code_u64(facts, &f->parts[i].price);
    bl_code_u64(facts, &f->parts[i].period);
    bl_code_str(facts, &f->parts[i].group);
    bl_code_dec(facts, &f->parts[i].quantity);
  }
  code_counts(facts, &f->counts, &f->count_count);
  bl_code_u64(facts, &f->flags);
  bl_code_hash(facts, f->key_hash, sizeof f->key_hash);
  bl_code_content(facts, &f->content);
  bl_code_str(properties, &f->key);
}

void bl_code_hold_end(bl_codec *facts, bl_codec *properties,
                      bl_fact_hold_end *f) {
  (void)properties;
  bl_code_u64(facts, &f->customer);
  bl_code_u64(facts, &f->number);
  bl_code_u64(facts, &f->status);
  bl_code_u64(facts, &f->event);
  bl_code_u64(facts, &f->is_late);
  bl_code_i64(facts, &f->expires_us);
}

void bl_code_hold_extended(bl_codec *facts, bl_codec *properties,
                           bl_fact_hold_extended *f) {
  (void)properties;
  bl_code_u64(facts, &f->customer);
  bl_code_u64(facts, &f->number);
  bl_code_i64(facts, &f->expires_us);
}

void bl_code_grant_expired(bl_codec *facts, bl_codec *properties,
                           bl_fact_grant_expired *f) {
  (void)properties;
  bl_code_u64(facts, &f->customer);
  bl_code_u64(facts, &f->number);
  bl_code_dec(facts, &f->left);
}

static void code_period(bl_codec *facts, bl_fact_period *f) {
  bl_code_u64(facts, &f->customer);
  bl_code_u64(facts, &f->contract);
  bl_code_u64(facts, &f->index);
  bl_code_span(facts, &f->period.span);
  bl_code_span(facts, &f->period.full);
  bl_code_u64(facts, &f->zone_print);
}

void bl_code_periods(bl_codec *facts, bl_codec *properties,
                     bl_fact_periods *f) {
  (void)properties;
  f->items = bl_code_array(facts, f->items, &f->count, sizeof *f->items);
  for (size_t i = 0; i < f->count; i++) code_period(facts, &f->items[i]);
}

static void code_conversion(bl_codec *c, bl_fact_line *l) {
  bl_str into = bl_str_of(l->into);

  bl_code_str(c, &into);
  if (c->from && bl_asset_set(l->into, into)) c->from->bad = 1;
  bl_code_dec(c, &l->rate);
  bl_code_i64(c, &l->since_us);
  bl_code_u64(c, &l->is_inverse);
}

enum { LINE_FEE = 1, LINE_BOUND = 2, LINE_CONVERTED = 4,
       LINE_CONVERSION = 8 };

/* A word of bits, and at the end what they say. */
static void code_line(bl_codec *c, bl_fact_line *l) {
  uint64_t kind = (l->is_fee ? LINE_FEE : 0) |
                  (bl_dec_is_zero(l->bound) ? 0 : LINE_BOUND) |
                  (l->converted ? LINE_CONVERTED : 0) |
                  (l->into[0] ? LINE_CONVERSION : 0);

  bl_code_u64(c, &kind);
  l->is_fee = kind & LINE_FEE;
  bl_code_u64(c, &l->price);
  bl_code_u64(c, &l->period);
  bl_code_str(c, &l->group);
  bl_code_dec(c, &l->quantity);
  bl_code_dec(c, &l->amount);
  bl_code_dec(c, &l->drawn);
  bl_code_dec(c, &l->due);
  bl_code_i64(c, &l->numerator);
  bl_code_i64(c, &l->denominator);
  bl_code_u64(c, &l->is_late);
  bl_code_u64(c, &l->events);
  bl_code_u64(c, &l->first_event);
  bl_code_u64(c, &l->last_event);
  bl_code_draws(c, &l->draws, &l->draw_count);
  if (kind & LINE_BOUND) bl_code_dec(c, &l->bound);
  if (kind & LINE_CONVERTED) bl_code_u64(c, &l->converted);
  if (kind & LINE_CONVERSION) code_conversion(c, l);
}

void bl_code_invoice(bl_codec *facts, bl_codec *properties,
                     bl_fact_invoice *f) {
  bl_code_u64(facts, &f->number);
  bl_code_u64(facts, &f->customer);
  bl_code_u64(facts, &f->contract);
  bl_code_i64(facts, &f->issued_us);
  bl_code_u64(facts, &f->closes);
  bl_code_u64(facts, &f->advances);
  f->lines = bl_code_array(facts, f->lines, &f->line_count, sizeof *f->lines);
  for (size_t i = 0; i < f->line_count; i++) code_line(facts, &f->lines[i]);
  bl_code_str(properties, &f->customer_id);
  bl_code_str(properties, &f->customer_name);
}

void bl_code_redaction(bl_codec *facts, bl_codec *properties,
                       bl_fact_redaction *f) {
  (void)properties;
  bl_code_u64(facts, &f->customer);
  bl_code_str(facts, &f->reason);
  bl_code_u64(facts, &f->parked);
  f->entries =
      bl_code_array(facts, f->entries, &f->entry_count, sizeof *f->entries);
  for (size_t i = 0; i < f->entry_count; i++) {
    bl_code_i64(facts, &f->entries[i].seq);
    bl_code_hash(facts, f->entries[i].before, 32);
    bl_code_hash(facts, f->entries[i].after, 32);
  }
}

static void code_tick(bl_codec *facts, bl_fact_tick *f) {
  bl_code_u64(facts, &f->price);
  bl_code_u64(facts, &f->period);
  bl_code_str(facts, &f->group);
  bl_code_dec(facts, &f->quantity);
  bl_code_dec(facts, &f->amount);
  bl_code_draws(facts, &f->draws, &f->draw_count);
  bl_code_dec(facts, &f->bound);
  bl_code_i64(facts, &f->numerator);
  bl_code_i64(facts, &f->denominator);
  f->spend = bl_code_array(facts, f->spend, &f->spend_count,
                           sizeof *f->spend);
  for (size_t i = 0; i < f->spend_count; i++) {
    bl_code_u64(facts, &f->spend[i].price);
    bl_code_dec(facts, &f->spend[i].amount);
  }
}

void bl_code_ticks(bl_codec *facts, bl_codec *properties, bl_fact_ticks *f) {
  (void)properties;
  bl_code_u64(facts, &f->customer);
  bl_code_u64(facts, &f->contract);
  f->items = bl_code_array(facts, f->items, &f->count, sizeof *f->items);
  for (size_t i = 0; i < f->count; i++) code_tick(facts, &f->items[i]);
}

static void code_undone(bl_codec *facts, bl_fact_undone *f) {
  bl_code_u64(facts, &f->contract);
  bl_code_u64(facts, &f->price);
  bl_code_u64(facts, &f->period);
  bl_code_str(facts, &f->group);
  bl_code_dec(facts, &f->quantity);
  bl_code_i64(facts, &f->at_us);
  bl_code_dec(facts, &f->amount);
  bl_code_draws(facts, &f->draws, &f->draw_count);
  bl_code_u64(facts, &f->has_value);
  if (!f->has_value) return;
  bl_code_hash(facts, f->value, sizeof f->value);
  bl_code_i64(facts, &f->value_us);
  bl_code_u64(facts, &f->is_removal);
}

void bl_code_undone(bl_codec *facts, bl_codec *properties, bl_fact_void *f) {
  (void)properties;
  bl_code_u64(facts, &f->customer);
  bl_code_u64(facts, &f->event);
  bl_code_i64(facts, &f->time_us);
  bl_code_u64(facts, &f->event_flags);
  bl_code_u64(facts, &f->flags);
  bl_code_dec(facts, &f->balance);
  f->items = bl_code_array(facts, f->items, &f->count, sizeof *f->items);
  for (size_t i = 0; i < f->count; i++) code_undone(facts, &f->items[i]);
}

static void code_rekeyed(bl_codec *facts, bl_fact_rekeyed *f) {
  bl_code_u64(facts, &f->contract);
  bl_code_u64(facts, &f->price);
  bl_code_u64(facts, &f->period);
  bl_code_str(facts, &f->group);
  bl_code_dec(facts, &f->level.total);
  bl_code_i64(facts, &f->level.at_us);
  bl_code_i64(facts, &f->level.events);
  bl_code_u64(facts, &f->first_event);
  bl_code_u64(facts, &f->last_event);
  bl_code_dec(facts, &f->amount);
  bl_code_draws(facts, &f->draws, &f->draw_count);
}

static void code_resampled(bl_codec *facts, bl_fact_resampled *f) {
  bl_code_u64(facts, &f->key);
  bl_code_u64(facts, &f->has_unique);
  if (!f->has_unique) {
    bl_code_dec(facts, &f->sample);
    return;
  }
  bl_code_hash(facts, f->unique, sizeof f->unique);
  bl_code_u64(facts, &f->is_removal);
  f->sample = BL_DEC_ONE;
}

/* Numbers and times as they follow upon those of the event before. */
static void code_redecided(bl_codec *facts, bl_fact_redecided *f,
                           const bl_fact_redecided *before) {
  uint64_t number = f->event - before->event;
  uint64_t us = (uint64_t)f->time_us - (uint64_t)before->time_us;
  int64_t step_us = (int64_t)us;

  bl_code_u64(facts, &number);
  bl_code_i64(facts, &step_us);
  bl_code_u64(facts, &f->flags);
  f->event = before->event + number;
  f->time_us = (int64_t)((uint64_t)before->time_us + (uint64_t)step_us);
  f->samples = bl_code_array(facts, f->samples, &f->count,
                             sizeof *f->samples);
  for (size_t i = 0; i < f->count; i++)
    code_resampled(facts, &f->samples[i]);
}

void bl_code_rerate(bl_codec *facts, bl_codec *properties,
                    bl_fact_rerate *f) {
  static const bl_fact_redecided none;

  (void)properties;
  bl_code_u64(facts, &f->customer);
  bl_code_u64(facts, &f->meter);
  bl_code_u64(facts, &f->rules);
  bl_code_u64(facts, &f->contract);
  bl_code_u64(facts, &f->plan);
  bl_code_u64(facts, &f->version);
  bl_code_u64(facts, &f->through);
  bl_code_i64(facts, &f->since_us);
  bl_code_span(facts, &f->times);
  bl_code_i64(facts, &f->unmatched);
  bl_code_i64(facts, &f->unpriced);
  bl_code_i64(facts, &f->unentitled);
  f->keys = bl_code_array(facts, f->keys, &f->key_count, sizeof *f->keys);
  for (size_t i = 0; i < f->key_count; i++) code_rekeyed(facts, &f->keys[i]);
  f->events = bl_code_array(facts, f->events, &f->event_count,
                            sizeof *f->events);
  for (size_t i = 0; i < f->event_count; i++)
    code_redecided(facts, &f->events[i], i ? &f->events[i - 1] : &none);
}

/* From the typed pair of each kind to a common shape. */
#define ENTRY_KIND(name)                                                  \
  static void code_entry_##name(bl_codec *facts, bl_codec *properties,    \
                                bl_entry_facts *fact) {                   \
    bl_code_##name(facts, properties, &fact->name);                       \
  }
ENTRY_KIND(document)
ENTRY_KIND(grant)
ENTRY_KIND(grant_change)
ENTRY_KIND(hold)
ENTRY_KIND(hold_end)
ENTRY_KIND(hold_extended)
ENTRY_KIND(counted)
ENTRY_KIND(grant_expired)
ENTRY_KIND(periods)
ENTRY_KIND(invoice)
ENTRY_KIND(redaction)
ENTRY_KIND(ticks)
ENTRY_KIND(undone)
ENTRY_KIND(stream)
ENTRY_KIND(parkings)
ENTRY_KIND(rerate)
ENTRY_KIND(outbox_done)
ENTRY_KIND(alert)
ENTRY_KIND(top_up)
ENTRY_KIND(told)
ENTRY_KIND(family)
#undef ENTRY_KIND

typedef void (*entry_coder)(bl_codec *facts, bl_codec *properties,
                            bl_entry_facts *fact);
static const entry_coder entry_coders[BL_ENTRY_KINDS] = {
    [BL_ENTRY_TENANT] = code_entry_document,
    [BL_ENTRY_DOCUMENT] = code_entry_document,
    [BL_ENTRY_GRANT] = code_entry_grant,
    [BL_ENTRY_GRANT_CHANGE] = code_entry_grant_change,
    [BL_ENTRY_HOLD] = code_entry_hold,
    [BL_ENTRY_HOLD_END] = code_entry_hold_end,
    [BL_ENTRY_GRANT_EXPIRED] = code_entry_grant_expired,
    [BL_ENTRY_PERIODS] = code_entry_periods,
    [BL_ENTRY_INVOICE] = code_entry_invoice,
    [BL_ENTRY_REDACTION] = code_entry_redaction,
    [BL_ENTRY_TICKS] = code_entry_ticks,
    [BL_ENTRY_VOID] = code_entry_undone,
    [BL_ENTRY_RERATE] = code_entry_rerate,
    [BL_ENTRY_PARKED] = code_entry_parkings,
    [BL_ENTRY_STREAM] = code_entry_stream,
    [BL_ENTRY_HOLD_EXTENDED] = code_entry_hold_extended,
    [BL_ENTRY_COUNTED] = code_entry_counted,
    [BL_ENTRY_OUTBOX_DONE] = code_entry_outbox_done,
    [BL_ENTRY_ALERT] = code_entry_alert,
    [BL_ENTRY_TOP_UP] = code_entry_top_up,
    [BL_ENTRY_TOLD] = code_entry_told,
    [BL_ENTRY_FAMILY] = code_entry_family,
};

int bl_entry_read(const bl_entry *entry, bl_arena *a, bl_entry_facts *out) {
  bl_unpack facts_from, properties_from;
  bl_codec facts = {NULL, &facts_from, a, 0, 0};
  bl_codec properties = {NULL, &properties_from, a, 0, 0};
  int rc;

  memset(out, 0, sizeof *out);
  if (entry->kind <= 0 || entry->kind >= BL_ENTRY_KINDS ||
      !entry_coders[entry->kind])
    return BILLING_NOTFOUND;
  bl_unpack_open(&facts_from, entry->facts.text, entry->facts.len);
  bl_unpack_open(&properties_from, entry->properties.text,
                 entry->properties.len);
  entry_coders[entry->kind](&facts, &properties, out);
  rc = bl_codec_done(&facts);
  return rc || !entry->properties.len ? rc : bl_codec_done(&properties);
}

int bl_entry_of_row(const billing_value *row, bl_entry *out) {
  bl_str properties_hash = row[BL_JOURNAL_PROPERTIES_HASH].bytes;
  bl_str hash = row[BL_JOURNAL_HASH].bytes;

  if (properties_hash.len != 32 || hash.len != 32) return BILLING_CORRUPT;
  out->seq = row[BL_JOURNAL_SEQ].integer;
  out->kind = row[BL_JOURNAL_KIND].integer;
  out->version = row[BL_JOURNAL_VERSION].integer;
  out->critical = row[BL_JOURNAL_CRITICAL].integer;
  out->at_us = row[BL_JOURNAL_AT].integer;
  out->facts = row[BL_JOURNAL_FACTS].bytes;
  out->properties = row[BL_JOURNAL_PROPERTIES].bytes;
  memcpy(out->properties_hash, properties_hash.text, 32);
  memcpy(out->hash, hash.text, 32);
  return BILLING_OK;
}

void bl_entry_hash(const bl_entry *entry, int64_t tenant, int64_t shard,
                   const unsigned char before[32], unsigned char out[32]) {
  unsigned char header[56];
  unsigned char facts[32];
  unsigned char *at = header;

  at = put_le64(at, tenant);
  at = put_le64(at, shard);
  at = put_le64(at, entry->seq);
  at = put_le64(at, entry->kind);
  at = put_le64(at, entry->version);
  at = put_le64(at, entry->critical);
  put_le64(at, entry->at_us);
  bl_hash32(facts, entry->facts.text, entry->facts.len);
  bl_hash_chain(out, before, header, sizeof header, facts,
                entry->properties_hash);
}
