/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* foretell.c - previews against what comes; see foretell.h. */
#include "foretell.h"

#include <stdlib.h>
#include <string.h>

static char *foretold;             /* texts of drafts, by customer */

static cJSON *tree_of(billing_doc *doc) {
  cJSON *tree = doc ? cJSON_Parse(billing_doc_text(doc)) : NULL;

  billing_doc_free(doc);
  return tree;
}

static cJSON *list_of(scenario_run *r, const char *kind,
                      const char *customer) {
  billing_call call = scenario_call_of(r, NULL);
  billing_doc *doc = NULL;
  cJSON *query = cJSON_CreateObject();
  char *text;

  cJSON_AddNumberToObject(query, "limit", 1000);
  if (customer) cJSON_AddStringToObject(query, "customer", customer);
  text = cJSON_PrintUnformatted(query);
  (void)billing_list(r->b, &call, kind, text, (size_t)-1, &doc, NULL);
  free(text);
  cJSON_Delete(query);
  return tree_of(doc);
}

static cJSON *preview_of(scenario_run *r, const char *customer,
                         int64_t until_us) {
  billing_call call = scenario_call_of(r, NULL);
  billing_doc *doc = NULL;
  cJSON *query = cJSON_CreateObject();
  char at[32], *text;

  call.now_us = until_us;
  cJSON_AddStringToObject(query, "customer", customer);
  cJSON_AddStringToObject(query, "at", scenario_time_text(until_us, at));
  text = cJSON_PrintUnformatted(query);
  (void)billing_preview(r->b, &call, text, (size_t)-1, NULL, 0, &doc,
                        &r->err);
  free(text);
  cJSON_Delete(query);
  return tree_of(doc);
}

/* An invoice without what only a finalized one has, or only a draft. */
static void show_invoice(FILE *out, cJSON *invoice) {
  char *text;

  cJSON_DeleteItemFromObject(invoice, "draft");
  cJSON_DeleteItemFromObject(invoice, "number");
  cJSON_DeleteItemFromObject(invoice, "own_number");
  text = cJSON_PrintUnformatted(invoice);
  fprintf(out, "%s\n", text);
  free(text);
}

/* What is issued by then; the rest are drafts of periods that stay open. */
static void show_drafts(scenario_run *r, FILE *out, const char *customer,
                        int64_t until_us) {
  cJSON *preview = preview_of(r, customer, until_us);
  cJSON *draft;

  if (!preview)
    fprintf(out, "no preview of %s: %s\n", customer, r->err.message);
  cJSON_ArrayForEach(draft, cJSON_GetObjectItem(preview, "invoices"))
    if (scenario_time(cJSON_GetObjectItem(draft, "issued")->valuestring) <=
        until_us)
      show_invoice(out, draft);
  cJSON_Delete(preview);
}

/* Those after the first `known`. */
static void show_issued(scenario_run *r, FILE *out, const char *customer,
                        int known) {
  cJSON *list = list_of(r, "invoice", customer);
  cJSON *invoice;

  cJSON_ArrayForEach(invoice, cJSON_GetObjectItem(list, "items"))
    if (cJSON_GetObjectItem(invoice, "own_number")->valueint > known)
      show_invoice(out, invoice);
  cJSON_Delete(list);
}

static char *show_all(scenario_run *r, int64_t until_us, int is_done,
                      int known) {
  cJSON *list = list_of(r, "customer", NULL);
  const cJSON *customer;
  char *text = NULL;
  size_t len = 0;
  FILE *out = open_memstream(&text, &len);

  cJSON_ArrayForEach(customer, cJSON_GetObjectItem(list, "items")) {
    const char *id = cJSON_GetObjectItem(customer, "id")->valuestring;
    if (is_done) show_issued(r, out, id, known);
    else show_drafts(r, out, id, until_us);
  }
  cJSON_Delete(list);
  fclose(out);
  return text;
}

/* Number of the last invoice; there are fewer than a thousand. */
static int last_invoice(scenario_run *r) {
  cJSON *list = list_of(r, "invoice", NULL);
  int count = cJSON_GetArraySize(cJSON_GetObjectItem(list, "items"));

  cJSON_Delete(list);
  return count;
}

void foretell(scenario_run *r, int64_t until_us, int is_done) {
  static int known;
  char *come;

  free(is_done ? NULL : foretold);
  if (!is_done) {
    known = last_invoice(r);
    foretold = show_all(r, until_us, 0, 0);
    return;
  }
  come = show_all(r, until_us, 1, known);
  if (strcmp(come, foretold))
    fprintf(r->out, "FORETOLD\n%sCAME\n%s", foretold, come);
  free(come);
  free(foretold);
  foretold = NULL;
}
