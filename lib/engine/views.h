/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* views.h - what can only be read: invoices, grants and holds as documents. */
#ifndef BL_VIEWS_H
#define BL_VIEWS_H

#include "engine/query.h"

/* kind is invoice, grant or hold; NOTFOUND, INVALID for another kind. */
int bl_view_get(bl_call *c, const char *kind, bl_str id, billing_doc **out);
/* Only holds are listed by status. */
int bl_view_check_status(bl_call *c, const bl_query *q);
int bl_view_list(bl_call *c, const bl_query *q, const bl_customer *customer,
                 bl_json *page);
/* Adds a JSON text, as its tree, to an object or (key NULL) an array; an empty
 * text adds nothing. */
int bl_view_add_json(bl_json *parent, const char *key, bl_str json);
/* Usage of a meter, window by window (usage_windows.c). */
int bl_usage_windows(bl_call *c, const bl_query *q, billing_doc **out);
/* An invoice's stored JSON by its number or own number; NOTFOUND. */
int bl_invoice_stored(bl_call *c, bl_str id, uint64_t *own, int64_t *seq,
                      bl_str *json);

#endif
