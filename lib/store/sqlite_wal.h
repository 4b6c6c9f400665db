/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * sqlite_wal.h - the file of SQLite's write-ahead log, by a descriptor of our
 * own: whose turn it is to write, and what has reached the disk.
 *
 * SQLite locks nothing in this file and keeps it for as long as one connection
 * to the database is open, so that a descriptor taken after the connection has
 * opened it stays right until that is closed.
 */
#ifndef BL_SQLITE_WAL_H
#define BL_SQLITE_WAL_H

#include <stdatomic.h>

#include "base/base.h"

typedef struct bl_wal {
  int        fd;          /* -1: not open */
  int        has_turns;   /* the kernel has such locks */
  int64_t    size;        /* of the file, when it was last looked at */
  atomic_int is_lost;     /* a sync has failed, once and for ever */
} bl_wal;

/* After a failure the log is not open: it has no turns and nothing to sync. */
int bl_wal_open(bl_wal *w, const char *path);
void bl_wal_close(bl_wal *w);

/*
 * Waits for the turn to write, and gives it up.  The kernel wakes those who
 * wait, one after the other, and gives up the turn of a process that is
 * killed.  BUSY when it is another's and `waits` is 0.
 */
int bl_wal_take_turn(bl_wal *w, int waits);
void bl_wal_give_turn(bl_wal *w);

/*
 * Makes durable what has been written.  From any thread.  What a failed sync
 * leaves on the disk is not known and a second one would not say, so it is
 * STORE from then on.
 */
int bl_wal_sync(bl_wal *w);
int bl_wal_is_lost(bl_wal *w);
/* A sync of SQLite's own has failed. */
void bl_wal_lose(bl_wal *w);

/*
 * Keeps zeros behind the `used` bytes of the log, because a commit into blocks
 * that the file has already is twice as fast as one that makes it longer.
 * SQLite takes them for what they are, the end.  The caller has the turn.
 */
void bl_wal_extend(bl_wal *w, int64_t used);

#endif
