/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * figures.c - the figures by name, and their lines:
 *
 *     bench NAME value UNIT ratio R yardstick NAME
 *     SKIPPED NAME: why
 */
#include "bench.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* What a ratio says: of a rate ours / yardstick, of a time yardstick / ours,
 * so that more is better; of a size the share ours / yardstick: less is. */
enum { RATE, TIME, SHARE };
/* In which plans a figure has a line. */
enum { SHORT = 1, LONG = 2, ALWAYS = 3 };
enum { OPEN, ASKED, DONE };

typedef struct figure {
  const char *name;
  const char *unit;
  const char *yardstick;
  int         kind;
  int         digits;        /* of the value */
  int         plans;
  int         state;
} figure;

static figure figures[] = {
  {"full_path_b1000_c1k", "events/s", "raw", RATE, 0, SHORT, OPEN},
  {"full_path_b1000_c1m", "events/s", "raw", RATE, 0, SHORT, OPEN},
  {"full_path_b1000_c1k_uuid7", "events/s", "raw7", RATE, 0, SHORT, OPEN},
  {"full_path_b1000_c1m_uuid7", "events/s", "raw7", RATE, 0, SHORT, OPEN},
  {"full_path_b1_c1k", "events/s", "raw", RATE, 0, SHORT, OPEN},
  {"full_path_b100_c1k", "events/s", "raw", RATE, 0, SHORT, OPEN},
  {"full_path_b10000_c1k", "events/s", "raw", RATE, 0, SHORT, OPEN},
  {"full_path_10m", "events/s", "raw", RATE, 0, SHORT, OPEN},
  {"full_path_window_worst", "ns", "first_window", SHARE, 0, LONG, OPEN},
  {"call_p999", "ms", "raw", TIME, 2, ALWAYS, OPEN},
  {"call_max", "ms", "raw", TIME, 2, ALWAYS, OPEN},
  {"bytes_per_event", "bytes", "raw", SHARE, 1, ALWAYS, OPEN},
  {"key_memory", "bytes", "2.5_bytes", SHARE, 2, ALWAYS, OPEN},
  {"authorize_hot", "ns", "lookup", TIME, 1, SHORT, OPEN},
  {"authorize_uniform", "ns", "lookup", TIME, 1, SHORT, OPEN},
  {"authorize_call_hot", "ns", "kernel", TIME, 1, SHORT, OPEN},
  {"authorize_memory", "ns", "record_memory", TIME, 0, SHORT, OPEN},
  {"authorize_denied", "ns", "authorize_memory", TIME, 0, SHORT, OPEN},
  {"holds_t1", "holds/s", "raw_log", RATE, 0, SHORT, OPEN},
  {"holds_t32", "holds/s", "raw_log", RATE, 0, SHORT, OPEN},
  {"holds_t64", "holds/s", "raw_log", RATE, 0, SHORT, OPEN},
  {"processes_2", "holds/s", "one_process", RATE, 0, SHORT, OPEN},
  {"processes_2_spread", "%", "10_percent", SHARE, 1, SHORT, OPEN},
  {"processes_4", "holds/s", "one_process", RATE, 0, SHORT, OPEN},
  {"processes_4_spread", "%", "10_percent", SHARE, 1, SHORT, OPEN},
  {"open_1m", "ms", "sqlite_row", TIME, 2, SHORT, OPEN},
  {"load_customer", "us", "sqlite_gets", TIME, 1, SHORT, OPEN},
  {"reopen_tail", "ms", "sqlite_rows", TIME, 2, SHORT, OPEN},
  {"decimal_mul", "ns", "int128", TIME, 1, SHORT, OPEN},
  {"price_per_unit", "ns", "int128", TIME, 1, SHORT, OPEN},
  {"price_graduated", "ns", "int128", TIME, 1, SHORT, OPEN},
  {"price_volume", "ns", "int128", TIME, 1, SHORT, OPEN},
  {"price_stairstep", "ns", "int128", TIME, 1, SHORT, OPEN},
  {"price_package", "ns", "int128", TIME, 1, SHORT, OPEN},
  {"price_percentage", "ns", "int128", TIME, 1, SHORT, OPEN},
  {"price_graduated_percentage", "ns", "int128", TIME, 1, SHORT, OPEN},
  {"price_dynamic", "ns", "int128", TIME, 1, SHORT, OPEN},
  {"price_matrix", "ns", "int128", TIME, 1, SHORT, OPEN},
  {"quote_plan", "ns", "int128", TIME, 1, SHORT, OPEN},
  {"properties", "ns", "cjson", TIME, 1, SHORT, OPEN},
  {"chain", "ns", "blake2b_each", TIME, 1, SHORT, OPEN},
  {"so_bytes", "bytes", "600_kb", SHARE, 0, SHORT, OPEN},
};
enum { FIGURES = sizeof figures / sizeof *figures };

static struct figure_output {
  int   as_json;
  int   plans;               /* SHORT or LONG */
  int   is_choosy;           /* some were asked for by name */
  int   printed;
  int   skipped;
  int   rounds;
  char *skips;               /* JSON, printed at the end */
} output;

static figure *find(const char *name) {
  for (int i = 0; i < FIGURES; i++)
    if (!strcmp(figures[i].name, name)) return &figures[i];
  return NULL;
}

int bench_figure_exists(const char *name) { return find(name) != NULL; }

void bench_figures_print(FILE *to) {
  for (int i = 0; i < FIGURES; i++)
    fprintf(to, "  %s%s\n", figures[i].name,
            figures[i].plans == LONG ? "  (--long)" : "");
}

void bench_ask(const char *name) {
  output.is_choosy = 1;
  find(name)->state = ASKED;
}

static int is_wanted(const figure *f) {
  return (f->plans & output.plans) && f->state != DONE &&
         (f->state == ASKED || !output.is_choosy);
}

int bench_wants(const char *name, ...) {
  va_list names;
  int is_any = 0;

  va_start(names, name);
  for (; name; name = va_arg(names, const char *))
    is_any |= is_wanted(find(name));
  va_end(names);
  return is_any;
}

/* ---- medians ---- */

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

/* ---- lines ---- */

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

static void print_line(const figure *f, double value, double ratio) {
  bench_say("%s", "");
  if (output.as_json)
    printf("%s\n  {\"name\":\"%s\",\"value\":%.*f,\"unit\":\"%s\","
           "\"ratio\":%.3f,\"yardstick\":\"%s\"}", output.printed ? "," : "",
           f->name, f->digits, value, f->unit, ratio, f->yardstick);
  else
    printf("bench %s %.*f %s ratio %.2f yardstick %s\n", f->name, f->digits,
           value, f->unit, ratio, f->yardstick);
  output.printed++;
  fflush(stdout);
}

void bench_report(const char *name, const bench_round *rounds, int count) {
  double ours[BENCH_ROUNDS_MOST], ratios[BENCH_ROUNDS_MOST];
  figure *f = find(name);

  if (!is_wanted(f)) return;
  for (int i = 0; i < count; i++) {
    ours[i] = rounds[i].ours;
    ratios[i] = f->kind == TIME ? rounds[i].yardstick / rounds[i].ours
                                : rounds[i].ours / rounds[i].yardstick;
  }
  print_line(f, median(ours, count), median(ratios, count));
  f->state = DONE;
}

void bench_report_one(const char *name, double ours, double yardstick) {
  bench_round round = {ours, yardstick};

  bench_report(name, &round, 1);
}

static void keep_skip(const char *name, const char *why) {
  FILE *to;
  char *text = NULL;
  size_t len = 0;

  to = open_memstream(&text, &len);
  if (!to) bench_stop(name, "out of memory");
  fprintf(to, "%s%s\n  {\"name\":\"%s\",\"why\":\"",
          output.skips ? output.skips : "", output.skips ? "," : "", name);
  for (; *why; why++)
    fputc((unsigned char)*why < ' ' ? ' ' : strchr("\"\\", *why) ? '\'' : *why,
          to);
  fputs("\"}", to);
  fclose(to);
  free(output.skips);
  output.skips = text;
}

void bench_skip(const char *name, const char *why) {
  figure *f = find(name);

  if (!is_wanted(f)) return;
  f->state = DONE;
  output.skipped++;
  bench_say("%s", "");
  if (output.as_json) keep_skip(name, why);
  else printf("SKIPPED %s: %s\n", name, why);
  fflush(stdout);
}

/* ---- the output ---- */

void bench_figures_open(const bench_plan *plan, int as_json) {
  output.as_json = as_json;
  output.plans = strcmp(plan->name, "long") ? SHORT : LONG;
  output.rounds = plan->rounds;
  if (as_json)
    printf("{\"version\":\"%s\",\"march\":\"%s\",\"plan\":\"%s\","
           "\"events\":%ld,\"customers\":%ld,\"rounds\":%d,\"bench\":[",
           billing_version(), march(), plan->name, plan->events, plan->many,
           plan->rounds);
  else
    printf("# %s: libbilling %s, -march=%s, %ld events a run, %ld customers "
           "where many are meant\n", plan->name, billing_version(), march(),
           plan->events, plan->many);
  fflush(stdout);
}

void bench_figures_close(void) {
  for (int i = 0; i < FIGURES; i++)
    if (is_wanted(&figures[i]))
      bench_stop(figures[i].name, "it was not measured, nor was it said why");
  if (output.as_json)
    printf("\n],\"skipped\":[%s]}\n", output.skips ? output.skips : "");
  else
    printf("# %d figures, medians of at least %d rounds, all verified; "
           "%d skipped\n", output.printed, output.rounds, output.skipped);
  free(output.skips);
}
