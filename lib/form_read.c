/* Reading a form schema: the listed keywords and no others, every fault at once. */
#include <stdio.h>

#include "lib/form_schema.h"
#include "lib/json.h"

#define SCHEMA_DEPTH 16
#define MEMBERS_MAX  500
#define NAME_MAX_LEN 200

const char *const form_type_names[FORM_TYPES] = {
	"null", "boolean", "integer", "number", "string", "array", "object"};

static struct form *read_schema(
	json_object *schema, const char *pointer, unsigned depth, struct faults *faults);

static void *allocate(size_t count, size_t size)
{
	void *memory = calloc(count ? count : 1, size);

	if (!memory)
		abort();
	return memory;
}

static unsigned type_of_name(const char *name)
{
	for (int i = 0; i < FORM_TYPES; i++) {
		if (name && strcmp(name, form_type_names[i]) == 0)
			return 1u << i;
	}
	return 0;
}

static void read_types(struct form *form, struct json_reader *r)
{
	static const char *const allowed = "null, boolean, integer, number, string, array, object";
	json_object *types = json_get_any(r, "type", JSON_OPTIONAL);
	bool is_list = json_object_is_type(types, json_type_array);
	size_t count = is_list ? json_object_array_length(types) : types ? 1 : 0;

	for (size_t i = 0; i < count; i++) {
		json_object *one = is_list ? json_object_array_get_idx(types, i) : types;
		bool is_text = json_object_is_type(one, json_type_string);
		unsigned bit = type_of_name(is_text ? json_object_get_string(one) : NULL);

		if (!bit)
			json_reader_fault(r, "type", WORD_reason_not_allowed, allowed, NULL);
		form->types |= bit;
	}
	if (is_list && !count)
		json_reader_fault(r, "type", WORD_reason_too_short, "1", NULL);
}

static void read_required(struct form *form, struct json_reader *r)
{
	json_object *names = json_get_array(r, "required", JSON_MAY_BE_EMPTY, MEMBERS_MAX);
	size_t count = names ? json_object_array_length(names) : 0;

	form->required = allocate(count, sizeof(*form->required));
	for (size_t i = 0; i < count; i++) {
		const char *name = json_item_string(r, "required", names, i, NAME_MAX_LEN);

		if (name)
			form->required[form->nrequired++] = name;
	}
}

static void read_properties(struct form *form, struct json_reader *r, unsigned depth)
{
	json_object *properties = json_get_object(r, "properties", JSON_OPTIONAL);
	_free_ char *pointer = pointer_join(r->pointer, "properties");

	if (!properties)
		return;
	form->properties =
		allocate((size_t)json_object_object_length(properties), sizeof(*form->properties));
	json_object_object_foreach (properties, name, schema) {
		_free_ char *own = pointer_join(pointer, name);

		form->properties[form->nproperties++] = (struct property){
			.name = name,
			.form = read_schema(schema, own, depth, r->faults),
		};
	}
}

static struct form *read_member(
	json_object *schema, const char *name, struct json_reader *r, unsigned depth)
{
	_free_ char *pointer = pointer_join(r->pointer, name);

	return read_schema(schema, pointer, depth, r->faults);
}

static void read_others(struct form *form, struct json_reader *r, unsigned depth)
{
	json_object *others = json_get_any(r, "additionalProperties", JSON_OPTIONAL);

	if (json_object_is_type(others, json_type_object))
		form->additional = read_member(others, "additionalProperties", r, depth);
	else if (json_object_is_type(others, json_type_boolean))
		form->is_closed = !json_object_get_boolean(others);
	else if (others)
		json_reader_fault(
			r, "additionalProperties", WORD_reason_wrong_type, "boolean, object", NULL);
}

static void read_pattern(struct form *form, struct json_reader *r)
{
	size_t refused;
	char at[24];

	form->pattern_text = json_get_string(r, "pattern", JSON_MAY_BE_EMPTY, PATTERN_MAX);
	if (!form->pattern_text)
		return;
	refused = pattern_read(span_of(form->pattern_text), &form->pattern);
	if (!refused)
		return;
	snprintf(at, sizeof(at), "%zu", refused);
	json_reader_fault(r, "pattern", WORD_reason_bad_pattern, at, NULL);
}

static void read_strings(struct form *form, struct json_reader *r)
{
	static const char *const formats[] = {"date"};

	read_pattern(form, r);
	form->min_length = form->max_length = -1;
	json_get_int64(r, "minLength", JSON_OPTIONAL, 0, INT32_MAX, &form->min_length);
	json_get_int64(r, "maxLength", JSON_OPTIONAL, 0, INT32_MAX, &form->max_length);
	if (form->max_length >= 0 && form->min_length > form->max_length)
		json_reader_fault(r, "maxLength", WORD_reason_conflict, "minLength", NULL);
	form->is_date = json_get_enum(r, "format", JSON_OPTIONAL, formats, 1) == 0;
}

static json_object *read_bound(struct json_reader *r, const char *name)
{
	json_object *bound = json_get_any(r, name, JSON_OPTIONAL);

	if (!bound || json_object_is_type(bound, json_type_int) ||
		json_object_is_type(bound, json_type_double))
		return bound;
	json_reader_fault(r, name, WORD_reason_wrong_type, "number", NULL);
	return NULL;
}

static struct form *read_schema(
	json_object *schema, const char *pointer, unsigned depth, struct faults *faults)
{
	struct form *form;
	struct json_reader r;
	json_object *items;

	if (depth >= SCHEMA_DEPTH) {
		faults_add(faults, pointer, WORD_reason_too_deep, NULL, NULL);
		return NULL;
	}
	form = allocate(1, sizeof(*form));
	form->schema = json_object_get(schema);
	json_reader_init(&r, schema, pointer, faults);
	read_types(form, &r);
	read_required(form, &r);
	read_properties(form, &r, depth + 1);
	read_others(form, &r, depth + 1);
	items = json_get_object(&r, "items", JSON_OPTIONAL);
	if (items)
		form->items = read_member(items, "items", &r, depth + 1);
	form->choices = json_get_array(&r, "enum", JSON_OPTIONAL, MEMBERS_MAX);
	read_strings(form, &r);
	form->minimum = read_bound(&r, "minimum");
	form->maximum = read_bound(&r, "maximum");
	json_reader_end(&r);
	return form;
}

int form_read(json_object *schema, const char *pointer, struct faults *faults, struct form **ret)
{
	struct faults own = {0};
	struct form *form = read_schema(schema, pointer, 0, &own);
	bool is_faulty = own.count > 0;

	faults_move(faults, &own);
	if (is_faulty) {
		form_free(form);
		return FORM_FAULTY;
	}
	*ret = form;
	return 0;
}

void form_free(const struct form *form)
{
	if (!form)
		return;
	for (size_t i = 0; i < form->nproperties; i++)
		form_free(form->properties[i].form);
	form_free(form->items);
	form_free(form->additional);
	pattern_free(form->pattern);
	json_object_put(form->schema);
	free(form->properties);
	free(form->required);
	free((void *)form);
}
