/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * image.h - customers as they stood after an entry, so that loading one does
 * not begin with its first.
 *
 *     customer 7    image after entry 90; entries 97 and 104 came later
 *     loaded        the image, then the customer's part of these two
 *
 * An image has what entries add up to: what is left of grants, tallies,
 * balances, periods.  What a single entry says alone (documents, grants, open
 * holds) it names by that entry, so nothing personal is in it and an erasure
 * has nothing to do here.
 *
 * Images are records of BL_RUNS_STATE under the customer's number.  Nothing
 * depends on them: one that is missing costs the loading of more entries, and
 * a process may have any of them or none.  A customer gets a new one after
 * every BL_IMAGE_AGE entries.
 */
#ifndef BL_IMAGE_H
#define BL_IMAGE_H

#include "engine/entry.h"
#include "engine/state.h"

#define BL_IMAGE_AGE 64

typedef struct bl_image_value {
  unsigned char hash[16];
  int64_t       time_us;
  uint64_t      is_removal;
} bl_image_value;

typedef struct bl_image_tally {
  uint64_t       price;
  uint64_t       period;
  bl_str         group;
  uint64_t       rules;          /* of its meter, their number */
  bl_level       level;
  bl_dec         amount;
  bl_dec         drawn;
  bl_dec         billed_amount;
  bl_dec         billed_drawn;
  bl_draw       *stack;
  size_t         stack_count;
  bl_draw       *billed;
  size_t         billed_count;
  uint64_t       first_event;
  uint64_t       last_event;
  bl_dec          ticked;
  uint64_t        is_due;
  bl_dec          bound;
  bl_image_value *values;        /* that unique has seen */
  size_t         value_count;
} bl_image_tally;

typedef struct bl_image_contract {
  int64_t         seq;           /* of its document */
  uint64_t        closed;
  uint64_t        advanced;
  uint64_t        has_ended;
  int64_t         late_us;
  int64_t         moved_us;
  bl_period      *periods;
  size_t          period_count;
  bl_image_tally *tallies;
  size_t          tally_count;
} bl_image_contract;

typedef struct bl_image_grant {
  int64_t  seq;                  /* of its entry */
  bl_dec   left;
  int64_t  expired_seq;
  int64_t  expires_us;           /* it may have been changed since */
  uint64_t is_void;
} bl_image_grant;

typedef struct bl_image_wallet {
  bl_str          asset;
  bl_dec          balance[BL_ACCOUNTS];
  bl_dec          granted;
  bl_image_grant *grants;
  size_t          grant_count;
} bl_image_wallet;

/* An open hold. */
typedef struct bl_image_hold {
  int64_t seq;                   /* of its entry */
  int64_t expires_us;
} bl_image_hold;

/* A window of a limit, without what holds have in it. */
typedef struct bl_image_window {
  bl_fact_count count;           /* amount: used */
  int64_t       since;
} bl_image_window;

typedef struct bl_image_top_up {
  bl_fact_top_up was;
  int64_t        at_us;
} bl_image_top_up;

typedef struct bl_image {
  int64_t            seq;        /* it stands after this entry */
  int64_t            document;   /* entry */
  uint64_t           events;
  uint64_t           unmatched;
  uint64_t           unpriced;
  uint64_t           unentitled;
  bl_image_contract *contracts;
  size_t             contract_count;
  bl_image_wallet   *wallets;
  size_t             wallet_count;
  bl_image_hold     *holds;
  size_t             hold_count;
  bl_image_window   *windows;
  size_t             window_count;
  bl_image_top_up   *top_ups;
  size_t             top_up_count;
  uint64_t           height;
  int64_t            tied;
  uint64_t          *elders;
  size_t             elder_count;
  bl_fact_kin       *liens;
  size_t             lien_count;
} bl_image;

/* The image of a customer who stands after an entry; texts stay the state's,
 * lists are the arena's. */
int bl_image_of(const bl_customer *customer, int64_t seq, bl_arena *arena,
                bl_image *out);
/* Its bytes in both directions. */
void bl_code_image(bl_codec *c, bl_image *image);
/* The bytes, in the arena; empty when they would be too many to be of use. */
int bl_image_bytes(const bl_customer *customer, int64_t seq, bl_arena *arena,
                   bl_str *out);

/* ---- when they are written ---- */

void bl_images_open(bl_images *images, const billing_allocator *host);
void bl_images_close(bl_images *images);
/* An entry of the customer's is folded: it may be time for another image. */
void bl_image_age(bl_tenant *t, bl_customer *customer, int64_t seq);

#endif
