-- `lower` without a collation follows the database: in Turkish, lower('I') is a dotless i, but the app writes an i, so a user
-- name with an I was refused. Names are ASCII, for which "C" and the app agree. `not valid` avoids a scan under the table's lock:
-- every row that met the old constraint meets this one.
alter table credentials
    drop constraint credentials_login_name_check,
    add constraint credentials_login_name_check check (login_name = lower(username collate "C")) not valid;
