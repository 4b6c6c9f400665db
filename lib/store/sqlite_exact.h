/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* sqlite_exact.h - the functions that a sandbox has. */
#ifndef BL_SQLITE_EXACT_H
#define BL_SQLITE_EXACT_H

#include "base/span.h"

/* Returns SQLite's code; connection is a sqlite3 *, period outlives it. */
int bl_sqlite_exact(void *connection, const bl_span *period);
/* Whether a function is one of these, or one of SQLite's that are exact and
 * the same each time. */
int bl_sqlite_exact_has(const char *name);

#endif
