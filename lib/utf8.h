/* UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing beyond U+10FFFF. */
#pragma once

#include "lib/base.h"

/* Bytes of the character at `at` (1 to 4), or 0 when none begins there that is whole before `end`.
 */
static inline size_t utf8_length(const char *at, const char *end)
{
	const uint8_t *c = (const uint8_t *)at;
	size_t left = (size_t)(end - at);
#define TAIL(i) ((c[i] & 0xc0) == 0x80)

	if (left == 0)
		return 0;
	if (c[0] < 0x80)
		return 1;
	if (c[0] < 0xc2)
		return 0;
	if (c[0] < 0xe0)
		return left >= 2 && TAIL(1) ? 2 : 0;
	if (c[0] < 0xf0) {
		if (left < 3 || !TAIL(1) || !TAIL(2) || (c[0] == 0xe0 && c[1] < 0xa0) ||
			(c[0] == 0xed && c[1] > 0x9f))
			return 0;
		return 3;
	}
	if (c[0] > 0xf4 || left < 4 || !TAIL(1) || !TAIL(2) || !TAIL(3) ||
		(c[0] == 0xf0 && c[1] < 0x90) || (c[0] == 0xf4 && c[1] > 0x8f))
		return 0;
	return 4;
#undef TAIL
}

static inline bool utf8_is_valid(struct span s)
{
	for (size_t i = 0, n; i < s.len; i += n) {
		n = utf8_length(s.at + i, s.at + s.len);
		if (n == 0)
			return false;
	}
	return true;
}

/* Characters (code points) of valid UTF-8. */
static inline size_t utf8_count(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += (*s & 0xc0) != 0x80;
	return n;
}

/* The character's bytes into `to`; returns how many. Surrogates and what lies beyond become U+FFFD.
 */
static inline size_t utf8_encode(uint32_t c, char to[4])
{
	if (c < 0x80) {
		to[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		to[0] = (char)(0xc0 | c >> 6);
		to[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		c = 0xfffd;
	if (c < 0x10000) {
		to[0] = (char)(0xe0 | c >> 12);
		to[1] = (char)(0x80 | (c >> 6 & 0x3f));
		to[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	to[0] = (char)(0xf0 | c >> 18);
	to[1] = (char)(0x80 | (c >> 12 & 0x3f));
	to[2] = (char)(0x80 | (c >> 6 & 0x3f));
	to[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}
