/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* event.h - one event out of the words of a command. */
#ifndef EVENT_H
#define EVENT_H

#include "cli.h"

typedef struct cli_event_words {
  const char *key;
  const char *customer;
  const char *event;
  const char *value;
  const char *properties;
  const char *time;
} cli_event_words;

#define CLI_EVENT_OPTIONS(in)                                              \
  {"--value", &(in).value, NULL, NULL}, {"--time", &(in).time, NULL, NULL}, \
  {"--properties", &(in).properties, NULL, NULL}

int cli_event(cli *c, const cli_event_words *in, billing_event *out);
int cli_show_receipt(cli *c, int rc, const billing_receipt *receipt);
/* Many events: see feed.c. */
int cli_record(cli *c);
int cli_import(cli *c);
int cli_export(cli *c);                    /* see export.c, books.c */
int cli_export_ledger(cli *c, const char *format, const char *customer,
                      const char *from, const char *to);
/* Asking first: see holds.c. */
int cli_authorize(cli *c);
int cli_settle(cli *c);
int cli_release(cli *c);
int cli_extend(cli *c);
int cli_limits(cli *c);
/* What is done to a grant: see grants.c. */
int cli_change_grant(cli *c);
int cli_top_up(cli *c);
int cli_top_ups(cli *c);

#endif
