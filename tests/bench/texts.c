/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * texts.c - what an event's bytes cost: reading two of its properties, and
 * its share of the chain of hashes.
 */
#include "path.h"

#include "base/json.h"
#include "crypto/crypto.h"
#if __has_include("base/json_scan.h")
#include "base/json_scan.h"
#define HAS_SCAN 1
#endif

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#define OBJECTS 2048
#define OBJECT_BYTES 256
#define BATCH 1000
#define EVENT_BYTES 153      /* of an event as it is given */
#define STORED_BYTES 48      /* and, rounded up, in the journal */

typedef struct text_work {
  char     object[OBJECTS][OBJECT_BYTES];      /* about 150 bytes each */
  uint32_t len[OBJECTS];
  unsigned char events[BATCH * EVENT_BYTES];
  double   turn;
} text_work;

static void fill(text_work *w) {
  bench_stream s;
  bench_event e;

  bench_stream_open(&s, BENCH_CUSTOMERS, BENCH_UNIFORM);
  for (int i = 0; i < OBJECTS; i++) {
    bench_stream_event(&s, (uint64_t)i, &e);
    w->len[i] = (uint32_t)snprintf(
        w->object[i], OBJECT_BYTES,
        "%.*s,\"project\":\"prj_%05x\",\"endpoint\":\"/v1/chat/completions\","
        "\"latency_ms\":%d}", (int)strlen(e.properties) - 1, e.properties,
        (unsigned)e.time_us & 0xFFFFF, (int)(e.thousandths % 900));
  }
  for (size_t i = 0; i < sizeof w->events; i++)
    w->events[i] = (unsigned char)(i * 167 + i / 251);
}

/* Both give what they read, summed up, so that the two can be compared; one
 * call goes through all objects, or one batch. */
typedef uint64_t text_side(const text_work *w);

static double take_turn(const text_work *w, text_side *side, long pieces,
                        uint64_t *sum) {
  double start = bench_seconds(), end;
  long count = 0;

  do {
    *sum = side(w);
    count += pieces;
  } while ((end = bench_seconds()) - start < w->turn);
  return (end - start) * 1e9 / (double)count;
}

/* ---- properties ---- */

static uint64_t read_by_cjson(const text_work *w) {
  uint64_t sum = 0;

  for (int i = 0; i < OBJECTS; i++) {
    cJSON *tree = cJSON_ParseWithLength(w->object[i], w->len[i]);
    cJSON *model = cJSON_GetObjectItemCaseSensitive(tree, "model");
    cJSON *region = cJSON_GetObjectItemCaseSensitive(tree, "region");
    sum += (uint64_t)(model->valuestring[0] + region->valuestring[1]);
    cJSON_Delete(tree);
  }
  return sum;
}

#ifdef HAS_SCAN
static uint64_t read_by_scan(const text_work *w) {
  bl_str model = {"model", 5}, region = {"region", 6};
  uint64_t sum = 0;
  bl_arena arena;
  bl_members members;

  bl_arena_open(&arena, NULL);
  bl_members_open(&members, &arena);
  for (int i = 0; i < OBJECTS; i++) {
    if (bl_json_scan((bl_str){w->object[i], w->len[i]}, &members, NULL))
      bench_stop("properties", "an object was refused");
    sum += (uint64_t)(bl_members_get(&members, model)->value.text[0] +
                      bl_members_get(&members, region)->value.text[1]);
  }
  bl_arena_close(&arena);
  return sum;
}

static void measure_properties(const bench_plan *plan, const text_work *w) {
  bench_round rounds[BENCH_ROUNDS_MOST];
  uint64_t sum[2];

  for (int i = 0; i < plan->turns; i++) {
    rounds[i].ours = take_turn(w, read_by_scan, OBJECTS, &sum[0]);
    rounds[i].yardstick = take_turn(w, read_by_cjson, OBJECTS, &sum[1]);
    if (sum[0] != sum[1]) bench_stop("properties", "two different results");
  }
  bench_report("properties", rounds, plan->turns);
}
#else
static void measure_properties(const bench_plan *plan, const text_work *w) {
  (void)plan;
  (void)w;
  (void)read_by_cjson;
  bench_skip("properties", "this library has no scanner of properties");
}
#endif

/* ---- the chain ---- */

/* A batch is hashed in two parts, and its link hashes the hashes. */
static uint64_t chain_batch(const text_work *w) {
  static const unsigned char header[24] = {1};
  unsigned char parts[2][BL_HASH], link[BL_HASH] = {0};
  size_t len = BATCH * STORED_BYTES / 2;

  bl_hash32(parts[0], w->events, len);
  bl_hash32(parts[1], w->events + len, len);
  bl_hash_chain(link, link, header, sizeof header, parts[0], parts[1]);
  return link[0];
}

/* A link for each event: the hash before it and its bytes. */
static uint64_t chain_each(const text_work *w) {
  unsigned char link[BL_HASH + EVENT_BYTES] = {0};

  for (int i = 0; i < BATCH; i++) {
    memcpy(link + BL_HASH, w->events + (size_t)i * EVENT_BYTES, EVENT_BYTES);
    bl_hash32(link, link, sizeof link);
  }
  return link[0];
}

static void measure_chain(const bench_plan *plan, const text_work *w) {
  bench_round rounds[BENCH_ROUNDS_MOST];
  uint64_t sum;

  if (bl_crypto_start()) bench_stop("chain", "libsodium does not start");
  for (int i = 0; i < plan->turns; i++) {
    rounds[i].ours = take_turn(w, chain_batch, BATCH, &sum);
    rounds[i].yardstick = take_turn(w, chain_each, BATCH, &sum);
  }
  bench_report("chain", rounds, plan->turns);
}

void bench_texts(const bench_plan *plan) {
  text_work *w;

  if (!bench_wants("properties", "chain", NULL)) return;
  w = bench_room(1, sizeof *w);
  w->turn = plan->turn / 2;
  fill(w);
  if (bench_wants("properties", NULL)) measure_properties(plan, w);
  if (bench_wants("chain", NULL)) measure_chain(plan, w);
  free(w);
}
