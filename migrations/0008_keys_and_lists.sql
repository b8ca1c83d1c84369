-- Keys that rotate: what stands under which of them is counted and found without reading the rest.

-- Which master keys are in use, and what each wraps. A destroyed key stands under none.
CREATE INDEX request_key_master ON kezek.request_key (master) WHERE wrapped IS NOT NULL;

-- A hash begins with the four bytes of its index key's id, so that all under one key lies together. What was made before
-- keys had ids stands under 0.
UPDATE kezek.lookup SET hash = '\x00000000'::bytea || hash WHERE length(hash) = 32;

-- What is erased, or hashed anew, is found by its request.
CREATE INDEX lookup_request ON kezek.lookup (request);

-- The list by due dates, page after page; those without a date come last.
CREATE INDEX request_state_due ON kezek.request_state (due_at, id);
