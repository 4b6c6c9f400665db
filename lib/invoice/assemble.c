/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * assemble.c - charges to lines and totals.
 *
 *     charges      amount   drawn       lines   due     rounding
 *     tokens USD    2.004    2                  0.00    -0.004
 *     calls  USD   10.006    0                 10.01     0.004
 *     seats  EUR   20        0                 20.00     0
 *
 *     totals       amount   drawn   due
 *     USD          12.01    2       10.01     in the order of appearance
 *     EUR          20       0       20
 *
 * Lines are rounded one by one, totals add up lines: what an accountant adds
 * up by hand is what the total says.  What is open on a line that is converted
 * is due on the line that does so, in another asset.
 */
#include "invoice/invoice.h"

static int line_is_good(const bl_line *line) {
  const bl_charge *c = &line->charge;
  return bl_dec_is_valid(c->quantity) && bl_dec_is_valid(c->amount) &&
         bl_dec_is_valid(c->drawn) && bl_dec_is_valid(line->due) &&
         bl_dec_is_valid(line->rounding);
}

static int line_make(const bl_tenant_terms *tenant, const bl_charge *charge,
                     bl_line *out) {
  int places = bl_catalog_places(tenant, charge->asset);
  bl_dec open = bl_dec_sub(charge->amount, charge->drawn);
  if (places < 0) return BILLING_INTERNAL;     /* the plan was checked */
  out->charge = *charge;
  if (charge->converted) return BL_MUST(line_is_good(out));
  out->due = bl_round_due(charge->amount, charge->drawn, places);
  out->rounding = bl_dec_sub(out->due, open);
  return BL_MUST(line_is_good(out));
}

static bl_total *total_of(bl_total *totals, size_t count, const char *asset) {
  size_t i = 0;
  while (i < count && !bl_asset_equal(totals[i].asset, asset)) i++;
  return i < count ? &totals[i] : NULL;
}

static int total_add(bl_total *total, const bl_line *line) {
  total->amount = bl_dec_add(total->amount, line->charge.amount);
  total->drawn = bl_dec_add(total->drawn, line->charge.drawn);
  total->due = bl_dec_add(total->due, line->due);
  return BL_MUST(bl_dec_is_valid(total->amount) &&
                 bl_dec_is_valid(total->drawn) &&
                 bl_dec_is_valid(total->due));
}

static int total_lines(const bl_line *lines, size_t count, bl_arena *a,
                       bl_invoice *out) {
  void *items = NULL;
  size_t made = 0, room = 0;
  int rc = BILLING_OK;

  for (size_t i = 0; i < count && !rc; i++) {
    const bl_line *line = &lines[i];
    bl_total *total = total_of(items, made, line->charge.asset);
    if (!total) {
      total = bl_arena_push(a, &items, &made, &room, sizeof *total);
      if (!total) return BILLING_NOMEM;
      memcpy(total->asset, line->charge.asset, sizeof total->asset);
      made++;
    }
    rc = total_add(total, line);
  }
  if (!rc) out->totals = items;
  if (!rc) out->total_count = made;
  return rc;
}

int bl_invoice_assemble(const bl_tenant_terms *tenant,
                        const bl_charge *charges, size_t count, bl_arena *a,
                        bl_invoice *out) {
  bl_line *lines = NULL;
  int rc = BILLING_OK;

  if (count > 0) {
    lines = bl_arena_array(a, count, sizeof *lines);
    rc = lines ? BILLING_OK : BILLING_NOMEM;
  }
  for (size_t i = 0; i < count && !rc; i++)
    rc = line_make(tenant, &charges[i], &lines[i]);
  if (!rc) rc = total_lines(lines, count, a, out);
  if (!rc) out->lines = lines;
  if (!rc) out->line_count = count;
  return rc;
}
