/* Counting by name in a chained hash table; the hash is keyed, since clients choose addresses. */
#include <sys/random.h>

#include "daemon/net/tally.h"

/* FNV-1a over a secret start: enough against chosen collisions in a table of counts. */
static uint32_t hash_of(const char *name)
{
	static uint64_t secret;
	uint64_t h;

	while (!secret) {
		if (getrandom(&secret, sizeof(secret), 0) != (ssize_t)sizeof(secret))
			secret = 0;
	}
	h = secret;
	for (; *name; name++)
		h = (h ^ (unsigned char)*name) * UINT64_C(0x100000001b3);
	return (uint32_t)(h ^ h >> 32);
}

static void grow(struct tally *t)
{
	size_t n = t->nbuckets ? 2 * t->nbuckets : 64;
	struct tally_entry **buckets = calloc(n, sizeof(*buckets));

	if (!buckets)
		abort();
	for (size_t i = 0; i < t->nbuckets; i++) {
		for (struct tally_entry *e = t->buckets[i], *next; e; e = next) {
			next = e->next;
			e->next = buckets[e->hash & (n - 1)];
			buckets[e->hash & (n - 1)] = e;
		}
	}
	free(t->buckets);
	t->buckets = buckets;
	t->nbuckets = n;
}

struct tally_entry *tally_enter(struct tally *t, const char *name, int limit)
{
	uint32_t hash = hash_of(name);
	struct tally_entry *e;

	if (t->count >= t->nbuckets)
		grow(t);
	for (e = t->buckets[hash & (t->nbuckets - 1)]; e; e = e->next) {
		if (e->hash != hash || strcmp(e->name, name) != 0)
			continue;
		if (e->count >= limit)
			return NULL;
		e->count++;
		return e;
	}
	if (limit <= 0)
		return NULL;
	e = calloc(1, sizeof(*e) + strlen(name) + 1);
	if (!e)
		abort();
	strcpy(e->name, name);
	e->hash = hash;
	e->count = 1;
	e->next = t->buckets[hash & (t->nbuckets - 1)];
	t->buckets[hash & (t->nbuckets - 1)] = e;
	t->count++;
	return e;
}

/* Frees the entry at *at where nothing is known of it any more. False: it stays. */
static bool drop(struct tally *t, struct tally_entry **at)
{
	struct tally_entry *e = *at;

	if (e->count > 0 || e->vain > 0)
		return false;
	*at = e->next;
	t->count--;
	free(e);
	return true;
}

void tally_leave(struct tally *t, struct tally_entry *e)
{
	struct tally_entry **at = &t->buckets[e->hash & (t->nbuckets - 1)];

	e->count--;
	while (*at != e)
		at = &(*at)->next;
	drop(t, at);
}

void tally_forgive(struct tally *t)
{
	for (size_t i = 0; i < t->nbuckets; i++) {
		for (struct tally_entry **at = &t->buckets[i]; *at;) {
			(*at)->vain = 0;
			if (!drop(t, at))
				at = &(*at)->next;
		}
	}
}

void tally_done(struct tally *t)
{
	for (size_t i = 0; i < t->nbuckets; i++) {
		for (struct tally_entry *e = t->buckets[i], *next; e; e = next) {
			next = e->next;
			free(e);
		}
	}
	free(t->buckets);
	*t = (struct tally){0};
}
