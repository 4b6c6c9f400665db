/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* cursor.c - stepping and closing cursors. */
#include "engine/cursor.h"

#include "base/struct.h"

billing_cursor *bl_cursor_new(billing *b) {
  billing_cursor *cursor = bl_host_alloc(&b->host, sizeof *cursor);

  if (!cursor) return NULL;
  bl_arena_open(&cursor->arena, &b->host);
  cursor->b = b;
  cursor->older = b->cursors;
  if (b->cursors) b->cursors->newer = cursor;
  b->cursors = cursor;
  return cursor;
}

int billing_draw_next(billing_cursor *cursor, billing_draw *row,
                      billing_error *err) {
  int rc = bl_error_start(err);

  if (rc) return rc;
  if (!cursor)
    return bl_fail(err, BILLING_MISUSE, "", NULL, "the cursor is NULL");
  rc = bl_can_fill(row, sizeof *row);
  if (rc)
    return bl_fail(err, rc, "", "set it up with BILLING_INIT",
                   "the billing_draw cannot be filled");
  if (cursor->at == cursor->count) return BILLING_DONE;
  bl_fill(row, &cursor->rows[cursor->at++], sizeof *row);
  return BILLING_OK;
}

void billing_cursor_close(billing_cursor *cursor) {
  billing *b;

  if (!cursor) return;
  b = cursor->b;
  pthread_mutex_lock(&b->lock);
  if (cursor->newer) cursor->newer->older = cursor->older;
  else b->cursors = cursor->older;
  if (cursor->older) cursor->older->newer = cursor->newer;
  pthread_mutex_unlock(&b->lock);
  bl_arena_close(&cursor->arena);
  bl_host_free(&b->host, cursor, sizeof *cursor);
}
