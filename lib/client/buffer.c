/* A growing run of bytes that never ends the process: libkezek lives in other people's programs. */
#include "lib/client/client.h"

void client_buffer_add(struct client_buffer *b, const void *data, size_t size)
{
	if (b->failed)
		return;
	if (b->room - b->size <= size) {
		size_t room = b->room ? b->room : 1024;
		char *larger;

		while (room - b->size <= size)
			room *= 2;
		larger = realloc(b->data, room);
		if (!larger) {
			b->failed = true;
			return;
		}
		b->data = larger;
		b->room = room;
	}
	if (size)
		memcpy(b->data + b->size, data, size);
	b->size += size;
	b->data[b->size] = '\0';
}

void client_buffer_adds(struct client_buffer *b, const char *text)
{
	client_buffer_add(b, text, strlen(text));
}

void client_buffer_done(struct client_buffer *b)
{
	free(b->data);
	*b = (struct client_buffer){0};
}
