/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * cli.h - what the commands of the tool share.  The tool uses billing.h and
 * nothing else of the library; it is the host: it reads the clock, waits for
 * locks and prints.
 */
#ifndef CLI_H
#define CLI_H

#include <billing.h>

#include "../parts/buffer.h"
#include "../parts/patience.h"

/* How the tool ends. */
#define CLI_OK 0
#define CLI_UNSOUND 1          /* verify found problems */
#define CLI_REFUSED 2          /* wrong usage, or refused */

typedef struct cli cli;

typedef struct cli_command {
  const char *name;
  const char *usage;           /* behind the name */
  const char *about;
  int       (*run)(cli *c);
} cli_command;

extern const cli_command cli_catalog[], cli_events[], cli_wallets[],
    cli_invoices[], cli_trials[], cli_trust[];

struct cli {
  const cli_command *command;
  char             **words;    /* behind the command's name */
  int                word_count;
  const char        *db;
  const char        *tenant;   /* NULL: not given */
  const char        *now;      /* NULL: the clock */
  int                is_json;
  int                is_step;  /* BILLING_CALL_STEP */
  int64_t            now_us;   /* 0: the clock */
  billing           *b;
  billing_call       call;
  billing_error      err;
  patience           patience;
};

/* ---- arguments ---- */

#define CLI_LIST 64

typedef struct cli_list {      /* an option that may be repeated */
  const char *item[CLI_LIST];
  size_t      count;
} cli_list;

/* One option: a text, a flag or a list. */
typedef struct cli_option {
  const char  *name;           /* "--line"; NULL ends */
  const char **text;
  int         *flag;
  cli_list    *list;
} cli_option;

enum { CLI_PURE, CLI_READ, CLI_WRITE, CLI_CREATE };

/*
 * Reads the command's words: options (the tool's own among them) anywhere,
 * `least` to `most` others into words.  Then opens the database, unless the
 * command is pure.  Returns CLI_OK, or how the tool ends.
 */
int cli_start(cli *c, const cli_option *options, const char **words,
              size_t least, size_t most, int mode);
/* Values of options; NULL text gives the value for what is left out. */
int cli_time(cli *c, const char *name, const char *text, int64_t *out);
int cli_whole(cli *c, const char *name, const char *text, int64_t low,
              int64_t high, int64_t *out);
int cli_decimal(cli *c, const char *name, const char *text,
                billing_decimal *out);
int cli_asset(cli *c, const char *text, char out[16]);
billing_str cli_str(const char *text);         /* NULL is empty */
/* A whole file, or standard input for "-". */
int cli_file(cli *c, const char *path, buffer *out);

/* ---- calls ---- */

/* The call as of now; flags are added to the tool's. */
const billing_call *cli_call(cli *c, const char *key, uint32_t flags);
/* Whether to try again: rc is BUSY, and there is patience left. */
int cli_again(cli *c, int rc);

/* ---- results ---- */

/* "billing: INVALID /plans/0/unit: message (hint: ..)" */
int cli_fail(cli *c, int rc);
int cli_usage(cli *c, const char *problem, const char *about);
/* A document for people, or as it is with --json; frees it.  rc of the call
 * that made it comes first. */
int cli_show(cli *c, int rc, billing_doc *doc, const char *columns);
/* The same for JSON that the tool made; frees it. */
int cli_show_buffer(cli *c, buffer *json, const char *columns);
const char *cli_receipt_status(const billing_receipt *r);
void cli_receipt_json(const billing_receipt *r, buffer *out);

/* Two commands: see outbox.c. */
int cli_outbox(cli *c);
int cli_outbox_done(cli *c);

/* See features.c. */
int cli_entitled(cli *c);
int cli_features(cli *c);
int cli_token(cli *c);
int cli_token_key(cli *c);
int cli_token_verify(cli *c);

/* ---- JSON of structs; members in the order of their names ---- */

void json_open(buffer *out);
void json_close(buffer *out);
void json_name(buffer *out, const char *name);
void json_text(buffer *out, const char *name, const char *text);
void json_str(buffer *out, const char *name, billing_str text);
void json_u64(buffer *out, const char *name, uint64_t n);
void json_decimal(buffer *out, const char *name, billing_decimal d);
void json_time(buffer *out, const char *name, int64_t us);

#endif
