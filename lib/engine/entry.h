/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * entry.h - the entries of the journal: what each kind says, and its bytes.
 *
 * An entry records decisions, not requests: quantities, charges, draws and
 * period bounds as they were decided.  It has two parts, hashed apart.  The
 * facts are what the fold needs and name customers by number; the properties
 * hold what is personal (ids, names, keys, event properties) and can be
 * redacted without breaking the chain.
 *
 * One function per kind codes its facts in both directions, so that writer
 * and reader cannot disagree.
 */
#ifndef BL_ENTRY_H
#define BL_ENTRY_H

#include "base/pack.h"
#include "base/span.h"
#include "contract/contract.h"
#include "crypto/crypto.h"
#include "facts.h"

enum {
  BL_ENTRY_TENANT = 1,
  BL_ENTRY_DOCUMENT = 2,
  BL_ENTRY_EVENTS = 3,
  BL_ENTRY_GRANT = 4,
  BL_ENTRY_HOLD = 5,
  BL_ENTRY_HOLD_END = 6,
  BL_ENTRY_GRANT_EXPIRED = 7,
  BL_ENTRY_PERIODS = 8,
  BL_ENTRY_INVOICE = 9,
  BL_ENTRY_REDACTION = 10,
  BL_ENTRY_TICKS = 11,
  BL_ENTRY_VOID = 12,
  BL_ENTRY_RERATE = 13,
  BL_ENTRY_GRANT_CHANGE = 14,
  /* 16 to 19 are reserved for leases. */
  BL_ENTRY_PARKED = 15,
  BL_ENTRY_STREAM = 20,
  BL_ENTRY_TOLD = 21,
  BL_ENTRY_HOLD_EXTENDED = 23,
  BL_ENTRY_COUNTED = 24,
  BL_ENTRY_OUTBOX_DONE = 25,
  BL_ENTRY_TOP_UP = 26,
  BL_ENTRY_ALERT = 27,
  BL_ENTRY_FAMILY = 28,
  /* The index of entries has room for kinds below 32. */
  BL_ENTRY_KINDS
};
#define BL_ENTRY_VERSION 1

typedef struct bl_entry {
  int64_t       seq;
  int64_t       kind;
  int64_t       version;
  int64_t       critical;
  int64_t       at_us;
  bl_str        facts;
  bl_str        properties;
  unsigned char properties_hash[32];   /* of the properties as written */
  unsigned char hash[32];
} bl_entry;

/* Reads a row of the journal; texts stay the row's.  CORRUPT. */
int bl_entry_of_row(const billing_value *row, bl_entry *out);
/* The hash that the entry must have after `before`. */
void bl_entry_hash(const bl_entry *entry, int64_t tenant, int64_t shard,
                   const unsigned char before[32], unsigned char out[32]);

/* Codes in one direction: to is set when writing, from when reading. */
typedef struct bl_codec {
  bl_text   *to;
  bl_unpack *from;
  bl_arena  *arena;       /* reading: where texts and arrays are copied */
  uint32_t   failed;      /* sticky: NOMEM */
  uint32_t   reserved;
} bl_codec;

enum { BL_KIND_TENANT, BL_KIND_CUSTOMER, BL_KIND_METER, BL_KIND_PLAN,
       BL_KIND_CONTRACT, BL_KIND_FEATURE, BL_KINDS };

/* Another name of a customer, for its events of some time. */
typedef struct bl_fact_alias {
  unsigned char hash[16];      /* as of an id */
  bl_span       span;
  uint64_t      is_new;        /* this entry first gives it to the customer */
} bl_fact_alias;

/* A price of a version of a plan, for a while. */
typedef struct bl_fact_interval {
  uint64_t version;
  uint64_t price;              /* its place there */
  bl_span  span;
} bl_fact_interval;

typedef struct bl_fact_document {
  uint64_t      kind;          /* BL_KIND_* */
  uint64_t      number;        /* our own, per kind */
  uint64_t      version;
  uint64_t      archived;
  uint64_t      customer;      /* contract: number of its customer */
  uint64_t      parent;        /* customer: its parent's number; 0: none */
  uint64_t      plan_version;  /* contract */
  bl_span       term;          /* contract: start and end, resolved */
  int64_t       anchor_us;     /* contract, resolved */
  int64_t       versions_us;   /* contract: since when it has its version of
                                  the plan, or follows it */
  unsigned char id_hash[16];   /* customer: keyed hash of its id */
  bl_fact_alias *aliases;      /* customer */
  size_t        alias_count;
  bl_span      *overrides;     /* contract: when each holds, resolved */
  size_t        override_count;
  bl_fact_interval *intervals; /* contract: its timeline; none: the prices of
                                  plan_version */
  size_t        interval_count;
  bl_str        id;            /* empty for a customer */
  bl_str        json;          /* empty for a customer; a contract's without
                                  its customer */
  /* properties */
  bl_str        own_id;        /* customer */
  bl_str        own_json;      /* customer */
} bl_fact_document;

typedef struct bl_fact_grant {
  uint64_t      number;
  uint64_t      customer;
  bl_dec        amount;
  bl_dec        cost;
  bl_str        asset;
  bl_str        cost_asset;
  int64_t       effective_us;
  int64_t       expires_us;
  int64_t       priority;
  uint64_t      origin;
  uint64_t      is_promotional;    /* booked as promotion, not as funding */
  uint64_t      from;          /* the grant that it was a part of; 0: none */
  uint64_t      contract;      /* whose allowance it is; 0: none: */
  bl_str        allowance;     /* its id */
  uint64_t      turn;          /* how often it was given before */
  bl_period     period;        /* that it is given for */
  bl_str        scope;         /* JSON or empty */
  unsigned char key_hash[16];
  uint64_t      content;
  /* properties */
  bl_str        key;
  bl_str        name;
} bl_fact_grant;

/* What is done to a grant. */
typedef struct bl_fact_grant_change {
  uint64_t      customer;
  uint64_t      grant;
  uint64_t      change;        /* BL_CHANGE_* */
  bl_dec        amount;        /* that leaves the grant */
  bl_dec        cost;          /* the share that was paid for it */
  int64_t       expires_us;    /* when it ends from now on */
  uint64_t      to;            /* the grant that it becomes, in an entry that
                                  follows; 0: none */
  uint64_t      to_customer;
  unsigned char key_hash[16];  /* zeros: nobody asked for it */
  uint64_t      content;
  /* properties */
  bl_str        key;
} bl_fact_grant_change;

/* The quantity that a hold reserves under one charge key. */
typedef struct bl_fact_part {
  uint64_t contract;
  uint64_t price;
  uint64_t period;
  bl_str   group;
  bl_dec   quantity;
} bl_fact_part;

/* What goes into a window of a limit: by events, or held. */
typedef struct bl_fact_count {
  uint64_t      customer;
  uint64_t      limit;         /* print of the limit and whose it is */
  unsigned char key[16];       /* keyed hash of the properties it goes by; zero
                                  when by none */
  bl_span       span;
  int64_t       until_us;      /* it counts no more from then on */
  bl_dec        amount;        /* or quantity */
} bl_fact_count;

/* What the entry `seq`, of events or a void, has counted. */
typedef struct bl_fact_counted {
  int64_t        seq;
  bl_fact_count *items;
  size_t         count;
} bl_fact_counted;

/* What a hold reserves in one asset. */
typedef struct bl_fact_held {
  char   asset[16];
  bl_dec held;                 /* in grants; the draws say in which */
  bl_dec overdraft;
} bl_fact_held;

typedef struct bl_fact_hold {
  uint64_t      number;
  uint64_t      customer;
  int64_t       expires_us;
  bl_dec        value;         /* that the last estimate was held for; of an
                                  amount, how much of it */
  bl_fact_held *assets;        /* each once */
  size_t        asset_count;
  bl_draw      *draws;
  size_t        draw_count;
  bl_fact_part *parts;
  size_t        part_count;
  bl_fact_count *counts;       /* of its customer, and of those above it */
  size_t        count_count;
  uint64_t      flags;         /* BILLING_HOLD_OVER_LIMIT */
  unsigned char key_hash[16];
  uint64_t      content;
  /* properties */
  bl_str        key;
} bl_fact_hold;

typedef struct bl_fact_hold_end {
  uint64_t customer;
  uint64_t number;
  uint64_t status;             /* BILLING_HOLD_* */
  uint64_t event;              /* that settled it: the first of the events
                                  that follow */
  uint64_t is_late;            /* it had expired before, and is settled now */
  int64_t  expires_us;         /* after all extensions */
} bl_fact_hold_end;

typedef struct bl_fact_hold_extended {
  uint64_t customer;
  uint64_t number;
  int64_t  expires_us;
} bl_fact_hold_extended;

typedef struct bl_fact_grant_expired {
  uint64_t customer;
  uint64_t number;
  bl_dec   left;
} bl_fact_grant_expired;

typedef struct bl_fact_period {
  uint64_t  customer;
  uint64_t  contract;
  uint64_t  index;
  bl_period period;
  uint64_t  zone_print;        /* of the zone's rules it was cut by */
} bl_fact_period;

/* Periods that one call opens, of any contracts. */
typedef struct bl_fact_periods {
  bl_fact_period *items;
  size_t          count;
} bl_fact_periods;

typedef struct bl_fact_line {
  uint64_t is_fee;
  uint64_t price;              /* index in the plan */
  uint64_t period;
  bl_str   group;
  bl_dec   quantity;
  bl_dec   amount;
  bl_dec   drawn;
  bl_dec   due;
  int64_t  numerator;
  int64_t  denominator;
  uint64_t is_late;
  uint64_t events;
  uint64_t first_event;
  uint64_t last_event;
  bl_draw *draws;              /* by grant, since the last billing */
  size_t   draw_count;
  bl_dec   bound;              /* the least or the most; 0: none */
  uint64_t converted;          /* the number of the line that what is open is
                                  carried on to; 0: it is due here */
  char     into[16];           /* not empty: a conversion of what is open in
                                  the asset of the price, its quantity */
  bl_dec   rate;
  int64_t  since_us;           /* of the rate */
  uint64_t is_inverse;         /* divided by */
} bl_fact_line;

typedef struct bl_fact_invoice {
  uint64_t      number;        /* 0: nothing to bill, only the closing */
  uint64_t      customer;
  uint64_t      contract;
  int64_t       issued_us;
  uint64_t      closes;        /* 1 + index of the period closed, 0: none */
  uint64_t      advances;      /* 1 + index of the period billed in advance */
  bl_fact_line *lines;
  size_t        line_count;
  /* properties */
  bl_str        customer_id;
  bl_str        customer_name;
} bl_fact_invoice;

typedef struct bl_fact_redacted {
  int64_t       seq;
  unsigned char before[32];
  unsigned char after[32];
} bl_fact_redacted;

typedef struct bl_fact_redaction {
  uint64_t          customer;
  bl_str            reason;
  uint64_t          parked;    /* events that waited for the customer */
  bl_fact_redacted *entries;
  size_t            entry_count;
} bl_fact_redaction;

/* What was spent under a price, as a composite, a minimum or a maximum counts
 * it. */
typedef struct bl_fact_spend {
  uint64_t price;
  bl_dec   amount;
} bl_fact_spend;

/* What a charge key has come to at a tick. */
typedef struct bl_fact_tick {
  uint64_t price;
  uint64_t period;
  bl_str   group;
  bl_dec   quantity;           /* priced, in all */
  bl_dec   amount;             /* what is charged beyond what was */
  bl_draw *draws;
  size_t   draw_count;
  bl_dec   bound;              /* the least or the most, 0: none; and its */
  int64_t  numerator;          /* share of the period */
  int64_t  denominator;
  bl_fact_spend *spend;        /* what it was made of */
  size_t   spend_count;
} bl_fact_tick;

typedef struct bl_fact_ticks {
  uint64_t      customer;
  uint64_t      contract;
  bl_fact_tick *items;
  size_t        count;
} bl_fact_ticks;

/* What is left of a charge key without an event. */
typedef struct bl_fact_undone {
  uint64_t      contract;
  uint64_t      price;
  uint64_t      period;
  bl_str        group;
  bl_dec        quantity;      /* what the level moves by */
  int64_t       at_us;         /* latest, earliest: time of the event that
                                  sets the level now */
  bl_dec        amount;
  bl_draw      *draws;
  size_t        draw_count;
  uint64_t      has_value;     /* unique: the latest operation on the value */
  unsigned char value[16];
  int64_t       value_us;
  uint64_t      is_removal;    /* also when there is none at all */
} bl_fact_undone;

typedef struct bl_fact_void {
  uint64_t        customer;
  uint64_t        event;       /* its own number */
  int64_t         time_us;     /* its own */
  uint64_t        event_flags; /* of its receipt */
  uint64_t        flags;       /* of this one */
  bl_dec          balance;     /* as in an event */
  bl_fact_undone *items;
  size_t          count;
} bl_fact_void;

/* What a charge key has come to by events that were decided anew. */
typedef struct bl_fact_rekeyed {
  uint64_t contract;
  uint64_t price;
  uint64_t period;
  bl_str   group;
  bl_level level;
  uint64_t first_event;
  uint64_t last_event;
  bl_dec   amount;             /* what is charged beyond what was */
  bl_draw *draws;
  size_t   draw_count;
} bl_fact_rekeyed;

/* What an event gives to a charge key. */
typedef struct bl_fact_resampled {
  uint64_t      key;           /* place in the entry's list of keys */
  bl_dec        sample;
  uint64_t      has_unique;    /* unique: the hash of the value */
  unsigned char unique[16];
  uint64_t      is_removal;
} bl_fact_resampled;

typedef struct bl_fact_redecided {
  uint64_t           event;    /* its own number */
  int64_t            time_us;
  uint64_t           flags;    /* of BL_EVENT_UNBILLED, what holds now */
  bl_fact_resampled *samples;
  size_t             count;
} bl_fact_redecided;

/*
 * Recorded events of a customer that were decided anew: of every key of the
 * meter whose period ends after since_us, all of its events.  Events before
 * the entry that are not in the list give these keys nothing any more.
 *
 * Of a contract whose prices have changed for the past: only its own keys, and
 * `version` says which of its documents did it, or, with a plan, which version
 * of that.
 *
 * Of customer 0, how far a rebuild has come: customers up to `through` are
 * measured by the meter's rules of this number, or have the versions of the
 * plan up to this one.
 */
typedef struct bl_fact_rerate {
  uint64_t           customer;
  uint64_t           meter;    /* its own number; 0: of all meters */
  uint64_t           rules;    /* of the meter, their number */
  uint64_t           contract; /* 0: of all contracts */
  uint64_t           plan;     /* its own number; 0: not by a plan */
  uint64_t           version;
  uint64_t           through;  /* customer 0 */
  int64_t            since_us;
  bl_span            times;    /* of the events */
  int64_t            unmatched;    /* what the counts move by */
  int64_t            unpriced;
  int64_t            unentitled;
  bl_fact_rekeyed   *keys;
  size_t             key_count;
  bl_fact_redecided *events;   /* by number */
  size_t             event_count;
} bl_fact_rerate;

/* An event whose customer nobody knows. */
typedef struct bl_fact_parked {
  unsigned char id_hash[16];   /* of the customer's id, or alias */
  uint64_t      key_print;     /* of its key, as the index of keys has it */
  int64_t       time_us;
  uint64_t      flags;         /* BL_EVENT_UNTIMED */
  /* properties; empty when it was erased */
  bl_str        key;
  bl_str        customer;
  bl_str        name;
  bl_str        properties;
  uint64_t      has_value;
  bl_dec        value;
} bl_fact_parked;

typedef struct bl_fact_parkings {
  bl_fact_parked *items;
  size_t          count;
} bl_fact_parkings;

/* Where a stream of events stands after the batch before it. */
typedef struct bl_fact_stream {
  bl_str         name;
  bl_str         header;       /* JSON, or empty */
  uint64_t       is_inside;    /* of a line that was refused */
  billing_stream at;
} bl_fact_stream;

/* What the outbox has told is done, up to a row. */
typedef struct bl_fact_outbox_done {
  uint64_t through;
} bl_fact_outbox_done;

/* A figure has come to a threshold. */
typedef struct bl_fact_alert {
  uint64_t customer;
  uint64_t contract;           /* 0: the tenant's */
  bl_str   id;
  bl_str   asset;
  bl_str   meter;
  uint64_t of;                 /* BL_ALERT_* */
  bl_dec   at;
  bl_dec   value;
  uint64_t print;              /* of one with a band; 0: it has none */
  uint64_t is_back;            /* the figure has recovered */
} bl_fact_alert;

/* Something that the tenant asked to be told of. */
typedef struct bl_fact_told {
  uint64_t customer;
  uint64_t topic;              /* BL_TELL_* */
  uint64_t number;             /* of the grant, or the contract */
  int64_t  at_us;              /* when it ends or began; 0: now */
  bl_dec   left;
  uint64_t print;              /* by which it is known that it was; 0: that is
                                  seen from something else */
  int64_t  until_us;           /* so long it must be known */
} bl_fact_told;

/* What has become of a top-up.  One of the first three waits for something;
 * after the others its rule may ask again. */
enum { BL_TOP_UP_WANTED,       /* a payment is awaited until then */
       BL_TOP_UP_FAILED,       /* it is asked for again then */
       BL_TOP_UP_PAUSED,       /* it failed for good: nothing is asked for */
       BL_TOP_UP_PAID,
       BL_TOP_UP_VOID,         /* given up */
       BL_TOP_UP_RESUMED,      /* after a pause */
       BL_TOP_UP_SKIPPED,      /* the schedule had nothing to ask for */
       BL_TOP_UP_STATES };

/* A top-up, with all that it asks for and gives: nothing else has to be known
 * to take its payment. */
typedef struct bl_fact_top_up {
  uint64_t number;             /* row of the first entry; 0: it is this one */
  uint64_t customer;
  uint64_t contract;           /* 0: the customer's own rule */
  bl_str   id;                 /* of the rule */
  uint64_t state;              /* BL_TOP_UP_* */
  uint64_t attempt;            /* from 1 */
  int64_t  until_us;
  int64_t  due_us;             /* of a schedule; 0: none */
  bl_str   asset;
  bl_dec   left;               /* in grants, when it was asked for */
  bl_dec   amount;
  bl_dec   bonus;
  bl_str   charge_asset;
  bl_dec   charge;             /* what the amount costs, */
  bl_dec   fee;                /* and what is paid beside that */
  int64_t  given_us;           /* how long its grant lasts; 0: for ever */
  int64_t  priority;
  bl_str   scope;
  bl_str   name;
  uint64_t grant;              /* paid: what it gave; 0: none */
  uint64_t bonus_grant;
  uint64_t is_lapsed;          /* failed: nobody answered */
  unsigned char key_hash[16];  /* zeros: nobody asked for it */
  uint64_t content;
  /* properties */
  bl_str   key;
  bl_str   reason;             /* in the host's words */
} bl_fact_top_up;
/* What a customer does to one above it in its family. */
enum { BL_KIN_TIE,             /* it stands below it: `height` */
       BL_KIN_DRAWN,           /* it draws from its grants, or gives back */
       BL_KIN_HELD };          /* a hold reserves of its grants, and of its
                                  limits; without any it has ended */
typedef struct bl_fact_kin {
  uint64_t       owner;        /* whose grants and limits they are */
  uint64_t       customer;
  uint64_t       what;         /* BL_KIN_* */
  uint64_t       height;       /* so many generations are below the owner */
  uint64_t       hold;
  int64_t        expires_us;   /* of the hold */
  bl_draw       *draws;
  size_t         draw_count;
  bl_fact_count *counts;
  size_t         count_count;
} bl_fact_kin;

/* What the entry `seq` does to others of its customer's family. */
typedef struct bl_fact_family {
  int64_t      seq;
  bl_fact_kin *items;
  size_t       count;
} bl_fact_family;

/* What an entry of any kind but events says. */
typedef union bl_entry_facts {
  bl_fact_document      document;
  bl_fact_grant         grant;
  bl_fact_grant_change  grant_change;
  bl_fact_hold          hold;
  bl_fact_hold_end      hold_end;
  bl_fact_hold_extended hold_extended;
  bl_fact_counted       counted;
  bl_fact_grant_expired grant_expired;
  bl_fact_periods       periods;
  bl_fact_invoice       invoice;
  bl_fact_redaction     redaction;
  bl_fact_ticks         ticks;
  bl_fact_void          undone;
  bl_fact_stream        stream;
  bl_fact_parkings      parkings;
  bl_fact_rerate        rerate;
  bl_fact_outbox_done   outbox_done;
  bl_fact_alert         alert;
  bl_fact_top_up        top_up;
  bl_fact_told          told;
  bl_fact_family        family;
} bl_entry_facts;

/* Reads it; lists are the arena's, texts the entry's.  Properties that were
 * redacted read as empty texts.  NOTFOUND for kinds that have no facts of
 * their own, CORRUPT. */
int bl_entry_read(const bl_entry *entry, bl_arena *a, bl_entry_facts *out);

/* Facts of each kind, in both directions; `properties` likewise, NULL for a
 * kind that has none. */
void bl_code_document(bl_codec *facts, bl_codec *properties,
                      bl_fact_document *f);
void bl_code_grant(bl_codec *facts, bl_codec *properties, bl_fact_grant *f);
void bl_code_grant_change(bl_codec *facts, bl_codec *properties,
                          bl_fact_grant_change *f);
void bl_code_hold(bl_codec *facts, bl_codec *properties, bl_fact_hold *f);
void bl_code_hold_end(bl_codec *facts, bl_codec *properties,
                      bl_fact_hold_end *f);
void bl_code_hold_extended(bl_codec *facts, bl_codec *properties,
                           bl_fact_hold_extended *f);
void bl_code_count(bl_codec *facts, bl_fact_count *f);
void bl_code_counted(bl_codec *facts, bl_codec *properties,
                     bl_fact_counted *f);
void bl_code_grant_expired(bl_codec *facts, bl_codec *properties,
                           bl_fact_grant_expired *f);
void bl_code_periods(bl_codec *facts, bl_codec *properties,
                     bl_fact_periods *f);
void bl_code_invoice(bl_codec *facts, bl_codec *properties,
                     bl_fact_invoice *f);
void bl_code_redaction(bl_codec *facts, bl_codec *properties,
                       bl_fact_redaction *f);
void bl_code_undone(bl_codec *facts, bl_codec *properties, bl_fact_void *f);
void bl_code_ticks(bl_codec *facts, bl_codec *properties, bl_fact_ticks *f);
void bl_code_rerate(bl_codec *facts, bl_codec *properties,
                    bl_fact_rerate *f);
void bl_code_parkings(bl_codec *facts, bl_codec *properties,
                      bl_fact_parkings *f);
void bl_code_outbox_done(bl_codec *facts, bl_codec *properties,
                         bl_fact_outbox_done *f);
void bl_code_alert(bl_codec *facts, bl_codec *properties, bl_fact_alert *f);
void bl_code_told(bl_codec *facts, bl_codec *properties, bl_fact_told *f);
/* properties may be NULL: then it has none. */
void bl_code_top_up(bl_codec *facts, bl_codec *properties,
                    bl_fact_top_up *f);
void bl_code_content(bl_codec *c, uint64_t *content);
void bl_code_stream(bl_codec *facts, bl_codec *properties,
                    bl_fact_stream *f);
void bl_code_kin(bl_codec *facts, bl_fact_kin *kin);
void bl_code_family(bl_codec *facts, bl_codec *properties,
                    bl_fact_family *f);

void bl_code_u64(bl_codec *c, uint64_t *v);
void bl_code_i64(bl_codec *c, int64_t *v);
void bl_code_dec(bl_codec *c, bl_dec *v);
void bl_code_str(bl_codec *c, bl_str *s);
/* A hash of 16 or 32 bytes, without its length. */
void bl_code_hash(bl_codec *c, unsigned char *hash, size_t len);
void bl_code_span(bl_codec *c, bl_span *s);
void bl_code_draws(bl_codec *c, bl_draw **draws, size_t *count);
/* The length of an array that follows, and room for it when reading. */
void *bl_code_array(bl_codec *c, void *items, size_t *count, size_t size);
/* NOMEM, CORRUPT (reading: not wholly used or malformed) or OK. */
int  bl_codec_done(const bl_codec *c);

#endif
