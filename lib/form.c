/* Checking a form against its schema: every fault at once, and nothing allocated where there is
 * none. */
#include <math.h>
#include <stdio.h>

#include "lib/day.h"
#include "lib/fault.h"
#include "lib/form_schema.h"
#include "lib/utf8.h"

/* Where we are in the value: a chain on the stack, written out only for a fault. */
struct where {
	const struct where *parent;
	const char *name; /* of a member; NULL: an item */
	size_t index;
	const char *root; /* of the chain's first: the pointer given */
};

struct check {
	struct faults *faults;
	bool is_part; /* the whole is elsewhere */
	bool failed;
};

static char *where_pointer(const struct where *w)
{
	_free_ char *parent = NULL;
	char *root;

	if (!w->parent) {
		root = strdup(w->root);
		if (!root)
			abort();
		return root;
	}
	parent = where_pointer(w->parent);
	return w->name ? pointer_join(parent, w->name) : pointer_index(parent, w->index);
}

static void report(
	struct check *c, const struct where *w, enum word reason, const char *d0, const char *d1)
{
	_free_ char *pointer = where_pointer(w);

	c->failed = true;
	faults_add(c->faults, pointer, reason, d0, d1);
}

static void report_number(struct check *c, const struct where *w, enum word reason, int64_t number)
{
	char text[24];

	snprintf(text, sizeof(text), "%lld", (long long)number);
	report(c, w, reason, text, NULL);
}

/* JSON Schema: 1.0 is an integer too. */
static unsigned types_of(json_object *value)
{
	double d;

	switch (json_object_get_type(value)) {
	case json_type_null:
		return FORM_NULL;
	case json_type_boolean:
		return FORM_BOOLEAN;
	case json_type_int:
		return FORM_INTEGER | FORM_NUMBER;
	case json_type_double:
		d = json_object_get_double(value);
		return FORM_NUMBER | (isfinite(d) && floor(d) == d ? FORM_INTEGER : 0u);
	case json_type_string:
		return FORM_STRING;
	case json_type_array:
		return FORM_ARRAY;
	case json_type_object:
		return FORM_OBJECT;
	}
	return 0;
}

static void report_type(struct check *c, const struct where *w, unsigned types)
{
	_text_ names = TEXT_INIT;

	for (int i = 0; i < FORM_TYPES; i++) {
		if (types & 1u << i)
			text_addf(&names, "%s%s", names.len ? ", " : "", form_type_names[i]);
	}
	report(c, w, WORD_reason_wrong_type, names.data, NULL);
}

static void check_choices(
	struct check *c, const struct where *w, json_object *choices, json_object *value)
{
	size_t count = json_object_array_length(choices);
	_text_ names = TEXT_INIT;

	for (size_t i = 0; i < count; i++) {
		if (json_object_equal(json_object_array_get_idx(choices, i), value))
			return;
	}
	for (size_t i = 0; i < count && names.len < 200; i++) {
		json_object *one = json_object_array_get_idx(choices, i);
		const char *text = one ? json_object_get_string(one) : "null";

		text_addf(&names, "%s%s", i ? ", " : "", text ? text : "");
	}
	report(c, w, WORD_reason_not_allowed, names.data, NULL);
}

static void check_string(
	struct check *c, const struct where *w, const struct form *form, json_object *value)
{
	struct span s = {json_object_get_string(value), (size_t)json_object_get_string_len(value)};
	int64_t length;
	int32_t day;

	if (form->pattern && !pattern_matches(form->pattern, s))
		report(c, w, WORD_reason_bad_format, form->pattern_text, NULL);
	if (form->is_date && !day_parse(s, &day))
		report(c, w, WORD_reason_bad_format, "YYYY-MM-DD", NULL);
	if (form->min_length < 0 && form->max_length < 0)
		return;
	length = (int64_t)utf8_count(s.at);
	if (length < form->min_length)
		report_number(c, w, WORD_reason_too_short, form->min_length);
	if (form->max_length >= 0 && length > form->max_length)
		report_number(c, w, WORD_reason_too_long, form->max_length);
}

/* -1, 0, 1: exact between integers, which a double could not hold. */
static int compare_numbers(json_object *a, json_object *b)
{
	if (json_object_is_type(a, json_type_int) && json_object_is_type(b, json_type_int)) {
		int64_t x = json_object_get_int64(a), y = json_object_get_int64(b);

		return (x > y) - (x < y);
	}
	return (json_object_get_double(a) > json_object_get_double(b)) -
	       (json_object_get_double(a) < json_object_get_double(b));
}

static void check_number(
	struct check *c, const struct where *w, const struct form *form, json_object *value)
{
	if (form->minimum && compare_numbers(value, form->minimum) < 0)
		report(c, w, WORD_reason_too_small, json_object_get_string(form->minimum), NULL);
	if (form->maximum && compare_numbers(value, form->maximum) > 0)
		report(c, w, WORD_reason_too_big, json_object_get_string(form->maximum), NULL);
}

static void check_value(
	struct check *c, const struct where *w, const struct form *form, json_object *value);

static void check_required(
	struct check *c, const struct where *w, const struct form *form, json_object *value)
{
	for (size_t i = 0; i < form->nrequired; i++) {
		const struct where missing = {.parent = w, .name = form->required[i]};

		if (!json_object_object_get_ex(value, form->required[i], NULL))
			report(c, &missing, WORD_reason_missing, NULL, NULL);
	}
}

static const struct property *property_find(const struct form *form, const char *name)
{
	for (size_t i = 0; i < form->nproperties; i++) {
		if (strcmp(form->properties[i].name, name) == 0)
			return &form->properties[i];
	}
	return NULL;
}

static void check_object(
	struct check *c, const struct where *w, const struct form *form, json_object *value)
{
	if (!c->is_part || w->parent)
		check_required(c, w, form, value);
	json_object_object_foreach (value, name, member) {
		const struct where here = {.parent = w, .name = name};
		const struct property *property = property_find(form, name);

		if (property)
			check_value(c, &here, property->form, member);
		else if (form->additional)
			check_value(c, &here, form->additional, member);
		else if (form->is_closed)
			report(c, &here, WORD_reason_unknown_member, NULL, NULL);
	}
}

static void check_value(
	struct check *c, const struct where *w, const struct form *form, json_object *value)
{
	unsigned types = types_of(value);

	if (form->types && !(form->types & types)) {
		report_type(c, w, form->types);
		return;
	}
	if (form->choices)
		check_choices(c, w, form->choices, value);
	if (types & FORM_STRING)
		check_string(c, w, form, value);
	if (types & FORM_NUMBER)
		check_number(c, w, form, value);
	if (types & FORM_OBJECT)
		check_object(c, w, form, value);
	for (size_t i = 0; form->items && types & FORM_ARRAY && i < json_object_array_length(value);
		i++) {
		const struct where here = {.parent = w, .index = i};

		check_value(c, &here, form->items, json_object_array_get_idx(value, i));
	}
}

int form_check(
	const struct form *form, json_object *value, const char *pointer, struct faults *faults)
{
	const struct where root = {.root = pointer};
	struct check c = {.faults = faults};

	if (form)
		check_value(&c, &root, form, value);
	return c.failed ? FORM_FAULTY : 0;
}

int form_check_part(
	const struct form *form, json_object *value, const char *pointer, struct faults *faults)
{
	const struct where root = {.root = pointer};
	struct check c = {.faults = faults, .is_part = true};

	if (form)
		check_value(&c, &root, form, value);
	return c.failed ? FORM_FAULTY : 0;
}
