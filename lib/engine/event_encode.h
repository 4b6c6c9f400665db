/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * event_encode.h - between the two halves of the writer of event_code.h: the
 * facts (event_encode.c) and the words (event_words.c).
 */
#ifndef BL_EVENT_ENCODE_H
#define BL_EVENT_ENCODE_H

#include "engine/event_form.h"

/* A key that the caller named. */
struct bl_events_named {
  bl_fact_key key;
  uint64_t     place;          /* in the entry, once it is written */
  uint32_t     is_written;
  uint32_t     reserved;
};

/* What was written once and is referred to from then on. */
struct bl_events_word {
  uint32_t stamp;              /* of its batch; another: free */
  uint32_t hash;
  uint32_t list;
  uint32_t at;                 /* in w->kept */
  uint32_t len;
  uint32_t index;              /* its number in the list */
  uint32_t slot;               /* template and shape: of the first hole */
};

/* Words of each list are numbered by themselves; each form of a text that
 * stands in a hole has a list. */
enum { BL_LIST_GROUPS, BL_LIST_NAMES, BL_LIST_TEMPLATES, BL_LIST_SHAPES,
       BL_LIST_HOLES };

/* Where a text is in the table, or where it could be put. */
typedef struct bl_word_place {
  bl_events_word      *word;   /* NULL: neither */
  const unsigned char *text;
  uint32_t             len;
  uint32_t             hash;
  uint32_t             list;
  uint32_t             reserved;
} bl_word_place;

/* Makes room for len bytes more; 0 when memory is out. */
int bl_buffer_reserve(bl_arena *arena, bl_events_buffer *b, size_t len);

/* Whether the text is in the list: then it is place->word. */
int bl_word_find(bl_events_writer *w, uint32_t list, bl_str text,
                 bl_word_place *place);
/* Puts it there, if there is room; 1 when it was put. */
int bl_word_keep(bl_events_writer *w, const bl_word_place *place,
                 uint32_t index, uint32_t slot);

void bl_words_begin(bl_events_writer *w);
/* The words of one event; 0 when memory is out. */
int bl_words_put(bl_events_writer *w, const bl_fact_event *fact,
                 const bl_event_text *words);

#endif
