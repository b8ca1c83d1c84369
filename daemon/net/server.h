/* The listening side: sockets, TLS contexts, connections. One per daemon. */
#pragma once

#include "daemon/net/exchange.h"
#include "daemon/settings.h"

struct server;

/* Listens (or takes the sockets systemd passed, sd_listen_fds). 0, or -errno with the reason
 * logged. */
_must_check_ int server_new(struct loop *l, const struct settings *settings,
	const struct exchange_ops *ops, struct server **ret);
/* True: clients wait in the kernel's backlog; false (as at first): they are taken. */
void server_hold(struct server *s, bool hold);
/*
 * Certificates, keys and CRLs anew, built and verified aside, then swapped; a bad one leaves the
 * old in service and says so. 0, or -errno.
 */
int server_reload(struct server *s, const struct settings *settings);
/* No new connections; idle ones close; running exchanges finish. on_empty is called once when none
 * is left. */
void server_drain(struct server *s, void (*on_empty)(void *), void *arg);
void server_free(struct server *s);
/* Connections counted for a principal (the limit per principal); api calls it once it knows who it
 * is. False: too many. */
bool server_count_principal(struct exchange *x, const char *principal);
/* Counts the exchange among its principal's streams until it ends. False: too many. */
bool server_count_stream(struct exchange *x);
