/* Base64 with the URL's alphabet and without padding (RFC 4648 section 5): signatures and keys. */
#pragma once

#include "lib/text.h"

void text_add_base64url(struct text *t, const void *bytes, size_t len);
/* Exactly `len` bytes, in their only form (no padding, unused bits 0). False: `ret` is touched. */
bool base64url_parse(struct span s, void *ret, size_t len);
