/* Who may connect: oneself, and the administration of all others. */
#include <stdio.h>

#include "daemon/cli/list.h"
#include "daemon/cli/verbs.h"

static void me_print(const struct cli *c, json_object *me)
{
	static const struct {
		enum say head;
		const char *pointer;
	} parts[] = {{SAY_head_name, "/name"}, {SAY_head_kind, "/kind"}, {SAY_head_role, "/role"},
		{SAY_head_agency, "/agency"}, {SAY_head_office, "/office"}};
	_table_ t = {.is_plain = true};

	table_column(&t, "");
	table_column(&t, "");
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		table_cell(&t, say(parts[i].head, c->lang));
		table_cell(&t, tree_text(me, parts[i].pointer));
	}
	table_print(&t, stdout, c->colour);
}

int me_run(struct cli *c)
{
	struct kezek_response *r;
	int rc = cli_call(c, "GET", "/v1/me", NULL, &r);

	return rc ? rc : answer_print(c, r, me_print);
}

static void principal_start(const struct cli *c, struct table *t)
{
	static const enum say heads[] = {SAY_head_name, SAY_head_kind, SAY_head_role,
		SAY_head_agency, SAY_head_office, SAY_head_state, SAY_head_token_until};

	for (size_t i = 0; i < ARRAY_SIZE(heads); i++)
		table_column(t, say(heads[i], c->lang));
	t->columns[6].may_go = 1;
}

static void principal_row(const struct cli *c, struct table *t, json_object *p)
{
	bool disabled = tree_is_true(p, "/disabled") || *tree_text(p, "/disabled_at");
	char moment[MOMENT_SIZE];

	table_cell(t, tree_text(p, "/name"));
	table_cell(t, tree_text(p, "/kind"));
	table_cell(t, tree_text(p, "/role"));
	table_cell(t, tree_text(p, "/agency"));
	table_cell(t, tree_text(p, "/office"));
	table_cell(t, disabled ? say(SAY_disabled, c->lang) : say(SAY_enabled, c->lang));
	table_cell(t, moment_short(tree_text(p, "/token_expires_at"), moment));
	if (disabled)
		table_mark(t);
}

int principal_list_run(struct cli *c)
{
	static const struct list_look look = {principal_start, principal_row};

	return list_run(c, "/v1/principals", &look);
}

/* The token is shown once: alone on stdout, so that it can be kept in a file, the rest on stderr.
 */
static void token_print(const struct cli *c, json_object *p)
{
	_text_ line = TEXT_INIT;
	char moment[MOMENT_SIZE];

	text_addf(&line, "%s  %s", tree_text(p, "/name"), tree_text(p, "/role"));
	if (*tree_text(p, "/former_until"))
		text_addf(&line, "  %s %s", say(SAY_former_until, c->lang),
			moment_short(tree_text(p, "/former_until"), moment));
	if (*tree_text(p, "/token"))
		text_addf(&line, "  %s %s", say(SAY_token_until, c->lang),
			moment_short(tree_text(p, "/token_expires_at"), moment));
	text_add_char(&line, '\n');
	put_clean(stderr, line.data, line.len);
	if (*tree_text(p, "/token")) {
		fprintf(stderr, "%s\n", say(SAY_token_once, c->lang));
		printf("%s\n", tree_text(p, "/token"));
	}
}

/* --certificate: its fingerprint, or a PEM file that holds it. */
static int certificate_add(const struct cli *c, json_object *body)
{
	const char *given = cli_option(c, "certificate");
	char digest[KEZEK_DIGEST_SIZE];

	if (!given)
		return 0;
	if (strlen(given) == 64 && strspn(given, "0123456789abcdefABCDEF") == 64) {
		for (size_t i = 0; i < 65; i++)
			digest[i] = (char)(given[i] >= 'A' && given[i] <= 'F' ? given[i] + 32
									      : given[i]);
	} else if (kezek_certificate_digest(given, digest) != 0) {
		return cli_usage(c, SAY_usage_file, given);
	}
	json_object_object_add(body, "certificate_sha256", json_object_new_string(digest));
	return 0;
}

int principal_add_run(struct cli *c)
{
	static const char *const members[] = {"kind", "role", "office", "agency"};
	_tree_ *body = json_object_new_object();
	struct kezek_response *r;
	int rc;

	if (!cli_option(c, "role"))
		return cli_usage(c, SAY_usage_role, NULL);
	if (!cli_option(c, "certificate") && !cli_option(c, "token"))
		return cli_usage(c, SAY_usage_credential, NULL);
	json_object_object_add(body, "name", json_object_new_string(c->args[0]));
	json_object_object_add(body, "kind", json_object_new_string("person"));
	for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
		if (cli_option(c, members[i]))
			json_object_object_add(body, members[i],
				json_object_new_string(cli_option(c, members[i])));
	}
	if (cli_option(c, "token"))
		json_object_object_add(body, "token", json_object_new_boolean(true));
	rc = certificate_add(c, body);
	rc = rc ? rc : cli_call(c, "POST", "/v1/principals", tree_line(body), &r);
	return rc ? rc : answer_print(c, r, token_print);
}

/* What it held went back to the queues: the way to give it to others is told for the next time. */
static void released_print(const struct cli *c, json_object *p)
{
	_free_ char *line = NULL;

	if (tree_count(p, "/released") == 0)
		return;
	line = say_with(SAY_released_by, c->lang, tree_text(p, "/released"));
	fprintf(stderr, "%s\n", line);
}

static void disabled_print(const struct cli *c, json_object *p)
{
	_text_ line = TEXT_INIT;

	text_addf(&line, "%s  %s\n", tree_text(p, "/name"),
		say(tree_is_true(p, "/disabled") ? SAY_disabled : SAY_enabled, c->lang));
	put_clean(stdout, line.data, line.len);
	released_print(c, p);
}

int principal_disable_run(struct cli *c)
{
	_free_ char *path = cli_path("/v1/principals/%", c->args[0]);
	struct kezek_response *r;
	int rc = cli_call(c, "DELETE", path, NULL, &r);

	return rc ? rc : answer_print(c, r, disabled_print);
}

int principal_enable_run(struct cli *c)
{
	_free_ char *path = cli_path("/v1/principals/%/enable", c->args[0]);
	struct kezek_response *r;
	int rc = cli_call(c, "POST", path, "{}", &r);

	return rc ? rc : answer_print(c, r, disabled_print);
}

int principal_rotate_run(struct cli *c)
{
	_free_ char *path = cli_path("/v1/principals/%/rotate", c->args[0]);
	_tree_ *body = json_object_new_object();
	struct kezek_response *r;
	int rc = certificate_add(c, body);

	if (cli_option(c, "keep-until"))
		json_object_object_add(
			body, "keep_until", json_object_new_string(cli_option(c, "keep-until")));
	if (cli_option(c, "token"))
		json_object_object_add(body, "token", json_object_new_boolean(true));
	rc = rc ? rc : cli_call(c, "POST", path, tree_line(body), &r);
	return rc ? rc : answer_print(c, r, token_print);
}
