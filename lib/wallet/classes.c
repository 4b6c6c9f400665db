/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * classes.c - orders in which a class comes before every key: rolled-over
 * lots, then bought and given ones, then owed ones (postpaid commitments).
 *
 *     lot      class         priority  drawn
 *     roll     rolled over   500       1st: its class is before any priority
 *     credit   bought/given  1         2nd: costs nothing
 *     pre      bought/given  1         3rd
 *     post     owed          0         4th
 *
 * Inside a class a lot that names fewer prices (then fewer groups of dimension
 * values) goes first; one that names none is the widest.
 */
#include "base/sort.h"
#include "wallet/lines.h"

const char bl_order_class_name[] = "metronome";

typedef int class_key(const bl_classed *a, const bl_classed *b);

static int class_by_size(size_t a, size_t b) {
  return (a > b) - (a < b);
}

/* 0 named things is no limit: 0 - 1 is the largest size_t. */
static int class_by_breadth(size_t a, size_t b) {
  return class_by_size(a - 1, b - 1);
}

static int class_by_whole(int64_t a, int64_t b) {
  return (a > b) - (a < b);
}

static int class_by_owed(const bl_classed *a, const bl_classed *b) {
  return (b->is_owed != 0) - (a->is_owed != 0);
}

static int class_by_priority(const bl_classed *a, const bl_classed *b) {
  return class_by_whole(a->lot->priority, b->lot->priority);
}

static int class_by_cost(const bl_classed *a, const bl_classed *b) {
  return (a->lot->has_cost != 0) - (b->lot->has_cost != 0);
}

static int class_by_prices(const bl_classed *a, const bl_classed *b) {
  const bl_scope *x = a->lot->scope, *y = b->lot->scope;

  return class_by_breadth(x ? x->price_count : 0, y ? y->price_count : 0);
}

static int class_by_dimensions(const bl_classed *a, const bl_classed *b) {
  return class_by_size(a->dimensions, b->dimensions);
}

static int class_by_expiry(const bl_classed *a, const bl_classed *b) {
  return class_by_whole(a->lot->expires_us, b->lot->expires_us);
}

static int class_by_start(const bl_classed *a, const bl_classed *b) {
  return class_by_whole(a->lot->effective_us, b->lot->effective_us);
}

static int class_by_contracts(const bl_classed *a, const bl_classed *b) {
  const bl_scope *x = a->lot->scope, *y = b->lot->scope;

  return class_by_breadth(x ? x->contract_count : 0,
                          y ? y->contract_count : 0);
}

enum { CLASS_ROLLED_OVER, CLASS_GIVEN, CLASS_OWED };

static class_key *const class_keys[][8] = {
  [CLASS_ROLLED_OVER] = {class_by_owed, class_by_priority, class_by_prices,
                         class_by_dimensions, class_by_expiry},
  [CLASS_GIVEN] = {class_by_priority, class_by_cost, class_by_prices,
                   class_by_dimensions, class_by_expiry, class_by_start,
                   class_by_contracts},
  [CLASS_OWED] = {class_by_priority, class_by_prices, class_by_expiry,
                  class_by_start, class_by_contracts},
};

static int class_of(const bl_classed *c) {
  if (c->lot->is_rolled_over) return CLASS_ROLLED_OVER;
  return c->is_owed ? CLASS_OWED : CLASS_GIVEN;
}

int bl_classed_compare(const bl_classed *a, const bl_classed *b) {
  int class = class_of(a);
  int rc = class - class_of(b);

  assert(a == b || a->lot->number != b->lot->number);
  for (size_t i = 0; !rc && class_keys[class][i]; i++)
    rc = class_keys[class][i](a, b);
  if (!rc)
    rc = (a->lot->number > b->lot->number) - (a->lot->number < b->lot->number);
  return rc;
}

static int classed_order(const void *a, const void *b) {
  return bl_classed_compare(a, b);
}

void bl_classed_sort(bl_classed *lots, size_t count) {
  bl_sort(lots, count, sizeof *lots, classed_order);
}

int bl_payable_compare(const bl_payable *a, const bl_payable *b) {
  int rc = (a->kind > b->kind) - (a->kind < b->kind);

  if (!rc) rc = class_by_whole(a->use.time_us, b->use.time_us);
  if (!rc) rc = bl_dec_cmp(b->unit, a->unit);
  if (!rc) rc = bl_str_order(a->name, b->name);
  if (!rc) rc = (a->number > b->number) - (a->number < b->number);
  return rc;
}

static int payable_order(const void *a, const void *b) {
  return bl_payable_compare(a, b);
}

void bl_payable_sort(bl_payable *lines, size_t count) {
  bl_sort(lines, count, sizeof *lines, payable_order);
}
