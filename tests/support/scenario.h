/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * scenario.h - a scenario document played through the public interface.
 *
 *     {"title":"..","tenant":"shop","catalog":{..},
 *      "steps":[{"do":"grant","now":"2026-01-01T00:00:00Z","key":"g1", ..},
 *               {"do":"record","events":[..]}, {"do":"advance"}],
 *      "balances":{"acme":["USD"]}}
 *
 * A step without "now" happens at the moment of the one before, and every
 * step means its clock.  What the library answers goes into a transcript of
 * plain lines that a person can follow with a pencil.  Amounts in steps are
 * texts such as "10.50 USD".  README.md beside the scenarios has every member.
 */
#ifndef SCENARIO_H
#define SCENARIO_H

#include <cjson/cJSON.h>
#include <stdio.h>

#include "billing.h"

typedef struct scenario_run scenario_run;

/* One call of the public interface with all its arguments; what it gives out
 * stands in the arguments, too, and is freed by who made them. */
typedef int scenario_call(scenario_run *r, void *arguments);

struct scenario_run {
  const cJSON  *doc;
  billing      *b;
  FILE         *out;         /* the transcript */
  uint32_t      budget;      /* of each billing_advance; 0: no bound */
  const char   *tenant;
  int64_t       now_us;
  billing_error err;
  /* Makes the call; NULL: just once.  A sweep makes it again and again. */
  int (*attempt)(scenario_run *r, const char *name, scenario_call *call,
                 void *arguments);
  /* Before each step, with its number; NULL: nothing. */
  void (*between)(scenario_run *r, size_t step);
  /* Before each advance, and when it is done; NULL: nothing. */
  void (*advancing)(scenario_run *r, int64_t until_us, int is_done);
  void         *user;
};

/* The document at the path; a mistake in it ends the program with words. */
cJSON *scenario_read(const char *path);

/*
 * Plays all steps on r->b and then shows invoices, balances, ledger and what
 * verify says.  Fill doc, b, out and what else is wanted first.
 */
void scenario_play(scenario_run *r);

/* Microseconds of "2026-01-31T09:00:00Z", and back.  Written for the tests, so
 * that the library does not check itself. */
int64_t scenario_time(const char *text);
const char *scenario_time_text(int64_t us, char out[32]);

/* A billing_call of the run's tenant and moment with this key, or NULL. */
billing_call scenario_call_of(const scenario_run *r, const char *key);

#endif
