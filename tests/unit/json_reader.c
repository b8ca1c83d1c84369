/* json_reader: members become C values, and every fault of a body is found in one go. */
#include "lib/json.h"
#include "tests/unit/tap.h"

static json_object *parsed(const char *text)
{
	json_object *object = NULL;

	if (json_read(span_of(text), NULL, NULL, &object) != 0)
		abort();
	return object;
}

/* "pointer reason(detail0,detail1)" of all faults, one a line. */
static char *listed(const struct faults *f)
{
	struct text t = TEXT_INIT;

	for (size_t i = 0; i < f->count; i++) {
		const struct fault *x = &f->items[i];

		text_addf(&t, "%s %s", x->pointer, reason_code(x->reason));
		if (x->detail[0])
			text_addf(&t, "(%s%s%s)", x->detail[0], x->detail[1] ? "," : "",
				x->detail[1] ? x->detail[1] : "");
		text_add_char(&t, '\n');
	}
	return text_steal(&t);
}

static void test_values(void)
{
	static const char *const kinds[] = {"person", "company"};
	_json_ *o = parsed(
		"{\"name\":\"Ж\\u0443\",\"n\":-5,\"yes\":true,\"kind\":\"company\",\"none\":null,"
		"\"id\":\"017f22e2-79b0-7fff-bfff-ffffffffffff\",\"list\":[1],\"in\":{\"x\":1}}");
	_faults_ f = {0};
	struct json_reader r, in;
	const char *name;
	struct uuid id;
	int64_t n = 0, x = 0;
	bool yes = false;

	json_reader_init(&r, o, "", &f);
	name = json_get_string(&r, "name", JSON_REQUIRED, 2);
	check(name && strcmp(name, "Жу") == 0, "string, counted in characters");
	check(json_get_int64(&r, "n", JSON_REQUIRED, -5, 5, &n) && n == -5, "integer");
	check(json_get_bool(&r, "yes", JSON_REQUIRED, &yes) && yes, "boolean");
	check(json_get_enum(&r, "kind", JSON_REQUIRED, kinds, 2) == 1, "enum");
	check(json_get_uuid(&r, "id", JSON_REQUIRED, &id), "uuid");
	check(!json_get_string(&r, "none", JSON_OPTIONAL, 9), "null is absent");
	check(!json_get_string(&r, "absent", JSON_OPTIONAL, 9), "absent is absent");
	check(json_get_array(&r, "list", JSON_REQUIRED, 1) != NULL, "array");
	check(json_reader_open(&in, &r, "in", JSON_REQUIRED), "object inside");
	check(json_get_int64(&in, "x", JSON_REQUIRED, 0, 9, &x) && x == 1, "its member");
	json_reader_end(&in);
	json_reader_end(&r);
	check(f.count == 0, "no fault");
}

static void read_item(struct json_reader *r, json_object *list, size_t i)
{
	struct json_reader item;
	int64_t pages;

	if (!json_reader_item(&item, r, "docs", list, i))
		return;
	json_get_int64(&item, "pages", JSON_REQUIRED, 1, 99, &pages);
	json_reader_end(&item);
}

static void test_all_faults(void)
{
	static const char *const kinds[] = {"person", "company"};
	_json_ *o = parsed(
		"{\"name\":7,\"long\":\"абвг\",\"empty\":\"\",\"n\":1.0,\"far\":11,\"kind\":"
		"\"cat\","
		"\"id\":\"x\",\"none\":null,\"docs\":[{\"pages\":0},5,{\"pages\":1,\"z/z\":0}],"
		"\"list\":[],\"words\":[\"a\",1,\"\"],\"what\":0}");
	_faults_ f = {0};
	_free_ char *all = NULL;
	struct json_reader r, in;
	json_object *docs, *words;
	struct uuid id;
	int64_t n = 42;

	json_reader_init(&r, o, "/top", &f);
	json_get_string(&r, "name", JSON_REQUIRED, 9);
	json_get_string(&r, "long", JSON_OPTIONAL, 3);
	json_get_string(&r, "empty", JSON_OPTIONAL, 3);
	json_get_int64(&r, "n", JSON_REQUIRED, 0, 9, &n);
	json_get_int64(&r, "far", JSON_REQUIRED, 0, 9, &n);
	json_get_enum(&r, "kind", JSON_REQUIRED, kinds, 2);
	json_get_uuid(&r, "id", JSON_REQUIRED, &id);
	json_get_string(&r, "none", JSON_REQUIRED, 9);
	json_reader_open(&in, &r, "gone", JSON_REQUIRED);
	docs = json_get_array(&r, "docs", JSON_REQUIRED, 9);
	for (size_t i = 0; i < json_object_array_length(docs); i++)
		read_item(&r, docs, i);
	json_get_array(&r, "list", JSON_REQUIRED, 9);
	words = json_get_array(&r, "words", JSON_REQUIRED, 9);
	for (size_t i = 0; i < json_object_array_length(words); i++)
		json_item_string(&r, "words", words, i, 9);
	json_reader_fault(&r, "far", WORD_reason_conflict, "n", NULL);
	json_reader_end(&r);
	all = listed(&f);
	check(n == 42, "outputs stay untouched");
	check(strcmp(all, "/top/name wrong_type(string)\n"
			  "/top/long too_long(3)\n"
			  "/top/empty too_short(1)\n"
			  "/top/n wrong_type(integer)\n"
			  "/top/far out_of_range(0,9)\n"
			  "/top/kind not_allowed(person, company)\n"
			  "/top/id bad_format(UUID)\n"
			  "/top/none missing\n"
			  "/top/gone missing\n"
			  "/top/docs/0/pages out_of_range(1,99)\n"
			  "/top/docs/1 wrong_type(object)\n"
			  "/top/docs/2/z~1z unknown_member\n"
			  "/top/list too_short(1)\n"
			  "/top/words/1 wrong_type(string)\n"
			  "/top/words/2 too_short(1)\n"
			  "/top/far conflict(n)\n"
			  "/top/what unknown_member\n") == 0,
		"all faults at once, %zu of them", f.count);
}

static void test_no_object(void)
{
	_json_ *o = parsed("[1]");
	_faults_ f = {0};
	_free_ char *all = NULL;
	struct json_reader r;

	json_reader_init(&r, o, "", &f);
	check(!json_get_string(&r, "a", JSON_REQUIRED, 9), "nothing to get");
	json_reader_end(&r);
	all = listed(&f);
	check(strcmp(all, " wrong_type(object)\n") == 0, "one fault for what is no object");
	check(fault_is_shape(WORD_reason_wrong_type) && !fault_is_shape(WORD_reason_too_long) &&
			!fault_is_shape(WORD_reason_missing),
		"shape and content are told apart");
}

int main(void)
{
	test_values();
	test_all_faults();
	test_no_object();
	return tap_end();
}
