/* Memory that lives and dies together: what one request or one document needs, freed at a stroke.
 */
#pragma once

#include "lib/text.h"

struct pool;

/* Never NULL. */
struct pool *pool_new(void);
void pool_free(struct pool *p); /* NULL is fine */
static inline void pool_freep(struct pool **p)
{
	pool_free(*p);
}
/* Zeroed and aligned for anything. */
void *pool_alloc(struct pool *p, size_t size);
/* Copies, NUL-terminated. NULL gives NULL. */
char *pool_copy(struct pool *p, const char *s);
char *pool_copy_span(struct pool *p, struct span s);
/* The text's content; the text is empty afterwards. */
char *pool_take(struct pool *p, struct text *t);
