-- Requests that came of others: a question to another body, or a part that was forwarded. And what they are told of.

-- One row a linked request, written with the act that wants it; the daemon opens `child` at once, and whatever happens
-- in between is made good by any daemon (`state`).
CREATE TABLE kezek.link (
	parent uuid NOT NULL,
	no smallint NOT NULL, -- within the parent, from 1; the child's number is the parent's with it
	child uuid NOT NULL UNIQUE,
	kind text NOT NULL CHECK (kind IN ('consult', 'part')),
	agency text NOT NULL, -- whose the child is at first
	number text NOT NULL, -- the child's
	asked int NOT NULL,   -- the event of the parent with which it began: those of one act were asked together
	"join" text CHECK ("join" IN ('all', 'any')),
	answer_by timestamptz,
	about bytea,          -- sealed under the parent's key: the question, or the members of the part
	principal text NOT NULL, -- who asked, or gave the part on
	actor text,
	made_at timestamptz NOT NULL,
	-- opening: the child is still to be opened; open; answered: the parent is still to be told; told;
	-- over: not wanted any more, the child is still to be withdrawn
	state text NOT NULL CHECK (state IN ('opening', 'open', 'answered', 'told', 'over')),
	PRIMARY KEY (parent, no)
);
-- What the daemon still has to do.
CREATE INDEX link_pending ON kezek.link (made_at) WHERE state IN ('opening', 'answered', 'over');
-- Read through kezek.request_view and functions only.
ALTER TABLE kezek.link ENABLE ROW LEVEL SECURITY;

-- Who asked is told of the answer as of a rung.
ALTER TABLE kezek.notification DROP CONSTRAINT notification_kind_check,
	ADD CONSTRAINT notification_kind_check CHECK (kind IN ('warned', 'escalated', 'answered'));
