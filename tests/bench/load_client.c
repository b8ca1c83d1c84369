/* The connections of the load generator; load_client.h says what they do. */
#include "tests/bench/load_client.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "lib/base.h"

#define REPLY_FIRST 4096

void die(const char *what)
{
	fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
	exit(1);
}

void client_connect(struct client *c, int epoll, SSL_CTX *tls, const struct sockaddr_in *to,
	struct in_addr from)
{
	struct sockaddr_in own = {.sin_family = AF_INET, .sin_addr = from};
	struct epoll_event e = {.events = EPOLLIN, .data.ptr = c};
	int one = 1;

	c->epoll = epoll;
	c->fd = socket(AF_INET, SOCK_STREAM, 0);
	setsockopt(c->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof(one));
	if (c->fd < 0 || bind(c->fd, (struct sockaddr *)&own, sizeof(own)) < 0)
		die("source address");
	if (connect(c->fd, (const struct sockaddr *)to, sizeof(*to)) < 0)
		die("connect");
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	c->ssl = SSL_new(tls);
	SSL_set_fd(c->ssl, c->fd);
	if (SSL_connect(c->ssl) != 1)
		die("TLS handshake");
	fcntl(c->fd, F_SETFL, O_NONBLOCK);
	epoll_ctl(epoll, EPOLL_CTL_ADD, c->fd, &e);
}

static void want(struct client *c, uint32_t events)
{
	struct epoll_event e = {.events = events, .data.ptr = c};

	epoll_ctl(c->epoll, EPOLL_CTL_MOD, c->fd, &e);
}

void client_write(struct client *c)
{
	while (c->sent < c->out.len) {
		int n = SSL_write(c->ssl, c->out.data + c->sent, (int)(c->out.len - c->sent));

		if (n <= 0) {
			want(c, EPOLLIN | EPOLLOUT);
			return;
		}
		c->sent += (size_t)n;
	}
	want(c, EPOLLIN);
}

static bool reply_is_whole(struct client *c)
{
	char *end = strstr(c->in, "\r\n\r\n"), *length = strcasestr(c->in, "\r\ncontent-length:");

	return end && length && length < end &&
	       c->got >= (size_t)(end - c->in) + 4 + strtoul(length + 17, NULL, 10);
}

bool client_read(struct client *c)
{
	for (;;) {
		int n;

		if (c->got + 1 >= c->size) {
			c->size = c->size ? 2 * c->size : REPLY_FIRST;
			c->in = realloc(c->in, c->size);
			if (!c->in)
				die("memory");
		}
		n = SSL_read(c->ssl, c->in + c->got, (int)(c->size - 1 - c->got));
		if (n <= 0) {
			if (SSL_get_error(c->ssl, n) == SSL_ERROR_WANT_READ)
				return false;
			fprintf(stderr, "load: the server closed a connection\n");
			exit(1);
		}
		c->got += (size_t)n;
		c->in[c->got] = '\0';
		if (reply_is_whole(c))
			return true;
	}
}
