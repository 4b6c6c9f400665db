/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * hash.c - BLAKE2b and SipHash from libsodium, whose header is included here
 * and nowhere else.
 *
 *     BLAKE2b-256 of "abc"
 *       bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319
 *     SipHash-2-4 of no bytes, key 00 01 02 .. 0f
 *       726fdb47dd0e0e31 as a number; with 128 bits, as bytes,
 *       a3817f04ba25a8e66df67214c7550293
 */
#include <sodium.h>

#include "crypto/crypto.h"

_Static_assert(crypto_generichash_BYTES == BL_HASH, "hash");
_Static_assert(crypto_generichash_KEYBYTES == BL_HASH, "secret");
_Static_assert(crypto_shorthash_KEYBYTES == BL_KEY_HASH, "key");
_Static_assert(crypto_shorthash_BYTES == sizeof(uint64_t), "short");
_Static_assert(crypto_shorthash_siphashx24_BYTES == BL_KEY_HASH, "keyed");
_Static_assert(crypto_shorthash_siphashx24_KEYBYTES == BL_KEY_HASH, "key");

int bl_crypto_start(void) {
  return BL_MUST(sodium_init() >= 0);
}

void bl_hash32(unsigned char out[BL_HASH], const void *p, size_t n) {
  assert(p || n == 0);
  crypto_generichash(out, BL_HASH, p, n, NULL, 0);
}

void bl_hash_chain(unsigned char out[BL_HASH],
                   const unsigned char prev[BL_HASH], const void *header,
                   size_t n, const unsigned char facts[BL_HASH],
                   const unsigned char properties[BL_HASH]) {
  crypto_generichash_state state;
  assert(header || n == 0);
  crypto_generichash_init(&state, NULL, 0, BL_HASH);
  crypto_generichash_update(&state, prev, BL_HASH);
  crypto_generichash_update(&state, header, n);
  crypto_generichash_update(&state, facts, BL_HASH);
  crypto_generichash_update(&state, properties, BL_HASH);
  crypto_generichash_final(&state, out, BL_HASH);
}

void bl_key_hash16(unsigned char out[BL_KEY_HASH],
                   const unsigned char key[BL_KEY_HASH], const void *p,
                   size_t n) {
  assert(p || n == 0);
  crypto_shorthash_siphashx24(out, p, n, key);
}

uint64_t bl_key_hash8(const unsigned char key[BL_KEY_HASH], const void *p,
                      size_t n) {
  unsigned char bytes[crypto_shorthash_BYTES];
  uint64_t v = 0;
  assert(p || n == 0);
  crypto_shorthash(bytes, p, n, key);
  for (size_t i = sizeof bytes; i > 0; i--) v = v << 8 | bytes[i - 1];
  return v;
}

int bl_entropy(unsigned char *out, size_t n) {
  int rc = bl_crypto_start();
  assert(out);
  if (!rc) randombytes_buf(out, n);
  return rc;
}

void bl_subkey(unsigned char *out, size_t n,
               const unsigned char secret[BL_HASH], const char *label) {
  size_t len = strlen(label);
  assert(n >= crypto_generichash_BYTES_MIN);
  assert(n <= crypto_generichash_BYTES_MAX);
  crypto_generichash(out, n, (const unsigned char *)label, len, secret,
                     BL_HASH);
}
