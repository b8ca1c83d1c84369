/*
 * The addresses of a connection string's hosts, asked for beside the loop: libpq would block in
 * getaddrinfo while it connects.
 */
#pragma once

#include "daemon/loop.h"

struct resolve;

/*
 * `on_done` comes once, in a later turn, with the value of libpq's `hostaddr` (one address a host,
 * in the string's order). A host without an address gets one that connect(2) refuses at once, so
 * that libpq goes on to the next. NULL: nothing is to be asked (sockets, addresses, `hostaddr`
 * given, or no string that libpq understands: it will say so); on_done is then not called. By
 * /etc/hosts and the name servers of /etc/resolv.conf, read anew each time.
 */
struct resolve *resolve_start(struct loop *l, const char *conninfo,
	void (*on_done)(void *arg, const char *hostaddr), void *arg);
/* No on_done any more; the memory goes when the last answer is in, soon. NULL is fine. */
void resolve_forget(struct resolve *r);
