-- An account can be deleted: its row stays for what others have, without anything of the person.

ALTER TABLE users
    ADD COLUMN delete_at  DATETIME(3) NULL COMMENT 'when it is to go; NULL: nobody wants that',
    ADD COLUMN deleted_at DATETIME(3) NULL COMMENT 'since when that cannot be taken back';

ALTER TABLE participants
    ADD COLUMN is_anonymised BOOLEAN NOT NULL DEFAULT FALSE COMMENT 'of a deleted account, and nothing of the person is left in this meeting';
