/* Reading an object's members into C values: every fault is collected, nothing unasked-for passes.
 */
#include <assert.h>
#include <stdio.h>

#include "lib/json.h"
#include "lib/utf8.h"

static void report(struct json_reader *r, const char *name, enum word reason, const char *detail0,
	const char *detail1)
{
	_free_ char *pointer = name ? pointer_join(r->pointer, name) : NULL;

	faults_add(r->faults, name ? pointer : r->pointer, reason, detail0, detail1);
}

static void report_count(struct json_reader *r, const char *name, enum word reason, size_t count)
{
	char text[24];

	snprintf(text, sizeof(text), "%zu", count);
	report(r, name, reason, text, NULL);
}

void json_reader_init(
	struct json_reader *r, json_object *object, const char *pointer, struct faults *faults)
{
	bool is_object = json_object_is_type(object, json_type_object);

	*r = (struct json_reader){
		.object = is_object ? object : NULL,
		.pointer = pointer,
		.faults = faults,
	};
	if (!is_object)
		report(r, NULL, WORD_reason_wrong_type, "object", NULL);
}

static bool was_asked(const struct json_reader *r, const char *name)
{
	for (unsigned i = 0; i < r->asked_count; i++) {
		if (strcmp(r->asked[i], name) == 0)
			return true;
	}
	return false;
}

void json_reader_end(struct json_reader *r)
{
	if (r->object) {
		json_object_object_foreach (r->object, name, value) {
			(void)value;
			if (!was_asked(r, name))
				report(r, name, WORD_reason_unknown_member, NULL, NULL);
		}
	}
	free(r->own_pointer);
	*r = (struct json_reader){0};
}

void json_reader_fault(struct json_reader *r, const char *name, enum word reason,
	const char *detail0, const char *detail1)
{
	report(r, name, reason, detail0, detail1);
}

json_object *json_get_any(struct json_reader *r, const char *name, enum json_need need)
{
	json_object *value = NULL;

	if (!r->object)
		return NULL;
	assert(r->asked_count < JSON_READER_MEMBERS);
	r->asked[r->asked_count++] = name;
	json_object_object_get_ex(r->object, name, &value);
	if (!value && need & JSON_REQUIRED)
		report(r, name, WORD_reason_missing, NULL, NULL);
	return value;
}

static json_object *get_typed(struct json_reader *r, const char *name, enum json_need need,
	json_type type, const char *type_name)
{
	json_object *value = json_get_any(r, name, need);

	if (!value || json_object_is_type(value, type))
		return value;
	report(r, name, WORD_reason_wrong_type, type_name, NULL);
	return NULL;
}

bool json_reader_open(
	struct json_reader *ret, struct json_reader *parent, const char *name, enum json_need need)
{
	json_object *object = json_get_object(parent, name, need);
	char *pointer;

	if (!object)
		return false;
	pointer = pointer_join(parent->pointer, name);
	json_reader_init(ret, object, pointer, parent->faults);
	ret->own_pointer = pointer;
	return true;
}

static char *item_pointer(const struct json_reader *r, const char *name, size_t index)
{
	_free_ char *array = pointer_join(r->pointer, name);

	return pointer_index(array, index);
}

bool json_reader_item(struct json_reader *ret, struct json_reader *parent, const char *name,
	json_object *array, size_t index)
{
	json_object *object = json_object_array_get_idx(array, index);
	char *pointer = item_pointer(parent, name, index);

	json_reader_init(ret, object, pointer, parent->faults);
	ret->own_pointer = pointer;
	if (ret->object)
		return true;
	json_reader_end(ret);
	return false;
}

/* The reason a string is not as long as it should be; 0 when it is. */
static bool check_length(
	const char *s, enum json_need need, size_t max, enum word *ret_reason, size_t *ret_bound)
{
	if (!*s && !(need & JSON_MAY_BE_EMPTY)) {
		*ret_reason = WORD_reason_too_short;
		*ret_bound = 1;
		return false;
	}
	if (utf8_count(s) > max) {
		*ret_reason = WORD_reason_too_long;
		*ret_bound = max;
		return false;
	}
	return true;
}

const char *json_get_string(
	struct json_reader *r, const char *name, enum json_need need, size_t max)
{
	json_object *value = get_typed(r, name, need, json_type_string, "string");
	const char *s = value ? json_object_get_string(value) : NULL;
	enum word reason;
	size_t bound;

	if (!s || check_length(s, need, max, &reason, &bound))
		return s;
	report_count(r, name, reason, bound);
	return NULL;
}

const char *json_item_string(
	struct json_reader *r, const char *name, json_object *array, size_t index, size_t max)
{
	json_object *value = json_object_array_get_idx(array, index);
	_free_ char *pointer = NULL;
	enum word reason = WORD_reason_wrong_type;
	char text[24] = "string";
	size_t bound;

	if (json_object_is_type(value, json_type_string)) {
		const char *s = json_object_get_string(value);

		if (check_length(s, JSON_REQUIRED, max, &reason, &bound))
			return s;
		snprintf(text, sizeof(text), "%zu", bound);
	}
	pointer = item_pointer(r, name, index);
	faults_add(r->faults, pointer, reason, text, NULL);
	return NULL;
}

bool json_get_int64(struct json_reader *r, const char *name, enum json_need need, int64_t min,
	int64_t max, int64_t *ret)
{
	json_object *value = get_typed(r, name, need, json_type_int, "integer");
	char low[24], high[24];
	int64_t n;

	if (!value)
		return false;
	n = json_object_get_int64(value);
	if (n >= min && n <= max) {
		*ret = n;
		return true;
	}
	snprintf(low, sizeof(low), "%jd", (intmax_t)min);
	snprintf(high, sizeof(high), "%jd", (intmax_t)max);
	report(r, name, WORD_reason_out_of_range, low, high);
	return false;
}

bool json_get_bool(struct json_reader *r, const char *name, enum json_need need, bool *ret)
{
	json_object *value = get_typed(r, name, need, json_type_boolean, "boolean");

	if (value)
		*ret = json_object_get_boolean(value);
	return value;
}

int json_get_enum(struct json_reader *r, const char *name, enum json_need need,
	const char *const names[], size_t count)
{
	json_object *value = get_typed(r, name, need, json_type_string, "string");
	_text_ all = TEXT_INIT;

	if (!value)
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (strcmp(names[i], json_object_get_string(value)) == 0)
			return (int)i;
	}
	for (size_t i = 0; i < count; i++)
		text_addf(&all, "%s%s", i ? ", " : "", names[i]);
	report(r, name, WORD_reason_not_allowed, text_span(&all).at, NULL);
	return -1;
}

bool json_get_uuid(struct json_reader *r, const char *name, enum json_need need, struct uuid *ret)
{
	json_object *value = get_typed(r, name, need, json_type_string, "string");

	if (!value)
		return false;
	if (uuid_parse(span_of(json_object_get_string(value)), ret))
		return true;
	report(r, name, WORD_reason_bad_format, "UUID", NULL);
	return false;
}

json_object *json_get_object(struct json_reader *r, const char *name, enum json_need need)
{
	return get_typed(r, name, need, json_type_object, "object");
}

json_object *json_get_array(
	struct json_reader *r, const char *name, enum json_need need, size_t max)
{
	json_object *array = get_typed(r, name, need, json_type_array, "array");
	size_t n = array ? json_object_array_length(array) : 0;

	if (!array || (n <= max && (n || need & JSON_MAY_BE_EMPTY)))
		return array;
	if (n)
		report_count(r, name, WORD_reason_too_long, max);
	else
		report_count(r, name, WORD_reason_too_short, 1);
	return NULL;
}
