/* The gate before json-c: checking a text, reading it, reporting what is wrong with it. */
#include <limits.h>
#include <stdio.h>

#include "lib/json_gate.h"

static int describe(int refusal, size_t offset, struct span text, struct json_fault *ret)
{
	if (refusal && ret) {
		ret->refusal = (enum json_refusal)refusal;
		ret->offset = offset;
		json_fault_locate(ret, text);
	}
	return refusal;
}

int json_check_grammar(struct span text, struct json_fault *ret_fault)
{
	size_t offset = 0;
	int refusal = json_scan(text, JSON_DEPTH_MAX, NULL, &offset);

	return describe(refusal, offset, text, ret_fault);
}

int json_check(struct span text, const struct json_limits *limits, struct json_fault *ret_fault)
{
	unsigned depth = limits && limits->depth ? limits->depth : JSON_DEPTH;
	struct json_members members;
	size_t offset = 0, tree;
	int refusal;

	if (text.len > UINT32_MAX)
		return describe(JSON_BAD_GRAMMAR, 0, text, ret_fault);
	json_members_init(&members, text.at);
	refusal =
		json_scan(text, depth < JSON_DEPTH_MAX ? depth : JSON_DEPTH_MAX, &members, &offset);
	tree = text.len + members.tree;
	json_members_done(&members);
	if (!refusal && limits && limits->ret_tree)
		*limits->ret_tree = tree;
	if (!refusal && limits && limits->tree && tree > limits->tree)
		refusal = JSON_TOO_HEAVY;
	return describe(refusal, offset, text, ret_fault);
}

static void tokener_free(json_tokener **t)
{
	/* json-c 0.16 does not take NULL here. */
	if (*t)
		json_tokener_free(*t);
}

int json_read(struct span text, const struct json_limits *limits, struct json_fault *ret_fault,
	json_object **ret_object)
{
	_cleanup_(tokener_free)
	json_tokener *t = NULL;
	json_object *object;
	int refusal = json_check(text, limits, ret_fault);

	if (refusal)
		return refusal;
	if (text.len > INT_MAX)
		return describe(JSON_BAD_GRAMMAR, 0, text, ret_fault);
	/* json-c counts a level more than there are, and one for what stands inside. */
	t = json_tokener_new_ex((limits && limits->depth ? (int)limits->depth : JSON_DEPTH) + 2);
	if (!t)
		abort();
	json_tokener_set_flags(t, JSON_TOKENER_STRICT);
	object = json_tokener_parse_ex(t, text.at, (int)text.len);
	/* A bare number ends only where the text does. */
	if (json_tokener_get_error(t) == json_tokener_continue)
		object = json_tokener_parse_ex(t, "", 1);
	if (json_tokener_get_error(t) != json_tokener_success) {
		json_object_put(object);
		return describe(JSON_BAD_GRAMMAR, 0, text, ret_fault);
	}
	*ret_object = object;
	return 0;
}

void json_fault_report(const struct json_fault *fault, struct faults *faults)
{
	static const enum word reasons[] = {
		[JSON_BAD_GRAMMAR] = WORD_reason_bad_json,
		[JSON_BAD_UTF8] = WORD_reason_bad_json,
		[JSON_TOO_DEEP] = WORD_reason_too_deep,
		[JSON_DUPLICATE] = WORD_reason_duplicate_member,
		[JSON_NUL] = WORD_reason_bad_text,
		[JSON_SURROGATE] = WORD_reason_bad_text,
		[JSON_NUMBER] = WORD_reason_number_too_big,
		[JSON_TOO_HEAVY] = WORD_reason_too_many_values,
	};
	char offset[24];

	snprintf(offset, sizeof(offset), "%zu", fault->offset);
	faults_add(faults, fault->pointer, reasons[fault->refusal], offset, NULL);
}

json_object *json_made(json_object *made)
{
	if (!made)
		abort();
	return made;
}

void json_put(json_object *object, const char *name, json_object *value)
{
	if (json_object_object_add(object, name, value) != 0)
		abort();
}

void json_append(json_object *array, json_object *value)
{
	if (json_object_array_add(array, value) != 0)
		abort();
}
