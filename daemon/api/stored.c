/* A packed answer: a mark, its length as it was (four bytes, the highest first), a block of LZ4. */
#include <endian.h>
#include <errno.h>
#include <lz4.h>

#include "daemon/api/stored.h"

#define MARK       'z' /* no JSON begins so: what does is not packed */
#define ANSWER_MAX (16 << 20)

struct head {
	char mark;
	uint32_t len;
} __attribute__((packed));

void stored_seal(struct seal *s, const uint8_t key[SEAL_KEY_SIZE], const struct uuid *request,
	struct span answer, struct text *ret)
{
	const struct head head = {MARK, htobe32((uint32_t)answer.len)};
	int room = LZ4_compressBound((int)answer.len);
	_text_ packed = TEXT_INIT;
	char *to;

	text_add(&packed, &head, sizeof(head));
	to = text_reserve(&packed, (size_t)room);
	packed.len += (size_t)LZ4_compress_default(answer.at, to, (int)answer.len, room);
	text_reset(ret);
	seal_close(s, key, request, "answer", text_span(&packed), ret);
}

static int unpack(struct span packed, struct text *ret)
{
	struct head head;
	uint32_t len;

	if (!packed.len || packed.at[0] != MARK) {
		text_add_span(ret, packed);
		return 0;
	}
	if (packed.len < sizeof(head))
		return -EBADMSG;
	memcpy(&head, packed.at, sizeof(head));
	len = be32toh(head.len);
	if (len > ANSWER_MAX ||
		LZ4_decompress_safe(packed.at + sizeof(head), text_reserve(ret, len + 1),
			(int)(packed.len - sizeof(head)), (int)len) != (int)len)
		return -EBADMSG;
	ret->len += len;
	ret->data[ret->len] = '\0';
	return 0;
}

int stored_open(struct seal *s, const struct stored_answer *stored, struct text *ret)
{
	uint8_t key[SEAL_KEY_SIZE];
	_text_ packed = TEXT_INIT;
	int r = seal_open_key(
		s, &stored->request, stored->master, text_span(&stored->wrapped), key);

	if (r == 0)
		r = seal_open(
			s, key, &stored->request, "answer", text_span(&stored->sealed), &packed);
	if (r == 0)
		r = unpack(text_span(&packed), ret);
	secret_forget(key, sizeof(key));
	return r;
}
