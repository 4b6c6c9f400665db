/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * event_decode.h - between the two halves of the reader of event_code.h: the
 * facts (event_decode.c) and the words (event_texts.c).
 */
#ifndef BL_EVENT_DECODE_H
#define BL_EVENT_DECODE_H

#include "engine/event_form.h"

/* The words of the event with that fact; NULL: passed over.  OK, CORRUPT,
 * NOMEM. */
int bl_words_get(bl_events_reader *r, const bl_fact_event *fact,
                 bl_event_text *words);

#endif
