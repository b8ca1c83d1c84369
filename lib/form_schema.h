/* A form schema as it is kept. Private to lib/form*.c. */
#pragma once

#include "lib/form.h"
#include "lib/pattern.h"

enum form_type {
	FORM_NULL = 1 << 0,
	FORM_BOOLEAN = 1 << 1,
	FORM_INTEGER = 1 << 2,
	FORM_NUMBER = 1 << 3,
	FORM_STRING = 1 << 4,
	FORM_ARRAY = 1 << 5,
	FORM_OBJECT = 1 << 6,
	FORM_TYPES = 7,
};

struct property {
	const char *name;
	struct form *form;
};

/* What the schema is silent about is zero, NULL or -1. Strings are borrowed from `schema`. */
struct form {
	json_object *schema; /* a reference of its own */
	unsigned types;      /* bits of enum form_type; 0: any */
	const char **required;
	size_t nrequired;
	struct property *properties;
	size_t nproperties;
	struct form *items;
	json_object *choices; /* enum */
	struct pattern *pattern;
	const char *pattern_text;
	int64_t min_length, max_length; /* code points; -1: no limit */
	json_object *minimum, *maximum; /* numbers */
	bool is_date;
	bool is_closed;          /* additionalProperties: false */
	struct form *additional; /* additionalProperties: a schema */
};

extern const char *const form_type_names[FORM_TYPES];
