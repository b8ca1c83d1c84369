/* Notifications: what ladders told somebody, and that it has been seen. */
#include <stdio.h>

#include "daemon/cli/oversee.h"
#include "daemon/cli/verbs.h"
#include "lib/uuid.h"

static void told_start(const struct cli *c, struct table *t)
{
	static const enum say heads[] = {SAY_head_number, SAY_head_event, SAY_head_rung,
		SAY_head_deadline, SAY_head_too_late_from, SAY_head_to, SAY_head_when};

	for (size_t i = 0; i < ARRAY_SIZE(heads); i++)
		table_column(t, say(heads[i], c->lang));
	t->columns[5].may_shrink = true;
	t->columns[6].may_go = 1;
	t->columns[2].may_go = 2;
}

static const char *whom(const struct cli *c, json_object *item)
{
	const char *to = tree_text(item, "/to");

	return say(strcmp(to, "officer") == 0 ? SAY_told_officer
		   : strcmp(to, "head") == 0  ? SAY_told_head
					      : SAY_told_supervisor,
		c->lang);
}

static void told_add(const struct cli *c, struct table *t, json_object *item)
{
	const char *kind = tree_text(item, "/kind");
	bool is_escalation = strcmp(kind, "escalated") == 0;
	const char *person = tree_text(item, "/person"), *agency = tree_text(item, "/agency");
	char moment[MOMENT_SIZE];

	table_cell(t, tree_text(item, "/number"));
	table_cell(t, say(is_escalation                       ? SAY_told_escalated
			      : strcmp(kind, "answered") == 0 ? SAY_told_answered
			      : strcmp(kind, "desk") == 0     ? SAY_told_desk
							      : SAY_told_warned,
			      c->lang));
	table_cell(t, tree_text(item, "/rung"));
	table_cell(t, tree_text(item, "/deadline"));
	table_cell(t, moment_short(tree_text(item, "/due_at"), moment));
	table_cellf(t, "%s · %s", whom(c, item), *person ? person : agency);
	table_cell(t, moment_short(tree_text(item, "/occurred_at"), moment));
	if (is_escalation && !tree_at(item, "/seen_at"))
		table_mark(t);
}

const struct list_look notifications_look = {told_start, told_add};

/* Says that they have been seen, over and over while some are left; adds to *seen. */
static int seen_send(struct cli *c, json_object *body, int64_t *seen)
{
	bool has_more = true;

	while (has_more) {
		struct kezek_response *r;
		_tree_ *answer = NULL;
		int rc = cli_call(c, "POST", "/v1/notifications/seen", tree_line(body), &r);

		if (rc)
			return rc;
		answer = cli_response_json(c, r);
		kezek_response_free(r);
		if (!answer)
			return EXIT_REFUSED;
		*seen += tree_count(answer, "/seen");
		has_more = tree_is_true(answer, "/has_more");
	}
	return 0;
}

/* All that are there now: the newest and everything older. */
static int all_seen(struct cli *c, int64_t *seen)
{
	_tree_ *newest = NULL, *body = json_object_new_object();
	int rc = cli_get(c, "/v1/notifications?unseen=1&limit=1", &newest);

	if (rc || tree_length(newest, "/items") == 0)
		return rc;
	json_object_object_add(
		body, "until", json_object_new_string(tree_text(newest, "/items/0/id")));
	return seen_send(c, body, seen);
}

/* The unseen ones about the request of that number, into `ids`. */
static int ids_of_request(struct cli *c, const char *number, json_object *ids)
{
	struct kezek_list *l;
	const char *item = NULL;
	size_t before = json_object_array_length(ids);
	int rc = session_open(c);

	if (rc)
		return rc;
	rc = kezek_list_open(c->kezek, "/v1/notifications?unseen=1&limit=500", &l);
	if (rc)
		return cli_failure(c, rc);
	while ((rc = kezek_list_next(l, &item)) == 0 && item) {
		_tree_ *told = json_tokener_parse(item);

		if (strcmp(tree_text(told, "/number"), number) == 0 ||
			strcmp(tree_text(told, "/request"), number) == 0)
			json_object_array_add(ids, json_object_new_string(tree_text(told, "/id")));
	}
	kezek_list_free(l);
	if (rc)
		return cli_failure(c, rc);
	return json_object_array_length(ids) > before ? 0
						      : cli_refuse(c, SAY_no_notification, number);
}

static int some_seen(struct cli *c, int64_t *seen)
{
	_tree_ *body = json_object_new_object();
	json_object *ids = json_object_new_array();
	const char *given;
	int rc = 0;

	json_object_object_add(body, "ids", ids);
	for (size_t i = 0; rc == 0 && (given = cli_option_at(c, "seen", i)); i++) {
		struct uuid id;

		if (uuid_parse(span_of(given), &id))
			json_object_array_add(ids, json_object_new_string(given));
		else
			rc = ids_of_request(c, given, ids);
	}
	return rc ? rc : seen_send(c, body, seen);
}

static int seen_run(struct cli *c)
{
	int64_t seen = 0;
	_free_ char *line = NULL;
	char number[24];
	int rc = cli_option(c, "all-seen") ? all_seen(c, &seen) : some_seen(c, &seen);

	if (rc)
		return rc;
	snprintf(number, sizeof(number), "%lld", (long long)seen);
	if (c->json) {
		printf("{\"seen\":%s}\n", number);
		return EXIT_DONE;
	}
	line = say_with(SAY_told_seen, c->lang, number);
	printf("%s\n", line);
	return EXIT_DONE;
}

int notifications_run(struct cli *c)
{
	if (cli_option(c, "seen") || cli_option(c, "all-seen"))
		return seen_run(c);
	return list_run(c,
		cli_option(c, "also-seen") ? "/v1/notifications" : "/v1/notifications?unseen=1",
		&notifications_look);
}
