/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * fuzz_ingest.c - a stream of any bytes, as lines of JSON, CloudEvents or CSV.
 *
 * The first byte chooses the form, the second in which pieces the rest comes.
 * What becomes of the stream must not depend on the pieces: counts, where it
 * stands and every refusal are those of the whole in one piece, and verify
 * holds afterwards.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "billing.h"

#define NOW INT64_C(1767571200000000)

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void must(int holds, const char *what) {
  if (holds) return;
  fprintf(stderr, "fuzz_ingest: %s\n", what);
  abort();
}

static const char catalog[] =
    "{\"tenant\":{\"id\":\"t\",\"unknown_customers\":\"park\"},"
    "\"customers\":[{\"id\":\"a\"}],"
    "\"meters\":[{\"id\":\"m\",\"event\":\"e\",\"aggregation\":\"sum\"}],"
    "\"plans\":[{\"id\":\"p\",\"currency\":\"USD\",\"prices\":[{\"id\":\"x\","
    "\"meter\":\"m\",\"model\":\"per_unit\",\"unit\":\"0.10\"}]}],"
    "\"contracts\":[{\"id\":\"c\",\"customer\":\"a\",\"plan\":\"p\","
    "\"start\":\"2026-01-01\"}]}";

static const char *const forms[] = {
  "",
  "{\"format\":\"csv\"",
  "{\"format\":\"csv\",\"set\":{\"customer\":\"a\",\"event\":\"e\"},"
  "\"key_prefix\":\"k\",\"fields\":{\"value\":\"#1\"},\"times\":\"seconds\"",
  "{\"format\":\"csv\",\"separator\":\";\",\"quote\":\"'\","
  "\"set\":{\"customer\":\"a\"},\"fields\":{\"key\":\"#1\",\"time\":\"#2\"},"
  "\"events\":[{\"event\":\"e\",\"fields\":{\"value\":\"#3\"}},"
  "{\"event\":\"f\",\"fields\":{\"properties\":\"#3\"}}]",
};

/* A stream being given, and all that it answered. */
typedef struct feed {
  billing       *b;
  const char    *form;
  const char    *name;
  billing_stream at;
  char          *answers;
  size_t         len;
  char          *header;
} feed;

static billing_call call_of(const char *key) {
  billing_call call;

  BILLING_INIT(&call);
  call.tenant = (billing_str){"t", 1};
  call.key = (billing_str){key, strlen(key)};
  call.now_us = NOW;
  return call;
}

static feed feed_open(const char *form, const char *name) {
  billing_call call = call_of("");
  billing_store *store;
  feed f;

  memset(&f, 0, sizeof f);
  f.form = form;
  f.name = name;
  BILLING_INIT(&f.at);
  must(!billing_memory_store(&store, NULL), "store");
  must(!billing_open_store(&f.b, store, NULL, NULL), "open");
  must(!billing_catalog_apply(f.b, &call, catalog, (size_t)-1, NULL, NULL),
       "catalog");
  return f;
}

static void keep_answer(feed *f, const char *text) {
  const char *header = strstr(text, "\"header\":[");
  const char *list = strstr(text, "\"refused\":[");
  size_t len = strlen(list + 11) - 2;

  if (header && header[10] != ']' && !f->header) {
    f->header = strdup(header);
    must(f->header != NULL, "memory");
    f->header[strlen(header) - strlen(list) - 1] = '\0';
  }
  if (!len) return;
  f->answers = realloc(f->answers, f->len + len + 2);
  must(f->answers != NULL, "memory");
  memcpy(f->answers + f->len, list + 11, len);
  f->len += len;
  f->answers[f->len++] = ',';
  f->answers[f->len] = '\0';
}

/* The form with the header that an earlier answer had. */
static char *form_of(const feed *f) {
  size_t len = strlen(f->form);
  char *text = malloc(len + (f->header ? strlen(f->header) : 0) + 3);

  must(text != NULL, "memory");
  strcpy(text, f->form);
  if (f->header && !f->name[0]) {
    strcat(text, ",");
    strcat(text, f->header);
  }
  if (len) strcat(text, "}");
  return text;
}

static int feed_give(feed *f, const uint8_t *bytes, size_t len, int is_last) {
  billing_call call = call_of(f->name);
  char *form = form_of(f);
  billing_doc *doc = NULL;
  int rc;

  f->at.flags &= ~BILLING_STREAM_END;
  if (is_last) f->at.flags |= BILLING_STREAM_END;
  rc = billing_ingest(f->b, &call, form, strlen(form), (const char *)bytes,
                      len, &f->at, &doc, NULL);
  free(form);
  if (rc) return rc;
  keep_answer(f, billing_doc_text(doc));
  billing_doc_free(doc);
  return 0;
}

static int feed_all(feed *f, const uint8_t *bytes, size_t size, size_t most) {
  while (f->at.bytes < size) {
    uint64_t before = f->at.bytes;
    size_t left = size - (size_t)before, piece = most;
    for (;; piece *= 2) {
      size_t some = piece < left ? piece : left;
      int rc = feed_give(f, bytes + before, some, some == left);
      if (rc) return rc;
      if (f->at.bytes > before) break;
      must(some < left || !left, "the end is read");
    }
  }
  return 0;
}

static void feed_close(feed *f) {
  billing_call call = call_of("");
  billing_doc *doc;

  must(!billing_verify(f->b, &call, &doc, NULL), "verify");
  must(strstr(billing_doc_text(doc), "\"ok\":true") != NULL, "sound");
  billing_doc_free(doc);
  billing_close(f->b);
  free(f->answers);
  free(f->header);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
  feed whole, parts;
  int rc;

  if (size < 3 || size > 20000) return 0;
  whole = feed_open(forms[bytes[0] % 4], "s");
  parts = feed_open(forms[bytes[0] % 4], bytes[1] & 1 ? "" : "s");
  rc = feed_all(&whole, bytes + 2, size - 2, size);
  must(feed_all(&parts, bytes + 2, size - 2, 1u + bytes[1] / 2u) == rc, "rc");
  whole.at.flags = parts.at.flags;
  if (!rc) {
    must(!memcmp(&whole.at, &parts.at, sizeof whole.at), "counts");
    must(whole.len == parts.len &&
         (!whole.len || !strcmp(whole.answers, parts.answers)), "refusals");
  }
  feed_close(&whole);
  feed_close(&parts);
  return 0;
}
