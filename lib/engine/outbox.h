/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * outbox.h - what the world outside should be told.
 *
 * Rows follow from entries, so they are in the transaction of what they tell,
 * and in the journal's order.  An entry that tells something leaves a mark in
 * the index; up to which row they have been done is one number of the head.
 */
#ifndef BL_OUTBOX_H
#define BL_OUTBOX_H

#include "engine/engine.h"

/* The entry being folded has rows. */
int bl_outbox_mark(bl_fold *f, int64_t kind);

#endif
