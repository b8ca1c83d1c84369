/* Form schemas: the subset of JSON Schema that a service's standard may use. */
#pragma once

#include <json-c/json.h>

#include "lib/base.h"

struct faults;
struct form;

enum { FORM_FAULTY = 1 };

/*
 * Keywords: type, required, properties, items, enum, pattern, minLength, maxLength, minimum,
 * maximum, format ("date" only), additionalProperties; any other is a fault at load. Meanings are
 * JSON Schema's (2020-12): a keyword is silent about values of other types, unknown properties are
 * allowed unless additionalProperties says otherwise, lengths count code points. `pattern`:
 * lib/pattern.h. Keeps a reference of `schema`, which must not be changed afterwards.
 */
int form_read(json_object *schema, const char *pointer, struct faults *faults,
	struct form **ret) _must_check_;
void form_free(const struct form *form);
/* All faults of `value` at once; 0 or FORM_FAULTY. NULL form: anything goes. */
int form_check(const struct form *form, json_object *value, const char *pointer,
	struct faults *faults) _must_check_;
/* The same of some members of a value: what is missing among them is no fault. */
int form_check_part(const struct form *form, json_object *value, const char *pointer,
	struct faults *faults) _must_check_;
