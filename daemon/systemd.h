/* What the process tells systemd (sd_notify(3)); without $NOTIFY_SOCKET each call does nothing. */
#pragma once

#include "lib/base.h"

/* Listening and able to serve. */
void sd_ready(void);
/* A reload begins; sd_ready ends it. */
void sd_reloading(void);
void sd_stopping(void);
/*
 * The process works, all of it: called by who has just seen a round trip to the database, never by
 * a bare timer, or a daemon that hangs on its database would look alive.
 */
void sd_feed_watchdog(void);
/* The pace at which systemd wants to be fed, in µs; 0: no watchdog. */
int64_t sd_watchdog_interval(void);
