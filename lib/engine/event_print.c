/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * event_print.c - a recorded event in words; see event_print.h.
 *
 * Of an event that was erased, what is personal is left out: it has no key.
 */
#include "engine/event_print.h"

static const char *const flag_names[] = {"unmatched", "unpriced", "late",
                                         "mixed", "owed", "pending", "",
                                         "voided", "unentitled", "parked"};

void bl_flags_print(uint64_t flags, const char *between, const char *around,
                    bl_text *out) {
  const char *before = "";

  for (size_t i = 0; i < BL_COUNT(flag_names); i++) {
    if (!(flags >> i & 1) || !flag_names[i]) continue;
    bl_text_format(out, "%s%s%s%s", before, around, flag_names[i], around);
    before = between;
  }
}

static void print_text(bl_text *out, const char *name, bl_str value) {
  bl_text_format(out, ",\"%s\":", name);
  bl_text_json(out, value);
}

static void print_dec(bl_text *out, const char *name, bl_dec value) {
  bl_text_format(out, ",\"%s\":\"%d\"", name, &value);
}

static void print_draws(const bl_row_charge *charge, bl_text *out) {
  const char *before = "";

  bl_text_c(out, ",\"draws\":[");
  for (size_t i = 0; i < charge->draw_count; i++) {
    bl_text_format(out, "%s{\"amount\":\"%d\",\"grant\":%i}", before,
                   &charge->draws[i].amount, (int64_t)charge->draws[i].grant);
    before = ",";
  }
  bl_text_c(out, "]");
}

static void print_charge(const bl_row_charge *charge, bl_text *out) {
  bl_str group = charge->group.len ? charge->group : BL_STR("{}");

  bl_text_format(out, "{\"amount\":\"%d\",\"asset\":\"%s\"", &charge->amount,
                 charge->price->asset);
  print_text(out, "contract", charge->contract->terms.id);
  print_draws(charge, out);
  bl_text_format(out, ",\"group\":%t,\"period\":{\"from\":\"%T\","
                 "\"to\":\"%T\"}", &group, charge->service.from_us,
                 charge->service.to_us);
  print_text(out, "price", charge->price->id);
  print_dec(out, "quantity", charge->quantity);
  bl_text_c(out, "}");
}

static void print_charges(const bl_event_row *row, bl_text *out) {
  bl_text_c(out, "{\"charges\":[");
  for (size_t i = 0; i < row->charge_count; i++) {
    if (i) bl_text_c(out, ",");
    print_charge(&row->charges[i], out);
  }
  bl_text_c(out, "]");
}

void bl_event_print(const bl_event_row *row, bl_text *out) {
  const bl_event_text *text = &row->text;
  int is_known = text->key.len != 0;

  print_charges(row, out);
  if (is_known) print_text(out, "customer", row->customer->id);
  bl_text_format(out, ",\"decided\":\"%T\"", row->decided_us);
  if (is_known) print_text(out, "event", text->name);
  bl_text_c(out, ",\"flags\":[");
  bl_flags_print(row->flags, ",", "\"", out);
  bl_text_c(out, "]");
  if (is_known) print_text(out, "key", text->key);
  bl_text_format(out, ",\"number\":%i", (int64_t)row->number);
  if (text->properties.len)
    bl_text_format(out, ",\"properties\":%t", &text->properties);
  bl_text_format(out, ",\"time\":\"%T\"", row->time_us);
  if (text->has_value) print_dec(out, "value", text->value);
  bl_text_c(out, "}");
}
