/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * error.c - the one table of codes, the limits as numbers, and the one way to
 * fill in a billing_error.
 */
#include "base/error.h"

#include "base/limit.h"

struct error_row {
  int         rc;
  const char *name;        /* of billing_code_name */
  const char *words;       /* a message for who has nothing better to say */
};

#define ERROR_ROW(name, words) {BILLING_##name, #name, words}

static const struct error_row error_rows[] = {
  ERROR_ROW(OK, "done"),
  ERROR_ROW(DONE, "no further row"),
  ERROR_ROW(NOMEM, "memory ran out"),
  ERROR_ROW(MISUSE, "the call breaks a rule of the interface"),
  ERROR_ROW(INVALID, "a document or a value is not acceptable"),
  ERROR_ROW(NOTFOUND, "what was named is not there"),
  ERROR_ROW(CONFLICT, "the same key was used on other terms"),
  ERROR_ROW(DENIED, "balance, limit or entitlement says no"),
  ERROR_ROW(BUSY, "another writer was first; try again"),
  ERROR_ROW(STORE, "the store failed"),
  ERROR_ROW(CORRUPT, "stored bytes contradict their hashes"),
  ERROR_ROW(LIMIT, "a limit is exceeded"),
  ERROR_ROW(UNSUPPORTED, "newer than this library, or not built in"),
  ERROR_ROW(INTERNAL, "a bug in the library; nothing was changed"),
  ERROR_ROW(CANCELED, "interrupted"),
  ERROR_ROW(INVALID_CLOCK, "now steps too far ahead"),
  ERROR_ROW(INVALID_TIME, "the time of an event is not acceptable"),
  ERROR_ROW(INVALID_JSON, "the text is not strict JSON"),
  ERROR_ROW(NOTFOUND_TENANT, "there is no such tenant"),
  ERROR_ROW(NOTFOUND_CUSTOMER, "there is no such customer"),
  ERROR_ROW(CONFLICT_KEY, "the key was used with other content"),
  ERROR_ROW(CONFLICT_ENDED, "the hold has ended"),
  ERROR_ROW(DENIED_BALANCE, "too little is free"),
  ERROR_ROW(DENIED_ABOVE_HOLD, "more than was held"),
  ERROR_ROW(DENIED_TENANT, "the handle belongs to another tenant"),
  ERROR_ROW(DENIED_UNMATCHED, "no meter matches the event"),
  ERROR_ROW(DENIED_UNPRICED, "no price applies to the event"),
  ERROR_ROW(DENIED_UNENTITLED, "no contract covers the event"),
  ERROR_ROW(DENIED_LIMIT, "a limit is reached"),
  ERROR_ROW(INVALID_TOKEN, "this is not a token"),
  ERROR_ROW(DENIED_EXPIRED, "the token has expired"),
  ERROR_ROW(DENIED_KEY, "the token was signed by another key"),
  ERROR_ROW(DENIED_SIGNATURE, "the signature does not hold"),
};

/* The row of rc, else of its class, else NULL. */
static const struct error_row *error_row_of(int rc) {
  const struct error_row *found = NULL;

  for (size_t i = 0; i < BL_COUNT(error_rows); i++) {
    if (error_rows[i].rc == rc) return &error_rows[i];
    if (error_rows[i].rc == BILLING_CODE(rc)) found = &error_rows[i];
  }
  return rc > 0 ? found : NULL;
}

const char *billing_code_name(int rc) {
  const struct error_row *row = error_row_of(rc);

  return row ? row->name : "UNKNOWN";
}

uint32_t billing_abi_version(void) {
  return BILLING_ABI_VERSION;
}

const char *billing_version(void) {
  return BILLING_VERSION;
}

int64_t billing_limit(uint32_t which) {
  static const int64_t limits[] = {
    [BILLING_LIMIT_KEY_BYTES]      = BL_LIMIT_KEY_BYTES,
    [BILLING_LIMIT_EVENT_BYTES]    = BL_LIMIT_EVENT_BYTES,
    [BILLING_LIMIT_DOCUMENT_BYTES] = BL_LIMIT_DOCUMENT_BYTES,
    [BILLING_LIMIT_NESTING]        = BL_LIMIT_NESTING,
    [BILLING_LIMIT_BATCH]          = BL_LIMIT_BATCH,
    [BILLING_LIMIT_ASSET_BYTES]    = BL_LIMIT_ASSET_BYTES,
    [BILLING_LIMIT_TIERS]          = BL_LIMIT_TIERS,
    [BILLING_LIMIT_PRICES]         = BL_LIMIT_PRICES,
    [BILLING_LIMIT_GROUP_KEYS]     = BL_LIMIT_GROUP_KEYS,
    [BILLING_LIMIT_SHARDS]         = BL_LIMIT_SHARDS,
    [BILLING_LIMIT_EXPRESSION_BYTES] = BL_LIMIT_EXPRESSION_BYTES,
    [BILLING_LIMIT_EXPRESSION_DEPTH] = BL_LIMIT_EXPRESSION_DEPTH,
    [BILLING_LIMIT_EXPRESSION_GAS]   = BL_LIMIT_EXPRESSION_GAS,
    [BILLING_LIMIT_LINE_BYTES]       = BL_LIMIT_LINE_BYTES,
    [BILLING_LIMIT_GENERATIONS]      = BL_LIMIT_GENERATIONS,
  };

  return which < BL_COUNT(limits) ? limits[which] : 0;
}

int bl_error_start(billing_error *err) {
  if (!err) return BILLING_OK;
  if (err->struct_size != sizeof *err) return BILLING_MISUSE;
  err->code       = BILLING_OK;
  err->item       = -1;
  err->path[0]    = '\0';
  err->message[0] = '\0';
  err->hint[0]    = '\0';
  return BILLING_OK;
}

/* Copies a whole text into a field of err. */
static void error_copy(char *out, size_t size, const char *text) {
  size_t len = text ? bl_utf8_cut(text, strlen(text), size - 1) : 0;

  if (len) memcpy(out, text, len);
  out[len] = '\0';
}

/* Fills err but for its path; 0 when there is nothing to fill. */
static int error_fill(billing_error *err, int rc, const char *hint,
                      const char *format, va_list args) {
  assert(rc != BILLING_OK && format);
  if (!err || err->code != BILLING_OK) return 0;
  err->code = rc;
  error_copy(err->hint, sizeof err->hint, hint);
  bl_format_into(err->message, sizeof err->message, format, args);
  return 1;
}

int bl_fail(billing_error *err, int rc, const char *path, const char *hint,
            const char *format, ...) {
  va_list args;

  va_start(args, format);
  if (error_fill(err, rc, hint, format, args))
    error_copy(err->path, sizeof err->path, path);
  va_end(args);
  return rc;
}

int bl_fail_at(billing_error *err, int rc, const char *prefix,
               const char *member, const char *hint, const char *format,
               ...) {
  va_list args;

  va_start(args, format);
  if (error_fill(err, rc, hint, format, args)) {
    error_copy(err->path, sizeof err->path, prefix);
    if (member) (void)bl_path_add(err->path, bl_str_of(member));
  }
  va_end(args);
  return rc;
}

int bl_fail_code(billing_error *err, int rc) {
  const struct error_row *row = error_row_of(rc);

  if (!err || rc == BILLING_OK || err->code != BILLING_OK) return rc;
  return bl_fail(err, rc, "", NULL, "%s", row ? row->words : "unknown code");
}

int bl_path_add(char *path, bl_str member) {
  size_t len = strlen(path);

  if (len + 1 >= BL_PATH_SIZE) return 0;
  path[len++] = '/';
  for (size_t i = 0; i < member.len; i++) {
    char c = member.text[i];
    size_t width = c == '~' || c == '/' ? 2 : 1;

    if (len + width >= BL_PATH_SIZE) {
      path[bl_utf8_cut(path, len, len)] = '\0';
      return 0;
    }
    path[len] = width == 2 ? '~' : c;
    if (width == 2) path[len + 1] = c == '~' ? '0' : '1';
    len += width;
  }
  path[len] = '\0';
  return 1;
}

#undef ERROR_ROW
