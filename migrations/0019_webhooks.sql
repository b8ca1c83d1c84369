-- A scheme is one in any case of its letters (RFC 3986 section 3.1), as the daemon's rule has it.
ALTER TABLE kezek.webhook DROP CONSTRAINT webhook_url_check,
	ADD CONSTRAINT webhook_url_check CHECK (url ~* '^https?://' AND length(url) <= 2000);
