/* From options to the members of a body: one table says which option is which member, and of what
 * kind. */
#include <ctype.h>
#include <stdio.h>

#include "daemon/cli/body.h"
#include "daemon/cli/spool.h"
#include "daemon/cli/tree.h"

enum member_kind { TEXT, MONEY, LIST, DOCUMENTS };

static const struct {
	const char *option, *member;
	enum member_kind kind;
	const char *act; /* NULL: in every act that has the option */
} members[] = {
	{"reason", "reason", TEXT, NULL},
	{"legal-basis", "legal_basis", TEXT, NULL},
	{"effective-at", "effective_at", TEXT, NULL},
	{"backdate-reason", "backdate_reason", TEXT, NULL},
	{"amount", "amount_tyiyn", MONEY, NULL},
	{"reference", "reference", TEXT, NULL},
	{"body-number", "body_number", TEXT, NULL},
	{"ground", "ground", TEXT, NULL},
	{"cure-by", "cure_by", TEXT, NULL},
	{"wants", "documents_wanted", LIST, NULL},
	{"deadline", "deadline", TEXT, NULL},
	{"to-agency", "to_agency", TEXT, NULL},
	{"to-principal", "to_principal", TEXT, NULL},
	{"part", "part", LIST, NULL},
	{"agency", "agencies", LIST, "consult"},
	{"question", "question", TEXT, NULL},
	{"join", "join", TEXT, NULL},
	{"answer-by", "answer_by", TEXT, NULL},
	{"outcome", "outcome", TEXT, NULL},
	{"document", "documents", DOCUMENTS, "complete"},
	{"document", "document", TEXT, "decide"},
	{"to", "to", TEXT, NULL},
	{"document-shown", "document_shown", TEXT, NULL},
	{"channel", "channel", TEXT, NULL},
};

json_object *body_value(const char *text)
{
	enum json_tokener_error error;
	json_object *value;

	if (!*text || (!strchr("-[{", *text) && !isdigit((unsigned char)*text) &&
			      strcmp(text, "true") != 0 && strcmp(text, "false") != 0 &&
			      strcmp(text, "null") != 0))
		return json_object_new_string(text);
	/* A leading zero or plus, or 14 digits: a number to be kept as it is written, not to count
	 * with. */
	if ((*text == '0' && text[1] && text[1] != '.') ||
		(strspn(text, "0123456789") == strlen(text) && strlen(text) > 9))
		return json_object_new_string(text);
	value = json_tokener_parse_verbose(text, &error);
	if (error != json_tokener_success || (value && strcmp(text, "null") == 0) ||
		(json_object_is_type(value, json_type_double) &&
			text[strspn(text, "-.0123456789")])) {
		json_object_put(value);
		return json_object_new_string(text);
	}
	/* json-c takes the leading part of "2026-11-26" for a number. */
	if (json_object_is_type(value, json_type_int) &&
		strspn(text + (*text == '-'), "0123456789") != strlen(text) - (*text == '-')) {
		json_object_put(value);
		return json_object_new_string(text);
	}
	return value;
}

json_object *body_form_value(json_object *standard, const char *member, const char *typed)
{
	_free_ char *pointer = NULL;

	if (asprintf(&pointer, "/form/properties/%s/type", member) < 0)
		abort();
	return strcmp(tree_text(standard, pointer), "string") == 0 ? json_object_new_string(typed)
								   : body_value(typed);
}

json_object *body_standard(struct cli *c, const char *service)
{
	_free_ char *path = cli_path("/v1/services/%", service);

	return *service ? known_get(c, path) : NULL;
}

int body_read(const struct cli *c, const char *name, json_object **ret_body)
{
	FILE *f = strcmp(name, "-") == 0 ? stdin : fopen(name, "re");
	_text_ text = TEXT_INIT;
	json_object *body;
	size_t n;

	if (!f)
		return cli_usage(c, SAY_usage_file, name);
	do {
		n = fread(text_reserve(&text, 65536), 1, 65536, f);
		text.len += n;
	} while (n);
	text_add_char(&text, '\0');
	if (f != stdin)
		fclose(f);
	body = json_tokener_parse(text.data);
	if (!json_object_is_type(body, json_type_object)) {
		json_object_put(body);
		return cli_usage(c, SAY_usage_json, name);
	}
	*ret_body = body;
	return 0;
}

void body_put(json_object *body, const char *path, json_object *value)
{
	const char *dot = strchr(path, '.');
	_free_ char *name = dot ? strndup(path, (size_t)(dot - path)) : strdup(path);
	json_object *inner;

	if (!name)
		abort();
	if (!dot) {
		json_object_object_add(body, name, value);
		return;
	}
	if (!json_object_object_get_ex(body, name, &inner) ||
		!json_object_is_type(inner, json_type_object)) {
		inner = json_object_new_object();
		json_object_object_add(body, name, inner);
	}
	body_put(inner, dot + 1, value);
}

bool body_money(const char *text, int64_t *ret_tyiyn)
{
	int64_t som = 0, part = 0;
	size_t whole = strspn(text, "0123456789"), digits;

	if (whole == 0 || whole > 15)
		return false;
	for (size_t i = 0; i < whole; i++)
		som = som * 10 + (text[i] - '0');
	text += whole;
	if (*text == '.' || *text == ',') {
		digits = strspn(++text, "0123456789");
		if (digits == 0 || digits > 2)
			return false;
		part = (text[0] - '0') * 10 + (digits == 2 ? text[1] - '0' : 0);
		text += digits;
	}
	if (*text)
		return false;
	*ret_tyiyn = som * 100 + part;
	return true;
}

json_object *body_document(const char *text)
{
	json_object *document = json_object_new_object();
	_free_ char *copy = strdup(text);
	char *rest = copy, *word = strsep(&rest, ",");

	if (!copy)
		abort();
	json_object_object_add(document, "kind", json_object_new_string(word));
	while (rest) {
		word = strsep(&rest, ",");
		if (strcmp(word, "original") == 0 || strcmp(word, "copy") == 0) {
			json_object_object_add(document, "original",
				json_object_new_boolean(strcmp(word, "original") == 0));
		} else if (strchr(word, '=')) {
			char *value = strchr(word, '=');

			*value++ = '\0';
			json_object_object_add(document, word, body_value(value));
		} else {
			json_object_put(document);
			return NULL;
		}
	}
	return document;
}

/* NULL: the value is not of its kind. */
static json_object *member_make(const struct cli *c, const char *option, enum member_kind kind)
{
	const char *value = cli_option(c, option);
	json_object *made;
	int64_t number;

	switch (kind) {
	case MONEY:
		return body_money(value, &number) ? json_object_new_int64(number) : NULL;
	case LIST:
	case DOCUMENTS:
		made = json_object_new_array();
		for (size_t i = 0; (value = cli_option_at(c, option, i)); i++) {
			json_object *one =
				kind == LIST ? json_object_new_string(value) : body_document(value);

			if (!one) {
				json_object_put(made);
				return NULL;
			}
			json_object_array_add(made, one);
		}
		return made;
	case TEXT:
	default:
		return json_object_new_string(value);
	}
}

int body_fill(const struct cli *c, const char *act, json_object *body)
{
	for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
		json_object *made;
		_free_ char *shown = NULL;

		if (!cli_option(c, members[i].option) ||
			(members[i].act && strcmp(members[i].act, act) != 0))
			continue;
		made = member_make(c, members[i].option, members[i].kind);
		if (made) {
			json_object_object_add(body, members[i].member, made);
			continue;
		}
		if (asprintf(&shown, "--%s: %s", members[i].option,
			    cli_option(c, members[i].option)) < 0)
			abort();
		return cli_usage(c, SAY_usage_value, shown);
	}
	return 0;
}
