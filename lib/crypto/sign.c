/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * sign.c - Ed25519 of RFC 8032, and names of its keys (RFC 7638, RFC 8037).
 *
 *     secret 9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60
 *     public d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a
 *     its id kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k
 *     the signature of no bytes e5564300c360ac729086e2cc806e828a
 *                               84877f1eb8e5d974d873e06522490155 ..
 */
#include <sodium.h>

#include "crypto/crypto.h"

_Static_assert(crypto_sign_SEEDBYTES == BL_SIGN_KEY, "secret");
_Static_assert(crypto_sign_PUBLICKEYBYTES == BL_SIGN_KEY, "public");
_Static_assert(crypto_sign_BYTES == BL_SIGNATURE, "signature");
_Static_assert(BL_SIGN_ID == sodium_base64_ENCODED_LEN(
                   crypto_hash_sha256_BYTES,
                   sodium_base64_VARIANT_URLSAFE_NO_PADDING), "id");

#define SIGN_BASE64 sodium_base64_VARIANT_URLSAFE_NO_PADDING

void bl_sign_public(const unsigned char secret[BL_SIGN_KEY],
                    unsigned char out[BL_SIGN_KEY]) {
  unsigned char both[crypto_sign_SECRETKEYBYTES];

  crypto_sign_seed_keypair(out, both, secret);
  sodium_memzero(both, sizeof both);
}

void bl_sign(const unsigned char secret[BL_SIGN_KEY], bl_str text,
             unsigned char out[BL_SIGNATURE]) {
  unsigned char both[crypto_sign_SECRETKEYBYTES];
  unsigned char key[BL_SIGN_KEY];

  crypto_sign_seed_keypair(key, both, secret);
  crypto_sign_detached(out, NULL, (const unsigned char *)text.text, text.len,
                       both);
  sodium_memzero(both, sizeof both);
}

int bl_sign_holds(const unsigned char key[BL_SIGN_KEY], bl_str text,
                  const unsigned char signature[BL_SIGNATURE]) {
  return crypto_sign_verify_detached(signature,
                                     (const unsigned char *)text.text,
                                     text.len, key) == 0;
}

/* The hash of the key's least JSON Web Key. */
void bl_sign_id(const unsigned char key[BL_SIGN_KEY], char out[BL_SIGN_ID]) {
  static const char front[] = "{\"crv\":\"Ed25519\",\"kty\":\"OKP\",\"x\":\"";
  unsigned char hash[crypto_hash_sha256_BYTES];
  char x[BL_SIGN_ID];
  crypto_hash_sha256_state state;

  (void)bl_base64url_print(key, BL_SIGN_KEY, x);
  crypto_hash_sha256_init(&state);
  crypto_hash_sha256_update(&state, (const unsigned char *)front,
                            sizeof front - 1);
  crypto_hash_sha256_update(&state, (const unsigned char *)x, sizeof x - 1);
  crypto_hash_sha256_update(&state, (const unsigned char *)"\"}", 2);
  crypto_hash_sha256_final(&state, hash);
  (void)bl_base64url_print(hash, sizeof hash, out);
}

/* ---- base64url without padding (RFC 4648) ---- */

size_t bl_base64url_print(const void *bytes, size_t n, char *out) {
  size_t len = sodium_base64_encoded_len(n, SIGN_BASE64);

  sodium_bin2base64(out, len, bytes, n, SIGN_BASE64);
  return len - 1;
}

int bl_base64url_read(bl_str text, void *out, size_t room, size_t *n) {
  return sodium_base642bin(out, room, text.text, text.len, NULL, n, NULL,
                           SIGN_BASE64) == 0;
}

#undef SIGN_BASE64
