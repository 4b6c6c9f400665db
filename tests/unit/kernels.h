/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* kernels.h - what is asked of kernels by document, and what they answer.
 * ' stands for ", which reads better than one with escapes. */
#ifndef TEST_KERNELS_H
#define TEST_KERNELS_H

#include "unit.h"

/* Until the next one. */
static inline const char *quoted(const char *text) {
  static char out[4096];
  size_t i = 0;

  ck_assert_uint_lt(strlen(text), sizeof out);
  for (; text[i]; i++) out[i] = text[i] == '\'' ? '"' : text[i];
  out[i] = '\0';
  return out;
}

static inline billing_doc *evaluated(const char *request) {
  billing_doc *doc = NULL;
  billing_error err;

  BILLING_INIT(&err);
  ck_assert_msg(!billing_evaluate(NULL, quoted(request), (size_t)-1, &doc,
                                  &err), "%s: %s", err.path, err.message);
  ck_assert_uint_eq(billing_doc_len(doc), strlen(billing_doc_text(doc)));
  return doc;
}

/* The whole answer. */
static inline void expect(const char *request, const char *answer) {
  billing_doc *doc = evaluated(request);

  ck_assert_str_eq(billing_doc_text(doc), quoted(answer));
  billing_doc_free(doc);
}

/* What stands somewhere in the answer. */
static inline void answers(const char *request, const char *part) {
  billing_doc *doc = evaluated(request);

  ck_assert_msg(strstr(billing_doc_text(doc), quoted(part)) != NULL, "%s",
                billing_doc_text(doc));
  billing_doc_free(doc);
}

static inline void refuse(const char *request, int code, const char *path) {
  billing_doc *doc = NULL;
  billing_error err;
  int rc;

  BILLING_INIT(&err);
  rc = billing_evaluate(NULL, quoted(request), (size_t)-1, &doc, &err);
  ck_assert_msg(BILLING_CODE(rc) == code, "%s gave %d %s", request, rc,
                err.message);
  ck_assert_str_eq(err.path, path);
  ck_assert_int_eq(err.code, rc);
  ck_assert(err.message[0]);
  ck_assert_ptr_null(doc);
}

#endif
