/* Folding for search: Cyrillic in two bytes of UTF-8, ASCII in one. */
#include "lib/fold.h"

/* Lower case of a Cyrillic code point (U+0400–U+052F), by the layout of its block. */
static unsigned lower(unsigned c)
{
	if (c >= 0x410 && c <= 0x42f)
		return c + 0x20;
	if (c >= 0x400 && c <= 0x40f)
		return c + 0x50;
	if ((c >= 0x460 && c <= 0x481) || (c >= 0x48a && c <= 0x4bf) || (c >= 0x4d0 && c <= 0x52f))
		return c | 1;
	return c;
}

static unsigned plain(unsigned c)
{
	switch (c) {
	case 0x451: /* ё */
		return 0x435;
	case 0x4a3: /* ң */
		return 0x43d;
	case 0x4e9: /* ө */
		return 0x43e;
	case 0x4af: /* ү */
		return 0x443;
	default:
		return c;
	}
}

void text_add_folded(struct text *t, struct span s)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.at[i];
		unsigned point;

		if (c >= 'A' && c <= 'Z')
			c |= 0x20;
		if (c < 0xd0 || c > 0xd4 || i + 1 == s.len) {
			text_add_char(t, (char)c);
			continue;
		}
		point = (c & 0x1fu) << 6 | ((unsigned char)s.at[++i] & 0x3fu);
		point = plain(lower(point));
		text_add_char(t, (char)(0xc0 | point >> 6));
		text_add_char(t, (char)(0x80 | (point & 0x3f)));
	}
}

/* Signs beyond ASCII that part words stand in Latin-1's and the general punctuation's blocks. */
static size_t parting(const unsigned char *s, size_t len)
{
	if (*s < 0x80)
		return !((*s >= 'a' && *s <= 'z') || (*s >= '0' && *s <= '9'));
	if (*s == 0xc2)
		return len < 2 ? len : 2;
	if (*s == 0xe2)
		return len < 3 ? len : 3;
	return 0;
}

bool fold_next_word(struct span *rest, struct span *ret_word)
{
	size_t n, len = 0;

	while (rest->len && (n = parting((const unsigned char *)rest->at, rest->len))) {
		rest->at += n;
		rest->len -= n;
	}
	while (len < rest->len && !parting((const unsigned char *)rest->at + len, rest->len - len))
		len++;
	*ret_word = (struct span){rest->at, len};
	rest->at += len;
	rest->len -= len;
	return len > 0;
}
