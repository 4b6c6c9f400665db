/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * form.h - how a row becomes events.  A mapping is a list of lines such as
 *
 *     --map TIMESTAMP=time,CustomerId=customer     for every event of the row
 *     --event input:ContextTokens=value            one event of each row
 *     --event output:GeneratedTokens=value         and another
 *     --set customer=acme                          the same in every row
 *     --key-prefix trace                           keys trace-1, trace-2, ..
 *
 * The fields are key, customer, event, time, value and properties.NAME.  With
 * several events from a row, each key ends in the event's name.
 */
#ifndef FORM_H
#define FORM_H

#include "csv.h"

#define FORM_BINDINGS 256
#define FORM_EVENTS 16

typedef struct binding {
  const char *field;          /* key, .. or the property's name */
  size_t      field_len;
  const char *from;           /* name of the column, or the constant */
  size_t      from_len;
  int         form;           /* -1: of every event of the row */
  int         is_property;
  int         is_constant;
  int         column;
} binding;

typedef struct mapping {
  const char *prefix;         /* of keys by row, or NULL */
  const char *event[FORM_EVENTS];
  size_t      event_len[FORM_EVENTS];
  int         event_count;
  binding     bindings[FORM_BINDINGS];
  size_t      count;
  buffer      key;            /* of the event being made */
  const char *problem;
  const char *problem_at;     /* the word it is about */
  int         problem_len;
} mapping;

/* The options; 0 with the problem when one cannot be used. */
int mapping_map(mapping *m, const char *columns);
int mapping_set(mapping *m, const char *constant);
int mapping_event(mapping *m, const char *event);
/* Finds the columns in the header, and looks for what is missing. */
int mapping_bind(mapping *m, const csv *header);
/* How many events a row becomes, and one of them as a line of NDJSON. */
int  mapping_events(const mapping *m);
void mapping_line(mapping *m, const csv *row, int event, buffer *out);
void mapping_close(mapping *m);

#endif
