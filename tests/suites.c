/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * suites.c - runs every suite of tests/unit and tests/store.
 *
 *     build/unit                      all of them
 *     build/unit base_dec price_unit  these, named like their files
 *
 * suites.h is written by the Makefile: one SUITE(test_x) for each file
 * test_x.c.  The tests run in this process, so that the sanitizers see the
 * whole of it; CK_FORK=yes puts each test into a process of its own.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SUITE(name) Suite *name(void);
#include "suites.h"
#undef SUITE

static const struct {
  const char *name;
  Suite *(*make)(void);
} suites[] = {
#define SUITE(name) {#name, name},
#include "suites.h"
#undef SUITE
  {NULL, NULL}
};

/* Whether the suite test_<name> was asked for; without arguments all are. */
static int is_wanted(const char *suite, int argc, char **argv) {
  for (int i = 1; i < argc; i++)
    if (!strcmp(suite + strlen("test_"), argv[i]) || !strcmp(suite, argv[i]))
      return 1;
  return argc < 2;
}

/* Runs one suite and says what failed; adds to the counts. */
static void run(const char *name, Suite *suite, int *passed, int *failed) {
  SRunner *runner = srunner_create(suite);

  if (!getenv("CK_FORK")) srunner_set_fork_status(runner, CK_NOFORK);
  srunner_run_all(runner, CK_SILENT);

  int bad = srunner_ntests_failed(runner);
  int good = srunner_ntests_run(runner) - bad;
  if (bad) srunner_print(runner, CK_NORMAL);
  printf("  %-32s %5d passed, %d failed\n", name + strlen("test_"), good, bad);
  fflush(stdout);
  *passed += good;
  *failed += bad;
  srunner_free(runner);
}

int main(int argc, char **argv) {
  int passed = 0, failed = 0;

  for (int i = 0; suites[i].name; i++)
    if (is_wanted(suites[i].name, argc, argv))
      run(suites[i].name, suites[i].make(), &passed, &failed);
  printf("%d passed, %d failed\n", passed, failed);
  fflush(stdout);               /* the leak check ends the process itself */
  return failed != 0 || passed == 0;
}
