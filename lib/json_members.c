/*
 * Finding doubled member names: few by comparing hashes, many by sorting, so that no object,
 * however made, costs more than n log n.
 */
#include "lib/json_gate.h"
#include "lib/utf8.h"

#define FEW 64

static const int8_t hex_value[256] = {
	['0'] = 1,
	['1'] = 2,
	['2'] = 3,
	['3'] = 4,
	['4'] = 5,
	['5'] = 6,
	['6'] = 7,
	['7'] = 8,
	['8'] = 9,
	['9'] = 10,
	['a'] = 11,
	['b'] = 12,
	['c'] = 13,
	['d'] = 14,
	['e'] = 15,
	['f'] = 16,
	['A'] = 11,
	['B'] = 12,
	['C'] = 13,
	['D'] = 14,
	['E'] = 15,
	['F'] = 16,
};

int json_hex4(const char *at)
{
	int value = 0;

	for (int i = 0; i < 4; i++) {
		int digit = hex_value[(uint8_t)at[i]] - 1;

		if (digit < 0)
			return -1;
		value = value << 4 | digit;
	}
	return value;
}

static uint32_t read_unicode(struct json_bytes *b)
{
	uint32_t c = (uint32_t)json_hex4(b->at);

	b->at += 4;
	if (c >= 0xd800 && c < 0xdc00 && b->at[0] == '\\' && b->at[1] == 'u') {
		uint32_t low = (uint32_t)json_hex4(b->at + 2);

		if (low >= 0xdc00 && low < 0xe000) {
			b->at += 6;
			c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
		}
	}
	return c;
}

int json_bytes_next(struct json_bytes *b)
{
	char c;

	if (b->pending_next < b->pending_count)
		return (uint8_t)b->pending[b->pending_next++];
	c = *b->at;
	if (c == '"')
		return -1;
	b->at++;
	if (c != '\\')
		return (uint8_t)c;
	switch (*b->at++) {
	case 'b':
		return '\b';
	case 'f':
		return '\f';
	case 'n':
		return '\n';
	case 'r':
		return '\r';
	case 't':
		return '\t';
	case 'u':
		b->pending_count = (unsigned)utf8_encode(read_unicode(b), b->pending);
		b->pending_next = 1;
		return (uint8_t)b->pending[0];
	default:
		return (uint8_t)b->at[-1];
	}
}

/* FNV-1a: quick on short names; that an enemy can make names meet costs him nothing and us little.
 */
static inline uint32_t hash_add(uint32_t hash, uint8_t c)
{
	return (hash ^ c) * 16777619;
}

static uint32_t hash_name(struct span name, bool has_escapes)
{
	struct json_bytes b = {.at = name.at + 1};
	uint32_t hash = 2166136261;
	int c;

	if (!has_escapes) {
		for (size_t i = 1; i + 1 < name.len; i++)
			hash = hash_add(hash, (uint8_t)name.at[i]);
		return hash;
	}
	while ((c = json_bytes_next(&b)) >= 0)
		hash = hash_add(hash, (uint8_t)c);
	return hash;
}

static int compare_names(const char *a, const char *b)
{
	struct json_bytes x = {.at = a + 1}, y = {.at = b + 1};

	for (;;) {
		int c = json_bytes_next(&x), d = json_bytes_next(&y);

		if (c != d)
			return c < d ? -1 : 1;
		if (c < 0)
			return 0;
	}
}

/* By hash, then by decoded name, then by place. */
static int compare_members(const void *a, const void *b, void *text)
{
	const struct json_member *x = a, *y = b;
	int order;

	if (x->hash != y->hash)
		return x->hash < y->hash ? -1 : 1;
	order = compare_names((const char *)text + x->at, (const char *)text + y->at);
	if (order)
		return order;
	return x->at < y->at ? -1 : x->at > y->at;
}

void json_members_init(struct json_members *m, const char *text)
{
	m->text = text;
	m->items = m->few;
	m->count = m->tree = 0;
	m->cap = ARRAY_SIZE(m->few);
}

void json_members_done(struct json_members *m)
{
	if (m->items != m->few)
		free(m->items);
}

static void grow(struct json_members *m)
{
	struct json_member *items = m->items == m->few ? NULL : m->items;

	m->cap *= 2;
	items = realloc(items, m->cap * sizeof(*items));
	if (!items)
		abort();
	if (m->items == m->few)
		memcpy(items, m->few, sizeof(m->few));
	m->items = items;
}

bool json_members_add(struct json_members *m, unsigned depth, struct span name, bool has_escapes)
{
	uint32_t hash = hash_name(name, has_escapes);
	size_t first = m->first[depth];

	if (m->count - first < FEW) {
		for (size_t i = first; i < m->count; i++) {
			if (m->items[i].hash == hash &&
				compare_names(m->text + m->items[i].at, name.at) == 0)
				return false;
		}
	}
	if (m->count == m->cap)
		grow(m);
	m->items[m->count++] = (struct json_member){hash, (uint32_t)(name.at - m->text)};
	return true;
}

bool json_members_close(struct json_members *m, unsigned depth, size_t *ret_at)
{
	struct json_member *own = m->items + m->first[depth];
	size_t n = m->count - m->first[depth];

	if (n > FEW) {
		qsort_r(own, n, sizeof(*own), compare_members, (void *)(uintptr_t)m->text);
		for (size_t i = 1; i < n; i++) {
			if (own[i].hash != own[i - 1].hash ||
				compare_names(m->text + own[i - 1].at, m->text + own[i].at) != 0)
				continue;
			*ret_at = own[i].at;
			return false;
		}
	}
	m->count = m->first[depth];
	return true;
}
