/* UUIDs: version 7 of RFC 9562 section 5.7, and the canonical text form. */
#include "lib/uuid.h"

struct uuid uuid_make_v7(int64_t at_us, const uint8_t random[10])
{
	uint64_t ms = at_us > 0 ? (uint64_t)at_us / 1000 : 0;
	struct uuid u;

	for (int i = 0; i < 6; i++)
		u.bytes[i] = (uint8_t)(ms >> (40 - 8 * i));
	memcpy(u.bytes + 6, random, 10);
	u.bytes[6] = (uint8_t)(0x70 | (u.bytes[6] & 0x0f));
	u.bytes[8] = (uint8_t)(0x80 | (u.bytes[8] & 0x3f));
	return u;
}

int64_t uuid_at(const struct uuid *u)
{
	uint64_t ms = 0;

	for (int i = 0; i < 6; i++)
		ms = ms << 8 | u->bytes[i];
	return (int64_t)ms * 1000;
}

void uuid_format(const struct uuid *u, char ret_text[UUID_TEXT_SIZE])
{
	static const char digits[] = "0123456789abcdef";
	char *to = ret_text;

	for (int i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*to++ = '-';
		*to++ = digits[u->bytes[i] >> 4];
		*to++ = digits[u->bytes[i] & 15];
	}
	*to = '\0';
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool uuid_parse(struct span s, struct uuid *ret)
{
	struct uuid u;
	size_t at = 0;

	if (s.len != UUID_TEXT_SIZE - 1)
		return false;
	for (int i = 0; i < 16; i++) {
		int high, low;

		if (i == 4 || i == 6 || i == 8 || i == 10) {
			if (s.at[at++] != '-')
				return false;
		}
		high = hex_digit(s.at[at++]);
		low = hex_digit(s.at[at++]);
		if (high < 0 || low < 0)
			return false;
		u.bytes[i] = (uint8_t)(high << 4 | low);
	}
	*ret = u;
	return true;
}

bool uuid_is_nil(const struct uuid *u)
{
	static const struct uuid nil;

	return memcmp(u, &nil, sizeof(nil)) == 0;
}

int uuid_compare(const struct uuid *a, const struct uuid *b)
{
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}
