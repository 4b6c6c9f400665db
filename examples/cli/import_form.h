/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* import_form.h - the options of `billing import` as the form of a stream. */
#ifndef IMPORT_FORM_H
#define IMPORT_FORM_H

#include "cli.h"

typedef struct import_options {
  cli_list    maps;            /* "column=field,column=field" */
  cli_list    sets;            /* "field=value" */
  cli_list    events;          /* "name:column=field,.." */
  const char *key_prefix;
  const char *separator;       /* one byte, or "tab" */
  const char *format;          /* csv, ndjson; NULL: by the file's name */
  const char *form;            /* a file with the whole form */
} import_options;

/* The form without its closing brace, so that a header can be added.  `path`
 * and `first`, the stream's first byte, tell the format.  CLI_OK or how the
 * tool ends. */
int import_form(cli *c, const import_options *o, const char *path, int first,
                buffer *out);

#endif
