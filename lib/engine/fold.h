/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * fold.h - an entry's effects on the state.  The very functions that replay a
 * journal also run when an entry is new, so that state now and state after a
 * restart cannot differ.  They add up; they decide nothing.
 */
#ifndef BL_FOLD_H
#define BL_FOLD_H

#include "engine/event_code.h"
#include "engine/state.h"

/*
 * Whose part of an entry is folded.  The tenant's own part are its catalog,
 * its counters, keys and marks of the index; the rest is one customer's or
 * another's.
 */
enum {
  BL_FOLD_WHOLE,           /* everybody's: the entry is new, or audited */
  BL_FOLD_KNOWN,           /* the tenant's own and that of customers who are in
                              memory: others are loaded when they are named */
  BL_FOLD_LOADED           /* that of customers who are being loaded */
};

/* What an entry that is being made does to others of the family
 * (fold_family.c). */
typedef struct bl_kin_list {
  bl_arena    *arena;
  bl_fact_kin *items;
  size_t       count;
  size_t       cap;
} bl_kin_list;

typedef struct bl_fold bl_fold;
struct bl_fold {
  bl_tenant *tenant;
  bl_rows   *rows;         /* where derived rows go; NULL: nowhere */
  bl_arena  *scratch;
  int64_t    seq;          /* of the entry */
  int64_t    at_us;
  const struct billing *b; /* for hashes of keys */
  /* What becomes of the key of a replayed event; NULL: it is remembered,
   * unless a run holds it. */
  int (*key)(bl_fold *f, uint64_t key, uint64_t number);
  bl_kin_list *kin;        /* of an entry being made; NULL: another entry says
                              what it does to others of the family */
  uint32_t reach;          /* BL_FOLD_* */
  uint32_t reserved;
};

/* Whether the tenant's own part is folded. */
static inline int bl_fold_is_own(const bl_fold *f) {
  return f->reach != BL_FOLD_LOADED;
}
/* The customer, one entry older, when its part is to be folded; NULL
 * otherwise, and then *rc is CORRUPT if it had to be there. */
bl_customer *bl_fold_customer(const bl_fold *f, uint64_t number, int *rc);
/* An own number of the tenant's, given in an entry.  They follow one upon the
 * other; a fold that begins within the journal knows only that they ascend. */
int bl_fold_count(bl_fold *f, uint64_t *counter, uint64_t number);
/* The entry is about a subject, or a customer. */
int bl_fold_mark(bl_fold *f, bl_subject subject, int64_t kind);
int bl_fold_about(bl_fold *f, uint64_t customer, int64_t kind);
/* At a place of the entry stands something that is found by a key. */
int bl_fold_name(bl_fold *f, uint64_t key, uint64_t place);

/* The key of a request; zeros: nobody asked. */
int bl_fold_key_name(bl_fold *f, const unsigned char hash[16]);

int bl_fold_document(bl_fold *f, const bl_fact_document *fact);
/* The terms and the timeline of a contract's document alone, with versions of
 * the plan that came before an entry; in the arena. */
int bl_fold_contract_of(bl_tenant *t, bl_arena *a,
                        const bl_fact_document *fact, int64_t before,
                        bl_contract *contract);
/* A version of a plan; contracts that follow it go on with it (fold_plan.c).
 */
int bl_fold_plan(bl_fold *f, const bl_fact_document *fact, const bl_json *doc,
                 bl_plan_state *plan);
/* Grants (fold_grant.c). */
int bl_fold_grant(bl_fold *f, const bl_fact_grant *fact);
int bl_fold_grant_change(bl_fold *f, const bl_fact_grant_change *fact);
int bl_fold_hold(bl_fold *f, const bl_fact_hold *fact);
int bl_fold_hold_end(bl_fold *f, const bl_fact_hold_end *fact);
int bl_fold_hold_extended(bl_fold *f, const bl_fact_hold_extended *fact);
/* What goes into windows of limits (fold_limit.c): by events; held (sign 1) or
 * freed (-1) by a hold. */
int bl_fold_counted(bl_fold *f, const bl_fact_counted *fact);
int bl_fold_hold_counts(bl_fold *f, bl_customer *customer,
                        const bl_fact_count *counts, size_t count, int sign);
/* That something was told is known until then; 0: no more. */
int bl_fold_known(bl_fold *f, bl_customer *customer, uint64_t print,
                  int64_t until_us);
int bl_is_known(const bl_customer *customer, uint64_t print);
int bl_fold_grant_expired(bl_fold *f, const bl_fact_grant_expired *fact);
int bl_fold_period(bl_fold *f, const bl_fact_period *fact);
int bl_fold_periods(bl_fold *f, const bl_fact_periods *fact);
/* The tenant's own part of it. */
int bl_fold_opened(bl_fold *f, const bl_fact_periods *fact);
int bl_fold_invoice(bl_fold *f, const bl_fact_invoice *fact);
int bl_fold_redaction(bl_fold *f, const bl_fact_redaction *fact);
/* parked.c */
int bl_fold_parkings(bl_fold *f, const bl_fact_parkings *fact);
int bl_fold_outbox_done(bl_fold *f, const bl_fact_outbox_done *fact);
int bl_fold_alert(bl_fold *f, const bl_fact_alert *fact);
int bl_fold_top_up(bl_fold *f, const bl_fact_top_up *fact);
int bl_fold_told(bl_fold *f, const bl_fact_told *fact);
/* What an entry does to customers above its own; all of it, or only that it is
 * about them (fold_family.c). */
int bl_fold_family(bl_fold *f, const bl_fact_family *fact);
int bl_fold_related(bl_fold *f, const bl_fact_family *fact);
/* Of an entry being made: it stands below others now; it draws from a grant of
 * another customer; a hold reserves (sign 1) what is theirs, or ends. */
int bl_fold_kin_tie(bl_fold *f, const bl_customer *customer);
int bl_fold_kin_drawn(bl_fold *f, uint64_t customer,
                      const bl_grant_state *grant, bl_dec amount);
int bl_fold_kin_held(bl_fold *f, const bl_hold_state *hold, int sign);
/* Only a row (streams.c). */
int bl_fold_stream(bl_fold *f, const bl_fact_stream *fact);
/* tallies: of the fact's charges, by place; of a customer whose part is not
 * folded none are needed. */
int bl_fold_event(bl_fold *f, const bl_fact_event *fact,
                  bl_tally *const *tallies, uint64_t number);

/* The entry charges that much under a key, and draws so. */
int bl_fold_charged(bl_fold *f, bl_tally *tally, bl_dec amount,
                    const bl_draw *draws, size_t count);
/* The latest operation on a value of unique is this one, whatever it was. */
int bl_fold_value(bl_fold *f, bl_tally *tally, const unsigned char value[16],
                  int64_t time_us, uint64_t is_removal);
/* A grant of the contract with a number (0: of none) has begun, or ends at
 * another time: when the next one does is to be found out. */
void bl_fold_recurring(bl_fold *f, uint64_t number);
/* Something has come back to a grant that is void: the entry under way leads
 * to another one, which makes a new grant of it. */
int bl_fold_returned(bl_fold *f, bl_grant_state *grant);
/* A draw has left nothing in the grant: an entry that follows tells it, when
 * the tenant asks for that.  While a journal is read it is there already. */
int bl_fold_used_up(bl_tenant *t, bl_grant_state *grant);
/* An amount has come back to a grant that may have ended. */
int bl_fold_came_back(bl_fold *f, bl_wallet *wallet, bl_grant_state *grant,
                      bl_dec amount);
/* Usage of a period that was invoiced has changed: it is due. */
void bl_fold_late(bl_fold *f, const bl_tally *tally);
/* One key of it; what it counts for the tenant and the customer, who is NULL
 * when his part is not folded; all of it (fold_void.c). */
int bl_fold_undo(bl_fold *f, const bl_fact_undone *fact);
int bl_fold_voided(bl_fold *f, const bl_fact_void *fact,
                   bl_customer **customer);
int bl_fold_undone(bl_fold *f, const bl_fact_void *fact);
/* One key of it; the tenant's own part of it; all of it (fold_tick.c). */
int bl_fold_tick(bl_fold *f, bl_contract *contract, const bl_fact_tick *fact);
int bl_fold_ticked(bl_fold *f, const bl_fact_ticks *fact);
int bl_fold_ticks(bl_fold *f, const bl_fact_ticks *fact);
/* What is decided anew (fold_rerate.c), in this order: the tenant's own part;
 * that the customer has come to the rules, NULL when they stay as they are;
 * each key; the values that unique knows.  And all of it. */
int bl_fold_rerated(bl_fold *f, const bl_fact_rerate *fact);
int bl_fold_rules(bl_fold *f, const bl_fact_rerate *fact,
                  bl_customer *customer, const bl_meter_rules **rules);
int bl_fold_rekey(bl_fold *f, const bl_fact_rekeyed *fact,
                  const bl_meter_rules *rules);
int bl_fold_values(bl_fold *f, const bl_fact_rerate *fact);
int bl_fold_rerate(bl_fold *f, const bl_fact_rerate *fact);

/* Any entry from its bytes; unknown ones that are not critical do nothing. */
int bl_fold_entry(bl_fold *f, const bl_entry *entry);
/* The tally of a key, made when it is missing; NULL: no memory, or the key is
 * not one (*rc says which). */
bl_tally *bl_fold_key(bl_tenant *t, const bl_fact_key *key, int *rc);

/* A customer that is being erased leaves the board (check.c). */
void bl_board_drop(const struct billing *b, bl_tenant *t,
                   const bl_customer *customer);

/* Name of an entry kind: "events", "grant" ..; "unknown". */
const char *bl_entry_name(int64_t kind);
const char *bl_kind_name(uint64_t kind);          /* of a document */
int         bl_kind_of_name(const char *name);    /* or -1 */

/* The invoice that a fact and the state say (invoice_fact.c): texts are the
 * state's or the arena's. */
int bl_invoice_of_fact(const bl_tenant *t, const bl_fact_invoice *fact,
                       bl_arena *a, bl_invoice *out);
/* A document as it is stored: the text with its version, and for a contract
 * with its customer; of a customer's parent the number, because its id is
 * personal (family.h shows it). */
int bl_document_text(bl_str json, const bl_fact_document *fact,
                     bl_str customer, bl_text *out);

#endif
