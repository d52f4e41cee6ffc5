-- The database of the practice platform: fifty learners with a profile and a plan each.
CREATE ROLE platform LOGIN PASSWORD :'platform_password';
CREATE ROLE outage_reader LOGIN PASSWORD :'reader_password' CONNECTION LIMIT 4;
CREATE ROLE outage_writer LOGIN PASSWORD :'writer_password' CONNECTION LIMIT 4;
GRANT pg_read_all_stats TO outage_reader, outage_writer;
GRANT pg_signal_backend TO outage_writer;
-- No default_transaction_read_only for outage_reader: it would hide from it that the database refuses writes. It has
-- no right to write, and asks in read-only transactions.
CREATE DATABASE adaptive_learning OWNER platform;
\connect adaptive_learning
SET ROLE platform;
CREATE TABLE users (
    id integer PRIMARY KEY, email text UNIQUE NOT NULL, salt text NOT NULL, password_sha text NOT NULL
);
CREATE TABLE profiles (
    user_id integer PRIMARY KEY REFERENCES users, display_name text NOT NULL, level integer NOT NULL
);
CREATE TABLE lessons (id integer PRIMARY KEY, title text NOT NULL);
CREATE TABLE schedules (
    user_id integer REFERENCES users, slot integer, lesson_id integer REFERENCES lessons, PRIMARY KEY (user_id, slot)
);
INSERT INTO users
    SELECT n, 'learner' || n || '@example.org', 'salt' || n,
           encode(sha256(convert_to('salt' || n || 'learn-' || n, 'UTF8')), 'hex')
    FROM generate_series(1, 50) AS n;
INSERT INTO profiles SELECT n, 'Learner ' || n, 1 + n % 9 FROM generate_series(1, 50) AS n;
INSERT INTO lessons SELECT n, 'Lesson ' || n FROM generate_series(1, 20) AS n;
INSERT INTO schedules
    SELECT n, slot, 1 + (n * 7 + slot * 3) % 20 FROM generate_series(1, 50) AS n, generate_series(1, 5) AS slot;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO outage_reader;
