/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * ingest_refusal.c - what was wrong with a line, where, and what would be
 * right:
 *
 *     {"line":7,"column":12,"field":"at","code":"INVALID_TIME",
 *      "path":"/time","message":"..","hint":"..","offset":812,"length":57}
 *
 * Columns count bytes from 1.  The line is looked at once more: few are wrong.
 */
#include "engine/ingest.h"

/* ---- a JSON object a line ---- */

/* "... at byte offset 12" */
static size_t offset_in_words(const billing_error *words) {
  bl_str mark = BL_STR(" at byte offset ");
  bl_str text = bl_str_of(words->message);
  size_t at = text.len;
  int64_t offset = 0;

  while (at && text.text[at - 1] >= '0' && text.text[at - 1] <= '9') at--;
  if (at < mark.len ||
      memcmp(text.text + at - mark.len, mark.text, mark.len) != 0)
    return 0;
  text = (bl_str){text.text + at, text.len - at};
  return bl_int_parse(text, &offset) ? (size_t)offset + 1 : 0;
}

/* The first segment of a path, and what is behind it. */
static bl_str first_segment(bl_str path, bl_str *rest) {
  const char *slash;
  size_t len;

  *rest = (bl_str){NULL, 0};
  if (!path.len) return path;
  slash = path.len > 1 ? memchr(path.text + 1, '/', path.len - 1) : NULL;
  len = slash ? (size_t)(slash - path.text) : path.len;
  if (slash) *rest = (bl_str){slash, path.len - len};
  return (bl_str){path.text + 1, len - 1};
}

/* What a CloudEvent calls it. */
static bl_str cloud_name(const bl_members *members, bl_str name) {
  static const char *const names[][2] = {{"key", "id"},
                                         {"customer", "subject"},
                                         {"event", "type"},
                                         {"properties", "data"}};

  if (!bl_members_get(members, BL_STR("specversion"))) return name;
  for (size_t i = 0; i < BL_COUNT(names); i++)
    if (bl_str_is(name, names[i][0])) return bl_str_of(names[i][1]);
  return name;
}

/* The column of the member that the path leads to, and its name. */
static size_t member_column(bl_ingest *in, bl_str line, bl_str path,
                            bl_str *field) {
  size_t column = 0;

  for (int depth = 0; path.len && depth < 2; depth++) {
    bl_str rest, name = first_segment(path, &rest);
    const bl_member *m;
    if (bl_json_scan(line, &in->members, NULL)) return column;
    if (!depth) name = cloud_name(&in->members, name);
    m = bl_members_get(&in->members, name);
    if (!m) return column;
    if (!depth) *field = m->name;
    column += m->at + (depth ? 0 : 1);
    if (m->kind != BL_JSON_OBJECT) return column;
    line = (bl_str){line.text + m->at, m->len};
    path = rest;
  }
  return column;
}

static size_t json_column(bl_ingest *in, bl_str line,
                          const billing_error *words, bl_str *field) {
  size_t column = member_column(in, line, bl_str_of(words->path), field);

  return column ? column : offset_in_words(words);
}

/* ---- CSV ---- */

static size_t csv_column(bl_ingest *in, bl_str row, size_t event,
                         const billing_error *words, bl_str *field) {
  const bl_form_cell *cell =
      bl_ingest_cell(&in->form, event, bl_str_of(words->path));

  if (bl_csv_row(&in->csv, row, 1)) return in->csv.problem_at + 1;
  if (!cell || cell->is_constant || cell->column >= in->csv.count) return 0;
  *field = in->form.header[cell->column];
  return in->csv.field[cell->column].at + 1;
}

/* ---- rows ---- */

static void add_refusal(bl_ingest *in, bl_json *list, size_t at, int code) {
  static const billing_error none;
  const bl_ingest_place *place = &in->places[at];
  const billing_error *words = in->words[at] ? in->words[at] : &none;
  bl_str line = {in->bytes.text + place->from, place->len};
  bl_str field = {NULL, 0};
  bl_json *row = bl_json_object(list, NULL);
  size_t column = in->form.format == BL_FORM_CSV
                      ? csv_column(in, line, place->event, words, &field)
                      : json_column(in, line, words, &field);
  uint64_t start = in->at.bytes - in->used;

  bl_json_add_int(row, "line", (int64_t)place->line);
  if (column) bl_json_add_int(row, "column", (int64_t)column);
  if (field.len) bl_json_add_text(row, "field", field);
  bl_json_add_c(row, "code", billing_code_name(code));
  bl_json_add_c(row, "path", words->path);
  bl_json_add_c(row, "message", words->message);
  if (words->hint[0]) bl_json_add_c(row, "hint", words->hint);
  bl_json_add_int(row, "offset", (int64_t)(start + place->from));
  bl_json_add_int(row, "length", (int64_t)place->len);
}

int bl_ingest_refusals(bl_ingest *in, const billing_receipt *receipts,
                       bl_json *list) {
  for (size_t i = 0; i < in->count; i++)
    if (receipts[i].code) add_refusal(in, list, i, receipts[i].code);
  return in->c->arena.failed ? BILLING_NOMEM : BILLING_OK;
}
