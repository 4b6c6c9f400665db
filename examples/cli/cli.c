/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* cli.c - arguments, calls and results. */
#include "cli.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../parts/moment.h"
#include "show.h"

/* Where no tenant is named: enough for a database that has one. */
#define TENANT "main"

billing_str cli_str(const char *text) {
  return (billing_str){text, text ? strlen(text) : 0};
}

/* ---- arguments ---- */

static const cli_option *find_option(const cli_option *options,
                                     const char *word, size_t len) {
  for (; options && options->name; options++)
    if (strlen(options->name) == len && !memcmp(options->name, word, len))
      return options;
  return NULL;
}

/* The option at words[*at] with its value; moves *at behind it. */
static int take_option(cli *c, const cli_option *options, int *at) {
  const cli_option own[] = {
      {"--db", &c->db, NULL, NULL},          {"--now", &c->now, NULL, NULL},
      {"--tenant", &c->tenant, NULL, NULL},
      {"--json", NULL, &c->is_json, NULL},
      {"--step", NULL, &c->is_step, NULL},   {NULL, NULL, NULL, NULL}};
  const char *word = c->words[(*at)++];
  const char *value = strchr(word, '=');
  size_t len = value ? (size_t)(value - word) : strlen(word);
  const cli_option *o = find_option(options, word, len);

  if (!o) o = find_option(own, word, len);
  if (!o) return cli_usage(c, "there is no such option", word);
  if (o->flag) {
    if (value) return cli_usage(c, "the option takes no value", word);
    *o->flag = 1;
    return CLI_OK;
  }
  if (value) value++;
  else if (*at < c->word_count) value = c->words[(*at)++];
  else return cli_usage(c, "the option needs a value", word);
  if (o->text) *o->text = value;
  else if (o->list->count < CLI_LIST) o->list->item[o->list->count++] = value;
  else return cli_usage(c, "the option is given too often", word);
  return CLI_OK;
}

static int open_database(cli *c, int mode) {
  billing_options options;
  int rc;

  BILLING_INIT(&options);
  if (mode != CLI_CREATE) options.flags |= BILLING_OPEN_EXISTING;
  if (mode == CLI_READ) options.flags |= BILLING_OPEN_READ_ONLY;
  do rc = billing_open(&c->b, c->db, (size_t)-1, &options, &c->err);
  while (cli_again(c, rc));
  return rc ? cli_fail(c, rc) : CLI_OK;
}

int cli_start(cli *c, const cli_option *options, const char **words,
              size_t least, size_t most, int mode) {
  size_t count = 0;
  int is_end = 0, rc = CLI_OK;

  for (int i = 0; i < c->word_count && !rc;) {
    const char *word = c->words[i];
    if (!is_end && !strcmp(word, "--")) {
      is_end = 1;
      i++;
    } else if (!is_end && !strncmp(word, "--", 2)) {
      rc = take_option(c, options, &i);
    } else if (count == most) {
      rc = cli_usage(c, "one word too many", word);
    } else {
      words[count++] = word;
      i++;
    }
  }
  if (!rc && count < least)
    rc = cli_usage(c, "something is missing", c->command->usage);
  if (!rc && c->now) rc = cli_time(c, "--now", c->now, &c->now_us);
  if (rc || mode == CLI_PURE) return rc;
  return open_database(c, mode);
}

int cli_time(cli *c, const char *name, const char *text, int64_t *out) {
  if (!text || moment_parse(text, strlen(text), out)) return CLI_OK;
  fprintf(stderr, "billing: %s %s is not a time "
          "(hint: such as 2026-01-31T12:00:00Z)\n", name, text);
  (void)c;
  return CLI_REFUSED;
}

int cli_whole(cli *c, const char *name, const char *text, int64_t low,
              int64_t high, int64_t *out) {
  char *end;
  long long n;

  (void)c;
  if (!text) return CLI_OK;
  errno = 0;
  n = strtoll(text, &end, 10);
  *out = n;
  if (*text && !*end && !errno && n >= low && n <= high) return CLI_OK;
  fprintf(stderr, "billing: %s %s is not a whole number (hint: %lld to "
          "%lld)\n", name, text, (long long)low, (long long)high);
  return CLI_REFUSED;
}

int cli_decimal(cli *c, const char *name, const char *text,
                billing_decimal *out) {
  (void)c;
  if (!text || !billing_decimal_parse(out, text, (size_t)-1)) return CLI_OK;
  fprintf(stderr, "billing: %s %s is not a decimal (hint: such as 12.50)\n",
          name, text);
  return CLI_REFUSED;
}

int cli_asset(cli *c, const char *text, char out[16]) {
  size_t len = strlen(text);

  if (!len || len > 15)
    return cli_usage(c, "this is no asset, such as USD or tok", text);
  memset(out, 0, 16);
  memcpy(out, text, len);
  return CLI_OK;
}

int cli_file(cli *c, const char *path, buffer *out) {
  FILE *in = strcmp(path, "-") ? fopen(path, "rb") : stdin;
  char part[65536];
  size_t got;

  if (!in) return cli_usage(c, strerror(errno), path);
  while ((got = fread(part, 1, sizeof part, in)) > 0)
    buffer_add(out, part, got);
  if (ferror(in)) out->failed = 1;
  if (in != stdin) fclose(in);
  if (!out->text) buffer_c(out, "");
  return out->failed ? cli_usage(c, "it cannot be read", path) : CLI_OK;
}

/* ---- calls ---- */

const billing_call *cli_call(cli *c, const char *key, uint32_t flags) {
  BILLING_INIT(&c->call);
  c->call.tenant = cli_str(c->tenant ? c->tenant : TENANT);
  c->call.key = cli_str(key);
  c->call.now_us = c->now_us ? c->now_us : moment_now();
  c->call.flags = flags | (c->is_step ? BILLING_CALL_STEP : 0);
  return &c->call;
}

int cli_again(cli *c, int rc) {
  return patience_again(&c->patience, rc);
}

/* ---- results ---- */

int cli_fail(cli *c, int rc) {
  const billing_error *e = &c->err;
  const char *hint = e->hint;

  if (rc == BILLING_NOTFOUND_TENANT && !c->tenant)
    hint = "name it with --tenant ID";
  if (BILLING_CODE(rc) == BILLING_NOTFOUND && !c->b)
    hint = "--db FILE names it, `billing apply` makes one";
  fprintf(stderr, "billing: %s", billing_code_name(rc));
  if (e->path[0]) fprintf(stderr, " %s", e->path);
  if (e->message[0]) fprintf(stderr, ": %s", e->message);
  if (hint[0]) fprintf(stderr, " (hint: %s)", hint);
  fputc('\n', stderr);
  return CLI_REFUSED;
}

int cli_usage(cli *c, const char *problem, const char *about) {
  fprintf(stderr, "billing: %s: %s\n", problem, about);
  if (c->command)
    fprintf(stderr, "usage: billing %s %s\n", c->command->name,
            c->command->usage);
  return CLI_REFUSED;
}

static void show_json(cli *c, billing_str json, const char *columns) {
  if (!c->is_json) {
    show_document(stdout, json, columns);
    return;
  }
  fwrite(json.text, 1, json.len, stdout);
  fputc('\n', stdout);
}

int cli_show(cli *c, int rc, billing_doc *doc, const char *columns) {
  if (rc) return cli_fail(c, rc);
  show_json(c, slice_of(doc), columns);
  billing_doc_free(doc);
  return CLI_OK;
}

int cli_show_buffer(cli *c, buffer *json, const char *columns) {
  int failed = json->failed;

  if (!failed)
    show_json(c, (billing_str){json->text, json->len}, columns);
  buffer_free(json);
  return failed ? cli_usage(c, "there is no memory", "output") : CLI_OK;
}

#undef TENANT
