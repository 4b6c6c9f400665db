/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* assets.c - which assets are known and in use; see assets.h. */
#include "engine/assets.h"

#include "engine/load.h"

int bl_asset_argument(bl_call *c, const char asset[16], const char *path) {
  if (memchr(asset, 0, 16) && bl_catalog_places(&c->t->terms, asset) >= 0)
    return BILLING_OK;
  return bl_fail(c->err, BILLING_INVALID, path,
                 "an ISO 4217 currency, or a unit that the tenant declares",
                 "the asset is not known");
}

/* Whether a plan prices in the asset. */
static int is_priced_in(const bl_tenant *t, const char asset[16]) {
  for (size_t i = 0; i < t->plans.count; i++) {
    const bl_plan_state *plan = t->plans.entry[i].value;
    for (size_t k = 0; k < plan->versions.count; k++) {
      const bl_plan_version *version = plan->versions.item[k];
      for (size_t p = 0; p < version->plan.price_count; p++)
        if (bl_asset_equal(version->plan.prices[p].asset, asset)) return 1;
      for (size_t g = 0; g < version->plan.grants.count; g++)
        if (bl_asset_equal(version->plan.grants.item[g].asset, asset))
          return 1;
    }
  }
  return 0;
}

/* Whether somebody has a wallet in it: all customers are looked at. */
static int find_holder(bl_call *c, const char asset[16], int *is_held) {
  int rc = bl_customers_load_all(c);

  *is_held = 0;
  for (uint64_t n = 1; n <= c->t->heads.customers && !rc && !*is_held; n++) {
    bl_customer *customer;
    rc = bl_customer_need(c, n, &customer);
    if (!rc) *is_held = bl_wallet_of(customer, asset) != NULL;
  }
  return rc;
}

int bl_asset_is_used(bl_call *c, const char asset[16], int *is_used) {
  *is_used = is_priced_in(c->t, asset);
  return *is_used ? BILLING_OK : find_holder(c, asset, is_used);
}
