/* A growing string: doubling, always NUL-terminated. */
#include <stdio.h>

#include "lib/text.h"

void text_done(struct text *t)
{
	free(t->data);
	*t = TEXT_INIT;
}

void text_reset(struct text *t)
{
	t->len = 0;
	if (t->data)
		t->data[0] = '\0';
}

char *text_reserve(struct text *t, size_t more)
{
	if (t->len + more + 1 > t->cap) {
		size_t cap = t->cap ? t->cap : 128;

		while (cap < t->len + more + 1)
			cap *= 2;
		t->data = realloc(t->data, cap);
		if (!t->data)
			abort();
		t->cap = cap;
		t->data[t->len] = '\0';
	}
	return t->data + t->len;
}

void text_add(struct text *t, const void *bytes, size_t len)
{
	char *to = text_reserve(t, len);

	if (len)
		memcpy(to, bytes, len);
	to[len] = '\0';
	t->len += len;
}

void text_add_char(struct text *t, char c)
{
	text_add(t, &c, 1);
}

void text_adds(struct text *t, const char *s)
{
	text_add(t, s, strlen(s));
}

void text_add_span(struct text *t, struct span s)
{
	text_add(t, s.at, s.len);
}

void text_vaddf(struct text *t, const char *fmt, va_list ap)
{
	char *to = text_reserve(t, 32);
	size_t room = t->cap - t->len;
	va_list again;
	int n;

	va_copy(again, ap);
	n = vsnprintf(to, room, fmt, again);
	va_end(again);
	if (n < 0)
		abort();
	/* Most fit at once. */
	if ((size_t)n >= room)
		vsnprintf(text_reserve(t, (size_t)n), (size_t)n + 1, fmt, ap);
	t->len += (size_t)n;
}

void text_addf(struct text *t, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	text_vaddf(t, fmt, ap);
	va_end(ap);
}

static void add_json_char(struct text *t, unsigned char c)
{
	switch (c) {
	case '"':
		text_adds(t, "\\\"");
		break;
	case '\\':
		text_adds(t, "\\\\");
		break;
	case '\b':
		text_adds(t, "\\b");
		break;
	case '\f':
		text_adds(t, "\\f");
		break;
	case '\n':
		text_adds(t, "\\n");
		break;
	case '\r':
		text_adds(t, "\\r");
		break;
	case '\t':
		text_adds(t, "\\t");
		break;
	default:
		text_addf(t, "\\u%04x", c);
	}
}

void text_add_json_span(struct text *t, struct span s)
{
	size_t clean = 0;

	text_add_char(t, '"');
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.at[i];

		if (c >= 0x20 && c != '"' && c != '\\' && c != 0x7f)
			continue;
		text_add(t, s.at + clean, i - clean);
		add_json_char(t, c);
		clean = i + 1;
	}
	text_add(t, s.at + clean, s.len - clean);
	text_add_char(t, '"');
}

void text_add_json(struct text *t, const char *s)
{
	if (s)
		text_add_json_span(t, span_of(s));
	else
		text_adds(t, "null");
}

void text_add_hex(struct text *t, const void *bytes, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *b = bytes;
	char *to = text_reserve(t, 2 * len);

	for (size_t i = 0; i < len; i++) {
		to[2 * i] = digits[b[i] >> 4];
		to[2 * i + 1] = digits[b[i] & 15];
	}
	to[2 * len] = '\0';
	t->len += 2 * len;
}

char *text_steal(struct text *t)
{
	char *s;

	text_reserve(t, 0);
	s = t->data;
	*t = TEXT_INIT;
	return s;
}

struct span text_span(const struct text *t)
{
	return (struct span){t->data ? t->data : "", t->len};
}
