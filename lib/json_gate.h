/* Inside the JSON gate: what its parts know of each other. Not for users: they take lib/json.h. */
#pragma once

#include "lib/json.h"

/*
 * The names of the open objects' members. The members of one object lie side by side: those of
 * objects inside it come and go above them.
 */
struct json_members {
	const char *text;
	struct json_member {
		uint32_t hash; /* of the decoded name */
		uint32_t at;   /* offset of its opening quote */
	} * items, few[96];
	size_t count, cap;
	size_t tree; /* bytes that json-c 0.16 takes for what was read, beside the strings' own */
	uint32_t first[JSON_DEPTH_MAX + 1]; /* by depth: where the object's own begin */
};

/* As measured with glibc, rounded up: the value alone; an object with its first table; a name with
 * its share of larger tables. */
#define JSON_TREE_VALUE  104
#define JSON_TREE_OBJECT 800
#define JSON_TREE_ARRAY  160
#define JSON_TREE_NAME   136

void json_members_init(struct json_members *m, const char *text);
void json_members_done(struct json_members *m);
static inline void json_members_open(struct json_members *m, unsigned depth)
{
	m->first[depth] = (uint32_t)m->count;
}
/* A name from its opening quote to behind its closing one. False: the object has it already. */
_must_check_ bool json_members_add(
	struct json_members *m, unsigned depth, struct span name, bool has_escapes);
/* False: the object has a name twice; *ret_at is the offset of the second. */
_must_check_ bool json_members_close(struct json_members *m, unsigned depth, size_t *ret_at);

/* Walks the whole text; `members` NULL: grammar alone. 0, or a json_refusal at *ret_offset. */
_must_check_ int json_scan(
	struct span text, unsigned depth, struct json_members *members, size_t *ret_offset);

/* The bytes of a string as decoded, from behind its opening quote; the string is grammatical. */
struct json_bytes {
	const char *at;
	char pending[4];
	unsigned pending_count, pending_next;
};
/* -1: the string is over. */
int json_bytes_next(struct json_bytes *b);
/* The value of four hexadecimal digits, or -1. */
int json_hex4(const char *at);

/* Fills in fault->pointer for fault->offset; the text is grammatical up to there. */
void json_fault_locate(struct json_fault *fault, struct span text);
