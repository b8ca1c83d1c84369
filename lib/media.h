/* Documents as files: the media types that are taken, what their bytes begin with, and their names.
 */
#pragma once

#include "lib/base.h"

/*
 * X(media type, suffix, what its bytes begin with): the suffix is what the command tells a file's
 * type by; the first of a type names it.
 */
#define MEDIA_TYPES(X)                                                                             \
	X("application/pdf", ".pdf", pdf)                                                          \
	X("image/jpeg", ".jpg", jpeg)                                                              \
	X("image/jpeg", ".jpeg", jpeg)                                                             \
	X("image/png", ".png", png)                                                                \
	X("image/tiff", ".tif", tiff)                                                              \
	X("image/tiff", ".tiff", tiff)                                                             \
	X("text/plain", ".txt", text)                                                              \
	X("application/xml", ".xml", xml)                                                          \
	X("application/vnd.openxmlformats-officedocument.wordprocessingml.document", ".docx", zip) \
	X("application/vnd.oasis.opendocument.text", ".odt", zip)

struct media;

/* By a Content-Type; its parameters do not matter. NULL: not taken. */
const struct media *media_find(struct span content_type);
const char *media_name(const struct media *media);
/* Whether a document can begin so: a program does not become a picture by being called one. */
bool media_fits(const struct media *media, struct span first_bytes);
/* The type by a file name's suffix, or NULL. */
const char *media_of_file(const char *name);

/* A document's name: 1 to 127 bytes of UTF-8 (checked before), no slash, backslash, quotation mark
 * or control character, no blank at either end, not . or .. */
bool document_name_is_sound(struct span name);
