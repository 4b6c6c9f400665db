/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * event_code.h - the bytes of a batch of events.
 *
 * An entry of events has two parts, hashed apart: the facts, which the fold
 * needs, and the properties: keys, names, values and property texts, which
 * are personal and can be written anew by a redaction.  A writer makes both
 * from events in their order; a reader gives the events back, the texts byte
 * for byte.  event_code.c describes the bytes.
 *
 * What is written depends on the events alone, never on earlier batches.
 * Whatever bytes a reader is given, it answers, reads nothing else, and takes
 * memory in proportion to them.
 */
#ifndef BL_EVENT_CODE_H
#define BL_EVENT_CODE_H

#include "base/pack.h"
#include "facts.h"

/* A charge key.  It is written once in an entry and named by its place in the
 * entry's list of keys from then on. */
typedef struct bl_fact_key {
  uint64_t contract;
  uint64_t price;
  uint64_t period;
  bl_str   group;
} bl_fact_key;

typedef struct bl_fact_charge {
  uint64_t      key;           /* place in the list of keys */
  uint32_t      has_unique;    /* unique: the hash of the value */
  uint32_t      is_removal;    /* of that value */
  unsigned char unique[16];
  int64_t       at_us;         /* latest, earliest: time of the event that set
                                  the level; 0 otherwise */
  bl_dec        sample;        /* what the event gave; of a value `quantity` */
  bl_dec        quantity;      /* what the level moves by */
  bl_dec        amount;        /* what was charged */
  bl_draw      *draws;
  size_t        draw_count;
} bl_fact_charge;

typedef struct bl_fact_event {
  uint64_t         flags;      /* BILLING_RECEIPT_* */
  uint64_t         customer;   /* own number */
  int64_t          time_us;
  bl_dec           balance;    /* free afterwards, in the first charge's
                                  asset; zero without charges */
  bl_fact_charge *charges;
  size_t           charge_count;
} bl_fact_event;

/* Where a value stands in a text of properties; of a JSON string it is what
 * is between the quotes. */
typedef struct bl_event_hole {
  uint32_t at;
  uint32_t len;
  uint32_t kind;               /* for those who look for values; the bytes
                                  depend on the text alone */
} bl_event_hole;

/* The words of an event: what is personal of it, and its value. */
typedef struct bl_event_text {
  uint32_t      is_redacted;   /* of the rest only key_hash is there */
  uint32_t      has_value;
  bl_str        key;
  bl_str        name;
  bl_str        properties;    /* the text as it was sent; may be empty */
  unsigned char key_hash[16];  /* when redacted, and zero otherwise */
  bl_dec        value;
  /* For writing: the values inside `properties`, in order and apart.  None
   * is right for any text, some make it shorter. */
  const bl_event_hole *holes;
  size_t               hole_count;
} bl_event_text;

/* ---- What is expected of the next event ------------------------------------
 *
 * Kept alike by the writer and by the reader: most fields of an event follow
 * from the events before it, and then they cost nothing.
 */

/* The last charge under a key. */
typedef struct bl_events_tally {
  bl_dec_parts quantity;       /* the last that was not zero */
  bl_dec_parts amount;         /* of that quantity */
  uint64_t     price;
  uint64_t     grant;          /* of the last draw */
  uint32_t     has_grant;
  uint32_t     reserved;
} bl_events_tally;

#define BL_EVENTS_PRICES 64

typedef struct bl_events_past {
  uint64_t         count;          /* events so far */
  uint64_t         customer;       /* of the last event, and so on */
  uint64_t         flags;
  int64_t          time_us;
  bl_dec           balance;        /* of the last with charges, if it was the
                                      same customer's */
  uint64_t         contract;       /* of the newest key */
  uint64_t         period;
  uint64_t         key_customer;   /* of the event that brought it */
  uint64_t         grant;          /* of the last draw of all */
  bl_events_tally *tallies;        /* one a key */
  size_t           tally_count;
  size_t           tally_cap;
  /* place + 1 of the tally that was charged last, by the price's low bits */
  uint32_t         by_price[BL_EVENTS_PRICES];
} bl_events_past;

/* ---- Write -------------------------------------------------------------- */

typedef struct bl_events_buffer {
  unsigned char *bytes;
  size_t         len;
  size_t         cap;
} bl_events_buffer;

typedef struct bl_events_named bl_events_named;
typedef struct bl_events_word bl_events_word;
typedef struct bl_events_slot bl_events_slot;

/* One writer serves any number of batches, one after the other; its tables
 * and buffers stay in its arena. */
typedef struct bl_events_writer {
  bl_arena         *arena;
  bl_events_past    past;
  bl_events_buffer  facts;
  bl_events_buffer  properties;
  bl_events_buffer  shape;         /* of the event at hand, in full */
  bl_events_named  *named;         /* keys, in the order of bl_events_key */
  size_t            named_count;
  size_t            named_cap;
  bl_events_word   *words;         /* a table by hash; those of this batch
                                      bear its stamp */
  bl_events_buffer  kept;          /* their bytes */
  uint32_t          stamp;
  uint32_t          word_count;
  bl_events_slot   *slots;         /* one a hole of a template */
  size_t            slot_count;
  size_t            slot_cap;
  uint32_t          group_count;   /* so far; so many numbers are given */
  uint32_t          name_count;
  uint32_t          template_count;
  uint32_t          shape_count;
  uint32_t          failed;        /* sticky: out of memory */
  uint32_t          reserved;
} bl_events_writer;

/* Allocates nothing yet.  The arena is never taken back while w is used. */
void bl_events_writer_open(bl_events_writer *w, bl_arena *arena);

/* A new entry.  What the last bl_events_end gave is no longer there. */
void bl_events_begin(bl_events_writer *w, int64_t at_us);

/* Adds a key and returns its place for bl_fact_charge.key; asking twice adds
 * it twice, so the caller remembers the place.  The text of the group stays
 * until the first event is added that uses it.  Only keys that are used are
 * written, and the reader finds them in the order of their first use. */
uint64_t bl_events_key(bl_events_writer *w, const bl_fact_key *key);

/* Decimals are valid and keys known (asserted).  NOMEM. */
int bl_events_add(bl_events_writer *w, const bl_fact_event *fact,
                  const bl_event_text *words);

/* Both parts; they stay until the next bl_events_begin.  NOMEM. */
int bl_events_end(bl_events_writer *w, bl_str *facts, bl_str *properties);

/* ---- Read --------------------------------------------------------------- */

typedef struct bl_events_template bl_events_template;
typedef struct bl_events_frame bl_events_frame;

typedef struct bl_events_reader {
  bl_arena           *arena;
  /* Where the arrays and texts of events are made: the same arena, until the
   * caller sets another, which it may take back between two events. */
  bl_arena           *out;
  bl_unpack           facts;
  bl_unpack           properties;
  uint32_t            has_words;   /* the properties are there */
  int32_t             rc;          /* sticky */
  uint64_t            count;       /* events in the entry */
  bl_events_past      past;
  bl_fact_key       *keys;        /* met so far */
  size_t              key_count;
  size_t              key_cap;
  bl_str             *groups;
  size_t              group_count;
  size_t              group_cap;
  bl_str             *names;
  size_t              name_count;
  size_t              name_cap;
  bl_events_template *templates;
  size_t              template_count;
  size_t              template_cap;
  bl_events_frame    *frames;      /* one a shape */
  size_t              frame_count;
  size_t              frame_cap;
} bl_events_reader;

/*
 * Reads an entry that was written with the same at_us.  Empty properties are
 * not known: redacted whole, or not fetched.  Both texts must stay while
 * events are used.  CORRUPT.
 */
int bl_events_open(bl_events_reader *r, bl_arena *arena, bl_str facts,
                   bl_str properties, int64_t at_us);

/*
 * The next event: OK, DONE behind the last one (only then is it certain that
 * the whole entry was well formed), CORRUPT or NOMEM.  The words may be NULL;
 * they are all zero when the properties are not known.
 */
int bl_events_next(bl_events_reader *r, bl_fact_event *fact,
                   bl_event_text *words);

/* Passes over `count` events, without making arrays and texts of them.  DONE
 * when there are not as many. */
int bl_events_skip(bl_events_reader *r, uint64_t count);

#endif
