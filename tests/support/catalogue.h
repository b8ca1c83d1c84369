/* Catalogue documents for tests: written with ' for ", read, and looked at by their faults. */
#pragma once

#include <assert.h>
#include <stdio.h>

#include "lib/catalogue.h"
#include "lib/json.h"

/* The caller puts it. */
static inline json_object *json_of(const char *text)
{
	_free_ char *copy = strdup(text);
	json_object *object = NULL;
	struct json_fault fault;

	assert(copy);
	for (char *c = copy; *c; c++)
		*c = *c == '\'' ? '"' : *c;
	if (json_read(span_of(copy), NULL, &fault, &object) != 0) {
		fprintf(stderr, "not JSON from byte %zu: %s\n", fault.offset, copy + fault.offset);
		abort();
	}
	return object;
}

static inline bool faults_have(const struct faults *f, const char *pointer, enum word reason)
{
	for (size_t i = 0; i < f->count; i++) {
		if (f->items[i].reason == reason && strcmp(f->items[i].pointer, pointer) == 0)
			return true;
	}
	return false;
}

static inline void faults_show(const struct faults *f)
{
	for (size_t i = 0; i < f->count; i++)
		printf("# %s %s\n", f->items[i].pointer, reason_code(f->items[i].reason));
}

/* A file of the source tree, as JSON; the caller puts it. */
static inline json_object *json_of_file(const char *name)
{
	_text_ path = TEXT_INIT, text = TEXT_INIT;
	const char *source = getenv("KEZEK_SOURCE");
	json_object *object = NULL;
	struct json_fault fault = {0};
	FILE *file;
	size_t got;

	text_addf(&path, "%s/%s", source ? source : ".", name);
	file = fopen(path.data, "r");
	if (!file)
		return NULL;
	do {
		got = fread(text_reserve(&text, 65536), 1, 65536, file);
		text.len += got;
	} while (got > 0);
	fclose(file);
	if (json_read(text_span(&text), NULL, &fault, &object) != 0)
		fprintf(stderr, "%s: not JSON from byte %zu\n", name, fault.offset);
	return object;
}
