/* The JSON gate: what it lets in json-c reads, and reads the same when written out again. */
#include "lib/json.h"
#include "lib/utf8.h"
#include "tests/fuzz/target.h"

static void must_describe(const struct json_fault *f, int refusal, struct span text)
{
	_faults_ faults = {0};

	must(f->refusal == (enum json_refusal)refusal);
	must(f->offset <= text.len);
	must(memchr(f->pointer, '\0', sizeof(f->pointer)));
	must(f->pointer[0] == '\0' || f->pointer[0] == '/');
	must(utf8_is_valid(span_of(f->pointer)));
	json_fault_report(f, &faults);
	must(faults.count == 1 && fault_is_shape(faults.items[0].reason));
}

static void must_read_again(json_object *object)
{
	const char *s = json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN);
	json_object *again = NULL;

	must(json_read(span_of(s), NULL, NULL, &again) == 0);
	must(json_object_equal(object, again));
	json_object_put(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct json_limits deep = {.depth = JSON_DEPTH_MAX};
	struct span text = {(const char *)data, size};
	struct json_fault fault = {0};
	json_object *object = NULL;
	int grammar = json_check_grammar(text, &fault);
	int policy;

	if (grammar)
		must_describe(&fault, grammar, text);
	policy = json_check(text, NULL, &fault);
	if (policy)
		must_describe(&fault, policy, text);
	/* Policy only ever refuses more; the tokenizer behind it never does. */
	must(grammar == 0 || policy != 0);
	must(grammar != 0 || policy != JSON_BAD_UTF8);
	must(grammar != 0 || policy != JSON_BAD_GRAMMAR);
	must(json_read(text, NULL, &fault, &object) == policy);
	if (policy == 0)
		must_read_again(object);
	json_object_put(object);
	object = NULL;
	policy = json_check(text, &deep, NULL);
	must(json_read(text, &deep, NULL, &object) == policy);
	json_object_put(object);
	return 0;
}
