/* What is held for clients beside the buffers of their connections: a part of the memory account.
 */
#pragma once

#include <stddef.h>

void memory_hold(size_t bytes);
void memory_release(size_t bytes);
size_t memory_held(void);
