/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * bench [--quick|--long] [--json] [--rounds N] [--scale X] [--folder DIR]
 *       [--library FILE] [NAME ...]
 *
 * Prints one line for each figure,
 *
 *     bench NAME value UNIT ratio R yardstick NAME
 *
 * README.md says what each yardstick is.  What does not verify, and a figure
 * that differs from a slow recomputation, ends the program with 1.
 */
#include "bench.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { QUICK, FULL, LONG };
static const bench_plan plans[] = {
  {.name = "quick", .events = 200000, .events_b1 = 1000, .events_b100 = 20000,
   .events_b10000 = 40000, .far_from = 400000, .far_to = 460000,
   .many = 50000, .tail = 131000, .turn = 0.1, .rounds = 3},
  {.name = "full", .events = 5000000, .events_b1 = 5000,
   .events_b100 = 200000, .events_b10000 = 200000, .far_from = 9000000,
   .far_to = 10000000, .many = 1000000, .tail = 131000, .turn = 0.5,
   .rounds = 3},
  {.name = "long", .events = 50000000, .windows = 10, .rounds = 3},
};

/* The first one meets memory that nobody has used: it tells how it grows. */
static bench_measure *const measures[] = {
  bench_full_path,      bench_full_path_many,       bench_full_path_uuid7,
  bench_full_path_many_uuid7, bench_full_path_long, bench_authorize,
  bench_decisions,
  bench_holds,          bench_processes,            bench_open_many,
  bench_load,           bench_reopen,               bench_kernels,
  bench_texts,
  bench_library,
};

double bench_seconds(void) {
  struct timespec now;

  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

void bench_stop(const char *what, const char *why) {
  bench_say("%s", "");
  fprintf(stderr, "bench: %s: %s\n", what, why);
  exit(1);
}

void bench_must(int rc, const char *what, const billing_error *err) {
  if (rc) bench_stop(what, err->message[0] ? err->message
                                           : billing_code_name(rc));
}

/* Each page is written to, so that no later use of it counts as growth. */
void *bench_room(size_t count, size_t size) {
  volatile char *room = calloc(count, size);

  if (!room) bench_stop("memory", "there is none left");
  for (size_t i = 0; i < count * size; i += 4096) room[i] = 0;
  return (void *)(uintptr_t)room;
}

billing_str bench_str(const char *text) {
  billing_str s = {text, strlen(text)};

  return s;
}

void bench_say(const char *format, ...) {
  va_list values;

  if (!isatty(STDERR_FILENO)) return;
  fputs("\r\033[K", stderr);
  va_start(values, format);
  vfprintf(stderr, format, values);
  va_end(values);
  fflush(stderr);
}

void bench_note(const char *format, ...) {
  va_list values;

  if (!isatty(STDERR_FILENO)) return;
  fputs("\r\033[K", stderr);
  va_start(values, format);
  vfprintf(stderr, format, values);
  va_end(values);
  fputs("\n", stderr);
}

/* ---- the command line ---- */

typedef struct bench_choice {
  int         plan;
  int         rounds;
  int         as_json;
  double      scale;
  const char *folder;
  const char *library;
} bench_choice;

static int usage(const char *wrong) {
  fprintf(stderr, "bench: %s\nusage: bench [--quick|--long] [--json] "
                  "[--rounds N] [--scale X] [--folder DIR]\n"
                  "             [--library FILE] [NAME ...]\n", wrong);
  bench_figures_print(stderr);
  return 2;
}

/* The place of the first name, or 0 when an option is not known. */
static int read_options(char **words, int count, bench_choice *choice) {
  int at = 1;

  for (; at < count && !strncmp(words[at], "--", 2); at++) {
    const char *next = at + 1 < count ? words[at + 1] : "";
    if (!strcmp(words[at], "--json")) choice->as_json = 1;
    else if (!strcmp(words[at], "--quick")) choice->plan = QUICK;
    else if (!strcmp(words[at], "--long")) choice->plan = LONG;
    else if (!strcmp(words[at], "--rounds")) choice->rounds = atoi(next), at++;
    else if (!strcmp(words[at], "--scale")) choice->scale = atof(next), at++;
    else if (!strcmp(words[at], "--folder")) choice->folder = next, at++;
    else if (!strcmp(words[at], "--library")) choice->library = next, at++;
    else return 0;
  }
  return at < count ? at : count;
}

/* Never less than `least`, and a multiple of it; none stays none. */
static void scale_count(long *count, double scale, long least) {
  if (!*count) return;
  *count = (long)((double)*count * scale) / least * least;
  if (*count < least) *count = least;
}

static bench_plan make_plan(const bench_choice *choice) {
  bench_plan plan = plans[choice->plan];

  scale_count(&plan.events, choice->scale, 10000);
  scale_count(&plan.events_b1, choice->scale, 10);
  scale_count(&plan.events_b100, choice->scale, 1000);
  scale_count(&plan.events_b10000, choice->scale, 10000);
  scale_count(&plan.far_from, choice->scale, 1000);
  scale_count(&plan.far_to, choice->scale, 1000);
  scale_count(&plan.many, choice->scale, BENCH_CUSTOMERS);
  scale_count(&plan.tail, choice->scale, 1000);
  if (choice->scale < 1) plan.turn *= choice->scale;
  if (choice->rounds) plan.rounds = choice->rounds;
  plan.turns = 3 * plan.rounds;
  plan.folder = choice->folder;
  plan.library = choice->library;
  return plan;
}

int main(int count, char **words) {
  bench_choice choice = {FULL, 0, 0, 1, ".", ""};
  int at = read_options(words, count, &choice);
  bench_plan plan;

  if (!at) return usage("no such option");
  for (int i = at; i < count; i++) {
    if (!bench_figure_exists(words[i])) return usage("no such figure");
    bench_ask(words[i]);
  }
  if (choice.rounds && (choice.rounds < 3 || choice.rounds > 33))
    return usage("--rounds takes 3 to 33");
  if (choice.scale < 0.001 || choice.scale > 100)
    return usage("--scale takes 0.001 to 100");
  plan = make_plan(&choice);
  bench_folder_open(plan.folder);
  bench_figures_open(&plan, choice.as_json);
  for (size_t i = 0; i < sizeof measures / sizeof *measures; i++)
    measures[i](&plan);
  bench_figures_close();
  return 0;
}
