/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* doc.c - documents remember their allocator, so they outlive the handle. */
#include "engine/doc.h"

struct billing_doc {
  billing_allocator host;
  size_t            size;      /* of this allocation */
  size_t            len;
  char              text[];
};

int bl_doc_of_text(const billing_allocator *host, const char *text, size_t len,
                   billing_doc **out) {
  size_t size = sizeof(billing_doc) + len + 1;
  billing_doc *doc = size > len ? bl_host_alloc(host, size) : NULL;

  if (!doc) return BILLING_NOMEM;
  if (host) doc->host = *host;
  doc->size = size;
  doc->len = len;
  if (len) memcpy(doc->text, text, len);
  doc->text[len] = '\0';
  *out = doc;
  return BILLING_OK;
}

const char *billing_doc_text(const billing_doc *doc) {
  return doc ? doc->text : "";
}

size_t billing_doc_len(const billing_doc *doc) { return doc ? doc->len : 0; }

void billing_doc_free(billing_doc *doc) {
  billing_allocator host;

  if (!doc) return;
  host = doc->host;
  bl_host_free(&host, doc, doc->size);
}
