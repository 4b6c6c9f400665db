/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * evaluate_note.c - credit notes: one after the other, what may be asked, and
 * how they pay later invoices.
 *
 *     {"kernel":"credit_notes","fees":[
 *      {"id":"a","amount":"10","percent":"20"},
 *      {"id":"b","amount":"10","percent":"20"}],
 *      "steps":[{"items":[{"fee":"a","amount":"10"}],"credit":"12"}]}
 *     -> {"steps":[{"net":"10","tax":"2","total":"12","credit":"12",
 *         "creditable":"12", ..}]}
 */
#include "engine/evaluate.h"
#include "engine/evaluate_terms.h"
#include "invoice/invoice.h"

/* ---- credit_notes ---- */

typedef struct memo_item {
  bl_str fee;
  bl_dec amount;
} memo_item;

typedef struct memo_step {
  const bl_json *items;
  bl_note_split  split;
  bl_dec         pay;
  uint32_t       is_estimate;
  uint32_t       reserved;
} memo_step;

typedef struct memo_fee {
  bl_str      id;
  bl_note_fee is;
} memo_fee;

typedef struct memo_terms {
  const bl_json *fees;
  const bl_json *steps;
  bl_dec         discount;     /* the bad value: that of the fees */
  bl_dec         total;        /* the bad value: that of the fees */
  bl_dec         paid;
  int32_t        places;
  uint32_t       has_failed;   /* the payment */
  uint32_t       is_draft;
  uint32_t       is_prepaid;
  uint32_t       reserved;
} memo_terms;

static const bl_field memo_item_fields[] = {
  {.name = "fee", .read = bl_value_label, .high = 200, .needed = BL_ALWAYS,
   .at = offsetof(memo_item, fee)},
  {.name = "amount", .read = bl_value_amount, .needed = BL_ALWAYS,
   .at = offsetof(memo_item, amount)},
};
#define MEMO_AT(member) offsetof(memo_step, member)
static const bl_field memo_step_fields[] = {
  {.name = "items", .read = bl_ask_list, .at = MEMO_AT(items)},
  {.name = "credit", .read = bl_value_amount, .at = MEMO_AT(split.credit)},
  {.name = "refund", .read = bl_value_amount, .at = MEMO_AT(split.refund)},
  {.name = "offset", .read = bl_value_amount, .at = MEMO_AT(split.offset)},
  {.name = "pay", .read = bl_value_amount, .at = MEMO_AT(pay)},
  {.name = "estimate", .read = bl_value_truth, .at = MEMO_AT(is_estimate)},
};
#undef MEMO_AT
#define MEMO_AT(member) offsetof(memo_fee, member)
static const bl_field memo_fee_fields[] = {
  {.name = "id", .read = bl_value_label, .high = 200, .needed = BL_ALWAYS,
   .at = MEMO_AT(id)},
  {.name = "amount", .read = bl_value_amount, .needed = BL_ALWAYS,
   .at = MEMO_AT(is.amount)},
  {.name = "discount", .read = bl_value_amount, .at = MEMO_AT(is.discount)},
  {.name = "percent", .read = bl_value_amount, .at = MEMO_AT(is.percent)},
  {.name = "credited", .read = bl_value_amount, .at = MEMO_AT(is.credited)},
};
#undef MEMO_AT
#define MEMO_AT(member) offsetof(memo_terms, member)
static const bl_field memo_fields[] = {
  BL_ASK_KERNEL,
  {.name = "fees", .read = bl_ask_list, .needed = BL_ALWAYS,
   .at = MEMO_AT(fees)},
  {.name = "steps", .read = bl_ask_list, .at = MEMO_AT(steps)},
  {.name = "discount", .read = bl_value_amount, .at = MEMO_AT(discount)},
  {.name = "total", .read = bl_value_amount, .at = MEMO_AT(total)},
  {.name = "paid", .read = bl_value_amount, .at = MEMO_AT(paid)},
  {.name = "places", .read = bl_value_whole, .low = 0, .high = 13,
   .at = MEMO_AT(places)},
  {.name = "failed", .read = bl_value_truth, .at = MEMO_AT(has_failed)},
  {.name = "draft", .read = bl_value_truth, .at = MEMO_AT(is_draft)},
  {.name = "prepaid", .read = bl_value_truth, .at = MEMO_AT(is_prepaid)},
};
#undef MEMO_AT

static const bl_shape memo_item_shape = {
  "an item", memo_item_fields, BL_COUNT(memo_item_fields)
};
static const bl_shape memo_step_shape = {
  "a step", memo_step_fields, BL_COUNT(memo_step_fields)
};
static const bl_shape memo_fee_shape = {
  "a fee", memo_fee_fields, BL_COUNT(memo_fee_fields)
};
static const bl_shape memo_shape = {
  "a request", memo_fields, BL_COUNT(memo_fields)
};

typedef struct memo_state {
  bl_ask       *ask;
  memo_terms    terms;
  memo_fee     *fee;
  bl_note_fee  *part;          /* as the kernel wants them */
  size_t        count;
  bl_note_rules rules;
  bl_dec        refunded;
} memo_state;

static int memo_parts(memo_state *s, const bl_reader *at,
                      const memo_step *step) {
  static const memo_item start = {{NULL, 0}, {0, 0}};
  bl_reader above = bl_reader_member(at, "items");
  memo_item *items = NULL;
  size_t count = 0, f;
  int rc = bl_ask_items(s->ask, &above, step->items, &memo_item_shape,
                        &start, sizeof start, &items, &count);

  for (f = 0; f < s->count; f++) s->part[f].part = BL_DEC_ZERO;
  for (size_t i = 0; i < count && !rc; i++) {
    bl_reader item = bl_reader_item(&above, i);

    for (f = 0; f < s->count; f++)
      if (bl_str_equal(s->fee[f].id, items[i].fee)) break;
    if (f == s->count)
      return bl_reader_fail(&item, BILLING_INVALID, "the id of a fee",
                            "there is no such fee");
    s->part[f].part = bl_dec_add(s->part[f].part, items[i].amount);
  }
  return rc;
}

/* The mean rate of what is credited. */
static bl_dec memo_rate(const memo_state *s) {
  bl_dec sum = BL_DEC_ZERO, of = BL_DEC_ZERO;

  for (size_t i = 0; i < s->count; i++) {
    const bl_note_fee *f = &s->part[i];
    bl_dec net = f->part;

    if (!bl_dec_is_zero(f->amount))
      net = bl_dec_sub(net, bl_dec_muldiv(f->discount, f->part, f->amount));
    sum = bl_dec_add(sum, bl_dec_mul(net, f->percent));
    of = bl_dec_add(of, net);
  }
  if (bl_dec_is_zero(of)) return BL_DEC_ZERO;
  return bl_dec_muldiv_round(sum, BL_DEC_ONE, of, 5, BL_ROUND_HALF_AWAY);
}

/* Drafts change, and bought credit is only refunded. */
static bl_dec memo_creditable(const memo_state *s) {
  if (s->terms.is_draft || s->terms.is_prepaid) return BL_DEC_ZERO;
  return bl_note_creditable(s->part, s->count, s->terms.discount,
                            s->terms.places);
}

/* What may be paid back: of what was paid, and is not yet. */
static bl_dec memo_refundable(const memo_state *s, bl_dec total) {
  bl_dec most = bl_dec_sub(s->terms.paid, s->refunded);

  if (s->terms.has_failed && bl_dec_equal(s->terms.paid, s->terms.total))
    return BL_DEC_ZERO;
  most = bl_dec_min(bl_dec_min(total, most), memo_creditable(s));
  return bl_dec_max(most, BL_DEC_ZERO);
}

/* The parts of fees, each with its share of the discount. */
static void memo_put_lines(memo_state *s, bl_json *node) {
  bl_json *list = bl_json_array(node, "lines");

  for (size_t i = 0; i < s->count; i++) {
    const bl_note_fee *f = &s->part[i];
    bl_json *line;

    if (bl_dec_is_zero(f->part)) continue;
    line = bl_json_object(list, NULL);
    (void)bl_json_add_text(line, "fee", s->fee[i].id);
    bl_ask_put(s->ask, line, "amount", f->part);
    bl_ask_put(s->ask, line, "discount",
               bl_dec_muldiv(f->discount, f->part, f->amount));
  }
}

static void memo_put(memo_state *s, bl_json *node, const bl_note_amounts *a) {
  bl_ask *ask = s->ask;

  memo_put_lines(s, node);
  bl_ask_put(ask, node, "items", a->items);
  bl_ask_put(ask, node, "discount", a->discount);
  bl_ask_put(ask, node, "discount_rounded",
             bl_round_due(a->discount, BL_DEC_ZERO, s->terms.places));
  bl_ask_put(ask, node, "net", a->net);
  bl_ask_put(ask, node, "tax", a->tax);
  bl_ask_put(ask, node, "total", a->total);
  bl_ask_put(ask, node, "exact_tax", a->exact_tax);
  bl_ask_put(ask, node, "exact_total", a->exact_total);
  bl_ask_put(ask, node, "rounded", bl_dec_sub(a->tax, a->exact_tax));
  bl_ask_put(ask, node, "tax_rate", memo_rate(s));
  bl_ask_put(ask, node, "refundable", memo_refundable(s, a->total));
}

static int memo_step_run(memo_state *s, const bl_reader *at,
                         const memo_step *step, bl_json *list) {
  bl_json *node = bl_json_object(list, NULL);
  bl_note_split split = step->split;
  bl_note_amounts a;
  int rc = memo_parts(s, at, step);

  s->terms.paid = bl_dec_add(s->terms.paid, step->pay);
  if (rc || !step->items) return rc;
  a = bl_note_price(s->part, s->count, &s->rules);
  memo_put(s, node, &a);
  if (!step->is_estimate) {
    bl_note_nudge(a.total, &split);
    bl_ask_put(s->ask, node, "credit", split.credit);
    bl_ask_put(s->ask, node, "refund", split.refund);
    bl_ask_put(s->ask, node, "offset", split.offset);
    s->refunded = bl_dec_add(s->refunded, split.refund);
    s->rules.carried = bl_dec_add(s->rules.carried,
                                  bl_dec_sub(a.tax, a.exact_tax));
    for (size_t i = 0; i < s->count; i++)
      s->part[i].credited = bl_dec_add(s->part[i].credited, s->part[i].part);
  }
  bl_ask_put(s->ask, node, "creditable",
             bl_round_due(memo_creditable(s), BL_DEC_ZERO, s->rules.keep));
  return BILLING_OK;
}

static int memo_open(bl_ask *ask, memo_state *s) {
  static const memo_fee start = {.id = {NULL, 0}};
  bl_reader above = bl_reader_member(&ask->top, "fees");
  bl_dec discount = BL_DEC_ZERO;
  int rc = bl_ask_items(ask, &above, s->terms.fees, &memo_fee_shape, &start,
                        sizeof start, &s->fee, &s->count);

  if (rc) return rc;
  s->rules = (bl_note_rules){BL_DEC_ZERO, s->terms.places,
                             s->terms.places + 5};
  s->part = bl_ask_array(ask, s->count, sizeof *s->part);
  if (!s->part) return bl_reader_nomem(&ask->top);
  for (size_t i = 0; i < s->count; i++) {
    s->part[i] = s->fee[i].is;
    discount = bl_dec_add(discount, s->part[i].discount);
  }
  if (bl_dec_is_bad(s->terms.discount)) s->terms.discount = discount;
  if (bl_dec_is_bad(s->terms.total))
    s->terms.total = bl_round_due(memo_creditable(s), BL_DEC_ZERO,
                                  s->terms.places);
  return BILLING_OK;
}

int bl_ask_credit_notes(bl_ask *ask) {
  static const memo_step start = {.items = NULL};
  bl_reader above = bl_reader_member(&ask->top, "steps");
  memo_state s = {.ask = ask};
  memo_step *steps = NULL;
  bl_json *list;
  size_t count = 0;
  int rc;

  s.terms = (memo_terms){.places = 2, .discount = BL_DEC_BAD,
                         .total = BL_DEC_BAD};
  rc = bl_shape_read(&memo_shape, &ask->top, ask->doc, 0, &s.terms);
  if (!rc) rc = memo_open(ask, &s);
  if (!rc)
    rc = bl_ask_items(ask, &above, s.terms.steps, &memo_step_shape, &start,
                      sizeof start, &steps, &count);
  if (rc) return rc;
  list = bl_json_array(ask->out, "steps");
  for (size_t i = 0; i < count && !rc; i++) {
    bl_reader at = bl_reader_item(&above, i);
    rc = memo_step_run(&s, &at, &steps[i], list);
  }
  bl_ask_put(ask, ask->out, "creditable",
             bl_round_due(memo_creditable(&s), BL_DEC_ZERO, s.terms.places));
  return rc;
}

/* ---- apply_notes: notes pay an invoice, the oldest first ---- */

typedef struct memo_note {
  bl_str  id;
  bl_dec  amount;
  int64_t created;
  char    asset[16];
} memo_note;

typedef struct memo_use {
  const bl_json *notes;
  const bl_json *totals;
  char           asset[16];
} memo_use;

static const bl_field memo_note_fields[] = {
  {.name = "id", .read = bl_value_id, .needed = BL_ALWAYS,
   .at = offsetof(memo_note, id)},
  {.name = "amount", .read = bl_value_amount, .needed = BL_ALWAYS,
   .at = offsetof(memo_note, amount)},
  {.name = "created", .read = bl_ask_time,
   .at = offsetof(memo_note, created)},
  {.name = "asset", .read = bl_value_asset, .at = offsetof(memo_note, asset)},
};
static const bl_field memo_use_fields[] = {
  BL_ASK_KERNEL,
  {.name = "notes", .read = bl_ask_list, .needed = BL_ALWAYS,
   .at = offsetof(memo_use, notes)},
  {.name = "totals", .read = bl_ask_list, .needed = BL_ALWAYS,
   .at = offsetof(memo_use, totals)},
  {.name = "asset", .read = bl_value_asset, .at = offsetof(memo_use, asset)},
};
static const bl_shape memo_note_shape = {
  "a note", memo_note_fields, BL_COUNT(memo_note_fields)
};
static const bl_shape memo_use_shape = {
  "a request", memo_use_fields, BL_COUNT(memo_use_fields)
};

/* The oldest note of the asset that has something left, or NULL. */
static memo_note *memo_oldest(memo_note *notes, const bl_dec *left,
                              size_t count, const char *asset) {
  memo_note *best = NULL;

  for (size_t i = 0; i < count; i++) {
    int is_other = asset[0] && notes[i].asset[0] &&
                   strcmp(asset, notes[i].asset) != 0;

    if (is_other || bl_dec_sign(left[i]) <= 0) continue;
    if (!best || notes[i].created < best->created) best = &notes[i];
  }
  return best;
}

static void memo_pay(bl_ask *ask, const memo_use *use, memo_note *notes,
                     bl_dec *left, size_t count, bl_dec total,
                     bl_json *list) {
  bl_dec paid = BL_DEC_ZERO;

  while (bl_dec_less(paid, total)) {
    memo_note *note = memo_oldest(notes, left, count, use->asset);
    size_t i = note ? (size_t)(note - notes) : 0;
    bl_dec take;

    if (!note) break;
    take = bl_dec_min(left[i], bl_dec_sub(total, paid));
    left[i] = bl_dec_sub(left[i], take);
    paid = bl_dec_add(paid, take);
  }
  bl_ask_put(ask, list, NULL, paid);
}

int bl_ask_apply_notes(bl_ask *ask) {
  static const memo_note start = {.id = {NULL, 0}};
  bl_reader above = bl_reader_member(&ask->top, "notes");
  bl_reader totals = bl_reader_member(&ask->top, "totals");
  memo_use use = {.notes = NULL};
  memo_note *notes = NULL;
  bl_json *credited, *drawn, *rest;
  bl_dec *left = NULL;
  size_t count = 0, n = 0;
  int rc = bl_shape_read(&memo_use_shape, &ask->top, ask->doc, 0, &use);

  if (!rc)
    rc = bl_ask_items(ask, &above, use.notes, &memo_note_shape, &start,
                      sizeof start, &notes, &count);
  if (!rc) left = bl_ask_array(ask, count, sizeof *left);
  if (rc || !left) return rc ? rc : bl_reader_nomem(&ask->top);
  for (size_t i = 0; i < count; i++) left[i] = notes[i].amount;
  credited = bl_json_array(ask->out, "credited");
  for (const bl_json *t = bl_json_first(use.totals); t && !rc;
       t = bl_json_next(t)) {
    bl_reader at = bl_reader_item(&totals, n++);
    bl_field dec = {.at = 0};
    bl_dec total = BL_DEC_ZERO;

    rc = bl_value_amount(&at, &dec, t, &total);
    if (!rc) memo_pay(ask, &use, notes, left, count, total, credited);
  }
  drawn = bl_json_object(ask->out, "drawn");
  rest = bl_json_object(ask->out, "left");
  for (size_t i = 0; i < count && !rc; i++) {
    char *id = bl_arena_array(ask->top.arena, notes[i].id.len + 1, 1);

    if (!id) return bl_reader_nomem(&ask->top);
    memcpy(id, notes[i].id.text, notes[i].id.len);
    id[notes[i].id.len] = '\0';
    bl_ask_put(ask, rest, id, left[i]);
    if (bl_dec_less(left[i], notes[i].amount))
      bl_ask_put(ask, drawn, id, bl_dec_sub(notes[i].amount, left[i]));
  }
  return rc;
}
