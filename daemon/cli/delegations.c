/* Leave: who stands in for whom, recorded, listed and ended. */
#include <stdio.h>

#include "daemon/cli/list.h"
#include "daemon/cli/verbs.h"
#include "lib/uuid.h"

static void leave_start(const struct cli *c, struct table *t)
{
	static const enum say heads[] = {SAY_head_absent, SAY_head_deputy, SAY_head_agency,
		SAY_head_from, SAY_head_until, SAY_head_why, SAY_head_id};

	for (size_t i = 0; i < ARRAY_SIZE(heads); i++)
		table_column(t, say(heads[i], c->lang));
	t->columns[5].may_shrink = true;
	t->columns[6].may_go = 1;
}

/* One that was ended early ended then. */
static void leave_add(const struct cli *c, struct table *t, json_object *item)
{
	const char *ended = tree_text(item, "/ended_at");
	char from[MOMENT_SIZE], until[MOMENT_SIZE];

	(void)c;
	table_cell(t, tree_text(item, "/principal"));
	table_cell(t, tree_text(item, "/deputy"));
	table_cell(t, tree_text(item, "/agency"));
	table_cell(t, moment_short(tree_text(item, "/from"), from));
	table_cell(t, moment_short(*ended ? ended : tree_text(item, "/until"), until));
	table_cell(t, tree_text(item, "/reason"));
	table_cell(t, tree_text(item, "/id"));
}

static const struct list_look look = {leave_start, leave_add};

static void leave_print(const struct cli *c, json_object *leave)
{
	_table_ t = {0};

	leave_start(c, &t);
	leave_add(c, &t, leave);
	table_print(&t, stdout, c->colour);
}

int delegation_list_run(struct cli *c)
{
	_text_ path = TEXT_INIT;

	text_adds(&path, "/v1/delegations");
	query_add_options(&path, c, "agency");
	if (cli_option(c, "over"))
		query_add(&path, "over", "1");
	return list_run(c, path.data, &look);
}

int delegation_add_run(struct cli *c)
{
	static const char *const members[] = {"from", "until", "reason", "agency"};
	_tree_ *body = json_object_new_object();
	struct kezek_response *r;
	int rc;

	if (!cli_option(c, "until"))
		return cli_usage(c, SAY_usage_until, NULL);
	json_object_object_add(body, "principal", json_object_new_string(c->args[0]));
	json_object_object_add(body, "deputy", json_object_new_string(c->args[1]));
	for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
		if (cli_option(c, members[i]))
			json_object_object_add(body, members[i],
				json_object_new_string(cli_option(c, members[i])));
	}
	rc = cli_call(c, "POST", "/v1/delegations", tree_line(body), &r);
	return rc ? rc : answer_print(c, r, leave_print);
}

/* The id, or the one leave of somebody that is not over: of several none is chosen. */
static int leave_find(struct cli *c, const char *name, char ret_id[UUID_TEXT_SIZE])
{
	_text_ path = TEXT_INIT;
	_tree_ *list = NULL;
	struct uuid id;
	int rc;

	if (uuid_parse(span_of(name), &id)) {
		uuid_format(&id, ret_id);
		return 0;
	}
	text_adds(&path, "/v1/delegations");
	query_add(&path, "principal", name);
	rc = cli_get(c, path.data, &list);
	if (rc)
		return rc;
	if (tree_length(list, "/items") != 1)
		return cli_refuse(
			c, tree_length(list, "/items") ? SAY_several_leaves : SAY_no_leave, name);
	snprintf(ret_id, UUID_TEXT_SIZE, "%s", tree_text(list, "/items/0/id"));
	return 0;
}

int delegation_end_run(struct cli *c)
{
	char id[UUID_TEXT_SIZE];
	struct kezek_response *r;
	int rc = leave_find(c, c->args[0], id);

	if (rc == 0) {
		_free_ char *path = cli_path("/v1/delegations/%/end", id);

		rc = cli_call(c, "POST", path, "{}", &r);
	}
	return rc ? rc : answer_print(c, r, leave_print);
}
