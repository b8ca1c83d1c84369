/* Base64, URL alphabet: six bits a character, the first bits first. */
#include "lib/base64.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

void text_add_base64url(struct text *t, const void *bytes, size_t len)
{
	const uint8_t *from = bytes;
	unsigned held = 0, bits = 0;

	for (size_t i = 0; i < len; i++) {
		held = (held << 8 | from[i]) & 0xffff;
		for (bits += 8; bits >= 6; bits -= 6)
			text_add_char(t, alphabet[held >> (bits - 6) & 63]);
	}
	if (bits)
		text_add_char(t, alphabet[held << (6 - bits) & 63]);
}

bool base64url_parse(struct span s, void *ret, size_t len)
{
	uint8_t *to = ret;
	unsigned held = 0, bits = 0;
	size_t n = 0;

	if (s.len != (len * 8 + 5) / 6)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		const char *at = s.at[i] ? strchr(alphabet, s.at[i]) : NULL;

		if (!at)
			return false;
		held = (held << 6 | (unsigned)(at - alphabet)) & 0xffff;
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			to[n++] = (uint8_t)(held >> bits);
		}
	}
	return (held & ((1u << bits) - 1)) == 0;
}
