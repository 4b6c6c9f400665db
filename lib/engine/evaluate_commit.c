/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * evaluate_commit.c - commitments over their term, what of a grant outlives
 * it, schedules of access and payment, balances of many grants, credits that
 * are worth money.
 *
 *     {"kernel":"commitment_term","amount":"1000","owed":true,
 *      "usage":["300","900"]}
 *     -> the first period owes 300, the second 900: 700 of it are drawn and
 *        200 are more than was committed; no true-up
 */
#include "engine/evaluate_terms.h"
#include "invoice/invoice.h"
#include "meter/convert.h"
#include "wallet/wallet.h"

/* ---- commitment_term ---- */

typedef struct term_terms {
  bl_dec         amount;
  uint32_t       is_owed;        /* paid as it is used, else before */
  uint32_t       has_true_up;
  const bl_json *usage;
} term_terms;

static const bl_field term_fields[] = {
  BL_ASK_KERNEL,
  {.name = "amount", .read = bl_value_amount, .needed = BL_ALWAYS,
   .at = offsetof(term_terms, amount)},
  {.name = "owed", .read = bl_value_truth,
   .at = offsetof(term_terms, is_owed)},
  {.name = "true_up", .read = bl_value_truth,
   .at = offsetof(term_terms, has_true_up)},
  {.name = "usage", .read = bl_ask_list, .needed = BL_ALWAYS,
   .at = offsetof(term_terms, usage)},
};

static const bl_shape term_shape = {
  "a request", term_fields, BL_COUNT(term_fields)
};

/* One period: draws what is left, adds what is to be paid. */
static void term_period(bl_ask *ask, const term_terms *terms, bl_dec used,
                        bl_dec *left, bl_dec *paid, bl_json *list) {
  bl_dec drawn = bl_dec_min(used, *left);
  bl_dec over = bl_dec_sub(used, drawn);
  bl_dec due = terms->is_owed ? used : over;
  bl_json *period = bl_json_object(list, NULL);

  *left = bl_dec_sub(*left, drawn);
  *paid = bl_dec_add(*paid, due);
  bl_ask_put(ask, period, "used", used);
  bl_ask_put(ask, period, "drawn", drawn);
  bl_ask_put(ask, period, "over", over);
  bl_ask_put(ask, period, "due", due);
  bl_ask_put(ask, period, "left", *left);
}

int bl_ask_commitment_term(bl_ask *ask) {
  term_terms terms = {.has_true_up = 1};
  bl_reader above = bl_reader_member(&ask->top, "usage");
  bl_field figure = {.name = "usage"};
  bl_dec left, paid = BL_DEC_ZERO, up = BL_DEC_ZERO, used;
  bl_json *list;
  int rc = bl_shape_read(&term_shape, &ask->top, ask->doc, 0, &terms);
  const bl_json *item = rc ? NULL : bl_json_first(terms.usage);

  left = terms.amount;
  list = bl_json_array(ask->out, "periods");
  for (size_t i = 0; !rc && item; i++, item = bl_json_next(item)) {
    bl_reader at = bl_reader_item(&above, i);
    rc = bl_value_amount(&at, &figure, item, &used);
    if (!rc) term_period(ask, &terms, used, &left, &paid, list);
  }
  if (rc) return rc;
  if (terms.is_owed && terms.has_true_up) up = left;
  bl_ask_put(ask, ask->out, "drawn", bl_dec_sub(terms.amount, left));
  bl_ask_put(ask, ask->out, "left", left);
  bl_ask_put(ask, ask->out, "true_up", up);
  bl_ask_put(ask, ask->out, "expired", terms.is_owed ? BL_DEC_ZERO : left);
  bl_ask_put(ask, ask->out, "paid", bl_dec_add(paid, up));
  return BILLING_OK;
}

/* ---- rollover ---- */

typedef struct rest_terms {
  bl_dec   left;
  bl_dec   amount;
  bl_dec   share;
  bl_dec   limit;
  uint32_t of_amount;            /* the share is one of the whole grant */
  uint32_t reserved;
} rest_terms;

static const char *const rest_words[] = {"left", "amount", NULL};

static const bl_field rest_fields[] = {
  BL_ASK_KERNEL,
  {.name = "left", .read = bl_value_amount, .needed = BL_ALWAYS,
   .at = offsetof(rest_terms, left)},
  {.name = "amount", .read = bl_value_amount,
   .at = offsetof(rest_terms, amount)},
  {.name = "share", .read = bl_value_amount,
   .at = offsetof(rest_terms, share)},
  {.name = "limit", .read = bl_value_amount,
   .at = offsetof(rest_terms, limit)},
  {.name = "of", .read = bl_value_choice, .words = rest_words,
   .at = offsetof(rest_terms, of_amount)},
};

static const bl_shape rest_shape = {
  "a request", rest_fields, BL_COUNT(rest_fields)
};

int bl_ask_rollover(bl_ask *ask) {
  rest_terms terms = {.amount = BL_DEC_BAD, .share = BL_DEC_ONE,
                      .limit = BL_DEC_MAX};
  bl_reader amount = bl_reader_member(&ask->top, "amount");
  bl_dec rolled;
  int rc = bl_shape_read(&rest_shape, &ask->top, ask->doc, 0, &terms);

  if (rc) return rc;
  if (terms.of_amount && bl_dec_is_bad(terms.amount))
    return bl_reader_fail(&amount, BILLING_INVALID, "what was granted",
                          "the share is one of the whole grant");
  rolled = bl_rollover(terms.of_amount ? terms.amount : terms.left,
                       terms.share, terms.limit);
  rolled = bl_dec_min(rolled, terms.left);
  bl_ask_put(ask, ask->out, "rolled_over", rolled);
  bl_ask_put(ask, ask->out, "expired", bl_dec_sub(terms.left, rolled));
  return BILLING_OK;
}

/* ---- grant_schedule ---- */

typedef struct schedule_part {
  bl_dec  amount;
  bl_dec  unit;
  bl_dec  quantity;
  bl_span span;
} schedule_part;

typedef struct schedule_terms {
  const bl_json *access;
  const bl_json *payments;
  int64_t        at_us;
} schedule_terms;

enum { SCHEDULE_ACCESS, SCHEDULE_PAYMENT };
#define SCHEDULE_FORM(form) (UINT32_C(1) << (form))

static const bl_field schedule_part_fields[] = {
  {.name = "amount", .read = bl_value_amount,
   .needed = SCHEDULE_FORM(SCHEDULE_ACCESS),
   .at = offsetof(schedule_part, amount)},
  {.name = "unit", .read = bl_value_amount,
   .forms = SCHEDULE_FORM(SCHEDULE_PAYMENT),
   .at = offsetof(schedule_part, unit)},
  {.name = "quantity", .read = bl_value_amount,
   .forms = SCHEDULE_FORM(SCHEDULE_PAYMENT),
   .at = offsetof(schedule_part, quantity)},
  {.name = "from", .read = bl_ask_time,
   .at = offsetof(schedule_part, span.from_us)},
  {.name = "to", .read = bl_ask_time,
   .at = offsetof(schedule_part, span.to_us)},
};

static const bl_shape schedule_part_shape = {
  "a part", schedule_part_fields, BL_COUNT(schedule_part_fields)
};

static const bl_field schedule_fields[] = {
  BL_ASK_KERNEL,
  {.name = "access", .read = bl_ask_list, .needed = BL_ALWAYS,
   .at = offsetof(schedule_terms, access)},
  {.name = "payments", .read = bl_ask_list,
   .at = offsetof(schedule_terms, payments)},
  {.name = "at", .read = bl_ask_time, .at = offsetof(schedule_terms, at_us)},
};

static const bl_shape schedule_shape = {
  "a request", schedule_fields, BL_COUNT(schedule_fields)
};

/* The sum of a list, and of what of it is open at a moment. */
static int schedule_sum(const bl_ask *ask, const char *name,
                        const bl_json *list, uint32_t form, int64_t at_us,
                        bl_dec *sum, bl_dec *open) {
  bl_reader above = bl_reader_member(&ask->top, name);
  const bl_json *item = list ? bl_json_first(list) : NULL;
  int rc = BILLING_OK;

  *sum = *open = BL_DEC_ZERO;
  for (size_t i = 0; !rc && item; i++, item = bl_json_next(item)) {
    bl_reader at = bl_reader_item(&above, i);
    schedule_part part = {.amount = BL_DEC_BAD, .unit = BL_DEC_BAD,
                          .quantity = BL_DEC_ONE,
                          .span = {INT64_MIN, BL_TIME_NEVER}};
    rc = bl_shape_read(&schedule_part_shape, &at, item, form, &part);
    if (rc) return rc;
    if (bl_dec_is_bad(part.amount) == bl_dec_is_bad(part.unit))
      return bl_reader_fail(&at, BILLING_INVALID, "amount, or unit and "
                            "quantity", "a payment has one of them");
    if (bl_dec_is_bad(part.amount))
      part.amount = bl_dec_mul(part.unit, part.quantity);
    *sum = bl_dec_add(*sum, part.amount);
    if (bl_span_holds(part.span, at_us))
      *open = bl_dec_add(*open, part.amount);
  }
  return rc;
}

int bl_ask_grant_schedule(bl_ask *ask) {
  schedule_terms terms = {.at_us = INT64_MIN};
  bl_dec access, open, cost, ignored;
  int rc = bl_shape_read(&schedule_shape, &ask->top, ask->doc, 0, &terms);

  if (!rc)
    rc = schedule_sum(ask, "access", terms.access, SCHEDULE_ACCESS,
                      terms.at_us, &access, &open);
  if (!rc)
    rc = schedule_sum(ask, "payments", terms.payments, SCHEDULE_PAYMENT,
                      terms.at_us, &cost, &ignored);
  if (rc) return rc;
  bl_ask_put(ask, ask->out, "amount", access);
  bl_ask_put(ask, ask->out, "cost", cost);
  bl_ask_put_ratio(ask, ask->out, "cost_basis", bl_dec_div(cost, access));
  if (terms.at_us != INT64_MIN) bl_ask_put(ask, ask->out, "available", open);
  return BILLING_OK;
}

/* ---- net_balance ---- */

typedef struct net_segment {
  bl_dec  amount;
  bl_dec  used;
  bl_dec  pending;
  bl_span span;
} net_segment;

static const bl_field net_segment_fields[] = {
  {.name = "amount", .read = bl_value_amount, .needed = BL_ALWAYS,
   .at = offsetof(net_segment, amount)},
  {.name = "used", .read = bl_value_amount,
   .at = offsetof(net_segment, used)},
  {.name = "pending", .read = bl_value_amount,
   .at = offsetof(net_segment, pending)},
  {.name = "from", .read = bl_ask_time,
   .at = offsetof(net_segment, span.from_us)},
  {.name = "to", .read = bl_ask_time,
   .at = offsetof(net_segment, span.to_us)},
};

static const bl_shape net_segment_shape = {
  "a segment", net_segment_fields, BL_COUNT(net_segment_fields)
};

typedef struct net_terms {
  const bl_json *segments;
  int64_t        at_us;
  uint32_t       has_pending;
  uint32_t       reserved;
} net_terms;

static const bl_field net_fields[] = {
  BL_ASK_KERNEL,
  {.name = "segments", .read = bl_ask_list, .needed = BL_ALWAYS,
   .at = offsetof(net_terms, segments)},
  {.name = "at", .read = bl_ask_time, .needed = BL_ALWAYS,
   .at = offsetof(net_terms, at_us)},
  {.name = "with_pending", .read = bl_value_truth,
   .at = offsetof(net_terms, has_pending)},
};

static const bl_shape net_shape = {
  "a request", net_fields, BL_COUNT(net_fields)
};

/* What is open at a moment, of each segment no less than nothing. */
int bl_ask_net_balance(bl_ask *ask) {
  static const net_segment start = {.span = {INT64_MIN, BL_TIME_NEVER}};
  net_terms terms = {.has_pending = 1};
  bl_reader above = bl_reader_member(&ask->top, "segments");
  bl_dec sum = BL_DEC_ZERO;
  net_segment *segments = NULL;
  size_t count = 0;
  int rc = bl_shape_read(&net_shape, &ask->top, ask->doc, 0, &terms);

  if (!rc)
    rc = bl_ask_items(ask, &above, terms.segments, &net_segment_shape, &start,
                      sizeof start, &segments, &count);
  if (rc) return rc;
  for (size_t i = 0; i < count; i++) {
    bl_dec left = bl_dec_sub(segments[i].amount, segments[i].used);
    if (!bl_span_holds(segments[i].span, terms.at_us)) continue;
    if (terms.has_pending) left = bl_dec_sub(left, segments[i].pending);
    sum = bl_dec_add(sum, bl_dec_max(left, BL_DEC_ZERO));
  }
  bl_ask_put(ask, ask->out, "balance", sum);
  return BILLING_OK;
}

/* ---- balances_at ---- */

typedef struct entry_terms {
  const bl_json *entries;
  const bl_json *at;
} entry_terms;

typedef struct dated_entry {
  int64_t at_us;
  bl_dec  amount;
} dated_entry;

static const bl_field dated_entry_fields[] = {
  {.name = "at", .read = bl_ask_time, .needed = BL_ALWAYS,
   .at = offsetof(dated_entry, at_us)},
  {.name = "amount", .read = bl_ask_dec, .needed = BL_ALWAYS,
   .at = offsetof(dated_entry, amount)},
};

static const bl_shape dated_entry_shape = {
  "an entry", dated_entry_fields, BL_COUNT(dated_entry_fields)
};

static const bl_field entry_ask_fields[] = {
  BL_ASK_KERNEL,
  {.name = "entries", .read = bl_ask_list, .needed = BL_ALWAYS,
   .at = offsetof(entry_terms, entries)},
  {.name = "at", .read = bl_ask_list, .at = offsetof(entry_terms, at)},
};

static const bl_shape entry_ask_shape = {
  "a request", entry_ask_fields, BL_COUNT(entry_ask_fields)
};

/* The sum of the entries up to a moment, itself included. */
static bl_dec entries_until(const dated_entry *entries, size_t count,
                            int64_t at_us) {
  bl_dec sum = BL_DEC_ZERO;

  for (size_t i = 0; i < count; i++)
    if (entries[i].at_us <= at_us) sum = bl_dec_add(sum, entries[i].amount);
  return sum;
}

int bl_ask_balances_at(bl_ask *ask) {
  static const dated_entry start = {0};
  bl_reader above = bl_reader_member(&ask->top, "at");
  bl_reader all = bl_reader_member(&ask->top, "entries");
  bl_field moment = {.name = "at"};
  entry_terms terms = {NULL, NULL};
  dated_entry *entries = NULL;
  size_t count = 0;
  int rc = bl_shape_read(&entry_ask_shape, &ask->top, ask->doc, 0, &terms);
  const bl_json *item = !rc && terms.at ? bl_json_first(terms.at) : NULL;
  bl_json *list = bl_json_array(ask->out, "balances");

  if (!rc)
    rc = bl_ask_items(ask, &all, terms.entries, &dated_entry_shape, &start,
                      sizeof start, &entries, &count);
  for (size_t i = 0; !rc && item; i++, item = bl_json_next(item)) {
    bl_reader at = bl_reader_item(&above, i);
    int64_t us;
    rc = bl_ask_time(&at, &moment, item, &us);
    if (!rc) bl_ask_put(ask, list, NULL, entries_until(entries, count, us));
  }
  if (!rc)
    bl_ask_put(ask, ask->out, "balance",
               entries_until(entries, count, INT64_MAX));
  return rc;
}

/* ---- credits ---- */

typedef struct credit_terms {
  bl_dec   rate;                 /* money for a credit */
  bl_dec   credits;              /* or bad */
  bl_dec   amount;               /* or bad */
  int32_t  places;               /* of money */
  int32_t  credit_places;
  uint32_t keeps;                /* credits as they are said */
  uint32_t reserved;
} credit_terms;

static const bl_field credit_fields[] = {
  BL_ASK_KERNEL,
  {.name = "rate", .read = bl_value_positive, .needed = BL_ALWAYS,
   .at = offsetof(credit_terms, rate)},
  {.name = "credits", .read = bl_ask_dec,
   .at = offsetof(credit_terms, credits)},
  {.name = "amount", .read = bl_ask_dec,
   .at = offsetof(credit_terms, amount)},
  {.name = "places", .read = bl_value_whole, .low = 0, .high = 18,
   .at = offsetof(credit_terms, places)},
  {.name = "credit_places", .read = bl_value_whole, .low = 0, .high = 18,
   .at = offsetof(credit_terms, credit_places)},
  {.name = "keep_credits", .read = bl_value_truth,
   .at = offsetof(credit_terms, keeps)},
};

static const bl_shape credit_shape = {
  "a request", credit_fields, BL_COUNT(credit_fields)
};

/* Credits are cut, money is rounded; then credits are what the money buys,
 * unless they are kept. */
int bl_ask_credits(bl_ask *ask) {
  credit_terms terms = {.credits = BL_DEC_BAD, .amount = BL_DEC_BAD,
                        .places = 2, .credit_places = 18};
  bl_convert cut = {.by = BL_DEC_ONE, .round = BL_CONVERT_DOWN};
  bl_dec amount, credits;
  int rc = bl_shape_read(&credit_shape, &ask->top, ask->doc, 0, &terms);

  if (rc) return rc;
  if (bl_dec_is_bad(terms.credits) == bl_dec_is_bad(terms.amount))
    return bl_reader_fail(&ask->top, BILLING_INVALID, "credits or amount",
                          "one of them is turned into the other");
  cut.places = terms.credit_places;
  credits = bl_convert_quantity(&cut, terms.credits);
  amount = bl_dec_is_bad(terms.amount) ? bl_dec_mul(credits, terms.rate)
                                       : terms.amount;
  amount = bl_round_due(amount, BL_DEC_ZERO, terms.places);
  if (!terms.keeps || bl_dec_is_bad(credits))
    credits = bl_dec_div(amount, terms.rate);
  bl_ask_put(ask, ask->out, "credits", credits);
  bl_ask_put(ask, ask->out, "amount", amount);
  return BILLING_OK;
}

#undef SCHEDULE_FORM
