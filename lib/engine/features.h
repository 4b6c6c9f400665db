/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * features.h - who has how much of a feature (features.c).
 *
 *     plan 1,000 calls, contract 2,000 instead, a grant of 500 more: 2,500
 *     the customer's own document says 10,000: 10,500; or false: none
 *
 * What is used of a quota is counted as limits are (limits.h), under the
 * feature itself: it goes on when somebody else gives it.
 */
#ifndef BL_FEATURES_H
#define BL_FEATURES_H

#include "engine/engine.h"

/* What a customer has of a feature at a moment. */
typedef struct bl_entitled {
  uint32_t is_granted;
  uint32_t source;             /* BILLING_SOURCE_* */
  uint32_t is_soft;
  uint32_t reserved;
  bl_dec   limit;              /* quota: BL_DEC_MAX: unlimited */
  bl_str   json;               /* configuration */
} bl_entitled;

/* The customer's own document has the last word but for what grants add; then
 * each contract that is in force says its own value, else its plan's; what
 * nobody gave is the feature's default. */
void bl_entitle(const bl_customer *customer, const bl_feature *feature,
                int64_t us, bl_entitled *out);
/* The contract whose periods and zone the feature's windows go by: the first
 * that gives it, else the first in force; NULL. */
const bl_contract *bl_feature_contract(const bl_customer *customer,
                                       const bl_feature *feature,
                                       int64_t us);

/* What a document gives must be features that are there, in the values that
 * they can have; of one that is new none that is archived.  With has_meters
 * the meters of quotas must be there. */
int bl_features_check(bl_call *c, const bl_feature_values *values,
                      int has_meters, int is_new, const char *path);
/* The same of what recurring grants entitle to. */
int bl_features_check_grants(bl_call *c, const bl_recurring_list *grants,
                             int is_new, const char *path);

#endif
