/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * readable.c - events, draws, usage and the ledger as SQL tables, on the
 * host's connection.
 *
 * The reader is a handle of its own on that connection, which reads inside the
 * statement that asks.  Rows are made page by page: a page is one call of the
 * handle, and between pages nothing is locked and nothing is open.
 */
#include "engine/event_print.h"
#include "engine/load.h"
#include "engine/postings.h"
#include "store/sqlite_tables.h"

#define INTEGER(name) {name, BILLING_VALUE_INTEGER, 0}
#define TEXT(name) {name, BILLING_VALUE_TEXT, 0}

enum { SHOWN_EVENTS, SHOWN_DRAWS, SHOWN_USAGE, SHOWN_LEDGER };

/* Bytes of a page: small first, for who wants a few rows only. */
#define PAGE_SMALL ((size_t)16 << 10)
#define PAGE_LARGE ((size_t)1 << 20)

static const billing_column shown_events[] = {
    INTEGER("number"),  TEXT("key"),           TEXT("customer"),
    TEXT("event"),      INTEGER("time_us"),    INTEGER("decided_us"),
    TEXT("value"),      TEXT("properties"),    TEXT("flags"),
    TEXT("cost"),       TEXT("drawn"),         TEXT("asset")};
static const billing_column shown_draws[] = {
    INTEGER("event"),   TEXT("customer"),      INTEGER("time_us"),
    TEXT("contract"),   TEXT("price"),         TEXT("grouping"),
    INTEGER("period_from_us"), INTEGER("grant_number"), TEXT("amount"),
    TEXT("asset")};
static const billing_column shown_usage[] = {
    TEXT("contract"),   TEXT("customer"),      TEXT("price"),
    TEXT("meter"),      TEXT("grouping"),      INTEGER("from_us"),
    INTEGER("to_us"),   TEXT("quantity"),      INTEGER("events"),
    TEXT("amount"),     TEXT("drawn"),         TEXT("asset")};
static const billing_column shown_ledger[] = {
    INTEGER("number"),  INTEGER("seq"),        INTEGER("at_us"),
    TEXT("customer"),   TEXT("account"),       TEXT("asset"),
    TEXT("amount"),     TEXT("cause")};
/* A posting's number is that of its entry, and its place there. */
#define POSTING_BITS 20

static const bl_sql_table shown_table_list[] = {
    [SHOWN_EVENTS] = {"billing_events", shown_events, BL_COUNT(shown_events),
                      2, 4, 0},
    [SHOWN_DRAWS] = {"billing_draws", shown_draws, BL_COUNT(shown_draws),
                     1, 2, 0},
    [SHOWN_USAGE] = {"billing_usage", shown_usage, BL_COUNT(shown_usage),
                     1, BL_NO_COLUMN, BL_NO_COLUMN},
    [SHOWN_LEDGER] = {"billing_ledger", shown_ledger, BL_COUNT(shown_ledger),
                      3, 2, 0},
};

/* Rows that are read: one page of them, and where the next begins. */
typedef struct readable_rows {
  billing       *b;
  size_t         table;
  bl_sql_wish    wish;          /* its texts are in `kept` */
  bl_arena       kept;
  bl_arena       page;          /* the values below, and their texts */
  size_t         size;          /* of a page, in bytes */
  billing_value *values;
  size_t         count;         /* rows */
  size_t         cap;
  size_t         at;            /* the next row to give out */
  uint64_t       after;         /* number of the last event, or posting */
  uint64_t       customer;      /* usage: of the next tally */
  size_t         contract;
  size_t         tally;
  uint32_t       is_last;       /* no page is behind this one */
  uint32_t       reserved;
} readable_rows;

/* ---- rows --------------------------------------------------------------- */

static size_t shown_width(const readable_rows *r) {
  return shown_table_list[r->table].column_count;
}

/* The next row of the page, all NULL; NULL when memory is out. */
static billing_value *add_row(readable_rows *r) {
  size_t width = shown_width(r) * sizeof(billing_value);
  billing_value *row;

  if (r->count == r->cap) {
    size_t cap = r->cap ? 2 * r->cap : 32;
    r->values = bl_arena_grow(&r->page, r->values, r->cap * width,
                              cap * width);
    if (!r->values) return NULL;
    r->cap = cap;
  }
  row = &r->values[r->count++ * shown_width(r)];
  return memset(row, 0, width);
}

/* A text that lives as long as the page; without one the value is NULL. */
static billing_value kept_text(readable_rows *r, bl_str text) {
  billing_value none = {BL_VALUE_NULL, 0, 0, {NULL, 0}};

  return text.text ? bl_value_text(bl_arena_str(&r->page, text)) : none;
}

static billing_value kept_dec(readable_rows *r, bl_dec v) {
  char text[BL_DEC_TEXT];
  bl_str s = {text, bl_dec_print(v, text)};

  return kept_text(r, s);
}

static billing_value kept_number(uint64_t number) {
  return bl_value_int((int64_t)number);
}

static billing_value kept_flags(readable_rows *r, uint64_t flags) {
  bl_text text;

  bl_text_open(&text, &r->page);
  bl_flags_print(flags, " ", "", &text);
  return bl_value_text((bl_str){text.text, text.len});
}

/* ---- events and draws --------------------------------------------------- */

/* What it cost and what grants paid of it, in the first charge's asset. */
static void sum_charges(const bl_event_row *row, bl_dec *cost, bl_dec *drawn) {
  *cost = *drawn = BL_DEC_ZERO;
  for (size_t i = 0; i < row->charge_count; i++) {
    const bl_row_charge *charge = &row->charges[i];
    if (!bl_asset_equal(charge->price->asset, row->charges[0].price->asset))
      continue;
    *cost = bl_dec_add(*cost, charge->amount);
    for (size_t k = 0; k < charge->draw_count; k++)
      if (charge->draws[k].grant)
        *drawn = bl_dec_add(*drawn, charge->draws[k].amount);
  }
}

static int add_event_row(readable_rows *r, const bl_event_row *row) {
  const bl_event_text *text = &row->text;
  billing_value *v = add_row(r);
  bl_dec cost, drawn;

  if (!v) return BILLING_NOMEM;
  *v++ = kept_number(row->number);
  if (text->key.len) {
    v[0] = kept_text(r, text->key);
    v[1] = kept_text(r, row->customer->id);
    v[2] = kept_text(r, text->name);
  }
  v += 3;
  *v++ = bl_value_int(row->time_us);
  *v++ = bl_value_int(row->decided_us);
  if (text->has_value) *v = kept_dec(r, text->value);
  v++;
  if (text->properties.len) *v = kept_text(r, text->properties);
  v++;
  *v++ = kept_flags(r, row->flags);
  if (row->charge_count) {
    sum_charges(row, &cost, &drawn);
    *v++ = kept_dec(r, cost);
    *v++ = kept_dec(r, drawn);
    *v++ = kept_text(r, bl_str_of(row->charges[0].price->asset));
  }
  return r->page.failed ? BILLING_NOMEM : BILLING_OK;
}

static int add_draw_row(readable_rows *r, const bl_event_row *row,
                        const bl_row_charge *charge, const bl_draw *draw) {
  billing_value *v = add_row(r);

  if (!v) return BILLING_NOMEM;
  *v++ = kept_number(row->number);
  *v++ = kept_text(r, row->customer->id);
  *v++ = bl_value_int(row->time_us);
  *v++ = kept_text(r, charge->contract->terms.id);
  *v++ = kept_text(r, charge->price->id);
  *v++ = kept_text(r, charge->group.len ? charge->group : BL_STR("{}"));
  *v++ = bl_value_int(charge->service.from_us);
  *v++ = kept_number(draw->grant);
  *v++ = kept_dec(r, draw->amount);
  *v++ = kept_text(r, bl_str_of(charge->price->asset));
  return r->page.failed ? BILLING_NOMEM : BILLING_OK;
}

static int add_draw_rows(readable_rows *r, const bl_event_row *row) {
  int rc = BILLING_OK;

  for (size_t i = 0; i < row->charge_count; i++)
    for (size_t k = 0; k < row->charges[i].draw_count && !rc; k++)
      rc = add_draw_row(r, row, &row->charges[i], &row->charges[i].draws[k]);
  return rc;
}

static int read_event_rows(readable_rows *r, bl_call *c,
                           const bl_customer *customer) {
  uint64_t last = (uint64_t)r->wish.last;
  bl_event_walk walk;
  bl_event_row row;
  int rc = bl_event_walk_open(&walk, c, customer, r->wish.times, r->after);

  while (!rc && r->page.held < r->size && r->after < last) {
    rc = bl_event_walk_next(&walk, &row);
    if (!rc && row.number > last) rc = BILLING_DONE;
    if (rc) break;
    rc = r->table == SHOWN_EVENTS ? add_event_row(r, &row)
                                  : add_draw_rows(r, &row);
    r->after = row.number;
  }
  bl_event_walk_close(&walk);
  r->is_last = rc == BILLING_DONE || r->after >= last;
  return rc == BILLING_DONE ? BILLING_OK : rc;
}

/* ---- usage -------------------------------------------------------------- */

static int add_usage_row(readable_rows *r, const bl_tally *tally) {
  const bl_contract *contract = tally->contract;
  const bl_price *price = bl_tally_price(tally);
  bl_span span = contract->periods[tally->period].span;
  billing_value *v = add_row(r);

  if (!v) return BILLING_NOMEM;
  *v++ = kept_text(r, contract->terms.id);
  *v++ = kept_text(r, contract->customer->id);
  *v++ = kept_text(r, price->id);
  *v++ = kept_text(r, price->meter);
  *v++ = kept_text(r, tally->group.len ? tally->group : BL_STR("{}"));
  *v++ = bl_value_int(span.from_us);
  *v++ = bl_value_int(span.to_us);
  *v++ = kept_dec(r, bl_tally_quantity(tally));
  *v++ = bl_value_int(tally->level.events);
  *v++ = kept_dec(r, tally->amount);
  *v++ = kept_dec(r, tally->drawn);
  *v++ = kept_text(r, bl_str_of(price->asset));
  return r->page.failed ? BILLING_NOMEM : BILLING_OK;
}

/* The tallies of a customer, from where the last page ended. */
static int read_usage_of(readable_rows *r, const bl_customer *customer) {
  const bl_list *contracts = &customer->contracts;
  int rc = BILLING_OK;

  for (; r->contract < contracts->count; r->contract++, r->tally = 0) {
    const bl_contract *contract = contracts->item[r->contract];
    const bl_map *tallies = &contract->tallies;
    for (; r->tally < tallies->count; r->tally++) {
      const bl_tally *tally = tallies->entry[r->tally].value;
      if (r->page.held >= r->size) return BILLING_OK;
      if (bl_tally_has_usage(tally) && !bl_tally_is_count(tally))
        rc = add_usage_row(r, tally);
      if (rc) return rc;
    }
  }
  r->customer++;
  r->contract = 0;
  return BILLING_OK;
}

/* Customers are taken in the order of their own numbers. */
static int read_usage_rows(readable_rows *r, bl_call *c,
                           const bl_customer *only) {
  uint64_t last = only ? only->number : c->t->heads.customers;
  int rc = BILLING_OK;

  if (!r->customer) r->customer = only ? only->number : 1;
  while (!rc && r->customer <= last) {
    bl_customer *customer;
    if (r->page.held >= r->size) return BILLING_OK;
    rc = bl_customer_need(c, r->customer, &customer);
    if (!rc) rc = read_usage_of(r, customer);
  }
  r->is_last = 1;
  return rc;
}

/* ---- the ledger --------------------------------------------------------- */

static int add_posting_row(readable_rows *r, const bl_tenant *t,
                           const bl_entry *entry, const bl_posting *posting) {
  const bl_customer *customer = bl_table_at(&t->by_customer,
                                            posting->customer);
  billing_value *v = add_row(r);

  if (!v) return BILLING_NOMEM;
  *v++ = kept_number(r->after);
  *v++ = bl_value_int(entry->seq);
  *v++ = bl_value_int(entry->at_us);
  *v++ = kept_text(r, customer->id);
  *v++ = kept_text(r, bl_str_of(bl_account_name(posting->account)));
  *v++ = kept_text(r, bl_str_of(posting->asset));
  *v++ = kept_dec(r, posting->amount);
  *v++ = kept_text(r, bl_str_of(bl_entry_name(entry->kind)));
  return r->page.failed ? BILLING_NOMEM : BILLING_OK;
}

/* What a page of the ledger is filled by. */
typedef struct posting_reader {
  readable_rows     *r;
  const bl_tenant   *t;
  const bl_customer *customer;
} posting_reader;

/* The postings of an entry behind the last one read, to the end of it: pages
 * end between entries. */
static int read_group(void *who, const bl_entry *entry,
                      const bl_postings *group) {
  const posting_reader *reader = who;
  readable_rows *r = reader->r;
  int rc = BILLING_OK;

  if (r->after >= (uint64_t)r->wish.last) return BILLING_DONE;
  if (r->page.held >= r->size) {
    r->is_last = 0;
    return BILLING_DONE;
  }
  for (size_t i = 0; i < group->count && !rc; i++) {
    const bl_posting *posting = &group->item[i];
    uint64_t number = (uint64_t)entry->seq << POSTING_BITS | (i + 1);
    if (number <= r->after) continue;
    r->after = number;
    if (!reader->customer || reader->customer->number == posting->customer)
      rc = add_posting_row(r, reader->t, entry, posting);
  }
  return rc;
}

static int read_ledger_rows(readable_rows *r, bl_call *c,
                            const bl_customer *customer) {
  posting_reader reader = {r, c->t, customer};
  bl_postings_walk walk = {c, customer, (int64_t)(r->after >> POSTING_BITS),
                           r->wish.times, read_group, &reader};

  r->is_last = 1;
  return bl_postings_each(&walk);
}

/* ---- pages -------------------------------------------------------------- */

static int fill_page(readable_rows *r, bl_call *c) {
  bl_customer *customer = NULL;
  int rc = BILLING_OK;

  if (r->wish.has_customer)
    rc = bl_find_customer(c, r->wish.customer, "/customer", &customer);
  if (BILLING_CODE(rc) == BILLING_NOTFOUND) {      /* then there is nothing */
    r->is_last = 1;
    return bl_error_start(c->err);
  }
  if (rc) return rc;
  if (r->table == SHOWN_USAGE) return read_usage_rows(r, c, customer);
  return r->table == SHOWN_LEDGER ? read_ledger_rows(r, c, customer)
                                  : read_event_rows(r, c, customer);
}

static int read_page(readable_rows *r, billing_error *err) {
  billing_call call = {0};
  bl_call c;
  int rc;

  call.struct_size = sizeof call;
  call.tenant = r->wish.tenant;
  bl_arena_close(&r->page);
  r->values = NULL;
  r->count = r->cap = r->at = 0;
  rc = bl_enter(&c, r->b, &call, BL_READ, err);
  if (rc) return rc;
  rc = bl_leave(&c, fill_page(r, &c));
  r->size = r->size < PAGE_LARGE / 4 ? r->size * 4 : PAGE_LARGE;
  return rc;
}

/* ---- the show ----------------------------------------------------------- */

static int open_reader(void **reader, void *connection, const void *routines,
                       billing_error *err) {
  billing_store *store = NULL;
  billing_options options;
  billing *b = NULL;
  int rc = bl_sqlite_store_host(&store, connection, routines, NULL, err);

  if (rc) return rc;
  bl_sqlite_store_nest(store);
  BILLING_INIT(&options);
  options.flags = BILLING_OPEN_READ_ONLY | BILLING_OPEN_EXISTING;
  rc = billing_open_store(&b, store, &options, err);
  if (rc) bl_store_close(store);
  *reader = b;
  return rc;
}

static void close_reader(void *reader) {
  billing_close(reader);
}

static int start_rows(void *reader, size_t table, const bl_sql_wish *wish,
                      void **out, billing_error *err) {
  billing *b = reader;
  readable_rows *r = bl_host_alloc(&b->host, sizeof *r);

  if (!r) return bl_fail_code(err, BILLING_NOMEM);
  r->b = b;
  r->table = table;
  r->wish = *wish;
  r->size = PAGE_SMALL;
  r->after = wish->first > 0 ? (uint64_t)wish->first - 1 : 0;
  if (wish->last < 0) r->wish.last = 0;
  bl_arena_open(&r->kept, &b->host);
  bl_arena_open(&r->page, &b->host);
  r->wish.tenant = bl_arena_str(&r->kept, wish->tenant);
  r->wish.customer = bl_arena_str(&r->kept, wish->customer);
  if (r->kept.failed) {
    bl_arena_close(&r->kept);
    bl_host_free(&b->host, r, sizeof *r);
    return bl_fail_code(err, BILLING_NOMEM);
  }
  *out = r;
  return BILLING_OK;
}

static int next_row(void *rows, const billing_value **row,
                    billing_error *err) {
  readable_rows *r = rows;
  int rc = BILLING_OK;

  while (!rc && r->at == r->count) {
    if (r->is_last) return BILLING_DONE;
    rc = read_page(r, err);
  }
  if (!rc) *row = &r->values[r->at++ * shown_width(r)];
  return rc;
}

static void end_rows(void *rows) {
  readable_rows *r = rows;
  billing_allocator host = r->b->host;

  bl_arena_close(&r->kept);
  bl_arena_close(&r->page);
  bl_host_free(&host, r, sizeof *r);
}

static const bl_sql_show readable_show = {
    shown_table_list, BL_COUNT(shown_table_list), open_reader, close_reader,
    start_rows,       next_row,                   end_rows};

int billing_sqlite3_extension(void *connection, char **message,
                              const void *routines) {
  int rc = bl_sqlite_facts(connection, routines);

  (void)message;
  return rc ? rc : bl_sqlite_tables(connection, routines, &readable_show);
}

#undef INTEGER
#undef TEXT
#undef POSTING_BITS
#undef PAGE_SMALL
#undef PAGE_LARGE
