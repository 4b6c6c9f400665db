/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * id.c - what may be an id or a key: 1 to 200 bytes of UTF-8 that show
 * themselves.
 *
 *     "acme", "a b", "Ä/1" are ids;  "", "a\nb" and 201 letters are none
 */
#include "base/limit.h"
#include "catalog/catalog.h"

/* U+0000 to U+001F, U+007F, and U+0080 to U+009F, which is C2 80 to C2 9F.
 * The text is valid UTF-8, so that a byte follows every C2. */
int bl_catalog_is_plain(bl_str text) {
  size_t front = bl_ascii_front(text.text, text.len);

  if (front == text.len) return 1;
  if (!bl_utf8_is_valid(text.text + front, text.len - front)) return 0;
  for (size_t i = front; i < text.len; i++) {
    unsigned char c = (unsigned char)text.text[i];

    if (c < 0x20 || c == 0x7f) return 0;
    if (c == 0xc2 && (unsigned char)text.text[i + 1] < 0xa0) return 0;
  }
  return 1;
}

int bl_catalog_id_is_valid(bl_str id) {
  return id.len >= 1 && id.len <= BL_LIMIT_KEY_BYTES &&
         bl_catalog_is_plain(id);
}
