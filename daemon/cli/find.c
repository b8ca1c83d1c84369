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

int request_get(
	struct cli *c, const char *name, const char *rest, struct kezek_response **ret_response)
{
	_free_ char *id = NULL, *path = NULL;
	_text_ whole = TEXT_INIT;
	int rc = request_find(c, name, &id);

	if (rc)
		return rc;
	path = cli_path("/v1/requests/%", id);
	text_addf(&whole, "%s%s", path, rest);
	return cli_call(c, "GET", whole.data, NULL, ret_response);
}
