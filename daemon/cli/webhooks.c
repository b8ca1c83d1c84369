/* Webhooks: where the feed is carried to, what could not be delivered, and delivering it again. */
#include <stdio.h>

#include "daemon/cli/list.h"
#include "daemon/cli/verbs.h"

/* Alone on stdout, so that it can be kept in a file, the rest on stderr. */
static void secret_print(const struct cli *c, json_object *w)
{
	_text_ line = TEXT_INIT;

	text_addf(&line, "%s  %s\n", tree_text(w, "/name"), tree_text(w, "/url"));
	put_clean(stderr, line.data, line.len);
	const char *secret = tree_text(w, "/secret");

	/* A repeat under the key of an earlier call is not told what has been replaced since. */
	fprintf(stderr, "%s\n", say(*secret ? SAY_secret_once : SAY_secret_replaced, c->lang));
	if (*secret)
		printf("%s\n", secret);
}

int webhook_add_run(struct cli *c)
{
	_tree_ *body = json_object_new_object();
	json_object *kinds = json_object_new_array();
	struct kezek_response *r;
	const char *kind;
	int rc;

	json_object_object_add(body, "kinds", kinds);
	if (!cli_option(c, "principal"))
		return cli_usage(c, SAY_usage_scope, NULL);
	json_object_object_add(body, "name", json_object_new_string(c->args[0]));
	json_object_object_add(body, "url", json_object_new_string(c->args[1]));
	json_object_object_add(
		body, "principal", json_object_new_string(cli_option(c, "principal")));
	for (size_t i = 0; (kind = cli_option_at(c, "event", i)); i++)
		json_object_array_add(kinds, json_object_new_string(kind));
	rc = cli_call(c, "POST", "/v1/webhooks", tree_line(body), &r);
	return rc ? rc : answer_print(c, r, secret_print);
}

/* "HTTP 500", or the word for why there was no answer. */
static void outcome_cell(struct table *t, json_object *item, const char *status, const char *why)
{
	if (tree_at(item, status))
		table_cellf(t, "HTTP %s", tree_text(item, status));
	else
		table_cell(t, tree_text(item, why));
}

static const char *state_of(const struct cli *c, json_object *w)
{
	return say(tree_at(w, "/disabled_at")     ? SAY_disabled
		   : tree_at(w, "/failing_since") ? SAY_hook_failing
						  : SAY_enabled,
		c->lang);
}

static void webhook_start(const struct cli *c, struct table *t)
{
	static const enum say heads[] = {SAY_head_name, SAY_head_state, SAY_head_whose, SAY_head_to,
		SAY_head_waiting, SAY_head_dead, SAY_head_last};

	for (size_t i = 0; i < ARRAY_SIZE(heads); i++)
		table_column(t, say(heads[i], c->lang));
	t->columns[3].may_shrink = true;
	t->columns[4].is_right = t->columns[5].is_right = true;
}

static void webhook_row(const struct cli *c, struct table *t, json_object *w)
{
	table_cell(t, tree_text(w, "/name"));
	table_cell(t, state_of(c, w));
	table_cell(t, tree_text(w, "/principal"));
	table_cell(t, tree_text(w, "/url"));
	table_cell(t, tree_text(w, "/pending"));
	table_cell(t, tree_text(w, "/dead"));
	outcome_cell(t, w, "/last_status", "/last_why");
	if (tree_at(w, "/disabled_at") || tree_at(w, "/failing_since"))
		table_mark(t);
}

int webhook_list_run(struct cli *c)
{
	static const struct list_look look = {webhook_start, webhook_row};

	return list_run(c, "/v1/webhooks", &look);
}

static void webhook_print(const struct cli *c, json_object *w)
{
	static const struct {
		enum say head;
		const char *pointer;
	} parts[] = {{SAY_head_name, "/name"}, {SAY_head_to, "/url"},
		{SAY_head_whose, "/principal"}, {SAY_head_event, "/kinds"},
		{SAY_head_position, "/position"}, {SAY_head_waiting, "/pending"},
		{SAY_head_dead, "/dead"}};
	_table_ t = {.is_plain = true};
	char moment[MOMENT_SIZE];

	table_column(&t, "");
	table_column(&t, "");
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		table_cell(&t, say(parts[i].head, c->lang));
		table_cell(&t, tree_text(w, parts[i].pointer));
	}
	table_cell(&t, say(SAY_head_state, c->lang));
	table_cellf(&t, "%s %s", state_of(c, w), tree_text(w, "/disabled_why"));
	table_cell(&t, say(SAY_head_last, c->lang));
	outcome_cell(&t, w, "/last_status", "/last_why");
	table_cell(&t, say(SAY_head_when, c->lang));
	table_cell(&t, moment_short(tree_text(w, "/last_at"), moment));
	table_print(&t, stdout, c->colour);
}

int webhook_show_run(struct cli *c)
{
	_free_ char *path = cli_path("/v1/webhooks/%", c->args[0]);
	struct kezek_response *r;
	int rc = cli_call(c, "GET", path, NULL, &r);

	return rc ? rc : answer_print(c, r, webhook_print);
}

int webhook_remove_run(struct cli *c)
{
	_free_ char *path = cli_path("/v1/webhooks/%", c->args[0]);
	struct kezek_response *r;
	int rc = cli_call(c, "DELETE", path, NULL, &r);

	if (rc)
		return rc;
	if (c->json)
		return answer_print(c, r, NULL);
	kezek_response_free(r);
	printf("%s  %s\n", c->args[0], say(SAY_hook_removed, c->lang));
	return EXIT_DONE;
}

static int hook_post(struct cli *c, const char *verb, json_object *body,
	void (*print)(const struct cli *c, json_object *answer))
{
	_text_ path = TEXT_INIT;
	_free_ char *hook = cli_path("/v1/webhooks/%", c->args[0]);
	struct kezek_response *r;
	int rc;

	text_addf(&path, "%s/%s", hook, verb);
	rc = cli_call(c, "POST", path.data, tree_line(body), &r);
	return rc ? rc : answer_print(c, r, print);
}

int webhook_rotate_run(struct cli *c)
{
	_tree_ *body = json_object_new_object();
	long overlap;

	if (!cli_option_number(c, "overlap", 0, 604800, 86400, &overlap))
		return EXIT_USAGE;
	json_object_object_add(body, "overlap_seconds", json_object_new_int64(overlap));
	return hook_post(c, "rotate", body, secret_print);
}

static void test_print(const struct cli *c, json_object *said)
{
	_text_ line = TEXT_INIT;
	bool came = tree_is_true(said, "/delivered");

	text_adds(&line, say(came ? SAY_hook_delivered : SAY_hook_undelivered, c->lang));
	if (tree_at(said, "/status"))
		text_addf(&line, "  HTTP %s", tree_text(said, "/status"));
	else
		text_addf(&line, "  %s", tree_text(said, "/why"));
	text_addf(&line, "  %s ms\n", tree_text(said, "/took_ms"));
	put_clean(stdout, line.data, line.len);
}

/* Refused: it did not arrive. */
int webhook_test_run(struct cli *c)
{
	_free_ char *path = cli_path("/v1/webhooks/%/test", c->args[0]);
	struct kezek_response *r;
	const char *delivered;
	bool came;
	int rc = cli_call(c, "POST", path, "{}", &r);

	if (rc)
		return rc;
	delivered = kezek_response_json(r, "/delivered");
	came = delivered && strcmp(delivered, "true") == 0;
	rc = answer_print(c, r, test_print);
	return rc ? rc : came ? EXIT_DONE : EXIT_REFUSED;
}

static void delivery_start(const struct cli *c, struct table *t)
{
	static const enum say heads[] = {SAY_head_position, SAY_head_id, SAY_head_state,
		SAY_head_attempts, SAY_head_last, SAY_head_next};

	for (size_t i = 0; i < ARRAY_SIZE(heads); i++)
		table_column(t, say(heads[i], c->lang));
	t->columns[0].is_right = t->columns[3].is_right = true;
}

static void delivery_row(const struct cli *c, struct table *t, json_object *d)
{
	bool is_dead = strcmp(tree_text(d, "/state"), "dead") == 0;
	char moment[MOMENT_SIZE];

	table_cell(t, tree_text(d, "/position"));
	table_cell(t, tree_text(d, "/request"));
	table_cell(t, say(is_dead ? SAY_delivery_dead : SAY_delivery_pending, c->lang));
	table_cell(t, tree_text(d, "/attempts"));
	outcome_cell(t, d, "/last_status", "/last_why");
	table_cell(t, moment_short(tree_text(d, "/next_at"), moment));
	if (is_dead)
		table_mark(t);
}

int webhook_deliveries_run(struct cli *c)
{
	static const struct list_look look = {delivery_start, delivery_row};
	_free_ char *path = cli_path(cli_option(c, "dead") ? "/v1/webhooks/%/deliveries?state=dead"
							   : "/v1/webhooks/%/deliveries",
		c->args[0]);

	return list_run(c, path, &look);
}

static void redelivered_print(const struct cli *c, json_object *said)
{
	_free_ char *line = say_with(SAY_hook_redelivered, c->lang, tree_text(said, "/deliveries"));

	printf("%s\n", line);
}

int webhook_redeliver_run(struct cli *c)
{
	static const char *const names[][2] = {
		{"position", "position"}, {"from-position", "from_position"}};
	_tree_ *body = json_object_new_object();

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		long n;

		if (!cli_option_number(c, names[i][0], 1, INT64_MAX, 0, &n))
			return EXIT_USAGE;
		if (n)
			json_object_object_add(body, names[i][1], json_object_new_int64(n));
	}
	return hook_post(c, "redeliver", body, redelivered_print);
}
