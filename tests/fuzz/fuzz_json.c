/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * fuzz_json.c - the strict reader against cJSON's parser.
 *
 * What ours reads, cJSON must read to an equal tree, its numbers being the
 * doubles nearest to our texts, and our canonical text must read back to
 * itself.  What ours refuses though cJSON reads it must show one of the
 * reasons that is_reason and below name, at the offset of the error.
 */
#include <cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void must(int holds, const char *what) {
  if (holds) return;
  fprintf(stderr, "fuzz_json: %s\n", what);
  abort();
}

static billing_error new_error(void) {
  billing_error err;

  BILLING_INIT(&err);
  bl_error_start(&err);
  return err;
}

/* ---- The same tree ------------------------------------------------------ */

static void compare(const bl_json *ours, const cJSON *theirs);

static void compare_children(const bl_json *ours, const cJSON *theirs) {
  const bl_json *a = bl_json_first(ours);
  const cJSON *b = theirs->child;

  for (; a && b; a = bl_json_next(a), b = b->next) {
    bl_str key = bl_json_key(a);

    must(!key.text == !b->string, "one has a name");
    must(!key.text || !strcmp(key.text, b->string), "names differ");
    compare(a, b);
  }
  must(!a && !b, "counts differ");
}

static void compare(const bl_json *ours, const cJSON *theirs) {
  switch (bl_json_kind(ours)) {
  case BL_JSON_NULL:  must(cJSON_IsNull(theirs), "null"); break;
  case BL_JSON_TRUE:  must(cJSON_IsTrue(theirs), "true"); break;
  case BL_JSON_FALSE: must(cJSON_IsFalse(theirs), "false"); break;
  case BL_JSON_NUMBER: {
    double value = strtod(bl_json_text(ours).text, NULL);
    must(cJSON_IsNumber(theirs), "number");
    must(!memcmp(&theirs->valuedouble, &value, sizeof value), "value");
    break;
  }
  case BL_JSON_TEXT:
    must(cJSON_IsString(theirs), "string");
    must(!strcmp(theirs->valuestring, bl_json_text(ours).text), "text");
    break;
  default:
    must(bl_json_kind(ours) == BL_JSON_ARRAY ? cJSON_IsArray(theirs) :
         cJSON_IsObject(theirs), "container");
    compare_children(ours, theirs);
  }
}

/* cJSON takes at most 63 bytes of a number. */
static int has_long_number(const bl_json *node) {
  if (bl_json_kind(node) == BL_JSON_NUMBER) return bl_json_text(node).len > 62;
  for (node = bl_json_first(node); node; node = bl_json_next(node))
    if (has_long_number(node)) return 1;
  return 0;
}

/* ---- Ours reads --------------------------------------------------------- */

static bl_text print(const bl_json *tree, bl_arena *a) {
  bl_text t;

  bl_text_open(&t, a);
  must(bl_json_print(tree, &t) == BILLING_OK, "print");
  return t;
}

static void must_read_to(const char *text, size_t len, const bl_text *expected,
                         bl_arena *a) {
  bl_json *tree = NULL;
  bl_text again;

  must(bl_json_read(text, len, &tree, NULL) == BILLING_OK, "does not reread");
  again = print(tree, a);
  must(again.len == expected->len &&
       !memcmp(again.text, expected->text, again.len), "rereads differently");
  bl_json_free(tree);
}

static void check_printing(const bl_json *tree) {
  char *theirs = cJSON_PrintUnformatted(tree);
  bl_text canonical, pretty;
  bl_arena a;

  bl_arena_open(&a, NULL);
  canonical = print(tree, &a);
  must_read_to(canonical.text, canonical.len, &canonical, &a);
  bl_text_open(&pretty, &a);
  must(bl_json_pretty(tree, &pretty) == BILLING_OK, "pretty");
  must_read_to(pretty.text, pretty.len, &canonical, &a);
  must(theirs != NULL, "cJSON does not print our tree");
  must_read_to(theirs, strlen(theirs), &canonical, &a);
  free(theirs);
  bl_arena_close(&a);
}

/* ---- Ours refuses ------------------------------------------------------- */

static int has_duplicate(const cJSON *node) {
  for (const cJSON *a = node->child; a; a = a->next) {
    if (has_duplicate(a)) return 1;
    for (const cJSON *b = a->next; b && a->string; b = b->next)
      if (!strcmp(a->string, b->string)) return 1;
  }
  return 0;
}

static int depth_of(const cJSON *node) {
  int most = 0;

  if (!cJSON_IsArray(node) && !cJSON_IsObject(node)) return 0;
  for (const cJSON *child = node->child; child; child = child->next) {
    int depth = depth_of(child);
    if (depth > most) most = depth;
  }
  return most + 1;
}

/* Whether the byte at the error's offset is one that cJSON lets pass. */
static int is_reason(const uint8_t *at, const uint8_t *end) {
  if (at < end && at[0] < 0x20) return 1;         /* control, NUL; space */
  if (at < end && at[0] >= 0x80) return 1;        /* not UTF-8; the mark */
  if (end - at > 1 && at[0] == '\\') return at[1] == 'u';   /* NUL, not hex */
  if (end - at > 1 && at[0] == '0')
    return at[1] >= '0' && at[1] <= '9';          /* leading zero */
  return 0;
}

/* "1." and "-.5": the offset is behind or at the point. */
static int is_bare_point(const uint8_t *bytes, size_t size, size_t at) {
  return at > 0 && (bytes[at - 1] == '.' || (at < size && bytes[at] == '.' &&
                                             bytes[at - 1] == '-'));
}

static void check_refusal(const uint8_t *bytes, size_t size,
                          const billing_error *err, const cJSON *theirs) {
  const char *digits = strrchr(err->message, ' ');
  size_t at = digits ? (size_t)strtoul(digits, NULL, 10) : size;

  must(digits && at <= size, "no offset");
  if (err->code == BILLING_LIMIT)
    must(depth_of(theirs) > 64, "not deep");
  else if (strstr(err->message, "twice"))
    must(has_duplicate(theirs), "no duplicate");
  else
    must(is_reason(bytes + at, bytes + size) || is_bare_point(bytes, size, at),
         "refused without a reason");
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
  char *text = malloc(size + 1);
  billing_error err = new_error(), twin = new_error();
  bl_json *ours = NULL;
  cJSON *theirs;
  int rc, same;

  if (!text) return 0;
  if (size) memcpy(text, bytes, size);
  text[size] = '\0';
  theirs = cJSON_ParseWithLengthOpts(text, size + 1, NULL, 1);
  /* Exactly as long as it is said to be, for the address sanitizer. */
  rc   = bl_json_read((const char *)bytes, size, &ours, &err);
  same = bl_json_check((const char *)bytes, size, &twin);
  must(rc == same && !strcmp(err.message, twin.message) &&
       !strcmp(err.path, twin.path), "two verdicts");
  must(bl_utf8_is_valid(err.path, strlen(err.path)), "path");
  if (rc == BILLING_OK) {
    must(theirs || has_long_number(ours), "cJSON refuses");
    if (theirs) compare(ours, theirs);
    must(!theirs || !has_duplicate(theirs), "duplicate");
    must(!theirs || depth_of(theirs) <= 64, "deep");
    check_printing(ours);
  } else if (theirs) {
    check_refusal(bytes, size, &err, theirs);
  }
  bl_json_free(ours);
  cJSON_Delete(theirs);
  free(text);
  return 0;
}
