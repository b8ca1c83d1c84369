-- A certificate is renewed every year: the former one may go on being taken until a moment.
ALTER TABLE kezek.principal
	ADD COLUMN former_certificate_sha256 bytea CHECK (length(former_certificate_sha256) = 32),
	ADD COLUMN former_until timestamptz,
	ADD CHECK ((former_certificate_sha256 IS NULL) = (former_until IS NULL));
