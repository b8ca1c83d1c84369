/* How requests look to people. */
#include "daemon/cli/show.h"
#include "lib/wire.h"

const char *moment_short(const char *moment, char ret_text[MOMENT_SIZE])
{
	snprintf(ret_text, MOMENT_SIZE, "%.16s", moment);
	if (strlen(ret_text) > 10 && ret_text[10] == 'T')
		ret_text[10] = ' ';
	return ret_text;
}

static void pair_add(const struct cli *c, struct table *t, enum say head, const char *value)
{
	if (!value || !*value)
		return;
	table_cellf(t, "  %s", say(head, c->lang));
	table_cell(t, value);
}

static void moment_add(const struct cli *c, struct table *t, enum say head, const char *moment)
{
	char text[MOMENT_SIZE];

	pair_add(c, t, head, moment_short(moment, text));
}

static void flag_add(const struct cli *c, struct text *t, bool is_set, enum say flag)
{
	if (is_set)
		text_addf(t, "%s%s", t->len ? ", " : "", say(flag, c->lang));
}

/* "OVERDUE, URGENT, provisional" */
static void flags_write(const struct cli *c, json_object *r, struct text *t)
{
	const char *priority = tree_text(r, "/priority");

	flag_add(c, t, tree_is_true(r, "/overdue"), SAY_flag_overdue);
	flag_add(c, t, strcmp(priority, "urgent") == 0, SAY_flag_urgent);
	flag_add(c, t, strcmp(priority, "low") == 0, SAY_flag_low);
	flag_add(c, t, tree_is_true(r, "/on_desk"), SAY_flag_on_desk);
	flag_add(c, t, tree_is_true(r, "/provisional"), SAY_flag_provisional);
}

/* "queued, OVERDUE, provisional" */
static void state_write(const struct cli *c, json_object *r, struct text *t)
{
	_text_ flags = TEXT_INIT;

	text_adds(&flags, tree_text(r, "/state"));
	flags_write(c, r, &flags);
	text_add_span(t, text_span(&flags));
}

static void due_add(const struct cli *c, struct table *t, json_object *r)
{
	const char *due = tree_text(r, "/due_on"), *promised = tree_text(r, "/promised_due_on");
	_text_ line = TEXT_INIT;

	if (!*due && !*promised)
		return;
	text_adds(&line, *due ? due : "–");
	if (*promised && strcmp(promised, due) != 0)
		text_addf(&line, " (%s %s)", say(SAY_head_promised, c->lang), promised);
	pair_add(c, t, SAY_head_due, line.data);
}

static void people_add(const struct cli *c, struct table *t, json_object *r)
{
	_text_ who = TEXT_INIT, responsible = TEXT_INIT;

	text_adds(&who, tree_text(r, "/applicant/name"));
	if (*tree_text(r, "/applicant/pin"))
		text_addf(&who, "  %s", tree_text(r, "/applicant/pin"));
	pair_add(c, t, SAY_head_applicant, who.data);
	text_adds(&responsible, tree_text(r, "/responsible/agency"));
	if (*tree_text(r, "/responsible/principal"))
		text_addf(&responsible, " · %s", tree_text(r, "/responsible/principal"));
	if (*tree_text(r, "/responsible/in_place_of")) {
		_free_ char *absent = say_with(
			SAY_in_place_of, c->lang, tree_text(r, "/responsible/in_place_of"));

		text_addf(&responsible, " (%s)", absent);
	}
	pair_add(c, t, SAY_head_responsible, responsible.data);
}

/* Who holds it, as far as one may see: "kyzmat-desk · a.toktosunov, until 2026-11-26 12:00". */
static void claim_add(const struct cli *c, struct table *t, json_object *r)
{
	const char *until = tree_text(r, "/claim/lease_until"),
		   *actor = tree_text(r, "/claim/actor");
	char moment[MOMENT_SIZE];
	_text_ line = TEXT_INIT;

	if (!json_object_is_type(tree_at(r, "/claim"), json_type_object))
		return;
	text_addf(&line, "%s%s%s", tree_text(r, "/claim/principal"), *actor ? " · " : "", actor);
	if (*until)
		text_addf(&line, ", %s %s", say(SAY_until, c->lang), moment_short(until, moment));
	else if (tree_is_true(r, "/claim/custody"))
		text_addf(&line, ", %s", say(SAY_custody, c->lang));
	pair_add(c, t, SAY_head_claim, line.data);
}

/* For whom it waits alone: "officer-kyzmat, until 2026-11-26 12:00". */
static void kept_add(const struct cli *c, struct table *t, json_object *r)
{
	char moment[MOMENT_SIZE];
	_text_ line = TEXT_INIT;

	if (!tree_at(r, "/kept"))
		return;
	text_addf(&line, "%s, %s %s", tree_text(r, "/kept/for"), say(SAY_until, c->lang),
		moment_short(tree_text(r, "/kept/until"), moment));
	pair_add(c, t, SAY_head_kept, line.data);
}

static void parent_add(const struct cli *c, struct table *t, json_object *r)
{
	pair_add(c, t, SAY_head_origin, tree_text(r, "/parent/number"));
	pair_add(c, t, SAY_head_question, tree_text(r, "/parent/question"));
}

/* "18466/26/1  question · cadastre  closed, granted": one line each. */
static void links_add(const struct cli *c, struct table *t, json_object *r)
{
	for (size_t i = 0; i < tree_length(r, "/links"); i++) {
		json_object *k = tree_item(r, "/links", i);
		bool asks = strcmp(tree_text(k, "/kind"), "consult") == 0;
		const char *outcome = tree_text(k, "/outcome");
		_text_ line = TEXT_INIT;

		text_addf(&line, "%s  %s · %s  %s%s%s", tree_text(k, "/number"),
			say(asks ? SAY_link_consult : SAY_link_part, c->lang),
			tree_text(k, "/agency"), tree_text(k, "/state"), *outcome ? ", " : "",
			outcome);
		pair_add(c, t, SAY_head_link, line.data);
	}
}

void request_print(const struct cli *c, json_object *r)
{
	_table_ t = {.is_plain = true};
	_text_ line = TEXT_INIT, service = TEXT_INIT;

	text_addf(&line, "%s  ", tree_text(r, "/number"));
	state_write(c, r, &line);
	text_add_char(&line, '\n');
	put_clean(stdout, line.data, line.len);
	table_column(&t, "");
	table_column(&t, "~");
	text_addf(&service, "%s", tree_text(r, "/service/code"));
	if (*tree_text(r, "/variant"))
		text_addf(&service, " · %s", tree_text(r, "/variant"));
	text_addf(&service, "  %s", tree_name(r, "/service/name", c->lang));
	pair_add(c, &t, SAY_head_service, service.data);
	people_add(c, &t, r);
	pair_add(c, &t, SAY_head_agency, tree_text(r, "/agency"));
	pair_add(c, &t, SAY_head_office, tree_text(r, "/office"));
	moment_add(c, &t, SAY_head_received, tree_text(r, "/received_at"));
	moment_add(c, &t, SAY_head_registered, tree_text(r, "/registered_at"));
	due_add(c, &t, r);
	pair_add(c, &t, SAY_head_outcome, tree_text(r, "/outcome"));
	parent_add(c, &t, r);
	links_add(c, &t, r);
	claim_add(c, &t, r);
	kept_add(c, &t, r);
	pair_add(c, &t, SAY_head_id, tree_text(r, "/id"));
	pair_add(c, &t, SAY_head_version, tree_text(r, "/version"));
	table_print(&t, stdout, c->colour);
	deadlines_print(c, r);
}

void requests_start(const struct cli *c, struct table *t)
{
	static const enum say heads[] = {SAY_head_number, SAY_head_state, SAY_head_service,
		SAY_head_agency, SAY_head_office, SAY_head_received, SAY_head_due, SAY_head_flags};

	for (size_t i = 0; i < ARRAY_SIZE(heads); i++)
		table_column(t, say(heads[i], c->lang));
	t->columns[4].may_go = 1;
	t->columns[5].may_go = 2;
	t->columns[3].may_go = 3;
}

void requests_add(const struct cli *c, struct table *t, json_object *r)
{
	const char *code = tree_text(r, "/service/code");
	char moment[MOMENT_SIZE];
	_text_ flags = TEXT_INIT;

	table_cell(t, *tree_text(r, "/number") ? tree_text(r, "/number") : tree_text(r, "/id"));
	table_cell(t, tree_text(r, "/state"));
	table_cell(t, *code ? code : tree_text(r, "/service"));
	table_cell(t, tree_text(r, "/agency"));
	table_cell(t, tree_text(r, "/office"));
	table_cell(t, moment_short(tree_text(r, "/received_at"), moment));
	table_cell(t, tree_text(r, "/due_on"));
	flags_write(c, r, &flags);
	table_cell(t, flags.data ? flags.data : " ");
	if (tree_is_true(r, "/overdue"))
		table_mark(t);
}

static bool is_final(json_object *r)
{
	enum kezek_state state;

	return state_parse(span_of(tree_text(r, "/state")), &state) && state_is_final(state);
}

void request_print_brief(const struct cli *c, json_object *r)
{
	_text_ line = TEXT_INIT;

	text_addf(&line, "%s  ", tree_text(r, "/number"));
	state_write(c, r, &line);
	if (*tree_text(r, "/outcome"))
		text_addf(&line, "  %s", tree_text(r, "/outcome"));
	if (*tree_text(r, "/due_on") && !is_final(r))
		text_addf(&line, "  %s %s", say(SAY_line_due, c->lang), tree_text(r, "/due_on"));
	text_add_char(&line, '\n');
	put_clean(stdout, line.data, line.len);
}

int answer_print(struct cli *c, struct kezek_response *r,
	void (*print)(const struct cli *c, json_object *request))
{
	_tree_ *json = NULL;
	size_t size;
	const char *body = kezek_response_body(r, &size);

	if (c->json || size == 0) {
		fwrite(body, 1, size, stdout);
		if (size && body[size - 1] != '\n')
			putchar('\n');
	} else {
		json = cli_response_json(c, r);
		if (json)
			print(c, json);
	}
	kezek_response_free(r);
	return c->json || size == 0 || json ? EXIT_DONE : EXIT_REFUSED;
}
