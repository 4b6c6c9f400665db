/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * event_words.c - the properties of a batch of events.  The bytes are
 * described in event_code.c.
 *
 * What comes again is written once: shapes, names, templates, and the texts
 * that stand in a hole.  A table by hash finds them.  It is bounded, and so
 * is the search in it: what finds no room is written again, no matter how the
 * texts were chosen.
 */
#include "engine/event_encode.h"

#define WORDS_ODD UINT64_C(0x9E3779B97F4A7C15)
#define WORDS_TABLE 4096u        /* a power of two */
#define WORDS_MOST 3072u         /* in the table */
#define WORDS_PROBES 8u
#define WORDS_KEPT ((size_t)1 << 20)
#define WORDS_LONGEST 4096       /* of a word that is kept */
/* A hole whose texts do not come again is given up: each new one takes 1 of
 * this, each that comes again gives 8. */
#define WORDS_PATIENCE 32
#define WORDS_PATIENCE_MOST 64
/* At most, of a shape and of an event without its texts. */
#define WORDS_SHAPE (1 + (BL_EVENTS_HOLES + 3) * BL_PUT_U64_MOST)
#define WORDS_EVENT (WORDS_SHAPE + 2 * BL_PUT_U64_MOST + BL_PUT_DEC_MOST + \
                     16 + 3 * BL_EVENTS_HOLES * BL_PUT_U64_MOST)

struct bl_events_slot {
  uint32_t words;              /* texts that were given a number */
  uint32_t hex_len;            /* of the last hexadecimal text, in bytes */
  int32_t  patience;
};

/* ---- The table ---------------------------------------------------------- */

static uint64_t evw_mix(uint64_t a) {
  bl_u128 product = (bl_u128)a * WORDS_ODD;

  return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* Of a long text only both ends: the table compares the whole. */
static uint64_t evw_hash(uint32_t list, const unsigned char *p, size_t len) {
  uint64_t h = ((uint64_t)list << 32 | (uint32_t)len) * WORDS_ODD;
  const unsigned char *end;

  if (!len) return evw_mix(h);
  if (len < 4)
    return evw_mix(h ^ ((uint64_t)p[0] << 16 | (uint64_t)p[len / 2] << 8 |
                        p[len - 1]));
  end = p + len;
  if (len < 8)
    return evw_mix(h ^ ((uint64_t)bl_load32(p) << 32 | bl_load32(end - 4)));
  if (len > 32) {
    h = evw_mix(h ^ bl_load64(p));
    h = evw_mix(h ^ bl_load64(p + 8));
    p = end - 16;
  }
  for (; end - p > 8; p += 8) h = evw_mix(h ^ bl_load64(p));
  return evw_mix(h ^ bl_load64(end - 8));
}

/* memcmp, but for a call where the texts are short. */
static int evw_is_same(const unsigned char *a, const unsigned char *b,
                       size_t len) {
  if (len > 16) return !memcmp(a, b, len);
  if (len >= 8)
    return bl_load64(a) == bl_load64(b) &&
           bl_load64(a + len - 8) == bl_load64(b + len - 8);
  if (len >= 4)
    return bl_load32(a) == bl_load32(b) &&
           bl_load32(a + len - 4) == bl_load32(b + len - 4);
  return !len || (a[0] == b[0] && a[len / 2] == b[len / 2] &&
                  a[len - 1] == b[len - 1]);
}

int bl_word_find(bl_events_writer *w, uint32_t list, bl_str text,
                 bl_word_place *place) {
  const unsigned char *p = (const unsigned char *)text.text;
  uint64_t hash = evw_hash(list, p, text.len);

  *place = (bl_word_place){NULL, p, (uint32_t)text.len,
                           (uint32_t)(hash >> 32), list, 0};
  for (uint32_t i = 0; i < WORDS_PROBES; i++) {
    bl_events_word *word = &w->words[((uint32_t)hash + i) % WORDS_TABLE];
    int is_free = word->stamp != w->stamp;

    place->word = word;
    if (is_free) return 0;
    if (word->hash == place->hash && word->list == list &&
        word->len == text.len &&
        evw_is_same(w->kept.bytes + word->at, p, text.len)) return 1;
  }
  place->word = NULL;
  return 0;
}

int bl_word_keep(bl_events_writer *w, const bl_word_place *place,
                 uint32_t index, uint32_t slot) {
  bl_events_word *word = place->word;

  if (!word || w->word_count == WORDS_MOST || place->len > WORDS_LONGEST ||
      w->kept.len + place->len > WORDS_KEPT) return 0;
  if (!bl_buffer_reserve(w->arena, &w->kept, place->len)) {
    w->failed = 1;
    return 0;
  }
  *word = (bl_events_word){w->stamp, place->hash, place->list,
                           (uint32_t)w->kept.len, place->len, index, slot};
  bl_put_bytes(w->kept.bytes + w->kept.len, place->text, place->len);
  w->kept.len += place->len;
  w->word_count++;
  return 1;
}

void bl_words_begin(bl_events_writer *w) {
  if (!w->words) {
    w->words = bl_arena_array(w->arena, WORDS_TABLE, sizeof *w->words);
    if (!w->words) w->failed = 1;
  } else if (w->stamp == UINT32_MAX) {
    memset(w->words, 0, WORDS_TABLE * sizeof *w->words);
    w->stamp = 0;
  }
  w->stamp++;
  w->kept.len = w->word_count = 0;
  w->slot_count = 0;
  w->group_count = w->name_count = w->template_count = w->shape_count = 0;
  if (!bl_buffer_reserve(w->arena, &w->kept, 1)) w->failed = 1;
}

/* ---- A shape ---------------------------------------------------------------
 *
 * What events of one kind have in common: forms of key and value, name, and
 * the properties' template.  Such a shape is put together in full, and only
 * when it is new its parts are looked for.
 */
typedef struct evw_shape {
  unsigned char forms;
  unsigned char uuid[16];      /* of a key that is one */
  uint32_t      holes;
  uint32_t      slot;          /* of the first hole */
  uint32_t      is_fleeting;   /* its slots serve this event only */
  bl_str        name;
  bl_str        text;          /* all of it, in w->shape */
  bl_str        form;          /* of that, the template */
} evw_shape;

static unsigned char evw_forms(const bl_fact_event *fact,
                               const bl_event_text *words,
                               unsigned char *uuid) {
  unsigned char forms = BL_WORDS_TEXT;

  if (words->is_redacted) return BL_WORDS_REDACTED;
  if (words->key.len == BL_UUID_TEXT && bl_uuid_pack(words->key.text, uuid))
    forms = BL_WORDS_UUID;
  if (!words->has_value) return forms;
  if (fact->charge_count &&
      bl_dec_equal(words->value, fact->charges[0].quantity))
    return forms | BL_WORDS_QUANTITY;
  return forms | BL_WORDS_VALUE;
}

/* How many holes are used; none when they are not in order. */
static uint32_t evw_holes(const bl_event_text *words) {
  size_t count = words->properties.len ? words->hole_count : 0;
  size_t end = 0, inside = 0;

  if (count > BL_EVENTS_HOLES) count = BL_EVENTS_HOLES;
  for (size_t i = 0; i < count; i++) {
    const bl_event_hole *hole = &words->holes[i];
    if (hole->at < end || hole->at > words->properties.len ||
        hole->len > words->properties.len - hole->at) return 0;
    end = (size_t)hole->at + hole->len;
    inside += hole->len;
  }
  return words->properties.len - inside > BL_EVENTS_TEMPLATE
             ? 0 : (uint32_t)count;
}

/* The properties without what stands in the holes. */
static unsigned char *evw_put_template(unsigned char *at, uint32_t holes,
                                       const bl_event_text *words) {
  bl_str text = words->properties;
  size_t from = 0;

  at = bl_put_u64(at, holes);
  for (uint32_t i = 0; i < holes; i++) {
    size_t len = words->holes[i].at - from;
    at = bl_put_bytes(bl_put_u64(at, len), text.text + from, len);
    from += len + words->holes[i].len;
  }
  at = bl_put_u64(at, text.len - from);
  return bl_put_bytes(at, text.len ? text.text + from : "", text.len - from);
}

static int evw_make_shape(bl_events_writer *w, const bl_fact_event *fact,
                          const bl_event_text *words, evw_shape *shape) {
  size_t most = WORDS_SHAPE + words->name.len + words->properties.len;
  unsigned char *at, *form;

  w->shape.len = 0;
  if (!bl_buffer_reserve(w->arena, &w->shape, most)) return 0;
  memset(shape, 0, sizeof *shape);
  at = w->shape.bytes;
  *at++ = shape->forms = evw_forms(fact, words, shape->uuid);
  if (!words->is_redacted) {
    shape->name  = words->name;
    shape->holes = evw_holes(words);
    at = bl_put_u64(at, words->name.len);
    at = bl_put_bytes(at, words->name.text, words->name.len);
    form = at;
    at = evw_put_template(at, shape->holes, words);
    shape->form = (bl_str){(const char *)form, (size_t)(at - form)};
  }
  shape->text = (bl_str){(const char *)w->shape.bytes,
                         (size_t)(at - w->shape.bytes)};
  return 1;
}

/* Fresh slots for the holes of a template. */
static int evw_add_slots(bl_events_writer *w, uint32_t count,
                         int32_t patience) {
  for (uint32_t i = 0; i < count; i++) {
    bl_events_slot *slot = bl_arena_push(w->arena, (void **)&w->slots,
                                         &w->slot_count, &w->slot_cap,
                                         sizeof *slot);
    if (!slot) return 0;
    slot->patience = patience;
    w->slot_count++;
  }
  return 1;
}

/* A template that finds no room in the table has its slots for one event
 * only: the next ones will be the same. */
static unsigned char *evw_put_form(bl_events_writer *w, unsigned char *at,
                                   evw_shape *shape) {
  bl_word_place place;

  if (bl_word_find(w, BL_LIST_TEMPLATES, shape->form, &place)) {
    shape->slot = place.word->slot;
    return bl_put_u64(at, (uint64_t)place.word->index + 1);
  }
  shape->slot = (uint32_t)w->slot_count;
  shape->is_fleeting =
      !bl_word_keep(w, &place, w->template_count++, shape->slot);
  if (!evw_add_slots(w, shape->holes,
                     shape->is_fleeting ? 0 : WORDS_PATIENCE))
    w->failed = 1;
  if (shape->is_fleeting) w->slot_count = shape->slot;
  *at++ = 0;
  return bl_put_bytes(at, shape->form.text, shape->form.len);
}

static unsigned char *evw_put_name(bl_events_writer *w, unsigned char *at,
                                   bl_str name) {
  bl_word_place place;

  if (bl_word_find(w, BL_LIST_NAMES, name, &place))
    return bl_put_u64(at, (uint64_t)place.word->index + 1);
  bl_word_keep(w, &place, w->name_count++, 0);
  *at++ = 0;
  return bl_put_bytes(bl_put_u64(at, name.len), name.text, name.len);
}

static unsigned char *evw_put_shape(bl_events_writer *w, unsigned char *at,
                                    evw_shape *shape) {
  bl_word_place place;

  if (bl_word_find(w, BL_LIST_SHAPES, shape->text, &place)) {
    shape->slot = place.word->slot;
    return bl_put_u64(at, (uint64_t)place.word->index + 1);
  }
  *at++ = 0;
  *at++ = shape->forms;
  if (shape->forms != BL_WORDS_REDACTED) {
    at = evw_put_name(w, at, shape->name);
    at = evw_put_form(w, at, shape);
  }
  /* Its parts may have taken the place. */
  if (!shape->is_fleeting &&
      !bl_word_find(w, BL_LIST_SHAPES, shape->text, &place))
    bl_word_keep(w, &place, w->shape_count, shape->slot);
  w->shape_count++;
  return at;
}

/* ---- What stands in a hole ---------------------------------------------- */

/* A text and its form; of hexadecimal forms, the bytes. */
typedef struct evw_value {
  unsigned      form;
  bl_str        text;
  unsigned char bytes[BL_HEX_MOST];
} evw_value;

/* In full. */
static unsigned char *evw_put_value(unsigned char *at, bl_events_slot *slot,
                                    const evw_value *v) {
  if (v->form == BL_FORM_HEX && v->text.len != slot->hex_len) {
    slot->hex_len = (uint32_t)v->text.len;
    *at++ = 2 * BL_FORM_HEX_OF;
    at = bl_put_u64(at, v->text.len);
  } else {
    *at++ = (unsigned char)(2 * v->form);
    if (v->form == BL_FORM_TEXT) at = bl_put_u64(at, v->text.len);
  }
  return bl_put_bytes(at, v->text.text, v->text.len);
}

/* As a word when it was met before.  Short texts are numbered alike here and
 * by the reader, whether or not the table keeps them. */
static unsigned char *evw_put_text(bl_events_writer *w, unsigned char *at,
                                   uint32_t hole, const evw_value *v) {
  bl_events_slot *slot = &w->slots[hole];
  bl_word_place place;

  assert(hole < w->slot_cap);
  if (v->text.len > BL_EVENTS_WORD) return evw_put_value(at, slot, v);
  if (slot->patience > 0) {
    uint32_t list = BL_LIST_HOLES + 4 * hole + v->form;
    if (bl_word_find(w, list, v->text, &place)) {
      if (slot->patience < WORDS_PATIENCE_MOST) slot->patience += 8;
      return bl_put_u64(at, 2 * ((uint64_t)place.word->index + BL_FORM_WORD));
    }
    slot->patience--;
    if (slot->words < BL_EVENTS_WORDS)
      bl_word_keep(w, &place, slot->words, 0);
  }
  if (slot->words < BL_EVENTS_WORDS) slot->words++;
  return evw_put_value(at, slot, v);
}

static unsigned char *evw_put_hole(bl_events_writer *w, unsigned char *at,
                                   uint32_t hole, bl_str text) {
  unsigned decimals;
  int64_t digits;
  evw_value v;

  /* Most others are told by their first character. */
  if (text.len && *text.text <= '9' &&
      bl_number_parse(text, &digits, &decimals)) {
    if (!decimals) return bl_put_u64(at, bl_zigzag(digits) << 1 | 1);
    *at++ = 2 * BL_FORM_NUMBER;
    *at++ = (unsigned char)decimals;
    return bl_put_i64(at, digits);
  }
  v.form = bl_text_form(text, v.bytes);
  v.text = text;
  if (v.form != BL_FORM_TEXT)
    v.text = (bl_str){(const char *)v.bytes,
                      v.form == BL_FORM_UUID ? 16 : text.len / 2};
  return evw_put_text(w, at, hole, &v);
}

/* ---- An event ----------------------------------------------------------- */

static unsigned char *evw_put_key(unsigned char *at, const evw_shape *shape,
                                  const bl_event_text *words) {
  switch (shape->forms & BL_WORDS_KEY) {
  case BL_WORDS_UUID:
    return bl_put_bytes(at, shape->uuid, sizeof shape->uuid);
  case BL_WORDS_REDACTED:
    return bl_put_bytes(at, words->key_hash, sizeof words->key_hash);
  default:
    return bl_put_bytes(bl_put_u64(at, words->key.len), words->key.text,
                        words->key.len);
  }
}

int bl_words_put(bl_events_writer *w, const bl_fact_event *fact,
                 const bl_event_text *words) {
  size_t most = WORDS_EVENT + words->key.len + words->name.len +
                words->properties.len;
  const char *text = words->properties.text;
  unsigned char *at;
  evw_shape shape;

  if (!evw_make_shape(w, fact, words, &shape) ||
      !bl_buffer_reserve(w->arena, &w->properties, most)) return 0;
  at = w->properties.bytes + w->properties.len;
  at = evw_put_shape(w, at, &shape);
  at = evw_put_key(at, &shape, words);
  if (shape.forms & BL_WORDS_VALUE) at = bl_put_dec(at, words->value);
  for (uint32_t i = 0; i < shape.holes && !w->failed; i++)
    at = evw_put_hole(w, at, shape.slot + i,
                      (bl_str){text + words->holes[i].at,
                               words->holes[i].len});
  w->properties.len = (size_t)(at - w->properties.bytes);
  assert(w->properties.len <= w->properties.cap);
  return !w->failed;
}

#undef WORDS_ODD
#undef WORDS_TABLE
#undef WORDS_MOST
#undef WORDS_PROBES
#undef WORDS_KEPT
#undef WORDS_LONGEST
#undef WORDS_PATIENCE
#undef WORDS_PATIENCE_MOST
#undef WORDS_SHAPE
#undef WORDS_EVENT
