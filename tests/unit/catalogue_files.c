/* The catalogues in this tree: sound, in three languages, honest about sources, and as varied as
 * they promise. */
#include <dirent.h>

#include "lib/catalogue_merge.h"
#include "lib/day.h"
#include "lib/route.h"
#include "tests/support/catalogue.h"
#include "tests/unit/tap.h"

#define FOLDER "config/catalogue"

/* By the name of its file. */
static bool calendar_exists(void *context, const char *code)
{
	_text_ path = TEXT_INIT;
	const char *source = getenv("KEZEK_SOURCE");
	FILE *file;

	(void)context;
	text_addf(&path, "%s/config/calendars/%s.json", source ? source : ".", code);
	file = fopen(path.data, "r");
	if (!file)
		return strcmp(code, "nl") == 0;
	fclose(file);
	return true;
}

static const struct catalogue_checks checks = {.calendar_exists = calendar_exists};

static json_object *whole_folder(void)
{
	_text_ path = TEXT_INIT;
	const char *source = getenv("KEZEK_SOURCE");
	json_object *whole = json_object_new_object();
	struct dirent *entry;
	_faults_ faults = {0};
	DIR *folder;

	text_addf(&path, "%s/" FOLDER, source ? source : ".");
	folder = opendir(path.data);
	assert(folder);
	while ((entry = readdir(folder))) {
		_text_ name = TEXT_INIT;
		_json_ *file = NULL;

		if (!strstr(entry->d_name, ".json"))
			continue;
		text_addf(&name, FOLDER "/%s", entry->d_name);
		file = json_of_file(name.data);
		if (!file || catalogue_append(whole, file, &faults) != 0)
			printf("# %s\n", name.data);
	}
	closedir(folder);
	faults_show(&faults);
	return whole;
}

/* Every object that holds a text in Kyrgyz holds it in all three languages. */
static bool is_in_all_languages(json_object *value)
{
	bool is = true, has[LANG_COUNT] = {false};

	if (json_object_is_type(value, json_type_array)) {
		for (size_t i = 0; i < json_object_array_length(value); i++)
			is = is_in_all_languages(json_object_array_get_idx(value, i)) && is;
		return is;
	}
	if (!json_object_is_type(value, json_type_object))
		return true;
	json_object_object_foreach (value, name, member) {
		enum lang lang;

		if (lang_parse(span_of(name), &lang))
			has[lang] = true;
		is = is_in_all_languages(member) && is;
	}
	if (has[LANG_KY] != has[LANG_RU] || has[LANG_RU] != has[LANG_EN])
		printf("# not in all languages: %s\n", json_object_to_json_string(value));
	return is && has[LANG_KY] == has[LANG_RU] && has[LANG_RU] == has[LANG_EN];
}

/* What the services use, as bits: variety that the demo promises. */
struct variety {
	unsigned units, payments, incompletes, breaches, bys, levels, effects, kinds, clocks;
	size_t count, notices, appeals, named_kinds, named_variants, ends;
};

static void note_service(const struct service *s, struct variety *v)
{
	v->count++;
	v->payments |= 1u << s->payment;
	v->incompletes |= 1u << s->incomplete;
	v->levels |= 1u << s->level;
	v->clocks |= 1u << s->forward_clock;
	v->notices += s->forward_notice != NULL;
	v->appeals += s->appeal.agency != NULL && *s->appeal.text.text[LANG_KY];
	for (size_t i = 0; i < s->nstages; i++) {
		const struct stage *stage = &s->stages[i];

		v->kinds |= 1u << stage->kind;
		v->breaches |= 1u << stage->on_breach;
		for (size_t p = 0; p < stage->npauses; p++)
			v->effects |= 1u << stage->pauses[p].effect;
		for (size_t k = 0; k < s->nvariants; k++)
			v->units |= 1u << stage_rule(stage, &s->variants[k])->unit;
	}
}

static void test_variety(const struct catalogue *c)
{
	const unsigned units = 1u << TERM_month | 1u << TERM_week | 1u << TERM_day |
			       1u << TERM_working_day | 1u << TERM_working_hour;
	struct variety v = {0};
	bool all_unconfirmed = true, all_routed = true;

	for (size_t i = 0; i < c->nservices; i++) {
		const struct service *s = &c->services[i];
		bool is_routed = false;

		note_service(s, &v);
		all_unconfirmed = all_unconfirmed && !s->source_is_confirmed;
		for (size_t r = 0; r < c->nroutes; r++)
			is_routed = is_routed || strcmp(c->routes[r].service, s->code) == 0;
		all_routed = all_routed && is_routed;
	}
	for (size_t r = 0; r < c->nroutes; r++) {
		v.bys |= 1u << c->routes[r].by;
		v.named_kinds += c->routes[r].applicant_kind != NULL;
		v.named_variants += c->routes[r].variant != NULL;
		v.ends += c->routes[r].valid_to != INT32_MAX;
	}
	check(v.count >= 18, "eighteen services or more: %zu", v.count);
	check((v.units & units) == units,
		"terms in months, weeks, days, working days, working hours");
	check(v.payments == 7 && v.incompletes == 7 && v.levels == 3,
		"all kinds of payment, of incompleteness, of level");
	check(v.breaches == 15 && (v.effects & 3) == 3 && v.bys == 15,
		"all effects of a breach, pauses, routes by all places");
	check(v.kinds & 1u << KEZEK_DEADLINE_consult && v.kinds & 1u << KEZEK_DEADLINE_forward &&
			v.kinds & 1u << KEZEK_DEADLINE_notify &&
			v.kinds & 1u << KEZEK_DEADLINE_hand_over,
		"asked of others, forwarded, told, handed over");
	check(v.notices && v.clocks == 3, "forwarding with a notice, by either clock");
	check(v.appeals > 3, "an appeal of its own for each body: %zu", v.appeals);
	check(v.named_kinds && v.named_variants && v.ends,
		"routes by applicant kind and variant, and one that ends");
	check(all_unconfirmed, "nothing pretends to be confirmed");
	check(all_routed, "every service has a route");
	check(!catalogue_service_on(c, "permit", 20700),
		"the demo of another country is not among them");
}

static void test_idcard(const struct catalogue *c)
{
	const struct service *s = catalogue_service_on(c, "6-49", day_of_civil(2026, 11, 20));
	const struct stage *decide = s ? service_stage_find(s, KEZEK_DEADLINE_decide) : NULL;
	const struct variant *quick = s ? service_variant_find(s, "3-hours") : NULL;
	_json_ *form = json_of("{}");
	_faults_ faults = {0};

	check(s && decide && quick && s->version == 3 && s->nvariants == 5,
		"6-49 has five variants");
	if (!s || !decide || !quick)
		return;
	check(stage_rule(decide, &s->variants[0])->amount == 12 &&
			s->variants[0].fee_tyiyn == 51000,
		"twelve working days, 510 som");
	check(quick->fee_tyiyn == 414000 && quick->noffices == 1 &&
			variant_is_offered_at(quick, catalogue_office_find(c, "con-pervomay")) &&
			!variant_is_offered_at(quick, catalogue_office_find(c, "con-osh")) &&
			stage_rule(decide, quick)->start == TERM_START_forwarded,
		"three working hours at one office");
	check(s->payment == PAYMENT_AFTER && s->incomplete == INCOMPLETE_ACCEPT &&
			service_ground_find(s, "identity_not_confirmed") &&
			service_document_find(s, "previous_passport"),
		"paid after, accepted incomplete");
	check(form_check(s->form, form, "/form", &faults) == FORM_FAULTY &&
			faults_have(&faults, "/form/photo_taken", WORD_reason_missing),
		"a form that asks for the photo");
}

static const char *routed(const struct catalogue *c, const char *service, enum route_by by,
	const char *place, const char *kind)
{
	struct route_query query = {
		.service = service, .applicant_kind = kind, .day = day_of_civil(2026, 11, 20)};
	const struct route *route;

	query.places[by] = catalogue_territory_find(c, place);
	route = route_find(c, &query);
	return route ? route->agency->code : "unrouted";
}

static void test_routes(const struct catalogue *c)
{
	check(strcmp(routed(c, "6-49", ROUTE_BY_OFFICE, "KG-GB-01", "person"), "kyzmat") == 0,
		"6-49 by office");
	check(strcmp(routed(c, "11-2", ROUTE_BY_OBJECT, "KG-GB-03", "person"),
		      "cadastre-bishkek") == 0,
		"11-2 by object");
	check(strcmp(routed(c, "11-2", ROUTE_BY_OBJECT, "KG-T-01", "person"), "cadastre") == 0,
		"and elsewhere");
	check(strcmp(routed(c, "15-3", ROUTE_BY_REGISTRATION, "KG-GB", "organisation"), "tax") ==
				0 &&
			strcmp(routed(c, "15-3", ROUTE_BY_REGISTRATION, "KG-GB", "person"),
				"tax-bishkek") == 0,
		"15-3 by registration and applicant kind");
	check(strcmp(routed(c, "1-1", ROUTE_BY_RESIDENCE, "KG-J-01-01", "person"), "suzak-ao") ==
				0 &&
			strcmp(routed(c, "1-1", ROUTE_BY_RESIDENCE, "KG-N", "person"),
				"unrouted") == 0,
		"an appeal by residence, or to the supervisor's desk");
	check(catalogue_agency_find(c, "unrouted") != NULL, "which is there");
}

static void test_permits(json_object *whole)
{
	_json_ *file = json_of_file("tests/data/permits-catalogue.json"), *both = NULL;
	_faults_ faults = {0};
	struct catalogue *c = NULL;
	const struct term_rule *rule;

	check(file && catalogue_merge(whole, file, false, &checks, &faults, &both) == 0 &&
			catalogue_read(both, &checks, &faults, &c) == 0,
		"the permits' catalogue goes beside it");
	faults_show(&faults);
	if (!c)
		return;
	rule = service_stage_find(catalogue_service_find(c, "permit", 1), KEZEK_DEADLINE_decide)
		       ->term;
	check(rule->amount == 8 && rule->unit == TERM_week && rule->roll == TERM_ROLL_NONE &&
			rule->start == TERM_START_received,
		"eight weeks from receipt");
	catalogue_unref(c);
}

int main(void)
{
	_json_ *whole = whole_folder();
	_faults_ faults = {0};
	struct catalogue *c = NULL;

	check(catalogue_read(whole, &checks, &faults, &c) == 0, FOLDER " is read without a fault");
	faults_show(&faults);
	check(is_in_all_languages(whole), "every text stands in three languages");
	if (c) {
		test_variety(c);
		test_idcard(c);
		test_routes(c);
		test_permits(whole);
	}
	catalogue_unref(c);
	return tap_end();
}
