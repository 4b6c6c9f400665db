/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * error.h - result codes, their names, and the one way to fill in a
 * billing_error.
 */
#ifndef BL_ERROR_H
#define BL_ERROR_H

#include "base/text.h"

/*
 * Fills *err (which may be NULL) and returns rc, so that a check reads
 *
 *     if (bl_dec_is_bad(x)) return bl_fail(err, BILLING_INVALID, "/amount",
 *                                          "use up to 18 decimals",
 *                                          "%t is not a decimal", &text);
 *
 * path is a JSON pointer or "" ; hint says what would be right, or is NULL;
 * format is bl_text_format's.  The first failure of a call wins: an err that
 * already holds a code other than 0 is left as it is.
 */
int bl_fail(billing_error *err, int rc, const char *path, const char *hint,
            const char *format, ...);
/* As bl_fail, with the path joined from a prefix and one member name. */
int bl_fail_at(billing_error *err, int rc, const char *prefix,
               const char *member, const char *hint, const char *format, ...);
/* Gives err the plain words of rc when nothing has filled it yet. */
int bl_fail_code(billing_error *err, int rc);
/* Clears err for a new call, keeping struct_size.  err may be NULL.
 * BILLING_MISUSE when its struct_size is not one that was ever released. */
int bl_error_start(billing_error *err);

/*
 * Appends "/member" to a JSON pointer of BL_PATH_SIZE bytes, member escaped
 * by RFC 6901.  0 when it did not fit and was cut, at a character: nothing
 * should be appended then.
 */
#define BL_PATH_SIZE sizeof(((billing_error *)0)->path)
int bl_path_add(char *path, bl_str member);

#endif
