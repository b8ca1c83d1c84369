/* Giving requests to others: one by an act, many by a call for each five hundred. */
#include <stdio.h>
#include <unistd.h>

#include "daemon/cli/acts.h"
#include "daemon/cli/body.h"
#include "daemon/cli/list.h"
#include "daemon/cli/verbs.h"

static bool is_one(const struct cli *c)
{
	return c->arg_count == 1 && !cli_option_at(c, "to-principal", 1) &&
	       !cli_option(c, "dry-run");
}

static void put_text(json_object *body, const char *member, const char *value)
{
	if (value)
		json_object_object_add(body, member, json_object_new_string(value));
}

static int requests_fill(struct cli *c, json_object *body)
{
	json_object *ids = json_object_new_array();

	json_object_object_add(body, "requests", ids);
	for (size_t i = 0; i < c->arg_count; i++) {
		_free_ char *id = NULL;
		int rc = request_find(c, c->args[i], &id);

		if (rc)
			return rc;
		json_object_array_add(ids, json_object_new_string(id));
	}
	return 0;
}

static int bulk_fill(struct cli *c, json_object *body)
{
	const char *from = cli_option(c, "from"), *queue = cli_option(c, "from-agency");

	if (!!from + !!queue + !!c->arg_count != 1)
		return cli_usage(c, SAY_usage_reassign, NULL);
	put_text(body, "from_principal", from);
	put_text(body, "from_agency", queue);
	put_text(body, "service", cli_option(c, "service"));
	put_text(body, "to_agency", cli_option(c, "to-agency"));
	put_text(body, "reason", cli_option(c, "reason"));
	if (cli_option_at(c, "to-principal", 1)) {
		json_object *names = json_object_new_array();
		const char *name;

		json_object_object_add(body, "to_principals", names);
		for (size_t i = 0; (name = cli_option_at(c, "to-principal", i)); i++)
			json_object_array_add(names, json_object_new_string(name));
	} else {
		put_text(body, "to_principal", cli_option(c, "to-principal"));
	}
	return c->arg_count ? requests_fill(c, body) : 0;
}

static void result_start(const struct cli *c, struct table *t)
{
	table_column(t, say(SAY_head_number, c->lang));
	table_column(t, say(SAY_head_to, c->lang));
	table_column(t, say(SAY_head_state, c->lang));
	t->columns[2].may_shrink = true;
}

/* The problem with the first of its reasons. */
static void result_add(const struct cli *c, struct table *t, json_object *item)
{
	const char *result = tree_text(item, "/result"), *number = tree_text(item, "/number"),
		   *why = tree_text(item, "/problem/invalid_params/0/reason");

	table_cell(t, *number ? number : tree_text(item, "/request"));
	table_cell(t, tree_text(item, "/to_principal"));
	if (strcmp(result, "refused") == 0) {
		table_cellf(t, "%s%s%s", tree_text(item, "/problem/title"), *why ? ": " : "", why);
		table_mark(t);
	} else {
		table_cell(t, say(strcmp(result, "done") == 0 ? SAY_bulk_done : SAY_bulk_planned,
				      c->lang));
	}
}

struct bulk_counts {
	int64_t moved, looked, refused;
};

/* One call; its rows into the table. */
static int bulk_send(
	struct cli *c, json_object *body, struct table *t, struct bulk_counts *n, bool *ret_more)
{
	const char *path =
		cli_option(c, "dry-run") ? "/v1/reassignments?dry_run=1" : "/v1/reassignments";
	struct kezek_response *r;
	_tree_ *answer = NULL;
	json_object *results;
	int rc = cli_call(c, "POST", path, tree_line(body), &r);

	if (rc)
		return rc;
	if (c->json)
		printf("%s\n", kezek_response_body(r, NULL));
	answer = cli_response_json(c, r);
	kezek_response_free(r);
	if (!answer)
		return EXIT_REFUSED;
	results = tree_at(answer, "/results");
	for (size_t i = 0; i < tree_length(answer, "/results"); i++) {
		json_object *item = json_object_array_get_idx(results, i);

		n->refused += strcmp(tree_text(item, "/result"), "refused") == 0;
		n->looked++;
		if (!c->json)
			result_add(c, t, item);
	}
	n->moved += tree_count(answer, "/moved");
	/* What was moved is not found again; where nothing was, the same would come. A key is of
	 * one call. */
	*ret_more = tree_is_true(answer, "/has_more") && tree_count(answer, "/moved") > 0 &&
		    !cli_option(c, "idempotency-key");
	return 0;
}

static void progress_show(const struct cli *c, const struct bulk_counts *n)
{
	if (!c->json && isatty(STDERR_FILENO))
		fprintf(stderr, "\r%s %lld", say(SAY_bulk_done, c->lang), (long long)n->moved);
}

static void counts_print(const struct cli *c, const struct bulk_counts *n, bool is_dry)
{
	char number[24];
	_free_ char *line = NULL;

	snprintf(number, sizeof(number), "%lld", (long long)(is_dry ? n->looked : n->moved));
	line = say_with(is_dry ? SAY_bulk_would_move : SAY_bulk_moved, c->lang, number);
	printf("%s\n", line);
	if (!n->refused || is_dry)
		return;
	free(line);
	snprintf(number, sizeof(number), "%lld", (long long)n->refused);
	line = say_with(SAY_bulk_refused, c->lang, number);
	printf("%s\n", line);
}

static int bulk_run(struct cli *c)
{
	_tree_ *body = json_object_new_object();
	_table_ t = {0};
	struct bulk_counts n = {0};
	bool more = true, shown = false;
	int rc = session_open(c);

	rc = rc ? rc : bulk_fill(c, body);
	result_start(c, &t);
	while (rc == 0 && more) {
		rc = bulk_send(c, body, &t, &n, &more);
		if (rc == 0 && more) {
			progress_show(c, &n);
			shown = true;
		}
	}
	if (shown && !c->json && isatty(STDERR_FILENO))
		fprintf(stderr, "\r\033[K");
	if (!c->json && n.looked)
		table_print(&t, stdout, c->colour);
	if (!c->json && (rc == 0 || n.looked))
		counts_print(c, &n, cli_option(c, "dry-run") != NULL);
	return rc ? rc : n.refused ? EXIT_REFUSED : EXIT_DONE;
}

int reassign_run(struct cli *c)
{
	_tree_ *body = NULL;
	_free_ char *id = NULL;
	int rc;

	if (!is_one(c) || cli_option(c, "from") || cli_option(c, "from-agency"))
		return bulk_run(c);
	body = json_object_new_object();
	rc = body_fill(c, "reassign", body);
	rc = rc ? rc : session_open(c);
	rc = rc ? rc : request_find(c, c->args[0], &id);
	return rc ? rc : act_send(c, "reassign", id, body);
}
