/* route: the narrowest territory, then applicant kind, then variant; ties are found at load. */
#include "lib/route.h"
#include "tests/support/catalogue.h"
#include "tests/unit/tap.h"

#define GROUND                                                                                     \
	"'territories':[{'code':'KG'},{'code':'KG-C','parent':'KG'},{'code':'KG-C-1','parent':'"   \
	"KG-C'},"                                                                                  \
	"{'code':'KG-J','parent':'KG'}],'agencies':[" AGENCY("whole") "," AGENCY(                  \
		"north") "," AGENCY("town") "],'services':[{'code':'1-1','version':1,'valid_from'" \
					    ":'2026-01-01','name':{'en':'x'},"                     \
					    "'variants':[{'code':'slow'},{'code':'fast'}]}]"
#define AGENCY(code) "{'code':'" code "','calendar':'kg','head':'h','name':{'en':'" code "'}}"

static int load(const char *routes, struct faults *faults, struct catalogue **ret)
{
	_text_ text = TEXT_INIT;
	_json_ *doc = NULL;

	text_addf(&text, "{%s,'routes':[%s]}", GROUND, routes);
	doc = json_of(text.data);
	return catalogue_read(doc, NULL, faults, ret);
}

static const char *by_residence(const struct catalogue *c, const char *place, const char *kind,
	const char *variant, int32_t day)
{
	struct route_query query = {
		.service = "1-1", .applicant_kind = kind, .variant = variant, .day = day};
	const struct route *route;

	query.places[ROUTE_BY_RESIDENCE] = catalogue_territory_find(c, place);
	route = route_find(c, &query);
	return route ? route->agency->code : "none";
}

static void test_find(void)
{
	static const int32_t day = 20700; /* 2026-09-04 */
	_faults_ faults = {0};
	struct catalogue *c = NULL;
	int read = load("{'service':'1-1','territory':'KG','by':'residence','agency':'whole','"
			"valid_from':'2026-01-01'},"
			"{'service':'1-1','territory':'KG-C','by':'residence','agency':'north','"
			"valid_from':'2026-01-01'},"
			"{'service':'1-1','territory':'KG-C','by':'residence','agency':'town','"
			"variant':'fast',"
			"'valid_from':'2026-01-01'},"
			"{'service':'1-1','territory':'KG-C','by':'residence','agency':'whole',"
			"'applicant_kind':'organisation','valid_from':'2026-01-01','valid_to':'"
			"2026-09-04'}",
		&faults, &c);

	check(read == 0, "four routes without a tie");
	if (read)
		return;
	check(strcmp(by_residence(c, "KG-J", "person", "slow", day), "whole") == 0,
		"the country where nothing is narrower");
	check(strcmp(by_residence(c, "KG-C-1", "person", "slow", day), "north") == 0,
		"the narrowest that contains the place");
	check(strcmp(by_residence(c, "KG-C", "person", "fast", day), "town") == 0,
		"then the variant");
	check(strcmp(by_residence(c, "KG-C", "company", "fast", day), "whole") == 0,
		"but applicant kind before it");
	check(strcmp(by_residence(c, "KG-C", "company", "fast", day), "whole") == 0,
		"a company is an organisation");
	check(strcmp(by_residence(c, "KG-C", "entrepreneur", "fast", day), "town") == 0,
		"an entrepreneur is none");
	check(strcmp(by_residence(c, "KG-C", "company", "slow", day + 1), "north") == 0,
		"only while it is valid");
	check(strcmp(by_residence(c, "KG-C", NULL, NULL, 20000), "none") == 0,
		"nothing before its day");
	check(strcmp(by_residence(c, "nowhere", NULL, NULL, day), "none") == 0,
		"an unknown place fits nothing");
	check(route_needs_territory(c, "1-1", day) && !route_needs_territory(c, "2-2", day),
		"residence must be told");
	catalogue_unref(c);
}

/* "agency verdict" of each step, in order. */
static bool explains(const struct catalogue *c, const struct route_query *query, const char *wanted)
{
	struct route_step *steps;
	size_t count = route_explain(c, query, &steps);
	const struct route *found = route_find(c, query);
	_text_ told = TEXT_INIT;
	size_t deciding = 0;
	bool same = true;

	for (size_t i = 0; i < count; i++) {
		text_addf(&told, "%s%s %s", i ? ", " : "", steps[i].route->agency->code,
			route_verdict_wire[steps[i].verdict]);
		deciding += steps[i].verdict == ROUTE_DECIDES;
		same = same && (steps[i].verdict == ROUTE_DECIDES) == (steps[i].route == found);
	}
	free(steps);
	if (!same || deciding != (found != NULL) || strcmp(told.data ? told.data : "", wanted) != 0)
		printf("# %s\n", told.data);
	return same && deciding == (found != NULL) &&
	       strcmp(told.data ? told.data : "", wanted) == 0;
}

#define RULE(territory, by, agency, rest)                                                          \
	"{'service':'1-1','territory':'" territory "','by':'" by "','agency':'" agency             \
	"','valid_from':'2026-01-01'" rest "}"

static void test_explain(void)
{
	_faults_ faults = {0};
	struct catalogue *c = NULL;
	struct route_query q = {.service = "1-1", .day = 20700};
	int read = load(
		RULE("KG", "residence", "whole", "") "," RULE(
			"KG-C", "residence", "north", "") "," RULE("KG-C", "residence", "town",
			",'variant':'fast'") "," RULE("KG-C", "residence", "whole",
			",'applicant_kind':'company'") "," RULE("KG-C-1", "object", "north",
			",'valid_to':'2026-06-30'") ","
						    "{'service':'1-1','territory':'KG-C-1',"
						    "'by':'residence','agency':'town','valid_from':"
						    "'2027-01-01'}",
		&faults, &c);

	faults_show(&faults);
	check(read == 0, "six routes without a tie");
	if (read)
		return;
	q.places[ROUTE_BY_RESIDENCE] = catalogue_territory_find(c, "KG-C-1");
	q.applicant_kind = "company";
	q.variant = "fast";
	check(explains(c, &q,
		      "town not_yet_in_force, north no_longer_in_force, whole decides, "
		      "town applicant_kind_decides, north applicant_kind_decides, "
		      "whole narrower_decides"),
		"each rule says why it does not decide, the narrowest first");
	q.applicant_kind = "person";
	check(explains(c, &q,
		      "town not_yet_in_force, north no_longer_in_force, whole "
		      "other_applicant_kind, town decides, north variant_decides, whole "
		      "narrower_decides"),
		"another kind, then the variant");
	q.variant = NULL;
	q.day = 20500;
	check(explains(c, &q,
		      "town not_yet_in_force, north place_unknown, whole other_applicant_kind, "
		      "town other_variant, north decides, whole narrower_decides"),
		"a place that nobody told, another variant");
	q.places[ROUTE_BY_RESIDENCE] = catalogue_territory_find(c, "KG-J");
	q.places[ROUTE_BY_OBJECT] = q.places[ROUTE_BY_RESIDENCE];
	check(explains(c, &q,
		      "town not_yet_in_force, north elsewhere, whole elsewhere, town elsewhere, "
		      "north elsewhere, whole decides"),
		"elsewhere");
	q.service = "2-2";
	check(explains(c, &q, ""), "no rule at all");
	catalogue_unref(c);
}

static bool ties(const char *routes)
{
	_faults_ faults = {0};
	struct catalogue *c = NULL;

	if (load(routes, &faults, &c) == 0) {
		catalogue_unref(c);
		return false;
	}
	return faults_have(&faults, "/routes/0", WORD_reason_route_tie);
}

#define ROUTE(territory, by, rest)                                                                 \
	"{'service':'1-1','territory':'" territory "','by':'" by "','agency':'whole'," rest "}"

static void test_ties(void)
{
	check(ties(ROUTE("KG", "office", "'valid_from':'2026-01-01'") "," ROUTE(
		      "KG", "office", "'valid_from':'2026-02-01'")),
		"the same place twice");
	check(!ties(ROUTE("KG", "office",
		      "'valid_from':'2026-01-01','valid_to':'2026-01-31'") "," ROUTE("KG", "office",
		      "'valid_from':'2026-02-01'")),
		"one after the other is none");
	check(!ties(ROUTE("KG-C", "office", "'valid_from':'2026-01-01'") "," ROUTE(
		      "KG-J", "office", "'valid_from':'2026-01-01'")),
		"two places beside each other are none");
	check(ties(ROUTE("KG-C", "office", "'valid_from':'2026-01-01'") "," ROUTE(
		      "KG-J", "object", "'valid_from':'2026-01-01'")),
		"but are where each looks at another place");
	check(!ties(ROUTE("KG", "office", "'valid_from':'2026-01-01'") "," ROUTE(
		      "KG-J", "object", "'valid_from':'2026-01-01'")),
		"the narrower decides");
	check(!ties(ROUTE("KG", "office",
		      "'valid_from':'2026-01-01','applicant_kind':'person'") "," ROUTE("KG",
		      "office", "'valid_from':'2026-01-01','variant':'fast'")),
		"applicant kind goes before variant");
	check(!ties(ROUTE("KG", "office",
		      "'valid_from':'2026-01-01','applicant_kind':'organisation'") "," ROUTE("KG",
		      "office", "'valid_from':'2026-01-01','applicant_kind':'company'")),
		"a company goes before organisations");
	check(ties(ROUTE("KG", "office", "'valid_from':'2026-01-01','variant':'fast'") "," ROUTE(
		      "KG", "office", "'valid_from':'2026-01-01','variant':'fast'")),
		"the same variant twice");
}

static void test_kinds(void)
{
	_faults_ faults = {0};
	struct catalogue *c = NULL;
	int read = load(ROUTE("KG", "residence",
				"'valid_from':'2026-01-01','applicant_kind':'organisation'"),
		&faults, &c);

	check(read == 0 && strcmp(by_residence(c, "KG-C", "company", NULL, 20700), "whole") == 0 &&
			strcmp(by_residence(c, "KG-C", "body", NULL, 20700), "whole") == 0 &&
			strcmp(by_residence(c, "KG-C", "person", NULL, 20700), "none") == 0 &&
			strcmp(by_residence(c, "KG-C", NULL, NULL, 20700), "none") == 0,
		"an organisation is a company or a public body");
	catalogue_unref(c);
	check(load(ROUTE("KG", "office", "'valid_from':'2026-01-01','applicant_kind':'people'"),
		      &faults, &c) == CATALOGUE_FAULTY &&
			faults_have(&faults, "/routes/0/applicant_kind", WORD_reason_not_allowed),
		"a kind that nobody is");
	faults_done(&faults);
	check(load(ROUTE("KG", "office", "'valid_from':'2026-01-01','variant':'slower'"), &faults,
		      &c) == CATALOGUE_FAULTY &&
			faults_have(&faults, "/routes/0/variant", WORD_reason_not_found),
		"a variant that no version has");
}

int main(void)
{
	test_find();
	test_explain();
	test_ties();
	test_kinds();
	return tap_end();
}
