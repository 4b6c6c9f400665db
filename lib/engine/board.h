/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * board.h - what customers can spend, shown where any thread can read it
 * without a lock.
 *
 *     panel (tenant "t", USD)   "ann"  12.50   from 09:00 until 17:00
 *                               "bob"   3.00   from 08:30 until never
 *
 * A figure says what the customer can spend at any moment of its span, as
 * long as nothing moves.  Whoever holds the handle's lock writes the board;
 * readers take no lock, never wait, and never see memory that was given back:
 * what the board has taken it keeps until it is closed.  A reader sees a
 * figure whole or not at all.
 *
 * Not everything is on the board: what has not been asked for, ids of more
 * than 24 bytes, customers and panels beyond its bounds.  Then the reader asks
 * the state, under the lock.
 */
#ifndef BL_BOARD_H
#define BL_BOARD_H

#include <stdatomic.h>

#include "base/arena.h"
#include "base/dec.h"
#include "base/span.h"

typedef struct bl_board bl_board;
typedef struct bl_board_entry bl_board_entry;

/* What the customers of one tenant have in one asset. */
typedef struct bl_panel {
  _Atomic uint32_t number;     /* in its entries; new when it is cleared */
  uint32_t         tenant_len;
  _Atomic int64_t  clock_us;   /* of the tenant: nothing is decided before */
  char             asset[16];
  struct bl_panel *next;       /* of the tenant */
  char             tenant[];
} bl_panel;

typedef struct bl_board_figure {
  bl_dec  spend;               /* BL_DEC_MAX: unlimited */
  bl_span span;                /* empty: ask the state */
} bl_board_figure;

bl_board *bl_board_open(const billing_allocator *host);   /* NULL: no memory */
void      bl_board_close(bl_board *board);                /* or NULL */

/* ---- any thread ---- */

/* NULL when there is none. */
const bl_panel *bl_board_panel(const bl_board *board, bl_str tenant,
                               const char asset[16]);
/* What the customer can spend at now_us, or at the tenant's clock when that is
 * later; 0 when the board does not know. */
int bl_board_spend(const bl_board *board, const bl_panel *panel,
                   bl_str customer, int64_t now_us, bl_dec *spend);

/* ---- one thread at a time ---- */

/* The panel, added when it is missing; NULL when there is no room. */
bl_panel *bl_board_panel_make(bl_board *board, bl_str tenant,
                              const char asset[16]);
/* Nothing is shown on the panel any more. */
void bl_board_clear(bl_panel *panel);
/* The customer's entry, or NULL; it is good until the next is made. */
bl_board_entry *bl_board_find(const bl_board *board, const bl_panel *panel,
                              bl_str customer);
/* The same, added with an empty span when it is missing; NULL when there is no
 * room. */
bl_board_entry *bl_board_make(bl_board *board, const bl_panel *panel,
                              bl_str customer);
void bl_board_write(bl_board_entry *entry, const bl_board_figure *figure);
/* The customer's id leaves the board. */
void bl_board_forget(bl_board *board, const bl_panel *panel, bl_str customer);

#endif
