/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* documents.h - deciding about one document: create, change, archive. */
#ifndef BL_DOCUMENTS_H
#define BL_DOCUMENTS_H

#include "engine/engine.h"

enum { BL_DOCUMENT_UNCHANGED, BL_DOCUMENT_CREATED, BL_DOCUMENT_UPDATED };

/* What a put came to; texts are the call's. */
typedef struct bl_document_change {
  uint32_t action;           /* BL_DOCUMENT_* */
  uint32_t kind;
  bl_str   id;
  uint64_t version;
  bl_str   before;           /* canonical, without version; empty: new */
  bl_str   after;
  bl_json *differences;      /* given: NULL, or a list of what it moves of
                                charges of before (rerate.h) */
} bl_document_change;

/* Checks, folds and appends one document whose JSON path is `path`. */
int bl_document_put(bl_call *c, uint32_t kind, bl_json *doc,
                    const char *path, bl_document_change *out);
int bl_document_archive(bl_call *c, uint32_t kind, bl_str id);
/* The row's JSON as stored (with its version), in the call's arena.
 * NOTFOUND. */
int bl_document_stored(bl_call *c, uint32_t kind, bl_str id, bl_str *json);

#endif
