-- Counts of stopped terms to decide, so that the overview of a month does not look at each of them.

-- By who had them when they were stopped, in blocks of 32 days of UTC: block n begins 32 n days after the first of 1970.
-- The k-th of met and of missed are those of the first k days of the block: what a run of days holds is a difference.
-- Kept by functions/stopped.sql.
CREATE TABLE kezek.stopped (
	block int NOT NULL,
	agency text NOT NULL,
	office text NOT NULL,
	service text NOT NULL,
	met int[] NOT NULL,
	missed int[] NOT NULL,
	PRIMARY KEY (block, agency, office, service)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02);
ALTER TABLE kezek.stopped ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON kezek.stopped TO kezek_app;
CREATE POLICY scope ON kezek.stopped FOR SELECT TO kezek_app USING (
	current_setting('kezek.everything', true) = 'on' OR agency = nullif(current_setting('kezek.agency', true), ''));
