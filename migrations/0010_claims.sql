-- Claims to the full: classes of priority, requests that are kept for one officer, and the supervisor's desk.

-- priority: -1 urgent, 0 normal, 1 low; by the variant, until an act says otherwise.
ALTER TABLE kezek.work
	ADD CONSTRAINT work_priority_check CHECK (priority IN (-1, 0, 1)),
	-- How often it went back to this queue from somebody's hands; an answer that was not delivered does not count.
	ADD COLUMN handed_back smallint NOT NULL DEFAULT 0,
	ADD COLUMN on_desk boolean NOT NULL DEFAULT false, -- queued, and for a supervisor to give out
	-- Queued, and until then for this person alone: the actor where a system handed it back, else the principal.
	ADD COLUMN kept_for text,
	ADD COLUMN kept_until timestamptz,
	ADD CONSTRAINT work_kept_check CHECK ((kept_for IS NULL) = (kept_until IS NULL)),
	ADD CONSTRAINT work_aside_check CHECK (NOT (waiting AND on_desk) AND NOT (on_desk AND claim IS NOT NULL)
		AND (kept_until IS NULL OR NOT waiting AND NOT on_desk AND claim IS NULL));
-- What is kept or on the desk does not wait: those who claim anything never walk over it.
CREATE INDEX work_kept ON kezek.work (kept_until) WHERE kept_until IS NOT NULL;
CREATE INDEX work_keeper ON kezek.work (kept_for, priority, due_at, request) WHERE kept_until IS NOT NULL;
CREATE INDEX work_desk ON kezek.work (agency, request) WHERE on_desk;

-- Supervisors are told of what comes to their desk as of a rung.
ALTER TABLE kezek.notification DROP CONSTRAINT notification_kind_check,
	ADD CONSTRAINT notification_kind_check CHECK (kind IN ('warned', 'escalated', 'answered', 'desk'));
