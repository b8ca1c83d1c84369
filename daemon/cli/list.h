/* Lists: pages of items as a table, as JSON, or streamed by the server as CSV and NDJSON. */
#pragma once

#include "daemon/cli/show.h"

struct list_look {
	void (*start)(const struct cli *c, struct table *t);
	void (*add)(const struct cli *c, struct table *t, json_object *item);
};

extern const struct list_look requests_look, queues_look, overview_look;

/* GETs the list at `path`, whose query is complete but for limit and after, and prints it. */
int list_run(struct cli *c, const char *path, const struct list_look *look);
/* The items of an answer that is already here, whatever the shape: {items:[…]} or a bare array. */
void items_print(const struct cli *c, json_object *answer, const struct list_look *look);
/* Says where the next page begins, if there is one. */
void more_print(const struct cli *c, json_object *answer);
