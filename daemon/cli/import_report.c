/* What an import brought: counted by result and by flag, and what was refused, a fault a row. */
#include <stdio.h>

#include "daemon/cli/import.h"
#include "daemon/cli/show.h"

static void flag_count(struct import_tally *t, const char *name)
{
	size_t i = 0;

	while (i < t->flag_count && strcmp(t->flags[i].name, name) != 0)
		i++;
	if (i == IMPORT_FLAGS)
		return;
	if (i == t->flag_count) {
		t->flags[i].name = strdup(name);
		if (!t->flags[i].name)
			abort();
		t->flag_count++;
	}
	t->flags[i].count++;
}

static void refused_row(struct import_tally *t, const struct import_chunk *chunk,
	json_object *result, const char *member, const char *reason)
{
	table_cellf(&t->refused, "%s:%s", chunk->file, tree_text(result, "/line"));
	table_cell(&t->refused, tree_text(result, "/number"));
	table_cell(&t->refused, member);
	table_cell(&t->refused, reason);
}

/* Which line of which file, whose case, what member of it, and why; where no member is to blame,
 * the problem as a whole. */
static void refused_add(
	struct import_tally *t, const struct import_chunk *chunk, json_object *result)
{
	json_object *problem = tree_at(result, "/problem");
	size_t faults = tree_length(problem, "/invalid_params");
	_text_ whole = TEXT_INIT;

	if (t->refused_count > IMPORT_REFUSED)
		return;
	for (size_t i = 0; i < faults; i++) {
		json_object *one = tree_item(problem, "/invalid_params", i);

		refused_row(t, chunk, result, tree_text(one, "/name"), tree_text(one, "/reason"));
	}
	if (faults)
		return;
	text_adds(&whole, *tree_text(problem, "/title") ? tree_text(problem, "/title")
							: tree_text(result, "/problem"));
	if (*tree_text(problem, "/detail"))
		text_addf(&whole, ": %s", tree_text(problem, "/detail"));
	refused_row(t, chunk, result, "", whole.data);
}

static bool result_add(struct cli *c, struct import_tally *t, const struct import_chunk *chunk,
	const char *text, size_t len)
{
	_free_ char *line = strndup(text, len);
	_tree_ *result = line ? json_tokener_parse(line) : NULL;
	const char *what = tree_text(result, "/result");
	size_t at = (size_t)tree_count(result, "/line"), number;

	if (!json_object_is_type(result, json_type_object) || at < 1 || at > chunk->count)
		return false;
	number = chunk->line_numbers[at - 1];
	json_object_object_add(result, "line", json_object_new_int64((int64_t)number));
	json_object_object_add(result, "file", json_object_new_string(chunk->file));
	t->lines++;
	for (size_t i = 0; i < tree_length(result, "/flags"); i++)
		flag_count(t, tree_text(tree_item(result, "/flags", i), ""));
	if (strcmp(what, "created") == 0) {
		t->created++;
	} else if (strcmp(what, "exists") == 0) {
		t->exists++;
	} else {
		t->refused_count++;
		if (c->json)
			text_addf(&t->refusals, "%s%s", t->refusals.len ? "," : "",
				tree_line(result));
		else
			refused_add(t, chunk, result);
	}
	if (t->results)
		fprintf(t->results, "%s\n", tree_line(result));
	return true;
}

int import_tally_add(
	struct cli *c, struct import_tally *t, const struct import_chunk *chunk, const char *answer)
{
	size_t before = t->lines;

	while (*answer) {
		size_t len = strcspn(answer, "\n");

		if (len && !result_add(c, t, chunk, answer, len))
			return cli_refuse(c, SAY_not_json, NULL);
		answer += len + (answer[len] == '\n');
	}
	/* Fewer results than lines: the answer was cut off; a second run settles what is not known.
	 */
	return t->lines - before == chunk->count ? 0 : cli_refuse(c, SAY_import_cut, chunk->file);
}

static const char *flag_meaning(const char *name, enum lang lang)
{
	static const struct {
		const char *name;
		enum say meaning;
	} flags[] = {
		{"closed_before_receipt", SAY_flag_closed_before_receipt},
		{"events_after_closing", SAY_flag_events_after_closing},
		{"registered_before_receipt", SAY_flag_registered_before_receipt},
		{"act_not_open", SAY_flag_act_not_open},
		{"unknown_ground", SAY_flag_unknown_ground},
		{"beyond_standard", SAY_flag_beyond_standard},
		{"outcome_unknown", SAY_flag_outcome_unknown},
		{"hand_over_unknown", SAY_flag_hand_over_unknown},
		{"holder_unknown", SAY_flag_holder_unknown},
		{"no_version_then", SAY_flag_no_version_then},
		{"no_term", SAY_flag_no_term},
		{"differs", SAY_flag_differs},
	};

	for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
		if (strcmp(flags[i].name, name) == 0)
			return say(flags[i].meaning, lang);
	}
	return "";
}

static void print_json(const struct import_tally *t)
{
	_text_ flags = TEXT_INIT;

	for (size_t i = 0; i < t->flag_count; i++) {
		if (i)
			text_add_char(&flags, ',');
		text_add_json(&flags, t->flags[i].name);
		text_addf(&flags, ":%zu", t->flags[i].count);
	}
	printf("{\"lines\":%zu,\"created\":%zu,\"exists\":%zu,\"refused\":%zu,\"flags\":{%s},"
	       "\"refusals\":[%s]}\n",
		t->lines, t->created, t->exists, t->refused_count, flags.data ? flags.data : "",
		t->refusals.data ? t->refusals.data : "");
}

static void print_flags(const struct cli *c, const struct import_tally *t)
{
	_table_ table = {0};
	_text_ cases = TEXT_INIT;

	if (!t->flag_count)
		return;
	text_addf(&cases, ">%s", say(SAY_import_cases, c->lang));
	table_column(&table, say(SAY_import_flag, c->lang));
	table_column(&table, cases.data);
	table_column(&table, say(SAY_import_meaning, c->lang));
	for (size_t i = 0; i < t->flag_count; i++) {
		table_cell(&table, t->flags[i].name);
		table_cellf(&table, "%zu", t->flags[i].count);
		table_cell(&table, flag_meaning(t->flags[i].name, c->lang));
	}
	putchar('\n');
	table_print(&table, stdout, c->colour);
}

static void print_refused(const struct cli *c, struct import_tally *t)
{
	if (!t->refused_count)
		return;
	putchar('\n');
	table_print(&t->refused, stdout, c->colour);
	if (t->refused_count > IMPORT_REFUSED) {
		_free_ char *more = NULL;
		char count[24];

		snprintf(count, sizeof(count), "%zu", t->refused_count - IMPORT_REFUSED);
		more = say_with(SAY_import_more, c->lang, count);
		puts(more);
	}
}

void import_tally_print(const struct cli *c, struct import_tally *t)
{
	if (c->json) {
		print_json(t);
		return;
	}
	printf("%zu %s: %s %zu, %s %zu, %s %zu\n", t->lines, say(SAY_import_lines, c->lang),
		say(SAY_import_created, c->lang), t->created, say(SAY_import_exists, c->lang),
		t->exists, say(SAY_import_refused, c->lang), t->refused_count);
	print_flags(c, t);
	print_refused(c, t);
}

void import_tally_init(struct import_tally *t, enum lang lang)
{
	*t = (struct import_tally){0};
	table_column(&t->refused, say(SAY_import_where, lang));
	table_column(&t->refused, say(SAY_import_number, lang));
	table_column(&t->refused, say(SAY_import_member, lang));
	table_column(&t->refused, say(SAY_import_reason, lang));
}

void import_tally_done(struct import_tally *t)
{
	for (size_t i = 0; i < t->flag_count; i++)
		free(t->flags[i].name);
	table_done(&t->refused);
	text_done(&t->refusals);
}
