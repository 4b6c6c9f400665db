/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * replay_document.c - documents once more, with others laid over them.
 *
 * One that is laid over stands in the place of all versions of its own, from
 * the first on.  Meters come first of all, so that a new plan can price what
 * was recorded before anybody metered it; plans come with the first contract
 * of all.  A contract keeps the version of its plan, unless the plan is
 * another one now.
 */
#include "engine/replay.h"

#include "engine/named.h"

typedef struct replay_section {
  const char *name;
  uint64_t    kind;
} replay_section;

static const replay_section replay_sections[] = {
    {"meters", BL_KIND_METER}, {"plans", BL_KIND_PLAN},
    {"contracts", BL_KIND_CONTRACT}};

/* ---- what is laid over ---- */

static bl_str id_of(const bl_json *document) {
  return bl_json_text(bl_json_get(document, "id"));
}

static const bl_json *section_of(const bl_replay *r, uint64_t kind) {
  for (size_t i = 0; i < BL_COUNT(replay_sections); i++)
    if (replay_sections[i].kind == kind)
      return bl_json_get(r->documents, replay_sections[i].name);
  return NULL;
}

const bl_json *bl_replay_over(const bl_replay *r, uint64_t kind, bl_str id) {
  const bl_json *one = bl_json_first(section_of(r, kind));

  while (one && !bl_str_equal(id_of(one), id)) one = bl_json_next(one);
  return one;
}

/* The plan that a contract of this one has now; empty: the same. */
static bl_str plan_instead(const bl_replay *r, bl_str plan) {
  const bl_json *one = bl_json_first(r->instead);

  while (one && !bl_str_equal(bl_json_key(one), plan))
    one = bl_json_next(one);
  return one ? bl_json_text(one) : (bl_str){NULL, 0};
}

static int is_target(const bl_replay *r, bl_str plan) {
  const bl_json *one = bl_json_first(r->instead);

  while (one && !bl_str_equal(bl_json_text(one), plan))
    one = bl_json_next(one);
  return one != NULL;
}

/* ---- checks ---- */

static int check_section(bl_replay *r, const bl_json *section) {
  bl_str name = bl_json_key(section);
  size_t i = 0;

  while (i < BL_COUNT(replay_sections) &&
         !bl_str_is(name, replay_sections[i].name))
    i++;
  if (i == BL_COUNT(replay_sections))
    return bl_fail(r->c->err, BILLING_INVALID, "/documents",
                   "meters, plans and contracts",
                   "%t cannot be laid over", &name);
  if (bl_json_kind(section) != BL_JSON_ARRAY)
    return bl_fail_at(r->c->err, BILLING_INVALID, "/documents",
                      replay_sections[i].name, "a list of documents",
                      "%t is not a list", &name);
  for (const bl_json *one = bl_json_first(section); one;
       one = bl_json_next(one))
    if (bl_json_kind(one) != BL_JSON_OBJECT || !id_of(one).len)
      return bl_fail_at(r->c->err, BILLING_INVALID, "/documents",
                        replay_sections[i].name,
                        "documents with their ids",
                        "one of the %t has no id", &name);
  return BILLING_OK;
}

static int knows_plan(const bl_replay *r, bl_str id) {
  return bl_map_get(&r->c->t->plans, id.text, id.len) != NULL;
}

static int check_instead(bl_replay *r, const bl_json *one) {
  bl_str from = bl_json_key(one), to = bl_json_text(one);
  bl_str bad = knows_plan(r, from) ? to : from;

  if (bl_json_kind(one) != BL_JSON_TEXT)
    return bl_fail(r->c->err, BILLING_INVALID, "/instead",
                   "{\"plan\":\"other plan\"}",
                   "what stands instead of %t is no plan's id", &from);
  if (knows_plan(r, from) &&
      (knows_plan(r, to) || bl_replay_over(r, BL_KIND_PLAN, to)))
    return BILLING_OK;
  return bl_fail(r->c->err, BILLING_NOTFOUND, "/instead",
                 "plans of the tenant, or one that is laid over",
                 "there is no plan %t", &bad);
}

int bl_replay_check(bl_replay *r) {
  int rc = BILLING_OK;

  if (r->documents && bl_json_kind(r->documents) != BL_JSON_OBJECT)
    return bl_fail(r->c->err, BILLING_INVALID, "/documents",
                   "{\"plans\":[..], ..}", "the documents are no object");
  if (r->instead && bl_json_kind(r->instead) != BL_JSON_OBJECT)
    return bl_fail(r->c->err, BILLING_INVALID, "/instead",
                   "{\"plan\":\"other plan\"}", "instead is no object");
  for (const bl_json *one = bl_json_first(r->documents); one && !rc;
       one = bl_json_next(one))
    rc = check_section(r, one);
  for (const bl_json *one = bl_json_first(r->instead); one && !rc;
       one = bl_json_next(one))
    rc = check_instead(r, one);
  return rc;
}

/* ---- put ---- */

static int put_text(bl_replay *r, uint64_t kind, bl_str json,
                    billing_error *err) {
  billing_call call = bl_replay_call(r, (bl_str){NULL, 0});

  BILLING_INIT(err);
  return billing_put(r->b, &call, bl_kind_name(kind), json.text, json.len,
                     NULL, err);
}

static int put_tree(bl_replay *r, uint64_t kind, const bl_json *tree,
                    billing_error *err) {
  bl_text text;
  int rc;

  BILLING_INIT(err);
  bl_text_open(&text, &r->own);
  rc = bl_json_print(tree, &text);
  return rc ? rc : put_text(r, kind, (bl_str){text.text, text.len}, err);
}

static int put_recorded(bl_replay *r, bl_replay_refusals *refused,
                        uint64_t kind, bl_str json) {
  billing_error err;
  int rc = put_text(r, kind, json, &err);

  return rc ? bl_replay_refuse(r, refused, rc, 0, &err) : BILLING_OK;
}

/* What is wrong with it is the caller's mistake, and said at its place. */
static int put_over(bl_replay *r, uint64_t kind, const bl_json *document) {
  const bl_json *section = section_of(r, kind);
  const bl_json *one = bl_json_first(section);
  bl_str name = bl_json_key(section);
  billing_error err;
  bl_text path;
  int64_t at = 0;
  int rc = put_tree(r, kind, document, &err);

  if (!rc) return rc;
  for (; one != document; one = bl_json_next(one)) at++;
  bl_text_open(&path, &r->own);
  bl_text_format(&path, "/documents/%t/%i%s", &name, at, err.path);
  if (path.failed) return BILLING_NOMEM;
  return bl_replay_fail(r, rc, path.text, &err);
}

static int archive_recorded(bl_replay *r, bl_replay_refusals *refused,
                            uint64_t kind, bl_str id) {
  billing_call call = bl_replay_call(r, (bl_str){NULL, 0});
  billing_error err;
  int rc;

  BILLING_INIT(&err);
  rc = billing_archive(r->b, &call, bl_kind_name(kind), id.text, id.len, &err);
  return rc ? bl_replay_refuse(r, refused, rc, 0, &err) : BILLING_OK;
}

/* ---- the catalog ---- */

/* The tenant's last document; what it asks of events they have met. */
static int put_tenant(bl_replay *r) {
  billing_error err;
  bl_json *tree;
  int rc = bl_json_read(r->tenant.text, r->tenant.len, &tree, r->c->err);

  if (rc) return rc;
  bl_json_remove(tree, "accept");
  bl_json_remove(tree, "strict");
  bl_json_remove(tree, "unknown_customers");
  rc = put_tree(r, BL_KIND_TENANT, tree, &err);
  bl_json_free(tree);
  return rc ? bl_replay_fail(r, rc, "", &err) : BILLING_OK;
}

/* In their order, each as it was first, or as it is laid over. */
static int put_meters(bl_replay *r) {
  int rc = BILLING_OK;

  for (size_t i = 0; i < r->count && !rc; i++) {
    const bl_replay_document *d = &r->catalog[i];
    const bl_json *over = bl_replay_over(r, d->kind, d->id);
    if (d->kind != BL_KIND_METER || d->version != 1 || d->archived) continue;
    rc = over ? put_over(r, d->kind, over)
              : put_recorded(r, &r->refused, d->kind, d->json);
  }
  for (const bl_json *one = bl_json_first(section_of(r, BL_KIND_METER));
       one && !rc; one = bl_json_next(one))
    rc = put_over(r, BL_KIND_METER, one);
  return rc;
}

/* Each as it was first: a plan that is laid over may name any. */
static int put_features(bl_replay *r) {
  int rc = BILLING_OK;

  for (size_t i = 0; i < r->count && !rc; i++) {
    const bl_replay_document *d = &r->catalog[i];
    if (d->kind == BL_KIND_FEATURE && d->version == 1 && !d->archived)
      rc = put_recorded(r, &r->refused, d->kind, d->json);
  }
  return rc;
}

int bl_replay_start(bl_replay *r) {
  int rc = put_tenant(r);

  if (!rc && r->b->arena.failed) rc = BILLING_NOMEM;   /* it was not kept */
  if (!rc) rc = put_meters(r);
  return rc ? rc : put_features(r);
}

/* Plans that are laid over, and those that contracts have instead. */
static int put_plans(bl_replay *r) {
  int rc = BILLING_OK;

  if (r->has_plans) return BILLING_OK;
  r->has_plans = 1;
  for (const bl_json *one = bl_json_first(section_of(r, BL_KIND_PLAN));
       one && !rc; one = bl_json_next(one))
    rc = put_over(r, BL_KIND_PLAN, one);
  for (size_t i = 0; i < r->count && !rc; i++) {
    const bl_replay_document *d = &r->catalog[i];
    if (d->kind == BL_KIND_PLAN && !d->archived && is_target(r, d->id) &&
        !bl_replay_over(r, d->kind, d->id))
      rc = put_recorded(r, &r->refused, d->kind, d->json);
  }
  return rc;
}

int bl_replay_catalog(bl_replay *r, const bl_replay_document *d) {
  if (d->kind == BL_KIND_TENANT || bl_replay_over(r, d->kind, d->id) ||
      (d->kind == BL_KIND_PLAN && is_target(r, d->id)))
    return BILLING_OK;
  return d->archived ? archive_recorded(r, &r->refused, d->kind, d->id)
                     : put_recorded(r, &r->refused, d->kind, d->json);
}

/* ---- a customer's ---- */

/* Contracts of his that were never there. */
static int put_new_contracts(bl_replay *r, const bl_customer *customer) {
  int rc = BILLING_OK;

  for (const bl_json *one = bl_json_first(section_of(r, BL_KIND_CONTRACT));
       one && !rc; one = bl_json_next(one)) {
    bl_contract *known;
    if (!bl_str_equal(bl_json_text(bl_json_get(one, "customer")),
                      customer->id))
      continue;
    rc = bl_named_contract(r->c, id_of(one), &known);
    if (rc || known) continue;
    rc = put_plans(r);
    if (!rc) rc = put_over(r, BL_KIND_CONTRACT, one);
  }
  return rc;
}

static int again_customer(bl_replay *r, bl_replay_one *one,
                          const bl_fact_document *fact) {
  int rc;

  if (fact->archived)
    return archive_recorded(r, &one->refused, BL_KIND_CUSTOMER, fact->own_id);
  rc = put_recorded(r, &one->refused, BL_KIND_CUSTOMER, fact->own_json);
  return rc || fact->version != 1 ? rc : put_new_contracts(r, one->customer);
}

/* Who follows a plan comes to its versions as they come again. */
static int names_version(const bl_replay *r, const bl_json *contract,
                         bl_str plan) {
  return !bl_replay_over(r, BL_KIND_PLAN, plan) &&
         !bl_str_is(bl_json_text(bl_json_get(contract, "versions")),
                    "follow");
}

/* The text of a contract with its customer, its plan and that one's version.
 */
static int put_contract(bl_replay *r, bl_replay_one *one,
                        const bl_fact_document *fact) {
  billing_error err;
  bl_json *tree;
  bl_str plan, instead;
  int rc = bl_json_read(fact->json.text, fact->json.len, &tree, r->c->err);

  if (rc) return rc;
  plan = bl_json_text(bl_json_get(tree, "plan"));
  instead = plan_instead(r, plan);
  bl_json_add_text(tree, "customer", one->customer->id);
  bl_json_remove(tree, "plan_version");
  if (!instead.len && names_version(r, tree, plan))
    bl_json_add_int(tree, "plan_version", (int64_t)fact->plan_version);
  if (instead.len) {
    bl_json_remove(tree, "plan");
    bl_json_add_text(tree, "plan", instead);
  }
  rc = put_tree(r, BL_KIND_CONTRACT, tree, &err);
  bl_json_free(tree);
  return rc ? bl_replay_refuse(r, &one->refused, rc, 0, &err) : BILLING_OK;
}

/* Its plans come before the first contract. */
static int again_contract(bl_replay *r, bl_replay_one *one,
                          const bl_fact_document *fact) {
  const bl_json *over = bl_replay_over(r, BL_KIND_CONTRACT, fact->id);
  int rc = put_plans(r);

  if (rc || (over && fact->version != 1)) return rc;
  if (over) return put_over(r, BL_KIND_CONTRACT, over);
  return fact->archived
           ? archive_recorded(r, &one->refused, BL_KIND_CONTRACT, fact->id)
           : put_contract(r, one, fact);
}

int bl_replay_own(bl_replay *r, bl_replay_one *one,
                  const bl_fact_document *fact) {
  return fact->kind == BL_KIND_CONTRACT ? again_contract(r, one, fact)
                                        : again_customer(r, one, fact);
}
