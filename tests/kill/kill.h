/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * kill.h - what the parts of the kill test hand to each other.
 *
 *     check.c    counts what held and says what did not
 *     world.c    what is sold, and every event, as functions of a number
 *     shared.c   the file that the processes share, and the database's files
 *     deed.c     one call on the library, from its intention to its answer
 *     worker.c   a process that is going to be killed
 *     model.c    what must be there, in plain C and whole numbers
 *     absorb.c   what the workers wrote down, into the model
 *     compare.c  a database beside the model
 *     rounds.c   kill, look, go on
 *     torn.c     a log whose end is missing
 *     flips.c    a byte that changed
 *     hammer.c   many who spend the same money
 *
 * Only the public interface is used: what is under it may be rebuilt.
 */
#ifndef KILL_H
#define KILL_H

#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "billing.h"

#define PROCESSES 2
#define THREADS 3                       /* the most of one process */
#define SLOTS (PROCESSES * THREADS)     /* a slot: one thread's place */
#define CUSTOMERS 50
#define HOLDERS 40      /* customers from here on have credit for anything,
                           further grants and holds */
#define MODELS 4
#define PERIODS 3
#define GRANTS 3                        /* of each customer, at the start */
#define BATCH 1000                      /* events in the largest call of ours;
                                           a worker's have 1 to 300 */
#define LOG_BYTES ((size_t)16 << 20)
#define LOG_HEAD 32                     /* of SQLite's log */
#define FRAME_HEAD 24                   /* of each page in it */
#define DAY_US INT64_C(86400000000)
#define START_US INT64_C(1767225600000000)      /* 2026-01-01 */
#define PERIOD_US (10 * DAY_US)
#define UNIT INT64_C(1000000000)        /* of our amounts: 10^-9 USD */

/* ---- check.c: what was found out ---------------------------------------- */

/* One statement: passed, or failed with the text printed. */
int check(int is_true, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Details of a statement that is going to fail; the first of them are
 * printed.  `wrongs` counts them all. */
void wrong(const char *format, ...) __attribute__((format(printf, 1, 2)));
extern long wrongs, passed, failed;
/* What goes on, on a terminal only. */
void progress(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The test itself cannot go on. */
_Noreturn void give_up(const char *what);

/* ---- world.c ------------------------------------------------------------ */

/*
 * Everything that is recorded has a number of ours: its kind, the slot that
 * thought of it, and a counter.  Its key and content are functions of that and
 * of the seed, so a log only has to keep numbers.
 */
#define ID_EVENT 1u
#define ID_HOLD 2u       /* a hold, and the event that settles it */
#define ID_GRANT 3u
#define ID_KINDS 4
#define ID(kind, slot, counter) \
  ((uint64_t)(kind) << 56 | (uint64_t)(slot) << 48 | (counter))
#define ID_KIND(id) ((unsigned)((id) >> 56))
#define ID_SLOT(id) ((unsigned)((id) >> 48 & 0xff))
#define ID_COUNTER(id) ((id) & UINT64_C(0xffffffffffff))

#define KEY_BYTES 48
#define PROPERTY_BYTES 160

typedef struct content {
  int      customer;
  int      period;
  int      model;
  int64_t  tokens;
  int64_t  time_us;
} content;

uint64_t mix(uint64_t seed, uint64_t x);     /* a good hash of both */
/* The next of a series of random numbers below `bound`. */
uint64_t roll(uint64_t *series, uint64_t bound);
content content_of(uint64_t seed, uint64_t id);
void key_of(uint64_t seed, uint64_t id, char key[KEY_BYTES]);
void properties_of(const content *c, uint64_t id, char text[PROPERTY_BYTES]);
/* Of grant number `index` of a customer at the start, and of later ones. */
int64_t grant_amount(uint64_t seed, int customer, int index);
int64_t later_amount(uint64_t seed, uint64_t id);
int64_t hold_amount(uint64_t seed, uint64_t id);  /* 0: by an estimate */
/* What `tokens` of one model cost in a period: the plan's three tiers. */
int64_t price_of(int64_t tokens);
/* The tenant, the plan, the customers, their grants. */
int make_world(billing *b, uint64_t seed);

billing_str str(const char *text);
billing_decimal decimal_of(int64_t amount);
/* In our unit; INT64_MIN when it is not a whole number of them. */
int64_t amount_of(const billing_decimal *d);
int64_t amount_of_text(const char *text);
billing_call call_at(int64_t now_us);

/* ---- what the processes share ------------------------------------------ */

#define DEED_RECORD 1u
#define DEED_AUTHORIZE 2u
#define DEED_SETTLE 3u
#define DEED_RELEASE 4u
#define DEED_GRANT 5u
#define DEED_ADVANCE 6u

/* What became of one event, hold or grant. */
typedef struct line {
  uint64_t id;
  uint64_t number;
  int64_t  cost;          /* of a hold: what it holds */
  int64_t  drawn;
  int64_t  left;
  uint32_t status;
  uint16_t flags;
  uint16_t is_fresh;      /* thought of for this call, never sent before */
} line;

/* A call: written down before it is made, its answer after it returned. */
typedef struct deed {
  uint32_t         kind;
  uint32_t         flags;      /* of the call: BILLING_CALL_RELAXED */
  uint32_t         count;
  int64_t          now_us;
  int64_t          expires_us; /* of a hold; 0: when the world ends */
  uint64_t         log_bytes;  /* of the file's log, after the answer */
  uint64_t         log_salt;
  _Atomic uint32_t is_done;    /* the answer is complete */
  line             lines[];
} deed;

typedef struct slot {
  _Atomic uint64_t next[ID_KINDS];   /* counters that are used up */
  _Atomic uint64_t used;             /* bytes of the log */
  _Atomic uint64_t calls;            /* answered, ever */
  _Atomic uint32_t has_fault;
  char             fault[256];
  _Alignas(16) unsigned char log[LOG_BYTES];
} slot;

typedef struct world {
  uint64_t         seed;
  char             path[96];         /* of the database */
  uint32_t         tail_events;
  uint32_t         events_only;      /* no holds, grants, advances */
  int64_t          filter_bytes;
  _Atomic int64_t  clock_us;
  _Atomic uint32_t starts;           /* of workers */
  slot             slots[SLOTS];
} world;

/* ---- shared.c ----------------------------------------------------------- */

/* Makes the shared file at `path`, or finds it. */
world *world_make(const char *path);
world *world_find(const char *path);
void world_forget(world *w);
billing *world_open(const world *w, billing_error *err);
/* Deletes the database and what SQLite puts beside it. */
void remove_database(const char *path);
void copy_database(const char *from, const char *to, int with_log);
/* Out of the index of a log, which is open: where the log ends, and its salt,
 * which is another for each new log. */
void log_end(int index, uint64_t *bytes, uint64_t *salt);
/* A name in the scratch folder. */
void scratch_name(char name[96], const char *what);

/* ---- deed.c ------------------------------------------------------------- */

/* What a thread needs to make calls. */
typedef struct desk {
  const world    *w;
  billing        *b;
  int             index;             /* descriptor of the log's, or -1 */
  char            customers[CUSTOMERS][8];
  billing_error   err;
  billing_event   events[BATCH];
  billing_receipt receipts[BATCH];
  char            keys[BATCH][KEY_BYTES];
  char            properties[BATCH][PROPERTY_BYTES];
} desk;

desk *desk_open(const world *w, billing *b);
/* After the handle: closing the index lets go of this process's locks. */
void desk_close(desk *d);
/* Makes the call, as often as it is busy, and fills its lines. */
int desk_do(desk *d, deed *what);
deed *deed_new(uint32_t kind, uint32_t count);   /* calloc */

/* ---- worker.c ----------------------------------------------------------- */

int worker_main(const char *path, int process);

/* ---- model.c ------------------------------------------------------------ */

/* What is known of one event, hold or grant. */
typedef struct known {
  uint64_t id;
  uint64_t number;
  int64_t  cost, drawn, left;
  int64_t  before;        /* what the customer had drawn before this event */
  uint64_t hold;          /* number of the hold, 0: not there */
  int64_t  held;
  int64_t  expires_us;
  uint32_t news;          /* answers that said NEW */
  uint16_t flags;
  uint8_t  is_shared;     /* sent by more than the deed that thought of it */
  uint8_t  status;        /* of a hold: BILLING_HOLD_* */
} known;

typedef struct tally {
  int64_t tokens, events, amount, drawn;
} tally;

typedef struct wallet {
  int64_t granted, cost, drawn;
  int64_t grants[GRANTS];       /* amounts, in the order of priority */
} wallet;

typedef struct shelf {          /* all of one kind and slot, by counter */
  known *items;
  size_t count, room;
} shelf;

typedef struct model {
  uint64_t  seed;
  shelf     shelves[ID_KINDS][SLOTS];
  tally     tallies[CUSTOMERS][PERIODS][MODELS];
  wallet    wallets[CUSTOMERS];
  uint64_t *order;              /* ids of the events that are there; those
                                   that are folded by their own numbers */
  size_t    count, room;
  size_t    folded;
  uint64_t  read[SLOTS];        /* bytes of the logs that were absorbed */
} model;

void model_open(model *m, uint64_t seed);
void model_close(model *m);
known *model_at(model *m, uint64_t id);          /* made when it is missing */
/* Takes over an answer; what contradicts an earlier one is wrong. */
void model_answer(model *m, const deed *d, const line *l);
/* Folds the events that were learned since the last time, in the order of
 * their own numbers; costs and draws that are not the law's are wrong. */
void model_fold(model *m);
/* The totals of the first `count` events alone. */
void model_refold(model *m, size_t count);
/* The part of an event's draws that the customer's first grants paid; the rest
 * is owed. */
void model_draws(model *m, const known *k, int64_t draws[GRANTS]);
/* The event with this number of its own, or NULL. */
const known *model_find(model *m, uint64_t number);
/* What open holds reserve, by customer. */
void model_held(const model *m, int64_t now_us, int64_t held[CUSTOMERS]);

/* ---- absorb.c ----------------------------------------------------------- */

/* Calls that had no answer when their process was killed. */
typedef struct pending {
  deed  **deeds;
  size_t  count, room;
  long    there, missing;       /* had happened; had not */
} pending;

/* The deed of a slot's log at *at, which is moved on; NULL at its end. */
deed *next_deed(world *w, int place, uint64_t *at);
/* Reads the logs from where it stopped. */
void absorb(model *m, world *w, pending *p);
/* Makes the pending calls again and takes the answers over. */
void resolve(model *m, desk *d, pending *p);
void pending_free(pending *p);

/* ---- compare.c ---------------------------------------------------------- */

/* Whether verify answers, and says ok; *events, when not NULL, its count. */
int is_verified(billing *b, int64_t now_us, int64_t *events);
/* Usage, balances, grants of every customer: what differs is wrong. */
void compare_totals(model *m, billing *b, int64_t now_us);
/* Holds that are open, and one of `share` others. */
void compare_holds(model *m, billing *b, int64_t now_us, uint64_t *series,
                   uint64_t share);
/* The pages of a customer's events. */
void compare_events(model *m, billing *b, int customer, int64_t now_us);
/* Numbers without a gap. */
void compare_invoices(billing *b, int64_t now_us);
/* The draws of some events. */
void compare_draws(model *m, billing *b, uint64_t *series, size_t count);
/* Sends events again.  SAME: the answers must be the known ones.  NEW: none of
 * them is there, and they must cost what they are known to cost. */
void compare_resends(model *m, desk *d, const uint64_t *ids, size_t count,
                     uint32_t status, int64_t now_us);

/* ---- the parts ---------------------------------------------------------- */

typedef struct programme {
  const char *self;             /* this program */
  uint64_t    seed;
  long        kills;
  int         is_full;
} programme;

/* Starts a worker as process 0 or 1; its id. */
int start_worker(const programme *p, const char *shared, int process);
/* Kills it and sees that it was alive until then. */
void kill_worker(int id);
/* What a worker complained about. */
void check_faults(const world *w);
void run_rounds(const programme *p);
void run_torn(const programme *p);
void run_flips(const programme *p);
void run_hammer(const programme *p);
/* A process of it. */
int hammer_main(const char *path, int process);

#endif
