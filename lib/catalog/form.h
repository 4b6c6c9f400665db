/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * form.h - how the lines of a stream become events: the document that
 * billing_ingest takes.
 */
#ifndef BL_FORM_H
#define BL_FORM_H

#include "catalog/catalog.h"

enum { BL_FORM_NDJSON, BL_FORM_CSV };

/* What a cell is for. */
enum { BL_CELL_KEY, BL_CELL_CUSTOMER, BL_CELL_EVENT, BL_CELL_TIME,
       BL_CELL_VALUE, BL_CELL_PROPERTIES, BL_CELL_PROPERTY };

/* What a time that is a whole number counts. */
enum { BL_COUNTS_MICROSECONDS, BL_COUNTS_MILLISECONDS, BL_COUNTS_SECONDS };

typedef struct bl_form_cell {
  uint32_t use;                /* BL_CELL_* */
  uint32_t is_constant;        /* `from` is the value itself */
  bl_str   property;           /* its name, of BL_CELL_PROPERTY */
  bl_str   from;               /* the column's name */
  size_t   column;             /* its place, once the header is known */
} bl_form_cell;

typedef struct bl_form_cells {
  bl_form_cell *item;
  size_t        count;
} bl_form_cells;

/* One of the events that a row becomes. */
typedef struct bl_form_event {
  bl_str        name;
  bl_form_cells cells;         /* beside those of every event */
} bl_form_event;

#define BL_FORM_CELLS 256      /* the most of one kind */
#define BL_FORM_EVENTS 16

typedef struct bl_form {
  uint32_t       format;       /* BL_FORM_* */
  uint32_t       counts;       /* BL_COUNTS_* */
  char           separator;
  char           quote;
  uint32_t       has_header;   /* the document lists the columns */
  bl_str        *header;
  size_t         header_count;
  bl_str         key_prefix;   /* keys are PREFIX-row; empty: a cell has it */
  uint32_t       has_fields;   /* else columns are taken by their own names */
  uint32_t       reserved;
  bl_form_cells  cells;        /* of every event */
  bl_form_event *events;       /* none: one event, named by a cell */
  size_t         event_count;
} bl_form;

/* Reads the document; NULL is NDJSON. */
int bl_form_read(const bl_json *doc, bl_arena *a, bl_form *out,
                 billing_error *err);
/* Finds the columns; INVALID when one is not there, or an event would lack its
 * key, customer or name. */
int bl_form_bind(bl_form *form, const bl_str *header, size_t count,
                 bl_arena *a, billing_error *err);
/* How many events a row becomes. */
static inline size_t bl_form_fan(const bl_form *form) {
  return form->event_count ? form->event_count : 1;
}

#endif
