/* TLS over recv and send, by a BIO of our own that knows what the last event allowed. */
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>
#include <openssl/err.h>

#include "daemon/net/channel.h"

static int bio_read(BIO *b, char *to, int size)
{
	struct channel *c = BIO_get_data(b);
	ssize_t n = -1;

	BIO_clear_retry_flags(b);
	if (c->readable) {
		do
			n = recv(c->fd, to, (size_t)size, 0);
		while (n < 0 && errno == EINTR);
		/* A short read emptied the socket: what comes next makes a new edge. A FIN does not
		 * again. */
		if (n < size && !(n > 0 && c->hung_up))
			c->readable = n == 0;
		if (n < 0 && errno != EAGAIN) {
			c->broken = true;
			return -1;
		}
	}
	c->ended = n == 0;
	if (n < 0)
		BIO_set_retry_read(b);
	return (int)n;
}

static int bio_write(BIO *b, const char *bytes, int size)
{
	struct channel *c = BIO_get_data(b);
	ssize_t n = -1;

	BIO_clear_retry_flags(b);
	if (c->writable) {
		do
			n = send(c->fd, bytes, (size_t)size, MSG_NOSIGNAL);
		while (n < 0 && errno == EINTR);
		if (n < size)
			c->writable = false;
		if (n < 0 && errno != EAGAIN) {
			c->broken = true;
			return -1;
		}
	}
	if (n < 0)
		BIO_set_retry_write(b);
	return (int)n;
}

static long bio_ctrl(BIO *b, int command, long number, void *pointer)
{
	struct channel *c = BIO_get_data(b);

	(void)number;
	(void)pointer;
	switch (command) {
	case BIO_CTRL_FLUSH:
		return 1;
	case BIO_CTRL_EOF:
		return c->ended;
	default:
		return 0;
	}
}

static BIO_METHOD *method(void)
{
	static BIO_METHOD *made;

	if (made)
		return made;
	made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "kezek channel");
	if (!made || !BIO_meth_set_read(made, bio_read) || !BIO_meth_set_write(made, bio_write) ||
		!BIO_meth_set_ctrl(made, bio_ctrl))
		abort();
	return made;
}

int channel_init(struct channel *c, int fd, SSL_CTX *context)
{
	BIO *b = BIO_new(method());

	/* A fresh socket can be written; whether there is something to read, the first event says.
	 */
	*c = (struct channel){.fd = fd, .writable = true, .ssl = SSL_new(context)};
	if (!b || !c->ssl) {
		BIO_free(b);
		channel_done(c);
		return -ENOMEM;
	}
	BIO_set_data(b, c);
	BIO_set_init(b, 1);
	SSL_set_bio(c->ssl, b, b);
	SSL_set_accept_state(c->ssl);
	return 0;
}

void channel_note(struct channel *c, short events)
{
	if (events & (EV_READ | EV_CLOSED))
		c->readable = true;
	if (events & EV_WRITE)
		c->writable = true;
	if (events & EV_CLOSED)
		c->hung_up = true;
}

/* What OpenSSL's answer means; `r` is ≤ 0. */
static int outcome(struct channel *c, int r)
{
	switch (SSL_get_error(c->ssl, r)) {
	case SSL_ERROR_WANT_READ:
	case SSL_ERROR_WANT_WRITE:
		return CHANNEL_WAIT;
	case SSL_ERROR_ZERO_RETURN:
		return CHANNEL_ENDED;
	default:
		c->broken = true;
		return CHANNEL_BROKEN;
	}
}

int channel_handshake(struct channel *c)
{
	int r;

	ERR_clear_error();
	r = SSL_do_handshake(c->ssl);
	return r == 1 ? 0 : outcome(c, r);
}

int channel_read(struct channel *c, void *to, size_t size, size_t *ret_n)
{
	int r;

	if (c->broken)
		return CHANNEL_BROKEN;
	ERR_clear_error();
	r = SSL_read_ex(c->ssl, to, size, ret_n);
	return r == 1 ? 0 : outcome(c, r);
}

int channel_write(struct channel *c, const void *bytes, size_t size, size_t *ret_n)
{
	int r;

	if (c->broken)
		return CHANNEL_BROKEN;
	ERR_clear_error();
	r = SSL_write_ex(c->ssl, bytes, size < CHANNEL_RECORD ? size : CHANNEL_RECORD, ret_n);
	return r == 1 ? 0 : outcome(c, r);
}

/* The socket's own state, for when TLS may not be read any further. */
static bool is_hung_up(const struct channel *c)
{
	struct pollfd p = {.fd = c->fd, .events = POLLRDHUP};

	return poll(&p, 1, 0) > 0 && (p.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

int channel_peek(struct channel *c)
{
	char byte;
	size_t n;
	int r;

	if (c->broken)
		return CHANNEL_BROKEN;
	if (c->hung_up)
		return CHANNEL_ENDED;
	if (SSL_pending(c->ssl) > 0)
		return c->readable && is_hung_up(c) ? CHANNEL_ENDED : 0;
	if (!c->readable)
		return CHANNEL_WAIT;
	ERR_clear_error();
	r = SSL_peek_ex(c->ssl, &byte, 1, &n);
	return r == 1 ? 0 : outcome(c, r);
}

void channel_shutdown(struct channel *c)
{
	if (!c->broken && SSL_is_init_finished(c->ssl)) {
		ERR_clear_error();
		SSL_shutdown(c->ssl);
	}
	shutdown(c->fd, SHUT_WR);
}

int channel_discard(struct channel *c, size_t *budget)
{
	static char nowhere[65536];

	while (c->readable) {
		ssize_t n = recv(c->fd, nowhere, sizeof(nowhere), 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN) {
			c->readable = false;
			break;
		}
		if (n <= 0 || (size_t)n > *budget)
			return CHANNEL_ENDED;
		*budget -= (size_t)n;
	}
	return CHANNEL_WAIT;
}

void channel_done(struct channel *c)
{
	if (c->ssl)
		SSL_free(c->ssl);
	if (c->fd >= 0)
		close(c->fd);
	c->ssl = NULL;
	c->fd = -1;
}
