/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* evaluations.h - requests of billing_evaluate in single quotes, which read
 * better than ones with escapes. */
#ifndef EVALUATIONS_H
#define EVALUATIONS_H

#include "unit.h"

static inline const char *in_double_quotes(const char *text) {
  static char out[2][8192];
  static unsigned turn;
  char *to = out[turn++ % 2];
  size_t i = 0;

  ck_assert_uint_lt(strlen(text), sizeof *out);
  for (; text[i]; i++) to[i] = text[i] == '\'' ? '"' : text[i];
  to[i] = '\0';
  return to;
}

static inline void expect_answer(const char *request, const char *answer) {
  billing_doc *doc = NULL;
  billing_error err;
  int rc;

  BILLING_INIT(&err);
  rc = billing_evaluate(NULL, in_double_quotes(request), (size_t)-1, &doc,
                        &err);
  ck_assert_msg(rc == 0, "%s: %s", err.path, err.message);
  ck_assert_str_eq(billing_doc_text(doc), in_double_quotes(answer));
  billing_doc_free(doc);
}

/* INVALID at the path. */
static inline void expect_invalid(const char *request, const char *path) {
  billing_doc *doc = NULL;
  billing_error err;
  int rc;

  BILLING_INIT(&err);
  rc = billing_evaluate(NULL, in_double_quotes(request), (size_t)-1, &doc,
                        &err);
  ck_assert_msg(BILLING_CODE(rc) == BILLING_INVALID, "%s gave %d", request,
                rc);
  ck_assert_str_eq(err.path, path);
  ck_assert_ptr_null(doc);
}

#endif
