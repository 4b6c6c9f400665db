/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * events_page.c - pages of recorded events.
 *
 * A page is written as text, not as a tree: properties go out byte for byte
 * as they came in, which a tree and its canonical printer would not do.
 */
#include "engine/event_print.h"
#include "engine/query.h"

static int read_event_place(bl_call *c, const bl_query *q, uint64_t *after) {
  int64_t number;
  int rc = bl_query_after(c, q, &number);

  *after = (uint64_t)number;
  return rc;
}

/* The events of a page; *last becomes the last one's number, 0 when no event
 * is left behind it. */
static int print_events(bl_event_walk *walk, int64_t limit, bl_text *out,
                        uint64_t *last) {
  bl_event_row row;
  int64_t count = 0;
  int rc;

  while ((rc = bl_event_walk_next(walk, &row)) == BILLING_OK) {
    if (count++ == limit) return BILLING_OK;
    if (count > 1) bl_text_c(out, ",");
    bl_event_print(&row, out);
    *last = row.number;
  }
  *last = 0;
  return rc == BILLING_DONE ? BILLING_OK : rc;
}

static int answer_events(bl_call *c, const bl_query *q, billing_doc **out) {
  bl_span times = {q->from_us, q->to_us};
  bl_customer *customer = NULL;
  uint64_t after = 0, last = 0;
  bl_event_walk walk;
  bl_text text;
  int rc = read_event_place(c, q, &after);

  if (!rc && q->customer.len)
    rc = bl_find_customer(c, q->customer, "/customer", &customer);
  if (rc) return rc;
  bl_text_open(&text, &c->arena);
  bl_text_c(&text, "{\"events\":[");
  rc = bl_event_walk_open(&walk, c, customer, times, after);
  if (!rc) rc = print_events(&walk, q->limit, &text, &last);
  bl_event_walk_close(&walk);
  if (rc) return rc;
  bl_text_c(&text, "]");
  if (last) bl_text_format(&text, ",\"next\":\"%i\"", (int64_t)last);
  bl_text_c(&text, "}");
  if (text.failed) return BILLING_NOMEM;
  return bl_doc_of_text(&c->b->host, text.text, text.len, out);
}

int billing_events(billing *b, const billing_call *call, const char *query,
                   size_t query_len, billing_doc **out, billing_error *err) {
  static const char *const allowed[] = {"customer", "from", "to", "after",
                                        "limit", NULL};
  bl_question question = {query, query_len, allowed, NULL, answer_events};

  return bl_question_ask(b, call, &question, out, err);
}
