-- Fills empty tables with @meetings meetings (a million at most), each with three participants and two messages. Needs the sequence engine.
-- A tenth is planned, one in 500 goes on, the others are over; three in ten are public, one in ten has a password, one in a hundred is recorded.
-- The user @viewer made 40 of them and took part in 40 others, however many there are. All others belong to users from 1000001 on.

SET SESSION max_statement_time = 0, unique_checks = 0, foreign_key_checks = 0; -- an empty table is then filled index by index, sorted
SET @people = GREATEST(50, @meetings DIV 50);

INSERT INTO users (id, email, password_hash, display_name, locale, created_at, updated_at)
SELECT 1000000 + seq, CONCAT('person', seq, '@example.org'), '-', CONCAT('Person ', seq), 'en', '2026-01-01', '2026-01-01'
FROM seq_1_to_20000 WHERE seq <= @people;

INSERT INTO meetings (id, code, title, description, creator_id, host_id, status, start_time, duration_minutes, actual_start_time, actual_end_time,
    max_participants, password_box, is_public, is_recorded, participant_count, created_at, updated_at)
SELECT seq, CONCAT(CHAR(65 + seq DIV 308915776 MOD 26), CHAR(65 + seq DIV 456976 MOD 26), CHAR(65 + seq DIV 17576 MOD 26), CHAR(65 + seq DIV 676 MOD 26),
        CHAR(65 + seq DIV 26 MOD 26), CHAR(65 + seq MOD 26)),
    CONCAT(ELT(1 + seq MOD 11, 'Weekly review', 'Planning', 'Interview', 'Design talk', '周会', 'Retrospective', 'Board', 'Training', 'Demo', 'Stand-up', 'Support'),
        ' ', seq * 7919 MOD 1000003),
    CONCAT('What we talk about: the plan for the next weeks, what is open, and who takes it over. Number ', seq, ' of the series.'),
    IF(seq <= 40, @viewer, 1000001 + seq * 31 MOD @people), IF(seq <= 40, @viewer, 1000001 + seq * 31 MOD @people),
    CASE WHEN seq MOD 10 = 1 THEN 1 WHEN seq MOD 500 = 2 THEN 2 WHEN seq MOD 20 = 3 THEN 4 ELSE 3 END,
    '2026-11-01' + INTERVAL IF(seq MOD 10 = 1, 1, -1) * CAST(seq * 7907 MOD 1000003 AS SIGNED) MINUTE, 60, '2026-10-01', '2026-10-01 01:00:00', 100,
    IF(seq MOD 70 < 7, REPEAT('x', 60), NULL), seq MOD 13 < 4, seq MOD 101 = 5, 0, '2026-01-01' + INTERVAL seq SECOND, '2026-10-01'
FROM seq_1_to_1000000 WHERE seq <= @meetings;

INSERT INTO participants (meeting_id, user_id, display_name, role, status, joined_at, left_at)
SELECT id, 1000001 + (id * 31 + n.seq) MOD @people, CONCAT('Person ', 1 + (id * 31 + n.seq) MOD @people), 3, 2, '2026-10-01', '2026-10-01 01:00:00'
FROM meetings JOIN seq_0_to_2 n
UNION ALL SELECT seq, @viewer, 'Viewer', 3, 2, '2026-10-01', '2026-10-01 01:00:00' FROM seq_41_to_80 ORDER BY 1, 2;

INSERT INTO messages (meeting_id, sender_id, body, client_id, created_at)
SELECT id, 1000001 + id * 31 MOD @people, 'Good that you are here. Shall we begin?', n.seq, '2026-10-01' FROM meetings JOIN seq_1_to_2 n;

SET SESSION unique_checks = 1, foreign_key_checks = 1;
ANALYZE TABLE meetings, participants, messages;
