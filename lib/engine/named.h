/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * named.h - customers and contracts by id, grants and holds by the key of
 * their request.
 *
 * Ids and keys are found as the keys of events are (keys.h): a hash leads to
 * the entry in which the name was first used, and the entry has the last word.
 */
#ifndef BL_NAMED_H
#define BL_NAMED_H

#include "engine/engine.h"

/* Of the customer whose id has this hash, loaded; NULL when there is none. */
int bl_named_customer(bl_call *c, const unsigned char id_hash[16],
                      bl_customer **out);
/* Who has it as an alias at that time, loaded; NULL when nobody does. */
int bl_named_alias(bl_call *c, const unsigned char hash[16], int64_t us,
                   bl_customer **out);
/* Whether somebody else has it as an alias at any time of the span. */
int bl_alias_is_taken(bl_call *c, const unsigned char hash[16], bl_span span,
                      uint64_t customer, int *is_taken);
/* The contract, its customer loaded; NULL when there is none. */
int bl_named_contract(bl_call *c, bl_str id, bl_contract **out);

/* What the key of a request was used for: the entry of a grant, of its change
 * or of a hold. */
typedef struct bl_request {
  int64_t        kind;         /* BL_ENTRY_*; 0: new */
  int64_t        at_us;
  bl_entry_facts facts;
} bl_request;

int bl_named_request(bl_call *c, const unsigned char hash[16],
                     bl_request *out);
/* The entry of a grant or a hold by its own number; kind 0: none. */
int bl_numbered_request(bl_call *c, int64_t kind, uint64_t number,
                        bl_request *out);
/* Of the entry with a seq, which is one of a grant or a hold. */
int bl_request_at(bl_call *c, int64_t seq, bl_request *out);
/* The grant that it gave. */
int bl_request_grant(bl_call *c, const bl_request *request,
                     bl_grant_state **out);
/* The hold; one that has ended is made anew from its entries, in the call's
 * arena, without what it had reserved of tallies. */
int bl_request_hold(bl_call *c, const bl_request *request,
                    bl_hold_state **out);

#endif
