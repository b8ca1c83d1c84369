/* Words to systemd, by libsystemd. */
#include <stdio.h>
#include <systemd/sd-daemon.h>

#include "daemon/loop.h"
#include "daemon/systemd.h"

void sd_ready(void)
{
	sd_notify(0, "READY=1");
}

void sd_reloading(void)
{
	sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%lld", (long long)loop_mono());
}

void sd_stopping(void)
{
	sd_notify(0, "STOPPING=1");
}

void sd_feed_watchdog(void)
{
	sd_notify(0, "WATCHDOG=1");
}

int64_t sd_watchdog_interval(void)
{
	uint64_t us = 0;

	return sd_watchdog_enabled(0, &us) > 0 ? (int64_t)us : 0;
}
