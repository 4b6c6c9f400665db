/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * field.h - documents as tables.  A table has one row for each member of an
 * object: its name, how its value is read and where in the model it goes.
 * One walk (field.c) does the rest for every kind of document: it refuses
 * what is unknown, asks for what is missing, and names the path.
 *
 *     {"id":"calls","evnt":"call"}, read by the table of meters, is INVALID
 *     at "/evnt", with the names that a meter has as the hint
 */
#ifndef BL_FIELD_H
#define BL_FIELD_H

#include "base/limit.h"
#include "catalog/catalog.h"

/*
 * Where in a document reading stands: a chain of these on the stack, from the
 * value up to the document.  It becomes a path only when something is wrong.
 */
typedef struct bl_reader {
  const struct bl_reader *above;     /* NULL at the top */
  bl_str                  segment;   /* a member's name; the top: the prefix */
  size_t                  item;      /* place in an array, if no segment */
  bl_arena               *arena;     /* NULL: texts stay in the tree */
  billing_error          *err;
} bl_reader;

bl_reader bl_reader_top(const char *path, bl_arena *arena,
                        billing_error *err);
bl_reader bl_reader_member(const bl_reader *above, const char *name);
bl_reader bl_reader_item(const bl_reader *above, size_t item);

/* Fills the error with the path of where reading stands; returns rc. */
int bl_reader_fail(const bl_reader *r, int rc, const char *hint,
                   const char *format, ...);
int bl_reader_nomem(const bl_reader *r);

/* Appends ", word" to a list in a hint of BL_HINT_SIZE bytes; a word that does
 * not fit is left out whole. */
#define BL_HINT_SIZE sizeof(((billing_error *)0)->hint)
void bl_words_add(char *list, const char *word);

/* Reads a value into the model; r stands at the value. */
typedef struct bl_field bl_field;
typedef int bl_field_read(const bl_reader *r, const bl_field *field,
                          const bl_json *node, void *model);

/*
 * A row.  Some objects come in forms (the models of a price); a row may
 * belong to some of them only.  Bit 1 << form stands for a form.  There are
 * hundreds of rows, so their numbers are no wider than they must be.
 */
struct bl_field {
  const char        *name;
  bl_field_read     *read;
  const char        *hint;       /* what a right value is, or NULL */
  const char *const *words;      /* of a choice, NULL at the end */
  uint16_t           at;         /* offset of the member in the model */
  uint16_t           beside;     /* offset of what goes with it: a count */
  int32_t            low;        /* the least and the most: of a number, */
  int32_t            high;       /* bytes, or items */
  uint32_t           forms;      /* the forms that have it; 0: all */
  uint32_t           needed;     /* the forms that cannot do without */
};
#define BL_ALWAYS UINT32_MAX     /* needed in every form */
#define BL_TEXT_MOST 1000        /* bytes in a text for people */

typedef struct bl_shape {
  const char     *noun;          /* "a meter" */
  const bl_field *fields;        /* read in this order */
  size_t          count;
} bl_shape;

/* Reads an object of the shape; unknown members are INVALID. */
int bl_shape_read(const bl_shape *shape, const bl_reader *r,
                  const bl_json *doc, uint32_t form, void *model);
/* The same, but members that the shape does not know are the host's. */
int bl_shape_read_open(const bl_shape *shape, const bl_reader *r,
                       const bl_json *doc, void *model);

/* ---- readers of values (value.c), named by what they write ---- */

/* bl_str: an id, 1 to 200 bytes. */
bl_field_read bl_value_id;
/* bl_str: text for people, at most `high` bytes, no control characters. */
bl_field_read bl_value_label;
/* char[16]. */
bl_field_read bl_value_asset;
/* bl_dec: zero or more; more than zero. */
bl_field_read bl_value_amount;
bl_field_read bl_value_positive;
/* int32_t and int64_t, `low` to `high`. */
bl_field_read bl_value_whole;
bl_field_read bl_value_whole64;
/* int64_t, 0 to 10^12 seconds, as microseconds. */
bl_field_read bl_value_seconds;
/* uint32_t: the place of the text in `words`. */
bl_field_read bl_value_choice;
/* uint32_t: 1 for true, 0 for false. */
bl_field_read bl_value_truth;
/* bl_str *, and size_t at `beside`: `low` to `high` different ids. */
bl_field_read bl_value_ids;
/* bl_filter *, and size_t at `beside` (filter.c). */
bl_field_read bl_value_filters;

/* {"in":[..]} or {"not_in":[..]}, without a property (filter.c). */
int bl_filter_read_names(const bl_reader *r, const bl_json *doc,
                         bl_filter *out);
/* bl_convert (convert.c). */
bl_field_read bl_value_convert;

/* A text without control characters of at most `most` bytes, copied. */
int bl_value_string(const bl_reader *r, const bl_json *node, size_t most,
                    bl_str *out);
/* The place of a text in `words`. */
int bl_value_word(const bl_reader *r, const bl_json *node,
                  const char *const *words, uint32_t *out);
/* What values are compared by: the text of a text, number or truth value. */
int bl_value_scalar(const bl_reader *r, const bl_json *node, bl_str *out);
/* An array with `low` to `high` items; *count is how many. */
int bl_value_array(const bl_reader *r, const bl_json *node, int64_t low,
                   int64_t high, size_t *count);

/* int64_t: a moment of the years 1 to 9999. */
bl_field_read bl_value_time;
/* int64_t, and at `beside` whether it is a wall clock (contract.c). */
bl_field_read bl_value_clock;
extern const char bl_clock_hint[];
/* bl_limits; `low`: those of a contract or plan, which have periods
 * (limits.c). */
bl_field_read bl_value_limits;
/* bl_limits: caps of a grant, without ids and assets. */
bl_field_read bl_value_caps;
/* What the windows of a limit are, and whether it goes together; and its
 * print. */
int bl_limit_check_windows(const bl_reader *r, bl_limit *limit, int is_per,
                           int has_periods);
uint64_t bl_limit_print(const bl_limit *limit);
/* bl_feature_values, an object by their features' ids (feature.c). */
bl_field_read bl_value_features;
/* bl_named_list: values by name; bl_target *, and size_t at `beside`
 * (override.c). */
bl_field_read bl_value_named;
bl_field_read bl_value_targets;
/* bl_exchange_rates (exchange.c). */
bl_field_read bl_value_exchange;
/* What a limit counts, and in which windows: another print counts anew. */
uint64_t bl_limit_print(const bl_limit *limit);
/* bl_alerts (alert.c), `low`: those of a contract, which has periods;
 * bl_top_ups (top_up.c), `low`: those of a contract or plan, which have a
 * start. */
bl_field_read bl_value_alerts;
bl_field_read bl_value_top_ups;
/* A contract's overrides, and what their order asks of each (override.c). */
bl_field_read bl_value_overrides;
int bl_overrides_check(const bl_reader *r, const bl_contract_terms *terms);

/* A price of a plan, or by itself (price.c). */
int bl_price_read(const bl_reader *r, const bl_json *doc, int in_plan,
                  const char *currency, bl_price *out);
/* bl_recurring_list (recurring.c); of a plan after its currency, which is
 * their asset by default. */
bl_field_read bl_value_plan_grants;
bl_field_read bl_value_contract_grants;
/* What a grant may pay for (scope.c). */
int bl_scope_read(const bl_reader *r, const bl_json *node, bl_scope *out);
/* bl_str: a scope as canonical text, which what is given has. */
bl_field_read bl_value_scope_text;
/* A burndown order (order.c). */
int bl_value_order(const bl_reader *r, const bl_json *node, bl_order *out);
/* The tiers of a price (tier.c), and the rates of a matrix (rates.c). */
bl_field_read bl_value_tiers;
bl_field_read bl_value_rates;
/* The commit rate of a price, and whether it splits the price
 * (commit_rate.c). */
bl_field_read bl_value_commit_rate;
int bl_price_check_split(const bl_reader *r, const bl_price *price);
/* bl_bound: a decimal, or an object; a pointer to bl_spend_of (spend.c). */
bl_field_read bl_value_bound;
bl_field_read bl_value_spend_of;
/* bl_routes (route.c). */
bl_field_read bl_value_routes;
/* The quantities of a contract; bl_bounds: one, or a dated list (dated.c). */
bl_field_read bl_value_quantities;
bl_field_read bl_value_bounds;
/* What some prices of a plan cost at least, and at most (spend_some.c). */
bl_field_read bl_value_minimums;
bl_field_read bl_value_maximums;
/* Finds whose spend its composites count, and puts behind its prices what is
 * derived from minimums and maximums (spend.c). */
int bl_plan_derive(const bl_reader *r, bl_plan *plan);

#endif
