/* One TLS connection of the load generator: requests out, whole replies in. */
#pragma once

#include <netinet/in.h>
#include <openssl/ssl.h>

#include "lib/text.h"

/* What a client sends next. */
enum step { STEP_SUBMIT, STEP_CLAIM, STEP_DECIDE, STEP_RELEASE, STEP_GET };

struct client {
	int fd, epoll;
	SSL *ssl;
	enum step step;
	struct text out; /* the request */
	size_t sent;
	char *in; /* the reply so far, ended by a NUL */
	size_t got, size;
	int64_t began_us;
	bool waiting; /* for its turn (rate), or because the queue was empty */
	int64_t ready_us;
};

/* Says what went wrong on stderr, and ends the program. */
void die(const char *what);

/* Connects and shakes hands, one after the other and blocking; what follows does not block. `from`:
 * the source address, or 0.0.0.0. */
void client_connect(struct client *c, int epoll, SSL_CTX *tls, const struct sockaddr_in *to,
	struct in_addr from);
/* Sends what of `out` can be sent now; the loop is told what to wait for. */
void client_write(struct client *c);
/* Reads what is there; true when the reply is whole. A connection that the server closed ends the
 * program. */
bool client_read(struct client *c);
