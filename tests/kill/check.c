/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* check.c - counts what held and says what did not. */
#include <unistd.h>

#include "kill.h"

#define WRONGS_SHOWN 40

long wrongs, passed, failed;

int check(int is_true, const char *format, ...) {
  va_list arguments;

  if (is_true) {
    passed++;
    return 1;
  }
  failed++;
  progress("%s", "");
  printf("FAILED ");
  va_start(arguments, format);
  vprintf(format, arguments);
  va_end(arguments);
  printf("\n");
  fflush(stdout);
  return 0;
}

void wrong(const char *format, ...) {
  va_list arguments;

  if (wrongs++ >= WRONGS_SHOWN) return;
  progress("%s", "");
  printf("  ");
  va_start(arguments, format);
  vprintf(format, arguments);
  va_end(arguments);
  printf("\n");
  fflush(stdout);
}

void progress(const char *format, ...) {
  va_list arguments;

  if (!isatty(1)) return;
  printf("\r\033[K");
  va_start(arguments, format);
  vprintf(format, arguments);
  va_end(arguments);
  fflush(stdout);
}

void give_up(const char *what) {
  perror(what);
  printf("%ld passed, %ld failed\n", passed, failed + 1);
  exit(2);
}
