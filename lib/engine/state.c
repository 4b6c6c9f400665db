/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* state.c - the tenant's state: its parts and how a failed call is undone. */
#include "engine/state.h"

#include "engine/alerts.h"
#include "engine/image.h"
#include "engine/index.h"
#include "meter/measure.h"

/* Below this, waste is not worth a fold. */
#define WASTE_SMALLEST ((size_t)4 << 20)
/* Places in a page of a table. */
#define TABLE_PAGE 256

struct bl_undo {
  bl_undo *older;
  void    *at;
  bl_map  *map;            /* or NULL, and then what was saved is behind */
  size_t   size;           /* of that; for a map its count */
};

static void open_maps(bl_tenant *t) {
  bl_map *map[] = {&t->customers, &t->meters,     &t->meters_by_event,
                   &t->plans,     &t->features,   &t->contracts,
                   &t->redacted,  &t->redacted_by};

  for (size_t i = 0; i < BL_COUNT(map); i++) bl_map_open(map[i], &t->arena);
}

void bl_tenant_open(bl_tenant *t, bl_str id, const billing_allocator *host) {
  char text[sizeof t->id_text];

  assert(id.len < sizeof text);
  memcpy(text, id.text, id.len);        /* it may be this very tenant's */
  memset(t, 0, sizeof *t);
  t->as_of = INT64_MAX;
  memcpy(t->id_text, text, id.len);
  t->id = (bl_str){t->id_text, id.len};
  bl_arena_open(&t->arena, host);
  bl_key_tail_open(&t->tail, host);
  bl_images_open(&t->images, host);
  open_maps(t);
}

void bl_tenant_close(bl_tenant *t) {
  bl_key_tail_close(&t->tail);
  bl_index_close(&t->index);
  bl_images_close(&t->images);
  bl_runs_close(t->runs);
  t->runs = NULL;
  bl_arena_close(&t->arena);
}

void bl_tenant_reset(bl_tenant *t) {
  billing_allocator host = t->arena.host;
  bl_str id = t->id;
  int64_t number = t->number;
  uint64_t serial = t->serial;
  bl_panel *panels = t->panels;

  bl_runs *runs = t->runs;

  if (runs) bl_runs_forget(runs);
  t->runs = NULL;
  bl_tenant_close(t);
  bl_tenant_open(t, id, &host);
  t->runs = runs;
  t->number = number;
  t->serial = serial;
  t->panels = panels;
  bl_tenant_hide(t);
}

void bl_tenant_hide(bl_tenant *t) {
  for (bl_panel *panel = t->panels; panel; panel = panel->next)
    bl_board_clear(panel);
}

static inline bl_undo *undo_push(bl_tenant *t, size_t saved) {
  bl_undo *u = bl_arena_room(t->undo_arena, sizeof *u + saved);

  if (!u) {
    t->is_stale = 1;
    return NULL;
  }
  u->older = t->undo;
  u->at = u->map = NULL;
  t->undo = u;
  return u;
}

void bl_touch(bl_tenant *t, void *at, size_t size, uint64_t *touched) {
  bl_undo *u;

  if (!t->undo_arena || !size || *touched == t->serial) return;
  u = undo_push(t, size);
  if (!u) return;
  u->at = at;
  u->size = size;
  memcpy(u + 1, at, size);
  *touched = t->serial;
}

void bl_touch_map(bl_tenant *t, bl_map *map) {
  bl_undo *u;

  if (!t->undo_arena) return;
  if (t->undo && t->undo->map == map) return;
  u = undo_push(t, 0);
  if (!u) return;
  u->map = map;
  u->size = map->count;
}

void bl_touch_tally(bl_tenant *t, bl_tally *tally) {
  bl_touch(t, tally, sizeof *tally, &tally->touched);
}

void bl_touch_more(bl_tenant *t, bl_tally_more *more) {
  bl_touch(t, more, offsetof(bl_tally_more, touched), &more->touched);
}

void bl_touch_contract(bl_tenant *t, bl_contract *contract) {
  bl_touch(t, contract, offsetof(bl_contract, tallies), &contract->touched);
}

void bl_customer_moves(bl_tenant *t, bl_customer *customer) {
  if (t->has_alerts && t->undo_arena && customer->watched != t->serial)
    bl_alerts_watch(t, customer);
  if (!customer->is_shown || customer->is_moved) return;
  customer->is_moved = 1;
  customer->next_moved = t->moved;
  t->moved = customer;
}

void bl_touch_customer(bl_tenant *t, bl_customer *customer) {
  bl_touch(t, customer, offsetof(bl_customer, is_shown), &customer->touched);
  bl_customer_moves(t, customer);
}

void bl_touch_wallet(bl_tenant *t, bl_wallet *wallet) {
  bl_touch(t, wallet, sizeof *wallet, &wallet->touched);
  bl_customer_moves(t, wallet->customer);
}

void bl_touch_charged(bl_tenant *t, bl_tally *tally) {
  if (tally->touched == t->serial) return;
  bl_touch(t, &tally->level,
           offsetof(bl_tally, charge_touched) - offsetof(bl_tally, level),
           &tally->charge_touched);
}

void bl_touch_counts(bl_tenant *t, bl_customer *customer) {
  if (customer->touched == t->serial) return;
  bl_touch(t, &customer->unmatched,
           offsetof(bl_customer, touched) - offsetof(bl_customer, unmatched),
           &customer->count_touched);
}

void bl_touch_charges(bl_tenant *t, bl_wallet *wallet) {
  size_t from = offsetof(bl_wallet, free_span);
  size_t to = offsetof(bl_wallet, balance) +
              (BL_ACCOUNT_REVENUE + 1) * sizeof *wallet->balance;

  if (wallet->touched != t->serial)
    bl_touch(t, &wallet->free_span, to - from, &wallet->charge_touched);
  bl_customer_moves(t, wallet->customer);
}

void bl_touch_lot(bl_tenant *t, bl_grant_state *grant) {
  bl_lot *lot = &grant->lot;

  if (grant->touched == t->serial) return;
  bl_touch(t, &lot->left, offsetof(bl_lot, name) - offsetof(bl_lot, left),
           &grant->lot_touched);
}

void bl_undo_start(bl_tenant *t, bl_arena *arena) {
  t->undo_arena = arena;
  t->undo = NULL;
  t->serial++;
  t->held = t->arena.held;
  t->tail_known = t->tail.count;
  t->moved_known = t->moved;
  t->index.known = t->index.count;
}

/*
 * What an undone call took from the arena cannot be given back one by one.
 * When such calls (quotes for customers without usage, say) have left more
 * than the state itself, it is folded again.
 */
static void count_waste(bl_tenant *t) {
  t->waste += t->arena.held - t->held;
  if (t->waste > WASTE_SMALLEST && t->waste > t->arena.held / 2)
    t->is_stale = 1;
}

void bl_undo_all(bl_tenant *t) {
  for (bl_undo *u = t->undo; u; u = u->older) {
    if (u->map) {
      if (u->map->count > u->size) bl_map_cut(u->map, u->size);
    } else {
      memcpy(u->at, u + 1, u->size);
    }
  }
  for (; t->moved != t->moved_known; t->moved = t->moved->next_moved)
    t->moved->is_moved = 0;
  if (t->undo_arena && !t->is_stale) {   /* else memory is thrown away */
    bl_key_tail_cut(&t->tail, t->tail_known);
    bl_index_cut(&t->index, t->index.known);
  }
  count_waste(t);
  bl_undo_forget(t);
}

void bl_stale_if_undone(bl_tenant *t) {
  uint64_t mark = 0;

  if (t->is_stale || !t->undo_arena) return;
  t->is_stale = 1;
  bl_touch(t, &t->is_stale, sizeof t->is_stale, &mark);
  t->is_stale = !mark;               /* without memory undo is given up */
}

void bl_undo_forget(bl_tenant *t) {
  t->undo = NULL;
  t->undo_arena = NULL;
  t->watched = NULL;
}

int bl_list_add(bl_tenant *t, bl_list *list, void *item) {
  void **place;

  bl_touch(t, list, sizeof *list, &list->touched);
  place = bl_arena_push(&t->arena, (void **)&list->item, &list->count,
                        &list->cap, sizeof *place);
  if (!place) return BILLING_NOMEM;
  *place = item;
  list->count++;
  return BILLING_OK;
}

/* Undo must know the places [from, to). */
static void touch_places(bl_tenant *t, bl_list *list, size_t from, size_t to) {
  uint64_t mark = 0;

  bl_touch(t, list, sizeof *list, &list->touched);
  if (from < to)
    bl_touch(t, &list->item[from], (to - from) * sizeof *list->item, &mark);
}

static void move_places(bl_list *list, size_t from, size_t to, size_t count) {
  memmove(&list->item[to], &list->item[from], count * sizeof *list->item);
}

int bl_list_insert(bl_tenant *t, bl_list *list, size_t place, void *item) {
  size_t before = place - list->first;
  int rc = BILLING_OK;

  assert(place >= list->first && place <= list->count);
  if (list->first > 0 && before < list->count - place) {
    touch_places(t, list, list->first - 1, place);
    move_places(list, list->first, list->first - 1, before);
    list->first--;
    place--;
  } else {
    touch_places(t, list, place, list->count);
    rc = bl_list_add(t, list, item);
    if (!rc) move_places(list, place, place + 1, list->count - 1 - place);
  }
  if (!rc) list->item[place] = item;
  return rc;
}

void bl_list_remove(bl_tenant *t, bl_list *list, size_t place) {
  size_t before = place - list->first, behind = list->count - 1 - place;

  assert(place >= list->first && place < list->count);
  if (before < behind) {
    touch_places(t, list, list->first, place + 1);
    move_places(list, list->first, list->first + 1, before);
    list->first++;
  } else {
    touch_places(t, list, place, list->count);
    move_places(list, place + 1, place, behind);
    list->count--;
  }
}

void *bl_list_take(bl_tenant *t, bl_list *list, size_t place) {
  void *moved = list->item[list->count - 1];

  touch_places(t, list, place, place + 1);
  touch_places(t, list, list->count - 1, list->count);   /* it may be reused */
  list->count--;
  if (place == list->count) return NULL;
  list->item[place] = moved;
  return moved;
}

void *bl_list_by_number(const bl_list *list, uint64_t number) {
  return number && number <= list->count ? list->item[number - 1] : NULL;
}

void *bl_table_at(const bl_table *table, uint64_t number) {
  size_t page = (size_t)(number / TABLE_PAGE);

  if (page >= table->pages || !table->page[page]) return NULL;
  return table->page[page][number % TABLE_PAGE];
}

/* Places are made for good: an undone call leaves them empty. */
static void **table_place(bl_tenant *t, bl_table *table, uint64_t number) {
  size_t page = (size_t)(number / TABLE_PAGE);
  size_t pages = table->pages ? table->pages : 1;
  void ***larger;

  while (pages <= page) pages *= 2;
  if (pages > table->pages) {
    larger = bl_arena_array(&t->arena, pages, sizeof *larger);
    if (!larger) return NULL;
    if (table->pages)
      memcpy(larger, table->page, table->pages * sizeof *larger);
    table->page = larger;
    table->pages = pages;
  }
  if (!table->page[page])
    table->page[page] =
        bl_arena_array(&t->arena, TABLE_PAGE, sizeof **table->page);
  return table->page[page] ? &table->page[page][number % TABLE_PAGE] : NULL;
}

int bl_table_put(bl_tenant *t, bl_table *table, uint64_t number, void *item) {
  void **place = table_place(t, table, number);
  uint64_t mark = 0;

  if (!place) return BILLING_NOMEM;
  bl_touch(t, place, sizeof *place, &mark);
  *place = item;
  return BILLING_OK;
}

bl_customer *bl_customer_make(bl_tenant *t, uint64_t number) {
  bl_customer *customer = bl_arena_take(&t->arena, sizeof *customer);

  if (!customer) return NULL;
  customer->number = number;
  customer->loading = BL_LOADED;
  return bl_table_put(t, &t->by_customer, number, customer) ? NULL : customer;
}

int bl_customer_name(bl_tenant *t, bl_customer *customer,
                     const unsigned char id_hash[16]) {
  memcpy(customer->id_hash, id_hash, sizeof customer->id_hash);
  if (bl_map_get(&t->customers, id_hash, 16)) return BILLING_OK;
  bl_touch_map(t, &t->customers);
  return bl_map_put(&t->customers, customer->id_hash, 16, customer);
}

bl_wallet *bl_wallet_make(bl_tenant *t, bl_customer *customer,
                          const char asset[16]) {
  bl_wallet *wallet = bl_wallet_of(customer, asset);

  if (wallet) return wallet;
  wallet = bl_arena_take(&t->arena, sizeof *wallet);
  if (!wallet) return NULL;
  memcpy(wallet->asset, asset, sizeof wallet->asset);
  wallet->customer = customer;
  return bl_list_add(t, &customer->wallets, wallet) ? NULL : wallet;
}

size_t bl_lot_place(const bl_list *grants, const bl_lot *lot) {
  size_t low = grants->first, high = grants->count;

  while (low < high) {
    size_t middle = low + (high - low) / 2;
    const bl_grant_state *grant = grants->item[middle];
    if (grant->lot.number != lot->number &&
        bl_order_compare(&bl_order_default, &grant->lot, lot, NULL) < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

void bl_wallet_forget_free(bl_tenant *t, bl_wallet *wallet) {
  bl_touch_wallet(t, wallet);
  wallet->free_span = (bl_span){0, 0};
}

/* Keeps the wallet's list of live grants. */
static int keep_live(bl_tenant *t, bl_wallet *wallet, bl_grant_state *grant) {
  const bl_lot *lot = &grant->lot;
  uint64_t is_live = !bl_dec_is_zero(lot->left) || !bl_dec_is_zero(lot->held);
  size_t place;

  if (is_live == grant->is_live) return BILLING_OK;
  place = bl_lot_place(&wallet->live, lot);
  bl_touch(t, grant, sizeof *grant, &grant->touched);
  grant->is_live = is_live;
  if (!is_live) {
    bl_list_remove(t, &wallet->live, place);
    return BILLING_OK;
  }
  /* The span was found without this grant: it says nothing of its end. */
  wallet->free_span = (bl_span){0, 0};
  return bl_list_insert(t, &wallet->live, place, grant);
}

/* What is free at a moment, and how long that is so when nothing moves. */
static void find_free(bl_wallet *wallet, int64_t now_us) {
  int64_t until_us = BL_TIME_NEVER;
  bl_dec sum = BL_DEC_ZERO;

  for (size_t i = wallet->live.first; i < wallet->live.count; i++) {
    const bl_lot *lot = &((const bl_grant_state *)wallet->live.item[i])->lot;
    int64_t change_us =
        lot->effective_us > now_us ? lot->effective_us : lot->expires_us;
    if (change_us > now_us && change_us < until_us) until_us = change_us;
    if (lot->effective_us <= now_us && now_us < lot->expires_us)
      sum = bl_dec_add(sum, bl_dec_sub(lot->left, lot->held));
  }
  wallet->free = sum;
  wallet->free_span = (bl_span){now_us, until_us};
}

bl_dec bl_wallet_free(bl_wallet *wallet, int64_t now_us) {
  if (!wallet) return BL_DEC_ZERO;
  if (!bl_span_holds(wallet->free_span, now_us)) find_free(wallet, now_us);
  return wallet->free;
}

int bl_grant_move(bl_tenant *t, bl_wallet *wallet, bl_grant_state *grant,
                  bl_dec left, bl_dec held) {
  bl_lot *lot = &grant->lot;
  bl_span life = {lot->effective_us, lot->expires_us};

  bl_touch_lot(t, grant);
  bl_touch_charges(t, wallet);
  lot->left = bl_dec_add(lot->left, left);
  lot->held = bl_dec_add(lot->held, held);
  /* While the span lasts no grant begins or ends, so one moment tells. */
  if (bl_span_holds(life, wallet->free_span.from_us))
    wallet->free = bl_dec_add(wallet->free, bl_dec_sub(left, held));
  return keep_live(t, wallet, grant);
}

/* Out of the list under the old time and into it under the new one. */
static int move_lot(bl_tenant *t, bl_list *list, bl_grant_state *grant,
                    int64_t expires_us) {
  bl_lot later = grant->lot;

  later.expires_us = expires_us;
  bl_list_remove(t, list, bl_lot_place(list, &grant->lot));
  return bl_list_insert(t, list, bl_lot_place(list, &later), grant);
}

int bl_grant_extend(bl_tenant *t, bl_wallet *wallet, bl_grant_state *grant,
                    int64_t expires_us) {
  int rc = BILLING_OK;

  if (grant->lot.expires_us == expires_us) return BILLING_OK;
  bl_wallet_forget_free(t, wallet);
  if (grant->is_live) rc = move_lot(t, &wallet->live, grant, expires_us);
  if (!rc) rc = move_lot(t, &wallet->grants, grant, expires_us);
  bl_touch(t, grant, sizeof *grant, &grant->touched);
  grant->lot.expires_us = expires_us;
  return rc;
}

#define TALLY_ALIGN 32

/* The key of a tally: two numbers and the group's text. */
typedef struct tally_key {
  uint64_t price;
  uint64_t period;
} tally_key;

#define TALLY_KEY_BYTES 512

/* A long group is replaced by its hash, so that keys have a bound. */
static size_t tally_key_of(uint64_t price, uint64_t period, bl_str group,
                           char *out) {
  tally_key key = {price, period};
  size_t room = TALLY_KEY_BYTES - sizeof key - 1;

  memcpy(out, &key, sizeof key);
  out[sizeof key] = group.len > room;
  if (group.len > room) {
    bl_hash32((unsigned char *)out + sizeof key + 1, group.text, group.len);
    return sizeof key + 1 + 32;
  }
  if (group.len) memcpy(out + sizeof key + 1, group.text, group.len);
  return sizeof key + 1 + group.len;
}

bl_tally *bl_tally_of(const bl_contract *contract, uint64_t price,
                      uint64_t period, bl_str group) {
  char key[TALLY_KEY_BYTES];
  size_t len = tally_key_of(price, period, group, key);

  return bl_map_get(&contract->tallies, key, len);
}

/* A tally behind the text of its group.  It begins in the middle of a cache
 * line, or where one begins: then few lines have all that is looked up. */
static bl_tally *new_tally(bl_arena *arena, bl_str group) {
  size_t front = (group.len + TALLY_ALIGN) / TALLY_ALIGN * TALLY_ALIGN;
  char *text = bl_arena_take(arena, front + sizeof(bl_tally) + TALLY_ALIGN);
  bl_tally *tally;

  if (!text) return NULL;
  text += TALLY_ALIGN - (uintptr_t)text % TALLY_ALIGN;
  if (group.len) memcpy(text, group.text, group.len);
  tally = (bl_tally *)(void *)(text + front);
  tally->group = (bl_str){text, group.len};
  return tally;
}

static int needs_more(const bl_tally *tally) {
  return bl_tally_ticks(tally) ||
         bl_tally_meter(tally)->aggregation == BL_AGG_UNIQUE;
}

static bl_tally_more *new_more(bl_arena *arena) {
  bl_tally_more *more = bl_arena_take(arena, sizeof *more);

  if (more) bl_map_open(&more->values, arena);
  return more;
}

static bl_tally *make_tally(bl_tenant *t, bl_contract *contract,
                            uint64_t price, uint64_t period, bl_str group) {
  char key[TALLY_KEY_BYTES];
  size_t len = tally_key_of(price, period, group, key);
  const bl_meter_state *meter = contract->plan->meters[price];
  bl_tally *tally = bl_map_get(&contract->tallies, key, len);

  if (tally) return tally;
  tally = new_tally(&t->arena, group);
  if (!tally) return NULL;
  bl_touch_contract(t, contract);      /* `recent` must not outlive an undo */
  tally->contract = contract;
  tally->price = (uint32_t)price;
  tally->period = (uint32_t)period;
  if (meter)
    tally->rules = bl_rules_before(meter, contract->customer->number,
                                   t->as_of);
  if (needs_more(tally)) tally->more = new_more(&t->arena);
  bl_touch_map(t, &contract->tallies);
  if (t->arena.failed ||
      bl_map_put(&contract->tallies, key, len, tally))
    return NULL;
  return tally;
}

/* Events of one customer have few keys: those used last are found without the
 * map, and a tag tells most others without a look at them. */
bl_tally *bl_tally_make(bl_tenant *t, bl_contract *contract, uint64_t price,
                        uint64_t period, bl_str group) {
  uint16_t tag =
      (uint16_t)(bl_hash_bytes(group.text, group.len) + price * 31);
  bl_tally *recent;

  for (size_t i = 0; i < BL_RECENT; i++) {
    recent = contract->recent[i];
    if (contract->recent_tag[i] == tag && recent && recent->price == price &&
        recent->period == period && bl_str_equal(recent->group, group))
      return recent;
  }
  recent = make_tally(t, contract, price, period, group);
  contract->recent[contract->recent_next % BL_RECENT] = recent;
  contract->recent_tag[contract->recent_next++ % BL_RECENT] = tag;
  return recent;
}

int bl_tally_clear(bl_tenant *t, bl_tally *tally) {
  bl_touch_tally(t, tally);
  tally->level = (bl_level){BL_DEC_ZERO, 0, 0};
  tally->first_event = tally->last_event = 0;
  if (!tally->more) return BILLING_OK;
  tally->more = new_more(&t->arena);
  if (!tally->more) return BILLING_NOMEM;
  tally->more->is_due = 1;             /* it may have had another figure */
  return BILLING_OK;
}

int bl_tally_measure(bl_tenant *t, bl_tally *tally,
                     const bl_meter_rules *rules, int is_anew) {
  const bl_tally_more *was = tally->more;

  bl_touch_tally(t, tally);
  tally->rules = rules;
  if (!needs_more(tally)) tally->more = NULL;
  else if (!was || is_anew) tally->more = new_more(&t->arena);
  else return BILLING_OK;
  if (t->arena.failed) return BILLING_NOMEM;
  if (!was || !tally->more) return BILLING_OK;
  tally->more->ticked = was->ticked;
  tally->more->is_due = was->is_due;
  return BILLING_OK;
}

bl_tally *bl_tally_commit(const bl_tally *tally) {
  uint64_t at = bl_plan_commit(tally->contract->plan, tally->price);

  return at ? bl_tally_of(tally->contract, at, tally->period, tally->group)
            : NULL;
}

bl_dec bl_tally_quantity(const bl_tally *tally) {
  const bl_tally *commit = bl_tally_commit(tally);
  bl_dec quantity = bl_tally_ticks(tally)
                      ? tally->more->ticked
                      : bl_measure_finish(bl_tally_meter(tally),
                                          tally->level.total);

  return commit ? bl_dec_sub(quantity, commit->more->ticked) : quantity;
}

size_t bl_plan_first(const bl_plan_version *plan,
                     const bl_meter_state *meter) {
  for (size_t i = 0; i < plan->first_count; i++)
    if (plan->meters[plan->first[i]] == meter) return plan->first[i];
  return plan->plan.price_count;
}

#undef TALLY_KEY_BYTES
#undef TALLY_ALIGN
#undef WASTE_SMALLEST
#undef TABLE_PAGE
