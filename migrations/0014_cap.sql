-- A cap may count from another fact than its deadline (sixty days from registration, over a term that begins with the
-- payment): the deadline keeps which moment that was. Null: there is no cap, or what it counts from is yet to come.
ALTER TABLE kezek.deadline ADD COLUMN cap_started_at timestamptz;
ALTER TABLE kezek.deadline_done ADD COLUMN cap_started_at timestamptz;
-- What stands open is counted from its cap's fact from here on, as the catalogue says it; what has stopped was judged by
-- the start that both had.
WITH cap AS (SELECT s ->> 'code' AS service, (s ->> 'version')::int AS version, t ->> 'kind' AS kind,
		t -> 'cap' ->> 'start' AS start
	FROM (SELECT body FROM kezek.catalogue ORDER BY version DESC LIMIT 1) c, json_array_elements(c.body -> 'services') AS s,
		json_array_elements(s -> 'stages') AS t
	WHERE json_typeof(t -> 'cap') = 'object'),
	stopped AS (UPDATE kezek.deadline_done d SET cap_started_at = d.started_at
		FROM kezek.request r JOIN cap c ON c.service = r.service AND c.version = r.service_version
		WHERE r.id = d.request AND d.kind = c.kind AND d.source = 'computed')
UPDATE kezek.deadline d SET cap_started_at = CASE c.start WHEN 'received' THEN r.received_at
	WHEN 'registered' THEN r.registered_at ELSE d.started_at END
FROM kezek.request r JOIN cap c ON c.service = r.service AND c.version = r.service_version
WHERE r.id = d.request AND d.kind = c.kind AND d.source = 'computed';
