-- A refresh token knows the one that it was exchanged for, so that an answer lost on its way does not end the sign-in.

ALTER TABLE refresh_tokens
    ADD COLUMN parent_hash BINARY(32) NULL COMMENT 'the token that was exchanged for this one',
    ADD COLUMN replaced_at DATETIME(3) NULL COMMENT 'when the parent was exchanged once more, because this one never arrived',
    ADD KEY refresh_tokens_parent (parent_hash);
