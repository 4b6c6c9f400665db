/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * evaluate.h - a kernel by itself: a document in, a document out.  Here are
 * what the kernels of billing_evaluate share; each is one function.
 */
#ifndef BL_EVALUATE_H
#define BL_EVALUATE_H

#include "base/zone.h"
#include "catalog/field.h"
#include "meter/meter.h"

#define BL_ASK_MOST 10000          /* grants, lines, events, totals, groups */

typedef struct bl_ask {
  bl_reader      top;              /* of the request; has arena and err */
  bl_str         zone_folder;
  const bl_json *doc;
  bl_json       *out;              /* the answer, an object */
  uint32_t       is_over;          /* sticky: a figure did not fit */
  uint32_t       reserved;
} bl_ask;

typedef int bl_ask_kernel(bl_ask *ask);

bl_ask_kernel bl_ask_quote;        /* evaluate_price.c */
bl_ask_kernel bl_ask_quotes;
bl_ask_kernel bl_ask_rate;
bl_ask_kernel bl_ask_transactions; /* evaluate_transactions.c */
bl_ask_kernel bl_ask_levels;
bl_ask_kernel bl_ask_composite;    /* evaluate_terms.c */
bl_ask_kernel bl_ask_window_commitment;
bl_ask_kernel bl_ask_mark_up;
bl_ask_kernel bl_ask_capacity;     /* evaluate_capacity.c */
bl_ask_kernel bl_ask_price_book;   /* evaluate_book.c */
bl_ask_kernel bl_ask_rates;        /* evaluate_rates.c */
bl_ask_kernel bl_ask_override;
bl_ask_kernel bl_ask_commit_rate;  /* evaluate_commit_rate.c */
bl_ask_kernel bl_ask_allowance;    /* evaluate_allowance.c */
bl_ask_kernel bl_ask_exchange_amounts;    /* evaluate_exchange.c */
bl_ask_kernel bl_ask_order;        /* evaluate_wallet.c */
bl_ask_kernel bl_ask_burndown;
bl_ask_kernel bl_ask_line_order;
bl_ask_kernel bl_ask_grant_active;
bl_ask_kernel bl_ask_grant_phases; /* evaluate_phases.c */
bl_ask_kernel bl_ask_commitment_term;     /* evaluate_commit.c */
bl_ask_kernel bl_ask_rollover;
bl_ask_kernel bl_ask_grant_schedule;
bl_ask_kernel bl_ask_net_balance;
bl_ask_kernel bl_ask_balances_at;
bl_ask_kernel bl_ask_credits;
bl_ask_kernel bl_ask_pay_by_wallets;      /* evaluate_wallets.c */
bl_ask_kernel bl_ask_reserve;      /* evaluate_reserve.c */
bl_ask_kernel bl_ask_settle;
bl_ask_kernel bl_ask_hold_size;
bl_ask_kernel bl_ask_usage_limits;
bl_ask_kernel bl_ask_top_up;       /* evaluate_threshold.c */
bl_ask_kernel bl_ask_alert;
bl_ask_kernel bl_ask_purchases;
bl_ask_kernel bl_ask_periods;      /* evaluate_contract.c */
bl_ask_kernel bl_ask_prorate;
bl_ask_kernel bl_ask_shift;        /* evaluate_calendar.c */
bl_ask_kernel bl_ask_divides;
bl_ask_kernel bl_ask_cycles;
bl_ask_kernel bl_ask_whole_cycles;
bl_ask_kernel bl_ask_anchor_allowed;
bl_ask_kernel bl_ask_walk;
bl_ask_kernel bl_ask_local_date;
bl_ask_kernel bl_ask_pieces;       /* evaluate_pieces.c */
bl_ask_kernel bl_ask_due;
bl_ask_kernel bl_ask_change;       /* evaluate_change.c */
bl_ask_kernel bl_ask_credit_cap;
bl_ask_kernel bl_ask_unused;
bl_ask_kernel bl_ask_move_end;
bl_ask_kernel bl_ask_repair;       /* evaluate_repair.c */
bl_ask_kernel bl_ask_rebill;       /* evaluate_rebill.c */
bl_ask_kernel bl_ask_lago_bounds;  /* evaluate_bounds.c */
bl_ask_kernel bl_ask_unused_fee;
bl_ask_kernel bl_ask_invoice;      /* evaluate_invoice.c */
bl_ask_kernel bl_ask_credit_notes; /* evaluate_note.c */
bl_ask_kernel bl_ask_apply_notes;
bl_ask_kernel bl_ask_note_limits;  /* evaluate_note_limits.c */
bl_ask_kernel bl_ask_note_check;
bl_ask_kernel bl_ask_note_excess;
bl_ask_kernel bl_ask_void_note;
bl_ask_kernel bl_ask_prepaid_refund;
bl_ask_kernel bl_ask_recurring;    /* evaluate_schedule.c */
bl_ask_kernel bl_ask_seats;
bl_ask_kernel bl_ask_distribute;
bl_ask_kernel bl_ask_final_by;
bl_ask_kernel bl_ask_consolidate;
bl_ask_kernel bl_ask_hmac_sha256;
bl_ask_kernel bl_ask_tax_place;    /* evaluate_tax.c */
bl_ask_kernel bl_ask_tax_choice;
bl_ask_kernel bl_ask_crossings;
bl_ask_kernel bl_ask_usage_thresholds;
bl_ask_kernel bl_ask_true_up;      /* evaluate_true_up.c */
bl_ask_kernel bl_ask_aggregate;    /* evaluate_meter.c */
bl_ask_kernel bl_ask_sql_meter;    /* evaluate_sql.c */
bl_ask_kernel bl_ask_route;        /* evaluate_route.c */
bl_ask_kernel bl_ask_expression;   /* evaluate_event.c */
bl_ask_kernel bl_ask_convert;      /* evaluate_window.c */
bl_ask_kernel bl_ask_windows;
bl_ask_kernel bl_ask_accept;       /* evaluate_accept.c */
bl_ask_kernel bl_ask_in_advance;   /* evaluate_level.c */

/* ---- readers of values, beside those of catalog/field.h ---- */

/* Nothing: the member was read before, or is only allowed. */
bl_field_read bl_ask_skip;
/* const bl_json *: the node itself. */
bl_field_read bl_ask_node;
/* const bl_json *: an array of at most BL_ASK_MOST items. */
bl_field_read bl_ask_list;
/* bl_dec of any sign. */
bl_field_read bl_ask_dec;
/* int64_t: an instant; a time without an offset is UTC. */
bl_field_read bl_ask_time;
/* bl_ask_wall: a time; without an offset it is a wall clock of a zone. */
typedef struct bl_ask_clock {
  int64_t  us;
  uint32_t is_local;
  uint32_t is_given;
} bl_ask_clock;
bl_field_read bl_ask_wall;
/* bl_duration; `low` 1: longer than nothing. */
bl_field_read bl_ask_duration;
int64_t bl_ask_instant(const bl_ask_clock *clock, const bl_zone *zone);

/* When periods are, as a contract says it: its members, or NULL. */
typedef struct bl_ask_cycle {
  const bl_json *start;
  const bl_json *end;
  const bl_json *zone;
  const bl_json *period;
  const bl_json *anchor;
} bl_ask_cycle;
int bl_ask_contract(const bl_ask *ask, const bl_ask_cycle *terms,
                    bl_contract_terms *out, const bl_zone **zone);

/* The row of the request's own "kernel" member. */
#define BL_ASK_KERNEL {.name = "kernel", .read = bl_ask_skip}

/* An event of a request.  Kernels want members and a request is a tree, so
 * the properties are there twice.  Without a value it is 1. */
typedef struct bl_ask_event {
  bl_event       event;
  bl_str         key;
  const bl_json *properties;
  bl_members     members;
} bl_ask_event;
int bl_ask_event_read(const bl_reader *at, const bl_json *item,
                      bl_str default_name, bl_ask_event *out);

/* ---- writing ---- */

/* Adds a figure; one that did not fit makes the whole answer LIMIT.  For an
 * array key is NULL. */
void bl_ask_put(bl_ask *ask, bl_json *parent, const char *key, bl_dec v);

/* The same for a quotient, which nothing depends on: null when it is too
 * large. */
void bl_ask_put_ratio(bl_ask *ask, bl_json *parent, const char *key,
                      bl_dec v);

/* Room for count elements; NULL is NOMEM, also for none. */
void *bl_ask_array(const bl_ask *ask, size_t count, size_t size);
/* An unknown zone may be UTC; bl_unknown_zones: refuse, utc. */
extern const char *const bl_unknown_zones[];
int bl_ask_zone_or(bl_ask *ask, bl_str name, uint32_t is_utc,
                   const bl_zone **out);
int bl_ask_zone(const bl_ask *ask, bl_str name, const bl_zone **out);

#endif
