/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * rerate_keys.h - what events that are decided anew come to, key by key:
 * between measuring them (rerate.c) and booking it (rerate_book.c).
 */
#ifndef BL_RERATE_KEYS_H
#define BL_RERATE_KEYS_H

#include "engine/rerate.h"
#include "engine/restated.h"
#include "meter/measure.h"

/* A charge key.  In the order of first use until they are booked. */
typedef struct bl_rerate_key {
  bl_fact_rekeyed fact;
  bl_contract    *contract;
  const bl_meter *meter;
  const bl_price *rate;        /* of the group; NULL: none */
  bl_dec          spent;       /* on single transactions, if it is of these */
  bl_map          values;      /* unique: hash -> its latest operation */
  int64_t         last_us;     /* time of the last event */
  size_t          place;       /* in the entry */
} bl_rerate_key;

typedef struct bl_rerating {
  bl_call              *c;
  const bl_rerate_wish *wish;
  bl_arena              arena;   /* of all that the entry will say */
  bl_map                by_key;  /* contract, price, period, group */
  bl_rerate_key       **keys;
  size_t                count;
  size_t                cap;
  bl_fact_redecided    *events;  /* their samples name keys in `keys` */
  size_t                event_count;
  size_t                event_cap;
  size_t                sample_cap;  /* of the last event */
  bl_fact_rerate        fact;
  bl_rerate_result      result;
} bl_rerating;

/* The rules that are meant for a meter. */
const bl_meter_rules *bl_rerate_rules(const bl_rerating *x,
                                      const bl_meter_state *meter);
/* Whether charges under the key are decided anew. */
int bl_rerate_is_meant(const bl_rerating *x, const bl_contract *contract,
                       uint64_t price, uint64_t period);
/* The key; NULL when it stays as it is. */
int bl_rerate_find(bl_rerating *x, const bl_fact_key *key,
                   bl_rerate_key **out);
/* The key, made when it is missing. */
int bl_rerate_key_of(bl_rerating *x, bl_contract *contract, uint64_t price,
                     uint64_t period, bl_str group, bl_rerate_key **out);
/* Walks the customer's events: fills keys and events. */
int bl_rerate_measure(bl_rerating *x);

#endif
