/* Loading rules from files: what catalogue and calendar share. */
#pragma once

#include "daemon/cli/cli.h"

struct load_files {
	char **names;
	size_t count;
};

/* The files that the line names; a folder stands for its .json files. 0 or an exit code. */
int load_files_find(const struct cli *c, struct load_files *f);
void load_files_done(struct load_files *f);
/* A file that holds a JSON object; the caller puts it. 0 or an exit code. */
int load_file_read(const struct cli *c, const char *name, json_object **ret_json);
/* catalogue_diff.c: tells what a load or a dry run answered; frees the response. */
int catalogue_load_answer(struct cli *c, struct kezek_response *r);
void load_print(const struct cli *c, json_object *json, int depth);
/* job.c: what a change of calendar does to open deadlines, as a table. */
void job_result_print(const struct cli *c, json_object *result);
/* Waits until the job is done, with a bar on a terminal, and prints its result. */
int job_wait(struct cli *c, const char *id);
