-- What all organisations share. Runs at every migration: every statement may be repeated.
CREATE EXTENSION IF NOT EXISTS pg_trgm SCHEMA public;
CREATE EXTENSION IF NOT EXISTS unaccent SCHEMA public;
CREATE EXTENSION IF NOT EXISTS btree_gist SCHEMA public;

-- Sorting and comparing without case and accents, sign by sign as `entente.kernel.kit.normal.fold` does it in Python:
-- whatever is changed here is changed there, and what is stored is folded anew (migration 0009).
-- Immutable so that indexes may use it, whatever the locale of the database.
-- In SQL its body would be read anew for every row that is written: unaccent is only STABLE, so it is never inlined.
CREATE OR REPLACE FUNCTION public.fold(text) RETURNS text
  LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE STRICT
  AS $$
DECLARE
  plain text;
BEGIN
  IF octet_length($1) = char_length($1) THEN
    RETURN lower($1 COLLATE "pg_c_utf8");
  END IF;
  -- What most people write: here the dictionary, a tenth of the work, says the same.
  IF $1 ~ '^[\x01-\x7f\xc0-\xd6\xd8-\xf6\xf8-\u013e\u0141-\u017f\u2018\u2019]*$' THEN
    RETURN lower(public.unaccent('public.unaccent'::regdictionary, $1) COLLATE "pg_c_utf8");
  END IF;
  plain := regexp_replace(
    normalize($1, NFKD),
    '[\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u064b-\u065f\u0670'
      '\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]',
    '', 'g');
  IF octet_length(plain) <> char_length(plain) THEN
    plain := translate(plain, '‘’‛′ʼ“”‟″‐‑‒–—―⁄ςÆŒÞẞ', '''''''''''""""------/σæœþß');
    plain := translate(
      plain,
      'ÐØðøĐđĦħıĸŁłŊŋŦŧƀƁƂƃƇƈƉƊƋƌƐƑƒƓƖƗƘƙƚƝƞƤƥƫƬƭƮƲƳƴƵƶǤǥȡȤȥȴȵȶȷȺȻȼȽȾȿɀɃɄɆɇɈɉɌɍɎɏɓɖɗɛɟɠɦɨɫɱɲɼɽʈʋⱠⱡⱢⱣⱤⱥⱦⱧⱨⱩⱪⱫⱬⱮⱲⱳⱾⱿ',
      'dododdhhiqllnnttbbbbccddddeffgiikklnnppttttvyyzzggdzzlntjaccltszbueejjrryybddejghilmnrrtvlllprathhkkzzmwwsz');
    plain := replace(replace(replace(replace(plain, 'æ', 'ae'), 'œ', 'oe'), 'þ', 'th'), 'ß', 'ss');
  END IF;
  RETURN lower(plain COLLATE "pg_c_utf8");
END
$$;

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
