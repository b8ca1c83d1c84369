/* A request named by its id or by its number. */
#include "daemon/cli/cli.h"
#include "daemon/cli/tree.h"
#include "lib/uuid.h"

int request_find(struct cli *c, const char *name, char **ret_id)
{
	_text_ path = TEXT_INIT;
	_tree_ *found = NULL;
	struct uuid id;
	int rc;

	if (uuid_parse(span_of(name), &id)) {
		*ret_id = strdup(name);
		return *ret_id ? 0 : (abort(), 0);
	}
	text_adds(&path, "/v1/requests");
	query_add(&path, "number", name);
	rc = cli_get(c, path.data, &found);
	if (rc)
		return rc;
	if (tree_length(found, "/items") == 0)
		return cli_refuse(c, SAY_no_request, name);
	if (tree_length(found, "/items") > 1)
		return cli_refuse(c, SAY_many_requests, name);
	*ret_id = strdup(tree_text(found, "/items/0/id"));
	if (!*ret_id)
		abort();
	return 0;
}
