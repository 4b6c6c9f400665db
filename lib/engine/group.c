/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * group.c - commits that the calls of one handle share.
 *
 * Three threads on a disk that takes a while to sync:
 *
 *     A   decides, commits 1, syncs 1 .................. answers
 *     B     decides, waits                               commits 2, syncs 2 ..
 *     C              decides, waits                      .. answered by B
 *
 * A finds nobody syncing, so it leads: it ends the group that it is alone in
 * and syncs, without the handle's lock.  B and C decide meanwhile, and their
 * entries go into one open transaction.  When A's sync has ended A wakes the
 * first of those who wait to lead in its turn, and whoever its sync covered.
 *
 *     ticket     of a group, counted from 1; a call's answer waits for one
 *     committed  groups up to this ticket have ended, well or badly
 *     synced     groups up to this one are durable
 *
 * What keeps it sound:
 *
 *   Who waits has a leader.  A group stays open between two calls only while
 *   somebody syncs or is about to, and whoever that is ends it.
 *
 *   A call that fails undoes itself alone.  Its entries are put into the
 *   transaction when it has succeeded and not before (BL_SHARE).  Calls whose
 *   rows cannot wait end the open group first and share with nobody.
 *
 *   A group that fails fails whole: each member is told, and the state of each
 *   tenant in it is folded anew, since it holds what never came to be.
 *
 *   Nobody answers from what is not durable: a repeat waits for the group that
 *   its first answer is in, and for entries of other processes that it saw.
 */
#include "engine/group.h"

#include "engine/keys.h"
#include "store/store.h"

/* A group is ended at this size even while another one syncs. */
#define GROUP_CALLS 256
#define GROUP_BYTES ((size_t)4 << 20)

enum waiter_state { WAITER_WAITS, WAITER_LEADS, WAITER_IS_DONE };

/* A thread whose call waits for a ticket. */
struct bl_waiter {
  uint64_t          ticket;
  billing_error    *err;
  int               rc;
  enum waiter_state state;      /* changed under its lock */
  bl_waiter        *next;
  pthread_mutex_t   lock;
  pthread_cond_t    wakes;
};

int bl_group_make(billing *b) {
  billing_store *s = b->store;

  b->shares = !(b->store_flags & BILLING_STORE_HOST) && BL_HAS(s, sync);
  return pthread_mutex_init(&b->group.lock, NULL) ? BILLING_NOMEM : BILLING_OK;
}

void bl_group_unmake(billing *b) {
  assert(!b->group.is_begun && !b->group.first && !b->group.has_leader);
  pthread_mutex_destroy(&b->group.lock);
}

/* ---- The transaction ---------------------------------------------------- */

static bl_group_head *group_head_of(bl_group *g, const bl_tenant *t) {
  for (size_t i = 0; i < g->head_count; i++)
    if (g->heads[i].tenant == t) return &g->heads[i];
  return NULL;
}

/* The transaction that the call runs in: the open group's, or one of its own.
 * A tenant whose state is doubtful must be read from what is committed. */
static int group_takes(bl_group *g, const bl_call *c) {
  int is_known = group_head_of(g, c->t) != NULL;

  if (!g->calls || (is_known && c->t->is_stale)) return 0;
  if (c->mode == BL_READ) return 1;
  return c->mode == BL_SHARE && (is_known || g->head_count < BL_GROUP_TENANTS);
}

int bl_group_enter(bl_call *c, uint32_t mode) {
  bl_group *g = &c->b->group;
  int rc;

  c->is_inside = (uint32_t)group_takes(g, c);
  c->is_known = c->is_inside && group_head_of(g, c->t);
  if (c->is_inside) return BILLING_OK;
  if (g->calls) (void)bl_group_end(c->b);      /* its members are told */
  rc = bl_store_begin(c->b->store, mode);
  g->is_begun = !rc;
  return rc;
}

static void group_rollback(billing *b) {
  if (b->group.is_begun) bl_store_rollback(b->store);
  b->group.is_begun = 0;
}

void bl_group_give_up(bl_call *c) {
  if (!c->b->group.calls) group_rollback(c->b);
}

/* ---- Who waits ---------------------------------------------------------- */

static void waiter_open(bl_waiter *w, uint64_t ticket, billing_error *err) {
  memset(w, 0, sizeof *w);
  w->ticket = ticket;
  w->err = err;
  pthread_mutex_init(&w->lock, NULL);
  pthread_cond_init(&w->wakes, NULL);
}

static void waiter_close(bl_waiter *w) {
  pthread_cond_destroy(&w->wakes);
  pthread_mutex_destroy(&w->lock);
}

static void waiter_sleep(bl_waiter *w) {
  pthread_mutex_lock(&w->lock);
  while (w->state == WAITER_WAITS) pthread_cond_wait(&w->wakes, &w->lock);
  pthread_mutex_unlock(&w->lock);
}

/* Afterwards it may be gone. */
static void waiter_wake(bl_waiter *w, enum waiter_state state) {
  pthread_mutex_lock(&w->lock);
  w->state = state;
  pthread_cond_signal(&w->wakes);
  pthread_mutex_unlock(&w->lock);
}

static void waiters_wake(bl_waiter *w) {
  while (w) {
    bl_waiter *next = w->next;

    waiter_wake(w, WAITER_IS_DONE);
    w = next;
  }
}

static void waiter_append(bl_group *g, bl_waiter *w) {
  assert(!g->last || g->last->ticket <= w->ticket);
  if (g->last) g->last->next = w;
  else g->first = w;
  g->last = w;
}

/* Takes those up to a ticket out of the line, to be woken; `leader` is awake.
 */
static bl_waiter *waiters_take(bl_group *g, uint64_t ticket,
                               const bl_waiter *leader) {
  bl_waiter *taken = NULL, **end = &taken;

  while (g->first && g->first->ticket <= ticket) {
    bl_waiter *w = g->first;

    g->first = w->next;
    w->next = NULL;
    if (w == leader) continue;
    *end = w;
    end = &w->next;
  }
  if (!g->first) g->last = NULL;
  return taken;
}

/* ---- The end of a group ------------------------------------------------- */

static int group_put_head(billing *b, const bl_group_head *head) {
  const bl_runs *runs = head->tenant->runs;
  billing_value row[BL_HEAD_COLUMNS];

  row[BL_HEAD_TENANT] = bl_value_int(head->number);
  row[BL_HEAD_SHARD] = bl_value_int(0);
  row[BL_HEAD_SEQ] = bl_value_int(head->seq);
  row[BL_HEAD_HASH] = bl_value_blob(head->hash, 32);
  row[BL_HEAD_CLOCK] = bl_value_int(head->clock_us);
  row[BL_HEAD_MIN_READER] = bl_value_int(BL_FORMAT);
  row[BL_HEAD_MIN_WRITER] = bl_value_int(BL_FORMAT);
  row[BL_HEAD_DATABASE] = bl_value_blob(b->database, sizeof b->database);
  row[BL_HEAD_INCARNATION] = bl_value_int(1);
  row[BL_HEAD_RUNS] = bl_value_int(runs ? (int64_t)bl_runs_version(runs) : 0);
  return bl_store_put(b->store, BL_TABLE_HEAD, row, 1, BILLING_PUT_REPLACE);
}

/* The work on runs that the calls have to pay for, and the head row. */
static int group_close_head(billing *b, const bl_group_head *head) {
  bl_tenant *t = head->tenant;
  uint32_t owes = 0;
  int rc = BILLING_OK;

  if (!(b->store_flags & BILLING_STORE_HOST) && !t->is_stale)
    rc = bl_keys_work(b, t, bl_keys_due(t, head->events), &owes);
  return rc ? rc : group_put_head(b, head);
}

/* The open group's members get its result; whoever leads next wakes them. */
static void group_tell(billing *b, int rc) {
  bl_group *g = &b->group;

  pthread_mutex_lock(&g->lock);
  g->committed = g->ticket;
  if (!b->shares) g->synced = g->ticket;
  for (bl_waiter *w = g->first; rc && w; w = w->next) {
    if (w->ticket != g->ticket) continue;
    bl_error_start(w->err);                 /* it was about an event */
    w->rc = bl_store_explain(b->store, rc, w->err);
  }
  pthread_mutex_unlock(&g->lock);
}

/* The board shows what has come to be.  What a failed group has left in memory
 * has not, or is not known to have: a commit that failed may have happened. */
static void group_show(billing *b, int rc) {
  bl_group *g = &b->group;

  for (size_t i = 0; i < g->head_count; i++) {
    if (rc) g->heads[i].tenant->is_stale = 1;
    bl_board_renew(b, g->heads[i].tenant);
  }
}

static int group_over(billing *b, int rc) {
  bl_group *g = &b->group;

  group_show(b, rc);
  group_tell(b, rc);
  if (rc) group_rollback(b);
  g->is_begun = 0;
  g->calls = 0;
  g->bytes = 0;
  g->head_count = 0;
  return rc;
}

int bl_group_end(billing *b) {
  bl_group *g = &b->group;
  int rc = BILLING_OK;

  if (!g->calls) return BILLING_OK;
  for (size_t i = 0; i < g->head_count && !rc; i++)
    rc = group_close_head(b, &g->heads[i]);
  if (!rc) rc = bl_store_commit(b->store);
  return group_over(b, rc);
}

/* ---- A call ------------------------------------------------------------- */

static void group_keep_head(bl_group *g, const bl_call *c) {
  bl_group_head *head = group_head_of(g, c->t);
  const bl_heads *heads = &c->t->heads;

  if (!head) {
    assert(g->head_count < BL_GROUP_TENANTS);
    head = &g->heads[g->head_count++];
    memset(head, 0, sizeof *head);
    head->tenant = c->t;
  }
  head->number = c->t->number;
  head->seq = heads->seq;
  head->clock_us = heads->clock_us;
  memcpy(head->hash, heads->hash, sizeof head->hash);
  head->events += c->events;
}

/* Whether the group may stay open for others: a relaxed call must be committed
 * when it is answered, and the spare tenant may be another one soon. */
static int group_may_grow(const bl_group *g, const bl_call *c) {
  return c->mode == BL_SHARE && !(c->in.flags & BILLING_CALL_RELAXED) &&
         c->t != c->b->spare && g->calls < GROUP_CALLS &&
         g->bytes < GROUP_BYTES;
}

int bl_group_add(bl_call *c) {
  billing *b = c->b;
  bl_group *g = &b->group;
  int rc = bl_entries_put(c, &g->bytes);

  if (rc) return g->calls ? group_over(b, rc) : rc;
  if (!g->calls++) g->ticket = ++g->issued;
  group_keep_head(g, c);
  return group_may_grow(g, c) ? BILLING_OK : bl_group_end(b);
}

/* ---- Durable ------------------------------------------------------------ */

/* What the answer of a call must wait for; after entries of others were seen
 * a ticket that nobody has waited for yet. */
static uint64_t group_ticket(billing *b) {
  bl_group *g = &b->group;
  uint64_t ticket = g->issued;

  if (g->has_seen && !g->calls && b->shares) {
    pthread_mutex_lock(&g->lock);
    ticket = g->committed = ++g->issued;
    pthread_mutex_unlock(&g->lock);
  }
  g->has_seen = 0;
  return ticket;
}

/* Gets into the line; 0 when there is nothing to wait for. */
static int group_line_up(bl_group *g, bl_waiter *w) {
  int waits;

  pthread_mutex_lock(&g->lock);
  waits = w->ticket > g->synced;
  if (waits) {
    waiter_append(g, w);
    if (!g->has_leader) w->state = WAITER_LEADS;
    g->has_leader = 1;
  }
  pthread_mutex_unlock(&g->lock);
  return waits;
}

/* Whether the leader's own group must be ended before it is synced; another
 * call may have done so. */
static int group_lacks_commit(bl_group *g, const bl_waiter *leader) {
  int lacks;

  pthread_mutex_lock(&g->lock);
  lacks = leader->ticket > g->committed;
  pthread_mutex_unlock(&g->lock);
  return lacks;
}

static int say_not_durable(billing_error *err, int rc) {
  bl_error_start(err);
  return bl_fail(err, rc, "", "open the file again and look what it has",
                 "what was committed may not have reached the disk");
}

/* Those whose ticket has been synced leave the line with what came of it; the
 * next one in it leads. */
static void group_hand_over(bl_group *g, bl_waiter *leader, uint64_t ticket,
                            int rc) {
  bl_waiter *done, *next;

  pthread_mutex_lock(&g->lock);
  if (!rc) g->synced = ticket;
  for (bl_waiter *w = g->first; rc && w && w->ticket <= ticket; w = w->next)
    if (!w->rc) w->rc = say_not_durable(w->err, rc);
  done = waiters_take(g, ticket, leader);
  next = g->first;
  g->has_leader = next != NULL;
  pthread_mutex_unlock(&g->lock);
  if (next) waiter_wake(next, WAITER_LEADS);
  waiters_wake(done);
}

/* Ends the group that has come together during a sync, so that the next one
 * can begin at once; when the lock is taken whoever leads next does it. */
static void group_end_next(billing *b) {
  bl_group *g = &b->group;
  int lacks;

  pthread_mutex_lock(&g->lock);
  lacks = g->last && g->last->ticket > g->committed;
  pthread_mutex_unlock(&g->lock);
  if (!lacks || pthread_mutex_trylock(&b->lock)) return;
  (void)bl_group_end(b);
  pthread_mutex_unlock(&b->lock);
}

/* Syncs for all whose groups have ended by now. */
static void group_lead(billing *b, bl_waiter *leader) {
  bl_group *g = &b->group;
  uint64_t ticket;
  int rc;

  pthread_mutex_lock(&g->lock);
  ticket = g->committed;
  pthread_mutex_unlock(&g->lock);
  assert(leader->ticket <= ticket);
  rc = bl_store_sync(b->store);
  group_end_next(b);
  group_hand_over(g, leader, ticket, rc);
}

/* The lock is held; the thread has been told to lead, by itself or by who led
 * before. */
static void group_end_and_lead(billing *b, bl_waiter *leader) {
  if (group_lacks_commit(&b->group, leader)) (void)bl_group_end(b);
  pthread_mutex_unlock(&b->lock);
  group_lead(b, leader);
}

/* Waits until it is done or has to lead. */
static void group_wait(billing *b, bl_waiter *w) {
  pthread_mutex_unlock(&b->lock);
  waiter_sleep(w);
  if (w->state != WAITER_LEADS) return;
  if (group_lacks_commit(&b->group, w)) {
    pthread_mutex_lock(&b->lock);
    group_end_and_lead(b, w);
  } else {
    group_lead(b, w);
  }
}

int bl_group_settle(billing *b, billing_error *err) {
  bl_waiter w;

  waiter_open(&w, group_ticket(b), err);
  if (!group_line_up(&b->group, &w))
    pthread_mutex_unlock(&b->lock);
  else if (w.state == WAITER_LEADS)
    group_end_and_lead(b, &w);
  else
    group_wait(b, &w);
  waiter_close(&w);
  return w.rc;
}

#undef GROUP_CALLS
#undef GROUP_BYTES
