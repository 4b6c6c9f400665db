/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* invoice.h - charge + draw -> invoice. */
#ifndef BL_INVOICE_H
#define BL_INVOICE_H

#include "base/json.h"
#include "base/zone.h"
#include "catalog/catalog.h"
#include "facts.h"

/* round(amount - drawn) to the asset's places, half away from zero
 * (round.c: the only rounding of money). */
bl_dec bl_round_due(bl_dec amount, bl_dec drawn, int places);

/*
 * Charges to lines and totals: lines keep the order of the charges; a line's
 * due is rounded by its asset's places; totals are in the order in which the
 * assets first appear.  Fills lines, line_count, totals and total_count of
 * *out (its other members are the caller's) in the arena.  INTERNAL when a
 * figure went bad, NOMEM.
 */
int bl_invoice_assemble(const bl_tenant_terms *tenant,
                        const bl_charge *charges, size_t count, bl_arena *a,
                        bl_invoice *out);

/* "INV-" and 1 are "INV-000001"; at least six digits. */
bl_str bl_invoice_number(bl_str prefix, uint64_t n, bl_arena *a);

/* The document: canonical JSON (json), and for people (text), at most 79
 * columns, dates in the invoice's zone.  Without a number it is a draft. */
int bl_invoice_json(const bl_invoice *invoice, bl_text *out);
/* From the canonical JSON, so that the view needs nothing else. */
int bl_invoice_text(const bl_json *invoice, const bl_zone *zone, bl_text *out);

#endif
