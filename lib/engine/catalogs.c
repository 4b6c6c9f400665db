/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* catalogs.c - put, get, list, archive, catalog_apply. */
#include "base/limit.h"
#include "base/struct.h"
#include "engine/documents.h"
#include "engine/family.h"
#include "engine/parked.h"
#include "engine/query.h"
#include "engine/views.h"
#include "store/store.h"

static const char *const action_names[] = {"unchanged", "create", "update"};

static int unknown_kind(bl_call *c) {
  return bl_fail(c->err, BILLING_INVALID, "",
                 "tenant, customer, meter, feature, plan or contract",
                 "this kind of document cannot be written");
}

/* JSON text to an object within the document limit. */
static int read_document(const char *json, size_t len, bl_json **out,
                         billing_error *err) {
  bl_str text = bl_text_argument(json, len);
  int rc;

  if (!text.text)
    return bl_fail(err, BILLING_MISUSE, "", NULL, "the document is NULL");
  if (text.len > BL_LIMIT_DOCUMENT_BYTES)
    return bl_fail(err, BILLING_LIMIT, "", "at most 16 MiB",
                   "the document has %i bytes", (int64_t)text.len);
  rc = bl_json_read(text.text, text.len, out, err);
  if (rc || bl_json_kind(*out) == BL_JSON_OBJECT) return rc;
  bl_json_free(*out);
  *out = NULL;
  return bl_fail(err, BILLING_INVALID, "", "a JSON object",
                 "the document is not an object");
}

/*
 * A tenant's own document may name the tenant in place of the call.  `own` is
 * the caller's call with that filled in.
 */
static int name_tenant(const billing *b, const billing_call *call,
                       const bl_json *tenant, billing_call *own,
                       billing_error *err) {
  int rc = bl_copy_in(own, sizeof *own, call, sizeof *own, UINT32_MAX);

  if (rc)
    return bl_fail(err, rc, "", "set it up with BILLING_INIT",
                   "the billing_call cannot be used");
  own->struct_size = sizeof *own;
  if (!own->tenant.len && tenant && !(b && b->tenant.len))
    own->tenant = bl_json_text(bl_json_get(tenant, "id"));
  return BILLING_OK;
}

static int stored_doc(bl_call *c, uint32_t kind, bl_str id,
                      billing_doc **out) {
  bl_str json;
  int rc = out ? bl_document_stored(c, kind, id, &json) : BILLING_DONE;

  if (rc) return rc == BILLING_DONE ? BILLING_OK : rc;
  return bl_doc_of_text(&c->b->host, json.text, json.len, out);
}

int billing_put(billing *b, const billing_call *call, const char *kind,
                const char *json, size_t json_len, billing_doc **out,
                billing_error *err) {
  int which = kind ? bl_kind_of_name(kind) : -1;
  bl_document_change change = {0};
  billing_doc *doc = NULL;
  billing_call own;
  bl_json *tree = NULL;
  bl_call c;
  int rc = bl_error_start(err);

  if (!rc) rc = read_document(json, json_len, &tree, err);
  if (rc) return rc;
  rc = name_tenant(b, call, which == BL_KIND_TENANT ? tree : NULL, &own, err);
  if (!rc)
    rc = bl_enter(&c, b, &own, which == BL_KIND_TENANT ? BL_CREATE : BL_WRITE,
                  err);
  if (!rc) {
    rc = which < 0 ? unknown_kind(&c)
                   : bl_document_put(&c, (uint32_t)which, tree, "", &change);
    if (!rc) rc = bl_attach_pending(&c);
    if (!rc)
      rc = stored_doc(&c, (uint32_t)which, change.id, out ? &doc : NULL);
    rc = bl_leave(&c, rc);
  }
  bl_json_free(tree);
  if (rc) billing_doc_free(doc);
  else if (out) *out = doc;
  return rc;
}

static int get_document(bl_call *c, const char *kind, bl_str id,
                        billing_doc **out) {
  int which = kind ? bl_kind_of_name(kind) : -1;
  int rc;

  if (which >= 0) rc = stored_doc(c, (uint32_t)which, id, out);
  else rc = bl_view_get(c, kind, id, out);
  if (rc != BILLING_NOTFOUND) return rc;
  return bl_fail(c->err, rc, "", NULL, "there is no %s %t", kind, &id);
}

int billing_get(billing *b, const billing_call *call, const char *kind,
                const char *id, size_t id_len, billing_doc **out,
                billing_error *err) {
  billing_doc *doc = NULL;
  bl_call c;
  int rc;

  if (!out) return bl_refuse(err, BILLING_MISUSE, "out is NULL");
  rc = bl_enter(&c, b, call, BL_READ, err);
  if (rc) return rc;
  rc = get_document(&c, kind, bl_text_argument(id, id_len), &doc);
  rc = bl_leave(&c, rc);
  if (rc) billing_doc_free(doc);
  else *out = doc;
  return rc;
}

/* Whether the row belongs to the page that was asked for. */
static int is_listed(const billing_value *row, const bl_query *q,
                     int64_t customer) {
  if (row[BL_DOCUMENTS_ARCHIVED].integer && !q->archived) return 0;
  return !q->customer.len || row[BL_DOCUMENTS_CUSTOMER].integer == customer;
}

static int list_documents(bl_call *c, uint32_t kind, const bl_query *q,
                          int64_t customer, bl_json *page) {
  billing_value from[4] = {bl_value_int(c->t->number), bl_value_int(0),
                           bl_value_text(bl_str_of(bl_kind_name(kind))),
                           bl_value_text(q->after)};
  billing_scan range = bl_scan_prefix(BL_TABLE_DOCUMENTS, 0, from, 3);
  bl_json *items = bl_json_array(page, "items");
  billing_value row[BL_ROW_MOST];
  bl_str last = {NULL, 0}, json;
  int64_t count = 0;
  void *rows;
  int rc;

  range.from_count = q->after.len ? 4 : 3;
  range.flags = q->after.len ? BILLING_SCAN_AFTER : 0;
  rc = bl_store_scan(c->b->store, &range, &rows);
  while (!rc && (rc = bl_store_next(c->b->store, rows, row)) == BILLING_OK) {
    if (!is_listed(row, q, customer)) continue;
    if (count++ == q->limit) {
      bl_json_add_text(page, "next", last);
      break;
    }
    last = bl_arena_str(&c->arena, row[BL_DOCUMENTS_ID].bytes);
    json = bl_arena_str(&c->arena, row[BL_DOCUMENTS_JSON].bytes);
    if (!json.text) rc = BILLING_NOMEM;
    if (!rc && kind == BL_KIND_CUSTOMER) rc = bl_family_name(c, &json);
    if (!rc) rc = bl_view_add_json(items, NULL, json);
  }
  bl_store_end(c->b->store, rows);
  return rc == BILLING_DONE ? BILLING_OK : rc;
}

static int list_page(bl_call *c, const bl_query *q, billing_doc **out) {
  int which = q->kind ? bl_kind_of_name(q->kind) : -1;
  bl_customer *customer = NULL;
  bl_json *page;
  int rc = bl_view_check_status(c, q);

  if (!rc && q->customer.len)
    rc = bl_find_customer(c, q->customer, "/customer", &customer);
  if (rc) return rc;
  page = bl_json_object(NULL, NULL);
  if (which >= 0)
    rc = list_documents(c, (uint32_t)which, q,
                        customer ? (int64_t)customer->number : 0, page);
  else
    rc = bl_view_list(c, q, customer, page);
  if (!rc) rc = bl_doc_of_tree(c, page, out);
  bl_json_free(page);
  return rc;
}

int billing_list(billing *b, const billing_call *call, const char *kind,
                 const char *query, size_t query_len, billing_doc **out,
                 billing_error *err) {
  static const char *const allowed[] = {"after", "limit", "archived",
                                        "customer", "status", "shared",
                                        NULL};
  bl_question question = {query, query_len, allowed, kind, list_page};

  return bl_question_ask(b, call, &question, out, err);
}

int billing_archive(billing *b, const billing_call *call, const char *kind,
                    const char *id, size_t id_len, billing_error *err) {
  int which = kind ? bl_kind_of_name(kind) : -1;
  bl_call c;
  int rc = bl_enter(&c, b, call, BL_WRITE, err);

  if (rc) return rc;
  if (which <= BL_KIND_TENANT)
    rc = bl_fail(err, BILLING_INVALID, "",
                 "customer, meter, feature, plan or contract",
                 "this kind of document cannot be archived");
  else
    rc = bl_document_archive(&c, (uint32_t)which,
                             bl_text_argument(id, id_len));
  return bl_leave(&c, rc);
}

/* ---- catalog_apply ---- */

typedef struct apply_section {
  const char *name;
  uint32_t    kind;
  uint32_t    is_list;
} apply_section;

/* In the order in which documents refer to each other. */
static const apply_section apply_sections[] = {
    {"tenant", BL_KIND_TENANT, 0},       {"features", BL_KIND_FEATURE, 1},
    {"customers", BL_KIND_CUSTOMER, 1},  {"meters", BL_KIND_METER, 1},
    {"plans", BL_KIND_PLAN, 1},          {"contracts", BL_KIND_CONTRACT, 1},
};

static int add_change(bl_json *changes, const bl_document_change *change) {
  bl_json *row = bl_json_object(changes, NULL);
  bl_json *members = bl_json_array(row, "members");
  bl_json *before = NULL, *after = NULL;
  int rc = BILLING_OK;

  if (!bl_json_add_c(row, "kind", bl_kind_name(change->kind)) ||
      !bl_json_add_text(row, "id", change->id) ||
      !bl_json_add_c(row, "action", action_names[change->action]) ||
      !bl_json_add_int(row, "version", (int64_t)change->version) || !members)
    return BILLING_NOMEM;
  if (change->action == BL_DOCUMENT_UNCHANGED) return BILLING_OK;
  if (bl_json_count(change->differences) &&
      !bl_json_add_copy(row, "differences", change->differences))
    return BILLING_NOMEM;
  if (change->before.len)
    rc = bl_json_read(change->before.text, change->before.len, &before, NULL);
  if (!rc)
    rc = bl_json_read(change->after.text, change->after.len, &after, NULL);
  if (!rc) rc = bl_catalog_diff(before, after, members);
  bl_json_free(before);
  bl_json_free(after);
  return rc;
}

static int apply_one(bl_call *c, uint32_t kind, bl_json *doc,
                     const char *path, bl_json *changes) {
  bl_document_change change = {0};
  int rc;

  if (bl_json_kind(doc) != BL_JSON_OBJECT)
    return bl_fail(c->err, BILLING_INVALID, path, "a JSON object",
                   "the document is not an object");
  change.differences = bl_json_array(NULL, NULL);
  rc = change.differences ? bl_document_put(c, kind, doc, path, &change)
                          : BILLING_NOMEM;
  if (!rc) rc = add_change(changes, &change);
  bl_json_free(change.differences);
  return rc;
}

static int apply_section_of(bl_call *c, const apply_section *section,
                            bl_json *node, bl_json *changes) {
  int64_t at = 0;
  bl_text path;
  int rc = BILLING_OK;

  bl_text_open(&path, &c->arena);
  if (!section->is_list) {
    bl_text_format(&path, "/%s", section->name);
    return path.failed ? BILLING_NOMEM
                       : apply_one(c, section->kind, node, path.text, changes);
  }
  if (bl_json_kind(node) != BL_JSON_ARRAY)
    return bl_fail_at(c->err, BILLING_INVALID, "", section->name,
                      "a list of documents", "%s is not a list",
                      section->name);
  for (bl_json *doc = bl_json_first(node); doc && !rc;
       doc = bl_json_next(doc)) {
    path.len = 0;
    bl_text_format(&path, "/%s/%i", section->name, at++);
    rc = path.failed ? BILLING_NOMEM
                     : apply_one(c, section->kind, doc, path.text, changes);
  }
  return rc;
}

static int check_sections(bl_call *c, const bl_json *tree) {
  for (bl_json *node = bl_json_first(tree); node; node = bl_json_next(node)) {
    bl_str name = bl_json_key(node);
    size_t i = 0;
    while (i < BL_COUNT(apply_sections) &&
           !bl_str_is(name, apply_sections[i].name))
      i++;
    if (i == BL_COUNT(apply_sections))
      return bl_fail(c->err, BILLING_INVALID, "",
                     "tenant, features, customers, meters, plans, "
                     "contracts",
                     "a catalog has no member %t", &name);
  }
  return BILLING_OK;
}

static int apply_tree(bl_call *c, const bl_json *tree, billing_doc **out) {
  bl_json *result = bl_json_object(NULL, NULL);
  bl_json *changes = bl_json_array(result, "changes");
  int rc = changes ? check_sections(c, tree) : BILLING_NOMEM;

  for (size_t i = 0; i < BL_COUNT(apply_sections) && !rc; i++) {
    bl_json *node = bl_json_get(tree, apply_sections[i].name);
    if (node) rc = apply_section_of(c, &apply_sections[i], node, changes);
    if (!rc && !c->t->number)
      rc = bl_fail(c->err, BILLING_NOTFOUND_TENANT, "/tenant",
                   "put the tenant first, or name it in the catalog",
                   "there is no tenant %t", &c->t->id);
  }
  if (!rc && !(c->in.flags & BILLING_CALL_DRY_RUN)) rc = bl_attach_pending(c);
  if (!rc) rc = bl_doc_of_tree(c, result, out);
  bl_json_free(result);
  return rc;
}

int billing_catalog_apply(billing *b, const billing_call *call,
                          const char *json, size_t json_len,
                          billing_doc **out, billing_error *err) {
  billing_doc *doc = NULL;
  billing_call own;
  bl_json *tree = NULL;
  bl_call c;
  int rc = bl_error_start(err);

  if (!rc) rc = read_document(json, json_len, &tree, err);
  if (rc) return rc;
  rc = name_tenant(b, call, bl_json_get(tree, "tenant"), &own, err);
  if (!rc)
    rc = bl_enter_with(&c, b, &own, BL_CREATE,
                       BILLING_CALL_STEP | BILLING_CALL_DRY_RUN, err);
  if (!rc) {
    rc = apply_tree(&c, tree, &doc);
    if (own.flags & BILLING_CALL_DRY_RUN) c.wrote = 0;   /* leave undoes it */
    rc = bl_leave(&c, rc);
  }
  bl_json_free(tree);
  if (rc || !out) billing_doc_free(doc);
  else *out = doc;
  return rc;
}
