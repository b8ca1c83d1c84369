/* catalogue: the page's own example, every kind of fault with its pointer, and what ships with
 * kezek. */
#include "lib/day.h"
#include "lib/term_read.h"
#include "lib/route.h"
#include "tests/support/catalogue.h"
#include "tests/unit/tap.h"

#define NAME "'name':{'ky':'а','ru':'б','en':'c'}"
/* Design page "Casework", Catalogue files, with its dots filled in. */
#define EXAMPLE_BODIES                                                                             \
	"'agencies':[{'code':'kyzmat','level':'state','parent':null,'calendar':'kg-state'," NAME   \
	",'head':'kyzmat-head'}],'offices':[{'code':'con-pervomay','agency':'kyzmat','territory':" \
	"'KG-GB-01','calendar':'kg-state'," NAME                                                   \
	"}],'territories':[{'code':'KG-GB-01','parent':'KG-GB'," NAME                              \
	"},{'code':'KG-GB','parent':'KG'," NAME "},{'code':'KG','parent':null," NAME "}]"
#define EXAMPLE_VARIANTS                                                                           \
	"'variants':[{'code':'standard','fee_tyiyn':51000,'offices':null,'terms':{'decide':{'"     \
	"amount':12,"                                                                              \
	"'unit':'working_day','start':'registered'}}},{'code':'3-hours','fee_tyiyn':414000,'"      \
	"offices':"                                                                                \
	"['con-pervomay'],'terms':{'decide':{'amount':3,'unit':'working_hour','start':'forwarded'" \
	"}}}]"
#define EXAMPLE_STAGES                                                                             \
	"'stages':[{'kind':'register','term':{'amount':1,'unit':'working_day','start':'received'}" \
	"},"                                                                                       \
	"{'kind':'decide','term':'variant','cap':null,'on_breach':'overdue','late_decision':'"     \
	"allowed',"                                                                                \
	"'ladder':[{'at':'75%','to':'officer'},{'at':'-1 "                                         \
	"working_day','to':'head'},{'at':'0','to':"                                                \
	"'supervisor'}],'pauses':[{'ground':'documents_missing','effect':'pause','cure':{'amount'" \
	":10,"                                                                                     \
	"'unit':'working_day'},'cure_lapse':'refuse','needs_cure_by':true,'max_total':{'amount':"  \
	"30,"                                                                                      \
	"'unit':'day'}}],'extensions':{'max':1,'sum':{'amount':10,'unit':'working_day'},'rank':'"  \
	"head',"                                                                                   \
	"'before_due':true,'notice':{'amount':3,'unit':'working_day'}}}]"
#define EXAMPLE_SERVICE                                                                              \
	"{'code':'6-49','version':3,'valid_from':'2026-01-01','valid_to':null,'level':'state'"       \
	"," NAME ",'result':{'ky':'а'},'legal_basis':'…','source':'…','recipients':['person']," \
	"'counter_minutes':15,'transition':'pinned'," EXAMPLE_VARIANTS "," EXAMPLE_STAGES            \
	",'payment':'after','incomplete':'accept','max_backdate':{'amount':3,'unit':'working_day'"   \
	"},"                                                                                         \
	"'forward':{'clock':'continue','max_hops':3},'documents':[{'kind':'previous_passport',"      \
	"'required':true,'original':true,'max_age_days':null," NAME                                  \
	"}],'refusal_grounds':[{'code':"                                                             \
	"'identity_not_confirmed'," NAME ",'legal_basis':'…'}],'appeal':{'en':'to the head'},"     \
	"'form':{'type':'object','required':['photo_taken'],'properties':{'photo_taken':{'type':"    \
	"'boolean'}}}}"
#define EXAMPLE                                                                                    \
	"{" EXAMPLE_BODIES ",'services':[" EXAMPLE_SERVICE                                         \
	"],'routes':[{'service':'6-49','territory':"                                               \
	"'KG','by':'office','agency':'kyzmat','valid_from':'2026-01-01'}]}"

static bool knows_calendar(void *context, const char *code)
{
	(void)context;
	return strncmp(code, "kg-", 3) == 0 || strcmp(code, "kg") == 0 || strcmp(code, "nl") == 0;
}

static const struct catalogue_checks checks = {.calendar_exists = knows_calendar};

static struct catalogue *read_text(const char *text, struct faults *faults)
{
	_json_ *doc = json_of(text);
	struct catalogue *c = NULL;

	return catalogue_read(doc, &checks, faults, &c) == 0 ? c : NULL;
}

static void check_decide(const struct service *s)
{
	const struct stage *decide = service_stage_find(s, KEZEK_DEADLINE_decide);
	const struct variant *quick = service_variant_find(s, "3-hours");
	const struct pause_standard *pause;

	check(decide && quick && !decide->term && decide->on_breach == KEZEK_BREACH_overdue,
		"the decide stage");
	if (!decide || !quick)
		return;
	check(stage_rule(decide, quick)->unit == TERM_working_hour &&
			stage_rule(decide, service_variant_find(s, NULL))->amount == 12,
		"its term is the variant's");
	check(decide->ladder && decide->ladder->count == 3, "its ladder");
	pause = stage_pause_find(decide, "documents_missing");
	check(pause && pause->needs_cure_by && pause->cure_lapse == CURE_REFUSES &&
			pause->max_total->amount == 30,
		"its pause");
	check(service_cure(s, quick) && service_cure(s, quick)->amount == 10,
		"which also cures an incomplete one");
	check(decide->extensions.max == 1 && decide->extensions.rank_is_head &&
			decide->extensions.notice->amount == 3,
		"its extensions");
	check(service_stage_find(s, KEZEK_DEADLINE_register)->term->start == TERM_START_received,
		"the register stage");
	check(!service_stage_find(s, KEZEK_DEADLINE_notify), "no other stage");
}

static void test_example(void)
{
	_faults_ faults = {0};
	struct catalogue *c = read_text(EXAMPLE, &faults);
	const struct service *s;
	const struct office *office;

	faults_show(&faults);
	check(c != NULL, "the page's example is read");
	if (!c)
		return;
	s = catalogue_service_on(c, "6-49", day_of_civil(2026, 11, 20));
	office = catalogue_office_find(c, "con-pervomay");
	check(s && s == catalogue_service_find(c, "6-49", 3), "found by day and by version");
	check(!catalogue_service_on(c, "6-49", day_of_civil(2025, 12, 31)),
		"not before its first day");
	check(!catalogue_service_find(c, "6-49", 2) && !catalogue_service_on(c, "6-4", 20700),
		"nor another");
	check_decide(s);
	check(s->payment == PAYMENT_AFTER && s->incomplete == INCOMPLETE_ACCEPT &&
			s->max_hops == 3 && s->max_backdate->amount == 3 && s->source_is_confirmed,
		"the standard's other members");
	check(service_takes(s, "person") && !service_takes(s, "organisation"), "who may apply");
	check(service_ground_find(s, "identity_not_confirmed") && !service_ground_find(s, "x"),
		"refusal grounds");
	check(service_document_find(s, "previous_passport")->original, "documents");
	check(strcmp(s->result.text[LANG_EN], "а") == 0 &&
			strcmp(s->appeal.text.text[LANG_KY], "to the head") == 0,
		"a missing language is another one's");
	check(variant_is_offered_at(&s->variants[0], office) &&
			variant_is_offered_at(&s->variants[1], office),
		"variants by office");
	check(territory_is_within(office->territory, catalogue_territory_find(c, "KG")) &&
			!territory_is_within(
				catalogue_territory_find(c, "KG"), office->territory) &&
			office->territory->depth == 2,
		"territories nest");
	check(s->form && strcmp(catalogue_agency_find(c, "kyzmat")->head, "kyzmat-head") == 0,
		"form and head");
	catalogue_unref(catalogue_ref(c));
	catalogue_unref(c);
}

/* Reads the document with one thing put in place of another; true: exactly that fault is among
 * them. */
static bool refuses(const char *what, const char *with, const char *pointer, enum word reason)
{
	_text_ text = TEXT_INIT;
	_faults_ faults = {0};
	const char *at = strstr(EXAMPLE, what);
	struct catalogue *c;
	bool found;

	assert(at);
	text_add(&text, EXAMPLE, (size_t)(at - EXAMPLE));
	text_adds(&text, with);
	text_adds(&text, at + strlen(what));
	c = read_text(text.data, &faults);
	found = !c && faults_have(&faults, pointer, reason);
	if (!found)
		faults_show(&faults);
	catalogue_unref(c);
	return found;
}

static void test_faults(void)
{
	static const struct {
		const char *what, *with, *pointer;
		enum word reason;
	} cases[] = {
		{"'kg-state'", "'de'", "/agencies/0/calendar", WORD_reason_not_found},
		{"'head':'kyzmat-head'", "'heads':'x'", "/agencies/0/heads",
			WORD_reason_unknown_member},
		{"'head':'kyzmat-head'", "'heads':'x'", "/agencies/0/head", WORD_reason_missing},
		{"'level':'state'", "'level':'federal'", "/agencies/0/level",
			WORD_reason_not_allowed},
		{"'parent':null,'calendar'", "'parent':'kyzmat','calendar'", "/agencies/0/parent",
			WORD_reason_cycle},
		{"'parent':null,'calendar'", "'parent':'x','calendar'", "/agencies/0/parent",
			WORD_reason_not_found},
		{"'code':'kyzmat'", "'code':'kyz mat'", "/agencies/0/code", WORD_reason_bad_format},
		{"'agency':'kyzmat','territory'", "'agency':'x','territory'", "/offices/0/agency",
			WORD_reason_not_found},
		{"'territory':'KG-GB-01'", "'territory':'KG-X'", "/offices/0/territory",
			WORD_reason_not_found},
		{"'code':'KG','parent':null", "'code':'KG','parent':'KG-GB-01'",
			"/territories/0/parent", WORD_reason_cycle},
		{"'code':'KG','parent':null", "'code':'KG-GB','parent':null", "/territories/2/code",
			WORD_reason_duplicate},
		{"'version':3", "'version':0", "/services/0/version", WORD_reason_out_of_range},
		{"'version':3", "'version':'3'", "/services/0/version", WORD_reason_wrong_type},
		{"'valid_to':null", "'valid_to':'2025-12-31'", "/services/0/valid_to",
			WORD_reason_conflict},
		{"'valid_from':'2026-01-01'", "'valid_from':'1.1.2026'", "/services/0/valid_from",
			WORD_reason_bad_format},
		{"'fee_tyiyn':51000", "'fee_tyiyn':510.5", "/services/0/variants/0/fee_tyiyn",
			WORD_reason_wrong_type},
		{"'offices':['con-pervomay']", "'offices':['x']",
			"/services/0/variants/1/offices/0", WORD_reason_not_found},
		{"'code':'3-hours'", "'code':'standard'", "/services/0/variants/1/code",
			WORD_reason_duplicate},
		{"'amount':12", "'amount':0", "/services/0/variants/0/terms/decide/amount",
			WORD_reason_out_of_range},
		{"'terms':{'decide':{'amount':12,'unit':'working_day','start':'registered'}}",
			"'terms':{}", "/services/0/variants/0/terms/decide", WORD_reason_missing},
		{"'term':'variant'", "'term':{'amount':1,'unit':'day'}",
			"/services/0/variants/0/terms/decide", WORD_reason_conflict},
		{"'term':'variant'", "'term':'variants'", "/services/0/stages/1/term",
			WORD_reason_wrong_type},
		{"'kind':'register'", "'kind':'decide'", "/services/0/stages/1/kind",
			WORD_reason_duplicate},
		{"'kind':'register'", "'kind':'think'", "/services/0/stages/0/kind",
			WORD_reason_not_allowed},
		{"'start':'received'", "'start':'stage:notify'", "/services/0/stages",
			WORD_reason_not_found},
		{"'start':'received'", "'start':'stage:register'", "/services/0/stages",
			WORD_reason_cycle},
		{"'on_breach':'overdue'", "'on_breach':'panic'", "/services/0/stages/1/on_breach",
			WORD_reason_not_allowed},
		{"'at':'75%'", "'at':'750%'", "/services/0/stages/1/ladder/0/at",
			WORD_reason_bad_format},
		{"'max_total':{'amount':30,'unit':'day'}",
			"'max_total':{'amount':30,'unit':'day','roll':'none'}",
			"/services/0/stages/1/pauses/0/max_total/roll", WORD_reason_unknown_member},
		{"'rank':'head'", "'rank':'tail'", "/services/0/stages/1/extensions/rank",
			WORD_reason_not_allowed},
		{"'payment':'after'", "'payment':'never'", "/services/0/payment",
			WORD_reason_not_allowed},
		{"'transition':'pinned'", "'transition':'follow'", "/services/0/transition",
			WORD_reason_not_allowed},
		{"'appeal':{'en'", "'appeal':{'kk'", "/services/0/appeal/kk",
			WORD_reason_unknown_member},
		{"'form':{'type'", "'form':{'typ'", "/services/0/form/typ",
			WORD_reason_unknown_member},
		{"'routes':[{'service':'6-49'", "'routes':[{'service':'6-50'", "/routes/0/service",
			WORD_reason_not_found},
		{"'by':'office'", "'by':'moon'", "/routes/0/by", WORD_reason_not_allowed},
		{"'agency':'kyzmat','valid_from'", "'agency':'x','valid_from'", "/routes/0/agency",
			WORD_reason_not_found},
		{"'by':'office'", "'by':'office','variant':'x'", "/routes/0/variant",
			WORD_reason_not_found},
		{"'routes'", "'roads'", "/roads", WORD_reason_unknown_member},
		{"'agencies':[", "'agencies':[7,", "/agencies/0", WORD_reason_wrong_type},
		{"'name':{'ky':'а'", "'name':{'KY':'а'", "/agencies/0/name/KY",
			WORD_reason_unknown_member},
		{"'name':{'ky':'а'", "'name':{'ky':''", "/agencies/0/name/ky",
			WORD_reason_too_short},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		check(refuses(cases[i].what, cases[i].with, cases[i].pointer, cases[i].reason),
			"%s: %s at %s", cases[i].with, reason_code(cases[i].reason),
			cases[i].pointer);
	}
}

static void test_all_at_once(void)
{
	_faults_ faults = {0};
	struct catalogue *c =
		read_text("{'agencies':[{'code':'a'}],'territories':[{'parent':'x'}],"
			  "'services':[{'code':'1','version':1,'valid_from':'2026-01-01'," NAME
			  "},{'code':'1','version':1,'valid_from':'2026-01-01'," NAME
			  ",'variants':[{'code':'v','offices':['o']}]}]}",
			&faults);

	check(!c && faults.count == 8, "all faults of all kinds: %zu", faults.count);
	check(faults_have(&faults, "/services/0/variants", WORD_reason_missing),
		"a service needs a variant");
	check(faults_have(&faults, "/services/1/version", WORD_reason_duplicate),
		"a version stands once");
	faults_done(&faults);
	check(!read_text("[]", &faults) && faults.count == 1, "a document is an object");
	faults_done(&faults);
	c = read_text("{}", &faults);
	check(c && !catalogue_service_on(c, "x", 1) && !catalogue_office_find(c, ""),
		"an empty one is one");
	catalogue_unref(c);
}

static void test_versions(void)
{
	_faults_ faults = {0};
	struct catalogue *c =
		read_text("{'services':[{'code':'b','version':2,'valid_from':'2026-07-01'," NAME
			  ",'variants':[{'code':'v'}]},"
			  "{'code':'b','version':1,'valid_from':'2026-01-01'," NAME
			  ",'variants':[{'code':'v'}]},"
			  "{'code':'a','version':9,'valid_from':'2026-01-01'," NAME
			  ",'variants':[{'code':'v'}]}]}",
			&faults);

	check(c && catalogue_service_on(c, "b", day_of_civil(2026, 6, 30))->version == 1 &&
			catalogue_service_on(c, "b", day_of_civil(2026, 7, 1))->version == 2,
		"the highest version in force");
	check(c && !c->services[0].source_is_confirmed &&
			strcmp(c->services[0].source, "unconfirmed") == 0,
		"a silent source is unconfirmed");
	catalogue_unref(c);
}

int main(void)
{
	test_example();
	test_faults();
	test_all_at_once();
	test_versions();
	return tap_end();
}
