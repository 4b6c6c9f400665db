/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * evaluate_threshold.c - alerts and top-ups by themselves.
 *
 *     {"kernel":"top_up","balance":"50","at":"50","target":"500",
 *      "unit_price":"0.10"}
 *     -> {"balance":"50","fires":true,"amount":"450","charge":"45"}
 *     {"kernel":"alert","of":"balance","at":"0","balances":[{"amount":"0"}]}
 *     -> {"value":"0","met":true}
 *
 * Balances have labels.  A list of labels fits when all in it are the same.
 */
#include "base/sort.h"
#include "engine/evaluate.h"
#include "wallet/threshold.h"

/* What a peer demands of a top-up, by policy. */
#define METRONOME_LEAST_AT 5
#define METRONOME_LEAST_GAP 10

/* ---- balances ---- */

typedef struct balance_item {
  bl_dec         amount;
  const bl_json *labels;
  uint32_t       apart;        /* it never counts: it is somebody's own */
  uint32_t       reserved;
} balance_item;

static const bl_field balance_fields[] = {
  {.name = "amount", .read = bl_ask_dec, .needed = BL_ALWAYS,
   .at = offsetof(balance_item, amount)},
  {.name = "labels", .read = bl_ask_node,
   .at = offsetof(balance_item, labels)},
  {.name = "apart", .read = bl_value_truth,
   .at = offsetof(balance_item, apart)},
};

static const bl_shape balance_shape = {
  "a balance", balance_fields, BL_COUNT(balance_fields)
};

/* Whether the labels have all that are wanted, as they are wanted. */
static int labels_fit(const bl_json *labels, const bl_json *wanted) {
  for (const bl_json *w = bl_json_first(wanted); w; w = bl_json_next(w)) {
    const bl_json *has = labels ? bl_json_get(labels, bl_json_key(w).text)
                                : NULL;
    if (!has || bl_json_kind(has) != bl_json_kind(w) ||
        !bl_str_equal(bl_json_text(has), bl_json_text(w)))
      return 0;
  }
  return 1;
}

static int labels_fit_any(const bl_json *labels, const bl_json *list) {
  for (const bl_json *one = bl_json_first(list); one; one = bl_json_next(one))
    if (labels_fit(labels, one)) return 1;
  return 0;
}

/* What counts: fits one of `only`, {"include":{..},"exclude":[{..}]}, and
 * none of `exclude`.  Nothing given is no restriction. */
typedef struct balance_choice {
  const bl_json *only;
  const bl_json *exclude;
} balance_choice;

static int balance_counts(const balance_choice *choice,
                          const balance_item *item) {
  const bl_json *only = choice->only ? bl_json_first(choice->only) : NULL;

  if (item->apart) return 0;
  if (choice->exclude && labels_fit_any(item->labels, choice->exclude))
    return 0;
  if (!only) return 1;
  for (; only; only = bl_json_next(only)) {
    const bl_json *include = bl_json_get(only, "include");
    const bl_json *exclude = bl_json_get(only, "exclude");
    if ((!include || labels_fit(item->labels, include)) &&
        (!exclude || !labels_fit_any(item->labels, exclude)))
      return 1;
  }
  return 0;
}

typedef struct balance_list {
  balance_item *item;
  size_t        count;
} balance_list;

static int read_balances(const bl_ask *ask, const bl_json *list,
                         balance_list *out) {
  bl_reader above = bl_reader_member(&ask->top, "balances");
  const bl_json *node = list ? bl_json_first(list) : NULL;
  int rc = BILLING_OK;

  out->count = list ? bl_json_count(list) : 0;
  out->item = bl_ask_array(ask, out->count, sizeof *out->item);
  if (!out->item) return bl_reader_nomem(&ask->top);
  for (size_t i = 0; !rc && i < out->count; i++, node = bl_json_next(node)) {
    bl_reader at = bl_reader_item(&above, i);
    rc = bl_shape_read(&balance_shape, &at, node, 0, &out->item[i]);
  }
  return rc;
}

static bl_dec sum_of_balances(const balance_choice *choice,
                              const balance_list *list) {
  bl_dec sum = BL_DEC_ZERO;

  for (size_t i = 0; i < list->count; i++)
    if (balance_counts(choice, &list->item[i]))
      sum = bl_dec_add(sum, list->item[i].amount);
  return sum;
}

/* ---- top_up ---- */

static const char *const top_up_policies[] = {"none", "metronome", NULL};

typedef struct top_up_terms {
  const bl_json *balances;
  const bl_json *exclude;
  const bl_json *at_node;
  bl_top_up      t;
  bl_dec         at;           /* fires at or below; left out: it does */
  bl_dec         balance;
  bl_dec         beside;       /* what is on its way counts */
  bl_dec         discount_left;
  const bl_json *target_node;
  const bl_json *above_node;
  uint32_t       is_on;
  uint32_t       policy;
} top_up_terms;

#define TOP_UP_AT(member) offsetof(top_up_terms, member)
static const bl_field top_up_fields[] = {
  BL_ASK_KERNEL,
  {.name = "balances", .read = bl_ask_list, .at = TOP_UP_AT(balances)},
  {.name = "exclude", .read = bl_ask_list, .at = TOP_UP_AT(exclude)},
  {.name = "balance", .read = bl_ask_dec, .at = TOP_UP_AT(balance)},
  {.name = "beside", .read = bl_ask_dec, .at = TOP_UP_AT(beside)},
  {.name = "at", .read = bl_ask_node, .at = TOP_UP_AT(at_node)},
  {.name = "target", .read = bl_ask_node, .at = TOP_UP_AT(target_node)},
  {.name = "amount", .read = bl_value_amount, .at = TOP_UP_AT(t.amount)},
  {.name = "above", .read = bl_ask_node, .at = TOP_UP_AT(above_node)},
  {.name = "least", .read = bl_value_amount, .at = TOP_UP_AT(t.least)},
  {.name = "most", .read = bl_value_amount, .at = TOP_UP_AT(t.most)},
  {.name = "unit_price", .read = bl_value_positive,
   .at = TOP_UP_AT(t.unit_price)},
  {.name = "discount", .read = bl_value_amount, .at = TOP_UP_AT(t.discount)},
  {.name = "mark_up", .read = bl_value_amount, .at = TOP_UP_AT(t.mark_up)},
  {.name = "fee", .read = bl_value_amount, .at = TOP_UP_AT(t.fee)},
  {.name = "discount_left", .read = bl_value_amount,
   .at = TOP_UP_AT(discount_left)},
  {.name = "enabled", .read = bl_value_truth, .at = TOP_UP_AT(is_on)},
  {.name = "policy", .read = bl_value_choice, .words = top_up_policies,
   .at = TOP_UP_AT(policy)},
};
#undef TOP_UP_AT

static const bl_shape top_up_shape = {
  "a request", top_up_fields, BL_COUNT(top_up_fields)
};

/* A decimal that may be left out. */
static int optional_dec(const bl_ask *ask, const char *name,
                        const bl_json *node, bl_dec *out) {
  static const bl_field figure = {.name = "figure"};
  bl_reader at = bl_reader_member(&ask->top, name);

  return node ? bl_ask_dec(&at, &figure, node, out) : BILLING_OK;
}

static int read_top_up(const bl_ask *ask, top_up_terms *terms) {
  bl_top_up *t = &terms->t;
  balance_choice choice = {NULL, NULL};
  balance_list list;
  int rc = bl_shape_read(&top_up_shape, &ask->top, ask->doc, 0, terms);

  if (!rc) rc = optional_dec(ask, "at", terms->at_node, &terms->at);
  if (!rc) rc = optional_dec(ask, "target", terms->target_node, &t->target);
  if (!rc) rc = optional_dec(ask, "above", terms->above_node, &t->above);
  if (!rc) rc = read_balances(ask, terms->balances, &list);
  if (rc) return rc;
  t->has_target = terms->target_node != NULL;
  t->repeats = terms->above_node != NULL;
  if (bl_dec_is_zero(terms->discount_left)) t->discount = BL_DEC_ZERO;
  choice.exclude = terms->exclude;
  terms->balance = bl_dec_add(terms->balance,
                              sum_of_balances(&choice, &list));
  return BILLING_OK;
}

/* The threshold and what is above it up to the target are worth enough. */
static int is_valid_top_up(const top_up_terms *terms) {
  bl_dec price = terms->t.unit_price;
  bl_dec at = bl_dec_mul(terms->at, price);
  bl_dec gap = bl_dec_sub(bl_dec_mul(terms->t.target, price), at);

  if (!terms->policy) return 1;
  return !bl_dec_less(at, bl_dec_of_int(METRONOME_LEAST_AT)) &&
         !bl_dec_less(gap, bl_dec_of_int(METRONOME_LEAST_GAP));
}

int bl_ask_top_up(bl_ask *ask) {
  top_up_terms terms = {.is_on = 1, .discount_left = BL_DEC_ONE,
                        .t.unit_price = BL_DEC_ONE};
  bl_dec amount, balance, charge;
  int rc = read_top_up(ask, &terms), fires;

  if (rc) return rc;
  balance = bl_dec_add(terms.balance, terms.beside);
  fires = terms.is_on &&
          (!terms.at_node || bl_threshold_is_met(balance, terms.at, 1));
  (void)bl_json_add_bool(ask->out, "valid", is_valid_top_up(&terms));
  (void)bl_json_add_bool(ask->out, "fires", fires);
  bl_ask_put(ask, ask->out, "balance", terms.balance);
  if (!fires) return BILLING_OK;
  amount = bl_top_up_amount(&terms.t, balance);
  bl_ask_put(ask, ask->out, "amount", amount);
  charge = bl_top_up_charge(&terms.t, amount);
  bl_ask_put(ask, ask->out, "charge", charge);
  if (!bl_dec_is_zero(terms.t.mark_up) || !bl_dec_is_zero(terms.t.fee))
    bl_ask_put(ask, ask->out, "fee", bl_top_up_fee(&terms.t, charge));
  return BILLING_OK;
}

/* ---- alert ---- */

enum { ALERT_OF_BALANCE, ALERT_OF_SPEND, ALERT_OF_LARGEST };
static const char *const alert_words[] = {"balance", "spend", "largest",
                                          NULL};

typedef struct alert_terms {
  uint32_t       of;
  uint32_t       reserved;
  bl_dec         at;
  const bl_json *balances;
  const bl_json *only;
  const bl_json *exclude;
  const bl_json *amounts;
  bl_str         group_by;
} alert_terms;

#define ALERT_AT(member) offsetof(alert_terms, member)
static const bl_field alert_ask_fields[] = {
  BL_ASK_KERNEL,
  {.name = "of", .read = bl_value_choice, .words = alert_words,
   .at = ALERT_AT(of)},
  {.name = "at", .read = bl_ask_dec, .needed = BL_ALWAYS, .at = ALERT_AT(at)},
  {.name = "balances", .read = bl_ask_list, .at = ALERT_AT(balances)},
  {.name = "only", .read = bl_ask_list, .at = ALERT_AT(only)},
  {.name = "exclude", .read = bl_ask_list, .at = ALERT_AT(exclude)},
  {.name = "amounts", .read = bl_ask_list, .at = ALERT_AT(amounts)},
  {.name = "group_by", .read = bl_value_label, .high = BL_TEXT_MOST,
   .at = ALERT_AT(group_by)},
};
#undef ALERT_AT

static const bl_shape alert_ask_shape = {
  "a request", alert_ask_fields, BL_COUNT(alert_ask_fields)
};

/* The sum of amounts, or the largest. */
static int figure_of_amounts(const bl_ask *ask, const alert_terms *terms,
                             bl_dec *out) {
  static const bl_field figure = {.name = "figure"};
  bl_reader above = bl_reader_member(&ask->top, "amounts");
  const bl_json *node = terms->amounts ? bl_json_first(terms->amounts) : NULL;
  int rc = BILLING_OK;

  *out = BL_DEC_ZERO;
  for (size_t i = 0; !rc && node; node = bl_json_next(node), i++) {
    bl_reader at = bl_reader_item(&above, i);
    bl_dec amount = BL_DEC_ZERO;
    rc = bl_ask_dec(&at, &figure, node, &amount);
    *out = terms->of == ALERT_OF_LARGEST ? bl_dec_max(*out, amount)
                                         : bl_dec_add(*out, amount);
  }
  return rc;
}

static const bl_json *group_label(const alert_terms *terms,
                                  const balance_item *item) {
  return item->labels ? bl_json_get(item->labels, terms->group_by.text)
                      : NULL;
}

/* Whether the item is the first of its group that counts, and the sum of all
 * of them. */
static int sum_of_group(const alert_terms *terms,
                        const balance_choice *choice,
                        const balance_list *list, size_t first, bl_dec *sum) {
  const bl_json *label = group_label(terms, &list->item[first]);

  *sum = BL_DEC_ZERO;
  if (!label || !balance_counts(choice, &list->item[first])) return 0;
  for (size_t i = 0; i < list->count; i++) {
    const bl_json *other = group_label(terms, &list->item[i]);
    if (!other || !bl_str_equal(bl_json_text(other), bl_json_text(label)) ||
        !balance_counts(choice, &list->item[i]))
      continue;
    if (i < first) return 0;
    *sum = bl_dec_add(*sum, list->item[i].amount);
  }
  return 1;
}

static int compare_names(const void *a, const void *b) {
  return bl_str_order(*(const bl_str *)a, *(const bl_str *)b);
}

/* The groups whose balance has come to the threshold, in their order. */
static int put_groups(bl_ask *ask, const alert_terms *terms,
                      const balance_choice *choice,
                      const balance_list *list) {
  bl_json *met = bl_json_array(ask->out, "groups");
  bl_str *names = bl_ask_array(ask, list->count, sizeof *names);
  size_t count = 0;

  if (!names) return bl_reader_nomem(&ask->top);
  for (size_t i = 0; i < list->count; i++) {
    bl_dec sum;
    if (!sum_of_group(terms, choice, list, i, &sum)) continue;
    ask->is_over |= bl_dec_is_bad(sum) != 0;
    if (bl_threshold_is_met(sum, terms->at, 1))
      names[count++] = bl_json_text(group_label(terms, &list->item[i]));
  }
  bl_sort(names, count, sizeof *names, compare_names);
  for (size_t i = 0; i < count; i++)
    (void)bl_json_add_text(met, NULL, names[i]);
  return BILLING_OK;
}

int bl_ask_alert(bl_ask *ask) {
  alert_terms terms = {.of = ALERT_OF_BALANCE};
  balance_choice choice;
  balance_list list;
  bl_dec value;
  int rc = bl_shape_read(&alert_ask_shape, &ask->top, ask->doc, 0, &terms);

  if (!rc) rc = read_balances(ask, terms.balances, &list);
  if (rc) return rc;
  choice = (balance_choice){terms.only, terms.exclude};
  if (terms.group_by.len) return put_groups(ask, &terms, &choice, &list);
  value = sum_of_balances(&choice, &list);
  if (terms.of != ALERT_OF_BALANCE) rc = figure_of_amounts(ask, &terms,
                                                           &value);
  if (rc) return rc;
  bl_ask_put(ask, ask->out, "value", value);
  (void)bl_json_add_bool(ask->out, "met",
                         bl_threshold_is_met(value, terms.at,
                                             terms.of == ALERT_OF_BALANCE));
  return BILLING_OK;
}

/* ---- purchases ---- */

static const char *const purchase_words[] = {"any", "only", "none", NULL};

typedef struct purchase_terms {
  const bl_json *purchases;
  bl_str        *sources;
  size_t         source_count;
  int64_t        from_us;
  int64_t        to_us;
  uint32_t       discounted;
  uint32_t       reserved;
} purchase_terms;

#define PURCHASE_AT(member) offsetof(purchase_terms, member)
static const bl_field purchase_ask_fields[] = {
  BL_ASK_KERNEL,
  {.name = "purchases", .read = bl_ask_list, .needed = BL_ALWAYS,
   .at = PURCHASE_AT(purchases)},
  {.name = "sources", .read = bl_value_ids, .low = 1, .high = 1000,
   .at = PURCHASE_AT(sources), .beside = PURCHASE_AT(source_count)},
  {.name = "discounted", .read = bl_value_choice, .words = purchase_words,
   .at = PURCHASE_AT(discounted)},
  {.name = "from", .read = bl_ask_time, .at = PURCHASE_AT(from_us)},
  {.name = "to", .read = bl_ask_time, .at = PURCHASE_AT(to_us)},
};
#undef PURCHASE_AT

static const bl_shape purchase_ask_shape = {
  "a request", purchase_ask_fields, BL_COUNT(purchase_ask_fields)
};

typedef struct purchase_item {
  bl_str   source;
  bl_dec   amount;
  int64_t  at_us;
  uint32_t discounted;
  uint32_t reserved;
} purchase_item;

static const bl_field purchase_fields[] = {
  {.name = "source", .read = bl_value_id,
   .at = offsetof(purchase_item, source)},
  {.name = "amount", .read = bl_ask_dec, .needed = BL_ALWAYS,
   .at = offsetof(purchase_item, amount)},
  {.name = "at", .read = bl_ask_time, .at = offsetof(purchase_item, at_us)},
  {.name = "discounted", .read = bl_value_truth,
   .at = offsetof(purchase_item, discounted)},
};

static const bl_shape purchase_shape = {
  "a purchase", purchase_fields, BL_COUNT(purchase_fields)
};

static int purchase_counts(const purchase_terms *terms,
                           const purchase_item *item) {
  size_t i = 0;

  if (item->at_us < terms->from_us || item->at_us >= terms->to_us) return 0;
  if (terms->discounted && item->discounted != (terms->discounted == 1))
    return 0;
  while (i < terms->source_count &&
         !bl_str_equal(terms->sources[i], item->source))
    i++;
  return !terms->source_count || i < terms->source_count;
}

int bl_ask_purchases(bl_ask *ask) {
  purchase_terms terms = {.from_us = INT64_MIN, .to_us = INT64_MAX};
  bl_reader above = bl_reader_member(&ask->top, "purchases");
  bl_dec total = BL_DEC_ZERO;
  const bl_json *node;
  int rc = bl_shape_read(&purchase_ask_shape, &ask->top, ask->doc, 0, &terms);

  if (rc) return rc;
  node = bl_json_first(terms.purchases);
  for (size_t i = 0; !rc && node; node = bl_json_next(node), i++) {
    bl_reader at = bl_reader_item(&above, i);
    purchase_item item = {.at_us = 0};
    rc = bl_shape_read(&purchase_shape, &at, node, 0, &item);
    if (!rc && purchase_counts(&terms, &item))
      total = bl_dec_add(total, item.amount);
  }
  if (!rc) bl_ask_put(ask, ask->out, "total", total);
  return rc;
}

#undef METRONOME_LEAST_AT
#undef METRONOME_LEAST_GAP
