/* json: the gate, against JSONTestSuite where it is at hand and against texts of our own. */
#include <dirent.h>

#include "lib/json.h"
#include "tests/unit/tap.h"

static char *slurp(const char *dir, const char *name, size_t *ret_len)
{
	_free_ char *path = NULL;
	_text_ t = TEXT_INIT;
	FILE *f;
	size_t n;

	if (asprintf(&path, "%s/%s", dir, name) < 0)
		abort();
	f = fopen(path, "rb");
	if (!f)
		return NULL;
	do {
		n = fread(text_reserve(&t, 65536), 1, 65536, f);
		t.len += n;
	} while (n);
	fclose(f);
	*ret_len = t.len;
	return text_steal(&t);
}

/* The fixed answers for what the RFC leaves open: grammar alone, then with policy (at any depth).
 */
static const struct {
	const char *name;
	int grammar, policy;
} open_ones[] = {
	{"i_number_double_huge_neg_exp.json", 0, 0},
	{"i_number_huge_exp.json", 0, JSON_NUMBER},
	{"i_number_neg_int_huge_exp.json", 0, JSON_NUMBER},
	{"i_number_pos_double_huge_exp.json", 0, JSON_NUMBER},
	{"i_number_real_neg_overflow.json", 0, JSON_NUMBER},
	{"i_number_real_pos_overflow.json", 0, JSON_NUMBER},
	{"i_number_real_underflow.json", 0, 0},
	{"i_number_too_big_neg_int.json", 0, JSON_NUMBER},
	{"i_number_too_big_pos_int.json", 0, JSON_NUMBER},
	{"i_number_very_big_negative_int.json", 0, JSON_NUMBER},
	{"i_object_key_lone_2nd_surrogate.json", 0, JSON_SURROGATE},
	{"i_string_1st_surrogate_but_2nd_missing.json", 0, JSON_SURROGATE},
	{"i_string_1st_valid_surrogate_2nd_invalid.json", 0, JSON_SURROGATE},
	{"i_string_UTF-16LE_with_BOM.json", JSON_BAD_GRAMMAR, JSON_BAD_GRAMMAR},
	{"i_string_UTF-8_invalid_sequence.json", JSON_BAD_UTF8, JSON_BAD_UTF8},
	{"i_string_UTF8_surrogate_U+D800.json", JSON_BAD_UTF8, JSON_BAD_UTF8},
	{"i_string_incomplete_surrogate_and_escape_valid.json", 0, JSON_SURROGATE},
	{"i_string_incomplete_surrogate_pair.json", 0, JSON_SURROGATE},
	{"i_string_incomplete_surrogates_escape_valid.json", 0, JSON_SURROGATE},
	{"i_string_invalid_lonely_surrogate.json", 0, JSON_SURROGATE},
	{"i_string_invalid_surrogate.json", 0, JSON_SURROGATE},
	{"i_string_invalid_utf-8.json", JSON_BAD_UTF8, JSON_BAD_UTF8},
	{"i_string_inverted_surrogates_U+1D11E.json", 0, JSON_SURROGATE},
	{"i_string_iso_latin_1.json", JSON_BAD_UTF8, JSON_BAD_UTF8},
	{"i_string_lone_second_surrogate.json", 0, JSON_SURROGATE},
	{"i_string_lone_utf8_continuation_byte.json", JSON_BAD_UTF8, JSON_BAD_UTF8},
	{"i_string_not_in_unicode_range.json", JSON_BAD_UTF8, JSON_BAD_UTF8},
	{"i_string_overlong_sequence_2_bytes.json", JSON_BAD_UTF8, JSON_BAD_UTF8},
	{"i_string_overlong_sequence_6_bytes.json", JSON_BAD_UTF8, JSON_BAD_UTF8},
	{"i_string_overlong_sequence_6_bytes_null.json", JSON_BAD_UTF8, JSON_BAD_UTF8},
	{"i_string_truncated-utf-8.json", JSON_BAD_UTF8, JSON_BAD_UTF8},
	{"i_string_utf16BE_no_BOM.json", JSON_BAD_GRAMMAR, JSON_BAD_GRAMMAR},
	{"i_string_utf16LE_no_BOM.json", JSON_BAD_GRAMMAR, JSON_BAD_GRAMMAR},
	{"i_structure_500_nested_arrays.json", 0, 0},
	{"i_structure_UTF-8_BOM_empty_object.json", JSON_BAD_GRAMMAR, JSON_BAD_GRAMMAR},
};

/* Of the valid files, those that policy refuses. */
static const struct {
	const char *name;
	int policy;
} refused_ones[] = {
	{"y_object_duplicated_key.json", JSON_DUPLICATE},
	{"y_object_duplicated_key_and_value.json", JSON_DUPLICATE},
	{"y_object_escaped_null_in_key.json", JSON_NUL},
	{"y_string_null_escape.json", JSON_NUL},
};

struct tally {
	unsigned accepted, refused, open, surprises;
};

static int expected_open(const char *name, bool policy)
{
	for (size_t i = 0; i < ARRAY_SIZE(open_ones); i++) {
		if (strcmp(open_ones[i].name, name) == 0)
			return policy ? open_ones[i].policy : open_ones[i].grammar;
	}
	return -1;
}

static int expected_policy(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(refused_ones); i++) {
		if (strcmp(refused_ones[i].name, name) == 0)
			return refused_ones[i].policy;
	}
	return 0;
}

static void suite_file(const char *dir, const char *name, struct tally *t)
{
	static const struct json_limits deep = {.depth = JSON_DEPTH_MAX};
	size_t len = 0;
	_free_ char *bytes = slurp(dir, name, &len);
	struct span text = {bytes, len};
	struct json_fault fault;
	int grammar = json_check_grammar(text, &fault);
	int policy = json_check(text, &deep, &fault);
	bool well;

	if (name[0] == 'y') {
		well = grammar == 0 && policy == expected_policy(name);
		t->accepted += grammar == 0;
	} else if (name[0] == 'n') {
		well = grammar != 0 && policy != 0;
		t->refused += grammar != 0;
	} else {
		well = grammar == expected_open(name, false) && policy == expected_open(name, true);
		t->open++;
	}
	if (!well)
		printf("# %s: grammar %d, policy %d\n", name, grammar, policy);
	t->surprises += !well;
}

static void test_suite(void)
{
	const char *data = getenv("KEZEK_TEST_DATA");
	_free_ char *dir = NULL;
	struct tally t = {0};
	struct dirent *e;
	DIR *d;

	if (asprintf(&dir, "%s/json/test_parsing", data ? data : "../shared/data") < 0)
		abort();
	d = opendir(dir);
	if (!d) {
		printf("# LEFT OUT: JSONTestSuite is not at %s; set KEZEK_TEST_DATA\n", dir);
		check(true, "JSONTestSuite # SKIP %s is absent", dir);
		return;
	}
	while ((e = readdir(d))) {
		if (e->d_name[0] != '.')
			suite_file(dir, e->d_name, &t);
	}
	closedir(d);
	check(t.accepted == 95, "JSONTestSuite: %u of 95 valid files accepted by grammar",
		t.accepted);
	check(t.refused == 188, "JSONTestSuite: %u of 188 invalid files refused", t.refused);
	check(t.open == 35, "JSONTestSuite: %u of 35 open files", t.open);
	check(t.surprises == 0,
		"JSONTestSuite: every answer as laid down, policy refuses four of 95");
}

/* What is refused, where, and under which pointer. */
static const struct {
	const char *text;
	int refusal;
	size_t offset;
	const char *pointer;
} refusals[] = {
	{"", JSON_BAD_GRAMMAR, 0, ""},
	{"{\"a\":1,\"\\u0061\":2}", JSON_DUPLICATE, 7, "/a"},
	{"{\"a\":{\"b\":[1,{\"c/d\":0,\"c\\/d\":1}]}}", JSON_DUPLICATE, 22, "/a/b/1/c~1d"},
	{"{\"\xf0\x9f\x90\x8e\":1,\"\\ud83d\\udc0e\":2}", JSON_DUPLICATE, 10, "/\xf0\x9f\x90\x8e"},
	{"{\"a\":\"x\\u0000\"}", JSON_NUL, 7, "/a"},
	{"{\"a\":{\"\\u0000\":1}}", JSON_NUL, 7, "/a"},
	{"[0,\"\\ud800\"]", JSON_SURROGATE, 4, "/1"},
	{"[\"\\ud800\\u0041\"]", JSON_SURROGATE, 2, "/0"},
	{"[\"\\udc00\\ud800\"]", JSON_SURROGATE, 2, "/0"},
	{"{\"n\":9223372036854775808}", JSON_NUMBER, 5, "/n"},
	{"{\"n\":-9223372036854775809}", JSON_NUMBER, 5, "/n"},
	{"{\"n\":[1e308]}", JSON_NUMBER, 6, "/n/0"},
	{"{\"n\":0.001e311}", JSON_NUMBER, 5, "/n"},
	{"{\"n\":123456e303}", JSON_NUMBER, 5, "/n"},
	{"{\"n\":1e99999999999999999999999}", JSON_NUMBER, 5, "/n"},
	{"{\"a\":\"\xc0\x80\"}", JSON_BAD_UTF8, 6, "/a"},
	{"{\"a\":\"\xed\xa0\x80\"}", JSON_BAD_UTF8, 6, "/a"},
	{"{\"a\":\"\xf4\x90\x80\x80\"}", JSON_BAD_UTF8, 6, "/a"},
	{"{\"a\":\"\xd1", JSON_BAD_UTF8, 6, "/a"},
	{"{\"a\":1,}", JSON_BAD_GRAMMAR, 7, ""},
	{"{\"a\":1 \"b\":2}", JSON_BAD_GRAMMAR, 7, "/a"},
	{"{\"a\\\"", JSON_BAD_GRAMMAR, 5, ""},
	{"{\"", JSON_BAD_GRAMMAR, 2, ""},
	{"{\"a\"", JSON_BAD_GRAMMAR, 4, "/a"},
	{"[1,2,03]", JSON_BAD_GRAMMAR, 6, "/2"},
	{"[\"\t\"]", JSON_BAD_GRAMMAR, 2, "/0"},
	{"[\"\\u00g0\"]", JSON_BAD_GRAMMAR, 4, "/0"},
	{"[\"\\x\"]", JSON_BAD_GRAMMAR, 3, "/0"},
	{"{} {}", JSON_BAD_GRAMMAR, 3, ""},
	{"[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]", JSON_TOO_DEEP, 16,
		"/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0"},
};

static void test_refusals(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(refusals); i++) {
		struct json_fault f = {0};
		int refusal = json_check(span_of(refusals[i].text), NULL, &f);

		check(refusal == refusals[i].refusal && f.offset == refusals[i].offset &&
				strcmp(f.pointer, refusals[i].pointer) == 0,
			"refusal %zu: %d at %zu, '%s'", i, refusal, f.offset, f.pointer);
	}
}

static void test_accepted(void)
{
	static const char *const texts[] = {
		"null",
		" 0 ",
		"-0",
		"-0.0e-0",
		"\"\"",
		"[]",
		"{}",
		"9223372036854775807",
		"-9223372036854775808",
		"9.99e307",
		"0e999999",
		"0.000e999999999999999999",
		"1e-999999",
		"0.0001e311",
		"{\"a\":1,\"A\":2,\"\":3,\"\\u0001\":4}",
		"{\"a\":{\"a\":{\"a\":1}},\"b\":[{\"a\":1},{\"a\":1}]}",
		"[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]",
		"\"\\ud83d\\udc0e \xf4\x8f\xbf\xbf \xef\xbf\xbf\"",
		"\"Токтогул районунун «Бир терезе» борбору, 14-кабинет\"",
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct json_fault f;
		_json_ *object = NULL;

		check(json_read(span_of(texts[i]), NULL, &f, &object) == 0, "accepted: %s",
			texts[i]);
	}
}

static void add_member(struct text *t, unsigned i)
{
	text_addf(t, "%s\"k%u\":%u", t->len > 1 ? "," : "", i, i);
}

/* Objects around and far beyond where comparing gives way to sorting. */
static void test_many_members(void)
{
	static const unsigned counts[] = {1, 63, 64, 65, 66, 95, 96, 97, 200, 25000};

	for (size_t c = 0; c < ARRAY_SIZE(counts); c++) {
		_text_ t = TEXT_INIT;
		struct json_fault f;
		size_t twin;
		int well, twice;

		text_add_char(&t, '{');
		for (unsigned i = 0; i < counts[c]; i++)
			add_member(&t, i);
		text_add_char(&t, '}');
		well = json_check(text_span(&t), NULL, &f);
		twin = t.len;
		t.data[t.len - 1] = ',';
		text_adds(&t, "\"\\u006b0\":[{\"k0\":0}]}");
		twice = json_check(text_span(&t), NULL, &f);
		check(well == 0 && twice == JSON_DUPLICATE && f.offset == twin &&
				strcmp(f.pointer, "/k0") == 0,
			"%u members, then one twice", counts[c]);
	}
}

/* Names of every length around the limit, with an empty name, a "~" and an index behind. */
static void test_pointer_is_cut(void)
{
	static const char *const inner[] = {"{\"\":oops", "{\"~\":oops", "[oops"};
	struct json_fault f;
	bool well = true;

	for (size_t len = JSON_POINTER_SIZE - 10; len < JSON_POINTER_SIZE + 10; len++) {
		for (size_t i = 0; i < ARRAY_SIZE(inner); i++) {
			static const size_t more[] = {1, 3, 2};
			_text_ t = TEXT_INIT;
			size_t expected = len + 1 < JSON_POINTER_SIZE - 1 ? len + 1 : 0;

			if (expected && expected + more[i] < JSON_POINTER_SIZE)
				expected += more[i];
			text_addf(&t, "{\"%0*d\":%s", (int)len, 0, inner[i]);
			well = well && json_check(text_span(&t), NULL, &f) == JSON_BAD_GRAMMAR &&
			       strlen(f.pointer) == expected;
			if (!well)
				printf("# %zu %zu: %zu, not %zu\n", len, i, strlen(f.pointer),
					expected);
		}
	}
	check(well, "a pointer is cut at a whole member");
}

static void test_tree(void)
{
	static const struct {
		const char *item;
		size_t least,
			most; /* bytes that json-c 0.16 takes for one in an array, and half more */
	} items[] = {{"1", 72, 110}, {"\"a\"", 88, 130}, {"[]", 152, 230}, {"{}", 792, 1190},
		{"{\"a\":1}", 888, 1330}, {"null", 8, 110}};

	for (size_t i = 0; i < ARRAY_SIZE(items); i++) {
		size_t tree = 0;
		struct json_limits limits = {.ret_tree = &tree};
		json_object *object = NULL;
		_text_ t = TEXT_INIT;
		struct json_fault f;

		text_adds(&t, "[1");
		for (int n = 0; n < 1000; n++)
			text_addf(&t, ",%s", items[i].item);
		text_add_char(&t, ']');
		check(json_check(text_span(&t), &limits, &f) == 0 &&
				tree / 1000 >= items[i].least && tree / 1000 <= items[i].most,
			"the tree of %s: %zu", items[i].item, tree / 1000);
		limits.tree = tree;
		check(json_check(text_span(&t), &limits, &f) == 0, "fits");
		limits.tree--;
		check(json_read(text_span(&t), &limits, &f, &object) == JSON_TOO_HEAVY && !object &&
				f.pointer[0] == '\0',
			"does not");
	}
}

static void test_report(void)
{
	json_object *object = NULL;
	_faults_ faults = {0};
	_text_ t = TEXT_INIT;
	struct json_fault f;

	check(json_read(SPAN("{\"a\":[1,]}"), NULL, &f, &object) == JSON_BAD_GRAMMAR && !object,
		"refused");
	json_fault_report(&f, &faults);
	text_add_fault(&t, &faults.items[0], LANG_EN);
	check(faults.count == 1 && strcmp(faults.items[0].pointer, "/a/1") == 0 &&
			strcmp(t.data, "not valid JSON from byte 8 on") == 0 &&
			fault_is_shape(faults.items[0].reason),
		"reported with place and shape: %s", t.data);
}

int main(void)
{
	test_suite();
	test_refusals();
	test_accepted();
	test_many_members();
	test_pointer_is_cut();
	test_tree();
	test_report();
	return tap_end();
}
