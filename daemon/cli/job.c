/* Long work: progress and result. */
#include <stdio.h>
#include <time.h>

#include "daemon/cli/list.h"
#include "daemon/cli/load.h"
#include "daemon/cli/verbs.h"

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
