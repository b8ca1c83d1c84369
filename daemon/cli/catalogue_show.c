/* What catalogue is loaded. */
#include <stdio.h>

#include "daemon/cli/list.h"
#include "daemon/cli/verbs.h"

/* The sections of a catalogue, and what of their items is shown. */
static const struct {
	const char *pointer;
	const char *shown[5];
} sections[] = {
	{"/agencies", {"code", "level", "calendar", "head", "name"}},
	{"/offices", {"code", "agency", "territory", "calendar", "name"}},
	{"/territories", {"code", "parent", "name"}},
	{"/services", {"code", "version", "valid_from", "source", "name"}},
	{"/routes", {"service", "territory", "by", "agency", "valid_from"}},
};

static void section_print(const struct cli *c, json_object *doc, size_t s)
{
	_table_ t = {0};
	struct text heads[5] = {{0}};

	for (size_t k = 0; k < 5 && sections[s].shown[k]; k++) {
		text_addf(&heads[k], "%s%s", k == 4 ? "~" : "", sections[s].shown[k]);
		table_column(&t, heads[k].data);
	}
	for (size_t i = 0; i < tree_length(doc, sections[s].pointer); i++) {
		json_object *item = tree_item(doc, sections[s].pointer, i);

		for (size_t k = 0; k < 5 && sections[s].shown[k]; k++) {
			char pointer[32];

			snprintf(pointer, sizeof(pointer), "/%s", sections[s].shown[k]);
			table_cell(&t, tree_name(item, pointer, c->lang));
		}
	}
	printf("%s%s: %zu\n", s ? "\n" : "", sections[s].pointer + 1, table_rows(&t));
	if (table_rows(&t))
		table_print(&t, stdout, c->colour);
	for (size_t k = 0; k < 5; k++)
		text_done(&heads[k]);
}

/* Every item of that code, whatever it is; false: there is none. */
static bool items_of_code_print(json_object *doc, const char *code)
{
	bool found = false;

	for (size_t s = 0; s < ARRAY_SIZE(sections); s++) {
		for (size_t i = 0; i < tree_length(doc, sections[s].pointer); i++) {
			json_object *item = tree_item(doc, sections[s].pointer, i);
			const char *text;

			if (strcmp(tree_text(item, "/code"), code) != 0)
				continue;
			text = json_object_to_json_string_ext(
				item, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED |
					      JSON_C_TO_STRING_NOSLASHESCAPE);
			put_clean(stdout, text, strlen(text));
			putchar('\n');
			found = true;
		}
	}
	return found;
}

int catalogue_show_run(struct cli *c)
{
	_tree_ *doc = NULL;
	int rc = cli_get(c, "/v1/catalogue", &doc);

	if (rc)
		return rc;
	if (c->arg_count)
		return items_of_code_print(doc, c->args[0])
			       ? EXIT_DONE
			       : cli_refuse(c, SAY_no_code, c->args[0]);
	if (c->json) {
		printf("%s\n", tree_line(doc));
		return EXIT_DONE;
	}
	for (size_t s = 0; s < ARRAY_SIZE(sections); s++)
		section_print(c, doc, s);
	return EXIT_DONE;
}
