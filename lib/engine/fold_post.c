/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* fold_post.c - postings, and the derived rows of an invoice. */
#include "engine/fold_post.h"

#include "invoice/invoice.h"
#include "store/schema.h"
#include "store/store.h"

int bl_fold_post(bl_fold *f, bl_wallet *wallet, const bl_posting *postings,
                 size_t count) {
  bl_tenant *t = f->tenant;

  if (!count) return BILLING_OK;
  for (size_t i = 0; i < count; i++) {
    uint32_t account = postings[i].account;
    if (account <= BL_ACCOUNT_REVENUE) bl_touch_charges(t, wallet);
    else bl_touch_wallet(t, wallet);
    bl_dec amount = postings[i].amount;
    wallet->balance[account] = bl_dec_add(wallet->balance[account], amount);
    if (bl_dec_is_bad(wallet->balance[account])) return BILLING_LIMIT;
  }
  return BILLING_OK;
}

size_t bl_fact_line_postings(const bl_fact_line *line, bl_posting *out) {
  if (line->converted)
    return bl_ledger_converted(bl_dec_sub(line->amount, line->drawn), out);
  return bl_ledger_line(line->amount, line->drawn, line->due, out);
}

static billing_value dec_value(bl_dec v, char *room) {
  bl_str s = {room, bl_dec_print(v, room)};
  return bl_value_text(s);
}

static int line_row(bl_fold *f, const bl_invoice *invoice, size_t at,
                    uint64_t customer) {
  const bl_line *line = &invoice->lines[at];
  const bl_charge *charge = &line->charge;
  billing_value row[BL_LINES_COLUMNS];
  char text[4][BL_DEC_TEXT];

  row[BL_LINES_TENANT] = bl_value_int(f->tenant->number);
  row[BL_LINES_SHARD] = bl_value_int(0);
  row[BL_LINES_INVOICE] = bl_value_int((int64_t)invoice->own_number);
  row[BL_LINES_LINE] = bl_value_int((int64_t)at + 1);
  row[BL_LINES_SEQ] = bl_value_int(f->seq);
  row[BL_LINES_CUSTOMER] = bl_value_int((int64_t)customer);
  row[BL_LINES_CONTRACT] = bl_value_text(charge->contract);
  row[BL_LINES_PRICE] = bl_value_text(charge->price);
  row[BL_LINES_GROUP] = bl_value_text(charge->group);
  row[BL_LINES_FROM] = bl_value_int(charge->service.from_us);
  row[BL_LINES_TO] = bl_value_int(charge->service.to_us);
  row[BL_LINES_QUANTITY] = dec_value(charge->quantity, text[0]);
  row[BL_LINES_AMOUNT] = dec_value(charge->amount, text[1]);
  row[BL_LINES_DRAWN] = dec_value(charge->drawn, text[2]);
  row[BL_LINES_DUE] = dec_value(line->due, text[3]);
  row[BL_LINES_ASSET] = bl_value_text(bl_str_of(charge->asset));
  row[BL_LINES_EVENTS] = bl_value_int(charge->events);
  return f->rows->put(f->rows, BL_TABLE_LINES, row);
}

int bl_fold_invoice_rows(bl_fold *f, const bl_fact_invoice *fact) {
  bl_contract *contract =
      bl_table_at(&f->tenant->by_contract, fact->contract);
  uint64_t customer = contract->customer->number;
  billing_value row[BL_INVOICES_COLUMNS];
  bl_invoice invoice;
  bl_text json;
  int rc;

  bl_text_open(&json, f->scratch);
  rc = bl_invoice_of_fact(f->tenant, fact, f->scratch, &invoice);
  if (!rc) rc = bl_invoice_json(&invoice, &json);
  if (rc) return rc;
  row[BL_INVOICES_TENANT] = bl_value_int(f->tenant->number);
  row[BL_INVOICES_SHARD] = bl_value_int(0);
  row[BL_INVOICES_OWN] = bl_value_int((int64_t)fact->number);
  row[BL_INVOICES_NUMBER] = bl_value_text(invoice.number);
  row[BL_INVOICES_SEQ] = bl_value_int(f->seq);
  row[BL_INVOICES_CUSTOMER] = bl_value_int((int64_t)customer);
  row[BL_INVOICES_CONTRACT] = bl_value_text(invoice.contract);
  row[BL_INVOICES_ISSUED] = bl_value_int(fact->issued_us);
  row[BL_INVOICES_JSON] = bl_value_text((bl_str){json.text, json.len});
  rc = f->rows->put(f->rows, BL_TABLE_INVOICES, row);
  for (size_t i = 0; i < invoice.line_count && !rc; i++)
    rc = line_row(f, &invoice, i, customer);
  return rc;
}
