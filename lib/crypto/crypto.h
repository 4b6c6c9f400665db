/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * crypto.h - hashes of the journal and keyed hashes of ids.  This folder is
 * the only user of libsodium; lengths are fixed here, because libsodium ends
 * the process when one is wrong.
 */
#ifndef BL_CRYPTO_H
#define BL_CRYPTO_H

#include "base/text.h"

#define BL_HASH 32           /* bytes of a hash and of a secret */
#define BL_KEY_HASH 16       /* bytes of a keyed hash and of its key */

/* Once before anything else here, from any thread; again is fine.
 * INTERNAL when libsodium does not start. */
int bl_crypto_start(void);

/* BLAKE2b-256. p may be NULL when n is 0. */
void bl_hash32(unsigned char out[BL_HASH], const void *p, size_t n);

/*
 * A link of the chain: the hash of the link before, an entry's header and the
 * hashes of its two parts.  Either part can be redacted later, and the chain
 * still holds.  BLAKE2b-256 of prev, header, facts, properties, one after the
 * other; all but the header have fixed lengths, so the ends are not ambiguous.
 */
void bl_hash_chain(unsigned char out[BL_HASH],
                   const unsigned char prev[BL_HASH], const void *header,
                   size_t n, const unsigned char facts[BL_HASH],
                   const unsigned char properties[BL_HASH]);

/* SipHash-2-4 with 128 bits, for idempotency keys and ids. */
void bl_key_hash16(unsigned char out[BL_KEY_HASH],
                   const unsigned char key[BL_KEY_HASH], const void *p,
                   size_t n);
/* SipHash-2-4 with 64 bits. */
uint64_t bl_key_hash8(const unsigned char key[BL_KEY_HASH], const void *p,
                      size_t n);

/* n bytes nobody can guess, for the secret of a new database and nothing
 * else.  INTERNAL when libsodium does not start. */
int bl_entropy(unsigned char *out, size_t n);

/* A key of 16 to 64 bytes for one purpose, named by the label: BLAKE2b of the
 * label, keyed with the secret. */
void bl_subkey(unsigned char *out, size_t n,
               const unsigned char secret[BL_HASH], const char *label);

/* ---- signatures by Ed25519 (sign.c) ---- */

#define BL_SIGN_KEY 32       /* bytes of a secret and of a public key */
#define BL_SIGNATURE 64
#define BL_SIGN_ID 44        /* text of a key's id, with its NUL */

/* The public key of a secret. */
void bl_sign_public(const unsigned char secret[BL_SIGN_KEY],
                    unsigned char out[BL_SIGN_KEY]);
void bl_sign(const unsigned char secret[BL_SIGN_KEY], bl_str text,
             unsigned char out[BL_SIGNATURE]);
/* Whether the key's owner has signed this text. */
int bl_sign_holds(const unsigned char key[BL_SIGN_KEY], bl_str text,
                  const unsigned char signature[BL_SIGNATURE]);
/* The thumbprint of a public key, in base64url. */
void bl_sign_id(const unsigned char key[BL_SIGN_KEY], char out[BL_SIGN_ID]);

/* Base64url without padding and a NUL into out, which holds 4 bytes for each 3
 * that were begun and one more; returns its length. */
size_t bl_base64url_print(const void *bytes, size_t n, char *out);
/* Back; 0 when it is not exactly that, or needs more room. */
int bl_base64url_read(bl_str text, void *out, size_t room, size_t *n);

/* ---- Standard Webhooks (webhook.c) ---- */

typedef struct bl_webhook_key {
  unsigned char bytes[64];
  size_t        len;
} bl_webhook_key;

/* "whsec_" and base64 of 24 to 64 bytes; 0 when it is not that. */
int bl_webhook_key_read(bl_str secret, bl_webhook_key *out);
/* "v1,", the signature of id.seconds.body in base64, and a NUL. */
#define BL_WEBHOOK_SIGNATURE 48
void bl_webhook_sign(const bl_webhook_key *key, bl_str id, int64_t seconds,
                     bl_str body, char out[BL_WEBHOOK_SIGNATURE]);

/* HMAC-SHA256 as 64 hexadecimal digits and a NUL. */
void bl_hmac_hex(bl_str key, bl_str text, char out[2 * BL_HASH + 1]);

#endif
