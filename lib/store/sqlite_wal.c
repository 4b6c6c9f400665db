/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * sqlite_wal.c - the file of SQLite's write-ahead log; see the header.
 *
 * Turns are two bytes that writers lock:
 *
 *     A has the turn                    TURN A
 *     B comes                           TURN A   NEXT B
 *     C comes, and waits behind NEXT    TURN A   NEXT B   (C)
 *     A gives up its turn               TURN B   NEXT C
 *     A comes again: behind C           TURN B   NEXT C   (A)
 *
 * Without NEXT a process that writes all the time would take the turn again
 * before the one that waits for it has woken up.
 */
#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L
#endif

#include "store/sqlite_wal.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* POSIX has them since 2024, Linux since 2014; they belong to the descriptor,
 * so that two handles of one process wait for each other as well. */
#if defined(__linux__) && !defined(F_OFD_SETLKW)
#define F_OFD_SETLK 37
#define F_OFD_SETLKW 38
#endif

/* The bytes: what the file holds there does not matter. */
enum { WAL_TURN, WAL_NEXT };

/* Zeros are written in steps that no call feels, before less are left than
 * most commits need. */
#define WAL_STEP ((size_t)512 << 10)
#define WAL_LEAST ((int64_t)64 << 10)

/* ---- Turns -------------------------------------------------------------- */

#ifdef F_OFD_SETLKW
static int wal_lock(bl_wal *w, off_t byte, short type, int waits) {
  struct flock range;
  int rc;

  memset(&range, 0, sizeof range);
  range.l_type = type;
  range.l_whence = SEEK_SET;
  range.l_start = byte;
  range.l_len = 1;
  do rc = fcntl(w->fd, waits ? F_OFD_SETLKW : F_OFD_SETLK, &range);
  while (rc && errno == EINTR);
  if (!rc) return BILLING_OK;
  return errno == EAGAIN || errno == EACCES ? BILLING_BUSY
                                            : BILLING_UNSUPPORTED;
}
#else
static int wal_lock(bl_wal *w, off_t byte, short type, int waits) {
  (void)w;
  (void)byte;
  (void)type;
  (void)waits;
  return BILLING_UNSUPPORTED;
}
#endif

/* A lock that cannot be had for another reason is no reason to stop: it makes
 * turns fair, and SQLite's own lock keeps them apart. */
int bl_wal_take_turn(bl_wal *w, int waits) {
  int rc = w->has_turns ? wal_lock(w, WAL_NEXT, F_WRLCK, waits) : BILLING_OK;

  if (w->has_turns && rc != BILLING_BUSY) {
    rc = wal_lock(w, WAL_TURN, F_WRLCK, waits);
    (void)wal_lock(w, WAL_NEXT, F_UNLCK, 0);
  }
  return rc == BILLING_BUSY ? rc : BILLING_OK;
}

void bl_wal_give_turn(bl_wal *w) {
  if (w->has_turns) (void)wal_lock(w, WAL_TURN, F_UNLCK, 0);
}

/* ---- The file ----------------------------------------------------------- */

int bl_wal_open(bl_wal *w, const char *path) {
  int rc;

  atomic_init(&w->is_lost, 0);
  w->has_turns = 0;
  w->size = 0;
  do w->fd = open(path, O_RDWR | O_CLOEXEC);
  while (w->fd < 0 && errno == EINTR);
  if (w->fd < 0) return BILLING_STORE;
  rc = wal_lock(w, WAL_NEXT, F_WRLCK, 0);       /* to see what it says */
  if (!rc) (void)wal_lock(w, WAL_NEXT, F_UNLCK, 0);
  w->has_turns = rc != BILLING_UNSUPPORTED;
  return BILLING_OK;
}

void bl_wal_close(bl_wal *w) {
  if (w->fd >= 0) (void)close(w->fd);
  w->fd = -1;
  w->has_turns = 0;
}

/* ---- Durable ------------------------------------------------------------ */

/* Where fdatasync stops at the disk's own cache there is a call that does
 * not. */
static int wal_flush(int fd) {
#ifdef F_FULLFSYNC
  return fcntl(fd, F_FULLFSYNC);
#else
  return fdatasync(fd);
#endif
}

int bl_wal_sync(bl_wal *w) {
  int rc;

  if (bl_wal_is_lost(w)) return BILLING_STORE;
  if (w->fd < 0) return BILLING_OK;
  do rc = wal_flush(w->fd);
  while (rc && errno == EINTR);
  if (rc) atomic_store(&w->is_lost, 1);
  return rc ? BILLING_STORE : BILLING_OK;
}

int bl_wal_is_lost(bl_wal *w) { return atomic_load(&w->is_lost) != 0; }

void bl_wal_lose(bl_wal *w) { atomic_store(&w->is_lost, 1); }

/* ---- Room ahead --------------------------------------------------------- */

static int64_t wal_size(const bl_wal *w) {
  struct stat now;

  return fstat(w->fd, &now) ? 0 : (int64_t)now.st_size;
}

/* What cannot be written is left to SQLite, which says why. */
void bl_wal_extend(bl_wal *w, int64_t used) {
  char zeros[4096] = {0};
  size_t done = 0;

  if (w->fd < 0 || used + WAL_LEAST <= w->size) return;
  w->size = wal_size(w);
  if (used + WAL_LEAST <= w->size) return;
  while (done < WAL_STEP &&
         pwrite(w->fd, zeros, sizeof zeros, (off_t)w->size) ==
             (ssize_t)sizeof zeros) {
    w->size += (int64_t)sizeof zeros;
    done += sizeof zeros;
  }
}

#undef WAL_STEP
#undef WAL_LEAST
