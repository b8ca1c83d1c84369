/* What a catalogue's load changes or would: a table of each kind, for people. */
#include <stdio.h>

#include "daemon/cli/load.h"
#include "daemon/cli/table.h"
#include "daemon/cli/tree.h"
#include "lib/utf8.h"

#define NAMED_MAX 12 /* new things are named one by one up to so many; more are only counted */
#define VALUE_MAX 40 /* of an old or new value so much is shown; --json has the whole */
#define KINDS_MAX 4

static const char *const lists[KINDS_MAX] = {"/added", "/changed", "/closed", "/removed"};
static const char marks[KINDS_MAX] = {'+', '~', '!', '-'};

/* "6-49 3", "6-49 KG office 2024-01-01": the members that identify it. */
static void identity_cell(struct table *t, json_object *item)
{
	static const char *const aside[] = {"differences", "open", "valid_to"};
	_text_ text = TEXT_INIT;

	json_object_object_foreach (item, name, value) {
		bool shown = true;

		for (size_t i = 0; i < ARRAY_SIZE(aside); i++)
			shown = shown && strcmp(name, aside[i]) != 0;
		if (shown)
			text_addf(&text, "%s%s", text.len ? " " : "", tree_text(value, ""));
	}
	table_cell(t, text.data);
}

/* A value on one line, cut at a whole character. */
static void value_cell(struct table *t, json_object *value)
{
	const char *text = value ? tree_text(value, "") : "";
	size_t end = 0, count = 0;

	for (; text[end] && count < VALUE_MAX; count++) {
		do {
			end++;
		} while (((unsigned char)text[end] & 0xc0) == 0x80);
	}
	table_cellf(t, "%.*s%s", (int)end, text, text[end] ? "…" : "");
}

static void difference_cells(struct table *t, json_object *difference)
{
	table_cell(t, tree_text(difference, "/at"));
	value_cell(t, tree_at(difference, "/old"));
	value_cell(t, tree_at(difference, "/new"));
}

static void rows_add(struct table *t, char mark, json_object *item)
{
	size_t count = tree_length(item, "/differences");

	table_cellf(t, "  %c", mark);
	identity_cell(t, item);
	if (count) {
		difference_cells(t, tree_item(item, "/differences", 0));
	} else {
		bool is_closed = tree_at(item, "/valid_to") != NULL;

		table_cell(t, is_closed ? "/valid_to" : " ");
		table_cell(t, " ");
		table_cell(t, is_closed ? tree_text(item, "/valid_to") : " ");
	}
	table_cell(t, tree_at(item, "/open") ? tree_text(item, "/open") : " ");
	for (size_t i = 1; i < count; i++) {
		table_cell(t, " ");
		table_cell(t, " ");
		difference_cells(t, tree_item(item, "/differences", i));
		table_cell(t, " ");
	}
}

static void table_start(const struct cli *c, struct table *t)
{
	static const enum say heads[] = {
		SAY_head_what, SAY_head_member, SAY_head_before, SAY_head_after, SAY_head_open};

	table_column(t, "  ");
	for (size_t i = 0; i < ARRAY_SIZE(heads); i++)
		table_column(t, say(heads[i], c->lang));
	t->columns[3].may_shrink = t->columns[4].may_shrink = true;
	t->columns[5].is_right = true;
}

static void kind_print(const struct cli *c, const char *name, json_object *changes)
{
	_table_ t = {0};

	printf("  %s:", name);
	for (size_t k = 0; k < KINDS_MAX; k++)
		printf(" %c%zu", marks[k], tree_length(changes, lists[k]));
	printf(" =%s\n", tree_text(changes, "/unchanged"));
	table_start(c, &t);
	for (size_t k = 0; k < KINDS_MAX; k++) {
		size_t count = tree_length(changes, lists[k]);

		for (size_t i = 0; i < count && (k || count <= NAMED_MAX); i++)
			rows_add(&t, marks[k], tree_item(changes, lists[k], i));
	}
	if (table_rows(&t))
		table_print(&t, stdout, c->colour);
}

int catalogue_load_answer(struct cli *c, struct kezek_response *r)
{
	_tree_ *answer = NULL;

	if (c->json) {
		printf("%s\n", kezek_response_body(r, NULL));
	} else {
		answer = cli_response_json(c, r);
		printf("catalogue %s: %s\n", tree_text(answer, "/version"),
			say(cli_option(c, "dry-run") ? SAY_load_dry : SAY_load_done, c->lang));
		if (tree_at(answer, "/changes")) {
			json_object_object_foreach (tree_at(answer, "/changes"), kind, changes)
				kind_print(c, kind, changes);
		}
	}
	kezek_response_free(r);
	return EXIT_DONE;
}
