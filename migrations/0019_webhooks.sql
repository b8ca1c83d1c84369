-- A scheme is one in any case of its letters (RFC 3986 section 3.1), as the daemon's rule has it.
ALTER TABLE kezek.webhook DROP CONSTRAINT webhook_url_check,
	ADD CONSTRAINT webhook_url_check CHECK (url ~* '^https?://' AND length(url) <= 2000);
-- The number of the present secret. What calls with a key did stands in kezek.idempotency under the hook's id, with that
-- number and without an answer, for that holds the secret: it is told from the hook again, while it is in use.
ALTER TABLE kezek.webhook ADD secret_no int NOT NULL DEFAULT 1;
