/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * catalog.h - what is sold, read once from documents and immutable from then
 * on.  Models live in the arena they were read into; texts inside are copies.
 * After bl_catalog_read_* kernels assert instead of checking.
 */
#ifndef BL_CATALOG_H
#define BL_CATALOG_H

#include "base/json.h"
#include "base/money.h"
#include "base/span.h"
#include "expression/expression.h"

/* ---- limits ---- */

/* The windows of a limit: of a contract, of a zone's calendar, or of hours
 * that begin with the first use.  In the order of bl_window_words, PERIOD in
 * the place of none. */
enum { BL_WITHIN_PERIOD, BL_WITHIN_HOUR, BL_WITHIN_DAY, BL_WITHIN_WEEK,
       BL_WITHIN_MONTH, BL_WITHIN_HOURS, BL_WITHIN_LIFE };

/* How much may be spent, or used, in which time. */
typedef struct bl_limit {
  bl_str   id;
  bl_dec   most;
  char     asset[16];          /* of an amount; "" when it is a quantity */
  bl_str   meter;              /* of a quantity; of an amount empty: any */
  uint32_t per;                /* BL_WITHIN_* */
  int32_t  hours;
  uint32_t slides;             /* the last so many hours, at any moment */
  uint32_t is_soft;            /* it is only told */
  bl_str  *by;                 /* properties: each combination of their values
                                  has windows of its own */
  size_t   by_count;
  bl_str   zone;               /* empty: the contract's, else UTC */
  uint64_t print;              /* of what it counts: another one counts anew */
} bl_limit;

typedef struct bl_limits {
  bl_limit *item;
  size_t    count;
} bl_limits;

/* ---- features ---- */

enum { BL_FEATURE_BOOLEAN, BL_FEATURE_QUOTA, BL_FEATURE_CONFIGURATION };
extern const char *const bl_feature_words[];

/* What somebody has of a feature, read without knowing which kind it is. */
typedef struct bl_feature_value {
  bl_str   id;                 /* of the feature */
  bl_str   json;               /* canonical; false: it is taken away */
  uint32_t is_no;
  uint32_t is_yes;
  uint32_t has_limit;          /* it can be that of a quota */
  uint32_t is_soft;
  bl_dec   limit;              /* BL_DEC_MAX: no limit */
} bl_feature_value;

typedef struct bl_feature_values {
  bl_feature_value *item;
  size_t            count;
} bl_feature_values;

/* What is sold beside usage and fees, or gates them. */
typedef struct bl_feature {
  bl_str   id;
  bl_str   name;
  uint32_t kind;               /* BL_FEATURE_* */
  uint32_t has_default;
  bl_limit limit;              /* quota: what it counts, and in which windows;
                                  how much is a matter of who has it */
  bl_str  *options;            /* configuration: texts it can be, as JSON
                                  writes them; none: any */
  size_t   option_count;
  bl_feature_value standard;   /* of whoever nobody gave one */
} bl_feature;

/* ---- alerts ---- */

enum { BL_ALERT_BALANCE,       /* what is left in grants: tells at or below */
       BL_ALERT_OWED,          /* priced, not covered, not invoiced: above */
       BL_ALERT_SPEND,         /* of all time, or in a window */
       BL_ALERT_BOOKED,        /* up to here the ledger knows it */
       BL_ALERT_USAGE = BL_ALERT_BOOKED,   /* of a meter in a window */
       BL_ALERT_EXHAUSTION,    /* days that the balance lasts at the spend of
                                  a window: at or below */
       BL_ALERT_FIGURES };
const char *bl_alert_of_name(uint32_t of);

typedef struct bl_alert {
  bl_str    id;
  char      asset[16];         /* empty: of usage */
  uint32_t  of;                /* BL_ALERT_* */
  uint32_t  has_window;
  uint32_t  has_band;
  uint32_t  reserved;
  bl_dec    at;
  bl_dec    recovers;          /* with a band: it tells again after this */
  bl_limit  window;            /* counts as a limit does, and limits nothing */
} bl_alert;

/* Whether it tells when its figure falls. */
static inline int bl_alert_falls(const bl_alert *alert) {
  return alert->of == BL_ALERT_BALANCE || alert->of == BL_ALERT_EXHAUSTION;
}

typedef struct bl_alerts {
  bl_alert *item;
  size_t    count;
} bl_alerts;

/* ---- tenant ---- */

typedef struct bl_asset {
  char    code[16];
  int32_t places;
  int32_t reserved;
} bl_asset;

/* What of an event must be known to a meter. */
enum { BL_STRICT_NONE, BL_STRICT_EVENTS, BL_STRICT_PROPERTIES };

/* ---- top-ups ---- */

/* How much a top-up adds, and what is to be paid for that. */
typedef struct bl_top_up {
  bl_dec   amount;             /* added; or */
  bl_dec   target;             /* filled up to it */
  uint32_t has_target;
  uint32_t repeats;            /* the amount, until the balance is above: */
  bl_dec   above;
  bl_dec   unit_price;         /* of what is added */
  bl_dec   discount;           /* share of the charge that is left off */
  bl_dec   mark_up;            /* share of the charge that is put on */
  bl_dec   fee;                /* and what is put on beside that */
  bl_dec   least;              /* charge of a fill; 0: any */
  bl_dec   most;               /* charge of a fill, or of what is repeated;
                                  0: any */
} bl_top_up;

/* A rule by which credit is asked for, and what is given when it is paid
 * (top_up.c). */
typedef struct bl_top_up_rule {
  bl_str    id;
  char      asset[16];
  char      charge_asset[16];  /* what it is paid in */
  uint32_t  has_at;            /* asks when this much or less is left: */
  uint32_t  has_limit;
  bl_dec    at;
  bl_top_up terms;
  bl_dec    bonus;             /* given beside it */
  bl_dec    bonus_share;       /* of what is added, too */
  uint32_t  has_schedule;      /* asks every so many BL_UNIT_*: */
  uint32_t  unit;
  int32_t   every;
  uint32_t  reserved;
  int64_t   from_us;           /* BL_TIME_NEVER: the contract's start */
  bl_str    zone;              /* empty: the contract's, else UTC */
  uint32_t  per;               /* BL_WITHIN_*, of the limit */
  int32_t   limit_count;       /* 0: any */
  bl_dec    limit_amount;      /* 0: any */
  int64_t   lasts_us;          /* how long a payment is awaited */
  int64_t  *retries_us;        /* asked again so long after a failure */
  size_t    retry_count;
  int64_t   given_us;          /* how long the grant lasts; 0: for ever */
  int32_t   priority;          /* of the grant, */
  bl_str    scope;             /* its scope, canonical JSON or empty, */
  bl_str    name;              /* and its name */
} bl_top_up_rule;

typedef struct bl_top_ups {
  bl_top_up_rule *item;
  size_t          count;
} bl_top_ups;

/* ---- tenant ---- */

/* One of `from` is worth `rate` of `to`, since a moment. */
typedef struct bl_exchange_rate {
  char    from[16];
  char    to[16];
  bl_dec  rate;                /* above zero */
  int64_t since_us;            /* INT64_MIN: it has always held */
} bl_exchange_rate;

#define BL_EXCHANGE_MOST 2000

typedef struct bl_exchange_rates {
  bl_exchange_rate *item;
  size_t            count;
} bl_exchange_rates;

/* Rows of the outbox that a tenant asks for. */
enum { BL_TELL_USED_UP, BL_TELL_EXPIRING, BL_TELL_STARTED, BL_TELL_ENDED,
       BL_TELLS };
extern const char *const bl_tell_words[];

typedef struct bl_tenant_terms {
  bl_str    id;
  bl_str    name;
  bl_str    number_prefix;     /* of invoices, "INV-" by default */
  bl_asset *assets;            /* the declared units */
  size_t    asset_count;
  int64_t   most_age_us;       /* of an event when it comes; 0: any */
  int64_t   most_ahead_us;     /* of the clock; 0: as far as there is time */
  int64_t   cancel_within_us;  /* of its receipt an event can be voided; 0:
                                  always */
  uint32_t  parks;             /* events of unknown customers; else they are
                                  refused */
  uint32_t  strict;            /* BL_STRICT_* */
  uint32_t  tells;             /* bits 1 << BL_TELL_* */
  int64_t   hold_lasts_us;     /* unless it is said */
  int64_t   hold_grace_us;     /* after its end it can be settled */
  int64_t   expiring_us;       /* so long before its end a grant is told */
  bl_alerts alerts;            /* for each customer */
  bl_exchange_rates rates;     /* between assets */
} bl_tenant_terms;

/* ---- customer ---- */

/* Another name of a customer, for its events of some time. */
typedef struct bl_alias {
  bl_str  id;
  bl_span span;
} bl_alias;

typedef struct bl_aliases {
  bl_alias *item;
  size_t    count;
} bl_aliases;

/* ---- meter ---- */

enum { BL_AGG_COUNT, BL_AGG_SUM, BL_AGG_MAX, BL_AGG_MIN, BL_AGG_UNIQUE,
       BL_AGG_LATEST, BL_AGG_AVERAGE, BL_AGG_EARLIEST, BL_AGG_WEIGHTED,
       BL_AGG_PERCENTILE, BL_AGG_PEAK, BL_AGG_SQL };

/* When a SQL meter is measured. */
enum { BL_TICK_PERIOD, BL_TICK_HOUR, BL_TICK_DAY };

enum { BL_FILTER_IN, BL_FILTER_NOT_IN, BL_FILTER_EXISTS, BL_FILTER_ABSENT,
       BL_FILTER_NUMBER, BL_FILTER_TIME };
#define BL_FILTER_ABOVE 1u     /* more than `low`; else at least */
#define BL_FILTER_BELOW 2u     /* less than `high`; else at most */

typedef struct bl_filter {
  bl_str   property;           /* empty in a range: the event's own value or
                                  time */
  uint32_t test;               /* BL_FILTER_* */
  uint32_t bounds;             /* BL_FILTER_ABOVE, BELOW */
  bl_str  *values;             /* compared as text: "5" matches 5 and "5" */
  size_t   value_count;
  bl_dec   low;                /* NUMBER; an open end is the least decimal */
  bl_dec   high;               /* or the greatest */
  bl_span  times;              /* TIME */
} bl_filter;

/* What a level times time is divided by. */
enum { BL_PER_PERIOD, BL_PER_SECOND, BL_PER_MINUTE, BL_PER_HOUR,
       BL_PER_DAY };

/* By what share of the period a quantity counts.  From DAYS on in local days.
 * LAGO: the day of a removal counts, and the result is rounded up at five
 * decimals; LAGO_EXACT without that. */
enum { BL_SHARE_NONE, BL_SHARE_TIME, BL_SHARE_DAYS, BL_SHARE_LAGO,
       BL_SHARE_LAGO_EXACT };

/* In the order of bl_rounding_words. */
enum { BL_CONVERT_NONE, BL_CONVERT_UP, BL_CONVERT_DOWN, BL_CONVERT_CEILING,
       BL_CONVERT_FLOOR, BL_CONVERT_HALF_AWAY, BL_CONVERT_HALF_UP,
       BL_CONVERT_HALF_DOWN, BL_CONVERT_HALF_EVEN };

/* From the unit that is metered to the unit that is billed. */
typedef struct bl_convert {
  bl_dec   by;                 /* > 0 */
  uint32_t divides;            /* else it multiplies */
  uint32_t round;              /* BL_CONVERT_* */
  int32_t  places;             /* -20..18 */
  int32_t  reserved;
} bl_convert;

typedef struct bl_meter {
  bl_str     id;
  bl_str     name;
  bl_str     event;            /* the event name it selects */
  uint32_t   aggregation;      /* BL_AGG_* */
  uint32_t   reserved;
  bl_str     property;         /* empty: the event's value (count: none) */
  bl_filter *filters;          /* all must hold */
  size_t     filter_count;
  bl_str    *groups;           /* property names that prices may group by */
  size_t     group_count;
  bl_filter  names;            /* IN or NOT_IN of event names, when `event` is
                                  empty */
  bl_expression *expression;   /* of the sample; NULL: by property */
  bl_str     operation;        /* unique: the property that says add, remove */
  bl_dec     percentile;       /* 0 to 100 */
  bl_convert convert;          /* from the metered to the billed unit */
  uint32_t   converts;
  uint32_t   interpolates;     /* percentile: between two samples */
  uint32_t   recurring;        /* the level goes on into the next period */
  uint32_t   reads_level;      /* weighted_sum: samples are levels, else
                                  changes of it */
  uint32_t   per;              /* weighted_sum: BL_PER_* */
  uint32_t   share;            /* BL_SHARE_* */
  uint32_t   lifts_negative;   /* less than nothing is nothing */
  uint32_t   skips;            /* events without a usable value, else they
                                  are refused */
  int64_t    effective_us;     /* of this version; BL_TIME_NEVER: at once */
  uint32_t   ticks;            /* its figure is known when the period ends,
                                  else with each event */
  bl_str     sql;              /* a SELECT over the events it selects */
  bl_str    *properties;       /* that are columns there */
  size_t     property_count;
  uint32_t   tick;             /* sql: BL_TICK_* */
} bl_meter;

/* ---- plan ---- */

enum { BL_MODEL_FLAT, BL_MODEL_PER_UNIT, BL_MODEL_GRADUATED, BL_MODEL_VOLUME,
       BL_MODEL_STAIRSTEP, BL_MODEL_PACKAGE, BL_MODEL_PERCENTAGE,
       BL_MODEL_GRADUATED_PERCENTAGE, BL_MODEL_DYNAMIC, BL_MODEL_MATRIX,
       BL_MODELS };
enum { BL_TIMING_ARREARS, BL_TIMING_ADVANCE };
/* What a package that was begun costs. */
enum { BL_PARTIAL_UP, BL_PARTIAL_DOWN, BL_PARTIAL_PRORATE };
enum { BL_PRORATE_TIME, BL_PRORATE_DAYS, BL_PRORATE_NONE };
/* The usage that goes through tiers, free units and maximum together. */
/* ROLLED: periods by themselves, but for free units that roll over. */
enum { BL_TIERS_PERIOD, BL_TIERS_YEAR, BL_TIERS_LIFE, BL_TIERS_ROLLED };

typedef struct bl_tier {
  bl_dec up_to;                /* inclusive; the last one's is BL_DEC_MAX */
  bl_dec unit;                 /* per `per` units; of percentages, percent */
  bl_dec flat;                 /* due once the tier is entered */
  bl_dec package;              /* units are sold in so many, and `unit` is for
                                  one package; 0: they are not */
} bl_tier;

/* A value of a group that a matrix looks for, as JSON in both spellings; text
 * NULL: any. */
typedef struct bl_cell {
  bl_str text;
  bl_str quoted;
} bl_cell;

/* The price of some combinations of group values. */
typedef struct bl_rate_row {
  bl_str          *names;      /* of the price's groups, as JSON texts */
  bl_cell         *cells;      /* one for each of them */
  size_t           named;      /* of them, not any */
  struct bl_price *price;
} bl_rate_row;

#define BL_PRICE_FLAT_AT_ZERO 1u   /* tier one's flat is due at zero units */
#define BL_PRICE_BOUND_EXCLUSIVE 2u  /* a quantity on a bound is in the tier
                                        above it (volume and flats) */
#define BL_PRICE_HAS_MAXIMUM 4u
#define BL_PRICE_BY_EVENT 8u   /* has terms for single transactions */

/* A least or a most of what is spent in a period. */
typedef struct bl_bound {
  bl_dec   amount;             /* 0: none */
  uint32_t proration;          /* BL_PRORATE_* of a stub */
  uint32_t is_set;
} bl_bound;

/* Whose spend is the quantity of a price. */
typedef struct bl_spend_of {
  bl_str  *prices;
  size_t   price_count;
  bl_str  *tags;
  size_t   tag_count;
  uint32_t with_composites;    /* those before it in the plan count too */
  uint32_t without_free;       /* what promotional grants paid does not */
} bl_spend_of;

/* What has no meter of its own: what grants draw of a price at its commit
 * rate; and charges that are known once others are: a price of spend, what is
 * missing of a minimum or above a maximum. */
enum { BL_CLOSING_NONE, BL_CLOSING_COMMIT, BL_CLOSING_COMPOSITE,
       BL_CLOSING_MINIMUM, BL_CLOSING_SOME_MINIMUM,
       BL_CLOSING_SOME_MAXIMUM, BL_CLOSING_PLAN_MINIMUM,
       BL_CLOSING_PLAN_MAXIMUM };

/* A name and what it is set to; of a line, or asked for. */
typedef struct bl_named {
  bl_str name;
  bl_str value;
} bl_named;

typedef struct bl_named_list {
  bl_named *item;
  size_t    count;
} bl_named_list;

typedef struct bl_words {
  bl_str *item;
  size_t  count;
} bl_words;

typedef struct bl_price {
  bl_str     id;
  bl_str     name;             /* the id when the document has none */
  bl_str     meter;            /* empty: a recurring fee */
  uint32_t   model;            /* BL_MODEL_* */
  uint32_t   flags;            /* BL_PRICE_* */
  char       asset[16];        /* the plan's currency by default */
  bl_tier   *tiers;            /* per_unit: one, open */
  size_t     tier_count;
  bl_dec     per;              /* units that a `unit` price is for: > 0 */
  bl_str    *groups;           /* each combination is priced alone */
  size_t     group_count;
  bl_filter *filters;          /* narrows the meter's events further */
  size_t     filter_count;
  bl_dec     amount;           /* flat: of one */
  bl_str     quantity;         /* flat: name in the contract's quantities */
  uint32_t   timing;           /* flat: BL_TIMING_* */
  uint32_t   proration;        /* flat: BL_PRORATE_* of a stub */
  bl_dec     free;             /* units, or an amount, free of charge */
  bl_dec     maximum;          /* of a period: BL_PRICE_HAS_MAXIMUM */
  bl_dec     fixed;            /* percentage: for each transaction */
  bl_dec     least;            /* .. and what one costs at least and at */
  bl_dec     most;             /* most; BL_DEC_MAX: no limit */
  int64_t    free_events;      /* .. and how many are free */
  uint32_t   partial;          /* package: BL_PARTIAL_* */
  uint32_t   closing;          /* BL_CLOSING_* */
  bl_rate_row *rates;          /* matrix: the most specific first */
  size_t     rate_count;
  bl_str    *tags;
  size_t     tag_count;
  bl_bound   bound;            /* its minimum; of what is derived from a
                                  minimum or maximum, that */
  bl_spend_of *of;             /* composite */
  uint32_t  *counted;          /* closing: the places of those it counts */
  size_t     counted_count;
  uint32_t   tiers_by;         /* BL_TIERS_* */
  int32_t    roll_periods;     /* BL_TIERS_ROLLED: so many later ones may use
                                  what is left of free units; 0: all */
  bl_dec     roll_most;        /* and so many are carried at most */
  struct bl_price *beside;     /* its commit rate; of BL_CLOSING_COMMIT the
                                  list price; NULL: none */
} bl_price;

/* Whether a price is known once others are. */
static inline int bl_price_is_commit(const bl_price *price) {
  return price->closing == BL_CLOSING_COMMIT;
}
static inline int bl_price_closes(const bl_price *price) {
  return price->closing > BL_CLOSING_COMMIT;
}

/* A fee is neither usage nor known once others are. */
static inline int bl_price_is_fee(const bl_price *price) {
  return !price->meter.len && !price->closing;
}

/* Whether a price has terms for single transactions. */
static inline int bl_price_is_by_event(const bl_price *price) {
  return price->model == BL_MODEL_PERCENTAGE &&
         (!bl_dec_is_zero(price->fixed) || price->free_events ||
          !bl_dec_is_zero(price->least) || !bl_dec_is_max(price->most));
}

/* A grant that is given again and again, or in dated parts (recurring.c). */
enum { BL_EVERY_PERIOD, BL_EVERY_DAY, BL_EVERY_WEEK, BL_EVERY_MONTH,
       BL_EVERY_YEAR };

typedef struct bl_recurring_part {
  bl_span span;
  bl_dec  amount;
} bl_recurring_part;

typedef struct bl_recurring {
  bl_str   id;
  bl_str   name;
  bl_dec   amount;
  bl_dec   cost;               /* of the amount, in the same asset */
  char     asset[16];
  int32_t  priority;
  uint32_t origin;             /* BILLING_ORIGIN_* */
  uint32_t every;              /* BL_EVERY_* */
  int32_t  count;              /* of these: 1..100 */
  uint32_t lasts;              /* so many periods; 0: for ever */
  uint32_t proration;          /* of a period that is cut */
  uint32_t rolls;              /* what is left outlives it */
  int32_t  roll_periods;       /* for so many more */
  bl_dec   roll_share;
  bl_dec   roll_most;          /* BL_DEC_MAX: no limit */
  bl_str   quantity;           /* of the contract: so many times */
  bl_str   scope;              /* canonical JSON or empty */
  bl_span  span;               /* periods that begin in it; INT64_MIN, NEVER */
  bl_recurring_part *parts;    /* instead of periods */
  size_t   part_count;
} bl_recurring;

typedef struct bl_recurring_list {
  bl_recurring *item;
  size_t        count;
} bl_recurring_list;

typedef struct bl_plan {
  bl_str    id;
  bl_str    name;
  char      currency[16];
  bl_price *prices;
  size_t    price_count;
  int64_t   effective_us;      /* of this version, for contracts that follow;
                                  BL_TIME_NEVER: at once */
  size_t    key_count;         /* of prices, and what is derived from minimums
                                  and maximums behind them */
  bl_bound  minimum;           /* of all that is spent in the currency */
  bl_bound  maximum;
  bl_limits limits;            /* of each contract */
  bl_feature_values features;
  bl_recurring_list grants;
  bl_top_ups top_ups;          /* of each contract */
  bl_price *some;              /* bounds of what some prices cost: id, name,
                                  closing, of and bound */
  size_t    some_count;
} bl_plan;

/* ---- contract ---- */

enum { BL_UNIT_DAY, BL_UNIT_WEEK, BL_UNIT_MONTH, BL_UNIT_YEAR };
enum { BL_ANCHOR_CALENDAR, BL_ANCHOR_ANNIVERSARY, BL_ANCHOR_DATE };

/*
 * The keys of a burndown order; an order is a list of them.  Number, the last
 * one, is always appended: orders are total.
 */
enum { BL_ORDER_PRIORITY,      /* lower first */
       BL_ORDER_ZERO_COST,     /* zero cost basis first */
       BL_ORDER_NARROW,        /* fewer things in scope first, no scope last */
       BL_ORDER_EXPIRY,        /* sooner first, never last */
       BL_ORDER_EXPIRY_SECOND, /* the same, compared at whole seconds */
       BL_ORDER_EFFECTIVE,     /* earlier start first */
       BL_ORDER_CREATED,       /* older first */
       BL_ORDER_PROMOTIONAL,   /* promotional before bought */
       BL_ORDER_LARGER,        /* larger amount left first */
       BL_ORDER_NAME,          /* by name, as bytes */
       BL_ORDER_ROLLED,        /* what rolled over first */
       BL_ORDER_NEAREST,       /* own before a parent's, that before its
                                  parent's; first of all in an order that
                                  does not name it */
       BL_ORDER_NUMBER,        /* lower own number first */
       BL_ORDER_KEYS };
#define BL_ORDER_MOST 13
typedef struct bl_order {
  uint32_t key[BL_ORDER_MOST];
  uint32_t count;
} bl_order;
/* priority, zero_cost, narrow, expiry, effective, created, number */
extern const bl_order bl_order_default;
/* The orders of peers, by name; 0 when there is none (catalog/order.c). */
int bl_order_of_name(bl_str name, bl_order *out);

/* The words that documents use for the enums of this file, in their order,
 * NULL at the end.  bl_catalog_word is the place of a word, or -1. */
extern const char *const bl_aggregation_words[];
extern const char *const bl_rounding_words[];
extern const char *const bl_per_words[];
extern const char *const bl_share_words[];
extern const char *const bl_model_words[];
extern const char *const bl_timing_words[];
extern const char *const bl_proration_words[];
extern const char *const bl_partial_words[];
extern const char *const bl_unit_words[];
extern const char *const bl_order_words[];
extern const char *const bl_closing_words[];
extern const char *const bl_tiers_words[];
extern const char *const bl_within_words[];
extern const char *const bl_rate_words[];
extern const char *const bl_prefer_words[];
int bl_catalog_word(const char *const *words, bl_str word);
/* Whether one, any or all of what is asked for is there. */
int bl_words_have(const bl_words *words, bl_str word);
int bl_words_have_any(const bl_words *words, const bl_words *asked);
int bl_words_have_all(const bl_words *words, const bl_words *asked);

typedef struct bl_quantity {
  bl_str   name;
  bl_dec   value;
  int64_t  from_us;            /* INT64_MIN: from the beginning on */
  uint32_t is_dated;           /* it holds for the past, too (dated.c) */
  uint32_t reserved;
} bl_quantity;

/* A least or a most since a moment. */
typedef struct bl_bound_step {
  bl_bound bound;
  int64_t  from_us;
} bl_bound_step;

typedef struct bl_bounds {
  bl_bound_step *item;         /* in the order of their times */
  size_t         count;        /* 0: the plan's */
  uint32_t       is_dated;     /* they hold for the past, too */
  uint32_t       reserved;
} bl_bounds;

enum { BL_OVERRIDE_OVERWRITE, BL_OVERRIDE_MULTIPLIER, BL_OVERRIDE_TIERED,
       BL_OVERRIDE_ENTITLEMENT };
enum { BL_RATE_LIST, BL_RATE_COMMIT };

/* What an override is for: everything that is named must fit. */
typedef struct bl_target {
  bl_str        price;         /* empty: any */
  bl_words      tags;          /* all of them */
  bl_named_list values;
} bl_target;

/* Another price than the plan's, for a while (price/override.c). */
typedef struct bl_override {
  bl_str     id;
  uint32_t   kind;             /* BL_OVERRIDE_* */
  uint32_t   of;               /* BL_RATE_*: which rate it changes */
  bl_dec     unit;             /* overwrite */
  bl_price  *rate;             /* overwrite: more than one unit's price, or
                                  NULL */
  bl_dec     factor;           /* multiplier */
  bl_tier   *tiers;            /* tiered: up_to, and the factor as `unit` */
  size_t     tier_count;
  bl_str     price;            /* the short form: a price, or any of tags */
  bl_words   tags;
  bl_target *targets;          /* any of these; without them the short form */
  size_t     target_count;
  bl_target *excepts;          /* and none of these */
  size_t     except_count;
  bl_words   grants;           /* only while one of these is drawn */
  uint32_t   by_grant;         /* only while a grant is drawn: any, if
                                  unnamed */
  uint32_t   is_entitled;      /* entitlement */
  int64_t    priority;
  bl_span    span;
  uint32_t   from_is_local;    /* as in a contract */
  uint32_t   to_is_local;
} bl_override;

/* Which usage is taken since a moment (route.c). */
typedef struct bl_route {
  int64_t    since_us;
  bl_filter *filters;          /* all must hold; of none, all is taken */
  size_t     filter_count;
  uint32_t   takes_none;
  uint32_t   reserved;
} bl_route;

typedef struct bl_routes {
  bl_route *item;
  size_t    count;             /* 0: all usage */
} bl_routes;

typedef struct bl_contract_terms {
  bl_str       id;
  bl_str       name;
  bl_str       customer;       /* id */
  bl_str       plan;           /* id */
  int64_t      plan_version;   /* 0: the current one */
  int64_t      effective_us;   /* since when it has that one, or follows;
                                  BL_TIME_NEVER: since it was put */
  int64_t      start_us;
  int64_t      end_us;         /* BL_TIME_NEVER */
  bl_str       zone;           /* "UTC" by default */
  uint32_t     unit;           /* BL_UNIT_* */
  int32_t      every;          /* 1..100 units */
  uint32_t     anchor;         /* BL_ANCHOR_* */
  uint32_t     has_order;      /* an order of its own */
  int64_t      anchor_us;      /* BL_ANCHOR_DATE: a period starts here */
  bl_quantity *quantities;
  size_t       quantity_count;
  bl_dec       overdraft;      /* what authorize may promise beyond grants;
                                  BL_DEC_MAX: "unlimited" */
  bl_order     order;
  bl_bounds    minimum;        /* instead of the plan's */
  bl_bounds    maximum;
  int32_t      rules;          /* rules version, 1 */
  uint32_t     start_is_local; /* start_us is a wall clock of the zone: */
  uint32_t     end_is_local;   /* a bare date, or a time without Z or an */
  uint32_t     anchor_is_local;  /* offset.  Then the engine resolves it */
  uint32_t     follows;        /* later versions of the plan, each from its
                                  time on; else it stays with one */
  uint32_t     by_priority;    /* of multipliers the first by priority wins,
                                  else the lowest */
  uint32_t     effective_is_local;
  bl_override *overrides;
  size_t       override_count;
  bl_limits    limits;
  bl_feature_values features;      /* each before the plan's */
  bl_recurring_list grants;        /* beside the plan's */
  bl_alerts    alerts;
  bl_routes    usage;          /* of the customer's, that it takes */
  char         invoice_currency[16];   /* what is open in other assets is
                                          converted into; empty: nothing is */
  bl_top_ups   top_ups;
} bl_contract_terms;

/* ---- dated.c ---- */

/* The one that holds at a moment; NULL: none has begun.  The value of no name
 * is 1, of an unknown one 0. */
const bl_quantity *bl_quantity_at(const bl_contract_terms *terms, bl_str name,
                                  int64_t us);
bl_dec bl_quantity_of(const bl_contract_terms *terms, bl_str name, int64_t us);
const bl_bound *bl_bound_at(const bl_bounds *bounds, int64_t us);
/* From when on what is dated is another than before; BL_TIME_NEVER. */
int64_t bl_quantities_change(const bl_contract_terms *was,
                             const bl_contract_terms *now);
int64_t bl_bounds_change(const bl_bounds *was, const bl_bounds *now);
/* What is taken at a moment; and from when on others take another part. */
bl_route bl_route_at(const bl_routes *routes, int64_t us);
int64_t bl_routes_change(const bl_routes *was, const bl_routes *now);

/*
 * Documents to models.  Each reads a whole JSON object, refuses unknown
 * members, wrong kinds and values out of range with the JSON path below
 * `path` (a JSON pointer prefix, "" at the top) and a hint of what would be
 * right, and applies defaults.  A member that is null counts as left out.
 * *out is written on success only.  What names other documents (a price's
 * meter, a plan's asset that must be declared) is checked by
 * bl_catalog_check_plan and by the engine.
 */
int bl_catalog_read_tenant(const bl_json *doc, const char *path, bl_arena *a,
                           bl_tenant_terms *out, billing_error *err);
int bl_catalog_read_meter(const bl_json *doc, const char *path, bl_arena *a,
                          bl_meter *out, billing_error *err);
/* Whether two meters take other samples, or of other events of the same names:
 * then they are versions, each from its time on. */
int bl_catalog_meter_resamples(const bl_meter *was, const bl_meter *now);
/* The first member by which two meters measure differently, so that one cannot
 * go on where the other was; NULL. */
const char *bl_catalog_meter_change(const bl_meter *was, const bl_meter *now);
/* Takes all members that these are over from another one: the meter measures
 * as that does, out of its own samples. */
void bl_catalog_meter_restructure(bl_meter *meter, const bl_meter *now);
/* Whether two lists of filters say the same in the same order. */
int bl_filters_equal(const bl_filter *a, size_t a_count, const bl_filter *b,
                     size_t b_count);
int bl_catalog_read_plan(const bl_json *doc, const char *path, bl_arena *a,
                         bl_plan *out, billing_error *err);
/* Whose spend each of the plan's closings counts; rank says the order in which
 * its keys stand, NULL: that of their places (spend.c). */
int bl_plan_count_spend(bl_arena *a, bl_plan *plan, const uint32_t *rank);
/* What a plan says about others: its assets are currencies or declared by the
 * tenant, its usage prices name meters that are there (meters[i] is the one
 * that prices[i] names, NULL when there is none: NOTFOUND) and group by
 * properties that their meter groups by. */
int bl_catalog_check_plan(const bl_plan *plan, const char *path,
                          const bl_tenant_terms *tenant,
                          const bl_meter *const *meters, billing_error *err);
/* Whether units of a price can be told apart, so that some of them can be
 * drawn at a commit rate. */
int bl_price_splits(const bl_price *price);
/* Whether the price can be of usage that the meter measures so. */
int bl_catalog_price_takes(const bl_price *price, const bl_meter *meter);
/* One price by itself, as the quote kernel takes it: id and meter may be
 * missing; currency is the asset when the document names none ("USD"). */
int bl_catalog_read_price(const bl_json *doc, const char *path, bl_arena *a,
                          const char *currency, bl_price *out,
                          billing_error *err);
int bl_catalog_read_contract(const bl_json *doc, const char *path, bl_arena *a,
                             bl_contract_terms *out, billing_error *err);
/* Only checks id, name and parent, which stay in the document's tree; further
 * members are the host's. */
int bl_catalog_read_customer(const bl_json *doc, const char *path,
                             bl_str *id, bl_str *name, bl_str *parent,
                             billing_error *err);
/* What of it is the engine's beside that, in the arena. */
typedef struct bl_customer_terms {
  bl_limits         limits;
  bl_feature_values features;
  bl_top_ups        top_ups;
} bl_customer_terms;
int bl_catalog_read_customer_terms(const bl_json *doc, const char *path,
                                   bl_arena *a, bl_customer_terms *out,
                                   billing_error *err);
int bl_catalog_read_feature(const bl_json *doc, const char *path, bl_arena *a,
                            bl_feature *out, billing_error *err);
/* Why nobody can have that of the feature: what would be right; NULL: it can
 * be. */
const char *bl_feature_misfit(const bl_feature *feature,
                              const bl_feature_value *value);
/* The value of a feature; NULL: none is there. */
const bl_feature_value *bl_feature_value_of(const bl_feature_values *values,
                                            bl_str id);
/* Assets that top-ups are in, and are paid in, must be known. */
int bl_catalog_check_top_ups(const bl_top_ups *top_ups, const char *path,
                             const bl_tenant_terms *tenant,
                             billing_error *err);
/* Its aliases, in the arena. */
int bl_catalog_read_aliases(const bl_json *doc, const char *path, bl_arena *a,
                            bl_aliases *out, billing_error *err);
/* A list of names of order keys: ["priority","zero_cost","narrow","expiry",
 * "expiry_second","effective","created","promotional","larger","name",
 * "number"]. */
int bl_catalog_read_order(const bl_json *doc, const char *path, bl_order *out,
                          billing_error *err);
/* Scope of a grant: {"meters":[..],"prices":[..],"contracts":[..],
 * "rate":".."}. */
typedef struct bl_scope {
  bl_str *meters;
  size_t  meter_count;
  bl_str *prices;
  size_t  price_count;
  bl_str *contracts;
  size_t  contract_count;
  bl_str *tags;                /* any of a price's */
  size_t  tag_count;
  bl_target *targets;          /* any of these: all that it names */
  size_t  target_count;
  bl_str *customers;           /* not of documents: ids are personal */
  size_t  customer_count;
  uint32_t rate;               /* BL_RATE_* that it draws at */
  uint32_t family;             /* BL_FAMILY_*: who below may draw, too */
  bl_str  *member_ids;         /* as they were asked for: */
  size_t   member_id_count;
  uint64_t *members;           /* their own numbers */
  size_t   member_count;
  bl_feature_values features;  /* that it entitles to while it lasts */
  bl_limits caps;              /* of what is drawn: most and windows */
} bl_scope;
enum { BL_FAMILY_NONE, BL_FAMILY_ALL, BL_FAMILY_SOME };
/* What is done to a grant; what takes some of it away says where it goes. */
enum { BL_CHANGE_VOID,         /* nowhere: it is breakage, and it ends */
       BL_CHANGE_TRANSFER,     /* to another customer */
       BL_CHANGE_REFUND,       /* back to who paid for it */
       BL_CHANGE_EXPIRY,       /* it ends at another time */
       BL_CHANGE_RETURN,       /* what came back to a void one, to a new one */
       BL_CHANGE_ROLLOVER,     /* what outlives it, to a new one */
       BL_CHANGES };
extern const char *const bl_change_words[];

/* Assets that allowances are in must be known. */
int bl_catalog_check_grants(const bl_recurring_list *grants, const char *path,
                            const bl_tenant_terms *tenant,
                            billing_error *err);

/* A change that somebody asks for (grant.c). */
typedef struct bl_grant_change_terms {
  uint32_t change;             /* up to BL_CHANGE_EXPIRY */
  uint32_t has_amount;         /* else all that is free */
  bl_dec   amount;
  bl_str   customer;           /* transfer: who gets it */
  int64_t  expires_us;         /* expiry: BL_TIME_NEVER */
} bl_grant_change_terms;
int bl_catalog_read_grant_change(const bl_json *doc, const char *path,
                                 bl_arena *a, bl_grant_change_terms *out,
                                 billing_error *err);

int bl_catalog_read_scope(const bl_json *doc, const char *path, bl_arena *a,
                          bl_scope *out, billing_error *err);

/* An id or key: 1..200 bytes of valid UTF-8 without control characters. */
int bl_catalog_id_is_valid(bl_str id);
/* Valid UTF-8 without control characters, of any length. */
int bl_catalog_is_plain(bl_str text);
/* Places of a currency or of a unit of the tenant; -1 when it is neither.
 * terms may be NULL. */
int bl_catalog_places(const bl_tenant_terms *terms, const char asset[16]);
/* Paths (JSON pointers) at which two documents differ, as deep as the
 * difference is: appended as texts to `out`, an array.  A path that would be
 * longer than an error's is cut to the one above it.  before may be NULL (all
 * members are new).  BILLING_NOMEM. */
int bl_catalog_diff(const bl_json *before, const bl_json *after,
                    bl_json *out);

#endif
