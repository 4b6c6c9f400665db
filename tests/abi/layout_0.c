/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Where every public member lies.  Written by make abi-accept. */
#include "billing.h"

#define SIZE(type, n) \
  _Static_assert(sizeof(type) == (n), "the size of " #type)
#define AT(type, member, n) \
  _Static_assert(offsetof(type, member) == (n), \
                 "the place of " #type "." #member)

SIZE(struct billing_error, 1040);
AT(struct billing_error, struct_size, 0);
AT(struct billing_error, code, 4);
AT(struct billing_error, item, 8);
AT(struct billing_error, path, 16);
AT(struct billing_error, message, 272);
AT(struct billing_error, hint, 784);

SIZE(struct billing_str, 16);
AT(struct billing_str, text, 0);
AT(struct billing_str, len, 8);

SIZE(struct billing_decimal, 16);
AT(struct billing_decimal, lo, 0);
AT(struct billing_decimal, hi, 8);

SIZE(struct billing_money, 32);
AT(struct billing_money, amount, 0);
AT(struct billing_money, asset, 16);

SIZE(struct billing_span, 16);
AT(struct billing_span, from_us, 0);
AT(struct billing_span, to_us, 8);

SIZE(struct billing_allocator, 16);
AT(struct billing_allocator, alloc, 0);
AT(struct billing_allocator, user, 8);

SIZE(struct billing_options, 88);
AT(struct billing_options, struct_size, 0);
AT(struct billing_options, flags, 4);
AT(struct billing_options, allocator, 8);
AT(struct billing_options, tenant, 16);
AT(struct billing_options, zone_folder, 32);
AT(struct billing_options, secret, 48);
AT(struct billing_options, max_clock_step_us, 64);
AT(struct billing_options, tail_events, 72);
AT(struct billing_options, reserved, 76);
AT(struct billing_options, filter_bytes, 80);

SIZE(struct billing_call, 48);
AT(struct billing_call, struct_size, 0);
AT(struct billing_call, flags, 4);
AT(struct billing_call, tenant, 8);
AT(struct billing_call, key, 24);
AT(struct billing_call, now_us, 40);

SIZE(struct billing_rebuilding, 56);
AT(struct billing_rebuilding, struct_size, 0);
AT(struct billing_rebuilding, flags, 4);
AT(struct billing_rebuilding, decided_us, 8);
AT(struct billing_rebuilding, customers, 16);
AT(struct billing_rebuilding, done, 24);
AT(struct billing_rebuilding, moved, 32);
AT(struct billing_rebuilding, events, 40);
AT(struct billing_rebuilding, unusable, 48);

SIZE(struct billing_event, 96);
AT(struct billing_event, struct_size, 0);
AT(struct billing_event, flags, 4);
AT(struct billing_event, key, 8);
AT(struct billing_event, customer, 24);
AT(struct billing_event, event, 40);
AT(struct billing_event, properties, 56);
AT(struct billing_event, time_us, 72);
AT(struct billing_event, value, 80);

SIZE(struct billing_receipt, 104);
AT(struct billing_receipt, struct_size, 0);
AT(struct billing_receipt, flags, 4);
AT(struct billing_receipt, status, 8);
AT(struct billing_receipt, code, 12);
AT(struct billing_receipt, number, 16);
AT(struct billing_receipt, decided_us, 24);
AT(struct billing_receipt, cost, 32);
AT(struct billing_receipt, drawn, 48);
AT(struct billing_receipt, balance, 64);
AT(struct billing_receipt, charges, 80);
AT(struct billing_receipt, draws, 84);
AT(struct billing_receipt, asset, 88);

SIZE(struct billing_stream, 112);
AT(struct billing_stream, struct_size, 0);
AT(struct billing_stream, flags, 4);
AT(struct billing_stream, bytes, 8);
AT(struct billing_stream, lines, 16);
AT(struct billing_stream, rows, 24);
AT(struct billing_stream, events, 32);
AT(struct billing_stream, recorded, 40);
AT(struct billing_stream, same, 48);
AT(struct billing_stream, conflicts, 56);
AT(struct billing_stream, refused, 64);
AT(struct billing_stream, late, 72);
AT(struct billing_stream, unmatched, 80);
AT(struct billing_stream, unpriced, 88);
AT(struct billing_stream, unentitled, 96);
AT(struct billing_stream, parked, 104);

SIZE(struct billing_draw, 80);
AT(struct billing_draw, struct_size, 0);
AT(struct billing_draw, flags, 4);
AT(struct billing_draw, grant, 8);
AT(struct billing_draw, amount, 16);
AT(struct billing_draw, price, 32);
AT(struct billing_draw, contract, 48);
AT(struct billing_draw, asset, 64);

SIZE(struct billing_grant_terms, 144);
AT(struct billing_grant_terms, struct_size, 0);
AT(struct billing_grant_terms, flags, 4);
AT(struct billing_grant_terms, customer, 8);
AT(struct billing_grant_terms, amount, 24);
AT(struct billing_grant_terms, cost, 56);
AT(struct billing_grant_terms, effective_us, 88);
AT(struct billing_grant_terms, expires_us, 96);
AT(struct billing_grant_terms, priority, 104);
AT(struct billing_grant_terms, origin, 108);
AT(struct billing_grant_terms, name, 112);
AT(struct billing_grant_terms, scope, 128);

SIZE(struct billing_balances, 120);
AT(struct billing_balances, struct_size, 0);
AT(struct billing_balances, flags, 4);
AT(struct billing_balances, granted, 8);
AT(struct billing_balances, left, 24);
AT(struct billing_balances, held, 40);
AT(struct billing_balances, free, 56);
AT(struct billing_balances, owed, 72);
AT(struct billing_balances, asset, 88);
AT(struct billing_balances, shared, 104);

SIZE(struct billing_hold_terms, 96);
AT(struct billing_hold_terms, struct_size, 0);
AT(struct billing_hold_terms, flags, 4);
AT(struct billing_hold_terms, customer, 8);
AT(struct billing_hold_terms, amount, 24);
AT(struct billing_hold_terms, expires_us, 56);
AT(struct billing_hold_terms, least, 64);
AT(struct billing_hold_terms, properties, 80);

SIZE(struct billing_hold, 128);
AT(struct billing_hold, struct_size, 0);
AT(struct billing_hold, flags, 4);
AT(struct billing_hold, number, 8);
AT(struct billing_hold, status, 16);
AT(struct billing_hold, draws, 20);
AT(struct billing_hold, expires_us, 24);
AT(struct billing_hold, decided_us, 32);
AT(struct billing_hold, value, 40);
AT(struct billing_hold, held, 56);
AT(struct billing_hold, overdraft, 72);
AT(struct billing_hold, free, 88);
AT(struct billing_hold, asset, 104);
AT(struct billing_hold, assets, 120);
AT(struct billing_hold, reserved, 124);

SIZE(struct billing_denial, 504);
AT(struct billing_denial, struct_size, 0);
AT(struct billing_denial, flags, 4);
AT(struct billing_denial, code, 8);
AT(struct billing_denial, by, 12);
AT(struct billing_denial, missing, 16);
AT(struct billing_denial, most, 32);
AT(struct billing_denial, used, 48);
AT(struct billing_denial, again_us, 64);
AT(struct billing_denial, asset, 72);
AT(struct billing_denial, limit, 88);
AT(struct billing_denial, customer, 296);

SIZE(struct billing_entitlement, 616);
AT(struct billing_entitlement, struct_size, 0);
AT(struct billing_entitlement, flags, 4);
AT(struct billing_entitlement, kind, 8);
AT(struct billing_entitlement, granted, 12);
AT(struct billing_entitlement, source, 16);
AT(struct billing_entitlement, value_len, 20);
AT(struct billing_entitlement, decided_us, 24);
AT(struct billing_entitlement, resets_us, 32);
AT(struct billing_entitlement, limit, 40);
AT(struct billing_entitlement, used, 56);
AT(struct billing_entitlement, held, 72);
AT(struct billing_entitlement, left, 88);
AT(struct billing_entitlement, value, 104);

SIZE(struct billing_token_terms, 64);
AT(struct billing_token_terms, struct_size, 0);
AT(struct billing_token_terms, flags, 4);
AT(struct billing_token_terms, customer, 8);
AT(struct billing_token_terms, features, 24);
AT(struct billing_token_terms, secret, 40);
AT(struct billing_token_terms, expires_us, 56);

SIZE(struct billing_token, 488);
AT(struct billing_token, struct_size, 0);
AT(struct billing_token, flags, 4);
AT(struct billing_token, issued_us, 8);
AT(struct billing_token, expires_us, 16);
AT(struct billing_token, key_id, 24);
AT(struct billing_token, tenant, 72);
AT(struct billing_token, customer, 280);

SIZE(struct billing_progress, 64);
AT(struct billing_progress, struct_size, 0);
AT(struct billing_progress, flags, 4);
AT(struct billing_progress, done_us, 8);
AT(struct billing_progress, decided_us, 16);
AT(struct billing_progress, periods, 24);
AT(struct billing_progress, invoices, 32);
AT(struct billing_progress, grants, 40);
AT(struct billing_progress, holds, 48);
AT(struct billing_progress, first_invoice, 56);

SIZE(struct billing_value, 32);
AT(struct billing_value, type, 0);
AT(struct billing_value, reserved, 4);
AT(struct billing_value, integer, 8);
AT(struct billing_value, bytes, 16);

SIZE(struct billing_column, 16);
AT(struct billing_column, name, 0);
AT(struct billing_column, type, 8);
AT(struct billing_column, reserved, 12);

SIZE(struct billing_index, 24);
AT(struct billing_index, name, 0);
AT(struct billing_index, columns, 8);
AT(struct billing_index, count, 16);

SIZE(struct billing_table, 56);
AT(struct billing_table, struct_size, 0);
AT(struct billing_table, flags, 4);
AT(struct billing_table, name, 8);
AT(struct billing_table, columns, 16);
AT(struct billing_table, column_count, 24);
AT(struct billing_table, key_count, 32);
AT(struct billing_table, indexes, 40);
AT(struct billing_table, index_count, 48);

SIZE(struct billing_scan, 48);
AT(struct billing_scan, struct_size, 0);
AT(struct billing_scan, flags, 4);
AT(struct billing_scan, table, 8);
AT(struct billing_scan, index, 12);
AT(struct billing_scan, from, 16);
AT(struct billing_scan, from_count, 24);
AT(struct billing_scan, to, 32);
AT(struct billing_scan, to_count, 40);

SIZE(struct billing_store_description, 40);
AT(struct billing_store_description, struct_size, 0);
AT(struct billing_store_description, flags, 4);
AT(struct billing_store_description, name, 8);

SIZE(struct billing_store_methods, 136);
AT(struct billing_store_methods, struct_size, 0);
AT(struct billing_store_methods, abi, 4);
AT(struct billing_store_methods, declare, 8);
AT(struct billing_store_methods, begin, 16);
AT(struct billing_store_methods, commit, 24);
AT(struct billing_store_methods, rollback, 32);
AT(struct billing_store_methods, get, 40);
AT(struct billing_store_methods, put, 48);
AT(struct billing_store_methods, remove, 56);
AT(struct billing_store_methods, scan, 64);
AT(struct billing_store_methods, next, 72);
AT(struct billing_store_methods, end, 80);
AT(struct billing_store_methods, lock, 88);
AT(struct billing_store_methods, scrub, 96);
AT(struct billing_store_methods, describe, 104);
AT(struct billing_store_methods, close, 112);
AT(struct billing_store_methods, sync, 120);
AT(struct billing_store_methods, check, 128);

SIZE(struct billing_store, 16);
AT(struct billing_store, methods, 0);
AT(struct billing_store, user, 8);
