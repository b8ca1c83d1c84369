-- Documents: files of the applicant and of the agency, stored beside the request and backed up with it. A document is
-- immutable; its content lies in chunks, each sealed under the request's key with its place as associated data.

CREATE TABLE kezek.document (
	request uuid NOT NULL,
	no int NOT NULL CHECK (no > 0), -- in the order of storing
	id uuid NOT NULL,               -- of the upload: names its chunks
	name_hash bytea NOT NULL,       -- keyed hashes of request and name, of request and SHA-256
	digest_hash bytea NOT NULL,
	kind text NOT NULL,             -- of the service's standard; result, or other
	media_type text NOT NULL,
	size bigint NOT NULL,
	chunks int NOT NULL,
	stored_at timestamptz NOT NULL,
	stored_by text NOT NULL,
	actor text,
	about bytea NOT NULL,           -- sealed: {id, name, sha256, size, chunks}
	PRIMARY KEY (request, no),
	UNIQUE (request, name_hash)
) PARTITION BY RANGE (request);

-- Visible once a document names them; those of uploads that ended half-way are swept up (forget_uploads).
CREATE TABLE kezek.document_chunk (
	request uuid NOT NULL,
	document uuid NOT NULL,
	no int NOT NULL CHECK (no >= 0),
	sealed bytea NOT NULL,
	PRIMARY KEY (request, document, no)
) PARTITION BY RANGE (request);

-- Uploads under way. A document takes its row away; what is left of one that nobody carries on has an end.
CREATE TABLE kezek.upload (
	id uuid PRIMARY KEY,
	request uuid NOT NULL,
	principal text NOT NULL,
	chunks int NOT NULL,
	touched_at timestamptz NOT NULL
) WITH (fillfactor = 50);
CREATE INDEX upload_touched ON kezek.upload (touched_at);

-- Documents are personal data: they exist for clerks of the office that took the request and for officers of the agency
-- that has it now. An agency that gave it on sees the request, and no document of it.
ALTER TABLE kezek.document ENABLE ROW LEVEL SECURITY;
ALTER TABLE kezek.document_chunk ENABLE ROW LEVEL SECURITY;
ALTER TABLE kezek.upload ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON kezek.document, kezek.document_chunk TO kezek_app;
CREATE POLICY personal ON kezek.document FOR SELECT TO kezek_app USING (
	EXISTS (SELECT FROM kezek.principal p WHERE p.name = nullif(current_setting('kezek.principal', true), '')
		AND p.role IN ('clerk', 'officer') AND p.disabled_at IS NULL)
	AND EXISTS (SELECT FROM kezek.request_state s WHERE s.id = document.request
		AND (s.agency = nullif(current_setting('kezek.agency', true), '')
			OR s.office = nullif(current_setting('kezek.office', true), ''))));
CREATE POLICY personal ON kezek.document_chunk FOR SELECT TO kezek_app USING (
	EXISTS (SELECT FROM kezek.document d WHERE d.request = document_chunk.request
		AND d.id = document_chunk.document));
