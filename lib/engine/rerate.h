/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * rerate.h - recorded events of a customer, decided anew.
 *
 *     12 and 30 units at 0.01 were booked as 0.42; the meter counts events now
 *     the level is 2, so 0.02 should be charged: 0.40 goes back
 *
 * What was booked with an event is never rewritten.  The customer's events are
 * walked, voids left out, and measured by the present meters; each charge key
 * is priced by the present prices; and what that comes to beyond what was
 * booked is one adjustment a key, all of them in one entry.  The entry says
 * what each event gives from then on (restated.h), so voids, ticks and
 * explanations of later need neither the meters of today nor the properties.
 */
#ifndef BL_RERATE_H
#define BL_RERATE_H

#include "engine/engine.h"

typedef struct bl_rerate_wish {
  bl_customer          *customer;
  const bl_meter_state *meter;   /* only charges of its prices; NULL: of all */
  const bl_contract    *contract;  /* only its charges; NULL: of all */
  uint64_t              plan;    /* by a version of it; 0: by a document */
  uint64_t              version; /* of the plan, or the contract's document */
  int64_t               since_us;  /* periods that end after this */
  uint32_t              comes;   /* the customer comes to the meter's newest
                                    rules; else it stays by those it has */
  uint32_t              reserved;
} bl_rerate_wish;

typedef struct bl_rerate_result {
  uint64_t events;             /* that were decided */
  uint64_t unusable;           /* of these, without a value for a meter, or
                                  without a rate */
  uint64_t keys;               /* whose charge moved */
} bl_rerate_result;

/*
 * Decides, folds and writes one entry; of a customer who was erased nothing,
 * because the facts are all there is.  What cannot be measured or priced is
 * left out and counted.  `rows`, when it is not NULL, is a JSON array that
 * gets a row for each key whose charge moved: {"customer","contract","price",
 * "group","from","to","quantity","was","amount","difference","asset"}; behind
 * them, with their "kind", those of what is drawn at commit rates from now on.
 * LIMIT when a figure does not fit.
 */
int bl_rerate(bl_call *c, const bl_rerate_wish *wish, bl_json *rows,
              bl_rerate_result *out);

#endif
