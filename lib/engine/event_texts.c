/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * event_texts.c - the words of events out of the properties of a batch, which
 * event_code.c describes.  A fault sets r->properties.bad.
 */
#include "engine/event_decode.h"

#define TEXTS_NUMBER INT64_C(1000000000000000000)   /* 19 digits */

/* What stands in a hole: the bytes are those of the entry. */
typedef struct evt_value {
  const unsigned char *bytes;
  uint32_t             len;
  uint32_t             form;
  int64_t              digits;       /* of a number */
  unsigned             decimals;
} evt_value;

/* A text that can be named by its number. */
typedef struct evt_word {
  const unsigned char *bytes;
  uint32_t             len;
  uint32_t             form;
} evt_word;

typedef struct evt_hole {
  evt_word *words;
  size_t    count;
  size_t    cap;
  uint32_t  hex_len;                 /* of the last one, in bytes */
} evt_hole;

struct bl_events_template {
  bl_str   *pieces;                  /* one more than holes */
  evt_hole *holes;
  size_t    hole_count;
  size_t    len;                     /* of the pieces */
};

/* A shape. */
struct bl_events_frame {
  bl_str   name;
  size_t   form;                     /* its template */
  unsigned forms;
};

static void evt_nomem(bl_events_reader *r) { r->rc = BILLING_NOMEM; }

/* ---- Shapes ------------------------------------------------------------- */

static bl_str evt_name(bl_events_reader *r) {
  uint64_t number = bl_unpack_u64(&r->properties);
  bl_str none = {"", 0}, *name;

  if (number) {
    if (number <= r->name_count) return r->names[number - 1];
    r->properties.bad = 1;
    return none;
  }
  name = bl_arena_next(r->arena, (void **)&r->names, &r->name_count,
                       &r->name_cap, sizeof *name);
  if (!name) {
    evt_nomem(r);
    return none;
  }
  r->name_count++;
  return *name = bl_unpack_str(&r->properties);
}

static void evt_pieces(bl_events_reader *r, bl_events_template *t) {
  for (size_t i = 0; i <= t->hole_count && !r->properties.bad; i++) {
    t->pieces[i] = bl_unpack_str(&r->properties);
    t->len += t->pieces[i].len;
  }
  if (t->hole_count && t->len > BL_EVENTS_TEMPLATE) r->properties.bad = 1;
}

/* The place of a template; of a new one, too. */
static size_t evt_template(bl_events_reader *r) {
  uint64_t number = bl_unpack_u64(&r->properties), holes;
  bl_events_template *t;

  if (number) {
    if (number > r->template_count) r->properties.bad = 1;
    return (size_t)number - 1;
  }
  holes = bl_unpack_u64(&r->properties);
  if (holes > BL_EVENTS_HOLES) r->properties.bad = 1;
  if (r->properties.bad) return 0;
  t = bl_arena_next(r->arena, (void **)&r->templates, &r->template_count,
                    &r->template_cap, sizeof *t);
  if (t) t->pieces = bl_arena_array(r->arena, holes + 1, sizeof *t->pieces);
  if (t) t->holes = bl_arena_array(r->arena, holes + 1, sizeof *t->holes);
  if (!t || !t->pieces || !t->holes) {
    evt_nomem(r);
    return 0;
  }
  t->hole_count = (size_t)holes;
  evt_pieces(r, t);
  return r->template_count++;
}

static int evt_forms_are_valid(unsigned forms) {
  unsigned key = forms & BL_WORDS_KEY, value = forms - key;

  if (key == BL_WORDS_REDACTED) return !value;
  return key != BL_WORDS_KEY &&
         (value == BL_WORDS_NO_VALUE || value == BL_WORDS_VALUE ||
          value == BL_WORDS_QUANTITY);
}

static const bl_events_frame *evt_shape(bl_events_reader *r) {
  uint64_t number = bl_unpack_u64(&r->properties);
  bl_events_frame frame = {{"", 0}, 0, 0}, *kept;

  if (number) {
    if (number <= r->frame_count) return &r->frames[number - 1];
    r->properties.bad = 1;
    return NULL;
  }
  frame.forms = bl_unpack_byte(&r->properties);
  if (!evt_forms_are_valid(frame.forms)) r->properties.bad = 1;
  if (frame.forms != BL_WORDS_REDACTED) {
    frame.name = evt_name(r);
    frame.form = evt_template(r);
  }
  if (r->properties.bad || r->rc) return NULL;
  kept = bl_arena_next(r->arena, (void **)&r->frames, &r->frame_count,
                       &r->frame_cap, sizeof *kept);
  if (!kept) {
    evt_nomem(r);
    return NULL;
  }
  r->frame_count++;
  *kept = frame;
  return kept;
}

/* ---- What stands in the holes ------------------------------------------- */

/* Short texts are numbered, as many as a hole may have. */
static void evt_number_word(bl_events_reader *r, evt_hole *hole,
                            const evt_value *v) {
  evt_word *word;

  if (v->len > BL_EVENTS_WORD || hole->count == BL_EVENTS_WORDS) return;
  word = bl_arena_next(r->arena, (void **)&hole->words, &hole->count,
                       &hole->cap, sizeof *word);
  if (!word) {
    evt_nomem(r);
    return;
  }
  *word = (evt_word){v->bytes, v->len, v->form};
  hole->count++;
}

/* A text in full that has a shorter form is refused. */
static void evt_check_text(bl_unpack *u, const evt_value *v) {
  unsigned char bytes[BL_HEX_MOST];
  bl_str text = {(const char *)v->bytes, v->len};
  unsigned decimals;
  int64_t digits;

  if (u->bad || (!bl_number_parse(text, &digits, &decimals) &&
                 bl_text_form(text, bytes) == BL_FORM_TEXT)) return;
  u->bad = 1;
}

/* The length in bytes of a text that is there in full. */
static uint64_t evt_full_len(bl_unpack *u, evt_hole *hole, uint64_t form) {
  uint64_t len = 16;

  if (form == BL_FORM_HEX) {
    len = hole->hex_len;
    if (!len) u->bad = 1;
  } else if (form == BL_FORM_HEX_OF) {
    len = bl_unpack_u64(u);
    if (len < BL_HEX_LEAST || len > BL_HEX_MOST || len == hole->hex_len)
      u->bad = 1;
    hole->hex_len = (uint32_t)len;
  } else if (form == BL_FORM_TEXT) {
    len = bl_unpack_u64(u);
  }
  return len > UINT32_MAX ? UINT32_MAX : len;
}

static void evt_full(bl_events_reader *r, evt_hole *hole, uint64_t form,
                     evt_value *v) {
  bl_unpack *u = &r->properties;
  uint64_t len = evt_full_len(u, hole, form);

  v->form  = form == BL_FORM_HEX_OF ? BL_FORM_HEX : (uint32_t)form;
  v->len   = (uint32_t)len;
  v->bytes = bl_unpack_bytes(u, len);
  if (form == BL_FORM_TEXT) evt_check_text(u, v);
  if (!u->bad) evt_number_word(r, hole, v);
}

static void evt_number(bl_unpack *u, int64_t digits, unsigned decimals,
                       evt_value *v) {
  v->form     = BL_FORM_NUMBER;
  v->digits   = digits;
  v->decimals = decimals;
  if (digits <= -TEXTS_NUMBER || digits >= TEXTS_NUMBER) u->bad = 1;
}

static void evt_hole_value(bl_events_reader *r, evt_hole *hole,
                           evt_value *v) {
  bl_unpack *u = &r->properties;
  uint64_t code = bl_unpack_u64(u), form = code >> 1;
  unsigned decimals;

  if (code & 1) {
    evt_number(u, bl_unzigzag(form), 0, v);
  } else if (form >= BL_FORM_WORD) {
    if (form - BL_FORM_WORD < hole->count) {
      evt_word word = hole->words[form - BL_FORM_WORD];
      *v = (evt_value){word.bytes, word.len, word.form, 0, 0};
    } else {
      u->bad = 1;
    }
  } else if (form == BL_FORM_NUMBER) {
    decimals = bl_unpack_byte(u);
    if (!decimals || decimals >= BL_NUMBER_DIGITS) u->bad = 1;
    evt_number(u, bl_unpack_i64(u), decimals, v);
  } else {
    evt_full(r, hole, form, v);
  }
}

static size_t evt_text_len(const evt_value *v) {
  switch (v->form) {
  case BL_FORM_HEX:    return (size_t)v->len * 2;
  case BL_FORM_UUID:   return BL_UUID_TEXT;
  case BL_FORM_NUMBER: return BL_NUMBER_TEXT;
  default:             return v->len;
  }
}

static char *evt_put_text(const evt_value *v, char *at) {
  switch (v->form) {
  case BL_FORM_HEX:
    bl_hex_unpack(v->bytes, v->len, at);
    return at + (size_t)v->len * 2;
  case BL_FORM_UUID:
    bl_uuid_unpack(v->bytes, at);
    return at + BL_UUID_TEXT;
  case BL_FORM_NUMBER:
    return at + bl_number_print(v->digits, v->decimals, at);
  default:
    memcpy(at, v->bytes, v->len);
    return at + v->len;
  }
}

static bl_str evt_build(const bl_events_template *t, const evt_value *values,
                        char *at) {
  char *start = at;

  for (size_t i = 0; i <= t->hole_count; i++) {
    memcpy(at, t->pieces[i].text, t->pieces[i].len);
    at += t->pieces[i].len;
    if (i < t->hole_count) at = evt_put_text(&values[i], at);
  }
  return (bl_str){start, (size_t)(at - start)};
}

/* ---- An event ----------------------------------------------------------- */

/* A key that is there as a text; one that is a UUID is refused. */
static bl_str evt_text_key(bl_unpack *u) {
  bl_str key = bl_unpack_str(u);
  unsigned char bytes[16];

  if (key.len == BL_UUID_TEXT && bl_uuid_pack(key.text, bytes)) u->bad = 1;
  return key;
}

static void evt_value_of(bl_unpack *u, unsigned forms,
                         const bl_fact_event *fact, bl_event_text *words) {
  bl_dec quantity =
      fact->charge_count ? fact->charges[0].quantity : BL_DEC_BAD;

  words->has_value = (forms & (BL_WORDS_VALUE | BL_WORDS_QUANTITY)) != 0;
  if (forms & BL_WORDS_VALUE) {
    words->value = bl_unpack_dec(u);
    if (bl_dec_equal(words->value, quantity)) u->bad = 1;
  }
  if (forms & BL_WORDS_QUANTITY) {
    words->value = quantity;
    if (bl_dec_is_bad(quantity)) u->bad = 1;
  }
}

/* The texts that are not in the entry as they are: a key that is a UUID, and
 * properties with holes. */
static int evt_make_texts(bl_events_reader *r, const bl_events_template *t,
                          const evt_value *values, const unsigned char *uuid,
                          bl_event_text *words) {
  size_t len = t->len + (uuid ? BL_UUID_TEXT : 0);
  char *at;

  words->properties = t->pieces[0];
  if (!uuid && !t->hole_count) return BILLING_OK;
  for (size_t i = 0; i < t->hole_count; i++) len += evt_text_len(&values[i]);
  at = bl_arena_take(r->out, len);
  if (!at) return r->rc = BILLING_NOMEM;
  if (uuid) {
    bl_uuid_unpack(uuid, at);
    words->key = (bl_str){at, BL_UUID_TEXT};
    at += BL_UUID_TEXT;
  }
  if (t->hole_count) words->properties = evt_build(t, values, at);
  return BILLING_OK;
}

static int evt_redacted(bl_events_reader *r, bl_event_text *words) {
  const unsigned char *hash =
      bl_unpack_bytes(&r->properties, sizeof words->key_hash);

  if (!hash) return r->rc = BILLING_CORRUPT;
  words->is_redacted = 1;
  memcpy(words->key_hash, hash, sizeof words->key_hash);
  return BILLING_OK;
}

int bl_words_get(bl_events_reader *r, const bl_fact_event *fact,
                 bl_event_text *words) {
  bl_unpack *u = &r->properties;
  const bl_events_frame *shape = evt_shape(r);
  const unsigned char *uuid = NULL;
  evt_value values[BL_EVENTS_HOLES];
  bl_event_text unseen;
  bl_events_template *t;

  if (!words) words = &unseen;
  if (!shape) return r->rc ? r->rc : (r->rc = BILLING_CORRUPT);
  if (shape->forms == BL_WORDS_REDACTED) return evt_redacted(r, words);
  t = &r->templates[shape->form];
  words->name = shape->name;
  if ((shape->forms & BL_WORDS_KEY) == BL_WORDS_UUID)
    uuid = bl_unpack_bytes(u, 16);
  else
    words->key = evt_text_key(u);
  evt_value_of(u, shape->forms, fact, words);
  for (size_t i = 0; i < t->hole_count && !u->bad && !r->rc; i++)
    evt_hole_value(r, &t->holes[i], &values[i]);
  if (u->bad && !r->rc) r->rc = BILLING_CORRUPT;
  if (r->rc || words == &unseen) return r->rc;
  return evt_make_texts(r, t, values, uuid, words);
}

#undef TEXTS_NUMBER
