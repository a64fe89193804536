-- Messages can be changed and deleted; a deleted one keeps its place without its text.

ALTER TABLE messages
    ADD COLUMN edited_at  DATETIME(3) NULL,
    ADD COLUMN deleted_at DATETIME(3) NULL;
