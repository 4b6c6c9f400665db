/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * order.c - which grant pays first.
 *
 *     number  priority  cost  in scope  expires     drawn
 *     1       0         yes   all       never       4th
 *     2       0         yes   1 meter   never       3rd: narrower than 1
 *     3       0         no    all       never       2nd: costs nothing
 *     4       -1        yes   all       31 March    1st: lower priority
 *     5       0         yes   all       30 June     before 1, after 2
 *
 * so under the default order 4, 3, 2, 5, 1.  An order is a list of keys; the
 * first key that tells two lots apart decides, and the number, which is never
 * equal, is always the last.  A key is one row of the table below.
 */
#include "wallet/wallet.h"

static int lot_by_int(int64_t a, int64_t b) {
  return (a > b) - (a < b);
}

static int lot_by_priority(const bl_lot *a, const bl_lot *b) {
  return lot_by_int(a->priority, b->priority);
}

static int lot_by_zero_cost(const bl_lot *a, const bl_lot *b) {
  return (a->has_cost != 0) - (b->has_cost != 0);
}

static int lot_by_narrow(const bl_lot *a, const bl_lot *b) {
  /* No scope has width 0, and 0 - 1 is the largest size_t: the widest. */
  size_t wide_a = bl_scope_width(a->scope) - 1;
  size_t wide_b = bl_scope_width(b->scope) - 1;
  return (wide_a > wide_b) - (wide_a < wide_b);
}

static int lot_by_expiry(const bl_lot *a, const bl_lot *b) {
  return lot_by_int(a->expires_us, b->expires_us);
}

static int64_t lot_second(int64_t us) {
  return us / BL_SECOND - (us % BL_SECOND < 0);
}

static int lot_by_expiry_second(const bl_lot *a, const bl_lot *b) {
  return lot_by_int(lot_second(a->expires_us), lot_second(b->expires_us));
}

static int lot_by_effective(const bl_lot *a, const bl_lot *b) {
  return lot_by_int(a->effective_us, b->effective_us);
}

static int lot_by_created(const bl_lot *a, const bl_lot *b) {
  return lot_by_int(a->created_us, b->created_us);
}

static int lot_by_promotional(const bl_lot *a, const bl_lot *b) {
  return (b->is_promotional != 0) - (a->is_promotional != 0);
}

static int lot_by_rolled(const bl_lot *a, const bl_lot *b) {
  return (b->is_rolled_over != 0) - (a->is_rolled_over != 0);
}

static int lot_by_larger(const bl_lot *a, const bl_lot *b) {
  assert(!bl_dec_is_bad(a->left) && !bl_dec_is_bad(b->left));
  return bl_dec_cmp(b->left, a->left);
}

static int lot_by_distance(const bl_lot *a, const bl_lot *b) {
  return lot_by_int(a->distance, b->distance);
}

static int lot_by_name(const bl_lot *a, const bl_lot *b) {
  return bl_str_order(a->name, b->name);
}

static int lot_by_number(const bl_lot *a, const bl_lot *b) {
  return (a->number > b->number) - (a->number < b->number);
}

static const struct lot_key {
  const char *name;
  int (*compare)(const bl_lot *a, const bl_lot *b);
} lot_keys[BL_ORDER_KEYS] = {
  [BL_ORDER_PRIORITY]      = {"priority",      lot_by_priority},
  [BL_ORDER_ZERO_COST]     = {"zero_cost",     lot_by_zero_cost},
  [BL_ORDER_NARROW]        = {"narrow",        lot_by_narrow},
  [BL_ORDER_EXPIRY]        = {"expiry",        lot_by_expiry},
  [BL_ORDER_EXPIRY_SECOND] = {"expiry_second", lot_by_expiry_second},
  [BL_ORDER_EFFECTIVE]     = {"effective",     lot_by_effective},
  [BL_ORDER_CREATED]       = {"created",       lot_by_created},
  [BL_ORDER_PROMOTIONAL]   = {"promotional",   lot_by_promotional},
  [BL_ORDER_LARGER]        = {"larger",        lot_by_larger},
  [BL_ORDER_NAME]          = {"name",          lot_by_name},
  [BL_ORDER_ROLLED]        = {"rolled_over",   lot_by_rolled},
  [BL_ORDER_NEAREST]       = {"nearest",       lot_by_distance},
  [BL_ORDER_NUMBER]        = {"number",        lot_by_number},
};

const char *bl_order_key_name(uint32_t key) {
  assert(key < BL_ORDER_KEYS);
  return lot_keys[key].name;
}

size_t bl_scope_width(const bl_scope *scope) {
  if (!scope) return 0;
  return scope->meter_count + scope->price_count + scope->contract_count +
         scope->tag_count + scope->target_count + scope->customer_count;
}

int bl_order_compare(const bl_order *order, const bl_lot *a, const bl_lot *b,
                     uint32_t *decided) {
  uint32_t key = BL_ORDER_NUMBER;
  int rc = 0;
  assert(order->count <= BL_ORDER_MOST);
  assert(a == b || a->number != b->number);

  for (uint32_t i = 0; i < order->count && rc == 0; i++) {
    key = order->key[i];
    assert(key < BL_ORDER_KEYS);
    rc = lot_keys[key].compare(a, b);
  }
  if (rc == 0) {
    key = BL_ORDER_NUMBER;
    rc = lot_by_number(a, b);
  }
  if (decided) *decided = key;
  return rc;
}

/* Where `lot` belongs in the sorted run [0, count). */
static size_t order_place(const bl_order *order, bl_lot *const *lots,
                          size_t count, const bl_lot *lot) {
  size_t low = 0, high = count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (bl_order_compare(order, lots[middle], lot, NULL) <= 0)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

/* Lots mostly come sorted by their numbers and few of them move, so each is
 * first compared with its neighbour: a sorted list costs one walk. */
void bl_order_sort(const bl_order *order, bl_lot **lots, size_t count) {
  for (size_t i = 1; i < count; i++) {
    bl_lot *lot = lots[i];
    size_t place;
    if (bl_order_compare(order, lots[i - 1], lot, NULL) <= 0) continue;
    place = order_place(order, lots, i, lot);
    memmove(lots + place + 1, lots + place, (i - place) * sizeof *lots);
    lots[place] = lot;
  }
}
