/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * json.h - the strict JSON reader and a view of cJSON's tree.
 *
 * The reader is ours: it keeps the text of numbers, refuses duplicate keys,
 * text after the value, an embedded NUL (raw or \u0000), invalid UTF-8, lone
 * surrogates, a byte order mark and nesting beyond BILLING_LIMIT_NESTING (64),
 * and every refusal names its JSON path.  It builds cJSON's tree, numbers as
 * cJSON_Raw.  The printer is ours too: its bytes are kept for ever.  json.c
 * is the only file that includes cJSON.h.
 *
 * A bl_json is a cJSON node under another name.  Trees are made by
 * bl_json_read or bl_json_object/array and are given back with bl_json_free;
 * nodes inside belong to their tree.  cJSON allocates with malloc: the one
 * named exception to the host's allocator.
 */
#ifndef BL_JSON_H
#define BL_JSON_H

#include "base/error.h"

typedef struct cJSON bl_json;

enum { BL_JSON_NULL, BL_JSON_FALSE, BL_JSON_TRUE, BL_JSON_NUMBER,
       BL_JSON_TEXT, BL_JSON_ARRAY, BL_JSON_OBJECT };

/* Whole text to tree; BILLING_INVALID_JSON, BILLING_LIMIT (nesting) or
 * BILLING_NOMEM.  *out is set on success only.  The error's path is the JSON
 * pointer of the value being read, its message ends in the byte offset. */
int  bl_json_read(const char *text, size_t len, bl_json **out,
                  billing_error *err);
/* Checks without building a tree: one verdict for documents and events. */
int  bl_json_check(const char *text, size_t len, billing_error *err);
void bl_json_free(bl_json *tree);       /* NULL is fine */

int      bl_json_kind(const bl_json *node);
/* Number text or string; an empty bl_str with text NULL for other kinds. */
bl_str   bl_json_text(const bl_json *node);
bl_str   bl_json_scalar(const bl_json *node);       /* .. and true, false */
size_t   bl_json_count(const bl_json *node);        /* members or items */
bl_json *bl_json_first(const bl_json *node);        /* child, or NULL */
bl_json *bl_json_next(const bl_json *node);         /* sibling, or NULL */
bl_str   bl_json_key(const bl_json *member);        /* its name */
bl_json *bl_json_get(const bl_json *object, const char *key);   /* or NULL */
/* A decimal out of a number or a string; 0 when it is neither or inexact. */
int      bl_json_dec(const bl_json *node, bl_dec *out);
/* The same for whole numbers: 5, "5", 5.0 and 5e0 are 5. */
int      bl_json_int(const bl_json *node, int64_t *out);
/* An instant: RFC 3339 text ("2026-01-31T00:00:00Z", offsets allowed, up to
 * six decimals; a bare date is midnight UTC), or an integer of microseconds.*/
int      bl_json_time(const bl_json *node, int64_t *out);

/*
 * Writing.  Every function takes a parent and returns the new node; without a
 * parent and a key the node is a root.  For an array parent pass key NULL.
 * Keys must be new to their parent (asserted when printing).
 *
 * They never return NULL.  When memory ran out they return a lost node, to
 * which anything may be added in vain, and the tree that lacks something
 * knows it: it is enough to look at what bl_json_print returns at the end.
 */
bl_json *bl_json_object(bl_json *parent, const char *key);
bl_json *bl_json_array(bl_json *parent, const char *key);
bl_json *bl_json_add_text(bl_json *parent, const char *key, bl_str value);
bl_json *bl_json_add_c(bl_json *parent, const char *key, const char *value);
bl_json *bl_json_add_dec(bl_json *parent, const char *key, bl_dec v); /* text*/
bl_json *bl_json_add_int(bl_json *parent, const char *key, int64_t v);
bl_json *bl_json_add_time(bl_json *parent, const char *key, int64_t us);
bl_json *bl_json_add_bool(bl_json *parent, const char *key, int v);
bl_json *bl_json_add_null(bl_json *parent, const char *key);
/* A node of any kind; text is the string or the number's text. */
bl_json *bl_json_add(bl_json *parent, bl_str key, int kind, bl_str text);
/* A deep copy of any node (no parent and no key: a new root).  NULL counts as
 * lost: a member may be missing because memory ran out. */
bl_json *bl_json_add_copy(bl_json *parent, const char *key,
                          const bl_json *node);
/* Whether a node is NULL or lost.  Not whether all below it is there. */
int      bl_json_is_lost(const bl_json *node);
/* Removes a member if it is there. */
void     bl_json_remove(bl_json *object, const char *key);

/*
 * Canonical JSON into `out`: keys sorted by their bytes, no spaces, number
 * text as it was read, \u only where it must be.  Returns BILLING_NOMEM when
 * the tree is NULL or lacks something, or memory runs out.
 */
int bl_json_print(const bl_json *tree, bl_text *out);
/* The same tree, for people: two spaces, members in the tree's order. */
int bl_json_pretty(const bl_json *tree, bl_text *out);

#endif
