/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * evaluate_note_limits.c - what a credit note may be, and what it does beside
 * crediting: an excess, a void, credits that were bought.
 *
 *     {"kernel":"note_limits","total":"10","paid":"3","creditable":"9"}
 *     -> {"due":"7","offsettable":"7","refundable":"3","settled":"3"}
 *
 *     {"kernel":"note_excess","excess":"100","fees":[
 *      {"id":"a","amount":"80"},{"id":"b","amount":"40"}]}
 *     -> {"lines":[{"fee":"a","amount":"80","discount":"0"},
 *                  {"fee":"b","amount":"20","discount":"0"}],"excess":true}
 */
#include "base/sort.h"
#include "engine/evaluate.h"
#include "engine/evaluate_terms.h"
#include "invoice/invoice.h"

typedef struct cap_terms {
  const bl_json *fees;
  bl_dec         total;
  bl_dec         paid;
  bl_dec         offsets;
  bl_dec         creditable;
  bl_dec         wallet;       /* what bought credit still holds */
  bl_dec         fees_total;
  bl_dec         items;        /* the note's, with tax, without discount */
  bl_dec         credit;
  bl_dec         refund;
  bl_dec         offset;
  bl_dec         prior_credit;
  bl_dec         prior_refund;
  bl_dec         prior_offset;
  bl_dec         slack;
  bl_dec         excess;
  bl_dec         rate;
  bl_dec         balance;
  int32_t        places;
  uint32_t       is_draft;
  uint32_t       is_void;
  uint32_t       is_prepaid;
  uint32_t       has_failed;
  uint32_t       reserved;
} cap_terms;

#define CAP_AT(member) offsetof(cap_terms, member)
#define CAP_DEC(member)                                                   \
  {.name = #member, .read = bl_ask_dec, .at = CAP_AT(member)}
#define CAP_TRUTH(word, member)                                           \
  {.name = word, .read = bl_value_truth, .at = CAP_AT(member)}
#define CAP_READ(fields, terms)                                           \
  cap_read(ask, fields, BL_COUNT(fields), terms)

static int cap_read(bl_ask *ask, const bl_field *fields, size_t count,
                    cap_terms *out) {
  bl_shape shape = {"a request", fields, count};

  memset(out, 0, sizeof *out);
  return bl_shape_read(&shape, &ask->top, ask->doc, 0, out);
}

/* ---- note_limits ---- */

static bl_dec cap_refundable(const cap_terms *t) {
  bl_dec most = t->is_prepaid ? t->wallet : t->creditable;

  if (t->is_draft || (t->has_failed && bl_dec_equal(t->paid, t->total)))
    return BL_DEC_ZERO;
  return bl_dec_max(bl_dec_min(t->paid, most), BL_DEC_ZERO);
}

int bl_ask_note_limits(bl_ask *ask) {
  static const bl_field fields[] = {
    BL_ASK_KERNEL, CAP_DEC(total), CAP_DEC(paid), CAP_DEC(offsets),
    CAP_DEC(creditable), CAP_DEC(wallet), CAP_TRUTH("draft", is_draft),
    CAP_TRUTH("void", is_void), CAP_TRUTH("prepaid", is_prepaid),
    CAP_TRUTH("failed", has_failed)
  };
  cap_terms t;
  bl_dec due, offsettable;
  int rc = CAP_READ(fields, &t);

  if (rc) return rc;
  due = t.is_void ? BL_DEC_ZERO
                  : bl_dec_sub(bl_dec_sub(t.total, t.paid), t.offsets);
  offsettable = t.is_prepaid ? (bl_dec_is_zero(t.paid) ? t.total
                                                       : BL_DEC_ZERO)
                             : bl_dec_min(due, t.creditable);
  bl_ask_put(ask, ask->out, "refundable", cap_refundable(&t));
  bl_ask_put(ask, ask->out, "due", due);
  bl_ask_put(ask, ask->out, "settled", bl_dec_add(t.paid, t.offsets));
  bl_ask_put(ask, ask->out, "offsettable", offsettable);
  return BILLING_OK;
}

/* ---- note_check ---- */

/* Whether something is above what there is, by more than the slack. */
static int cap_is_above(const cap_terms *t, bl_dec asked, bl_dec left) {
  return bl_dec_less(bl_dec_add(left, t->slack), asked);
}

static const char *cap_why(const cap_terms *t) {
  bl_dec sum = bl_dec_add(bl_dec_add(t->credit, t->refund), t->offset);
  bl_dec credited = bl_dec_add(t->prior_credit, t->prior_offset);
  bl_dec left = bl_dec_sub(bl_dec_sub(t->fees_total, credited),
                           t->prior_refund);
  bl_dec due = bl_dec_sub(bl_dec_sub(t->total, t->paid), t->prior_offset);
  int is_high = bl_dec_less(bl_dec_sub(t->paid, t->prior_refund),
                            t->refund) ||
                cap_is_above(t, t->credit,
                             bl_dec_sub(t->fees_total, credited)) ||
                bl_dec_less(due, t->offset) ||
                bl_dec_less(left, t->offset) || cap_is_above(t, sum, left);

  if (bl_dec_sign(t->refund) > 0 &&
      (t->has_failed || bl_dec_sign(t->paid) <= 0))
    return "unpaid";
  if (is_high) return "high";
  if (cap_is_above(t, bl_dec_abs(bl_dec_sub(sum, t->items)), BL_DEC_ZERO))
    return "differs";
  return bl_dec_sign(sum) <= 0 ? "nothing" : NULL;
}

int bl_ask_note_check(bl_ask *ask) {
  static const bl_field fields[] = {
    BL_ASK_KERNEL, CAP_DEC(fees_total), CAP_DEC(total), CAP_DEC(paid),
    CAP_DEC(items), CAP_DEC(credit), CAP_DEC(refund), CAP_DEC(offset),
    CAP_DEC(prior_credit), CAP_DEC(prior_refund), CAP_DEC(prior_offset),
    CAP_DEC(slack), CAP_TRUTH("failed", has_failed)
  };
  cap_terms t;
  const char *why;
  int rc = CAP_READ(fields, &t);

  if (rc) return rc;
  why = cap_why(&t);
  (void)bl_json_add_bool(ask->out, "ok", why == NULL);
  if (why) (void)bl_json_add_c(ask->out, "why", why);
  return BILLING_OK;
}

/* ---- note_excess: credits the largest fees first ---- */

typedef struct cap_fee {
  bl_str id;
  bl_dec amount;
  bl_dec discount;
  size_t place;
} cap_fee;

static const bl_field cap_fee_fields[] = {
  {.name = "id", .read = bl_value_label, .high = 200,
   .at = offsetof(cap_fee, id)},
  {.name = "amount", .read = bl_value_amount, .needed = BL_ALWAYS,
   .at = offsetof(cap_fee, amount)},
  {.name = "discount", .read = bl_value_amount,
   .at = offsetof(cap_fee, discount)},
};
static const bl_shape cap_fee_shape = {
  "a fee", cap_fee_fields, BL_COUNT(cap_fee_fields)
};

static int cap_by_amount(const void *a, const void *b) {
  const cap_fee *x = a, *y = b;
  int order = bl_dec_cmp(y->amount, x->amount);

  if (order) return order;
  return x->place < y->place ? -1 : x->place > y->place;
}

int bl_ask_note_excess(bl_ask *ask) {
  static const bl_field fields[] = {
    BL_ASK_KERNEL, CAP_DEC(excess),
    {.name = "fees", .read = bl_ask_list, .needed = BL_ALWAYS,
     .at = CAP_AT(fees)},
    {.name = "places", .read = bl_value_whole, .low = 0, .high = 13,
     .at = CAP_AT(places)},
  };
  static const cap_fee start = {.id = {NULL, 0}};
  bl_reader above = bl_reader_member(&ask->top, "fees");
  bl_reader excess = bl_reader_member(&ask->top, "excess");
  cap_terms t;
  cap_fee *fee = NULL;
  bl_json *list;
  size_t count = 0;
  int rc = CAP_READ(fields, &t);

  if (!rc)
    rc = bl_ask_items(ask, &above, t.fees, &cap_fee_shape, &start,
                      sizeof start, &fee, &count);
  if (rc) return rc;
  for (size_t i = 0; i < count; i++) fee[i].place = i;
  bl_sort(fee, count, sizeof *fee, cap_by_amount);
  list = bl_json_array(ask->out, "lines");
  (void)bl_json_add_bool(ask->out, "excess", bl_dec_sign(t.excess) > 0);
  for (size_t i = 0; i < count && bl_dec_sign(t.excess) > 0; i++) {
    bl_json *node = bl_json_object(list, NULL);
    bl_dec part = bl_dec_min(t.excess, fee[i].amount);
    bl_dec off = bl_dec_is_zero(fee[i].amount)
                   ? BL_DEC_ZERO
                   : bl_dec_muldiv(fee[i].discount, part, fee[i].amount);

    (void)bl_json_add_text(node, "fee", fee[i].id);
    bl_ask_put(ask, node, "amount", part);
    bl_ask_put(ask, node, "discount",
               bl_round_cut(off, t.places + 5));
    t.excess = bl_dec_sub(t.excess, part);
  }
  if (bl_dec_sign(t.excess) <= 0) return BILLING_OK;
  return bl_reader_fail(&excess, BILLING_INVALID, "the sum of the fees",
                        "there is not so much to credit");
}

/* ---- void_note, prepaid_refund ---- */

static void cap_put_note(bl_ask *ask, bl_json *list, bl_dec credit,
                         bl_dec refund, int is_void) {
  bl_json *node = bl_json_object(list, NULL);

  bl_ask_put(ask, node, "credit", credit);
  bl_ask_put(ask, node, "refund", refund);
  bl_ask_put(ask, node, "total", bl_dec_add(credit, refund));
  (void)bl_json_add_bool(node, "void", is_void);
}

/* What was asked is a note; the rest of the invoice one that is void. */
int bl_ask_void_note(bl_ask *ask) {
  static const bl_field fields[] = {
    BL_ASK_KERNEL, CAP_DEC(total), CAP_DEC(credit), CAP_DEC(refund)
  };
  cap_terms t;
  bl_json *list;
  bl_dec rest;
  int rc = CAP_READ(fields, &t);

  if (rc) return rc;
  list = bl_json_array(ask->out, "notes");
  rest = bl_dec_sub(bl_dec_sub(t.total, t.credit), t.refund);
  if (bl_dec_sign(bl_dec_add(t.credit, t.refund)) > 0)
    cap_put_note(ask, list, t.credit, t.refund, 0);
  if (bl_dec_sign(rest) > 0) cap_put_note(ask, list, rest, BL_DEC_ZERO, 1);
  return BILLING_OK;
}

/* Credits that were bought leave the wallet when they are refunded. */
int bl_ask_prepaid_refund(bl_ask *ask) {
  static const bl_field fields[] = {
    BL_ASK_KERNEL, CAP_DEC(refund), CAP_DEC(rate), CAP_DEC(balance)
  };
  bl_reader rate = bl_reader_member(&ask->top, "rate");
  cap_terms t;
  int rc = CAP_READ(fields, &t);

  if (!rc && bl_dec_sign(t.rate) <= 0)
    rc = bl_reader_fail(&rate, BILLING_INVALID, "more than 0",
                        "a credit is worth something");
  if (rc) return rc;
  bl_ask_put(ask, ask->out, "credits", bl_dec_div(t.refund, t.rate));
  bl_ask_put(ask, ask->out, "balance", bl_dec_sub(t.balance, t.refund));
  return BILLING_OK;
}

#undef CAP_AT
#undef CAP_DEC
#undef CAP_TRUTH
#undef CAP_READ
