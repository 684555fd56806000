-- What all organisations share. Runs at every migration: every statement may be repeated.
CREATE EXTENSION IF NOT EXISTS pg_trgm SCHEMA public;
CREATE EXTENSION IF NOT EXISTS unaccent SCHEMA public;
CREATE EXTENSION IF NOT EXISTS btree_gist SCHEMA public;

-- Sorting and comparing without case and accents; immutable so that indexes may use it.
-- In SQL its body would be read anew for every row that is written: unaccent is only STABLE, so it is never inlined.
CREATE OR REPLACE FUNCTION public.fold(text) RETURNS text
  LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE STRICT
  AS $$ BEGIN RETURN lower(public.unaccent('public.unaccent'::regdictionary, $1)); END $$;

CREATE SCHEMA IF NOT EXISTS entente;
CREATE TABLE IF NOT EXISTS entente.organisation (
  key text PRIMARY KEY,
  name text NOT NULL,
  hosts text[] NOT NULL DEFAULT '{}',
  created_at timestamptz NOT NULL DEFAULT now()
);

-- The mark of what brought the database up to date last: an equal one has nothing to do.
CREATE TABLE IF NOT EXISTS entente.prepared (
  mark text PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT now()
);
