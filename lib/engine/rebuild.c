/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * rebuild.c - one customer after the other comes to a meter's newest rules, or
 * to versions of a plan that begin in the past.
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
#include "engine/timeline.h"

/* What is rebuilt: a meter, or a plan. */
typedef struct rebuild_target {
  const bl_meter_state  *meter;
  const bl_plan_state   *plan;
  const bl_plan_version *version;   /* of the plan, that customers come to */
  bl_str                 kind;
  bl_str                 id;
} rebuild_target;

static int find_target(bl_call *c, const char *kind, bl_str id,
                       rebuild_target *out) {
  int which = kind ? bl_kind_of_name(kind) : -1;

  *out = (rebuild_target){.id = id};
  if (which != BL_KIND_METER && which != BL_KIND_PLAN)
    return bl_fail(c->err, BILLING_INVALID, "", "meter or plan",
                   "this kind of document cannot be rebuilt");
  out->kind = bl_str_of(bl_kind_name((uint64_t)which));
  if (which == BL_KIND_METER)
    out->meter = bl_map_get(&c->t->meters, id.text, id.len);
  else
    out->plan = bl_map_get(&c->t->plans, id.text, id.len);
  if (out->plan) out->version = bl_plan_awaited(out->plan);
  if (out->meter || out->plan) return BILLING_OK;
  return bl_fail(c->err, BILLING_NOTFOUND, "", "one that was put",
                 "there is no %t %t", &out->kind, &id);
}

static int target_is_new(const rebuild_target *of) {
  return of->meter ? bl_rules_are_new(of->meter) : of->version != NULL;
}

/* How many have come. */
static uint64_t rebuild_done(const bl_call *c, const rebuild_target *of) {
  uint64_t all = c->t->heads.customers, through = 0;

  if (of->plan) {
    through = bl_plan_through(of->plan, of->version);
  } else {
    const bl_meter_rules *rules = of->meter->rules;
    if (rules->step_count)
      through = rules->steps[rules->step_count - 1].through;
  }
  return through < all ? through : all;
}

/* ---- a meter ---- */

/* From when on the newest rules may say something else than those that the
 * customer has, which may be some changes behind. */
static int64_t rebuild_since(const bl_meter_state *meter, uint64_t number) {
  const bl_meter_rules *has = bl_rules_of(meter, number);
  int64_t since_us = INT64_MAX;

  for (const bl_meter_rules *r = meter->rules; r != has; r = r->before)
    if (r->since_us < since_us) since_us = r->since_us;
  return since_us;
}

static int rebuild_measured(bl_call *c, const rebuild_target *of,
                            bl_customer *customer, bl_json *rows,
                            bl_rerate_result *out) {
  bl_rerate_wish wish = {.customer = customer, .meter = of->meter,
                         .comes = 1,
                         .since_us = rebuild_since(of->meter,
                                                   customer->number)};

  return bl_rerate(c, &wish, rows, out);
}

/* ---- a plan ---- */

/* The customer's contracts have come to their versions by the entry. */
static int rebuild_priced(bl_call *c, const rebuild_target *of, int64_t seq,
                          bl_customer *customer, bl_json *rows,
                          bl_rerate_result *out) {
  int rc = BILLING_OK;

  for (size_t i = 0; i < customer->contracts.count && !rc; i++) {
    const bl_contract *contract = customer->contracts.item[i];
    bl_rerate_wish wish = {.customer = customer, .contract = contract,
                           .plan = of->plan->number,
                           .version = of->version->version};
    bl_rerate_result one = {0};
    if (contract->plan_state != of->plan) continue;
    wish.since_us = bl_plan_since(contract, seq);
    if (wish.since_us >= c->now_us) continue;
    rc = bl_rerate(c, &wish, rows, &one);
    out->events += one.events;
    out->unusable += one.unusable;
    out->keys += one.keys;
  }
  return rc;
}

/* ---- customers ---- */

static int rebuild_customer(bl_call *c, const rebuild_target *of, int64_t seq,
                            uint64_t number, bl_json *rows,
                            billing_rebuilding *out) {
  bl_rerate_result result = {0};
  bl_customer *customer;
  int rc = bl_customer_need(c, number, &customer);

  if (!rc)
    rc = of->plan ? rebuild_priced(c, of, seq, customer, rows, &result)
                  : rebuild_measured(c, of, customer, rows, &result);
  out->events += result.events;
  out->unusable += result.unusable;
  out->moved += result.keys > 0;
  return rc;
}

static int rebuild_step(bl_call *c, const rebuild_target *of,
                        uint64_t through) {
  bl_fact_rerate fact = {.through = through};
  bl_writer w;
  int rc;

  if (of->plan) {
    fact.plan = of->plan->number;
    fact.version = of->version->version;
  } else {
    fact.meter = of->meter->number;
    fact.rules = of->meter->rules->number;
  }
  rc = bl_fold_rerate(bl_entry_start(c), &fact);
  bl_writer_open(&w, c);
  bl_code_rerate(&w.facts, &w.properties, &fact);
  return rc ? rc : bl_append(c, BL_ENTRY_RERATE, &w);
}

/* The step of a plan, after which its contracts have other prices.  Customers
 * come to memory before it: what is loaded outlives a call that fails, and may
 * not know of the step. */
static int rebuild_begin(bl_call *c, const rebuild_target *of, uint64_t first,
                         uint64_t last, uint64_t through) {
  bl_customer *customer;
  int rc = BILLING_OK;

  for (uint64_t n = first; n <= last && !rc; n++)
    rc = bl_is_interrupted(c->b) ? BILLING_CANCELED
                                 : bl_customer_need(c, n, &customer);
  return rc ? rc : rebuild_step(c, of, through);
}

/* Who has come by the end of the call has come for good.  Contracts are priced
 * by what they have come to, so the step of a plan stands before them; samples
 * are measured by the rules that are asked for, and the step closes. */
static int rebuild_some(bl_call *c, const rebuild_target *of,
                        uint32_t budget, bl_json *rows,
                        billing_rebuilding *out) {
  uint64_t all = c->t->heads.customers;
  uint64_t at = rebuild_done(c, of);
  uint64_t last = budget && budget < all - at ? at + budget : all;
  uint64_t through = last < all ? last : UINT64_MAX;
  int64_t seq;
  int rc = of->plan ? rebuild_begin(c, of, at + 1, last, through) : BILLING_OK;

  seq = c->t->heads.seq;
  for (; !rc && at < last; at++)
    rc = bl_is_interrupted(c->b)
             ? BILLING_CANCELED
             : rebuild_customer(c, of, seq, at + 1, rows, out);
  if (rc) return rc;
  out->done = last;
  if (last < all) out->flags |= BILLING_PROGRESS_MORE;
  return of->plan ? BILLING_OK : rebuild_step(c, of, through);
}

static int rebuild_answer(bl_call *c, bl_json *tree, const char *kind,
                          bl_str id, uint32_t budget,
                          billing_rebuilding *out) {
  bl_json *rows = tree ? bl_json_array(tree, "differences") : NULL;
  rebuild_target of;
  int rc = find_target(c, kind, id, &of);

  if (rc) return rc;
  if (tree && !rows) return BILLING_NOMEM;
  out->decided_us = c->now_us;
  out->customers = out->done = c->t->heads.customers;
  if (target_is_new(&of)) rc = rebuild_some(c, &of, budget, rows, out);
  bl_json_add_text(tree, of.meter ? "meter" : "plan", id);
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

static int rebuild_document(bl_call *c, const char *kind, bl_str id,
                            uint32_t budget, billing_rebuilding *out,
                            billing_doc **doc) {
  bl_json *tree = bl_json_object(NULL, NULL);
  int rc = tree ? rebuild_answer(c, tree, kind, id, budget, out)
                : BILLING_NOMEM;

  if (!rc) rc = bl_doc_of_tree(c, tree, doc);
  bl_json_free(tree);
  return rc;
}

int billing_rebuild(billing *b, const billing_call *call, const char *kind,
                    const char *id, size_t id_len, uint32_t budget,
                    billing_rebuilding *out, billing_doc **differences,
                    billing_error *err) {
  bl_str name = bl_text_argument(id, id_len);
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
    rc = rebuild_document(&c, kind, name, budget, &done, &doc);
  else
    rc = rebuild_answer(&c, NULL, kind, name, budget, &done);
  rc = bl_leave(&c, rc);
  if (rc) {
    billing_doc_free(doc);
    return rc;
  }
  if (out) bl_fill(out, &done, sizeof done);
  if (differences) *differences = doc;
  return BILLING_OK;
}
