/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * cursor.h - rows that are already in memory.  A cursor holds no transaction:
 * what it shows was read when it was opened.
 */
#ifndef BL_CURSOR_H
#define BL_CURSOR_H

#include "engine/engine.h"

struct billing_cursor {
  billing        *b;
  billing_cursor *newer;
  billing_cursor *older;
  bl_arena        arena;
  billing_draw   *rows;
  size_t          count;
  size_t          at;
};

/* A new cursor on the handle's list (under its lock), or NULL. */
billing_cursor *bl_cursor_new(billing *b);

#endif
