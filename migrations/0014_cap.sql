-- A cap may count from another fact than its deadline (sixty days from registration, over a term that begins with the
-- payment): the deadline keeps which moment that was. Null: there is no cap, or what it counts from is yet to come.
ALTER TABLE kezek.deadline ADD COLUMN cap_started_at timestamptz;
ALTER TABLE kezek.deadline_done ADD COLUMN cap_started_at timestamptz;
