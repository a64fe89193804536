-- One address is one account: the e-mail is stored in its normal form. What is not in it yet is rewritten by db/email_forms.c, which runs with this file.

ALTER TABLE users
    MODIFY COLUMN email VARCHAR(254) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL COMMENT 'normal form (core/email.h); NULL: a guest';
