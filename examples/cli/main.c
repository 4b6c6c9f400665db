/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* main.c - billing [OPTIONS] COMMAND: the library on the command line. */
#include <stdio.h>
#include <string.h>

#include "cli.h"

static const cli_command *const groups[] = {
    cli_catalog, cli_events, cli_wallets, cli_invoices, cli_trials,
    cli_trust};
#define GROUPS (sizeof groups / sizeof *groups)

static const cli_command *find_command(const char *name) {
  for (size_t g = 0; g < GROUPS; g++)
    for (const cli_command *c = groups[g]; c->name; c++)
      if (!strcmp(c->name, name)) return c;
  return NULL;
}

static int print_help(void) {
  printf("usage: billing [--db FILE] [--tenant ID] [--now TIME] [--step] "
         "[--json] COMMAND ..\n\n"
         "  --db FILE     the database (billing.db)\n"
         "  --tenant ID   whose it is (main)\n"
         "  --now TIME    RFC 3339; the clock by default\n"
         "  --step        a large step of the clock is meant\n"
         "  --json        the library's JSON instead of tables\n");
  for (size_t g = 0; g < GROUPS; g++) {
    putchar('\n');
    for (const cli_command *c = groups[g]; c->name; c++)
      printf("  %-10s %s\n", c->name, c->about);
  }
  printf("\n`billing help COMMAND` says more.  Exit status: 0 done, 1 verify "
         "found problems,\n2 refused or wrong usage.\n");
  return CLI_OK;
}

static int help(cli *c, const char *name) {
  const cli_command *command = name ? find_command(name) : NULL;

  if (!name) return print_help();
  if (!command) return cli_usage(c, "there is no such command", name);
  printf("usage: billing %s %s\n\n%s\n", command->name, command->usage,
         command->about);
  return CLI_OK;
}

/* Where the command stands: behind the tool's own options. */
static int command_at(int argc, char **argv) {
  int at = 1;

  while (at < argc && !strncmp(argv[at], "--", 2)) {
    int has_value = !strcmp(argv[at], "--db") ||
                    !strcmp(argv[at], "--tenant") ||
                    !strcmp(argv[at], "--now");
    at += 1 + has_value;
  }
  return at;
}

/* The tool's options go behind the command, where it reads all of them. */
static void put_first(char **argv, int at) {
  char *name = argv[at];

  for (; at > 1; at--) argv[at] = argv[at - 1];
  argv[1] = name;
}

int main(int argc, char **argv) {
  int at = command_at(argc, argv);
  const char *topic = at + 1 < argc ? argv[at + 1] : NULL;
  cli c;
  int status;

  memset(&c, 0, sizeof c);
  BILLING_INIT(&c.err);
  c.db = "billing.db";
  if (argc > 1 && !strcmp(argv[1], "--version")) {
    printf("billing %s\n", billing_version());
    return CLI_OK;
  }
  if (argc > 1 && !strcmp(argv[1], "--help")) return help(&c, NULL);
  if (at >= argc) {
    print_help();
    return CLI_REFUSED;
  }
  put_first(argv, at);
  c.words = argv + 2;
  c.word_count = argc - 2;
  if (!strcmp(argv[1], "help")) return help(&c, topic);
  c.command = find_command(argv[1]);
  if (!c.command) return cli_usage(&c, "there is no such command", argv[1]);
  status = c.command->run(&c);
  billing_close(c.b);
  if (fflush(stdout) || ferror(stdout)) {
    perror("billing: standard output");
    status = CLI_REFUSED;
  }
  return status;
}

#undef GROUPS
