/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * limit.h - the numbers behind billing_limit, for use inside the library.
 * billing.h states them in prose; error.c is the table that ties the two.
 */
#ifndef BL_LIMIT_H
#define BL_LIMIT_H

enum {
  BL_LIMIT_KEY_BYTES      = 200,
  BL_LIMIT_EVENT_BYTES    = 65536,
  BL_LIMIT_DOCUMENT_BYTES = 16777216,
  BL_LIMIT_NESTING        = 64,
  BL_LIMIT_BATCH          = 10000,
  BL_LIMIT_ASSET_BYTES    = 15,
  BL_LIMIT_TIERS          = 1000,
  BL_LIMIT_PRICES         = 1000,
  BL_LIMIT_GROUP_KEYS     = 1000,
  BL_LIMIT_COLUMNS        = 64,
  BL_LIMIT_RATES          = 10000,
  BL_LIMIT_TAGS           = 100,
  BL_LIMIT_OVERRIDES      = 1000,
  BL_LIMIT_SHARDS         = 1,
  BL_LIMIT_EXPRESSION_BYTES = 4096,
  BL_LIMIT_EXPRESSION_DEPTH = 64,
  BL_LIMIT_EXPRESSION_GAS   = 10000,
  BL_LIMIT_LINE_BYTES       = 1048576,
  BL_LIMIT_GENERATIONS      = 8
};

#endif
