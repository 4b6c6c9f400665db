/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * stores.h - the stores that the conformance suite is run against, and where
 * they keep their rows.  Who writes a store adds a row to stores.c.
 */
#ifndef STORES_H
#define STORES_H

#include "store/store.h"

typedef struct store_place store_place;

/* A kind of store. */
typedef struct store_kind {
  const char    *name;
  /* Opens a store on the place: the first time on an empty one.  No store is
   * open on it meanwhile. */
  billing_store *(*open)(store_place *place,
                         const billing_allocator *allocator);
  uint32_t       keeps;        /* its rows outlive the store */
  uint32_t       reserved;
} store_kind;

struct store_place {
  const store_kind *kind;
  char              folder[64];
  char              path[128];
  void             *connection;    /* the host's, where there is one */
};

extern const store_kind store_kinds[];
extern const int store_kind_count;

void store_place_make(store_place *place, int kind);
billing_store *store_place_open(store_place *place,
                                const billing_allocator *allocator);
void store_place_remove(store_place *place);

/* A folder of its own, and its removal with the database `path` in it. */
void store_folder_make(char folder[64], char path[128]);
void store_folder_remove(const char *folder, const char *path);

/* Values for the tests. */
billing_value store_int(int64_t v);
billing_value store_text(const char *text);
billing_value store_blob(const char *bytes, size_t len);

/* A seeded generator: the same numbers on every machine. */
typedef struct store_dice {
  uint64_t state;
} store_dice;

uint64_t store_throw(store_dice *dice, uint64_t below);

#endif
