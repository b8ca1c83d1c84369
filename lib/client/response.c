/* One answer: status, header fields, body, and members of its JSON. */
#include <strings.h>

#include "lib/client/client.h"

struct kezek_response *client_response_new(void)
{
	struct kezek_response *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	client_buffer_add(&r->head, "", 0);
	client_buffer_add(&r->body, "", 0);
	if (r->head.failed || r->body.failed) {
		kezek_response_free(r);
		return NULL;
	}
	return r;
}

KEZEK_PUBLIC void kezek_response_free(struct kezek_response *r)
{
	if (!r)
		return;
	client_buffer_done(&r->head);
	client_buffer_done(&r->body);
	json_object_put(r->json);
	free(r->value);
	free(r);
}

KEZEK_PUBLIC int kezek_response_status(const struct kezek_response *r)
{
	return r->status;
}

KEZEK_PUBLIC const char *kezek_response_header(
	const struct kezek_response *response, const char *name)
{
	struct kezek_response *r = (struct kezek_response *)response;
	size_t len = strlen(name);
	const char *end;

	for (const char *line = r->head.data; *line; line = end + 1) {
		const char *value = line + len + 1;

		end = strchr(line, '\n');
		if (strncasecmp(line, name, len) != 0 || line[len] != ':')
			continue;
		value += strspn(value, " \t");
		free(r->value);
		r->value = strndup(value, (size_t)(end - value));
		return r->value ? r->value : "";
	}
	return "";
}

KEZEK_PUBLIC const char *kezek_response_body(const struct kezek_response *r, size_t *ret_size)
{
	if (ret_size)
		*ret_size = r->body.size;
	return r->body.data;
}

json_object *client_response_json(struct kezek_response *r)
{
	if (!r->json) {
		json_tokener *tokener = json_tokener_new();

		if (!tokener)
			return NULL;
		r->json = json_tokener_parse_ex(tokener, r->body.data, (int)r->body.size + 1);
		json_tokener_free(tokener);
	}
	return r->json;
}

KEZEK_PUBLIC const char *kezek_response_json(struct kezek_response *r, const char *pointer)
{
	json_object *json = client_response_json(r), *found = NULL;

	if (!json || json_pointer_get(json, pointer, &found) != 0 || !found)
		return NULL;
	if (json_object_is_type(found, json_type_string))
		return json_object_get_string(found);
	return json_object_to_json_string_ext(
		found, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
}

const char *client_string(json_object *object, const char *name)
{
	json_object *member;

	if (!json_object_object_get_ex(object, name, &member) ||
		!json_object_is_type(member, json_type_string))
		return "";
	return json_object_get_string(member);
}

json_object *client_object(const char *text)
{
	json_object *object = text ? json_tokener_parse(text) : json_object_new_object();

	if (json_object_is_type(object, json_type_object))
		return object;
	json_object_put(object);
	return NULL;
}
