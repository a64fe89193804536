-- Every list of meetings is read along an index in the order that it is asked for: of what is public or not, of one kind (status, password,
-- recording and publicity in one number), and of one creator.

ALTER TABLE meetings
    ADD COLUMN kind SMALLINT UNSIGNED GENERATED ALWAYS AS (status * 8 + (password_box IS NOT NULL) * 4 + is_recorded * 2 + is_public) STORED
        COMMENT 'what lists tell meetings apart by, see db/meeting_list.c',
    DROP KEY meetings_creator,
    DROP KEY meetings_start,
    DROP KEY meetings_public,
    ADD KEY meetings_start (is_public, start_time),
    ADD KEY meetings_created (is_public, created_at),
    ADD KEY meetings_title (is_public, title),
    ADD KEY meetings_kind_start (kind, start_time),
    ADD KEY meetings_kind_created (kind, created_at),
    ADD KEY meetings_kind_title (kind, title),
    ADD KEY meetings_creator_start (creator_id, is_public, start_time),
    ADD KEY meetings_creator_created (creator_id, is_public, created_at),
    ADD KEY meetings_creator_title (creator_id, is_public, title);
