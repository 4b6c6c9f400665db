/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * bench [--json] [--rounds N] [--scale X] [--folder DIR] [NAME ...]
 *
 * Prints one line for each figure,
 *
 *     bench NAME value UNIT ratio R yardstick NAME
 *
 * where a ratio above 1 means better than the yardstick.  README.md says what
 * each yardstick is.  A database that does not verify ends the program with 1.
 */
#include "bench.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

typedef void bench_measure(bench_figure *figure, const bench_options *options);

typedef struct bench_row {
  bench_measure *measure;
  bench_figure   figure;
} bench_row;

/* The charge models by their names in a plan; kernels.c has them in order. */
static bench_row rows[] = {
  {bench_road, {"full_path_b1", "events/s", "raw", 1, 0, 0}},
  {bench_road, {"full_path_b100", "events/s", "raw", 100, 0, 0}},
  {bench_road, {"full_path_b10000", "events/s", "raw", 10000, 0, 0}},
  {bench_decimal, {"decimal_mul", "ns", "int128", 0, 0, 0}},
  {bench_price, {"price_per_unit", "ns", "int128", 0, 0, 0}},
  {bench_price, {"price_graduated", "ns", "int128", 1, 0, 0}},
  {bench_price, {"price_volume", "ns", "int128", 2, 0, 0}},
};
enum { ROWS = sizeof rows / sizeof *rows };

double bench_seconds(void) {
  struct timespec now;

  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

void bench_stop(const char *what, const char *why) {
  fprintf(stderr, "bench: %s: %s\n", what, why);
  exit(1);
}

static int compare_doubles(const void *a, const void *b) {
  double x, y;

  memcpy(&x, a, sizeof x);
  memcpy(&y, b, sizeof y);
  return (x > y) - (x < y);
}

static double median(double *values, int count) {
  qsort(values, (size_t)count, sizeof *values, compare_doubles);
  return count % 2 ? values[count / 2]
                   : (values[count / 2 - 1] + values[count / 2]) / 2;
}

void bench_settle(bench_figure *figure, const bench_round *rounds, int count) {
  double ours[BENCH_ROUNDS_MOST], ratios[BENCH_ROUNDS_MOST];
  int is_time = !strcmp(figure->unit, "ns");     /* less is better */

  for (int i = 0; i < count; i++) {
    ours[i] = rounds[i].ours;
    ratios[i] = is_time ? rounds[i].yardstick / rounds[i].ours
                        : rounds[i].ours / rounds[i].yardstick;
  }
  figure->value = median(ours, count);
  figure->ratio = median(ratios, count);
}

/* What the compiler was told to build for. */
static const char *march(void) {
#if defined(__AVX512F__)
  return "x86-64-v4";
#elif defined(__AVX2__)
  return "x86-64-v3";
#elif defined(__SSE4_2__)
  return "x86-64-v2";
#elif defined(__x86_64__)
  return "x86-64";
#elif defined(__aarch64__)
  return "armv8-a";
#else
  return "other";
#endif
}

static void print_figure(const bench_figure *f, int as_json, int is_first) {
  int digits = strcmp(f->unit, "ns") ? 0 : 1;

  if (as_json)
    printf("%s\n  {\"name\":\"%s\",\"value\":%.*f,\"unit\":\"%s\","
           "\"ratio\":%.2f,\"yardstick\":\"%s\"}", is_first ? "" : ",",
           f->name, digits, f->value, f->unit, f->ratio, f->yardstick);
  else
    printf("bench %s %.*f %s ratio %.2f yardstick %s\n", f->name, digits,
           f->value, f->unit, f->ratio, f->yardstick);
  fflush(stdout);
}

static int usage(const char *wrong) {
  fprintf(stderr, "bench: %s\nusage: bench [--json] [--rounds N] [--scale X] "
                  "[--folder DIR] [NAME ...]\n", wrong);
  for (int i = 0; i < ROWS; i++)
    fprintf(stderr, "  %s\n", rows[i].figure.name);
  return 2;
}

/* Whether a figure is among those asked for; none asked for is all. */
static int is_wanted(const char *name, char **asked, int count) {
  int is_named = count == 0;

  for (int i = 0; i < count; i++) is_named |= !strcmp(asked[i], name);
  return is_named;
}

static int is_known(const char *name) {
  for (int i = 0; i < ROWS; i++)
    if (!strcmp(rows[i].figure.name, name)) return 1;
  return 0;
}

static void run_all(const bench_options *options, int as_json, char **asked,
                    int count) {
  int is_first = 1;

  if (as_json)
    printf("{\"version\":\"%s\",\"march\":\"%s\",\"rounds\":%d,"
           "\"bench\":[", billing_version(), march(), options->rounds);
  for (int i = 0; i < ROWS; i++) {
    if (!is_wanted(rows[i].figure.name, asked, count)) continue;
    rows[i].measure(&rows[i].figure, options);
    print_figure(&rows[i].figure, as_json, is_first);
    is_first = 0;
  }
  if (as_json) printf("\n]}\n");
  else
    printf("# medians of at most %d rounds, -march=%s, all verified\n",
           options->rounds, march());
}

int main(int count, char **words) {
  bench_options options = {access("build", W_OK) ? "." : "build", 5, 1};
  int as_json = 0, at = 1;

  for (; at < count && !strncmp(words[at], "--", 2); at++) {
    const char *next = at + 1 < count ? words[at + 1] : "";
    if (!strcmp(words[at], "--json")) as_json = 1;
    else if (!strcmp(words[at], "--rounds")) options.rounds = atoi(next), at++;
    else if (!strcmp(words[at], "--scale")) options.scale = atof(next), at++;
    else if (!strcmp(words[at], "--folder")) options.folder = next, at++;
    else return usage("no such option");
  }
  for (int i = at; i < count; i++)
    if (!is_known(words[i])) return usage("no such figure");
  if (options.rounds < 3 || options.rounds > BENCH_ROUNDS_MOST)
    return usage("--rounds takes 3 to 99");
  if (options.scale < 0.01) return usage("--scale takes 0.01 or more");
  run_all(&options, as_json, words + at, count - at);
  return 0;
}
