/* Asking, question by question, for what the service's standard needs. */
#include <stdio.h>

#include "daemon/cli/ask.h"
#include "daemon/cli/body.h"
#include "daemon/cli/money.h"
#include "daemon/cli/table.h"
#include "daemon/cli/tree.h"

#define CHOICES 20 /* services shown at once */

/* One line, without its end; free() it. NULL: no more input. */
static char *ask_line(const struct cli *c, enum say question, const char *hint)
{
	char *line = NULL;
	size_t room = 0;

	fprintf(stderr, "%s", say(question, c->lang));
	if (hint && *hint) {
		fputs(" [", stderr);
		put_clean(stderr, hint, strlen(hint));
		fputs("]", stderr);
	}
	fputs(": ", stderr);
	if (getline(&line, &room, stdin) <= 0) {
		free(line);
		fputc('\n', stderr);
		return NULL;
	}
	line[strcspn(line, "\r\n")] = '\0';
	return line;
}

/* Asks for a member unless it is there. An empty answer leaves it out where it is not `needed`. */
static int ask_member(const struct cli *c, json_object *body, const char *path, const char *pointer,
	enum say question, bool needed)
{
	if (tree_at(body, pointer))
		return 0;
	for (;;) {
		_free_ char *line =
			ask_line(c, question, needed ? NULL : say(SAY_ask_optional, c->lang));

		if (!line)
			return cli_refuse(c, SAY_ask_ended, NULL);
		if (!*line && needed)
			continue;
		if (*line)
			body_put(body, path, json_object_new_string(line));
		return 0;
	}
}

/* The services that the words fit: shown; returns the one, when it is one. The caller puts it. */
static json_object *service_pick(struct cli *c, const char *words)
{
	_free_ char *one = cli_path("/v1/services/%", words);
	_text_ path = TEXT_INIT;
	struct kezek_response *r;
	_tree_ *found = NULL;

	if (kezek_call(c->kezek, "GET", one, NULL, NULL, &r) == 0) {
		json_object *standard = json_tokener_parse(kezek_response_body(r, NULL));

		kezek_response_free(r);
		return standard;
	}
	text_adds(&path, "/v1/services");
	query_add(&path, "lang", lang_code(c->lang));
	query_add(&path, "q", words);
	if (kezek_call(c->kezek, "GET", path.data, NULL, NULL, &r))
		return NULL;
	found = json_tokener_parse(kezek_response_body(r, NULL));
	kezek_response_free(r);
	if (tree_length(found, "/items") == 1)
		return service_pick(c, tree_text(found, "/items/0/code"));
	for (size_t i = 0; i < tree_length(found, "/items") && i < CHOICES; i++) {
		_text_ line = TEXT_INIT;

		text_addf(&line, "  %s  %s\n", tree_text(tree_item(found, "/items", i), "/code"),
			tree_name(tree_item(found, "/items", i), "/name", c->lang));
		put_clean(stderr, line.data, line.len);
	}
	if (tree_length(found, "/items") == 0)
		fprintf(stderr, "  %s\n", say(SAY_nothing, c->lang));
	return NULL;
}

static int ask_service(struct cli *c, json_object *body, json_object **ret_standard)
{
	const char *given = tree_text(body, "/service");
	_free_ char *line = *given ? strdup(given) : NULL;
	json_object *standard = NULL;
	_text_ shown = TEXT_INIT;

	while (!standard) {
		if (!line)
			line = ask_line(c, SAY_ask_service, NULL);
		if (!line)
			return cli_refuse(c, SAY_ask_ended, NULL);
		standard = *line ? service_pick(c, line) : NULL;
		free(line);
		line = NULL;
	}
	json_object_object_add(
		body, "service", json_object_new_string(tree_text(standard, "/code")));
	text_addf(&shown, "  %s  %s\n", tree_text(standard, "/code"),
		tree_name(standard, "/name", c->lang));
	put_clean(stderr, shown.data, shown.len);
	*ret_standard = standard;
	return 0;
}

static int ask_variant(const struct cli *c, json_object *body, json_object *standard)
{
	size_t count = tree_length(standard, "/variants");

	if (tree_at(body, "/variant") || count == 0)
		return 0;
	if (count == 1) {
		json_object_object_add(body, "variant",
			json_object_new_string(tree_text(standard, "/variants/0/code")));
		return 0;
	}
	for (size_t i = 0; i < count; i++) {
		json_object *v = tree_item(standard, "/variants", i);
		_text_ line = TEXT_INIT;

		text_addf(&line, "  %s  ", tree_text(v, "/code"));
		text_add_money(&line, tree_count(v, "/fee_tyiyn"), c->lang);
		if (tree_at(v, "/terms/decide")) {
			text_adds(&line, "  ");
			text_add_term(&line, tree_at(v, "/terms/decide"), c->lang);
		}
		text_add_char(&line, '\n');
		put_clean(stderr, line.data, line.len);
	}
	return ask_member(c, body, "variant", "/variant", SAY_ask_variant, true);
}

static int ask_applicant(const struct cli *c, json_object *body)
{
	static const struct {
		const char *path, *pointer;
		enum say question;
		bool needed;
	} asked[] = {
		{"applicant.pin", "/applicant/pin", SAY_ask_pin, false},
		{"applicant.name", "/applicant/name", SAY_ask_name, true},
		{"applicant.phone", "/applicant/phone", SAY_ask_phone, false},
		{"applicant.address", "/applicant/address", SAY_ask_address, false},
	};
	int rc = 0;

	for (size_t i = 0; i < ARRAY_SIZE(asked) && rc == 0; i++)
		rc = ask_member(c, body, asked[i].path, asked[i].pointer, asked[i].question,
			asked[i].needed);
	return rc;
}

static bool is_required(json_object *standard, const char *name)
{
	for (size_t i = 0; i < tree_length(standard, "/form/required"); i++) {
		if (strcmp(tree_text(tree_item(standard, "/form/required", i), ""), name) == 0)
			return true;
	}
	return false;
}

/* yes/no in three languages for a boolean; else as it is typed. NULL: not a boolean. */
static json_object *form_answer(json_object *schema, const char *line)
{
	const char *type = tree_text(schema, "/type");

	if (strcmp(type, "string") == 0)
		return json_object_new_string(line);
	if (strcmp(type, "boolean") != 0)
		return body_value(line);
	if (strchr("yY1+", *line) || strncmp(line, "true", 4) == 0 || strncmp(line, "о", 2) == 0 ||
		strncmp(line, "О", 2) == 0 || strncmp(line, "д", 2) == 0 ||
		strncmp(line, "Д", 2) == 0)
		return json_object_new_boolean(true);
	if (strchr("nN0-", *line) || strncmp(line, "false", 5) == 0 || strncmp(line, "ж", 2) == 0 ||
		strncmp(line, "Ж", 2) == 0 || strncmp(line, "н", 2) == 0 ||
		strncmp(line, "Н", 2) == 0)
		return json_object_new_boolean(false);
	return NULL;
}

static int ask_form_member(
	const struct cli *c, json_object *body, json_object *schema, const char *name, bool needed)
{
	_text_ hint = TEXT_INIT;
	_free_ char *path = NULL;
	bool is_boolean = strcmp(tree_text(schema, "/type"), "boolean") == 0;

	if (asprintf(&path, "form.%s", name) < 0)
		abort();
	text_addf(&hint, "%s", name);
	if (tree_at(schema, "/enum"))
		text_addf(&hint, " %s", tree_text(schema, "/enum"));
	else
		text_addf(&hint, ", %s",
			is_boolean ? say(SAY_ask_yes_no, c->lang) : tree_text(schema, "/type"));
	if (!needed)
		text_addf(&hint, ", %s", say(SAY_ask_optional, c->lang));
	for (;;) {
		_free_ char *line = ask_line(c, SAY_ask_form, hint.data);
		json_object *value = line && *line ? form_answer(schema, line) : NULL;

		if (!line)
			return cli_refuse(c, SAY_ask_ended, NULL);
		if (value)
			body_put(body, path, value);
		if (value || (!*line && !needed))
			return 0;
	}
}

/* The form: required members first, then the others. */
static int ask_form(const struct cli *c, json_object *body, json_object *standard)
{
	json_object *properties = tree_at(standard, "/form/properties");
	int rc = 0;

	if (!json_object_is_type(properties, json_type_object))
		return 0;
	for (int turn = 0; turn < 2; turn++) {
		json_object_object_foreach (properties, name, schema) {
			bool needed = is_required(standard, name);
			json_object *form = tree_at(body, "/form");

			if (needed == (turn == 0) && rc == 0 &&
				!(form && json_object_object_get_ex(form, name, NULL)))
				rc = ask_form_member(c, body, schema, name, needed);
		}
	}
	return rc;
}

/* Which of the standard's documents are here. */
static int ask_documents(const struct cli *c, json_object *body, json_object *standard)
{
	json_object *array;

	if (tree_at(body, "/documents") || tree_length(standard, "/documents") == 0)
		return 0;
	array = json_object_new_array();
	json_object_object_add(body, "documents", array);
	for (size_t i = 0; i < tree_length(standard, "/documents"); i++) {
		json_object *d = tree_item(standard, "/documents", i), *document, *answer;
		const char *name = tree_name(d, "/name", c->lang);
		_text_ hint = TEXT_INIT;
		_free_ char *line = NULL;

		text_addf(&hint, "%s, %s", *name ? name : tree_text(d, "/kind"),
			say(SAY_ask_yes_no, c->lang));
		line = ask_line(c, SAY_ask_document, hint.data);
		if (!line)
			return cli_refuse(c, SAY_ask_ended, NULL);
		document = json_object_new_object();
		json_object_object_add(document, "type", json_object_new_string("boolean"));
		answer = *line ? form_answer(document, line) : NULL;
		json_object_put(document);
		if (json_object_get_boolean(answer)) {
			document = json_object_new_object();
			json_object_object_add(
				document, "kind", json_object_new_string(tree_text(d, "/kind")));
			json_object_object_add(document, "original",
				json_object_new_boolean(tree_is_true(d, "/original")));
			json_object_array_add(array, document);
		}
		json_object_put(answer);
	}
	return 0;
}

int ask_submission(struct cli *c, json_object *body)
{
	_tree_ *standard = NULL;
	int rc = session_open(c);

	rc = rc ? rc : ask_service(c, body, &standard);
	rc = rc ? rc : ask_variant(c, body, standard);
	rc = rc ? rc : ask_applicant(c, body);
	rc = rc ? rc : ask_form(c, body, standard);
	return rc ? rc : ask_documents(c, body, standard);
}
