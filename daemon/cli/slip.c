/* The provisional slip: what the applicant is handed while the server is away. */
#include <stdio.h>

#include "daemon/cli/show.h"
#include "daemon/cli/spool.h"

json_object *spool_body(json_object *entry)
{
	return json_tokener_parse(tree_text(entry, "/first"));
}

static void line_add(struct table *t, enum say label, enum lang lang, const char *value)
{
	if (!*value)
		return;
	table_cellf(t, "  %s", say(label, lang));
	table_cell(t, value);
}

/* "6-49 · 4-days  Issue of a citizen's passport" */
static void service_add(struct table *t, json_object *entry, json_object *body, enum lang lang)
{
	const char *variant = tree_text(body, "/variant");
	_text_ line = TEXT_INIT;

	text_addf(&line, "%s%s%s  %s", tree_text(body, "/service"), *variant ? " · " : "", variant,
		tree_name(entry, "/service_name", lang));
	line_add(t, SAY_slip_service, lang, line.data);
}

static void documents_add(struct table *t, json_object *body, enum lang lang)
{
	_text_ line = TEXT_INIT;

	for (size_t i = 0; i < tree_length(body, "/documents"); i++)
		text_addf(&line, "%s%s", i ? ", " : "",
			tree_text(tree_item(body, "/documents", i), "/kind"));
	line_add(t, SAY_slip_documents, lang, line.data ? line.data : "");
}

/* As it was entered, so that the applicant can see what is wrong with it. */
static void applicant_add(struct table *t, json_object *body, enum lang lang)
{
	line_add(t, SAY_slip_applicant, lang, tree_text(body, "/applicant/name"));
	line_add(t, SAY_slip_pin, lang, tree_text(body, "/applicant/pin"));
	line_add(t, SAY_slip_phone, lang, tree_text(body, "/applicant/phone"));
	line_add(t, SAY_slip_representative, lang,
		tree_text(body, "/applicant/representative/name"));
}

void slip_print(const struct cli *c, json_object *entry)
{
	_tree_ *body = spool_body(entry);
	const char *ground = tree_text(body, "/refuse/ground");
	_table_ t = {.is_plain = true};
	char moment[MOMENT_SIZE];
	enum lang lang = c->lang;

	lang_parse(span_of(tree_text(body, "/language")), &lang);
	table_column(&t, "");
	table_column(&t, "");
	line_add(&t, SAY_slip_reference, lang, tree_text(entry, "/reference"));
	if (strcmp(tree_text(body, "/external_ref"), tree_text(entry, "/reference")) != 0)
		line_add(&t, SAY_slip_external_ref, lang, tree_text(body, "/external_ref"));
	line_add(&t, SAY_slip_moment, lang, moment_short(tree_text(entry, "/received_at"), moment));
	line_add(&t, SAY_slip_office, lang, tree_text(entry, "/office"));
	service_add(&t, entry, body, lang);
	applicant_add(&t, body, lang);
	documents_add(&t, body, lang);
	line_add(&t, SAY_slip_ground, lang, ground);
	printf("%s\n", say(SAY_slip_title, lang));
	table_print(&t, stdout, false);
	printf("\n%s\n%s\n",
		say(*ground ? SAY_slip_not_refused_yet : SAY_slip_not_registered_yet, lang),
		say(SAY_slip_keep, lang));
}

void problem_print(json_object *problem, FILE *out)
{
	_text_ t = TEXT_INIT;
	const char *detail = tree_text(problem, "/detail"), *title = tree_text(problem, "/title");

	text_addf(&t, "  %s (%s)\n", title, tree_text(problem, "/code"));
	if (*detail && strcmp(detail, title) != 0)
		text_addf(&t, "    %s\n", detail);
	for (size_t i = 0; i < tree_length(problem, "/invalid_params"); i++) {
		json_object *fault = tree_item(problem, "/invalid_params", i);

		text_addf(
			&t, "    %s: %s\n", tree_text(fault, "/name"), tree_text(fault, "/reason"));
	}
	put_clean(out, t.data, t.len);
}
