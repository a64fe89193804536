-- How many people are online is kept on the meeting's row, as the number of seats is: counting took the longer the more were in.

ALTER TABLE meetings
    ADD COLUMN online_count INT NOT NULL DEFAULT 0 COMMENT 'rows of participants with status joined and a connection that is not broken';

UPDATE meetings m SET m.online_count =
    (SELECT COUNT(*) FROM participants p WHERE p.meeting_id = m.id AND p.status = 1 AND p.connection IS NOT NULL AND p.offline_at IS NULL);
