/* Folding for search: Cyrillic and Latin in two bytes of UTF-8, ASCII in one. */
#include "lib/fold.h"

/* Lower case of a Latin letter with its mark (U+00C0–U+017F). */
static unsigned lower_latin(unsigned c)
{
	if (c == 0x130 || c == 0x131) /* İ, ı: typed as I and i */
		return 'i';
	if (c >= 0xc0 && c <= 0xde && c != 0xd7)
		return c + 0x20;
	if (c == 0x178)
		return 0xff;
	if ((c >= 0x100 && c <= 0x137) || (c >= 0x14a && c <= 0x177))
		return c | 1;
	if ((c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17e))
		return c + (c & 1);
	return c;
}

/* Lower case of a Cyrillic code point (U+0400–U+052F), by the layout of its block. */
static unsigned lower(unsigned c)
{
	if (c < 0x400)
		return lower_latin(c);
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

static void add_point(struct text *t, unsigned point)
{
	if (point < 0x80) {
		text_add_char(t, (char)point);
		return;
	}
	text_add_char(t, (char)(0xc0 | point >> 6));
	text_add_char(t, (char)(0x80 | (point & 0x3f)));
}

/* A mark over the Cyrillic letter before it: и with a breve is й, whatever else (the two dots of ё,
 * a stress) is not typed by all. False: it stands over no such letter. */
static bool fold_mark(struct text *t, size_t start, unsigned point)
{
	const char *last;

	if (point < 0x300 || point > 0x36f || t->len < start + 2)
		return false;
	last = t->data + t->len - 2;
	if ((unsigned char)*last < 0xd0 || (unsigned char)*last > 0xd4)
		return false;
	if (point == 0x306 && memcmp(last, "и", 2) == 0) {
		t->len -= 2;
		text_adds(t, "й");
	}
	return true;
}

void text_add_folded(struct text *t, struct span s)
{
	size_t start = t->len;

	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.at[i];
		unsigned point;

		if (c >= 'A' && c <= 'Z')
			c |= 0x20;
		if (c < 0xc3 || c > 0xd4 || i + 1 == s.len) {
			text_add_char(t, (char)c);
			continue;
		}
		point = (c & 0x1fu) << 6 | ((unsigned char)s.at[++i] & 0x3fu);
		if (!fold_mark(t, start, point))
			add_point(t, plain(lower(point)));
	}
}

/* Signs beyond ASCII that part words stand in the blocks of Latin-1, of letters that modify (the
 * apostrophe of Oʻzbek) and of general punctuation. */
static size_t parting(const unsigned char *s, size_t len)
{
	if (*s < 0x80)
		return !((*s >= 'a' && *s <= 'z') || (*s >= '0' && *s <= '9'));
	if (*s == 0xc2 || (*s == 0xca && len > 1 && s[1] >= 0xb0))
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
