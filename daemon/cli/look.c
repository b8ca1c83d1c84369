/* Looking: one request, lists of them, their journal, their papers. */
#include <errno.h>
#include <stdio.h>

#include "daemon/cli/download.h"
#include "daemon/cli/list.h"
#include "daemon/cli/verbs.h"
#include "lib/lookup_code.h"
#include "lib/moment.h"

/* A paused deadline is asked about once more: what it has left is part of its explanation. */
static void explained_get(struct cli *c, json_object *request)
{
	_free_ char *path = cli_path("/v1/requests/%/deadlines", tree_text(request, "/id"));
	_text_ whole = TEXT_INIT;
	_tree_ *answer = NULL;
	struct kezek_response *r;
	bool is_paused = false;

	for (size_t i = 0; i < tree_length(request, "/deadlines"); i++)
		is_paused |= strcmp(tree_text(tree_item(request, "/deadlines", i), "/state"),
				     "paused") == 0;
	text_addf(&whole, "%s?explain=1", path);
	if (!is_paused || kezek_call(c->kezek, "GET", whole.data, NULL, NULL, &r))
		return;
	answer = json_tokener_parse(kezek_response_body(r, NULL));
	kezek_response_free(r);
	if (tree_at(answer, "/items"))
		json_object_object_add(
			request, "deadlines", json_object_get(tree_at(answer, "/items")));
}

static int show_one(struct cli *c, const char *name)
{
	struct kezek_response *r;
	_tree_ *request = NULL;
	int rc = request_get(c, name, "", &r);

	if (rc || c->json)
		return rc ? rc : answer_print(c, r, NULL);
	request = cli_response_json(c, r);
	kezek_response_free(r);
	if (!request)
		return EXIT_REFUSED;
	explained_get(c, request);
	request_print(c, request);
	return EXIT_DONE;
}

int show_run(struct cli *c)
{
	int worst = EXIT_DONE;

	for (size_t i = 0; i < c->arg_count; i++) {
		int rc;

		if (i && !c->json)
			putchar('\n');
		rc = show_one(c, c->args[i]);
		worst = rc > worst ? rc : worst;
	}
	return worst;
}

int list_verb_run(struct cli *c)
{
	_text_ path = TEXT_INIT;

	text_adds(&path, "/v1/requests");
	query_add_options(&path, c,
		"agency office service state responsible overdue on-desk due-before updated-since "
		"sort");
	return list_run(c, path.data, &requests_look);
}

static void event_start(const struct cli *c, struct table *t)
{
	static const enum say heads[] = {
		SAY_head_seq, SAY_head_when, SAY_head_event, SAY_head_who, SAY_head_what};

	for (size_t i = 0; i < ARRAY_SIZE(heads); i++)
		table_column(t, say(heads[i], c->lang));
	t->columns[0].is_right = true;
	t->columns[4].may_shrink = true;
}

/* A moment by the clock that the line has, `offset` seconds east, and short; a list's items; what
 * is linked by its number; anything else as it is. */
static void value_write(struct text *t, json_object *value, int32_t offset)
{
	const char *linked = tree_text(value, "/number"), *said = tree_text(value, "");
	char whole[MOMENT_TEXT_SIZE], brief[MOMENT_SIZE];
	int64_t at;

	for (size_t i = 0; i < tree_length(value, ""); i++) {
		text_adds(t, i ? ", " : "");
		value_write(t, tree_item(value, "", i), offset);
	}
	if (json_object_is_type(value, json_type_array))
		return;
	if (!*linked && moment_parse(span_of(said), &at, NULL)) {
		moment_format(at + offset * USEC_PER_SEC, NULL, whole);
		said = moment_short(whole, brief);
	}
	text_adds(t, *linked ? linked : said);
}

/* "outcome granted, agency a → b": the members of `after` that `before` had otherwise. */
static void change_write(struct text *t, json_object *e)
{
	json_object *after = tree_at(e, "/after"), *before = tree_at(e, "/before");
	int32_t offset = 0;
	int64_t at;

	moment_parse(span_of(tree_text(e, "/occurred_at")), &at, &offset);
	if (!json_object_is_type(after, json_type_object))
		return;
	json_object_object_foreach (after, name, now) {
		json_object *was = NULL;

		if (json_object_is_type(before, json_type_object))
			json_object_object_get_ex(before, name, &was);
		if (json_object_equal(now, was) || !now)
			continue;
		text_addf(t, "%s%s ", t->len ? "; " : "", name);
		if (was) {
			value_write(t, was, offset);
			text_adds(t, " → ");
		}
		value_write(t, now, offset);
	}
}

static void event_add(const struct cli *c, struct table *t, json_object *e)
{
	static const char *const details[] = {
		"/ground", "/outcome", "/reason", "/text", "/legal_basis"};
	const char *actor = tree_text(e, "/actor");
	_text_ what = TEXT_INIT;
	char moment[MOMENT_SIZE];

	(void)c;
	table_cell(t, tree_text(e, "/seq"));
	table_cell(t, moment_short(tree_text(e, "/occurred_at"), moment));
	table_cell(t, tree_text(e, "/kind"));
	table_cellf(t, "%s%s%s", tree_text(e, "/principal"), *actor ? " · " : "", actor);
	for (size_t i = 0; i < ARRAY_SIZE(details); i++) {
		const char *detail = tree_text(e, details[i]);

		if (*detail && strcmp(detail, "{}") != 0)
			text_addf(&what, "%s%s", what.len ? "; " : "", detail);
	}
	change_write(&what, e);
	table_cell(t, what.data ? what.data : " ");
}

int events_run(struct cli *c)
{
	static const struct list_look look = {event_start, event_add};
	_free_ char *id = NULL, *path = NULL;
	int rc = request_find(c, c->args[0], &id);

	if (rc)
		return rc;
	path = cli_path("/v1/requests/%/events", id);
	return list_run(c, path, &look);
}

int journal_run(struct cli *c)
{
	return events_run(c);
}

/* A paper in the applicant's language: as text, or to print. */
static int paper_run(struct cli *c, const char *which)
{
	_free_ char *id = NULL, *path = NULL;
	int rc = session_open(c);

	rc = rc ? rc : request_find(c, c->args[0], &id);
	if (rc)
		return rc;
	path = cli_path(cli_option(c, "slip") ? "/v1/requests/%/%?format=slip" : "/v1/requests/%/%",
		id, which);
	return download(c, path,
		c->json                 ? "application/json"
		: cli_option(c, "html") ? "text/html"
					: "text/plain");
}

int receipt_run(struct cli *c)
{
	return paper_run(c, "receipt");
}

int receipt_key_run(struct cli *c)
{
	int rc = session_open(c);

	return rc ? rc : download(c, "/v1/receipt-key", "application/json");
}

int certificate_run(struct cli *c)
{
	return paper_run(c, "certificate");
}

/* What a word typed after `search` may be: fourteen digits are a PIN, a slash stands in numbers,
 * and no name has digits or dashes as a look-up code has. */
static const char *search_guess(const char *text)
{
	size_t len = strlen(text);
	char code[LOOKUP_CODE_SIZE];

	if (len == 14 && strspn(text, "0123456789") == len)
		return "pin";
	if (strchr(text, '/'))
		return "number";
	if (strncmp(text, "S-", 2) == 0 && lookup_code_parse(span_of(text + 2), code))
		return "external-ref"; /* of a provisional slip */
	if (strpbrk(text, "0123456789-") && lookup_code_parse(span_of(text), code))
		return "code";
	return "name";
}

/* One line from standard input, for what should not stand in the list of processes. */
static char *line_read(void)
{
	char *line = NULL;
	size_t room = 0;

	if (getline(&line, &room, stdin) <= 0) {
		free(line);
		return strdup("");
	}
	line[strcspn(line, "\r\n")] = '\0';
	return line;
}

/* What to look for, from options or else from the word, as the body's members. False: nothing. */
static bool search_write(const struct cli *c, struct text *body)
{
	static const struct {
		const char *option, *member;
	} ways[] = {{"number", "number"}, {"code", "code"}, {"pin", "pin"}, {"name", "name"},
		{"external-ref", "external_ref"}};
	const char *text = c->arg_count ? c->args[0] : NULL;
	const char *guess = text ? search_guess(text) : "";
	bool any = false;

	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		const char *value = cli_option(c, ways[i].option);
		_free_ char *typed = value && strcmp(value, "-") == 0 ? line_read() : NULL;

		if (typed)
			value = typed;
		else if (!value && strcmp(guess, ways[i].option) == 0)
			value = text;
		if (!value)
			continue;
		text_addf(body, ",\"%s\":", ways[i].member);
		text_add_json(body, value);
		any = true;
	}
	return any;
}

int search_run(struct cli *c)
{
	_text_ body = TEXT_INIT;
	struct kezek_response *r;
	_tree_ *answer = NULL;
	long limit;
	int rc;

	if (!cli_option_number(c, "limit", 1, 500, 0, &limit))
		return EXIT_USAGE;
	if (!search_write(c, &body))
		return cli_usage(c, SAY_usage_search, NULL);
	body.data[0] = '{';
	if (limit)
		text_addf(&body, ",\"limit\":%ld", limit);
	if (cli_option(c, "after")) {
		text_adds(&body, ",\"after\":");
		text_add_json(&body, cli_option(c, "after"));
	}
	text_add_char(&body, '}');
	rc = cli_call(c, "POST", "/v1/searches", body.data, &r);
	if (rc || c->json)
		return rc ? rc : answer_print(c, r, NULL);
	answer = cli_response_json(c, r);
	kezek_response_free(r);
	if (!answer)
		return EXIT_REFUSED;
	items_print(c, answer, &requests_look);
	more_print(c, answer);
	return EXIT_DONE;
}
