/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * json_scan.h - the members of one JSON object, without a tree.
 *
 * As strict as the reader of json.h, and many times as fast for what events
 * carry: a flat object of a few plain members.
 */
#ifndef BL_JSON_SCAN_H
#define BL_JSON_SCAN_H

#include "base/json.h"

/* One member of an object, as it stands in the text. */
typedef struct bl_member {
  bl_str   name;       /* decoded */
  bl_str   value;      /* a text decoded; of all other kinds their own text */
  uint32_t kind;       /* BL_JSON_* */
  uint32_t at;         /* where the value's own bytes begin in the source */
  uint32_t len;        /* how many: without quotes, escapes as written */
  uint32_t reserved;
} bl_member;

/*
 * The members of the object that was read last, in the order of its text.
 * The list is kept and used again; names and values lie in the text, but in
 * the arena when they had escapes.  Whoever takes the arena back to an older
 * mark opens the list again.
 */
typedef struct bl_members {
  bl_member *item;
  size_t     count;
  size_t     cap;
  bl_arena  *arena;
} bl_members;

void bl_members_open(bl_members *m, bl_arena *arena);
/*
 * Reads an object; without success there are no members.  The verdict is that
 * of bl_json_read, with the same words: BILLING_INVALID_JSON, BILLING_LIMIT
 * (nesting) or BILLING_NOMEM; BILLING_INVALID_JSON also when the text is
 * something else than an object.  The text has less than 4 GiB.
 */
int bl_json_scan(bl_str text, bl_members *out, billing_error *err);
/* The member of that name, or NULL. */
const bl_member *bl_members_get(const bl_members *m, bl_str name);
/* A decimal out of a number or a text; 0 when it is neither or inexact. */
int bl_member_dec(const bl_member *m, bl_dec *out);
/* An instant, as bl_json_time reads it. */
int bl_member_time(const bl_member *m, int64_t *out);
/* The value as canonical JSON, as bl_json_print writes it.  Returns
 * BILLING_NOMEM when memory runs out. */
int bl_member_print(const bl_member *m, bl_text *out);

#endif
