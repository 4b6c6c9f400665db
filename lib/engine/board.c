/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * board.c - an extendible hash table of cache lines; see board.h.
 *
 *     hash      01 101 .. 000110
 *               directory of depth 2: page 01; in it, first look at line 6
 *
 * A page has 64 entries, open addressed.  One that is full is split by one
 * more leading bit of the hash, so growing is spread over many small steps,
 * and no entry ever stands in two pages where it could grow old unseen: what
 * moves is written to the new page, the directory is turned there, and only
 * then it leaves the old one.  A reader in between finds it in either.
 *
 * Each entry carries a version that is odd while it is written.  A reader
 * reads it before and after, and takes what stood between two equal even
 * ones.  Words are read with acquire and written with release, which orders
 * them with the version: a reader that saw a new word sees the new version
 * afterwards.
 */
#include "engine/board.h"

#define BOARD_PANELS 1024u         /* at most */
#define BOARD_PANEL_BITS 11        /* twice as many places for them */
#define BOARD_PANEL_PLACES (1u << BOARD_PANEL_BITS)
#define BOARD_LINE ((size_t)64)
#define BOARD_PAGE 64u             /* entries; a power of two */
#define BOARD_PAGE_FULL 44u
#define BOARD_DEPTH_MOST 18u       /* 2^18 pages are 1 GiB */
#define BOARD_TRIES 8              /* to read an entry that is being written */
#define BOARD_WORDS 3              /* of an id */

/* Numbers of panels that no panel has. */
#define BOARD_FREE 0u              /* the entry was never used */
#define BOARD_GONE 1u              /* and this one is not any more */

struct bl_board_entry {
  _Atomic uint64_t head;           /* version << 32 | number of the panel */
  _Atomic uint64_t id[BOARD_WORDS];   /* padded with zeros; no id has one */
  _Atomic uint64_t lo;
  _Atomic int64_t  hi;
  _Atomic int64_t  from_us;
  _Atomic int64_t  to_us;
};

_Static_assert(sizeof(bl_board_entry) == 64, "an entry is a cache line");

typedef struct board_page {
  bl_board_entry entry[BOARD_PAGE];
  uint32_t       depth;            /* leading bits that its entries share */
  uint32_t       used;             /* entries that are not free */
} board_page;

typedef struct board_directory {
  uint32_t depth;
  _Atomic(board_page *) page[];    /* by the leading bits of the hash */
} board_directory;

struct bl_board {
  _Atomic(board_directory *) directory;   /* NULL: nothing was shown yet */
  _Atomic(bl_panel *) panel[BOARD_PANEL_PLACES];   /* open addressed */
  uint32_t          panels;
  bl_arena          arena;
  billing_allocator host;
};

typedef struct board_key {
  uint32_t number;                 /* of the panel */
  uint64_t id[BOARD_WORDS];
  uint64_t hash;
} board_key;

/* ---- keys ---- */

static uint64_t board_load8(const char *text) {
  uint64_t v = 0;

  for (unsigned i = 0; i < 8; i++)         /* compilers make it one load */
    v |= (uint64_t)(unsigned char)text[i] << 8 * i;
  return v;
}

/* The last len bytes, 1 to 8, of a text of `whole` bytes. */
static uint64_t board_load_end(const char *text, size_t whole, size_t len) {
  uint64_t v = 0;

  if (whole >= 8) return board_load8(text + whole - 8) >> (64 - 8 * len);
  for (size_t i = 0; i < len; i++)
    v |= (uint64_t)(unsigned char)text[whole - len + i] << 8 * i;
  return v;
}

/* Products with three odd numbers are independent of each other; what follows
 * spreads their high bits. */
static uint64_t board_hash(const board_key *key) {
  uint64_t h = key->id[0] * UINT64_C(0x9E3779B97F4A7C15) +
               key->id[1] * UINT64_C(0xC2B2AE3D27D4EB4F) +
               key->id[2] * UINT64_C(0x165667B19E3779F9) + key->number;

  h = (h ^ h >> 32) * UINT64_C(0xD6E8FEB86659FD93);
  h = (h ^ h >> 32) * UINT64_C(0xD6E8FEB86659FD93);
  return h ^ h >> 32;
}

/* 0 when the board has no room for such an id, or the panel is worn out. */
static int board_key_of(const bl_panel *panel, bl_str id, board_key *key) {
  size_t words = (id.len + 7) / 8;

  key->number = atomic_load_explicit(&panel->number, memory_order_relaxed);
  if (!id.len || words > BOARD_WORDS || !id.text || !key->number) return 0;
  for (size_t i = 0; i < BOARD_WORDS; i++) {
    if (i + 1 < words)
      key->id[i] = board_load8(id.text + 8 * i);
    else if (i + 1 == words)
      key->id[i] = board_load_end(id.text, id.len, id.len - 8 * i);
    else
      key->id[i] = 0;
  }
  key->hash = board_hash(key);
  return 1;
}

/* ---- read ---- */

/* Where a hash belongs in a directory of this depth. */
static size_t board_place(uint64_t hash, uint32_t depth) {
  return (size_t)(hash >> 32 >> (32 - depth));
}

static board_page *board_page_of(const bl_board *board, uint64_t hash) {
  const board_directory *directory =
      atomic_load_explicit(&board->directory, memory_order_acquire);

  if (!directory) return NULL;
  return atomic_load_explicit(
      &directory->page[board_place(hash, directory->depth)],
      memory_order_acquire);
}

static uint64_t board_word(const _Atomic uint64_t *word) {
  return atomic_load_explicit(word, memory_order_acquire);
}

static int board_is_key(const bl_board_entry *e, const board_key *key) {
  return board_word(&e->id[0]) == key->id[0] &&
         board_word(&e->id[1]) == key->id[1] &&
         board_word(&e->id[2]) == key->id[2];
}

/* The key's entry, as it seems now; *head is its version and number. */
static bl_board_entry *board_look(board_page *page, const board_key *key,
                                  uint64_t *head) {
  for (uint32_t i = 0; i < BOARD_PAGE; i++) {
    bl_board_entry *e = &page->entry[(key->hash + i) % BOARD_PAGE];
    *head = board_word(&e->head);
    if ((uint32_t)*head == BOARD_FREE) return NULL;
    if ((uint32_t)*head == key->number && board_is_key(e, key)) return e;
  }
  return NULL;
}

/* The figure of the entry, if it is still what it was at `head`. */
static int board_read(const bl_board_entry *e, uint64_t head,
                      bl_board_figure *out) {
  if (head >> 32 & 1) return 0;
  out->spend.lo = board_word(&e->lo);
  out->spend.hi = atomic_load_explicit(&e->hi, memory_order_acquire);
  out->span.from_us = atomic_load_explicit(&e->from_us, memory_order_acquire);
  out->span.to_us = atomic_load_explicit(&e->to_us, memory_order_acquire);
  return atomic_load_explicit(&e->head, memory_order_relaxed) == head;
}

int bl_board_spend(const bl_board *board, const bl_panel *panel,
                   bl_str customer, int64_t now_us, bl_dec *spend) {
  int64_t clock_us =
      atomic_load_explicit(&panel->clock_us, memory_order_relaxed);
  bl_board_figure figure;
  board_page *page;
  board_key key;

  if (!board_key_of(panel, customer, &key)) return 0;
  page = board_page_of(board, key.hash);
  if (!page) return 0;
  for (int i = 0; i < BOARD_TRIES; i++) {
    uint64_t head;
    const bl_board_entry *e = board_look(page, &key, &head);
    if (!e) return 0;
    if (!board_read(e, head, &figure)) continue;
    *spend = figure.spend;
    return bl_span_holds(figure.span, now_us > clock_us ? now_us : clock_us);
  }
  return 0;
}

/* ---- panels ---- */

static uint32_t panel_place(bl_str tenant, const char asset[16]) {
  uint64_t h = board_load8(asset) * UINT64_C(0x9E3779B97F4A7C15) +
               board_load8(asset + 8) * UINT64_C(0xC2B2AE3D27D4EB4F);

  h ^= bl_hash_bytes(tenant.text, tenant.len);
  return (uint32_t)((h ^ h >> 32) * UINT64_C(0xD6E8FEB86659FD93) >>
                    (64 - BOARD_PANEL_BITS));
}

/* The panel, or the free place where it belongs. */
static uint32_t panel_find(const bl_board *board, bl_str tenant,
                           const char asset[16], bl_panel **out) {
  uint32_t at = panel_place(tenant, asset);

  for (;; at = (at + 1) % BOARD_PANEL_PLACES) {
    bl_panel *panel =
        atomic_load_explicit(&board->panel[at], memory_order_acquire);
    *out = panel;
    if (!panel || (panel->tenant_len == tenant.len &&
                   memcmp(panel->asset, asset, sizeof panel->asset) == 0 &&
                   memcmp(panel->tenant, tenant.text, tenant.len) == 0))
      return at;
  }
}

const bl_panel *bl_board_panel(const bl_board *board, bl_str tenant,
                               const char asset[16]) {
  bl_panel *panel;

  (void)panel_find(board, tenant, asset, &panel);
  return panel;
}

/* Zeroed, and on lines of its own. */
static void *board_take(bl_board *board, size_t size) {
  size_t lines = (size + BOARD_LINE - 1) / BOARD_LINE;
  char *p = bl_arena_take(&board->arena, (lines + 1) * BOARD_LINE);
  size_t past = (size_t)((uintptr_t)p % BOARD_LINE);

  if (!p) return NULL;
  return past ? p + (BOARD_LINE - past) : p;
}

bl_panel *bl_board_panel_make(bl_board *board, bl_str tenant,
                              const char asset[16]) {
  bl_panel *panel;
  uint32_t at = panel_find(board, tenant, asset, &panel);

  if (panel || board->panels == BOARD_PANELS) return panel;
  panel = board_take(board, sizeof *panel + tenant.len);
  if (!panel) return NULL;
  memcpy(panel->asset, asset, sizeof panel->asset);
  memcpy(panel->tenant, tenant.text, tenant.len);
  panel->tenant_len = (uint32_t)tenant.len;
  atomic_store_explicit(&panel->number, at + BOARD_PANEL_PLACES,
                        memory_order_relaxed);
  atomic_store_explicit(&board->panel[at], panel, memory_order_release);
  board->panels++;
  return panel;
}

/* The low bits of a number are the panel's place, the others count.  When they
 * are used up the panel has no number any more. */
void bl_board_clear(bl_panel *panel) {
  uint32_t number = atomic_load_explicit(&panel->number, memory_order_relaxed);

  if (!number) return;
  number += BOARD_PANEL_PLACES;
  atomic_store_explicit(&panel->number,
                        number < BOARD_PANEL_PLACES ? 0 : number,
                        memory_order_release);
}

static int board_is_alive(const bl_board *board, uint32_t number) {
  const bl_panel *panel;

  if (number == BOARD_FREE || number == BOARD_GONE) return 0;
  panel = atomic_load_explicit(&board->panel[number % BOARD_PANEL_PLACES],
                               memory_order_relaxed);
  return atomic_load_explicit(&panel->number, memory_order_relaxed) == number;
}

/* ---- write ---- */

static void board_set(_Atomic uint64_t *word, uint64_t v) {
  atomic_store_explicit(word, v, memory_order_release);
}

static uint32_t board_number(const bl_board_entry *e) {
  return (uint32_t)atomic_load_explicit(&e->head, memory_order_relaxed);
}

/* The version becomes odd, and then even again. */
static void board_turn(bl_board_entry *e, uint32_t number) {
  uint64_t head = atomic_load_explicit(&e->head, memory_order_relaxed);

  board_set(&e->head, ((head >> 32) + 1) << 32 | number);
}

static void board_write_figure(bl_board_entry *e,
                               const bl_board_figure *figure) {
  board_set(&e->lo, figure->spend.lo);
  atomic_store_explicit(&e->hi, figure->spend.hi, memory_order_release);
  atomic_store_explicit(&e->from_us, figure->span.from_us,
                        memory_order_release);
  atomic_store_explicit(&e->to_us, figure->span.to_us, memory_order_release);
}

void bl_board_write(bl_board_entry *entry, const bl_board_figure *figure) {
  uint32_t number = board_number(entry);

  board_turn(entry, number);
  board_write_figure(entry, figure);
  board_turn(entry, number);
}

static void board_rename(bl_board_entry *e, const board_key *key,
                         const bl_board_figure *figure) {
  board_turn(e, key->number);
  for (int i = 0; i < BOARD_WORDS; i++) board_set(&e->id[i], key->id[i]);
  board_write_figure(e, figure);
  board_turn(e, key->number);
}

/* The page has room. */
static bl_board_entry *board_add(board_page *page, const board_key *key,
                                 const bl_board_figure *figure) {
  uint64_t at = key->hash;

  assert(page->used < BOARD_PAGE);
  while (board_number(&page->entry[at % BOARD_PAGE]) != BOARD_FREE) at++;
  page->used++;
  board_rename(&page->entry[at % BOARD_PAGE], key, figure);
  return &page->entry[at % BOARD_PAGE];
}

/* ---- grow ---- */

/* An entry off the board. */
typedef struct board_line {
  board_key       key;
  bl_board_figure figure;
} board_line;

typedef struct board_lines {
  board_line line[BOARD_PAGE];
  size_t     count;
} board_lines;

/* What is still to be shown of a page. */
static void board_copy(const bl_board *board, const board_page *page,
                       board_lines *out) {
  out->count = 0;
  for (uint32_t i = 0; i < BOARD_PAGE; i++) {
    const bl_board_entry *e = &page->entry[i];
    board_line *line = &out->line[out->count];
    line->key.number = board_number(e);
    if (!board_is_alive(board, line->key.number)) continue;
    for (int k = 0; k < BOARD_WORDS; k++)
      line->key.id[k] = board_word(&e->id[k]);
    line->key.hash = board_hash(&line->key);
    (void)board_read(e, atomic_load_explicit(&e->head, memory_order_relaxed),
                     &line->figure);
    out->count++;
  }
}

static int board_bit(const board_key *key, uint32_t depth) {
  return (int)(key->hash >> (63 - depth) & 1);
}

/* Adds the lines whose bit behind the page's old depth is this one. */
static void board_fill(board_page *page, const board_lines *lines,
                       uint32_t depth, int bit) {
  for (size_t i = 0; i < lines->count; i++)
    if (board_bit(&lines->line[i].key, depth) == bit)
      board_add(page, &lines->line[i].key, &lines->line[i].figure);
}

/* Readers that look meanwhile may miss what is there. */
static void board_empty(board_page *page) {
  const board_key none = {BOARD_FREE, {0}, 0};
  const bl_board_figure nothing = {{0, 0}, {0, 0}};

  for (uint32_t i = 0; i < BOARD_PAGE; i++)
    board_rename(&page->entry[i], &none, &nothing);
  page->used = 0;
}

static int board_deepen(bl_board *board) {
  board_directory *old =
      atomic_load_explicit(&board->directory, memory_order_relaxed);
  uint32_t depth = old ? old->depth + 1 : 0;
  size_t count = (size_t)1 << depth;
  board_directory *fresh;
  board_page *page = NULL;

  if (depth > BOARD_DEPTH_MOST) return 0;
  fresh = board_take(board, sizeof *fresh + count * sizeof fresh->page[0]);
  if (fresh && !old) page = board_take(board, sizeof *page);
  if (!fresh || (!old && !page)) return 0;
  fresh->depth = depth;
  for (size_t i = 0; i < count; i++)
    atomic_store_explicit(
        &fresh->page[i],
        old ? atomic_load_explicit(&old->page[i / 2], memory_order_relaxed)
            : page,
        memory_order_relaxed);
  atomic_store_explicit(&board->directory, fresh, memory_order_release);
  return 1;
}

/* Turns the places of the page's entries with a one behind its depth. */
static void board_turn_places(bl_board *board, uint64_t hash, uint32_t depth,
                              board_page *page) {
  board_directory *directory =
      atomic_load_explicit(&board->directory, memory_order_relaxed);
  uint32_t below = directory->depth - depth - 1;
  size_t first = (board_place(hash, depth) << 1 | 1) << below;

  for (size_t i = 0; i < (size_t)1 << below; i++)
    atomic_store_explicit(&directory->page[first + i], page,
                          memory_order_release);
}

static int board_split(bl_board *board, board_page *page,
                       const board_lines *lines, uint64_t hash) {
  const board_directory *directory =
      atomic_load_explicit(&board->directory, memory_order_relaxed);
  uint32_t depth = page->depth;
  board_page *other;

  if (depth == directory->depth && !board_deepen(board)) return 0;
  other = board_take(board, sizeof *other);
  if (!other) return 0;
  page->depth = other->depth = depth + 1;
  board_fill(other, lines, depth, 1);
  board_turn_places(board, hash, depth, other);
  board_empty(page);
  board_fill(page, lines, depth, 0);
  return 1;
}

/* Makes room in the page of a hash: what is not shown any more goes, or half
 * of it moves.  0 when there is none to be had. */
static int board_make_room(bl_board *board, board_page *page, uint64_t hash) {
  board_lines lines;

  board_copy(board, page, &lines);
  if (lines.count > BOARD_PAGE_FULL / 2 &&
      board_split(board, page, &lines, hash))
    return 1;
  if (lines.count >= BOARD_PAGE_FULL) return 0;
  board_empty(page);
  for (size_t i = 0; i < lines.count; i++)
    board_add(page, &lines.line[i].key, &lines.line[i].figure);
  return 1;
}

bl_board_entry *bl_board_find(const bl_board *board, const bl_panel *panel,
                              bl_str customer) {
  board_page *page;
  board_key key;
  uint64_t head;

  if (!board_key_of(panel, customer, &key)) return NULL;
  page = board_page_of(board, key.hash);
  return page ? board_look(page, &key, &head) : NULL;
}

bl_board_entry *bl_board_make(bl_board *board, const bl_panel *panel,
                              bl_str customer) {
  const bl_board_figure unknown = {{0, 0}, {0, 0}};
  bl_board_entry *entry = bl_board_find(board, panel, customer);
  board_page *page;
  board_key key;

  if (entry || !board_key_of(panel, customer, &key)) return entry;
  page = board_page_of(board, key.hash);
  if (!page && !board_deepen(board)) return NULL;
  while ((page = board_page_of(board, key.hash))->used >= BOARD_PAGE_FULL)
    if (!board_make_room(board, page, key.hash)) return NULL;
  return board_add(page, &key, &unknown);
}

void bl_board_forget(bl_board *board, const bl_panel *panel, bl_str customer) {
  const board_key gone = {BOARD_GONE, {0}, 0};
  const bl_board_figure nothing = {{0, 0}, {0, 0}};
  bl_board_entry *entry = bl_board_find(board, panel, customer);

  if (entry) board_rename(entry, &gone, &nothing);
}

/* ---- open ---- */

bl_board *bl_board_open(const billing_allocator *host) {
  bl_board *board = bl_host_alloc(host, sizeof *board);

  if (!board) return NULL;
  bl_arena_open(&board->arena, host);
  board->host = board->arena.host;
  return board;
}

void bl_board_close(bl_board *board) {
  billing_allocator host;

  if (!board) return;
  host = board->host;
  bl_arena_close(&board->arena);
  bl_host_free(&host, board, sizeof *board);
}

#undef BOARD_PANELS
#undef BOARD_PANEL_BITS
#undef BOARD_PANEL_PLACES
#undef BOARD_LINE
#undef BOARD_PAGE
#undef BOARD_PAGE_FULL
#undef BOARD_DEPTH_MOST
#undef BOARD_TRIES
#undef BOARD_WORDS
#undef BOARD_FREE
#undef BOARD_GONE
