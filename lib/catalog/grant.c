/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * grant.c - what is done to a grant.
 *
 *     {"change":"transfer","customer":"beta","amount":"5"}
 */
#include "catalog/field.h"

const char *const bl_change_words[] = {
  [BL_CHANGE_VOID]     = "void",
  [BL_CHANGE_TRANSFER] = "transfer",
  [BL_CHANGE_REFUND]   = "refund",
  [BL_CHANGE_EXPIRY]   = "expiry",
  [BL_CHANGE_RETURN]   = "return",
  [BL_CHANGE_ROLLOVER] = "rollover",
};

/* Those that can be asked for. */
static const char *const change_choices[] = {"void", "transfer", "refund",
                                             "expiry", NULL};

#define CHANGE_FORM(change) (UINT32_C(1) << (change))

static int change_amount(const bl_reader *r, const bl_field *field,
                         const bl_json *node, void *model) {
  ((bl_grant_change_terms *)model)->has_amount = 1;
  return bl_value_positive(r, field, node, model);
}

static int change_expires(const bl_reader *r, const bl_field *field,
                          const bl_json *node, void *model) {
  bl_grant_change_terms *terms = model;

  terms->expires_us = BL_TIME_NEVER;
  if (bl_str_is(bl_json_text(node), "never")) return BILLING_OK;
  return bl_value_time(r, field, node, model);
}

static const bl_field change_fields[] = {
  {.name = "change", .read = bl_value_choice, .words = change_choices,
   .needed = BL_ALWAYS, .hint = "void, transfer, refund or expiry",
   .at = offsetof(bl_grant_change_terms, change)},
  {.name = "customer", .read = bl_value_id,
   .forms = CHANGE_FORM(BL_CHANGE_TRANSFER),
   .needed = CHANGE_FORM(BL_CHANGE_TRANSFER),
   .hint = "the id of the customer who gets it",
   .at = offsetof(bl_grant_change_terms, customer)},
  {.name = "amount", .read = change_amount,
   .forms = CHANGE_FORM(BL_CHANGE_TRANSFER) | CHANGE_FORM(BL_CHANGE_REFUND),
   .at = offsetof(bl_grant_change_terms, amount)},
  {.name = "expires", .read = change_expires,
   .forms = CHANGE_FORM(BL_CHANGE_EXPIRY),
   .needed = CHANGE_FORM(BL_CHANGE_EXPIRY),
   .hint = "RFC 3339, microseconds since 1970, or \"never\"",
   .at = offsetof(bl_grant_change_terms, expires_us)},
};

static const bl_shape change_shape = {
  "a change of a grant", change_fields, BL_COUNT(change_fields)
};

int bl_catalog_read_grant_change(const bl_json *doc, const char *path,
                                 bl_arena *a, bl_grant_change_terms *out,
                                 billing_error *err) {
  bl_reader r = bl_reader_top(path, a, err);
  bl_reader at = bl_reader_member(&r, "change");
  const bl_json *word = bl_json_get(doc, "change");
  bl_grant_change_terms terms = {0};
  uint32_t form = BL_CHANGE_VOID;
  int rc = BILLING_OK;

  if (word) rc = bl_value_word(&at, word, change_choices, &form);
  if (!rc) rc = bl_shape_read(&change_shape, &r, doc, form, &terms);
  if (!rc) *out = terms;
  return rc;
}

#undef CHANGE_FORM
