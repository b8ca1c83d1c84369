/* form: each keyword, all faults at once, and schemas that are refused. */
#include "lib/form.h"
#include "tests/support/catalogue.h"
#include "tests/unit/tap.h"

/* 0: fine; 1: faulty; -1: the schema itself is. */
static int accepts(const char *schema, const char *value)
{
	_json_ *s = json_of(schema), *v = json_of(value);
	_faults_ faults = {0};
	struct form *form;
	int result;

	if (form_read(s, "", &faults, &form) != 0)
		return -1;
	result = form_check(form, v, "", &faults);
	if ((result != 0) != (faults.count > 0))
		result = -2;
	form_free(form);
	return result;
}

static void test_keywords(void)
{
	static const struct {
		const char *schema, *value;
		int expected;
	} cases[] = {
		{"{}", "{'a':[1,null]}", 0},
		{"{'type':'object'}", "[]", 1},
		{"{'type':'integer'}", "1", 0},
		{"{'type':'integer'}", "1.5", 1},
		{"{'type':'integer'}", "2.0", 0},
		{"{'type':'number'}", "1", 0},
		{"{'type':['string','null']}", "null", 0},
		{"{'type':['string','null']}", "1", 1},
		{"{'type':'boolean'}", "'true'", 1},
		{"{'required':['a']}", "{}", 1},
		{"{'required':['a']}", "{'a':null}", 0},
		{"{'required':['a']}", "7", 0},
		{"{'properties':{'a':{'type':'string'}}}", "{'a':1}", 1},
		{"{'properties':{'a':{'type':'string'}}}", "{'b':1}", 0},
		{"{'properties':{'a':{}},'additionalProperties':false}", "{'b':1}", 1},
		{"{'properties':{'a':{}},'additionalProperties':{'type':'integer'}}",
			"{'b':1,'a':'x'}", 0},
		{"{'additionalProperties':{'type':'integer'}}", "{'b':'1'}", 1},
		{"{'items':{'type':'integer'}}", "[1,2]", 0},
		{"{'items':{'type':'integer'}}", "[1,'2']", 1},
		{"{'enum':['a',1,null,{'b':[2]}]}", "{'b':[2]}", 0},
		{"{'enum':['a',1,null]}", "null", 0},
		{"{'enum':['a',1]}", "'b'", 1},
		{"{'pattern':'^[0-9]{2}$'}", "'12'", 0},
		{"{'pattern':'^[0-9]{2}$'}", "'123'", 1},
		{"{'pattern':'x'}", "5", 0},
		{"{'minLength':2,'maxLength':3}", "'үй'", 0},
		{"{'minLength':2,'maxLength':3}", "'ү'", 1},
		{"{'minLength':2,'maxLength':3}", "'үйлө'", 1},
		{"{'maxLength':0}", "''", 0},
		{"{'minimum':1,'maximum':2}", "2", 0},
		{"{'minimum':1,'maximum':2}", "2.5", 1},
		{"{'minimum':9007199254740993}", "9007199254740992", 1},
		{"{'minimum':0.5}", "0", 1},
		{"{'format':'date'}", "'2026-02-28'", 0},
		{"{'format':'date'}", "'2026-02-29'", 1},
		{"{'type':'object','required':['photo_taken'],'properties':{'photo_taken':{'type':'"
		 "boolean'}}}",
			"{'photo_taken':true}", 0},
		{"{'type':'strin'}", "1", -1},
		{"{'type':[]}", "1", -1},
		{"{'oneOf':[]}", "1", -1},
		{"{'$ref':'#'}", "1", -1},
		{"{'format':'email'}", "1", -1},
		{"{'pattern':'('}", "1", -1},
		{"{'minLength':-1}", "1", -1},
		{"{'minLength':3,'maxLength':2}", "1", -1},
		{"{'maximum':'5'}", "1", -1},
		{"{'properties':{'a':{'description':'x'}}}", "1", -1},
		{"{'properties':{'a':true}}", "1", -1},
		{"{'additionalProperties':1}", "1", -1},
		{"[]", "1", -1},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		check(accepts(cases[i].schema, cases[i].value) == cases[i].expected, "%s: %s",
			cases[i].schema, cases[i].value);
	}
}

static void test_all_at_once(void)
{
	_json_ *s = json_of(
		"{'type':'object','required':['a','z/1'],'additionalProperties':false,"
		"'properties':{'a':{'type':'array','items':{'minimum':3}},'b':{'pattern':'^x'}}}");
	_json_ *v = json_of("{'a':[3,1,2],'b':'y','c~':1}");
	_faults_ faults = {0}, part = {0};
	struct form *form = NULL;

	check(form_read(s, "/services/0/form", &faults, &form) == 0, "the schema is read");
	check(form_check(form, v, "/form", &faults) == FORM_FAULTY && faults.count == 5,
		"five faults");
	check(faults_have(&faults, "/form/z~11", WORD_reason_missing),
		"missing, with an escaped pointer");
	check(form_check_part(form, v, "/form", &part) == FORM_FAULTY && part.count == 4 &&
			!faults_have(&part, "/form/z~11", WORD_reason_missing),
		"of a part, what is missing is no fault");
	check(faults_have(&faults, "/form/a/1", WORD_reason_too_small), "an item");
	check(faults_have(&faults, "/form/a/2", WORD_reason_too_small), "and the next");
	check(faults_have(&faults, "/form/b", WORD_reason_bad_format), "a pattern");
	check(faults_have(&faults, "/form/c~0", WORD_reason_unknown_member), "an unknown property");
	form_free(form);
	check(form_check(NULL, v, "/form", &faults) == 0, "no form: anything goes");
}

static void test_read_faults(void)
{
	_json_ *s =
		json_of("{'properties':{'a':{'format':'time','typ':1}},'items':{'pattern':'a**'}}");
	_faults_ faults = {0};
	struct form *form;

	check(form_read(s, "/f", &faults, &form) == FORM_FAULTY && faults.count == 3,
		"all faults of a schema");
	check(faults_have(&faults, "/f/properties/a/typ", WORD_reason_unknown_member),
		"an unknown keyword");
	check(faults_have(&faults, "/f/properties/a/format", WORD_reason_not_allowed),
		"another format");
	check(faults_have(&faults, "/f/items/pattern", WORD_reason_bad_pattern), "a bad pattern");
}

int main(void)
{
	test_keywords();
	test_all_at_once();
	test_read_faults();
	return tap_end();
}
