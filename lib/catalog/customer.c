/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * customer.c - who owes: an id, perhaps a name, and whatever else the host
 * keeps there.
 *
 *     {"id":"acme","name":"Acme Ltd","crm":{"owner":7}}
 */
#include "catalog/field.h"

typedef struct customer_draft {
  bl_str id;
  bl_str name;
} customer_draft;

static const bl_field customer_fields[] = {
  {.name = "id", .read = bl_value_id, .needed = BL_ALWAYS,
   .at = offsetof(customer_draft, id)},
  {.name = "name", .read = bl_value_label, .high = BL_TEXT_MOST,
   .at = offsetof(customer_draft, name)},
};

static const bl_shape customer_shape = {
  "a customer", customer_fields, BL_COUNT(customer_fields)
};

int bl_catalog_read_customer(const bl_json *doc, const char *path,
                             bl_str *id, bl_str *name, billing_error *err) {
  bl_reader r = bl_reader_top(path, NULL, err);
  customer_draft draft = {{"", 0}, {"", 0}};
  int rc;

  assert(doc && id && name);
  rc = bl_shape_read_open(&customer_shape, &r, doc, &draft);
  if (rc) return rc;
  *id   = draft.id;
  *name = draft.name;
  return BILLING_OK;
}
