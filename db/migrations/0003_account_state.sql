-- What administrators see of accounts and do to them.

ALTER TABLE users
    ADD COLUMN is_admin        BOOLEAN NOT NULL DEFAULT FALSE,
    ADD COLUMN disabled_at     DATETIME(3) NULL COMMENT 'no sign-in and no joining since then',
    ADD COLUMN last_sign_in_at DATETIME(3) NULL;
