-- Requests: a wide cold side that is inserted once, a narrow hot side that moves, small tables of open work
-- and running deadlines that finished rows leave, and the journal. Cold tables are partitioned by the
-- request's id (UUIDv7 carries time), a year each; functions/partitions.sql makes the partitions.

-- What was applied for. Never updated. `content` is sealed JSON: applicant, form, documents, reference.
CREATE TABLE kezek.request (
	id uuid NOT NULL PRIMARY KEY,
	number text NOT NULL,
	service text NOT NULL,
	service_version int NOT NULL,
	variant text,
	channel text NOT NULL,
	office text NOT NULL,
	territory text,
	language text NOT NULL,
	received_at timestamptz NOT NULL,
	registered_at timestamptz NOT NULL,
	backdate_reason text,
	promised_due_on date,
	submitted_by text NOT NULL,
	actor text,
	imported boolean NOT NULL,
	content bytea NOT NULL
) PARTITION BY RANGE (id);

-- Later versions of the content (corrections, completed documents); the first stays in kezek.request.
CREATE TABLE kezek.content (
	request uuid NOT NULL,
	no int NOT NULL CHECK (no > 1),
	recorded_at timestamptz NOT NULL,
	sealed bytea NOT NULL,
	PRIMARY KEY (request, no)
) PARTITION BY RANGE (request);

-- The key under which everything of one request is sealed, itself wrapped by the master key `master`.
-- Destroying it (wrapped = null) erases the person and leaves the journal standing.
CREATE TABLE kezek.request_key (
	request uuid NOT NULL PRIMARY KEY,
	master int NOT NULL,
	wrapped bytea,
	destroyed_at timestamptz
) PARTITION BY RANGE (request);

-- Where the request stands. `version` is the ETag: it rises with acts and moved dates. `seq` is the last
-- event's. due_at, due_on, provisional and decide mirror the decide deadline.
CREATE TABLE kezek.request_state (
	id uuid NOT NULL PRIMARY KEY,
	version int NOT NULL,
	seq int NOT NULL,
	state text NOT NULL CHECK (state IN ('incomplete', 'awaiting_payment', 'queued', 'claimed', 'in_work',
		'paused', 'decided', 'closed', 'refused', 'withdrawn', 'lapsed')),
	agency text NOT NULL,
	office text NOT NULL,
	service text NOT NULL,
	responsible text,
	due_at timestamptz,
	due_on date,
	provisional boolean NOT NULL,
	decide text CHECK (decide IN ('running', 'paused', 'met', 'missed', 'void')),
	outcome text CHECK (outcome IN ('granted', 'partly', 'refused')),
	body_number text,
	updated_at timestamptz NOT NULL,
	closed_at timestamptz
) PARTITION BY RANGE (id);
CREATE INDEX request_state_agency ON kezek.request_state (agency, id);
CREATE INDEX request_state_office ON kezek.request_state (office, id);

-- Open requests, and who holds them: lease (lease_until) or custody. A request that ends leaves.
CREATE TABLE kezek.work (
	request uuid NOT NULL PRIMARY KEY,
	agency text NOT NULL,
	office text NOT NULL,
	service text NOT NULL,
	priority smallint NOT NULL DEFAULT 0,
	due_at timestamptz NOT NULL, -- infinity where no date is known (paused, not begun)
	due_on date,
	waiting boolean NOT NULL,    -- may be claimed: state queued
	paused boolean NOT NULL DEFAULT false,
	fence bigint NOT NULL DEFAULT 0,
	claim uuid,
	holder text,                 -- the principal
	actor text,                  -- the person, where the principal is a system
	worker text,
	lease_until timestamptz,     -- null with a claim: custody
	CHECK (NOT waiting OR claim IS NULL)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);
CREATE INDEX work_waiting ON kezek.work (agency, priority, due_at, request) WHERE waiting;
CREATE INDEX work_lease ON kezek.work (lease_until) WHERE lease_until IS NOT NULL;
CREATE INDEX work_claim ON kezek.work (claim) WHERE claim IS NOT NULL;
CREATE INDEX work_holder ON kezek.work (holder) WHERE claim IS NOT NULL;
CREATE INDEX work_due ON kezek.work (due_at, request);

-- Running and paused deadlines. `fire_at` is the next instant at which something happens.
CREATE TABLE kezek.deadline (
	request uuid NOT NULL,
	no smallint NOT NULL,
	kind text NOT NULL CHECK (kind IN ('register', 'cure', 'pay', 'forward', 'consult', 'decide', 'notify',
		'notify_extension', 'hand_over')),
	state text NOT NULL CHECK (state IN ('running', 'paused')),
	rule_version int NOT NULL,
	calendar text NOT NULL,
	calendar_version int NOT NULL,
	source text NOT NULL DEFAULT 'computed' CHECK (source IN ('computed', 'imported')),
	started_at timestamptz NOT NULL,
	due_at timestamptz,
	due_on date,
	provisional boolean NOT NULL,
	pauses json,
	extensions json,
	breached_at timestamptz,
	fire_at timestamptz,
	PRIMARY KEY (request, no)
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);
CREATE INDEX deadline_fire ON kezek.deadline (fire_at) WHERE fire_at IS NOT NULL;

-- Deadlines that stopped.
CREATE TABLE kezek.deadline_done (
	request uuid NOT NULL,
	no smallint NOT NULL,
	kind text NOT NULL,
	state text NOT NULL CHECK (state IN ('met', 'missed', 'void')),
	rule_version int NOT NULL,
	calendar text NOT NULL,
	calendar_version int NOT NULL,
	source text NOT NULL,
	started_at timestamptz NOT NULL,
	due_at timestamptz,
	due_on date,
	provisional boolean NOT NULL,
	pauses json,
	extensions json,
	breached_at timestamptz,
	stopped_at timestamptz NOT NULL,
	agency text NOT NULL,
	office text NOT NULL,
	service text NOT NULL,
	PRIMARY KEY (request, no)
) PARTITION BY RANGE (request);
CREATE INDEX deadline_done_stopped ON kezek.deadline_done (stopped_at) WHERE kind = 'decide';

-- The journal. Append-only. `reason` and `text` are sealed; before and after hold codes and moments only.
-- `salt` and `digest` are for the sealing of the journal.
CREATE TABLE kezek.event (
	request uuid NOT NULL,
	seq int NOT NULL,
	id uuid NOT NULL,
	kind text NOT NULL,
	occurred_at timestamptz NOT NULL,
	recorded_at timestamptz NOT NULL,
	principal text NOT NULL,
	actor text,
	ground text,
	legal_basis text,
	reason bytea,
	text bytea,
	before json,
	after json,
	salt bytea,
	digest bytea,
	PRIMARY KEY (request, seq)
) PARTITION BY RANGE (request);

-- Uniqueness across partitions lives in narrow tables of their own.

-- Idempotency keys, with the answer sealed under the request's key. An import's key is its agency and number.
CREATE TABLE kezek.idempotency (
	principal text NOT NULL,
	key text NOT NULL,
	fingerprint bytea NOT NULL,
	request uuid NOT NULL,
	status smallint NOT NULL,
	answer bytea,
	version int,
	made_at timestamptz NOT NULL,
	for_ever boolean NOT NULL,
	PRIMARY KEY (principal, key)
);
CREATE INDEX idempotency_old ON kezek.idempotency (made_at) WHERE NOT for_ever;

-- Registration numbers: unique per agency that keeps the register.
CREATE TABLE kezek.number (
	number text NOT NULL,
	agency text NOT NULL,
	request uuid NOT NULL,
	PRIMARY KEY (number, agency)
);

-- Leased to daemons in blocks: the next number of a body in a local year. Gaps are allowed, reuse is not.
CREATE TABLE kezek.number_block (
	body text NOT NULL,
	year int NOT NULL,
	next bigint NOT NULL,
	PRIMARY KEY (body, year)
);

-- Where a request is found again without storing what it is found by: keyed hashes (HMAC-SHA-256).
CREATE TABLE kezek.lookup (
	hash bytea NOT NULL,
	kind text NOT NULL CHECK (kind IN ('pin', 'reference', 'code')),
	request uuid NOT NULL,
	PRIMARY KEY (hash, request)
);

-- The second wall: what a role may see by its own rights. kezek.enter() sets the scope of a transaction.
DO $$
DECLARE
	t text;
BEGIN
	FOREACH t IN ARRAY ARRAY['request', 'content', 'request_key', 'request_state', 'work', 'deadline',
		'deadline_done', 'event', 'number', 'idempotency', 'lookup']
	LOOP
		EXECUTE format('ALTER TABLE kezek.%I ENABLE ROW LEVEL SECURITY', t);
		EXECUTE format('GRANT SELECT ON kezek.%I TO kezek_app', t);
		IF t NOT IN ('request_state', 'work', 'request', 'idempotency') THEN
			EXECUTE format('CREATE POLICY scope ON kezek.%I FOR SELECT TO kezek_app USING '
				'(EXISTS (SELECT FROM kezek.request_state s WHERE s.id = request))', t);
		END IF;
	END LOOP;
END
$$;
CREATE POLICY scope ON kezek.request_state FOR SELECT TO kezek_app USING (
	current_setting('kezek.everything', true) = 'on'
	OR agency = nullif(current_setting('kezek.agency', true), '')
	OR office = nullif(current_setting('kezek.office', true), ''));
CREATE POLICY scope ON kezek.work FOR SELECT TO kezek_app USING (
	current_setting('kezek.everything', true) = 'on'
	OR agency = nullif(current_setting('kezek.agency', true), '')
	OR office = nullif(current_setting('kezek.office', true), ''));
CREATE POLICY scope ON kezek.request FOR SELECT TO kezek_app USING (
	EXISTS (SELECT FROM kezek.request_state s WHERE s.id = request.id));
CREATE POLICY own ON kezek.idempotency FOR SELECT TO kezek_app USING (
	principal = nullif(current_setting('kezek.principal', true), ''));

GRANT SELECT ON kezek.request_state, kezek.work, kezek.deadline, kezek.deadline_done TO kezek_reader;
GRANT SELECT ON kezek.event, kezek.request_state, kezek.deadline, kezek.deadline_done TO kezek_auditor;
CREATE POLICY reader ON kezek.request_state FOR SELECT TO kezek_reader, kezek_auditor USING (true);
CREATE POLICY reader ON kezek.work FOR SELECT TO kezek_reader USING (true);
CREATE POLICY reader ON kezek.deadline FOR SELECT TO kezek_reader, kezek_auditor USING (true);
CREATE POLICY reader ON kezek.deadline_done FOR SELECT TO kezek_reader, kezek_auditor USING (true);
CREATE POLICY auditor ON kezek.event FOR SELECT TO kezek_auditor USING (true);
