/* The parts of a reply that exchange.c and stream.c put together. */
#pragma once

#include "daemon/net/connection.h"

/* The head into the flight's queue; `length` -1: not known. */
void reply_head(struct flight *f, int status, const char *content_type, int64_t length);
/* The whole reply queued, the connection moved on. Takes the body's memory; NULL: none. */
void reply_whole(struct connection *c, int status, const char *content_type, struct text *body);
