/* The account's second part: the door counts its connections itself, this is for who is behind it.
 */
#include "daemon/memory.h"

static size_t held;

void memory_hold(size_t bytes)
{
	held += bytes;
}

void memory_release(size_t bytes)
{
	held -= bytes;
}

size_t memory_held(void)
{
	return held;
}
