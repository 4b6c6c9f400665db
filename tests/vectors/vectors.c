/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * vectors.c - runs files of worked cases through billing_evaluate.
 *
 *     build/vectors tests/vectors/stripe/tiers.json ..
 *
 * Each case is {"id","kind","given","expect"}; each file's own "format" says
 * what its fields mean, and tests/vectors/README.md how they are compared.
 * A case that fails is printed with what was expected and what came; so is
 * one that is ambiguous, which counts for nothing.  Kinds that wait, and rules
 * where we differ on purpose, stand in tests/vectors/DEVIATIONS.md and are
 * counted apart.  A kind that is in neither place has failed.  The last line
 * is "N passed, M failed".
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <billing.h>

#include "vectors/vectors.h"

/* ---- values ---- */

typedef __int128 wide;

/* Whether the text is a decimal; *out is it times 10^18. */
static int decimal_of(const char *text, wide *out) {
  billing_decimal d;

  if (!text || billing_decimal_parse(&d, text, (size_t)-1)) return 0;
  *out = (wide)(((unsigned __int128)(uint64_t)d.hi << 64) | d.lo);
  return 1;
}

static void decimal_print(wide v, char out[BILLING_DECIMAL_TEXT]) {
  billing_decimal d = {(uint64_t)v, (int64_t)(v >> 64)};

  (void)billing_decimal_format(&d, out);
}

static wide power10(int exponent) {
  wide p = 1;

  while (exponent-- > 0) p *= 10;
  return p;
}

/* To so many decimals; how is 'u' half up, 'a' half away from zero or 'c'
 * up. */
static wide decimal_round(wide v, int places, char how) {
  wide step = power10(18 - places), half = step / 2;
  wide rest = ((v % step) + step) % step;
  int up = how == 'c' ? rest > 0
                      : rest > half || (rest == half && (how == 'u' || v > 0));

  return v - rest + (up ? step : 0);
}

/* A number or a text that is a decimal. */
static int decimal_in(const cJSON *node, wide *out) {
  char *text;
  int is_decimal;

  if (cJSON_IsString(node)) return decimal_of(node->valuestring, out);
  if (!node || !cJSON_IsNumber(node)) return 0;
  text = cJSON_PrintUnformatted(node);
  is_decimal = decimal_of(text, out);
  free(text);
  return is_decimal;
}

/* An instant in one notation: seconds written out, no trailing zeros behind
 * the point.  0 when the text is none. */
static int instant_of(const char *text, char out[40]) {
  static const char *const shapes[] = {"dddd-dd-dd",
                                       "dddd-dd-ddTdd:dd:dd"};
  size_t len = strlen(text);

  for (size_t s = 0; s < 2; s++) {
    const char *shape = shapes[s];
    size_t i = 0;

    while (shape[i] && (shape[i] == 'd' ? isdigit((unsigned char)text[i]) != 0
                                        : shape[i] == text[i]))
      i++;
    if (shape[i] || len > 36) continue;
    if (s == 0 && text[i] == '\0') {
      snprintf(out, 40, "%sT00:00:00", text);
      return 1;
    }
    if (s == 0) continue;
    memcpy(out, text, len + 1);
    if (len && out[len - 1] == 'Z') out[--len] = '\0';
    if (strchr(out, '.'))
      while (out[len - 1] == '0' || out[len - 1] == '.') {
        int was_point = out[len - 1] == '.';

        out[--len] = '\0';
        if (was_point) break;
      }
    return 1;
  }
  return 0;
}

/* ---- comparing ---- */

/* How the figures of a case, or of one member, are compared. */
typedef struct rule {
  int  places;                       /* -1: exactly */
  char how;                          /* as decimal_round's */
  wide tolerance;                    /* figures may differ by so much */
} rule;

static int texts_equal(const char *a, const char *b) {
  char x[40], y[40];

  if (strcmp(a, b) == 0) return 1;
  return instant_of(a, x) && instant_of(b, y) && strcmp(x, y) == 0;
}

static int leaf_equal(const cJSON *expect, const cJSON *got, rule r) {
  wide a, b;

  if (decimal_in(expect, &a) && decimal_in(got, &b)) {
    if (r.tolerance > 0)
      return a - b <= r.tolerance && b - a <= r.tolerance;
    if (r.places < 0) return a == b;
    return decimal_round(a, r.places, r.how) ==
           decimal_round(b, r.places, r.how);
  }
  if (cJSON_IsString(expect) && cJSON_IsString(got))
    return texts_equal(expect->valuestring, got->valuestring);
  return (expect->type & 0xff) == (got->type & 0xff) &&
         !cJSON_IsString(expect) && !cJSON_IsNumber(expect);
}

/* "amount_scale" and "amount_rounding" say how "amount" is compared. */
static rule rule_of(const cJSON *object, const char *member, rule usual) {
  char name[128];
  const cJSON *scale, *rounding;

  snprintf(name, sizeof name, "%s_scale", member);
  scale = vec_get(object, name);
  if (!cJSON_IsNumber(scale)) {
    /* Two in the last of so many places. */
    scale = vec_get(object, "precise_scale");
    if (cJSON_IsNumber(scale) && strncmp(member, "precise", 7) == 0)
      usual.tolerance = 2 * power10(18 - scale->valueint);
    return usual;
  }
  snprintf(name, sizeof name, "%s_rounding", member);
  rounding = vec_get(object, name);
  return (rule){scale->valueint,
                cJSON_IsString(rounding) &&
                !strcmp(rounding->valuestring, "ceil") ? 'c' : 'a', 0};
}

/* Whether a member only says how another one is compared. */
static int is_rule(const cJSON *object, const char *member) {
  static const char *const ends[] = {"_scale", "_rounding"};
  size_t len = strlen(member);

  if (!strcmp(member, "tolerance") || !strcmp(member, "precise_scale"))
    return 1;
  for (size_t i = 0; i < 2; i++) {
    size_t end = strlen(ends[i]);
    char name[128];

    if (len <= end || len - end >= sizeof name) continue;
    if (strcmp(member + len - end, ends[i])) continue;
    snprintf(name, sizeof name, "%.*s", (int)(len - end), member);
    if (vec_get(object, name)) return 1;
  }
  return 0;
}

static int matches(const cJSON *expect, const cJSON *got, rule r) {
  const cJSON *e, *g;

  if (!got) return 0;
  if (cJSON_IsObject(expect)) {
    if (!cJSON_IsObject(got)) return 0;
    (void)decimal_in(vec_get(expect, "tolerance"), &r.tolerance);
    cJSON_ArrayForEach(e, expect) {
      if (is_rule(expect, e->string)) continue;
      if (!matches(e, cJSON_GetObjectItemCaseSensitive(got, e->string),
                   rule_of(expect, e->string, r)))
        return 0;
    }
    return 1;
  }
  if (!cJSON_IsArray(expect)) return leaf_equal(expect, got, r);
  if (!cJSON_IsArray(got) ||
      cJSON_GetArraySize(expect) != cJSON_GetArraySize(got))
    return 0;
  g = got->child;
  cJSON_ArrayForEach(e, expect) {
    if (!matches(e, g, r)) return 0;
    g = g->next;
  }
  return 1;
}

/* ---- for translators (vectors.h) ---- */

char vec_why[2000];
static int vec_code;
const cJSON *vec_expect;

const cJSON *vec_get(const cJSON *object, const char *name) {
  const cJSON *node = cJSON_GetObjectItemCaseSensitive(object, name);

  return cJSON_IsNull(node) ? NULL : node;
}

const char *vec_text(const cJSON *object, const char *name) {
  return cJSON_GetStringValue(vec_get(object, name));
}

int vec_is(const cJSON *object, const char *name, const char *text) {
  const char *has = vec_text(object, name);

  return has && strcmp(has, text) == 0;
}

void vec_copy(cJSON *to, const char *as, const cJSON *from,
              const char *name) {
  const cJSON *node = vec_get(from, name);

  if (node) cJSON_AddItemToObject(to, as, cJSON_Duplicate(node, 1));
}

void vec_copy_whole(cJSON *to, const char *as, const cJSON *from,
                    const char *name, const char *otherwise) {
  const cJSON *node = vec_get(from, name);

  if (cJSON_IsString(node)) cJSON_AddRawToObject(to, as, node->valuestring);
  else if (node) vec_copy(to, as, from, name);
  else if (otherwise) cJSON_AddRawToObject(to, as, otherwise);
}

void vec_put(cJSON *to, const char *name, const char *text) {
  if (text) cJSON_AddStringToObject(to, name, text);
}

void vec_put_duration(cJSON *to, const char *name, long count, char unit) {
  char text[40];

  snprintf(text, sizeof text, "P%ld%c", count, unit);
  vec_put(to, name, text);
}

void vec_put_true(cJSON *to, const char *name) {
  cJSON_AddTrueToObject(to, name);
}

void vec_feature(cJSON *list, const char *word) {
  cJSON_AddItemToArray(list, cJSON_CreateString(word));
}

cJSON *vec_pluck(const cJSON *list, const char *name) {
  cJSON *out = cJSON_CreateArray();
  const cJSON *item;

  cJSON_ArrayForEach(item, list)
    cJSON_AddItemToArray(out, cJSON_Duplicate(vec_get(item, name), 1));
  return out;
}

cJSON *vec_pairs(const cJSON *list, const char *key, const char *value) {
  cJSON *out = cJSON_CreateObject();
  const cJSON *item;

  cJSON_ArrayForEach(item, list)
    if (vec_text(item, key)) vec_copy(out, vec_text(item, key), item, value);
  return out;
}

cJSON *vec_moved(const char *decimal, int places) {
  char text[BILLING_DECIMAL_TEXT];
  wide v;

  if (!decimal_of(decimal, &v)) return NULL;
  decimal_print(places < 0 ? v / power10(-places) : v * power10(places),
                text);
  return cJSON_CreateString(text);
}

void vec_put_moved(cJSON *to, const char *name, const char *decimal,
                   int places) {
  cJSON *moved = vec_moved(decimal, places);

  if (moved) cJSON_AddItemToObject(to, name, moved);
}

static const char *decimal_sum(const char *a, const char *b, int sign) {
  static char texts[4][BILLING_DECIMAL_TEXT];
  static unsigned turn;
  char *text = texts[turn++ % 4];
  wide x = 0, y = 0;

  (void)decimal_of(a, &x);
  (void)decimal_of(b, &y);
  decimal_print(x + sign * y, text);
  return text;
}

const char *vec_plus(const char *a, const char *b) {
  return decimal_sum(a, b, 1);
}

const char *vec_minus(const char *a, const char *b) {
  return decimal_sum(a, b, -1);
}

int vec_is_zero(const char *decimal) {
  wide v;

  return decimal_of(decimal, &v) && v == 0;
}

cJSON *vec_request(const char *kernel) {
  cJSON *request = cJSON_CreateObject();

  vec_put(request, "kernel", kernel);
  return request;
}

cJSON *vec_fail(const char *why) {
  snprintf(vec_why, sizeof vec_why, "%s", why);
  return NULL;
}

cJSON *vec_invalid(const char *word) {
  cJSON *out;

  if (BILLING_CODE(vec_code) != BILLING_INVALID) return NULL;
  out = cJSON_CreateObject();
  vec_put(out, "error", word);
  return out;
}

cJSON *vec_ask(cJSON *request) {
  char *text = cJSON_PrintUnformatted(request);
  billing_doc *doc = NULL;
  billing_error err;
  cJSON *answer = NULL;
  int rc;

  BILLING_INIT(&err);
  rc = billing_evaluate(NULL, text, (size_t)-1, &doc, &err);
  vec_code = rc;
  if (!rc) answer = cJSON_Parse(billing_doc_text(doc));
  if (rc)
    snprintf(vec_why, sizeof vec_why, "%s %s: %s (%s)\n    asked %.300s",
             billing_code_name(rc), err.path, err.message, err.hint, text);
  billing_doc_free(doc);
  free(text);
  cJSON_Delete(request);
  return answer;
}

/* ---- files that are known ---- */

static const vec_file *const peers[] = {
  vec_flexprice, vec_flexprice_dates, vec_killbill, vec_killbill_dates,
  vec_lago, vec_lago_invoices, vec_lago_proration, vec_metronome,
  vec_metronome_schedules, vec_openmeter, vec_openmeter_dates, vec_stripe,
  vec_stripe_dates
};

static int ends_with(const char *text, const char *end) {
  size_t a = strlen(text), b = strlen(end);

  return a >= b && strcmp(text + a - b, end) == 0;
}

static const char *about_of(const cJSON *format) {
  const char *about = vec_text(format, "about");

  if (!about) about = vec_text(format, "purpose");
  return about ? about : vec_text(format, "given");
}

static const vec_file *file_of(const char *path, const cJSON *format) {
  const char *about = about_of(format);

  for (size_t by_path = 2; by_path-- > 0;)
    for (size_t p = 0; p < sizeof peers / sizeof *peers; p++)
      for (const vec_file *f = peers[p]; f->path; f++)
        if (by_path ? ends_with(path, f->path)
                    : about && strcmp(about, f->about) == 0)
          return f;
  return NULL;
}

static const char *kind_of(const cJSON *test, const cJSON *format) {
  const cJSON *given = vec_get(test, "given");
  const char *kind = vec_text(test, "kind");

  if (!kind) kind = vec_text(given, "kind");
  if (!kind) kind = vec_text(given, "model");
  if (!kind) kind = vec_text(given, "aggregation");
  if (!kind) kind = vec_text(format, "kind");
  return kind ? kind : "";
}

static vec_run *run_of(const vec_file *file, const char *kind) {
  for (const vec_kind *k = file->kinds; k->kind; k++)
    if (strcmp(k->kind, kind) == 0) return k->run;
  return NULL;
}

/* ---- DEVIATIONS.md ---- */

/*
 * The rows of its table: | file | kind or id | what | why |.  What is "waits:
 * issue N" for a kind (or a kind+feature) that comes later, "apart" for one
 * that has no meaning in our product, "differs" for an id or a kind where we
 * differ on purpose.
 */
typedef struct deviation {
  char file[64];
  char what[96];
  char verdict[32];
  char why[256];
} deviation;

static deviation deviations[256];
static size_t deviation_count;

static void cell(const char **at, char *out, size_t size) {
  const char *from = *at, *to = strchr(from, '|');
  size_t len;

  out[0] = '\0';
  if (!to) return;
  *at = to + 1;
  while (*from == ' ' || *from == '`') from++;
  while (to > from && (to[-1] == ' ' || to[-1] == '`')) to--;
  len = (size_t)(to - from);
  if (len >= size) len = size - 1;
  memcpy(out, from, len);
  out[len] = '\0';
}

static void read_deviations(const char *path) {
  char line[1024];
  FILE *file = fopen(path, "r");

  while (file && fgets(line, sizeof line, file)) {
    deviation *d = &deviations[deviation_count];
    const char *at = line + 1;

    if (line[0] != '|' || deviation_count == 256) continue;
    cell(&at, d->file, sizeof d->file);
    cell(&at, d->what, sizeof d->what);
    cell(&at, d->verdict, sizeof d->verdict);
    cell(&at, d->why, sizeof d->why);
    if (strstr(d->file, ".json")) deviation_count++;
  }
  if (file) fclose(file);
}

static const deviation *deviation_of(const char *file, const char *what) {
  for (size_t i = 0; i < deviation_count; i++)
    if (!strcmp(deviations[i].file, file) && !strcmp(deviations[i].what, what))
      return &deviations[i];
  return NULL;
}

/* What stands in the table about a case: its id, its kind, or one of its
 * features. */
static const deviation *deviates(const vec_file *file, const cJSON *test,
                                 const char *kind) {
  const deviation *d = deviation_of(file->path, kind);
  const char *id = vec_text(test, "id");
  cJSON *features = cJSON_CreateArray();
  const cJSON *feature;
  char what[96];

  if (!d && id) d = deviation_of(file->path, id);
  if (file->features) file->features(vec_get(test, "given"), features);
  cJSON_ArrayForEach(feature, features) {
    snprintf(what, sizeof what, "%s+%s", kind, feature->valuestring);
    if (!d) d = deviation_of(file->path, what);
  }
  cJSON_Delete(features);
  return d;
}

/* ---- running ---- */

static struct {
  unsigned passed, failed, waiting, apart, differing, ambiguous;
} counts;

static void show(const char *word, const char *path, const cJSON *test,
                 const char *kind, const cJSON *got) {
  const char *id = vec_text(test, "id");
  char *expect = cJSON_PrintUnformatted(vec_get(test, "expect"));
  char *came = got ? cJSON_PrintUnformatted(got) : NULL;

  printf("%s %s %s (%s)\n    expected %s\n    came %s\n", word, path,
         id ? id : "?", kind, expect ? expect : "nothing",
         came ? came : vec_why);
  free(expect);
  free(came);
}

static void run_case(const char *path, const vec_file *file,
                     const cJSON *test, const cJSON *format) {
  const char *kind = kind_of(test, format);
  const cJSON *given = vec_get(test, "given");
  const cJSON *decimals = vec_get(test, "compare_decimals");
  vec_run *run = file ? run_of(file, kind) : NULL;
  const deviation *d;
  rule r = {cJSON_IsNumber(decimals) ? decimals->valueint : -1, 'u', 0};
  int is_ambiguous = cJSON_IsTrue(vec_get(test, "ambiguous"));
  int is_right;
  cJSON *got = NULL;

  vec_expect = vec_get(test, "expect");
  d = file ? deviates(file, test, kind) : NULL;
  if (d && strncmp(d->verdict, "apart", 5) == 0) {
    counts.apart++;
    return;
  }
  if (d && strncmp(d->verdict, "waits", 5) == 0) {
    counts.waiting += !is_ambiguous;
    counts.ambiguous += is_ambiguous;
    return;
  }
  if (!run) vec_fail("this kind is not known");
  else got = run(given);
  (void)decimal_in(vec_get(given, "tolerance"), &r.tolerance);
  is_right = got && matches(vec_get(test, "expect"), got, r);
  if (is_ambiguous) {
    counts.ambiguous++;
    show(is_right ? "AMBIGUOUS, as expected:" : "AMBIGUOUS, not as expected:",
         path, test, kind, got);
  } else if (d) {
    counts.differing++;
    show("DIFFERS", path, test, kind, got);
  } else if (is_right) {
    counts.passed++;
  } else {
    counts.failed++;
    show("FAILED", path, test, kind, got);
  }
  cJSON_Delete(got);
}

static char *read_text(const char *path) {
  FILE *file = fopen(path, "rb");
  char *text = NULL;
  long size;

  if (!file) return NULL;
  if (!fseek(file, 0, SEEK_END) && (size = ftell(file)) >= 0 &&
      !fseek(file, 0, SEEK_SET) && (text = malloc((size_t)size + 1))) {
    size_t got = fread(text, 1, (size_t)size, file);

    text[got] = '\0';
  }
  fclose(file);
  return text;
}

static void run_file(const char *path) {
  char *text = read_text(path);
  cJSON *doc = text ? cJSON_Parse(text) : NULL;
  const cJSON *format = vec_get(doc, "format");
  const cJSON *cases = vec_get(doc, "cases"), *test;
  unsigned passed = counts.passed, failed = counts.failed;
  unsigned waiting = counts.waiting;

  if (!cJSON_IsArray(cases)) {
    printf("FAILED %s: no cases can be read\n", path);
    counts.failed++;
  } else {
    const vec_file *file = file_of(path, format);

    cJSON_ArrayForEach(test, cases) run_case(path, file, test, format);
  }
  printf("%-44s %4u passed %4u failed %4u waiting\n", path,
         counts.passed - passed, counts.failed - failed,
         counts.waiting - waiting);
  cJSON_Delete(doc);
  free(text);
}

/* DEVIATIONS.md lies in the tree, where tests run; or where the program does,
 * which is made in a folder of the tree. */
static void find_deviations(const char *program) {
  static const char name[] = "tests/vectors/DEVIATIONS.md";
  const char *slash = strrchr(program, '/');
  char path[1024];

  read_deviations(name);
  for (int up = 1; slash && !deviation_count && up <= 3; up++) {
    int len = snprintf(path, sizeof path, "%.*s", (int)(slash - program),
                       program);

    for (int i = 0; i < up && len < 900; i++)
      len += snprintf(path + len, sizeof path - (size_t)len, "/..");
    if (len < 900)
      snprintf(path + len, sizeof path - (size_t)len, "/%s", name);
    read_deviations(path);
  }
}

int main(int argc, char **argv) {
  if (argc < 2) {
    fprintf(stderr, "usage: vectors FILE...\n");
    return 2;
  }
  find_deviations(argv[0]);
  for (int i = 1; i < argc; i++) run_file(argv[i]);
  if (counts.waiting)
    printf("%u waiting for a later issue\n", counts.waiting);
  if (counts.apart)
    printf("%u of kinds that have no meaning here\n", counts.apart);
  if (counts.differing)
    printf("%u where we differ on purpose\n", counts.differing);
  if (counts.ambiguous)
    printf("%u ambiguous, not counted\n", counts.ambiguous);
  printf("%u passed, %u failed\n", counts.passed, counts.failed);
  return counts.failed != 0 || counts.passed == 0;
}
