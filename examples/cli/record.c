/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* record.c - structs of the library as JSON. */
#include <string.h>

#include "../parts/moment.h"
#include "cli.h"

void json_open(buffer *out) {
  buffer_c(out, "{");
}

void json_close(buffer *out) {
  buffer_c(out, "}");
}

void json_name(buffer *out, const char *name) {
  char last = out->len ? out->text[out->len - 1] : '{';

  if (last != '{' && last != '[') buffer_c(out, ",");
  buffer_quoted(out, name, strlen(name));
  buffer_c(out, ":");
}

void json_str(buffer *out, const char *name, billing_str text) {
  json_name(out, name);
  buffer_quoted(out, text.text, text.len);
}

void json_text(buffer *out, const char *name, const char *text) {
  json_str(out, name, cli_str(text));
}

void json_u64(buffer *out, const char *name, uint64_t n) {
  json_name(out, name);
  buffer_u64(out, n);
}

void json_decimal(buffer *out, const char *name, billing_decimal d) {
  char text[BILLING_DECIMAL_TEXT];

  billing_decimal_format(&d, text);
  json_text(out, name, text);
}

void json_time(buffer *out, const char *name, int64_t us) {
  char text[MOMENT_TEXT];

  moment_print(us, text);
  json_text(out, name, text);
}

const char *cli_receipt_status(const billing_receipt *r) {
  static const char *const names[] = {"", "new", "same", "conflict",
                                      "refused"};

  return r->status < 5 ? names[r->status] : "";
}

static void add_flags(const billing_receipt *r, buffer *out) {
  static const char *const names[] = {"unmatched", "unpriced", "late",
                                      "mixed", "owed", "pending", "",
                                      "voided", "unentitled", "parked"};
  int count = 0;

  json_name(out, "flags");
  buffer_c(out, "[");
  for (uint32_t i = 0; i < sizeof names / sizeof *names; i++) {
    if (!(r->flags & (1u << i)) || !names[i]) continue;
    if (count++) buffer_c(out, ",");
    buffer_quoted(out, names[i], strlen(names[i]));
  }
  buffer_c(out, "]");
}

void cli_receipt_json(const billing_receipt *r, buffer *out) {
  json_open(out);
  json_text(out, "asset", r->asset);
  json_decimal(out, "balance", r->balance);
  json_u64(out, "charges", r->charges);
  json_text(out, "code", billing_code_name(r->code));
  json_decimal(out, "cost", r->cost);
  json_time(out, "decided", r->decided_us);
  json_decimal(out, "drawn", r->drawn);
  json_u64(out, "draws", r->draws);
  add_flags(r, out);
  json_u64(out, "number", r->number);
  json_text(out, "status", cli_receipt_status(r));
  json_close(out);
}
