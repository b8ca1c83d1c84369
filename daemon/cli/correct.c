/* Correcting what an application says: members named on the line, or a merge patch in a file. */
#include "daemon/cli/acts.h"
#include "daemon/cli/body.h"
#include "daemon/cli/tree.h"
#include "daemon/cli/verbs.h"

#define PATH_SIZE 256

/* "applicant.phone=…": where its value begins; NULL: it is no such word. */
static const char *value_find(const char *word, char ret_path[PATH_SIZE])
{
	const char *equals = strchr(word, '=');
	size_t len = equals ? (size_t)(equals - word) : 0;

	if (!len || len >= PATH_SIZE)
		return NULL;
	memcpy(ret_path, word, len);
	ret_path[len] = '\0';
	return equals + 1;
}

static bool path_is_known(const char *path)
{
	return strcmp(path, "address") == 0 || (strncmp(path, "form.", 5) == 0 && path[5]) ||
	       (strncmp(path, "applicant.", 10) == 0 && path[10]);
}

/* The standard of the request's service, which knows what is a number in its form. NULL: the server
 * will say what is wrong. */
static json_object *standard_of(struct cli *c, const char *id)
{
	_free_ char *path = cli_path("/v1/requests/%", id);
	_tree_ *request = NULL;
	struct kezek_response *r;

	if (kezek_call(c->kezek, "GET", path, NULL, NULL, &r))
		return NULL;
	request = json_tokener_parse(kezek_response_body(r, NULL));
	kezek_response_free(r);
	return body_standard(c, tree_text(request, "/service/code"));
}

/* 0, or EXIT_USAGE: nothing has been sent yet. */
static int words_check(const struct cli *c)
{
	char path[PATH_SIZE];

	if (c->arg_count < 2 && !cli_option(c, "file"))
		return cli_usage(c, SAY_usage_correct, NULL);
	for (size_t i = 1; i < c->arg_count; i++) {
		if (!value_find(c->args[i], path) || !path_is_known(path))
			return cli_usage(c, SAY_usage_member, c->args[i]);
	}
	return 0;
}

/* Every word as a member of the patch; an empty value takes the member away. */
static void words_add(struct cli *c, const char *id, json_object *changes)
{
	_tree_ *standard = NULL;
	char path[PATH_SIZE];

	for (size_t i = 1; i < c->arg_count; i++) {
		const char *value = value_find(c->args[i], path);
		bool in_form = strncmp(path, "form.", 5) == 0;

		if (in_form && *value && !standard)
			standard = standard_of(c, id);
		body_put(changes, path,
			!*value   ? NULL
			: in_form ? body_form_value(standard, path + 5, value)
				  : json_object_new_string(value));
	}
}

int correct_run(struct cli *c)
{
	_tree_ *body = json_object_new_object();
	_free_ char *id = NULL;
	const char *file = cli_option(c, "file");
	json_object *changes = NULL;
	int rc = words_check(c);

	rc = rc || !file ? rc : body_read(c, file, &changes);
	json_object_object_add(body, "changes", changes ? changes : json_object_new_object());
	rc = rc ? rc : body_fill(c, "correct", body);
	rc = rc ? rc : session_open(c);
	rc = rc ? rc : request_find(c, c->args[0], &id);
	if (rc)
		return rc;
	words_add(c, id, tree_at(body, "/changes"));
	return act_send(c, "correct", id, body);
}
