/*
 * TLS on one non-blocking socket, edge-triggered: it remembers what the kernel said last, so that
 * no read or write is tried that cannot succeed, and a keep-alive request costs one recv and one
 * send.
 */
#pragma once

#include <openssl/ssl.h>

#include "lib/base.h"

struct channel {
	int fd; /* -1: closed */
	SSL *ssl;
	bool readable, writable; /* as of the last event or the last short read or write */
	bool hung_up;            /* the peer's FIN is in, perhaps behind unread bytes */
	bool ended;              /* and has been read */
	bool broken;             /* TLS or the socket failed: nothing can be said any more */
};

/* What the calls below answer, besides 0. */
enum channel_outcome {
	CHANNEL_WAIT = 1, /* nothing now: an event will come */
	CHANNEL_ENDED,    /* the peer said goodbye (close_notify or FIN) */
	CHANNEL_BROKEN,   /* reset, or not TLS; an alert has been sent where TLS asks for one */
};

/* A record of TLS holds so much (RFC 8446 section 5.1). */
#define CHANNEL_RECORD 16384

/* Takes the descriptor. 0, or -ENOMEM. */
_must_check_ int channel_init(struct channel *c, int fd, SSL_CTX *context);
/* The event's word: what became possible. */
void channel_note(struct channel *c, short events);
_must_check_ int channel_handshake(struct channel *c);
/* 0: *ret_n ≥ 1 bytes. */
_must_check_ int channel_read(struct channel *c, void *to, size_t size, size_t *ret_n);
/* 0: *ret_n ≥ 1 bytes are sent, one record. After WAIT: the same bytes again, and more behind them.
 */
_must_check_ int channel_write(struct channel *c, const void *bytes, size_t size, size_t *ret_n);
/*
 * Whether the peer is still there, without reading what it may have sent: WAIT: it is. 0: it is,
 * and the next request's bytes are in (then not even a close_notify behind them is seen, but a FIN
 * is).
 */
_must_check_ int channel_peek(struct channel *c);
/* Nothing more from us: close_notify and FIN. Only when every write is done. */
void channel_shutdown(struct channel *c);
/* Drops what comes, at most *budget bytes (counted down). WAIT, or ENDED. */
_must_check_ int channel_discard(struct channel *c, size_t *budget);
void channel_done(struct channel *c);
