/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * group.h - commits that the calls of one handle share.
 *
 * A group is a transaction of the store that several calls write into, one
 * after the other under the handle's lock; one commit ends it, and one sync
 * makes it durable, and all who waited go on.
 */
#ifndef BL_GROUP_H
#define BL_GROUP_H

#include <pthread.h>
#include <stdatomic.h>

#include "engine/state.h"

typedef struct bl_call bl_call;

/* Tenants whose entries one group may hold. */
#define BL_GROUP_TENANTS 16

typedef struct bl_waiter bl_waiter;

/* Where a tenant's journal stands after the last call of the open group. */
typedef struct bl_group_head {
  bl_tenant *tenant;
  int64_t    number;
  uint64_t   keys;              /* that the group has brought */
  uint64_t   marks;
  bl_heads   heads;
} bl_group_head;

typedef struct bl_group {
  /* Under the handle's lock. */
  uint32_t        is_begun;     /* the store has a transaction open */
  uint32_t        has_seen;     /* entries of others, perhaps not durable */
  size_t          calls;        /* that wait for its commit; 0: none is open */
  size_t          bytes;        /* of their entries */
  uint64_t        ticket;       /* of the open group */
  uint64_t        issued;       /* the last ticket given out */
  size_t          head_count;
  bl_group_head   heads[BL_GROUP_TENANTS];
  /* Set by the leader while the disk waits: the next call to succeed ends the
   * open group, and clears it. */
  atomic_uint     is_awaited;
  /* Under `lock`, which is taken last and held for a moment. */
  pthread_mutex_t lock;
  pthread_cond_t  wakes[2];     /* for who waits on the sync under way, and on
                                   the next one */
  uint32_t        now;          /* which of them is which */
  uint32_t        has_leader;   /* somebody syncs or is about to */
  uint64_t        committed;    /* tickets up to this one have ended */
  uint64_t        syncing;      /* up to here by the sync under way */
  uint64_t        synced;       /* durable up to this one */
  bl_waiter      *waiters;
} bl_group;

/* Of a handle that has its store. */
int  bl_group_make(billing *b);
void bl_group_unmake(billing *b);

/* Takes the handle's lock. */
void bl_group_lock(billing *b);

/* ---- Under the handle's lock ---- */

/* Joins the open group if the call may (c->is_inside), or ends it and begins a
 * transaction in this mode.  c->is_known: the tenant has entries in the group,
 * so that memory is right and ahead of the head row. */
int  bl_group_enter(bl_call *c, uint32_t mode);
/* The call has failed or written nothing: a transaction of its own ends. */
void bl_group_give_up(bl_call *c);
/* The call has succeeded and written; what it shares with nobody is committed.
 * A failure has ended the whole group. */
int  bl_group_add(bl_call *c);
/* Commits the open group, if there is one. */
int  bl_group_end(billing *b);
/* Waits until all that the handle has is durable; gives up the lock. */
int  bl_group_settle(billing *b, billing_error *err);

#endif
