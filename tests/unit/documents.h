/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* documents.h - what the tests of documents share. */
#ifndef DOCUMENTS_H
#define DOCUMENTS_H

#include "base/json_scan.h"
#include "unit.h"

#define DOCUMENTS_MOST 4000

static bl_arena      doc_arena;
static billing_error doc_err;
static bl_json      *doc_trees[DOCUMENTS_MOST];
static size_t        doc_count;

static inline void documents_open(void) {
  bl_arena_open(&doc_arena, NULL);
  BILLING_INIT(&doc_err);
  doc_count = 0;
}

static inline void documents_close(void) {
  for (size_t i = 0; i < doc_count; i++) bl_json_free(doc_trees[i]);
  doc_count = 0;
  bl_arena_close(&doc_arena);
}

/* JSON in which ' stood for ". */
static inline bl_str doc_json(const char *text) {
  size_t len = strlen(text);
  char *json = bl_arena_copy(&doc_arena, text, len);

  for (size_t i = 0; i < len; i++)
    if (json[i] == '\'') json[i] = '"';
  return (bl_str){json, len};
}

/* A tree out of JSON in which ' stands for "; it lives until the test ends.
 * The error is cleared, ready for the call under test. */
static inline bl_json *J(const char *text) {
  bl_str json = doc_json(text);

  ck_assert_uint_lt(doc_count, DOCUMENTS_MOST);
  BILLING_INIT(&doc_err);
  ck_assert_msg(bl_json_read(json.text, json.len, &doc_trees[doc_count],
                             &doc_err) == 0,
                "%s in %s", doc_err.message, json.text);
  BILLING_INIT(&doc_err);
  return doc_trees[doc_count++];
}

/* The members of an object of that kind of JSON. */
static inline const bl_members *M(const char *text) {
  bl_members *m = bl_arena_take(&doc_arena, sizeof *m);

  bl_members_open(m, &doc_arena);
  ck_assert_int_eq(bl_json_scan(doc_json(text), m, NULL), 0);
  return m;
}

static inline const char *doc_text(bl_str s) {
  return bl_arena_copy(&doc_arena, s.text, s.len);
}

/* A host that gives one block and then nothing; more when it begins to count
 * below zero. */
static inline void *doc_one_block(void *user, void *p, size_t old_size,
                                  size_t new_size) {
  int *blocks = user;

  (void)old_size;
  if (new_size == 0) {
    free(p);
    return NULL;
  }
  return (*blocks)++ > 0 ? NULL : malloc(new_size);
}

/* An arena that has room for `steps` small things, or for more blocks when
 * these are more than one holds. */
static inline void doc_narrow(bl_arena *a, int *blocks, size_t steps) {
  billing_allocator host = {doc_one_block, blocks};
  size_t room = 0;

  *blocks = 0;
  bl_arena_open(a, &host);
  while (bl_arena_take(a, 16)) room++;
  bl_arena_close(a);
  *blocks = steps > room ? -(int)(steps - room) : 0;
  for (size_t i = 0; i + steps < room; i++) (void)bl_arena_take(a, 16);
}

/* Reads with ever more memory, until there is enough; each time before that
 * the answer is NOMEM. */
typedef int doc_reader(const bl_json *doc, bl_arena *a, billing_error *err);
static inline void documents_starve(doc_reader *read, const char *json) {
  bl_json *doc = J(json);
  int rc = BILLING_NOMEM;
  size_t steps = 0;

  for (; rc; steps++) {
    bl_arena narrow;
    int blocks;

    BILLING_INIT(&doc_err);
    doc_narrow(&narrow, &blocks, steps);
    rc = read(doc, &narrow, &doc_err);
    ck_assert(rc == 0 || rc == BILLING_NOMEM);
    ck_assert_int_eq(doc_err.code, rc);
    bl_arena_close(&narrow);
  }
  ck_assert_uint_gt(steps, 3);
}

#define ck_assert_text_eq(str, text) ck_assert_str_eq(doc_text(str), (text))

/* Suites with one case and the fixture above. */
static inline TCase *documents_case(Suite *s) {
  TCase *c = tcase_create("all");

  tcase_add_checked_fixture(c, documents_open, documents_close);
  suite_add_tcase(s, c);
  return c;
}

#endif
