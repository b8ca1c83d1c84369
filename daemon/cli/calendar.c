/* Calendars: loading them parents first, listing and showing them. */
#include <stdio.h>

#include "daemon/cli/list.h"
#include "daemon/cli/load.h"
#include "daemon/cli/verbs.h"

/* What changed or would, and what that does to open deadlines, waited for where it takes its time.
 */
static int calendar_answer(struct cli *c, struct kezek_response *r, const char *code)
{
	_tree_ *answer = cli_response_json(c, r);
	const char *id = tree_text(answer, "/job");
	_free_ char *job = tree_at(answer, "/result") || !*id ? NULL : strdup(id);

	if (c->json) {
		printf("%s\n", kezek_response_body(r, NULL));
	} else {
		json_object *result = json_object_get(tree_at(answer, "/result"));

		json_object_object_del(answer, "job");
		json_object_object_del(answer, "result");
		printf("%s: %s\n", code,
			say(cli_option(c, "dry-run") ? SAY_load_dry : SAY_load_done, c->lang));
		load_print(c, answer, 1);
		job_result_print(c, result);
		json_object_put(result);
	}
	kezek_response_free(r);
	return job ? job_wait(c, job) : EXIT_DONE;
}

/*
 * Sends one. A dry run changes nothing, so a child of a calendar that is new in the same dry run
 * cannot be judged yet: that is told, and is no fault.
 */
static int calendar_put(struct cli *c, json_object *calendar, bool has_new_parent)
{
	const char *code = tree_text(calendar, "/code"), *text = tree_line(calendar);
	bool dry = cli_option(c, "dry-run") != NULL;
	_free_ char *path = cli_path(dry ? "/v1/calendars/%?dry_run=1" : "/v1/calendars/%", code);
	struct kezek_body body = {.data = text, .size = strlen(text)};
	struct kezek_response *r;
	int failure = session_open(c);

	if (failure)
		return failure;
	failure = kezek_call(c->kezek, "PUT", path, NULL, &body, &r);
	if (failure == 0)
		return calendar_answer(c, r, code);
	if (failure == KEZEK_FAILURE_refused && dry && has_new_parent &&
		kezek_refusal(c->kezek)->status == 422) {
		fprintf(stderr, "%s: %s %s\n", code, say(SAY_load_after, c->lang),
			tree_text(calendar, "/parent"));
		return 0;
	}
	return cli_failure(c, failure);
}

/* Is the calendar of this code among these? */
static bool is_among(
	json_object *const *calendars, const bool *leave_out, size_t count, const char *code)
{
	for (size_t i = 0; i < count && *code; i++) {
		if (!leave_out[i] && strcmp(tree_text(calendars[i], "/code"), code) == 0)
			return true;
	}
	return false;
}

/* Sends all, each after its parent. A cycle leaves some unsent: the server would refuse it too. */
static int calendars_put(struct cli *c, json_object *const *calendars, size_t count)
{
	_free_ bool *sent = calloc(count + 1, sizeof(*sent)),
		    *none = calloc(count + 1, sizeof(*none));
	size_t left = count, before = count + 1;
	int rc = 0;

	if (!sent || !none)
		abort();
	while (rc == 0 && left && left < before) {
		before = left;
		for (size_t i = 0; i < count && rc == 0; i++) {
			const char *parent = tree_text(calendars[i], "/parent");

			if (sent[i] || is_among(calendars, sent, count, parent))
				continue;
			rc = calendar_put(
				c, calendars[i], is_among(calendars, none, count, parent));
			sent[i] = true;
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

/* The calendar itself, of an answer that wraps it with its version. */
static json_object *calendar_of(json_object *answer)
{
	json_object *inner = tree_at(answer, "/calendar");

	return inner ? inner : answer;
}

static void covers_write(struct text *t, json_object *calendar)
{
	if (tree_length(calendar, "/covers") == 2)
		text_addf(t, "%s – %s", tree_text(calendar, "/covers/0"),
			tree_text(calendar, "/covers/1"));
}

static void calendar_add(const struct cli *c, struct table *t, json_object *item)
{
	json_object *calendar = calendar_of(item);
	_text_ covers = TEXT_INIT;

	table_cell(t, tree_text(item, "/code"));
	table_cell(t, tree_text(item, "/version"));
	table_cell(t, tree_text(calendar, "/parent"));
	covers_write(&covers, calendar);
	table_cell(t, covers.data);
	table_cell(t, tree_name(calendar, "/name", c->lang));
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

static void calendar_print(const struct cli *c, json_object *answer)
{
	json_object *calendar = calendar_of(answer);
	_text_ head = TEXT_INIT;
	_table_ t = {0};

	text_addf(&head, "%s  %s %s  %s\n  %s  %s  ", tree_text(calendar, "/code"),
		say(SAY_line_version, c->lang), tree_text(answer, "/version"),
		tree_name(calendar, "/name", c->lang), tree_text(calendar, "/parent"),
		tree_text(calendar, "/time_zone"));
	covers_write(&head, calendar);
	text_add_char(&head, '\n');
	put_clean(stdout, head.data, head.len);
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
