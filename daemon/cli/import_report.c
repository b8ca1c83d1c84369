/* What an import brought: counted, and each refused line told with its file and number. */
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

/* "file:12: case-10011: title: detail", then each fault on a line. */
static void refusal_tell(const struct import_chunk *chunk, json_object *result, size_t number)
{
	json_object *problem = tree_at(result, "/problem");
	const char *title = tree_text(problem, "/title");
	_text_ t = TEXT_INIT;

	text_addf(&t, "%s:%zu: %s: %s\n", chunk->file, number, tree_text(result, "/number"),
		*title ? title : tree_text(result, "/problem"));
	if (*tree_text(problem, "/detail"))
		text_addf(&t, "  %s\n", tree_text(problem, "/detail"));
	for (size_t i = 0; i < tree_length(problem, "/invalid_params"); i++) {
		json_object *one = tree_item(problem, "/invalid_params", i);

		text_addf(&t, "  %s: %s\n", tree_text(one, "/name"), tree_text(one, "/reason"));
	}
	put_clean(stderr, t.data, t.len);
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
		t->refused++;
		if (c->json)
			text_addf(&t->refusals, "%s%s", t->refusals.len ? "," : "",
				tree_line(result));
		else
			refusal_tell(chunk, result, number);
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

void import_tally_print(const struct cli *c, const struct import_tally *t)
{
	_text_ flags = TEXT_INIT;

	for (size_t i = 0; i < t->flag_count; i++) {
		text_adds(&flags, i ? (c->json ? "," : ", ") : "");
		if (c->json)
			text_add_json(&flags, t->flags[i].name);
		else
			text_adds(&flags, t->flags[i].name);
		text_addf(&flags, c->json ? ":%zu" : " %zu", t->flags[i].count);
	}
	if (c->json) {
		printf("{\"lines\":%zu,\"created\":%zu,\"exists\":%zu,\"refused\":%zu,\"flags\":{%"
		       "s},"
		       "\"refusals\":[%s]}\n",
			t->lines, t->created, t->exists, t->refused, flags.data ? flags.data : "",
			t->refusals.data ? t->refusals.data : "");
		return;
	}
	printf("%zu %s: %s %zu, %s %zu, %s %zu\n", t->lines, say(SAY_import_lines, c->lang),
		say(SAY_import_created, c->lang), t->created, say(SAY_import_exists, c->lang),
		t->exists, say(SAY_import_refused, c->lang), t->refused);
	if (flags.len)
		printf("%s: %s\n", say(SAY_import_flags, c->lang), flags.data);
}

void import_tally_done(struct import_tally *t)
{
	for (size_t i = 0; i < t->flag_count; i++)
		free(t->flags[i].name);
	text_done(&t->refusals);
}
