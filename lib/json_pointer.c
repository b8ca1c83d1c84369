/* Where a fault stands: the JSON pointer (RFC 6901) of an offset, found only once there is a fault.
 */
#include <stdio.h>

#include "lib/json_gate.h"

struct frame {
	const char *name; /* quote of the member at hand; NULL: between members, or an array */
	size_t index;
	bool is_object;
};

struct path {
	struct frame frames[JSON_DEPTH_MAX];
	unsigned depth;
};

/* Behind the string's closing quote, or NULL when it does not end before `stop`. */
static const char *skip_string(const char *at, const char *stop)
{
	for (at++; at < stop; at++) {
		if (*at == '"')
			return at + 1;
		if (*at == '\\')
			at++;
	}
	return NULL;
}

static void walk(struct path *p, const char *at, const char *stop)
{
	struct frame *top = NULL;

	while (at < stop) {
		const char *from = at++;

		switch (*from) {
		case '"':
			at = skip_string(from, stop);
			if (!at)
				return;
			if (top && top->is_object && !top->name)
				top->name = from;
			break;
		case '{':
		case '[':
			top = &p->frames[p->depth++];
			*top = (struct frame){.is_object = *from == '{'};
			break;
		case '}':
		case ']':
			p->depth--;
			top = p->depth ? &p->frames[p->depth - 1] : NULL;
			break;
		case ',':
			if (top) {
				top->index++;
				top->name = NULL;
			}
			break;
		}
	}
}

/* False: no room; `to` is then as it was. */
static bool add_name(char *to, const char *name)
{
	struct json_bytes b = {.at = name + 1};
	char part[JSON_POINTER_SIZE];
	size_t len = strlen(to), n = 0;
	int c;

	if (len + 2 > JSON_POINTER_SIZE)
		return false;
	part[n++] = '/';
	while ((c = json_bytes_next(&b)) >= 0) {
		if (c == 0 || len + n + 3 > JSON_POINTER_SIZE)
			return false;
		if (c == '~' || c == '/') {
			part[n++] = '~';
			c = c == '~' ? '0' : '1';
		}
		part[n++] = (char)c;
	}
	memcpy(to + len, part, n);
	to[len + n] = '\0';
	return true;
}

static bool add_index(char *to, size_t index)
{
	size_t len = strlen(to);
	int n = snprintf(to + len, JSON_POINTER_SIZE - len, "/%zu", index);

	if (len + (size_t)n < JSON_POINTER_SIZE)
		return true;
	to[len] = '\0';
	return false;
}

void json_fault_locate(struct json_fault *fault, struct span text)
{
	struct path p = {.depth = 0};
	struct frame *top;

	walk(&p, text.at, text.at + fault->offset);
	top = p.depth ? &p.frames[p.depth - 1] : NULL;
	if (fault->refusal == JSON_DUPLICATE && top)
		top->name = text.at + fault->offset;
	fault->pointer[0] = '\0';
	for (struct frame *f = p.frames; f < p.frames + p.depth; f++) {
		if (f->is_object && !f->name)
			return;
		if (!(f->is_object ? add_name(fault->pointer, f->name)
				   : add_index(fault->pointer, f->index)))
			return;
	}
}
