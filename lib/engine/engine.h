/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * engine.h - the shell: the only layer with an arrow to kernels and stores.
 * Every exported function has one shape: enter (lock, transaction, read what
 * others appended), read - decide - write, leave (commit or undo).
 */
#ifndef BL_ENGINE_H
#define BL_ENGINE_H

#include <pthread.h>
#include <stdatomic.h>

#include "engine/doc.h"
#include "engine/event_code.h"
#include "engine/fold.h"
#include "engine/group.h"
#include "engine/state.h"

/* The journal's format, and what it takes to read and to write it. */
#define BL_FORMAT 0

/* Entries of the call under way that are not in the store yet. */
typedef struct bl_entries {
  bl_entry *entry;
  size_t    count;
  size_t    cap;
} bl_entries;

struct billing {
  pthread_mutex_t   lock;
  billing_allocator host;
  bl_arena          arena;          /* the handle's own things */
  bl_arena          spare_arena;    /* of the next call */
  billing_store    *store;
  bl_group          group;
  bl_entries        entries;
  uint32_t          flags;          /* BILLING_OPEN_* */
  uint32_t          store_flags;    /* BILLING_STORE_* */
  bl_str            tenant;
  bl_str            zone_folder;
  int64_t           max_clock_step_us;
  uint32_t          tail_events;
  uint32_t          shares;         /* calls may share commits */
  int64_t           filter_bytes;
  unsigned char     secret[32];
  unsigned char     database[16];
  unsigned char     event_key[16];  /* idempotency keys of events */
  unsigned char     request_key[16];
  unsigned char     name_key[16];   /* ids of customers */
  unsigned char     contract_key[16];   /* ids of contracts */
  unsigned char     content_key[16];
  bl_map            tenants;        /* id -> bl_tenant */
  bl_tenant        *spare;          /* for a tenant that may not be there */
  bl_map            zones;          /* name -> bl_zone */
  billing_cursor   *cursors;        /* live ones */
  bl_board         *board;          /* NULL on the host's connection */
  bl_events_writer  coder;          /* of batches; its tables stay */
  bl_arena          coder_arena;
  atomic_int        is_interrupted;
};

/*
 * AUDIT: a read that a broken journal does not stop.  TRIAL: a read that
 * decides as a write would; its entries are read back until it is left, and
 * never stored (trial.h).  CREATE: the tenant may be new.  SHARE: a write that
 * appends entries and nothing else, so that they can wait for its end and
 * share a commit with other calls (group.c).
 */
enum { BL_READ, BL_AUDIT, BL_TRIAL, BL_WRITE, BL_CREATE, BL_SHARE };

/* Customers who wait to be loaded (load.h). */
typedef struct bl_loads {
  bl_customer **customer;
  size_t        count;
  size_t        cap;
  uint64_t      is_deferred;
  uint64_t      came_early;   /* some were loaded in spite of that */
} bl_loads;

/* One call under way. */
struct bl_call {
  billing       *b;
  bl_tenant     *t;
  billing_error *err;
  billing_call   in;
  uint32_t       mode;
  uint32_t       wrote;
  uint32_t       is_inside;  /* the open group's transaction */
  uint32_t       is_known;   /* the tenant has entries in it */
  int64_t        now_us;     /* the moment it is decided at */
  bl_fact_periods opened;    /* whose entry is still to be made */
  size_t         opened_cap;
  int32_t        opened_rc;  /* why it could not be made */
  uint32_t       reserved;
  bl_fact_counted counted;   /* by limits, whose entry is still to be made */
  size_t         counted_cap;
  bl_kin_list    kin;        /* what the entry being made does to others of a
                                family */
  int64_t        cause;      /* seq of the last entry that is not about that */
  bl_loads       loads;
  const struct bl_trial *trial;   /* NULL: it is no trial */
  bl_customer  **attach;     /* who may get parked events (parked.h) */
  size_t         attach_count;
  size_t         attach_cap;
  bl_arena       arena;      /* of the call */
  bl_fold        fold;       /* of the entry being made */
};

static inline int bl_call_reads(const bl_call *c) {
  return c->mode < BL_WRITE;
}

/*
 * Takes the lock, begins a transaction, finds the tenant and folds what others
 * appended.  After a failure nothing is held and leave is not called.
 */
int bl_enter(bl_call *c, billing *b, const billing_call *in, uint32_t mode,
             billing_error *err);
/* The same for functions that take further BILLING_CALL_* flags. */
int bl_enter_with(bl_call *c, billing *b, const billing_call *in,
                  uint32_t mode, uint32_t flags, billing_error *err);
/* MISUSE when one of the texts (NULL-ended) has a length but no address. */
int bl_check_texts(billing_error *err, ...);
/* Commits when rc is OK and something was written, else undoes everything;
 * waits until that is durable; returns what the caller is told. */
int bl_leave(bl_call *c, int rc);
/* For functions that take no billing_call or fail before they enter. */
int bl_refuse(billing_error *err, int rc, const char *message);

/* ---- journal.c ---- */

/* An entry being written: code its facts, then append. */
typedef struct bl_writer {
  bl_text  facts_text;
  bl_text  properties_text;
  bl_codec facts;
  bl_codec properties;
} bl_writer;

/* Sets c->fold for the next entry; periods that are open without an entry get
 * theirs first. */
bl_fold *bl_entry_start(bl_call *c);
void bl_writer_open(bl_writer *w, bl_call *c);
/* After the fold: the entry's rows and itself go to the store, or in a call
 * that shares are kept until it has succeeded.  What an entry is made of stays
 * where it is until then. */
int bl_append(bl_call *c, int64_t kind, bl_writer *w);
int bl_append_parts(bl_call *c, int64_t kind, bl_str facts,
                    bl_str properties);
/* Where the journal stands and what the tenant counts, as the head row has it;
 * CORRUPT. */
int    bl_heads_of_row(const billing_value *row, bl_heads *out);
#define BL_HEADS_COUNTS 14
#define BL_HEADS_BYTES ((size_t)10 * BL_HEADS_COUNTS)
/* The bytes of what it counts. */
size_t bl_heads_print(const bl_heads *heads,
                      unsigned char out[BL_HEADS_BYTES]);
/* Puts what was kept into the store; adds its bytes. */
int bl_entries_put(bl_call *c, size_t *bytes);
/* Brings the tenant's state to the store's head. */
int bl_sync(bl_call *c);
/* The rows of the live path: straight to the store. */
typedef struct bl_store_rows {
  bl_rows        rows;
  billing_store *store;
} bl_store_rows;

/* Walks the journal from `from` (inclusive): bl_journal_next until DONE. */
typedef struct bl_journal_walk {
  billing_store *store;
  void          *rows;
} bl_journal_walk;
int  bl_journal_walk_open(bl_journal_walk *w, billing *b, int64_t tenant,
                          int64_t from_seq);
int  bl_journal_walk_next(bl_journal_walk *w, bl_entry *out);
void bl_journal_walk_close(bl_journal_walk *w);
/* One entry; its texts are the store's until its next call.  NOTFOUND. */
int  bl_journal_peek(billing *b, int64_t tenant, int64_t seq, bl_entry *out);
/* One that something names, so it is there: CORRUPT.  In the arena. */
int  bl_journal_read(bl_call *c, int64_t seq, bl_arena *a, bl_entry *out);
/* What it says; not of events. */
int  bl_journal_facts(bl_call *c, int64_t seq, bl_arena *a,
                      bl_entry_facts *out);

/* The database's own rows again, when the host rolled back the transaction
 * that it was made in.  CORRUPT when it is another database by now. */
int bl_database_keep(billing *b);

/* ---- check.c: the board ---- */

/* When what changed the state has been committed, under the lock: customers
 * that moved are shown as they are now.  Of a doubtful state nothing is. */
void bl_board_renew(billing *b, bl_tenant *t);

/* ---- shared by sections ---- */

/* A customer by its id: NOTFOUND_CUSTOMER with a text when there is none, or
 * when it was erased. */
int bl_find_customer(bl_call *c, bl_str id, const char *path,
                     bl_customer **out);
/* The same for an event of some time: also by an alias. */
int bl_find_event_customer(bl_call *c, bl_str id, int64_t us,
                           bl_customer **out);
/* Fails with NOTFOUND_CUSTOMER. */
int bl_customer_is_erased(bl_call *c, const char *path);
void bl_customer_hash(const billing *b, bl_str id, unsigned char out[16]);
/* A zone, loaded when first needed; that of a contract stays with it. */
int bl_zone_of(bl_call *c, bl_str name, const bl_zone **out);
int bl_contract_zone(bl_call *c, bl_contract *contract);
/* That of the member "zone" of what stands at `path`; an error says so. */
int bl_zone_asked(bl_call *c, const char *path, bl_str name,
                  const bl_zone **out);
/* The path of an item: "/contracts/0" and "limits", 2 give
 * "/contracts/0/limits/2". */
void bl_path_item(const char *path, const char *list, size_t item,
                  char out[BL_PATH_SIZE]);
/* Opens the contract's periods up to the one that holds `us`; they get an
 * entry before the next one.  *index is its place.  NOTFOUND when the contract
 * does not cover it. */
int bl_open_periods(bl_call *c, bl_contract *contract, int64_t us,
                    uint64_t *index);
/* The entry of the periods that were opened. */
int bl_append_opened(bl_call *c);
/* Opens the next period, if there is one: DONE at the end of the contract. */
int bl_open_next_period(bl_call *c, bl_contract *contract);
/* Gives the customer what is due to be given, and ends holds whose time is
 * over. */
int bl_expire_holds(bl_call *c, bl_customer *customer);
/* Without looking at others of its family. */
int bl_expire_own(bl_call *c, bl_customer *customer);
int bl_end_hold(bl_call *c, bl_hold_state *hold, uint64_t status,
                uint64_t event);
/* A text of (size_t)-1 length is NUL-ended. */
bl_str bl_text_argument(const char *text, size_t len);
/* The document as billing_doc. */
int bl_doc_of_tree(bl_call *c, bl_json *tree, billing_doc **out);
/* A query: JSON object or empty text (then *out is NULL). */
int bl_query_read(bl_call *c, const char *query, size_t len, bl_json **out);
/* Whether the handle was interrupted; clears it. */
int bl_is_interrupted(billing *b);

#endif
