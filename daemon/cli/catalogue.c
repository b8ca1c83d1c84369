/* Loading a catalogue: its files as one document, and each fault told with the file that it stands
 * in. */
#include <stdio.h>

#include "daemon/cli/load.h"
#include "daemon/cli/show.h"
#include "daemon/cli/verbs.h"
#include "lib/catalogue_merge.h"
#include "lib/fault.h"

/* Where the items of one file stand in the whole document: [from, to) of each of its arrays. */
#define PARTS_MAX 8

struct part {
	const char *file;
	struct {
		char *section;
		size_t from, to;
	} runs[PARTS_MAX];
	size_t count;
};

static void parts_done(struct part *parts, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		for (size_t k = 0; k < parts[i].count; k++)
			free(parts[i].runs[k].section);
	}
	free(parts);
}

/* Appends the file to the whole and notes where its items went. */
static int part_append(
	const struct cli *c, json_object *whole, json_object *file, struct part *part)
{
	_faults_ faults = {0};

	json_object_object_foreach (file, name, array) {
		json_object *all = NULL;
		size_t from;

		if (part->count == PARTS_MAX)
			break;
		json_object_object_get_ex(whole, name, &all);
		from = all ? json_object_array_length(all) : 0;
		part->runs[part->count].section = strdup(name);
		part->runs[part->count].from = from;
		part->runs[part->count++].to =
			from + (json_object_is_type(array, json_type_array)
					       ? json_object_array_length(array)
					       : 0);
	}
	if (catalogue_append(whole, file, &faults) == 0)
		return 0;
	for (size_t i = 0; i < faults.count; i++) {
		_text_ t = TEXT_INIT;

		text_addf(&t, "kezek: %s: %s: ", part->file, faults.items[i].pointer);
		text_add_fault(&t, &faults.items[i], c->lang);
		text_add_char(&t, '\n');
		put_clean(stderr, t.data, t.len);
	}
	return EXIT_USAGE;
}

/* "/services/37/name" of the whole as "file.json: /services/2/name". */
static void pointer_write(
	struct text *t, const char *pointer, const struct part *parts, size_t part_count)
{
	char section[32] = "";
	size_t index = 0;
	int end = 0;

	if (sscanf(pointer, "/%31[^/]/%zu%n", section, &index, &end) == 2) {
		for (size_t i = 0; i < part_count; i++) {
			for (size_t k = 0; k < parts[i].count; k++) {
				if (strcmp(parts[i].runs[k].section, section) != 0 ||
					index < parts[i].runs[k].from ||
					index >= parts[i].runs[k].to)
					continue;
				text_addf(t, "%s: /%s/%zu%s", parts[i].file, section,
					index - parts[i].runs[k].from, pointer + end);
				return;
			}
		}
	}
	text_adds(t, pointer);
}

static void faults_tell(const struct kezek_refusal *f, const struct part *parts, size_t count)
{
	_text_ t = TEXT_INIT;

	text_addf(&t, "kezek: %s (%s)\n", f->title, f->code);
	for (size_t i = 0; i < f->invalid_param_count; i++) {
		text_adds(&t, "  ");
		pointer_write(&t, f->invalid_params[i].name, parts, count);
		text_addf(&t, ": %s\n", f->invalid_params[i].reason);
	}
	put_clean(stderr, t.data, t.len);
}

static int catalogue_send(struct cli *c, json_object *whole, const struct part *parts, size_t count)
{
	const char *text = tree_line(whole);
	struct kezek_body body = {.data = text, .size = strlen(text)};
	_text_ path = TEXT_INIT;
	struct kezek_response *r;
	int failure = session_open(c);

	if (failure)
		return failure;
	text_adds(&path, "/v1/catalogue");
	query_add(&path, "dry_run", cli_option(c, "dry-run") ? "1" : NULL);
	query_add(&path, "replace", cli_option(c, "replace") ? "1" : NULL);
	failure = kezek_call(c->kezek, "PUT", path.data, NULL, &body, &r);
	if (failure == 0)
		return catalogue_load_answer(c, r);
	if (failure == KEZEK_FAILURE_refused && !c->json &&
		kezek_refusal(c->kezek)->invalid_param_count) {
		faults_tell(kezek_refusal(c->kezek), parts, count);
		return EXIT_REFUSED;
	}
	return cli_failure(c, failure);
}

int catalogue_load_run(struct cli *c)
{
	_cleanup_(load_files_done)
	struct load_files files = {0};
	_tree_ *whole = json_object_new_object();
	struct part *parts;
	int rc = load_files_find(c, &files);

	if (rc)
		return rc;
	parts = calloc(files.count + 1, sizeof(*parts));
	if (!parts)
		abort();
	for (size_t i = 0; i < files.count && rc == 0; i++) {
		_tree_ *file = NULL;

		parts[i].file = files.names[i];
		rc = load_file_read(c, files.names[i], &file);
		rc = rc ? rc : part_append(c, whole, file, &parts[i]);
	}
	rc = rc ? rc : catalogue_send(c, whole, parts, files.count);
	parts_done(parts, files.count);
	return rc;
}
