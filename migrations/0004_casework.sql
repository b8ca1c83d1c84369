-- Casework beyond one agency: how often a request was forwarded, and who had it before; and finding it by name.

ALTER TABLE kezek.request_state ADD COLUMN hops int NOT NULL DEFAULT 0;

-- The agencies that had a request and gave it on, with the number that each had given it: they go on seeing it.
CREATE TABLE kezek.former (
	request uuid NOT NULL,
	agency text NOT NULL,
	body_number text,
	until_at timestamptz NOT NULL,
	PRIMARY KEY (request, agency)
);
CREATE INDEX former_agency ON kezek.former (agency, request);
ALTER TABLE kezek.former ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON kezek.former TO kezek_app;
CREATE POLICY own ON kezek.former FOR SELECT TO kezek_app USING (
	current_setting('kezek.everything', true) = 'on' OR agency = nullif(current_setting('kezek.agency', true), ''));

-- Found by the words of a name too.
ALTER TABLE kezek.lookup DROP CONSTRAINT lookup_kind_check,
	ADD CONSTRAINT lookup_kind_check CHECK (kind IN ('pin', 'reference', 'code', 'name'));

DROP POLICY scope ON kezek.request_state;
CREATE POLICY scope ON kezek.request_state FOR SELECT TO kezek_app USING (
	current_setting('kezek.everything', true) = 'on'
	OR agency = nullif(current_setting('kezek.agency', true), '')
	OR office = nullif(current_setting('kezek.office', true), '')
	OR EXISTS (SELECT FROM kezek.former f WHERE f.request = request_state.id));

-- What is sealed does not compress, and is kept in the row up to a page.
ALTER TABLE kezek.request ALTER content SET STORAGE EXTERNAL;
ALTER TABLE kezek.content ALTER sealed SET STORAGE EXTERNAL;
ALTER TABLE kezek.idempotency ALTER answer SET STORAGE EXTERNAL, SET (toast_tuple_target = 8160);
DO $$
DECLARE
	part regclass;
BEGIN
	FOR part IN SELECT inhrelid FROM pg_inherits
		WHERE inhparent IN ('kezek.request'::regclass, 'kezek.content'::regclass)
	LOOP
		EXECUTE format('ALTER TABLE %s SET (toast_tuple_target = 8160)', part);
	END LOOP;
END
$$;

-- Who read whose personal data: one line a call. `requests` null: more than a line holds (a streamed list); `query` is
-- the URL's, in which nothing personal stands.
CREATE TABLE kezek.access (
	id uuid NOT NULL PRIMARY KEY,
	at timestamptz NOT NULL,
	principal text NOT NULL,
	actor text,
	what text NOT NULL, -- the route
	query text,
	requests uuid[]
) PARTITION BY RANGE (id);
CREATE INDEX access_requests ON kezek.access USING gin (requests);
ALTER TABLE kezek.access ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON kezek.access TO kezek_app, kezek_auditor;
CREATE POLICY scope ON kezek.access FOR SELECT TO kezek_app USING (
	current_setting('kezek.everything', true) = 'on'
	OR EXISTS (SELECT FROM kezek.request_state s WHERE s.id = ANY (requests)));
CREATE POLICY auditor ON kezek.access FOR SELECT TO kezek_auditor USING (true);
