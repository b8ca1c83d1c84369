/* Claims: taking work from a queue, and what is done with many claims in one call. */
#include <errno.h>
#include <stdio.h>

#include "lib/client/client.h"

struct kezek_claims {
	struct kezek_response *response; /* owns the strings of `items` */
	struct kezek_claim *items;
	size_t count;
};

static void claim_read(struct kezek_claim *c, json_object *item)
{
	json_object *request, *fence;

	c->claim = client_string(item, "claim");
	c->lease_until = client_string(item, "lease_until");
	c->request = "";
	c->request_id = client_string(item, "request");
	if (json_object_object_get_ex(item, "fence", &fence))
		c->fence = json_object_get_int64(fence);
	if (json_object_object_get_ex(item, "request", &request) &&
		json_object_is_type(request, json_type_object)) {
		c->request_id = client_string(request, "id");
		c->request = json_object_to_json_string_ext(
			request, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
	}
}

/* Takes the response, also on failure. */
static int claims_read(struct kezek *k, struct kezek_response *response, struct kezek_claims **ret)
{
	json_object *json = client_response_json(response), *array = NULL;
	struct kezek_claims *c;

	if (!json_object_object_get_ex(json, "claims", &array))
		json_object_object_get_ex(json, "items", &array);
	if (!json_object_is_type(array, json_type_array)) {
		snprintf(k->error, sizeof(k->error), "an answer without claims");
		kezek_response_free(response);
		return KEZEK_FAILURE_not_kezek;
	}
	c = calloc(1, sizeof(*c));
	if (c) {
		c->response = response;
		c->count = json_object_array_length(array);
		c->items = calloc(c->count + 1, sizeof(*c->items));
	}
	if (!c || !c->items) {
		free(c);
		kezek_response_free(response);
		return -ENOMEM;
	}
	for (size_t i = 0; i < c->count; i++)
		claim_read(&c->items[i], json_object_array_get_idx(array, i));
	*ret = c;
	return 0;
}

static json_object *wish_write(const struct kezek_wish *wish)
{
	json_object *body = json_object_new_object(), *services;

	json_object_object_add(body, "max", json_object_new_int(wish->max ? wish->max : 1));
	if (wish->worker)
		json_object_object_add(body, "worker", json_object_new_string(wish->worker));
	if (wish->lease_seconds)
		json_object_object_add(
			body, "lease_seconds", json_object_new_int(wish->lease_seconds));
	if (wish->wait_seconds)
		json_object_object_add(
			body, "wait_seconds", json_object_new_int(wish->wait_seconds));
	if (wish->request)
		json_object_object_add(body, "request", json_object_new_string(wish->request));
	if (wish->services) {
		services = json_object_new_array();
		for (size_t i = 0; wish->services[i]; i++)
			json_object_array_add(services, json_object_new_string(wish->services[i]));
		json_object_object_add(body, "services", services);
	}
	return body;
}

KEZEK_PUBLIC int kezek_claim(struct kezek *k, const char *agency, const struct kezek_wish *wish,
	struct kezek_claims **ret_claims)
{
	struct client_request q = {.extra_ms = wish->wait_seconds * 1000L};
	struct kezek_response *response;
	char *escaped = kezek_escape(agency), *path = NULL;
	int result;

	if (!escaped || asprintf(&path, "/v1/queues/%s/claims", escaped) < 0) {
		free(escaped);
		return -ENOMEM;
	}
	result = client_post(k, path, wish_write(wish), &q, &response);
	free(escaped);
	free(path);
	return result ? result : claims_read(k, response, ret_claims);
}

KEZEK_PUBLIC int kezek_claims_held(
	struct kezek *k, const char *worker, struct kezek_claims **ret_claims)
{
	struct kezek_response *response;
	char *escaped = kezek_escape(worker ? worker : ""), *path = NULL;
	int result;

	if (!escaped || asprintf(&path, "/v1/claims%s%s", worker ? "?worker=" : "", escaped) < 0) {
		free(escaped);
		return -ENOMEM;
	}
	result = kezek_call(k, "GET", path, NULL, NULL, &response);
	free(escaped);
	free(path);
	return result ? result : claims_read(k, response, ret_claims);
}

KEZEK_PUBLIC void kezek_claims_free(struct kezek_claims *c)
{
	if (!c)
		return;
	kezek_response_free(c->response);
	free(c->items);
	free(c);
}

KEZEK_PUBLIC size_t kezek_claims_count(const struct kezek_claims *c)
{
	return c->count;
}

KEZEK_PUBLIC const struct kezek_claim *kezek_claims_at(const struct kezek_claims *c, size_t index)
{
	return &c->items[index];
}

/* One member of a batch: claim, fence, and a copy of each of `common`. */
static json_object *member_write(const struct kezek_claim *claim, json_object *common)
{
	json_object *member = json_object_new_object();

	json_object_object_add(member, "claim", json_object_new_string(claim->claim));
	json_object_object_add(member, "fence", json_object_new_int64(claim->fence));
	json_object_object_foreach (common, name, value)
		json_object_object_add(member, name, json_object_get(value));
	return member;
}

KEZEK_PUBLIC int kezek_claims_do(struct kezek *k, const char *verb,
	const struct kezek_claim *const claims[], size_t count, const char *members,
	const char *key, struct kezek_response **ret_response)
{
	struct client_request q = {.key = key};
	json_object *common = client_object(members), *body, *array;
	char *escaped, *path = NULL;
	int result = -ENOMEM;

	if (!common)
		return -EINVAL;
	body = json_object_new_object();
	array = json_object_new_array();
	for (size_t i = 0; i < count; i++)
		json_object_array_add(array, member_write(claims[i], common));
	json_object_object_add(body, "claims", array);
	json_object_put(common);
	escaped = kezek_escape(verb);
	if (escaped && asprintf(&path, "/v1/claims/%s", escaped) > 0)
		result = client_post(k, path, body, &q, ret_response);
	else
		json_object_put(body);
	free(escaped);
	free(path);
	return result;
}
