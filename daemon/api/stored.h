/* Answers as they are stored under a key: packed, since all of them are much alike and stay for
 * years, then sealed. */
#pragma once

#include "daemon/db/records.h"
#include "daemon/seal.h"

void stored_seal(struct seal *s, const uint8_t key[SEAL_KEY_SIZE], const struct uuid *request,
	struct span answer, struct text *ret);
/* The answer, added to `ret`. 0; -ENODATA: its key is destroyed; -EBADMSG. */
_must_check_ int stored_open(struct seal *s, const struct stored_answer *stored, struct text *ret);
