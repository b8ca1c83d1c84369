/* webhook: addresses, what answers mean, and the day over which a delivery is tried again. */
#include "lib/webhook.h"
#include "tests/unit/tap.h"

#define SECOND INT64_C(1000000)

static bool sound(const char *url)
{
	return webhook_url_is_sound(span_of(url));
}

static void test_addresses(void)
{
	char longest[WEBHOOK_URL_MAX + 2];

	check(sound("https://a.example/hooks?to=1") && sound("HTTPS://a.example") &&
			sound("https://10.0.0.1:8443/") && sound("https://[2001:db8::1]:1/x"),
		"https, whoever the host is");
	check(sound("http://127.0.0.1:80/") && sound("http://127.9.9.9") &&
			sound("http://localhost:1/x") && sound("http://[::1]/"),
		"http to this host");
	check(!sound("http://a.example/") && !sound("http://127.0.0.1.example/") &&
			!sound("http://localhost.example/") && !sound("http://127.1/") &&
			!sound("http://10.0.0.1/"),
		"and to no other");
	check(!sound("http://127.0.0.1@a.example/") && !sound("https://u:p@a.example/") &&
			!sound("http://127.0.0.1\\@a.example/") && !sound("https://a.example/#x"),
		"no user, no fragment, nothing that readers take for different things");
	check(!sound("") && !sound("https://") && !sound("https:///x") && !sound("https://:1/") &&
			!sound("ftp://a.example/") && !sound("file:///etc/passwd") &&
			!sound("a.example"),
		"a scheme and a host");
	check(!sound("https://a:0/") && !sound("https://a:65536/") && !sound("https://a:1x/") &&
			sound("https://a:65535/"),
		"a port that is one");
	check(!sound("https://a.example/\xd0\xb0") && !sound("https://a.example/ x") &&
			!sound("https://a.example/\n"),
		"visible ASCII");
	memset(longest, 'x', sizeof(longest));
	memcpy(longest, "https://", 8);
	check(webhook_url_is_sound((struct span){longest, WEBHOOK_URL_MAX}) &&
			!webhook_url_is_sound((struct span){longest, WEBHOOK_URL_MAX + 1}),
		"not too long");
}

static void test_kinds(void)
{
	check(webhook_kind_is_sound(SPAN("lease_expired")), "a kind");
	check(!webhook_kind_is_sound(SPAN("")) && !webhook_kind_is_sound(SPAN("Submit")) &&
			!webhook_kind_is_sound(SPAN("kezek.request.submit")),
		"no others");
}

static void test_answers(void)
{
	static const int again[] = {0, 100, 199, 300, 302, 400, 404, 409, 429, 500, 503, 599};
	bool all = true;

	for (size_t i = 0; i < ARRAY_SIZE(again); i++)
		all = all && webhook_judge(again[i]) == WEBHOOK_AGAIN;
	check(all, "all but 2xx and 410 is tried again, a redirect too");
	check(webhook_judge(200) == WEBHOOK_DELIVERED && webhook_judge(204) == WEBHOOK_DELIVERED &&
			webhook_judge(299) == WEBHOOK_DELIVERED,
		"2xx is delivered");
	check(webhook_judge(410) == WEBHOOK_GONE, "410 wants no more");
}

static void test_delays(void)
{
	int64_t sum = 0, before = 0;
	bool grows = true, spread = true;
	int n = 1;

	for (; webhook_delay(n, UINT32_C(1) << 31) >= 0; n++) {
		int64_t least = webhook_delay(n, 0), middle = webhook_delay(n, UINT32_C(1) << 31),
			most = webhook_delay(n, UINT32_MAX);

		grows = grows && middle >= before;
		spread = spread && least == middle / 5 * 4 && most > middle / 10 * 11 &&
			 most <= middle / 5 * 6;
		before = middle;
		sum += middle;
	}
	check(grows, "each wait is as long as the one before, or longer");
	check(spread, "a fifth up or down");
	check(n == 11 && sum > 23 * 3600 * SECOND && sum < 25 * 3600 * SECOND,
		"eleven attempts over a day: %d, %lld s", n, (long long)(sum / SECOND));
	check(webhook_delay(1, UINT32_C(1) << 31) == 5 * SECOND, "the second after five seconds");
	check(webhook_delay(0, 0) < 0 && webhook_delay(11, 0) < 0 && webhook_delay(1000, 0) < 0,
		"and no more");
}

int main(void)
{
	test_addresses();
	test_kinds();
	test_answers();
	test_delays();
	return tap_end();
}
