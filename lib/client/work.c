/* Submissions and acts: the calls that change a request. */
#include <errno.h>
#include <stdio.h>

#include "lib/client/client.h"

int client_post(struct kezek *k, const char *path, json_object *body, struct client_request *more,
	struct kezek_response **ret_response)
{
	const char *text = json_object_to_json_string_ext(
		body, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
	struct kezek_body sent = {.data = text, .size = text ? strlen(text) : 0};
	int result;

	more->method = "POST";
	more->path = path;
	more->body = &sent;
	result = text ? client_call(k, more, ret_response) : -ENOMEM;
	json_object_put(body);
	return result;
}

KEZEK_PUBLIC int kezek_submit(
	struct kezek *k, const char *request, const char *key, struct kezek_response **ret_response)
{
	struct kezek_body body = {.data = request, .size = strlen(request)};
	struct client_request q = {
		.method = "POST", .path = "/v1/requests", .body = &body, .key = key};

	return client_call(k, &q, ret_response);
}

/* "/v1/<what>/<id>/<act>", escaped; free() it. NULL: no memory. */
static char *path_make(const char *what, const char *id, const char *act)
{
	char *escaped = kezek_escape(id), *path = NULL;

	if (escaped && asprintf(&path, "/v1/%s/%s/%s", what, escaped, act) < 0)
		path = NULL;
	free(escaped);
	return path;
}

KEZEK_PUBLIC int kezek_act(struct kezek *k, const char *id, const char *act,
	const struct kezek_hold *hold, const char *members, const char *key,
	struct kezek_response **ret_response)
{
	char match[128];
	const char *headers[] = {match, NULL};
	struct client_request q = {.key = key};
	json_object *body = client_object(members);
	char *path = path_make("requests", id, act);
	int result;

	if (!body || !path) {
		json_object_put(body);
		free(path);
		return body ? -ENOMEM : -EINVAL;
	}
	if (hold && hold->claim) {
		json_object_object_add(body, "claim", json_object_new_string(hold->claim));
		json_object_object_add(body, "fence", json_object_new_int64(hold->fence));
	} else if (hold && hold->etag) {
		snprintf(match, sizeof(match),
			hold->etag[0] == '"' ? "If-Match: %s" : "If-Match: \"%s\"", hold->etag);
		q.headers = headers;
	}
	result = client_post(k, path, body, &q, ret_response);
	free(path);
	return result;
}

KEZEK_PUBLIC int kezek_accept(struct kezek *k, const struct kezek_hold *hold, const char *members,
	const char *key, struct kezek_response **ret_response)
{
	struct client_request q = {.key = key};
	json_object *body = client_object(members);
	char *path = hold->claim ? path_make("claims", hold->claim, "accept") : NULL;
	int result;

	if (!body || !path) {
		result = body && hold->claim ? -ENOMEM : -EINVAL;
		json_object_put(body);
		free(path);
		return result;
	}
	json_object_object_add(body, "fence", json_object_new_int64(hold->fence));
	result = client_post(k, path, body, &q, ret_response);
	free(path);
	return result;
}
