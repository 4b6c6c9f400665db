/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * vectors.h - what the runner and the translators of each peer's files share.
 *
 * A translator writes a request of billing_evaluate from the fields of a case
 * and puts the answer's figures under the names that the case expects.  It
 * knows no rule of billing: it renames, it cuts lists apart and puts them
 * together, it writes cents as units.
 */
#ifndef VECTORS_H
#define VECTORS_H

#include <cjson/cJSON.h>

/* Runs a case: the result, an object, or NULL when vec_why says why not. */
typedef cJSON *vec_run(const cJSON *given);

typedef struct vec_kind {
  const char *kind;
  vec_run    *run;
} vec_kind;

/* What a case has beyond its kind: adds words such as "overrides" with
 * vec_feature.  DEVIATIONS.md may name "kind+feature". */
typedef void vec_features(const cJSON *given, cJSON *list);

/* A format.  A file is known by the end of its path, or by the sentence with
 * which its format begins. */
typedef struct vec_file {
  const char     *path;
  const char     *about;
  vec_features   *features;          /* or NULL */
  const vec_kind *kinds;             /* NULL at the end */
} vec_file;

extern const vec_file vec_flexprice[];    /* each: path NULL at the end */
extern const vec_file vec_flexprice_dates[];
extern const vec_file vec_killbill[];
extern const vec_file vec_killbill_dates[];
extern const vec_file vec_lago[];
extern const vec_file vec_lago_invoices[];
extern const vec_file vec_lago_proration[];
extern const vec_file vec_metronome[];
extern const vec_file vec_metronome_schedules[];
extern const vec_file vec_openmeter[];
extern const vec_file vec_openmeter_dates[];
extern const vec_file vec_stripe[];
extern const vec_file vec_stripe_dates[];

/* What the case expects, for kinds that ask there. */
extern const cJSON *vec_expect;

/* ---- requests ---- */

/* A new request for the kernel. */
cJSON *vec_request(const char *kernel);
/* Sends a request, and deletes it.  NULL, and vec_why, when it is refused. */
cJSON *vec_ask(cJSON *request);
/* Fails a case by hand; returns NULL. */
cJSON *vec_fail(const char *why);
/* {"error": word} when the last request was INVALID; else NULL. */
cJSON *vec_invalid(const char *word);
extern char vec_why[2000];

/* ---- fields: absent and null are the same, and copy nothing ---- */

const cJSON *vec_get(const cJSON *object, const char *name);
const char *vec_text(const cJSON *object, const char *name);  /* or NULL */
int vec_is(const cJSON *object, const char *name, const char *text);
/* Copies a member under another name. */
void vec_copy(cJSON *to, const char *as, const cJSON *from, const char *name);
/* The same for one that is a whole number, also when it is written as text. */
void vec_copy_whole(cJSON *to, const char *as, const cJSON *from,
                    const char *name, const char *otherwise);
void vec_put(cJSON *to, const char *name, const char *text);
/* As ISO 8601: so many of "D", "W", "M" or "Y". */
void vec_put_duration(cJSON *to, const char *name, long count, char unit);
void vec_put_true(cJSON *to, const char *name);
void vec_feature(cJSON *list, const char *word);
/* The items' member `name`, as a list. */
cJSON *vec_pluck(const cJSON *list, const char *name);
/* {item.key: item.value} */
cJSON *vec_pairs(const cJSON *list, const char *key, const char *value);

/* ---- notation of decimals ---- */

/* A decimal with its point moved by `places`: 2 writes units as cents.
 * Nothing for no decimal. */
cJSON *vec_moved(const char *decimal, int places);
void vec_put_moved(cJSON *to, const char *name, const char *decimal,
                   int places);
/* a + b and a - b, in one of four places that are used in turn. */
const char *vec_plus(const char *a, const char *b);
const char *vec_minus(const char *a, const char *b);
int vec_is_zero(const char *decimal);

#endif
