/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * evaluate_phases.c - grants over a stretch of time.
 *
 *     {"kernel":"grant_phases","from":"2026-06-01","to":"2026-06-04",
 *      "grants":[{"id":"day","amount":"100",
 *                 "recurs":{"unit":"day","anchor":"2026-06-01"}}],
 *      "left":{"day":"100"},"usage":[{"at":"2026-06-01T12:00","value":"130"},
 *                                    {"at":"2026-06-02T12:00","value":"20"}]}
 *     -> {"balance":"100","left":{"day":"100"},"owed":"0","used":"150",
 *         "covered":"150","available":"250","phases":[ .. ]}
 */
#include "base/sort.h"
#include "contract/contract.h"
#include "engine/evaluate_wallet.h"
#include "wallet/phases.h"

typedef struct phase_terms {
  const bl_json *grants;
  const bl_json *order;
  const bl_json *left;           /* by the grants' ids */
  const bl_json *usage;
  const bl_json *resets;
  int64_t        from_us;
  int64_t        to_us;
  int64_t        since_us;
  bl_dec         used;
  bl_dec         covered;
  bl_dec         owed;
  uint32_t       keeps_owed;
  uint32_t       is_level;
} phase_terms;

#define PHASE_AT(member) offsetof(phase_terms, member)
static const char *const phase_readings[] = {"change", "level", NULL};
static const bl_field phase_fields[] = {
  BL_ASK_KERNEL,
  {.name = "grants", .read = bl_ask_list, .needed = BL_ALWAYS,
   .at = PHASE_AT(grants)},
  {.name = "order", .read = bl_ask_node, .at = PHASE_AT(order)},
  {.name = "from", .read = bl_ask_time, .needed = BL_ALWAYS,
   .at = PHASE_AT(from_us)},
  {.name = "to", .read = bl_ask_time, .needed = BL_ALWAYS,
   .at = PHASE_AT(to_us)},
  {.name = "since", .read = bl_ask_time, .at = PHASE_AT(since_us)},
  {.name = "left", .read = bl_ask_node, .at = PHASE_AT(left)},
  {.name = "used", .read = bl_value_amount, .at = PHASE_AT(used)},
  {.name = "covered", .read = bl_value_amount, .at = PHASE_AT(covered)},
  {.name = "owed", .read = bl_value_amount, .at = PHASE_AT(owed)},
  {.name = "usage", .read = bl_ask_list, .at = PHASE_AT(usage)},
  {.name = "reading", .read = bl_value_choice, .words = phase_readings,
   .at = PHASE_AT(is_level)},
  {.name = "resets", .read = bl_ask_list, .at = PHASE_AT(resets)},
  {.name = "keep_owed", .read = bl_value_truth, .at = PHASE_AT(keeps_owed)},
};
#undef PHASE_AT

static const bl_shape phase_shape = {
  "a request", phase_fields, BL_COUNT(phase_fields)
};

typedef struct phase_work {
  phase_terms     terms;
  bl_purses       purses;        /* in the order of the request */
  bl_phase_grant *grants;        /* first drawn first, as lots */
  bl_lot        **lots;
  bl_usage       *usage;
  bl_phases       phases;
} phase_work;

/* ---- recurrence and rollover ---- */

typedef struct phase_recurs {
  uint32_t unit;                 /* BL_UNIT_* */
  int32_t  every;
  int64_t  anchor_us;
} phase_recurs;

static const bl_field recurs_fields[] = {
  {.name = "unit", .read = bl_value_choice, .words = bl_unit_words,
   .needed = BL_ALWAYS, .at = offsetof(phase_recurs, unit)},
  {.name = "count", .read = bl_value_whole, .low = 1, .high = 100,
   .at = offsetof(phase_recurs, every)},
  {.name = "anchor", .read = bl_ask_time, .needed = BL_ALWAYS,
   .at = offsetof(phase_recurs, anchor_us)},
};

static const bl_shape recurs_shape = {
  "a recurrence", recurs_fields, BL_COUNT(recurs_fields)
};

static const bl_field rollover_fields[] = {
  {.name = "least", .read = bl_value_amount,
   .at = offsetof(bl_phase_grant, least)},
  {.name = "most", .read = bl_value_amount,
   .at = offsetof(bl_phase_grant, most)},
};

static const bl_shape rollover_shape = {
  "a rollover", rollover_fields, BL_COUNT(rollover_fields)
};

/* The fillings in a time: beginnings of cycles that are counted from the
 * anchor. */
static int phase_renewals(const bl_ask *ask, const bl_reader *at,
                          const phase_recurs *recurs, bl_span span,
                          bl_phase_grant *grant) {
  bl_contract_terms cycle = {.start_us = BL_TIME_MIN, .end_us = BL_TIME_NEVER,
                             .unit = recurs->unit, .every = recurs->every,
                             .anchor = BL_ANCHOR_DATE,
                             .anchor_us = recurs->anchor_us};
  const bl_zone *zone = NULL;
  bl_period period = {0};
  int64_t *renewals = NULL;
  size_t room = 0;
  int rc = bl_ask_zone(ask, BL_STR("UTC"), &zone);
  int more = !rc && bl_period_at(&cycle, zone, span.from_us, &period);

  for (; more && period.full.from_us <= span.to_us;
       more = bl_period_next(&cycle, zone, &period, &period)) {
    int64_t *to = bl_arena_push(ask->top.arena, (void **)&renewals,
                                &grant->renewal_count, &room,
                                sizeof *renewals);

    if (!to) return bl_reader_nomem(at);
    *to = period.full.from_us;
    if (++grant->renewal_count > BL_ASK_MOST)
      return bl_reader_fail(at, BILLING_LIMIT, NULL,
                            "it is filled more than 10000 times");
  }
  grant->renewals = renewals;
  return rc;
}

static int phase_recurs_read(const bl_ask *ask, const bl_reader *above,
                             const bl_purse *purse, bl_span span,
                             bl_phase_grant *grant) {
  bl_reader at = bl_reader_member(above, "recurs");
  phase_recurs recurs = {.every = 1};
  bl_span active = {grant->lot->effective_us, grant->lot->expires_us};
  int rc = BILLING_OK;

  if (!purse->recurs) return BILLING_OK;
  rc = bl_shape_read(&recurs_shape, &at, purse->recurs, 0, &recurs);
  if (!rc && !bl_span_is_empty(active))
    rc = phase_renewals(ask, &at, &recurs,
                        bl_span_cut(active, (bl_span){span.from_us,
                                                      span.to_us + 1}),
                        grant);
  return rc;
}

static int phase_rollover_read(const bl_reader *above, const bl_purse *purse,
                               bl_phase_grant *grant) {
  bl_reader at = bl_reader_member(above, "rollover");
  bl_reader least = bl_reader_member(&at, "least");
  int rc = BILLING_OK;

  grant->least = grant->most = BL_DEC_ZERO;
  if (purse->rollover)
    rc = bl_shape_read(&rollover_shape, &at, purse->rollover, 0, grant);
  if (!rc && bl_dec_less(grant->most, grant->least))
    rc = bl_reader_fail(&least, BILLING_INVALID, "at most what it may keep",
                        "least is above most");
  return rc;
}

/* ---- grants ---- */

static int phase_ends(const bl_ask *ask, const bl_reader *at,
                      const bl_purse *purse, bl_lot *lot) {
  int64_t *ends;
  size_t count;
  bl_span active;
  int rc = bl_ask_times(ask, at, "ends", purse->ends, &ends, &count);

  if (rc) return rc;
  active = bl_grant_active(lot->effective_us, ends, count);
  if (active.to_us < lot->expires_us) lot->expires_us = active.to_us;
  return BILLING_OK;
}

static int phase_grant_read(const bl_ask *ask, phase_work *w, size_t place) {
  bl_reader above = bl_reader_member(&ask->top, "grants");
  bl_reader at = bl_reader_item(&above, w->purses.sorted[place]);
  bl_purse *purse = &w->purses.purse[w->purses.sorted[place]];
  bl_phase_grant *grant = &w->grants[place];
  bl_lot *lot = purse->lots;
  int rc;

  w->lots[place] = grant->lot = lot;
  grant->amount  = lot->left;
  lot->left      = BL_DEC_ZERO;
  rc = phase_ends(ask, &at, purse, lot);
  if (!rc)
    rc = phase_recurs_read(ask, &at, purse, w->phases.span, grant);
  return rc ? rc : phase_rollover_read(&at, purse, grant);
}

static int phase_grants_read(const bl_ask *ask, phase_work *w) {
  int rc;

  w->purses.form  = BL_PURSES_OVER_TIME;
  w->purses.order = w->terms.order;
  rc = bl_purses_read(ask, w->terms.grants, 0, &w->purses);
  if (rc) return rc;
  w->grants = bl_ask_array(ask, w->purses.count, sizeof *w->grants);
  w->lots   = bl_ask_array(ask, w->purses.count, sizeof *w->lots);
  if (ask->top.arena->failed) return bl_reader_nomem(&ask->top);
  for (size_t i = 0; !rc && i < w->purses.count; i++)
    rc = phase_grant_read(ask, w, i);
  w->phases.grants = w->grants;
  w->phases.lots   = w->lots;
  w->phases.count  = w->purses.count;
  return rc;
}

/* ---- what was left ---- */

static bl_purse *phase_purse(const phase_work *w, bl_str id) {
  for (size_t i = 0; i < w->purses.count; i++)
    if (bl_str_equal(w->purses.purse[i].id, id)) return &w->purses.purse[i];
  return NULL;
}

/* Every grant that may be used has said what is left in it. */
static int phase_left_is_whole(const bl_ask *ask, const phase_work *w) {
  bl_reader at = bl_reader_member(&ask->top, "left");
  bl_span run = {w->phases.span.from_us, w->phases.span.to_us + 1};

  for (size_t i = 0; i < w->purses.count; i++) {
    const bl_purse *purse = &w->purses.purse[i];
    bl_span active = {purse->lots->effective_us, purse->lots->expires_us};

    if (bl_span_is_empty(active) || bl_span_is_empty(bl_span_cut(active, run)))
      continue;
    if (!w->terms.left || !bl_json_get(w->terms.left, purse->id.text))
      return bl_reader_fail(&at, BILLING_INVALID,
                            "what is left of each grant, by its id",
                            "it does not say what is left of %t", &purse->id);
  }
  return BILLING_OK;
}

static int phase_left_read(const bl_ask *ask, phase_work *w) {
  static const bl_field figure = {.name = "figure"};
  bl_reader above = bl_reader_member(&ask->top, "left");
  const bl_json *left = w->terms.left;
  int rc = BILLING_OK;

  if (left && bl_json_kind(left) != BL_JSON_OBJECT)
    return bl_reader_fail(&above, BILLING_INVALID, "{\"g1\":\"95\"}",
                          "what is left is an object");
  for (const bl_json *m = left ? bl_json_first(left) : NULL; !rc && m;
       m = bl_json_next(m)) {
    bl_reader at = bl_reader_member(&above, "");
    bl_purse *purse = phase_purse(w, bl_json_key(m));

    at.segment = bl_json_key(m);
    rc = purse ? bl_value_amount(&at, &figure, m, &purse->lots->left)
               : bl_reader_fail(&at, BILLING_INVALID, "the id of a grant",
                                "there is no grant named %t", &at.segment);
  }
  return rc ? rc : phase_left_is_whole(ask, w);
}

/* ---- usage and resets ---- */

static const bl_field phase_usage_fields[] = {
  {.name = "at", .read = bl_ask_time, .needed = BL_ALWAYS,
   .at = offsetof(bl_usage, time_us)},
  {.name = "value", .read = bl_value_amount, .needed = BL_ALWAYS,
   .at = offsetof(bl_usage, quantity)},
};

static const bl_shape phase_usage_shape = {
  "usage", phase_usage_fields, BL_COUNT(phase_usage_fields)
};

/* Of equal times the one that came later is later: their places tell. */
static int phase_usage_order(const void *a, const void *b) {
  const bl_usage *const *x = a, *const *y = b;

  if ((*x)->time_us != (*y)->time_us)
    return (*x)->time_us < (*y)->time_us ? -1 : 1;
  return (*x > *y) - (*x < *y);
}

static int phase_usage_read(const bl_ask *ask, phase_work *w) {
  bl_reader above = bl_reader_member(&ask->top, "usage");
  size_t count = w->terms.usage ? bl_json_count(w->terms.usage) : 0;
  const bl_json *item = count ? bl_json_first(w->terms.usage) : NULL;
  bl_usage *given = bl_ask_array(ask, count, sizeof *given);
  const bl_usage **sorted = bl_ask_array(ask, count, sizeof *sorted);
  int rc = BILLING_OK;

  w->usage = bl_ask_array(ask, count, sizeof *w->usage);
  if (ask->top.arena->failed) return bl_reader_nomem(&ask->top);
  for (size_t i = 0; !rc && i < count; i++, item = bl_json_next(item)) {
    bl_reader at = bl_reader_item(&above, i);

    sorted[i] = &given[i];
    rc = bl_shape_read(&phase_usage_shape, &at, item, 0, &given[i]);
  }
  if (rc) return rc;
  bl_sort(sorted, count, sizeof *sorted, phase_usage_order);
  for (size_t i = 0; i < count; i++) w->usage[i] = *sorted[i];
  w->phases.usage       = w->usage;
  w->phases.usage_count = count;
  return BILLING_OK;
}

static int phase_resets_read(const bl_ask *ask, phase_work *w) {
  bl_reader above = bl_reader_member(&ask->top, "resets");
  int64_t before = w->phases.span.from_us, *resets;
  size_t count;
  int rc = bl_ask_times(ask, &ask->top, "resets", w->terms.resets, &resets,
                        &count);

  for (size_t i = 0; !rc && i < count; before = resets[i++]) {
    bl_reader at = bl_reader_item(&above, i);

    if (resets[i] <= before || resets[i] > w->phases.span.to_us)
      rc = bl_reader_fail(&at, BILLING_INVALID,
                          "after from and the reset before it, at most to",
                          "a reset is out of place");
  }
  w->phases.resets      = resets;
  w->phases.reset_count = count;
  return rc;
}

static int phase_span_read(const bl_ask *ask, phase_work *w) {
  bl_reader at = bl_reader_member(&ask->top, "to");
  const phase_terms *terms = &w->terms;

  w->phases.span = (bl_span){terms->from_us, terms->to_us};
  w->phases.keeps_owed = terms->keeps_owed;
  w->phases.is_level = terms->is_level;
  w->phases.state = (bl_phase_state){terms->since_us, terms->used,
                                     terms->covered, terms->owed};
  if (terms->since_us == BL_TIME_NEVER)
    w->phases.state.since_us = terms->from_us;
  if (terms->to_us >= terms->from_us) return BILLING_OK;
  return bl_reader_fail(&at, BILLING_INVALID, "from, or later",
                        "a time ends before it starts");
}

/* ---- answering ---- */

static void phase_put(bl_ask *ask, const phase_work *w, const bl_phase *phase,
                      const bl_draw *draws, bl_json *list) {
  bl_json *node = bl_json_object(list, NULL);
  bl_json *drawn = bl_json_object(node, "drawn");

  (void)bl_json_add_time(node, "from", phase->span.from_us);
  (void)bl_json_add_time(node, "to", phase->span.to_us);
  (void)bl_json_add_bool(node, "reset", phase->is_reset != 0);
  bl_ask_put(ask, node, "balance", phase->balance);
  bl_ask_put(ask, node, "owed_before", phase->owed_before);
  bl_ask_put(ask, node, "used", phase->used);
  bl_ask_put(ask, node, "owed", phase->owed);
  for (size_t i = 0; i < phase->draw_count; i++)
    bl_ask_put(ask, drawn, w->purses.purse[draws[i].grant - 1].id.text,
               draws[i].amount);
}

static void phases_put(bl_ask *ask, const phase_work *w) {
  const bl_phase_state *state = &w->phases.state;
  bl_dec balance = bl_phases_balance(&w->phases);
  bl_json *left = bl_json_object(ask->out, "left");

  for (size_t i = 0; i < w->purses.count; i++)
    bl_ask_put(ask, left, w->purses.purse[i].id.text,
               w->purses.purse[i].lots->left);
  bl_ask_put(ask, ask->out, "balance", balance);
  bl_ask_put(ask, ask->out, "owed", state->owed);
  bl_ask_put(ask, ask->out, "used", state->used);
  bl_ask_put(ask, ask->out, "covered", state->covered);
  bl_ask_put(ask, ask->out, "available", bl_dec_add(state->covered, balance));
  (void)bl_json_add_time(ask->out, "since", state->since_us);
  (void)bl_json_add_bool(ask->out, "access", bl_dec_sign(balance) > 0);
}

static int phases_run(bl_ask *ask, phase_work *w) {
  bl_draw *draws = bl_ask_array(ask, w->purses.count + 1, sizeof *draws);
  bl_json *list = bl_json_array(ask->out, "phases");
  bl_phase phase;

  if (!draws) return bl_reader_nomem(&ask->top);
  bl_phases_open(&w->phases);
  while (bl_phases_next(&w->phases, &phase, draws))
    phase_put(ask, w, &phase, draws, list);
  phases_put(ask, w);
  return BILLING_OK;
}

int bl_ask_grant_phases(bl_ask *ask) {
  phase_work w = {.terms = {.since_us = BL_TIME_NEVER}};
  int rc = bl_shape_read(&phase_shape, &ask->top, ask->doc, 0, &w.terms);

  if (!rc) rc = phase_span_read(ask, &w);
  if (!rc) rc = phase_grants_read(ask, &w);
  if (!rc) rc = phase_left_read(ask, &w);
  if (!rc) rc = phase_usage_read(ask, &w);
  if (!rc) rc = phase_resets_read(ask, &w);
  return rc ? rc : phases_run(ask, &w);
}
