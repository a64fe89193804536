-- When a sign-in ends, its connections in rooms are closed. What is still to be closed stands beside the end itself.

ALTER TABLE participants ADD COLUMN session_id BIGINT UNSIGNED NULL COMMENT 'the sign-in that took the seat last; NULL: a guest''s, or nobody has the seat';

ALTER TABLE sessions
    ADD COLUMN close_due_at DATETIME(3) NULL COMMENT 'ended, and when housekeeping closes its connections in rooms; NULL: nothing is left to close',
    ADD KEY sessions_close_due (close_due_at);
