/* A problem+json answer (RFC 9457) as a struct. */
#include <errno.h>
#include <stdio.h>

#include "lib/client/client.h"

static const char *const problem_codes[] = {
#define X(code, status) #code,
	KEZEK_PROBLEMS(X)
#undef X
};

KEZEK_PUBLIC const struct kezek_refusal *kezek_refusal(const struct kezek *k)
{
	return k->refused ? &k->refusal : NULL;
}

void client_refusal_forget(struct kezek *k)
{
	free((void *)k->refusal.invalid_params);
	free((void *)k->refusal.open_acts);
	json_object_put(k->refusal_json);
	k->refusal_json = NULL;
	k->refusal = (struct kezek_refusal){0};
	k->refused = false;
}

static enum kezek_problem problem_find(const char *code)
{
	for (int i = 0; i < KEZEK_PROBLEM_COUNT; i++) {
		if (strcmp(problem_codes[i], code) == 0)
			return (enum kezek_problem)i;
	}
	return KEZEK_PROBLEM_COUNT;
}

/* The array member, or NULL; its length in *ret_count. */
static json_object *array_get(json_object *object, const char *name, size_t *ret_count)
{
	json_object *array;

	*ret_count = 0;
	if (!json_object_object_get_ex(object, name, &array) ||
		!json_object_is_type(array, json_type_array))
		return NULL;
	*ret_count = json_object_array_length(array);
	return array;
}

static int params_read(struct kezek_refusal *f, json_object *json)
{
	size_t count;
	json_object *array = array_get(json, "invalid_params", &count);
	struct kezek_invalid_param *params;

	if (!count)
		return 0;
	params = calloc(count, sizeof(*params));
	if (!params)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		json_object *item = json_object_array_get_idx(array, i);

		params[i].name = client_string(item, "name");
		params[i].code = client_string(item, "code");
		params[i].reason = client_string(item, "reason");
	}
	f->invalid_params = params;
	f->invalid_param_count = count;
	return 0;
}

static int acts_read(struct kezek_refusal *f, json_object *json)
{
	size_t count;
	json_object *array = array_get(json, "open_acts", &count);
	const char **acts;

	if (!count)
		return 0;
	acts = calloc(count, sizeof(*acts));
	if (!acts)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		json_object *item = json_object_array_get_idx(array, i);

		acts[i] = json_object_is_type(item, json_type_string) ? json_object_get_string(item)
								      : "";
	}
	f->open_acts = acts;
	f->open_act_count = count;
	return 0;
}

int client_refusal_read(struct kezek *k, struct kezek_response *r)
{
	json_object *json = client_response_json(r);
	struct kezek_refusal *f = &k->refusal;

	if (!json_object_is_type(json, json_type_object) ||
		client_string(json, "code")[0] == '\0') {
		snprintf(k->error, sizeof(k->error), "HTTP %d, %s", r->status,
			kezek_response_header(r, "Content-Type"));
		return KEZEK_FAILURE_not_kezek;
	}
	k->refusal_json = json_object_get(json);
	f->status = r->status;
	f->code = client_string(json, "code");
	f->problem = problem_find(f->code);
	f->title = client_string(json, "title");
	f->detail = client_string(json, "detail");
	f->trace_id = client_string(json, "trace_id");
	f->json = json_object_to_json_string_ext(
		json, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
	snprintf(k->error, sizeof(k->error), "HTTP %d, %s", r->status, f->code);
	if (params_read(f, json) < 0 || acts_read(f, json) < 0) {
		client_refusal_forget(k);
		return -ENOMEM;
	}
	k->refused = true;
	return KEZEK_FAILURE_refused;
}
