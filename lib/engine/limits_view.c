/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* limits_view.c - limits as they stand. */
#include "engine/limit_look.h"
#include "engine/query.h"

typedef struct limits_view {
  bl_event  event;             /* its properties */
  uint32_t  has_properties;
  uint32_t  reserved;
  bl_json  *rows;
} limits_view;

static void add_terms(bl_json *row, const bl_limit_look *look) {
  const bl_limit *limit = look->limit;

  bl_json_add_text(row, "id", limit->id);
  bl_json_add_c(row, "of", bl_limit_owners[look->by]);
  if (look->by == BILLING_DENIED_BY_PARENT)
    bl_json_add_text(row, "customer", look->customer->id);
  if (look->contract)
    bl_json_add_text(row, "contract", look->contract->terms.id);
  if (limit->asset[0]) bl_json_add_c(row, "asset", limit->asset);
  if (limit->meter.len) bl_json_add_text(row, "meter", limit->meter);
  bl_json_add_bool(row, "soft", limit->is_soft != 0);
  bl_json_add_dec(row, "most", limit->most);
}

static void add_figures(bl_json *row, bl_limit_look *look) {
  bl_limit_wish wish = {look->limit, look->by, 0, look->count};
  int64_t now_us = look->c->now_us;
  bl_dec held;
  bl_dec load = bl_limit_load(look->customer, &wish, now_us, &held);

  bl_json_add_dec(row, "used", bl_dec_sub(load, held));
  bl_json_add_dec(row, "held", held);
  bl_json_add_dec(row, "left",
                  bl_dec_max(bl_dec_sub(look->limit->most, load),
                             BL_DEC_ZERO));
  bl_json_add_bool(row, "over", bl_dec_less(look->limit->most, load));
}

/* Of a window that slides, or one that the next use opens, nothing. */
static void add_window(bl_json *row, const bl_limit_look *look) {
  size_t place;

  if (look->limit->slides ||
      (look->limit->per == BL_WITHIN_HOURS &&
       !bl_limit_window_of(look->customer, &look->count, &place)))
    return;
  bl_json_add_time(row, "from", look->count.span.from_us);
  bl_json_add_time(row, "to", look->count.span.to_us);
}

static int add_limit_row(bl_limit_look *look, void *to) {
  limits_view *view = to;
  const bl_limit *limit = look->limit;
  bl_json *row = bl_json_object(view->rows, NULL);
  bl_json *by;
  int is_in;
  int rc;

  if (!row) return BILLING_NOMEM;
  add_terms(row, look);
  if (limit->by_count) {
    by = bl_json_array(row, "by");
    for (size_t i = 0; i < limit->by_count; i++)
      bl_json_add_text(by, NULL, limit->by[i]);
    if (!view->has_properties) return BILLING_OK;
  }
  rc = bl_limit_place(look, &view->event, &is_in);
  if (rc) return rc;
  add_figures(row, look);
  if (is_in) add_window(row, look);
  return BILLING_OK;
}

static int read_view(bl_call *c, const bl_query *q, limits_view *view) {
  bl_members *members = bl_arena_take(&c->arena, sizeof *members);
  bl_text text;
  int rc;

  if (!members) return BILLING_NOMEM;
  bl_members_open(members, &c->arena);
  view->event = (bl_event){{NULL, 0}, members, BL_DEC_ONE, c->now_us};
  if (!q->properties) return BILLING_OK;
  if (bl_json_kind(q->properties) != BL_JSON_OBJECT)
    return bl_fail(c->err, BILLING_INVALID, "/properties",
                   "such as {\"api_key\":\"k1\"}",
                   "the properties are not an object");
  view->has_properties = 1;
  bl_text_open(&text, &c->arena);
  rc = bl_json_print(q->properties, &text);
  return rc ? rc : bl_json_scan((bl_str){text.text, text.len}, members,
                                c->err);
}

/* Holds that are due are over; leaving a read undoes it. */
static int show_limits(bl_call *c, const bl_query *q, billing_doc **out) {
  bl_limit_look look = {.c = c, .is_new = 1, .time_us = c->now_us,
                        .came_us = c->now_us};
  bl_json *tree = bl_json_object(NULL, NULL);
  limits_view view = {.rows = bl_json_array(tree, "limits")};
  int rc = tree && view.rows ? read_view(c, q, &view) : BILLING_NOMEM;

  if (!rc) rc = bl_find_customer(c, q->customer, "/customer", &look.customer);
  if (!rc) rc = bl_expire_holds(c, look.customer);
  if (!rc) rc = bl_limits_visit(&look, add_limit_row, &view);
  if (!rc) rc = bl_doc_of_tree(c, tree, out);
  bl_json_free(tree);
  return rc;
}

int billing_limits(billing *b, const billing_call *call, const char *query,
                   size_t query_len, billing_doc **out, billing_error *err) {
  static const char *const allowed[] = {"customer", "properties", NULL};
  bl_question question = {query, query_len, allowed, NULL, show_limits};

  return bl_question_ask(b, call, &question, out, err);
}
