/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* load.c - events in batches. */
#include "load.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "moment.h"

int load_open(load *l, billing *b, const char *tenant) {
  memset(l, 0, sizeof *l);
  l->b = b;
  l->batch = LOAD_BATCH;
  BILLING_INIT(&l->call);
  BILLING_INIT(&l->err);
  l->call.tenant = (billing_str){tenant, strlen(tenant)};
  l->places = calloc(LOAD_BATCH, sizeof *l->places);
  l->receipts = calloc(LOAD_BATCH, sizeof *l->receipts);
  if (!l->places || !l->receipts) return BILLING_NOMEM;
  for (size_t i = 0; i < LOAD_BATCH; i++) BILLING_INIT(&l->receipts[i]);
  return BILLING_OK;
}

static void note_problem(load *l, size_t at) {
  load_problem *p = &l->problems[l->problem_count];

  if (l->problem_count == LOAD_PROBLEMS) return;
  l->problem_count++;
  p->place = l->places[at];
  p->code = l->receipts[at].code;
  /* The error has the words of the batch's first refusal. */
  p->message[0] = '\0';
  if (l->err.item == (int64_t)at || l->count == 1)
    memcpy(p->message, l->err.message, sizeof p->message);
}

static void count_receipt(load *l, size_t at) {
  const billing_receipt *r = &l->receipts[at];

  l->events++;
  l->fresh += r->status == BILLING_STATUS_NEW;
  l->same += r->status == BILLING_STATUS_SAME;
  l->unmatched += (r->flags & BILLING_RECEIPT_UNMATCHED) != 0;
  l->unpriced += (r->flags & BILLING_RECEIPT_UNPRICED) != 0;
  if (r->status != BILLING_STATUS_REFUSED &&
      r->status != BILLING_STATUS_CONFLICT)
    return;
  l->refused++;
  note_problem(l, at);
}

int load_flush(load *l) {
  size_t count = 0;
  int rc;

  if (l->lines.failed) return BILLING_NOMEM;
  if (!l->count) return BILLING_OK;
  do {
    l->call.now_us = l->now_us ? l->now_us : moment_now();
    rc = billing_record_text(l->b, &l->call, l->lines.text, l->lines.len,
                             l->receipts, l->count, &count, &l->err);
  } while (patience_again(&l->patience, rc));
  if (rc) return rc;
  for (size_t i = 0; i < count; i++) count_receipt(l, i);
  if (l->told) l->told(l->user, l, count);
  buffer_empty(&l->lines);
  l->count = 0;
  return BILLING_OK;
}

int load_line(load *l, uint64_t place) {
  l->places[l->count++] = place;
  if (l->count < l->batch && l->lines.len < LOAD_BATCH_BYTES)
    return l->lines.failed ? BILLING_NOMEM : BILLING_OK;
  return load_flush(l);
}

void load_close(load *l) {
  buffer_free(&l->lines);
  free(l->places);
  free(l->receipts);
}

void load_print(const load *l, const char *place, FILE *out) {
  fprintf(out, "%" PRIu64 " new, %" PRIu64 " same, %" PRIu64 " refused\n",
          l->fresh, l->same, l->refused);
  if (l->unmatched)
    fprintf(out, "%" PRIu64 " matched no meter and cost nothing\n",
            l->unmatched);
  if (l->unpriced)
    fprintf(out, "%" PRIu64 " are priced by no contract\n", l->unpriced);
  for (size_t i = 0; i < l->problem_count; i++) {
    const load_problem *p = &l->problems[i];
    fprintf(out, "%s %" PRIu64 ": %s%s%s\n", place, p->place,
            billing_code_name(p->code), p->message[0] ? ": " : "",
            p->message);
  }
  if (l->refused > l->problem_count)
    fprintf(out, "and %" PRIu64 " more refused\n",
            l->refused - l->problem_count);
}
