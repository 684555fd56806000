-- Sections of public forms have the shape of all sections: their title is a label.
DO $$
BEGIN
  IF to_regclass('{schema}.web_form') IS NOT NULL THEN
    UPDATE {schema}.web_form SET definition = jsonb_set(definition, '{sections}', (
      SELECT coalesce(jsonb_agg(CASE WHEN part ? 'title' THEN (part - 'title') || jsonb_build_object('label', part->'title') ELSE part END ORDER BY place), '[]')
      FROM jsonb_array_elements(definition->'sections') WITH ORDINALITY AS parts (part, place)))
    WHERE jsonb_typeof(definition->'sections') = 'array';
  END IF;
END $$;
