/* Asking, question by question, for what the service's standard needs. */
#include <stdio.h>
#include <time.h>

#include "daemon/cli/ask.h"
#include "daemon/cli/body.h"
#include "daemon/cli/money.h"
#include "daemon/cli/phrase.h"
#include "daemon/cli/spool.h"
#include "daemon/cli/table.h"
#include "daemon/cli/tree.h"
#include "lib/pin.h"

#define CHOICES 20 /* services shown at once */

char *ask_line(const struct cli *c, enum say question, const char *hint)
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

void ask_tell(const char *what)
{
	fputs("  ", stderr);
	put_clean(stderr, what, strlen(what));
	fputc('\n', stderr);
}

bool ask_reads_boolean(const char *line, bool *ret)
{
	static const struct {
		const char *start;
		bool means;
	} words[] = {{"y", true}, {"Y", true}, {"1", true}, {"+", true}, {"true", true},
		{"о", true}, {"О", true}, {"д", true}, {"Д", true}, {"n", false}, {"N", false},
		{"0", false}, {"-", false}, {"false", false}, {"ж", false}, {"Ж", false},
		{"н", false}, {"Н", false}};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (strncmp(line, words[i].start, strlen(words[i].start)) == 0) {
			*ret = words[i].means;
			return true;
		}
	}
	return false;
}

/* The services that the words fit: shown; returns the one, when it is one. The caller puts it. */
static json_object *service_pick(struct cli *c, const char *words)
{
	json_object *standard = body_standard(c, words);
	_text_ path = TEXT_INIT;
	_tree_ *found = NULL;

	if (standard)
		return standard;
	text_adds(&path, "/v1/services");
	query_add(&path, "lang", lang_code(c->lang));
	query_add(&path, "q", words);
	found = known_get(c, path.data);
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

static void service_take(
	const struct cli *c, json_object *body, json_object *standard, const char *code)
{
	_text_ shown = TEXT_INIT;

	json_object_object_add(body, "service", json_object_new_string(code));
	text_addf(&shown, "%s  %s", code, tree_name(standard, "/name", c->lang));
	ask_tell(shown.data);
}

/* *ret_standard is NULL where the server is away and never said it: a spool takes the code as it
 * is.
 */
static int ask_service(struct cli *c, json_object *body, json_object **ret_standard)
{
	const char *given = tree_text(body, "/service");
	_free_ char *line = *given ? strdup(given) : NULL;

	for (;;) {
		json_object *standard;

		if (!line)
			line = ask_line(c, SAY_ask_service, NULL);
		if (!line)
			return cli_refuse(c, SAY_ask_ended, NULL);
		standard = *line ? service_pick(c, line) : NULL;
		if (standard || (c->away && *line && cli_option(c, "spool"))) {
			service_take(
				c, body, standard, standard ? tree_text(standard, "/code") : line);
			*ret_standard = standard;
			return 0;
		}
		if (c->away)
			return cli_failure(c, c->away);
		free(line);
		line = NULL;
	}
}

/* Is this variant offered where one sits? */
static bool is_offered(json_object *variant, const char *office)
{
	size_t count = tree_length(variant, "/offices");

	for (size_t i = 0; i < count; i++) {
		if (strcmp(tree_text(tree_item(variant, "/offices", i), ""), office) == 0)
			return true;
	}
	return count == 0 || !*office;
}

/* "  4-days  In 4 working days  1530 som  4 working days (registered)" */
static void variant_tell(const struct cli *c, json_object *v)
{
	_text_ line = TEXT_INIT;

	text_addf(&line, "%s  %s  ", tree_text(v, "/code"), tree_name(v, "/name", c->lang));
	text_add_money(&line, tree_count(v, "/fee_tyiyn"), c->lang);
	if (tree_at(v, "/terms/decide")) {
		text_adds(&line, "  ");
		text_add_term(&line, tree_at(v, "/terms/decide"), c->lang);
	}
	ask_tell(line.data);
}

/* One of several codes, shown before by the caller; "" among them ends nothing. 0 or an exit code.
 */
static int ask_choice(const struct cli *c, json_object *body, const char *path, enum say question,
	const char *choices)
{
	for (;;) {
		_free_ char *line = ask_line(c, question, choices);

		if (!line)
			return cli_refuse(c, SAY_ask_ended, NULL);
		if (*line && !strchr(line, ' ') && words_have(choices, line)) {
			body_put(body, path, json_object_new_string(line));
			return 0;
		}
	}
}

/* Where one sits, asked for once, and only where some variant is not offered everywhere. */
static const char *office_find(struct cli *c, json_object *body, json_object *standard)
{
	_tree_ *me = NULL;

	for (size_t i = 0; !me && i < tree_length(standard, "/variants"); i++) {
		if (!tree_at(body, "/office") &&
			tree_length(tree_item(standard, "/variants", i), "/offices"))
			me = known_get(c, "/v1/me");
	}
	if (*tree_text(me, "/office"))
		body_put(body, "office", json_object_new_string(tree_text(me, "/office")));
	return tree_text(body, "/office");
}

int ask_variant(struct cli *c, json_object *body, json_object *standard)
{
	_text_ codes = TEXT_INIT;
	const char *office;

	if (tree_at(body, "/variant") || tree_length(standard, "/variants") == 0)
		return 0;
	office = office_find(c, body, standard);
	for (size_t i = 0; i < tree_length(standard, "/variants"); i++) {
		json_object *v = tree_item(standard, "/variants", i);

		if (is_offered(v, office))
			text_addf(&codes, "%s%s", codes.len ? " " : "", tree_text(v, "/code"));
	}
	if (codes.len && !strchr(codes.data, ' ')) {
		body_put(body, "variant", json_object_new_string(codes.data));
		return 0;
	}
	for (size_t i = 0; i < tree_length(standard, "/variants"); i++) {
		json_object *v = tree_item(standard, "/variants", i);

		if (is_offered(v, office))
			variant_tell(c, v);
	}
	return ask_choice(c, body, "variant", SAY_ask_variant, codes.data ? codes.data : "");
}

/* Who may apply: asked only where the standard leaves a choice. */
static int ask_kind(const struct cli *c, json_object *body, json_object *standard)
{
	_text_ kinds = TEXT_INIT;

	if (tree_at(body, "/applicant/kind"))
		return 0;
	for (size_t i = 0; i < tree_length(standard, "/recipients"); i++)
		text_addf(&kinds, "%s%s", i ? " " : "",
			tree_text(tree_item(standard, "/recipients", i), ""));
	if (kinds.len && strchr(kinds.data, ' '))
		return ask_choice(c, body, "applicant.kind", SAY_ask_kind, kinds.data);
	if (kinds.len)
		body_put(body, "applicant.kind", json_object_new_string(kinds.data));
	return 0;
}

/* One that looks wrong is asked for again; the same answer twice is meant. */
static int ask_pin(const struct cli *c, json_object *body)
{
	_free_ char *before = NULL;

	if (tree_at(body, "/applicant/pin"))
		return 0;
	for (;;) {
		char *line = ask_line(c, SAY_ask_pin, say(SAY_ask_optional, c->lang));
		int32_t today = (int32_t)(time(NULL) / 86400);
		bool is_meant = line && before && strcmp(line, before) == 0;

		free(before);
		before = line;
		if (!line)
			return cli_refuse(c, SAY_ask_ended, NULL);
		if (*line && !is_meant && pin_check(span_of(line), today) != PIN_IS_FINE) {
			ask_tell(say(SAY_ask_pin_odd, c->lang));
			continue;
		}
		if (*line)
			body_put(body, "applicant.pin", json_object_new_string(line));
		return 0;
	}
}

static int ask_applicant(const struct cli *c, json_object *body, json_object *standard)
{
	static const struct {
		const char *path, *pointer;
		enum say question;
		bool needed;
	} asked[] = {
		{"applicant.name", "/applicant/name", SAY_ask_name, true},
		{"applicant.phone", "/applicant/phone", SAY_ask_phone, false},
		{"applicant.address", "/applicant/address", SAY_ask_address, false},
	};
	int rc = ask_kind(c, body, standard);

	rc = rc ? rc : ask_pin(c, body);
	for (size_t i = 0; i < ARRAY_SIZE(asked) && rc == 0; i++)
		rc = ask_member(c, body, asked[i].path, asked[i].pointer, asked[i].question,
			asked[i].needed);
	return rc;
}

int ask_documents(const struct cli *c, json_object *body, json_object *standard)
{
	json_object *array;

	if (tree_at(body, "/documents") || tree_length(standard, "/documents") == 0)
		return 0;
	array = json_object_new_array();
	json_object_object_add(body, "documents", array);
	for (size_t i = 0; i < tree_length(standard, "/documents"); i++) {
		json_object *d = tree_item(standard, "/documents", i), *document;
		const char *name = tree_name(d, "/name", c->lang);
		_text_ hint = TEXT_INIT;
		_free_ char *line = NULL;
		bool is_here = false;

		text_addf(&hint, "%s%s%s, %s", *name ? name : tree_text(d, "/kind"),
			tree_is_true(d, "/original") ? ", " : "",
			tree_is_true(d, "/original") ? say(SAY_original, c->lang) : "",
			say(SAY_ask_yes_no, c->lang));
		line = ask_line(c, SAY_ask_document, hint.data);
		if (!line)
			return cli_refuse(c, SAY_ask_ended, NULL);
		if (!ask_reads_boolean(line, &is_here) || !is_here)
			continue;
		document = json_object_new_object();
		json_object_object_add(
			document, "kind", json_object_new_string(tree_text(d, "/kind")));
		json_object_object_add(document, "original",
			json_object_new_boolean(tree_is_true(d, "/original")));
		json_object_array_add(array, document);
	}
	return 0;
}

int ask_submission(struct cli *c, json_object *body)
{
	_tree_ *standard = NULL;
	int rc = session_open(c);

	rc = rc ? rc : ask_service(c, body, &standard);
	rc = rc ? rc : ask_variant(c, body, standard);
	rc = rc ? rc : ask_applicant(c, body, standard);
	rc = rc ? rc : ask_form(c, body, standard);
	return rc ? rc : ask_documents(c, body, standard);
}
