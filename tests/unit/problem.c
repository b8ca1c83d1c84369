/* lib/problem: every code has a status and a title, and the JSON holds what RFC 9457 asks for. */
#include "lib/problem.h"
#include "tests/unit/tap.h"

#include <json-c/json.h>

static void test_tables(void)
{
	bool whole = true;

	for (int i = 0; i < KEZEK_PROBLEM_COUNT; i++) {
		enum kezek_problem p = (enum kezek_problem)i, found = KEZEK_PROBLEM_COUNT;

		whole = whole && problem_status(p) >= 400 && problem_status(p) < 600;
		whole = whole && problem_find(span_of(problem_code(p)), &found) && found == p;
		for (int l = 0; l < LANG_COUNT; l++)
			whole = whole && word_text(problem_title(p), (enum lang)l)[0] != '\0';
	}
	check(whole, "every problem has a code, a status and three titles");
}

static void test_bare(void)
{
	_text_ t = TEXT_INIT;

	problem_write(&t, KEZEK_PROBLEM_not_found, LANG_EN, NULL, NULL, NULL);
	check(strcmp(t.data, "{\"type\":\"urn:kezek:problem:not_found\",\"code\":\"not_found\","
			     "\"title\":\"Not found\",\"status\":404}") == 0,
		"absent members are left out");
}

static void test_full(void)
{
	_faults_ f = {0};
	_text_ t = TEXT_INIT;
	struct json_object *o, *params = NULL, *first, *v;

	faults_add(&f, "/applicant/pin", WORD_reason_bad_format, "14 \"digits\"", NULL);
	faults_add(&f, "/form", WORD_reason_missing, NULL, NULL);
	problem_open(&t, KEZEK_PROBLEM_invalid, LANG_RU, "line\nbreak", "id-1", &f);
	text_adds(&t, ",\"open_acts\":[]}");
	o = json_tokener_parse(t.data);
	check(o != NULL, "what is written is JSON");
	check(json_object_object_get_ex(o, "invalid_params", &params) &&
			json_object_array_length(params) == 2,
		"every fault is there");
	first = json_object_array_get_idx(params, 0);
	check(json_object_object_get_ex(first, "reason", &v) &&
			strcmp(json_object_get_string(v),
				"неверный формат, ожидается: 14 \"digits\"") == 0,
		"reason is worded and escaped");
	check(json_object_object_get_ex(o, "trace_id", &v) &&
			strcmp(json_object_get_string(v), "id-1") == 0,
		"trace id");
	check(json_object_object_get_ex(o, "open_acts", &v), "further members can follow");
	json_object_put(o);
}

int main(void)
{
	test_tables();
	test_bare();
	test_full();
	return tap_end();
}
