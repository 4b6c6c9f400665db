/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * all.c - the library as one translation unit, in layer order.  It compiles
 * as it is, and flattened it is the amalgamation.  Written by
 * `make all-c`.
 */
#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L
#endif

#include "base/arena.c"
#include "base/dec.c"
#include "base/error.c"
#include "base/json.c"
#include "base/json_read.c"
#include "base/map.c"
#include "base/money.c"
#include "base/pack.c"
#include "base/struct.c"
#include "base/text.c"
#include "base/time.c"
#include "base/zone.c"

#include "catalog/contract.c"
#include "catalog/customer.c"
#include "catalog/diff.c"
#include "catalog/field.c"
#include "catalog/filter.c"
#include "catalog/id.c"
#include "catalog/meter.c"
#include "catalog/order.c"
#include "catalog/plan.c"
#include "catalog/price.c"
#include "catalog/scope.c"
#include "catalog/tenant.c"
#include "catalog/tier.c"
#include "catalog/value.c"
#include "catalog/words.c"

#include "crypto/hash.c"

#include "wallet/burndown.c"
#include "wallet/ledger.c"
#include "wallet/order.c"

#include "contract/period.c"
#include "contract/prorate.c"

#include "invoice/assemble.c"
#include "invoice/document.c"
#include "invoice/number.c"
#include "invoice/page.c"
#include "invoice/round.c"

#include "store/memory.c"
#include "store/schema.c"
#include "store/sql.c"
#include "store/sqlite.c"

#include "engine/entry.c"
#include "engine/fold.c"
#include "engine/fold_document.c"
#include "engine/fold_entry.c"
#include "engine/fold_event.c"
#include "engine/fold_post.c"
#include "engine/invoice_fact.c"
#include "engine/state.c"
