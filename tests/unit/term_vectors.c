/* The known answers of the deadline calculus, each through the calculator. */
#include <stdio.h>

#include "lib/term_case.h"
#include "tests/unit/tap.h"
#include "tests/unit/term_support.h"

static json_object *member(json_object *object, const char *name)
{
	json_object *value = NULL;

	json_object_object_get_ex(object, name, &value);
	return value;
}

/* Whether `answer` says all that `expect` does. */
static bool agrees(json_object *expect, json_object *answer)
{
	json_object_object_foreach (expect, name, value) {
		json_object *got = member(answer, name);

		if (json_object_is_type(value, json_type_object)) {
			if (!got || !agrees(value, got))
				return false;
		} else if (!json_object_equal(value, got)) {
			return false;
		}
	}
	return true;
}

/* The days of some kinds of segments; -1: the answer is in hours. */
static int64_t days_of(json_object *answer, const char *kinds)
{
	json_object *segments = member(answer, "explanation");
	int64_t sum = 0;

	for (size_t i = 0; i < json_object_array_length(segments); i++) {
		json_object *segment = json_object_array_get_idx(segments, i);

		if (!member(segment, "days"))
			return -1;
		if (strstr(kinds, json_object_get_string(member(segment, "what"))))
			sum += json_object_get_int64(member(segment, "days"));
	}
	return sum;
}

/* Counted days make the amount of a rule in days. */
static bool adds_up(json_object *given, json_object *answer)
{
	json_object *rule = member(given, "rule");
	const char *unit = json_object_get_string(member(rule, "unit"));
	int64_t amount = json_object_get_int64(member(rule, "amount"));

	if (!member(answer, "due_on") || member(answer, "capped"))
		return true;
	if (strcmp(unit, "working_day") != 0 && strcmp(unit, "day") != 0 &&
		strcmp(unit, "week") != 0)
		return true;
	if (strcmp(unit, "week") == 0)
		amount *= 7;
	if (days_of(answer, "counted") < 0)
		return true;
	return days_of(answer, "counted moved_workday") == amount;
}

static void run(const struct calendars *set, json_object *vector)
{
	json_object *given = member(vector, "case");
	struct span line = span_of(json_object_to_json_string(given));
	_text_ answer = TEXT_INIT;
	_json_ *object = NULL;
	struct json_fault bad;

	term_case_answer(set, line, &answer);
	check(json_read(text_span(&answer), NULL, &bad, &object) == 0 &&
			json_object_equal(member(given, "id"), member(object, "id")) &&
			agrees(member(vector, "expect"), object),
		"%s: %s", json_object_get_string(member(given, "id")),
		json_object_get_string(member(vector, "why")));
	if (!agrees(member(vector, "expect"), object))
		printf("# expected %s\n# got %s\n",
			json_object_to_json_string(member(vector, "expect")), answer.data);
	if (!member(object, "error"))
		check(adds_up(given, object), "its explanation adds up");
}

int main(void)
{
	_cleanup_(calendars_freep)
	struct calendars *set = test_calendars();
	_text_ path = TEXT_INIT;
	_free_ char *line = NULL;
	size_t cap = 0;
	ssize_t len;
	FILE *f;

	text_addf(&path, "%s/tests/data/terms/vectors.ndjson", test_source());
	f = fopen(path.data, "re");
	if (!f)
		abort();
	while ((len = getline(&line, &cap, f)) > 0) {
		_json_ *vector = NULL;
		struct json_fault bad;

		if (json_read((struct span){line, (size_t)len}, NULL, &bad, &vector))
			abort();
		run(set, vector);
	}
	fclose(f);
	return tap_end();
}
