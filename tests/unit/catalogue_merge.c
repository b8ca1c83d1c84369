/* catalogue_merge: what stays, what changes, what may not, and the difference. */
#include "lib/catalogue_merge.h"
#include "tests/support/catalogue.h"
#include "tests/unit/tap.h"

#define AGENCY(code, rest)                                                                         \
	"{'code':'" code "','calendar':'kg','head':'h','name':{'en':'" code "'}" rest "}"
#define SERVICE(version, rest)                                                                     \
	"{'code':'1-1','version':" version                                                         \
	",'valid_from':'2026-01-01','name':{'en':'x'},'variants':[{'code':'v',"                    \
	"'fee_tyiyn':5}]" rest "}"

static json_object *merge(json_object *old, const char *add, const struct catalogue_checks *checks,
	struct faults *faults)
{
	_json_ *added = json_of(add);
	json_object *doc = NULL;

	return catalogue_merge(old, added, false, checks, faults, &doc) == 0 ? doc : NULL;
}

static size_t count_of(json_object *doc, const char *kind)
{
	json_object *items = NULL;

	json_object_object_get_ex(doc, kind, &items);
	return json_object_array_length(items);
}

static void test_stays(void)
{
	_faults_ faults = {0};
	_json_ *one = merge(
		NULL, "{'agencies':[" AGENCY("a", "") "," AGENCY("b", "") "]}", NULL, &faults);
	_json_ *two = merge(one,
		"{'agencies':[" AGENCY("c", "") "," AGENCY("a", ",'level':'municipal'") "]}", NULL,
		&faults);
	struct catalogue *c = NULL;

	check(two && count_of(two, "agencies") == 3, "what is not named stays");
	check(catalogue_read(two, NULL, &faults, &c) == 0 && c->agencies[0].code[0] == 'c' &&
			c->agencies[1].level == LEVEL_MUNICIPAL && c->agencies[2].code[0] == 'b',
		"what is added comes first, what is named again is replaced");
	catalogue_unref(c);
	check(one && count_of(one, "agencies") == 2, "the old document is as it was");
}

static bool never_used(void *context, const char *kind, const char *code, int version)
{
	(void)context;
	(void)kind;
	(void)code;
	(void)version;
	return false;
}

static void test_pinned(void)
{
	static const struct catalogue_checks unused = {.is_used = never_used};
	_faults_ faults = {0};
	_json_ *old = merge(NULL,
		"{'services':[" SERVICE("1",
			",'payment':'after','cap':null,'form':{'properties':{'name':{}}}") "]}",
		NULL, &faults);
	_json_ *same = merge(old,
		"{'services':[" SERVICE("1",
			",'source':'Act 5','valid_to':'2026-12-31',"
			"'payment':'after','form':{'properties':{'name':{}}}") "]}",
		NULL, &faults);
	_json_ *next =
		merge(old, "{'services':[" SERVICE("2", ",'payment':'before'") "]}", NULL, &faults);
	_json_ *mended = merge(
		old, "{'services':[" SERVICE("1", ",'payment':'before'") "]}", &unused, &faults);
	_json_ *changed = NULL, *form = NULL;

	check(same != NULL, "words, sources and the end of a version may change");
	check(next && count_of(next, "services") == 2, "another version stands beside it");
	check(mended != NULL, "a version that nothing rests on may be mended");
	check(faults.count == 0, "none of these is a fault");
	changed = merge(old,
		"{'services':[" SERVICE("2", "") "," SERVICE(
			"1", ",'form':{'properties':{'name':{}}}") "]}",
		NULL, &faults);
	check(!changed && faults.count == 1 &&
			faults_have(&faults, "/services/1/payment", WORD_reason_needs_new_version),
		"a rule that has gone needs a new version");
	faults_done(&faults);
	form = merge(old,
		"{'services':[" SERVICE("1",
			",'payment':'after','form':{'properties':{'name':{'type':'string'}}}") "]}",
		NULL, &faults);
	check(!form && faults_have(&faults, "/services/0/form", WORD_reason_needs_new_version),
		"in a form every word counts");
}

static void test_shape(void)
{
	_faults_ faults = {0};
	_json_ *doc = merge(NULL, "{'agencies':{},'agncies':[],'services':[1]}", NULL, &faults);
	struct catalogue *c = NULL;

	check(doc && catalogue_read(doc, NULL, &faults, &c) == CATALOGUE_FAULTY,
		"a misshapen file is merged, and refused when read");
	check(faults_have(&faults, "/agencies", WORD_reason_wrong_type) &&
			faults_have(&faults, "/agncies", WORD_reason_unknown_member) &&
			faults_have(&faults, "/services/0", WORD_reason_wrong_type),
		"with every fault");
	faults_done(&faults);
	check(!merge(NULL, "[]", NULL, &faults) && faults_have(&faults, "", WORD_reason_wrong_type),
		"a file is an object");
}

static void test_append(void)
{
	_faults_ faults = {0};
	_json_ *into = json_of("{}"), *one = json_of("{'agencies':[1],'routes':null}"),
	       *two = json_of("{'agencies':[2,3]}");
	_json_ *bad = json_of("{'agencies':1,'x':[]}");

	check(catalogue_append(into, one, &faults) == 0 &&
			catalogue_append(into, two, &faults) == 0 &&
			count_of(into, "agencies") == 3,
		"files are strung together");
	check(catalogue_append(into, bad, &faults) == CATALOGUE_FAULTY && faults.count == 2 &&
			count_of(into, "agencies") == 3,
		"a misshapen one adds nothing");
}

static void test_diff(void)
{
	_json_ *old = json_of("{'agencies':[" AGENCY("a", "") "," AGENCY(
		"b", ",'parent':null") "],"
				       "'routes':[{'service':'s','territory':'t','by':'office','"
				       "agency':'a','valid_from':'2026-01-01'}]}");
	_json_ *new_doc = json_of("{'agencies':[" AGENCY("b", "") "," AGENCY(
		"c", "") "],"
			 "'routes':[{'service':'s','territory':'t','by':'office','agency':'c','"
			 "valid_from':'2026-01-01'}]}");
	_json_ *diff = catalogue_diff(old, new_doc), *empty = json_of("{}"),
	       *first = catalogue_diff(empty, old);
	_json_ *expected = json_of(
		"{'territories':{'added':[],'changed':[],'closed':[],'removed':[],'unchanged':0},"
		"'agencies':{'added':[{'code':'c'}],'changed':[],'closed':[],'removed':[{'code':'a'"
		"}],"
		"'unchanged':1},"
		"'offices':{'added':[],'changed':[],'closed':[],'removed':[],'unchanged':0},"
		"'services':{'added':[],'changed':[],'closed':[],'removed':[],'unchanged':0},"
		"'routes':{'added':[],'changed':[{'service':'s','territory':'t','by':'office',"
		"'valid_from':'2026-01-01','differences':[{'at':'/agency','old':'a','new':'c'}]}],"
		"'closed':[],'removed':[],'unchanged':0}}");

	check(json_object_equal(diff, expected), "added, changed, removed: %s",
		json_object_to_json_string(diff));
	check(json_object_array_length(json_object_object_get(
		      json_object_object_get(first, "agencies"), "added")) == 2,
		"everything is new at first");
}

static json_object *services_diff(const char *old_text, const char *new_text)
{
	_json_ *old = json_of(old_text), *new_doc = json_of(new_text);
	_json_ *diff = catalogue_diff(old, new_doc);

	return json_object_get(json_object_object_get(diff, "services"));
}

static void test_diff_in_depth(void)
{
	_json_ *diff = services_diff(
		"{'services':[" SERVICE("1", ",'stages':[{'kind':'decide','ladder':[1,2]}]") "]}",
		"{'services':[" SERVICE("1",
			",'stages':[{'kind':'decide','cap':null,'ladder':[1]},{'kind':'notify'}]"
			",'valid_to':'2026-12-31'") "]}");
	_json_ *expected =
		json_of("{'added':[],'changed':[{'code':'1-1','version':1,'differences':["
			"{'at':'/stages/0/ladder/1','old':2,'new':null},"
			"{'at':'/stages/1','old':null,'new':{'kind':'notify'}},"
			"{'at':'/valid_to','old':null,'new':'2026-12-31'}]}],"
			"'closed':[],'removed':[],'unchanged':0}");
	_json_ *closed = services_diff("{'services':[" SERVICE("1", "") "]}",
		"{'services':[" SERVICE("1", ",'valid_to':'2026-12-31'") "]}");
	_json_ *opened =
		services_diff("{'services':[" SERVICE("1", ",'valid_to':'2026-12-31'") "]}",
			"{'services':[" SERVICE("1", ",'valid_to':null") "]}");
	_json_ *end = json_of("{'added':[],'changed':[],'closed':[{'code':'1-1','version':1,"
			      "'valid_to':'2026-12-31'}],'removed':[],'unchanged':0}");

	check(json_object_equal(diff, expected), "down to what differs: %s",
		json_object_to_json_string(diff));
	check(json_object_equal(closed, end), "only its end: closed");
	check(json_object_array_length(json_object_object_get(opened, "changed")) == 1,
		"an end taken away is a change");
}

/* Used are those of a text "agencies/a ". */
static bool is_named(void *context, const char *kind, const char *code, int version)
{
	_text_ name = TEXT_INIT;

	(void)version;
	text_addf(&name, "%s/%s ", kind, code);
	return strstr(*(const char *const *)context, name.data) != NULL;
}

static void test_replaces(void)
{
	_faults_ faults = {0};
	_json_ *old = json_of("{'agencies':[" AGENCY("a", "") "," AGENCY(
		"b", "") "],'services':[" SERVICE("1", "") "," SERVICE("2", "") "]}");
	_json_ *add =
		json_of("{'agencies':[" AGENCY("b", "") "],'services':[" SERVICE("2", "") "]}");
	const char *used = "agencies/b services/9 ";
	struct catalogue_checks checks = {.is_used = is_named, .context = &used};
	json_object *doc = NULL;

	check(catalogue_merge(old, add, true, &checks, &faults, &doc) == 0 &&
			count_of(doc, "agencies") == 1 && count_of(doc, "services") == 1,
		"what is not named goes, where nothing rests on it");
	json_object_put(doc);
	used = "agencies/a services/1-1 ";
	check(catalogue_merge(old, add, true, &checks, &faults, &doc) == CATALOGUE_FAULTY &&
			faults.count == 2 &&
			faults_have(&faults, "/agencies", WORD_reason_in_use) &&
			faults_have(&faults, "/services", WORD_reason_in_use),
		"what is used stays");
	faults_show(&faults);
}

int main(void)
{
	test_stays();
	test_pinned();
	test_shape();
	test_append();
	test_diff();
	test_diff_in_depth();
	test_replaces();
	return tap_end();
}
