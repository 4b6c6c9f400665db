/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * evaluate_wallets.c - wallets that pay an invoice, or what is still to be
 * invoiced, as Lago's do.
 *
 *     {"kernel":"pay_by_wallets","total":"70","wallets":[
 *        {"id":"calls","balance":"20","meters":["calls"]},
 *        {"id":"any","balance":"100"}],
 *      "lines":[{"type":"charge","meter":"calls","amount":"50"},
 *               {"type":"subscription","amount":"20"}]}
 *     -> {"drawn":{"any":"50","calls":"20"}}
 *
 * Lines of one type, meter and target are a group, the largest is served
 * first.  For an invoice each wallet in its turn serves all groups; for usage
 * that goes on each group is spread over the wallets, and one that is refilled
 * by itself, or is the last one, takes all that is left of it.
 */
#include "base/map.h"
#include "engine/evaluate.h"

typedef struct wallet_group {
  bl_str type;
  bl_str meter;
  bl_str target;
  bl_dec amount;               /* that is still to be paid */
} wallet_group;

typedef struct wallet_purse {
  bl_str   id;
  bl_str   code;
  bl_words types;
  bl_words meters;
  bl_dec   left;
  bl_dec   drawn;
  int32_t  priority;
  uint32_t refills;
  char     asset[16];
} wallet_purse;

typedef struct wallet_terms {
  const bl_json *wallets;
  const bl_json *lines;
  const bl_json *billed;       /* what of the lines was invoiced before */
  bl_dec         total;        /* of the invoice; bad: what lines come to */
  bl_dec         slack;        /* for each group, what rounding may add */
  uint32_t       goes_on;
  char           asset[16];
} wallet_terms;

typedef struct wallet_ask {
  bl_ask       *ask;
  wallet_terms  terms;
  wallet_group *groups;        /* the largest first */
  size_t        group_count;
  bl_map        by_key;
  wallet_purse *purses;        /* in the order in which they pay */
  size_t        purse_count;
  bl_dec        rest;          /* of the total */
} wallet_ask;

/* ---- lines ---- */

static const bl_field wallet_line_fields[] = {
  {.name = "type", .read = bl_value_id, .needed = BL_ALWAYS,
   .at = offsetof(wallet_group, type)},
  {.name = "meter", .read = bl_value_id,
   .at = offsetof(wallet_group, meter)},
  {.name = "target", .read = bl_value_id,
   .at = offsetof(wallet_group, target)},
  {.name = "amount", .read = bl_ask_dec, .needed = BL_ALWAYS,
   .at = offsetof(wallet_group, amount)},
};

static const bl_shape wallet_line_shape = {
  "a line", wallet_line_fields, BL_COUNT(wallet_line_fields)
};

/* The group that a line belongs to; ids have no control characters. */
static wallet_group *wallet_group_for(wallet_ask *w,
                                      const wallet_group *line) {
  wallet_group *group;
  bl_text key;

  bl_text_open(&key, w->ask->top.arena);
  bl_text_str(&key, line->type);
  bl_text_add(&key, "\n", 1);
  bl_text_str(&key, line->meter);
  bl_text_add(&key, "\n", 1);
  bl_text_str(&key, line->target);
  if (key.failed) return NULL;
  group = bl_map_get(&w->by_key, key.text, key.len);
  if (group) return group;
  group = &w->groups[w->group_count++];
  *group = *line;
  group->amount = BL_DEC_ZERO;
  return bl_map_put(&w->by_key, key.text, key.len, group) ? NULL : group;
}

static int wallet_lines_read(wallet_ask *w, const char *name,
                             const bl_json *list, int sign) {
  bl_reader above = bl_reader_member(&w->ask->top, name);
  const bl_json *item = list ? bl_json_first(list) : NULL;
  int rc = BILLING_OK;

  for (size_t i = 0; !rc && item; i++, item = bl_json_next(item)) {
    bl_reader at = bl_reader_item(&above, i);
    wallet_group line = {.amount = BL_DEC_ZERO}, *group;
    rc = bl_shape_read(&wallet_line_shape, &at, item, 0, &line);
    if (rc) return rc;
    group = wallet_group_for(w, &line);
    if (!group) return bl_reader_nomem(&at);
    group->amount = sign > 0 ? bl_dec_add(group->amount, line.amount)
                             : bl_dec_sub(group->amount, line.amount);
  }
  return rc;
}

/* By falling amount; equal ones as they came. */
static void wallet_groups_sort(wallet_ask *w) {
  for (size_t i = 1; i < w->group_count; i++) {
    wallet_group moved = w->groups[i];
    size_t at = i;
    for (; at > 0 && bl_dec_less(w->groups[at - 1].amount, moved.amount);
         at--)
      w->groups[at] = w->groups[at - 1];
    w->groups[at] = moved;
  }
}

/* What all groups come to; an invoice that is a little more by rounding has
 * it on the largest. */
static void wallet_find_rest(wallet_ask *w) {
  bl_dec most = bl_dec_mul(w->terms.slack,
                           bl_dec_of_int((int64_t)w->group_count));
  bl_dec sum = BL_DEC_ZERO, gap;

  for (size_t i = 0; i < w->group_count; i++)
    sum = bl_dec_add(sum, w->groups[i].amount);
  w->rest = bl_dec_is_bad(w->terms.total) ? sum : w->terms.total;
  gap = bl_dec_sub(w->rest, sum);
  if (w->group_count && bl_dec_sign(gap) > 0 && bl_dec_cmp(gap, most) <= 0)
    w->groups[0].amount = bl_dec_add(w->groups[0].amount, gap);
}

/* ---- wallets ---- */

static const bl_field wallet_purse_fields[] = {
  {.name = "id", .read = bl_value_id, .needed = BL_ALWAYS,
   .at = offsetof(wallet_purse, id)},
  {.name = "code", .read = bl_value_id, .at = offsetof(wallet_purse, code)},
  {.name = "balance", .read = bl_ask_dec, .needed = BL_ALWAYS,
   .at = offsetof(wallet_purse, left)},
  {.name = "priority", .read = bl_value_whole, .low = INT32_MIN,
   .high = INT32_MAX, .at = offsetof(wallet_purse, priority)},
  {.name = "asset", .read = bl_value_asset,
   .at = offsetof(wallet_purse, asset)},
  {.name = "types", .read = bl_value_ids, .high = BL_ASK_MOST,
   .at = offsetof(wallet_purse, types.item),
   .beside = offsetof(wallet_purse, types.count)},
  {.name = "meters", .read = bl_value_ids, .high = BL_ASK_MOST,
   .at = offsetof(wallet_purse, meters.item),
   .beside = offsetof(wallet_purse, meters.count)},
  {.name = "refills", .read = bl_value_truth,
   .at = offsetof(wallet_purse, refills)},
};

static const bl_shape wallet_purse_shape = {
  "a wallet", wallet_purse_fields, BL_COUNT(wallet_purse_fields)
};

/* Into its place: by priority, then as they came. */
static void wallet_place(wallet_ask *w, const wallet_purse *purse) {
  size_t at = w->purse_count++;

  for (; !w->terms.goes_on && at > 0 &&
         purse->priority < w->purses[at - 1].priority; at--)
    w->purses[at] = w->purses[at - 1];
  w->purses[at] = *purse;
}

/* Ids name wallets in the answer. */
static int wallet_is_new(const bl_reader *at, bl_map *ids, bl_str id) {
  bl_reader member = bl_reader_member(at, "id");

  if (bl_map_get(ids, id.text, id.len))
    return bl_reader_fail(&member, BILLING_INVALID, "name each wallet once",
                          "%t is here twice", &id);
  return bl_map_put(ids, id.text, id.len, ids) ? bl_reader_nomem(at)
                                               : BILLING_OK;
}

static int wallet_purses_read(wallet_ask *w) {
  bl_reader above = bl_reader_member(&w->ask->top, "wallets");
  const bl_json *item = bl_json_first(w->terms.wallets);
  bl_map ids;
  int rc = BILLING_OK;

  bl_map_open(&ids, w->ask->top.arena);
  for (size_t i = 0; !rc && item; i++, item = bl_json_next(item)) {
    bl_reader at = bl_reader_item(&above, i);
    wallet_purse purse = {.drawn = BL_DEC_ZERO};
    memcpy(purse.asset, w->terms.asset, sizeof purse.asset);
    rc = bl_shape_read(&wallet_purse_shape, &at, item, 0, &purse);
    if (!purse.code.len) purse.code = purse.id;
    if (!rc) rc = wallet_is_new(&at, &ids, purse.id);
    if (!rc) wallet_place(w, &purse);
  }
  return rc;
}

static int wallet_serves(const wallet_ask *w, const wallet_purse *purse,
                        const wallet_group *group) {
  if (!bl_asset_equal(purse->asset, w->terms.asset)) return 0;
  if (group->target.len) return bl_str_equal(purse->code, group->target);
  if (!purse->types.count && !purse->meters.count) return 1;
  return bl_words_have(&purse->types, group->type) ||
         (group->meter.len && bl_words_have(&purse->meters, group->meter));
}

/* ---- paying ---- */

static void wallet_draw(wallet_ask *w, wallet_purse *purse,
                      wallet_group *group, bl_dec most) {
  bl_dec drawn = bl_dec_min(bl_dec_min(group->amount, w->rest), most);

  if (bl_dec_sign(drawn) <= 0) return;
  group->amount = bl_dec_sub(group->amount, drawn);
  w->rest = bl_dec_sub(w->rest, drawn);
  purse->left = bl_dec_sub(purse->left, drawn);
  purse->drawn = bl_dec_add(purse->drawn, drawn);
}

static void wallet_pay_invoice(wallet_ask *w) {
  for (size_t i = 0; i < w->purse_count; i++)
    for (size_t k = 0; k < w->group_count; k++)
      if (wallet_serves(w, &w->purses[i], &w->groups[k]))
        wallet_draw(w, &w->purses[i], &w->groups[k], w->purses[i].left);
}

static int wallet_serves_later(const wallet_ask *w, size_t after,
                        const wallet_group *group) {
  for (size_t i = after + 1; i < w->purse_count; i++)
    if (wallet_serves(w, &w->purses[i], group)) return 1;
  return 0;
}

static void wallet_spread(wallet_ask *w, wallet_group *group) {
  for (size_t i = 0; i < w->purse_count; i++) {
    wallet_purse *purse = &w->purses[i];
    if (!wallet_serves(w, purse, group)) continue;
    wallet_draw(w, purse, group,
              purse->refills || !wallet_serves_later(w, i, group) ? BL_DEC_MAX
                                                           : purse->left);
  }
}

/* ---- the kernel ---- */

static const bl_field wallet_fields[] = {
  BL_ASK_KERNEL,
  {.name = "asset", .read = bl_value_asset,
   .at = offsetof(wallet_terms, asset)},
  {.name = "wallets", .read = bl_ask_list, .needed = BL_ALWAYS,
   .at = offsetof(wallet_terms, wallets)},
  {.name = "lines", .read = bl_ask_list, .needed = BL_ALWAYS,
   .at = offsetof(wallet_terms, lines)},
  {.name = "billed", .read = bl_ask_list,
   .at = offsetof(wallet_terms, billed)},
  {.name = "total", .read = bl_ask_dec, .at = offsetof(wallet_terms, total)},
  {.name = "slack", .read = bl_value_amount,
   .at = offsetof(wallet_terms, slack)},
  {.name = "goes_on", .read = bl_value_truth,
   .at = offsetof(wallet_terms, goes_on)},
};

static const bl_shape wallet_shape = {
  "a request", wallet_fields, BL_COUNT(wallet_fields)
};

static int wallet_open(wallet_ask *w) {
  const wallet_terms *terms = &w->terms;
  size_t most = bl_json_count(terms->lines) +
                (terms->billed ? bl_json_count(terms->billed) : 0);

  bl_map_open(&w->by_key, w->ask->top.arena);
  w->groups = bl_ask_array(w->ask, most, sizeof *w->groups);
  w->purses = bl_ask_array(w->ask, bl_json_count(terms->wallets),
                           sizeof *w->purses);
  return w->groups && w->purses ? BILLING_OK : bl_reader_nomem(&w->ask->top);
}

int bl_ask_pay_by_wallets(bl_ask *ask) {
  wallet_ask w = {.ask = ask};
  bl_json *drawn;
  int rc;

  w.terms.total = BL_DEC_BAD;
  w.terms.slack = BL_DEC_ZERO;
  (void)bl_asset_set(w.terms.asset, BL_STR("USD"));
  rc = bl_shape_read(&wallet_shape, &ask->top, ask->doc, 0, &w.terms);
  if (!rc) rc = wallet_open(&w);
  if (!rc) rc = wallet_lines_read(&w, "lines", w.terms.lines, 1);
  if (!rc) rc = wallet_lines_read(&w, "billed", w.terms.billed, -1);
  if (!rc) rc = wallet_purses_read(&w);
  if (rc) return rc;
  wallet_groups_sort(&w);
  wallet_find_rest(&w);
  if (!w.terms.goes_on) wallet_pay_invoice(&w);
  for (size_t k = 0; w.terms.goes_on && k < w.group_count; k++)
    wallet_spread(&w, &w.groups[k]);
  drawn = bl_json_object(ask->out, "drawn");
  for (size_t i = 0; i < w.purse_count; i++)
    bl_ask_put(ask, drawn, w.purses[i].id.text, w.purses[i].drawn);
  return BILLING_OK;
}
