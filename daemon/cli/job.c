/* Long work: its progress as a bar while one waits, and its result. */
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "daemon/cli/list.h"
#include "daemon/cli/load.h"
#include "daemon/cli/verbs.h"

#define BAR_WIDTH 30

static void figure(struct table *t, const struct cli *c, enum say name, json_object *value)
{
	table_cell(t, say(name, c->lang));
	table_cell(t, tree_text(value, ""));
}

/* "+1: 200, +3: 7": so many days, so many deadlines. */
static void spread_write(struct text *t, json_object *result)
{
	size_t count = tree_length(result, "/by_days");

	for (size_t i = 0; i < count; i++) {
		json_object *one = tree_item(result, "/by_days", i);

		text_addf(t, "%s%+d: %s", i ? ", " : "", json_object_get_int(tree_at(one, "/days")),
			tree_text(one, "/deadlines"));
	}
}

static void moves_print(const struct cli *c, json_object *result)
{
	static const enum say heads[] = {
		SAY_head_number, SAY_head_deadline, SAY_head_before, SAY_head_after, SAY_head_much};
	static const char *const members[] = {
		"/number", "/deadline", "/from_on", "/to_on", "/days"};
	_table_ t = {0};

	for (size_t i = 0; i < ARRAY_SIZE(heads); i++)
		table_column(&t, say(heads[i], c->lang));
	t.columns[4].is_right = true;
	for (size_t i = 0; i < tree_length(result, "/largest"); i++) {
		json_object *move = tree_item(result, "/largest", i);

		for (size_t k = 0; k < ARRAY_SIZE(members); k++)
			table_cell(&t, tree_text(move, members[k]));
	}
	if (table_rows(&t))
		table_print(&t, stdout, c->colour);
}

void job_result_print(const struct cli *c, json_object *result)
{
	static const struct {
		enum say name;
		const char *member;
	} figures[] = {{SAY_job_looked, "/looked"}, {SAY_job_moved, "/moved"},
		{SAY_job_earlier, "/earlier"}, {SAY_job_later, "/later"},
		{SAY_job_become_overdue, "/become_overdue"},
		{SAY_job_cease_overdue, "/cease_overdue"}};
	_table_ t = {.is_plain = true};
	_text_ spread = TEXT_INIT;

	if (!json_object_is_type(result, json_type_object))
		return;
	table_column(&t, "");
	table_column(&t, "");
	for (size_t i = 0; i < ARRAY_SIZE(figures); i++)
		figure(&t, c, figures[i].name, tree_at(result, figures[i].member));
	spread_write(&spread, result);
	if (spread.len) {
		table_cell(&t, say(SAY_job_by_days, c->lang));
		table_cell(&t, spread.data);
	}
	table_print(&t, stdout, c->colour);
	moves_print(c, result);
}

static const char *state_of(const struct cli *c, json_object *job)
{
	const char *state = tree_text(job, "/state");

	return say(strcmp(state, "done") == 0     ? SAY_job_done
		   : strcmp(state, "failed") == 0 ? SAY_job_failed
						  : SAY_job_running,
		c->lang);
}

static int percent_of(json_object *job)
{
	return (int)(json_object_get_double(tree_at(job, "/share")) * 100);
}

static void job_print(const struct cli *c, json_object *job)
{
	_text_ head = TEXT_INIT;

	text_addf(&head, "%s  %s %s", tree_text(job, "/calendar"), say(SAY_line_version, c->lang),
		tree_text(job, "/version"));
	if (tree_is_true(job, "/dry_run"))
		text_addf(&head, "  %s", say(SAY_job_dry, c->lang));
	text_addf(&head, "  %s  %d %%\n", state_of(c, job), percent_of(job));
	put_clean(stdout, head.data, head.len);
	job_result_print(c, tree_at(job, "/result"));
}

static void bar_show(json_object *job)
{
	int filled = percent_of(job) * BAR_WIDTH / 100;

	fputs("\r\033[K", stderr);
	for (int i = 0; i < BAR_WIDTH; i++)
		fputs(i < filled ? "█" : "░", stderr);
	fprintf(stderr, " %3d %%  %s / %s", percent_of(job), tree_text(job, "/looked"),
		tree_text(job, "/total"));
	fflush(stderr);
}

int job_wait(struct cli *c, const char *id)
{
	_free_ char *path = cli_path("/v1/jobs/%", id);
	const struct timespec pause = {0, 200 * 1000000};
	bool has_bar = isatty(STDERR_FILENO) && !c->json;

	for (;;) {
		struct kezek_response *r;
		const char *state;
		int rc = cli_call(c, "GET", path, NULL, &r);

		if (rc)
			return rc;
		state = kezek_response_json(r, "/state");
		if (!state || strcmp(state, "running") != 0) {
			bool failed = state && strcmp(state, "failed") == 0;

			if (has_bar)
				fputs("\r\033[K", stderr);
			rc = answer_print(c, r, job_print);
			return failed ? EXIT_REFUSED : rc;
		}
		if (has_bar) {
			_tree_ *job = cli_response_json(c, r);

			bar_show(job);
		}
		kezek_response_free(r);
		nanosleep(&pause, NULL);
	}
}

static void jobs_start(const struct cli *c, struct table *t)
{
	static const enum say heads[] = {SAY_head_id, SAY_head_calendar, SAY_head_version,
		SAY_head_state, SAY_head_moved, SAY_head_when, SAY_head_who};

	for (size_t i = 0; i < ARRAY_SIZE(heads); i++)
		table_column(t, say(heads[i], c->lang));
	t->columns[4].is_right = true;
}

static void jobs_add(const struct cli *c, struct table *t, json_object *job)
{
	bool dry = tree_is_true(job, "/dry_run");
	char made_at[MOMENT_SIZE];

	table_cell(t, tree_text(job, "/id"));
	table_cell(t, tree_text(job, "/calendar"));
	table_cell(t, tree_text(job, "/version"));
	table_cellf(t, "%s %d %%%s%s", state_of(c, job), percent_of(job), dry ? "  " : "",
		dry ? say(SAY_job_dry, c->lang) : "");
	table_cell(t, tree_text(job, "/result/moved"));
	table_cell(t, moment_short(tree_text(job, "/made_at"), made_at));
	table_cell(t, tree_text(job, "/made_by"));
}

int job_run(struct cli *c)
{
	static const struct list_look look = {jobs_start, jobs_add};
	_free_ char *path = NULL;
	struct kezek_response *r;
	int rc;

	if (!c->arg_count)
		return list_run(c, "/v1/jobs", &look);
	if (cli_option(c, "wait"))
		return job_wait(c, c->args[0]);
	path = cli_path("/v1/jobs/%", c->args[0]);
	rc = cli_call(c, "GET", path, NULL, &r);
	return rc ? rc : answer_print(c, r, job_print);
}
