/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * scenario.h - a month of a small platform, the same in every run.
 *
 *     100 customers   80 on "solo" at 20.00, 20 on "team" with 5 seats at
 *                     4.00: 2,000.00 USD a month recur
 *     100,000 events  of January 2026, one every 26.784 seconds; one in ten
 *                     is an embedding, the others are requests to a model
 *     prices          requests graduated: 500 at 0.004, 500 at 0.003, then
 *                     0.002; input 2.50 and output 10.00 for a million
 *                     tokens; embeddings one "tok" a token
 *     wallets         5.00 USD bought by everybody, 1.00 USD given to every
 *                     second customer until 16 January, 200,000 tok bought
 */
#ifndef SCENARIO_H
#define SCENARIO_H

#include "demo.h"

#define CUSTOMERS 100
#define EVENTS 100000
#define JANUARY INT64_C(1767225600000000)
#define MIDDLE INT64_C(1768521600000000)       /* 16 January */
#define FEBRUARY INT64_C(1769904000000000)
#define EVENT_EVERY ((FEBRUARY - JANUARY) / EVENTS)

typedef struct scenario_event {
  char key[16];
  char customer[8];
  char properties[64];
  int  is_embedding;
} scenario_event;

/* "c001"; customers count from 1. */
void scenario_customer(int customer, char out[8]);
void scenario_catalog(buffer *out);
/* The next event; `state` starts at 0.  Integers only: it is the same
 * everywhere. */
void scenario_next(uint64_t *state, int number, scenario_event *out);

#endif
