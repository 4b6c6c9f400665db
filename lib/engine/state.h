/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * state.h - what the fold of a tenant's journal has come to, in memory.
 *
 * The state is derived: it can be thrown away and folded again at any moment,
 * and that is what happens after anything doubtful (a stale snapshot, a
 * rollback of the host's, memory that ran out half way).  Everything lives in
 * the tenant's arena.  Nothing here decides anything.
 *
 * A call that fails undoes what it changed: each struct is saved once a call
 * before its first change (bl_touch), maps are cut back to their old length.
 */
#ifndef BL_STATE_H
#define BL_STATE_H

#include "base/limit.h"
#include "base/map.h"
#include "contract/contract.h"
#include "engine/board.h"
#include "engine/entry.h"
#include "engine/runs.h"
#include "wallet/wallet.h"

typedef struct bl_customer bl_customer;
typedef struct bl_contract bl_contract;
typedef struct bl_tenant bl_tenant;

/* A list of pointers that grows in the tenant's arena. */
typedef struct bl_list {
  void   **item;
  size_t   first;              /* 0, unless bl_list_remove moved it */
  size_t   count;              /* from the start of item, holes included */
  size_t   cap;
  uint64_t touched;
} bl_list;

/* Pointers by own number, which begins at 1; NULL where nothing is in memory.
 * Pages appear in the tenant's arena when they are first used. */
typedef struct bl_table {
  void ***page;
  size_t  pages;
} bl_table;

/* How a meter takes samples of events from a moment on. */
typedef struct bl_meter_version {
  bl_meter meter;
  int64_t  from_us;
} bl_meter_version;

/* After that entry the customers up to a number were measured by rules. */
typedef struct bl_rules_step {
  int64_t  seq;
  uint64_t through;            /* UINT64_MAX: everybody, also who comes yet */
} bl_rules_step;

/*
 * How a meter measures: its versions, by the times of events.  A change that
 * holds for the past makes new rules, and a rebuild (rerate.h) brings one
 * customer after the other to them; rules.c says who has come.
 */
typedef struct bl_meter_rules bl_meter_rules;
struct bl_meter_rules {
  bl_meter meter;              /* the last version */
  int64_t  from_us;            /* when it begins */
  bl_meter_version *older;     /* those before it, by their beginnings */
  size_t   older_count;
  const bl_meter_rules *before;   /* of whoever has not come; NULL: all have */
  uint64_t number;             /* 1, and one more than those before */
  int64_t  since_us;           /* events from then on may give other samples */
  bl_rules_step *steps;        /* both of their members rise */
  size_t   step_count;
  size_t   step_cap;
  uint64_t touched;
};

typedef struct bl_meter_state {
  bl_meter_rules *rules;       /* the newest */
  uint64_t number;
  uint64_t version;
  uint64_t archived;
  uint64_t touched;
} bl_meter_state;

/*
 * Where a price of a contract's timeline comes from, and when it holds: from
 * its place in a version of the plan, under the overrides of its beginning.
 * Charges are booked under its place in the timeline, so intervals are only
 * added, and only their ends move.
 */
typedef struct bl_interval {
  bl_fact_interval was;
  uint32_t line;               /* the first place of the same price */
  uint32_t rank;               /* among the lines of an invoice */
  uint32_t is_off;             /* what it prices is not charged */
  uint32_t is_unfit;           /* its override cannot change it */
} bl_interval;

/* A version of a plan; or what a contract has come to, price by price. */
typedef struct bl_plan_version {
  bl_plan          plan;
  uint64_t         version;
  int64_t          from_us;    /* for contracts that follow */
  int64_t          seq;        /* of its entry */
  uint64_t         is_backdated;   /* it began before it was put: a rebuild
                                      brings contracts to it */
  bl_interval     *intervals;  /* by price; NULL: each one holds always */
  bl_meter_state **meters;     /* by price; NULL for a fee */
  uint32_t        *next;       /* by price: the next one of the same meter;
                                  price_count: none */
  uint32_t        *first;      /* by distinct meter: its first price */
  size_t           first_count;
  uint32_t        *commits;    /* by price: the place of its commit rate, 0:
                                  it has none; NULL: no price has one */
  uint64_t         has_advance;  /* a fee is billed in advance */
} bl_plan_version;

/* After that entry the customers up to a number have the versions of the plan
 * up to one. */
typedef struct bl_plan_step {
  int64_t  seq;
  uint64_t version;
  uint64_t through;            /* UINT64_MAX: everybody */
} bl_plan_step;

typedef struct bl_plan_state {
  uint64_t number;
  uint64_t version;
  uint64_t archived;
  bl_list  versions;           /* bl_plan_version, version 1 first */
  bl_plan_step *steps;         /* of rebuilds */
  size_t   step_count;
  size_t   step_cap;
  uint64_t touched;
} bl_plan_state;

typedef struct bl_feature_state {
  bl_feature feature;
  uint64_t   number;
  uint64_t   version;
  uint64_t   archived;
  uint64_t   touched;
} bl_feature_state;

/* A grant: the lot that burndown sees, and the rest. */
typedef struct bl_grant_state {
  bl_lot       lot;
  bl_customer *customer;
  bl_dec       amount;
  bl_dec       cost;
  bl_scope     scope;
  bl_str       key;            /* empty when erased */
  bl_str       scope_text;
  char         cost_asset[16];
  int64_t      seq;            /* of its entry */
  int64_t      expired_seq;    /* the entry that booked what was left as
                                  breakage; 0: none yet */
  uint64_t     is_live;        /* stands in its wallet's list of them */
  uint64_t     origin;
  uint64_t     from;           /* the grant that it was a part of; 0: none */
  uint64_t     contract;       /* whose allowance it is; 0: none: */
  bl_str       allowance;      /* as in its entry */
  uint64_t     turn;
  bl_period    period;
  uint64_t     touched;
  uint64_t     lot_touched;    /* of the lot, left and held */
} bl_grant_state;

/* What a customer has in one asset. */
typedef struct bl_wallet {
  char     asset[16];
  bl_customer *customer;
  uint64_t touched;
  bl_span  free_span;
  bl_dec   free;               /* what is free at any moment of the span; an
                                  empty span says that it is not known */
  bl_dec   balance[BL_ACCOUNTS];   /* of the ledger; the first ones are those
                                      of charges */
  bl_list  live;               /* of the grants, what is not used up */
  bl_list  grants;             /* bl_grant_state, in the default order */
  bl_dec   granted;
  uint64_t targeted;           /* grants for some values of groups */
  uint64_t entitling;          /* grants with features */
  uint64_t capped;             /* grants with caps */
  bl_dec   overdraft_held;
  uint64_t charge_touched;     /* from free to the accounts of charges */
} bl_wallet;

/* What unique knows of a value: its latest operation by time. */
typedef struct bl_tally_value {
  int64_t  time_us;
  uint64_t is_removal;
  uint64_t touched;
} bl_tally_value;

/* What the level of a tally is made of, for meters of which it does not say
 * enough to go on. */
typedef struct bl_tally_more {
  bl_dec   ticked;             /* priced by the last tick; of a commit rate
                                  what is drawn at it */
  uint64_t is_due;             /* it has changed since */
  bl_dec   bound;              /* closing: the least or the most of then */
  uint64_t touched;
  bl_map   values;             /* unique: hash -> bl_tally_value; last */
} bl_tally_more;

/* Usage under one charge key: the running level and what is booked.  In the
 * order of use: the group's text stands right before it in memory. */
typedef struct bl_tally {
  bl_contract *contract;
  uint32_t     price;          /* index in the plan */
  uint32_t     period;         /* index in the contract's periods */
  bl_str       group;
  bl_level     level;          /* from here on what a charge moves */
  bl_dec       amount;         /* charged in all */
  bl_dec       drawn;          /* of that, from grants */
  bl_draw     *stack;          /* draws in order, equal neighbours merged */
  size_t       stack_count;
  size_t       stack_cap;
  uint64_t     first_event;
  uint64_t     last_event;     /* up to here */
  uint64_t     charge_touched; /* of that */
  uint64_t     touched;
  uint64_t     stack_touched;
  size_t       stack_saved;    /* from here on undo knows what it was */
  uint64_t     block;          /* of a batch that named it last, and where */
  uint64_t     place;
  bl_tally_more *more;         /* NULL when the level is enough */
  const bl_meter_rules *rules; /* that the level is measured by */
  bl_dec       billed_amount;
  bl_dec       billed_drawn;
  bl_dec       held;           /* quantity in open holds */
  bl_draw     *billed;         /* by grant, what invoices have shown */
  size_t       billed_count;
} bl_tally;

#define BL_RECENT 8

/* In the order of use: what an event reads stands in front. */
struct bl_contract {
  bl_customer      *customer;
  bl_plan_version  *plan;
  bl_period        *periods;   /* opened, one after the other */
  size_t            period_count;
  uint64_t          closed;    /* how many of them are invoiced */
  int64_t           late_us;   /* first unbilled late charge, or NEVER */
  int64_t           gives_us;  /* when an allowance is to be given next; 0: it
                                  is not known, NEVER: none */
  int64_t           rolls_us;  /* the same of a grant that may roll over */
  uint64_t          recent_next;   /* the place to be taken next */
  uint16_t          recent_tag[BL_RECENT];   /* of the hash of each of: */
  bl_tally         *recent[BL_RECENT];  /* that were looked for last */
  bl_contract_terms terms;
  uint64_t          number;
  int64_t           seq;       /* of the entry of its newest document */
  uint64_t          version;
  uint64_t          archived;
  uint64_t          touched;
  bl_plan_state    *plan_state;
  const bl_zone    *zone;      /* NULL until a decision needs it */
  size_t            period_cap;
  uint64_t          advanced;  /* how many have their advance fees billed */
  uint64_t          has_ended; /* the last period is closed */
  int64_t           versions_us;   /* since when it has its version, or
                                      follows */
  uint64_t          laid;      /* its document knows versions up to this */
  int64_t           moved_us;  /* prices of the past changed from there on,
                                  and no invoice has met it; or NEVER */
  bl_map            tallies;   /* price, period, group -> bl_tally; last */
};

/*
 * A window of a limit, and what is in it.  Those of a customer stand in the
 * order of their limits, keys and beginnings.  One that counts no more leaves
 * with the next entry that counts something, unless a hold is in it: so there
 * are never more of them than are open, and holds.
 */
typedef struct bl_limit_window {
  bl_fact_count was;           /* amount: not used */
  int64_t       since;         /* entries from this one on are in it */
  bl_dec        used;
  bl_dec        held;
  bl_dec        before;        /* used before the call that has touched it */
  uint64_t      touched;
} bl_limit_window;

typedef struct bl_hold_state {
  uint64_t      number;
  int64_t       seq;           /* of its entry */
  bl_customer  *customer;
  bl_str        key;
  unsigned char key_hash[16];
  uint64_t      content;
  uint64_t      status;        /* BILLING_HOLD_* */
  uint64_t      event;         /* that settled it */
  int64_t       expires_us;
  int64_t       at_us;
  bl_dec        value;
  bl_fact_held *assets;
  size_t        asset_count;
  bl_draw      *draws;
  size_t        draw_count;
  bl_tally    **tallies;
  bl_dec       *quantities;
  size_t        part_count;
  bl_fact_count *counts;
  size_t        count_count;
  uint64_t      flags;
  size_t        place;         /* in the customer's list while open */
  uint64_t      touched;
} bl_hold_state;

/* What has become of the last top-up of a rule; its texts are the state's. */
typedef struct bl_top_up_state {
  bl_fact_top_up was;          /* without properties; number is known */
  int64_t        at_us;        /* when that was */
  uint64_t       touched;
} bl_top_up_state;
/* What a hold of a customer below has of this one's grants and limits. */
typedef struct bl_lien {
  uint64_t       hold;
  uint64_t       customer;
  int64_t        expires_us;
  bl_draw       *draws;
  size_t         draw_count;
  bl_fact_count *counts;
  size_t         count_count;
} bl_lien;

#define BL_LOADED INT64_MAX
struct bl_customer {
  uint64_t      number;
  int64_t       seq;           /* of the entry of its newest document */
  uint64_t      version;
  uint64_t      archived;
  uint64_t      is_erased;
  int64_t       loading;       /* BL_LOADED, or entries up to here are in */
  unsigned char id_hash[16];
  bl_str        id;            /* empty when erased */
  bl_str        name;
  bl_fact_alias *aliases;      /* of the newest document */
  size_t        alias_count;
  bl_list       contracts;     /* bl_contract */
  bl_list       wallets;       /* bl_wallet */
  bl_list       holds;         /* bl_hold_state, open ones */
  int64_t       holds_due_us;  /* none of them ends before this */
  uint64_t      parent;        /* the customer above; 0: none */
  int64_t       tied;          /* since that entry */
  bl_list       liens;         /* bl_lien, of customers below */
  int64_t       liens_due_us;  /* none of them ends before this */
  uint64_t      height;        /* so many generations are or were below */
  uint64_t     *elders;        /* numbers of all who have ever been parents */
  size_t        elder_count;
  bl_limits     limits;        /* of the newest document */
  bl_feature_values features;
  uint64_t      capped;        /* a grant of its has caps */
  bl_list       windows;       /* bl_limit_window, of all limits */
  int64_t       windows_due_us;   /* none of them ends before this */
  bl_top_ups    top_up_rules;  /* of the newest document */
  bl_list       top_ups;       /* bl_top_up_state, as rules began to ask */
  uint64_t      unmatched;     /* events recorded but not billed */
  uint64_t      unpriced;
  uint64_t      unentitled;
  uint64_t      events;
  uint64_t      touched;
  uint64_t      count_touched;   /* from unmatched to events */
  uint64_t      is_shown;      /* on the board; from here on undo ends */
  uint64_t      met;           /* tenant->ties when all elders, and theirs,
                                  were seen in memory */
  uint64_t      is_moved;      /* stands in tenant->moved */
  bl_customer  *next_moved;
  uint64_t      watched;       /* the call that noted its figures (alerts.h) */
  int64_t       aged_seq;      /* of the last entry that was folded */
  uint64_t      age;           /* entries since its image, about */
};

/* Where derived rows go while an entry is folded: to the store, or to the
 * comparison of verify. */
typedef struct bl_rows {
  int (*put)(struct bl_rows *rows, uint32_t table, const billing_value *row);
  int (*remove)(struct bl_rows *rows, uint32_t table,
                const billing_value *key);
} bl_rows;

/* What entries are about, and are found by: a customer (number 0: the tenant
 * itself), a grant or a hold; of voids number 0 is all of them, another
 * one that of a parked event; of events that cost nobody anything 0 is all.
 */
enum { BL_SUBJECT_CUSTOMER, BL_SUBJECT_GRANT, BL_SUBJECT_HOLD,
       BL_SUBJECT_VOID,
       BL_SUBJECT_UNBILLED,    /* number 0: events that cost nobody anything,
                                  BL_UNBILLED_PARKED: that wait,
                                  BL_UNBILLED_RERATED: that were decided anew
                                  and then cost nothing, or something */
       BL_SUBJECT_PARKED,      /* by the hash of their customer's id */
       BL_SUBJECT_OUTBOX };    /* number 0: what has rows in the outbox */
#define BL_UNBILLED_PARKED 1
#define BL_UNBILLED_RERATED 2

typedef struct bl_subject {
  uint64_t kind;             /* BL_SUBJECT_* */
  uint64_t number;           /* its own */
} bl_subject;

static inline bl_subject bl_subject_customer(uint64_t number) {
  return (bl_subject){BL_SUBJECT_CUSTOMER, number};
}

/* That an entry is about a subject, and between which times: of its events, or
 * when it was decided. */
typedef struct bl_index_mark {
  bl_subject subject;
  int64_t    seq;
  int64_t    kind;           /* of the entry */
  int64_t    from_us;
  int64_t    to_us;          /* inclusive */
} bl_index_mark;

/* Marks that no run has yet (index.h). */
#define BL_INDEX_KEY 16
#define BL_INDEX_VALUE 20
typedef struct bl_index {
  billing_allocator host;
  bl_index_mark    *mark;        /* in the order of their entries */
  size_t            count;
  size_t            room;
  bl_index_mark    *frozen;      /* sorted copies, while they are written */
  size_t            frozen_count;
  size_t            frozen_room;
  int64_t           covered;     /* entries up to here are in runs */
  size_t            known;       /* marks before the call */
  unsigned char     key[BL_INDEX_KEY];   /* of the record asked for last */
  unsigned char     value[BL_INDEX_VALUE];
} bl_index;

/* Customers whose images should be written, or are being written (image.h). */
typedef struct bl_image_list {
  bl_arena  arena;
  uint64_t *number;
  size_t    count;
  size_t    cap;
} bl_image_list;

typedef struct bl_images {
  bl_image_list ripe;
  bl_image_list frozen;        /* in the order of their numbers */
  int64_t       last_seq;      /* what the frozen ones are written through */
  uint64_t      unpaid;        /* ripe ones that no call has paid for */
  bl_arena      arena;         /* of the record that was asked for last */
} bl_images;

typedef struct bl_undo bl_undo;
typedef struct bl_watch bl_watch;

/* Counters and heads: what bl_touch saves as one. */
typedef struct bl_heads {
  int64_t       seq;           /* of the last entry folded */
  int64_t       clock_us;
  unsigned char hash[32];
  uint64_t      customers;     /* last own numbers given */
  uint64_t      contracts;
  uint64_t      meters;
  uint64_t      plans;
  uint64_t      grants;
  uint64_t      holds;
  uint64_t      invoices;
  uint64_t      events;        /* recorded in all */
  uint64_t      unmatched;
  uint64_t      unpriced;
  uint64_t      unentitled;
  uint64_t      parked;        /* that wait for their customers */
  uint64_t      version;       /* of the tenant's document */
  uint64_t      outbox;        /* rows up to this one are done */
} bl_heads;

struct bl_tenant {
  bl_str              id;      /* in id_text */
  char                id_text[BL_LIMIT_KEY_BYTES + 1];
  int64_t             number;  /* 0: not known to the store */
  bl_arena            arena;
  bl_heads            heads;
  uint64_t            heads_touched;
  uint32_t            is_stale;      /* fold again before use */
  uint32_t            is_read_only;  /* a critical entry is unknown */
  bl_tenant_terms     terms;
  uint64_t            terms_touched;
  bl_map              customers;     /* keyed hash of the id */
  bl_map              meters;        /* id */
  bl_map              meters_by_event;  /* event -> bl_list of bl_meter_state*/
  bl_list             meters_by_filter; /* the others: they choose names */
  bl_map              plans;         /* id */
  bl_map              features;      /* id */
  bl_list             quotas;        /* of these, those that count */
  bl_map              contracts;     /* id */
  bl_key_tail         tail;          /* keys of events that no run has yet */
  size_t              tail_known;    /* of these, before the call */
  int64_t             tail_seq;      /* entries up to here are in runs */
  int64_t             as_of;         /* the entry that is folded while
                                        customers are loaded; else INT64_MAX */
  bl_index            index;
  bl_images           images;
  bl_runs            *runs;          /* NULL until there may be some */
  uint64_t            blocks;        /* of batches, coded in this process */
  bl_map              redacted;      /* seq -> bl_fact_redacted */
  bl_map              redacted_by;   /* seq -> seq of the redaction */
  bl_table            by_customer;
  bl_table            by_contract;
  bl_table            by_grant;
  bl_table            by_hold;       /* open ones */
  bl_list             returned;      /* void grants that the entry under way
                                        has given something back to */
  bl_list             used_up;       /* grants that the call has used up, when
                                        that is to be told */
  bl_customer        *moved;         /* shown ones, not yet renewed */
  bl_customer        *moved_known;   /* of these, the first before the call */
  bl_watch           *watched;       /* whom the call has touched; alerts.h */
  uint64_t            has_alerts;    /* or top-ups: somebody has, that was
                                        loaded; */
  uint64_t            has_windows;   /* alerts in windows */
  uint64_t            ties;          /* how often somebody got a parent */
  bl_panel           *panels;        /* of the board; a reset keeps them */
  bl_undo            *undo;          /* newest first */
  bl_arena           *undo_arena;    /* of the call; NULL: nothing is saved */
  uint64_t            serial;        /* of the call */
  size_t              held;          /* of the arena, before the call */
  size_t              waste;         /* left in the arena by undone calls */
};

void bl_tenant_open(bl_tenant *t, bl_str id, const billing_allocator *host);
void bl_tenant_close(bl_tenant *t);
/* Empty again, as before the first entry; id and number stay. */
void bl_tenant_reset(bl_tenant *t);
/* The board does not show the tenant's customers any more. */
void bl_tenant_hide(bl_tenant *t);

/*
 * Saves a struct before its first change in this call.  *touched is its own
 * mark.  When there is no memory to save it, the state becomes stale, so that
 * a failed call folds it again instead of undoing.
 */
void bl_touch(bl_tenant *t, void *at, size_t size, uint64_t *touched);
/*
 * A map may grow: it will be cut back to its present length.  That clears the
 * slots of its table, so a map is never put back as bytes beside it: it stands
 * last in its struct, and the struct is saved up to it.
 */
void bl_touch_map(bl_tenant *t, bl_map *map);
void bl_touch_tally(bl_tenant *t, bl_tally *tally);
void bl_touch_more(bl_tenant *t, bl_tally_more *more);
/* Less of them, for what an event moves: what it is charged under, the counts
 * of the customer, what is free and the accounts of charges, and of a grant
 * what is left and held. */
void bl_touch_charged(bl_tenant *t, bl_tally *tally);
void bl_touch_counts(bl_tenant *t, bl_customer *customer);
void bl_touch_charges(bl_tenant *t, bl_wallet *wallet);
void bl_touch_lot(bl_tenant *t, bl_grant_state *grant);
void bl_touch_customer(bl_tenant *t, bl_customer *customer);
void bl_touch_wallet(bl_tenant *t, bl_wallet *wallet);
/* What the customer can spend may be another figure now; touching it or a
 * wallet of it says so. */
void bl_customer_moves(bl_tenant *t, bl_customer *customer);
void bl_touch_contract(bl_tenant *t, bl_contract *contract);
/* Undo on from here; saved things are the arena's. */
void bl_undo_start(bl_tenant *t, bl_arena *arena);
void bl_undo_all(bl_tenant *t);      /* puts everything back */
/* The state holds something that undo does not know: undone, it is folded
 * again. */
void bl_stale_if_undone(bl_tenant *t);
void bl_undo_forget(bl_tenant *t);   /* the call succeeded */

int bl_list_add(bl_tenant *t, bl_list *list, void *item);
/*
 * Before the item at a place, and out of a place; the others keep their order.
 * The part that is nearer to its end moves, so that a list which grows at one
 * end and shrinks at the other costs little: its items are [first, count).
 */
int bl_list_insert(bl_tenant *t, bl_list *list, size_t place, void *item);
void bl_list_remove(bl_tenant *t, bl_list *list, size_t place);
/* The last item takes the place; returns it, or NULL when that was the last.*/
void *bl_list_take(bl_tenant *t, bl_list *list, size_t place);
void *bl_list_by_number(const bl_list *list, uint64_t number);  /* or NULL */

void *bl_table_at(const bl_table *table, uint64_t number);      /* or NULL */
/* NULL takes it out. */
int   bl_table_put(bl_tenant *t, bl_table *table, uint64_t number, void *item);

/* A customer without anything, under its number; NULL when memory is out. */
bl_customer *bl_customer_make(bl_tenant *t, uint64_t number);
/* It is found by the keyed hash of its id from now on. */
int bl_customer_name(bl_tenant *t, bl_customer *customer,
                     const unsigned char id_hash[16]);

/* Where a window is, or belongs, in the customer's list; NULL: there is none.
 */
bl_limit_window *bl_limit_window_of(const bl_customer *customer,
                                    const bl_fact_count *count, size_t *place);

/* Whether others may have something to do with what the customer can spend. */
static inline int bl_has_family(const bl_customer *customer) {
  return (customer->parent | (customer->liens.count -
                              customer->liens.first)) != 0;
}
/* The customer above, in memory; NULL: none. */
static inline bl_customer *bl_parent_of(const bl_tenant *t,
                                        const bl_customer *customer) {
  return customer->parent ? bl_table_at(&t->by_customer, customer->parent)
                          : NULL;
}

static inline bl_wallet *bl_wallet_of(const bl_customer *customer,
                                      const char asset[16]) {
  for (size_t i = 0; i < customer->wallets.count; i++) {
    bl_wallet *wallet = customer->wallets.item[i];
    if (bl_asset_equal(wallet->asset, asset)) return wallet;
  }
  return NULL;
}
/* The wallet, made when it is missing; NULL when memory is out. */
bl_wallet *bl_wallet_make(bl_tenant *t, bl_customer *customer,
                          const char asset[16]);
/* Whether the contract, or some version of its plan, gives anything. */
int bl_contract_gives(const bl_contract *contract);
/* Where a lot is, or belongs, in a list of grants in the default order. */
size_t bl_lot_place(const bl_list *grants, const bl_lot *lot);
/* Moves what is left in a grant and what is held of it, with all that depends
 * on it: the list of live grants, what is free. */
int bl_grant_move(bl_tenant *t, bl_wallet *wallet, bl_grant_state *grant,
                  bl_dec left, bl_dec held);
/* It ends at another time, and stands elsewhere in the lists for that. */
int bl_grant_extend(bl_tenant *t, bl_wallet *wallet, bl_grant_state *grant,
                    int64_t expires_us);
/* left - held of the wallet's grants that are in effect at the moment. */
bl_dec bl_wallet_free(bl_wallet *wallet, int64_t now_us);
/* A grant has come or its life has ended: what is free is not known. */
void bl_wallet_forget_free(bl_tenant *t, bl_wallet *wallet);
bl_tally *bl_tally_of(const bl_contract *contract, uint64_t price,
                      uint64_t period, bl_str group);
bl_tally *bl_tally_make(bl_tenant *t, bl_contract *contract, uint64_t price,
                        uint64_t period, bl_str group);
/* Its level is measured by these rules from now on; anew: what was known of
 * values is forgotten. */
int bl_tally_measure(bl_tenant *t, bl_tally *tally,
                     const bl_meter_rules *rules, int is_anew);
/* Whether there is usage under the key, be it a level of before. */
static inline int bl_tally_has_usage(const bl_tally *tally) {
  return tally->level.events ||
         (tally->more && !bl_dec_is_zero(tally->more->ticked));
}
/* As if there had been no usage under the key; amounts and draws stay. */
int bl_tally_clear(bl_tenant *t, bl_tally *tally);
/* What is priced of it: its level in the unit that is billed, but for what is
 * priced at a commit rate. */
bl_dec bl_tally_quantity(const bl_tally *tally);
/* The place of a price's commit rate, 0: it has none. */
static inline uint64_t bl_plan_commit(const bl_plan_version *plan,
                                      uint64_t price) {
  return plan->commits ? plan->commits[price] : 0;
}
/* The price that a commit rate stands beside. */
static inline uint64_t bl_plan_list(const bl_plan_version *plan,
                                    uint64_t commit) {
  uint64_t at = 0;

  while (plan->commits[at] != commit) at++;
  return at;
}
/* The key of what is drawn of this one at the commit rate; NULL: there is
 * none yet. */
bl_tally *bl_tally_commit(const bl_tally *tally);
/* The price that has the meter and the tags of what is charged. */
static inline const bl_price *bl_price_named(const bl_price *price) {
  return bl_price_is_commit(price) ? price->beside : price;
}
/* The meter as it is for an event of that time; NULL: it is not there yet. */
static inline const bl_meter *bl_meter_at(const bl_meter_rules *rules,
                                          int64_t us) {
  size_t at = rules->older_count;

  if (us >= rules->from_us) return &rules->meter;
  while (at > 0 && us < rules->older[at - 1].from_us) at--;
  return at > 0 ? &rules->older[at - 1].meter : NULL;
}
/* The rules that a customer was measured by before an entry (INT64_MAX: is
 * measured by now); rules.c. */
const bl_meter_rules *bl_rules_before(const bl_meter_state *meter,
                                      uint64_t customer, int64_t seq);
/* By their number; NULL. */
const bl_meter_rules *bl_rules_numbered(const bl_meter_state *meter,
                                        uint64_t number);
static inline const bl_meter_rules *bl_rules_of(const bl_meter_state *meter,
                                                uint64_t customer) {
  return meter->rules->before ? bl_rules_before(meter, customer, INT64_MAX)
                              : meter->rules;
}
/* Whether a customer is measured by a meter that selects events of that name:
 * by this one name, or by a choice of names. */
int bl_rules_select(const bl_meter_state *meter, uint64_t customer,
                    bl_str name, int is_one_name);
/* Whether somebody has still to come to the newest rules. */
int bl_rules_are_new(const bl_meter_state *meter);
/* The meter of a price as the contract's customer is measured; NULL: a fee. */
static inline const bl_meter *bl_contract_meter(const bl_contract *contract,
                                                uint64_t price) {
  const bl_meter_state *meter = contract->plan->meters[price];

  return meter ? &bl_rules_of(meter, contract->customer->number)->meter
               : NULL;
}
/* The first price of a meter; price_count when the plan has none. */
size_t bl_plan_first(const bl_plan_version *plan, const bl_meter_state *meter);
static inline const bl_price *bl_tally_price(const bl_tally *tally) {
  return &tally->contract->plan->plan.prices[tally->price];
}
/* Not of a key that is known once others are. */
static inline const bl_meter *bl_tally_meter(const bl_tally *tally) {
  assert(!bl_tally_price(tally)->closing);
  return &tally->rules->meter;
}
/* Whether a tick says what is priced of it. */
static inline int bl_tally_ticks(const bl_tally *tally) {
  return bl_tally_price(tally)->closing || bl_tally_meter(tally)->ticks;
}
/* Whether something can be charged under a place in the plan. */
static inline int bl_plan_charges(const bl_plan_version *plan,
                                  uint64_t price) {
  return price < plan->plan.key_count &&
         (plan->meters[price] || plan->plan.prices[price].closing);
}
/* The version of the plan that a price of the contract comes from. */
static inline uint64_t bl_contract_version(const bl_contract *contract,
                                           uint64_t price) {
  const bl_interval *intervals = contract->plan->intervals;

  return intervals ? intervals[price].was.version : contract->plan->version;
}
/* Whether the key only counts the events that a statement groups later: it has
 * no group, and never a figure. */
static inline int bl_tally_is_count(const bl_tally *tally) {
  return !tally->group.len && bl_tally_price(tally)->group_count &&
         bl_tally_meter(tally)->aggregation == BL_AGG_SQL;
}

/* Among the flags of a fact, but of no receipt: its time was left to the call.
 */
#define BL_EVENT_UNTIMED 64u

/* Flags of usage that was recorded and costs nobody anything. */
#define BL_EVENT_UNBILLED                                   \
  (BILLING_RECEIPT_UNMATCHED | BILLING_RECEIPT_UNPRICED |    \
   BILLING_RECEIPT_UNENTITLED)

/* Own numbers of events: shard, entry and place in it. */
#define BL_EVENT_PLACE_BITS 16
static inline uint64_t bl_event_number(int64_t seq, size_t place) {
  return (uint64_t)seq << BL_EVENT_PLACE_BITS | (uint64_t)place;
}
static inline int64_t bl_event_seq(uint64_t number) {
  return (int64_t)(number >> BL_EVENT_PLACE_BITS);
}
static inline size_t bl_event_place(uint64_t number) {
  return (size_t)(number & ((1u << BL_EVENT_PLACE_BITS) - 1));
}

#endif
