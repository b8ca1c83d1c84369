/* Help, made from the phrase table. */
#include <stdio.h>

#include "daemon/cli/phrase.h"
#include "daemon/cli/table.h"
#include "daemon/cli/verbs.h"

static const enum say group_titles[GROUP_COUNT] = {
#define X(name) [GROUP_##name] = SAY_group_##name,
	PHRASE_GROUPS(X)
#undef X
};

static void options_print(const struct cli *c, const char *list, enum say title, FILE *out)
{
	_table_ t = {.is_plain = true};
	const char *at = list;
	char name[64];

	table_column(&t, "");
	table_column(&t, "");
	while (words_next(&at, name, sizeof(name))) {
		const struct option *o = option_find(name);

		if (!o)
			continue;
		table_cellf(&t, "  --%s%s%s", o->name, *o->value ? " " : "", o->value);
		table_cell(&t, say(o->help, c->lang));
		if (!*o->choices)
			continue;
		table_cell(&t, "   ");
		table_cell(&t, o->choices);
	}
	if (!table_rows(&t))
		return;
	fprintf(out, "\n%s\n", say(title, c->lang));
	table_print(&t, out, false);
}

static void verb_print(const struct cli *c, FILE *out)
{
	const struct phrase *p = c->phrase;

	fprintf(out, "%s: kezek %s\n  %s\n", say(SAY_help_usage, c->lang), p->pattern,
		say(p->help, c->lang));
	options_print(c, p->options, SAY_help_options, out);
	options_print(c, global_options, SAY_help_global, out);
}

static void group_print(const struct cli *c, enum phrase_group group, FILE *out)
{
	_table_ t = {.is_plain = true};

	table_column(&t, "");
	table_column(&t, "");
	for (size_t i = 0; i < phrase_count; i++) {
		if (phrases[i].group != group)
			continue;
		table_cellf(&t, "  %s", phrases[i].pattern);
		table_cell(&t, say(phrases[i].help, c->lang));
	}
	fprintf(out, "\n%s\n", say(group_titles[group], c->lang));
	table_print(&t, out, false);
}

void help_print(const struct cli *c, FILE *out)
{
	if (c->phrase) {
		verb_print(c, out);
		return;
	}
	fprintf(out, "%s\n", say(SAY_help_intro, c->lang));
	for (int group = 0; group < GROUP_COUNT; group++)
		group_print(c, (enum phrase_group)group, out);
	options_print(c, global_options, SAY_help_global, out);
	fprintf(out, "\n%s\n", say(SAY_help_hint, c->lang));
}

int help_run(struct cli *c)
{
	char verb[64];
	_text_ asked = TEXT_INIT;

	for (size_t i = 0; i < c->arg_count; i++)
		text_addf(&asked, "%s%s", i ? " " : "", c->args[i]);
	c->phrase = NULL;
	for (size_t i = 0; asked.len && i < phrase_count; i++) {
		phrase_verb(&phrases[i], verb, sizeof(verb));
		if (strcmp(verb, asked.data) == 0)
			c->phrase = &phrases[i];
	}
	if (asked.len && !c->phrase)
		return cli_usage(c, SAY_usage_unknown_verb, asked.data);
	help_print(c, stdout);
	return EXIT_DONE;
}
