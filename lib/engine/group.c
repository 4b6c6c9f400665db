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
 * entries go into one open transaction.  When A's sync has ended their group
 * is, too, before anybody is woken up: the disk should not wait for threads.
 * Then A wakes the first of those who wait to lead in its turn, and whoever
 * its sync covered.
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

/* Looks at a lock, with longer and longer pauses, before the thread sleeps.
 * Together they take as long as a small call has the lock; to be put to sleep
 * and woken up takes longer. */
#define GROUP_LOOKS 64

/* A thread whose call waits for a ticket. */
struct bl_waiter {
  uint64_t       ticket;
  billing_error *err;
  int            rc;
  bl_waiter     *next;
  bl_waiter     *before;
};

int bl_group_make(billing *b) {
  bl_group *g = &b->group;
  billing_store *s = b->store;
  int rc = pthread_mutex_init(&g->lock, NULL);

  b->shares = !(b->store_flags & BILLING_STORE_HOST) && BL_HAS(s, sync);
  if (rc) return BILLING_NOMEM;
  atomic_init(&g->is_awaited, 0);
  rc = pthread_cond_init(&g->wakes[0], NULL);
  if (!rc) rc = pthread_cond_init(&g->wakes[1], NULL);
  return rc ? BILLING_NOMEM : BILLING_OK;
}

void bl_group_unmake(billing *b) {
  bl_group *g = &b->group;

  assert(!g->is_begun && !g->waiters && !g->has_leader);
  for (int i = 0; i < 2; i++) pthread_cond_destroy(&g->wakes[i]);
  pthread_mutex_destroy(&g->lock);
}

/* ---- The handle's lock -------------------------------------------------- */

static void group_pause(int look) {
  for (int i = 0; i < look; i++) bl_pause();
}

void bl_group_lock(billing *b) {
  for (int look = 0; look < GROUP_LOOKS; look++) {
    if (!pthread_mutex_trylock(&b->lock)) return;
    group_pause(look);
  }
  pthread_mutex_lock(&b->lock);
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
  if (c->mode == BL_READ || c->mode == BL_TRIAL) return 1;
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

/* ---- The end of a group ------------------------------------------------- */

static int group_put_head(billing *b, const bl_group_head *head) {
  const bl_runs *runs = head->tenant->runs;
  const bl_heads *heads = &head->heads;
  billing_value row[BL_HEAD_COLUMNS];
  unsigned char counts[BL_HEADS_BYTES];

  row[BL_HEAD_TENANT] = bl_value_int(head->number);
  row[BL_HEAD_SHARD] = bl_value_int(0);
  row[BL_HEAD_SEQ] = bl_value_int(heads->seq);
  row[BL_HEAD_HASH] = bl_value_blob(heads->hash, 32);
  row[BL_HEAD_CLOCK] = bl_value_int(heads->clock_us);
  row[BL_HEAD_MIN_READER] = bl_value_int(BL_FORMAT);
  row[BL_HEAD_MIN_WRITER] = bl_value_int(BL_FORMAT);
  row[BL_HEAD_DATABASE] = bl_value_blob(b->database, sizeof b->database);
  row[BL_HEAD_INCARNATION] = bl_value_int(1);
  row[BL_HEAD_RUNS] = bl_value_int(runs ? (int64_t)bl_runs_version(runs) : 0);
  row[BL_HEAD_COUNTS] =
      bl_value_blob(counts, bl_heads_print(heads, counts));
  return bl_store_put(b->store, BL_TABLE_HEAD, row, 1, BILLING_PUT_REPLACE);
}

/* The work on runs that the calls have to pay for, and the head row. */
static int group_close_head(billing *b, const bl_group_head *head) {
  bl_tenant *t = head->tenant;
  uint32_t owes = 0;
  int rc = BILLING_OK;

  if (!(b->store_flags & BILLING_STORE_HOST) && !t->is_stale)
    rc = bl_keys_work(b, t, bl_keys_due(t, head->keys, head->marks),
                      bl_keys_are_full(b, t), &owes);
  return rc ? rc : group_put_head(b, head);
}

/* The open group's members get its result. */
static void group_tell(billing *b, int rc) {
  bl_group *g = &b->group;

  pthread_mutex_lock(&g->lock);
  g->committed = g->ticket;
  if (!b->shares) g->synced = g->ticket;
  for (bl_waiter *w = g->waiters; rc && w; w = w->next) {
    if (w->ticket != g->ticket) continue;
    bl_error_start(w->err);                 /* it was about an event */
    w->rc = bl_store_explain(b->store, rc, w->err);
  }
  for (int i = 0; rc && i < 2; i++) pthread_cond_broadcast(&g->wakes[i]);
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
  atomic_store(&g->is_awaited, 0);
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
  head->heads = *heads;
  head->keys += c->t->tail.count - c->t->tail_known;
  head->marks += c->t->index.count - c->t->index.known;
}

/* Whether the group may stay open for others: a relaxed call must be committed
 * when it is answered, and the spare tenant may be another one soon. */
static int group_may_grow(bl_group *g, const bl_call *c) {
  return c->mode == BL_SHARE && !(c->in.flags & BILLING_CALL_RELAXED) &&
         c->t != c->b->spare && g->calls < GROUP_CALLS &&
         g->bytes < GROUP_BYTES && !atomic_load(&g->is_awaited);
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

static int say_not_durable(billing_error *err, int rc) {
  bl_error_start(err);
  return bl_fail(err, rc, "", "open the file again and look what it has",
                 "what was committed may not have reached the disk");
}

/* Ends the group that has come together during a sync, or lets the call do it
 * that has the lock.  One that takes long is not waited for. */
static void group_end_next(billing *b) {
  atomic_uint *is_awaited = &b->group.is_awaited;

  atomic_store(is_awaited, 1);
  for (int i = 0; i < GROUP_LOOKS && atomic_load(is_awaited); i++) {
    if (!pthread_mutex_trylock(&b->lock)) {
      (void)bl_group_end(b);
      atomic_store(is_awaited, 0);
      pthread_mutex_unlock(&b->lock);
    }
    group_pause(i);
  }
  atomic_store(is_awaited, 0);
}

static void group_sync_begins(bl_group *g) {
  pthread_mutex_lock(&g->lock);
  g->syncing = g->committed;
  g->now = !g->now;
  pthread_mutex_unlock(&g->lock);
}

/* All whom the sync has covered go on; one of those who wait for the next one
 * leads it, unless somebody who comes along is faster. */
static void group_sync_ends(bl_group *g, int rc) {
  uint32_t now = g->now;

  pthread_mutex_lock(&g->lock);
  if (!rc) g->synced = g->syncing;
  for (bl_waiter *w = g->waiters; rc && w; w = w->next)
    if (w->ticket <= g->syncing && !w->rc)
      w->rc = say_not_durable(w->err, rc);
  g->has_leader = 0;
  pthread_mutex_unlock(&g->lock);
  pthread_cond_signal(&g->wakes[!now]);
  pthread_cond_broadcast(&g->wakes[now]);
}

/* Syncs for all whose groups have ended by now. */
static void group_lead(billing *b) {
  int rc;

  group_sync_begins(&b->group);
  rc = bl_store_sync(b->store);
  group_end_next(b);
  group_sync_ends(&b->group, rc);
}

/* ---- Waiting: the group's lock is held ---- */

static void waiter_link(bl_group *g, bl_waiter *w) {
  w->next = g->waiters;
  if (w->next) w->next->before = w;
  g->waiters = w;
}

static void waiter_unlink(bl_group *g, bl_waiter *w) {
  if (w->next) w->next->before = w->before;
  if (w->before) w->before->next = w->next;
  else g->waiters = w->next;
}

static int waiter_is_done(const bl_group *g, const bl_waiter *w) {
  return w->ticket <= g->synced || w->rc;
}

/* Takes the lead if it is needed and nobody has it. */
static int waiter_leads(bl_group *g, const bl_waiter *w) {
  if (waiter_is_done(g, w) || g->has_leader) return 0;
  g->has_leader = 1;
  return 1;
}

/* Until it is done, or leads. */
static int waiter_waits(bl_group *g, const bl_waiter *w) {
  while (!waiter_is_done(g, w) && g->has_leader) {
    int is_now = w->ticket <= g->syncing;

    pthread_cond_wait(&g->wakes[is_now ? g->now : !g->now], &g->lock);
  }
  return waiter_leads(g, w);
}

/* Leads: ends the group that it waits for, unless another call has done so. */
static void group_end_and_lead(billing *b, int has_lock, int lacks_end) {
  if (!has_lock && lacks_end) bl_group_lock(b);
  if (lacks_end) (void)bl_group_end(b);
  if (has_lock || lacks_end) pthread_mutex_unlock(&b->lock);
  group_lead(b);
}

int bl_group_settle(billing *b, billing_error *err) {
  bl_group *g = &b->group;
  bl_waiter w = {group_ticket(b), err, BILLING_OK, NULL, NULL};
  int has_lock = 1, leads;

  pthread_mutex_lock(&g->lock);
  waiter_link(g, &w);
  leads = waiter_leads(g, &w);
  if (!leads) {
    pthread_mutex_unlock(&b->lock);
    has_lock = 0;
    leads = waiter_waits(g, &w);
  }
  if (leads) {
    int lacks_end = w.ticket > g->committed;

    pthread_mutex_unlock(&g->lock);
    group_end_and_lead(b, has_lock, lacks_end);
    pthread_mutex_lock(&g->lock);
  }
  waiter_unlink(g, &w);
  pthread_mutex_unlock(&g->lock);
  return w.rc;
}

#undef GROUP_CALLS
#undef GROUP_BYTES
#undef GROUP_LOOKS
