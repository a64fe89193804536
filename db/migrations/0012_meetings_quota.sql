-- Meetings of one person that are open or planned are counted whenever one more is made.

ALTER TABLE meetings
    ADD KEY meetings_creator_status (creator_id, status);
