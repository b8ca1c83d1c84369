/* Reading a service's variants and stages: its terms, pauses, extensions and ladders. */
#include <stdio.h>

#include "lib/catalogue_draft.h"

static void read_variant_terms(struct draft *d, struct json_reader *variant, struct variant *v)
{
	struct json_reader own;

	if (!json_reader_open(&own, variant, "terms", JSON_OPTIONAL))
		return;
	for (int kind = 0; kind < KEZEK_DEADLINE_COUNT; kind++)
		v->terms[kind] =
			draft_rule(d, &own, deadline_kind_wire[kind], JSON_OPTIONAL, false);
	json_reader_end(&own);
}

static void report_office(struct json_reader *variant, size_t index, const char *code)
{
	_text_ pointer = TEXT_INIT;

	text_addf(&pointer, "%s/offices/%zu", variant->pointer, index);
	faults_add(variant->faults, pointer.data, WORD_reason_not_found, code, NULL);
}

static void read_variant_offices(struct draft *d, struct json_reader *variant, struct variant *v)
{
	size_t count;
	json_object *array = draft_array(variant, "offices", JSON_OPTIONAL, &count);

	if (!array)
		return;
	v->offices = draft_take(d, count, sizeof(struct office *));
	for (size_t i = 0; i < count; i++) {
		const char *code = json_item_string(variant, "offices", array, i, CODE_MAX);
		const struct office *office = code ? catalogue_office_find(d->c, code) : NULL;

		if (office)
			v->offices[v->noffices++] = office;
		else if (code)
			report_office(variant, i, code);
	}
}

static void read_variants(struct draft *d, struct json_reader *r, struct service *s)
{
	static const int64_t fee_max = INT64_C(1000000000000);
	size_t count;
	json_object *array = draft_array(r, "variants", JSON_REQUIRED, &count);
	/* Never empty, so that nobody need look; a service without variants is at fault. */
	struct variant *variants = draft_take(d, count + 1, sizeof(*variants));
	struct json_reader item;
	int priority;

	s->variants = variants;
	for (size_t i = 0; i < count; i++) {
		struct variant one = {0};

		if (!json_reader_item(&item, r, "variants", array, i))
			continue;
		one.code = draft_code(&item, "code", JSON_REQUIRED);
		one.name = draft_names(&item, "name", JSON_OPTIONAL, one.code);
		json_get_int64(&item, "fee_tyiyn", JSON_OPTIONAL, 0, fee_max, &one.fee_tyiyn);
		priority = json_get_enum(
			&item, "priority", JSON_OPTIONAL, priority_wire, KEZEK_PRIORITY_COUNT);
		one.priority = priority < 0 ? KEZEK_PRIORITY_normal : (enum kezek_priority)priority;
		read_variant_offices(d, &item, &one);
		read_variant_terms(d, &item, &one);
		if (service_variant_find(s, one.code))
			json_reader_fault(&item, "code", WORD_reason_duplicate, one.code, NULL);
		variants[s->nvariants++] = one;
		json_reader_end(&item);
	}
}

static void read_pause(struct draft *d, struct json_reader *item, struct pause_standard *p)
{
	static const char *const effects[] = {"pause", "restart", "none"};
	static const char *const first[] = {"next_day", "same_day"};
	static const char *const lapses[] = {"refuse", "lapse", "resume"};
	int effect, lapse;

	p->ground = draft_code(item, "ground", JSON_REQUIRED);
	effect = json_get_enum(item, "effect", JSON_OPTIONAL, effects, ARRAY_SIZE(effects));
	p->effect = effect < 0 ? TERM_PAUSES : (enum term_effect)effect;
	p->first_same_day =
		json_get_enum(item, "first_paused", JSON_OPTIONAL, first, ARRAY_SIZE(first)) == 1;
	json_get_bool(item, "resume_counts", JSON_OPTIONAL, &p->resume_counts);
	json_get_bool(item, "needs_cure_by", JSON_OPTIONAL, &p->needs_cure_by);
	p->cure = draft_rule(d, item, "cure", JSON_OPTIONAL, false);
	lapse = json_get_enum(item, "cure_lapse", JSON_OPTIONAL, lapses, ARRAY_SIZE(lapses));
	p->cure_lapse = lapse < 0 ? CURE_LAPSES : (enum cure_lapse)lapse;
	p->max_total = draft_rule(d, item, "max_total", JSON_OPTIONAL, true);
}

static void read_pauses(struct draft *d, struct json_reader *r, struct stage *stage)
{
	size_t count;
	json_object *array = draft_array(r, "pauses", JSON_MAY_BE_EMPTY, &count);
	struct pause_standard *pauses = draft_take(d, count, sizeof(*pauses));
	struct json_reader item;

	stage->pauses = pauses;
	for (size_t i = 0; i < count; i++) {
		struct pause_standard one = {0};

		if (!json_reader_item(&item, r, "pauses", array, i))
			continue;
		read_pause(d, &item, &one);
		if (stage_pause_find(stage, one.ground))
			json_reader_fault(&item, "ground", WORD_reason_duplicate, one.ground, NULL);
		pauses[stage->npauses++] = one;
		json_reader_end(&item);
	}
}

static void read_extensions(struct draft *d, struct json_reader *r, struct stage *stage)
{
	static const char *const ranks[] = {"officer", "head"};
	struct extension_standard *x = &stage->extensions;
	struct json_reader own;
	int64_t max = 1;

	if (!json_reader_open(&own, r, "extensions", JSON_OPTIONAL))
		return;
	json_get_int64(&own, "max", JSON_OPTIONAL, 0, 100, &max);
	x->max = (unsigned)max;
	x->sum = draft_rule(d, &own, "sum", JSON_OPTIONAL, true);
	x->rank_is_head = json_get_enum(&own, "rank", JSON_OPTIONAL, ranks, ARRAY_SIZE(ranks)) == 1;
	x->before_due = true;
	json_get_bool(&own, "before_due", JSON_OPTIONAL, &x->before_due);
	x->notice = draft_rule(d, &own, "notice", JSON_OPTIONAL, false);
	json_reader_end(&own);
}

static void read_ladder(struct draft *d, struct json_reader *r, struct stage *stage)
{
	json_object *array = json_get_array(r, "ladder", JSON_MAY_BE_EMPTY, ITEMS_MAX);
	_free_ char *pointer = pointer_join(r->pointer, "ladder");
	struct ladder *ladder;

	if (!array || json_object_array_length(array) == 0)
		return;
	ladder = draft_take(d, 1, sizeof(*ladder));
	if (ladder_read(array, pointer, r->faults, ladder) == 0)
		stage->ladder = ladder;
}

/* The word "variant", or a rule. */
static bool read_stage_term(struct draft *d, struct json_reader *r, struct stage *stage)
{
	json_object *term = NULL;

	if (r->object)
		json_object_object_get_ex(r->object, "term", &term);
	if (json_object_is_type(term, json_type_string) &&
		strcmp(json_object_get_string(term), "variant") == 0) {
		(void)json_get_any(r, "term", JSON_OPTIONAL);
		return true;
	}
	stage->term = draft_rule(d, r, "term", JSON_REQUIRED, false);
	return false;
}

static void read_stage(
	struct draft *d, struct json_reader *r, struct stage *stage, bool *ret_by_variant)
{
	int breach, late;

	*ret_by_variant = read_stage_term(d, r, stage);
	stage->cap = draft_rule(d, r, "cap", JSON_OPTIONAL, false);
	breach = json_get_enum(r, "on_breach", JSON_OPTIONAL, breach_wire, KEZEK_BREACH_COUNT);
	stage->on_breach = breach < 0 ? KEZEK_BREACH_overdue : (enum kezek_breach)breach;
	late = json_get_enum(
		r, "late_decision", JSON_OPTIONAL, late_decision_wire, KEZEK_LATE_DECISION_COUNT);
	stage->late_decision =
		late < 0 ? KEZEK_LATE_DECISION_allowed : (enum kezek_late_decision)late;
	read_ladder(d, r, stage);
	read_pauses(d, r, stage);
	read_extensions(d, r, stage);
}

/* A term that stops with another stage needs that stage, and cannot wait for itself. */
static void check_start(struct json_reader *service, const struct service *s,
	const struct stage *stage, const struct term_rule *rule)
{
	const char *kind;

	if (!rule || rule->start != TERM_START_STAGE)
		return;
	kind = deadline_kind_name(rule->start_stage);
	if (!service_stage_find(s, rule->start_stage))
		json_reader_fault(service, "stages", WORD_reason_not_found, kind, NULL);
	else if (rule->start_stage == stage->kind)
		json_reader_fault(service, "stages", WORD_reason_cycle, kind, NULL);
}

static void report_term(struct json_reader *r, size_t variant, const char *kind, bool is_wanted)
{
	_text_ pointer = TEXT_INIT;

	text_addf(&pointer, "%s/variants/%zu/terms/%s", r->pointer, variant, kind);
	faults_add(r->faults, pointer.data, is_wanted ? WORD_reason_missing : WORD_reason_conflict,
		is_wanted ? NULL : "stages", NULL);
}

/* What "variant" promises, every variant keeps; and no variant has a term that no stage asks for.
 */
static void check_terms(struct json_reader *r, const struct service *s, const bool by_variant[])
{
	for (size_t v = 0; v < s->nvariants; v++) {
		for (int kind = 0; kind < KEZEK_DEADLINE_COUNT; kind++) {
			const struct stage *stage =
				service_stage_find(s, (enum kezek_deadline_kind)kind);
			bool is_wanted = stage && by_variant[stage - s->stages];
			bool is_given = s->variants[v].terms[kind] != NULL;

			if (is_wanted != is_given)
				report_term(r, v, deadline_kind_wire[kind], is_wanted);
		}
	}
}

void standard_read_terms(struct draft *d, struct json_reader *r, struct service *s)
{
	size_t count, before = r->faults->count;
	json_object *array;
	struct stage *stages;
	bool by_variant[KEZEK_DEADLINE_COUNT] = {false};
	struct json_reader item;

	read_variants(d, r, s);
	array = draft_array(r, "stages", JSON_MAY_BE_EMPTY, &count);
	s->stages = stages = draft_take(d, KEZEK_DEADLINE_COUNT, sizeof(*stages));
	for (size_t i = 0; i < count; i++) {
		struct stage one = {0};
		bool is_by_variant;
		int kind;

		if (!json_reader_item(&item, r, "stages", array, i))
			continue;
		kind = json_get_enum(
			&item, "kind", JSON_REQUIRED, deadline_kind_wire, KEZEK_DEADLINE_COUNT);
		one.kind = kind < 0 ? KEZEK_DEADLINE_register : (enum kezek_deadline_kind)kind;
		read_stage(d, &item, &one, &is_by_variant);
		if (kind >= 0 && service_stage_find(s, one.kind)) {
			json_reader_fault(&item, "kind", WORD_reason_duplicate,
				deadline_kind_wire[kind], NULL);
		} else if (kind >= 0) {
			by_variant[s->nstages] = is_by_variant;
			stages[s->nstages++] = one;
		}
		json_reader_end(&item);
	}
	if (r->faults->count > before)
		return;
	check_terms(r, s, by_variant);
	for (size_t i = 0; i < s->nstages; i++) {
		check_start(r, s, &stages[i], stages[i].cap);
		check_start(r, s, &stages[i], stages[i].term);
		for (size_t v = 0; v < s->nvariants && !stages[i].term; v++)
			check_start(r, s, &stages[i], s->variants[v].terms[stages[i].kind]);
	}
}
