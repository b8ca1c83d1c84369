/* Submitting: from a file, from options, from standard input, or by asking. */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "daemon/cli/ask.h"
#include "daemon/cli/attach.h"
#include "daemon/cli/body.h"
#include "daemon/cli/show.h"
#include "daemon/cli/spool.h"
#include "daemon/cli/verbs.h"

static const struct {
	const char *option, *path;
} members[] = {
	{"service", "service"},
	{"variant", "variant"},
	{"channel", "channel"},
	{"office", "office"},
	{"received-at", "received_at"},
	{"backdate-reason", "backdate_reason"},
	{"language", "language"},
	{"territory", "territory"},
	{"kind", "applicant.kind"},
	{"pin", "applicant.pin"},
	{"name", "applicant.name"},
	{"phone", "applicant.phone"},
	{"address", "applicant.address"},
	{"representative", "applicant.representative.name"},
	{"representative-pin", "applicant.representative.pin"},
	{"authority", "applicant.representative.authority"},
	{"external-ref", "external_ref"},
	{"refuse", "refuse.ground"},
	{"ground", "refuse.ground"},
};

static int documents_add(const struct cli *c, json_object *body)
{
	const char *given;
	json_object *array = json_object_new_array();

	for (size_t i = 0; (given = cli_option_at(c, "document", i)); i++) {
		json_object *document = body_document(given);

		if (!document) {
			json_object_put(array);
			return cli_usage(c, SAY_usage_value, given);
		}
		json_object_array_add(array, document);
	}
	if (json_object_array_length(array))
		json_object_object_add(body, "documents", array);
	else
		json_object_put(array);
	return 0;
}

static int form_add(const struct cli *c, json_object *standard, json_object *body)
{
	const char *given;
	json_object *form = tree_at(body, "/form");

	for (size_t i = 0; (given = cli_option_at(c, "form", i)); i++) {
		const char *equals = strchr(given, '=');
		_free_ char *name = equals ? strndup(given, (size_t)(equals - given)) : NULL;

		if (!name || !*name)
			return cli_usage(c, SAY_usage_value, given);
		if (!form) {
			form = json_object_new_object();
			json_object_object_add(body, "form", form);
		}
		body_put(form, name, body_form_value(standard, name, equals + 1));
	}
	return 0;
}

/* Is there a server to ask? What is asked here only helps, and a dry run needs none. */
static bool server_is_named(struct cli *c)
{
	int rc;

	c->quiet = true;
	rc = session_open(c);
	c->quiet = false;
	return rc == 0;
}

static int options_add(struct cli *c, json_object *body)
{
	_tree_ *standard = NULL;
	int rc;

	for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
		const char *value = cli_option(c, members[i].option);

		if (value)
			body_put(body, members[i].path, json_object_new_string(value));
	}
	rc = documents_add(c, body);
	if (rc == 0 && cli_option(c, "form")) {
		if (server_is_named(c))
			standard = body_standard(c, tree_text(body, "/service"));
		rc = form_add(c, standard, body);
	}
	return rc;
}

/* What nobody should have to type: the counter, and the office that one sits in. */
static void standards_add(struct cli *c, json_object *body)
{
	_tree_ *me = NULL;

	if (!tree_at(body, "/channel"))
		json_object_object_add(body, "channel", json_object_new_string("counter"));
	if (tree_at(body, "/applicant") && !tree_at(body, "/applicant/kind"))
		body_put(body, "applicant.kind", json_object_new_string("person"));
	if (tree_at(body, "/office") || !server_is_named(c))
		return;
	me = known_get(c, "/v1/me");
	if (*tree_text(me, "/office"))
		json_object_object_add(
			body, "office", json_object_new_string(tree_text(me, "/office")));
}

static void submitted_print(const struct cli *c, json_object *r)
{
	request_print(c, r);
	if (*tree_text(r, "/receipt/code"))
		printf("  %s: %s\n", say(SAY_look_up_code, c->lang), tree_text(r, "/receipt/code"));
	printf("\n%s: kezek receipt %s\n", say(SAY_next_receipt, c->lang), tree_text(r, "/number"));
}

/* What the server took in all the same, but somebody should look at. */
static void warnings_print(const struct cli *c, json_object *answer)
{
	_table_ t = {.is_plain = true};

	table_column(&t, "");
	table_column(&t, "");
	for (size_t i = 0; i < tree_length(answer, "/warnings"); i++) {
		json_object *w = tree_item(answer, "/warnings", i);

		table_cellf(&t, "  %s", tree_text(w, "/member"));
		table_cell(&t,
			*tree_text(w, "/detail") ? tree_text(w, "/detail") : tree_text(w, "/code"));
	}
	if (!table_rows(&t))
		return;
	fflush(stdout); /* the receipt first, where both go to one place */
	fprintf(stderr, "\n%s:\n", say(SAY_warnings, c->lang));
	table_print(&t, stderr, false);
}

/* Who is refused at the counter is handed the slip of the refusal, with its number and the way to
 * appeal. */
static void refused_print(struct cli *c, json_object *answer)
{
	_free_ char *path = cli_path("/v1/requests/%/receipt", tree_text(answer, "/id"));
	static const char *const headers[] = {"Accept: text/plain", NULL};
	struct kezek_response *r;
	size_t size;
	const char *slip;

	if (kezek_call(c->kezek, "GET", path, headers, NULL, &r))
		return;
	slip = kezek_response_body(r, &size);
	putchar('\n');
	put_clean(stdout, slip, size);
	kezek_response_free(r);
}

/* The receipt, or the answer itself. Frees the response. *ret_id: the request's; free() it. */
static int submitted(struct cli *c, struct kezek_response *r, char **ret_id)
{
	_tree_ *answer = cli_response_json(c, r);
	int rc = EXIT_DONE;

	if (c->json)
		rc = answer_print(c, r, submitted_print);
	else
		kezek_response_free(r);
	if (!answer || rc)
		return EXIT_REFUSED;
	*ret_id = strdup(tree_text(answer, "/id"));
	if (!c->json) {
		submitted_print(c, answer);
		if (strcmp(tree_text(answer, "/state"), "refused") == 0)
			refused_print(c, answer);
		warnings_print(c, answer);
	}
	return EXIT_DONE;
}

static bool asks(const struct cli *c)
{
	return cli_option(c, "ask") ||
	       (!c->arg_count && !c->json && isatty(STDIN_FILENO) && isatty(STDERR_FILENO));
}

static int body_make(struct cli *c, json_object **ret_body)
{
	bool from_stdin = !c->arg_count && !isatty(STDIN_FILENO) && !cli_option(c, "service") &&
			  !cli_option(c, "ask");
	json_object *body = NULL;
	int rc = 0;

	if (c->arg_count || from_stdin)
		rc = body_read(c, c->arg_count ? c->args[0] : "-", &body);
	else
		body = json_object_new_object();
	rc = rc ? rc : options_add(c, body);
	if (rc == 0 && asks(c))
		rc = ask_submission(c, body);
	if (rc) {
		json_object_put(body);
		return rc;
	}
	if (!c->arg_count && !from_stdin)
		standards_add(c, body);
	*ret_body = body;
	return 0;
}

static int body_send(struct cli *c, json_object *body, char **ret_id)
{
	struct kezek_response *r;
	int rc;

	if (cli_option(c, "spool"))
		return spool_submit(c, body, submitted, ret_id);
	rc = kezek_submit(c->kezek, tree_line(body), cli_option(c, "idempotency-key"), &r);
	return rc ? cli_failure(c, rc) : submitted(c, r, ret_id);
}

int submit_run(struct cli *c)
{
	_tree_ *body = NULL;
	_free_ char *id = NULL;
	int rc = attach_check(c);

	rc = rc ? rc : body_make(c, &body);
	if (rc)
		return rc;
	if (cli_option(c, "dry-run")) {
		printf("%s\n", json_object_to_json_string_ext(body,
				       JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE));
		return EXIT_DONE;
	}
	rc = session_open(c);
	rc = rc ? rc : body_send(c, body, &id);
	/* A refusal stores nothing: what is wrong is asked for again, until it is right. */
	while (rc == EXIT_REFUSED && !id && asks(c) && kezek_refusal(c->kezek)) {
		rc = ask_again(c, body);
		rc = rc ? rc : body_send(c, body, &id);
	}
	fflush(stdout); /* whatever becomes of the files, it is submitted */
	return id && rc == EXIT_DONE ? attach_given(c, id) : rc;
}

/* Refused at the counter: the same, with the ground of the refusal. */
int refuse_run(struct cli *c)
{
	return cli_option(c, "ground") || c->arg_count ? submit_run(c)
						       : cli_usage(c, SAY_usage_ground, NULL);
}
