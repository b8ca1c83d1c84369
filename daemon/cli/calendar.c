/* Calendars: loading them parents first, listing and showing them. */
#include <stdio.h>

#include "daemon/cli/list.h"
#include "daemon/cli/load.h"
#include "daemon/cli/verbs.h"

static int calendar_put(struct cli *c, json_object *calendar)
{
	const char *code = tree_text(calendar, "/code");
	_free_ char *path = cli_path(
		cli_option(c, "dry-run") ? "/v1/calendars/%?dry_run=1" : "/v1/calendars/%", code);
	struct kezek_response *r;
	int rc = cli_call(c, "PUT", path, tree_line(calendar), &r);

	return rc ? rc : load_answer(c, r, code);
}

/* Is the calendar of this code among those not sent yet? */
static bool is_waiting(json_object *const *calendars, size_t count, const char *code)
{
	for (size_t i = 0; i < count && *code; i++) {
		if (calendars[i] && strcmp(tree_text(calendars[i], "/code"), code) == 0)
			return true;
	}
	return false;
}

/* Sends all, each after its parent. A cycle leaves some unsent: the server would refuse it too. */
static int calendars_put(struct cli *c, json_object **calendars, size_t count)
{
	size_t left = count, before = count + 1;
	int rc = 0;

	while (rc == 0 && left && left < before) {
		before = left;
		for (size_t i = 0; i < count && rc == 0; i++) {
			if (!calendars[i] ||
				is_waiting(calendars, count, tree_text(calendars[i], "/parent")))
				continue;
			rc = calendar_put(c, calendars[i]);
			json_object_put(calendars[i]);
			calendars[i] = NULL;
			left--;
		}
	}
	return rc || !left ? rc : cli_usage(c, SAY_usage_cycle, NULL);
}

int calendar_load_run(struct cli *c)
{
	_cleanup_(load_files_done)
	struct load_files files = {0};
	_free_ json_object **calendars = NULL;
	int rc = load_files_find(c, &files);

	calendars = calloc(files.count + 1, sizeof(json_object *));
	if (!calendars)
		abort();
	for (size_t i = 0; i < files.count && rc == 0; i++) {
		rc = load_file_read(c, files.names[i], &calendars[i]);
		if (rc == 0 && !*tree_text(calendars[i], "/code"))
			rc = cli_usage(c, SAY_usage_calendar, files.names[i]);
	}
	rc = rc ? rc : calendars_put(c, calendars, files.count);
	for (size_t i = 0; i < files.count; i++)
		json_object_put(calendars[i]);
	return rc;
}

static void calendar_start(const struct cli *c, struct table *t)
{
	static const enum say heads[] = {
		SAY_head_code, SAY_head_version, SAY_head_parent, SAY_head_covers, SAY_head_name};

	for (size_t i = 0; i < ARRAY_SIZE(heads); i++)
		table_column(t, say(heads[i], c->lang));
	t->columns[4].may_shrink = true;
}

static void calendar_add(const struct cli *c, struct table *t, json_object *item)
{
	table_cell(t, tree_text(item, "/code"));
	table_cell(t, tree_text(item, "/version"));
	table_cell(t, tree_text(item, "/parent"));
	table_cellf(t, "%s – %s", tree_text(item, "/covers/0"), tree_text(item, "/covers/1"));
	table_cell(t, tree_name(item, "/name", c->lang));
}

int calendar_list_run(struct cli *c)
{
	static const struct list_look look = {calendar_start, calendar_add};

	return list_run(c, "/v1/calendars", &look);
}

static void week_print(json_object *calendar)
{
	static const char *const days[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

	for (size_t i = 0; i < ARRAY_SIZE(days); i++) {
		char pointer[16];

		snprintf(pointer, sizeof(pointer), "/week/%s", days[i]);
		if (!tree_length(calendar, pointer))
			continue;
		printf("  %s", days[i]);
		for (size_t k = 0; k < tree_length(calendar, pointer); k++)
			printf("  %s", tree_text(tree_item(calendar, pointer, k), ""));
		putchar('\n');
	}
}

static void calendar_print(const struct cli *c, json_object *calendar)
{
	_table_ t = {0};

	printf("%s  %s %s  %s\n", tree_text(calendar, "/code"), say(SAY_head_version, c->lang),
		tree_text(calendar, "/version"), tree_name(calendar, "/name", c->lang));
	printf("  %s  %s  %s – %s\n", tree_text(calendar, "/parent"),
		tree_text(calendar, "/time_zone"), tree_text(calendar, "/covers/0"),
		tree_text(calendar, "/covers/1"));
	week_print(calendar);
	table_column(&t, say(SAY_head_day, c->lang));
	table_column(&t, say(SAY_head_kind, c->lang));
	table_column(&t, say(SAY_head_status, c->lang));
	table_column(&t, say(SAY_head_source, c->lang));
	t.columns[3].may_shrink = true;
	for (size_t i = 0; i < tree_length(calendar, "/exceptions"); i++) {
		json_object *e = tree_item(calendar, "/exceptions", i);

		table_cell(&t, tree_text(e, "/date"));
		table_cell(&t, tree_text(e, "/kind"));
		table_cell(&t, tree_text(e, "/status"));
		table_cell(&t, *tree_text(e, "/source") ? tree_text(e, "/source") : " ");
	}
	if (table_rows(&t))
		table_print(&t, stdout, c->colour);
}

int calendar_show_run(struct cli *c)
{
	_free_ char *path = cli_path("/v1/calendars/%", c->args[0]);
	struct kezek_response *r;
	int rc = cli_call(c, "GET", path, NULL, &r);

	return rc ? rc : answer_print(c, r, calendar_print);
}
