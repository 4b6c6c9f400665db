/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * board.c - an extendible hash table of cache lines; see board.h.
 *
 *     hash      01 101 .. 0000110
 *               directory of depth 2: page 01; in it, first look at line 6
 *
 * A page has 128 entries, open addressed.  One that is full is split by one
 * more leading bit of the hash, so growing is spread over many small steps,
 * and no entry ever stands in two pages where it could grow old unseen: what
 * moves is written to the new page, the directory is turned there, and only
 * then it leaves the old one.
 *
 * Each entry carries a version that is odd while it is written.  A reader
 * reads it before and after, and takes what stood between two equal even
 * ones.  Stores of words release what was stored before, so a reader that saw
 * a new word sees, afterwards, the new version.
 */
#include "engine/board.h"

#define BOARD_PANEL_BITS 11
#define BOARD_PANEL_PLACES (1u << BOARD_PANEL_BITS)   /* half stay free */
#define BOARD_LINE ((size_t)64)
#define BOARD_PAGE 128u            /* entries; a power of two */
#define BOARD_PAGE_FULL 88u
#define BOARD_DEPTH_MOST 17u       /* 2^17 pages are 1 GiB */
#define BOARD_TRIES 8              /* to read an entry that is being written */
#define BOARD_ID 3                 /* words of an id */

/* Numbers of panels that no panel has. */
#define BOARD_FREE 0u              /* the entry was never used */
#define BOARD_GONE 1u              /* and this one is not any more */

struct bl_board_entry {
  _Atomic uint64_t head;           /* version << 32 | number of the panel */
  _Atomic uint64_t id[BOARD_ID];   /* padded with zeros; no id has one */
  _Atomic uint64_t figure[4];      /* spend: lo, hi; span: from, to */
};

_Static_assert(sizeof(bl_board_entry) == BOARD_LINE, "an entry is a line");

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
  uint32_t panels;
  bl_arena arena;
};

typedef struct board_key {
  uint32_t number;                 /* of the panel */
  uint64_t id[BOARD_ID];
  uint64_t hash;
} board_key;

static const bl_board_figure board_unknown = {{0, 0}, {0, 0}};

/* ---- keys ---- */

static uint64_t board_byte(const char *text, unsigned at) {
  return (uint64_t)(unsigned char)text[at] << 8 * at;
}

/* Compilers make it one load. */
static inline uint64_t board_load8(const char *text) {
  return board_byte(text, 0) | board_byte(text, 1) | board_byte(text, 2) |
         board_byte(text, 3) | board_byte(text, 4) | board_byte(text, 5) |
         board_byte(text, 6) | board_byte(text, 7);
}

/* The last len bytes, at most 8, of a text of `whole` bytes. */
static inline uint64_t board_load_end(const char *text, size_t whole,
                                      size_t len) {
  uint64_t v = 0;

  assert(len <= 8 && len <= whole);
  if (whole >= 8) return board_load8(text + whole - 8) >> (64 - 8 * len);
  for (unsigned i = 0; i < len; i++) v |= board_byte(text + whole - len, i);
  return v;
}

/* Both halves of a product: all bits of the factors reach all bits. */
static inline uint64_t board_mix(uint64_t a, uint64_t b) {
  bl_u128 product = (bl_u128)a * b;

  return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* Not keyed: whoever makes ids that collide has those customers asked for in
 * the state. */
static inline uint64_t board_hash(const board_key *key) {
  uint64_t h = board_mix(key->id[0] ^ UINT64_C(0x9E3779B97F4A7C15),
                         key->id[1] ^ UINT64_C(0xC2B2AE3D27D4EB4F));

  return board_mix(h ^ key->id[2] ^ key->number,
                   UINT64_C(0xD6E8FEB86659FD93));
}

/* 0 when the board has no room for such an id, or the panel is worn out. */
static inline int board_key_of(const bl_panel *panel, bl_str id,
                               board_key *key) {
  const char *text = id.text;
  size_t len = id.len;

  key->number = atomic_load(&panel->number);
  if (!text || !len || len > sizeof key->id || !key->number) return 0;
  key->id[0] = len > 8 ? board_load8(text) : board_load_end(text, len, len);
  key->id[1] = len > 16  ? board_load8(text + 8)
               : len > 8 ? board_load_end(text, len, len - 8) : 0;
  key->id[2] = len > 16 ? board_load_end(text, len, len - 16) : 0;
  key->hash = board_hash(key);
  return 1;
}

/* ---- read ---- */

/* Where a hash belongs in a directory of this depth. */
static inline size_t board_place(uint64_t hash, uint32_t depth) {
  return (size_t)(hash >> 32 >> (32 - depth));
}

static inline board_page *board_page_of(const bl_board *board,
                                        uint64_t hash) {
  const board_directory *directory = atomic_load(&board->directory);

  if (!directory) return NULL;
  return atomic_load(&directory->page[board_place(hash, directory->depth)]);
}

static inline int board_is_key(const bl_board_entry *e,
                               const board_key *key) {
  return atomic_load(&e->id[0]) == key->id[0] &&
         atomic_load(&e->id[1]) == key->id[1] &&
         atomic_load(&e->id[2]) == key->id[2];
}

/* The key's entry, as it seems now; *head is its version and number. */
static inline bl_board_entry *board_look(board_page *page,
                                         const board_key *key,
                                         uint64_t *head) {
  for (uint32_t i = 0; i < BOARD_PAGE; i++) {
    bl_board_entry *e = &page->entry[(key->hash + i) % BOARD_PAGE];
    *head = atomic_load(&e->head);
    if ((uint32_t)*head == BOARD_FREE) return NULL;
    if ((uint32_t)*head == key->number && board_is_key(e, key)) return e;
  }
  return NULL;
}

static inline void board_figure_of(const bl_board_entry *e,
                                   bl_board_figure *out) {
  out->spend.lo = atomic_load(&e->figure[0]);
  out->spend.hi = (int64_t)atomic_load(&e->figure[1]);
  out->span.from_us = (int64_t)atomic_load(&e->figure[2]);
  out->span.to_us = (int64_t)atomic_load(&e->figure[3]);
}

/* The figure of the entry, if it is what it was at `head` throughout. */
static inline int board_read(const bl_board_entry *e, uint64_t head,
                             bl_board_figure *out) {
  if (head >> 32 & 1) return 0;
  board_figure_of(e, out);
  return atomic_load(&e->head) == head;
}

int bl_board_spend(const bl_board *board, const bl_panel *panel,
                   bl_str customer, int64_t now_us, bl_dec *spend) {
  int64_t clock_us = atomic_load(&panel->clock_us);
  bl_board_figure figure;
  board_page *page;
  board_key key;

  if (!board_key_of(panel, customer, &key)) return 0;
  page = board_page_of(board, key.hash);
  for (int i = 0; page && i < BOARD_TRIES; i++) {
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

/* By the tenant's first and last bytes. */
static inline uint32_t panel_place(bl_str tenant, const char asset[16]) {
  size_t len = tenant.len;
  uint64_t first = len > 8 ? board_load8(tenant.text) : len;
  uint64_t last = board_load_end(tenant.text, len, len < 8 ? len : 8);
  uint64_t h = board_mix(first ^ UINT64_C(0x9E3779B97F4A7C15),
                         last ^ UINT64_C(0xC2B2AE3D27D4EB4F));

  h = board_mix(h ^ board_load8(asset),
                board_load8(asset + 8) ^ UINT64_C(0xD6E8FEB86659FD93));
  return (uint32_t)(h >> (64 - BOARD_PANEL_BITS));
}

/* The panel's place, or the free one where it belongs. */
static uint32_t panel_find(const bl_board *board, bl_str tenant,
                           const char asset[16], bl_panel **out) {
  uint32_t at = panel_place(tenant, asset);

  for (;; at = (at + 1) % BOARD_PANEL_PLACES) {
    bl_panel *panel = atomic_load(&board->panel[at]);
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

  return p ? p + (BOARD_LINE - (uintptr_t)p % BOARD_LINE) : NULL;
}

bl_panel *bl_board_panel_make(bl_board *board, bl_str tenant,
                              const char asset[16]) {
  bl_panel *panel;
  uint32_t at = panel_find(board, tenant, asset, &panel);

  if (panel || board->panels == BOARD_PANEL_PLACES / 2) return panel;
  panel = board_take(board, sizeof *panel + tenant.len);
  if (!panel) return NULL;
  memcpy(panel->asset, asset, sizeof panel->asset);
  memcpy(panel->tenant, tenant.text, tenant.len);
  panel->tenant_len = (uint32_t)tenant.len;
  atomic_store(&panel->number, at + BOARD_PANEL_PLACES);
  atomic_store(&board->panel[at], panel);
  board->panels++;
  return panel;
}

/* The low bits of a number are the panel's place, the others count.  When they
 * are used up the panel has no number any more. */
void bl_board_clear(bl_panel *panel) {
  uint32_t number = atomic_load(&panel->number);

  if (!number) return;
  number += BOARD_PANEL_PLACES;
  atomic_store(&panel->number, number < BOARD_PANEL_PLACES ? 0 : number);
}

static int board_is_alive(const bl_board *board, uint32_t number) {
  const bl_panel *panel =
      atomic_load(&board->panel[number % BOARD_PANEL_PLACES]);

  if (number == BOARD_FREE || number == BOARD_GONE) return 0;
  assert(panel);
  return atomic_load(&panel->number) == number;
}

/* ---- write ---- */

static void board_set(_Atomic uint64_t *word, uint64_t v) {
  atomic_store_explicit(word, v, memory_order_release);
}

static uint32_t board_number(const bl_board_entry *e) {
  return (uint32_t)atomic_load(&e->head);
}

/* The version becomes odd, and then even again. */
static void board_turn(bl_board_entry *e, uint32_t number) {
  board_set(&e->head, ((atomic_load(&e->head) >> 32) + 1) << 32 | number);
}

static void board_set_figure(bl_board_entry *e,
                             const bl_board_figure *figure) {
  board_set(&e->figure[0], figure->spend.lo);
  board_set(&e->figure[1], (uint64_t)figure->spend.hi);
  board_set(&e->figure[2], (uint64_t)figure->span.from_us);
  board_set(&e->figure[3], (uint64_t)figure->span.to_us);
}

void bl_board_write(bl_board_entry *entry, const bl_board_figure *figure) {
  uint32_t number = board_number(entry);

  assert(number > BOARD_GONE);
  board_turn(entry, number);
  board_set_figure(entry, figure);
  board_turn(entry, number);
}

static void board_name(bl_board_entry *e, const board_key *key,
                       const bl_board_figure *figure) {
  board_turn(e, key->number);
  for (int i = 0; i < BOARD_ID; i++) board_set(&e->id[i], key->id[i]);
  board_set_figure(e, figure);
  board_turn(e, key->number);
}

/* The page has room. */
static bl_board_entry *board_add(board_page *page, const board_key *key,
                                 const bl_board_figure *figure) {
  uint64_t at = key->hash;

  assert(page->used < BOARD_PAGE);
  while (board_number(&page->entry[at % BOARD_PAGE]) != BOARD_FREE) at++;
  page->used++;
  board_name(&page->entry[at % BOARD_PAGE], key, figure);
  return &page->entry[at % BOARD_PAGE];
}

/* ---- grow ---- */

/* Entries off the board. */
typedef struct board_lines {
  struct {
    board_key       key;
    bl_board_figure figure;
  }      line[BOARD_PAGE];
  size_t count;
} board_lines;

/* What is still shown of a page. */
static void board_copy(const bl_board *board, const board_page *page,
                       board_lines *out) {
  out->count = 0;
  for (uint32_t i = 0; i < BOARD_PAGE; i++) {
    const bl_board_entry *e = &page->entry[i];
    board_key *key = &out->line[out->count].key;
    key->number = board_number(e);
    if (!board_is_alive(board, key->number)) continue;
    for (int k = 0; k < BOARD_ID; k++) key->id[k] = atomic_load(&e->id[k]);
    key->hash = board_hash(key);
    board_figure_of(e, &out->line[out->count].figure);
    out->count++;
  }
}

/* Adds those whose bit behind the leading `depth` ones is `bit`; any, when it
 * is negative. */
static void board_fill(board_page *page, const board_lines *lines,
                       uint32_t depth, int bit) {
  for (size_t i = 0; i < lines->count; i++) {
    const board_key *key = &lines->line[i].key;
    if (bit < 0 || (int)(key->hash >> (63 - depth) & 1) == bit)
      board_add(page, key, &lines->line[i].figure);
  }
}

static void board_empty(board_page *page) {
  const board_key none = {BOARD_FREE, {0}, 0};

  for (uint32_t i = 0; i < BOARD_PAGE; i++)
    board_name(&page->entry[i], &none, &board_unknown);
  page->used = 0;
}

/* A directory of twice the size; the first one has one page. */
static int board_deepen(bl_board *board) {
  board_directory *old = atomic_load(&board->directory);
  uint32_t depth = old ? old->depth + 1 : 0;
  size_t count = (size_t)1 << depth;
  board_directory *fresh;
  board_page *first = NULL;

  if (depth > BOARD_DEPTH_MOST) return 0;
  fresh = board_take(board, sizeof *fresh + count * sizeof fresh->page[0]);
  if (fresh && !old) first = board_take(board, sizeof *first);
  if (!fresh || (!old && !first)) return 0;
  fresh->depth = depth;
  for (size_t i = 0; i < count; i++)
    atomic_init(&fresh->page[i], old ? atomic_load(&old->page[i / 2]) : first);
  atomic_store(&board->directory, fresh);
  return 1;
}

/* Of the places that begin with the hash's leading `depth` bits, those that go
 * on with a one become the page's. */
static void board_turn_places(bl_board *board, uint64_t hash, uint32_t depth,
                              board_page *page) {
  board_directory *directory = atomic_load(&board->directory);
  uint32_t below = directory->depth - depth - 1;
  size_t first = (board_place(hash, depth) << 1 | 1) << below;

  for (size_t i = 0; i < (size_t)1 << below; i++)
    atomic_store(&directory->page[first + i], page);
}

static int board_split(bl_board *board, board_page *page,
                       const board_lines *lines, uint64_t hash) {
  uint32_t depth = page->depth;
  board_page *other;

  if (depth == atomic_load(&board->directory)->depth && !board_deepen(board))
    return 0;
  other = board_take(board, sizeof *other);
  if (!other) return 0;
  page->depth = other->depth = depth + 1;
  board_fill(other, lines, depth, 1);
  board_turn_places(board, hash, depth, other);
  board_empty(page);
  board_fill(page, lines, depth, 0);
  return 1;
}

/* Makes room in the page of a hash: half of it moves, or what is not shown any
 * more goes.  0 when there is none to be had. */
static int board_make_room(bl_board *board, board_page *page, uint64_t hash) {
  board_lines lines;

  board_copy(board, page, &lines);
  if (lines.count > BOARD_PAGE_FULL / 2 &&
      board_split(board, page, &lines, hash))
    return 1;
  if (lines.count >= BOARD_PAGE_FULL) return 0;
  board_empty(page);
  board_fill(page, &lines, 0, -1);
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
  bl_board_entry *entry = bl_board_find(board, panel, customer);
  board_page *page;
  board_key key;

  if (entry || !board_key_of(panel, customer, &key)) return entry;
  if (!atomic_load(&board->directory) && !board_deepen(board)) return NULL;
  page = board_page_of(board, key.hash);
  while (page && page->used >= BOARD_PAGE_FULL)
    page = board_make_room(board, page, key.hash)
               ? board_page_of(board, key.hash) : NULL;
  return page ? board_add(page, &key, &board_unknown) : NULL;
}

void bl_board_forget(bl_board *board, const bl_panel *panel, bl_str customer) {
  const board_key gone = {BOARD_GONE, {0}, 0};
  bl_board_entry *entry = bl_board_find(board, panel, customer);

  if (entry) board_name(entry, &gone, &board_unknown);
}

/* ---- open ---- */

bl_board *bl_board_open(const billing_allocator *host) {
  bl_board *board = bl_host_alloc(host, sizeof *board);

  if (!board) return NULL;
  bl_arena_open(&board->arena, host);
  return board;
}

void bl_board_close(bl_board *board) {
  billing_allocator host;

  if (!board) return;
  host = board->arena.host;
  bl_arena_close(&board->arena);
  bl_host_free(&host, board, sizeof *board);
}

#undef BOARD_PANEL_BITS
#undef BOARD_PANEL_PLACES
#undef BOARD_LINE
#undef BOARD_PAGE
#undef BOARD_PAGE_FULL
#undef BOARD_DEPTH_MOST
#undef BOARD_TRIES
#undef BOARD_ID
#undef BOARD_FREE
#undef BOARD_GONE
