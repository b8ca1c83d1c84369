/* The media types of documents, and what their bytes begin with. */
#include <strings.h>

#include "lib/media.h"
#include "lib/text.h"

#define NAME_BYTES 127

struct media {
	const char *name, *suffix;
	bool (*fits)(struct span first);
};

static bool begins(struct span s, const char *magic, size_t len)
{
	return s.len >= len && memcmp(s.at, magic, len) == 0;
}

static bool is_pdf(struct span s)
{
	return begins(s, "%PDF-", 5);
}

static bool is_jpeg(struct span s)
{
	return begins(s, "\xff\xd8\xff", 3);
}

static bool is_png(struct span s)
{
	return begins(s, "\x89PNG\r\n\x1a\n", 8);
}

/* Of either byte order. */
static bool is_tiff(struct span s)
{
	return begins(s, "II*\0", 4) || begins(s, "MM\0*", 4);
}

static bool is_zip(struct span s)
{
	return begins(s, "PK\3\4", 4);
}

/* Of whatever encoding, but no binary one. */
static bool is_text(struct span s)
{
	return !s.len || !memchr(s.at, '\0', s.len);
}

static bool is_xml(struct span s)
{
	size_t i = begins(s, "\xef\xbb\xbf", 3) ? 3 : 0;

	while (i < s.len && strchr(" \t\r\n", s.at[i]))
		i++;
	return i < s.len && s.at[i] == '<' && is_text(s);
}

static const struct media types[] = {
#define X(name, suffix, kind) {name, suffix, is_##kind},
	MEDIA_TYPES(X)
#undef X
};

const struct media *media_find(struct span content_type)
{
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		size_t len = strlen(types[i].name);

		if (content_type.len >= len &&
			strncasecmp(content_type.at, types[i].name, len) == 0 &&
			(content_type.len == len || strchr("; \t", content_type.at[len])))
			return &types[i];
	}
	return NULL;
}

const char *media_name(const struct media *media)
{
	return media->name;
}

bool media_fits(const struct media *media, struct span first_bytes)
{
	return media->fits(first_bytes);
}

const char *media_of_file(const char *name)
{
	const char *dot = strrchr(name, '.');

	for (size_t i = 0; dot && i < ARRAY_SIZE(types); i++) {
		if (strcasecmp(dot, types[i].suffix) == 0)
			return types[i].name;
	}
	return NULL;
}

bool document_name_is_sound(struct span name)
{
	if (!name.len || name.len > NAME_BYTES || span_is(name, ".") || span_is(name, "..") ||
		name.at[0] == ' ' || name.at[name.len - 1] == ' ')
		return false;
	for (size_t i = 0; i < name.len; i++) {
		if ((unsigned char)name.at[i] < 0x20 || strchr("\x7f/\\\"", name.at[i]))
			return false;
	}
	return true;
}
