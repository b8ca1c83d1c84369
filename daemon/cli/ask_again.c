/* Asking anew for what the server refused, member by member. */
#include <stdio.h>

#include "daemon/cli/ask.h"
#include "daemon/cli/body.h"
#include "daemon/cli/tree.h"

static void member_drop(json_object *body, const char *name)
{
	json_object_object_del(body, name);
}

/* A member by its JSON pointer, as text; empty: it is left out. What it was is shown. */
static int ask_pointer(const struct cli *c, json_object *body, const char *pointer)
{
	static const struct {
		const char *pointer;
		enum say question;
	} known[] = {{"/territory", SAY_ask_territory}, {"/applicant/kind", SAY_ask_kind},
		{"/applicant/pin", SAY_ask_pin}, {"/applicant/name", SAY_ask_name},
		{"/applicant/phone", SAY_ask_phone}, {"/applicant/address", SAY_ask_address}};
	enum say question = SAY_ask_anything;
	_free_ char *path = strdup(*pointer ? pointer + 1 : ""), *line = NULL;
	_text_ hint = TEXT_INIT;

	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		if (strcmp(known[i].pointer, pointer) == 0)
			question = known[i].question;
	}
	for (char *s = path; s && *s; s++)
		*s = *s == '/' ? '.' : *s;
	if (!path || !*path)
		return EXIT_REFUSED;
	text_addf(&hint, "%s%s%s", path, tree_at(body, pointer) ? " = " : "",
		tree_text(body, pointer));
	line = ask_line(c, question, hint.data);
	if (!line)
		return cli_refuse(c, SAY_ask_ended, NULL);
	body_put(body, path, *line ? json_object_new_string(line) : NULL);
	return 0;
}

/* One fault. What belongs to the standard is asked for as it was the first time. */
static int ask_fault(
	struct cli *c, json_object *body, json_object *standard, const char *pointer, bool *told)
{
	const char *form = strncmp(pointer, "/form/", 6) == 0 ? pointer + 6 : NULL;
	_free_ char *name = form ? strndup(form, strcspn(form, "/")) : NULL;

	if (strcmp(pointer, "/variant") == 0) {
		member_drop(body, "variant");
		return ask_variant(c, body, standard);
	}
	if (strncmp(pointer, "/documents", 10) == 0) {
		if (*told)
			return 0;
		*told = true;
		member_drop(body, "documents");
		return ask_documents(c, body, standard);
	}
	if (name && json_object_object_get_ex(tree_at(standard, "/form/properties"), name, NULL)) {
		member_drop(tree_at(body, "/form"), name);
		return ask_form_member(c, body, standard, name);
	}
	if (name) {
		member_drop(tree_at(body, "/form"), name);
		return 0;
	}
	if (strcmp(pointer, "/form") == 0)
		return ask_form(c, body, standard);
	return ask_pointer(c, body, pointer);
}

int ask_again(struct cli *c, json_object *body)
{
	const struct kezek_refusal *f = kezek_refusal(c->kezek);
	size_t count = f ? f->invalid_param_count : 0;
	_free_ char **pointers = calloc(count + 1, sizeof(*pointers));
	_tree_ *standard = NULL;
	bool told = false;
	int rc = count ? 0 : EXIT_REFUSED;

	/* The next call, for the standard, forgets the refusal. */
	for (size_t i = 0; pointers && i < count; i++) {
		bool is_known =
			i && strcmp(f->invalid_params[i].name, f->invalid_params[i - 1].name) == 0;

		pointers[i] = is_known ? NULL : strdup(f->invalid_params[i].name);
	}
	standard = body_standard(c, tree_text(body, "/service"));
	for (size_t i = 0; pointers && i < count; i++) {
		if (rc == 0 && pointers[i])
			rc = ask_fault(c, body, standard, pointers[i], &told);
		free(pointers[i]);
	}
	return rc;
}
