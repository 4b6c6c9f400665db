/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * load.h - customers come into memory when they are named.
 *
 * What is in memory of a tenant is its catalog, and the customers that calls
 * have named since it was opened.  Another one is loaded when it is needed:
 * the index says which entries are about it, and their part of it is folded by
 * the functions that fold whole entries.  So nobody waits for customers that
 * he does not ask for, and entries of other processes cost a reader only what
 * is in them of customers that he has.
 *
 *     customer 7    entries 3 (document), 12 (contract), 40, 41, 97 (events)
 *     in memory     what the parts of these five come to
 */
#ifndef BL_LOAD_H
#define BL_LOAD_H

#include "engine/engine.h"

/*
 * The customer with an own number, loaded if need be.  What is loaded outlives
 * the call, also one that is undone.  CORRUPT when there is none.
 */
int bl_customer_need(bl_call *c, uint64_t number, bl_customer **out);
/*
 * From here on customers who are needed only wait to be loaded, so that those
 * of a whole batch are loaded together: each entry is then read once for all
 * of them.  Until bl_customers_load, which has to be called in any case, only
 * their numbers and their hashes are known.
 */
void bl_customers_defer(bl_call *c);
int  bl_customers_load(bl_call *c);
/* Everybody, a chunk of them at a time: for those who ask about all. */
int  bl_customers_load_all(bl_call *c);
/* As bl_customer_need, in a tenant that may be another than the call's: there
 * it must be in memory. */
int bl_customer_of(bl_call *c, bl_tenant *t, uint64_t number,
                   bl_customer **out);
/* The tenant's catalog, from its entries up to a seq. */
int bl_catalog_load(bl_call *c, int64_t through);

#endif
