/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* event_print.h - a recorded event in words: as JSON, and its flags. */
#ifndef BL_EVENT_PRINT_H
#define BL_EVENT_PRINT_H

#include "engine/event_walk.h"

/* The event as billing_events gives it; members in the order of their
 * names. */
void bl_event_print(const bl_event_row *row, bl_text *out);
/* "owed,late": the flags of a receipt, with something between them and around
 * each of them. */
void bl_flags_print(uint64_t flags, const char *between, const char *around,
                    bl_text *out);

#endif
