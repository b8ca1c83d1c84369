/* Members of JSON objects, written as they are needed. */
#include <stdio.h>

#include "daemon/api/json_text.h"

/* Names are ours: nothing in them needs escaping. */
static void add_name(struct text *t, const char *name)
{
	size_t len = strlen(name);
	char *to = text_reserve(t, len + 3);

	to[0] = '"';
	memcpy(to + 1, name, len);
	memcpy(to + 1 + len, "\":", 3);
	t->len += len + 3;
}

/* A value that needs no escaping, in quotes. */
static void add_plain(struct text *t, const char *name, const char *value, size_t len)
{
	char *to;

	add_name(t, name);
	to = text_reserve(t, len + 2);
	to[0] = '"';
	memcpy(to + 1, value, len);
	memcpy(to + 1 + len, "\"", 2);
	t->len += len + 2;
}

static void add_null(struct text *t, const char *name)
{
	add_name(t, name);
	text_adds(t, "null");
}

void text_add_member(struct text *t, const char *name, const char *value)
{
	add_name(t, name);
	text_add_json(t, value);
}

void text_add_moment(struct text *t, const char *name, int64_t at, const struct zone *zone)
{
	char s[MOMENT_TEXT_SIZE];

	if (at == MOMENT_NONE) {
		add_null(t, name);
		return;
	}
	moment_format(at, zone, s);
	add_plain(t, name, s, strlen(s));
}

void text_add_date(struct text *t, const char *name, int32_t day)
{
	char s[DAY_TEXT_SIZE];

	if (day == DAY_NONE) {
		add_null(t, name);
		return;
	}
	day_format(day, s);
	add_plain(t, name, s, DAY_TEXT_SIZE - 1);
}

void text_add_flag(struct text *t, const char *name, bool value)
{
	add_name(t, name);
	text_adds(t, value ? "true" : "false");
}

void text_add_uuid(struct text *t, const char *name, const struct uuid *u)
{
	char s[UUID_TEXT_SIZE];

	uuid_format(u, s);
	add_plain(t, name, s, UUID_TEXT_SIZE - 1);
}
