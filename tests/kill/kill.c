/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * kill.c - kill -9 at any moment, and look at what is left.
 *
 *     build/kill [--kills N] [--seed S] [rounds|torn|flips|hammer ..]
 *
 * rounds: processes of several threads record, hold, grant and advance on one
 * file and are killed at random moments.  Nothing that was acknowledged may be
 * lost, nothing doubled, nothing mispriced.
 * torn: the log of a killed process loses its end: an earlier state comes
 * back, whole.
 * flips: one byte changes, in every column and anywhere in the file: verify or
 * open names it.
 * hammer: two processes of eight threads spend the same money, and are killed:
 * never one cent over, and what was acknowledged is there.
 *
 * With FULL=1 there are 500 kills and more of the rest.
 */
#include <unistd.h>

#include "kill.h"

static void run(const programme *p, const char *part, int count,
                char *const *parts) {
  int is_asked = count == 0;

  for (int i = 0; i < count; i++)
    if (!strcmp(parts[i], part)) is_asked = 1;
  if (!is_asked) return;
  if (!strcmp(part, "rounds")) run_rounds(p);
  if (!strcmp(part, "torn")) run_torn(p);
  if (!strcmp(part, "flips")) run_flips(p);
  if (!strcmp(part, "hammer")) run_hammer(p);
}

int main(int argc, char **argv) {
  static char self[256];
  const char *full = getenv("FULL");
  programme p = {self, 1, 40, full && !strcmp(full, "1")};
  int at = 1;

  if (argc == 4 && !strcmp(argv[1], "--worker"))
    return worker_main(argv[2], atoi(argv[3]));
  if (argc == 4 && !strcmp(argv[1], "--hammer"))
    return hammer_main(argv[2], atoi(argv[3]));
  if (readlink("/proc/self/exe", self, sizeof self - 1) < 0)
    snprintf(self, sizeof self, "%s", argv[0]);
  if (p.is_full) p.kills = 500;
  for (; at + 1 < argc && argv[at][0] == '-'; at += 2) {
    uint64_t number = strtoull(argv[at + 1], NULL, 10);
    if (!strcmp(argv[at], "--kills")) p.kills = (long)number;
    else if (!strcmp(argv[at], "--seed")) p.seed = number;
    else break;
  }
  printf("  seed %llu\n", (unsigned long long)p.seed);
  run(&p, "rounds", argc - at, argv + at);
  run(&p, "torn", argc - at, argv + at);
  run(&p, "flips", argc - at, argv + at);
  run(&p, "hammer", argc - at, argv + at);
  printf("%ld passed, %ld failed\n", passed, failed);
  return failed != 0;
}
