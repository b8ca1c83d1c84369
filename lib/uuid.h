/* UUIDs: version 7 of RFC 9562, which carry their moment and so sort and partition by time. */
#pragma once

#include "lib/base.h"

#define UUID_TEXT_SIZE 37 /* 36 characters and the NUL */

struct uuid {
	uint8_t bytes[16];
};

/* `at_us` is µs since 1970; the ten random bytes come from the caller (lib has no source of
 * chance). */
struct uuid uuid_make_v7(int64_t at_us, const uint8_t random[10]);
/* The moment inside a version 7 id, in µs since 1970 (millisecond resolution). */
int64_t uuid_at(const struct uuid *u);
void uuid_format(const struct uuid *u, char ret_text[UUID_TEXT_SIZE]);
/* Canonical 8-4-4-4-12 only, either case. False: not a UUID. */
bool uuid_parse(struct span s, struct uuid *ret);
bool uuid_is_nil(const struct uuid *u);
int uuid_compare(const struct uuid *a, const struct uuid *b);
