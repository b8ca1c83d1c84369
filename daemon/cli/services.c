/* The register of services, and one service's standard. */
#include "daemon/cli/list.h"
#include "daemon/cli/money.h"
#include "daemon/cli/verbs.h"

static void service_start(const struct cli *c, struct table *t)
{
	static const enum say heads[] = {
		SAY_head_code, SAY_head_name, SAY_head_variants, SAY_head_source};

	for (size_t i = 0; i < ARRAY_SIZE(heads); i++)
		table_column(t, say(heads[i], c->lang));
	t->columns[1].may_shrink = t->columns[2].may_shrink = true;
}

static const char *source_word(const struct cli *c, json_object *service)
{
	const char *source = tree_text(service, "/source");

	if (tree_is_true(service, "/unconfirmed") || strcmp(source, "unconfirmed") == 0)
		return say(SAY_unconfirmed, c->lang);
	return *source ? source : " ";
}

static void service_add(const struct cli *c, struct table *t, json_object *s)
{
	_text_ variants = TEXT_INIT;

	table_cell(t, tree_text(s, "/code"));
	table_cell(t, tree_name(s, "/name", c->lang));
	for (size_t i = 0; i < tree_length(s, "/variants"); i++) {
		json_object *v = tree_item(s, "/variants", i);
		const char *code = tree_text(v, "/code");

		text_addf(&variants, "%s%s", i ? ", " : "", *code ? code : tree_text(v, ""));
	}
	table_cell(t, variants.data ? variants.data : " ");
	table_cell(t, source_word(c, s));
}

static void line_put(const struct cli *c, enum say head, const char *value)
{
	_text_ t = TEXT_INIT;

	if (!*value)
		return;
	text_addf(&t, "  %s: %s\n", say(head, c->lang), value);
	put_clean(stdout, t.data, t.len);
}

/* "a, b, c" of an array of strings. */
static void joined_put(const struct cli *c, enum say head, json_object *s, const char *pointer)
{
	_text_ t = TEXT_INIT;

	for (size_t i = 0; i < tree_length(s, pointer); i++)
		text_addf(&t, "%s%s", i ? ", " : "", tree_text(tree_item(s, pointer, i), ""));
	line_put(c, head, t.data ? t.data : "");
}

static const char *priority_mark(const struct cli *c, json_object *variant)
{
	const char *priority = tree_text(variant, "/priority");

	return strcmp(priority, "urgent") == 0 ? say(SAY_mark_urgent, c->lang)
	       : strcmp(priority, "low") == 0  ? say(SAY_mark_low, c->lang)
					       : "";
}

static void variants_put(const struct cli *c, json_object *s)
{
	_table_ t = {0};

	table_column(&t, say(SAY_head_variant, c->lang));
	table_column(&t, say(SAY_head_name, c->lang));
	table_column(&t, say(SAY_head_fee, c->lang));
	table_column(&t, say(SAY_head_term, c->lang));
	table_column(&t, say(SAY_head_offices, c->lang));
	t.columns[2].is_right = t.columns[4].may_shrink = true;
	for (size_t i = 0; i < tree_length(s, "/variants"); i++) {
		json_object *v = tree_item(s, "/variants", i);
		_text_ fee = TEXT_INIT, term = TEXT_INIT, offices = TEXT_INIT;

		text_add_money(&fee, tree_count(v, "/fee_tyiyn"), c->lang);
		if (tree_at(v, "/terms/decide"))
			text_add_term(&term, tree_at(v, "/terms/decide"), c->lang);
		for (size_t o = 0; o < tree_length(v, "/offices"); o++)
			text_addf(&offices, "%s%s", o ? ", " : "",
				tree_text(tree_item(v, "/offices", o), ""));
		table_cellf(&t, "  %s", tree_text(v, "/code"));
		table_cellf(&t, "%s%s", tree_name(v, "/name", c->lang), priority_mark(c, v));
		table_cell(&t, fee.data);
		table_cell(&t, term.data);
		table_cell(&t, offices.data ? offices.data : say(SAY_any, c->lang));
	}
	if (table_rows(&t))
		table_print(&t, stdout, c->colour);
}

/* `, head term` where the standard gives one there. */
static void limit_add(
	struct text *t, const struct cli *c, json_object *from, const char *pointer, enum say head)
{
	if (!tree_at(from, pointer))
		return;
	text_addf(t, ", %s ", say(head, c->lang));
	text_add_term(t, tree_at(from, pointer), c->lang);
}

/* On which grounds it may be paused, and what the applicant is then given. */
static void pauses_add(struct text *t, const struct cli *c, json_object *stage)
{
	for (size_t i = 0; i < tree_length(stage, "/pauses"); i++) {
		json_object *pause = tree_item(stage, "/pauses", i);
		const char *effect = tree_text(pause, "/effect");

		text_addf(t, "    %s %s: %s", say(SAY_line_pause, c->lang),
			tree_text(pause, "/ground"), *effect ? effect : "pause");
		limit_add(t, c, pause, "/cure", SAY_line_cure);
		limit_add(t, c, pause, "/max_total", SAY_line_at_most);
		text_add_char(t, '\n');
	}
}

static void extensions_add(struct text *t, const struct cli *c, json_object *stage)
{
	json_object *x = tree_at(stage, "/extensions");

	if (!x || tree_count(x, "/max") == 0)
		return;
	text_addf(t, "    %s: %s×", say(SAY_line_extensions, c->lang), tree_text(x, "/max"));
	limit_add(t, c, x, "/sum", SAY_line_at_most);
	if (*tree_text(x, "/rank"))
		text_addf(t, ", %s %s", say(SAY_line_granted_by, c->lang), tree_text(x, "/rank"));
	limit_add(t, c, x, "/notice", SAY_line_notice);
	text_add_char(t, '\n');
}

static void ladder_add(struct text *t, const struct cli *c, json_object *stage)
{
	size_t n = tree_length(stage, "/ladder");

	for (size_t i = 0; i < n; i++) {
		json_object *rung = tree_item(stage, "/ladder", i);
		const char *to = tree_text(rung, "/to");

		if (i == 0)
			text_addf(t, "    %s: ", say(SAY_line_ladder, c->lang));
		text_addf(t, "%s%s → %s", i ? ", " : "", tree_text(rung, "/at"),
			*to ? to : "officer");
	}
	if (n)
		text_add_char(t, '\n');
}

static void stages_put(const struct cli *c, json_object *s)
{
	for (size_t i = 0; i < tree_length(s, "/stages"); i++) {
		json_object *stage = tree_item(s, "/stages", i);
		const char *kind = tree_text(stage, "/kind");
		_text_ t = TEXT_INIT;

		text_addf(&t, "  %s %s: ", say(SAY_line_deadline, c->lang), kind);
		if (json_object_is_type(tree_at(stage, "/term"), json_type_object))
			text_add_term(&t, tree_at(stage, "/term"), c->lang);
		else
			text_adds(&t, say(SAY_by_variant, c->lang));
		limit_add(&t, c, stage, "/cap", SAY_line_at_most);
		if (*tree_text(stage, "/on_breach"))
			text_addf(&t, "; %s", tree_text(stage, "/on_breach"));
		text_add_char(&t, '\n');
		pauses_add(&t, c, stage);
		extensions_add(&t, c, stage);
		ladder_add(&t, c, stage);
		put_clean(stdout, t.data, t.len);
	}
}

/* Documents or grounds: code, name, and what is asked of it. */
static void named_put(
	const struct cli *c, json_object *s, const char *pointer, enum say head, const char *code)
{
	_text_ t = TEXT_INIT;

	if (tree_length(s, pointer) == 0)
		return;
	text_addf(&t, "  %s:\n", say(head, c->lang));
	for (size_t i = 0; i < tree_length(s, pointer); i++) {
		json_object *one = tree_item(s, pointer, i);

		text_addf(&t, "    %s  %s", tree_text(one, code), tree_name(one, "/name", c->lang));
		if (tree_is_true(one, "/required"))
			text_addf(&t, "  [%s]", say(SAY_required, c->lang));
		if (tree_is_true(one, "/original"))
			text_addf(&t, "  [%s]", say(SAY_original, c->lang));
		if (tree_at(one, "/max_age_days"))
			text_addf(&t, "  [%s %s]", say(SAY_no_older, c->lang),
				tree_text(one, "/max_age_days"));
		if (*tree_text(one, "/legal_basis"))
			text_addf(&t, "  (%s)", tree_text(one, "/legal_basis"));
		text_add_char(&t, '\n');
	}
	put_clean(stdout, t.data, t.len);
}

/* How and to whom to complain, by when and by which law. */
static void appeal_put(const struct cli *c, json_object *s)
{
	_text_ t = TEXT_INIT;

	text_adds(&t, tree_name(s, "/appeal", c->lang));
	if (*tree_text(s, "/appeal/agency"))
		text_addf(&t, " (%s)", tree_text(s, "/appeal/agency"));
	if (tree_at(s, "/appeal/term")) {
		text_adds(&t, "; ");
		text_add_term(&t, tree_at(s, "/appeal/term"), c->lang);
	}
	if (*tree_text(s, "/appeal/legal_basis"))
		text_addf(&t, "; %s", tree_text(s, "/appeal/legal_basis"));
	line_put(c, SAY_head_appeal, t.data ? t.data : "");
}

static bool form_requires(json_object *s, const char *name)
{
	for (size_t i = 0; i < tree_length(s, "/form/required"); i++) {
		if (strcmp(tree_text(tree_item(s, "/form/required", i), ""), name) == 0)
			return true;
	}
	return false;
}

static void form_put(const struct cli *c, json_object *s)
{
	json_object *properties = tree_at(s, "/form/properties");
	_text_ t = TEXT_INIT;

	if (!json_object_is_type(properties, json_type_object))
		return;
	text_addf(&t, "  %s:\n", say(SAY_head_form, c->lang));
	json_object_object_foreach (properties, name, schema) {
		text_addf(&t, "    %s  %s", name, tree_text(schema, "/type"));
		if (tree_at(schema, "/enum"))
			text_addf(&t, " %s", tree_text(schema, "/enum"));
		if (form_requires(s, name))
			text_addf(&t, "  [%s]", say(SAY_required, c->lang));
		text_add_char(&t, '\n');
	}
	put_clean(stdout, t.data, t.len);
}

static void standard_print(const struct cli *c, json_object *s)
{
	_text_ head = TEXT_INIT;

	text_addf(&head, "%s  %s  (%s %s)\n", tree_text(s, "/code"), tree_name(s, "/name", c->lang),
		say(SAY_line_version, c->lang), tree_text(s, "/version"));
	put_clean(stdout, head.data, head.len);
	line_put(c, SAY_head_result, tree_name(s, "/result", c->lang));
	line_put(c, SAY_head_legal_basis, tree_text(s, "/legal_basis"));
	line_put(c, SAY_line_source, source_word(c, s));
	joined_put(c, SAY_head_recipients, s, "/recipients");
	line_put(c, SAY_head_valid_from, tree_text(s, "/valid_from"));
	line_put(c, SAY_head_valid_to, tree_text(s, "/valid_to"));
	line_put(c, SAY_head_counter, tree_text(s, "/counter_minutes"));
	line_put(c, SAY_head_payment, tree_text(s, "/payment"));
	line_put(c, SAY_head_incomplete, tree_text(s, "/incomplete"));
	variants_put(c, s);
	stages_put(c, s);
	named_put(c, s, "/documents", SAY_head_documents, "/kind");
	named_put(c, s, "/refusal_grounds", SAY_head_grounds, "/code");
	form_put(c, s);
	appeal_put(c, s);
}

int services_run(struct cli *c)
{
	static const struct list_look look = {service_start, service_add};
	_text_ path = TEXT_INIT;
	_free_ char *one = NULL;
	struct kezek_response *r;
	int rc;

	if (c->arg_count) {
		one = cli_path("/v1/services/%", c->args[0]);
		rc = cli_call(c, "GET", one, NULL, &r);
		return rc ? rc : answer_print(c, r, standard_print);
	}
	text_adds(&path, "/v1/services");
	query_add(&path, "lang", lang_code(c->lang));
	query_add_options(&path, c, "q");
	return list_run(c, path.data, &look);
}
