#!/usr/bin/env bash
# Run once by the image of PostgreSQL, as its superuser, on an empty volume: the role that owns
# the tables. It makes the runtime role itself, at the first migration.
set -euo pipefail
psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" \
    --set owner="${DATABASE_OWNER:-contreseing}" --set base="$POSTGRES_DB" \
    --set password="$(cat "${DATABASE_PASSWORD_FILE:-/run/secrets/database_password}")" <<'SQL'
CREATE ROLE :"owner" LOGIN CREATEROLE PASSWORD :'password';
ALTER DATABASE :"base" OWNER TO :"owner";
SQL
