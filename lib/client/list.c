/* A list read page after page, one item at a time. */
#include <errno.h>
#include <stdio.h>

#include "lib/client/client.h"

struct kezek_list {
	struct kezek *k;
	char *path;
	struct kezek_response *page; /* NULL: none fetched yet */
	json_object *items;          /* owned by the page */
	size_t next;
	bool is_last;
};

KEZEK_PUBLIC int kezek_list_open(struct kezek *k, const char *path, struct kezek_list **ret_list)
{
	struct kezek_list *l = calloc(1, sizeof(*l));

	if (!l)
		return -ENOMEM;
	l->k = k;
	l->path = strdup(path);
	if (!l->path) {
		free(l);
		return -ENOMEM;
	}
	*ret_list = l;
	return 0;
}

KEZEK_PUBLIC void kezek_list_free(struct kezek_list *l)
{
	if (!l)
		return;
	kezek_response_free(l->page);
	free(l->path);
	free(l);
}

/* The address of the page behind the one at hand; free() it. NULL: no memory. */
static char *path_of_next(struct kezek_list *l)
{
	const char *cursor = l->page ? kezek_response_json(l->page, "/page/end_cursor") : NULL;
	char *escaped, *path = NULL;

	if (!cursor)
		return strdup(l->path);
	escaped = kezek_escape(cursor);
	if (escaped && asprintf(&path, "%s%cafter=%s", l->path, strchr(l->path, '?') ? '&' : '?',
			       escaped) < 0)
		path = NULL;
	free(escaped);
	return path;
}

static int page_fetch(struct kezek_list *l)
{
	struct kezek_response *page;
	const char *more;
	char *path = path_of_next(l);
	int result = path ? kezek_call(l->k, "GET", path, NULL, NULL, &page) : -ENOMEM;

	free(path);
	if (result)
		return result;
	kezek_response_free(l->page);
	l->page = page;
	l->next = 0;
	l->items = NULL;
	json_object_object_get_ex(client_response_json(page), "items", &l->items);
	if (!json_object_is_type(l->items, json_type_array)) {
		snprintf(l->k->error, sizeof(l->k->error), "a list without items");
		return KEZEK_FAILURE_not_kezek;
	}
	more = kezek_response_json(page, "/page/has_more");
	l->is_last = !more || strcmp(more, "true") != 0 ||
		     !kezek_response_json(page, "/page/end_cursor");
	return 0;
}

KEZEK_PUBLIC int kezek_list_next(struct kezek_list *l, const char **ret_item)
{
	while (!l->items || l->next >= json_object_array_length(l->items)) {
		int result;

		if (l->page && l->is_last) {
			*ret_item = NULL;
			return 0;
		}
		result = page_fetch(l);
		if (result)
			return result;
	}
	*ret_item = json_object_to_json_string_ext(json_object_array_get_idx(l->items, l->next++),
		JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
	return 0;
}
