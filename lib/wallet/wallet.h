/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* wallet.h - charge -> draw. */
#ifndef BL_WALLET_H
#define BL_WALLET_H

#include "catalog/catalog.h"
#include "facts.h"

/* One grant as burndown sees it. */
typedef struct bl_lot {
  uint64_t        number;
  int32_t         priority;
  uint32_t        is_promotional;
  uint32_t        has_cost;      /* its cost basis is above zero */
  uint32_t        is_void;       /* it pays nothing any more */
  uint32_t        is_rolled_over;
  uint32_t        distance;      /* generations up to whose it is; 0: own */
  int64_t         effective_us;
  int64_t         expires_us;    /* exclusive; BL_TIME_NEVER */
  int64_t         created_us;
  bl_dec          left;          /* by the journal's time */
  bl_dec          held;          /* of that, by open holds */
  bl_str          name;
  const bl_scope *scope;         /* NULL: everything */
  char            asset[16];
} bl_lot;

/* What is to be paid, as far as eligibility asks. */
typedef struct bl_use {
  bl_str  meter;                 /* ids; empty for none */
  bl_str  price;
  bl_str  contract;
  int64_t time_us;               /* the event's time */
  char    asset[16];
  bl_str  customer;              /* empty: not asked for */
  const bl_str *tags;            /* of the price */
  size_t  tag_count;
  bl_named_list values;          /* of the group */
  uint32_t rate;                 /* BL_USE_*: of which lots */
  uint32_t reserved;
} bl_use;
/* Any lot; where a price has a commit rate, those that draw at the list price
 * pay that, and those that draw at the commit rate this. */
enum { BL_USE_ANY, BL_USE_LIST, BL_USE_COMMIT };

/* BL_RATE_*: at which it draws, where a price has two. */
static inline uint32_t bl_lot_rate(const bl_lot *lot) {
  return lot->scope ? lot->scope->rate : BL_RATE_LIST;
}
/* Whether the lot may pay this use: asset, time in [effective, expires),
 * scope.  Says nothing about what is left. */
int bl_lot_pays(const bl_lot *lot, const bl_use *use);
/* How many things a scope names; 0 (no scope) sorts as the widest. */
size_t bl_scope_width(const bl_scope *scope);
/* Whether a lot of this scope pays for whatever its customer uses. */
int bl_scope_is_open(const bl_scope *scope);
/* Whether a customer below the lot's own may draw from it. */
int bl_scope_shares(const bl_scope *scope, uint64_t customer);

/* The burndown order: < 0 when a is drawn before b, never 0 for different
 * numbers.  *decided, when not NULL, becomes the key that decided. */
int bl_order_compare(const bl_order *order, const bl_lot *a, const bl_lot *b,
                     uint32_t *decided);
/* Sorts pointers to lots, first drawn first (insertion or merge; stable). */
void bl_order_sort(const bl_order *order, bl_lot **lots, size_t count);
const char *bl_order_key_name(uint32_t key);

/*
 * Splits an amount > 0 over sorted lots that pay this use, each up to
 * left - held; what remains is the last draw, with grant 0.  `draws` has room
 * for count + 1.  Returns how many were made.  Lots are not changed.
 */
size_t bl_burndown(bl_lot *const *lots, size_t count, const bl_use *use,
                   bl_dec amount, bl_draw *draws);

/*
 * Gives an amount > 0 back from a charge key's stack of draws, the newest
 * first, as negative draws.  The stack holds what is still drawn (what was
 * given back has been taken off it).  `draws` has room for count.  Returns how
 * many; gives back at most what the stack holds.
 */
size_t bl_burndown_back(const bl_draw *stack, size_t count, bl_dec amount,
                        bl_draw *draws);

/* What of an amount that is left outlives its grant, below a limit
 * (rollover.c). */
bl_dec bl_rollover(bl_dec left, bl_dec share, bl_dec most);

/* ---- ledger ---- */

/* The accounts of a customer in an asset.  Positive is debit. */
enum { BL_ACCOUNT_DEFERRED,      /* revenue that is not earned yet: what is
                                    left of grants that were paid for */
       BL_ACCOUNT_CREDIT,        /* what is left of those that were given */
       BL_ACCOUNT_UNBILLED,      /* priced, not covered, not invoiced */
       BL_ACCOUNT_RECEIVABLE,    /* invoiced */
       BL_ACCOUNT_REVENUE,
       BL_ACCOUNT_FUNDING,       /* money that came in for bought grants */
       BL_ACCOUNT_PROMOTION,     /* what promotional grants cost us */
       BL_ACCOUNT_BREAKAGE,      /* credit that expired unused */
       BL_ACCOUNT_ROUNDING,      /* what rounding of lines moved */
       BL_ACCOUNT_TAX,           /* nothing posts there yet */
       BL_ACCOUNT_EXCHANGE,      /* what was converted into another asset */
       BL_ACCOUNT_FAMILY,        /* what grants of others have paid for this
                                    customer, less what its own paid for
                                    others: over a family it is zero */
       BL_ACCOUNTS };
const char *bl_account_name(uint32_t account);
int bl_account_of_name(bl_str name);          /* or -1 */

typedef struct bl_posting {
  uint64_t customer;             /* own number */
  uint32_t account;              /* BL_ACCOUNT_* */
  uint32_t reserved;
  bl_dec   amount;
  char     asset[16];
} bl_posting;

/*
 * The posting groups of each fact (ledger.c).  Each writes at most 4 postings
 * of one asset that add up to zero, without customer and asset, and returns
 * how many; zero amounts are left out.  What a grant has left stands in
 * deferred when it was paid for, and in credit when it is promotional.
 *
 *   grant      deferred -a, funding +a; or credit -a, promotion +a
 *   charge     deferred +bought, credit +given, revenue -amount,
 *              unbilled +(amount - bought - given)
 *   fee        unbilled +amount, revenue -amount: bl_ledger_charge with
 *              nothing drawn
 *   line       receivable +due, unbilled -(amount - drawn), rounding -rest
 *   converted  unbilled -open, exchange +open
 *   conversion receivable +due, exchange -amount, rounding -rest
 *   expiry     deferred or credit +left, breakage -left
 *   top-up fee funding +fee, revenue -fee
 *   lend       deferred or credit +a, family -a: a customer below draws a
 *   borrow     family +a, unbilled -a: that one's side of it
 *
 * What leaves a grant otherwise than by expiry is posted as a grant of less
 * than nothing.
 */
size_t bl_ledger_grant(bl_dec amount, int is_promotional, bl_posting *out);
/* drawn[0] of it from grants that were paid for, [1] from promotional ones. */
size_t bl_ledger_charge(bl_dec amount, const bl_dec drawn[2],
                        bl_posting *out);
size_t bl_ledger_line(bl_dec amount, bl_dec drawn, bl_dec due,
                      bl_posting *out);
size_t bl_ledger_converted(bl_dec open, bl_posting *out);
size_t bl_ledger_conversion(bl_dec amount, bl_dec due, bl_posting *out);
size_t bl_ledger_expiry(bl_dec left, int is_promotional, bl_posting *out);
/* What is paid beside a top-up. */
size_t bl_ledger_fee(bl_dec fee, bl_posting *out);
size_t bl_ledger_lend(bl_dec amount, int is_promotional, bl_posting *out);
size_t bl_ledger_borrow(bl_dec amount, bl_posting *out);

#endif
