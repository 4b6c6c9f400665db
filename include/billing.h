/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * billing.h - meter, price, burn down, invoice.
 *
 * This file is the whole interface: what is not declared here is not part of
 * the library.  It is meant to be read from top to bottom; its sections
 * follow one fact on its way through:
 *
 *     event -> usage -> charge -> draw -> invoice -> payment
 *
 * Five promises hold for every function below.
 *
 *   Nothing is hidden.   The library reads no clock, locale or environment,
 *                        starts no thread, prints nothing, opens no socket and
 *                        never ends the process.  Time is an argument.  All
 *                        I/O goes through the store; the time zone files are
 *                        read once when a zone is first named.  Entropy is
 *                        used only for the secret of a new database, and not
 *                        even there when the host supplies one.
 *   Nothing is partial.  A call that fails has changed nothing, neither in
 *                        the store nor in its outputs.  In a batch each event
 *                        is recorded or refused whole, and its receipt says
 *                        which.
 *   Nothing moves.       From 1.0 on names, numbers and layouts only grow; a
 *                        finalized invoice keeps its bytes for ever.
 *   Nothing is silent.   Usage that matched no meter or no price is said in
 *                        the receipt and counted.
 *   Every cent is explained, from an invoice line to tier, draws and events.
 *
 * Ownership, in three sentences.  What you pass in stays yours and is read
 * only during the call.  What comes back as billing_doc or billing_cursor is
 * yours; give it back with its own free or close.  Pointers inside a row live
 * until the next step of its cursor.
 *
 * Threads.  One billing handle may be used by any number of threads at once.
 * A handle on the host's own connection belongs to the thread that owns its
 * transaction.  A cursor belongs to one thread at a time.  A billing_doc is
 * immutable and may be read by any number of threads.  Do not use a handle
 * after fork() in the child; open a new one.
 *
 * SQLite.  Two copies of SQLite in one process must never open one file.  If
 * the host has its own copy (Python's, Go's), it hands its connection over
 * with billing_open_sqlite3, and every SQLite call of ours goes through the
 * host's table of routines.
 */
#ifndef BILLING_H
#define BILLING_H

#ifndef BILLING_FFI
#include <stddef.h>
#include <stdint.h>
#endif

#ifdef BILLING_FFI
#define BILLING_API
#elif defined(__GNUC__)
#define BILLING_API __attribute__((visibility("default")))
#else
#define BILLING_API
#endif

#if defined(__cplusplus) && !defined(BILLING_FFI)
extern "C" {
#endif

#define BILLING_VERSION "0.1.0"
/* major * 1000 + minor of the interface; 0.x promises nothing yet. */
#define BILLING_ABI_VERSION 1

/* ---- Results --------------------------------------------------------------
 *
 * A function that can fail returns an int.  Its low byte is one of the classes
 * below, a list that is closed; the bits above it may say more, and that list
 * grows.  Switch on BILLING_CODE(rc) and the switch stays complete.
 *
 * Any function may return NOMEM, MISUSE, BUSY, STORE, CORRUPT, INTERNAL or
 * CANCELED; beyond those, each function lists what to expect.
 */
#define BILLING_CODE(rc) ((rc) & 0xff)

#define BILLING_OK 0           /* done */
#define BILLING_DONE 1         /* no further row; not a failure */
#define BILLING_NOMEM 2        /* the allocator returned NULL */
#define BILLING_MISUSE 3       /* the caller broke a rule stated here */
#define BILLING_INVALID 4      /* a document or a value is not acceptable */
#define BILLING_NOTFOUND 5     /* what was named is not there */
#define BILLING_CONFLICT 6     /* the same key was used on other terms */
#define BILLING_DENIED 7       /* balance, limit or entitlement says no */
#define BILLING_BUSY 8         /* lost to another writer; try again */
#define BILLING_STORE 9        /* the store failed */
#define BILLING_CORRUPT 10     /* stored bytes contradict their hashes */
#define BILLING_LIMIT 11       /* a number of billing_limit is exceeded */
#define BILLING_UNSUPPORTED 12 /* newer than this library, or not built in */
#define BILLING_INTERNAL 13    /* our bug; nothing was changed */
#define BILLING_CANCELED 14    /* billing_interrupt was called */

/* Details.  The class is in the low byte. */
#define BILLING_INVALID_CLOCK 260      /* INVALID: now steps too far ahead */
#define BILLING_INVALID_TIME 516       /* INVALID: an event's time */
#define BILLING_INVALID_JSON 772       /* INVALID: not strict JSON */
#define BILLING_NOTFOUND_TENANT 261    /* NOTFOUND: put the tenant first */
#define BILLING_NOTFOUND_CUSTOMER 517  /* NOTFOUND: put the customer first */
#define BILLING_CONFLICT_KEY 262       /* CONFLICT: key used, other content */
#define BILLING_CONFLICT_ENDED 518     /* CONFLICT: the hold has ended */
#define BILLING_DENIED_BALANCE 263     /* DENIED: too little is free */
#define BILLING_DENIED_ABOVE_HOLD 519  /* DENIED: more than was held */
#define BILLING_DENIED_TENANT 775      /* DENIED: handle is another tenant's */
#define BILLING_DENIED_UNMATCHED 1031  /* DENIED: strict, and no meter */
#define BILLING_DENIED_UNPRICED 1287   /* DENIED: strict, and no price */
#define BILLING_DENIED_UNENTITLED 1543 /* DENIED: strict, not entitled */
#define BILLING_DENIED_LIMIT 1799      /* DENIED: a spend cap, usage limit or
                                          quota */
#define BILLING_INVALID_TOKEN 1028     /* INVALID: this is not a token */
#define BILLING_DENIED_EXPIRED 2055    /* DENIED: the token has ended */
#define BILLING_DENIED_KEY 2311        /* DENIED: another key signed it */
#define BILLING_DENIED_SIGNATURE 2567  /* DENIED: it was changed since */

/*
 * The text of a failure, in a struct of the caller's that owns no memory.
 * Every function takes one as its last argument; NULL is fine.  Set it up
 * with BILLING_INIT once; each call starts it anew.  The layout is final.
 */
typedef struct billing_error {
  uint32_t struct_size;
  int32_t  code;           /* what the function returned, with its detail */
  int64_t  item;           /* index in a batch, -1 when it is not about one */
  char     path[256];      /* JSON pointer of what was wrong, or "" */
  char     message[512];   /* what was wrong */
  char     hint[256];      /* what would be right, or "" */
} billing_error;

/* A constant name such as "DENIED_BALANCE" or, for a detail that this library
 * does not know, its class.  Never NULL. */
BILLING_API const char *billing_code_name(int rc);

/* BILLING_ABI_VERSION and BILLING_VERSION of the library that runs. */
BILLING_API uint32_t billing_abi_version(void);
BILLING_API const char *billing_version(void);

/* ---- Values ---------------------------------------------------------------
 *
 * These small types are passed and embedded as they are and never change.
 */

/* UTF-8 text, borrowed.  Not necessarily NUL-ended. */
typedef struct billing_str {
  const char *text;
  size_t      len;
} billing_str;

/*
 * An exact decimal: the signed 128-bit integer hi:lo, two's complement, times
 * 10^-18.  At most 10^38 - 1 in magnitude: 20 digits before the point and 18
 * behind it.  There is no floating point anywhere in this interface.
 */
typedef struct billing_decimal {
  uint64_t lo;
  int64_t  hi;
} billing_decimal;

/* An amount of an asset: an ISO 4217 code such as "USD", or a unit that the
 * tenant declares, such as "tok" or "gpu_h".  1 to 15 bytes, NUL padded. */
typedef struct billing_money {
  billing_decimal amount;
  char            asset[16];
} billing_money;

/* Microseconds since 1970-01-01T00:00:00Z, half open: from <= t < to. */
typedef struct billing_span {
  int64_t from_us;
  int64_t to_us;
} billing_span;

/*
 * Memory from the host: ptr NULL allocates, new_size 0 frees, anything else
 * moves.  Returns NULL when it cannot; that is never fatal.  It is called
 * under the handle's lock and must not call back into the library.
 */
typedef struct billing_allocator {
  void *(*alloc)(void *user, void *ptr, size_t old_size, size_t new_size);
  void *user;
} billing_allocator;

/*
 * Reads a decimal from text in the grammar of a JSON number.  len may be
 * (size_t)-1 for NUL-ended text.  INVALID when it is not a number, LIMIT when
 * it does not fit exactly.
 */
BILLING_API int billing_decimal_parse(billing_decimal *out, const char *text,
                                      size_t len);
/*
 * Writes the shortest plain text ("12.5", "-0.03") and a NUL into out, which
 * holds BILLING_DECIMAL_TEXT bytes, and returns the length.  A value out of
 * range gives "" and 0.
 */
#define BILLING_DECIMAL_TEXT 48
BILLING_API size_t billing_decimal_format(const billing_decimal *value,
                                          char *out);

/*
 * Sets up any versioned struct: all zero, and its size in the first member.
 *
 *     billing_event e;
 *     BILLING_INIT(&e);
 *
 * Versioned structs grow at their end.  Zero in a member always means "as
 * before this member existed".  A struct that is larger than the library's is
 * accepted as long as what the library does not know is zero.
 */
#define BILLING_INIT(p) billing_init((p), sizeof *(p))
BILLING_API void billing_init(void *structure, size_t size);

/* The limits of this library; a number that is exceeded is BILLING_LIMIT.
 * 0 for a limit that it does not know. */
#define BILLING_LIMIT_KEY_BYTES 1       /* 200: ids and idempotency keys */
#define BILLING_LIMIT_EVENT_BYTES 2     /* 65536: properties of one event */
#define BILLING_LIMIT_DOCUMENT_BYTES 3  /* 16777216 */
#define BILLING_LIMIT_NESTING 4         /* 64: levels in a JSON text */
#define BILLING_LIMIT_BATCH 5           /* 10000: events in one call */
#define BILLING_LIMIT_ASSET_BYTES 6     /* 15 */
#define BILLING_LIMIT_TIERS 7           /* 1000 in one price */
#define BILLING_LIMIT_PRICES 8          /* 1000 in one plan */
#define BILLING_LIMIT_GROUP_KEYS 9      /* 1000 of one meter */
#define BILLING_LIMIT_SHARDS 10         /* 1 of one tenant */
#define BILLING_LIMIT_EXPRESSION_BYTES 11  /* 4096 */
#define BILLING_LIMIT_EXPRESSION_DEPTH 12  /* 64: brackets in brackets */
#define BILLING_LIMIT_EXPRESSION_GAS 13    /* 10000: steps for one event */
#define BILLING_LIMIT_LINE_BYTES 14        /* 1048576: of a stream */
#define BILLING_LIMIT_GENERATIONS 15       /* 8 above one customer */
BILLING_API int64_t billing_limit(uint32_t which);

/* ---- Documents ---------------------------------------------------------- */

/* An immutable UTF-8 text, usually JSON.  It outlives its handle. */
typedef struct billing_doc billing_doc;
BILLING_API const char *billing_doc_text(const billing_doc *doc); /*NUL-ended*/
BILLING_API size_t billing_doc_len(const billing_doc *doc);
BILLING_API void billing_doc_free(billing_doc *doc);              /* or NULL */

/* ---- Open --------------------------------------------------------------- */

typedef struct billing billing;
typedef struct billing_store billing_store;

#define BILLING_OPEN_READ_ONLY 1u   /* every write is MISUSE */
#define BILLING_OPEN_EXISTING 2u    /* NOTFOUND instead of a new database */
#define BILLING_OPEN_NO_WAIT 4u     /* BUSY at once when another writes */

typedef struct billing_options {
  uint32_t                 struct_size;
  uint32_t                 flags;          /* BILLING_OPEN_* */
  const billing_allocator *allocator;      /* NULL: malloc */
  billing_str              tenant;         /* this handle's only tenant */
  billing_str              zone_folder;    /* "": /usr/share/zoneinfo */
  billing_str              secret;         /* 32 bytes for a new database */
  int64_t                  max_clock_step_us;  /* 0: one day */
  uint32_t                 tail_events;    /* keys of a shard that are kept
                                              in memory until they are written
                                              as a sorted run; 0: 131,072 */
  uint32_t                 reserved;
  int64_t                  filter_bytes;   /* memory of each tenant's filters
                                              of keys, 2 bytes a key: what does
                                              not fit costs a page read; 0:
                                              256 MiB */
} billing_options;

/*
 * Opens, and creates when it is missing, the SQLite database at `path`
 * (UTF-8; path_len may be (size_t)-1).  ":memory:" is private and gone when
 * closed.  The state is the fold of the journal and is read when a tenant is
 * first named, not here.
 *
 * The database is kept in WAL mode: what a call acknowledged survives a power
 * cut.  Handles that write, in this process and in others, wait for each other
 * in the kernel and take turns; with BILLING_OPEN_NO_WAIT it is BILLING_BUSY
 * at once.  It is BILLING_BUSY soon when SQLite's lock is held by somebody who
 * does not go through this library.  Reading waits for nobody.
 *
 * When the disk fails to sync, that call and all that write after it are
 * STORE, until the file is opened again and shows what it has.
 *
 *   NOTFOUND     EXISTING was asked for, and there is none
 *   UNSUPPORTED  the file was written by a newer format
 *   STORE        not a database, no permission, disk full
 *
 * On failure *out is NULL.
 */
BILLING_API int billing_open(billing **out, const char *path, size_t path_len,
                             const billing_options *options,
                             billing_error *err);

/*
 * Opens on the host's own connection: `connection` is its sqlite3 *, and
 * `routines` the const sqlite3_api_routines * of the same copy of SQLite (what
 * a loadable extension is given), or NULL when the host uses the very copy
 * that this library is linked with.
 *
 * Our tables live beside the host's, their names begin with "billing_".  A
 * call inside the host's transaction becomes part of it, in a savepoint of its
 * own: if the host rolls back, to a savepoint or altogether, nothing of ours
 * remains, in memory either.  Outside a transaction each call commits itself.
 * A receipt is as durable as the host's commit.  The library sets no pragma
 * and no hook here; a stale snapshot is BILLING_BUSY.  For erased data to
 * leave the file the host sets PRAGMA secure_delete and checkpoints.
 *
 * The connection stays the host's; close the handle before it.
 */
BILLING_API int billing_open_sqlite3(billing **out, void *connection,
                                     const void *routines,
                                     const billing_options *options,
                                     billing_error *err);

/*
 * Opens on a store that somebody else wrote (see Stores, at the end), or on
 * one of ours.  On success the handle owns the store and closes it; on
 * failure it stays the caller's.
 */
BILLING_API int billing_open_store(billing **out, billing_store *store,
                                   const billing_options *options,
                                   billing_error *err);

/*
 * Makes durable what calls with BILLING_CALL_RELAXED have acknowledged on this
 * handle.  Nothing to do is fine.  On the host's connection durability is the
 * host's business.
 */
BILLING_API int billing_sync(billing *b, billing_error *err);

/* Closes the handle and its live cursors.  NULL is fine. */
BILLING_API void billing_close(billing *b);

/* Makes the handle's running advance, verify or rebuild return CANCELED at its
 * next step, with nothing half done.  From any thread or a signal handler. */
BILLING_API void billing_interrupt(billing *b);

/*
 * What was recorded, in SQL.  A SQLite extension,
 *
 *     SELECT load_extension('libbilling.so', 'billing_sqlite3_extension');
 *
 * or, from C, a call with the connection and its routines, as in
 * billing_open_sqlite3 (*message stays as it is; the result is SQLite's).  On
 * this connection there are then, for reading,
 *
 *   billing_events('tenant')  an event: number, key, customer, event, time_us,
 *                 decided_us, value, properties, flags, cost, drawn, asset
 *   billing_draws('tenant')   what a grant paid of a charge (0: owed): event,
 *                 customer, time_us, contract, price, grouping,
 *                 period_from_us, grant_number, amount, asset
 *   billing_usage('tenant')   contract, customer, price, meter, grouping,
 *                 from_us, to_us, quantity, events, amount, drawn, asset
 *   billing_ledger('tenant')  a posting: number, seq (of one transaction),
 *                 at_us, customer, account, asset, amount, cause
 *
 *     SELECT event, amount FROM billing_draws('acme')
 *      WHERE customer = 'c1' AND time_us >= 1767225600000000;
 *
 * They show what the connection sees, its own open transaction included.
 * Decimals are exact texts (SQLite's sum() is not exact), "flags" are words,
 * what was erased is NULL.  What the query says of customer, time_us, number
 * and event narrows what is read.
 *
 * The one-row table billing_sqlite3 has the address of the connection and of
 * its routines as integers, and our version: what a binding needs to call
 * billing_open_sqlite3 on a connection whose sqlite3 * the language hides.
 * Views and triggers cannot use any of them.
 */
BILLING_API int billing_sqlite3_extension(void *connection, char **message,
                                          const void *routines);

/* ---- Calls ----------------------------------------------------------------
 *
 * Every request names its tenant and its moment.
 *
 * The clock.  now_us is the caller's clock.  A shard's clock is the latest
 * that it has seen and never goes back: an earlier now_us is decided at the
 * shard's clock, and outputs say so in decided_us.  A step ahead of more than
 * max_clock_step_us is INVALID_CLOCK, unless the call has BILLING_CALL_STEP:
 * so a machine whose clock jumped to 2099 cannot expire everybody's credit.
 * Reading functions take now_us for what depends on it and move no clock.
 */
#define BILLING_CALL_STEP 1u        /* the clock step is meant */
#define BILLING_CALL_DRY_RUN 2u     /* catalog_apply, rebuild: only say what
                                       changes */
#define BILLING_CALL_STRICT 4u      /* record: unmatched usage is refused */
#define BILLING_CALL_ALL_OR_NOTHING 8u  /* record: one refusal refuses all */
/*
 * Relaxed, for any call that writes (others do not mind): the answer may come
 * before the disk has it.  What is acknowledged survives the end of the
 * process, however it ends; a power cut may take the latest such calls, whole
 * and from the end, until billing_sync or any writing call without this flag
 * has returned.
 */
#define BILLING_CALL_RELAXED 16u

typedef struct billing_call {
  uint32_t    struct_size;
  uint32_t    flags;       /* BILLING_CALL_* */
  billing_str tenant;      /* may be empty on a handle opened for a tenant */
  billing_str key;         /* idempotency key, where the request has one */
  int64_t     now_us;
} billing_call;

/* ---- Catalog --------------------------------------------------------------
 *
 * Cold nouns are JSON documents, by kind:
 *
 *   tenant    {"id","assets":[{"code","places","name"}],"name",
 *              "number_prefix","unknown_customers":"refuse|park",
 *              "accept":{"most_age":s,"most_ahead":s,"cancel_within":s},
 *              "strict":"none|events|properties","alerts":[alert, ..],
 *              "outbox":[see billing_outbox_next],
 *              "holds":{"lasts":s,"grace":s},"rates":[{"from":"tok",
 *              "to":"USD","rate":"0.25","effective":T}, ..]}
 *   customer  {"id","name","aliases":["a",{"id":"b","from","to"}],
 *              "limits":[see billing_limits],"features":{..},
 *              "top_ups":[see billing_top_up],
 *              "parent":"id": the customer above, whose shared grants it
 *              draws from (see Wallets),
 *              ... any further members are kept}
 *   meter     {"id","event":"name"|{"in":[..]}|{"not_in":[..]},
 *              "aggregation":"count|sum|max|min|unique|latest|average|
 *              earliest|weighted_sum|percentile|peak|sql",
 *              "property" or "expression":"event.properties.in * 2",
 *              "operation","recurring":false,"proration":"none|time|..",
 *              "per":"period|hour|..","reading":"change|level",
 *              "percentile":"95","method":"nearest|linear",
 *              "negative":"keep|zero","unusable":"refuse|skip",
 *              "convert":{"operation":"divide","by":"1000",
 *              "round":"ceiling","places":0},"effective":T,
 *              "filters":[{"property","in":[..]}|
 *              {"property","not_in":[..]}|{"property","exists":true}|
 *              {"property","more_than":"1","at_most":"9"}|
 *              {"property","since":"2026-01-01","before":".."}],
 *              "groups":["model", ..]}
 *             or {"aggregation":"sql","sql":"SELECT sum(value) AS value,
 *              region FROM events GROUP BY region","properties":["region"],
 *              "tick":"period|hour|day"}
 *             "accept" counts seconds s: how old an event may be when it
 *             comes, how far ahead of the clock, how long after that it can
 *             be voided
 *   feature   see Entitlements
 *   plan      {"id","currency","prices":[price, ..],"minimum":"100",
 *              "maximum":{"amount":"5000","proration":"none"},
 *              "grants":[recurring grant, ..],"limits":[as of a customer],
 *              "features":{..}}
 *   contract  {"id","customer","plan","start","end","zone",
 *              "period":{"unit":"month","count":1},
 *              "anchor":"calendar|anniversary","quantities":{"seats":"5"},
 *              "overdraft":"0","order":["priority", ..] or the name of a
 *              peer's: "lago|metronome|openmeter|stripe",
 *              "versions":"pin|follow","plan_version":2,"effective":T,
 *              "minimum","maximum": instead of the plan's; these and
 *              quantities may be lists, such as [{"value":"5"},
 *              {"value":"8","from":T}], and hold for the past then,
 *              "invoice_currency":"USD", into which the rest is converted,
 *              "usage":[{"effective":T,"filters":[..],"takes":"filtered|
 *              none"}, ..]: the part of its customer's that it takes,
 *              "grants":[recurring grant, ..] beside the plan's,
 *              "limits":[as of a customer],"overrides":[override, ..],
 *              "features":{..}: each before the plan's,
 *              "alerts":[see billing_outbox_next],
 *              "top_ups":[see billing_top_up]}
 *
 * A price is a usage price (it names a meter), a price of what others cost
 * (`of`), or a recurring fee:
 *
 *   {"id","meter","model":"per_unit","unit":"2.50","per":"1000000",
 *    "asset":"USD","groups":["model"],"filters":[..],"rounding":"line"}
 *   {"id","meter","model":"graduated|volume",
 *    "tiers":[{"up_to":"100","unit":"0.10","flat":"0"},{"up_to":null, ..}]}
 *   {"id","meter","model":"stairstep",
 *    "tiers":[{"up_to":"10","flat":"20"}, ..]}
 *   {"id","meter","model":"package","unit":"15","per":"10","free":"3",
 *    "partial":"up|down|prorate"}
 *   {"id","meter","model":"percentage","rate":"2.9","free":"100",
 *    "maximum":"20"}
 *   {"id","meter","model":"percentage","rate":"2.9","fixed":"0.30",
 *    "free_events":10,"transaction_minimum":"0.50",
 *    "transaction_maximum":"12"}, each event by itself, as they come
 *   {"id","model":"percentage|graduated_percentage","rate":"10",
 *    "of":{"prices":["api"],"tags":["compute"],
 *    "include_composite_spend":false,"exclude_free_usage":false}}
 *   {"id","meter","model":"graduated_percentage","tiers":[{"rate":"3"}, ..]}
 *   {"id","meter","model":"dynamic","multiplier":"1.2"}
 *   {"id","meter","model":"matrix","groups":["model", ..],"rates":[
 *    {"values":{"model":"m1"},"unit":"2"},{"values":{},"price":{..}}, ..]}
 *   {"id","model":"flat","amount":"20","timing":"advance|arrears",
 *    "quantity":"seats","proration":"time|days_half_open|none"}
 *
 * Tiers, free units and the maximum of a usage price are of a billing period,
 * or with "tiers_by":"year|life" of a year or of all of the contract.  With
 * "rollover":{"periods":1,"limit":"50"} later periods (so many, or all) may
 * use what is left of the free units of a per_unit, package or percentage
 * price, the oldest first, as far as the limit lets them be carried.  A price
 * has "tags":[..] and, but for a fee, a "minimum" of a period, such as
 * "50" or {"amount":"50","proration":"time|days_half_open|none"}: of a stub
 * its share.  What is missing of a minimum, what is above a maximum and what a
 * share of spend comes to is known when a period closes, and a line of its own
 * (kinds minimum, maximum, composite); what comes late or is voided afterwards
 * moves it on the next invoice.  A plan has bounds of some prices, too:
 * "minimums":[{"id":"compute","amount":"100","of":{"tags":["compute"]}}],
 * "maximums":[..].
 *
 * "commit_rate":"8" of a per_unit, graduated or matrix price, or a price of
 * such a model, is what a unit costs when a grant pays it whose scope says
 * {"rate":"commit"}: a line of its own (kind commit_rate), before the rest in
 * the tiers.
 *
 * With an "invoice_currency" what an invoice leaves open in other assets is
 * converted by the tenant's "rates": a line of its own (kind conversion) for
 * each asset, period and rate, rounded once.  Usage goes by the rate of the
 * last moment of its period, a fee in advance by that of its first.  What has
 * been in force before the clock cannot change.
 *
 * A recurring grant is given by itself at the beginning of each of its periods
 * or, instead of periods, in dated parts.  Usage, reads and advance find it
 * given when it is due.  What is left at its end expires, but for what rolls
 * over, which lives for some periods more:
 *
 *   {"id","amount":"1000","asset":"tok","every":"period|day|week|month|year",
 *    "count":1,"expires":"period_end|never" or periods,"quantity":"seats",
 *    "rollover":{"share":"0.5","limit":"200","periods":1},
 *    "proration":"time|days_half_open|none","cost":"5","priority":0,
 *    "origin":"recurring|commitment|bought|promotional","scope":{..},
 *    "from","to"}
 *   {"id","asset","origin":"commitment","parts":[{"from","to","amount"}]}
 *
 * ARCHITECTURE.md has every member with its default.  Unknown members are
 * INVALID with their path, except in a customer.  Ids are at most 200 bytes,
 * unique per tenant and kind.  A put of a document that exists makes its next
 * version; a put of equal content changes nothing.  A contract pins the plan
 * version that was current when it was put.
 *
 * Kinds that can only be read: invoice, grant, hold.
 */

/*
 * Creates or changes one document.  json_len may be (size_t)-1.  *out, when
 * out is not NULL, becomes the document as stored, with its "version".
 *
 *   INVALID   err->path names the member, err->hint what would be right
 *   NOTFOUND  it names a meter, plan or customer that is not there
 *   CONFLICT  a member that cannot change was changed (a contract's customer,
 *             plan or start), a meter adds up something else from a moment on,
 *             or a contract would change its version after the clock
 *   LIMIT     what was recorded comes to an amount that does not fit
 */
BILLING_API int billing_put(billing *b, const billing_call *call,
                            const char *kind, const char *json,
                            size_t json_len, billing_doc **out,
                            billing_error *err);

/* One document as it is now, archived or not.  NOTFOUND. */
BILLING_API int billing_get(billing *b, const billing_call *call,
                            const char *kind, const char *id, size_t id_len,
                            billing_doc **out, billing_error *err);

/*
 * A page of documents in the order of their ids: {"items":[..],"next":"id"}.
 * `query` is JSON or empty: {"after":"id","limit":100,"archived":true,
 * "customer":"id","status":"open","shared":true}; limit is 1 to 1000 (100 by
 * default); status is that of holds: open, unresolved, settled, released,
 * expired.  "shared": a customer's grants and those above that are shared with
 * it.
 */
BILLING_API int billing_list(billing *b, const billing_call *call,
                             const char *kind, const char *query,
                             size_t query_len, billing_doc **out,
                             billing_error *err);

/* Takes a document out of use: existing contracts keep it, new ones cannot
 * name it.  Archiving twice is fine.  NOTFOUND. */
BILLING_API int billing_archive(billing *b, const billing_call *call,
                                const char *kind, const char *id,
                                size_t id_len, billing_error *err);

/*
 * Billing as code: {"tenant":{..},"features":[..],"customers":[..],
 * "meters":[..],"plans":[..],"contracts":[..]}, applied in that order in one
 * transaction.  *out is the difference: {"changes":[{"kind","id","action":
 * "create|update|unchanged","version","members":["/prices/0/unit", ..]}]}; a
 * contract that changes charges of before also has "differences", as
 * billing_rebuild says them.  With BILLING_CALL_DRY_RUN nothing is written.
 * Errors as billing_put, with the path from the top of the text.  Nothing is
 * archived by being left out.
 */
BILLING_API int billing_catalog_apply(billing *b, const billing_call *call,
                                      const char *json, size_t json_len,
                                      billing_doc **out, billing_error *err);

/*
 * Erases a customer's personal data: its document, its id, and the keys and
 * properties of its events, grants and holds, in the journal too.  Amounts,
 * invoices and the chain of hashes stay; an entry says what was redacted and
 * why.  The id can never be used again in this tenant.  Repeating it is fine.
 * On a handle that opened the file itself the bytes have left the file when
 * the call returns, unless another process is reading.  The values that a
 * price groups by stand on invoice lines and stay, and so do the ids and names
 * of contracts: do not group by, or put there, what is personal.  When only
 * that last step fails it is STORE and the erasure is done; repeat the call.
 *
 *   NOTFOUND_CUSTOMER
 *   CONFLICT  a SQL meter has events in a period that is not closed yet
 */
BILLING_API int billing_erase(billing *b, const billing_call *call,
                              const char *customer, size_t customer_len,
                              const char *reason, size_t reason_len,
                              billing_error *err);

/*
 * What changes for the past.  A contract is one customer's, so a put of it
 * rates anew at once: overrides may begin, change, end and go at any time, a
 * new contract charges what was recorded since its start, and "effective" says
 * since when a contract has its plan_version, or follows.
 *
 * A put of a meter or a plan that reaches back (an "effective" in the past, or
 * anything that the meter adds up otherwise: the aggregation, the event, a
 * conversion ..) changes nobody's figures.  Each customer keeps the old
 * answer, whole, also for what is recorded meanwhile, until its turn comes
 * here; then all of its events are rated anew, and it has the new answer,
 * whole.
 */
typedef struct billing_rebuilding {
  uint32_t struct_size;
  uint32_t flags;               /* BILLING_PROGRESS_MORE: call again */
  int64_t  decided_us;
  uint64_t customers;           /* in all */
  uint64_t done;                /* of these, who have the new answer */
  uint64_t moved;               /* in this call: whose charges moved */
  uint64_t events;              /* in this call: that were rated anew */
  uint64_t unusable;            /* of these, that the meter cannot use, or no
                                   rate is for: they are not billed */
} billing_rebuilding;

/*
 * Gives the next `budget` customers (0: all that are left) the answer of the
 * "meter" or "plan" as it is now, in this call and its one commit.  How far it
 * has come is in the journal: it goes on whoever calls, whenever.  One without
 * anything to rebuild is done at once; of a plan that is who does not follow
 * it.
 *
 * What was booked with events stays; the difference is booked as one
 * adjustment for each price, group and period, with draws: what was charged
 * too much returns to the grants that it came from.  Open periods change at
 * once; of invoiced ones the next invoice bills the difference, under that
 * period, and so it does with recurring fees and minimums.  Voided events do
 * not count, events of erased customers keep what they gave.  What is wanted
 * now and was not then is charged; what is wanted no more, or cannot be used
 * or priced, is found by billing_usage_health.
 *
 * *differences, when not NULL, becomes {"meter" or "plan","customers","done",
 * "moved","events","unusable","differences":[{"customer","contract","price",
 * "group","from","to","quantity","was","amount","difference","asset"}]}; of
 * what is drawn at a commit rate also "kind".  With BILLING_CALL_DRY_RUN that
 * is all that it does.
 *
 *   INVALID (kind)  NOTFOUND (id)  LIMIT (an amount)
 */
BILLING_API int billing_rebuild(billing *b, const billing_call *call,
                                const char *kind, const char *id,
                                size_t id_len, uint32_t budget,
                                billing_rebuilding *out,
                                billing_doc **differences,
                                billing_error *err);

/* ---- Events ------------------------------------------------------------- */

#define BILLING_EVENT_VALUE 1u   /* `value` is given; otherwise it is 1 */

typedef struct billing_event {
  uint32_t        struct_size;
  uint32_t        flags;        /* BILLING_EVENT_* */
  billing_str     key;          /* idempotency key, unique for ever */
  billing_str     customer;     /* the customer's id */
  billing_str     event;        /* its name, which meters select by */
  billing_str     properties;   /* a JSON object, or empty */
  int64_t         time_us;      /* when it happened; 0: the call's now_us */
  billing_decimal value;        /* a quantity without a property */
} billing_event;

/* What became of an event. */
#define BILLING_STATUS_NEW 1u        /* recorded now */
#define BILLING_STATUS_SAME 2u       /* recorded before; the first receipt */
#define BILLING_STATUS_CONFLICT 3u   /* refused: the key has other content */
#define BILLING_STATUS_REFUSED 4u    /* refused: code says why */

/* Flags of a receipt, and of a recorded event. */
#define BILLING_RECEIPT_UNMATCHED 1u /* no meter wanted it: it cost nothing */
#define BILLING_RECEIPT_UNPRICED 2u  /* a meter and a contract, but no price
                                        for it */
#define BILLING_RECEIPT_LATE 4u      /* its period was invoiced already: the
                                        next invoice bills it */
#define BILLING_RECEIPT_MIXED 8u     /* charges in several assets: cost is the
                                        first's; the cursor has all */
#define BILLING_RECEIPT_OWED 16u     /* the grants did not cover it all */
#define BILLING_RECEIPT_PENDING 32u  /* what it costs, or some of it, is known
                                        when its period closes */
#define BILLING_RECEIPT_VOIDED 128u  /* it does not count any more */
#define BILLING_RECEIPT_UNENTITLED 256u /* a meter, but no contract then, or
                                          one that is not entitled to it */
#define BILLING_RECEIPT_PARKED 512u  /* it waits, or has waited, for its
                                        customer */

typedef struct billing_receipt {
  uint32_t        struct_size;
  uint32_t        flags;        /* BILLING_RECEIPT_* */
  uint32_t        status;       /* BILLING_STATUS_* */
  int32_t         code;         /* 0, or why it was refused */
  uint64_t        number;       /* the event's own number; 0 when refused */
  int64_t         decided_us;   /* the shard's clock it was decided at */
  billing_decimal cost;         /* what it cost, exactly, in asset; a later
                                   event can make the total fall: < 0 */
  billing_decimal drawn;        /* of that, from grants */
  billing_decimal balance;      /* left free in this asset, for any use */
  uint32_t        charges;      /* priced quantities it made */
  uint32_t        draws;        /* rows of billing_draws */
  char            asset[16];
} billing_receipt;

/*
 * Records events: each is deduplicated, metered, priced and drawn from the
 * customer's grants, in the order given, in one commit.
 *
 * `events` and `receipts` are arrays of `count` (at most 10,000), walked by
 * the stride of their first element's struct_size; all elements agree.
 * `receipts` may be NULL.
 *
 * A key that was recorded before with the same content gets the original
 * receipt, with BILLING_STATUS_SAME; with other content it is refused with
 * CONFLICT_KEY.  Keys are remembered for ever.  A refused event does not stop
 * the others: the function returns OK, the receipts say which, and *err holds
 * the text of the first refusal.  With BILLING_CALL_ALL_OR_NOTHING the first
 * refusal is returned and nothing is recorded.
 *
 * An event of any age is taken, unless the tenant's document says otherwise
 * ("most_age", "most_ahead": INVALID_TIME; not for repeats).  One in a period
 * already invoiced is charged under that period and billed by the next
 * invoice.
 *
 * The customer may be named by an alias that its document has at the event's
 * time.  Events of customers that nobody knows are refused, or parked when the
 * tenant's document says so (PARKED; strict: refused): they are recorded when
 * a customer with that id, or with that alias, even from an earlier time on,
 * has a contract, at the end of the call that puts it.  A repeat of one is
 * SAME at any time.
 *
 *   NOTFOUND_TENANT  INVALID_CLOCK  LIMIT (count)
 * in receipts: NOTFOUND_CUSTOMER, INVALID, INVALID_TIME, INVALID_JSON,
 *   CONFLICT_KEY, LIMIT; strict: DENIED_UNMATCHED, _UNPRICED, _UNENTITLED
 */
BILLING_API int billing_record(billing *b, const billing_call *call,
                               const billing_event *events, size_t count,
                               billing_receipt *receipts, billing_error *err);

/*
 * The same from newline-delimited JSON, one object a line:
 *
 *   {"key":"k1","customer":"acme","event":"llm","time":"2026-01-05T10:00:00Z",
 *    "value":"3","properties":{"model":"m1","tokens":1200}}
 *
 * "time" may also be an integer of microseconds.  Empty lines are skipped,
 * and so is what billing_events adds to an event ("number", "decided",
 * "flags", "charges"), so that its lines can be recorded elsewhere, or again.
 * A line with "specversion" is a CloudEvent 1.0 in structured mode: its key is
 * "SOURCE ID", its customer the subject, its name the type, its properties the
 * data, a JSON object; extensions are passed over.
 *
 * *count, when not NULL, becomes the number of events.  `capacity` is how many
 * receipts fit; fewer than events is LIMIT with nothing recorded, unless
 * `receipts` is NULL.
 */
BILLING_API int billing_record_text(billing *b, const billing_call *call,
                                    const char *text, size_t len,
                                    billing_receipt *receipts, size_t capacity,
                                    size_t *count, billing_error *err);

#define BILLING_STREAM_END 1u     /* the caller's: this piece is the last */
#define BILLING_STREAM_INSIDE 2u  /* it stands within a refused line */

/* Where a stream stands, and what has become of it so far. */
typedef struct billing_stream {
  uint32_t struct_size;
  uint32_t flags;        /* BILLING_STREAM_* */
  uint64_t bytes;        /* read: where it goes on */
  uint64_t lines;        /* line ends in them */
  uint64_t rows;         /* lines, or rows of CSV, that were not empty */
  uint64_t events;       /* in them: the sum of the next four */
  uint64_t recorded;     /* new */
  uint64_t same;         /* recorded before */
  uint64_t conflicts;    /* refused: the key has other content */
  uint64_t refused;      /* for any other reason */
  uint64_t late;         /* of the recorded ones, by BILLING_RECEIPT_* */
  uint64_t unmatched;
  uint64_t unpriced;
  uint64_t unentitled;
  uint64_t parked;
} billing_stream;

/*
 * Records a stream of any size piece by piece: lines of JSON as in
 * billing_record_text, or CSV.  Of the `len` bytes at `bytes`, which stand at
 * stream->bytes of the stream, whole lines are read, at most as many as one
 * batch takes (10,000 events, 8 MiB), and recorded in one commit; *stream then
 * says where to go on.  So the caller's buffer is all the memory that a stream
 * needs; it holds at least one line (1 MiB is the most), and a call for which
 * nothing moved asks for more bytes.  With BILLING_STREAM_END the bytes end
 * the stream.  In which pieces it comes changes nothing.
 *
 * call->key is the stream's name; it may be empty.  Where a stream with a name
 * stands is recorded with each batch, in the same commit.  A call whose
 * *stream stands before that reads nothing, and *stream becomes where it
 * stands: so whoever was killed begins with an empty struct, and goes on
 * without a gap or a repeat.  Beyond it is CONFLICT.
 *
 * `form` is JSON, or empty for lines of JSON:
 *
 *   {"format":"csv","separator":",","quote":"\"","header":["at", ..],
 *    "fields":{"customer":"account","time":"at","properties.model":"#7"},
 *    "set":{"event":"llm"},"times":"microseconds|milliseconds|seconds",
 *    "events":[{"event":"input","fields":{"value":"tokens_in"}}, ..],
 *    "key_prefix":"usage.csv"}
 *
 * "fields" says which column has the key, customer, event, time, value,
 * properties (JSON) or properties.NAME; without it columns have these names.
 * "set" is the same in every row.  With "events" a row becomes several, whose
 * keys end in their names.  With "key_prefix" keys are PREFIX-row.  Without
 * "header" the first row is it.  An empty cell is left out; a whole number in
 * "time" counts "times".
 *
 * *refused, when not NULL, becomes {"header":[..],"refused":[{"line","column",
 * "field","code","path","message","hint","offset","length"}]}: what was wrong
 * with which line and what would be right; lines and columns (bytes) count
 * from 1.  "header" is CSV's; without a name it has to be given again in
 * `form` with all pieces but the first.  A refused line does not stop the
 * others: *err holds the first, its item the line.  With
 * BILLING_CALL_ALL_OR_NOTHING the first is returned and nothing is recorded;
 * with BILLING_CALL_DRY_RUN nothing is in any case, also not where it stands.
 *
 *   INVALID (form)  CONFLICT  and as billing_record
 */
BILLING_API int billing_ingest(billing *b, const billing_call *call,
                               const char *form, size_t form_len,
                               const char *bytes, size_t len,
                               billing_stream *stream, billing_doc **refused,
                               billing_error *err);

/*
 * Takes a recorded event back, by its key, whenever it was: what is left of
 * its charges is rated at once, draws return to the grants that they came
 * from, and usage of a period that was invoiced is corrected by the next
 * invoice, under that period.  The event stays in the journal, and its key
 * stays used.  *out, when not NULL, is the receipt: `number` is the event's,
 * `cost` what its charges changed by (mostly below zero), `drawn` what grants
 * paid (below zero: what they got back).  A void that is sent again gets the
 * first receipt, with BILLING_STATUS_SAME.  A parked event waits no more.
 *
 *   INVALID   the key is empty
 *   NOTFOUND  no event has the key
 *   DENIED    the tenant's "cancel_within" is over
 */
BILLING_API int billing_void(billing *b, const billing_call *call,
                             const char *key, size_t key_len,
                             billing_receipt *out, billing_error *err);

/*
 * Puts an event, with a key of its own, in the place of one that was recorded
 * under `key`: a void and a record in one commit.  `receipts` is NULL or has
 * two: of the void, and of the event.  A correction that is sent again gets
 * the first receipts.
 *
 *   as billing_void; as a receipt of billing_record, returned: then nothing
 *   was changed
 */
BILLING_API int billing_correct(billing *b, const billing_call *call,
                                const char *key, size_t key_len,
                                const billing_event *event,
                                billing_receipt *receipts,
                                billing_error *err);

/*
 * What an event would cost the customer now and what it would leave, without
 * recording it: the receipt that billing_record would give.  Holds nothing.
 *
 *   as a receipt of billing_record, returned
 */
BILLING_API int billing_quote(billing *b, const billing_call *call,
                              const billing_event *event,
                              billing_receipt *out, billing_error *err);

/*
 * Recorded events in the order of their own numbers, a customer's or all:
 * query {"customer":"id","from":T,"to":T,"after":"number","limit":100} ->
 * {"events":[{"number","key","customer","event","time","decided","value",
 * "properties":{..},"flags":["owed", ..],"charges":[{"contract","price",
 * "period":{"from","to"},"group":{..},"quantity","amount","asset",
 * "draws":[{"grant","amount"}]}]}],"next":"number"}.  "from" and "to" bound
 * the event's own time.  Properties stand there as they were recorded, number
 * text and all; "value" and "properties" are left out where there was none.
 * "quantity" is what the event added to the running total, grant 0 is owed.
 * A page of one customer reads that customer's batches only.  Of an erased
 * event "key", "customer", "event", "value" and "properties" are left out.
 *
 *   NOTFOUND_CUSTOMER
 */
BILLING_API int billing_events(billing *b, const billing_call *call,
                               const char *query, size_t query_len,
                               billing_doc **out, billing_error *err);

/* Rows; belongs to its handle. */
typedef struct billing_cursor billing_cursor;

typedef struct billing_draw {
  uint32_t        struct_size;
  uint32_t        flags;
  uint64_t        grant;        /* number of the grant; 0: nothing covered it,
                                   it is owed */
  billing_decimal amount;       /* negative: given back to the grant */
  billing_str     price;        /* id of the price; until the next step */
  billing_str     contract;     /* id of the contract; until the next step */
  char            asset[16];
} billing_draw;

/* The draws of one recorded event, by its receipt's number, in the order in
 * which they were made.  NOTFOUND. */
BILLING_API int billing_draws(billing *b, const billing_call *call,
                              uint64_t event, billing_cursor **out,
                              billing_error *err);
/* The next row, or DONE. */
BILLING_API int billing_draw_next(billing_cursor *cursor, billing_draw *row,
                                  billing_error *err);
BILLING_API void billing_cursor_close(billing_cursor *cursor);  /* or NULL */

/*
 * Usage by meter, price, group and period:
 * query {"customer":"id","contract":"id","from":T,"to":T} ->
 * {"usage":[{"contract","price","meter","group":{..},"from","to","quantity",
 * "events","amount","drawn","asset"}],"unmatched":n,"unpriced":n,
 * "unentitled":n}.  Of each contract by period, price and group; then, with
 * "pending":true, what is known only when a period closes, as it has come so
 * far.  The counts are events that were recorded but not billed.
 *
 * With a meter its usage is measured anew from the recorded events, window by
 * window, whether anything prices it or not:
 * query {"customer":"id","meter":"id","from":T,"to":T,"zone":"Europe/Berlin",
 * "window":"none|hour|day|week|month","group_by":["model"],"filters":[..],
 * "as_of":T,"known_at":T,"after":"next","limit":100} ->
 * {"meter","usage":[{"group":{..},"from","to","quantity","cumulative",
 * "change"}],"unusable":n,"next":".."}.  "to" is the call's now unless it is
 * given.  "quantity" is that of the window alone, "cumulative" that from the
 * beginning to the window's end, and changes of that add up to it.  "as_of"
 * leaves out events of later times; "known_at" leaves out what was recorded
 * later, and counts what was voided later.  Groups and filters name any
 * properties.  Rows stand by group, then time; "next" is there when rows are
 * left.  "unusable" events have no value for the meter.  Erased events are not
 * seen.  A meter of SQL has no windows.
 *
 *   NOTFOUND_CUSTOMER  NOTFOUND (meter)  UNSUPPORTED (meter of SQL)
 *   INVALID, LIMIT  a statement, as in billing_advance
 */
BILLING_API int billing_usage(billing *b, const billing_call *call,
                              const char *query, size_t query_len,
                              billing_doc **out, billing_error *err);

/*
 * What was recorded and not billed, and why: query {"customer":"id",
 * "reason":"unmatched|unpriced|unentitled|parked","from":T,"to":T,
 * "examples":3,"after":"..","limit":100} -> {"counts":{"events","unmatched",
 * "unpriced","unentitled","parked"},"unbilled":[{"reason","customer","event",
 * "count","from","to","examples":[{"number","key","time"}]}],"next":".."}.
 *
 * A row is one reason, customer and name of event, with the times of its first
 * and its last event.  "counts" are of the customer, or of all, and of all
 * time; parked are those that still wait, whose customer is as it was sent and
 * need not be there.  Only entries that have such events are read.  Of erased
 * events "customer", "event" and "key" are left out.
 *
 *   NOTFOUND_CUSTOMER
 */
BILLING_API int billing_usage_health(billing *b, const billing_call *call,
                                     const char *query, size_t query_len,
                                     billing_doc **out, billing_error *err);

/* ---- Pure -----------------------------------------------------------------
 *
 * Any kernel by itself: a document in, a document out; no handle, no store.
 *
 *   {"kernel":"quote","price":{..},"quantity":"1200","used":"0"}
 *     -> {"amount":"92","due":"92","lines":[..], ..}: exact, and as billed
 *   {"kernel":"quotes","quotes":[{"price":{..},"quantity":"3"}, ..]} -> each
 *     of up to 10,000, as a quote by itself
 *   {"kernel":"rate","price":{..},"totals":["5","7"]} -> what each running
 *     total adds to what is booked
 *   {"kernel":"transactions","price":{..},"events":["10", ..]} -> a price with
 *     terms for each transaction; {"kernel":"levels", ..} -> a prorated level
 *     that moves through tiers
 *   {"kernel":"rates", ..} -> dated rates of usage; {"kernel":"override", ..}
 *     -> the one override that prices a line, and why not the others
 *   {"kernel":"composite", ..}, {"kernel":"window_commitment", ..},
 *   {"kernel":"capacity", ..}, {"kernel":"mark_up", ..},
 *   {"kernel":"commit_rate", ..}
 *   {"kernel":"price_book","id","meter","csv","percent"} -> a plan of a table
 *   {"kernel":"allowance","free","periods","limit","usage":[..]} -> free
 *     units that roll over
 *   {"kernel":"exchange","into","at","rates":[..],"amounts":[..]} -> amounts
 *     of several assets in one
 *   {"kernel":"order","grants":[..],"order":["priority", ..]} -> who pays
 *     first
 *   {"kernel":"burndown","grants":[..],"lines":[..],"order":[..]} -> draws,
 *     what is left of the grants and open of the lines
 *   {"kernel":"line_order", ..}, {"kernel":"grant_active", ..}
 *   {"kernel":"grant_phases","grants":[..],"usage":[..], ..} -> grants that
 *     begin, end, are filled again and roll over while usage draws them
 *   {"kernel":"commitment_term","amount","owed","usage":[..]} -> what is
 *     drawn, due and left, period by period; {"kernel":"rollover", ..},
 *     {"kernel":"grant_schedule", ..}, {"kernel":"net_balance", ..},
 *     {"kernel":"balances_at", ..}, {"kernel":"credits", ..}
 *   {"kernel":"pay_by_wallets","wallets":[..],"lines":[..]} -> which wallet
 *     pays how much
 *   {"kernel":"reserve","amount","budgets":[..]} -> whether it fits into all;
 *     {"kernel":"settle", ..}, {"kernel":"hold_size", ..}
 *   {"kernel":"usage_limits","windows":[..],"calls":[..]} -> so much in so
 *     many hours, and when it may be asked again
 *   {"kernel":"top_up","balance","at","target", ..} -> whether it fires, what
 *     it adds and what that costs; {"kernel":"alert","balances":[..],"at"} ->
 *     whether a figure has come to a threshold; {"kernel":"purchases", ..}
 *   {"kernel":"periods","start","zone","period","anchor", ..} -> billing
 *     periods and the whole cycles they are cut from
 *   {"kernel":"prorate", ..} -> an amount's share, as two integers too;
 *     {"kernel":"true_up", ..} -> what is missing of a minimum
 *   {"kernel":"aggregate","meter":{..},"events":[..],"from","to","zone", ..}
 *     -> what any meter makes of events in a period, by group
 *   {"kernel":"sql_meter","meter":{"aggregation":"sql","sql":"SELECT ..", ..},
 *    "events":[..]} -> what a statement makes of them
 *   {"kernel":"route","contracts":[..],"events":[..]} -> which contracts take
 *     an event, by dated filters
 *   {"kernel":"convert", ..} -> a quantity in another unit, rounded
 *   {"kernel":"windows","unit":"hour|day|week|month","zone","at"} -> the
 *     window that holds a moment
 *   {"kernel":"shift","at","by":"P1M"}, {"kernel":"cycles","anchor","every",
 *    "at"} -> dates counted from an anchor; {"kernel":"walk", ..},
 *     {"kernel":"whole_cycles", ..}, {"kernel":"anchor_allowed", ..},
 *     {"kernel":"divides", ..}, {"kernel":"local_date", ..}
 *   {"kernel":"pieces","spans":[..],"until"} -> services, cut by their cycles;
 *     {"kernel":"due","start","every","at", ..} -> what is to be billed
 *   {"kernel":"invoice","lines":[..],"coupons":[..],"taxes":{..}} -> coupons,
 *     taxes, notes and tender of an invoice, in this order
 *   {"kernel":"credit_notes","fees":[..],"steps":[..]} -> notes, one after the
 *     other; {"kernel":"apply_notes", ..}, {"kernel":"note_limits", ..},
 *     {"kernel":"note_check", ..}, {"kernel":"note_excess", ..},
 *     {"kernel":"void_note", ..}, {"kernel":"prepaid_refund", ..}
 *   {"kernel":"tax_place", ..}, {"kernel":"tax_choice", ..},
 *   {"kernel":"crossings", ..}, {"kernel":"usage_thresholds", ..}
 *   {"kernel":"recurring","amount","start","every"} -> amounts by the period;
 *     {"kernel":"seats", ..}, {"kernel":"distribute", ..},
 *     {"kernel":"final_by", ..}, {"kernel":"consolidate", ..},
 *     {"kernel":"hmac_sha256", ..}
 *   {"kernel":"lago_bounds", ..}, {"kernel":"unused_fee", ..} -> what a peer
 *     bills, and gives back
 *   {"kernel":"repair","existing":[..],"proposed":[..]} -> what makes of what
 *     was billed what should be; {"kernel":"rebill","steps":[..]} -> run after
 *     run, with credit
 *   {"kernel":"change","from","to","at","old":{..},"new":{..}} -> what a
 *     change inside a prepaid period costs; {"kernel":"unused", ..},
 *     {"kernel":"credit_cap", ..}, {"kernel":"move_end", ..}
 *   {"kernel":"accept", ..} -> which events come too late, early or again
 *   {"kernel":"in_advance", ..} -> what a level adds to what was billed
 *   {"kernel":"expression","expression":"round(event.properties.b / 3, 2)",
 *    "event":{..}} -> its value, or what is wrong with it and where
 *
 * ARCHITECTURE.md lists every member.  `options` may be NULL; only allocator
 * and zone_folder are used.
 *
 *   INVALID with the path; UNSUPPORTED for a kernel it does not know
 */
BILLING_API int billing_evaluate(const billing_options *options,
                                 const char *json, size_t json_len,
                                 billing_doc **out, billing_error *err);

/* ---- Wallets --------------------------------------------------------------
 *
 * A grant is a lot of credit: amount, priority, scope, from and until.  A
 * charge draws the grants of its asset as the event lands.  The order is
 * total: lower priority number, zero cost basis first, narrower scope, sooner
 * expiry, earlier start, older.  A contract may name another ("order").
 * Whether a lot may pay is judged by the event's time, what is left in it by
 * the journal's.
 *
 * Families: a customer below another one ("parent" of its document; at most
 * BILLING_LIMIT_GENERATIONS above it, no circles) draws its own grants, then
 * its parent's that are shared with it, then those of its parent's parent.  An
 * order that has the key "nearest" in another place says otherwise, and that
 * of "metronome" does.  A grant is private unless its scope has "family": true
 * for all below, or a list of customers.  Who stands where is judged by the
 * journal's time, also of late events.  What is given back, or held no more,
 * goes to the grant that it came from, whoever has left the family since.  The
 * ledger has what grants of others paid for a customer in the account family,
 * which comes to zero over all customers.
 */

/* Where a grant comes from; what the ledger books it against. */
#define BILLING_ORIGIN_BOUGHT 0u       /* paid for: funding */
#define BILLING_ORIGIN_PROMOTIONAL 1u  /* given: promotion expense */
#define BILLING_ORIGIN_COMMITMENT 2u   /* sold by a contract: funding */
/* These are funding when they have a cost, else promotion expense. */
#define BILLING_ORIGIN_RECURRING 3u    /* an allowance of a period */
#define BILLING_ORIGIN_ROLLOVER 4u     /* what outlived another grant */
#define BILLING_ORIGIN_REFUND 5u       /* given back */
#define BILLING_ORIGIN_MANUAL 6u       /* a correction by hand */

typedef struct billing_grant_terms {
  uint32_t        struct_size;
  uint32_t        flags;          /* 0 */
  billing_str     customer;
  billing_money   amount;         /* > 0 */
  billing_money   cost;           /* what was paid for it; 0: nothing */
  int64_t         effective_us;   /* 0: now */
  int64_t         expires_us;     /* exclusive; 0: never */
  int32_t         priority;       /* lower is drawn first; 0 by default */
  uint32_t        origin;         /* BILLING_ORIGIN_* */
  billing_str     name;           /* shown to people; may be empty */
  billing_str     scope;          /* JSON or empty: {"meters":[..],
                                      "prices":[..],"contracts":[..],
                                      "tags":[..],"any":[{"price","tags",
                                      "values":{"model":"m1"}}]}; a member
                                      left out does not restrict.
                                      {"rate":"commit"}: it draws at the commit
                                      rate of prices that have one.
                                      {"caps":[{"amount":"10","per":"day"}]}:
                                      no more than that is drawn in a window
                                      (hour, day, week, month, "hours":5), by
                                      the clock.
                                      {"features":{"calls":"500"}}: what it
                                      entitles to, see Entitlements.
                                      {"family":true} or {"family":["id"]}:
                                      customers below draw from it, too */
} billing_grant_terms;

/*
 * Gives a customer a grant.  call->key is required; repeating the call with
 * the same content returns the same number, other content is CONFLICT_KEY.
 * *number, when not NULL, is the grant's own number.
 *
 *   NOTFOUND_CUSTOMER  INVALID (asset not declared, amount, scope, times)
 *   LIMIT  all grants together would pass 10^20
 */
BILLING_API int billing_grant(billing *b, const billing_call *call,
                              const billing_grant_terms *terms,
                              uint64_t *number, billing_error *err);

/*
 * Changes a grant, once for each call->key, which is required.  `terms` is one
 * of
 *
 *   {"change":"void"}     it ends now.  What is left of it is breakage; holds
 *                         keep nothing of it.  What a correction gives back
 *                         to it later becomes a new grant (origin refund) with
 *                         its priority and scope, that never expires.
 *   {"change":"transfer","customer":"beta","amount":"5"}
 *                         a part of it becomes a grant of another customer,
 *                         with the same times, priority, scope and origin, and
 *                         the part's share of the cost
 *   {"change":"refund","amount":"5"}
 *                         a part of it is taken back; "cost" in the answer is
 *                         the money that was paid for the part and goes back
 *   {"change":"expiry","expires":"2026-03-01T00:00:00Z"}
 *                         it ends at another time, or "never"
 *
 * "amount" is all that is free unless given: what open holds have reserved
 * cannot be moved.  *out, when not NULL, says {"grant","change","customer",
 * "amount","asset","cost","cost_asset","expires"}, of a transfer "to", the
 * number of the new grant, and "to_customer".  A change that is sent again
 * gets the same answer.
 *
 *   NOTFOUND  no grant has the number; NOTFOUND_CUSTOMER
 *   INVALID   terms, with the path
 *   CONFLICT_ENDED  the grant has expired or is void
 *   CONFLICT_KEY    the key was used with other content
 *   DENIED_BALANCE  less than the amount is free
 */
BILLING_API int billing_grant_change(billing *b, const billing_call *call,
                                     uint64_t grant, const char *terms,
                                     size_t terms_len, billing_doc **out,
                                     billing_error *err);

/*
 * Top-ups: credit that is asked for by itself, and given when it has been
 * paid.  A customer, contract or plan has "top_ups":[{"id","asset",
 *
 *   "at":"5"                      asks when 5 or less are left in grants, or
 *   "every":"month","count":1,"from":T   at these times ("day|week|month|
 *                                 year"; "from" is a contract's start)
 *   "target":"20"                 for what fills it up to 20, or
 *   "amount":"50","repeat":true   for 50, or as often as brings it above "at"
 *   "charge_asset":"USD","unit_price":"0.01","discount":"0.1"   what that is
 *                                 charged; "least" and "most" bound the charge
 *   "mark_up":"0.03","fee":"0.30"   what is paid beside it
 *   "bonus":{"amount":"5","share":"0.1"}   what is given beside it
 *   "limit":{"per":"hour|day|week|month","count":3,"amount":"100"}
 *                                 of what is asked for, in "zone"
 *   "lasts":86400                 seconds in which the payment is awaited
 *   "retries":[3600,86400]        it is asked for again so long after failing
 *   "grant":{"lasts":s,"priority","scope","name"}   what is given for it}]}
 *
 * Who asks is a row of the outbox, top_up.wanted, in the transaction that has
 * brought the balance down; schedules and retries come with billing_advance.
 * The host takes the money, and says so here, by the number in that row, which
 * is the same in all attempts.  One top-up of a rule is under way at a time;
 * nothing is given before it is paid.  `terms` is one of
 *
 *   {"outcome":"paid"}    its grant is given (origin bought, at the cost of
 *                         its charge), and the bonus (promotional).  The fee
 *                         is booked as revenue.  Also when it had failed, or
 *                         nobody had answered in time: what was paid counts,
 *                         once.
 *   {"outcome":"failed"}  it is asked for again as "retries" say; after the
 *                         last of them the rule pauses.  So it does when
 *                         nobody answers in time.
 *   {"outcome":"void"}    it is given up; the rule may ask for another.
 *   {"outcome":"resume"}  the rule does not pause any more.
 *
 * "reason", at most 200 bytes, is kept and told.  *out, when not NULL, is
 * {"top_up","rule","contract","state":"wanted|failed|paused|paid|void|
 * resumed","asset","left","amount","bonus","charge_asset","charge","fee",
 * "total","attempt","until","again","lapsed","grant","bonus_grant","reason"}:
 * "total" is to be paid until "until", a failed one is asked for "again" then,
 * grants are numbers.  The same call->key gets the same answer.
 *
 *   NOTFOUND  no top-up has the number; NOTFOUND_CUSTOMER
 *   INVALID   terms, with the path
 *   CONFLICT_ENDED  it was paid or is void; nothing failed or is to resume
 */
BILLING_API int billing_top_up(billing *b, const billing_call *call,
                               uint64_t number, const char *terms,
                               size_t terms_len, billing_doc **out,
                               billing_error *err);

/*
 * The top-ups of a customer as they stand: query {"customer":"id"} ->
 * {"top_ups":[{"of":"customer|contract|plan", and the answer of
 * billing_top_up; "state" is "idle" before a rule has asked; with a limit
 * "used":{"count","amount","from","to"}}]}.  What is under way of a rule that
 * has gone has no "of".
 *
 *   NOTFOUND_CUSTOMER
 */
BILLING_API int billing_top_ups(billing *b, const billing_call *call,
                                const char *query, size_t query_len,
                                billing_doc **out, billing_error *err);

/* What a customer has in one asset at the call's now_us. */
typedef struct billing_balances {
  uint32_t        struct_size;
  uint32_t        flags;
  billing_decimal granted;      /* amounts of all grants ever */
  billing_decimal left;         /* in grants that are in effect now */
  billing_decimal held;         /* of that, reserved by open holds */
  billing_decimal free;         /* left - held */
  billing_decimal owed;         /* priced usage that no grant covered and no
                                   invoice has billed yet */
  char            asset[16];
  billing_decimal shared;       /* free in grants of those above the customer
                                   that are shared with it */
} billing_balances;

/* NOTFOUND_CUSTOMER; INVALID when the asset is unknown. */
BILLING_API int billing_balance(billing *b, const billing_call *call,
                                const char *customer, size_t customer_len,
                                const char *asset, billing_balances *out,
                                billing_error *err);

/*
 * Whether the customer could pay the amount at the call's now_us: free grants
 * of any use, and the room that a contract's overdraft leaves.  OK or
 * DENIED_BALANCE.  Reserves nothing; to promise, authorize.  *free, when not
 * NULL, becomes what is there to spend, overdraft included (the largest
 * decimal when that is unlimited).
 *
 * Once asked for, the figure is kept in memory and kept true, and any number
 * of threads are answered at once: no lock, no store, nothing to wait for.
 * That answer is worth what this handle knows: every call of it that has
 * returned is in it; what another process did is in it after the next call of
 * this handle that looks into the store, billing_balance for one.
 *
 * It is answered like any other read, and then kept, the first time; when a
 * grant, a hold or a contract has begun or ended by time alone; after a call
 * whose outcome is not known; for an id of more than 24 bytes; for a call with
 * flags or a key; and always on the host's connection.
 *
 *   DENIED_BALANCE  NOTFOUND_CUSTOMER  INVALID (asset, amount)
 */
BILLING_API int billing_check(billing *b, const billing_call *call,
                              const char *customer, size_t customer_len,
                              const billing_money *amount,
                              billing_decimal *free, billing_error *err);

/* As much as there is: what came last, of the estimates or of the amount, may
 * become less, but not less than `least`. */
#define BILLING_HOLD_PARTIAL 1u

typedef struct billing_hold_terms {
  uint32_t        struct_size;
  uint32_t        flags;        /* BILLING_HOLD_PARTIAL */
  billing_str     customer;     /* when there is no estimate */
  billing_money   amount;       /* when there is no estimate: > 0 */
  int64_t         expires_us;   /* when it ends by itself; 0: after the
                                   tenant's "lasts", one hour by default */
  billing_decimal least;        /* partial: of the last estimate's value, or of
                                   the amount; 0: anything */
  billing_str     properties;   /* when there is no estimate: JSON, for limits
                                   that go by properties */
} billing_hold_terms;

#define BILLING_HOLD_OPEN 1u
#define BILLING_HOLD_SETTLED 2u
#define BILLING_HOLD_RELEASED 3u
#define BILLING_HOLD_EXPIRED 4u      /* by itself, and the grace is over */
#define BILLING_HOLD_UNRESOLVED 5u   /* by itself: it reserves nothing, and can
                                        be settled until the grace is over */

#define BILLING_HOLD_OVER_LIMIT 2u   /* a soft limit is exceeded */

typedef struct billing_hold {
  uint32_t        struct_size;
  uint32_t        flags;        /* BILLING_HOLD_OVER_LIMIT */
  uint64_t        number;
  uint32_t        status;       /* BILLING_HOLD_* */
  uint32_t        draws;        /* grants it reserves in; billing_get names
                                   them: kind "hold", id the key */
  int64_t         expires_us;
  int64_t         decided_us;
  billing_decimal value;        /* what the last estimate was held for; of an
                                   amount, how much of it */
  billing_decimal held;         /* reserved in grants, in this asset */
  billing_decimal overdraft;    /* and against the contract's overdraft */
  billing_decimal free;         /* left for others afterwards */
  char            asset[16];    /* of the first charge */
  uint32_t        assets;       /* how many it reserves in; billing_get names
                                   them all */
  uint32_t        reserved;
} billing_hold;

/* Whose limit it is. */
#define BILLING_DENIED_BY_BALANCE 0u
#define BILLING_DENIED_BY_CUSTOMER 1u
#define BILLING_DENIED_BY_CONTRACT 2u
#define BILLING_DENIED_BY_PLAN 3u
#define BILLING_DENIED_BY_FEATURE 4u  /* a quota: `limit` is its id */
#define BILLING_DENIED_BY_PARENT 5u    /* a customer above */

/* Why there is no hold: for programs what err->message says to people.  It is
 * an output of the failure, as *err is: written when authorize returns
 * DENIED_BALANCE or DENIED_LIMIT, and at no other time. */
typedef struct billing_denial {
  uint32_t        struct_size;
  uint32_t        flags;
  int32_t         code;         /* what the function returned */
  uint32_t        by;           /* BILLING_DENIED_BY_* */
  billing_decimal missing;      /* so much more than there is */
  billing_decimal most;         /* of a limit: what it allows */
  billing_decimal used;         /* and of that, by usage and open holds */
  int64_t         again_us;     /* from when on it would be allowed if nothing
                                   else moved: a limit, or the caps of grants;
                                   0: only something else helps */
  char            asset[16];    /* of all that; "" when it is a quantity */
  char            limit[208];   /* its id, cut to fit; "": the balance */
  char            customer[208];   /* whose limit, or contract's, it is */
} billing_denial;

/*
 * Asks before the work is done, and reserves the most that it can cost: each
 * of `count` (at most 100) estimates priced at the customer's present total,
 * and at the total plus all open holds and the estimates before it: the
 * larger.  With count 0 it reserves terms->amount.  An LLM call is two
 * estimates: its input now, and its output at most.  They are of one customer,
 * and may be priced in several assets; all of it is held, or nothing.  Their
 * keys and times are not used.  `terms` may be NULL with an estimate.
 *
 * With BILLING_HOLD_PARTIAL the last estimate's value, or the amount, may
 * become less: a value that is given in whole units to another one, anything
 * else to a millionth.  out->value is as much as there is, which a caller
 * takes for its limit.
 *
 * What is not covered by free grants may go against the contract's overdraft
 * (of several contracts, the one that may promise most); beyond that it is
 * DENIED_BALANCE, *denial (which may be NULL) says how much is missing, and
 * nothing is held.  A hold lowers what others see at once.  call->key names
 * the hold and is required; repeating the call returns the hold as it is now,
 * other content is CONFLICT_KEY.  A hold frees what it held at expires_us,
 * whether or not billing_advance has run, and is then unresolved for the
 * tenant's "grace", one day by default: billing_list names such holds.
 *
 * The same decision asks every limit of the customer, its contracts and their
 * plans ("limits" of their documents), and the quotas of features (see
 * Entitlements), hard ones: DENIED_LIMIT when one does not fit, *denial says
 * which (the one that takes longest), by how much, and from when on it would.
 * Soft ones are told by BILLING_HOLD_OVER_LIMIT.  An
 * amount asks the limits of amounts in its asset, under all contracts that are
 * in force.
 *
 *   DENIED_BALANCE  DENIED_LIMIT  CONFLICT_KEY  NOTFOUND_CUSTOMER
 *   DENIED_UNMATCHED, _UNPRICED, _UNENTITLED  an estimate cannot be priced
 */
BILLING_API int billing_authorize(billing *b, const billing_call *call,
                                  const billing_event *estimates,
                                  size_t count,
                                  const billing_hold_terms *terms,
                                  billing_hold *out, billing_denial *denial,
                                  billing_error *err);

/* When what was used costs more than the hold reserved.  It is charged in any
 * case but that of a refusal; the question is who pays. */
#define BILLING_SETTLE_ALL 0u        /* draw other grants, owe the rest */
#define BILLING_SETTLE_REFUSE 1u     /* DENIED_ABOVE_HOLD, the hold stays */
#define BILLING_SETTLE_OWE 2u        /* draw no other grant, owe the rest */
#define BILLING_SETTLE_OVERDRAFT 3u  /* draw other grants, owe the rest as far
                                        as the contract's overdraft goes, else
                                        DENIED_ABOVE_HOLD, the hold stays */
#define BILLING_SETTLE_CAP 4u        /* charge no more than was held: what is
                                        above is given, as a promotional grant
                                        that is drawn at once and ends */

/*
 * Ends a hold by recording what was really used, in one commit: `count` (1 to
 * 100) events are priced at their own moments, draw what the hold reserved
 * first, and what the hold did not need is free again.  call->key names the
 * hold.  `above` is one of BILLING_SETTLE_*.  The events' customer may be
 * empty.  `events` and `receipts` (or NULL) are walked as in billing_record;
 * one event that is refused refuses all.
 *
 * Settling again with the same events returns their first receipts (SAME);
 * with others it is CONFLICT_ENDED.  An unresolved hold can still be settled:
 * the events draw what is free then, whatever `above` says.  An event that was
 * recorded before cannot settle a hold: CONFLICT_KEY.
 *
 *   NOTFOUND  DENIED_ABOVE_HOLD  CONFLICT_ENDED  and as billing_record
 *   BUSY  BILLING_SETTLE_CAP, when others move the price all the time
 */
BILLING_API int billing_settle(billing *b, const billing_call *call,
                               const billing_event *events, size_t count,
                               uint32_t above, billing_receipt *receipts,
                               billing_error *err);

/* Ends the hold call->key, open or unresolved, with nothing used, and gives
 * back what it reserved.  Releasing again, or after it expired, is fine.
 * NOTFOUND; CONFLICT_ENDED when settled. */
BILLING_API int billing_release(billing *b, const billing_call *call,
                                billing_error *err);

/* The open hold call->key lasts until expires_us, which is not before its end
 * now.  *out, when not NULL, is the hold.  NOTFOUND; CONFLICT_ENDED; INVALID.
 */
BILLING_API int billing_extend(billing *b, const billing_call *call,
                               int64_t expires_us, billing_hold *out,
                               billing_error *err);

/*
 * What limits a customer now: query {"customer":"id","properties":{..}} ->
 * {"limits":[{"id","of":"customer|contract|plan|parent","contract","customer",
 * "asset","meter","most","soft","by":[..],"used","held","left","over","from",
 * "to"}]}.  A customer's limits count what all below it use, and deny their
 * holds, too: "of" these "parent", with that "customer".  Of a
 * limit by properties there are figures only when these are given; of a window
 * that slides, or that the next use opens, no "from" and "to".
 *
 * A limit is {"id","amount","asset"} or {"id","quantity","meter"}, with
 * "per":"period|hour|day|week|month" (in "zone", else the contract's, else
 * UTC; a period is a contract's), or "hours":5: a window of so many hours that
 * opens with the first use, or with "sliding":true the last so many hours at
 * any moment, in slices of a sixtieth.  "by":["api_key"] gives each value of
 * these properties windows of its own, "soft":true only tells.  An amount with
 * a "meter" is what that meter's usage costs.
 *
 * Usage counts when it is recorded, by the event's own time, in windows that
 * are not over; those of hours go by the clock.  A void gives back, to limits
 * of those above as long as the customer stands below them.  What is
 * only known when a period ends does not count.  Limits count from the moment
 * that they are put; one that counts something else begins anew, one that
 * only allows more or less goes on.
 *
 *   NOTFOUND_CUSTOMER  INVALID
 */
BILLING_API int billing_limits(billing *b, const billing_call *call,
                               const char *query, size_t query_len,
                               billing_doc **out, billing_error *err);

/* ---- Entitlements ---------------------------------------------------------
 *
 * A feature is what a customer may use, and how much of it:
 *
 *   {"id":"sso","kind":"boolean"}
 *   {"id":"calls","kind":"quota","meter":"calls","per":"period|hour|day|week|
 *    month|life"} or "hours":5, "sliding", "zone" as of a limit
 *   {"id":"support","kind":"configuration","options":["mail","gold"]}
 *
 * "features" of plans, contracts, customers and the scopes of grants say who
 * has it: {"sso":true,"calls":"1000","support":"gold"}; a quota can be
 * "unlimited" or {"limit":"1000","soft":true}, a configuration without options
 * any JSON; false takes away.  The order is fixed: a customer's own value goes
 * before all contracts, and its false before everything; without one each
 * contract that is in force says its own value, else that of the version of
 * its plan that holds.  Several contracts add up (the first configuration
 * stands).  A grant adds to that from its beginning to its end, used up or
 * not.  Who has nothing of all that has the feature's "default".
 *
 * What is used of a quota is what its meter counts of events that a contract
 * prices (also at zero), whoever gives it, in one count: another plan, or a
 * grant more, only moves how much is left.  A period is that of the first
 * contract that gives it.  billing_authorize refuses what a quota does not
 * allow, also to whom nobody gave the feature; recording refuses nothing.
 */
#define BILLING_FEATURE_BOOLEAN 0u
#define BILLING_FEATURE_QUOTA 1u
#define BILLING_FEATURE_CONFIGURATION 2u

/* Who gives it, or takes it away: the first that says something. */
#define BILLING_SOURCE_NONE 0u        /* nobody */
#define BILLING_SOURCE_CUSTOMER 1u    /* its own document */
#define BILLING_SOURCE_CONTRACT 2u
#define BILLING_SOURCE_PLAN 3u
#define BILLING_SOURCE_GRANT 4u
#define BILLING_SOURCE_DEFAULT 5u     /* the feature's own document */

#define BILLING_ENTITLED_SOFT 1u      /* the quota only tells */
#define BILLING_ENTITLED_UNLIMITED 2u /* limit and left are the largest decimal
                                       */
#define BILLING_ENTITLED_USED_UP 4u   /* nothing is left of the quota */

typedef struct billing_entitlement {
  uint32_t        struct_size;
  uint32_t        flags;        /* BILLING_ENTITLED_* */
  uint32_t        kind;         /* BILLING_FEATURE_* */
  uint32_t        granted;      /* 1: the customer has it; of a quota more than
                                   zero, used up or not */
  uint32_t        source;       /* BILLING_SOURCE_* */
  uint32_t        value_len;    /* of a configuration */
  int64_t         decided_us;
  int64_t         resets_us;    /* of a quota: when what is used is forgotten,
                                   or of one that slides the first of it; 0:
                                   never, or nothing is used yet */
  billing_decimal limit;
  billing_decimal used;
  billing_decimal held;         /* by open holds */
  billing_decimal left;
  char            value[512];   /* of a configuration: JSON; "" when it is
                                   longer: billing_entitlements has it */
} billing_entitlement;

/*
 * What a customer has of a feature at the call's now_us.  A customer that is
 * in memory is answered from there.
 *
 *   NOTFOUND (no such feature: not the same as granted 0)  NOTFOUND_CUSTOMER
 */
BILLING_API int billing_entitled(billing *b, const billing_call *call,
                                 const char *customer, size_t customer_len,
                                 const char *feature, size_t feature_len,
                                 billing_entitlement *out,
                                 billing_error *err);

/*
 * All features: query {"customer":"id"} -> {"features":[{"feature","name",
 * "kind","granted","source":"customer|contract|plan|grant|default",
 * and of a quota "meter","per","hours","limit","used","held","left","soft",
 * "resets"; of a configuration "value"}]}, in the order in which they were put
 * first.  "limit" and "left" may be "unlimited".
 *
 *   NOTFOUND_CUSTOMER
 */
BILLING_API int billing_entitlements(billing *b, const billing_call *call,
                                     const char *query, size_t query_len,
                                     billing_doc **out, billing_error *err);

/*
 * Tokens: what a customer is entitled to, signed, for hosts that have no
 * database at hand.  A token is a JSON Web Token (RFC 7519) in compact form
 * that is signed by Ed25519 (RFC 8037), so that any library for these reads
 * it: three parts of base64url without padding, with points between,
 *
 *   {"alg":"EdDSA","kid":id of the key,"typ":"JWT"}
 *   {"exp":s,"features":[as of billing_entitlements],"iat":s,"iss":tenant,
 *    "sub":customer}
 *   the signature of the two parts and the point between them
 *
 * with "exp" and "iat" in whole seconds since 1970, rounded down.  Features
 * that the customer does not have are left out.  "used" and "left" are those
 * of the moment of issue: what is used offline is the host's to add up, and to
 * record later.  The id of a key is its thumbprint (RFC 7638).
 */
typedef struct billing_token_terms {
  uint32_t    struct_size;
  uint32_t    flags;           /* 0 */
  billing_str customer;
  billing_str features;        /* JSON list of ids; empty: all that it has */
  billing_str secret;          /* 32 bytes, an Ed25519 private key of RFC 8032;
                                  it is used and not kept */
  int64_t     expires_us;      /* after now */
} billing_token_terms;

/*
 * Writes a token of the call's now_us; *out is its text.  Nothing is recorded.
 *
 *   NOTFOUND_CUSTOMER  NOTFOUND (a feature)  INVALID (terms)
 */
BILLING_API int billing_token_issue(billing *b, const billing_call *call,
                                    const billing_token_terms *terms,
                                    billing_doc **out, billing_error *err);

/* The public key, 32 bytes into out, of a secret of 32 bytes.  INVALID. */
BILLING_API int billing_token_key(const void *secret, size_t secret_len,
                                  unsigned char *out, billing_error *err);

typedef struct billing_token {
  uint32_t struct_size;
  uint32_t flags;
  int64_t  issued_us;
  int64_t  expires_us;
  char     key_id[48];
  char     tenant[208];
  char     customer[208];
} billing_token;

/*
 * Whether the owner of this public key (32 bytes) has signed the token, and it
 * has not ended at now_us: pure, without a handle or store.  `out` and
 * `claims`, which becomes the second part as it was signed, may be NULL; of
 * `options`, which may be NULL, only the allocator is used.  Any other
 * algorithm is refused, whatever the token says.
 *
 *   INVALID_TOKEN     not a token, or claims of another form
 *   DENIED_KEY        another key signed it
 *   DENIED_SIGNATURE  it was changed since, or nobody signed it
 *   DENIED_EXPIRED    it was right until expires_us
 *   INVALID           the key has another length
 */
BILLING_API int billing_token_verify(const billing_options *options,
                                     const char *token, size_t token_len,
                                     const void *key, size_t key_len,
                                     int64_t now_us, billing_token *out,
                                     billing_doc **claims,
                                     billing_error *err);

/* ---- The ledger --------------------------------------------------------- */

/*
 * The double-entry ledger: query {"customer":"id","asset":"USD",
 * "account":"deferred","from":T,"to":T,"running":true,"after":"7.2",
 * "limit":100} -> {"postings":[{"number":"8.1","seq","at","customer",
 * "account","asset","amount","balance","cause"}],"balances":[{"customer",
 * "account","asset","balance"}],"next":"8.1"}.
 *
 * Postings of one "seq" are one transaction: in each customer and asset they
 * add up to zero.  Positive is debit.  "balances" are those of now, or with
 * "to" those of that moment, of all that was posted before it.  With "running"
 * each row has its account's balance after it: the statement of a wallet is
 * that of a customer, an asset and an account.
 *
 * Accounts: deferred (revenue: what is left of grants that were paid for),
 * credit (what is left of promotional ones), unbilled, receivable, revenue,
 * funding, promotion, breakage, rounding, tax, exchange, family (what grants
 * of others paid for the customer, less what its own paid for others).
 */
BILLING_API int billing_ledger(billing *b, const billing_call *call,
                               const char *query, size_t query_len,
                               billing_doc **out, billing_error *err);

/* ---- Invoices ----------------------------------------------------------- */

#define BILLING_PROGRESS_MORE 1u   /* budget used up: call again */

typedef struct billing_progress {
  uint32_t struct_size;
  uint32_t flags;               /* BILLING_PROGRESS_* */
  int64_t  done_us;             /* all that was due before this is done */
  int64_t  decided_us;
  uint64_t periods;             /* closed in this call */
  uint64_t invoices;            /* finalized in this call */
  uint64_t grants;              /* expired in this call */
  uint64_t holds;               /* expired in this call */
  uint64_t first_invoice;       /* number of the first, 0: none */
} billing_progress;

/*
 * Does everything that falls due up to `until_us` (at most now_us), in the
 * order in which it falls due: expires holds, closes periods, finalizes and
 * numbers their invoices without gaps, expires grants, gives recurring ones,
 * asks for top-ups, tells what time brings (at one instant in this order).  At
 * most `budget` steps (0: no bound) in this call and its one commit; MORE says
 * that some are left.
 * Running it once or in any number of steps gives the same invoices.
 *
 * A statement of a SQL meter that fails ends the call at the close of its
 * period, with a message that names contract, price, period and meter: void or
 * correct the event, or put the meter with another statement.
 *
 *   INVALID  until_us is after now_us; a statement      LIMIT (a statement)
 *   INVALID_CLOCK
 */
BILLING_API int billing_advance(billing *b, const billing_call *call,
                                int64_t until_us, uint32_t budget,
                                billing_progress *out, billing_error *err);

/*
 * A finalized invoice, by number ("INV-000001") or our own number in digits,
 * as "json" (canonical, frozen) or "text" (for people).  NOTFOUND.
 */
BILLING_API int billing_invoice(billing *b, const billing_call *call,
                                const char *id, size_t id_len,
                                const char *format, billing_doc **out,
                                billing_error *err);

/*
 * Where a line comes from: {"invoice":"INV-000001","line":1,"events":100} ->
 * the price and its version, the override that made it (null: none) and why
 * no other did ("override", "considered":[{"id","why"}]), the tiers with
 * quantities and amounts, what earlier invoices billed, the draws by grant,
 * and the events (the first `events` of them, 100 by default, and their count;
 * those that were voided since say so).  Of a price that changed within the
 * period, "position" is how far tiers had come before, and "before_position"
 * what that much costs; of free units that roll over, "allowance" is what has
 * become of the period's by now; of a composite, a minimum or a maximum what
 * was spent under each price that it counts.  Of a line of kind conversion:
 * the rate, since when it was in force, and the "lines" whose open amounts it
 * converts; these say "converted", its number.  Lines count from 1.
 *
 *   NOTFOUND
 */
BILLING_API int billing_explain(billing *b, const billing_call *call,
                                const char *query, size_t query_len,
                                billing_doc **out, billing_error *err);

/*
 * The invoices that a customer would get, as drafts: what falls due up to a
 * moment, and the periods that hold it as they stand by then.  Nothing is
 * recorded, numbered or closed; the roads are those of billing_record and
 * billing_advance, so an advance to that moment, with these events recorded
 * before, gives the same lines.
 *
 * query {"customer":"id","contract":"id","at":T,"mode":"merge|replace",
 * "format":"json|text"} -> {"at","customer","invoices":[{"draft":true, and all
 * that an invoice has but its numbers}]}, or with "text" the pages.  "at" is
 * the call's now unless it is given, and not before that; what happens before
 * it counts.  A draft of an open period bills its fees whole, levels as long
 * as they lasted by then, and the next period's fees in advance, as its close
 * will.  With a contract only its invoices are shown.
 *
 * `events` are lines as in billing_record_text, or empty: what has not
 * happened, each decided at its own time.  They need no key, and without
 * "time" they happen right before "at"; "customer" may be left out.  "merge"
 * adds them to real usage; with "replace" usage of periods that are not
 * invoiced is left out, and what it drew returns to its grants.
 *
 *   NOTFOUND_CUSTOMER  NOTFOUND (contract)  LIMIT (10,000 events)
 *   INVALID  the query; an event, err->item is its line; a SQL meter
 */
BILLING_API int billing_preview(billing *b, const billing_call *call,
                                const char *query, size_t query_len,
                                const char *events, size_t events_len,
                                billing_doc **out, billing_error *err);

/*
 * What customers would have cost under other documents.  Each one's history
 * is asked again, with the clock of that time, on a handle of its own in
 * memory: documents, grants, events, voids, advances, rebuilding.  Nothing is
 * recorded.
 *
 * query {"documents":{"meters":[..],"plans":[..],"contracts":[..]},
 * "instead":{"plan":"other plan"},"customer":"id","at":T,"from":T,"to":T,
 * "prices":true,"after":"next","limit":100} -> {"at","customers":[{"customer",
 * "totals":[{"asset","before":{"amount","drawn","owed"},"after":{..},
 * "difference":{..}}],"prices":[{"contract","price", and as a total}],
 * "refused":{"count","event","code","path","message"}}],"totals":[..],
 * "next":".."}.
 *
 * A document stands in the place of all versions of its own; contracts of a
 * plan that is laid over follow it.  "instead" gives contracts of one plan
 * another one.  Meters measure all of the history.  Without a customer it is
 * everybody, a page at a time; "totals" are of the page.  Sums are exact,
 * before rounding, of the periods that begin in ["from", "to"), all billed as
 * in a preview of "at", which is the call's now unless it is given.  "refused"
 * says what was taken then and is not now.  Holds are not repeated, and of
 * those who were erased nothing is left to ask.
 *
 *   NOTFOUND_CUSTOMER  NOTFOUND (a plan in "instead")
 *   INVALID, LIMIT  the query; a document, at its place in "documents"
 */
BILLING_API int billing_simulate(billing *b, const billing_call *call,
                                 const char *query, size_t query_len,
                                 billing_doc **out, billing_error *err);

/* ---- The outbox -----------------------------------------------------------
 *
 * What the world outside should be told, from the transaction in which it
 * came to be: a host that sends these rows, and says so, tells each at least
 * once, and each customer's in their order.
 */

/*
 * Rows that are not done yet, in order: query {"after":"row","limit":100,
 * "secret":"whsec_.."} -> {"rows":[{"row":n,"customer","body":{"type",
 * "timestamp","data":{"customer", ..}}}],"next":"row"}.  "after" skips rows
 * that were sent and are not done.  The types, and what is in "data":
 *
 *   invoice.finalized  "invoice": the canonical document
 *   grant.given        "grant" (its number), "id", "amount", "asset",
 *                      "origin", "effective", "expires"
 *   grant.changed      "grant", "id", "asset", "change" ("void|transfer|
 *                      refund|expiry|return|rollover"), "amount", "cost",
 *                      "expires", "to" (the grant that it has become)
 *   grant.expired      "grant", "id", "asset", "left"
 *   grant.used_up *    "grant", "id", "asset"
 *   grant.expiring *   "grant", "id", "asset", "expires", "left"
 *   contract.started * "contract", "plan", "start"
 *   contract.ended *   "contract", "plan", "end"
 *   alert.reached      "alert" (its id), "contract", "of", "asset" or
 *                      "meter", "at", "value" (days: none, while nothing is
 *                      spent)
 *   alert.recovered    the same; "at" is what it is back at
 *   top_up.wanted      what billing_top_up answers of it
 *   top_up.failed      the same: "again", or "state":"paused"
 *   top_up.paid        the same: "grant", "bonus_grant"
 *   top_up.void        the same
 *
 * Those with a star are told when the tenant's document asks for them:
 * "outbox":{"topics":["grant.used_up", ..],"expiring":604800}.  A grant is
 * used up when usage has taken the last of it; it is expiring so many seconds
 * before its end (7 days), while something is left.  What only time brings is
 * told by billing_advance: a contract's start, also when it was before the
 * topic was asked for, and its end when its last period closes.
 *
 * An alert is {"id","of":"balance|owed|spend|usage|exhaustion","asset" or
 * "meter","at":"5"}.  It tells when a call, or a step of an advance, has
 * brought its figure to "at": what grants have left, and the days that this
 * lasts at the spend of the last "hours", fall to it; what is owed and not
 * invoiced, what was spent and what was used rise to it.  Spend is of all
 * time, or of a window, as usage is: "per":"hour|day|week|month", of a
 * contract's alert also "period", in a "zone"; or the last "hours":24, which
 * is a burn rate.  Windows count as those of limits do, from the moment that
 * the alert is put.  It tells again when the figure was on the other side in
 * between; with "recovers":"8" only after the figure was back there, which is
 * told, too.
 *
 * Of an erased customer "customer" and "id" are empty.  With a secret each row
 * has "webhook":{"id","timestamp","signature","body"}: the headers of Standard
 * Webhooks (webhook-id, webhook-timestamp: of this call's now_us in seconds,
 * webhook-signature), and the very bytes that were signed.
 *
 *   INVALID  the query; the secret is not whsec_ and base64 of 24 to 64 bytes
 */
BILLING_API int billing_outbox_next(billing *b, const billing_call *call,
                                    const char *query, size_t query_len,
                                    billing_doc **out, billing_error *err);

/*
 * All rows up to this one are done.  Saying it again, or of an earlier row, is
 * fine.
 *
 *   NOTFOUND  there is no such row yet
 */
BILLING_API int billing_outbox_done(billing *b, const billing_call *call,
                                    uint64_t row, billing_error *err);

/* ---- Trust -------------------------------------------------------------- */

/*
 * Walks the whole journal of the call's tenant: every hash of the chain, every
 * entry's two parts, the fold into a fresh state compared with customers in
 * memory, their images and every derived table, the ledger's zero sums and
 * balances, holds within grants, numbers without gaps.  *out is {"ok":true,
 * "entries":n,"events":n,"redacted":[{"seq","by"}],"checks":{..},
 * "problems":[..]}.
 * Problems are an answer, not a failure: the function returns OK.
 *
 *   NOTFOUND_TENANT
 */
BILLING_API int billing_verify(billing *b, const billing_call *call,
                               billing_doc **out, billing_error *err);

/*
 * Work that calls otherwise pay for in small slices: writing sorted runs,
 * merging them, checkpoints.  At most `budget` records in this call and its
 * one commit; 0 is all there is, also what memory would keep for later, so
 * that whoever opens the file next has nothing to walk.  *more, when not NULL,
 * becomes 1 when some is left.  On the host's connection nothing else does
 * this work: call it now and then, outside a transaction.
 *
 *   NOTFOUND_TENANT
 */
BILLING_API int billing_maintain(billing *b, const billing_call *call,
                                 uint32_t budget, uint32_t *more,
                                 billing_error *err);

/* ---- Stores ---------------------------------------------------------------
 *
 * A store keeps the tables that the library declares, as typed rows.  Who
 * writes one embeds billing_store as the first member of a struct and fills a
 * constant table of methods.  tests/store/ is the conformance suite.
 *
 * Methods are called under the handle's lock, one at a time (all but sync),
 * never after close; get, put, remove and scan only inside a transaction, and
 * scans end before it does.  They return BILLING_OK, NOTFOUND, DONE, CONFLICT,
 * NOMEM, BUSY, STORE, CORRUPT, UNSUPPORTED or INTERNAL; anything else becomes
 * STORE.
 */
#define BILLING_VALUE_INTEGER 1u
#define BILLING_VALUE_TEXT 2u      /* UTF-8, compared as bytes */
#define BILLING_VALUE_BLOB 3u

typedef struct billing_value {
  uint32_t    type;          /* BILLING_VALUE_* */
  uint32_t    reserved;
  int64_t     integer;
  billing_str bytes;         /* of TEXT and BLOB */
} billing_value;

typedef struct billing_column {
  const char *name;
  uint32_t    type;          /* BILLING_VALUE_* */
  uint32_t    reserved;
} billing_column;

typedef struct billing_index {
  const char     *name;
  const uint32_t *columns;   /* numbers of columns, from 0 */
  size_t          count;
} billing_index;

/* A table: its first key_count columns are its primary key.  At most 24
 * columns, 6 in a key or an index. */
typedef struct billing_table {
  uint32_t              struct_size;
  uint32_t              flags;
  const char           *name;
  const billing_column *columns;
  size_t                column_count;
  size_t                key_count;
  const billing_index  *indexes;
  size_t                index_count;
} billing_table;

#define BILLING_SCAN_REVERSE 1u    /* from the end to the beginning */
#define BILLING_SCAN_AFTER 2u      /* skip the rows that begin with `from` */

/*
 * A range of rows in the order of the key (index 0) or of index number
 * `index` - 1 followed by the key.  Rows whose leading values are >= the
 * from_count values of `from` and <= the to_count values of `to`; a count of 0
 * does not bound.  AFTER makes the lower bound exclusive: > instead of >=.
 */
typedef struct billing_scan {
  uint32_t             struct_size;
  uint32_t             flags;       /* BILLING_SCAN_* */
  uint32_t             table;
  uint32_t             index;
  const billing_value *from;
  size_t               from_count;
  const billing_value *to;
  size_t               to_count;
} billing_scan;

#define BILLING_BEGIN_READ 0u
#define BILLING_BEGIN_WRITE 1u     /* take the write lock now, or BUSY */

#define BILLING_PUT_REPLACE 0u     /* insert or replace by key */
#define BILLING_PUT_INSERT 1u      /* CONFLICT when the key is there */

/* Flags of a store's description. */
#define BILLING_STORE_HOST 1u      /* the host's transaction: it may vanish */
#define BILLING_STORE_NEW 2u       /* declare() made the tables just now */
#define BILLING_STORE_READ_ONLY 4u

typedef struct billing_store_description {
  uint32_t struct_size;
  uint32_t flags;            /* BILLING_STORE_* */
  char     name[32];         /* "sqlite", "memory", .. */
} billing_store_description;

typedef struct billing_store_methods {
  uint32_t struct_size;
  uint32_t abi;              /* BILLING_ABI_VERSION it was written against */
  /* Makes the tables that are missing, adds columns that are missing (0 or
   * empty in old rows), keeps what it does not know.  Tables are known by
   * their place in this list from here on.  Outside a transaction.  The
   * tables outlive the store.  NOTFOUND when it may only look, and nothing
   * of ours is there. */
  int (*declare)(billing_store *s, const billing_table *const *tables,
                 size_t count);
  /* One transaction at a time.  BUSY when another writer is there. */
  int (*begin)(billing_store *s, uint32_t mode);
  int (*commit)(billing_store *s);   /* after a failure rollback may follow */
  void (*rollback)(billing_store *s);
  /* The row with this key (key_count values) into row[column_count]; its
   * bytes are the store's until the next call.  NOTFOUND. */
  int (*get)(billing_store *s, uint32_t table, const billing_value *key,
             billing_value *row);
  /* count rows, one after the other in `rows`, whole or not at all within
   * its transaction's fate.  mode is BILLING_PUT_*.  What is passed in, here
   * and in get and remove, may point into the row that get or next gave out
   * last. */
  int (*put)(billing_store *s, uint32_t table, const billing_value *rows,
             size_t count, uint32_t mode);
  /* Deletes by key.  NOTFOUND when there is none. */
  int (*remove)(billing_store *s, uint32_t table, const billing_value *key);
  /* Opens a scan, steps it (DONE at the end; bytes are the store's until the
   * next call on the store), ends it.  Up to 8 at a time; rows that the same
   * transaction puts into the range meanwhile may or may not be seen. */
  int (*scan)(billing_store *s, const billing_scan *range, void **rows);
  int (*next)(billing_store *s, void *rows, billing_value *row);
  void (*end)(billing_store *s, void *rows);
  /* Orders writers of one shard; a store with one writer has nothing to do.
   * Inside a write transaction. */
  int (*lock)(billing_store *s, int64_t tenant, int64_t shard);
  /* After data was erased, outside a transaction: make sure that deleted
   * bytes leave the medium as far as it can. */
  int (*scrub)(billing_store *s);
  int (*describe)(billing_store *s, billing_store_description *out);
  void (*close)(billing_store *s);
  /* 0.1 ends here. */
  /* May be missing.  Makes every commit durable that has returned, from any
   * thread and while another method runs.  A store that has it may let commit
   * return before the medium has the bytes; one that lacks it may not.  Once
   * it has failed it fails for ever: what the medium has is not known. */
  int (*sync)(billing_store *s);
  /* May be missing.  Inside a transaction: CORRUPT when what the store keeps
   * contradicts itself where rows do not show it, in its pages or indexes. */
  int (*check)(billing_store *s);
} billing_store_methods;

struct billing_store {       /* implementers put their members after this */
  const billing_store_methods *methods;
  void                        *user;
};

/* The reference store: everything in memory, obvious, slow.  For tests. */
BILLING_API int billing_memory_store(billing_store **out,
                                     const billing_allocator *allocator);
/* A store that passes every call to `inner` and checks on the way that both
 * sides keep the contract above; a breach is INTERNAL from then on.  It owns
 * `inner`. */
BILLING_API int billing_checked_store(billing_store **out,
                                      billing_store *inner,
                                      const billing_allocator *allocator);

#if defined(__cplusplus) && !defined(BILLING_FFI)
}
#endif

#endif
