/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* image.c - a customer as bytes; see image.h. */
#include "engine/image.h"

#include "engine/tallies.h"

/* Longer ones are not written: their customers have values by the thousands
 * that a meter counts once each. */
#define IMAGE_MOST ((size_t)256 << 10)

/* ---- bytes ---- */

static void code_level(bl_codec *c, bl_level *level) {
  bl_code_dec(c, &level->total);
  bl_code_i64(c, &level->at_us);
  bl_code_i64(c, &level->events);
}

static void code_more(bl_codec *c, bl_image_tally *tally) {
  bl_code_dec(c, &tally->ticked);
  bl_code_u64(c, &tally->is_due);
  bl_code_dec(c, &tally->bound);
  tally->values = bl_code_array(c, tally->values, &tally->value_count,
                                sizeof *tally->values);
  for (size_t i = 0; i < tally->value_count; i++) {
    bl_code_hash(c, tally->values[i].hash, sizeof tally->values[i].hash);
    bl_code_i64(c, &tally->values[i].time_us);
    bl_code_u64(c, &tally->values[i].is_removal);
  }
}

static void code_tally(bl_codec *c, bl_image_tally *tally) {
  bl_code_u64(c, &tally->price);
  bl_code_u64(c, &tally->period);
  bl_code_str(c, &tally->group);
  bl_code_u64(c, &tally->rules);
  code_level(c, &tally->level);
  bl_code_dec(c, &tally->amount);
  bl_code_dec(c, &tally->drawn);
  bl_code_dec(c, &tally->billed_amount);
  bl_code_dec(c, &tally->billed_drawn);
  bl_code_draws(c, &tally->stack, &tally->stack_count);
  bl_code_draws(c, &tally->billed, &tally->billed_count);
  bl_code_u64(c, &tally->first_event);
  bl_code_u64(c, &tally->last_event);
  code_more(c, tally);
}

static void code_contract(bl_codec *c, bl_image_contract *contract) {
  bl_code_i64(c, &contract->seq);
  bl_code_u64(c, &contract->closed);
  bl_code_u64(c, &contract->advanced);
  bl_code_u64(c, &contract->has_ended);
  bl_code_i64(c, &contract->late_us);
  bl_code_i64(c, &contract->moved_us);
  contract->periods = bl_code_array(c, contract->periods,
                                    &contract->period_count,
                                    sizeof *contract->periods);
  for (size_t i = 0; i < contract->period_count; i++) {
    bl_code_span(c, &contract->periods[i].span);
    bl_code_span(c, &contract->periods[i].full);
  }
  contract->tallies = bl_code_array(c, contract->tallies,
                                    &contract->tally_count,
                                    sizeof *contract->tallies);
  for (size_t i = 0; i < contract->tally_count; i++)
    code_tally(c, &contract->tallies[i]);
}

static void code_wallet(bl_codec *c, bl_image_wallet *wallet) {
  bl_code_str(c, &wallet->asset);
  for (uint32_t a = 0; a < BL_ACCOUNTS; a++)
    bl_code_dec(c, &wallet->balance[a]);
  bl_code_dec(c, &wallet->granted);
  wallet->grants = bl_code_array(c, wallet->grants, &wallet->grant_count,
                                 sizeof *wallet->grants);
  for (size_t i = 0; i < wallet->grant_count; i++) {
    bl_code_i64(c, &wallet->grants[i].seq);
    bl_code_dec(c, &wallet->grants[i].left);
    bl_code_i64(c, &wallet->grants[i].expired_seq);
    bl_code_i64(c, &wallet->grants[i].expires_us);
    bl_code_u64(c, &wallet->grants[i].is_void);
  }
}

static void code_kin(bl_codec *c, bl_image *image) {
  bl_code_u64(c, &image->height);
  bl_code_i64(c, &image->tied);
  image->elders = bl_code_array(c, image->elders, &image->elder_count,
                                sizeof *image->elders);
  for (size_t i = 0; i < image->elder_count; i++)
    bl_code_u64(c, &image->elders[i]);
  image->liens = bl_code_array(c, image->liens, &image->lien_count,
                               sizeof *image->liens);
  for (size_t i = 0; i < image->lien_count; i++)
    bl_code_kin(c, &image->liens[i]);
}

void bl_code_image(bl_codec *c, bl_image *image) {
  bl_code_i64(c, &image->seq);
  bl_code_i64(c, &image->document);
  bl_code_u64(c, &image->events);
  bl_code_u64(c, &image->unmatched);
  bl_code_u64(c, &image->unpriced);
  bl_code_u64(c, &image->unentitled);
  image->contracts = bl_code_array(c, image->contracts,
                                   &image->contract_count,
                                   sizeof *image->contracts);
  for (size_t i = 0; i < image->contract_count; i++)
    code_contract(c, &image->contracts[i]);
  image->wallets = bl_code_array(c, image->wallets, &image->wallet_count,
                                 sizeof *image->wallets);
  for (size_t i = 0; i < image->wallet_count; i++)
    code_wallet(c, &image->wallets[i]);
  image->holds = bl_code_array(c, image->holds, &image->hold_count,
                               sizeof *image->holds);
  for (size_t i = 0; i < image->hold_count; i++) {
    bl_code_i64(c, &image->holds[i].seq);
    bl_code_i64(c, &image->holds[i].expires_us);
  }
  image->windows = bl_code_array(c, image->windows, &image->window_count,
                                 sizeof *image->windows);
  for (size_t i = 0; i < image->window_count; i++) {
    bl_code_count(c, &image->windows[i].count);
    bl_code_i64(c, &image->windows[i].since);
  }
  image->top_ups = bl_code_array(c, image->top_ups, &image->top_up_count,
                                 sizeof *image->top_ups);
  for (size_t i = 0; i < image->top_up_count; i++) {
    bl_code_top_up(c, NULL, &image->top_ups[i].was);
    bl_code_i64(c, &image->top_ups[i].at_us);
  }
  code_kin(c, image);
}

/* ---- from the state ---- */

static int image_more(const bl_tally *tally, bl_arena *arena,
                      bl_image_tally *out) {
  const bl_map *values = tally->more ? &tally->more->values : NULL;

  if (!values) return BILLING_OK;
  out->ticked = tally->more->ticked;
  out->is_due = tally->more->is_due;
  out->bound = tally->more->bound;
  out->value_count = values->count;
  out->values = bl_arena_array(arena, values->count + 1, sizeof *out->values);
  if (!out->values) return BILLING_NOMEM;
  for (size_t i = 0; i < values->count; i++) {
    const bl_tally_value *value = values->entry[i].value;
    memcpy(out->values[i].hash, values->entry[i].key, 16);
    out->values[i].time_us = value->time_us;
    out->values[i].is_removal = value->is_removal;
  }
  return BILLING_OK;
}

static int image_tally(const bl_tally *tally, bl_arena *arena,
                       bl_image_tally *out) {
  out->price = tally->price;
  out->period = tally->period;
  out->group = tally->group;
  out->rules = tally->rules ? tally->rules->number : 0;
  out->level = tally->level;
  out->amount = tally->amount;
  out->drawn = tally->drawn;
  out->billed_amount = tally->billed_amount;
  out->billed_drawn = tally->billed_drawn;
  out->stack = tally->stack;
  out->stack_count = tally->stack_count;
  out->billed = tally->billed;
  out->billed_count = tally->billed_count;
  out->first_event = tally->first_event;
  out->last_event = tally->last_event;
  return image_more(tally, arena, out);
}

static int image_contract(const bl_contract *contract, bl_arena *arena,
                          bl_image_contract *out) {
  bl_tallies tallies;
  int rc = bl_tallies_of(contract, arena, &tallies);

  if (rc) return rc;
  out->seq = contract->seq;
  out->closed = contract->closed;
  out->advanced = contract->advanced;
  out->has_ended = contract->has_ended;
  out->late_us = contract->late_us;
  out->moved_us = contract->moved_us;
  out->periods = contract->periods;
  out->period_count = contract->period_count;
  out->tally_count = tallies.count;
  out->tallies = bl_arena_array(arena, tallies.count + 1,
                                sizeof *out->tallies);
  if (!out->tallies) return BILLING_NOMEM;
  for (size_t i = 0; i < tallies.count && !rc; i++)
    rc = image_tally(tallies.item[i], arena, &out->tallies[i]);
  return rc;
}

static int image_wallet(const bl_wallet *wallet, bl_arena *arena,
                        bl_image_wallet *out) {
  size_t first = wallet->grants.first;

  out->asset = bl_str_of(wallet->asset);
  memcpy(out->balance, wallet->balance, sizeof out->balance);
  out->granted = wallet->granted;
  out->grant_count = wallet->grants.count - first;
  out->grants = bl_arena_array(arena, out->grant_count + 1,
                               sizeof *out->grants);
  if (!out->grants) return BILLING_NOMEM;
  for (size_t i = 0; i < out->grant_count; i++) {
    const bl_grant_state *grant = wallet->grants.item[first + i];
    out->grants[i] = (bl_image_grant){grant->seq, grant->lot.left,
                                      grant->expired_seq,
                                      grant->lot.expires_us,
                                      grant->lot.is_void};
  }
  return BILLING_OK;
}

static void image_window(const bl_limit_window *window,
                         bl_image_window *out) {
  out->count = window->was;
  out->count.amount = window->used;
  out->since = window->since;
}

static int image_lists(const bl_customer *customer, bl_arena *arena,
                       bl_image *out) {
  out->contract_count = customer->contracts.count;
  out->wallet_count = customer->wallets.count;
  out->hold_count = customer->holds.count;
  out->window_count = customer->windows.count - customer->windows.first;
  out->contracts = bl_arena_array(arena, out->contract_count + 1,
                                  sizeof *out->contracts);
  out->wallets = bl_arena_array(arena, out->wallet_count + 1,
                                sizeof *out->wallets);
  out->holds = bl_arena_array(arena, out->hold_count + 1, sizeof *out->holds);
  out->windows = bl_arena_array(arena, out->window_count + 1,
                                sizeof *out->windows);
  out->top_up_count = customer->top_ups.count;
  out->top_ups = bl_arena_array(arena, out->top_up_count + 1,
                                sizeof *out->top_ups);
  return out->contracts && out->wallets && out->holds && out->windows &&
                 out->top_ups
             ? BILLING_OK : BILLING_NOMEM;
}

static int image_kin(const bl_customer *customer, bl_arena *arena,
                     bl_image *out) {
  const bl_list *liens = &customer->liens;

  out->height = customer->height;
  out->tied = customer->tied;
  out->elders = customer->elders;
  out->elder_count = customer->elder_count;
  out->lien_count = liens->count - liens->first;
  out->liens = bl_arena_array(arena, out->lien_count + 1,
                              sizeof *out->liens);
  if (!out->liens) return BILLING_NOMEM;
  for (size_t i = 0; i < out->lien_count; i++) {
    const bl_lien *lien = liens->item[liens->first + i];
    out->liens[i] = (bl_fact_kin){
        .owner = customer->number, .customer = lien->customer,
        .what = BL_KIN_HELD, .hold = lien->hold,
        .expires_us = lien->expires_us,
        .draws = lien->draws, .draw_count = lien->draw_count,
        .counts = lien->counts, .count_count = lien->count_count};
  }
  return BILLING_OK;
}

int bl_image_of(const bl_customer *customer, int64_t seq, bl_arena *arena,
                bl_image *out) {
  int rc;

  memset(out, 0, sizeof *out);
  out->seq = seq;
  out->document = customer->seq;
  out->events = customer->events;
  out->unmatched = customer->unmatched;
  out->unpriced = customer->unpriced;
  out->unentitled = customer->unentitled;
  rc = image_lists(customer, arena, out);
  if (!rc) rc = image_kin(customer, arena, out);
  for (size_t i = 0; i < out->contract_count && !rc; i++)
    rc = image_contract(customer->contracts.item[i], arena,
                        &out->contracts[i]);
  for (size_t i = 0; i < out->wallet_count && !rc; i++)
    rc = image_wallet(customer->wallets.item[i], arena, &out->wallets[i]);
  for (size_t i = 0; i < out->hold_count && !rc; i++) {
    const bl_hold_state *hold = customer->holds.item[i];
    out->holds[i] = (bl_image_hold){hold->seq, hold->expires_us};
  }
  for (size_t i = 0; i < out->window_count && !rc; i++)
    image_window(customer->windows.item[customer->windows.first + i],
                 &out->windows[i]);
  for (size_t i = 0; i < out->top_up_count && !rc; i++) {
    const bl_top_up_state *top_up = customer->top_ups.item[i];
    out->top_ups[i] = (bl_image_top_up){top_up->was, top_up->at_us};
  }
  return rc;
}

int bl_image_bytes(const bl_customer *customer, int64_t seq, bl_arena *arena,
                   bl_str *out) {
  bl_codec codec;
  bl_image image;
  bl_text text;
  int rc = bl_image_of(customer, seq, arena, &image);

  if (rc) return rc;
  bl_text_open(&text, arena);
  codec = (bl_codec){&text, NULL, arena, 0, 0};
  bl_code_image(&codec, &image);
  *out = (bl_str){text.text, text.len <= IMAGE_MOST ? text.len : 0};
  return bl_codec_done(&codec);
}

/* ---- age ---- */

void bl_images_open(bl_images *images, const billing_allocator *host) {
  memset(images, 0, sizeof *images);
  bl_arena_open(&images->ripe.arena, host);
  bl_arena_open(&images->frozen.arena, host);
  bl_arena_open(&images->arena, host);
}

void bl_images_close(bl_images *images) {
  bl_arena_close(&images->ripe.arena);
  bl_arena_close(&images->frozen.arena);
  bl_arena_close(&images->arena);
}

/* When memory is out the customer is ripe again later. */
void bl_image_age(bl_tenant *t, bl_customer *customer, int64_t seq) {
  bl_image_list *ripe = &t->images.ripe;
  uint64_t *place;

  if (customer->aged_seq == seq) return;
  customer->aged_seq = seq;
  if (++customer->age % BL_IMAGE_AGE != 0) return;
  place = bl_arena_push(&ripe->arena, (void **)&ripe->number, &ripe->count,
                        &ripe->cap, sizeof *place);
  if (!place) {
    bl_arena_close(&ripe->arena);
    ripe->number = NULL;
    ripe->count = ripe->cap = 0;
    return;
  }
  *place = customer->number;
  ripe->count++;
  t->images.unpaid++;
}

#undef IMAGE_MOST
