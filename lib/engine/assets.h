/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* assets.h - which assets the tenant knows, and which of them are in use. */
#ifndef BL_ASSETS_H
#define BL_ASSETS_H

#include "engine/engine.h"

/* INVALID at the path unless the tenant knows the asset. */
int bl_asset_argument(bl_call *c, const char asset[16], const char *path);
/* Whether a plan prices in the asset, or some customer has a wallet in it: for
 * the latter all of them are loaded. */
int bl_asset_is_used(bl_call *c, const char asset[16], int *is_used);

#endif
