/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* samples.c - samples out of recorded charges; see samples.h. */
#include "engine/samples.h"

#include "engine/index.h"
#include "engine/restated.h"

/* ---- voids ---- */

static int voids_read_one(bl_call *c, int64_t seq, bl_arena *arena,
                          bl_voids *out) {
  bl_voided *one = bl_arena_take(arena, sizeof *one);
  uint64_t number;
  bl_entry entry;
  int rc = bl_journal_read(c, seq, arena, &entry);

  if (!one) return BILLING_NOMEM;
  if (!rc) rc = bl_entry_read(&entry, arena, &one->facts);
  if (rc) return rc == BILLING_NOTFOUND ? BILLING_CORRUPT : rc;
  one->at_us = entry.at_us;
  number = one->facts.undone.event;
  if (bl_voids_at(out, number)) return BILLING_CORRUPT;
  return bl_map_put(&out->numbers, &number, sizeof number, one);
}

int bl_voids_read(bl_call *c, const bl_customer *customer, bl_span times,
                  bl_arena *arena, bl_voids *out) {
  bl_index_wish wish = {{BL_SUBJECT_VOID, 0}, 0, times,
                        UINT64_C(1) << BL_ENTRY_VOID};
  int64_t *seqs;
  size_t count;
  int rc;

  bl_map_open(&out->numbers, arena);
  if (customer) wish.subject = bl_subject_customer(customer->number);
  rc = bl_index_find(c, &wish, arena, &seqs, &count);
  for (size_t i = 0; i < count && !rc; i++)
    rc = voids_read_one(c, seqs[i], arena, out);
  return rc;
}

const bl_voided *bl_voids_at(const bl_voids *voids, uint64_t number) {
  return bl_map_get(&voids->numbers, &number, sizeof number);
}

/* ---- samples ---- */

typedef struct samples_walk {
  bl_call           *c;
  const bl_customer *customer;
  bl_samples_take   *take;
  void              *user;
  bl_voids           voids;
  bl_restatements    restated;
  bl_arena           list;     /* of these, and of what will be read */
  bl_arena           arena;    /* of the entry at hand */
} samples_walk;

static int samples_of_event(samples_walk *w, const bl_fact_key *keys,
                            const bl_fact_event *fact, uint64_t number) {
  int rc = BILLING_OK;

  for (size_t i = 0; i < fact->charge_count && !rc; i++) {
    const bl_fact_charge *charge = &fact->charges[i];
    bl_sample sample = {charge->sample, {"", 0}, fact->time_us, number,
                        charge->is_removal, 0};

    if (charge->has_unique) {
      sample.quantity = BL_DEC_ONE;
      sample.value = (bl_str){(const char *)charge->unique,
                              sizeof charge->unique};
    }
    rc = w->take(w->user, &keys[charge->key], &sample);
  }
  return rc;
}

static int samples_restated(samples_walk *w, const bl_block *block,
                            const bl_fact_event *fact, uint64_t number) {
  bl_fact_event now;
  bl_fact_key *keys;
  int rc = bl_restate(w->c, &w->restated, number, block->keys, fact,
                      &w->arena, &now, &keys);

  return rc ? rc : samples_of_event(w, keys, &now, number);
}

static int samples_of_block(samples_walk *w, const bl_block *block,
                            uint64_t number) {
  int rc = BILLING_OK;

  for (size_t i = 0; i < block->count && !rc; i++)
    if (block->facts[i].customer == w->customer->number &&
        !bl_voids_at(&w->voids, number + i))
      rc = w->restated.count
               ? samples_restated(w, block, &block->facts[i], number + i)
               : samples_of_event(w, block->keys, &block->facts[i],
                                  number + i);
  return rc;
}

static int samples_of_entry(samples_walk *w, int64_t seq) {
  bl_batch batch;
  bl_entry entry;
  int rc = bl_journal_read(w->c, seq, &w->arena, &entry);

  if (rc) return rc;
  rc = bl_batch_open(&w->arena, &entry, &batch);
  for (size_t i = 0; !rc && i < batch.block_count; i++) {
    const bl_block *block;
    rc = bl_batch_block(&batch, i, &block);
    if (!rc)
      rc = samples_of_block(w, block,
                            bl_event_number(seq, i * BL_BATCH_BLOCK));
  }
  return rc;
}

int bl_samples_walk(bl_call *c, const bl_customer *customer, bl_span times,
                    bl_samples_take *take, void *user) {
  bl_index_wish wish = {bl_subject_customer(customer->number), 0, times,
                        UINT64_C(1) << BL_ENTRY_EVENTS};
  samples_walk w = {.c = c, .customer = customer, .take = take,
                    .user = user};
  int64_t *seqs;
  size_t count;
  int rc;

  bl_arena_open(&w.list, &c->b->host);
  bl_arena_open(&w.arena, &c->b->host);
  rc = bl_index_find(c, &wish, &w.list, &seqs, &count);
  if (!rc) rc = bl_voids_read(c, customer, times, &w.list, &w.voids);
  if (!rc)
    rc = bl_restatements_read(c, customer, times, &w.list, &w.restated);
  for (size_t i = 0; i < count && !rc; i++) {
    rc = samples_of_entry(&w, seqs[i]);
    bl_arena_empty(&w.arena, SIZE_MAX);
    if (!rc && bl_is_interrupted(c->b)) rc = BILLING_CANCELED;
  }
  bl_arena_close(&w.arena);
  bl_arena_close(&w.list);
  return rc;
}
