/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* show.h - JSON as people read it: names with values, and aligned tables. */
#ifndef SHOW_H
#define SHOW_H

#include <stdio.h>

#include "../parts/slice.h"

/*
 * An object is a list of "name  value"; an array of objects in it becomes a
 * table below its name.  `columns` says which columns such a table has, as in
 *
 *     "usage: price quantity service.from=from|balances: account balance"
 *
 * A table that is not named there has the members of its rows.
 */
void show_document(FILE *out, billing_str json, const char *columns);

#endif
