/* Catalogue and jobs: loading, showing, and who would have to act. */
#include <stdio.h>
#include <time.h>

#include "daemon/cli/list.h"
#include "daemon/cli/load.h"
#include "daemon/cli/verbs.h"

/* Appends each array of `file` to the one of the same name in `whole`. False: a member is no array.
 */
static bool catalogue_join(json_object *whole, json_object *file)
{
	json_object_object_foreach (file, name, array) {
		json_object *all;

		if (!json_object_is_type(array, json_type_array))
			return false;
		if (!json_object_object_get_ex(whole, name, &all)) {
			all = json_object_new_array();
			json_object_object_add(whole, name, all);
		}
		for (size_t i = 0; i < json_object_array_length(array); i++)
			json_object_array_add(
				all, json_object_get(json_object_array_get_idx(array, i)));
	}
	return true;
}

int catalogue_load_run(struct cli *c)
{
	_cleanup_(load_files_done)
	struct load_files files = {0};
	_tree_ *whole = json_object_new_object();
	struct kezek_response *r;
	int rc = load_files_find(c, &files);

	for (size_t i = 0; i < files.count && rc == 0; i++) {
		_tree_ *file = NULL;

		rc = load_file_read(c, files.names[i], &file);
		if (rc == 0 && !catalogue_join(whole, file))
			rc = cli_usage(c, SAY_usage_catalogue, files.names[i]);
	}
	if (rc)
		return rc;
	rc = cli_call(c, "PUT",
		cli_option(c, "dry-run") ? "/v1/catalogue?dry_run=1" : "/v1/catalogue",
		tree_line(whole), &r);
	return rc ? rc : load_answer(c, r, "catalogue");
}

int catalogue_show_run(struct cli *c)
{
	return services_run(c);
}

static void route_print(const struct cli *c, json_object *answer)
{
	load_print(c, answer, 0);
}

int catalogue_route_run(struct cli *c)
{
	_text_ path = TEXT_INIT;
	struct kezek_response *r;
	int rc;

	text_adds(&path, "/v1/routes");
	query_add(&path, "service", c->args[0]);
	query_add(&path, "territory", c->args[1]);
	query_add(&path, "applicant_kind", cli_option(c, "kind"));
	query_add(&path, "variant", cli_option(c, "variant"));
	rc = cli_call(c, "GET", path.data, NULL, &r);
	return rc ? rc : answer_print(c, r, route_print);
}

static bool job_is_done(const char *state)
{
	return strcmp(state, "queued") != 0 && strcmp(state, "running") != 0 && *state;
}

static void job_print(const struct cli *c, json_object *job)
{
	load_print(c, job, 0);
}

int job_wait(struct cli *c, const char *id)
{
	_free_ char *path = cli_path("/v1/jobs/%", id);
	struct timespec pause = {0, 300 * 1000000};

	for (;;) {
		struct kezek_response *r;
		const char *state;
		int rc = cli_call(c, "GET", path, NULL, &r);

		if (rc)
			return rc;
		state = kezek_response_json(r, "/state");
		if (!state || job_is_done(state)) {
			bool failed = state && strcmp(state, "failed") == 0;

			rc = answer_print(c, r, job_print);
			return failed ? EXIT_REFUSED : rc;
		}
		kezek_response_free(r);
		nanosleep(&pause, NULL);
	}
}

int job_run(struct cli *c)
{
	_free_ char *path = cli_path("/v1/jobs/%", c->args[0]);
	struct kezek_response *r;
	int rc;

	if (cli_option(c, "wait"))
		return job_wait(c, c->args[0]);
	rc = cli_call(c, "GET", path, NULL, &r);
	return rc ? rc : answer_print(c, r, job_print);
}
