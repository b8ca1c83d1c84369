/* Loading rules: catalogue files as one document, calendars parents first. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include "daemon/cli/load.h"
#include "daemon/cli/table.h"
#include "daemon/cli/tree.h"

static int names_compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void name_add(struct load_files *f, char *name)
{
	f->names = realloc(f->names, (f->count + 1) * sizeof(*f->names));
	if (!f->names)
		abort();
	f->names[f->count++] = name;
}

/* The .json files of a folder, in the order of their names. */
static int folder_add(const struct cli *c, struct load_files *f, const char *folder)
{
	DIR *d = opendir(folder);
	struct dirent *entry;
	size_t first = f->count;

	if (!d)
		return cli_usage(c, SAY_usage_file, folder);
	while ((entry = readdir(d))) {
		size_t len = strlen(entry->d_name);
		char *path;

		if (entry->d_name[0] == '.' || len < 6 ||
			strcmp(entry->d_name + len - 5, ".json") != 0)
			continue;
		if (asprintf(&path, "%s/%s", folder, entry->d_name) < 0)
			abort();
		name_add(f, path);
	}
	closedir(d);
	if (f->count == first)
		return cli_usage(c, SAY_usage_no_json, folder);
	qsort(f->names + first, f->count - first, sizeof(*f->names), names_compare);
	return 0;
}

int load_files_find(const struct cli *c, struct load_files *f)
{
	int rc = 0;

	for (size_t i = 0; i < c->arg_count && rc == 0; i++) {
		struct stat st;

		if (stat(c->args[i], &st) < 0)
			rc = cli_usage(c, SAY_usage_file, c->args[i]);
		else if (S_ISDIR(st.st_mode))
			rc = folder_add(c, f, c->args[i]);
		else
			name_add(f, strdup(c->args[i]));
	}
	return rc;
}

void load_files_done(struct load_files *f)
{
	for (size_t i = 0; i < f->count; i++)
		free(f->names[i]);
	free(f->names);
	*f = (struct load_files){0};
}

/* "file: sentence (line 3)" */
static int file_refuse(
	const struct cli *c, const char *name, struct text *text, struct json_tokener *tokener)
{
	size_t end = json_tokener_get_parse_end(tokener), line = 1;
	_free_ char *where = NULL;

	for (size_t i = 0; i < end && i < text->len; i++)
		line += text->data[i] == '\n';
	if (asprintf(&where, "%s:%zu: %s", name, line,
		    json_tokener_error_desc(json_tokener_get_error(tokener))) < 0)
		abort();
	return cli_usage(c, SAY_usage_json, where);
}

int load_file_read(const struct cli *c, const char *name, json_object **ret_json)
{
	FILE *f = fopen(name, "re");
	_text_ text = TEXT_INIT;
	struct json_tokener *tokener;
	json_object *json;
	size_t n;
	int rc = 0;

	if (!f)
		return cli_usage(c, SAY_usage_file, name);
	do {
		n = fread(text_reserve(&text, 65536), 1, 65536, f);
		text.len += n;
	} while (n);
	fclose(f);
	text_add_char(&text, '\0');
	tokener = json_tokener_new_ex(32);
	json = json_tokener_parse_ex(tokener, text.data, (int)text.len);
	if (!json_object_is_type(json, json_type_object)) {
		rc = file_refuse(c, name, &text, tokener);
		json_object_put(json);
	} else {
		*ret_json = json;
	}
	json_tokener_free(tokener);
	return rc;
}

#define NAMED_MAX 12 /* new things are named one by one up to so many; more are only counted */

/* "code=6-49 version=3", or a bare string. */
static void identity_write(struct text *t, json_object *item)
{
	if (!json_object_is_type(item, json_type_object)) {
		text_addf(t, " %s", tree_text(item, ""));
		return;
	}
	json_object_object_foreach (item, member, value) {
		text_addf(t, " %s=%s", member, tree_text(value, ""));
	}
}

/* What is new, changed or gone in one section:
 * {"added":[…],"changed":[…],"removed":[…],"unchanged":n}. */
static void section_print(const char *name, json_object *section)
{
	static const char *const kinds[] = {"/added", "/changed", "/removed"};
	static const char marks[] = "+~-";
	_text_ t = TEXT_INIT;

	if (json_object_is_type(section, json_type_array)) { /* members of the whole that differ */
		text_addf(&t, "  %s:", name);
		for (size_t i = 0; i < json_object_array_length(section); i++)
			identity_write(&t, json_object_array_get_idx(section, i));
		text_add_char(&t, '\n');
		if (json_object_array_length(section))
			put_clean(stdout, t.data, t.len);
		return;
	}
	if (!json_object_is_type(section, json_type_object))
		return;
	text_addf(&t, "  %s: +%zu ~%zu -%zu =%s\n", name, tree_length(section, "/added"),
		tree_length(section, "/changed"), tree_length(section, "/removed"),
		tree_text(section, "/unchanged"));
	for (size_t k = 0; k < ARRAY_SIZE(kinds); k++) {
		size_t count = tree_length(section, kinds[k]);

		for (size_t i = 0; i < count && (k || count <= NAMED_MAX); i++) {
			text_addf(&t, "    %c", marks[k]);
			identity_write(&t, tree_item(section, kinds[k], i));
			text_add_char(&t, '\n');
		}
	}
	put_clean(stdout, t.data, t.len);
}

/* Any answer as indented "name: value" lines: differences have many shapes. Empty ones are left
 * out. */
void load_print(const struct cli *c, json_object *json, int depth)
{
	if (!json_object_is_type(json, json_type_object))
		return;
	json_object_object_foreach (json, name, value) {
		if (depth == 1 && strcmp(name, "changes") == 0 &&
			json_object_is_type(value, json_type_object)) {
			json_object_object_foreach (value, section, what)
				section_print(section, what);
		} else if (strcmp(name, "dry_run") == 0) {
			continue; /* said already */
		} else if (json_object_is_type(value, json_type_object)) {
			if (json_object_object_length(value) == 0)
				continue;
			printf("%*s%s\n", depth * 2, "", name);
			load_print(c, value, depth + 1);
		} else if (json_object_is_type(value, json_type_array)) {
			for (size_t i = 0; i < json_object_array_length(value); i++)
				printf("%*s%s: %s\n", depth * 2, "", name,
					tree_text(json_object_array_get_idx(value, i), ""));
		} else if (value) {
			printf("%*s%s: %s\n", depth * 2, "", name, tree_text(value, ""));
		}
	}
}
