/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * rebuild.c - one customer after the other comes to a meter's newest rules.
 *
 *     a meter counted events and adds up tokens now; customers 1 to 1,000
 *     rebuild, a budget of 400     1 to 400 have the new answer: 400 of 1,000
 *     rebuild, a budget of 400     1 to 800
 *     rebuild                      all have it, and whoever comes later
 *
 * In the order of their numbers, so one number says how far it has come; it
 * stands in the journal, with the customers whom the call has brought there.
 */
#include "base/struct.h"
#include "engine/load.h"
#include "engine/rerate.h"

static bl_meter_state *find_rebuilt(bl_call *c, bl_str id) {
  bl_meter_state *meter = bl_map_get(&c->t->meters, id.text, id.len);

  if (!meter)
    bl_fail(c->err, BILLING_NOTFOUND, "", "a meter that was put",
            "there is no meter %t", &id);
  return meter;
}

/* How many have come; everybody when there is nothing to do. */
static uint64_t rebuild_done(const bl_call *c, const bl_meter_rules *rules) {
  uint64_t all = c->t->heads.customers;
  uint64_t through = rules->step_count
                         ? rules->steps[rules->step_count - 1].through : 0;

  return rules->before && through < all ? through : all;
}

/* From when on the newest rules may say something else than those that the
 * customer has, which may be some changes behind. */
static int64_t rebuild_since(const bl_meter_state *meter, uint64_t number) {
  const bl_meter_rules *has = bl_rules_of(meter, number);
  int64_t since_us = INT64_MAX;

  for (const bl_meter_rules *r = meter->rules; r != has; r = r->before)
    if (r->since_us < since_us) since_us = r->since_us;
  return since_us;
}

static int rebuild_customer(bl_call *c, const bl_meter_state *meter,
                            uint64_t number, bl_json *rows,
                            billing_rebuilding *out) {
  bl_rerate_wish wish = {.meter = meter, .comes = 1,
                         .since_us = rebuild_since(meter, number)};
  bl_rerate_result result = {0};
  int rc = bl_customer_need(c, number, &wish.customer);

  if (!rc) rc = bl_rerate(c, &wish, rows, &result);
  out->events += result.events;
  out->unusable += result.unusable;
  out->moved += result.keys > 0;
  return rc;
}

static int rebuild_step(bl_call *c, const bl_meter_state *meter,
                        uint64_t through) {
  bl_fact_rerate fact = {.meter = meter->number,
                         .rules = meter->rules->number, .through = through};
  bl_writer w;
  int rc = bl_fold_rerate(bl_entry_start(c), &fact);

  bl_writer_open(&w, c);
  bl_code_rerate(&w.facts, &w.properties, &fact);
  return rc ? rc : bl_append(c, BL_ENTRY_RERATE, &w);
}

/* Who has come by the end of the call has come for good. */
static int rebuild_some(bl_call *c, const bl_meter_state *meter,
                        uint32_t budget, bl_json *rows,
                        billing_rebuilding *out) {
  uint64_t all = c->t->heads.customers;
  uint64_t at = rebuild_done(c, meter->rules), first = at;
  int rc = BILLING_OK;

  while (!rc && at < all && (!budget || at - first < budget)) {
    rc = bl_is_interrupted(c->b)
             ? BILLING_CANCELED
             : rebuild_customer(c, meter, at + 1, rows, out);
    at++;
  }
  if (rc) return rc;
  out->done = at;
  if (at < all) out->flags |= BILLING_PROGRESS_MORE;
  return rebuild_step(c, meter, at < all ? at : UINT64_MAX);
}

static int rebuild_answer(bl_call *c, bl_json *tree, bl_str id,
                          uint32_t budget, billing_rebuilding *out) {
  bl_json *rows = tree ? bl_json_array(tree, "differences") : NULL;
  const bl_meter_state *meter = find_rebuilt(c, id);
  int rc = BILLING_OK;

  if (!meter) return BILLING_NOTFOUND;
  if (tree && !rows) return BILLING_NOMEM;
  out->decided_us = c->now_us;
  out->customers = out->done = c->t->heads.customers;
  if (bl_rules_are_new(meter)) rc = rebuild_some(c, meter, budget, rows, out);
  bl_json_add_text(tree, "meter", id);
  bl_json_add_int(tree, "customers", (int64_t)out->customers);
  bl_json_add_int(tree, "done", (int64_t)out->done);
  bl_json_add_int(tree, "moved", (int64_t)out->moved);
  bl_json_add_int(tree, "events", (int64_t)out->events);
  if (tree && !bl_json_add_int(tree, "unusable", (int64_t)out->unusable))
    return BILLING_NOMEM;
  return rc;
}

/* A dry run is a read, so what it does is undone. */
static uint32_t rebuild_mode(const billing_call *call) {
  return call && call->struct_size >= sizeof *call &&
                 call->flags & BILLING_CALL_DRY_RUN ? BL_READ : BL_WRITE;
}

static int rebuild_document(bl_call *c, bl_str id, uint32_t budget,
                            billing_rebuilding *out, billing_doc **doc) {
  bl_json *tree = bl_json_object(NULL, NULL);
  int rc = tree ? rebuild_answer(c, tree, id, budget, out) : BILLING_NOMEM;

  if (!rc) rc = bl_doc_of_tree(c, tree, doc);
  bl_json_free(tree);
  return rc;
}

int billing_rebuild(billing *b, const billing_call *call, const char *meter,
                    size_t meter_len, uint32_t budget,
                    billing_rebuilding *out, billing_doc **differences,
                    billing_error *err) {
  bl_str id = bl_text_argument(meter, meter_len);
  billing_rebuilding done = {.struct_size = sizeof done};
  billing_doc *doc = NULL;
  bl_call c;
  int rc = bl_enter_with(&c, b, call, rebuild_mode(call),
                         BILLING_CALL_STEP | BILLING_CALL_DRY_RUN, err);

  if (rc) return rc;
  if (out && bl_can_fill(out, sizeof *out))
    rc = bl_fail(err, BILLING_MISUSE, "", "set it up with BILLING_INIT",
                 "the billing_rebuilding cannot be filled");
  else if (differences)
    rc = rebuild_document(&c, id, budget, &done, &doc);
  else
    rc = rebuild_answer(&c, NULL, id, budget, &done);
  rc = bl_leave(&c, rc);
  if (rc) {
    billing_doc_free(doc);
    return rc;
  }
  if (out) bl_fill(out, &done, sizeof done);
  if (differences) *differences = doc;
  return BILLING_OK;
}
