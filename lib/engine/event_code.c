/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * event_code.c - the bytes of a batch of events, and what its writer and its
 * reader have in common.
 *
 * Numbers are those of base/pack.h: N is seven bits a byte, Z the same of a
 * zigzag, D a decimal.  "Ref" is an N: 0, and what is new follows; else the
 * number of what was met before, from 1.  Both parts begin with the format,
 * 01, and end with the last event.
 *
 * Facts: 01, N how many events, and for each of them
 *
 *   1 byte    bit 0 another customer, 1 other flags, 2 the balance follows;
 *             bits 3-5 bytes of the time (7: eight); 6-7 charges, 3: more
 *   [Z]       customer, less that of the event before (at first 0)
 *   [N]       flags; else those of the event before (at first 0)
 *   0-8       time, less that of the event before (at first the entry's):
 *             its zigzag in plain bytes, low first, as few as it needs
 *   [N]       charges less 3
 *   charges
 *   [D]       balance; else the one expected: that of the event before, if
 *             that was the same customer's, or 0, less what grants paid of
 *             this one.  Without charges 0 is expected; such an event leaves
 *             the balance that the next one goes by as it was
 *
 * A charge:
 *
 *   1 byte    bits 0-4 its key: 0 new; how many keys ago it was new, 1: the
 *             newest; 31: N more.  Bit 5 draws follow, 6 the amount follows,
 *             7 extras
 *   [key]     1 byte: bit 0 contract, 1 period, 2 group, 3 new group follow;
 *             4-7 price, 15: N more.
 *             [N] price less 15
 *             [Z] contract, less the expected: that of the newest key, and
 *             as much more as this customer's number is than that key's
 *             [Z] period, less that of the newest key (at first 0)
 *             [N] group, by its number from 0; or N, bytes: a new one
 *   [extras]  1 byte: bit 0 unique, 1 at, 2 sample, 3 the value was
 *             removed.  [16 bytes]  [Z] at, less the event's time
 *             [D] sample; else it is the quantity
 *   D         quantity
 *   [D]       amount; else the one expected: in proportion to the last charge
 *             under this key whose quantity was not zero, or else of the same
 *             price, if that was the last of all prices equal to it modulo 64
 *   [draws]   N: twice their number, and 1 if they add up to the amount;
 *             for each Z grant, less that of the draw before (at first the
 *             expected); D amount, but of the last one if they add up.
 *             Else one draw of the whole amount, none of zero; the grant
 *             expected is that of the last draw under this key, or of all
 *
 * Properties: 01, and for each event
 *
 *   Ref       shape.  New: 1 byte: bits 0-1 the key (0 UUID, 1 text, 2
 *             redacted), 2 the value follows, 3 it is the quantity of the
 *             first charge; unless redacted, Ref name (N, bytes) and Ref
 *             template (N holes, at most 64; one piece more: N, bytes)
 *   16 bytes  key: the UUID, or its hash if redacted; or N, bytes
 *   [D]       value
 *   holes     N each:  2i + 1  the integer i, zigzag
 *                      0 N ..  a text, its length and itself
 *                      2 ..    hexadecimal, half as many bytes, as long as
 *                              the last hexadecimal text in this hole
 *                      4 N ..  the same, and how many bytes: 4 to 64
 *                      6 ..    a UUID, 16 bytes
 *                      8 b Z   a number with b decimals, 1 to 17; 18 digits
 *                      10 + 2i the text number i of this hole
 *
 * The texts of a hole that are written in full and have at most 255 bytes are
 * numbered from 0, 1,024 of them.  Of two templates with the same pieces each
 * has holes of its own.
 *
 * An example: at midnight of 2026-01-01 an entry is written.  Customer 7 used
 * 12 units a quarter of a second before, and 30 units a millisecond later.
 *
 *     facts       01 02
 *       first     5D 0E 1F A1 07       customer 7, 0.25 s before, 1 charge
 *                 60 03 04 02          a new key: contract 9, price 0, period
 *                                      1, no group
 *                 19  88 D8 04         12 for 0.0024
 *                 03 06                1 draw of it all, by grant 3
 *                 88 E8 91 B1 02       19.9976 are left
 *       second    50 D0 07             1,000 microseconds later, 1 charge
 *                 01 3D                the newest key, 30
 *
 *     properties  01
 *       first     00 08                new shape: a UUID, value = quantity
 *                 00 06 "tokens"
 *                 00 03                new template with three holes
 *                 0A "{\"model\":\""  09 "\",\"req\":\""  06 "\",\"n\":"
 *                 01 "}"
 *                 01 89 C4 F2 7A 10 4E 5B 9C 3D 2F 6A 8B 1E 4D 70
 *                 00 02 "m1"  04 04 9F 3A 01 BC  15
 *       second    01                   the same shape
 *                 01 89 C4 F2 7A 11 47 C8 8E 02 91 5D 60 3B A7 FE
 *                 0A  02 00 FF 00 FF  07
 *
 * The second event is 5 and 24 bytes; its 38 bytes of properties are
 * {"model":"m1","req":"00ff00ff","n":-2}.
 */
#include "engine/event_form.h"

/* ---- What is expected --------------------------------------------------- */

void bl_events_past_open(bl_events_past *p, int64_t at_us) {
  bl_events_tally *tallies = p->tallies;
  size_t cap = p->tally_cap;

  memset(p, 0, sizeof *p);
  p->tallies   = tallies;
  p->tally_cap = cap;
  p->time_us   = at_us;
}

int bl_events_past_key(bl_events_past *p, bl_arena *arena, uint64_t customer,
                       const bl_fact_key *key) {
  bl_events_tally *tally = bl_arena_next(arena, (void **)&p->tallies,
                                         &p->tally_count, &p->tally_cap,
                                         sizeof *tally);

  if (!tally) return 0;
  tally->price    = key->price;
  p->contract     = key->contract;
  p->period       = key->period;
  p->key_customer = customer;
  p->tally_count++;
  return 1;
}

/* The charge whose proportion is expected, or NULL. */
static const bl_events_tally *form_model(const bl_events_past *p,
                                         const bl_events_tally *tally) {
  uint32_t last = p->by_price[tally->price % BL_EVENTS_PRICES];

  if (tally->quantity.digits) return tally;
  if (!last || p->tallies[last - 1].price != tally->price) return NULL;
  return &p->tallies[last - 1];
}

/* a * b / c when that is a whole number below 2^64; all three are. */
static int form_ratio(uint64_t a, uint64_t b, uint64_t c, uint64_t *out) {
  bl_u128 product = (bl_u128)a * b, quotient;

  if (product >> 64) {
    quotient = product / c;
    *out = (uint64_t)quotient;
    return quotient >> 64 == 0 && quotient * c == product;
  }
  *out = (uint64_t)product / c;
  return *out * c == (uint64_t)product;
}

/* The parts of digits * 1000^thousands * 10^-18; 0 when there are none. */
static int form_parts(uint64_t digits, int thousands, int is_negative,
                      bl_dec_parts *parts) {
  const int whole = 6;

  *parts = (bl_dec_parts){digits, (uint32_t)whole, 0};
  if (!digits) return 1;
  for (; thousands > whole && digits <= UINT64_MAX / 1000; thousands--)
    digits *= 1000;
  for (; thousands < whole && digits % 1000 == 0; thousands++) digits /= 1000;
  if (thousands < 0 || thousands > whole) return 0;
  *parts = (bl_dec_parts){digits, (uint32_t)thousands, (uint32_t)is_negative};
  return 1;
}

int bl_expect_amount(const bl_events_past *p, const bl_events_tally *tally,
                     const bl_dec_parts *quantity, bl_dec_parts *amount) {
  const bl_events_tally *model = form_model(p, tally);
  const bl_dec_parts *was, *of;
  uint64_t digits;

  if (!model) return 0;
  was = &model->amount;
  of  = &model->quantity;
  if ((was->digits | of->digits | quantity->digits) >> 64) return 0;
  if (!form_ratio((uint64_t)was->digits, (uint64_t)quantity->digits,
                  (uint64_t)of->digits, &digits)) return 0;
  return form_parts(digits, (int)(was->thousands + quantity->thousands) -
                                (int)of->thousands,
                    (int)(was->is_negative ^ quantity->is_negative ^
                          of->is_negative), amount);
}

void bl_events_past_charge(bl_events_past *p, uint64_t place,
                           const bl_dec_parts *quantity,
                           const bl_dec_parts *amount) {
  bl_events_tally *tally = &p->tallies[place];

  assert(place < p->tally_count);
  if (!quantity->digits) return;
  tally->quantity = *quantity;
  tally->amount   = *amount;
  p->by_price[tally->price % BL_EVENTS_PRICES] = (uint32_t)place + 1;
}

void bl_events_past_draw(bl_events_past *p, bl_events_tally *tally,
                         uint64_t grant) {
  tally->grant     = grant;
  tally->has_grant = 1;
  p->grant         = grant;
}

bl_dec bl_expect_balance(const bl_events_past *p, const bl_fact_event *fact) {
  bl_dec left =
      fact->customer == p->customer ? p->balance : BL_DEC_ZERO;

  if (!fact->charge_count) return BL_DEC_ZERO;
  for (size_t i = 0; i < fact->charge_count; i++) {
    const bl_fact_charge *charge = &fact->charges[i];
    for (size_t j = 0; j < charge->draw_count; j++)
      if (charge->draws[j].grant)
        left = bl_dec_sub(left, charge->draws[j].amount);
  }
  return left;
}

void bl_events_past_event(bl_events_past *p, const bl_fact_event *fact) {
  if (fact->charge_count)
    p->balance = fact->balance;
  else if (fact->customer != p->customer)
    p->balance = BL_DEC_ZERO;
  p->customer = fact->customer;
  p->flags    = fact->flags;
  p->time_us  = fact->time_us;
  p->count++;
}

/* ---- Hexadecimal -------------------------------------------------------- */

#define FORM_EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

/*
 * Eight characters at once.  The values of digits are their low four bits, of
 * letters nine more; what does not become the same characters again was not
 * hexadecimal.
 */
static inline uint64_t form_digits_text(uint64_t digits) {
  uint64_t letters = (digits + FORM_EACH(6)) >> 4 & FORM_EACH(1);

  return digits + FORM_EACH('0') + letters * ('a' - '0' - 10);
}

static inline int form_pack8(uint64_t text, unsigned char *out) {
  uint64_t digits = (text & FORM_EACH(0x0F)) + (text >> 6 & FORM_EACH(1)) * 9;
  uint64_t pairs;

  if (digits & FORM_EACH(0xF0) || form_digits_text(digits) != text) return 0;
  pairs  = digits << 4 | digits >> 8;
  out[0] = (unsigned char)pairs;
  out[1] = (unsigned char)(pairs >> 16);
  out[2] = (unsigned char)(pairs >> 32);
  out[3] = (unsigned char)(pairs >> 48);
  return 1;
}

static inline void form_unpack8(const unsigned char *bytes, char *out) {
  uint64_t v = bl_load32(bytes);

  v = (v | v << 16) & UINT64_C(0x0000FFFF0000FFFF);
  v = (v | v << 8) & UINT64_C(0x00FF00FF00FF00FF);
  v = (v >> 4 & UINT64_C(0x000F000F000F000F)) |
      (v & UINT64_C(0x000F000F000F000F)) << 8;
  bl_store64((unsigned char *)out, form_digits_text(v));
}

int bl_hex_pack(const char *text, size_t len, unsigned char *out) {
  const unsigned char *at = (const unsigned char *)text;
  unsigned char last[8], four[4];

  assert(len % 2 == 0);
  for (; len >= 8; len -= 8, at += 8, out += 4)
    if (!form_pack8(bl_load64(at), out)) return 0;
  if (!len) return 1;
  memset(last, '0', sizeof last);
  memcpy(last, at, len);
  if (!form_pack8(bl_load64(last), four)) return 0;
  memcpy(out, four, len / 2);
  return 1;
}

void bl_hex_unpack(const unsigned char *bytes, size_t count, char *out) {
  unsigned char last[4] = {0};
  char eight[8];

  for (; count >= 4; count -= 4, bytes += 4, out += 8)
    form_unpack8(bytes, out);
  if (!count) return;
  memcpy(last, bytes, count);
  form_unpack8(last, eight);
  memcpy(out, eight, 2 * count);
}

/* 8-4-4-4-12 characters: two groups of four make one of eight. */
int bl_uuid_pack(const char *text, unsigned char *out) {
  const unsigned char *at = (const unsigned char *)text;

  if (at[8] != '-' || at[13] != '-' || at[18] != '-' || at[23] != '-')
    return 0;
  return form_pack8(bl_load64(at), out) &&
         form_pack8((uint64_t)bl_load32(at + 14) << 32 | bl_load32(at + 9),
                    out + 4) &&
         form_pack8((uint64_t)bl_load32(at + 24) << 32 | bl_load32(at + 19),
                    out + 8) &&
         form_pack8(bl_load64(at + 28), out + 12);
}

void bl_uuid_unpack(const unsigned char *bytes, char *out) {
  char eight[8];

  form_unpack8(bytes, out);
  form_unpack8(bytes + 4, eight);
  memcpy(out + 9, eight, 4);
  memcpy(out + 14, eight + 4, 4);
  form_unpack8(bytes + 8, eight);
  memcpy(out + 19, eight, 4);
  memcpy(out + 24, eight + 4, 4);
  form_unpack8(bytes + 12, out + 28);
  out[8] = out[13] = out[18] = out[23] = '-';
}

/* ---- Numbers ------------------------------------------------------------ */

static int form_is_digit(char c) { return c >= '0' && c <= '9'; }

int bl_number_parse(bl_str text, int64_t *digits, unsigned *decimals) {
  const char *at = text.text, *end = at + text.len, *start, *point = NULL;
  int is_negative = text.len && *at == '-';
  uint64_t v = 0;

  if (text.len > BL_NUMBER_TEXT) return 0;
  start = at += is_negative;
  for (; at < end; at++) {
    if (form_is_digit(*at)) v = v * 10 + (uint64_t)(*at - '0');
    else if (*at == '.' && !point && at > start) point = at;
    else return 0;
  }
  if (at == start || at - start - (point != NULL) > BL_NUMBER_DIGITS ||
      (*start == '0' && at - start > 1 && point != start + 1) ||
      (point && point + 1 == end) || (is_negative && !v))
    return 0;
  *digits   = is_negative ? -(int64_t)v : (int64_t)v;
  *decimals = point ? (unsigned)(end - point - 1) : 0;
  return 1;
}

size_t bl_number_print(int64_t digits, unsigned decimals, char *out) {
  uint64_t v = digits < 0 ? 0 - (uint64_t)digits : (uint64_t)digits;
  char text[BL_NUMBER_TEXT + 1], *at = text + sizeof text;
  unsigned count = 0;

  assert(decimals < BL_NUMBER_DIGITS);
  do {
    if (count && count == decimals) *--at = '.';
    *--at = (char)('0' + v % 10);
    v /= 10;
    count++;
  } while (v || count <= decimals);
  if (digits < 0) *--at = '-';
  memcpy(out, at, (size_t)(text + sizeof text - at));
  return (size_t)(text + sizeof text - at);
}

/* ---- Texts -------------------------------------------------------------- */

unsigned bl_text_form(bl_str text, unsigned char *bytes) {
  if (text.len == BL_UUID_TEXT && bl_uuid_pack(text.text, bytes))
    return BL_FORM_UUID;
  if (text.len % 2 || text.len < 2 * BL_HEX_LEAST ||
      text.len > 2 * BL_HEX_MOST || !bl_hex_pack(text.text, text.len, bytes))
    return BL_FORM_TEXT;
  return BL_FORM_HEX;
}

#undef FORM_EACH
