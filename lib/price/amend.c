/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * amend.c - a plan's price as a contract's overrides make it.
 *
 *     list price 10, grouped by model and region
 *     half     a multiplier of 0.5 for region eu
 *     six      an overwrite of 6 for model m1
 *     ->  {m1, eu} 6, by six    {m1} 6    {eu} 5    {} 10
 *
 * What is said of some values makes a matrix: a row for each combination that
 * the list's rates and the overrides name together, so that the most specific
 * row always knows all of those that are for it.  Then one override prices
 * each row; they never stack.
 */
#include "base/limit.h"
#include "price/terms.h"

#define AMEND_ROWS_MOST BL_LIMIT_RATES

typedef struct amending {
  const bl_price      *list;
  const bl_amendments *by;
  int64_t              us;
  bl_arena            *arena;
  bl_rate_row         *rows;    /* price: that of the list, NULL for none */
  size_t               count;
  size_t               cap;
  bl_str              *names;   /* of the groups, as JSON */
  uint32_t            *why;
  size_t               bad;     /* the override that does not fit */
} amending;

bl_rated_line bl_line_of(const bl_price *price, bl_named_list values,
                         int64_t at) {
  bl_rated_line line = {.price = price->id,
                        .tags = {price->tags, price->tag_count},
                        .values = values, .commit_unit = BL_DEC_BAD,
                        .at = at};

  if (bl_price_is_commit(price)) line.commit_unit = BL_DEC_ZERO;
  return line;
}

bl_drawing bl_drawing_of(const bl_price *price) {
  bl_drawing drawing = {.id = {NULL, 0}};

  if (!bl_price_is_commit(price)) return drawing;
  drawing.rate = BL_RATE_COMMIT;
  drawing.is_drawn = 1;
  return drawing;
}

/* ---- one price under one override ---- */

static bl_dec amend_scale(bl_dec amount, bl_dec factor) {
  return bl_dec_is_max(amount) ? amount : bl_dec_mul(amount, factor);
}

/* What is rated costs so many times as much; bounds, free units and a maximum
 * are no rates and stay. */
static int amend_factor(const bl_price *list, bl_dec factor, bl_arena *a,
                        bl_price *out) {
  bl_tier *tiers = bl_arena_array(a, list->tier_count + 1, sizeof *tiers);
  int is_bad = 0;

  if (!tiers) return BILLING_NOMEM;
  *out = *list;
  out->tiers = tiers;
  for (size_t i = 0; i < list->tier_count; i++) {
    tiers[i] = list->tiers[i];
    tiers[i].unit = bl_dec_mul(tiers[i].unit, factor);
    tiers[i].flat = bl_dec_mul(tiers[i].flat, factor);
    is_bad |= bl_dec_is_bad(tiers[i].unit) || bl_dec_is_bad(tiers[i].flat);
  }
  out->amount = amend_scale(list->amount, factor);
  out->fixed  = amend_scale(list->fixed, factor);
  is_bad |= bl_dec_is_bad(out->amount) || bl_dec_is_bad(out->fixed);
  return is_bad ? BILLING_LIMIT : BILLING_OK;
}

/* A fee keeps its quantity and timing, usage its meter and groups. */
static int amend_overwrite(const bl_price *list, const bl_override *o,
                           bl_arena *a, bl_price *out) {
  int is_fee = list->model == BL_MODEL_FLAT;
  int is_share = o->rate && (o->rate->model == BL_MODEL_PERCENTAGE ||
                             o->rate->model == BL_MODEL_GRADUATED_PERCENTAGE);
  bl_tier *tier;

  *out = *list;
  if (bl_price_closes(list) && !is_share) return BILLING_INVALID;
  if (o->rate && is_fee != (o->rate->model == BL_MODEL_FLAT))
    return BILLING_INVALID;
  if (o->rate && list->tiers_by &&
      o->rate->flags & (BL_PRICE_FLAT_AT_ZERO | BL_PRICE_BY_EVENT))
    return BILLING_INVALID;            /* these are of one period */
  if (is_fee) {
    out->amount = o->rate ? o->rate->amount : o->unit;
    return BILLING_OK;
  }
  if (o->rate) *out = *o->rate;
  out->id = list->id;
  out->name = list->name;
  out->meter = list->meter;
  out->tags = list->tags;
  out->tag_count = list->tag_count;
  out->closing = list->closing;
  out->bound = list->bound;
  out->of = list->of;
  out->groups = list->groups;
  out->group_count = list->group_count;
  out->filters = list->filters;
  out->filter_count = list->filter_count;
  out->beside = list->beside;
  out->tiers_by = list->tiers_by;
  out->roll_periods = list->roll_periods;
  out->roll_most = list->roll_most;
  memcpy(out->asset, list->asset, sizeof out->asset);
  if (o->rate) return BILLING_OK;
  tier = bl_arena_take(a, sizeof *tier);
  if (!tier) return BILLING_NOMEM;
  *tier = (bl_tier){.up_to = BL_DEC_MAX, .unit = o->unit};
  out->model = BL_MODEL_PER_UNIT;
  out->flags = 0;
  out->per = BL_DEC_ONE;
  out->free = BL_DEC_ZERO;
  out->tiers = tier;
  out->tier_count = 1;
  return BILLING_OK;
}

static const bl_tier *amend_tier_at(const bl_tier *tiers, bl_dec from) {
  while (!bl_dec_less(from, tiers->up_to)) tiers++;
  return tiers;
}

/*
 * Both ladders at once: every bound of either is one of the result.  A flat is
 * due where the list's tier begins.
 */
static int amend_tiered(const bl_price *list, const bl_override *o,
                        bl_arena *a, bl_price *out) {
  size_t most = list->tier_count + o->tier_count;
  bl_tier *tiers = bl_arena_array(a, most, sizeof *tiers);
  bl_dec from = BL_DEC_ZERO;
  size_t count = 0;

  if (!tiers) return BILLING_NOMEM;
  if ((list->model != BL_MODEL_PER_UNIT &&
       list->model != BL_MODEL_GRADUATED) ||
      !bl_dec_is_zero(list->free))
    return BILLING_INVALID;
  *out = *list;
  out->model = BL_MODEL_GRADUATED;
  out->tiers = tiers;
  do {
    const bl_tier *own = amend_tier_at(list->tiers, from);
    const bl_tier *by = amend_tier_at(o->tiers, from);
    int begins = own == list->tiers ? !count
                                    : bl_dec_equal(own[-1].up_to, from);
    if (!bl_dec_is_zero(own->package)) return BILLING_INVALID;
    tiers[count].up_to = bl_dec_min(own->up_to, by->up_to);
    tiers[count].unit = bl_dec_mul(own->unit, by->unit);
    tiers[count].flat = begins ? bl_dec_mul(own->flat, by->unit)
                               : BL_DEC_ZERO;
    if (bl_dec_is_bad(tiers[count].unit) || bl_dec_is_bad(tiers[count].flat))
      return BILLING_LIMIT;
    from = tiers[count++].up_to;
  } while (!bl_dec_is_max(from));
  out->tier_count = count;
  return BILLING_OK;
}

static int amend_price(const bl_price *list, const bl_override *o,
                       bl_arena *a, bl_price *out) {
  if (o->kind == BL_OVERRIDE_OVERWRITE)
    return amend_overwrite(list, o, a, out);
  return o->kind == BL_OVERRIDE_MULTIPLIER
           ? amend_factor(list, o->factor, a, out)
           : amend_tiered(list, o, a, out);
}

/* ---- rows ---- */

static int amend_push(amending *x, bl_rate_row row) {
  bl_rate_row *place;

  if (x->count >= AMEND_ROWS_MOST) return BILLING_LIMIT;
  place = bl_arena_push(x->arena, (void **)&x->rows, &x->count, &x->cap,
                        sizeof *place);
  if (!place) return BILLING_NOMEM;
  *place = row;
  x->count++;
  return BILLING_OK;
}

/* The list's own rates, or the one row that it is. */
static int amend_start(amending *x) {
  const bl_price *list = x->list;
  size_t groups = list->group_count;
  int rc = BILLING_OK;

  x->names = bl_arena_array(x->arena, groups + 1, sizeof *x->names);
  x->why = bl_arena_array(x->arena, x->by->count + 1, sizeof *x->why);
  if (!x->names || !x->why) return BILLING_NOMEM;
  for (size_t i = 0; i < groups; i++) {
    bl_text name;
    bl_text_open(&name, x->arena);
    bl_text_json(&name, list->groups[i]);
    if (name.failed) return BILLING_NOMEM;
    x->names[i] = (bl_str){name.text, name.len};
  }
  if (list->model == BL_MODEL_MATRIX) {
    for (size_t i = 0; i < list->rate_count && !rc; i++)
      rc = amend_push(x, list->rates[i]);
  } else {
    bl_cell *any = bl_arena_array(x->arena, groups + 1, sizeof *any);
    bl_rate_row row = {x->names, any, 0, (bl_price *)0};
    row.price = bl_arena_copy(x->arena, list, sizeof *list);
    rc = any && row.price ? amend_push(x, row) : BILLING_NOMEM;
  }
  return rc;
}

static size_t amend_group(const bl_price *list, bl_str name) {
  size_t at = 0;

  while (at < list->group_count && !bl_str_equal(list->groups[at], name))
    at++;
  return at;
}

/* Values as cells; *out NULL when one is of no group of the price. */
static int amend_cells(amending *x, const bl_named_list *values,
                       bl_cell **out) {
  bl_cell *cells = bl_arena_array(x->arena, x->list->group_count + 1,
                                  sizeof *cells);

  *out = NULL;
  if (!cells) return BILLING_NOMEM;
  for (size_t i = 0; i < values->count; i++) {
    size_t at = amend_group(x->list, values->item[i].name);
    bl_text quoted;
    if (at == x->list->group_count) return BILLING_OK;
    bl_text_open(&quoted, x->arena);
    bl_text_json(&quoted, values->item[i].value);
    if (quoted.failed) return BILLING_NOMEM;
    cells[at] = (bl_cell){values->item[i].value,
                          {quoted.text, quoted.len}};
  }
  *out = cells;
  return BILLING_OK;
}

static int amend_has_row(const amending *x, const bl_cell *cells) {
  for (size_t i = 0; i < x->count; i++) {
    size_t k = 0;
    while (k < x->list->group_count &&
           !cells[k].text.text == !x->rows[i].cells[k].text.text &&
           (!cells[k].text.text ||
            bl_str_equal(cells[k].text, x->rows[i].cells[k].text)))
      k++;
    if (k == x->list->group_count) return 1;
  }
  return 0;
}

static int amend_add(amending *x, bl_cell *cells, bl_price *price) {
  bl_rate_row row = {x->names, cells, 0, price};

  for (size_t k = 0; k < x->list->group_count; k++)
    row.named += cells[k].text.text != NULL;
  return amend_has_row(x, cells) ? BILLING_OK : amend_push(x, row);
}

/* What a row and some values name together, unless they exclude each other. */
static int amend_meet(amending *x, const bl_rate_row *row,
                      const bl_cell *cells) {
  size_t groups = x->list->group_count;
  bl_cell *both = bl_arena_array(x->arena, groups + 1, sizeof *both);

  if (!both) return BILLING_NOMEM;
  for (size_t k = 0; k < groups; k++) {
    both[k] = cells[k].text.text ? cells[k] : row->cells[k];
    if (cells[k].text.text && row->cells[k].text.text &&
        !bl_str_equal(cells[k].text, row->cells[k].text))
      return BILLING_OK;
  }
  return amend_add(x, both, row->price);
}

/* An overwrite prices its combination also where the list has no rate. */
static int amend_split(amending *x, const bl_override *o,
                       const bl_target *target) {
  bl_words tags = {x->list->tags, x->list->tag_count};
  size_t known = x->count;
  bl_cell *cells;
  int rc;

  if (!target->values.count ||
      (target->price.len && !bl_str_equal(target->price, x->list->id)) ||
      !bl_words_have_all(&tags, &target->tags))
    return BILLING_OK;
  rc = amend_cells(x, &target->values, &cells);
  if (rc || !cells) return rc;
  for (size_t i = 0; i < known && !rc; i++) {
    bl_rate_row row = x->rows[i];
    rc = amend_meet(x, &row, cells);
  }
  if (!rc && o->kind == BL_OVERRIDE_OVERWRITE) rc = amend_add(x, cells, NULL);
  return rc;
}

static int amend_split_all(amending *x) {
  int rc = BILLING_OK;

  for (size_t i = 0; i < x->by->count && !rc; i++) {
    const bl_override *o = &x->by->item[i];
    if (o->kind == BL_OVERRIDE_ENTITLEMENT || !bl_span_holds(o->span, x->us))
      continue;
    x->bad = i;
    for (size_t k = 0; k < o->target_count && !rc; k++)
      rc = amend_split(x, o, &o->targets[k]);
    for (size_t k = 0; k < o->except_count && !rc; k++)
      rc = amend_split(x, o, &o->excepts[k]);
  }
  return rc;
}

/* The override that prices the row, on the row's list price. */
static int amend_row(amending *x, bl_rate_row *row) {
  bl_drawing drawing = bl_drawing_of(x->list);
  const bl_price *list = x->list, *base = row->price ? row->price : list;
  bl_named_list values = {NULL, 0};
  const bl_override *best;
  bl_rated_line line;
  bl_price *price;
  int rc;

  values.item = bl_arena_array(x->arena, list->group_count + 1,
                               sizeof *values.item);
  if (!values.item) return BILLING_NOMEM;
  for (size_t k = 0; k < list->group_count; k++)
    if (row->cells[k].text.text)
      values.item[values.count++] =
          (bl_named){list->groups[k], row->cells[k].text};
  line = bl_line_of(list, values, x->us);
  best = bl_override_choose(x->by->item, x->by->count, &line, &drawing,
                            x->by->by_priority, x->why);
  if (!best || (!row->price && best->kind != BL_OVERRIDE_OVERWRITE))
    return BILLING_OK;
  x->bad = (size_t)(best - x->by->item);
  price = bl_arena_take(x->arena, sizeof *price);
  if (!price) return BILLING_NOMEM;
  row->price = price;
  rc = amend_price(base, best, x->arena, price);
  return !rc && list->beside && !bl_price_splits(price) ? BILLING_INVALID : rc;
}

/* Rows without a price were only there to be excepted; then the most specific
 * first, others in their order. */
static void amend_sort(amending *x) {
  size_t kept = 0;

  for (size_t i = 0; i < x->count; i++) {
    bl_rate_row row = x->rows[i];
    size_t at = kept;
    if (!row.price) continue;
    for (; at && x->rows[at - 1].named < row.named; at--)
      x->rows[at] = x->rows[at - 1];
    x->rows[at] = row;
    kept++;
  }
  x->count = kept;
}

static void amend_finish(amending *x, bl_price *out) {
  amend_sort(x);
  *out = *x->list;
  if (x->list->model != BL_MODEL_MATRIX && x->count == 1) {
    *out = *x->rows[0].price;
    return;
  }
  out->model = BL_MODEL_MATRIX;
  out->rates = x->rows;
  out->rate_count = x->count;
}

int bl_price_amend(const bl_price *list, const bl_amendments *by, int64_t us,
                   bl_arena *a, bl_price *out, size_t *at) {
  amending x = {.list = list, .by = by, .us = us, .arena = a};
  int rc = amend_start(&x);

  if (!rc) rc = amend_split_all(&x);
  for (size_t i = 0; i < x.count && !rc; i++) rc = amend_row(&x, &x.rows[i]);
  *at = x.bad;
  if (!rc) amend_finish(&x, out);
  return rc;
}

int bl_price_is_entitled(const bl_price *price, const bl_amendments *by,
                         int64_t us, bl_arena *a, int *is_entitled) {
  static const bl_drawing nothing;
  bl_named_list none = {NULL, 0};
  bl_rated_line line = bl_line_of(price, none, us);
  uint32_t *why = bl_arena_array(a, by->count + 1, sizeof *why);
  const bl_override *best;

  if (!why) return BILLING_NOMEM;
  line.asks_entitlement = 1;
  best = bl_override_choose(by->item, by->count, &line, &nothing,
                            by->by_priority, why);
  *is_entitled = !best || best->is_entitled;
  return BILLING_OK;
}

#undef AMEND_ROWS_MOST
