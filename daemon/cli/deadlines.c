/* The deadlines of a request: a row each with what has happened to it, or explained day by day. */
#include <stdio.h>

#include "daemon/cli/show.h"
#include "daemon/cli/verbs.h"
#include "lib/term_explain.h"

static void note_add(const struct cli *c, struct table *t, enum say what, const char *detail)
{
	_free_ char *line = say_with(what, c->lang, detail);

	table_note(t, line);
}

static void note_moment(const struct cli *c, struct table *t, enum say what, const char *moment)
{
	char text[MOMENT_SIZE];

	if (*moment)
		note_add(c, t, what, moment_short(moment, text));
}

static bool is(json_object *d, const char *pointer, const char *value)
{
	return strcmp(tree_text(d, pointer), value) == 0;
}

static enum term_unit unit_of(json_object *item)
{
	const char *name = tree_text(item, "/unit");
	int unit = 0;

	while (unit < TERM_UNIT_COUNT - 1 &&
		strcmp(name, term_unit_name((enum term_unit)unit)) != 0)
		unit++;
	return (enum term_unit)unit;
}

/* "2026-06-05 11:00 – 2026-06-22 10:00, documents_missing; to be cured by 2026-06-19" */
static void pause_note(const struct cli *c, struct table *t, json_object *pause)
{
	bool is_open = !tree_at(pause, "/until"), restarts = is(pause, "/effect", "restart");
	enum say what = is(pause, "/effect", "none") ? SAY_pause_noted
			: restarts ? is_open ? SAY_pause_restart : SAY_pause_restarted
			: is_open  ? SAY_pause_open
				   : SAY_pause_over;
	char from[MOMENT_SIZE], until[MOMENT_SIZE];
	_free_ char *cure = NULL;
	_text_ line = TEXT_INIT;

	text_adds(&line, moment_short(tree_text(pause, "/from"), from));
	if (!is_open)
		text_addf(&line, " – %s", moment_short(tree_text(pause, "/until"), until));
	if (*tree_text(pause, "/ground"))
		text_addf(&line, ", %s", tree_text(pause, "/ground"));
	if (is_open && *tree_text(pause, "/cure_by")) {
		cure = say_with(SAY_pause_cure_by, c->lang,
			moment_short(tree_text(pause, "/cure_by"), until));
		text_addf(&line, "; %s", cure);
	}
	note_add(c, t, what, line.data);
}

/* One that is to begin anew has all of its term left. */
static void left_note(const struct cli *c, struct table *t, json_object *d)
{
	json_object *left = tree_at(d, "/left");
	size_t pauses = tree_length(d, "/pauses");
	_text_ rest = TEXT_INIT;

	if (!left || !pauses || is(tree_item(d, "/pauses", pauses - 1), "/effect", "restart"))
		return;
	text_add_term_length(&rest,
		tree_at(left, "/minutes") ? tree_count(left, "/minutes") * USEC_PER_MIN
					  : tree_count(left, "/days"),
		unit_of(left), c->lang);
	note_add(c, t, SAY_note_left, rest.data);
}

static void extension_note(const struct cli *c, struct table *t, json_object *extension)
{
	_text_ amount = TEXT_INIT;

	text_add_term_amount(
		&amount, tree_count(extension, "/amount"), unit_of(extension), c->lang);
	note_add(c, t, SAY_note_extended, amount.data);
}

/* What the daemon will do, of one that it still can be done to. */
static void effect_note(const struct cli *c, struct table *t, json_object *d)
{
	static const struct {
		const char *effect;
		enum say what;
	} effects[] = {{"approve_tacitly", SAY_note_effect_approve_tacitly},
		{"deem_refused", SAY_note_effect_deem_refused}, {"lapse", SAY_note_effect_lapse},
		{"resume", SAY_note_effect_resume}};

	for (size_t i = 0; i < ARRAY_SIZE(effects); i++) {
		if (is(d, "/effect", effects[i].effect) && !tree_at(d, "/stopped_at") &&
			!tree_at(d, "/breached_at"))
			table_note(t, say(effects[i].what, c->lang));
	}
}

static void notes_add(const struct cli *c, struct table *t, json_object *d, const char *promised)
{
	if (is(d, "/kind", "decide") && !is(d, "/state", "void") && *promised &&
		!is(d, "/due_on", promised))
		note_add(c, t, SAY_note_promised, promised);
	note_moment(c, t, tree_at(d, "/stopped_at") ? SAY_note_missed : SAY_note_late,
		tree_text(d, "/breached_at"));
	left_note(c, t, d);
	for (size_t i = 0; i < tree_length(d, "/pauses"); i++)
		pause_note(c, t, tree_item(d, "/pauses", i));
	for (size_t i = 0; i < tree_length(d, "/extensions"); i++)
		extension_note(c, t, tree_item(d, "/extensions", i));
	if (is(d, "/source", "imported"))
		table_note(t, say(SAY_note_imported, c->lang));
	if (is(d, "/source", "stated") && !tree_at(d, "/stopped_at"))
		table_note(t, say(SAY_note_stated, c->lang));
	note_moment(c, t, SAY_note_not_before, tree_text(d, "/not_late_before"));
	if (tree_is_true(d, "/provisional") && !tree_at(d, "/stopped_at"))
		table_note(t, say(SAY_note_provisional, c->lang));
	effect_note(c, t, d);
}

void deadlines_print(const struct cli *c, json_object *r)
{
	static const enum say heads[] = {SAY_head_deadline, SAY_head_state, SAY_head_due,
		SAY_head_too_late_from, SAY_head_calendar};
	_table_ t = {0};

	for (size_t i = 0; i < ARRAY_SIZE(heads); i++)
		table_column(&t, say(heads[i], c->lang));
	t.columns[4].may_shrink = true;
	for (size_t i = 0; i < tree_length(r, "/deadlines"); i++) {
		json_object *d = tree_item(r, "/deadlines", i);
		char moment[MOMENT_SIZE];

		table_cellf(&t, "  %s", tree_text(d, "/kind"));
		table_cellf(&t, "%s %.10s", tree_text(d, "/state"), tree_text(d, "/stopped_at"));
		table_cell(&t, tree_text(d, "/due_on"));
		table_cell(&t, moment_short(tree_text(d, "/due_at"), moment));
		table_cellf(
			&t, "%s %s", tree_text(d, "/calendar"), tree_text(d, "/calendar_version"));
		if (tree_at(d, "/breached_at"))
			table_mark(&t);
		notes_add(c, &t, d, tree_text(r, "/promised_due_on"));
	}
	if (table_rows(&t))
		table_print(&t, stdout, c->colour);
}

/* Moment of a segment: a day's whole begin prints as the day. */
static const char *edge_short(const char *moment, char text[MOMENT_SIZE])
{
	moment_short(moment, text);
	if (strcmp(text + (strlen(text) > 10 ? 10 : 0), " 00:00") == 0)
		text[10] = '\0';
	return text;
}

static void explanation_print(const struct cli *c, json_object *explanation)
{
	const char *at = json_object_is_type(explanation, json_type_array) ? "" : "/segments";
	_table_ t = {0};

	table_column(&t, say(SAY_head_from, c->lang));
	table_column(&t, say(SAY_head_until, c->lang));
	table_column(&t, say(SAY_head_what, c->lang));
	table_column(&t, say(SAY_head_much, c->lang));
	table_column(&t, say(SAY_head_why, c->lang));
	t.columns[3].is_right = t.columns[4].may_shrink = true;
	for (size_t i = 0; i < tree_length(explanation, at); i++) {
		json_object *s = tree_item(explanation, at, i);
		const char *days = tree_text(s, "/days");
		char from[MOMENT_SIZE], until[MOMENT_SIZE];

		table_cellf(&t, "    %s", edge_short(tree_text(s, "/from"), from));
		table_cell(&t, edge_short(tree_text(s, "/to"), until));
		table_cell(&t, tree_text(s, "/what"));
		if (*days)
			table_cell(&t, days);
		else
			table_cellf(&t, "%s min", tree_text(s, "/minutes"));
		table_cell(&t, *tree_text(s, "/why") ? tree_name(s, "/why", c->lang) : " ");
	}
	if (table_rows(&t))
		table_print(&t, stdout, c->colour);
}

/* Whom its ladder tells, and when. */
static void ladder_print(const struct cli *c, json_object *d)
{
	_table_ t = {0};

	table_column(&t, say(SAY_head_rung, c->lang));
	table_column(&t, say(SAY_head_to, c->lang));
	table_column(&t, say(SAY_head_when, c->lang));
	table_column(&t, say(SAY_head_state, c->lang));
	for (size_t i = 0; i < tree_length(d, "/ladder"); i++) {
		json_object *rung = tree_item(d, "/ladder", i);
		char moment[MOMENT_SIZE];

		table_cellf(&t, "    %s", tree_text(rung, "/at"));
		table_cell(&t, tree_text(rung, "/to"));
		table_cell(&t, moment_short(tree_text(rung, "/instant"), moment));
		table_cell(&t, tree_is_true(rung, "/fired") ? say(SAY_rung_fired, c->lang) : " ");
	}
	if (table_rows(&t))
		table_print(&t, stdout, c->colour);
}

static void deadline_explain(const struct cli *c, json_object *d)
{
	_text_ line = TEXT_INIT;
	char moment[MOMENT_SIZE];

	text_addf(&line, "%s  %s", tree_text(d, "/kind"), tree_text(d, "/state"));
	if (*tree_text(d, "/due_on"))
		text_addf(&line, "  %s %s (%s %s)", say(SAY_line_due, c->lang),
			tree_text(d, "/due_on"), say(SAY_line_too_late_from, c->lang),
			moment_short(tree_text(d, "/due_at"), moment));
	if (tree_is_true(d, "/provisional"))
		text_addf(&line, "  %s", say(SAY_flag_provisional, c->lang));
	text_addf(&line, "\n  %s %s, %s %s %s\n", say(SAY_head_rule, c->lang),
		tree_text(d, "/rule_version"), say(SAY_line_calendar, c->lang),
		tree_text(d, "/calendar"), tree_text(d, "/calendar_version"));
	if (*tree_name(d, "/sentence", c->lang))
		text_addf(&line, "  %s\n", tree_name(d, "/sentence", c->lang));
	put_clean(stdout, line.data, line.len);
	explanation_print(c, tree_at(d, "/explanation"));
	ladder_print(c, d);
}

static void deadlines_explain(const struct cli *c, json_object *answer)
{
	const char *at = tree_at(answer, "/deadlines") ? "/deadlines" : "/items";

	for (size_t i = 0; i < tree_length(answer, at); i++) {
		if (i)
			putchar('\n');
		deadline_explain(c, tree_item(answer, at, i));
	}
}

int deadlines_run(struct cli *c)
{
	struct kezek_response *r;
	int rc = request_get(c, c->args[0], "/deadlines?explain=1", &r);

	return rc ? rc : answer_print(c, r, deadlines_explain);
}
