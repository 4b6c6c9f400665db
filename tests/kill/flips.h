/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* flips.h - what the two files about changed bytes hand to each other. */
#ifndef KILL_FLIPS_H
#define KILL_FLIPS_H

#include <sqlite3.h>
#include <sys/types.h>

#include "kill.h"

/* How a trial ended. */
#define NOTICED 0
#define UNNOTICED 1
#define STRANGE 2               /* INTERNAL, or an answer that is no answer */
#define CRASHED 3
extern const char *const ends[];    /* these as words */

typedef struct flips {
  const programme *p;
  world           *w;
  uint64_t         series;
  char             shared[96], base[96];
  uint64_t         print;       /* of all rows */
  long             trials, noticed, harmless;
  pid_t            examiner;    /* a process, 0: none */
  int              ask, answer; /* pipes to it and from it */
} flips;

/* What verify does not notice, where in a table, and why that is right. */
extern const struct exception {
  const char *table, *column, *where, *why;
} exceptions[];

/* Opens the database and verifies it, in a process of its own. */
int examine_apart(flips *f);
void examiner_end(flips *f);

sqlite3 *open_sql(const char *path);
sqlite3_stmt *prepare(sqlite3 *db, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Of all rows of ours but for exceptions; 0 when something cannot be read. */
uint64_t print_database(const flips *f, const char *path);
/* What SQLite says of the file. */
int is_sound(const char *path);

#endif
