/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * diff.c - where two documents differ.
 *
 *     {"id":"p","prices":[{"unit":"1"}]}  and
 *     {"id":"p","prices":[{"unit":"2"}],"name":"Pro"}  differ at
 *     "/prices/0/unit" and "/name"
 */
#include "catalog/field.h"

/* Where the comparison stands; appending to path is undone by its length. */
typedef struct diff_walk {
  bl_json *out;
  char     path[BL_PATH_SIZE];
  uint32_t is_below;       /* deeper than a path can say: only look */
  uint32_t differs;        /* what looking has found */
} diff_walk;

static int diff_note(diff_walk *w) {
  w->differs = 1;
  if (w->is_below) return BILLING_OK;
  return bl_json_add_text(w->out, NULL, bl_str_of(w->path)) ? BILLING_OK
                                                            : BILLING_NOMEM;
}

/* The member of this name; `guess` is tried first, because documents that come
 * from the store have their members in the same order. */
static const bl_json *diff_find(const bl_json *object, bl_str name,
                                const bl_json *guess) {
  if (guess && bl_str_equal(bl_json_key(guess), name)) return guess;
  return object ? bl_json_get(object, name.text) : NULL;
}

static const bl_json *diff_after(const bl_json *node) {
  return node ? bl_json_next(node) : NULL;
}

static int diff_nodes(diff_walk *w, const bl_json *before,
                      const bl_json *after);

/* What stands below a name that does not fit into the path: the path above
 * it is noted when anything there differs. */
static int diff_cut(diff_walk *w, const bl_json *before,
                    const bl_json *after) {
  int rc;

  w->is_below = 1;
  w->differs  = 0;
  rc = diff_nodes(w, before, after);
  w->is_below = 0;
  return !rc && w->differs ? diff_note(w) : rc;
}

static int diff_below(diff_walk *w, bl_str name, const bl_json *before,
                      const bl_json *after) {
  size_t len = strlen(w->path);
  int rc;

  if (w->is_below) return diff_nodes(w, before, after);
  if (bl_path_add(w->path, name)) {
    rc = diff_nodes(w, before, after);
    w->path[len] = '\0';
    return rc;
  }
  w->path[len] = '\0';
  return diff_cut(w, before, after);
}

static int diff_members(diff_walk *w, const bl_json *before,
                        const bl_json *after) {
  const bl_json *other = before ? bl_json_first(before) : NULL;
  int rc = BILLING_OK;

  for (const bl_json *m = bl_json_first(after); !rc && m;
       m = bl_json_next(m)) {
    other = diff_find(before, bl_json_key(m), other);
    rc = diff_below(w, bl_json_key(m), other, m);
    other = diff_after(other);
  }
  other = bl_json_first(after);
  for (const bl_json *m = before ? bl_json_first(before) : NULL; !rc && m;
       m = bl_json_next(m)) {
    other = diff_find(after, bl_json_key(m), other);
    if (!other) rc = diff_below(w, bl_json_key(m), m, NULL);
    other = diff_after(other);
  }
  return rc;
}

static int diff_items(diff_walk *w, const bl_json *before,
                      const bl_json *after) {
  const bl_json *a = bl_json_first(before);
  const bl_json *b = bl_json_first(after);
  int rc = BILLING_OK;

  for (int64_t i = 0; !rc && (a || b); i++) {
    char digits[BL_INT_TEXT];

    (void)bl_int_print(i, digits);
    rc = diff_below(w, bl_str_of(digits), a, b);
    a = diff_after(a);
    b = diff_after(b);
  }
  return rc;
}

static int diff_nodes(diff_walk *w, const bl_json *before,
                      const bl_json *after) {
  int kind = after ? bl_json_kind(after) : BL_JSON_NULL;

  if (!before || !after || kind != bl_json_kind(before)) return diff_note(w);
  if (kind == BL_JSON_OBJECT) return diff_members(w, before, after);
  if (kind == BL_JSON_ARRAY) return diff_items(w, before, after);
  if (bl_str_equal(bl_json_text(before), bl_json_text(after)))
    return BILLING_OK;
  return diff_note(w);
}

int bl_catalog_diff(const bl_json *before, const bl_json *after,
                    bl_json *out) {
  diff_walk w = {out, "", 0, 0};

  assert(after && out);
  if (!before && bl_json_kind(after) == BL_JSON_OBJECT)
    return diff_members(&w, NULL, after);
  return diff_nodes(&w, before, after);
}
