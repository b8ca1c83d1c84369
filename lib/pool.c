/* Memory that lives and dies together: a list of chunks. */
#include <stdalign.h>

#include "lib/pool.h"

#define CHUNK_SIZE 4096

struct chunk {
	struct chunk *older;
	size_t used, size;
	alignas(max_align_t) char bytes[];
};

struct pool {
	struct chunk *newest;
};

struct pool *pool_new(void)
{
	struct pool *p = calloc(1, sizeof(*p));

	if (!p)
		abort();
	return p;
}

void pool_free(struct pool *p)
{
	if (!p)
		return;
	while (p->newest) {
		struct chunk *c = p->newest;

		p->newest = c->older;
		free(c);
	}
	free(p);
}

void *pool_alloc(struct pool *p, size_t size)
{
	size_t need = (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
	struct chunk *c = p->newest;

	if (!c || c->size - c->used < need) {
		size_t room = need > CHUNK_SIZE ? need : CHUNK_SIZE;

		c = calloc(1, sizeof(*c) + room);
		if (!c)
			abort();
		c->size = room;
		c->older = p->newest;
		p->newest = c;
	}
	c->used += need;
	return c->bytes + c->used - need;
}

char *pool_copy_span(struct pool *p, struct span s)
{
	char *copy = pool_alloc(p, s.len + 1);

	if (s.len)
		memcpy(copy, s.at, s.len);
	return copy;
}

char *pool_copy(struct pool *p, const char *s)
{
	return s ? pool_copy_span(p, span_of(s)) : NULL;
}

char *pool_take(struct pool *p, struct text *t)
{
	char *copy = pool_copy_span(p, text_span(t));

	text_done(t);
	return copy;
}
