/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * json_check.c - reads JSON texts and says what became of them, for comparison
 * with another implementation.
 *
 *     json_check
 *
 * reads from its input 4 bytes of length, least significant first, and as many
 * bytes of text, over and over.  For each it prints one line:
 *
 *     OK {"a":1.50}                            and the canonical text
 *     INVALID_JSON "/a/0" 17                   the path, the byte offset
 *     DIFFERENT a name                         what the scanner makes of it
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "support/scan_same.h"

/* What both ways of reading say; what they disagree on is neither. */
static int read_both(const char *text, size_t len, bl_json **tree,
                     billing_error *err) {
  billing_error twin;
  int rc, same;

  BILLING_INIT(err);
  BILLING_INIT(&twin);
  bl_error_start(err);
  bl_error_start(&twin);
  rc   = bl_json_read(text, len, tree, err);
  same = bl_json_check(text, len, &twin);
  if (rc == same && !strcmp(err->message, twin.message) &&
      !strcmp(err->path, twin.path))
    return rc;
  if (!rc) bl_json_free(*tree);
  return BILLING_INTERNAL;
}

static void answer(const char *text, size_t len) {
  const char *digits, *why = scan_difference(text, len, len % 16);
  bl_json *tree = NULL;
  billing_error err;
  bl_arena a;
  bl_text t;
  int rc = read_both(text, len, &tree, &err);

  bl_arena_open(&a, NULL);
  bl_text_open(&t, &a);
  if (why) {
    bl_text_format(&t, "DIFFERENT %s", why);
    if (!rc) bl_json_free(tree);
  } else if (rc) {
    digits = strrchr(err.message, ' ');
    bl_text_format(&t, "%s ", billing_code_name(rc));
    bl_text_json(&t, bl_str_of(err.path));
    bl_text_c(&t, digits ? digits : " ?");
  } else {
    bl_text_c(&t, "OK ");
    if (bl_json_print(tree, &t)) bl_text_c(&t, "not printed");
    bl_json_free(tree);
  }
  fwrite(t.text, 1, t.len, stdout);
  fputc('\n', stdout);
  bl_arena_close(&a);
}

int main(void) {
  unsigned char head[4];

  while (fread(head, 1, sizeof head, stdin) == sizeof head) {
    size_t len = (size_t)head[0] | (size_t)head[1] << 8 |
                 (size_t)head[2] << 16 | (size_t)head[3] << 24;
    char *text = malloc(len ? len : 1);

    if (!text || fread(text, 1, len, stdin) != len) return 1;
    answer(text, len);
    free(text);
  }
  return fflush(stdout) != 0;
}
