/* Oversight: the overview by body, service or office, and what is overdue. */
#include <time.h>

#include "daemon/cli/list.h"
#include "daemon/cli/oversee.h"
#include "daemon/cli/verbs.h"
#include "lib/day.h"

static void overview_start(const struct cli *c, struct table *t)
{
	static const enum say heads[] = {SAY_head_whose, SAY_head_open, SAY_head_due_today,
		SAY_head_due_soon, SAY_head_overdue, SAY_head_paused, SAY_head_oldest_overdue,
		SAY_head_on_time};

	for (size_t i = 0; i < ARRAY_SIZE(heads); i++)
		table_column(t, say(heads[i], c->lang));
	for (size_t i = 1; i < ARRAY_SIZE(heads); i++)
		t->columns[i].is_right = true;
	t->columns[6].may_go = 1;
	t->columns[7].may_go = 2;
	t->columns[3].may_go = 3;
}

static void overview_told_start(const struct cli *c, struct table *t)
{
	overview_start(c, t);
	table_column(t, say(SAY_head_warned, c->lang));
	table_column(t, say(SAY_head_escalated, c->lang));
	table_column(t, say(SAY_head_on_desk, c->lang));
	for (size_t i = 8; i < 11; i++)
		t->columns[i].is_right = true;
}

const char *overview_key(json_object *item)
{
	static const char *const keys[] = {"/agency", "/service", "/office"};

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		if (*tree_text(item, keys[i]))
			return tree_text(item, keys[i]);
	}
	return "";
}

static void overview_add(const struct cli *c, struct table *t, json_object *item)
{
	static const char *const counts[] = {
		"/open", "/due_today", "/due_in_3_working_days", "/overdue", "/paused"};
	json_object *share = tree_at(item, "/on_time_share");
	char moment[MOMENT_SIZE];

	(void)c;
	table_cell(t, overview_key(item));
	for (size_t i = 0; i < ARRAY_SIZE(counts); i++)
		table_cell(t, tree_text(item, counts[i]));
	table_cell(t, moment_short(tree_text(item, "/oldest_overdue"), moment));
	if (share)
		table_cellf(t, "%.1f %%", json_object_get_double(share) * 100);
	else
		table_cell(t, "");
	if (tree_count(item, "/overdue"))
		table_mark(t);
}

static void overview_told_add(const struct cli *c, struct table *t, json_object *item)
{
	overview_add(c, t, item);
	table_cell(t, tree_text(item, "/warned"));
	table_cell(t, tree_text(item, "/escalated"));
	table_cell(t, tree_text(item, "/on_desk"));
	if (tree_count(item, "/overdue") || tree_count(item, "/escalated"))
		table_mark(t);
}

const struct list_look overview_look = {overview_start, overview_add};
static const struct list_look overview_told_look = {overview_told_start, overview_told_add};

const struct list_look *overview_look_of(json_object *answer)
{
	for (size_t i = 0; i < tree_length(answer, "/items"); i++) {
		json_object *item = tree_item(answer, "/items", i);

		if (tree_count(item, "/warned") || tree_count(item, "/escalated") ||
			tree_count(item, "/on_desk"))
			return &overview_told_look;
	}
	return &overview_look;
}

#define COVERAGE_DAYS                                                                              \
	90 /* a calendar that ends sooner is to be told (design: Deadlines, Calendar) */

/* Calendars whose coverage ends soon: every date behind it is provisional ground. */
static void coverage_print(struct cli *c)
{
	struct kezek_response *r;
	_tree_ *answer = NULL;
	_free_ char *line = NULL;
	_text_ ending = TEXT_INIT;
	int32_t now = (int32_t)(time(NULL) / 86400), end;

	if (kezek_call(c->kezek, "GET", "/v1/calendars", NULL, NULL, &r))
		return;
	answer = json_tokener_parse(kezek_response_body(r, NULL));
	kezek_response_free(r);
	for (size_t i = 0; i < tree_length(answer, "/items"); i++) {
		json_object *item = tree_item(answer, "/items", i);
		const char *last = tree_text(item, "/calendar/covers/1");

		if (day_parse(span_of(last), &end) && end - now <= COVERAGE_DAYS)
			text_addf(&ending, "%s%s %s", ending.len ? ", " : "",
				tree_text(item, "/code"), last);
	}
	if (!ending.len)
		return;
	line = say_with(SAY_coverage, c->lang, ending.data);
	text_reset(&ending);
	text_addf(&ending, "%s\n", line);
	put_clean(stdout, ending.data, ending.len);
}

/* What no route took, and since when; nothing where there is none, or it is not ours to see. */
static void desk_print(const struct cli *c, json_object *answer)
{
	_text_ t = TEXT_INIT, what = TEXT_INIT;
	_free_ char *line = NULL;
	char moment[MOMENT_SIZE];

	if (!tree_count(answer, "/unrouted/open"))
		return;
	text_addf(&what, "%s, %s", tree_text(answer, "/unrouted/open"),
		moment_short(tree_text(answer, "/unrouted/oldest"), moment));
	line = say_with(SAY_desk, c->lang, what.data);
	text_addf(&t, "%s\n", line);
	put_clean(stdout, t.data, t.len);
}

/* What keeps the database from clearing up, and so slows all work. */
static void snapshot_print(const struct cli *c, json_object *answer)
{
	_text_ t = TEXT_INIT;
	_free_ char *line = NULL;

	if (!tree_count(answer, "/snapshot/transactions"))
		return;
	line = say_with(SAY_snapshot, c->lang, tree_text(answer, "/snapshot/seconds"));
	text_addf(&t, "%s\n", line);
	put_clean(stdout, t.data, t.len);
}

static void overview_print(const struct cli *c, json_object *answer)
{
	items_print(c, answer, overview_look_of(answer));
	desk_print(c, answer);
	snapshot_print(c, answer);
}

int overview_run(struct cli *c)
{
	_text_ path = TEXT_INIT;
	struct kezek_response *r;
	int rc;

	text_adds(&path, "/v1/overview");
	query_add_options(&path, c, "by");
	if (cli_option(c, "csv") || cli_option(c, "ndjson"))
		return list_run(c, path.data, &overview_look);
	rc = cli_call(c, "GET", path.data, NULL, &r);
	rc = rc ? rc : answer_print(c, r, overview_print);
	if (rc == 0 && !c->json)
		coverage_print(c);
	return rc;
}

static void overdue_start(const struct cli *c, struct table *t)
{
	static const enum say heads[] = {SAY_head_number, SAY_head_days_late, SAY_head_due,
		SAY_head_state, SAY_head_service, SAY_head_agency, SAY_head_responsible};

	for (size_t i = 0; i < ARRAY_SIZE(heads); i++)
		table_column(t, say(heads[i], c->lang));
	t->columns[1].is_right = true;
	t->columns[5].may_go = 1;
	t->columns[3].may_go = 2;
	t->columns[6].may_shrink = true;
}

static void overdue_add(const struct cli *c, struct table *t, json_object *r)
{
	const char *code = tree_text(r, "/service/code");
	const char *who = tree_text(r, "/responsible/principal");

	(void)c;
	table_cell(t, tree_text(r, "/number"));
	table_cell(t, tree_text(r, "/working_days_late"));
	table_cell(t, tree_text(r, "/due_on"));
	table_cell(t, tree_text(r, "/state"));
	table_cell(t, *code ? code : tree_text(r, "/service"));
	table_cell(t, tree_text(r, "/agency"));
	table_cell(t, *who ? who : tree_text(r, "/responsible/agency"));
}

const struct list_look overdue_look = {overdue_start, overdue_add};

int overdue_run(struct cli *c)
{
	_text_ path = TEXT_INIT;

	text_adds(&path, "/v1/overdue");
	query_add_options(&path, c, "agency office service");
	return list_run(c, path.data, &overdue_look);
}
