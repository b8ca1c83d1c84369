/* Asking for a form: each member as its schema wants it, what is wrong with an answer in the user's
 * words. */
#include <stdio.h>

#include "daemon/cli/ask.h"
#include "daemon/cli/body.h"
#include "daemon/cli/tree.h"
#include "lib/fault.h"
#include "lib/form.h"

static bool is_required(json_object *standard, const char *name)
{
	for (size_t i = 0; i < tree_length(standard, "/form/required"); i++) {
		if (strcmp(tree_text(tree_item(standard, "/form/required", i), ""), name) == 0)
			return true;
	}
	return false;
}

/* "a, b" as a list, unless it is typed as JSON: each of the kind that the schema's items are. */
static json_object *list_answer(json_object *schema, const char *line)
{
	bool is_text = strcmp(tree_text(schema, "/items/type"), "string") == 0;
	_free_ char *copy = strdup(line);
	char *rest = copy, *one;
	json_object *list;

	if (*line == '[')
		return body_value(line);
	list = json_object_new_array();
	while ((one = strsep(&rest, ","))) {
		one += strspn(one, " ");
		if (*one)
			json_object_array_add(
				list, is_text ? json_object_new_string(one) : body_value(one));
	}
	return list;
}

static json_object *answer_read(json_object *schema, const char *line)
{
	const char *type = tree_text(schema, "/type");
	bool yes;

	if (strcmp(type, "string") == 0)
		return json_object_new_string(line);
	if (strcmp(type, "array") == 0)
		return list_answer(schema, line);
	if (strcmp(type, "boolean") == 0 && ask_reads_boolean(line, &yes))
		return json_object_new_boolean(yes);
	return body_value(line);
}

/* The rules that the server holds it against. True: it keeps them, or they cannot be read here. */
static bool answer_is_sound(const struct cli *c, json_object *schema, json_object *value)
{
	_faults_ faults = {0}, ours = {0};
	struct form *form = NULL;
	bool is_sound = form_read(schema, "", &ours, &form) != 0 ||
			form_check(form, value, "", &faults) == 0;

	for (size_t i = 0; !is_sound && i < faults.count; i++) {
		_text_ line = TEXT_INIT;

		if (*faults.items[i].pointer)
			text_addf(&line, "%s: ", faults.items[i].pointer);
		text_add_fault(&line, &faults.items[i], c->lang);
		ask_tell(line.data);
	}
	form_free(form);
	return is_sound;
}

/* Of what kind an answer is, where that has to be said. */
static const char *kind_word(const struct cli *c, json_object *schema)
{
	const char *type = tree_text(schema, "/type");

	if (strcmp(type, "boolean") == 0)
		return say(SAY_ask_yes_no, c->lang);
	if (strcmp(type, "integer") == 0 || strcmp(type, "number") == 0)
		return say(SAY_ask_number, c->lang);
	if (strcmp(type, "array") == 0)
		return say(SAY_ask_list, c->lang);
	if (strcmp(type, "object") == 0)
		return "JSON";
	return strcmp(tree_text(schema, "/format"), "date") == 0 ? say(SAY_ask_date, c->lang) : "";
}

/* "rooms, a number, optional": the name, what it may be, and whether it may be left out. */
static void hint_write(const struct cli *c, json_object *schema, const char *name, bool is_needed,
	struct text *hint)
{
	const char *kind = kind_word(c, schema);

	text_adds(hint, name);
	for (size_t i = 0; i < tree_length(schema, "/enum"); i++)
		text_addf(hint, "%s%s", i ? " | " : ", ",
			tree_text(tree_item(schema, "/enum", i), ""));
	if (tree_length(schema, "/enum") == 0 && *kind)
		text_addf(hint, ", %s", kind);
	if (!is_needed)
		text_addf(hint, ", %s", say(SAY_ask_optional, c->lang));
}

int ask_form_member(struct cli *c, json_object *body, json_object *standard, const char *name)
{
	json_object *properties = tree_at(standard, "/form/properties"), *schema = NULL, *form;
	bool is_needed = is_required(standard, name);
	_text_ hint = TEXT_INIT;

	json_object_object_get_ex(properties, name, &schema);
	form = tree_at(body, "/form");
	if (!form) {
		form = json_object_new_object();
		json_object_object_add(body, "form", form);
	}
	hint_write(c, schema, name, is_needed, &hint);
	for (;;) {
		_free_ char *line = ask_line(c, SAY_ask_form, hint.data);
		json_object *value;

		if (!line)
			return cli_refuse(c, SAY_ask_ended, NULL);
		if (!*line && !is_needed)
			return 0;
		if (!*line)
			continue;
		value = answer_read(schema, line);
		if (answer_is_sound(c, schema, value)) {
			json_object_object_add(form, name, value);
			return 0;
		}
		json_object_put(value);
	}
}

int ask_form(struct cli *c, json_object *body, json_object *standard)
{
	json_object *properties = tree_at(standard, "/form/properties");
	int rc = 0;

	if (!json_object_is_type(properties, json_type_object))
		return 0;
	for (int turn = 0; turn < 2; turn++) {
		json_object_object_foreach (properties, name, schema) {
			json_object *form = tree_at(body, "/form");

			(void)schema;
			if (is_required(standard, name) == (turn == 0) && rc == 0 &&
				!(form && json_object_object_get_ex(form, name, NULL)))
				rc = ask_form_member(c, body, standard, name);
		}
	}
	return rc;
}
