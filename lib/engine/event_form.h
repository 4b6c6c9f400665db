/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * event_form.h - between the writer and the reader of event_code.h: the bits
 * of the bytes, what is expected, and the forms of values.
 */
#ifndef BL_EVENT_FORM_H
#define BL_EVENT_FORM_H

#include "engine/event_code.h"

#define BL_EVENTS_FORMAT 1       /* the first byte of both parts */

/* The first byte of an event. */
enum {
  BL_EVENTS_CUSTOMER = 1,        /* another customer than before */
  BL_EVENTS_FLAGS = 2,           /* other flags than before */
  BL_EVENTS_BALANCE = 4,         /* another balance than expected */
  BL_EVENTS_TIME = 3,            /* how far up stands the size of the time */
  BL_EVENTS_CHARGES = 6,         /* and the number of charges, 3: follows */
  BL_EVENTS_MORE = 3
};

/* The first byte of a charge. */
enum {
  BL_CHARGE_KEY = 31,            /* how far back it is; 0: new; 31: follows */
  BL_CHARGE_DRAWS = 32,          /* other draws than expected */
  BL_CHARGE_AMOUNT = 64,         /* another amount than expected */
  BL_CHARGE_EXTRAS = 128,
  BL_CHARGE_UNIQUE = 1,          /* extras */
  BL_CHARGE_AT = 2,
  BL_CHARGE_SAMPLE = 4,
  BL_CHARGE_REMOVAL = 8          /* of a value: only beside UNIQUE */
};

/* The first byte of a key. */
enum {
  BL_KEY_CONTRACT = 1,           /* another contract than expected */
  BL_KEY_PERIOD = 2,             /* another period than the key before */
  BL_KEY_GROUP = 4,              /* one that was met before */
  BL_KEY_NEW_GROUP = 8,
  BL_KEY_PRICE = 4,              /* how far up; 15: follows */
  BL_KEY_PRICE_MORE = 15
};

/* The first byte of a shape: a form of the key and a form of the value. */
enum {
  BL_WORDS_UUID = 0,
  BL_WORDS_TEXT = 1,
  BL_WORDS_REDACTED = 2,
  BL_WORDS_KEY = 3,              /* mask */
  BL_WORDS_NO_VALUE = 0,
  BL_WORDS_VALUE = 4,
  BL_WORDS_QUANTITY = 8          /* the quantity of the first charge */
};

/* Forms of what stands in a hole.  Codes are twice these, and an odd code is
 * twice an integer, zigzag, and one. */
enum {
  BL_FORM_TEXT = 0,
  BL_FORM_HEX = 1,               /* as long as the last in this hole */
  BL_FORM_HEX_OF = 2,            /* of another length */
  BL_FORM_UUID = 3,
  BL_FORM_NUMBER = 4,            /* with decimals */
  BL_FORM_WORD = 5               /* the word number code / 2 - 5 */
};

#define BL_EVENTS_HOLES 64       /* of a template */
#define BL_EVENTS_TEMPLATE 65536 /* bytes of a template that has holes */
#define BL_EVENTS_WORD 255       /* bytes of a word of a hole */
#define BL_EVENTS_WORDS 1024     /* words of a hole */
#define BL_HEX_LEAST 4           /* bytes that are written as hex text */
#define BL_HEX_MOST 64
#define BL_UUID_TEXT 36

/* ---- What is expected --------------------------------------------------- */

void bl_events_past_open(bl_events_past *p, int64_t at_us);

/* Contracts are often numbered along with their customers. */
static inline uint64_t bl_expect_contract(const bl_events_past *p,
                                          uint64_t customer) {
  return p->contract + (customer - p->key_customer);
}

static inline uint64_t bl_expect_grant(const bl_events_past *p,
                                       const bl_events_tally *tally) {
  return tally->has_grant ? tally->grant : p->grant;
}

/* A new key's tally; 0 when memory is out. */
int bl_events_past_key(bl_events_past *p, bl_arena *arena, uint64_t customer,
                       const bl_fact_key *key);

/* The amount in the proportion of the tally's last charge, or of the last
 * one of the same price; 0 when there is none. */
int bl_expect_amount(const bl_events_past *p, const bl_events_tally *tally,
                     const bl_dec_parts *quantity, bl_dec_parts *amount);
static inline int bl_parts_equal(const bl_dec_parts *a,
                                 const bl_dec_parts *b) {
  return a->digits == b->digits && a->thousands == b->thousands &&
         a->is_negative == b->is_negative;
}

/* Remembers a charge and its draws. */
void bl_events_past_charge(bl_events_past *p, uint64_t place,
                           const bl_dec_parts *quantity,
                           const bl_dec_parts *amount);
void bl_events_past_draw(bl_events_past *p, bl_events_tally *tally,
                         uint64_t grant);

/* The balance after the event's draws; it may be the bad value. */
bl_dec bl_expect_balance(const bl_events_past *p, const bl_fact_event *fact);
/* Remembers the event. */
void bl_events_past_event(bl_events_past *p, const bl_fact_event *fact);

/* ---- The forms of values ------------------------------------------------ */

/* len characters of lower-case hexadecimal to len / 2 bytes, 0 when they are
 * something else.  len is a multiple of two. */
int bl_hex_pack(const char *text, size_t len, unsigned char *out);
void bl_hex_unpack(const unsigned char *bytes, size_t count, char *out);
/* The same for the 36 characters of a lower-case UUID, and 16 bytes. */
int bl_uuid_pack(const char *text, unsigned char *out);
void bl_uuid_unpack(const unsigned char *bytes, char *out);

/*
 * A number of at most 18 digits, without needless zeros in front: its digits
 * as an integer, and how many of them stand behind the point.  Any such text
 * comes back as it was: "0.50" is 50 with two.  0 when it is something else.
 */
#define BL_NUMBER_DIGITS 18
#define BL_NUMBER_TEXT 20
int bl_number_parse(bl_str text, int64_t *digits, unsigned *decimals);
/* Writes at most BL_NUMBER_TEXT characters, no NUL; returns how many. */
size_t bl_number_print(int64_t digits, unsigned decimals, char *out);

/* The form of a text that is no number; of BL_FORM_HEX and BL_FORM_UUID the
 * bytes, at most BL_HEX_MOST. */
unsigned bl_text_form(bl_str text, unsigned char *bytes);

/* Eight bytes, low first, whatever the machine. */
static inline uint64_t bl_load64(const unsigned char *p) {
  return (uint64_t)p[0] | (uint64_t)p[1] << 8 | (uint64_t)p[2] << 16 |
         (uint64_t)p[3] << 24 | (uint64_t)p[4] << 32 | (uint64_t)p[5] << 40 |
         (uint64_t)p[6] << 48 | (uint64_t)p[7] << 56;
}
static inline uint32_t bl_load32(const unsigned char *p) {
  return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
         (uint32_t)p[3] << 24;
}
static inline void bl_store64(unsigned char *p, uint64_t v) {
  p[0] = (unsigned char)v;
  p[1] = (unsigned char)(v >> 8);
  p[2] = (unsigned char)(v >> 16);
  p[3] = (unsigned char)(v >> 24);
  p[4] = (unsigned char)(v >> 32);
  p[5] = (unsigned char)(v >> 40);
  p[6] = (unsigned char)(v >> 48);
  p[7] = (unsigned char)(v >> 56);
}

#endif
